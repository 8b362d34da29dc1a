#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that fills up at any point, for every program that writes: one line
# that says so, exit 2, the old output as it was, nothing beside it. Once by a
# limit on file sizes, which anybody can set, once on a real 1 MiB disk.
. "${WN_SOURCE:-.}/tests/tap.sh"

ingest -q "$samples/digits.csv" --label=digit -o data.h5 &&
    awk 'BEGIN { for (i = 0; i < 1797; i++)
        print (i % 9 ? 0 : 1), (i % 9 ? 0 : 3), -1, i, 0 }' |
    "$build/tests/cli/paint" data.h5 flags.h5 || exit 99

# run PROGRAM: writes out/x and, for prune, out/y.
run() {
    case $1 in
    ingest) ingest -q -f "$samples/digits.csv" --label=digit -o out/x ;;
    score) score -q -f --model=none --methods=none data.h5 -o out/x ;;
    flag) flag -q -f flags.h5 -o out/x ;;
    report) report -f --format=json flags.h5 -o out/x ;;
    prune) prune -f --drop=none --source="$samples/digits.csv" flags.h5 \
        -o out/x ;;
    prune2) prune -f --drop=label --source="$samples/digits.csv" flags.h5 \
        -o out/x --removed=out/y ;;
    esac
}

# Limits in blocks of 512 bytes: fail at the first byte, in the middle, late.
mkdir out
for program in ingest score flag report prune prune2; do
    run $program >log 2>&1
    is "$?$(cat log)" 0 "$program: runs with room"
    blocks=$(($(wc -c <out/x) / 512))
    bad=''
    for limit in 0 1 7 $((blocks / 3)) $((blocks / 2)) $((blocks - 1)) \
        "$blocks"; do
        rm -f out/* out/.??*
        echo old >out/x
        echo old >out/y
        (trap '' XFSZ && ulimit -f "$limit" && run $program 2>&1) | cat >log
        [ "$(cat out/x out/y)" = "old
old" ] || bad="$bad changed:$limit"
        [ "$(ls -A out | tr '\n' ' ')" = "x y " ] || bad="$bad stray:$limit"
        grep -q "^${program%2}: .*: File too large\$" log &&
            [ "$(wc -l <log)" -eq 1 ] || bad="$bad said:$limit:$(cat log)"
    done
    is "$bad" '' "$program: seven limits"
done

if [ "$(id -u)" -eq 0 ] && mkdir small &&
    mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    trap 'umount "$work/small"; cd / && rm -rf "$work"' EXIT
    # Nothing else fits: a quarter is left.
    dd if=/dev/zero of=small/fill bs=1024 count=768 2>/dev/null
    for program in ingest score flag report prune; do
        rm -rf out
        mkdir small/$program
        ln -s small/$program out
        run $program 2>log
        case $?$(cat log) in
        2*': No space left on device')
            ok 0 "$program: full disk" ;;
        0)
            ok "$([ "$(wc -c <out/x)" -lt 262144 ]; echo $?)" \
                "$program: fits" ;;
        *)
            ok 1 "$program: full disk: $(cat log)" ;;
        esac
        is "$(ls -A out | grep -v '^x$')" '' "$program: nothing beside it"
        rm -rf small/$program
    done
    # The spool of standard output has to live somewhere too.
    (TMPDIR=$work/small && export TMPDIR &&
        ingest -q "$samples/digits.csv" --label=digit) 2>log | cat >piped
    is "$(wc -c <piped | tr -d ' ')" 0 'full TMPDIR: nothing comes out'
    is "$(cat log)" \
        'ingest: standard output: cannot write: No space left on device' \
        'full TMPDIR: said so'
else
    skip 'a full disk of 1 MiB' 'cannot mount one'
fi

done_testing
