#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The old file stays whole when a call fails or the process is killed. Each write,
# sync, rename and truncate of each program in turn fails, is cut short, or is the
# last act of the process (tests/shim/fault.c); so does each large allocation.
. "${WN_SOURCE:-.}/tests/tap.sh"

shim=$build/tests/shim/fault.so
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'faults' 'a preloaded library and the sanitizers exclude each other'
    done_testing
    exit 0
fi

cp "$samples/iris.csv" .
ingest iris.csv --label=species -o data.old || exit 99
score -j1 --model=neighbors --methods=disagreement data.old -o score.old ||
    exit 99
flag score.old -o flag.old || exit 99

# with CALL AT KIND COMMAND...: run with a fault; status in $status. True if
# the fault was reached.
with() {
    call=$1 at=$2 kind=$3
    shift 3
    rm -f seen
    WN_FAULT_CALL=$call WN_FAULT_AT=$at WN_FAULT_KIND=$kind \
        WN_FAULT_SEEN=seen LD_PRELOAD=$shim "$@" >out 2>err
    status=$?
    [ -e seen ]
}

# litter: the number of files that a program should have removed.
litter() {
    ls -A | grep -c '\.part$\|\.work$\|\.lock$'
}

# survives NAME OLD TARGET COMMAND...: TARGET, a copy of OLD, stays OLD or
# becomes what an undisturbed run makes of it, whatever happens.
survives() {
    name=$1 old=$2 target=$3
    shift 3
    cp "$old" "$target"
    "$@" >out 2>err
    cp "$target" whole
    bad=
    reached=0
    for call in write sync rename truncate memory; do
        for kind in fail kill short; do
            case $call:$kind in
            write:*|*:fail|sync:kill|rename:kill) ;;
            *) continue ;;
            esac
            at=1
            cp "$old" "$target"
            while with "$call" "$at" "$kind" "$@" 2>/dev/null; do
                reached=$((reached + 1))
                case $kind:$status in
                fail:2) cmp -s "$target" "$old" ;;
                # The directory's sync comes after the rename, and some memory
                # can be done without.
                fail:0|short:0) cmp -s "$target" whole ;;
                kill:137) cmp -s "$target" "$old" || cmp -s "$target" whole ;;
                *) false ;;
                esac || bad="$bad $call-$kind-$at:$status"
                [ $kind = kill ] || [ "$(litter)" -eq 0 ] ||
                    bad="$bad $call-$kind-$at:litter"
                [ "$kind:$status" != fail:2 ] || [ "$(wc -l <err)" -eq 1 ] ||
                    bad="$bad $call-$kind-$at:message"
                cmp -s "$target" "$old" || cp "$old" "$target"
                at=$((at + 1))
            done
        done
    done
    is "$bad" '' "$name: old or new after each of $reached faults"
    [ "$reached" -gt 4 ]
    ok $? "$name: the faults were reached"
    cp "$old" "$target"
    "$@" >out 2>err
    same "$target" whole "$name: the next run ends well"
    is "$(litter)" 0 "$name: and leaves nothing beside its output"
}

survives ingest data.old a.h5 ingest -j1 -f iris.csv --label=species -o a.h5
survives score data.old a.h5 \
    score -i -j1 --model=neighbors --methods=disagreement a.h5
survives flag score.old a.h5 flag -i -j1 a.h5
survives report iris.csv r.txt report flag.old -f -o r.txt
survives prune data.old p.csv prune flag.old -f -o p.csv

# The networks of score allocate most.
cp data.old a.h5
set -- score -i -j1 --model=trees,softmax --methods=el2n --epochs=1 a.h5
"$@"
cp a.h5 whole
cp data.old a.h5
at=1
bad=
while with memory $at fail "$@" 2>/dev/null; do
    case $status in
    2) cmp -s a.h5 data.old ;;
    0) cmp -s a.h5 whole && cp data.old a.h5 ;;
    *) false ;;
    esac || bad="$bad $at:$status"
    at=$((at + 1))
done
is "$bad" '' "score: memory refused at each of $((at - 1)) large allocations"

# closed and full standard outputs
report flag.old >&- 2>err
is $? 2 'report: standard output closed'
if [ -e /dev/full ]; then
    for command in 'report flag.old' 'prune flag.old' 'score --help' \
        'flag score.old' 'ingest iris.csv --label=species'; do
        $command >/dev/full 2>err
        is "$? $(grep -c 'No space left' err)" '2 1' "$command >/dev/full"
    done
fi
done_testing
