#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Several CSV files as one table: places, messages, the column of their names,
# and prune.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH
finish() {
    score -q --model=neighbors --methods=none -i "$1" && flag -q -i "$1"
}

# Of three parts the second has a mark, an empty line and no line end at its
# end, the third CR LF. Every third row goes into each.
for part in 1 2 3; do
    awk -v p=$part 'NR == 1 || NR % 3 == p - 1' "$samples/iris.csv" >p$part
done
cp p1 a.csv
{ printf '\357\273\277\n'; printf '%s' "$(cat p2)"; } >b.csv
sed 's/$/\r/' p3 >c.csv
{ cat a.csv; sed 1d p2; sed 1d c.csv; } >all.csv
runs 'three files are read' ingest a.csv b.csv c.csv --label=species -o abc.h5
is "$(cat err)" 'ingest: a.csv and 2 more: 150 rows in = 150 kept + 0 rejected, 4 features, 3 classes' \
    'as one table'
ingest -q all.csv --label=species -o all.h5
for path in row_hash:u64 row_offset:u64 label:i32 features:f32; do
    type=${path#*:} path=data/${path%:*}
    is "$(peek abc.h5 "$path" "$type")" "$(peek all.h5 "$path" "$type")" \
        "$path as of the files put together"
done
is "$(peek abc.h5 data/row_line u64 | sed -n '1p;50p;51p;100p;101p;150p' | tr '\n' ' ')" \
    '2 51 3 52 2 51 ' 'lines are those of the files'
finish abc.h5 && finish all.h5
prune -q --drop=none abc.h5 >back.csv
same back.csv all.csv 'prune writes them as one, the header once'
prune -q --keep=.5 --removed=gone.csv -f -o some.csv abc.h5
prune -q --keep=.5 --removed=gone2.csv -f -o some2.csv all.h5
same some.csv some2.csv 'some of the rows'
same gone.csv gone2.csv 'and the others'
prune -q --relabel abc.h5 >one && prune -q --relabel all.h5 >two
same one two 'with other labels'
ingest -q -j1 a.csv b.csv c.csv --label=species -o j1.h5
ingest -q -j3 a.csv b.csv c.csv --label=species -o j3.h5
same j1.h5 j3.h5 'any number of threads'
is "$(report --columns --format=tsv abc.h5 | awk -F'\t' '$1 == "file" { print $2 }')" \
    ignored 'their names are a column that is ignored'
ingest -q a.csv b.csv c.csv --label=species --split=file --file-column=file \
    -o split.h5
is "$(peek split.h5 data/split i32 | sort | uniq -c | tr -s ' ' | tr '\n' ',')" \
    ' 50 0, 50 1, 50 2,' 'or a split'
runs 'or a feature' ingest a.csv b.csv --label=species --file-column=day \
    --kind=day:categorical -o day.h5
is "$(report --columns --format=tsv day.h5 | awk -F'\t' '$1 == "day" { print $2 }')" \
    categorical 'of another name'
runs 'of a single file, too' ingest a.csv --label=species --file-column=day -o day.h5 -f
for f in a b; do sed 1d p1 >$f.bare; done
runs 'files without a header' ingest --no-header --label=c5 a.bare b.bare -o bare.h5
finish bare.h5 && prune -q --drop=none bare.h5 >back.csv
{ cat a.bare b.bare; } >bare.csv
same back.csv bare.csv 'are put together'

# --- what is refused ------------------------------------------------------------------

sed '1s/petal_width/width/' c.csv >d.csv
fails_with 2 "d.csv:1: field 4: found column 'width', wanted 'petal_width' as in a.csv" \
    ingest a.csv b.csv d.csv --label=species
cut -d, -f1-4 c.csv >e.csv
fails_with 2 'e.csv:1: found 4 columns, wanted 5 as in a.csv' \
    ingest a.csv e.csv --label=species
sed '7s/,/,x,/' c.csv >f.csv
fails_with 2 'ingest: f.csv:7: found 6 fields, wanted 5' \
    ingest a.csv b.csv f.csv --label=species
sed '7s/,/,"x/' c.csv >g.csv
fails_with 2 'ingest: g.csv:7: column sepal_width: found' \
    ingest a.csv b.csv g.csv --label=species
runs 'or left out' ingest --lenient --rejects=rest.csv a.csv b.csv f.csv \
    --label=species -o lenient.h5
is "$(head -n 1 err)" 'ingest: f.csv:7: found 6 fields, wanted 5' 'with their file'
is "$(cat rest.csv)" "$(head -n 1 a.csv; sed -n 7p f.csv)" 'byte for byte'
sed '9s/[a-z]*.$/\r/' c.csv >h.csv
fails_with 2 'ingest: h.csv:9: column species: found no label in 1 row (line h.csv:9)' \
    ingest a.csv b.csv h.csv --label=species
fails_with 2 "a.csv has a column 'species', wanted another name" \
    ingest a.csv b.csv --label=species --file-column=species
fails_with 2 'want files: found -' ingest a.csv - --label=species
fails_with 2 'want CSV files in UTF-8' \
    ingest --encoding=latin1 a.csv b.csv --label=species
printf '{"x":1,"y":"a"}\n{"x":2,"y":"b"}\n' >a.jsonl
fails_with 2 'want CSV files in UTF-8; cat puts JSON Lines together' \
    ingest a.jsonl a.jsonl --label=y
printf '1 1:2 3:4\n2 1:3\n' >a.svm
fails_with 2 'found 2 files of form libsvm, wanted one; cat puts them together' \
    ingest --from=libsvm a.svm a.svm
fails_with 2 "found no column 'y' for --label; --from=libsvm? (1 column: 1 1:2 3:4)" \
    ingest a.svm --label=y
fails_with 2 'nothing.csv: cannot open' ingest a.csv nothing.csv --label=species
fails_with 2 'b.csv: is an input of this run' \
    ingest -f a.csv b.csv --label=species -o b.csv
fails_with 2 '--source: found 1, wanted 3, one for each audited file in its order' \
    prune --source=all.csv abc.h5

# --- the whole audit, and where a row is ----------------------------------------------

runs 'an audit of three files' audit a.csv b.csv c.csv --label=species -o w.h5
is "$(sed 's/:.*//;q' out)" 'a.csv and 2 more' 'names them in its headline'
ok "$(grep -q '^ *row *line  given' out && grep -q '  b.csv:[0-9]* ' out
    echo $?)" 'and the file of each row'
finish abc.h5
for file in a.csv b.csv c.csv; do
    tr -d '\r' <$file | awk -F, -v f=$file '
        NF > 1 && !/species/ { print f "," NR "," $5 }'
done | awk -v OFS=, '{ print NR - 1, $0 }' >wanted
report --format=csv --fields=record,file,line,given w.h5 --top=all |
    tr -d '\r' | sed 1d | sort -t, -n >places
same places wanted 'record, file and line are the place of each row'
report --format=csv --with-source --add=record,file,line w.h5 | tr -d '\r' |
    awk -F, -v OFS=, 'NR > 1 { print $6, $7, $8, $5 }' >places
same places wanted 'beside the source, too'
runs 'a row by file and line' report --explain=line:b.csv:17 w.h5
is "$(head -n 1 out)" "b.csv: row $((50 + 17 - 3)), line 17" 'is that of the file'
fails_with 2 '--explain=line:17: rows of a.csv and b.csv begin there; wanted line:FILE:17' \
    report --explain=line:17 w.h5
fails_with 2 '--explain: no row begins on line 99' report --explain=line:b.csv:99 w.h5
is "$(report --format=json --top=1 w.h5 | sed -n 's/.*"record":"row".*"file":"\(..csv\)".*/\1/p' |
    wc -l)" 1 'JSON names the file'
for format in html markdown; do
    report --format=$format --top=10 w.h5 >page
    ok "$(grep -q '[abc].csv\\*:[0-9]' page || [ $format = markdown ]; echo $?)" \
        "$format names it"
done
mkdir elsewhere
cp a.csv b.csv c.csv elsewhere
for f in a b c; do mv elsewhere/$f.csv elsewhere/$f.moved; done
mv w.h5 elsewhere
(
    cd elsewhere || exit 99
    prune -q --drop=none --source=a.moved --source=b.moved \
        --source=c.moved w.h5
) >back.csv
same back.csv all.csv 'files that were moved are named, each'
mv elsewhere/w.h5 .
fails_with 2 'c.moved: changed since the audit' prune --drop=none w.h5 \
    --source=elsewhere/a.moved --source=elsewhere/c.moved \
    --source=elsewhere/b.moved
mkdir nights
{ echo "state = nights"; echo '[abc]'; echo label = species
    for f in a b c; do echo "file = $f.csv"; done; } >w.conf
runs 'several files in a section' audit --config=w.conf abc
cp nights/abc/audits/*.h5 night.h5
is "$(peek night.h5 data/row_hash u64)" "$(peek w.h5 data/row_hash u64)" \
    'are one dataset'
runs 'is made again' audit --replay=w.h5 a.csv b.csv c.csv
fails_with 2 '--self-test: found 3 files, wanted one' \
    audit --self-test=5% a.csv b.csv c.csv --label=species

printf '9,9,9,9,setosa\n' >>b.csv
fails_with 2 'b.csv: cannot find this audited file with its' prune abc.h5

done_testing
