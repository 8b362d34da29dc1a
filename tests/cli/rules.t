#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Cleaning rules: ingest --rules changes cells and finds broken ones, flag and
# report show them, prune --apply-rules writes the changes. Patterns that take
# too long; rules that are refused. Expected cells were written by hand.
. "${WN_SOURCE:-.}/tests/tap.sh"

# A table with a byte order mark, quotes, CR LF in a cell, a blank line, blanks,
# and no last line end.
printf '\357\273\277id,"na ""me",note,age,label\r\n' >t.csv
printf '1," ann ","a, ""b""\r\nc",12, cat \r\n2,bob,,200,dog\r\n\r\n' >>t.csv
printf '3,"x",  y  ,n/a,"cat "\r\n3, z ,1,,dog\r\n5,z,1,7,cat' >>t.csv
cat >t.rules <<'END'
# comment
.*: trim
empty "na.*": replace /^$/none/
note: replace /c$/c\nd "e"/
nothing age: na /N.A/i
sane age: range 0..120
label: map cat = "C,at"
once id: unique   # comment
note: not-null
known "na \"me": one-of known.txt
END
printf 'ann\r\nbob\n\nx' >known.txt
flags='-l label --one-hot=2 --kind=id|note|na.*:categorical'
runs "ingest" ingest $flags --rules=t.rules -v -o t.h5 t.csv
is "$(sed -n 's/^ingest: rule //p' err)" ".*: trim: 5 cells changed
empty: 0 cells changed
note: replace /c\$/c\\nd \"e\"/: 1 cell changed
nothing: 1 cell changed
sane: 1 cell broken
label: map cat = \"C,at\": 3 cells changed
once: 1 cell broken
note: not-null: 1 cell broken
known: 2 cells broken" "what each rule did"
is "$(grep 'column.*rule ' err | sed 's/^ingest: //')" \
    "t.csv:4: column age: found '200', which breaks the rule sane
t.csv:7: column id: found a cell that breaks the rule once
t.csv:4: column note: found a cell that breaks the rule note: not-null
t.csv:7: column na \"me: found 'z', which breaks the rule known
t.csv:8: column na \"me: found 'z', which breaks the rule known" \
    "broken cells are told"
printf '\357\273\277id,"na ""me",note,age,label\r\n' >wanted.csv
printf '1,ann,"a, ""b""\r\nc\nd ""e""",12,"C,at"\r\n' >>wanted.csv
printf '2,bob,,200,dog\r\n\r\n3,"x",y,,"C,at"\r\n' >>wanted.csv
printf '3,z,1,,dog\r\n5,z,1,7,"C,at"' >>wanted.csv
prune --drop=none --apply-rules t.h5 >found.csv
same found.csv wanted.csv "prune --apply-rules rewrites the changed cells only"
prune --drop=none t.h5 >found.csv
same found.csv t.csv "without it nothing is changed"
mv t.rules gone.rules
mv known.txt gone.txt
prune --drop=none --apply-rules t.h5 -f -o found.csv
same found.csv wanted.csv "the rules need not be there any more"
mv gone.rules t.rules
mv gone.txt known.txt
ingest $flags -q -f -o u.h5 wanted.csv
for h5 in t u; do
    score --methods=none -q -f -o $h5.s.h5 $h5.h5
    flag -q -f -o $h5.f.h5 $h5.s.h5
    report --format=tsv --columns $h5.h5 | cut -f1-3 >$h5.columns
done
same t.columns u.columns "what is encoded is what prune writes"
for threads in 1 2 4; do
    ingest $flags --rules=t.rules -q -f -j$threads -o j.h5 t.csv
    same j.h5 t.h5 "-j$threads gives the same bytes"
done
mkdir rules
cp t.rules known.txt rules
ingest $flags --rules=rules/t.rules -q -f -o j.h5 t.csv
same j.h5 t.h5 "lists are looked for beside the rules"
report t.f.h5 --explain=1 >explained
ok "$(grep -q 'age *sane' explained; echo $?)" "report explains with the rule"
report t.f.h5 --format=json --explain=1 >explained
ok "$(grep -q '"rule": *"sane"' explained; echo $?)" "and in JSON"
report t.f.h5 --format=tsv >rows.tsv
is "$(awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "rules") c = i }
    NR > 1 && $c != "" { print $2 ": " $c }' rows.tsv | sort)" \
    "1: note: not-null, sane
3: once, known
4: known" "the table names the rules a row breaks"
is "$(report t.f.h5 --format=json | grep '"record":"rule"' | sed -n '5p')" \
    '{"record":"rule","name":"sane","text":"age: range 0..120","changed":0,"broken":1,"not_evaluated":0}' \
    "JSON has the rules"
ok "$(report t.f.h5 | grep -q '^  sane  *0  *1  *0  age: range 0..120'; echo $?)" \
    "report counts by rule"
prune t.h5 --drop=none --apply-rules --dry-run >plan
is "$(sed -n 's/ *\([0-9]*\)  cells changed by rules/\1/p' plan)" 8 \
    "--dry-run counts the cells"

# --- a pipe: the bytes are kept ------------------------------------------------

for file in t.csv wanted.csv "$files/good-crlf.csv" \
    "$files/good-bom-crlf-quotes.csv" "$files/good-no-final-newline.csv" \
    "$files/good-quoted-newline.csv" "$files/good-blank-lines.csv"; do
    cat "$file" | ingest -l label --one-hot=2 -q -f -o piped.h5 -
    prune piped.h5 --drop=none >found.csv
    same found.csv "$file" "from a pipe: ${file##*/}"
done
cat t.csv | ingest $flags --rules=t.rules -q -f -o piped.h5
prune piped.h5 --drop=none --apply-rules >found.csv
same found.csv wanted.csv "and with rules"
ok "$(score --methods=none -q piped.h5 | flag -q | prune --drop=none |
    cmp -s - t.csv; echo $?)" "through all stages"

# --- labels: the dictionary sees the new names -------------------------------

cp "$samples/iris.csv" iris.csv
label=$(head -n 1 iris.csv | tr , '\n' | grep -E 'species|class|label')
first=$(sed -n '2s/.*,//p' iris.csv)
echo "$label: map \"$first\" = first" >map.rules
echo "$label: na /$first/" >na.rules
ingest iris.csv -l "$label" --rules=map.rules -q -o iris.h5
score iris.h5 -q --methods=none | flag -q -o iris.f.h5
ok "$(report iris.f.h5 | grep -q '^ *first '; echo $?)" "classes are renamed"
fails_with 2 "--relabel: wanted --apply-rules too, because rules changed labels" \
    prune iris.f.h5 --relabel
prune iris.f.h5 --relabel --apply-rules --drop=none >found.csv
is "$(grep -c ",$first\$" found.csv)" 0 "no label has the old name"
ingest iris.csv -l "$label" --rules=na.rules --missing-label=drop -q -o gone.h5
is "$(prune gone.h5 --drop=none | grep -c ",$first\$")" 0 \
    "rows whose label a rule takes away are left out"
ingest iris.csv -l "$label" -q -o plain.h5
fails_with 2 "--apply-rules: plain.h5 was made without cleaning rules" \
    prune plain.h5 --drop=none --apply-rules

# A printed rule makes spellings one.
printf 'x,label\n1,Cat\n2,dog\n3,cat \n4,dog\n5,Cat\n6,caf\303\251\n' >spelt.csv
printf '7,cafe\314\201\n8,caf\303\251\n' >>spelt.csv
ingest spelt.csv -l label -o spelt.h5 2>err
sed -n 's/.*; rule: //p' err >spelt.rules
is "$(wc -l <spelt.rules)" 2 "rules are printed"
ingest spelt.csv -l label --rules=spelt.rules -f -o spelt.h5 2>err
ok "$(grep -q '3 classes' err; echo $?)" "and read again"
ok "$(! grep -q spelling err; echo $?)" "no spelling is left"

# --- rules over several columns, and mostly= ------------------------------------

cat >rows.csv <<'END'
id,start,end,country,region,a,b,y
1,2020-01-01,2020-02-01,NL,x,1,2,p
2,2020-03-01,2020-02-01,,,1,3,q
3,2020-01-01,,NL,y,1,2,p
4,2020-01-01,2020-01-01,,z,,2,q
5,5,10,FR,,2,2,p
6,10,9,FR,q,2,2,q
END
cat >rows.rules <<'END'
region: map q = none
order    end >= start
unique (a, b)     # pairs
full     when country != NA then region != NA and a <= 1.5
some     when country = 'FR' then region = 'q' mostly=0.5
most     when region != NA then a = 1 mostly=0.7
small    a: range 0..1 mostly=0.6
tiny     a: range 0..1 mostly=0.7
END
ingest rows.csv -l y --rules=rows.rules --kind=.*:categorical -v -o rows.h5 \
    2>err
# By hand. Row 1 ends before it starts, and row 5, as 9 < 10 as numbers; rows 2
# and 5 repeat a pair; a missing cell breaks nothing but what is about NA. In
# row 4 the region is missing, in row 5 a is 2. "some" looks at two rows, can
# tell one, and that one, "none", breaks it. "most" can tell three rows, of
# which one breaks it. Of five values of a two are not small.
is "$(sed -n 's/^ingest: rows.csv:\(.*\): column \(.*\): found .* the rule /\1 \2 /p' \
    err | tr '\n' ';')" \
    '3 end order;7 end order;4 a unique (a, b);7 a unique (a, b);6 region full;7 region full;7 region some;7 a most;6 a tiny;7 a tiny;' \
    'rules over several columns find these cells'
is "$(sed -n 's/^ingest: rule //p' err | tail -n 4 | tr '\n' ';')" \
    'some: 1 cell broken;most: 1 cell broken;small: 2 cells broken;tiny: 2 cells broken;' \
    'all are counted'
for threads in 1 3; do
    ingest rows.csv -l y --rules=rows.rules --kind=.*:categorical \
        -q -f -j$threads -o j.h5
    same j.h5 rows.h5 "-j$threads gives the same bytes"
done
score --methods=none -q -i rows.h5
flag -q -i rows.h5
is "$(report --format=tsv --top=all rows.h5 | awk -F '\t' '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "rules") c = i }
    NR > 1 && $c != "" { print $2 ": " $c }' | sort | tr '\n' ';')" \
    '1: order;2: unique (a, b);4: full, tiny;5: order, full, some, unique (a, b), most, tiny;' \
    'flag and report have them'
report --format=json rows.h5 | grep '"record":"rule"' | grep -q \
    '"name":"small","text":"a: range 0..1 mostly=0.6","changed":0,"broken":2'
ok $? 'and those that are forgiven'
report --fail-on=invalid@small:2 rows.h5 >out
is "$? $(sed -n 2p out)" '1 reached --fail-on: invalid@small:2 (2)' \
    '--fail-on knows their rate'
awk 'BEGIN { print "s,e,y"
    for (i = 0; i < 9000; i++) print i % 101 "," (i * 7) % 103 "," i % 2 }' >many.csv
printf 's: replace /^9$/1000/\norder e >= s\nunique (s, e)\n' >many.rules
ingest many.csv -l y --rules=many.rules -v -o many.h5 2>err
# Of 101 x 103 pairs, none comes twice within 9,000 rows.
is "$(sed -n 's/^ingest: rule //p' err | tail -n 2 | tr '\n' ';')" \
    "order: $(awk -F , 'NR > 1 { if ($1 == 9) $1 = 1000
        n += $2 < $1 } END { print n }' many.csv) cells broken;unique (s, e): 0 cells broken;" \
    'after the fixes, in many pieces'

# --- audit takes both options --------------------------------------------------

audit iris.csv -l "$label" --rules=map.rules --apply-rules -q \
    --pruned=iris.pruned.csv
ok "$(grep -q ',first$' iris.pruned.csv; echo $?)" "audit writes the new cells"

# --- a pattern that takes too long ---------------------------------------------

awk 'BEGIN { print "x,y,label"
    for (i = 0; i < 40; i++) long = long "a"
    for (i = 0; i < 50000; i++)
        print i % 97 "," (i < 1000 ? "b" : long "b") "," i % 2 }' >slow.csv
printf 'bad y: require /^(a+)+$/\nbad_fix y: replace /(a+)+$/x/\nx: range 0..95' \
    >slow.rules
begin=$(date +%s)
runs "a catastrophic pattern ends" timeout 60 \
    ingest slow.csv -l label --rules=slow.rules -j2 -o slow.h5
ok "$([ $(($(date +%s) - begin)) -lt 30 ]; echo $?)" "in seconds"
is "$(sed -n 's/^ingest: //p' err | grep 'takes')" \
    "slow.csv: rule bad: takes too long; not evaluated on 49000 cells, stopped after line 1101
slow.csv: rule bad_fix: takes too long; not evaluated on 49000 cells, stopped after line 1101" \
    "with a finding that names the rule"
ingest slow.csv -l label --rules=slow.rules -j1 -q -f -o slow1.h5
same slow.h5 slow1.h5 "the same with one thread"

# --- rules that are refused: text|message behind bad.rules ----------------------

while IFS='|' read -r text message; do
    printf "$text" >bad.rules
    ingest t.csv -l label --rules=bad.rules -f -o none.h5 >out 2>err
    is "$? $(head -n 1 err)$(cat out)" "2 ingest: bad.rules$message" \
        "$(printf '%s' "$text" | sed 's/\\/\\\\/g')"
done <<'END'
|: found no rule, wanted at least one
# only this\n\n|: found no rule, wanted at least one
age trim|:1: found the end of the line, wanted a colon after the columns; with blanks they stand in quotes
age|:1: found the end of the line, wanted the columns and a colon
2nd age: trim|:1: found '2nd', wanted a name of letters, digits, dots, hyphens and underscores, or the columns and a colon
n : : trim|:1: found ':', wanted trim, lower, replace, na, map, require, range, one-of, unique or not-null
: trim|:1: found ': trim', wanted the columns and a colon
\nage: trimm|:2: found 'trimm', wanted trim, lower, replace, na, map, require, range, one-of, unique or not-null
age: trim it|:1: found 'it', wanted the end of the rule
"age: trim|:1: found 'age: trim', wanted a quote at the end of the columns
(age: trim|:1: '(age' at byte 4: missing closing parenthesis
age: require 12|:1: found '12', wanted /PATTERN/
age: require|:1: found the end of the line, wanted /PATTERN/
age: require /12|:1: found '12', wanted a slash at the end of the pattern
age: require /[/|:1: '[' at byte 1: missing terminating ] for character class
age: require /a/g|:1: found 'g', wanted i or nothing after the last slash
age: na /a\\Cb/|:1: 'a\Cb' at byte 3: using \C is disabled by the application
age: replace /a/|:1: found the end of the line, wanted a slash at the end of the replacement
age: replace /a/$1/|:1: '$1' at byte 2: unknown substring
age: replace /a/${/|:1: '${' at byte 2: invalid replacement string
age: range 5|:1: found '5', wanted MIN..MAX, numbers of which one may be left out
age: range ..|:1: found '..', wanted MIN..MAX, numbers of which one may be left out
age: range 1..x|:1: found '1..x', wanted MIN..MAX, numbers of which one may be left out
age: range 9..1|:1: found '9..1', wanted the smaller number first
age: one-of|:1: found the end of the line, wanted FILE
age: one-of none.txt|:1: none.txt: cannot open: No such file or directory
label: map cat|:1: found the end of the line, wanted = and the new text; a text with blanks stands in quotes
label: map a b = c|:1: found 'b = c', wanted = and the new text; a text with blanks stands in quotes
label: map a =|:1: found the end of the line, wanted OLD = NEW, in quotes where there are blanks
label: map a = a|:1: found 'a = a', wanted two different texts
label: map "a = b|:1: found '"a = b', wanted a quote at its end
label: map "\\q" = b|:1: found '\q" = b', wanted \", \\, \n, \r, \t, \xNN or \uNNNN, no NUL
label: map "\\x00" = b|:1: found '\x00" = b', wanted \", \\, \n, \r, \t, \xNN or \uNNNN, no NUL
a age: trim\na note: trim|:2: found the name 'a' again (line 1 has it), wanted another
age: trim\n\nage: trim|:3: found the rule 'age: trim' again (line 1 has it), wanted another
missing age: trim|:1: found the name 'missing', which ingest gives, wanted another
age: trim\n\377: trim|:2: found bytes that are not UTF-8 text, wanted a rule
a\000ge: trim|:1: found bytes that are not UTF-8 text, wanted a rule
agee: trim|:1: no column's name matches 'agee'
age >= |:1: found the end of the line, wanted a column, a number, a text in ' ' or NA; in " " is a column
age > = id|:1: found '= id', wanted a column, a number, a text in ' ' or NA; in " " is a column
age < NA|:1: found '< NA', wanted = or != with NA
age >= "id|:1: found '"id', wanted a quote at its end
when age > 1 the id > 2|:1: found 'the id > 2', wanted and, or then
when age > 1 then|:1: found the end of the line, wanted a column, a number, a text in ' ' or NA; in " " is a column
unique (age id)|:1: found 'id)', wanted , or )
unique (age, 5)|:1: found '5)', wanted a column
age > id or id > 3|:1: found 'or id > 3', wanted the end of the rule
age: range 0..9 mostly=2|:1: found '2', wanted a share between 0 and 1
age: trim mostly=.5|:1: found 'mostly=.5', wanted mostly= behind a check only
age >= idd|:1: found 'idd', wanted the name of a column, or a text in ' '
END
# A caret stands below what was found.
printf '# a rule\n  late  age > = id\n' >bad.rules
ingest t.csv -l label --rules=bad.rules -f -o none.h5 2>err
is "$(tail -n 2 err)" "    late  age > = id
                ^" 'a caret shows where'
printf 'late  age >= idd\n' >bad.rules
ingest t.csv -l label --rules=bad.rules -f -o none.h5 2>err
is "$(tail -n 2 err)" "  age >= idd
         ^" 'for a column that is not there, too'
fails_with 2 "ingest: none.rules: cannot open: No such file or directory" \
    ingest t.csv -l label --rules=none.rules -f -o none.h5
awk 'BEGIN { printf "age: require /"; for (i = 0; i < 5000; i++) printf "a"
    print "/" }' >bad.rules
fails_with 2 "bad.rules:1: found a line of 5015 bytes, wanted at most 4096" \
    ingest t.csv -l label --rules=bad.rules -f -o none.h5
echo 'age: replace /$/\x{0}/' >bad.rules
fails_with 2 "t.csv:2: column age: age: replace /\$/\\x{0}/: makes a NUL byte, wanted text" \
    ingest t.csv -l label --rules=bad.rules -f -o none.h5
ok "$([ ! -e none.h5 ]; echo $?)" "nothing is written"

# --- with --lenient: records are left out before and after the fixes -------------
printf 'a,b,y\n1, x ,cat\n2,y\n3,"z"q,dog\n4,zz, CAT\n5,x,\n6,\377,dog\n' >l.csv
printf '7,n/a,n/a\n8,y,dog\n' >>l.csv
cat >l.rules <<'END'
.*: trim
gap b|y: na /n.a/
letter b: require /[xy]/
b: map x = "a longer cell"
y: map CAT = cat
END
flags='-l y --rules=l.rules --kind=b:categorical --lenient'
runs "rules and --lenient" ingest $flags --rejects=rejects -o l.h5 l.csv
is "$(cat err)" "ingest: l.csv:3: found 2 fields, wanted 3
ingest: l.csv:4: column b: found text after the closing quote, wanted a\
 delimiter or the end of the line
ingest: l.csv:6: column y: found no label, wanted one
ingest: l.csv:7: column b: found '\xff', wanted UTF-8: --encoding=latin1?
ingest: l.csv:8: column y: found no label, wanted one
ingest: l.csv: rejected: 1 wrong number of fields, 1 text after the closing\
 quote, 2 no label, 1 not UTF-8
ingest: l.csv:2: column b: found 'a longer cell', which breaks the rule letter
ingest: l.csv:5: column b: found 'zz', which breaks the rule letter
ingest: l.csv: 8 rows in = 3 kept + 5 rejected, 4 features, 2 classes" \
    "a label that a rule takes away is missing; no row is left out for a check"
printf 'a,b,y\n2,y\n3,"z"q,dog\n5,x,\n6,\377,dog\n7,n/a,n/a\n' >wanted
same rejects wanted "rejected records are as they were"
ingest $flags -j4 -q -o l4.h5 l.csv
same l.h5 l4.h5 "the same for -j4"
runs "prune of it" prune l.h5 --drop=none --apply-rules --removed=gone -o l.out
is "$(cat l.out)" "a,b,y
1,a longer cell,cat
4,zz,cat
8,y,dog" "changes cells of what is kept"
same gone wanted "and removes what ingest left out"
fails_with 2 'l.csv:2: column b: b: map x = "a longer cell": makes a cell of 13 bytes, wanted at most 8' \
    ingest $flags -q --max-field=8 -o none.h5 l.csv

done_testing
