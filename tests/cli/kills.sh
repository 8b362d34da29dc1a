#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make check-kills: kill audit at 2 x KILLS random moments (1000), and single
# programs at KILLS (500), by SIGKILL; a run that ends before does not count. An
# output is always one of the two whole versions, the two outputs of audit belong
# together but between its last two renames, no process lives on, and the next
# run ends well and leaves nothing else.
. "${WN_SOURCE:-.}/tests/tap.sh"
kills=${KILLS:-500}
neighbors='--model=neighbors --methods=disagreement'

cp "$samples/iris.csv" 0.csv
sed '3s/setosa/virginica/' 0.csv >1.csv
mkdir run
for v in 0 1; do
    mkdir $v
    cp $v.csv run/in.csv
    (cd run && audit -q -f -j1 in.csv -l species $neighbors -o a.h5 \
        --pruned=p.csv && mv a.h5 p.csv ../$v) || exit 99
    ingest -q -j1 $v.csv --as=in.csv -l species -o $v/ingest 2>/dev/null ||
        ingest -q -j1 run/in.csv -l species -o $v/ingest
    score -q -j1 $neighbors $v/ingest -o $v/score
    flag -q -j1 $v/score -o $v/flag
    report --no-values --as=a.h5 $v/flag -o $v/report
    prune -q "--source=run/in.csv" $v/flag -o $v/prune
done
is "$(cmp -s 0/a.h5 1/a.h5; echo $?)" 1 'two runs that differ'

# milliseconds
now() {
    date +%s%3N
}

# killed MOST COMMAND...: start it in a group of its own, kill it after a random
# time up to MOST milliseconds; each third time the whole group.
count=0
killed() {
    most=$1
    shift
    count=$((count + 1))
    wait=$(awk -v "most=$most" -v "seed=$count" 'BEGIN {
        srand(seed); rand(); printf "%.3f", rand() * most / 1000 }')
    setsid "$@" >out 2>err &
    pid=$!
    sleep "$wait"
    if [ $((count % 3)) -eq 0 ]; then
        kill -9 -- -$pid 2>/dev/null
    else
        kill -9 $pid 2>/dev/null
    fi
    wait $pid 2>/dev/null
    [ $? -ne 137 ] || died=$((died + 1))
    # Children die with their parents, if not at once. A zombie is dead, though
    # nobody has asked for its status yet.
    for try in 1 2 3 4 5 6 7 8 9 10; do
        alive=$(ps -o stat= -o pid= -o args= -g $pid | grep '^[^Z]') || return 0
        sleep 0.2
    done
    printf '%s\n' "$alive" | sed 's/^/# lives: /'
    bad="$bad $count:lives"
}

version() {
    for v in 0 1; do
        ! cmp -s "$1" "$v/$2" || { echo $v; return; }
    done
    echo lost
}

# audit
cp 0/a.h5 0/p.csv run
cd run || exit 99
begin=$(now)
audit -q -f -j1 in.csv -l species $neighbors -o a.h5 --pruned=p.csv
most=$((($(now) - begin) * 11 / 10))
cd ..
bad='' died=0 between=0
while [ $died -lt $((2 * kills)) ]; do
    cp $((count / 7 % 2)).csv run/in.csv
    cd run || exit 99
    killed $most audit -q -f -j1 in.csv -l species $neighbors -o a.h5 \
        --pruned=p.csv
    cd ..
    a=$(version run/a.h5 a.h5) p=$(version run/p.csv p.csv)
    case $a$p in
    00 | 11) ;;
    01 | 10) between=$((between + 1)) ;;
    *) bad="$bad $count:$a$p" ;;
    esac
    if [ $((count % 10)) -eq 0 ]; then
        (cd run && audit -q -f -j1 in.csv -l species $neighbors -o a.h5 \
            --pruned=p.csv) >out 2>err || bad="$bad $count:next"
        [ "$(version run/a.h5 a.h5)" = "$(version run/p.csv p.csv)" ] &&
            [ "$(ls -A run | grep -cv '^err$\|^out$')" -eq 3 ] ||
            bad="$bad $count:left"
    fi
done
is "$bad" '' "audit: $died kills in $count runs"
echo "# $between of them between the two renames"

# Single programs; the output is replaced in place.
bad='' died=0 count=0
for name in ingest score flag report prune; do
    case $name in
    ingest) set -- ingest -q -f -j1 run/in.csv -l species -o out.h5 ;;
    score) set -- score -q -f -j1 $neighbors 1/ingest -o out.h5 ;;
    flag) set -- flag -q -f -j1 1/score -o out.h5 ;;
    report) set -- report -f --no-values --as=a.h5 1/flag -o out.h5 ;;
    prune) set -- prune -q -f --source=run/in.csv 1/flag -o out.h5 ;;
    esac
    cp 1.csv run/in.csv
    cp 0/$name out.h5
    begin=$(now)
    "$@" >out 2>err || bad="$bad $name:$(cat err)"
    most=$((($(now) - begin) * 12 / 10 + 2))
    until=$((died + kills / 5))
    while [ $died -lt $until ]; do
        cp 0/$name out.h5
        killed $most "$@"
        [ "$(version out.h5 $name)" != lost ] || bad="$bad $name-$count:lost"
    done
    "$@" >out 2>err || bad="$bad $name:next"
    [ "$(version out.h5 $name)" = 1 ] || bad="$bad $name:other"
    [ "$(ls -A | grep -c '\.part$\|\.work$\|\.lock$')" -eq 0 ] ||
        bad="$bad $name:left"
done
is "$bad" '' "single programs: $died kills in $count runs"
done_testing
