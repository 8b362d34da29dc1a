#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files in other encodings, byte for byte through the pipeline; and the limit on
# records that are left out.
. "${WN_SOURCE:-.}/tests/tap.sh"

# A table with letters beyond ASCII in the header, cells and labels, quotes, a
# line feed in a cell, CR LF, and no line end after the last record.
awk 'BEGIN { srand(2); printf "gr\303\266\303\237e;Notiz;G\303\274te\r\n"
    for (i = 0; i < 80; i++) {
        y = i % 2; flip = i % 19 == 4
        printf "%.2f;%s;%s%s", 4 * y + rand(),
            i % 3 ? "\303\244" : i % 2 ? "\"a;\303\266\"\"b\"" : "\"zwei\nZeilen\"",
            (flip ? !y : y) ? "\303\274bel" : "sch\303\266n",
            i < 79 ? "\r\n" : "" } }' >utf8.csv
finish() {
    score -q --model=neighbors --methods=none -i "$1" && flag -q -i "$1"
}
ingest -q -d ';' --label=Güte utf8.csv -o utf8.h5 && finish utf8.h5 || exit 99
prune -q --relabel utf8.h5 >relabelled.csv
is "$(cmp utf8.csv relabelled.csv | wc -l | tr -d ' ')" 1 'a label changes'

# both NAME ICONV: as UTF-8, and prune writes what it read.
both() {
    iconv -f utf8 -t "$2" utf8.csv >x.csv || exit 99
    ingest -q -d ';' --encoding="$1" --label=Güte x.csv -o x.h5 -f
    ok $? "$1 is read"
    for path in row_hash:u64 row_line:u64 label:i32; do
        type=${path#*:} path=data/${path%:*}
        is "$(peek x.h5 "$path" "$type")" "$(peek utf8.h5 "$path" "$type")" \
            "$1: $path as in UTF-8"
    done
    finish x.h5
    prune -q --drop=none x.h5 >back.csv
    same back.csv x.csv "$1: prune writes the bytes of the source"
    prune -q --relabel x.h5 >changed.csv
    iconv -f "$2" -t utf8 changed.csv >changed.u
    same changed.u relabelled.csv "$1: a new label is of the encoding"
    prune -q --order=suspicion --drop=none x.h5 | iconv -f "$2" -t utf8 >ordered.u
    prune -q --order=suspicion --drop=none utf8.h5 >ordered.csv
    same ordered.u ordered.csv "$1: so is a line end that was missing"
}
PATH=$build/tests/cli:$PATH
both latin1 latin1
both windows-1252 windows-1252
both UTF-16LE UTF-16LE
both utf-16be UTF-16BE
both GB18030 GB18030
both IBM273 IBM273
both UTF-32 UTF-32LE

printf '\376\377' >marked.csv
iconv -f utf8 -t UTF-16BE utf8.csv >>marked.csv
runs 'UTF-16 by its mark' ingest -d ';' --encoding=UTF-16 --label=Güte \
    marked.csv -o marked.h5
finish marked.h5 && prune -q --drop=none marked.h5 >back.csv
same back.csv marked.csv 'the mark is kept'
runs 'from a pipe, and sniffed' sh -c 'cat marked.csv |
    ingest --encoding=utf-16 --sniff --label=Güte -o pipe.h5'
finish pipe.h5 && prune -q --drop=none pipe.h5 >back.csv
same back.csv marked.csv 'from a pipe, too'
iconv -f utf8 -t latin1 utf8.csv >latin1.csv
ingest -q -j1 -d ';' --encoding=latin1 --label=Güte latin1.csv -o one.h5
ingest -q -j3 -d ';' --encoding=latin1 --label=Güte latin1.csv -o three.h5
same one.h5 three.h5 'any number of threads'
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "%d;\351;%s\n", i % 77,
    i % 2 ? "\340" : "b" }' >long.csv
ingest -q --no-header -d ';' --encoding=latin1 --label=c3 long.csv -o long.h5
finish() { flag -q -i "$1"; }
prune -q --drop=none long.h5 | cmp - long.csv
ok $? 'many lines'

# --- what is not of the encoding ----------------------------------------------------

printf 'a,y\n1,p\n2,\303\251\n3,q\303\n' >cut.csv
fails_with 2 'cut.csv:3: found 0xc3 at byte 3 of the line, byte 11 of the file, wanted text in ascii: another --encoding?' \
    ingest --encoding=ascii --label=y cut.csv
fails_with 2 "cut.csv:4: column y: found 'q\\xc3', wanted UTF-8" \
    ingest --encoding=utf-8 --label=y cut.csv
{ cat cut.csv; printf '4,p\n5,q\n6,q\n'; } >more.csv
runs 'or their records are left out' ingest --encoding=ascii --lenient \
    --label=y --rejects=rest.csv -f more.csv -o more.h5
is "$(cat rest.csv)" "$(printf 'a,y\n2,\303\251\n3,q\303')" 'byte for byte'
fails_with 2 'UTF-7 keeps a state' ingest --encoding=UTF-7 --label=y cut.csv
fails_with 2 'ISO-2022-JP keeps a state' \
    ingest --encoding=ISO-2022-JP --label=y cut.csv
fails_with 2 "--encoding: found 'klingon', which the C library does not know" \
    ingest --encoding=klingon --label=y cut.csv
fails_with 2 "wanted UTF-8: --encoding=latin1?" \
    ingest -d ';' --label=Güte latin1.csv
fails_with 2 'marked.csv: found UTF-16 text, wanted UTF-8: --encoding=UTF-16' \
    ingest --label=Güte marked.csv
fails_with 2 '--encoding does not apply to input of form libsvm' \
    ingest --from=libsvm --encoding=latin1 x.csv
awk 'BEGIN { printf "a,y\n"; for (i = 0; i < 200000; i++) printf "xxxxxxxxxx"
    print ",p" }' | iconv -f utf8 -t UTF-16LE >line.csv
fails_with 2 'line.csv:2: found a line of more than 2000000 bytes, wanted at most that (--max-record)' \
    ingest --encoding=utf-16 --max-record=2000000 --label=y line.csv

# --- --max-rejects -------------------------------------------------------------------

{ cat "$samples/iris.csv"; printf '1,2\n3,4,5\n'; } >two.csv
limit() { ingest --lenient --label=species two.csv -o limit.h5 -f "$@"; }
fails_with_limit() {
    limit --max-rejects="$1" >out 2>err
    is "$?:$(tail -n 1 err):$(ls limit.h5 .limit* 2>/dev/null)" "2:ingest: \
two.csv: found 2 of 152 records to leave out (1.32 %), wanted at most $1 \
(--max-rejects); the first: two.csv:152: found 2 fields, wanted 5:" \
        "--max-rejects=$1: refused, nothing is written"
}
rm -f limit.h5
fails_with_limit 1
fails_with_limit 1.3%
fails_with_limit 0
limit --rejects=gone.csv --max-rejects=1 >out 2>err
ok "$(ls gone.csv .gone* 2>/dev/null | wc -l)" 'nor the rejects'
runs 'two of two' limit --max-rejects=2
runs '1.4 %' limit --max-rejects=1.4%
fails_with 2 "--max-rejects: found '1.5', wanted a number of records or a share, as in 1%" \
    limit --max-rejects=1.5
fails_with 2 '--max-rejects: wanted --lenient with it' \
    ingest --label=species two.csv --max-rejects=3

done_testing
