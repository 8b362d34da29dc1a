#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well planted wrong labels are found:
accuracy.py SOURCE [SET...] [OPTION...]

Run by `make bench-accuracy [BENCH="digits letter"] [ACCURACY="OPTION..."]`
with the programs in PATH. On every data set and kind of noise: average
precision, area under the ROC curve and precision at the true count of
`1 - probability of the label`, of every score and of suspicion, and of
scikit-learn's usual models on the same encoded features and labels, out of
sample (LR, MLP: 5 folds; ET: out of bag; kNN: share of 10 neighbours with
another label). Numbers are means over the seeds. Then how reliable the
suspicion is, and a table of what is to be reached. SET: digits, wine, breast_cancer, iris, mixed, letter, mnist10k,
reviews, adult; all of them, those that are there (the last four:
SOURCE/../shared/data).

  --noise=A,B   sym10 sym20 sym40 pair20 inst20: share of labels flipped to any
                other class, to the next class, or where another class is near
                (the data sets' own noise, where they have it)
  --seeds=N     plantings of a set below 2,000 rows (5)
  --score=ARGS  options for score
  --keep=FILE   where results are kept (bench/accuracy.tsv), so that a run can
                be made in pieces. Each line has a digest of the features and
                labels and one of what made it: our score, flag and --score, or
                scikit-learn's version, and the functions here that measure.
                What is there by the same makers is not run again, so another
                build runs ours anew and keeps the peers' lines; the tables
                count the present makers' lines only
  --no-peers    winnow alone
  --bars        only the last table, of what was kept"""

import csv
import gzip
import hashlib
import inspect
import os
import random
import shutil
import subprocess
import sys
import tempfile

SAMPLES = ["digits", "wine", "breast_cancer", "iris", "mixed"]
SHARED = ["letter", "mnist10k", "reviews", "adult"]
NOISE = ["sym10", "sym20", "sym40", "pair20", "inst20"]
PEERS = ["LR", "MLP", "ET", "kNN"]
LAST = "suspicion"  # of our lines: where it is kept, the others are
LABEL = {"digits": "digit", "wine": "cultivar", "breast_cancer": "diagnosis",
         "iris": "species", "mixed": "income"}


def table(file, label, left_out=()):
    """Columns, rows of text, true labels, given labels by kind of noise."""
    head, *rows = (row for row in csv.reader(file) if row)
    at = head.index(label)
    keep = [j for j, name in enumerate(head)
            if not name.startswith(label) and name not in left_out]
    given = {name[len(label) + 1:]: [row[j] for row in rows]
             for j, name in enumerate(head) if name.startswith(label + "_")}
    return [head[j] for j in keep], [[r[j] for j in keep] for r in rows], \
        [row[at] for row in rows], given


def mnist(data):
    import h5py
    with h5py.File(f"{data}/mnist10k.h5") as file:
        x = file["x"][()].tolist()
        labels = {key: [f"d{v}" for v in file[key][()]]
                  for key in file if key.startswith("label")
                  and key != "label_name"}
    given = {key[6:]: v for key, v in labels.items() if key != "label"}
    return [f"p{j}" for j in range(len(x[0]))], x, labels["label"], given


def read_set(source, name):
    """As table(), or None where it is not there."""
    data = f"{source}/../shared/data"
    if name in SHARED:
        if not os.path.isdir(data):
            return None
        if name == "mnist10k":
            return mnist(data)
        with gzip.open(f"{data}/{name}.csv.gz", "rt", newline="") as file:
            return table(file, "income" if name == "adult" else "label",
                         ["id"])
    with open(f"{source}/samples/{name}.csv", newline="") as file:
        head, rows, true, given = table(file, LABEL[name], ["id"])
    truth = f"{source}/samples/{name}.truth.csv"
    if os.path.exists(truth):
        with open(truth) as file:
            for row in csv.DictReader(file):
                true[int(row["row"])] = row["true"]
    return head, rows, true, given


def near_another(x, true, count):
    """The rows nearest to another class, for how near they are to their own:
    pairs of row and the nearest row of another class."""
    import numpy
    names = {t: c for c, t in enumerate(sorted(set(true)))}
    y = numpy.array([names[t] for t in true])
    x = (x - x.mean(0)) / (x.std(0) + 1e-9)
    norm = (x * x).sum(1)
    ratio, other = numpy.empty(len(y)), numpy.empty(len(y), dtype=int)
    for begin in range(0, len(y), 500):
        rows = slice(begin, begin + 500)
        away = numpy.maximum(norm[rows, None] + norm - 2 * x[rows] @ x.T, 0)
        own = y[rows, None] == y
        other[rows] = numpy.where(own, numpy.inf, away).argmin(1)
        far = numpy.where(own, numpy.inf, away).min(1)
        at = numpy.arange(len(own))
        away[at, begin + at] = numpy.inf
        ratio[rows] = numpy.where(own, away, numpy.inf).min(1) / (far + 1e-9)
    return [(i, other[i])
            for i in numpy.argsort(-ratio, kind="stable")[:count]]


def plant(kind, x, true, seed=1):
    """Flip a share of the labels: kind is sym20, pair20, inst20. x are the
    features, which only inst looks at."""
    names = sorted(set(true))
    rng = random.Random(f"{seed} {kind}")
    given = list(true)
    count = round(int(kind[-2:]) / 100 * len(true))
    if kind.startswith("inst"):
        for i, j in near_another(x, true, count):
            given[i] = true[j]
        return given
    for i in rng.sample(range(len(true)), count):
        at = names.index(true[i])
        step = 1 if kind.startswith("pair") else rng.randrange(1, len(names))
        given[i] = names[(at + step) % len(names)]
    return given


def measures(score, wrong):
    """Average precision, AUROC (ties half), precision at the true count."""
    import numpy
    order = numpy.argsort(-score, kind="stable")
    hit = wrong[order]
    rank = numpy.arange(1, len(hit) + 1)
    precision = (hit.cumsum() / rank)[hit].mean()
    value, inverse, count = numpy.unique(score, return_inverse=True,
                                         return_counts=True)
    middle = (count.cumsum() - (count - 1) / 2)[inverse]
    bad, good = wrong.sum(), (~wrong).sum()
    area = (middle[wrong].sum() - bad * (bad + 1) / 2) / (bad * good)
    return precision, area, hit[:bad].mean()


def peer(name, x, y):
    """What people use: a score a row."""
    import warnings
    import numpy
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import NearestNeighbors
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")
    at = numpy.arange(len(y)), y
    if name == "kNN":
        near = NearestNeighbors(n_neighbors=10).fit(x).kneighbors(
            return_distance=False)
        return (y[near] != y[:, None]).mean(1)
    if name == "ET":
        forest = ExtraTreesClassifier(300, bootstrap=True, oob_score=True,
                                      random_state=0, n_jobs=-1).fit(x, y)
        return 1 - numpy.nan_to_num(forest.oob_decision_function_)[at]
    model = LogisticRegression() if name == "LR" else MLPClassifier(
        (64,), max_iter=20, random_state=0)
    return 1 - cross_val_predict(model, x, y, cv=5,
                                 method="predict_proba")[at]


def write_table(path, head, rows, given):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head + ["given label"])
        writer.writerows(list(r) + [g] for r, g in zip(rows, given))


def encode(folder, head, rows, given):
    """The audit file of a table, as ingest leaves it; features, labels."""
    import h5py
    out = f"{folder}/audit.h5"
    write_table(f"{folder}/table.csv", head, rows, given)
    subprocess.run(["ingest", "-qf", f"{folder}/table.csv",
                    "--label=given label", "-o", out], check=True)
    with h5py.File(out) as file:
        return out, file["data/features"][()], file["data/label"][()]


def audit(out, y, options):
    """The scores of an audit by name."""
    import h5py
    import numpy
    subprocess.run(["score", "-qi", out] + options, check=True)
    subprocess.run(["flag", "-qi", out], check=True)
    with h5py.File(out) as file:
        scores = {"1 - P": 1 - file["score/probability"][()][
            numpy.arange(len(y)), y]}
        for name, item in file["score"].items():
            if hasattr(item, "ndim") and item.ndim == 1 and \
                    not name.endswith("_std"):
                scores[name] = item[()]
        scores[LAST] = file["flag/suspicion"][()]
        return scores


def digest(*parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def makers(options):
    """What makes our lines, and what makes the peers'."""
    import sklearn
    programs = []
    for name in "score", "flag":
        with open(shutil.which(name), "rb") as file:
            programs.append(file.read())
    ours, theirs = (
        "".join(map(inspect.getsource, functions)).encode()
        for functions in ((audit, measures), (peer, measures)))
    return digest(ours, options.get("score", "").encode(), *programs), \
        digest(theirs, sklearn.__version__.encode())


class Kept:
    """Results, kept in a file of one line each: set, noise, score, seed, data,
    maker, measures. Only those of the present makers are counted."""

    def __init__(self, path, makers):
        self.path, self.makers, self.found = path, makers, {}
        if os.path.exists(path):
            with open(path) as file:
                for cell in (line.rstrip("\n").split("\t") for line in file):
                    if len(cell) == 9:  # a killed run may leave less
                        self.enter(tuple(cell[:3]), int(cell[3]), cell[4],
                                   cell[5], [float(v) for v in cell[6:]])

    def enter(self, key, seed, data, maker, values):
        self.found.setdefault(key, {}).setdefault(seed, {})[maker] = \
            data, values

    def maker(self, key):
        return self.makers[key[2].startswith("peer ")]

    def has(self, key, seed, data):
        old = self.found.get(key, {}).get(seed, {}).get(self.maker(key))
        return old is not None and old[0] == data

    def put(self, key, seed, data, values):
        maker = self.maker(key)
        self.enter(key, seed, data, maker, values)
        with open(self.path, "a") as file:
            print(*key, seed, data, maker, *(f"{v:.6f}" for v in values),
                  sep="\t", file=file)

    def mean(self, *key):
        """Means over the seeds, or None."""
        rows = [by[self.maker(key)][1]
                for by in self.found.get(key, {}).values()
                if self.maker(key) in by]
        return [sum(c) / len(c) for c in zip(*rows)] if rows else None

    def stale(self):
        """How many results only other makers have left."""
        return sum(self.maker(key) not in by
                   for key, seeds in self.found.items()
                   for by in seeds.values())


EDGES = [0, .01, .05, .1, .2, .35, .5, .65, .8, .9, .97, 1.01]
reliable = [[0, 0., 0] for _ in EDGES[1:]]  # rows, suspicions, wrong


def count_reliable(suspicion, wrong):
    import numpy
    at = numpy.searchsorted(EDGES, suspicion, side="right") - 1
    for b, counts in enumerate(reliable):
        here = at == b
        counts[0] += int(here.sum())
        counts[1] += float(suspicion[here].sum())
        counts[2] += int(wrong[here].sum())


def print_reliable():
    """Of the plantings that were run now: of labels of a suspicion, so many
    are wrong."""
    print("\nsuspicion      rows   mean  wrong")
    for low, high, (rows, total, bad) in zip(EDGES, EDGES[1:], reliable):
        if rows:
            print(f"{low:4.2f}-{min(high, 1):4.2f} {rows:9}"
                  f" {total / rows:6.3f} {bad / rows:6.3f}")


def run(kept, name, kind, seed, given, wrong, loaded, options):
    """One planting of a set: everybody's measures, kept."""
    with tempfile.TemporaryDirectory() as folder:
        out, x, y = encode(folder, loaded[0], loaded[1], given)
        data = digest(x.tobytes(), y.tobytes(), wrong.tobytes())
        if not kept.has((name, kind, LAST), seed, data):
            for who, score in audit(out, y,
                                    options.get("score", "").split()).items():
                if who == LAST:
                    count_reliable(score, wrong)
                kept.put((name, kind, who), seed, data,
                         measures(score, wrong))
    for who in () if "no-peers" in options else PEERS:
        key = name, kind, "peer " + who
        if not kept.has(key, seed, data):
            kept.put(key, seed, data, measures(peer(who, x, y), wrong))


def run_set(kept, source, name, options):
    import numpy
    loaded = read_set(source, name)
    if not loaded:
        print(f"{name}: left out, its data are not here")
        return
    head, rows, true, noisy = loaded
    seeds = int(options.get("seeds", "5")) if len(rows) < 2000 else 1
    kinds = options.get("noise", ",".join(NOISE)).split(",")
    with tempfile.TemporaryDirectory() as folder:
        x = encode(folder, head, rows, true)[1].astype(float)
    for kind in kinds:
        for seed in range(1, seeds + 1):
            given = noisy[kind] if kind in noisy else plant(kind, x, true,
                                                            seed)
            wrong = numpy.array([g != t for g, t in zip(given, true)])
            run(kept, name, kind, seed, given, wrong, loaded, options)
        for key in kept.found:
            if key[:2] == (name, kind) and kept.mean(*key):
                print(f"{name:14} {kind:7} {key[2]:20} "
                      + "  ".join(f"{v:.4f}" for v in kept.mean(*key)),
                      flush=True)


def compare(kept, ours, kind):
    """Of each set with that noise: its name, ours, the peers' average
    precision."""
    for name in SAMPLES + SHARED:
        mine = kept.mean(name, kind, ours)
        others = [kept.mean(name, kind, "peer " + p) for p in PEERS]
        if mine and all(others):
            yield name, mine[0], [v[0] for v in others]


def bar(text, reached, met):
    print(f"{'met' if met else 'MISSED':7} {text}: {reached}")


def over_peers(text, rows, least):
    """A bar on the mean over sets, and which sets do not reach it alone."""
    if not rows:
        return
    mine = sum(r[1] for r in rows) / len(rows)
    best = max(sum(c) / len(rows) for c in zip(*(r[2] for r in rows)))
    alone = [f"{r[0]} {r[1] - max(r[2]):+.4f}" for r in rows
             if r[1] - max(r[2]) < least]
    bar(text, f"{mine:.4f}, best peer {best:.4f}, over {len(rows)}"
        + (f"; less alone: {', '.join(alone)}" if alone else ""),
        mine - best >= least)


def print_bars(kept):
    even = [(f"{name} {kind}", mine, others) for kind in NOISE[:3]
            for name, mine, others in compare(kept, "1 - P", kind)]
    print("\nbars (average precision)")
    over_peers("symmetric, 1 - P, mean above every peer", even, 1e-9)
    if even:
        low, where = min((mine - max(others), name)
                         for name, mine, others in even)
        bar("symmetric, 1 - P, nowhere .005 below the best peer",
            f"least {low:+.4f}, {where}", low >= -.005)
    for name, least in ("digits", .995), ("mnist10k", .992):
        found = kept.mean(name, "sym20", "1 - P")
        if found:
            bar(f"sym20, 1 - P, {name} at least {least}", f"{found[0]:.4f}",
                found[0] >= least)
    for kind, least in ("pair20", .05), ("inst20", 1e-9):
        over_peers(f"{kind}, suspicion, mean above every peer by "
                   f"{least:.2f}", list(compare(kept, "suspicion", kind)),
                   least)


def main(source, sets, options):
    kept = Kept(options.get("keep", "bench/accuracy.tsv"), makers(options))
    if "bars" not in options:
        print(f"{'set':14} {'noise':7} {'score':20} AP      AUROC   P@count")
        for name in sets or SAMPLES + SHARED:
            run_set(kept, source, name, options)
        print_reliable()
    print_bars(kept)
    if kept.stale():
        print(f"{kept.stale()} results not counted: another build or other"
              " options made them")


if __name__ == "__main__":
    if len(sys.argv) < 2 or "--help" in sys.argv:
        sys.exit(__doc__)
    words = dict((w[2:].split("=", 1) + [""])[:2] for w in sys.argv[2:]
                 if w.startswith("--"))
    try:
        import h5py  # noqa: F401
        import numpy  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as lacks:
        sys.exit(f"python3-{lacks.name} is not installed")
    main(sys.argv[1], [w for w in sys.argv[2:] if not w.startswith("--")],
         words)
