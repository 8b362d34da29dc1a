#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ingest and prune: groups that hold one array, in the layout of anndata. A sparse
# matrix, codes and categories, values and mask give the same results as plain
# arrays with the same content, and are copied with their attributes.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$PATH

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import h5py' 2>/dev/null && python=$candidate && break
done
if [ ! "$python" ]; then
    skip 'groups of anndata' 'python3-h5py is not installed'
    done_testing
    exit
fi
"$python" - <<'END' || exit 99
import h5py, numpy
random = numpy.random.default_rng(0)
n = 200
kind = random.integers(0, 3, n)
x = random.poisson(.4, (n, 30)).astype("f4")
x[numpy.arange(n), kind] += 5
given = kind.copy()
given[7] = (kind[7] + 1) % 3
names = numpy.array(["B cell", "NK", "T cell"], dtype=object)
text = h5py.string_dtype()
gap = numpy.arange(n) < 4
def group(file, path, type, **members):
    g = file.create_group(path)
    g.attrs["encoding-type"] = type
    g.attrs["encoding-version"] = "0.1.0"
    for name, values in members.items():
        g.create_dataset(name, data=values)
    return g
with h5py.File("a.h5ad", "w") as file:
    file["plain"] = x
    file["kind"] = given
    row, column = numpy.nonzero(x)
    g = group(file, "X", "csr_matrix", data=x[row, column],
              indices=column.astype("i4"),
              indptr=numpy.searchsorted(row, numpy.arange(n + 1)))
    g.attrs["shape"] = x.shape
    g = group(file, "obs/kind", "categorical", codes=given.astype("i1"))
    g.create_dataset("categories", data=names, dtype=text)
    g.attrs["ordered"] = False
    group(file, "obs/count", "nullable-integer", values=given, mask=gap)
    g = group(file, "obs/word", "nullable-string-array", mask=gap)
    g.create_dataset("values", data=names[given], dtype=text)
    group(file, "obs/sure", "nullable-boolean", values=gap, mask=gap)
    file["sure"] = numpy.zeros(n, "i1")
END

features() { peek "$1" data/features digest; }
labels() { peek "$1" data/label digest; }
runs 'a sparse matrix' ingest a.h5ad --features=/X --label=/obs/kind -o s.h5
is "$(cat err)" \
    'ingest: a.h5ad: 200 rows in = 200 kept + 0 rejected, 30 features, 3 classes' \
    'is read'
ingest a.h5ad --features=/plain --label=/kind -q -o p.h5
is "$(features s.h5)" "$(features p.h5)" 'as the same written plainly'
is "$(labels s.h5)" "$(labels p.h5)" 'and so are the labels'
runs 'a pipe of it' sh -c 'cat a.h5ad |
    ingest --features=/X --label=/obs/kind -q -o pipe.h5'
is "$(features pipe.h5)" "$(features s.h5)" 'is the same'
prune --drop=none pipe.h5 -q >all.h5 && prune --drop=none s.h5 -q >same.h5
ok $? 'is kept for prune'
same all.h5 same.h5 'which writes the same'
cat a.h5ad | ingest --features=/X --label=/obs/kind --no-keep-source -q \
    -o gone.h5
fails_with 2 'prune: the audit was made from a pipe; --source=FILE names a copy' \
    prune --drop=none gone.h5 -o no.h5
sleep 1
runs 'but is there again' prune --drop=none gone.h5 --source=a.h5ad -o back.h5
same back.h5 same.h5 'with the same bytes at another time'
fails_with 2 'a.h5ad: /obs/count: found no label in 4 rows (0, 1, 2, 3), wanted' \
    ingest a.h5ad --features=/X --label=/obs/count -o no.h5
for label in count word; do
    runs "labels with a mask: $label" ingest a.h5ad --features=/X \
        --label=/obs/$label --missing-label=drop -q -o $label.h5
    is "$(peek $label.h5 data/row_line u64 | sed -n 1p)" 4 \
        'what it hides is missing'
done
is "$(labels word.h5)" "$(labels count.h5)" 'numbers or text'
ingest a.h5ad --features=/X --label=/obs/kind --trusted=/obs/sure -q -o t.h5
ingest a.h5ad --features=/X --label=/obs/kind --trusted=/sure -q -o u.h5
is "$(peek t.h5 data/trusted digest)" "$(peek u.h5 data/trusted digest)" \
    'what a mask hides is not trusted'

# Row 7 is the only one with a wrong label.
score -q --model=neighbors --methods=none s.h5 | flag -q --suggest-above=.6 --expect=2% -o f.h5
runs 'prune' prune f.h5 --relabel --drop=none -o new.h5ad
runs 'kept and removed' prune f.h5 --drop=label -o kept.h5ad \
    --removed=gone.h5ad
"$python" - >said 2>err <<'END'
import h5py, numpy
def dense(file):
    g = h5py.File(file)["X"]
    out = numpy.zeros(g.attrs["shape"])
    for i in range(len(out)):
        for p in range(g["indptr"][i], g["indptr"][i + 1]):
            out[i, g["indices"][p]] += g["data"][p]
    return out
old, new = h5py.File("a.h5ad"), h5py.File("new.h5ad")
x = old["plain"][:]
print(numpy.array_equal(dense("new.h5ad"), x))
print(numpy.nonzero(old["obs/kind/codes"][:] != new["obs/kind/codes"][:])[0])
print(dict(new["obs/kind"].attrs) == dict(old["obs/kind"].attrs),
      new["X"].attrs["encoding-type"], new["X/data"].dtype)
kept, gone = dense("kept.h5ad"), dense("gone.h5ad")
print(len(gone) > 0, tuple(x[7]) in map(tuple, gone),
      sorted(map(tuple, numpy.concatenate([kept, gone]))) ==
      sorted(map(tuple, x)))
END
is "$(cat err said)" 'True
[7]
True csr_matrix float32
True True True' 'rows, codes and attributes come out as they should'
runs 'what comes out' ingest new.h5ad --features=/X --label=/obs/kind -q \
    -o again.h5
is "$(features again.h5)" "$(features s.h5)" 'can be audited again'
done_testing
