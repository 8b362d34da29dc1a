#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Outputs that must not be written: over an input of the same run, through a
# planted part, beyond a limit on sizes; and programs that end where memory is
# limited.
. "${WN_SOURCE:-.}/tests/tap.sh"

cp "$samples/iris.csv" s.csv
printf 'species: replace /setosa/SETOSA/\n' >rules
audit -q s.csv --label=species -o a.h5 && ingest -q s.csv --label=species \
    -o d.h5 && score -q --model=none --methods=none d.h5 -o old.h5 || exit 99
cp s.csv want.csv
cp a.h5 want.h5
cp rules want.rules

# ---- over an input -----------------------------------------------------------

input='is an input of this run, wanted another file to write'
fails_with 2 "s.csv: $input" ingest s.csv --label=species -fo s.csv
fails_with 2 "s.csv: $input" sh -c 'ingest --label=species -fo s.csv - <s.csv'
ln -s s.csv link.csv
ln s.csv hard.csv
fails_with 2 "link.csv: $input" ingest s.csv --label=species -fo link.csv
fails_with 2 "hard.csv: $input" ingest s.csv --label=species -fo hard.csv
fails_with 2 "rules: $input" ingest s.csv --label=species --rules=rules \
    -fo rules
printf '%s\n' setosa versicolor virginica >names
fails_with 2 "names: $input" ingest s.csv --label=species --classes=names \
    -fo names
fails_with 2 "s.csv: $input" prune a.h5 -fo s.csv
fails_with 2 "s.csv: $input" prune a.h5 -f --removed=s.csv -o kept.csv
fails_with 2 "a.h5: $input" prune a.h5 -fo a.h5
fails_with 2 "a.h5: $input" report a.h5 -fo a.h5
cp a.h5 before.h5
fails_with 2 "before.h5: $input" report a.h5 --against=before.h5 -fo before.h5
same s.csv want.csv 'the source is left alone'
same a.h5 want.h5 'the audit file, too'
same rules want.rules 'and the rules'
ok "$([ ! -e kept.csv ] && [ -z "$(ls -A | grep '\.part$')" ]; echo $?)" \
    'nothing is left'
runs 'a stage may replace the audit file that it continues' flag a.h5 -fo a.h5
same a.h5 want.h5 'with the same result'
runs 'and in place' flag -i a.h5

# ---- a part that somebody planted --------------------------------------------

echo secret >victim
ln victim .new.h5.part
fails_with 2 '.new.h5.part: is not a file of ours alone' \
    ingest s.csv --label=species -o new.h5
is "$(cat victim)" secret 'another name of a file is not written through'
rm .new.h5.part
ln -s victim .new.h5.part
fails_with 2 '.new.h5.part: cannot create' \
    ingest s.csv --label=species -o new.h5
rm .new.h5.part
if [ "$(id -u)" = 0 ] && : >.new.h5.part && chown 1 .new.h5.part; then
    fails_with 2 '.new.h5.part: is not a file of ours alone' \
        ingest s.csv --label=species -o new.h5
else
    skip 'a part of another owner' 'only root can make one'
fi
rm -f .new.h5.part
ln -s nowhere dangling.h5
fails_with 2 'dangling.h5: is a symbolic link to a file that does not exist' \
    ingest s.csv --label=species -o dangling.h5

# ---- limits ------------------------------------------------------------------

(
    ulimit -f 4
    ingest s.csv --label=species -o limited.h5 2>limited.err
    echo $? >limited.status
)
is "$(cat limited.status) $(cut -d : -f 1,4 limited.err)" \
    '2 ingest: File too large' 'a limit on file sizes is an error'
ok "$([ -z "$(ls -A | grep -e limited.h5)" ]; echo $?)" 'which leaves nothing'

# Programs end, whether memory is enough or not; under the sanitizers no limit
# on addresses can be set.
if ("$build/report" --help >/dev/null && ulimit -v 250000 &&
    "$build/report" --help) >/dev/null 2>&1; then
    for limit in 120000 160000 200000; do
        for program in 'report a.h5' 'prune a.h5' 'flag a.h5' \
            'ingest s.csv --label=species' 'score d.h5'; do
            # shellcheck disable=SC2086
            (
                ulimit -v $limit
                timeout -s KILL 60 $program >limited 2>&1
                echo $? >>limited.status
            )
        done
    done
    is "$(grep -c -e 137 limited.status)" 0 \
        'no program hangs for want of memory'
else
    skip 'limited memory' 'no program starts in 250 MB of addresses'
fi
ingest s.csv --label=species -o name.h5 &&
    is "$(sh -c 'score name.h5 -o /dev/null & pid=$!
        while name=$(cat "/proc/$pid/comm" 2>/dev/null) &&
            { [ "$name" = sh ] || [ "$name" = exe ]; }; do :; done
        wait; echo "$name"')" score 'ps shows the name'
done_testing
