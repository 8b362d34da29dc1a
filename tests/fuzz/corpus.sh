#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Seeds for the fuzz targets that read files: corpus.sh SOURCE DIRECTORY, with
# the programs and tests/cli/compose on PATH. Seeds that are text stand in
# tests/fuzz/targets.c.
set -e
source=$1 into=$2
seeds=$source/tests/fuzz/seeds
mkdir -p "$into/csv" "$into/table" "$into/libsvm" "$into/npy" "$into/audit" \
    "$into/mended" "$into/foreign" "$into/anndata"
cp "$source"/tests/files/*.csv "$into/csv"
cp "$source"/tests/files/good-*.csv "$seeds"/*.csv "$into/table"
cp "$seeds"/*.h5ad "$into/anndata"
cp "$source"/tests/files/*.svm "$into/libsvm"

ingest -q -f --label=species "$source/samples/iris.csv" -o "$into/audit/iris.h5"
ingest -q -f --label=label --id=id -o "$into/audit/ids.h5" <<'END'
id,n,city,note,label
a1,1,Oslo,"the first, of some words",x
a2,,Rome,the second of some words,y
a3,x,Oslo,,x
a4,7,Bern,and the fourth of some words,y
END
score -q -f --model=softmax --methods=disagreement "$into/audit/iris.h5" |
    flag -q -f -o "$into/audit/flag.h5"
ingest -q -f "$seeds/roles.csv" --rules="$seeds/roles.rules" --label=y --id=key \
    --annotator=who --group=part --split=fold --trusted=sure --weight=w \
    --cost=price |
    score -q -f --model=neighbors --methods=disagreement,el2n --epochs=2 |
    flag -q -f -o "$into/mended/roles.h5"

# The first byte of a seed for "encoding" chooses: 1 UTF-16, 2 UTF-16BE, 6 UTF-32.
mkdir -p "$into/encoding"
text='gr\303\266\303\237e,y\n"a, b",p\n1,\303\251\n'
for pair in 1:UTF-16LE 2:UTF-16BE 6:UTF-32LE; do
    { printf "${pair%:*}" && printf "$text" | iconv -f utf8 -t "${pair#*:}"; } \
        >"$into/encoding/${pair#*:}"
done

rm -f "$into"/foreign/* "$into"/npy/*
seq 24 | compose "$into/foreign/plain.h5" x f4 8x3
seq 8 | compose "$into/foreign/plain.h5" label i2 8
echo a bb c a bb c dd e | compose "$into/foreign/plain.h5" name V 8
seq 24 | compose "$into/foreign/packed.h5" z/x '>f8' 8x3
echo a bb c a bb c dd e | compose "$into/foreign/packed.h5" z/name S4 8
echo 0 2 1 1 0 2 0 -1 | compose "$into/foreign/names.h5" type/codes i1 8
echo red green blue | compose "$into/foreign/names.h5" type/categories V 3
echo 3 1 0 2 5 1 2 2 | compose "$into/foreign/masked.h5" type/values i4 8
echo 0 1 0 0 0 1 0 0 | compose "$into/foreign/masked.h5" type/mask u1 8

cp "$source"/tests/files/*.npy "$into/npy"
seq 24 | compose "$into/npy/plain.npy" npy f4 8x3
seq 24 | compose "$into/npy/columns.npy" fortran '>i2' 8x3
echo a b c | compose "$into/npy/text.npy" npy U2 3
