#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# broken.sh N: a table of N records, one in a hundred of them broken, of ten
# kinds in turn. Writes
#   broken.csv  the table
#   whole.csv   the records that are well-formed
#   thrown.csv  those that are not, behind the same header
#   places      the line of each that is not, and what is wrong with it
# Every seventh good record has quotes, every thirteenth one a line end in them.
set -eu
LC_ALL=C awk -v n="$1" '
function keep(record) {
    printf "%s\n", record >"broken.csv"
    printf "%s\n", record >"whole.csv"
}
function toss(kind, record) {
    printf "%s\n", record >"broken.csv"
    printf "%s\n", record >"thrown.csv"
    print line, kind >"places"
}
BEGIN {
    long = sprintf("%1100s", "")
    gsub(/ /, "l", long)
    header = "a,b,town,label"
    print header >"broken.csv"
    print header >"whole.csv"
    print header >"thrown.csv"
    line = 2
    for (i = 1; i <= n; i++) {
        b = i * 37 % 101
        label = i % 3 ? "x" : "y"
        lines = 1
        if (i % 100 != 50) {
            town = i % 7 ? "Oslo" : "\"Oslo, \"\"N\"\"\""
            if (i % 13 == 0) {
                town = "\"Bergen\nNorge\""
                lines = 2
            }
            keep(i "," b "," town "," label)
            line += lines
            continue
        }
        kind = (i - 50) / 100 % 10
        if (kind == 0) toss("fields", i "," b "," label)
        if (kind == 1) toss("fields", i "," b ",Oslo,Norge," label)
        if (kind == 2) toss("quote", i "," b ",Os\"lo," label)
        if (kind == 3) toss("after", i "," b ",\"Os\"lo," label)
        if (kind == 4) toss("open", i "," b ",\"Oslo," label)
        if (kind == 5) toss("cr", i ",\r" b ",Oslo," label)
        if (kind == 6) toss("nul", i "," b ",Os@lo," label)
        if (kind == 7) toss("utf8", i "," b ",Oslo,\351")
        if (kind == 8) toss("label", i "," b ",Oslo,")
        if (kind == 9) toss("long", i "," b ",Oslo," long)
        line++
    }
}'
# Not every awk can print a NUL.
for file in broken.csv thrown.csv; do
    tr @ '\000' <$file >$file.new
    mv $file.new $file
done
