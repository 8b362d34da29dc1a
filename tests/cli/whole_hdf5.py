# SPDX-License-Identifier: GPL-3.0-or-later
"""Make HDF5 files that have everything, and compare pruned copies with them.

whole_hdf5.py make            plain.h5, cells.h5ad, refused.h5
whole_hdf5.py FILE KEPT GONE  what is in KEPT and GONE is what FILE has
"""
import shutil
import sys

import h5py
import numpy as np

TEXT = h5py.string_dtype()


def make_plain(n):
    """Rows of every class of type, and what has no rows."""
    random = np.random.default_rng(0)
    f = h5py.File("plain.h5", "w")
    f["x"] = random.normal(size=(n, 4)).astype("f4")
    f["y"] = (f["x"][:, 0] > 0).astype("i4")
    f["x"].attrs["unit"] = "mm"
    f["x"].attrs["scale"] = np.array([1.0, 2, 3])
    f["x"].attrs["empty"] = h5py.Empty("f4")
    f.create_dataset("id", data=np.arange(n, dtype=">i8"), chunks=(7,),
                     compression="gzip", shuffle=True, fletcher32=True)
    f["half"] = np.arange(n).astype("f2")
    f["bool"] = np.arange(n) % 3 == 0
    f["fixed"] = np.array([b"r%d" % i for i in range(n)], dtype="S6")
    f.create_dataset("text", data=["\u00fcber%d" % i for i in range(n)],
                     dtype=TEXT)
    lists = f.create_dataset("lists", (n,), dtype=h5py.vlen_dtype("i4"))
    for i in range(n):
        lists[i] = np.arange(i % 5)
    cells = np.zeros(n, [("a", "i4"), ("b", "f8", (2, 3)), ("c", "S3")])
    cells["a"] = np.arange(n)
    cells["b"] = random.normal(size=(n, 2, 3))
    f["compound"] = cells
    nested = np.dtype([("name", TEXT),
                       ("in", np.dtype([("u", "u2"), ("w", ">f4")]))])
    cells = np.zeros(n, nested)
    for i in range(n):
        cells[i] = ("n%d" % i, (i, i / 2))
    f.create_dataset("nested", data=cells, dtype=nested)
    f["opaque"] = np.array([b"\1\2%c" % i for i in range(n)], dtype="V3")
    f.create_dataset("enum", data=np.arange(n) % 3, dtype=h5py.enum_dtype(
        {"A": 0, "B": 1, "C": 2}, basetype="i1"))
    f.create_dataset("deep", data=np.arange(n * 6, dtype="i2").reshape(n, 2, 3),
                     chunks=(11, 2, 2))
    f["complex"] = (np.arange(n) + 1j).astype("c8")
    f["epochs"] = random.normal(size=(3, n, 2))
    f.create_dataset("never", shape=(n, 300), dtype="i4", fillvalue=7)
    f.create_dataset("growing", data=np.arange(n), maxshape=(None,),
                     chunks=(16,))
    f["committed"] = np.dtype([("a", "i4")])
    f.create_dataset("of_committed", dtype=f["committed"], data=np.array(
        [(i,) for i in range(n)], dtype=[("a", "i4")]))
    f["scalar"] = 3.5
    f["word"] = "hello"
    f["null"] = h5py.Empty("i2")
    f["list"] = np.arange(5)
    g = f.create_group("g")
    g.attrs["note"] = "deep"
    g["again"] = f["text"]
    g["loop"] = f["/"]
    g.create_group("empty").attrs["z"] = np.arange(3)
    g["soft"] = h5py.SoftLink("/x")
    g["dangling"] = h5py.SoftLink("/nowhere")
    g["elsewhere"] = h5py.ExternalLink("secret.h5", "/secret")
    f.attrs["words"] = np.array(["a", "bb"], dtype=TEXT)
    f.close()
    with h5py.File("secret.h5", "w") as secret:
        secret["secret"] = np.arange(n)


def make_refused(n):
    shutil.copy("plain.h5", "refused.h5")
    f = h5py.File("refused.h5", "a")
    f.create_dataset("object", (n,), dtype=h5py.ref_dtype)
    f["x"].attrs["to"] = f["y"].ref
    f.create_dataset("region", (n,), dtype=h5py.regionref_dtype)
    f["square"] = np.zeros((n, n))
    f.create_dataset("lzf", data=np.arange(n), compression="lzf")
    f.create_dataset("outside", (n,), dtype="i4",
                     external=[("secret.h5", 0, 4 * n)])
    f.close()


def put_sparse(file, path, dense, kind):
    g = file.create_group(path)
    g.attrs["encoding-type"] = kind + "_matrix"
    g.attrs["encoding-version"] = "0.1.0"
    g.attrs["shape"] = np.array(dense.shape)
    major = dense if kind == "csr" else dense.T
    i, j = np.nonzero(major)
    g["data"] = major[i, j]
    g["indices"] = j.astype("i4")
    g["indptr"] = np.searchsorted(i, np.arange(len(major) + 1)).astype("i4")


def get_sparse(group):
    """The matrix; the indices of each row ascend."""
    shape = tuple(group.attrs["shape"])
    csc = group.attrs["encoding-type"] == "csc_matrix"
    out = np.zeros(shape[::-1] if csc else shape)
    ends, data, index = (group[m][:] for m in ("indptr", "data", "indices"))
    assert len(ends) == len(out) + 1
    for i in range(len(out)):
        part = index[ends[i]:ends[i + 1]]
        assert (np.diff(part) > 0).all()
        out[i, part] = data[ends[i]:ends[i + 1]]
    return out.T if csc else out


def make_cells(n, m):
    """A file of anndata. Other things are as many as the rows, too."""
    random = np.random.default_rng(1)

    def some(*shape):
        return (random.random(shape) *
                (random.random(shape) < 0.2)).astype("f4")

    def frame(path, names, **columns):
        g = f.create_group(path)
        g.attrs["encoding-type"] = "dataframe"
        g.attrs["_index"] = "_index"
        g.create_dataset("_index", data=names, dtype=TEXT)
        for name, column in columns.items():
            g[name] = column
        return g

    def categorical(path, codes, names):
        g = f.create_group(path)
        g.attrs["encoding-type"] = "categorical"
        g.attrs["ordered"] = False
        g["codes"] = codes
        g.create_dataset("categories", data=names, dtype=TEXT)

    f = h5py.File("cells.h5ad", "w")
    f.attrs["encoding-type"] = "anndata"
    kind = random.integers(0, 3, n)
    x = some(n, m)
    x[np.arange(n), kind] += 4
    names = ["c%d" % i for i in range(n)]
    put_sparse(f, "X", x, "csr")
    put_sparse(f, "layers/by_columns", some(n, m), "csc")
    f["layers/dense"] = some(n, m)
    put_sparse(f, "layers/square", some(n, n), "csr")
    put_sparse(f, "obsp/near", some(n, n), "csr")
    put_sparse(f, "obsp/by_columns", some(n, n), "csc")
    f["obsp/dense"] = some(n, n)
    f["obsm/pca"] = some(n, 2)
    put_sparse(f, "obsm/sparse", some(n, 3), "csr")
    frame("obsm/frame", names, u=np.arange(n))
    f["varm/load"] = some(m, 2)
    put_sparse(f, "varp/near", some(m, m), "csr")
    frame("obs", names, score=np.arange(n) / 2)
    categorical("obs/kind", kind.astype("i1"), ["B", "NK", "T"])
    categorical("obs/each", np.arange(n).astype("i2"),
                ["z%02d" % i for i in range(n)])
    g = f.create_group("obs/gaps")
    g.attrs["encoding-type"] = "nullable-integer"
    g["values"] = np.arange(n)
    g["mask"] = np.arange(n) % 2 == 0
    frame("var", ["g%d" % i for i in range(m)])
    put_sparse(f, "raw/X", some(n, 7), "csr")
    frame("raw/var", ["r%d" % i for i in range(7)])
    f["uns/colors"] = np.array(["red", "blue"], dtype=TEXT)
    f["uns/as_many"] = np.arange(n)
    f.close()


def axes_of_plain(n):
    return lambda path, shape: [r for r, s in enumerate(shape) if s == n][:1]


def axes_of_cells(path, shape):
    part = path.split("/")
    if part[1] == "obsp":
        return [0, 1]
    rows = part[1] in ("X", "obsm", "layers") or path == "/raw/X" or (
        part[1] == "obs" and part[-1] != "categories")
    return [0] if rows else []


def same(a, b):
    if isinstance(a, h5py.Empty) or isinstance(b, h5py.Empty):
        return type(a) == type(b) and a.dtype == b.dtype
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype == object:
        return all(np.array_equal(p, q) for p, q in zip(a.ravel(), b.ravel()))
    if a.dtype.hasobject:
        return a.tolist() == b.tolist()
    return a.tobytes() == b.tobytes()


def compare_attributes(a, b, path, but=()):
    assert sorted(a.attrs) == sorted(b.attrs), path
    for name in a.attrs:
        assert name in but or same(a.attrs[name], b.attrs[name]), (path, name)


def pick(values, rows, axes):
    for axis in axes:
        values = np.take(values, rows, axis=axis)
    return values


def address(thing):
    return h5py.h5o.get_info(thing.id).addr


def compare(old, new, rows, axes, path, seen):
    """Every link below `old` is in `new`; returns their number."""
    assert sorted(old) == sorted(new), (path, set(old) ^ set(new))
    count = 0
    for name in old:
        here = path + "/" + name
        link, other = (f.get(name, getlink=True) for f in (old, new))
        assert type(link) == type(other), here
        count += 1
        if isinstance(link, h5py.SoftLink):
            assert link.path == other.path, here
            continue
        if isinstance(link, h5py.ExternalLink):
            assert (link.filename, link.path) == (other.filename, other.path)
            continue
        a, b = old[name], new[name]
        if address(a) in seen:
            assert seen[address(a)] == address(b), here
            continue
        seen[address(a)] = address(b)
        if isinstance(a, h5py.Datatype):
            assert a.dtype == b.dtype, here
        elif isinstance(a, h5py.Group):
            sparse = str(a.attrs.get("encoding-type")).endswith("_matrix")
            compare_attributes(a, b, here, ("shape",) if sparse else ())
            if sparse:
                was, now = get_sparse(a), get_sparse(b)
                was = pick(was, rows, axes(here, was.shape))
                assert was.shape == now.shape and (was == now).all(), here
                assert all(a[m].dtype == b[m].dtype for m in a), here
            else:
                count += compare(a, b, rows, axes, here, seen)
        else:
            compare_attributes(a, b, here)
            if a.shape is None or a.shape == ():
                assert same(a[()], b[()]), here
                continue
            assert same(pick(a[()], rows, axes(here, a.shape)), b[()]), here
            assert (a.compression, a.shuffle, a.fletcher32) == (
                b.compression, b.shuffle, b.fletcher32), here
            if a.dtype.kind in "iuf":  # h5py fails on others
                assert a.fillvalue == b.fillvalue, here
    return count


def main():
    if sys.argv[1] == "make":
        make_plain(60)
        make_refused(60)
        make_cells(40, 25)
        return
    old, kept, gone = (h5py.File(name, "r") for name in sys.argv[1:])
    key = "obs/_index" if "obs" in old else "id"
    ids = list(old[key][:])
    axes = axes_of_cells if "obs" in old else axes_of_plain(len(ids))
    for new in kept, gone:
        rows = [ids.index(i) for i in new[key][:]]
        root = {address(old): address(new)}
        print(len(rows), compare(old, new, rows, axes, "", root), end=" ")
        compare_attributes(old, new, "/")
    both = [list(f[key][:]) for f in (kept, gone)]
    print(sorted(both[0] + both[1]) == sorted(ids), both[0] != sorted(both[0]))


if __name__ == "__main__":
    main()
