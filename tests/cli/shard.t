#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score --shard and --merge: shares computed apart give the bytes of one run.
. "${WN_SOURCE:-.}/tests/tap.sh"

what='-j1 --methods=all --replicates=4 --model=committee,mlp'
ingest -q --label=species "$samples/iris.csv" -o in.h5 || exit 99
# shellcheck disable=SC2086
score -q $what in.h5 -o whole.h5 || exit 99

# round N OUTPUT OPTION...: every shard of N once; the notes are in notes.
round() {
    shards=$1 output=$2
    shift 2
    : >notes
    for i in $(seq "$shards"); do
        # shellcheck disable=SC2086
        score $what --shard="$i/$shards" "$@" in.h5 -f -o "$output" \
            2>>notes || echo failed >>notes
    done
}

for shards in 2 3 7; do
    rounds=0
    until [ "$(grep -c 'all is there' notes 2>/dev/null)" = $shards ]; do
        rounds=$((rounds + 1))
        [ $rounds -lt 6 ] || break
        round $shards out.h5
    done
    ok $((rounds >= 6)) "$shards shards are done after $rounds rounds"
    is "$(ls out.h5 2>/dev/null)" '' 'shards write no scores'
    # shellcheck disable=SC2086
    runs "merge $shards" score -q $what --merge=$shards in.h5 -o out.h5
    same out.h5 whole.h5 "$shards shards: the bytes of one run"
    rm -f out.h5 notes
done

# What shards have not computed, --merge computes.
rm -f out.h5.work*
round 2 out.h5
# shellcheck disable=SC2086
score -q $what --merge=2 in.h5 -o out.h5
same out.h5 whole.h5 'one round of shards and --merge: the bytes of one run'

fails_with 2 'out.h5.work-1-of-3: there is no such file' \
    score $what --merge=3 in.h5 -f -o out.h5
fails_with 2 'out.h5.work-1-of-2: is the work of other options' \
    score $what --seed=3 --merge=2 in.h5 -f -o out.h5
fails_with 2 'is the work of other options' \
    score $what --seed=3 --shard=1/2 in.h5 -f -o out.h5
if [ "$(uname -m)" = x86_64 ]; then
    fails_with 2 'out.h5.work-1-of-2: is the work of other kernels' \
        score $what --kernels=Prescott --merge=2 in.h5 -f -o out.h5
fi
sed 's/5.1,3.5/5.2,3.5/' "$samples/iris.csv" >iris.csv
ingest -q --label=species iris.csv -o second.h5
fails_with 2 'out.h5.work-1-of-2: is the work of another input' \
    score $what --merge=2 second.h5 -f -o out.h5
cp out.h5.work-1-of-2 out.h5.work-2-of-2
fails_with 2 'out.h5.work-2-of-2: found shard 1 of 2, wanted 2 of 2' \
    score $what --merge=2 in.h5 -f -o out.h5
for bad in 0/2 3/2 1 1/1 x/y 1.5/2 1/20000 /; do
    fails_with 2 "--shard: found '$bad', wanted I/N" \
        score --shard=$bad in.h5 -f -o out.h5
done
fails_with 2 '--resume, --shard and --merge exclude each other' \
    score --shard=1/2 --resume in.h5 -f -o out.h5
fails_with 2 '--shard: wants --output=FILE or --in-place' \
    score --shard=1/2 in.h5
done_testing
