#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Tables as spreadsheets write them, and hints on what looks like a mistake:
# "sep=;", decimal commas, words for missing cells, quotes, other kinds of files.
. "${WN_SOURCE:-.}/tests/tap.sh"

# features FILE: the features of an audit, for comparison.
features() { h5dump -d data/features "$1" 2>/dev/null | sed 1d; }
command -v h5dump >/dev/null || features() {
    report --columns --format=tsv "$1" | cut -f2-
}

# --- a first line "sep=;" ----------------------------------------------------------

{
    printf '\357\273\277sep=;\r\n'
    tr , ';' <"$samples/iris.csv" | sed 's/$/\r/'
} >sep.csv
runs 'the line sep=; names the delimiter' ingest sep.csv --label=species -o sep.h5
is "$(grep found err)" "ingest: sep.csv: found --delimiter=';'" 'which is told'
ingest -q "$samples/iris.csv" --label=species -o iris.h5
is "$(features sep.h5)" "$(features iris.h5)" 'the features are those of the table'
score -q --model=neighbors --methods=none -i sep.h5 && flag -q -i sep.h5
prune -q --drop=none sep.h5 >back.csv
same back.csv sep.csv 'prune keeps the line, the mark and all line ends'
report --format=json --top=all sep.h5 | grep -q '"line":152,'
ok $? 'lines count it'
runs 'it needs no header' ingest --no-header --label=c5 -o none.h5 sep.csv
is "$(sed -n 's/.* \([0-9]* rows in\).*/\1/p' err)" '151 rows in' \
    'nor is it a row then'
runs 'an option that says the same' ingest -d ';' --label=species -f -o sep.h5 sep.csv
is "$(ingest --sniff sep.csv 2>err)" "--delimiter=';'" 'sniffing follows it'
{ cat sep.csv; printf '1;2\r\n'; } >broken.csv
ingest -q --lenient --rejects=rest.csv --label=species broken.csv -o broken.h5
is "$(cat rest.csv)" "$(printf 'sep=;\r\n'; sed -n 2p sep.csv; printf '1;2\r')" \
    'rejects begin with it'
printf 'sep=\n1\n2\n3\n' >word.csv
fails_with 2 "found no column 'x' for --label" ingest --label=x word.csv

# --- decimal commas ------------------------------------------------------------------

tr '.,' ',;' <"$samples/iris.csv" >comma.csv
ingest -d ';' --label=species comma.csv -o hint.h5 2>err
is "$(grep decimal err)" "ingest: comma.csv: column sepal_length: 133 of 150 \
cells look like numbers with a decimal comma (as in 3 more columns): \
--decimal=," 'a hint'
report hint.h5 | grep -q '^  ! column sepal_length: 133 of 150 cells look'
ok $? 'the report has it'
report --format=json hint.h5 | grep -q '^{"record":"hint","text":"column sepal_le'
ok $? 'JSON has it'
runs 'decimal commas' ingest -d ';' --decimal=, --label=species comma.csv -o comma.h5
is "$(features comma.h5)" "$(features iris.h5)" 'the features are the same'
is "$(ingest --sniff comma.csv 2>err)" "--delimiter=';' --decimal=," \
    '--sniff finds both'
awk 'BEGIN { print "big;word;y"; for (i = 0; i < 40; i++)
    printf "%d.%03d,5;%s;%s\n", i, i, i % 2 ? "7.4" : "7,4", i % 3 ? "a" : "b" }' \
    >big.csv
runs 'grouped digits' ingest -d ';' --decimal=, --kind=word:numeric --label=y \
    big.csv -o big.h5
report --columns --format=tsv big.h5 >columns
is "$(awk -F'\t' '$1 == "big" { print $2, $4 }' columns)" 'numeric 0' \
    '1.234,5 is a number'
is "$(awk -F'\t' '$1 == "word" { print $2, $4 }' columns)" 'numeric 20' '7.4 is none'
echo 'big: range 0..20000' >range.rules
ingest -q -d ';' --decimal=, --rules=range.rules --label=y big.csv -o ruled.h5
is "$(report --columns --format=tsv ruled.h5 | awk -F'\t' '$1 == "big" { print $4 }')" \
    20 'rules read it, too'

# --- hints -----------------------------------------------------------------------------

awk 'BEGIN { srand(5); print "pulse,temp,grade,y"; for (i = 0; i < 300; i++)
    printf "%s,%s,%s,%s\n", i % 5 ? int(1e6 * rand()) : "?",
        i % 4 ? i % 9 : i % 8 ? "NA" : "unknown", "\047g" i % 3 "\047",
        i % 2 ? "a" : "b" }' >words.csv
ingest --label=y words.csv -o words.h5 2>err
is "$(grep 'missing:' err | cut -d: -f3-)" " column pulse: 240 of 300 cells \
are numbers, 60 are '?'. If that means missing: --na='?'
 column temp: 225 of 300 cells are numbers, 75 are 'NA' or 'unknown'. If that \
means missing: --na=NA --na=unknown" 'words for missing cells'
is "$(grep -c 'column grade: all cells stand in single quotes' err)" 1 \
    'single quotes'
awk -v OFS=, 'BEGIN { print "a,y"; for (i = 0; i < 30; i++)
    print (i % 3 ? i : "\047; touch gotcha #"), (i % 2 ? "p" : "q") }' >evil.csv
ingest --label=y evil.csv -o evil.h5 2>err
eval "echo $(sed -n 's/.*missing: //p' err)" >out
is "$(cat out)" "--na='; touch gotcha #" 'what is to be pasted is quoted'

# --- files of other kinds ---------------------------------------------------------------

kind() { printf "$2" >"$1" && fails_with 2 "$1: found $3" ingest --label=y "$1"; }
kind a.parquet 'PAR1\025\000' "a Parquet file, wanted CSV: python3 -c 'import"
printf 'PK\003\004%025d\000mimetypeapplication/vnd.oasis.opendocument.spreadsheet' 0 >a.ods
fails_with 2 'a spreadsheet (ODS), wanted CSV: libreoffice --headless --convert-to csv a.ods' \
    ingest --label=y a.ods
printf 'PK\003\004%025d\000[Content_Types].xml' 0 >a.xlsx
fails_with 2 'a spreadsheet (XLSX), wanted CSV' ingest --label=y a.xlsx
kind a.csv.bz2 'BZh91AY&SY' 'bzip2 data, wanted text: bzcat a.csv.bz2 >a.csv'
kind a.csv.zst '\050\265\057\375' 'zstd data, wanted text: zstdcat a.csv.zst >a.csv'
kind a.arff '%% about\n@RELATION x\n@DATA\n1,2\n' "an ARFF file, wanted CSV: sed '1,/^@data/Id; /^%/d' a.arff >a.csv, and --no-header"
kind a.json '[\n {"a": 1}]' "a JSON array, wanted CSV or JSON Lines: jq -c '.[]' a.json >a.jsonl"
printf 'PAR1,ORC,y\n1,2,a\n2,1,b\n3,2,a\n' >letters.csv
runs 'a header may begin like another kind' ingest --label=y letters.csv -o l.h5

done_testing
