#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# audit, the driver, over stages that are shell functions of a few lines: what
# is passed to whom, what is left behind, and with which status it ends. The
# stages themselves are in pipeline.t.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Stages that write down their arguments and keep one line of text as "audit
# file". Environment: FAIL names one that fails, HANG one that never ends,
# FIND makes report find something.
mkdir bin
cp "$build/audit" bin/audit
options() {
    case $1 in
    ingest) echo '
  -l, --label=COLUMN     the label
      --id=COLUMN        the name of a row
      --ignore=PATTERN   not these
      --no-keep-source   read once
  -j, --threads=N        so many' ;;
    score) echo '
Running:
      --seed=N           start here
  -j, --threads=N        so many
      --an-option-that-needs=A
                         line of its own' ;;
    prune) echo '
      --relabel          a flag
      --gain             another
      --counts=FILE      no option of an audit
      --dry-run          no option of an audit' ;;
    report) echo '
      --top=N            rows
      --fail-on=SPEC     exit 1' ;;
    esac
}
for stage in ingest score flag prune report; do
    {
        echo 'usage: it'
        options $stage
        echo '  -q, --quiet            be still
  -v, --verbose          speak

The manual: --none
  of it'
    } >bin/$stage.help
    cat >bin/$stage <<'END'
#!/bin/sh
name=${0##*/}
[ "$1" != --help ] || exec cat "$0.help"
[ "$1" != --visible ] || { printf '%s' "$2" | tr '\001-\037' '?'; exit; }
[ "$1" != --options ] || exec sed -n 's/^  -\(.\), --\([^ =]*\)=.*/\2 \1 V/p
    s/^  -\(.\), --\([^ =]*\) .*/\2 \1 -/p
    s/^      --\([^ =]*\)=.*/\1 - V/p; s/^      --\([^ =]*\) .*/\1 - -/p' "$0.help"
printf '%s' "$name" >>"$CALLS"
printf ' <%s>' "$@" >>"$CALLS"
echo >>"$CALLS"
output=''
while [ $# -gt 0 ]; do
    case $1 in
    -o) output=$2; shift ;;
    --counts=*) counts=${1#*=} ;;
    --) file=$2 ;;
    esac
    shift
done
case $name:$file in
report:*.work/*) ;;
report:*) FAIL='' HANG='' ;;
esac
[ "$FAIL" != "$name" ] || { echo "$name: failed as told" >&2; exit 2; }
case $name in
ingest) echo "audit of $(cat "$file")" >"$output" ;;
prune)
    grep audit "$file" >/dev/null || exit 2
    echo kept >"$output"
    printf '%s\n' '1000  rows' '959  kept' '0  relabelled' \
        '41  left out' '40    action relabel' '1    action drop' \
        '2  kept by --class-floor' '' '7 6  class' >"$counts"
    ;;
score | flag) echo "$name" >>"$file" ;;
report)
    grep -q '^audit of' "$file" || exit 2
    sed 's/^/summary: /' "$file"
    ;;
esac
if [ "$HANG" = "$name" ]; then
    : >hanging
    exec sleep 60
fi
[ "$name" != report ] || [ -z "$FIND" ] || exit 1
END
    chmod +x bin/$stage
done
CALLS=$work/calls FAIL='' HANG='' FIND=''
export CALLS FAIL HANG FIND
PATH=$work/bin:$PATH
echo data >x.csv

# left FILES NAME: passed if the directory holds just those beside our own.
left() {
    is "$(find . -mindepth 1 ! -path './bin*' ! -name calls ! -name out \
        ! -name err ! -name hanging ! -name cmp.out | sort | tr '\n' ' ')" \
        "$1" "$2"
}

# ---- what it does -----------------------------------------------------------

runs "an audit" audit x.csv --label=y
is "$(cat out)" "summary: audit of data
summary: score
summary: flag

audit file    x.audit.h5" "prints the summary and the name of its file"
is "$(cat err)" "" "and nothing else"
left "./x.audit.h5 ./x.csv " "leaves the audit file and nothing else"
is "$(cat calls)" "ingest <--label=y> <-o> <./.x.audit.h5.work/audit.h5> <--> <x.csv>
score <-i> <--as=x.audit.h5> <--> <./.x.audit.h5.work/audit.h5>
flag <-i> <--as=x.audit.h5> <--> <./.x.audit.h5.work/audit.h5>
report <--source=x.csv> <--as=x.audit.h5> <--> <./.x.audit.h5.work/audit.h5>" "the stages get what they need"

: >calls
runs "a second audit, with the rows worth keeping" \
    audit x.csv --label=y --pruned=x.pruned.csv
is "$(tail -n 4 out)" "
audit file    x.audit.h5
kept rows     x.pruned.csv (959 of 1000; 41 left out: 40 to relabel, 1 to drop)
7 6  class" "prints the numbers of the kept rows, and by class"
left "./x.audit.h5 ./x.csv ./x.pruned.csv " "replaces the audit file, writes them"
is "$(cat x.pruned.csv)" kept "the pruned file is what prune wrote"
is "$(grep prune calls)" "prune <--source=x.csv> <-o> <./.x.audit.h5.work/pruned> <--counts=./.x.audit.h5.work/counts> <--as=x.audit.h5> <--> <./.x.audit.h5.work/audit.h5>" \
    "prune runs once"
rm -f calls x.audit.h5
runs "options of stages" \
    audit --seed 7 -j3 x.csv -v --lab="it's a \$name" --id='two  blanks
and lines' --ignore=a --ignore=b --top 5 -f --pruned=x.pruned.csv
is "$(sed 's/ <-[oi]>.*//; s/ <--source[^>]*>//; s/ <-->.*//' calls)" \
    "ingest <--threads=3> <--verbose> <--label=it's a \$name> <--id=two  blanks
and lines> <--ignore=a> <--ignore=b> <-f>
score <--seed=7> <--threads=3> <--verbose>
flag <--verbose>
prune <--verbose>
report <--verbose> <--top=5> <--as=x.audit.h5>" "go to them in order, as they were given"

runs "-o" audit x.csv -o other.h5
left "./other.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "-o names the audit file"
rm other.*
mkdir sub else
runs "--pruned" audit x.csv -o sub/a.audit.h5 --pruned=else/b.csv
left "./else ./else/b.csv ./sub ./sub/a.audit.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "--pruned names a file anywhere"
rm -rf sub else

: >calls
runs "standard input" sh -c 'cat x.csv | audit - -o sub.audit.h5 --label=y --pruned=sub.pruned'
is "$(head -n 1 out) $(tail -n 3 out | tr -s ' \n' ' ')" \
    "summary: audit of data audit file sub.audit.h5 kept rows sub.pruned (959 of 1000; 41 left out: 40 to relabel, 1 to drop) 7 6 class " \
    "is audited as a file is"
is "$(sed -n 's/ <-o>.*<--> / /p' calls)" "ingest <--label=y> <->
prune <./.sub.audit.h5.work/audit.h5>" \
    "ingest alone reads it; prune takes it from the audit file"
runs "--no-keep-source without --pruned" \
    sh -c 'cat x.csv | audit - -o sub.audit.h5 --no-keep-source'
rm sub.*

: >calls
runs "-q" audit -q x.csv
is "$(cat out err)" "" "-q says nothing"
is "$(grep -c '<--quiet>' calls)" 4 "nor do the stages"
FIND=1
audit -q x.csv --fail-on=x >out 2>err
is "$? $(head -n 1 out)" "1 summary: audit of data" \
    "-q shows what reaches --fail-on, exit 1"
FIND=''
env -i CALLS="$CALLS" "$work/bin/audit" -q x.csv >out 2>err
is "$? $(cat out err)" "0 " "runs with no environment, as in cron"

# ---- names ------------------------------------------------------------------

mkdir names
cd names || exit 99
hard='-a b
c'"'"'"$x'
cp ../x.csv "./$hard.csv"
runs "a name that begins with - and holds about everything" \
    audit -- "$hard.csv"
ok "$([ -f "./$hard.audit.h5" ]; echo $?)" "its audit file stands beside it"
is "$(grep -c . out)" 4 "its line feed is not printed"
cp ../x.csv noext
runs "a name without extension" audit noext
ok "$([ -f noext.audit.h5 ]; echo $?)" "and its audit file"
cp ../x.csv x.csv
mkdir real
ln -s real/a.h5 link.h5
runs "a link as output" audit x.csv -o link.h5
ok "$([ -L link.h5 ] && [ -f real/a.h5 ]; echo $?)" "is followed"
cd .. && rm -rf names

# ---- what it refuses --------------------------------------------------------

fails_with 2 "found no operand, wanted FILE, or -" audit
fails_with 2 "several files are one dataset: found -" audit x.csv -
fails_with 2 "gone.csv: there is no such file" audit x.csv gone.csv
cp x.csv second.csv
fails_with 2 "second.csv: is the input" audit x.csv second.csv -o second.csv
rm second.csv
fails_with 2 "unrecognized option '--nonsense'" audit --nonsense x.csv
fails_with 2 "unrecognized option '--dry-run'" audit --dry-run x.csv
fails_with 2 "unrecognized option '--estimate'" audit --estimate x.csv
fails_with 2 "option '--label' requires an argument" audit x.csv --label
fails_with 2 "gone.csv: there is no such file" audit gone.csv
fails_with 2 "standard input needs --output=FILE" audit -
fails_with 2 "- is read once, wanted no --pruned" \
    audit --no-keep-source -o z.h5 --pruned=z -
fails_with 2 "out: is the input" sh -c 'audit -f -o out - <out'
fails_with 2 "bin: wanted a file that can be read" audit bin
fails_with 2 "--gain wants --pruned too" audit x.csv --label=y --gain
fails_with 2 "x.csv: is the input" audit x.csv --pruned=x.csv
fails_with 2 "x.csv: is the input" audit x.csv -o ./x.csv
fails_with 2 "z.h5: is both" audit x.csv -o z.h5 --pruned=z.h5
fails_with 2 "./no/: there is no such directory" audit x.csv -o ./no/a.h5
fails_with 2 "/dev/null: is not a regular file" audit x.csv -o /dev/null
echo mine >mine.h5
fails_with 2 "mine.h5: is not from an earlier audit" audit x.csv -o mine.h5
is "$(cat mine.h5)" mine "and it is left alone"
echo mine >x.pruned.csv
fails_with 2 "x.pruned.csv: exists; --force replaces it" \
    audit x.csv --pruned=x.pruned.csv
is "$(cat x.pruned.csv)" mine "and it is left alone too"
chmod 600 x.audit.h5
chmod 640 x.pruned.csv
runs "--force replaces them" audit -f x.csv --pruned=x.pruned.csv
is "$(stat -c %a x.audit.h5 x.pruned.csv | tr '\n' ' ')" "600 640 " \
    "and they keep their modes"
rm -f mine.h5

# ---- what goes wrong --------------------------------------------------------

echo newer >x.csv
cp x.audit.h5 old.h5
cp x.pruned.csv old.csv
for FAIL in ingest score flag prune report; do
    fails_with 2 "$FAIL: failed as told" audit -f x.csv --pruned=x.pruned.csv
done
FAIL=''
fails_with 2 "standard output: cannot write" sh -c 'audit x.csv >/dev/full'
fails_with 2 "standard output: cannot write" sh -c 'audit x.csv >&-'
cmp -s x.audit.h5 old.h5 && cmp -s x.pruned.csv old.csv
ok $? "a failed audit leaves the old files"
(audit x.csv -o piped.h5 | true) 2>err
is "$(head -n 1 piped.h5)$(cat err)" 'audit of newer' \
    'a reader that does not read leaves the audit file whole'
rm -f piped.h5
left "./old.csv ./old.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "and nothing else"

# hang STAGE: an audit in the background that is inside STAGE; its process.
hang() {
    rm -f hanging
    HANG=$1 audit -f x.csv --pruned=x.pruned.csv >out.hang 2>&1 &
    hung=$!
    while [ ! -e hanging ]; do
        sleep .02
    done
}
for signal in INT TERM HUP; do
    # What a parent ignores (a shell SIGINT in the background, nohup SIGHUP) stays
    # ignored for good; env undoes it.
    rm -f hanging
    HANG=score env --default-signal=INT,TERM,HUP bin/audit x.csv >out 2>&1 &
    hung=$!
    while [ ! -e hanging ]; do
        sleep .02
    done
    kill -s $signal $hung
    wait $hung
    is "$(kill -l $?)" $signal "dies of SIG$signal"
done
left "./old.csv ./old.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "with nothing left behind"

for stage in ingest score flag prune report; do
    hang $stage
    kill -9 $hung
    wait $hung 2>/dev/null
    cmp -s x.audit.h5 old.h5 && cmp -s x.pruned.csv old.csv
    ok $? "killed in $stage: the old files are there"
done
rm -f out.hang
sleep .1
runs "the next audit goes through" audit x.csv
left "./old.csv ./old.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "and clears what the killed ones left"
is "$(head -n 1 x.audit.h5)" "audit of newer" "its files are the new ones"

hang flag
fails_with 75 "x.audit.h5: another audit is writing it and holds ./.x.audit.h5.work" \
    audit x.csv
kill $hung
wait $hung 2>/dev/null
mkdir else
rm -f hanging
HANG=score audit x.csv -o one.h5 --pruned=else/p.csv >out.hang 2>&1 &
hung=$!
while [ ! -e hanging ]; do
    sleep .02
done
fails_with 75 "else/p.csv: another audit is writing it" \
    audit x.csv -o two.h5 --pruned=else/p.csv
ok "$([ ! -e .two.h5.work ] && [ -d else/.p.csv.work ]; echo $?)" \
    "which removes its own directory only"
kill $hung
wait $hung 2>/dev/null
is "$(ls -A else)" '' "a stopped one removes both of its own"
rmdir else
rm -f out.hang

# Standard error that nobody reads any more.
FAIL=ingest
(audit x.csv 2>&1 | :) >out
FAIL=''

# Many at once on the same file: one or more go through, the rest say 75, and
# never is the lock of one removed by another.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    (
        audit -q x.csv 2>err.$i
        echo $? >status.$i
    ) &
done
wait
is "$(cat status.* | grep -vc -e '^0$' -e '^75$')" 0 \
    "twelve at once: each ends with 0 or 75"
ok "$(grep -q '^0$' status.*; echo $?)" "and one at least with 0"
rm -f status.* err.*
left "./old.csv ./old.h5 ./x.audit.h5 ./x.csv ./x.pruned.csv " \
    "and nothing is left"

runs "--help" audit --help
is "$(sed -n '/^Options of score/,/^Options of flag/p' out)" \
    "Options of score:

Running:
      --seed=N           start here
  -j, --threads=N        so many
      --an-option-that-needs=A
                         line of its own
  -v, --verbose          speak

Options of flag:" "has the help of the stages"
runs "--version" audit -V
is "$(cut -d ' ' -f 1,2 out)" "audit (winnow)" "names itself"
done_testing
