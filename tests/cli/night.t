#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# audit --state: the nights of a dataset, what is kept of them, and what holds
# whatever happens.
. "${WN_SOURCE:-.}/tests/tap.sh"

# night [OPTION...]: an audit with fast models; called by what tap.sh has.
# shellcheck disable=SC2120
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
    's/wine/VERSION s/wine/audits/000001-2025-12-01.h5 s/wine/history.csv s/wine/metrics.prom s/wine/report.html ' \
    'leaves the audit, the history, the metrics and the page, and nothing else'
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
is "$(grep -c -e '<section id="changes"' -e '<section id="nights"' \
    s/wine/report.html)" 2 \
    'the page has what is new, and the nights'
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

# Made again.
last=$(ls s/wine/audits/*.h5 | tail -n 1)
fails_with 2 '--replay writes nothing' audit --replay="$last" --state=s wrong.csv
audit -q --label=cultivar --model=neighbors --methods=disagreement --seed=5 \
    -j1 -o once.h5 wrong.csv
runs '--replay' audit --replay=once.h5 wrong.csv
is "$(cat out err)" 'the same bytes as once.h5' 'the same data: the same bytes'
audit --replay=once.h5 --rare-share=0.2 wine.csv >out 2>err
is "$? $(sed -n '1p; s/^  different: //p' out | tr '\n' ';')" \
    '1 other bytes than once.h5;the data have changed;flag: rare-share=0.2, was rare-share=0.1;' \
    'other data and options are named'
# Of a night, --replay says what to pass.
cp wine.csv r.csv
mkdir replayed
state=replayed
for i in 1 2; do
    audit -q --state=$state --label=cultivar --model=neighbors \
        --methods=disagreement -j1 r.csv
done
report --decisions-template $state/r/audits/000002-*.h5 |
    awk -F '\t' -v OFS='\t' '/^#/ { print; next } !seen++ {
        for (i = 1; i <= NF; i++) if ($i == "verdict") at = i; print; next }
        { $at = "ok"; print }' >$state/r/decisions/ann.tsv
audit -q --state=$state --label=cultivar --model=neighbors \
    --methods=disagreement -j1 r.csv
set -- "$state"/r/audits/*
audit --replay="$3" r.csv >out
is "$? $(sed -n 's/^  different: \(no --[a-z]*\).*/\1/p; s/^    try //p' out | tr '\n' ' ')" \
    "1 no --previous --previous='$2' no --decisions --decisions='$state/r/decisions/ann.tsv' " \
    '--replay of a night says what to pass'
runs 'which makes it again' audit --replay="$3" --previous="$2" \
    --decisions=$state/r/decisions/ann.tsv r.csv
is "$(cat out)" "the same bytes as $3" 'the same bytes'
rm -r replayed
is "$(ls -A | grep -c replay)$(find . -name '.*.work' | wc -l | tr -d ' ')" 00 \
    'nothing is left'

# For a mail, and for Nagios.
runs '--mail-subject' audit --state=s --name=wine --label=cultivar \
    --model=neighbors --methods=disagreement --mail-subject wrong.csv
is "$(head -n 1 out | sed 's/[0-9.]*-[0-9.]* %/LOW-HIGH %/')" \
    'wrong.csv: 178 rows, 0 new suspects, LOW-HIGH % may be wrong' \
    'the first line is the subject of a mail'
nagios() {
    audit --nagios --state=s --name=wine --label=cultivar --top=3 -q \
        --model=neighbors --methods=disagreement --fail-on=new "$@" >out 2>err
    echo "$? $(wc -l <out)$(cat err) $(sed 's/ psi=[^ ]*//; s/ seconds=.*//
        s/ wrong[^ ]*=[^ ]*//g; s/[0-9.]*-[0-9.]* %/LOW-HIGH %/' out)"
}
is "$(nagios wrong.csv)" '0 1 WINNOW OK - wrong.csv: 178 rows, 0 new suspects, LOW-HIGH % may be wrong | rows=178 flagged=2 new=0 drifted=0 schema=0' \
    '--nagios is one line'
awk -F , -v OFS=, 'NR == 90 { $NF = "class_2" } { print }' wrong.csv >worse.csv
is "$(nagios worse.csv | cut -d '|' -f 1)" \
    '1 1 WINNOW WARNING - worse.csv: 178 rows, 1 new suspect, LOW-HIGH % may be wrong; reached new (1) ' \
    'a warning where --fail-on is reached'
is "$(nagios none.csv)" \
    '2 1 WINNOW CRITICAL - audit: none.csv: there is no such file' \
    'critical where the audit fails'
(
    exec 9<s/wine
    mkdir -p s/wine/.work
    exec 9<s/wine/.work
    flock 9
    nagios wrong.csv
) >nagios.out
is "$(cut -d ' ' -f 1-4 nagios.out)" '3 1 WINNOW UNKNOWN' \
    'unknown where another audit runs'
runs 'the same again' night --name=wine wrong.csv

# --pruned: replaced by each night that finds nothing to stop it.
runs '--pruned' night --name=wine --pruned=clean.csv wrong.csv
wc -l <clean.csv >rows.1
cp clean.csv first.csv
runs 'the next night replaces it' night --name=wine --pruned=clean.csv wine.csv
same clean.csv.previous first.csv 'and keeps the one before'
cp clean.csv second.csv
audit --state=s --label=cultivar --name=wine --model=neighbors \
    --methods=disagreement --fail-on=new --pruned=clean.csv worse.csv >out 2>err
is "$? $(grep '^kept' out | tr -s ' ')" '1 kept rows clean.csv stays as it was' \
    'a night that reaches --fail-on'
same clean.csv second.csv 'leaves it'
same clean.csv.previous first.csv 'and the one before'
cp wine.csv theirs.csv
fails_with 2 'theirs.csv: exists; --force replaces it' \
    night --name=wine --pruned=theirs.csv wrong.csv
runs 'a last night' night --name=wine wrong.csv

# What people decided is read each night.
report --decisions-template "$(ls s/wine/audits/*.h5 | tail -n 1)" >todo.tsv
awk -F '\t' -v OFS='\t' '/^#/ { print; next } !seen++ {
    for (i = 1; i <= NF; i++) if ($i == "verdict") at = i; print; next }
    { $at = "ok"; print }' todo.tsv >s/wine/decisions/ann.tsv
runs 'a night with decisions' night --name=wine wrong.csv
is "$(tail -n 1 s/wine/history.csv | cut -d , -f 10)" 2 'counts them'
rm s/wine/decisions/ann.tsv

# ---- news -------------------------------------------------------------------

# Two classes that overlap: sums of uniform numbers, with identifiers.
awk -v OFS=, 'function u() { x = (x * 16807) % 2147483647; return x / 2147483647 }
    BEGIN { x = 7; print "id,a,b,class"
        for (i = 0; i < 400; i++) {
            c = i % 2
            print "r" i, u() + u() + c * .7, u() + u() + c * .5, "c" c
        } }' >two.csv
audited() {
    ingest -q "$1" --label=class --id=id |
        score -q -j1 --model=neighbors --methods=none >"$2"
}
audited two.csv old.s
flag -q old.s -o old.h5
# r10 has another label, r12 another value, r14 is not there, r400 is new; and
# another order.
awk -F , -v OFS=, '$1 == "r10" { $4 = "c1" } $1 == "r12" { $2 = 2.5; $3 = 2.4 }
    $1 != "r14" && NR > 1 { print }
    END { print "r400,0.1,0.1,c1" }' two.csv | sort -t , -k 2 >rows
{ head -n 1 two.csv; cat rows; } >new.csv
audited new.csv new.s
flag -q new.s -o plain.h5
flag -q --previous=old.h5 new.s -o held.h5
# The rule by hand: odds of the suspicion against those of the cut.
flags() {
    report --format=tsv --top=all "$1" | awk -F '\t' 'NR == 1 {
        for (i = 1; i <= NF; i++) at[$i] = i; next }
        { print $at["id"], $at["suspicion"],
            $at["issues"] ~ /(^|,)label(,|$)/ }'
}
flags old.h5 >old.flags
flags plain.h5 >plain.flags
awk -v changed=' r10 r12 r400 ' '
    FILENAME == "old.flags" { was[$1] = $3; next }
    { id[++n] = $1; odds[n] = $2 < 1 ? $2 / (1 - $2) : 1e9; hit[n] = $3
      if ($3 && (!cut || odds[n] < cut)) cut = odds[n]
      if (!$3 && $2 > .5) capped = 1 }
    END {
        if (!capped && cut > 1) cut = 1
        for (i = 1; i <= n; i++) {
            if (!index(changed, " " id[i] " ")) {
                if (was[id[i]] && odds[i] >= cut / 2) hit[i] = 1
                if (!was[id[i]] && odds[i] < cut * 2) hit[i] = 0
            }
            if (hit[i]) print id[i]
        }
    }' old.flags plain.flags | sort >wanted
flags held.h5 | awk '$3 { print $1 }' | sort >found
same found wanted 'flags of unchanged rows change only where it is clear'
ok "$(flags plain.h5 | awk '$3 { print $1 }' | sort | cmp -s - wanted
    [ $? -ne 0 ]; echo $?)" 'which is not what they would be without'
report --against=old.h5 --top=9 held.h5 >text
is "$(sed -n 's/^New flags, then.*/new flags first/p
    s/^  *[0-9]*  *[0-9]*  \(r[0-9]*\) .*/\1/p' text | head -n 4 | tr '\n' ' ')" \
    'new flags first r10 r12 r400 ' '--against --top lists what is new first'
is "$(report --format=tsv --top=3 --against=old.h5 held.h5 | awk -F '\t' '
    NR > 1 { for (i = 1; i <= NF; i++)
        if ($i ~ /^(new|new row|relabelled|edited)$/) print $4, $i }' |
    tr '\n' ' ')" 'r10 relabelled r12 edited r400 new row ' \
    'and says why, whatever the order of the rows'
report --against=old.h5 --fail-on=label:99%,new:3 held.h5 >text
is "$? $(sed -n 2p text)" '1 reached --fail-on: new:3 (3)' '--fail-on=new:3'
report --against=old.h5 --fail-on='new:4,noise>40%,wrong:1%' held.h5 >text
is $? 0 '--fail-on=new:4 is not reached'
report --against=old.h5 --fail-on=new --min-rows=401 held.h5 >text 2>err
is "$? $(cat err)" \
    '0 report: --min-rows: 400 rows are too few for --fail-on' '--min-rows'
fails_with 2 "--fail-on: found 'new', which wants --against of report" \
    report --fail-on=new held.h5
fails_with 2 "--fail-on: found 'new:2', which report and audit can tell" \
    flag --fail-on=new:2 new.s -o x.h5
fails_with 2 "--fail-on: found 'noise:3%', wanted noise>PERCENT%" \
    audit --state=s --fail-on=noise:3% --label=cultivar wine.csv
nightly() {
    audit -q --state=s --label=class --id=id --model=neighbors \
        --methods=none --name=two --fail-on=new "$1"
}
runs 'the first night has no news' nightly two.csv
nightly new.csv >out
is "$? $(sed -n 2p out)" '1 reached --fail-on: new (3)' 'the second has'
runs 'the third does not repeat it' nightly new.csv
is "$(cat out)" '' 'and is silent'

# The trend: 30 nights about 2 %, with two days without an audit, then a step.
awk 'BEGIN {
    print "number,when,rows,rate,rate_low,rate_high,flagged,new,gone," \
        "decided,drifted,psi,schema,seconds,version,options"
    for (i = 1; i <= 33; i++)
        printf "%d,2026-0%d-%02dT03:00:00Z,20000,%.4f,%.4f,%.4f,8,,,0,,,,2,0.1,ab\n",
            i, 4 + (i + 2 * (i > 9) > 30), (i + 2 * (i > 9) - 1) % 30 + 1,
            rate = .02 + .002 * (i * 7 % 5 - 2) / 2 + (i > 30 ? .02 : 0),
            rate - .004, rate + .004 }' >33.csv
head -n 31 33.csv >30.csv
head -n 33 33.csv >32.csv
report --history=30.csv --fail-on=trend held.h5 >text
is "$? $(tr -s ' \n' ' ' <text | grep -o 'Days without an audit: 2.*shifted')" \
    '0 Days without an audit: 2. The weighted mean of the last nights is 2 % wrong, within its limits, 1.6 to 2.4 %. The level has not shifted' \
    'a steady trend'
report --history=32.csv --fail-on=trend held.h5 >text
is "$? $(sed -n 2p text) $(grep -c 'The level has risen' text)" \
    '1 reached --fail-on: trend 1' 'a step'
report --history=32.csv --fail-on=trend >text
is "$? $(sed -n 1,2p text | tr '\n' ' ')" \
    '1 32.csv: 32 nights reached --fail-on: trend ' 'a history alone'
report --history=33.csv --fail-on=trend >text
is "$? $(grep -c 'The level has risen' text)" '0 1' \
    'the night after it is no news'
report --history=33.csv --format=html >alone.html
is "$(grep -o '<section id="[a-z]*"' alone.html) $(grep -c 'has risen' alone.html)" \
    '<section id="nights" 1' 'its page'
is "$(report --history=33.csv --figure=nights --format=tsv | awk -F '\t' '
    $1 == "no audit" { print $2 }' | tr '\n' ' ')" '9 10 ' \
    'its figure has the days without an audit'
# A curve for each run of nights.
is "$(report --history=33.csv --figure=nights --format=svg |
    grep -o 'class="curve"' | wc -l)" 2 'and is broken there'
is "$(report --history=33.csv held.h5 --format=html | grep -c 'id="nights"')" 1 \
    'the page of an audit has it, too'
report --history=33.csv --fail-on=new >text 2>err
is "$?$(cat err)" 0 'new is what the history has'
fails_with 2 "--fail-on: found 'label', which wants an audit" \
    report --history=33.csv --fail-on=label
fails_with 2 '--top wants an audit besides --history, FILE or -' \
    report --history=33.csv --top=3
fails_with 2 '--format=tsv wants an audit besides --history, FILE or -' \
    report --history=33.csv --format=tsv
# Every number of the trend, from the history, by the formulas of report/trend:
# rates without memory, so the deviation is the mean move over 1.128 or that of
# a p chart.
cat >trend.py <<'END'
import csv, json, math, statistics, sys
nights = list(csv.DictReader(open(sys.argv[1])))
rate = [(float(n["rate_low"]) + float(n["rate_high"])) / 2 for n in nights]
base = rate[:-3]
level = statistics.median(base)
mean = sum(base) / len(base)
own = sum((x - mean) ** 2 for x in base)
memory = sum((x - mean) * (y - mean) for x, y in zip(base, base[1:])) / own
memory = min(max(memory, 0) + 1.645 / math.sqrt(len(base)), .95)
moves = sum(abs(x - y) for x, y in zip(base, base[1:])) / (len(base) - 1)
deviation = max(moves / 1.128 / math.sqrt(1 - memory),
                math.sqrt(level * (1 - level) / float(nights[-1]["rows"])))
ewma, up = level, 0
for x in rate:
    ewma += .2 * (x - ewma)
    up = max(up + (x - level) / (deviation * math.sqrt(
        (1 + memory) / (1 - memory))) - .5, 0)
kept = .8 * memory
reach = 3 * deviation * math.sqrt(.2 / 1.8 * (1 + kept) / (1 - kept))
high = max(level + reach, statistics.median(
    float(n["rate_high"]) for n in nights[:-3]))
lines = [json.loads(line) for line in open(sys.argv[2])]
trend = lines[1]
assert trend["record"] == "trend" and lines[-1]["complete"]
wanted = {"nights": len(rate), "days_without": 2, "level": level,
          "deviation": deviation, "ewma": ewma, "ewma_high": high,
          "outside": True, "cusum_up": up, "shifted": True}
for key, value in wanted.items():
    assert math.isclose(trend[key], value, rel_tol=1e-9), (key, trend[key], value)
assert 0 < trend["tau_p"] <= 1 and trend["memory_p"] is None
assert trend["early_warning"] is False and len(lines) == int(sys.argv[3])
metric = dict(line.rsplit(" ", 1) for line in open(sys.argv[4]) if line[0] != "#")
for key, name in (("level", "level_ratio"), ("ewma", "ewma_ratio"),
                  ("ewma_low", "ewma_low_ratio"),
                  ("ewma_high", "ewma_high_ratio"), ("outside", "outside"),
                  ("shifted", "level_shift")):
    found = float(metric['winnow_trend_%s{source="new.csv"}' % name])
    assert math.isclose(found, trend[key], rel_tol=1e-9), (name, found)
assert not any("early_warning" in name for name in metric)
END
report --history=33.csv --format=json --fail-on=trend >json
report --history=33.csv --format=prometheus held.h5 >metrics
if command -v python3 >/dev/null; then
    runs 'the trend in JSON and in metrics' python3 trend.py 33.csv json 3 metrics
else
    skip 'the trend in JSON and in metrics' 'python3 is not installed'
fi
report --history=32.csv --format=json --fail-on=trend |
    grep -q '"record":"trend".*"reached":"trend"'
ok $? 'and what is reached'
is "$(report --history=30.csv --format=json held.h5 |
    grep -c -e '^{"record":"trend"' -e '^{"record":"summary"')" 2 \
    'with an audit, too'
# A long history: only its end is read, and what is written is all of it.
awk 'NR == 1 { print; next } NR == 2 {
    for (i = 1; i <= 10000; i++) { sub(/^[0-9]*/, i); print } }' 33.csv >10000.csv
runs 'ten thousand nights' report --history=10000.csv --record=more.csv \
    --night=10001@1764554400 held.h5
head -n 10001 more.csv | cmp -s - 10000.csv &&
    [ "$(sed -n 10002p more.csv | cut -d , -f 1-3)" = 10001,2025-12-01T02:00:00Z,400 ]
ok $? 'are kept as they were, with one behind'
is "$(report --history=10000.csv | sed -n '1s/ [0-9]* / N /p')" \
    '10000.csv: the last N nights' 'a report says that it read the last ones'

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
    'number 1 2 3 4 5 6 7 8 9 10 11 12 13 14 16 ' 'its whole lines stay'
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
name=four
for i in 1 2 3 4; do
    (
        night 2>err.$i
        echo $? >status.$i
    ) &
done
wait
is "$(cat status.* | grep -vc -e '^0$' -e '^75$')" 0 \
    'four at once: each ends with 0 or 75'
is "$(ls s/four/audits | wc -l)" "$(cat status.* | grep -c '^0$')" 'and each 0 is a night'
done_testing
