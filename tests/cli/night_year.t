#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A table that is audited every night while rows come and go: quiet as long as
# nothing happens, and what happens is found the same night and named.
# make check-nights has a year of nights, 100 steps, 500 kills, and the machine
# stops at every call that matters.
. "${WN_SOURCE:-.}/tests/tap.sh"
nights=${WN_NIGHTS:-6}
steps=${WN_STEPS:-2}
kills=${WN_KILLS:-4}
stops=${WN_STOPS:-17}

# table NIGHT [NOISE]: 1,000 rows, of which each night 10 are new; 1 % of the rows,
# or NOISE % from night 1000 on, have a wrong label. A row depends on its number
# alone.
table() {
    awk -v OFS=, -v night="$1" -v noise="${2:-1}" '
        function u() {
            x = (x * 16807) % 2147483647
            return x / 2147483647
        }
        function n() { return u() + u() + u() + u() - 2 }
        BEGIN {
            print "id,weight,age,city,class"
            for (i = 10 * night; i < 10 * night + 1000; i++) {
                x = 1 + (i * 7919 + 104729) % 2147483646
                u(); u(); u()
                c = int(3 * u())
                w = 10 + 4 * c + n()
                a = int(30 + 12 * (c == 1) + 3 * n())
                v = u()
                city = v < .5 ? "Oslo" : v < .8 ? "Rome" : "Lima"
                if (u() < .01 || u() < (noise - 1) / 100) c = (c + 1) % 3
                print "r" i, w, a, city, "c" c
            }
        }'
}
# night STATE FILE [OPTION...]
night() {
    state=$1
    file=$2
    shift 2
    SOURCE_DATE_EPOCH=$((1700000000 + 86400 * day)) audit -q --state="$state" \
        --name=n --label=class --id=id --model=neighbors --methods=none -j1 \
        --fail-on=new:1%,drift,schema,trend "$@" "$file"
}

# ---- quiet nights -----------------------------------------------------------

mkdir s
alarms=0
failed=0
day=0
while [ $day -lt "$nights" ]; do
    table $day >t.csv
    night s t.csv >out 2>err
    case $? in
    0) ;;
    1)
        alarms=$((alarms + 1))
        sed -n "2s/^/# night $day: /p" out
        ;;
    *) failed=$((failed + 1)) ;;
    esac
    day=$((day + 1))
done
is $failed 0 "$nights nights"
[ $alarms -le 2 ]
ok $? "at most two alarms: $alarms"
is "$(tail -n 1 s/n/history.csv | cut -d , -f 1)" "$nights" 'each in the history'

# ---- what happens is named the same night -----------------------------------

# after NAME WANTED EDIT: the next night, with the table edited.
after() {
    rm -rf s2
    cp -a s s2
    table $day | awk -F , -v OFS=, "$3" >t.csv
    night s2 t.csv >out 2>err
    is "$? $(tr -s ' \n' ' ' <out | grep -oF -e "$2" | head -n 1)" "1 $2" "$1"
}
after 'an emptied column' 'column age: categorical, was numeric' \
    'NR > 1 { $3 = "" } { print }'
after 'another unit' ' weight ' 'NR > 1 { $2 *= 2.2046 } { print }'
grep -q '^  weight .* < 0.001 ' out
ok $? 'whose column drifted'
after 'a class with another name' 'class k2 is new' \
    '{ sub(/^c2$/, "k2", $5); print }'
after 'a join that doubles rows' 'rows: 2000, were 1000' \
    '{ print } NR > 1 { $1 = $1 "b"; print }'

# ---- a step from 1 to 3 % ---------------------------------------------------

found=0
step=0
while [ $step -lt "$steps" ]; do
    rm -rf s2
    cp -a s s2
    late=0
    while [ $late -lt 3 ]; do
        table $day | awk -F , -v OFS=, -v seed=$((step + 1)) '
            BEGIN { srand(seed) }
            NR > 1 && rand() < .02 { $5 = "c" (substr($5, 2) + 1) % 3 }
            { print }' >t.csv
        day=$((day + 1))
        late=$((late + 1))
        night s2 t.csv >out 2>err && continue
        found=$((found + 1))
        break
    done
    day=$((day - late))
    step=$((step + 1))
done
[ $((100 * found)) -ge $((95 * steps)) ]
ok $? "$found of $steps steps from 1 to 3 % are found within three nights"

# ---- kills ------------------------------------------------------------------

# valid STATE: the state is whole, and nothing that said it was done is lost.
valid() {
    last=$(ls "$1/n/audits" | tail -n 1 | cut -c 1-6 | sed 's/^0*//')
    [ "${last:-0}" -ge "$done" ] &&
        { [ ! -e "$1/n/history.csv" ] ||
            awk -F , 'NR == 1 { next } NF != 16 || $1 <= last { exit 1 }
                { last = $1 }' "$1/n/history.csv"; } &&
        for file in "$1"/n/audits/*.h5; do
            [ ! -e "$file" ] ||
                report --format=prometheus "$file" |
                grep -q '^winnow_rows.* 1000$' || return 1
        done
}
bad=''
done=0
kill=0
table 0 >t.csv
mkdir s3
while [ $kill -lt "$kills" ]; do
    # The clock goes back now and then.
    day=$((kill * 37 % 50))
    # Between none and all of it.
    time=$(awk -v k=$kill 'BEGIN {
            printf "%.3f", .01 + (k * .61803 % 1) * 1.6 }')
    case $((kill % 3)) in
    2)
        # Two at once.
        night s3 t.csv >/dev/null 2>&1 &
        other=$!
        ;;
    *) other='' ;;
    esac
    SOURCE_DATE_EPOCH=$((1700000000 + 86400 * day)) timeout -s KILL "$time" \
        audit -q --state=s3 --name=n --label=class --id=id --model=none \
        --methods=none -j1 --retain=3 t.csv >/dev/null 2>&1 &&
        done=$((done + 1))
    if [ -n "$other" ]; then
        wait $other
        case $? in
        0 | 1) done=$((done + 1)) ;;
        75) ;;
        *) bad="$bad other:$kill" ;;
        esac
    fi
    valid s3 || bad="$bad $kill"
    kill=$((kill + 1))
done
is "$bad" '' "$kills kills, two at once, the clock set back: $done nights done"
(ulimit -f 8 && night s3 t.csv) >/dev/null 2>&1
is $? 2 'a full disk ends the night'
valid s3
ok $? 'and leaves the state valid'
night s3 t.csv >out 2>err
[ $? -le 1 ]
ok $? 'the next night goes through'

# ---- the machine stops ------------------------------------------------------

# Before each call that syncs, renames, makes or removes a file, and right after
# the end: what was not synced is lost, names and bytes. make check has some of
# these calls.
strike=$build/tests/shim/strike
mkdir s4
# struck AT: a night whose machine stops before its call AT; its status is in
# status.
struck() {
    SOURCE_DATE_EPOCH=$((1700000000 + 86400 * day)) "$strike" cut "$1" \
        audit -q --state=s4 --name=n --label=class --id=id --model=none \
        --methods=none -j1 --retain=3 --pruned=p.csv t.csv >out 2>err
    status=$?
}
SOURCE_DATE_EPOCH=1700000000 "$strike" count 0 audit -q --state=s4 --name=n \
    --label=class --id=id --model=none --methods=none -j1 --pruned=p.csv t.csv \
    >counts 2>err
if [ $? -eq 99 ] || [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'the machine stops' 'no ptrace here'
else
    calls=$(sed -n 's/^cut //p' counts)
    bad=''
    done=1
    runs=0
    at=1
    while [ "$at" -le $((calls + 40)) ]; do
        day=$((day + 1))
        struck $at
        runs=$((runs + 1))
        case $status in
        137) ;;
        0 | 1)
            done=$((done + 1))
            # Not before the last call: that was all.
            [ "$at" -gt "$calls" ] && at=$((calls + 40))
            ;;
        *) bad="$bad $at=$status:$(head -n 1 err)" ;;
        esac
        valid s4 || bad="$bad $at"
        [ ! -e p.csv ] || [ "$(wc -l <p.csv)" -gt 900 ] || bad="$bad $at:p"
        at=$((at + stops))
    done
    is "$bad" '' "the machine stops $runs times: a valid state, $done nights done"
    struck 1000000
    done=$((done + 1))
    valid s4 && [ $status -eq 0 ]
    ok $? 'and once right after the end: the night stays'
fi
(umask 077 && chmod 444 t.csv && env -i PATH="$PATH" audit -q --state=s4 \
    --name=n --label=class --id=id --model=none --methods=none -j1 \
    --pruned=p.csv t.csv) >out 2>err
is "$?$(cat out err)" 0 'no environment, another umask, a source to read only'
is "$(ls -A s4/n/.work 2>/dev/null)$(ls s4/n/audits | wc -l)" \
    "$(ls s4/n/audits | wc -l)" 'nothing is left behind'
done_testing
