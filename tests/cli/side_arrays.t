#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest --features-b and --dynamics: arrays beside a table, from .npy and HDF5
# files of several types; each number is compared with the audit file.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

printf 'a,b,y\n1,5,two\n2,7,one\n3,5,two\n4,9,one\n' >t.csv
# 2 epochs x 4 rows x 2 classes; classes in byte order: one, two.
logits='1 2 3 4 5 6 7 8 -1 -2 -3 -4 -5 -6 -7.5 1e3'
for form in 'npy <f4' 'fortran >f8' '/g/l f8' 'z/g/l >f4'; do
    set -- $form
    rm -f l.npy l.h5
    case $1 in
    npy | fortran) at=l.npy ;;
    *) at=l.h5 ;;
    esac
    echo "$logits" | compose $at "$1" "${2#<}" 2x4x2 || exit 99
    test $at = l.npy || at=l.h5:/g/l
    runs "dynamics as $form" ingest t.csv --label=y --dynamics=$at -q -f \
        -o a.h5
    is "$(peek a.h5 data/dynamics f32 | tr '\n' ' ')" \
        '1 2 3 4 5 6 7 8 -1 -2 -3 -4 -5 -6 -7.5 1000 ' "as $form: all numbers"
    is "$(peek a.h5 data/dynamics content)" logits "as $form: logits"
done
echo '.5 .5 .25 .75 0 1 1 0' | compose p.npy npy f8 1x4x2
runs 'dynamics that sum to 1' ingest t.csv --label=y --dynamics=p.npy -q -f \
    -o a.h5
is "$(peek a.h5 data/dynamics content)" probabilities 'are probabilities'

printf 'a,y\n1,10\n2,9\n3,10\n4,9\n' >n.csv
runs 'classes with numbers for names' ingest n.csv --label=y --dynamics=p.npy \
    -q -f -o a.h5
is "$(peek a.h5 data/dynamics f32 | tr '\n' ' ')" \
    '0.5 0.5 0.75 0.25 1 0 0 1 ' \
    'have columns by number: 9 before 10, whose label is 0'

seq 12 | compose b.npy npy i2 4x3
runs 'features-b' ingest t.csv --label=y --features-b=b.npy -q -f -o a.h5
is "$(peek a.h5 data/features_b f32 | tr '\n' ' ')" \
    '1 2 3 4 5 6 7 8 9 10 11 12 ' 'its numbers as they are'
runs 'a stage behind it' score -q --methods=none --model=none a.h5 -o s.h5
is "$(peek s.h5 data/features_b f32 | wc -w)" 12 'copies them'

refused() {
    fails_with 2 "$1" ingest t.csv --label=y -f -o no.h5 "$2"
}
seq 9 | compose b3.npy npy u1 3x3
refused 'ingest: b3.npy: found 3 rows, wanted 4, one for each of the input' \
    --features-b=b3.npy
refused 'ingest: b.npy: found 2 dimensions, wanted epochs x rows x classes' \
    --dynamics=b.npy
seq 12 | compose d3.npy npy u1 1x4x3
refused 'ingest: d3.npy: found 3 classes, wanted 2 as in the label' \
    --dynamics=d3.npy
seq 12 | compose d2.npy npy u1 2x3x2
refused 'ingest: d2.npy: found 3 rows, wanted 4, one for each of the input' \
    --dynamics=d2.npy
echo '1 2 3 4 5 nan 7 8' | compose nan.npy npy f4 1x4x2
refused 'ingest: nan.npy: epoch 0, row 2, column 1: found nan, wanted' \
    --dynamics=nan.npy
echo '1 2 3 1e300' | compose big.npy npy f8 4x1
refused 'ingest: big.npy: row 3, column 0: found 1e+300, wanted a number' \
    --features-b=big.npy
echo 'a b c d' | compose s.npy npy S1 4
refused 'ingest: s.npy: found text, wanted numbers' --features-b=s.npy
refused 'ingest: l.h5: /none: is not in the file' --features-b=l.h5:/none
ok "$([ ! -e no.h5 ]; echo $?)" 'nothing is written then'
done_testing
