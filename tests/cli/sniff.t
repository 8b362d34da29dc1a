#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest --sniff detects the delimiter and the header, or names the options that
# decide.
. "${WN_SOURCE:-.}/tests/tap.sh"

# table DELIMITER: six rows with the other delimiters in quotes.
table() {
    printf 'n@town@label\n1@"a,b;c\td|e@\n"@x\n2@Oslo@y\n3@"a,b;c"@x\n4@Rome@y\n5.5@Oslo@x\n6@"a""b"@y\n' |
        sed 's/@/'"$1"'/g'
}
found() {
    options=$1
    shift
    is "$(ingest -q --sniff "$@" 2>&1)" "$options" "$*: $options"
}

# --- the same results as with the options ------------------------------------
for pair in , ';' '	' '|'; do
    table "$pair" >t.csv
    name=$pair
    [ "$pair" != '	' ] || name=tab
    want="--delimiter='$name'"
    [ "$name" != tab ] || want=--delimiter=tab
    found "$want" t.csv
    ingest --delimiter="$name" --label=label -q t.csv -f -o said.h5
    ingest --sniff --label=label t.csv -f -o sniffed.h5 2>err
    is "$?:$(head -n 1 err)" "0:ingest: t.csv: found $want" "$name: is reported"
    same said.h5 sniffed.h5 "$name: the same audit file"
    # Without the first line there is no header.
    sed 1d t.csv >bare.csv
    found "$want --no-header" bare.csv
    ingest --delimiter="$name" --no-header --label=c3 -q bare.csv -f -o said.h5
    ingest --sniff --label=c3 -q bare.csv -f -o sniffed.h5
    same said.h5 sniffed.h5 "$name, no header: the same audit file"
    is "$(cat bare.csv | ingest -q --sniff)" "$want --no-header" \
        "$name: from a pipe"
    cat bare.csv | ingest --sniff --label=c3 -q >pipe.h5
    is "$?" 0 "$name: from a pipe, with a label"
    { printf '\357\273\277\r\n'; sed 's/$/\r/' t.csv; } >bom.csv
    found "$want" bom.csv
done
ingest --sniff t.csv >out 2>err
is "$?:$(cat out):$(cat err)" "0:--delimiter='|':ingest: t.csv: 3 columns, and\
 a header" "without --label it prints and stops"
found "--delimiter=','" "$samples/digits.csv"
found "--delimiter=','" "$samples/mixed.csv"
found "--delimiter=','" "$samples/iris.csv"
eval "ingest $(ingest -q --sniff bare.csv) --label=c3 -q bare.csv -f -o said.h5"
is $? 0 "a shell reads what is printed"

# --- the header -----------------------------------------------------------------
printf 'text,label\nfine,good\npoor,bad\nnice,good\n' >words.csv
fails_with 2 "ingest: words.csv: --sniff: found nothing that tells whether the\
 first record is a header; wanted --delimiter=',' if it is, --delimiter=','\
 --no-header if it is not" ingest --sniff words.csv
found "--delimiter=',' --no-header" --no-header words.csv
ingest --sniff --label=label words.csv --kind=text:categorical 2>err >a.h5
is "$?:$(head -n 1 err)" "0:ingest: words.csv: found --delimiter=','" \
    "the name of the label means a header"
ingest --sniff --label=c2 words.csv 2>err --kind=c1:categorical >a.h5
is "$?:$(head -n 1 err)" "0:ingest: words.csv: found --delimiter=','\
 --no-header" "or no header"
printf 'Ort;G\374te\nA\344;gut\nB;schlecht\n' >latin1.csv
fails_with 2 "ingest: latin1.csv: --sniff: found bytes that are not UTF-8 in\
 line 1, wanted UTF-8: --encoding=latin1?" ingest --sniff latin1.csv
printf 'a;b\nc;d\ne;\344\n' >latin3.csv
fails_with 2 "latin3.csv: --sniff: found bytes that are not UTF-8 in line 3" \
    ingest --sniff latin3.csv
iconv -f latin1 -t utf8 latin1.csv >utf8.csv
ingest -q --sniff --label=Güte utf8.csv --kind=Ort:categorical -o utf8.h5
is $? 0 "in UTF-8 the label is recognised"
printf '1,3,3,x
2,4,5,y
' >data.csv
fails_with 2 "ingest: data.csv:1: this line looks like data, not names (3 appears twice): --no-header?" ingest --label=c4 data.csv
printf '1,3,4,x\n2,4,5,y\n' >data.csv
fails_with 2 "ingest: data.csv: found no column 'c4' for --label; the header\
 looks like data, not names: --no-header? (4 columns: 1, 3, 4, x)" \
    ingest --label=c4 data.csv
printf ',a,,label,\n0,1,2,x,\n1,2,3,y,\n' >empty.csv
found "--delimiter=','" empty.csv
printf '1,,x\n2,3,y\n3,4,x\n' >gap.csv
found "--delimiter=',' --no-header" gap.csv
printf ',x\n3,y\n4,x\n' >first.csv
fails_with 2 "found nothing that tells whether the first record is a header" \
    ingest --sniff first.csv
printf 'a,a,label\n1,2,x\n2,3,y\n' >twice.csv
found "--delimiter=',' --no-header" twice.csv

# --- refused --------------------------------------------------------------
printf 'a;b,c\n1;2,5\n2;3,5\n' >tie.csv
fails_with 2 "ingest: tie.csv: --sniff: found delimiters that fit alike:\
 --delimiter=',' (2 columns in 3 of 3), --delimiter=';' (2 columns in 3 of 3);\
 wanted one of them" ingest --sniff tie.csv
fails_with 2 "ingest: tie.csv: --sniff: found delimiters that fit alike:" \
    ingest --sniff --label=a -o a2.h5 tie.csv
is "$(ls a2.h5 2>&1 | wc -l):$(find . -name '.*.part')" "1:" "and nothing written"
printf 'id;price\n1;2,5\n2;3,5\n' >euro.csv
found "--delimiter=';' --decimal=," euro.csv
printf 'word\nother\n' >one.csv
fails_with 2 "one.csv: --sniff: found no delimiter that gives all of the first\
 records as many fields: none; wanted --delimiter=C" ingest --sniff one.csv
awk 'BEGIN { print "a,b,label"; for (i = 0; i < 40; i++)
    print i (i == 17 ? ",1,2,x" : ",1,x") }' >ragged.csv
fails_with 2 "ingest: ragged.csv: --sniff: found no delimiter that gives all of\
 the first records as many fields: --delimiter=',' (3 columns in 40 of 41);\
 wanted --delimiter=C" ingest --sniff ragged.csv
found "--delimiter=','" --lenient ragged.csv
fails_with 2 "--sniff and --delimiter exclude each other" \
    ingest --sniff --delimiter=, ragged.csv
fails_with 2 "found an empty file" ingest --sniff /dev/null
fails_with 2 "found gzip data" ingest --sniff "$files/bad-gzip.csv"
done_testing
