#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The first screen of report: the result, how sure it is, what to look at first,
# what to do. Colour where it is wanted, which says nothing by itself; the width
# of a terminal.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Iris with a copy of the label, a broken line, rows that are there twice, one
# of them with another label, and a spelling; in order of the classes.
awk -F, 'BEGIN { OFS = "," }
    NR == 1 { print $1, $2, $3, $4, "it'\''s a copy", $5; next }
    { print $1, $2, $3, $4, "k" ($5 == "setosa") ($5 == "virginica"), $5 }
    NR == 20 { print 1, 2 }
    NR > 2 && NR < 14 { print $1, $2, $3, $4, "k" ($5 == "setosa") ($5 == "virginica"), $5 }
    NR == 30 { print $1, $2, $3, $4, "k10", "Setosa" }' "$samples/iris.csv" >pets.csv
runs 'ingest' ingest -q --lenient pets.csv --label=species -o data.h5
score -q -i data.h5 && flag -q data.h5 -o pets.h5 || exit 99
runs 'report' report pets.h5
cp out plain
head -n 24 out >first
is "$(sed -n '1s/:.*//p; 3s/^  \(.\).*/\1/p' first | tr '\n' ' ' | sed 's/[A-Z] $/A/')" \
    'pets.csv A' 'the result, and below it a sentence'
is "$(sed -n '/^Look at this first/,/^$/p' out | tr '\n' ' ' | tr -s ' ' |
    sed 's/ ! /\n/g; s/ and 1 more/\n&/; s/row [0-9]*)/row N)/' | sed 's/ *$//' | cut -c1-68)" \
    "Look at this first
it's a copy alone predicts the label (99 %). Is it a copy of the lab
1 of 163 records of the source are not in this audit: they are malfo
12 rows (7 %) are exact copies of earlier rows. A model that is test
2 rows have the same features as another row, and another label.
The file seems sorted or in batches (strongest around row N). Shuffl
 and 1 more; --verbose shows all" 'what to look at first'
grep -q -- "--ignore='it'\\\\''s a copy'\$" out
ok $? 'an option to paste'
is "$(report -v pets.h5 2>/dev/null |
    grep -c '^  ! 1 class name is a spelling of another')" 1 'all of them'
is "$(grep -n '^Next$' out | cut -d: -f1)" "$(grep -n '^Next$' first | cut -d: -f1)" \
    'what to do is on the first screen'
is "$(sed -n '/^Most/,/^Kinds/p' out | grep -c order_dependence)" 0 \
    'the order of the file is not held against a row'
is "$(sed -n 's/^  order_dependence  *//p' out)" \
    '-  the file seems sorted or in batches' 'but found'
is "$(grep -E '^(Look|Next|Most|What the|How noisy|The data|How well)' out |
    cut -c1-8 | tr '\n' ';')" \
    'Look at ;Next;Most sus;What the;How nois;The data;How well;' \
    'statistics come last'

# ---- colour
esc=$(printf '\033')
runs 'in a pipe' report --color=auto pets.h5
same out plain 'without colour'
runs 'always' report --color=always pets.h5
grep -q "^$esc\[1mNext$esc\[0m\$" out
ok $? 'titles stand out'
grep -q "^$esc\[33m  ! it's a copy" out
ok $? 'warnings, too'
sed "s/$esc\[[0-9;]*m//g" out >bare
same bare plain 'the text is the same'
is "$(sed "s/$esc\[\(1\|33\|36\|0\)m//g" out | grep -c "$esc")" 0 \
    'no other sequence'
report --color=always --explain=3 pets.h5 >out
sed "s/$esc\[[0-9;]*m//g" out >bare
report --explain=3 pets.h5 >row
same bare row 'and of an explanation'
report --color=always --format=json pets.h5 | grep -q "$esc"
is $? 1 'JSON has none'
NO_COLOR=1 report --color=always pets.h5 | grep -q "$esc"
ok $? '--color=always beats NO_COLOR'
fails_with 2 "--color: found 'red', wanted one of auto|always|never" \
    report --color=red pets.h5

# ---- a terminal
if command -v python3 >/dev/null; then
    cat >term.py <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
out = b""
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    out += part
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    width() { sed "s/$esc\[[0-9;]*m//g" "$1" | sed 1d | awk 'length > m { m = length } END { print m }'; }
    TERM=xterm python3 term.py 60 report --show='.*' pets.h5 >narrow
    TERM=xterm COLUMNS=70 python3 term.py 140 report --show='.*' pets.h5 >wide
    grep -q "^$esc\[1mNext" wide
    ok $? 'colour on a terminal'
    is "$(sed "s/$esc\[[0-9;]*m//g" narrow | grep '^      [a-z]' |
        awk 'length > 60')" '' 'no wider than it'
    ok "$([ "$(width wide)" -gt 80 ] && [ "$(width wide)" -le 140 ]; echo $?)" \
        'and as wide, whatever COLUMNS says'
    is "$(TERM=dumb python3 term.py 80 report pets.h5 | grep -c "$esc")" 0 \
        'none on a dumb one'
    is "$(TERM=xterm NO_COLOR=1 python3 term.py 80 report pets.h5 | grep -c "$esc")" 0 \
        'none with NO_COLOR'
    is "$(TERM=xterm python3 term.py 80 report --color=never pets.h5 | grep -c "$esc")" 0 \
        'none with --color=never'
    TERM=xterm python3 term.py 140 audit -f pets.csv --lenient --label=species \
        --show='.*' --model=neighbors >audited
    grep -q "^$esc\[1mNext" audited
    ok $? 'audit on a terminal'
    ok "$([ "$(sed -n '/Most/,/Kinds/p' audited >rows; width rows)" -gt 80 ]; echo $?)" \
        'as wide as it is'
    is "$(TERM=xterm NO_COLOR=1 python3 term.py 80 audit -f pets.csv --lenient \
        --label=species --model=neighbors | grep -c "$esc\[1m")" 0 'with NO_COLOR'
else
    skip 'a terminal' 'no python3'
fi

done_testing
