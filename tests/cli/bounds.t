#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest --memory and --max-spool: within the bound, or refused with a line that
# says what to raise, and nothing left.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH
TMPDIR=$work/tmp
export TMPDIR
mkdir tmp

# bounded NAME MIB COMMAND...: done below MIB, or refused with a word of --memory.
bounded() {
    name=$1 most=$2
    shift 2
    rm -f o.h5
    peak_of "$@" --memory="${most}M" -o o.h5
    status=$?
    sed 's/^/# /' err
    if [ "$status" -eq 0 ]; then
        ok "$([ -s o.h5 ]; echo $?)" "$name, $most MiB: done"
    else
        is "$status:$(grep -c -e '--memory' err):$(wc -l <err | tr -d ' '):$(ls -A | grep -c '\.part$\|^o.h5')" \
            '2:1:1:0' "$name, $most MiB: refused, nothing is left"
    fi
    if [ "${WN_SANITIZERS:-no}" = yes ]; then
        skip "$name, $most MiB: below it" 'the shadow memory counts, too'
    else
        ok "$([ "$peak" -le "$most" ]; echo $?)" "$name, $most MiB: $peak at most"
    fi
}

awk 'BEGIN { for (c = 0; c < 60000; c++) printf "c%d,", c; print "y"
    for (r = 0; r < 8; r++) {
        for (c = 0; c < 60000; c++) printf "%d,", (c * 7 + r * 13) % 17
        print r % 2 ? "a" : "b" } }' >wide.csv
awk 'BEGIN { srand(1); print "t,y"; for (r = 0; r < 60; r++) {
        for (i = 0; i < 20000; i++) printf "%d ", 1e9 * rand()
        print "," r % 2 } }' >long.csv
awk 'BEGIN { print "t,y"; for (r = 0; r < 3; r++) {
        for (i = 0; i < (r == 1 ? 8000000 : 3); i++) printf "word%d,", i % 7
        printf "\n" } }' | sed '2,$s/.*/"&",a/; 3s/a$/b/' >field.csv
for j in 1 2; do
    bounded '60,000 columns' 64 ingest -q -j$j --label=y wide.csv
    bounded 'long cells' 40 ingest -q -j$j --label=y long.csv
    bounded 'a long field' 64 ingest -q -j$j --max-field=1G --label=y field.csv
done
bounded 'long cells' 512 ingest -q --label=y long.csv

seq 120000 | compose a.h5 x f8z 300x400
awk 'BEGIN { for (i = 0; i < 300; i++) print i % 2 ? "a" : "b" }' |
    compose a.h5 y S4 300
for m in 1 2 4 8; do
    ingest --memory=${m}M --features=/x --label=/y a.h5 >out 2>err
    is "$?:$(grep -c -e --memory err):$(grep -c 'damaged' err)" 2:1:0 \
        "HDF5, $m MiB: it is the memory, not the file"
done
runs 'and enough' ingest --memory=256M --features=/x --label=/y a.h5 -o h.h5

# --- temporary files ------------------------------------------------------------------

fails_with 2 'standard input: found more than 1 MiB, wanted at most that for a temporary file in' \
    sh -c 'exec ingest --max-spool=1M --label=y </dev/zero'
fails_with 2 'standard input: found more than 1 MiB' \
    sh -c 'yes 1,a | ingest --max-spool=1M --label=y --no-header'
fails_with 2 '/dev/zero: found more than 1 MiB' \
    ingest --max-spool=1M --label=y /dev/zero
fails_with 2 'found more than 0 MiB' \
    ingest --max-spool=2K --features=/x --label=/y a.h5
head -c 600000 /dev/zero | tr '\0' 'x' >text
{ printf 'a,y\n'; cat text; printf ',p\n1,q\n'; } >latin1.csv
fails_with 2 'latin1.csv: found more than 0 MiB' \
    ingest --max-spool=500K --encoding=latin1 --label=y latin1.csv
fails_with 2 'found 0, wanted at least 1' ingest --max-spool=0 --label=y latin1.csv
is "$(ls -A tmp)" '' 'nothing is left in TMPDIR'
is "$(ls -A | grep -c part)" 0 'nor beside the output'

done_testing
