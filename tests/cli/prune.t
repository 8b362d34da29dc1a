#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# prune: rows byte for byte, by hand-made flags (tests/cli/paint), so that the
# rows that must go are known without score and flag.
. "${WN_SOURCE:-.}/tests/tap.sh"
paint=$build/tests/cli/paint

# Six rows; CR LF, BOM, quoted newline, quotes in a cell, blank line between
# records, no final newline. Label in the middle column.
printf '\357\273\277id,kind,x\r\n' >pets.csv
printf '1,cat,0.5\r\n' >>pets.csv
printf '2,dog,"a ""b""\nc"\r\n' >>pets.csv
printf '3,"cat",7\r\n\r\n' >>pets.csv
printf '4,dog,\n' >>pets.csv
printf '5,"big, cat",1e3\r\n' >>pets.csv
printf '6,dog,9' >>pets.csv
ingest -q pets.csv --label=kind --id=id -o data.h5 || exit 99
# classes in byte order: 0 big, cat  1 cat  2 dog
# issue action suggestion el2n suspicion
cat >rows <<'END'
0 0 -1 0.1 0.01
1 2 1  0.9 0.90
0 1 -1 0.4 0.30
3 3 -1 0.8 0.80
4 2 2  0.4 0.60
0 0 -1 0.2 0.02
END
"$paint" data.h5 pets.h5 <rows || exit 99

record() {
    case $1 in
    head) printf '\357\273\277id,kind,x\r\n' ;;
    1) printf '1,cat,0.5\r\n' ;;
    2) printf '2,dog,"a ""b""\nc"\r\n' ;;
    3) printf '3,"cat",7\r\n\r\n' ;;
    4) printf '4,dog,\n' ;;
    5) printf '5,"big, cat",1e3\r\n' ;;
    6) printf '6,dog,9' ;;
    esac
}
# wanted NAME RECORD...: their bytes in a file.
wanted() {
    wanted_file=$1
    shift
    record head >"$wanted_file"
    for wanted_row; do
        record "$wanted_row" >>"$wanted_file"
    done
}

runs 'drops nothing' prune --drop=none pets.h5
same out pets.csv 'nothing dropped: the very bytes'
runs 'drops nothing from an audit without flags' prune --drop=none data.h5
same out pets.csv 'the very bytes again'
prune --drop=none <pets.h5 >out 2>err
same out pets.csv 'audit file on standard input'

wanted want 1 3 6
runs 'follows the advice' prune --class-floor=0 pets.h5
same out want 'drop and relabel are left out'
is "$(wc -c <err)" 0 'says nothing by itself'

runs 'drops by issue' prune --class-floor=0 --drop=near_duplicate pets.h5
wanted want 1 2 3 5 6
same out want 'one issue'
runs 'drops by issues' prune --class-floor=0 --drop=label,outlier pets.h5
wanted want 1 3 6
same out want 'two issues'
runs 'drops all' prune --class-floor=0 --drop=all pets.h5 --removed=gone.csv
wanted want 1 3 6
same out want 'all issues'
wanted want 2 4 5
same gone.csv want 'the rows left out'

# Kept and removed, merged by their place, are the input.
{ record head; for i in 1 2 3 4 5 6; do record $i; done; } >whole
same whole pets.csv 'the records make up the file'
prune --class-floor=0 -f --drop=label pets.h5 --removed=gone.csv -o kept.csv
wanted want 1 3 5 6
same kept.csv want 'kept'
wanted want 2 4
same gone.csv want 'removed'

runs 'keeps a share' prune --class-floor=0 --drop=none --keep=0.5 --by=el2n pets.h5
wanted want 1 3 6
same out want 'three rows of six; the tie of rows 3 and 5 goes to row 3'
runs 'keeps the hardest' prune --class-floor=0 --drop=none --keep=.5 --by=el2n --highest pets.h5
wanted want 2 3 4
same out want 'highest scores, in the order of the source'
runs 'keeps a share of each class' \
    prune --class-floor=0 --drop=none --keep=.34 --per-class pets.h5
wanted want 1 5 6
same out want 'one of two, one of one, one of three'
runs 'keeps after dropping' prune --class-floor=0 --keep=.5 --by=el2n --highest pets.h5
wanted want 1 3 6
same out want 'what is dropped does not count as kept'

runs 'orders' prune --drop=none --order=suspicion pets.h5
{ record head; record 1; record 6; printf '\r\n'; record 3; record 5; record 4
record 2; } >want
same out want 'ascending; the unterminated last record gets a line end'
runs 'orders down' prune --drop=none --order=el2n --descending pets.h5
{ record head; record 2; record 4; record 3; record 5; record 6; printf '\r\n'
record 1; } >want
same out want 'descending; ties to the lower row'

runs 'relabels' prune --class-floor=0 --relabel pets.h5
{ record head; record 1; printf '2,cat,"a ""b""\nc"\r\n'; record 3
printf '5,dog,1e3\r\n'; record 6; } >want
same out want 'two cells changed, the dropped row left out'
sed 's/^1 2 1 /1 2 0 /' rows >rows2
"$paint" data.h5 quoted.h5 <rows2
runs 'quotes a label that needs it' prune --relabel --drop=none quoted.h5
{ record head; record 1; printf '2,"big, cat","a ""b""\nc"\r\n'; record 3
record 4; printf '5,dog,1e3\r\n'; record 6; } >want
same out want 'quoted only if needed'

printf 'kind;x\na;1\n"b;c";2\na;3\n' >semi.csv
ingest -q semi.csv -d ';' --label=kind -o semi.h5
printf '0 2 1 0 0\n0 2 0 0 0\n0 0 -1 0 0\n' | "$paint" semi.h5 semi.h5
runs 'relabels with another delimiter' prune --relabel semi.h5
is "$(cat out)" 'kind;x
"b;c";1
a;2
a;3' 'quotes come and go with the semicolon'

runs 'shows what it would do' prune --class-floor=0 --dry-run --drop=label,outlier --relabel \
    --removed=never.csv -o never2.csv pets.h5
cat >want <<'END'
           6  rows
           3  kept
           0  relabelled
           3  left out
           2    issue label
           1    issue outlier

      before       after  class
           1           0  big, cat
           2           2  cat
           3           1  dog
END
same out want 'dry run'
is "$(ls never* 2>/dev/null)" '' 'dry run writes nothing'

# A class must not vanish by surprise; --class-floor keeps its least suspicious.
fails_with 2 "class 'big, cat' would vanish (rows: 1); --class-floor=N keeps" \
    prune pets.h5 -o lost.csv
ok "$([ ! -e lost.csv ]; echo $?)" 'and nothing is written'
fails_with 2 "class 'big, cat' would vanish" prune --drop=none --keep=0 pets.h5
prune --dry-run pets.h5 >out 2>err
is "$? $(tail -n 1 out)" '2            3           1  dog' \
    'a dry run shows the numbers and fails likewise'
wanted want 1 3 5 6
runs 'one row of each class' prune --class-floor=1 pets.h5 --counts=counts
same out want 'the only row of its class stays'
cat >want <<'END'
           6  rows
           4  kept
           0  relabelled
           2  left out
           2    action relabel
           1    action drop
           1  kept by --class-floor

      before       after  class
           1           1  big, cat
           2           2  cat
           3           1  dog
END
same counts want '--counts has the numbers of --dry-run'
wanted want 1 3 4 5 6
runs 'two rows of each class' prune --class-floor=2 pets.h5
same out want 'the less suspicious of the dropped stays; one row cannot be two'
runs 'by another score' prune --class-floor=2 --by=el2n --highest pets.h5
wanted want 1 2 3 5 6
same out want 'the harder of the dropped stays'
runs 'relabels all but the floor' prune --relabel --class-floor=3 pets.h5
grep -c ',dog,' out >count
is "$(cat count)" 3 '--relabel stops at the floor'
fails_with 2 '--removed and --counts name the same file' \
    prune pets.h5 --removed=x --counts=x
fails_with 2 '--output and --counts name the same file' prune pets.h5 --counts=-
fails_with 2 'wanted one of them' prune --dry-run pets.h5 --counts=x

# --gain: on clean rows nothing helps; on digits of which a fifth is given as
# the next one, something does. The same bytes for any number of threads.
fails_with 2 '--gain chooses what to do, wanted no --relabel, or --dry-run' \
    prune --gain --relabel pets.h5
fails_with 2 '--gain: pets.h5 has no estimate of the noise' \
    prune --class-floor=0 --dry-run --gain pets.h5
awk 'BEGIN { srand(1); print "x,y,kind"
    for (i = 0; i < 300; i++) { c = i % 3
        a = rand() + rand() + rand() - 1.5; b = rand() + rand() + rand() - 1.5
        printf "%.4f,%.4f,%s\n", a + 2 * (c == 1), b + 2 * (c == 2),
            substr("abc", c + 1, 1) } }' >clear.csv
cut -d, -f1,2 clear.csv >clear.cells
awk -F, -v OFS=, 'NR > 501 { exit }
    NR % 5 == 0 { $NF = ($NF + 1) % 10 }
    { print }' "$samples/digits.csv" >shifted.csv
for name in clear:kind shifted:digit; do
    ingest -q ${name%:*}.csv --label=${name#*:} |
        score -q --methods=none | flag -qo ${name%:*}.h5
done
runs '--gain' prune --drop=label --dry-run --gain -j1 clear.h5
mv out one
prune --drop=label --dry-run --gain -j4 clear.h5 >four
same one four 'the same with four threads'
is "$(tail -n 1 one)" 'Advice: no gain can be shown: keep all rows.' \
    'clean rows stay'
runs '--gain where labels are wrong' prune --dry-run --gain shifted.h5
ok "$(tail -n 1 out | grep -qE '^Advice: (drop|relabel|weight)'; echo $?)" \
    'wrong labels had better not teach'
# By default every flagged label goes where labels are wrong everywhere, and only
# those that flag advises to leave out where classes overlap.
prune shifted.h5 >out
prune --drop=label,duplicate shifted.h5 >wanted.rows
same out wanted.rows 'by default all flagged labels go'
prune --drop=advised shifted.h5 | wc -l >few
ok "$([ "$(wc -l <out)" -lt "$(cat few)" ]; echo $?)" 'which are more than advised'
is "$(prune --dry-run shifted.h5 | sed -n 's/^ *\([0-9]*\)    other flagged labels$/\1/p')" \
    "$(($(cat few) - $(wc -l <out)))" 'and counted'
ingest -q "$samples/mixed.csv" --label=income --id=id |
    score -q --methods=none | flag -qo mixed.h5
ok "$([ "$(report --format=json --top=0 mixed.h5 | grep -o '"label_rows":[0-9]*' | sed 's/.*://;q')" -gt 0 ]; echo $?)" \
    'where classes overlap some are flagged'
prune mixed.h5 >out
prune --drop=advised mixed.h5 >wanted.rows
same out wanted.rows 'and stay'
# Without --dry-run the advice is followed.
runs '--gain, followed' prune --gain --drop=label clear.h5
same out clear.csv 'where none is shown all rows stay'
grep -q '^prune: --gain: all rows stay: no gain can be shown' err
ok $? 'and says so'
runs '--gain where something is gained' prune --gain shifted.h5
mv out followed.rows
case $(cat err) in
*': rows are left out: '*) prune --drop=advised shifted.h5 >wanted.rows ;;
*': all flagged rows are left out: '*)
    prune --drop=label,duplicate shifted.h5 >wanted.rows ;;
*': rows get new labels: '*) prune --relabel shifted.h5 >wanted.rows ;;
esac
same followed.rows wanted.rows 'does what it says'
ok "$(! cmp -s followed.rows shifted.csv; echo $?)" 'which is something'
grep -q '^prune: --gain: .* points of accuracy (+' err
ok $? 'and says how much'
fails_with 2 '--memory: --gain: 300 rows of 2 features need' \
    prune --dry-run --gain --memory=1M clear.h5

# --plant: as many wrong labels as asked for, none in a row that is flagged, and
# no other byte changes.
for kind in even likely near; do
    runs "--plant=$kind" prune --plant=$kind:10% clear.h5
    is "$(cut -d, -f1,2 out | cmp - clear.cells 2>&1)" '' "$kind: other cells stay"
    is "$(paste -d, out clear.csv | awk -F, '$3 != $6' | wc -l | tr -d ' ')" 30 \
        "$kind: a tenth of the labels is wrong"
    cp out $kind.rows
done
ok "$(! cmp -s even.rows likely.rows; echo $?)" 'kinds differ'
runs '--plant with another seed' prune --plant=even:10% --seed=2 clear.h5
ok "$(! cmp -s out even.rows; echo $?)" 'seeds differ'
ingest -q near.rows --label=kind | score -q --methods=none | flag -qo near.h5
runs 'report --planted' report --planted=clear.h5 near.h5
is "$(sed 's/,.*//;q' out)" '30 of 300 labels changed' 'report counts them'
fails_with 2 "--plant: found 'odd:5%', wanted even, likely or near" \
    prune --plant=odd:5% clear.h5
fails_with 2 "--plant: found 'even:2', wanted" prune --plant=even:2 clear.h5
fails_with 2 '--plant and --relabel exclude each other' \
    prune --plant=even:5% --relabel clear.h5
fails_with 2 '--seed wants --plant too' prune --seed=3 clear.h5
fails_with 2 'wanted two audits of the same rows' \
    report --planted=shifted.h5 clear.h5

# The source: from here, beside the audit, by its last part, by --source.
mkdir away
cp pets.h5 away/
(cd away && fails_with 2 'cannot find the audited file' prune pets.h5)
tap_count=$((tap_count + 1))
mkdir -p deep/er
cp pets.csv deep/
ingest -q deep/pets.csv --label=kind --id=id -o deep/data.h5
cp deep/data.h5 deep/er/
(cd deep/er && prune --drop=none data.h5 >../../out 2>../../err)
ok $(($? != 2)) 'neither here nor there'
runs 'found from here' prune --drop=none deep/data.h5
(cd / && prune --drop=none "$work/deep/data.h5") >out 2>err
same out pets.csv 'found beside the audit by its last part'
runs 'found by --source' prune --drop=none --source=pets.csv deep/er/data.h5
same out pets.csv 'and copied'

ingest -q --label=kind --id=id -o kept.h5 <pets.csv
runs 'of a pipe the bytes are kept' prune --drop=none kept.h5
same out pets.csv 'and copied'
ingest -q --label=kind --id=id --no-keep-source -o piped.h5 <pets.csv
fails_with 2 'made from a pipe; --source=FILE' prune --drop=none piped.h5
runs 'a pipe named afterwards' prune --drop=none --source=pets.csv piped.h5
same out pets.csv 'and copied'

cp pets.csv saved.csv
printf '7,dog,9' >>pets.csv
fails_with 2 'pets.csv: changed since the audit: found' prune pets.h5
sed 's/^4,dog/4,cow/' saved.csv >pets.csv
fails_with 2 'pets.csv: changed since the audit: found digest' prune pets.h5
fails_with 2 'pets.csv: changed since the audit' prune pets.h5 -o new.csv \
    --removed=new2.csv
is "$(ls -A | grep new)" '' 'nothing written'
cp saved.csv pets.csv

fails_with 2 "--drop: found 'frog', wanted some of label,near_duplicate" \
    prune --drop=frog pets.h5
fails_with 2 "--drop: found '', wanted some of" prune --drop= pets.h5
fails_with 2 "--drop: found '', wanted some of" prune --drop=label, pets.h5
fails_with 2 "no score 'frog'" prune --keep=.5 --by=frog pets.h5
fails_with 2 '--highest wants --keep too' prune --highest pets.h5
fails_with 2 '--descending wants --order too' prune --descending pets.h5
fails_with 2 'run score first' prune data.h5
fails_with 2 'same file' prune pets.h5 -o x --removed=x
fails_with 2 'exists; --force replaces it' prune --class-floor=0 pets.h5 -o saved.csv
fails_with 2 'exists; --force replaces it' prune --class-floor=0 pets.h5 -o x.csv \
    --removed=saved.csv
is "$(ls -A | grep x.csv)" '' 'the other output is not left behind'
fails_with 2 'No space left on device' prune --class-floor=0 pets.h5 -o /dev/full
prune --drop=none pets.h5 >/dev/full 2>err
ok $(($? != 2)) 'full standard output'
prune --drop=none pets.h5 --removed=y.csv >/dev/full 2>err
is "$?$(ls -A | grep y.csv)" 2 'full standard output: no other file either'
prune --drop=none pets.h5 >&- 2>err
ok $(($? != 2)) 'closed standard output'

# Only a header; a header without line end; one row.
printf 'a,kind\n1,x\n2,y\n' >small.csv
ingest -q small.csv --label=kind -o small.h5
printf '3 3 -1 1 1\n1 3 -1 1 1\n' | "$paint" small.h5 none.h5
runs 'drops every row' prune --class-floor=0 none.h5
is "$(cat out)" 'a,kind' 'only the header is left'

# 30,000 rows, every third one left out: pieces of copying meet.
awk 'BEGIN {
    text = "the quick brown fox jumps over the lazy dog"
    print "a,kind,text"
    for (i = 0; i < 30000; i++)
        print 2 * i "," (i % 2 ? "x" : "y") "," substr(text, 1, i % 43)
}' >big.csv
ingest -q big.csv --label=kind --ignore=text -o big.h5
awk 'BEGIN { for (i = 0; i < 30000; i++)
    print (i % 3 ? 0 : 1), (i % 3 ? 0 : 3), -1, (i * 7919) % 30000, 0 }' |
    "$paint" big.h5 big.h5
prune big.h5 -o big.kept.csv --removed=big.gone.csv
awk 'NR == 1 || (NR - 2) % 3' big.csv >want
same big.kept.csv want 'large: kept'
awk 'NR == 1 || (NR - 2) % 3 == 0' big.csv >want
same big.gone.csv want 'large: removed'
prune big.h5 --drop=none --order=el2n >out
awk 'NR > 1 { print ((NR - 2) * 7919) % 30000 "\t" $0 }' big.csv | sort -n |
    cut -f2- >want
tail -n +2 out >rows
same rows want 'large: ordered'

# How many, which and in which order; scores and classes of six rows:
#   1 cat .1   2 dog .9   3 cat .4   4 dog .8   5 big .4   6 dog .2
keeps() { # NAME 'RECORDS' OPTION...
    keeps_name=$1 keeps_rows=$2
    shift 2
    prune --drop=none "$@" pets.h5 >out 2>err
    # shellcheck disable=SC2086
    wanted want $keeps_rows
    same out want "$keeps_name"
}
keeps 'a number of rows' '1 6' --keep=2 --by=el2n --class-floor=0
keeps 'more than there are' '1 2 3 4 5 6' --keep=7
keeps 'percent' '1 3 6' --keep=50% --by=el2n --class-floor=0
keeps 'a number and no more' '2 4' --keep=2 --by=el2n --highest --class-floor=0
keeps 'not the hardest' '1 3 5 6' --skip-hardest=.33 --by=el2n
keeps 'the hardest but one' '3 4' --skip-hardest=.17 --keep=2 --highest \
    --by=el2n --class-floor=0
keeps 'not the hardest of each class' '1 4 5 6' --skip-hardest=.34 --per-class \
    --by=el2n
keeps 'as many of each class' '1 5 6' --balance=class --by=el2n
keeps 'as many of each class, if there are' '1 3 4 5 6' --balance=class \
    --by=el2n --keep=5
keeps 'as many but one' '1 3 5 6' --balance=class --by=el2n --keep=4
keeps 'two clusters' '1 2 3 4 5 6' --balance=cluster --clusters=2 --keep=6
sorts() { # NAME 'NUMBERS' OPTION...
    sorts_name=$1 sorts_rows=$2
    shift 2
    is "$(prune --drop=none "$@" pets.h5 | sed 1s/id// | grep -ao '^[1-6]' |
        tr '\n' ' ')" "$sorts_rows " "$sorts_name"
}
sorts 'easy first' '1 6 3 5 4 2' --order=easy --by=el2n
sorts 'hard first' '2 4 3 5 6 1' --order=hard --by=el2n
sorts 'hard first, descending' '1 6 3 5 4 2' --order=hard --by=el2n --descending
# places: cats 1/4 3/4, dogs 1/6 1/2 5/6, the big cat 1/2
sorts 'classes in turn' '6 1 4 5 3 2' --order=balanced --by=el2n
runs 'drops by a filter' prune --drop='suspicion >= .6 and given = dog' pets.h5
wanted want 1 3 5 6
same out want 'where it holds'
is "$(prune --dry-run --drop='suspicion>.7' pets.h5 | sed -n 4,5p)" \
    '           2  left out
           2    by the filter of --drop' 'counted'
prune --drop='suspicion >> 1' pets.h5 2>err
is "$? $(tail -n 1 err | tr -d ' ')" '2 ^' 'an error has a caret'
fails_with 2 "--keep: found '1.5', wanted a share from 0 to 1" \
    prune --keep=1.5 pets.h5
fails_with 2 "--skip-hardest: found '7', wanted a share from 0 to 1, as .3 or 30%" \
    prune --skip-hardest=7 pets.h5
fails_with 2 "--keep: found '2', wanted a share with --per-class; --balance=" \
    prune --drop=none --keep=2 --per-class pets.h5
fails_with 2 '--per-class and --balance exclude each other' \
    prune --keep=.2 --per-class --balance=class pets.h5
fails_with 2 '--clusters wants --balance too' prune --clusters=2 pets.h5
fails_with 2 '--clusters: found 9, wanted at most 6 for 6 rows' \
    prune --drop=none --balance=cluster --clusters=9 pets.h5
# Clusters spread: of three far apart clouds of 40, 30 and 20 rows 4 of each.
awk 'BEGIN { srand(3); print "a,b,kind"; for (i = 0; i < 90; i++) {
    c = i < 40 ? 0 : i < 70 ? 50 : 100
    print c + rand() "," c + rand() "," i % 2 } }' >clouds.csv
ingest -q clouds.csv --label=kind -o clouds.h5
awk 'BEGIN { for (i = 0; i < 90; i++) print 0, 0, -1, i / 90, i / 90 }' |
    "$paint" clouds.h5 clouds.h5
for j in 1 4; do
    is "$(prune --drop=none --balance=cluster --clusters=3 --keep=12 -j$j \
        clouds.h5 | sed 1d | cut -d . -f 1 | awk '{ c[int($1 / 50)]++ }
        END { print c[0], c[1], c[2] }')" '4 4 4' "clusters, -j$j"
done

# Other forms. Record 3 is no row.
printf 'id,kind,x\r\n1,cat,0.5\r\n2,dog,"a ""b""\nc"\r\nbad\r\n3,"big, cat",\r\n' \
    >odd.csv
ingest -q odd.csv --lenient --label=kind --id=id -o odd.h5 || exit 99
runs 'JSON Lines' prune --drop=none --format=jsonl odd.h5
is "$(cat out)" '{"id":"1","kind":"cat","x":"0.5"}
{"id":"2","kind":"dog","x":"a \"b\"\u000ac"}
{"id":"3","kind":"big, cat","x":null}' 'of every row'
printf '0 0 -1 0 .5\n0 2 0 0 .9\n0 0 -1 0 .1\n' | "$paint" odd.h5 odd.h5
is "$(prune --drop=none --order=suspicion --format=list odd.h5 | tr '\n' ' ')" \
    '3 0 1 ' 'places in the source'
prune --drop=none --keep=2 --class-floor=0 --format=npy odd.h5 \
    --removed=odd.npy >out
is "$(tail -c 16 out | od -A n -t d8 | tr -s ' ')" ' 0 3' 'an index for NumPy'
is "$(tail -c 16 odd.npy | od -A n -t d8 | tr -s ' ')" ' 1 2' 'and all others'
prune --drop=none --relabel --format=jsonl odd.h5 --class-floor=0 |
    sed -n 2p >out
is "$(cut -c 1-23 out)" '{"id":"2","kind":"big, ' 'with new labels'
printf '{"t":"a b","n":{"x":1.5},"y":"p"}\n{"t":"c","n":{"x":null},"y":"q"}\n' \
    >deep.jsonl
ingest -q deep.jsonl --label=y -o deep.h5
is "$(prune --drop=none --format=csv deep.h5 | tr '\n' ' ')" \
    't,n.x,y a b,1.5,p c,,q ' 'JSON Lines as CSV'
prune --drop=none --format=jsonl deep.h5 | cmp - deep.jsonl
ok $? 'the own form: the very bytes'
prune --drop=none --format=csv pets.h5 | cmp - pets.csv
ok $? 'the own form of a table'
printf '1 1:2\n2 1:3\n1 1:2.5\n2 1:4\n' | ingest -q --from=libsvm -o svm.h5
fails_with 2 '--format=hdf5 is for HDF5, CSV and JSON Lines, and this source is libsvm' \
    prune --drop=none --format=hdf5 svm.h5
prune --drop=none --format=hdf5 pets.h5 >/dev/full 2>err
is "$? $(cat err)" '2 prune: standard output: cannot write: No space left on device' \
    'HDF5 on a full disk'
printf 'a/b,a_b,kind\n1,2,x\n3,4,y\n' | ingest -q --label=kind -o twin.h5
fails_with 2 "column 'a_b': another one has the name 'a_b' in HDF5" \
    prune --drop=none --format=hdf5 twin.h5
fails_with 2 '--format=list has no cells to change' \
    prune --format=list --relabel pets.h5

# Sets of near duplicates: one row and three near copies, and a row three times,
# once with another label. One of each stays.
awk 'BEGIN {
    srand(7)
    print "a,b,c,kind"
    for (i = 0; i < 120; i++) {
        a = rand(); b = rand(); c = rand(); k = a > .5 ? "x" : "y"
        print a "," b "," c "," k
        if (i == 30)
            for (j = 1; j < 4; j++)
                print a + j / 1e4 "," b - j / 1e4 "," c "," k
        if (i == 60)
            print a "," b "," c "," k "\n" a "," b "," c "," k "\n" a "," b "," c ",z"
    }
    for (i = 0; i < 9; i++)
        print 2 + rand() "," rand() "," rand() ",z"
}' >twins.csv
ingest -q twins.csv --label=kind | score -q --model=neighbors --methods=none |
    flag -q -o twins.h5 || exit 99
report --format=json twins.h5 | sed -n '/"record":"near_set"/p' >sets
is "$(sed 's/.*"rows":.\([^]]*\).*/\1/' sets | tr ',' '\n' | sort -n | tr '\n' ' ')" \
    '30 31 32 33 63 64 65 66 ' 'two sets'
is "$(wc -l <sets) $(grep -c '"labels":\[.*"z"' sets)" '2 1' 'one with several labels'
prune --drop=near_duplicate twins.h5 --removed=twins.gone >twins.kept
is "$(sed 1d twins.gone | wc -l) $(sed 1d twins.kept | wc -l)" '6 129' \
    'one row of each set stays'
sort twins.csv >want
{ sed 1d twins.gone; cat twins.kept; } | sort >out
same out want 'the others go'
is "$(prune --drop=duplicate --dry-run twins.h5 | sed -n 4p)" \
    '           2  left out' 'equal rows with one label'
first=$(sed -n '1s/.*"rows":.\([0-9]*\).*/\1/p' sets)
runs 'explains a set' report --explain=31 twins.h5
is "$(sed -n 's/^  nearly equal  *//p' out)" \
    "set 0 with $(sed -n '1s/.*"rows":.\([^]]*\).*/\1/p' sets |
    tr ',' '\n' | grep -v 31 | tr '\n' ' ' | sed 's/ \(.\)/, \1/g; s/ $//')" 'by name'
grep -q "nearest of these .*; \(this row\|row $first\) should stay" out
ok $? 'and says which row should stay'
runs 'lists sets' report twins.h5
grep -A 3 '^Sets of equal' out | grep -q '^  *1  '
ok $? 'in the text, the one with several labels first'
is "$(grep -A 2 '^Sets of equal' out | tail -n 1 | awk '{ print $1 }')" 1 \
    'conflicts come first'
is "$(report --format=tsv twins.h5 | awk -F '\t' '$15 != ""' | wc -l)" 9 \
    'and in the table'
# Votes of several people on 200 items are no duplicates.
awk 'BEGIN {
    srand(5)
    print "a,b,item,who,kind"
    for (v = 0; v < 534; v++) {
        i = v % 200
        if (v < 200) { a[i] = rand(); b[i] = rand() }
        print a[i] "," b[i] ",i" i ",p" int(v / 200) "," \
            ((rand() < .1) != (a[i] > .5))
    }
}' >votes.csv
for role in --group=item --ignore=item; do
    ingest -q votes.csv --label=kind --annotator=who $role |
        score -q --model=neighbors --methods=none | flag -fq -o votes.h5 || exit 99
    is "$(prune --drop=duplicate,near_duplicate --dry-run votes.h5 | sed -n 4p)" \
        '           0  left out' "votes, $role: none dropped"
done

done_testing
