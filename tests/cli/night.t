#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# audit --state: the nights of a dataset, what is kept of them, and what holds
# whatever happens.
. "${WN_SOURCE:-.}/tests/tap.sh"

# night [OPTION...]: an audit with fast models.
night() {
    audit -q --state=s --label=cultivar --model=neighbors \
        --methods=disagreement -j1 "$@"
}
cp "$samples/wine.csv" wine.csv
mkdir s

# ---- what is kept -----------------------------------------------------------

runs 'a first night' env SOURCE_DATE_EPOCH=1764554400 audit --state=s \
    --label=cultivar --model=neighbors --methods=disagreement wine.csv
is "$(head -n 1 out | cut -d , -f 1)" 'wine.csv: 178 rows' 'shows its report'
is "$(find s -type f | sort | tr '\n' ' ')" \
    's/wine/VERSION s/wine/audits/000001-2025-12-01.h5 s/wine/history.csv s/wine/metrics.prom ' \
    'leaves the audit, the history and the metrics, and nothing else'
is "$(sed -n 2p s/wine/history.csv | cut -d , -f 1-3,7-14)" \
    '1,2025-12-01T02:00:00Z,178,1,,,0,,,,0' 'the history has a line for it'
SOURCE_DATE_EPOCH=1764640800
export SOURCE_DATE_EPOCH
runs 'a second night' night wine.csv
is "$(cat out err)" '' 'is silent'
is "$(sed -n 3p s/wine/history.csv | cut -d , -f 1,2,8,9)" \
    '2,2025-12-02T02:00:00Z,0,0' 'nothing is new, nothing gone'
is "$(sed -n 3p s/wine/history.csv | cut -d , -f 16 | wc -c)" 33 \
    'the options have a digest'
is "$(grep -c '^winnow_last_\(attempt\|success\)_timestamp_seconds.* 1764640800' \
    s/wine/metrics.prom)" 2 'the metrics say when, for the attempt and the success'

# The clock is set back: numbers go on.
SOURCE_DATE_EPOCH=1700000000
runs 'a night before the first' night wine.csv
is "$(ls s/wine/audits | tr '\n' ' ')" \
    '000001-2025-12-01.h5 000002-2025-12-02.h5 000003-2023-11-14.h5 ' \
    'is the third'
unset SOURCE_DATE_EPOCH
runs '--retain' night --retain=2 wine.csv
is "$(ls s/wine/audits | cut -c 1-6 | tr '\n' ' ')$(wc -l <s/wine/history.csv)" \
    '000003 000004 5' 'drops old audits, not their history'
same s/wine/audits/000003* s/wine/audits/000004* \
    'the same data and options leave the same bytes'

# A changed label is new, and with --name it is another dataset.
awk -F , -v OFS=, 'NR == 5 { $NF = "class_2" } { print }' wine.csv >wrong.csv
runs 'a wrong label' night --name=wine wrong.csv
is "$(tail -n 1 s/wine/history.csv | cut -d , -f 7-9)" 2,1,0 'is new'
runs 'the night after' night --name=wine wrong.csv
is "$(tail -n 1 s/wine/history.csv | cut -d , -f 7-9)" 2,0,0 'not any more'

# What people decided is read each night.
report --decisions-template "$(ls s/wine/audits/*.h5 | tail -n 1)" >todo.tsv
awk -F '\t' -v OFS='\t' '/^#/ { print; next } !seen++ {
    for (i = 1; i <= NF; i++) if ($i == "verdict") at = i; print; next }
    { $at = "ok"; print }' todo.tsv >s/wine/decisions/ann.tsv
runs 'a night with decisions' night --name=wine wrong.csv
is "$(tail -n 1 s/wine/history.csv | cut -d , -f 10)" 2 'counts them'
rm s/wine/decisions/ann.tsv

# ---- what goes wrong --------------------------------------------------------

before=$(tail -n 1 s/wine/history.csv)
fails_with 2 'bad.csv:2: found 1 field' sh -c 'printf "cultivar,a\n1\n" >bad.csv
    audit -q --state=s --name=wine --label=cultivar bad.csv'
is "$(tail -n 1 s/wine/history.csv)" "$before" 'a night that fails is no night'
success=$(sed -n 's/^winnow_last_success_.*} //p' s/wine/metrics.prom)
attempt=$(sed -n 's/^winnow_last_attempt_.*} //p' s/wine/metrics.prom)
[ "$attempt" -ge "$success" ]
ok $? 'but an attempt, in the metrics'
is "$(grep -c '^winnow_rows{source="wrong.csv"} 178$' s/wine/metrics.prom)" 1 \
    'which keep the numbers of the last whole night'

# The last line is torn, another one is no night.
cp s/wine/history.csv whole.csv
{
    head -n 3 whole.csv
    echo 'what is this'
    tail -n +4 whole.csv | head -c -20
} >s/wine/history.csv
runs 'a torn history' audit --state=s --name=wine --label=cultivar \
    --model=neighbors --methods=disagreement wrong.csv
is "$(grep -c 'left out 2 lines that are no nights' err)" 1 'is a note'
is "$(cut -d , -f 1 s/wine/history.csv | tr '\n' ' ')" \
    'number 1 2 3 4 5 6 8 ' 'its whole lines stay'
echo 'a,b' >other.csv
fails_with 2 "other.csv:1: found 'a,b', wanted the names of a history" \
    report --history=other.csv "$(ls s/wine/audits/*.h5 | tail -n 1)"

echo 2 >s/wine/VERSION
fails_with 2 "s/wine/VERSION: found '2', wanted 1" night wine.csv
echo 1 >s/wine/VERSION
fails_with 2 'none: there is no such directory' \
    audit --state=none --label=cultivar wine.csv
fails_with 2 '--state: - has no name, wanted --name=NAME' \
    sh -c 'audit --state=s --label=cultivar - <wine.csv'
fails_with 2 "--name: found '../x', wanted a name" night --name=../x wine.csv
fails_with 2 "--retain: found '0', wanted a number" night --retain=0 wine.csv
fails_with 2 '--name and --retain want --state too' \
    audit --name=x --label=cultivar wine.csv
fails_with 2 '--state and --output exclude each other' night -o x.h5 wine.csv
fails_with 2 '--state and --against exclude each other' \
    night --against=x.h5 wine.csv
fails_with 2 "--night: found '0@1', wanted NUMBER@SECONDS" \
    report --history=/dev/null --record=x --night=0@1 x.h5

# Nights of which only the files count.
night() {
    audit -q --state=s --name=$name --label=cultivar --model=none \
        --methods=none -j1 wine.csv
}
name=wine
# A disk that is full at different times, and a kill at any time. What is there
# is whole; what said that it was done is there.
valid() {
    awk -F , 'NR == 1 { next } NF != 16 || $1 <= last { exit 1 }
        { last = $1 }' s/wine/history.csv &&
        grep -q '^winnow_rows.* 178$' s/wine/metrics.prom &&
        for file in s/wine/audits/*.h5; do
            h5=$(head -c 8 "$file" | tail -c 7 | head -c 3)
            [ "$h5" = HDF ] || return 1
        done
}
bad=
for blocks in 1 4 40; do
    (ulimit -f $blocks && night) >out 2>err
    [ $? -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && valid || bad="$bad $blocks"
done
is "$bad" '' 'a full disk ends the night, the state stays valid'
bad=
done=0
started=$(ls s/wine/audits | tail -n 1 | cut -c 1-6 | sed 's/^0*//')
for time in .05 .12 .18 .24 .3 .4 9; do
    timeout -s KILL $time sh -c 'exec "$@"' sh audit -q --state=s --name=wine \
        --label=cultivar --model=none --methods=none -j1 wine.csv
    [ $? -ne 0 ] || done=$((done + 1))
    valid || bad="$bad $time"
done 2>/dev/null
is "$bad" '' 'a kill at any time leaves a valid state'
last=$(ls s/wine/audits | tail -n 1 | cut -c 1-6 | sed 's/^0*//')
[ "$last" -ge $((started + done)) ]
ok $? 'and no night is lost that said it was done'
name=two
for i in 1 2 3 4; do
    (
        night 2>err.$i
        echo $? >status.$i
    ) &
done
wait
is "$(cat status.* | grep -vc -e '^0$' -e '^75$')" 0 \
    'four at once: each ends with 0 or 75'
is "$(ls s/two/audits | wc -l)" "$(cat status.* | grep -c '^0$')" 'and each 0 is a night'
done_testing
