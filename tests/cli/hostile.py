# SPDX-License-Identifier: GPL-3.0-or-later
"""Make hostile audit files out of good ones and run every program on each.

    hostile.py LAYOUT EVERY SOME BASE...

The files are what somebody would send who knows winnow-storage(5): each
dataset, extent and attribute of src/audit/layout.def is absent, empty, of
another type, rank or length, out of range, or stored in broken chunks, and all
digests are right. A program must refuse the file with a message (exit 2) or do
its work (0 or 1): no signal, no report of a sanitizer, no control byte on the
terminal, at most SECONDS, and nothing of another file. Only each EVERYth case
runs, with SOME of the commands (0: all), in WN_JOBS processes. A file that
wn_audit_open() refuses gets one command. Prints TAP; a failed case stays as
hostile-N-BASE."""
import ctypes
import itertools
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata

import h5py
import numpy

BATCH = 32
SECONDS = 5.0 * float(os.environ.get("WN_PATIENCE", "1"))
library = ctypes.CDLL("libxxhash.so.0")


class Hash(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


library.XXH3_128bits.restype = Hash
library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
DTYPE = {"U8": "u1", "I32": "<i4", "U32": "<u4", "I64": "<i8", "U64": "<u8",
         "F32": "<f4", "F64": "<f8"}
SHORT = {"u1": "u8", "i4": "i32", "u4": "u32", "i8": "i64", "u8": "u64",
         "f4": "f32", "f8": "f64"}
NASTY = [b"\x1b]52;c;QUJD\x07", b"a;rm -rf ~;#", b"$(reboot)", b"\xff\xfe",
         b"\xc2\x9b2J", b"'\"`\n\r\t,", b"", b"x" * 3000, b"../../etc/passwd",
         "\u202e\u2060".encode()]
STAGES = ["data", "score", "flag"]


def digest(content):
    value = library.XXH3_128bits(content, len(content))
    return b"%016x%016x" % (value.high, value.low)


# ---- digests ----------------------------------------------------------------

def text_type(length):
    return h5py.string_dtype("utf-8", max(length, 1))


def set_text(item, name, text):
    if name in item.attrs:
        del item.attrs[name]
    item.attrs.create(name, numpy.array(text, "S%d" % max(len(text), 1)),
                      dtype=text_type(len(text)))


def dataset_digest(item):
    kind = item.dtype
    name = ("names:%d" % kind.itemsize if kind.kind == "S"
            else SHORT.get(kind.str[1:], "?"))
    head = "%s %s\n" % (name, ",".join(map(str, item.shape)))
    return digest(head.encode() + (item[()].tobytes() if item.size else b""))


def lines_of(path, item):
    lines = []
    for name, value in item.attrs.items():
        if name == "digest":
            continue
        if isinstance(value, bytes):
            value = value.split(b"\0")[0]
            lines.append(b"%s@%s %d:%s\n" % (path.encode(), name.encode(),
                                             len(value), value))
        else:
            lines.append(("%s@%s %.17g\n" % (path, name, value)).encode())
    if isinstance(item, h5py.Dataset):
        lines.append(b"%s %s\n" % (path.encode(), item.attrs["digest"]))
    return lines


def objects(audit):
    found = {}
    audit.visititems(lambda name, item: found.__setitem__(name, item))
    return found


class Base:
    """A good file and the lines of its digests."""

    def __init__(self, path, layout):
        self.path = path
        with h5py.File(path, "r") as audit:
            found = objects(audit)
            self.paths = sorted(found)
            self.datasets = [p for p in self.paths
                             if isinstance(found[p], h5py.Dataset)]
            self.attributes = [(p, a) for p in self.paths
                               for a in found[p].attrs if a != "digest"]
            self.lines = {p: lines_of(p, found[p]) for p in self.paths}
            self.shape = {p: found[p].shape for p in self.datasets}
        self.layout = {p: find_row(layout, p) for p in self.datasets}

    def mend(self, audit, changed, undigested=()):
        """Make the digests right; `changed` are paths with new lines."""
        lines = dict(self.lines)
        for path in changed:
            lines.pop(path, None)
            if path in audit:
                item = audit[path]
                if isinstance(item, h5py.Dataset) and path not in undigested:
                    set_text(item, "digest", dataset_digest(item))
                lines[path] = lines_of(path, item)
        before = None
        for stage in STAGES:
            if stage not in audit:
                before = None
                continue
            group = audit[stage]
            if before and b"input" in [a.encode() for a in group.attrs]:
                set_text(group, "input", before)
                lines[stage] = lines_of(stage, group)
            mine = [line for path, some in lines.items() for line in some
                    if path == stage or path.startswith(stage + "/")]
            before = digest(b"".join(sorted(mine)))
            set_text(group, "digest", before)


def find_row(layout, path):
    if path in layout:
        return layout[path]
    for pattern, row in layout.items():
        if "*" in pattern and re.fullmatch(
                re.escape(pattern).replace(r"\*", "[^/]*"), path):
            return row
    return None


def read_layout(path):
    rows = {}
    with open(path) as file:
        for line in file:
            match = re.match(r'WN_LAYOUT\("([^"]*)", WN_(\w+), "([^"]*)", '
                             r'"([^"]*)"', line)
            if match:
                rows[match[1]] = (match[2], match[3].split(","), match[4])
    return rows


# ---- changes ----------------------------------------------------------------

def chunk_of(shape, width):
    row = width
    for extent in shape[1:]:
        row *= extent
    rows = (1 << 20) // row if row else 1
    rows = min(max(rows, 1), shape[0])
    return tuple(max(extent, 1) for extent in (rows,) + shape[1:])


def put(audit, path, values, chunks=None):
    """Replace a dataset; its attributes stay."""
    old = dict(audit[path].attrs) if path in audit else {}
    if path in audit:
        del audit[path]
    kind = values.dtype
    stored = text_type(kind.itemsize) if kind.kind == "S" else kind
    create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    create.set_chunk(chunks or chunk_of(values.shape, kind.itemsize))
    create.set_fletcher32()
    create.set_obj_track_times(False)
    item = h5py.Dataset(h5py.h5d.create(
        audit.id, path.encode(), h5py.h5t.py_create(stored, logical=True),
        h5py.h5s.create_simple(values.shape), create))
    if values.size:
        item.id.write(h5py.h5s.ALL, h5py.h5s.ALL,
                      numpy.ascontiguousarray(values), item.id.get_type())
    for name, value in old.items():
        if isinstance(value, bytes):
            set_text(item, name, value)
        else:
            item.attrs.create(name, value, dtype="<f8")
    return item


def raw(path, sizes, mask):
    """Rewrite the first chunks as so many bytes more or less."""
    def change(audit):
        item = audit[path]
        for at, more in enumerate(sizes):
            where = (at * item.chunks[0],) + (0,) * (item.ndim - 1)
            if where[0] >= item.shape[0]:
                break
            _, stored = item.id.read_direct_chunk(where)
            stored = (stored[:more] or stored[:1] if more < 0 else
                      stored + b"\0" * more)
            item.id.write_direct_chunk(where, stored, mask)
    return change


def resized(values, shape):
    new = numpy.zeros(shape, values.dtype)
    if new.size and values.size:
        part = tuple(slice(0, min(a, b)) for a, b in zip(values.shape, shape))
        new[part] = values[part]
    return new


def spoiled(values):
    """Arrays of the same type and shape with numbers that may not be."""
    kind = values.dtype
    if kind.kind == "S":
        for text in NASTY:
            new = values.astype("S%d" % max(kind.itemsize, len(text), 1))
            new[...] = text
            yield "names", new
        return
    if kind.kind == "f":
        numbers = [numpy.nan, numpy.inf, -numpy.inf, -1, 2, 1e38, -0.0, 5e-324]
    else:
        info = numpy.iinfo(kind)
        numbers = [n for n in (-1, -2, 0, 1, 3, 255, len(values), info.min,
                               info.max, info.max // 2)
                   if info.min <= n <= info.max]
    for number in numbers:
        one, every = values.copy(), values.copy()
        with numpy.errstate(over="ignore"):
            one.flat[0] = number
            every[...] = number
        yield "first value", one
        yield "all values", every


def dataset_cases(base, path):
    """(kind, change) of one dataset; a change gets the open file."""
    with h5py.File(base.path, "r") as audit:
        values = audit[path][()]
    n = values.shape[0]
    yield "absent", lambda audit: audit.__delitem__(path)
    for kind, new in [
            ("empty", resized(values, (0,) + values.shape[1:])),
            ("shorter", resized(values, (max(n - 1, 0),) + values.shape[1:])),
            ("longer", resized(values, (n + 1,) + values.shape[1:])),
            ("other rank", values.reshape(values.shape + (1,))),
            ("flat", values.reshape(-1)),
            ("other type", numpy.zeros(values.shape, "<i2")),
            ("other type", numpy.zeros(values.shape, "S3")),
            ("other type", numpy.zeros(values.shape, "<f8")),
            ("big-endian", numpy.zeros(values.shape, ">i4"))]:
        yield kind, lambda audit, new=new: put(audit, path, new)
    if values.ndim > 1:
        for shape in [(n, 0), (n, values.shape[1] + 1), (n, 1)]:
            shape += values.shape[2:]
            yield "other width", lambda audit, shape=shape: put(
                audit, path, resized(values, shape))
    if values.size:
        for kind, new in spoiled(values):
            yield kind, lambda audit, new=new: put(audit, path, new)
        for size, mask in [((-16,), 0), ((-16,), 1), ((16,), 0), ((16,), 1),
                           ((0,), 1), ((0,), 0xffffffff), ((-1,), 0),
                           ((-4,), 1)]:
            yield "chunk", raw(path, size, mask)
        odd = (max(n // 2, 1),) + values.shape[1:]
        if n > 1:
            yield "chunking", lambda audit: put(audit, path, values, odd)
            def uneven(audit):
                put(audit, path, values, odd)
                raw(path, (-4, 4), 1)(audit)
            yield "chunking", uneven


def letter_cases(base):
    """All datasets with an extent get it smaller together."""
    letters = sorted({term.split("+")[0] for row in base.layout.values()
                      for term in row[1] if not term[0].isdigit()})
    for letter, count in itertools.product(letters, (0, 1)):
        def change(audit, letter=letter, count=count):
            for path in base.datasets:
                terms = base.layout[path][1]
                if not any(t.split("+")[0] == letter for t in terms):
                    continue
                values = audit[path][()]
                shape = tuple(
                    count + int(t.split("+")[1]) if t.startswith(letter + "+")
                    else count if t == letter else extent
                    for t, extent in zip(terms, values.shape))
                put(audit, path, resized(values, shape))
        yield "extent %d" % count, change, [
            p for p in base.datasets
            if any(t.split("+")[0] == letter for t in base.layout[p][1])]


def attribute_cases(base, path, name):
    with h5py.File(base.path, "r") as audit:
        value = audit[path].attrs[name]

    def number(new):
        def change(audit):
            del audit[path].attrs[name]
            audit[path].attrs.create(name, new, dtype="<f8")
        return change
    yield "attribute absent", lambda a: a[path].attrs.__delitem__(name)
    for new in [numpy.nan, numpy.inf, -numpy.inf, -1, 0, 2, 1e300, 0.5]:
        yield "attribute number", number(new)
    texts = NASTY + [b"hdf5", b"npy", b"libsvm", b"a,b,c", b",,,",
                     b"x," * 2000]
    if isinstance(value, bytes):
        texts += [value[:-1], value + b",more", value.upper()]
    for new in texts:
        yield "attribute text", lambda a, new=new: set_text(a[path], name, new)


def cases(base):
    for path in base.datasets:
        for kind, change in dataset_cases(base, path):
            yield kind, path, change, [path]
    groups = sorted({p.rsplit("/", 1)[0] for p in base.datasets})
    for group in groups:
        inside = [p for p in base.paths
                  if p == group or p.startswith(group + "/")]
        yield ("group absent", group,
               lambda audit, group=group: audit.__delitem__(group), inside)
    for kind, change, changed in letter_cases(base):
        yield kind, "extents", change, changed
    for path, name in base.attributes:
        for kind, change in attribute_cases(base, path, name):
            yield kind, path + "@" + name, change, [path]


# ---- running ----------------------------------------------------------------

def commands(path, base, out):
    reports = [[], ["--format=json"], ["--format=tsv", "--top=all"],
               ["--format=prometheus"], ["--format=html", "--top=all"],
               ["--format=markdown"], ["-v", "--columns", "--top=all"],
               ["--explain=0"], ["--explain=1", "--format=json"],
               ["--top=flagged", "--format=json"], ["--budget=3"],
               ["--columns", "--format=tsv"], ["--columns", "--format=json"],
               ["--review-plan=10"]]
    for more in reports:
        yield ["report"] + more + [path]
    yield ["report", "--against=" + base, path]
    yield ["report", "--against=" + path, base]
    yield ["flag", "-qfo", out, path]
    yield ["flag", "-qfo", out, "--issues=all", "--rule=both", path]
    yield ["score", "--estimate", "--model=neighbors", "--methods=none", path]
    yield ["score", "-qfo", out, "--model=neighbors", "--methods=graph", path]
    for more in [["--top=9"], ["--order=plan"]]:
        yield ["review", "--decisions=" + out + ".tsv"] + more + [path]
    source = "--source=" + base[:-3]
    for more in [["--drop=advised"], ["--relabel", "--drop=none"],
                 ["--apply-rules"], ["--keep=.5", "--by=suspicion"],
                 ["--order=suspicion", "--drop=all"],
                 ["--dry-run", "--relabel"]]:
        yield ["prune", "-f", source] + more + [path, "-o", out]


def unseemly(text):
    """The first character that may not reach a terminal, or None."""
    try:
        text = text.decode()
    except UnicodeDecodeError as error:
        return str(error)
    for character in text:
        if character not in "\n\t" and unicodedata.category(character) in (
                "Cc", "Cf"):
            return repr(character)
    return None


def run(command):
    """What is wrong with how the command ended, or None."""
    begin = time.monotonic()
    used = os.times()
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=12 * SECONDS)
    except subprocess.TimeoutExpired:
        return "did not end"
    run.status = done.returncode
    now = os.times()
    seconds = (now.children_user + now.children_system -
               used.children_user - used.children_system)
    if done.returncode not in (0, 1, 2):
        return "exit %d: %s" % (done.returncode, done.stderr[-600:])
    if b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
        return "sanitizer: %s" % done.stderr[-600:]
    if done.returncode == 2 and not done.stderr:
        return "exit 2 without a message"
    if seconds > SECONDS:
        return "%.1f s" % (seconds or time.monotonic() - begin)
    if b"root:x:0:" in done.stdout + done.stderr:
        return "prints /etc/passwd"
    for stream in ([done.stderr] if command[0] == "prune"
                   else [done.stderr, done.stdout]):
        found = unseemly(stream)
        if found:
            return "prints %s" % found
    return None


def make_trial(base, trial, kind, change, changed):
    shutil.copyfile(base.path, trial)
    with h5py.File(trial, "r+", libver=("v110", "v110")) as audit:
        change(audit)
        base.mend(audit, changed,
                  changed if kind in ("chunk", "chunking") else ())


def openable(trials):
    """Which of the files wn_audit_open() takes, of one process."""
    done = subprocess.run(["peek", "--open"] + trials, capture_output=True)
    lines = done.stdout.decode(errors="replace").splitlines()
    if done.returncode or len(lines) != len(trials):
        return [True] * len(trials), "exit %d: %s" % (
            done.returncode, done.stderr[-600:].decode(errors="replace"))
    return [line == "opened" for line in lines], None


def work(task):
    """All cases of one part of one base: (kind, files, runs, failures)."""
    path, layout, every, some, part, parts = task
    base = Base(path, layout)
    mine = [(at, case) for at, case in enumerate(cases(base))
            if at % every == 0 and at // every % parts == part]
    results = []
    for begin in range(0, len(mine), BATCH):
        batch = mine[begin:begin + BATCH]
        trials = ["hostile-trial-%d-%d.h5" % (part, b)
                  for b in range(len(batch))]
        for trial, (_, case) in zip(trials, batch):
            make_trial(base, trial, case[0], case[2], case[3])
        opened, broken = openable(trials)
        for trial, (at, (kind, what, _, _)), opens in zip(trials, batch, opened):
            every_one = list(commands(trial, path, "hostile-out-%d" % part))
            # All programs open a file by the same function: what it refuses
            # needs one of them.
            count = 1 if not opens else some or len(every_one)
            chosen = [every_one[(at // every + 5 * step) % len(every_one)]
                      for step in range(count)]
            wrong = None
            for runs, command in enumerate(chosen, 1):
                wrong = run(command)
                if wrong is None and not opens and run.status != 2:
                    wrong = "is not refused, as by peek"
                if wrong:
                    kept = "hostile-%d-%s" % (at, os.path.basename(path))
                    shutil.copyfile(trial, kept)
                    wrong = "%s of %s: %s (%s)\n#   %s" % (
                        kind, what, " ".join(command), kept, wrong)
                    break
            results.append((kind, opens, runs, wrong))
        if broken:
            results.append(("opening", True, 1, broken))
    return results


def main():
    layout, every, some = (read_layout(sys.argv[1]), int(sys.argv[2]),
                           int(sys.argv[3]))
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99:detect_leaks=0")
    os.environ.setdefault("UBSAN_OPTIONS", "exitcode=99")
    # Else each program starts itself a second time, to set them.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    jobs = int(os.environ.get("WN_JOBS", "1"))
    tasks = [(path, layout, every, some, part, jobs)
             for path in sys.argv[4:] for part in range(jobs)]
    counts, failed, opens, runs = {}, {}, 0, 0
    with multiprocessing.Pool(jobs) as pool:
        for kind, opened, ran, wrong in itertools.chain.from_iterable(
                pool.imap_unordered(work, tasks)):
            counts[kind] = counts.get(kind, 0) + 1
            opens += opened
            runs += ran
            if wrong:
                failed.setdefault(kind, []).append(wrong)
    for at, kind in enumerate(sorted(counts), 1):
        print("%s %d - %d files: %s" % ("not ok" if kind in failed else "ok",
                                       at, counts[kind], kind))
        for line in failed.get(kind, []):
            print("# " + line)
    print("# %d files, %d of them opened, %d runs" % (
        sum(counts.values()), opens, runs))
    print("1..%d" % len(counts))


if __name__ == "__main__":
    main()
