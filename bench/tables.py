#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flag claims and flags on many small tables: tables.py SOURCE FOLDER

Run by `make bench-tables FOLDER=DIR` with the programs in PATH. A case is a
table and a kind of planted noise. DIR keeps the scored audit file of each case,
so another build runs flag alone; DIR/csv/NAME.csv, if there, are more tables,
with the column `label`.

  clean   none                  way     a third of the largest class to the next
  symN    N % to any other      nearN   two in three of the rows nearest to
  pairN   N % to the next               another class; instN all of them
  humN    to the class that a forest on the true labels takes it for

Half of the tables, by a digest of their names, are held out: choose by the
others. Printed for either half, by kind: mean F1, precision and recall of the
flags, how often the 90 % interval holds the share of wrong labels, ends below or
begins above it, its mean length, and the share of tables with more than 2 % of
the rows flagged and with more than .2 % advised out."""

import csv
import glob
import hashlib
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy

from accuracy import encode, near_another, read_set
from real import flags, quality

KINDS = ["clean", "sym5", "sym10", "sym20", "pair20", "way", "near5", "near10",
         "inst20", "hum15"]


def held_out(root):
    return hashlib.sha256(root.encode()).digest()[0] % 2 == 1


# ---- tables: root, rows, true labels ---------------------------------------

def gauss(rng, k, bayes, n, variant):
    """k normal classes of which each two have that Bayes error; uneven: shares
    or widths differ."""
    apart = -2 * statistics.NormalDist().inv_cdf(bayes)
    share = rng.dirichlet([4] * k) if variant == "uneven" else [1 / k] * k
    y = rng.choice(k, n, p=share)
    x = rng.normal(size=(n, max(4, k)))
    if variant == "wide":
        x *= (.5 + y[:, None] / (k - 1))
    if k == 2:
        x[:, 0] += apart * y
    else:
        x[numpy.arange(n), y] += apart / 2 ** .5
    return x, y


def tables(source, folder):
    from sklearn import datasets
    out = {}
    at = 0
    for k, each in (2, [.02, .05, .1, .15, .2, .3, .4, .5]), \
            (3, [.05, .15, .3]), (5, [.02, .05, .1, .2]), (10, [.02, .1]):
        for bayes in each:
            for n in 500, 2000:
                variant = ["even", "uneven", "wide"][at % 3]
                at += 1
                name = f"gauss-{k}-{bayes}-{n}-{variant}"
                rng = numpy.random.default_rng(at)
                out[name] = name, *gauss(rng, k, bayes, n, variant)
    for name in "iris", "wine", "breast_cancer", "digits":
        data = getattr(datasets, "load_" + name)()
        x, y = data.data, data.target
        rng = numpy.random.default_rng(len(name))
        out[name] = name, x, y
        for t in range(3):
            columns = rng.choice(x.shape[1], [2, 3, 8][t] if x.shape[1] > 8
                                 else 2, replace=False)
            out[f"{name}-columns{t}"] = name, x[:, columns], y
    x, y = out["digits"][1:]
    for t in range(3):
        rng = numpy.random.default_rng(t)
        classes = rng.choice(10, [2, 4, 6][t], replace=False)
        rows = numpy.isin(y, classes)
        out[f"digits-classes{t}"] = "digits", x[rows], y[rows]
    data = datasets.load_diabetes()
    rank = data.target.argsort().argsort()
    for k in 2, 3:
        out[f"diabetes{k}"] = "diabetes", data.data, rank * k // len(rank)
    for t in range(6):
        out[f"made{t}"] = f"made{t}", *datasets.make_classification(
            [400, 1000, 2000][t % 3], 10, n_informative=4 + t % 2, n_redundant=2,
            n_classes=[2, 3, 5][t % 3], n_clusters_per_class=1 + t % 2,
            class_sep=[.5, 1, 2][t // 2], flip_y=0, random_state=t)
    for t, noise in enumerate((.1, .25, .4)):
        out[f"moons{t}"] = f"moons{t}", *datasets.make_moons(
            800, noise=noise, random_state=t)
        out[f"circles{t}"] = f"circles{t}", *datasets.make_circles(
            800, noise=noise / 2, factor=.5, random_state=t)
        out[f"blobs{t}"] = f"blobs{t}", *datasets.make_blobs(
            [300, 900, 1500][t], 3, centers=[3, 6, 10][t], cluster_std=[1, 2, 3][t],
            random_state=t)
    for name in "letter", "mnist10k":
        there = read_set(source, name)
        if not there:
            continue
        x, y = numpy.array(there[1], float), numpy.array(there[2])
        for t in range(5):
            rng = numpy.random.default_rng(t)
            if t < 2:
                rows = rng.choice(len(y), [2000, 1000][t], replace=False)
            else:
                classes = rng.choice(numpy.unique(y), [6, 3, 2][t - 2],
                                     replace=False)
                rows = numpy.flatnonzero(numpy.isin(y, classes))
                rows = rng.choice(rows, min(len(rows), 1500), replace=False)
            out[f"{name}-{t}"] = name, x[rows], y[rows]
            if name == "letter":
                columns = rng.choice(16, [3, 4, 3, 2, 2][t], replace=False)
                out[f"{name}-columns{t}"] = name, x[rows][:, columns], y[rows]
    for path in sorted(glob.glob(f"{folder}/csv/*.csv")):
        name = os.path.basename(path)[:-4]
        with open(path, newline="") as file:
            head, *rows = csv.reader(file)
        rows = rows[:1200]  # in random order
        at = head.index("label")
        out[name] = name, [row[:at] + row[at + 1:] for row in rows], \
            numpy.array([row[at] for row in rows])
    for t in range(120):
        rng = numpy.random.default_rng(t)
        names = [name for name in out if "-" not in name and
                 not name.startswith(("gauss", "moons", "circles"))]
        name = names[rng.integers(len(names))]
        root, x, y = out[name]
        if not isinstance(x, numpy.ndarray):
            x = encoded(x)
        columns = rng.choice(x.shape[1], min(x.shape[1], rng.choice(
            [1, 2, 2, 3, 4, 6])), replace=False)
        rows = rng.permutation(len(x))[:rng.choice([150, 300, 600, 1000])]
        out[f"{name}-some{t}"] = root, x[rows][:, columns], y[rows]
    return out


# ---- noise -------------------------------------------------------------------

def encoded(x):
    """Numbers of any table."""
    columns = []
    for column in zip(*x):
        try:
            columns.append([float(v or 0) for v in column])
        except ValueError:
            names = sorted(set(column))
            if len(names) < 30:
                columns += [[float(v == name) for v in column]
                            for name in names]
    return numpy.array(columns).T


def spoil(kind, x, true, seed):
    """Given labels."""
    rng = numpy.random.default_rng(seed)
    n, given = len(true), list(true)
    classes, y, count = numpy.unique(true, return_inverse=True,
                                     return_counts=True)
    if kind.startswith(("sym", "pair")):
        share = int(kind.lstrip("symphair")) / 100
        for i in rng.choice(n, round(share * n), replace=False):
            step = 1 if kind[0] == "p" else rng.integers(1, len(classes))
            given[i] = classes[(y[i] + step) % len(classes)]
    if kind.startswith("inst"):
        for i, j in near_another(x, true, round(int(kind[4:]) / 100 * n)):
            given[i] = true[j]
    if kind == "way":  # a third of the largest class to the next one
        largest = count.argmax()
        rows = numpy.flatnonzero(y == largest)
        for i in rng.choice(rows, len(rows) // 3, replace=False):
            given[i] = classes[(largest + 1) % len(classes)]
    if kind.startswith("near"):  # two in three of those near another class
        for i, j in near_another(x, true, round(.015 * int(kind[4:]) * n)):
            if rng.random() < 2 / 3:
                given[i] = true[j]
    if kind.startswith("hum"):  # to the likely other class
        from sklearn.ensemble import ExtraTreesClassifier
        from sklearn.preprocessing import StandardScaler
        z = StandardScaler().fit_transform(x)
        p = ExtraTreesClassifier(200, bootstrap=True, oob_score=True,
                                 min_samples_leaf=3, random_state=0).fit(z, y)
        p = numpy.nan_to_num(p.oob_decision_function_) + .02
        p[numpy.arange(n), y] = 0
        other = p.argmax(1)
        weight = p.max(1) / p.max(1).mean() * int(kind[3:]) / 100
        for i in range(n):
            if rng.random() < weight[i]:
                given[i] = classes[other[i]]
    return given


def make(job):
    name, root, x, true, kind, folder = job
    path = f"{folder}/{name}.{kind}.h5"
    if os.path.exists(path):
        return
    z = encoded(x) if not isinstance(x, numpy.ndarray) else x
    names = [f"c{t}" for t in true]
    given = names if kind == "clean" else \
        spoil(kind, z, names, int.from_bytes(hashlib.sha256(
            f"{name} {kind}".encode()).digest()[:4], "little"))
    wrong = numpy.array([g != t for g, t in zip(given, names)])
    rows = x if not isinstance(x, numpy.ndarray) else x.tolist()
    with tempfile.TemporaryDirectory() as tmp:
        out, _, y = encode(tmp, [f"x{j}" for j in range(len(rows[0]))], rows,
                           given)
        if subprocess.run(["score", "-qij1", "--methods=none", out]).returncode:
            return
        assert len(y) == len(wrong)
        numpy.save(f"{folder}/{name}.{kind}.npy", wrong)
        shutil.copy(out, path + ".tmp")
        os.replace(path + ".tmp", path)


def make_all(source, folder):
    jobs = []
    for name, (root, x, true) in tables(source, folder).items():
        kinds = KINDS if not name.startswith("gauss") else \
            ["clean", "sym10", "sym20", "way", "near10"]
        if "-some" in name:
            kinds = ["clean"] if int(name.split("-some")[1]) % 3 else \
                ["clean", "sym10", "way"]
        k = len(set(true))
        for kind in kinds:
            if k == 2 and kind == "pair20":
                continue
            if min(numpy.unique(true, return_counts=True)[1]) < 5:
                continue
            jobs.append((name, root, x, true, kind, folder))
    with multiprocessing.Pool(2) as pool:
        pool.map(make, jobs, chunksize=1)
    return [(name, root, kind) for name, root, _, _, kind, _ in jobs]


def judge(job):
    """Half, kind and measures of a case."""
    name, root, kind, folder = job
    wrong_path, path = (f"{folder}/{name}.{kind}.{end}"
                        for end in ("npy", "h5"))
    if not os.path.exists(path):
        return None
    wrong = numpy.load(wrong_path)
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run(["flag", "-qj1", "--issues=label", path, "-o",
                        f"{tmp}/flag.h5"], check=True)
        found, gone, rate, _ = flags(f"{tmp}/flag.h5")
    measures = [(rate[1] <= wrong.mean() <= rate[2]), rate[2] < wrong.mean(),
                rate[1] > wrong.mean(), rate[2] - rate[1],
                found.mean() > .02 + .5 / len(wrong), gone.mean() > .002]
    by = quality(found, wrong)
    return held_out(root), kind, [by["F1"], by["precision"], by["recall"]] \
        if wrong.any() else None, measures


def main(source, folder):
    os.makedirs(folder, exist_ok=True)
    cases = make_all(source, folder)
    with multiprocessing.Pool(2) as pool:
        lines = [line for line in pool.map(
            judge, [(*case, folder) for case in cases]) if line]
    print(f"{'kind':14} tables     F1  prec. recall   held  below  above"
          " length   > 2% out .2%")
    for half, kind in sorted({line[:2] for line in lines}):
        some = [line for line in lines if line[:2] == (half, kind)]
        planted = [numpy.array(line[2], float) for line in some if line[2]]
        means = list(numpy.nanmean(planted, 0)) if planted else [numpy.nan] * 3
        means += list(numpy.mean([line[3] for line in some], 0))
        print(f"{kind + (', held out' if half else ''):16} {len(some):4} "
              + " ".join(f"{value:6.3f}" for value in means))


if __name__ == "__main__":
    try:
        import h5py  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as lacks:
        sys.exit(f"bench-tables: python3-{lacks.name} is not installed")
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]))
