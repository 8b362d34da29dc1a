#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The review by lines through a pipe: verdicts, undo, notes, filters; kills
# between keys, torn lines, the lock; rows that move and change. And the screen,
# through a pseudo-terminal.
. "${WN_SOURCE:-.}/tests/tap.sh"

# 400 digits with names; r6 is a copy of r5, and row r8 lies far out.
awk -F, -v OFS=, 'NR == 1 { print "name", $0; next } NR == 7 { print "r5b", last }
    { last = $0 } NR == 10 { for (i = 1; i < NF; i++) $i *= 9 }
    { print "r" NR - 2, $0 }' "$samples/digits.csv" | head -400 >d.csv
make_audit() {
    ingest -q --label=digit --id=name "$1.csv" |
        score -q --methods=none -o "$1.s.h5" && flag "$1.s.h5" -o "$1.h5"
}
make_audit d
# The column of a file: rows where column $2 is not empty.
column() {
    awk -F'\t' -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
        $at != "" { print $at }' "$1" | tr '\n' ' '
}
report --format=tsv --top=all d.h5 >all.tsv
suspects=$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["issues"] ~ /(^|,)label(,|$)/ { print $at["id"] }' all.tsv | tr '\n' ' ')
set -- $suspects
first=$1 second=$2 third=$3 labels=$#
findings=$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["action"] == "review" || $at["issues"] ~ /(^|,)label(,|$)/' all.tsv | wc -l)

# --- the pace of sessions before -----------------------------------------------
# Forty seconds a verdict by eve, but for a break; adam is faster.
{ report --decisions-template d.h5 | head -1
    i=0
    report --decisions-template d.h5 | sed 1,5d | head -5 | while IFS= read -r line; do
        i=$((i + 1))
        for who in adam eve; do
            s=$((i * 40 + (i > 3 ? 4000 : 0)))
            [ $who = eve ] || s=$i
            printf '%s\n' "$line" | awk -F'\t' -v OFS='\t' -v who=$who \
                -v when="$(date -u -d "@$((1796169600 + s))" +%FT%TZ)" '{
                    $8 = "ok"; $9 = who; $10 = when; print }'
        done
    done; } >paced.tsv
for who in eve adam bert; do
    echo q | review --who=$who --decisions=paced.tsv d.h5 >$who.out
done
left=$(sed -n 's/^1 of \([0-9]*\) (5 decided).*/\1/p' eve.out)
is "$(grep -o '^1 of .*; row' eve.out)" \
    "1 of $left (5 decided), about $(((left - 5) * 40 / 60)) min left; row" \
    'the time left is that of the sessions before'
is "$(grep -o '^1 of .*; row' adam.out bert.out)" \
    "adam.out:1 of $left (5 decided), less than a min left; row
bert.out:1 of $left (5 decided); row" 'of the same person'

# --- verdicts -----------------------------------------------------------------
printf 'o\nr\n\nwrong\nn see the photo\nu\ndrop\nk\n' >keys
SOURCE_DATE_EPOCH=1796169600 review --who=eve d.h5 <keys >out 2>err
is "$?$(cat err)" 0 'six verdicts through a pipe'
f=d.decisions.tsv
is "$(head -1 $f)" "$(report --decisions-template d.h5 | head -1)" \
    'the file has the header of the template'
is "$(column $f verdict | sed 's/relabel:[0-9]/relabel:N/')" \
    'ok relabel:N wrong unsure drop keep ' 'and a line for each verdict'
is "$(column $f id | cut -d' ' -f1-3)" "$first $second $third" \
    'in order of suspicion'
is "$(column $f who | tr ' ' '\n' | sort -u | tr '\n' ' ')$(column $f when |
    tr ' ' '\n' | sort -u | tr '\n' ' ')" 'eve 2026-12-02 ' 'by whom and when'
is "$(column $f note)" 'see the photo see the photo ' \
    'a note stands alone, then with its verdict'
ok "$(grep -q "^1 of $findings (0 decided); row [0-9]*, line [0-9]*, id $first\$" out
    echo $?)" 'the page says where the row is and how far one is'
ok "$(grep -q "^7 of $findings (6 decided), less than a min left; " out
    echo $?)" 'and how long the rest takes'
ok "$(grep -q "^6 of $findings rows have a verdict, 1 ok, 1 wrong, 1 relabel, 1 unsure, 1 drop, 1 keep\.\$" out &&
    grep -q '^  flag -i --decisions=d.decisions.tsv d.h5$' out; echo $?)" \
    'the end says what was done and what comes next'
given=$(awk -F'\t' -v id="$first" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["id"] == id { print $at["given"], $at["suggested"] }' all.tsv)
ok "$(grep -q "^  Label: ${given% *}. Suggested: ${given#* }. Suspicion: " out
    echo $?)" 'the page has the labels'
ok "$(grep -q "^  *${given#* }  0\.[0-9]*\$" out; echo $?)" 'and the classes'
ok "$(awk 'length > 80' out | grep -q . ; echo $((1 - $?)))" \
    'no line is longer than 80'
flag --decisions=$f d.s.h5 -o decided.h5
report --decisions-list decided.h5 >list.tsv
is "$(tail -n +2 list.tsv | cut -f8 | sort | tr '\n' ' ' | sed 's/:[0-9]/:N/')" \
    'drop keep ok relabel:N unsure wrong ' 'flag reads them'
runs 'a review of the audit with the verdicts' review decided.h5 --decisions=$f </dev/null
ok "$(grep -qE "id ($first|$second|$third)\$" out; echo $((1 - $?)))" \
    'does not ask about them again'

ok "$(grep -q 'from other files' out; echo $((1 - $?)))" 'and has nothing to add'
echo o | review --decisions=later.tsv decided.h5 >out
ok "$(tr '\n' ' ' <out | grep -q 'The audit has 6 verdicts from other files: name these files to flag, too'
    echo $?)" 'a second file is not to replace the first one'

# Undo, by adding lines only; p and a new verdict; what is no command.
rm $f
printf 'o\nb\nb\nw\np\nr %s\nu\nxyz\nr none\n?\nq\no\n' "${given% *}" >keys
review --top=2 d.h5 <keys >out 2>err
is "$(column $f verdict)" 'ok none wrong unsure ' 'a verdict is taken back'
is "$(cut -f2 $f | tail -n +2 | sort -u)" "$first" 'all about one row'
for text in 'nothing to take back' 'that is the label it has' "found 'xyz', wanted one of o w r" \
    "found 'none', wanted a class or its beginning"; do
    ok "$(grep -q "$text" out; echo $?)" "$text"
done
ok "$(grep -q '^1 of 2 rows have a verdict, 1 unsure\.' out; echo $?)" \
    'q ends, and the rest is not read'
review --top=1 d.h5 </dev/null >out
ok "$(grep -q 'all rows have a verdict' out &&
    grep -q 'Your verdict: unsure\.' out; echo $?)" 'a verdict is shown again'

# The plan; filters.
rm $f
printf 'o\no\nu\n' | review --order=plan --top=10 --seed=3 d.h5 >out
is "$(column $f row)" "$(report --review-plan=10 --seed=3 d.h5 |
    sed -n 2,4p | cut -f1 | tr '\n' ' ')" 'the rows of a plan'
is "$(column $f stratum | wc -w)" 3 'with their strata'
printf '/ given = %s\n/ given =\n/ given = x\n' "${given% *}" |
    review --decisions=f.tsv --where='flagged = 1' d.h5 >out
ok "$(grep -q "^[1-9][0-9]* of $labels rows\$" out &&
    grep -q '^found the end, wanted a value' out &&
    grep -q "^found 'x', wanted 0, 1, 2" out; echo $?)" 'a filter, and no filters'
review --where='issues = duplicate' --decisions=f.tsv d.h5 </dev/null >out
ok "$(grep -q '^  Proposed: drop, an exact copy' out; echo $?)" \
    'a copy is there to be acknowledged'
review --no-values --decisions=f.tsv d.h5 </dev/null >out
ok "$(grep -qE "id $first|nearest [0-9]" out; echo $((1 - $?)))" \
    '--no-values shows no identifier and no cell'
echo o | review --no-values --decisions=n.tsv d.h5 >out
is "$(column n.tsv id)$(column n.tsv row)" \
    "$(awk -F'\t' -v id="$first" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["id"] == id { print $at["row"] }' all.tsv) " \
    'and writes none'
review --show='p19|name' --decisions=f.tsv d.h5 </dev/null >out
is "$(sed -n 's/; nearest.*//; s/^  \(name\|p19\): //p' out | tr '\n' ' ')" \
    "$(awk -F, -v id="$first" '$1 == id { print $1, $21 }' d.csv) " \
    'cells of the row, of chosen columns'
near=$(report --format=json --explain="id:$first" d.h5 | grep -o '"neighbors":\[.*' |
    grep -o '"id":"[^"]*"' | head -4 | sed 's/"id":"//; s/"//')
is "$(sed -n 's/ (differs)//g; s/^  p19: .*; nearest //p' out)" \
    "$(for id in $near; do awk -F, -v id="$id" '$1 == id { print $21 }' d.csv
    done | paste -s -d, | sed 's/,/, /g')" 'beside those of the nearest rows'
# grey ROWS COLUMNS HIGH: the picture of that row; a character is as high as
# HIGH pixels and, if that is 1, half as wide.
grey() {
    awk -F, -v id="$first" -v rows="$1" -v columns="$2" -v high="$3" '
        $1 == id { for (r = 0; r < rows; r += high) { line = "  "
            for (c = 0; c < columns; c++) {
                sum = 0
                for (y = 0; y < high; y++) sum += $(2 + (r + y) * columns + c) / high
                one = substr(" .:-=+*#%@", int(sum / 16 * 9 + .5) + 1, 1)
                line = line one (high == 1 ? one : "") }
            print line } }' d.csv
}
for shape in '8 8 1' '2 32 2'; do
    # shellcheck disable=SC2086
    grey $shape >wanted
    set -- $shape
    review --image="$1x$2" --decisions=f.tsv d.h5 </dev/null |
        sed -n '/^  [0-9]*: [0-9]  /,/^verdict/p' | tail -n +2 | sed '$d' |
        cut -c "1-$((2 + $2 * (3 - $3)))" >out
    same out wanted "a picture of $1 x $2 pixels"
done
fails_with 2 'found 64 columns of features, wanted 8 x 9 x 1 = 72' \
    review --image=8x9 d.h5
mv d.csv away.csv
review --decisions=f.tsv d.h5 </dev/null >out
ok "$(grep -q 'Cells of the source are missing here: ' out; echo $?)" \
    'a source that is gone is told'
review --source=away.csv --decisions=f.tsv d.h5 </dev/null >out
ok "$(grep -q '; nearest ' out; echo $?)" 'or named'
mv away.csv d.csv
fails_with 2 '--show and --no-values exclude each other' \
    review --show=p1 --no-values d.h5

# --- kills, torn lines, the lock ------------------------------------------------
rm -f $f keys
mkfifo keys
for lap in 1 2 3; do
    review d.h5 <keys >out 2>&1 &
    pid=$!
    exec 9>keys
    printf 'o\nr\n\n' >&9
    for wait in 1 2 3 4 5 6 7 8 9 10; do # until both are written
        [ "$(column $f verdict 2>/dev/null | wc -w)" -lt $((2 * lap)) ] || break
        sleep 0.2
    done
    if [ $lap = 3 ]; then
        fails_with 75 'd.decisions.tsv: another review has it open' \
            review d.h5
    fi
    kill -9 $pid
    wait $pid 2>/dev/null
    exec 9>&-
done
rm keys
is "$(column $f verdict | wc -w) $(cut -f3 $f | sort | uniq -d)" '6 ' \
    'three kills lose nothing, and no row is asked again'
is "$(column $f id | cut -d' ' -f1-3)" "$first $second $third" 'in order'

cp $f whole.tsv
size=$(wc -c <$f)
last=$(tail -n 1 $f | wc -c)
for torn in 2 $((last - 3)) 20; do
    head -c $((size - torn)) whole.tsv >$f
    review d.h5 </dev/null >out 2>err
    head -n 6 whole.tsv >wanted
    ok "$(cmp -s $f wanted && grep -q 'the last line was torn and is cut off' err
        echo $?)" "a line without its last $torn bytes is cut off"
done
head -c $((size - 1)) whole.tsv >$f
review d.h5 </dev/null >out 2>err
same $f whole.tsv 'a line without its end is completed'
printf 'row\tid\tha' >$f
runs 'half a header' review d.h5 </dev/null
is "$(cat $f)" "$(head -1 whole.tsv)" 'is written again'
printf 'a,b\n1,2\n' >other.csv
cp other.csv other.tsv
fails_with 2 'other.tsv:1: found no column hash' review --decisions=other.tsv d.h5
same other.csv other.tsv 'a file of another kind stays as it is'
# Columns in another order, with more of them, and line ends of a spreadsheet.
printf 'note\tverdict\tcolour\twho\twhen\thash\r\n' >$f
echo o | review d.h5 >out
is "$(tail -1 $f | cut -f2,3)" "$(printf 'ok\t')" 'columns have any order'

# --- rows that move and change --------------------------------------------------
cp whole.tsv $f
{ head -1 d.csv; tail -n +2 d.csv | sort -t, -k5,5 -k1,1 |
    sed "/^$second,/s/,[0-9]*,/,9,/3"; } >moved.csv
make_audit moved
review --top=400 --decisions=$f moved.h5 </dev/null >out
ok "$(grep -q "^1 of 400 (5 decided); .* id $second\$" out ||
    grep -q '(5 decided)' out; echo $?)" \
    'after a shuffle five of six verdicts hold'
flag -q --decisions=$f moved.s.h5 -o m.h5
ok "$(report --decisions-list m.h5 | cut -f2 | grep -qx "$second"
    echo $((1 - $?)))" 'the changed row comes back'

# --- what cannot be -------------------------------------------------------------
fails_with 2 'wanted the audit as a FILE' review
fails_with 2 'd.s.h5: ' review d.s.h5
fails_with 2 './: cannot open' review --decisions=./ d.h5
fails_with 2 '--who: wanted at most 1000 bytes of UTF-8' \
    review --who="$(printf '\377')" d.h5
review --where='nonsense > 1' d.h5 </dev/null >out 2>err
is "$?$(tail -n 1 err)" '2  ^' 'a filter that is none, with a caret'
printf 'o\no\no\no\no\no\no\no\n' |
    (ulimit -f 1; exec review --decisions=full.tsv d.h5) >/dev/null 2>err
is "$? $(tail -c 1 full.tsv | od -An -c | tr -d ' ')" '2 \n' \
    'a full disk is a failure, and leaves whole lines'
ok "$(grep -q 'full.tsv: not every verdict could be written' err; echo $?)" \
    'which is said'

# --- what a stranger put into the data --------------------------------------
awk 'BEGIN { srand(5); print "key,a,b,y"
    y[0] = "a\033]0;x\007"; y[1] = "\342\200\256b"; y[2] = "\346\227\245\346\234\254"
    for (i = 0; i < 120; i++) { c = i % 3
        printf "k%d\033[2J\302\233,%.3f,%.3f,%s\n", i, rand() + c, rand() - c,
            y[i % 17 == 3 ? (c + 1) % 3 : c] } }' >odd.csv
ingest -q --label=y --id=key odd.csv | score -q --methods=none | flag -q -o odd.h5
printf 'n \033[31mred\nr a\nr\n\n' | review --top=3 odd.h5 >out 2>err
is "$(LC_ALL=C tr -d '\n\t -~\200-\377' <out | wc -c)$(cat err)" 0 \
    'no control byte reaches the terminal'
is "$(LC_ALL=C tr -d '\n\t -~\200-\377' <odd.decisions.tsv | wc -c)" 0 \
    'or the file'
runs 'and flag reads its classes' flag -i --decisions=odd.decisions.tsv odd.h5
done_testing
