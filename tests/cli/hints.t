#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The commands that report suggests run as they stand, and write a file of the
# right format, for every format and place of the source.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

head -n 31 "$samples/iris.csv" >a.csv
sed -n '52,81p;102,131p' "$samples/iris.csv" >>a.csv
sed 's/versicolor/virginica/;40q' a.csv | sed -n '33,34p' >>a.csv
tr , '\t' <a.csv >a.tsv
sed 1d a.csv | cut -d, -f1-4 | tr , ' ' >x
sed 1d a.csv | cut -d, -f5 >y
n=$(wc -l <y | tr -d ' ')
compose a.h5 x f8 "${n}x4" <x
compose a.h5 y S12 "$n" <y
compose x.npy npy f8 "${n}x4" <x
compose y.npy npy S12 "$n" <y
awk '{ $0 = $1 == "setosa" ? 0 : $1 == "virginica" ? 1 : 2 } 1' y |
    paste -d ' ' - x |
    awk '{ print $1, "1:" $2, "2:" $3, "3:" $4, "4:" $5 }' >a.svm

# commands FILE: the commands in a report. typed NAME: each of them runs.
commands() { sed -n '/^Next/,/^$/s/^  .\{26\}  //p' "$1"; }
typed() {
    commands said >cmd
    bad=''
    while read -r line; do
        sh -c "$line" </dev/null >cmd.out 2>cmd.err || bad="$bad; $line"
    done <cmd
    is "$bad" '' "$1: $(wc -l <cmd | tr -d ' ') commands run"
}
finish() {
    score -q --model=neighbors --methods=none -i "$1" &&
        flag -q -i "$1" && report "$1" >said
}
# form NAME ENDING FIRST INGEST...: the suffix and first bytes of what prune
# writes.
form() {
    name=$1 ending=$2 first=$3
    shift 3
    rm -f clean.* audit.h5
    "$@" -q -o audit.h5 || exit 99
    finish audit.h5
    typed "$name"
    ok "$(ls clean.* 2>/dev/null | grep -qx "clean.$ending"; echo $?)" \
        "$name: clean.$ending is there"
    is "$(head -c "${#first}" "clean.$ending")" "$first" "$name: as it ought to"
}
form CSV csv sepal ingest a.csv --label=species
form TSV tsv sepal ingest a.tsv --delimiter=tab --label=species
form HDF5 h5 "$(printf '\211HDF')" ingest a.h5 --features=/x --label=/y
form npy npy "$(printf '\223NUMPY')" ingest x.npy --label=y.npy
form LIBSVM svm '0 1:' ingest a.svm --from=libsvm
pipe() { ingest --label=species "$@" <a.csv; }
form 'a pipe' csv sepal pipe

# The source is gone: the command asks for a file.
mkdir away && mv a.csv away || exit 99
ingest -q "$work/away/a.csv" --label=species -o audit.h5 -f
finish audit.h5
is "$(commands said | sed -n '$p')" \
    'prune audit.h5 --source=FILE > clean.csv' 'a source elsewhere is asked for'
cp audit.h5 away && (cd away && report audit.h5 >said) &&
    is "$(commands away/said | sed -n '$p')" 'prune audit.h5 > clean.csv' \
        'not beside it'
report "--as=$work/away/later.h5" audit.h5 >said
is "$(commands said | sed -n '$p')" \
    "prune $work/away/later.h5 > clean.csv" 'nor beside where it is to be'

# Names that a shell would split; audit files without scores or flags.
cd away || exit 99
ingest -q a.csv --label=species -o "it's a b.h5" || exit 99
for step in score flag report; do
    report "it's a b.h5" >said
    typed "before $step"
done
ingest -q a.csv --label=species -o ./-x.h5 && finish ./-x.h5
report -- -x.h5 >said
typed 'a name with a dash'
audit a.csv --label=species --model=neighbors --methods=none -f >said ||
    exit 99
typed 'audit'
done_testing
