#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest: dates, booleans, codes with leading zeros: how they are distinguished,
# and what is made of them.
. "${WN_SOURCE:-.}/tests/tap.sh"

python=/usr/bin/python3
"$python" -c 'import h5py' 2>/dev/null || python=

# kind COLUMN WANTED OPTION...: kind, missing, invalid, distinct, features and
# note of a column in the table of --verbose.
kind() {
    column=$1
    want=$2
    shift 2
    ingest -v --label=y "$@" 2>err >kinds.h5
    is "$(awk -v c="$column" '$2 == c { $1 = $2 = ""; print substr($0, 3) }' \
        err)" "$want" "$column of $*"
}

# --- dates --------------------------------------------------------------------
# A day and 11 hours from row to row, in several forms.
awk 'BEGIN { print "iso,stamp,slash,us,dots,maybe,daily,mixed,y"
    for (i = 0; i < 60; i++) {
        d = i % 28 + 1; m = i % 12 + 1; a = i % 12 + 1
        printf "%04d-%02d-%02d,", 2020 + i % 3, m, d
        printf "%04d-%02d-%02dT%02d:%02d:00Z,", 2020, m, d, i % 24, i
        printf "%d/%d/2021,%d/%d/2021,%02d.%02d.2021,", d, m, m, d, d, m
        printf "%d/%d/2021,2021-03-%02d 08:00,", m, a, i % 7 + 1
        printf "%s,%d\n", i % 30 ? "2021-01-" d : i ? "then" : "", i % 2
    } }' >dates.csv
kind iso "date 0 0 60 6" dates.csv
kind stamp "date 0 0 60 8" dates.csv
kind slash "date 0 0 60 6" dates.csv
kind us "date 0 0 60 6" dates.csv
kind dots "date 0 0 60 6" dates.csv
kind maybe "categorical 0 0 12 12" dates.csv
kind daily "date 0 0 7 4" dates.csv
kind mixed "date 1 1 29 5" dates.csv
is "$(grep 'column mixed' err)" "ingest: dates.csv:32: column mixed: found\
 'then', wanted a date" "a cell that is not a date is reported"
fails_with 2 "column maybe: found dates that may be day/month/year or\
 month/day/year, wanted year-month-day" \
    ingest --label=y --kind=maybe:date dates.csv
fails_with 2 "column daily: found no date in it, wanted some" \
    sh -c 'sed "s/ 08:00//; s/2021-03/March/" dates.csv >march.csv
    ingest --label=y --kind=daily:date march.csv'
kind iso "categorical 0 0 60 60" --kind=iso:categorical dates.csv

cat >few.csv <<'END'
when,y
2024-01-01T00:00Z,a
2024-04-01T06:00Z,b
2024-07-31T12:00Z,a
,b
2024-01-02T01:00+01:00,a
END
kind when "date 1 0 4 9" few.csv
if [ "$python" ]; then
    "$python" - >found <<'END'
import h5py
f = h5py.File("kinds.h5")["data"]
print(*(x.decode().replace("when", "") for x in f["feature_name"]))
for row in f["features"][:]:
    print(*("%.4f" % (x + 0.0) for x in row[1:]))
c = f["column"]
print(c["min"][0], c["max"][0])
# The instant is on the scale of scale.h: order and median are kept.
x = f["features"][:, 0]
print(x[0] < x[4] < x[1] < x[2], abs(x[3] - (x[4] + x[1]) / 2) < .2)
END
    # By hand: a Monday in January, a Monday in April, a Wednesday in July, a
    # Tuesday in January; sin and cos of quarters of a circle and of 2 pi 2 / 7,
    # 2 pi / 7; the last hour is that on the clock.
    cat >wanted <<'END'
 :month-sin :month-cos :weekday-sin :weekday-cos :day :hour-sin :hour-cos :missing
0.0000 1.0000 0.0000 1.0000 -1.0000 0.0000 1.0000 0.0000
1.0000 0.0000 0.0000 1.0000 -1.0000 1.0000 0.0000 0.0000
0.0000 -1.0000 0.9749 -0.2225 1.0000 0.0000 -1.0000 0.0000
0.0000 0.0000 0.0000 0.0000 0.0000 0.0000 0.0000 1.0000
0.0000 1.0000 0.7818 0.6235 -0.9333 0.2588 0.9659 0.0000
1704067200.0 1722427200.0
True True
END
    sed -i 's/^-0\.0000/0.0000/; s/ -0\.0000/ 0.0000/g' found
    same found wanted "calendar parts are as worked out by hand"
else
    skip "calendar parts" "python3-h5py is not installed"
fi
# All rows decide: the order shows in the last of 9,000 rows only. Twelve
# months, seven days, and the last.
awk 'BEGIN { print "when,y"; for (i = 0; i < 9000; i++)
    printf "%d/%d/2021,%d\n", i % 12 + 1, i == 8999 ? 13 : i % 7 + 1, i % 2
    }' >last.csv
kind when "date 0 0 85 6 predicts the label" last.csv
ingest --label=y last.csv -j1 -o one.h5
ingest --label=y last.csv -j4 -o four.h5
same one.h5 four.h5 "same bytes for -j4"

# --- booleans -----------------------------------------------------------------
cat >bool.csv <<'END'
a,b,c,d,e,f,g,x,y
true,Yes,t,y,1,f,yes,1,p
FALSE,no,f,n,0,y,true,2,q
True,NO,T,,1,f,no,3,p
false, yes ,t,y,0,y,false,4,q
true,yes,,y,0,y,maybe,4,q
END
kind a "boolean 0 0 4 1" bool.csv
kind b "boolean 0 0 5 1" bool.csv
kind c "boolean 1 0 3 2" bool.csv
kind d "boolean 1 0 2 2" bool.csv
kind e "numeric 0 0 2 1" bool.csv
kind f "categorical 0 0 2 2" bool.csv
kind g "categorical 0 0 5 5" bool.csv
kind e "boolean 0 0 2 1" --kind=e:boolean bool.csv
kind g "boolean 0 1 5 2" --kind=g:boolean bool.csv
is "$(grep 'column g' err)" "ingest: bool.csv:6: column g: found 'maybe',\
 wanted true or false" "a cell that is neither is reported"
kind a "boolean 0 0 4 1" --kind='.*:ignore' --kind='[acd]:boolean' bool.csv
if [ "$python" ]; then
    is "$("$python" -c '
import h5py
f = h5py.File("kinds.h5")["data"]
print(*(x.decode() for x in f["feature_name"]))
print(f["features"][:].astype(int).tolist())')" "a c c:missing d d:missing
[[1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, 1], [0, 1, 0, 1, 0],\
 [1, 1, 1, 1, 0]]" "0, 1, and what most are where nothing is"
else
    skip "0 and 1" "python3-h5py is not installed"
fi

# --- codes --------------------------------------------------------------------
awk 'BEGIN { print "zip,agent,few,y"; for (i = 0; i < 100; i++)
    printf "%05d,%03d,%s,%d\n", i * 911, i % 12, i == 5 ? "07" : i * 7 % 11,
        i % 2 }' >codes.csv
kind zip "identifier 0 0 100 0 identifier" codes.csv
kind agent "categorical 0 0 12 12 predicts the label" codes.csv
kind few "numeric 0 0 12 1" codes.csv
kind agent "numeric 0 0 12 1" --kind=agent:numeric codes.csv
printf 'a,b,y\n1e9,3,p\n1.0000000000000002e9,4,q\n1e9,5,p\n' >near.csv
kind a "numeric 0 0 2 0 constant" near.csv

fails_with 2 "--kind: found 'a:number', wanted PATTERN:KIND, where KIND is\
 identifier, numeric, boolean, date, text, categorical, or ignore" \
    ingest --label=y --kind=a:number near.csv

done_testing
