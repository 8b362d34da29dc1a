#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# audit --config: options out of a file, one section or all of them.
. "${WN_SOURCE:-.}/tests/tap.sh"

mkdir etc etc/nights etc/data
cp "$samples/wine.csv" "$samples/iris.csv" etc/data
cat >etc/night.conf <<'END'
# every night
state = nights
model = neighbors
methods=none
fail-on = label:50%

[wine]
file = data/wine.csv
label = cultivar

[flowers]
  file = data/iris.csv
label=species
quiet
END
runs '--check-config' audit --config=etc/night.conf --check-config
is "$(cat out err)" '' 'says nothing of a file that is right'
runs 'a section' audit --config=etc/night.conf -q wine
is "$(find etc/nights -name '*.csv')" etc/nights/wine/history.csv \
    'has its name in the state, and names relative to the file'
audit --config=etc/night.conf --all >out 2>err
is "$? $(sed 's, rows.*,,' out | tr '\n' '|')" \
    '0 wine: wine.csv: 178|flowers: nothing to report|' \
    '--all audits each section, a line each'
is "$(cat etc/nights/*/history.csv | grep -c '^[12],')" 3 'in their states'
runs '--all -q' audit --config=etc/night.conf --all -q
is "$(cat out err)" '' 'is silent'
sed 's/^label=species/label=spices/; s/50%/0/' etc/night.conf >etc/two.conf
audit --config=etc/two.conf --all -q >out 2>err
is "$? $(cat out | sed 's/: wine.csv.*//; s/ for --label.*//')" "2 wine
    reached --fail-on: label:0 (1)
flowers: ingest: data/iris.csv: found no column 'spices'" \
    'a line for each that found something or failed, the worst exit status'

# What is wrong with the file.
bad() {
    sed "$1" etc/night.conf >etc/bad.conf
    fails_with 2 "$2" audit --config=etc/bad.conf --check-config
}
bad 's/^label = /lable = /' "bad.conf:9: found 'lable', wanted a long option of audit, or file"
bad 's/^quiet/quiet = yes/' "bad.conf:14: found 'quiet = yes', wanted quiet alone"
bad 's/^state.*/state/' "bad.conf:2: found 'state', wanted state = VALUE"
bad 's/^state.*/state = none/' 'bad.conf:2: state = none is no directory'
bad 's/^.wine/[wi ne/' "bad.conf:7: found '[wi ne]', wanted a section such as"
bad 's/^.wine./[flowers]/' "bad.conf:11: found '[flowers]', wanted each section once"
bad 's/neighbors/neighbours/' "bad.conf:3: --model: found 'neighbours', wanted"
bad 's/50%/x/' "bad.conf:5: --fail-on: found 'label:x', wanted CHECK:COUNT"
bad 's/^file.*//' 'bad.conf: [wine]: found no file, wanted file = NAME'
bad 's/iris.csv/none.csv/' 'bad.conf: [flowers]: file = data/none.csv cannot be read'
bad 's/^.[wf].*//' 'bad.conf: found no section, wanted [NAME]'
bad '$a config = x' "bad.conf:15: found 'config', wanted a long option"
fails_with 2 'night.conf: found no section [none]' \
    audit --config=etc/night.conf none
fails_with 2 "found operand 'wine', wanted none with --all" \
    audit --config=etc/night.conf --all wine
fails_with 2 '--all and --check-config want --config' audit --all
fails_with 2 'none.conf: wanted a file that can be read' \
    audit --config=none.conf --all
printf "[a]\nfile = it's \$(touch x) \`b\` \"c\".csv\nlabel = \\\\n  'q'\n" >etc/hard.conf
printf "\\\\n  'q',b\n" >"etc/it's \$(touch x) \`b\` \"c\".csv"
for i in 1 2 3 4 5 6 7 8 9; do
    printf 'c%d,%d\n' $((i % 2)) $i
done >>"etc/it's \$(touch x) \`b\` \"c\".csv"
runs 'words that a shell would read otherwise' \
    audit --config=etc/hard.conf --model=none --methods=none a
ok "$([ ! -e x ] && [ ! -e etc/x ]; echo $?)" 'are no commands'

# The units are those that winnow-nightly(7) shows.
for unit in service timer; do
    awk '/^\.Bd/ { text = ""; next }
        /^\.Ed/ { if (text ~ "^\\[Unit\\]" && text ~ want) printf "%s", text; text = "" }
        { text = text $0 "\n" }' want="\n\\[$([ $unit = timer ] &&
            echo Timer || echo Service)\\]" \
        "$source/man/winnow-nightly.7" >unit
    sed 1d "$source/src/prog/winnow-audit@.$unit" >file
    same unit file "the $unit of the manual"
done
if command -v systemd-analyze >/dev/null; then
    mkdir units
    cp "$source"/src/prog/winnow-audit@.* units
    # Any program will do here.
    sed 's,/usr/bin/audit,/bin/true,' "$source/src/prog/winnow-audit@.service" \
        >units/winnow-audit@.service
    cp units/winnow-audit@.service units/winnow-audit@letters.service
    systemd-analyze verify --man=no ./units/winnow-audit@letters.service \
        >verify.out 2>&1
    is "$? $(grep winnow-audit verify.out)" '0 ' 'systemd-analyze verify'
    systemd-analyze security --offline=yes --threshold=20 --no-pager \
        ./units/winnow-audit@letters.service >security.out 2>&1
    ok $? "exposure: $(sed -n 's/.*Overall exposure level.*: //p' security.out)"
else
    skip 'systemd-analyze' 'it is not there'
fi
done_testing
