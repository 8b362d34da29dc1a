#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The old output stays whole when a system call fails, is cut short or
# interrupted, or is the last of the process or of the machine
# (tests/shim/strike.c), and when memory is refused (tests/shim/fault.c). Every
# 61st call goes wrong in turn; WN_FAULTS=N: every Nth.
. "${WN_SOURCE:-.}/tests/tap.sh"

PATH=$build/tests/cli:$PATH
strike=$build/tests/shim/strike shim=$build/tests/shim/fault.so
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'faults' 'the sanitizers need calls of their own'
    done_testing
    exit 0
fi
"$strike" count 0 ingest --help >counts
if [ $? -eq 99 ]; then
    skip 'faults' 'no ptrace here'
    done_testing
    exit 0
fi
every=${WN_FAULTS:-61}
all=0

cp "$samples/iris.csv" .
ingest -q iris.csv --label=species -o data.old || exit 99
score -j1 --model=neighbors --methods=disagreement data.old -o score.old ||
    exit 99
flag score.old -o flag.old || exit 99

# litter: the number of files that a program should have removed.
litter() {
    ls -A | grep -c '\.part$\|\.work$\|\.lock$'
}

# judge KIND AT: what is wrong with how the struck run ended; it was to write
# $target, which was $old. A child that is killed is an error like any other.
judge() {
    case $1:$status in
    fail:2 | kill:2)
        cmp -s "$target" "$old" || echo " $1-$2:changed"
        [ "$(grep -c . err)" -eq 1 ] || echo " $1-$2:message"
        ;;
    # What can be done without; the sync of a directory after the rename.
    fail:0 | short:0 | break:0) cmp -s "$target" whole || echo " $1-$2:other" ;;
    kill:137 | power:137)
        cmp -s "$target" "$old" || cmp -s "$target" whole ||
            echo " $1-$2:lost"
        ;;
    *) echo " $1-$2:status $status" ;;
    esac
    case $status in
    137) ;;
    # A part that could not be locked (73, flock) may be another run's.
    *) [ "$(litter)" -eq 0 ] || grep -q ' 73$' strike.seen ||
        echo " $1-$2:litter" ;;
    esac
}

# refused AT COMMAND...: run without the memory of one large allocation; status
# in $status. True if there is such a one.
refused() {
    rm -f seen
    at=$1
    shift
    WN_FAULT_AT=$at WN_FAULT_SEEN=$work/seen LD_PRELOAD=$shim "$@" >out 2>err
    status=$?
    [ -e seen ]
}

# survives NAME OLD TARGET COMMAND...: TARGET, a copy of OLD, stays OLD or
# becomes what an undisturbed run makes of it, whatever happens.
survives() {
    name=$1 old=$2 target=$3
    shift 3
    cp "$old" "$target"
    "$@" >out 2>err || { sed 's/^/# /' err; }
    cp "$target" whole
    cp "$old" "$target"
    "$strike" count 0 "$@" >counts 2>err
    bad='' reached=0
    for kind in fail short break kill power; do
        calls=$(sed -n "s/^$kind //p" counts)
        at=$((1 + all % every)) # others in each mode
        while [ "$at" -le "$calls" ]; do
            cmp -s "$target" "$old" || cp "$old" "$target"
            "$strike" "$kind" "$at" "$@" >out 2>err
            status=$?
            bad=$bad$(judge "$kind" "$at")
            reached=$((reached + 1))
            at=$((at + every))
        done
    done
    cp "$old" "$target"
    at=$((1 + all % every))
    rm -f .*.part # of killed runs
    while refused "$at" "$@" 2>/dev/null; do
        bad=$bad$(judge fail "memory-$at")
        cmp -s "$target" "$old" || cp "$old" "$target"
        reached=$((reached + 1))
        at=$((at + every + at / 16)) # there can be thousands
    done
    is "$bad" '' "$name: old or new after each of $reached faults"
    all=$((all + reached))
    cp "$old" "$target"
    "$@" >out 2>err
    same "$target" whole "$name: the next run ends well"
    is "$(litter)" 0 "$name: and leaves nothing beside its output"
}

neighbors='--model=neighbors --methods=disagreement'
survives ingest data.old a.h5 ingest -q -j1 -f iris.csv --label=species -o a.h5
survives 'score in place' data.old a.h5 score -i -j1 $neighbors a.h5
survives 'score, networks' data.old a.h5 \
    score -i -j1 --model=trees,softmax --methods=el2n --epochs=1 a.h5
survives 'flag in place' score.old a.h5 flag -i -j1 a.h5
survives report iris.csv r.txt report --no-values flag.old -f -o r.txt
survives 'report, page' iris.csv r.html \
    report --no-values --format=html flag.old -f -o r.html
survives 'report against' iris.csv r.txt \
    report --no-values --against=flag.old flag.old --format=json -f -o r.txt
survives 'prune' data.old p.csv prune flag.old -f -o p.csv
survives 'prune, removed' data.old r.csv \
    prune flag.old -f -o p.csv --removed=r.csv
survives 'prune, relabel' data.old p.csv prune flag.old -f --relabel -o p.csv

{
    echo 'a,b,y'
    awk 'BEGIN { for (i = 1; i < 30; i++)
        printf "%d, %d ,%s\n", i, i, i == 3 ? "\"x" : i % 2 ? "x" : "z" }'
} >odd.csv
echo 'b: trim' >rules
survives 'ingest, rules and rejects' data.old a.h5 \
    ingest -q -j1 -f --lenient --rules=rules --rejects=bad.csv odd.csv \
    --label=y -o a.h5
rm -f bad.csv
awk -F, 'NR > 1 { printf "{\"a\":%s,\"y\":\"%s\"}\n", $1, $5 }' iris.csv >iris.jsonl
survives 'ingest, JSON Lines' data.old a.h5 \
    ingest -q -j1 -f iris.jsonl --label=y -o a.h5
survives 'ingest, a pipe' data.old a.h5 \
    sh -c 'cat iris.csv | ingest -q -j1 -f --label=species -o a.h5'
seq 600 | compose x.h5 x f4 150x4
seq 0 149 | awk '{ print int($1 / 50) }' | compose x.h5 y i1 150
survives 'ingest, HDF5' data.old a.h5 \
    ingest -q -j1 -f x.h5 --features=/x --label=/y -o a.h5
ingest -q x.h5 --features=/x --label=/y | score -q $neighbors | flag -q -o xf.h5
survives 'prune, HDF5' data.old p.h5 prune xf.h5 -f -o p.h5
report --decisions-template flag.old | awk -F'\t' -v OFS='\t' '
    NR == 1 { for (c = 1; c <= NF; c++) if ($c == "verdict") v = c }
    NR == 2 { $v = "ok" } { print }' >d.tsv
survives 'flag, decisions' score.old a.h5 flag -i -j1 --decisions=d.tsv a.h5

# The driver: a kill of it or of a program in it, or the end of the machine.
# Between its last two renames the audit file is new and the kept rows are old;
# the next run makes both new.
sed '3s/setosa/virginica/' iris.csv >newer.csv
mkdir old new run
audit -q -f -j1 iris.csv -l species $neighbors -o old/a.h5 --pruned=old/p.csv &&
    cp old/* new && cp iris.csv first.csv && mv newer.csv iris.csv &&
    audit -q -f -j1 iris.csv -l species $neighbors -o new/a.h5 --pruned=new/p.csv ||
    exit 99
is "$(cmp -s old/a.h5 new/a.h5; echo $?)" 1 'audit: two runs that differ'
set -- audit -q -f -j1 iris.csv -l species $neighbors -o run/a.h5 --pruned=run/p.csv
cp old/* run
"$strike" count 0 "$@" >counts 2>err
bad='' reached=0 between=0
every=$((37 * every)) # a run of it has 24,000
for kind in kill power; do
    calls=$(sed -n "s/^$kind //p" counts)
    at=1
    while [ "$at" -le "$calls" ]; do
        cp old/* run
        "$strike" "$kind" "$at" "$@" >out 2>err
        found=''
        for file in a.h5 p.csv; do
            if cmp -s run/$file old/$file; then
                found=$found.old
            elif cmp -s run/$file new/$file; then
                found=$found.new
            else
                found=$found.lost
            fi
        done
        case $found in
        .old.old | .new.new) ;;
        .new.old) between=$((between + 1)) ;;
        *) bad="$bad $kind-$at:$found" ;;
        esac
        reached=$((reached + 1))
        at=$((at + every))
    done
done
is "$bad" '' "audit: outputs of one run after each of $reached kills, of both but for $between"
"$@" >out 2>err
is "$(cmp run/a.h5 new/a.h5; cmp run/p.csv new/p.csv; ls -A run | wc -l)" 2 \
    'audit: the next run ends well and leaves nothing beside its outputs'
cp first.csv iris.csv
echo "# $((all + reached)) faults"

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
