#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --resume: killed at several moments, it goes on from its work file and
# writes the same bytes; what is not its work file is refused or begun anew.
. "${WN_SOURCE:-.}/tests/tap.sh"

what='-q -j2 --methods=all --replicates=4 --model=committee,mlp'
ingest -q --label=species "$samples/iris.csv" -o in.h5 || exit 99
# shellcheck disable=SC2086
score $what in.h5 -o whole.h5 || exit 99

# shellcheck disable=SC2086
runs 'it runs with --resume' score $what --resume in.h5 -o out.h5
same out.h5 whole.h5 'the same bytes with --resume'
is "$(ls out.h5.work 2>/dev/null)" '' 'no work file stays'

# Killed when the work file has grown to a size, whatever time that takes.
for size in 1 4000 20000 90000 150000; do
    rm -f out.h5
    killed=0
    # shellcheck disable=SC2086
    score $what --resume in.h5 -o out.h5 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        now=$(wc -c 2>/dev/null <out.h5.work || echo 0)
        [ "$now" -lt "$size" ] || {
            kill -9 $pid 2>/dev/null && killed=1
            break
        }
    done
    wait $pid 2>/dev/null
    if [ ! -e out.h5 ]; then
        left=$(wc -c <out.h5.work)
        # Half a record stands at the end.
        [ $size -ne 20000 ] || head -c $((left - 7)) out.h5.work >torn
        [ $size -ne 20000 ] || cat torn >out.h5.work
        # shellcheck disable=SC2086
        score $what --resume in.h5 -o out.h5 || echo "# after a kill at $size"
    fi
    same out.h5 whole.h5 "killed with a work file of $size bytes or more"
    is "$(ls -A | grep work)" '' "... and no work file stays"
done

# keep FILE: a work file that a run has left.
keep() {
    rm -f out.h5 out.h5.work
    # shellcheck disable=SC2086
    score $what --resume in.h5 -o out.h5 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        now=$(wc -c 2>/dev/null <out.h5.work || echo 0)
        [ "$now" -lt 60000 ] || break
    done
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ -e out.h5.work ] || return 1
    mv out.h5.work "$1"
    rm -f out.h5
}
if keep left; then
    cp left out.h5.work
    # shellcheck disable=SC2086
    score $what --resume -v --seed=0 in.h5 -o out.h5 2>/dev/null
    same out.h5 whole.h5 'a work file that was left'

    cp left out.h5.work
    score -j1 --resume --seed=1 in.h5 -f -o out.h5 2>err
    grep -q 'out.h5.work: is the work of other options; beginning anew' err
    ok $? 'other options: begun anew'
    score -q -j1 --seed=1 in.h5 -o other.h5
    same out.h5 other.h5 '... with the bytes of those options'

    sed 's/5.1,3.5/5.2,3.5/' "$samples/iris.csv" >iris.csv
    ingest -q --label=species iris.csv -o second.h5
    cp left out.h5.work
    score -j1 --resume second.h5 -f -o out.h5 2>err
    grep -q 'out.h5.work: is the work of another input; beginning anew' err
    ok $? 'another input: begun anew'

    # Bytes flipped anywhere are noticed, or the file is refused.
    python3 - left <<'PY'
import random, sys
data = open(sys.argv[1], "rb").read()
random.seed(5)
for number in range(6):
    bad = bytearray(data)
    for _ in range(3):
        bad[random.randrange(300, len(bad))] ^= 1 << random.randrange(8)
    open("flipped%d" % number, "wb").write(bad)
PY
    wrong=0
    for flipped in flipped*; do
        cp "$flipped" out.h5.work
        # shellcheck disable=SC2086
        score $what --resume in.h5 -f -o out.h5 2>/dev/null
        cmp -s out.h5 whole.h5 || wrong=$((wrong + 1))
    done
    is $wrong 0 'damaged units are computed again'
else
    skip 'work files that were left' 'the run ended before it was killed'
fi

echo text >out.h5.work
fails_with 2 'out.h5.work: is not a whole work file' \
    score --resume -j1 in.h5 -f -o out.h5
head -c 1000 /dev/zero >out.h5.work
fails_with 2 'out.h5.work: is not a work file' \
    score --resume -j1 in.h5 -f -o out.h5
is "$(wc -c <out.h5.work)" 1000 'what is no work file stays as it is'
rm out.h5.work
ln -s whole.h5 out.h5.work
fails_with 2 'out.h5.work: cannot open' score --resume -j1 in.h5 -f -o out.h5
rm out.h5.work
mkfifo out.h5.work
fails_with 2 'out.h5.work: is not a file of ours alone' \
    score --resume -j1 in.h5 -f -o out.h5
rm out.h5.work
fails_with 2 '--resume: wants --output=FILE or --in-place' \
    score --resume -j1 in.h5
done_testing
