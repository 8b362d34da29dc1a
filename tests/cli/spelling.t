#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Classes that differ only in spelling are reported and kept; the rules in the
# report merge them.
. "${WN_SOURCE:-.}/tests/tap.sh"

# Composed and decomposed letters, capitals, blanks that look alike.
printf 'a,the label\n' >pets.csv
i=0
for label in Cat Cat 'cat ' CAT 'Caf\303\251' 'Cafe\314\201' 'Caf\303\251' \
    'd\302\240og' 'd og' 'd og' 'say "hi"' 'Say "hi"' 'Say "hi"' owl owl; do
    i=$((i + 1))
    printf '%d,"' $i
    printf "$label" | sed 's/"/""/g'
    printf '"\n'
done >>pets.csv
runs "spellings are no error" ingest --label='the label' pets.csv -o pets.h5
is "$(grep -c 'is a spelling of' err)" 5 "five of them"
is "$(grep Caf err)" "ingest: pets.csv: column the label: \
'$(printf 'Cafe\314\201')' (1) is a spelling of '$(printf 'Caf\303\251')' (2); \
rule: \"the label\": map \"Cafe\\u0301\" = \"$(printf 'Caf\303\251')\"" \
    "form NFC is the spelling, and the mark is seen"
report pets.h5 | sed -n '/^Spellings/,/^$/p' >shown
cat >wanted <<END
Spellings of one class, and the rules that merge them
  "the label": map "CAT" = "Cat"   # 1 row; 2 with the right spelling
  "the label": map "Cafe\\u0301" = "$(printf 'Caf\303\251')"   # 1 row; 2 with the right spelling
  "the label": map "cat " = "Cat"   # 1 row; 2 with the right spelling
  "the label": map "d\\u00a0og" = "d og"   # 1 row; 2 with the right spelling
  "the label": map "say \\"hi\\"" = "Say \\"hi\\""   # 1 row; 2 with the right spelling

END
same shown wanted "report shows them"
is "$(report --format=json pets.h5 | grep '"spelling"' | sed -n 1p)" \
    '{"record":"spelling","class":"CAT","rows":1,"of":"Cat","of_rows":2,'\
'"rule":"\"the label\": map \"CAT\" = \"Cat\""}' "JSON has them"
python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    is "$("$python" -c '
import h5py
f = h5py.File("pets.h5")["data"]
name = [x.decode() for x in f["label_name"][:]]
print(*(ascii(name[s]) for s in f["label_same"][:]))')" \
        "'Cat' 'Caf\\xe9' 'Caf\\xe9' 'Cat' 'Say \"hi\"' 'Cat' 'd og' 'd og' \
'owl' 'Say \"hi\"'" "the class that each should be"
else
    skip "the class that each should be" "python3-h5py is not installed"
fi
report --format=json pets.h5 | "$python" -c '
import json, sys
for line in sys.stdin:
    line = json.loads(line)
    if line.get("record") == "spelling":
        print(line["rule"])' >pets.rules 2>err
if [ -s pets.rules ] && ingest --help | grep -q -e --rules; then
    ingest --label='the label' --rules=pets.rules pets.csv -o clean.h5 2>err
    is "$(grep -c spelling err):$(report --format=tsv --columns clean.h5 |
        awk -F'\t' '$2 == "label" { print $5 }')" "0:5" \
        "the rules make them one"
else
    skip "the rules make them one" "no python3, or no --rules"
fi
is "$(report pets.h5 | grep -c '# 1 row')" 5 "once each"
printf 'a,y\n1,p\n2,q\n3,p\n' >plain.csv
ingest --label=y plain.csv -o plain.h5 2>err
is "$(report plain.h5 | grep -c Spelling)" 0 "nothing where there is nothing"

done_testing
