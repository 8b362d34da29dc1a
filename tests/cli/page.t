#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The report as a page, and its figures: whole, by itself, safe whatever the data
# say, and with the numbers of the audit file.
. "${WN_SOURCE:-.}/tests/tap.sh"

python=''
for candidate in python3 /usr/bin/python3; do
    command -v "$candidate" >/dev/null && python=$candidate
    "$candidate" -c 'import h5py, scipy' 2>/dev/null && break
done
page() {
    "$python" -B "$source/tests/cli/page.py" "$@" 2>compared || cat compared
}
methods=el2n,aum,disagreement,confidence,variability
# figures AUDIT: each that it has, as NAME.tsv and NAME.svg; with the nights of
# a file history.
figures() {
    report --figure=help | while read -r name _; do
        set -- "$1"
        [ "$name" != nights ] || [ ! -f history ] || set -- "$1" --history=history
        report --figure="$name" --format=tsv "$@" >"$name.tsv" 2>/dev/null ||
            { rm "$name.tsv"; continue; }
        report --figure="$name" "$@" >"$name.svg"
    done
}

cp "$samples/digits.csv" .
ingest -q --label=digit digits.csv | score -q --methods=$methods -o s.h5
flag -q s.h5 -o digits.h5 || exit 99

# --- options ------------------------------------------------------------------
fails_with 2 '--format=svg wants --figure=NAME; --figure=help lists the names' \
    report --format=svg digits.h5
fails_with 2 "--figure: found 'pie', which is none" report --figure=pie digits.h5
fails_with 2 '--figure: found --format=json, wanted svg or tsv' \
    report --figure=map --format=json digits.h5
fails_with 2 '--figure and --top exclude each other' \
    report --figure=map --top=3 digits.h5
fails_with 2 'digits.h5: no figure annotators: it needs a column of annotators' \
    report --figure=annotators digits.h5
for format in html markdown; do
    fails_with 2 "--columns does not go with --format=$format" \
        report --columns --format=$format digits.h5
done
fails_with 2 'cannot open' report --figure=map missing.h5
runs 'the list of figures needs no audit' report --figure=help
is "$(grep -c '^[a-z]* *[A-Z]' out)" "$(wc -l <out)" 'a name and a title a line'
is "$(cut -d' ' -f1 out | tr '\n' ' ')" "$(sed -n \
    '/^The figures are/,/^\.El/s/^\.It Cm //p' "$source/man/report.1" |
    sed 's/ ,//g' | tr '\n' ' ')" 'the names that the manual lists'

# --- the page -----------------------------------------------------------------
runs 'a page' report --format=html digits.h5
mv out digits.html
OMP_NUM_THREADS=1 report --format=html digits.h5 >again.html
same digits.html again.html 'the same bytes each time'
runs 'a page of data alone' sh -c \
    'ingest -q --label=species "$1" | report --format=html' - "$samples/iris.csv"
mv out data.html
report --format=html --top=3 digits.h5 >three.html
is "$(grep -c '<td class="why"' three.html)" 3 'lists as many rows as --top'
report --format=html --top=all digits.h5 >all.html
is "$(grep -c '<td class="why"' all.html)" 1000 'and at most 1000'
ok "$(grep -q 'the first 1000 of 1797 rows' all.html; echo $?)" 'and says so'
is "$(sed -n 's/.*<h1>\(.*\)<\/h1>.*/\1/p' digits.html)" \
    "$(report digits.h5 | head -n 1)" 'the headline of the text'
if [ "$python" ]; then
    for name in digits data all; do
        is "$(page shape $name.html)" '' \
            "$name.html is whole, in order and by itself"
    done
else
    skip 'the pages are whole' 'there is no python3'
fi

# --- cells and pictures -------------------------------------------------------
row=$(report --format=tsv --top=1 digits.h5 | sed -n 2p | cut -f2)
near=$(report --explain="$row" --format=json digits.h5 |
    sed -n 's/.*"neighbors":\[{"row":\([0-9]*\).*/\1/p')
report --format=html --show='p1.|digit' digits.h5 >shown.html
tr -d '\n' <shown.html | sed 's/<tr/\n&/g' |
    sed -n "/this row, $row</,/<tr class/p" >beside
is "$(sed 's/<[^>]*>/ /g; 1q' beside | tr -s ' ')" " this row, $row $(
    sed -n "$((row + 2))p" "$samples/digits.csv" |
        awk -F, '{ printf "%s", $65; for (i = 11; i <= 20; i++)
            printf " %s", $i; printf " %s", $65 }') " \
    'the cells of the first suspect, as the source has them'
ok "$([ "$near" ] && sed -n 2p beside | grep -q "row\">$near<"; echo $?)" \
    "below it the nearest row, $near"
ok "$(sed 1d beside | grep -q '<mark>'; echo $?)" 'what differs is marked'
report --format=html --no-values digits.h5 >hidden.html
is "$(grep -c 'this row, ' hidden.html)" 0 '--no-values keeps cells out'
for shape in 8 8x 0x8 8x8x2 8x8x4 257x1 '8 x8' -8x8 8x8x3x; do
    fails_with 2 "--image: found '$shape', wanted ROWSxCOLUMNS" \
        report --format=html --image="$shape" digits.h5
done
fails_with 2 '--image: found 64 columns of features, wanted 28 x 28 x 1 = 784' \
    report --format=html --image=28x28 digits.h5
fails_with 2 '--image applies to --format=html only' \
    report --image=8x8 digits.h5
fails_with 2 '--image applies to --format=html only, without --no-values' \
    report --format=html --no-values --image=8x8 digits.h5
runs 'pictures' report --format=html --image=8x8 digits.h5
mv out pictures.html
if [ "$python" ]; then
    is "$(page shape pictures.html; page shape shown.html)" '' \
        'pages with pictures and cells are whole'
    is "$(page pictures pictures.html "$samples/digits.csv" 64)" '' \
        'each picture has the cells of its row'
else
    skip 'pictures' 'there is no python3'
fi
cp "$samples/digits.csv" gone.csv
ingest -q --label=digit gone.csv | score -q --methods=aum | flag -q -o gone.h5
rm gone.csv
runs 'a page without the source' report --format=html --image=8x8 gone.h5
ok "$(grep -q 'Cells of the source are missing here: ' out; echo $?)" 'says so'

# --- the size -----------------------------------------------------------------
# Names, identifiers, cells and classes as long as they may be, all to be escaped.
awk -v long="$(printf '<&>%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)" '
    BEGIN { for (e = 0; e < 3; e++) long = long long
        printf "id,text"; for (c = 0; c < 60; c++) printf ",%s%d", long, c
        print ",label"
        for (i = 0; i < 1500; i++) {
            printf "%s%d,%s %d", long, i, long, i % 7
            for (c = 0; c < 60; c++) printf ",%s%d", c % 3 ? "" : long, i * (c + 1) % 17
            print "," substr(long, 1, 240) (i % 11 ? i % 40 : i % 13)
        } }' >long.csv
ingest -q long.csv --label=label --id=id --kind='text:text' |
    score -q --model=neighbors --methods=none | flag -q -o long.h5
report --format=html --top=1000 --show='.*' --slices='.*[05]' --clusters=9 long.h5 \
    >long.html
ok "$([ "$(wc -c <long.html)" -gt 1000000 ] && [ "$(wc -c <long.html)" -lt 2097152 ]
    echo $?)" "a page of long names has $(wc -c <long.html) bytes, less than 2 MiB"
[ -z "$python" ] || is "$(page shape long.html)" '' 'and is whole'

# --- Markdown -----------------------------------------------------------------
runs 'Markdown' report --format=markdown digits.h5
is "$(sed -n 's/^## //p' out)" "$(report digits.h5 | sed '1!d; s/%$/\\%/')" \
    'has the headline of the text'
is "$(grep -c '^| [0-9]* | . | . | 0\.[0-9]* | label' out)" 10 'ten suspects'
report --format=tsv --top=10 digits.h5 | cut -f2 | tail -n +2 >wanted
is "$(sed -n 's/^| \([0-9]*\) | . | . | 0.*/\1/p' out)" "$(cat wanted)" \
    'those of the table'
is "$(sed -n '/^```sh/,/^```/p' out | sed '/^```/d; s/    # .*//')" \
    "$(report digits.h5 | sed -n '/^Next/,/^$/s/^  .\{26\}  //p')" \
    'and the commands of the text'
report --format=markdown s.h5 >out
ok "$(grep -q '^flag -i s.h5 ' out; echo $?)" 'of an audit that is not flagged'

# --- whatever the data say ----------------------------------------------------
if [ "$python" ]; then
    # Two files, verdicts with names and notes, slices, and rows beside others.
    for evil in yes no; do
        first=a.csv second=b.csv word=harmless
        [ $evil = no ] || {
            first="\"><img src=x onerror=alert(1)>&PAYLOAD.csv"
            second="'<svg onload=PAYLOAD>.csv" word='<i>PAYLOAD</i>&'
        }
        page data $evil all.csv
        head -n 121 all.csv >"$first"
        { head -n 1 all.csv && tail -n +122 all.csv; } >"$second"
        ingest -q --label=label --id=key --kind='text.*:text' \
            --annotator=who "./$first" "./$second" |
            score -q --methods=$methods -o $evil.score
        flag -q $evil.score -o $evil.h5
        report --review-plan=40 $evil.h5 | awk -F'\t' -v OFS='\t' \
            -v word="$word" 'NR > 1 { $8 = NR % 2 ? "ok" : "wrong"
                $9 = word " who"; $11 = word " note" } { print }' >$evil.said
        flag -q -f --decisions=$evil.said $evil.score -o $evil.h5
        report --format=html --top=all --slices='.*' --clusters=3 $evil.h5 \
            >$evil.html
    done
    is "$(page same no.html yes.html)" '' \
        'no element and no attribute comes from data'
    for part in 'class="below"' 'this row, ' '>cluster: 1' 'PAYLOAD&lt;/i&gt;&amp; note' \
        'AYLOAD.csv:1' 'YLOAD&gt;.csv:1'; do
        ok "$(grep -qF "$part" yes.html; echo $?)" "it has $part"
    done
    is "$(page shape yes.html)" '' 'the page is whole, whatever the data say'
    report --format=markdown --top=all yes.h5 >yes.md
    is "$(page markdown yes.md)" '' 'nor has it a meaning in Markdown'
    figures yes.h5
    is "$("$python" -c 'import sys, xml.dom.minidom as m
for name in sys.argv[1:]: m.parse(name)' ./*.svg 2>&1)" '' \
        'every figure is well-formed XML'
    is "$(ls ./*.svg | wc -l)" 11 "eleven figures were tried"
else
    skip 'payloads' 'there is no python3'
fi

# --- a browser ----------------------------------------------------------------
# complaints PAGE: what the browser's console says of it. The policy of the page
# forbids every request, so one would show there, too.
complaints() {
    timeout 60 chromium --headless=new --no-sandbox --disable-gpu \
        --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-extensions \
        --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$work/browser" \
        --enable-logging=stderr --screenshot="$work/screen.png" \
        "file://$work/$1" 2>&1 | grep CONSOLE
}
{
    sed -n '/<!DOCTYPE/,/Content-Security-Policy/p' pictures.html
    echo '<title>x</title><script>1</script>'
    echo '<img src="http://winnow.invalid/x.png" alt="">'
} >bad.html
if command -v chromium >/dev/null &&
    [ "$(complaints bad.html | wc -l)" -ge 2 ]; then
    is "$(complaints yes.html)" '' 'chromium has no complaint about payloads'
    is "$(complaints pictures.html)" '' 'nor about pictures'
    ok "$([ -s screen.png ]; echo $?)" 'and draws the page'
else
    skip 'the page in a browser' 'chromium is not installed, or does not run'
fi

# --- the numbers --------------------------------------------------------------
if "$python" -c 'import h5py, scipy' 2>/dev/null; then
    rm -f ./*.tsv
    report --review-plan=60 digits.h5 | awk -F'\t' -v OFS='\t' '
        NR > 1 { $8 = NR % 3 ? "ok" : "wrong" } { print }' >verdicts
    flag -q --decisions=verdicts s.h5 -o reviewed.h5
    awk -F, -v OFS=, '{ print $0, NR == 1 ? "price" : NR % 3 }' digits.csv |
        ingest -q --label=digit --cost=price | score -q --methods=aum |
        flag -q -o priced.h5
    report --figure=yield priced.h5 >yield.svg
    ok "$(grep -q '>cost of the review<' yield.svg; echo $?)" \
        'with costs, the yield is by cost'
    # Two splits, ten groups, and 14 classes.
    awk -F, -v OFS=, '
        NR == 1 { print $0, "class", "fold", "site"; next }
        { print $0, $65 < 4 ? $65 (NR % 7 ? "a" : "b") : $65,
            NR % 3 ? "train" : "test", "s" NR % 10 }' digits.csv |
        ingest -q --label=class --ignore=digit --split=fold --group=site |
        score -q --methods=aum | flag -q -o roles.h5
    { echo number,when,rows,rate,rate_low,rate_high,flagged,new,gone,decided,drifted,psi,schema,seconds,version,options
        for day in 03 04 07; do
            echo "${day#0},2026-03-${day}T02:00:09Z,17$day,.0$day,.0$((day - 1)),.1$day,9,${day#03},0,0,0,.01,0,2,0.1,x"
        done; } >nights
    report --format=html --against=digits.h5 reviewed.h5 >against.html
    is "$(page shape against.html)" '' 'a page with flags that are gone is whole'
    sed -n '/<caption>The first flags that are gone/,/<\/table>/p' against.html |
        grep '<tr><th scope="row"' >gone.rows
    ok "$([ -s gone.rows ]; echo $?)" 'it lists them'
    is "$(grep -c '<td class="n">[0-9-]*</td></tr>' gone.rows)" \
        "$(wc -l <gone.rows)" 'the rows that they are now stand at the right'
    is "$(report --format=html --where='given=3' --top=2 digits.h5 | grep -c 'nobody decided')$(
        report --format=html --where='given=3' digits.h5 |
            grep -c "The first 50 of $(report --where=given=3 --format=tsv --fields=row digits.h5 |
                sed 1d | wc -l) rows that were chosen")" 01 'chosen rows are called so'
    for audit in digits reviewed yes priced roles; do
        rm -f ./*.tsv history
        [ $audit != roles ] || mv nights history
        figures $audit.h5
        is "$(page figures $audit.h5 .)" '' \
            "the figures of $audit.h5 have the numbers of the file"
        ok "$([ "$(wc -w <compared)" -ge 9 ]; echo $?)" \
            "$(cat compared)"
        cat compared >>all_compared
    done
    # slices.t computes those of slices again.
    is "$(tr ' ' '\n' <all_compared | grep '^[a-z]*$' | sort -u | tr '\n' ' ')" \
        "$(report --figure=help | cut -d' ' -f1 | grep -v slices | sort |
            tr '\n' ' ')" 'so are all figures'
else
    skip 'numbers of the figures' 'python3-h5py or scipy is not installed'
fi
done_testing
