#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# prune writes all of an HDF5 or anndata file: every type, attribute and link,
# read back by h5py.
. "${WN_SOURCE:-.}/tests/tap.sh"

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py' 2>/dev/null && python=$candidate && break
done
if [ ! "$python" ]; then
    skip 'whole HDF5 files' 'python3-h5py is not installed'
    done_testing
    exit
fi
"$python" "$source/tests/cli/whole_hdf5.py" make || exit 99

# audit FILE FEATURES LABEL OUT; keep OUT OPTION...
audit_of() {
    ingest -q "$1" --features="$2" --label="$3" |
        score -q --model=neighbors --methods=disagreement |
        flag -q -o "$4" || exit 99
}
keep() {
    prune --drop=none --keep=.6 --by=disagreement --order=disagreement "$@"
}
audit_of plain.h5 /x /y plain.audit.h5
audit_of cells.h5ad /X /obs/kind cells.audit.h5
audit_of refused.h5 /x /y refused.audit.h5

runs 'a file with every type' keep plain.audit.h5 -o kept.h5 --removed=gone.h5
is "$(wc -c <err)" 0 'without a word'
runs 'reads back' "$python" "$source/tests/cli/whole_hdf5.py" plain.h5 kept.h5 \
    gone.h5
is "$(cat out)" '36 30 24 30 True True' 'equal: rows, links; cut and ordered'
is "$(grep -ac secret.h5 kept.h5)" 1 'a link to another file is a link'

is "$(keep plain.audit.h5 --format=jsonl | wc -l) $(keep plain.audit.h5 \
    --format=csv | head -n 1)" '36 /y,/x#0,/x#1,/x#2,/x#3' 'as JSON Lines, as CSV'
is "$(keep plain.audit.h5 --format=list --removed=others -f -o rows;
    sort -n rows others | tr '\n' ' ')" "$(seq 0 59 | tr '\n' ' ')" 'as numbers'

runs 'a file of anndata' keep cells.audit.h5 -o kept.h5ad --removed=gone.h5ad
is "$(wc -c <err)" 0 'without a word'
runs 'reads back' "$python" "$source/tests/cli/whole_hdf5.py" cells.h5ad \
    kept.h5ad gone.h5ad
is "$(cut -d ' ' -f 1,3,5,6 out)" '24 16 True True' 'equal'
sleep 1
keep cells.audit.h5 -o again.h5ad && cmp kept.h5ad again.h5ad
ok $? 'the same bytes at another time'

fails_with 2 'prune: refused.h5: cannot copy /x attribute to (references), ' \
    keep refused.audit.h5 -o no.h5
for thing in '/object (ref' '/region (ref' '/square (several' \
    '/lzf (refused: filter' '/outside (refused: data in another file)' \
    '--partial leaves it out'; do
    grep -qF -e "$thing" err
    ok $? "names $thing"
done
ok "$([ ! -e no.h5 ]; echo $?)" 'and writes nothing'
runs 'goes on with --partial' keep --partial refused.audit.h5 -o part.h5 \
    --removed=rest.h5
is "$(grep -c 'left out /x attribute to (references), ' err)" 2 'but says so'
"$python" - >out 2>err <<'END2'
import h5py
with h5py.File("refused.h5", "a") as f:
    for name in "object", "region", "square", "lzf", "outside":
        del f[name]
    del f["x"].attrs["to"]
END2
runs 'the rest reads back' "$python" "$source/tests/cli/whole_hdf5.py" \
    refused.h5 part.h5 rest.h5
is "$(cut -d ' ' -f 1,3,5,6 out)" '36 24 True True' 'equal'
printf 'a,b\n1,x\n2,y\n' >plain.csv
ingest -q plain.csv --label=b -o csv.h5
fails_with 2 '--partial is for HDF5 sources' prune --drop=none --partial csv.h5

done_testing
