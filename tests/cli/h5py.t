#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Other programs read audit files: the h5py example of the manual, compared with
# the output of report; h5ls, h5dump, h5stat, h5repack.
. "${WN_SOURCE:-.}/tests/tap.sh"

cp -r "$samples" samples
ingest -q samples/iris.csv --label=species | score -q | flag -q -o iris.h5 ||
    exit 99

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py' 2>/dev/null && python=$candidate && break
done
sed -n '/^import h5py/,/^\.Ed/p' "$source/man/winnow-audit.5" |
    grep -v '^\.Ed' >snippet.py
ok "$([ "$(wc -l <snippet.py)" -ge 10 ]; echo $?)" 'the manual has a snippet'
if [ "$python" ]; then
    runs 'the snippet runs' "$python" snippet.py
    is "$(wc -l <out)" 10 'and shows ten rows'
    report --format=tsv --top=10 iris.h5 >rows.tsv 2>err
    ok $? 'report runs'
    is "$(cut -d' ' -f1 out | tr '\n' ' ')" \
        "$(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++)
            if ($i == "line") c = i; next } { printf "%s ", $c }' rows.tsv)" \
        'the lines that report shows'
else
    skip 'the snippet runs' 'python3-h5py is not installed'
fi
if [ "$python" ] &&
    "$python" -c 'import ctypes; ctypes.CDLL("libxxhash.so.0")' 2>/dev/null; then
    runs 'digests as the manual says' "$python" "$source/tests/cli/digest.py" \
        iris.h5
    is "$(grep -v fits out)" '' 'each digest is what the manual says'
    ok "$([ "$(wc -l <out)" -gt 40 ]; echo $?)" 'all datasets were compared'
else
    skip 'digests as the manual says' 'h5py or libxxhash is not installed'
fi

# prune --format=hdf5 of a table: more rows than are written at once, names and
# cells of every kind, and two numbers that a double would change.
awk 'BEGIN { print "a/b,id,when,n,big,\"z, \303\251\",label"
    for (i = 0; i < 2500; i++)
        printf "%s,r%d,2020-01-%02d,%s,%s,\"q \"\"%d\"\"\",%s\n",
            i % 7 ? i / 8 : "", i, i % 28 + 1, i == 2000 ? "many" : i,
            i == 9 ? "12345678901234567890" : i, i % 5, i % 3 ? "u" : "v" }' >t.csv
cat >table.py <<'END'
import csv, sys
import h5py
rows = list(csv.reader(open("t.csv", encoding="utf-8", newline="")))
head, rows = rows[0], rows[1:]
if sys.argv[2] == "kept":
    rows = [row for row in rows if row[3].isdigit() and int(row[3]) % 2 == 0]
else:
    rows = [row for row in rows if not row[3].isdigit() or int(row[3]) % 2]
with h5py.File(sys.argv[1]) as file:
    table = file["table"]
    assert list(table) == [name.replace("/", "_") for name in head], list(table)
    for c, name in enumerate(table):
        cells = table[name][:]
        wanted = [row[c] for row in rows]
        assert len(cells) == len(wanted), name
        if table[name].dtype.kind == "f":
            print(name, end=" ")
            assert all(a != a if b == "" else a == float(b)
                       for a, b in zip(cells, wanted)), name
        else:
            assert [a.decode() for a in cells] == wanted, name
END
ingest -q t.csv --label=label --id=id --kind='n|big:numeric' | score -q \
    --model=neighbors --methods=none | flag -q -o t.h5
runs 'a table as HDF5' prune -q --format=hdf5 t.h5 --removed=rest.h5 -o kept.h5 \
    --drop='row = 2000 or id ~ "[13579]$"'
if [ "$python" ]; then
    # Where the kept rows have numbers alone, they are numbers.
    runs 'every cell is that of the source' "$python" table.py kept.h5 kept
    is "$(cat out)" 'a_b n big ' 'numbers are doubles'
    runs 'in the file of removed rows, too' "$python" table.py rest.h5 rest
    is "$(cat out)" 'a_b ' 'but where cells would lose'
else
    skip 'tables as HDF5' 'python3-h5py is not installed'
fi
prune -q --format=hdf5 t.h5 -o again.h5 --drop='row = 2000 or id ~ "[13579]$"'
same kept.h5 again.h5 'the same bytes each time'

sed -n '/^import h5py/,/^\.Ed/p' "$source/man/winnow-arrays.5" |
    grep -v '^\.Ed' >write.py
if [ "$python" ]; then
    runs 'a dataset written by h5py' "$python" write.py
    runs 'is read' $(grep '^ingest moons' "$source/man/winnow-arrays.5")
    is "$(h5ls audit.h5/data/label_name | tr -s ' ')" \
        'label_name Dataset {3}' 'with its classes'
else
    skip 'a dataset written by h5py' 'python3-h5py is not installed'
fi

for tool in h5ls h5dump h5stat; do
    if command -v "$tool" >/dev/null; then
        case $tool in
        h5ls) set -- h5ls -r -v iris.h5 ;;
        *) set -- "$tool" iris.h5 ;;
        esac
        runs "$tool reads it" "$@"
        ok "$([ -s out ]; echo $?)" "$tool shows something"
    else
        skip "$tool reads it" "hdf5-tools is not installed"
    fi
done
if command -v h5repack >/dev/null; then
    h5repack -f GZIP=1 iris.h5 packed.h5 2>/dev/null
    fails_with 2 'packed.h5: data/' report packed.h5
else
    skip 'a compressed copy is refused' 'hdf5-tools is not installed'
fi

done_testing
