#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# JSON Lines through the whole pipeline, byte for byte.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH
finish() {
    score -q --model=neighbors --methods=none -i "$1" && flag -q -i "$1"
}

# One table in both forms; the keys of the lines come in two orders.
awk 'BEGIN { srand(3); print "id,meta.x,note,emb.0,emb.1,y" >"a.csv"
    for (i = 0; i < 90; i++) {
        y = i % 2; flip = i % 17 == 3; label = (flip ? !y : y) ? "p\303\266s" : "neg"
        x = 4 * y + rand(); a = 3 * y + rand(); b = rand()
        note = i % 3 ? "\\\"so\\\", \\u00e4" : "zwei\\nZeilen"
        cell = i % 3 ? "\"\"so\"\", \303\244" : "zwei\nZeilen"
        printf "%d,%s,\"%s\",%s,%s,%s\n", i, i % 8 ? x : "", cell, a, b, label >"a.csv"
        meta = i % 8 ? "\"meta\": {\"x\":" x "}, " : i % 3 ? "" : "\"meta\": {\"x\": null}, "
        if (i % 2)
            printf "{\"id\": %d, %s\"note\": \"%s\", \"emb\": [%s,%s], \"y\": \"%s\" }%s", \
                i, meta, note, a, b, label, i % 5 ? "\n" : "\r\n\n"
        else
            printf "{\"id\":%d, \"emb\":[%s, %s],\"y\":\"%s\",%s \"note\":\"%s\"}%s", \
                i, a, b, label, meta, note, i < 88 ? "\n" : "\n" } }' >a.jsonl
printf '%s' "$(cat a.jsonl)" >whole.jsonl && mv whole.jsonl a.jsonl
runs 'JSON Lines are read' ingest a.jsonl --label=y --id=id -o a.h5
is "$(tail -n 1 err)" "ingest: a.jsonl: 90 rows in = 90 kept + 0 rejected, \
6 features, 2 classes" 'all of them'
ingest -q a.csv --label=y --id=id -o csv.h5
report --columns --format=tsv a.h5 | sort >columns
report --columns --format=tsv csv.h5 | sort >columns.csv
same columns columns.csv 'the columns are those of the same table as CSV'
is "$(peek a.h5 data/label i32)" "$(peek csv.h5 data/label i32)" 'and the labels'
is "$(peek a.h5 data form)" jsonl 'the form is kept'
is "$(peek a.h5 data/row_line u64 | sed -n '3p;4p;90p' | tr '\n' ' ')" \
    "$(grep -n '"id": *\(2\|3\|89\),' a.jsonl | cut -d: -f1 | tr '\n' ' ')" 'lines'
finish a.h5 && finish csv.h5
prune -q --drop=none a.h5 >back.jsonl
same back.jsonl a.jsonl 'prune writes the bytes of the source'
prune -q --keep=0.5 --removed=gone.jsonl -o some.jsonl a.h5
is "$(cat some.jsonl gone.jsonl | grep . | tr -d '\r' | sort)" \
    "$(grep . a.jsonl | tr -d '\r' | sort)" 'whole lines stay or go'
prune -q --drop=none --relabel a.h5 >new.jsonl
diff a.jsonl new.jsonl | sed -n 's/^> //p' >changed
diff a.jsonl new.jsonl | sed -n 's/^< //p' |
    sed 's/"neg"/"XX"/;s/"p\xc3\xb6s"/"neg"/;s/"XX"/"pös"/' >expected
same changed expected '--relabel changes the value of the label and nothing else'
ok "$(($(wc -l <changed) == 0))" 'of some rows' # a status
report --explain=3 --show=note a.h5 >explained 2>err || report --explain=3 a.h5 >explained
ok $? 'a row is explained'
echo 'meta.x: na /^4\.0.*/' >x.rules
ingest -q a.jsonl --label=y --rules=x.rules -o ruled.h5 -f
prune -q --drop=none --apply-rules ruled.h5 >ruled.jsonl
ok "$(grep -c '"x": *4\.0' ruled.jsonl)" 'rules reach nested values'
is "$(grep -c '"x": *null' ruled.jsonl)" \
    "$(grep -c '"x": *\(null\|4[.]0\)' a.jsonl)" 'a missing number is null'
cp a.jsonl a.data
cat a.jsonl | ingest -q --label=y --id=id -o pipe.h5 -
ok $? 'a pipe is known by its first bytes'
finish pipe.h5 && prune -q --drop=none pipe.h5 >back.jsonl
same back.jsonl a.jsonl 'and kept'
for threads in 1 3; do
    ingest -q -j$threads a.data --label=y -o t$threads.h5
done
same t1.h5 t3.h5 'any number of threads'
audit a.jsonl --label=y --id=id --model=neighbors --methods=none \
    --pruned=clean.jsonl >said 2>err
ok $? 'audit takes it'
grep -q 'clean.jsonl' said
ok $? 'and suggests a name of that form'
audit a.jsonl --self-test=10% --label=y --id=id --model=neighbors \
    --methods=none >said 2>err
ok $? 'errors can be planted in it'

# --- lines that are malformed --------------------------------------------------------

bad() {
    printf '{"a":1,"y":"p"}\n%s\n' "$1" >bad.jsonl
    fails_with 2 "ingest: bad.jsonl:2: $2" ingest --label=y bad.jsonl
}
bad '{"a":1,"a":2}' "byte 8: found the key 'a' again, wanted each key once"
bad '{"a":{"b":1},"a.b":2}' "byte 14: found the key 'a.b' again"
bad '{"a":[1,2' 'byte 10: found the end of the line, wanted a comma or ]'
bad '{"a":NaN}' 'byte 6: found NaN, which is not JSON, wanted null'
bad '{"a":01}' "byte 6: found '0', wanted a value"
bad '{"a":1}x' "byte 8: found 'x', wanted the end of the line"
bad '[1]' "byte 1: found '[', wanted { and an object"
bad '  ' 'byte 3: found the end of the line, wanted { and an object'
bad '{"":1}' 'byte 2: found an empty key, wanted a name'
bad '{"a":"\ud83dx"}' 'byte 7: found half a surrogate pair'
bad '{"a":"\u0000"}' 'byte 7: found \u0000, which no cell can hold'
bad "$(printf '{"a":"\351"}')" 'found bytes that are not UTF-8'
bad "$(printf '{"a":"\t"}')" 'byte 7: found byte 0x09, wanted an escape'
bad "{'a':1}" "byte 2: found ''', wanted a key in double quotes"
bad '{"a":1,}' "byte 8: found '}', wanted a key in double quotes"
bad '{"a":"x' 'byte 6: found a string whose quote is not closed on its line'
bad "$(awk 'BEGIN { printf "{\"a\":"; for (i = 0; i < 70; i++) printf "[" }')" \
    'byte 70: found more than 64 objects and arrays in one another'
printf '{"a":1e999,"y":"p"}\n{"a":2,"y":"q"}\n{"a":123456789012345678901,"y":"q"}\n' >big.jsonl
ingest --label=y --id=a big.jsonl -o big.h5 2>err || ingest --label=y big.jsonl -o big.h5 2>err
fails_with 2 "column a: found a field of more than 4 bytes, wanted at most that (--max-field)" \
    ingest --label=y --max-field=4 big.jsonl
fails_with 2 "big.jsonl:1: found more than 1 columns, wanted at most that (--max-columns)" \
    ingest --label=y --max-columns=1 big.jsonl
fails_with 2 '--delimiter does not apply to input of form jsonl' \
    ingest -d ';' --label=y big.jsonl
fails_with 2 'a.data: found JSON Lines, wanted CSV: --from=jsonl' \
    ingest --from=csv --label=y a.data
printf '{}\n{}\n' >none.jsonl
fails_with 2 'none.jsonl: found no object with a value, wanted one a line' \
    ingest --label=y none.jsonl
{ head -n 9 a.jsonl; printf '{"id"\n{"id":1,"y":null}\r\n'; tail -n +10 a.jsonl; } >l.jsonl
runs 'or they are left out' ingest --lenient --rejects=rest.jsonl \
    --max-rejects=2 --label=y --id=id l.jsonl -o l.h5
is "$(cat rest.jsonl)" "$(printf '{"id"\n{"id":1,"y":null}\r')" 'byte for byte'
is "$(grep 'rejected:' err)" 'ingest: l.jsonl: rejected: 1 no label, 1 malformed JSON' \
    'and counted'
finish l.h5 && prune -q --drop=none l.h5 >kept.jsonl
same kept.jsonl a.jsonl 'the others stay'
is "$(peek l.h5 data/row_hash u64)" "$(peek a.h5 data/row_hash u64)" \
    'a hash is that of its line'

done_testing
