#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# score-mpi: any number of ranks writes the bytes of score; a killed rank ends
# the job, and --resume goes on.
. "${WN_SOURCE:-.}/tests/tap.sh"

if [ ! -x "$build/score-mpi" ]; then
    skip 'score-mpi' 'it is not built; see ./configure --with-mpi'
    done_testing
    exit
fi
if ! command -v mpirun >/dev/null; then
    skip 'score-mpi' 'there is no mpirun'
    done_testing
    exit
fi

# Root may run it in a container, and more ranks than processors may run.
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm_rsh_agent=/bin/false
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM
export OMPI_MCA_rmaps_base_oversubscribe OMPI_MCA_plm_rsh_agent

# ranks N OPTION...
ranks() {
    ranks=$1
    shift
    timeout 300 mpirun -n "$ranks" score-mpi -j1 "$@"
}

# More rows than a slab of the kernel and a block of softmax, with copies; and
# the same without a label for some, in groups.
awk 'BEGIN {
    s = 5
    print "x0,x1,x2,x3,x4,x5,g,y"
    for (i = 0; i < 9000; i++) {
        if (i % 50 != 1) {
            line = ""
            for (j = 0; j < 6; j++) {
                s = (s * 16807) % 2147483647
                line = line (s / 2147483647 + (j == i % 6)) ","
            }
            line = line "g" int(i / 3) "," "abcdef"
        }
        c = substr("abcdef", i % 6 + 1, 1)
        print substr(line, 1, length(line) - 6) c
    }
}' >rows.csv
ingest -q --label=y --ignore=g rows.csv -o rows.h5 &&
    ingest -q --label=y --group=g rows.csv -o groups.h5 &&
    ingest -q --label=digit "$samples/digits.csv" -o digits.h5 || exit 99

# check NAME RANKS OPTION...: the bytes of score.
check() {
    name=$1 list=$2
    shift 2
    score -q -j2 "$@" "$name.h5" -f -o whole.h5 || exit 99
    for number in $list; do
        ranks "$number" -q "$@" "$name.h5" -f -o out.h5 2>err || sed 's/^/# /' err
        same out.h5 whole.h5 "$name, $number ranks: the bytes of score"
        rm -f out.h5
    done
}
check digits '1 2 3 4 7'
check digits '2' --methods=all --model=committee,mlp --keep-members
check rows '3 7'
check groups '4' --probe=3
check groups '2' --passes=1 --model=kernel

# A rank that is killed: the job ends, says which and where, and leaves nothing
# half-written; what had been finished is taken up.
score -q -j2 digits.h5 -f -o whole.h5
for victim in 1 3 2; do
    rm -f out.h5
    mpirun -n 3 score-mpi -j1 -q --resume digits.h5 -o out.h5 2>err &
    job=$!
    while kill -0 $job 2>/dev/null &&
        [ "$(wc -c 2>/dev/null <out.h5.work || echo 0)" -lt $((victim * 200000)) ]; do
        sleep 0.01
    done
    rank=$(pgrep -P $job | sort -n | sed -n "${victim}p")
    began=$(date +%s)
    if [ -n "$rank" ] && kill -9 "$rank"; then
        wait $job
        status=$?
        ok $((status == 0)) "rank $((victim - 1)) killed: the job fails"
        ok $(($(date +%s) - began > 30)) '... within 30 seconds'
        grep -q "rank $((victim - 1)) .*signal 9" err
        ok $? '... and names the rank'
        [ "$victim" = 1 ] || {
            grep -q 'rank 0 of 3: stopped by signal 15 in stage [a-z]' err
            ok $? '... and the stage'
        }
        is "$(ls out.h5 2>/dev/null)" '' '... and writes nothing'
        ranks 3 -q --resume digits.h5 -o out.h5 2>err
    else
        wait $job
    fi
    same out.h5 whole.h5 '--resume writes the bytes of score'
    is "$(ls -A | grep 'out\.h5' | tr '\n' ' ')" 'out.h5 ' \
        '... and nothing else is left'
done

# The work of ranks and that of one process are the same.
score -q -j2 --shard=1/2 digits.h5 -f -o out.h5 2>/dev/null
ranks 2 --merge=2 digits.h5 -f -o out.h5 2>err && ok 1 'ranks and shards'
grep -q -- '--merge: has no use beside other ranks of MPI' err
ok $? 'ranks and shards exclude each other'
ranks 2 -f -o out.h5 <digits.h5 2>err
grep -q 'no FILE: every rank reads it' err
ok $? 'every rank needs a file'
ranks 2 -q missing.h5 -f -o out.h5 2>err
is "$(grep -c 'score-mpi: missing.h5: cannot open' err)" 1 'an error is told once'
ranks 2 -v digits.h5 -f -o out.h5 2>err
grep -q 'models: rank 1: [0-9.]* s, [0-9.]* CPU s, [0-9]* MiB, received [0-9.]* MB' err
ok $? '--verbose has a line for each stage and rank'
done_testing
