#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# samples/ is what samples/make.py makes, and is as samples/README says.
. "${WN_SOURCE:-.}/tests/tap.sh"

python=/usr/bin/python3
adult=$source/../shared/data/adult.csv.gz
if "$python" -c 'import sklearn.datasets' 2>/dev/null; then
    mkdir made
    runs "make.py" "$python" -B "$samples/make.py" made
    for name in digits digits.truth iris wine breast_cancer; do
        same "made/$name.csv" "$samples/$name.csv" "$name.csv is as made"
    done
    if [ -r "$adult" ]; then
        runs "make.py --adult" \
            "$python" -B "$samples/make.py" "--adult=$adult" made
        for name in mixed mixed.truth mixed.broken; do
            same "made/$name.csv" "$samples/$name.csv" "$name.csv is as made"
        done
    else
        skip "mixed.csv is as made" "no copy of UCI Adult here"
    fi
else
    skip "samples are as made" "python3-sklearn is not installed"
fi

# The numbers that samples/README gives, counted in the files.
for row in digits:1797:64 iris:150:4 wine:178:13 breast_cancer:569:30; do
    name=${row%%:*}
    is "$(awk -F, 'END { print NR - 1 ":" NF - 1 }' "$samples/$name.csv")" \
        "${row#*:}" "$name.csv has the rows and columns it should"
done
is "$(awk -F, 'NR > 1 && $2 != $3' "$samples/digits.truth.csv" | wc -l)" 90 \
    "90 digits have a changed label"
is "$(awk -F, 'NR > 1 { print $2 }' "$samples/digits.truth.csv" | cksum)" \
    "$(awk -F, 'NR > 1 { print $NF }' "$samples/digits.csv" | cksum)" \
    "digits.truth.csv gives the labels of digits.csv"
done_testing
