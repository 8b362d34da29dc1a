#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flag claims, flags and advises where data are not tidy:
real.py SOURCE [CASE...] [FILE[:LABEL:TRUTH]...]

Run by `make bench-real [BENCH="digits-twice gauss"] [FILES="news.csv"]` with
the programs in PATH. CASE is a case or the beginning of its name; without CASE
and FILE all cases run:

  digits-*      samples/digits.csv with its 90 wrong labels: as it is, entered
                twice, the wrong rows alone repeated, copies with one pixel or
                all pixels one grey level off
  shuffled-*    labels of the samples in random order, three times, and of
                normal classes of 300 to 20,000 rows: nothing to learn
  majority      noise as features, three rows in four of one class
  clean-*       labels as published: iris, wine, breast_cancer, digits
  overlap-*     classes that overlap, and no label known to be wrong: two
                columns of iris, the patients of load_diabetes in two and in
                three even classes, samples/mixed.csv with its true labels
  columns-*     two columns of a sample with its true labels: classes that
                overlap differently
  gauss-B-F     two Gaussian classes, Bayes error B %, F % of the labels flipped
  wine-, breast_cancer-sym10 -pair20 -inst20   planted noise as in accuracy.py

FILE is a table (.csv or .csv.gz) with the columns LABEL and TRUTH (label,
truth), or an HDF5 file with datasets of these names beside `probability`,
`x`, or both. Other columns are features, but for those whose name begins with
LABEL or TRUTH and for `id`.

A line of the case: rows; share of wrong labels, of flagged rows and of those
advised to relabel or drop, exact copies apart; precision, recall and F1 of the
flags; the estimated rate with its interval; F1 with --expect at the true rate;
average precision of suspicion. The lines after it: the same of flags by 5-fold
LogisticRegression on the same features (or the given probabilities), by the
argmax and by the best rule of confident learning, chosen with the truth in
hand. The end is a table of what is to be reached."""

import csv
import gzip
import os
import random
import statistics
import subprocess
import sys
import tempfile

from accuracy import LABEL, encode, measures, plant, read_set


# ---- the cases: columns, rows, given labels, true labels --------------------

def sample(source, name, true=False):
    """A sample as a case. true: its labels made right."""
    with open(f"{source}/samples/{name}.csv", newline="") as file:
        head, *rows = csv.reader(file)
    at = head.index(LABEL[name])
    keep = [j for j in range(len(head)) if j != at and head[j] != "id"]
    right = read_set(source, name)[2]
    given = right if true else [row[at] for row in rows]
    return [head[j] for j in keep], [[r[j] for j in keep] for r in rows], \
        given, right


def with_copies(case, change, wrong_only=False):
    """The rows and a changed copy of each (of each wrong one), shuffled."""
    head, rows, given, true = case
    all_rows = list(zip(rows, given, true))
    all_rows += [(change(x), g, t) for x, g, t in all_rows
                 if g != t or not wrong_only]
    random.shuffle(all_rows)
    return (head, *map(list, zip(*all_rows)))


def one_pixel(x):
    x = list(x)
    j = random.randrange(len(x))
    x[j] = min(16, max(0, int(x[j]) + random.choice((-1, 1))))
    return x


def all_pixels(x):
    return [min(16, max(0, int(v) + random.choice((-1, 0, 1)))) for v in x]


def shuffled(source, name):
    head, rows, given, _ = sample(source, name)
    random.shuffle(given)
    return head, rows, given, None


def columns(source, name, seed):
    head, rows, given, true = sample(source, name, True)
    keep = sorted(random.Random(seed).sample(range(len(head)), 2))
    return [head[j] for j in keep], [[row[j] for j in keep] for row in rows], \
        given, true


def shuffled_gauss(count):
    head, rows, given, _ = gauss(.1, 0, count)
    random.shuffle(given)
    return head, rows, given, None


def majority(_):
    rows = [[f"{random.gauss(0, 1):.4f}" for _ in range(6)]
            for _ in range(1000)]
    return list("abcdef"), rows, ["yes" if random.random() < .75 else "no"
                                  for _ in rows], None


def gauss(bayes, flips, count=2000):
    """Two Gaussian classes in four dimensions that differ in one."""
    apart = -2 * statistics.NormalDist().inv_cdf(bayes)
    true = [random.randrange(2) for _ in range(count)]
    rows = [[f"{random.gauss(y * apart if j == 0 else 0, 1):.5f}"
             for j in range(4)] for y in true]
    given = [y ^ (random.random() < flips) for y in true]
    return list("abcd"), rows, ["ny"[y] for y in given], \
        ["ny"[y] for y in true]


def iris_sepal(source):
    head, rows, given, true = sample(source, "iris")
    return head[:2], [row[:2] for row in rows], given, true


def diabetes(classes):
    from sklearn.datasets import load_diabetes
    data = load_diabetes(scaled=False)
    order = sorted(range(len(data.target)), key=lambda i: data.target[i])
    true = [""] * len(order)
    for rank, i in enumerate(order):
        true[i] = "abc"[rank * classes // len(order)]
    return list(data.feature_names), data.data.tolist(), true, list(true)


def packaged(name):
    """A set as scikit-learn's package has it."""
    import sklearn.datasets
    data = getattr(sklearn.datasets, "load_" + name)()
    true = [str(data.target_names[t]) for t in data.target]
    return [f"f{j}" for j in range(data.data.shape[1])], data.data.tolist(), \
        true, list(true)


def planted(source, name, kind):
    import numpy
    head, rows, _, true = sample(source, name, True)
    given = plant(kind, numpy.array(rows, dtype=float), true)
    return head, rows, given, true


def make_cases():
    """By name: a function of SOURCE, and what is to be reached: measure and
    least or most."""
    cases = {
        "digits-once": (lambda s: sample(s, "digits"), {"recall": .9}),
        "digits-twice": (
            lambda s: with_copies(sample(s, "digits"), list),
            {"recall": .9, "precision": .9}),
        "digits-wrong-repeated": (
            lambda s: with_copies(sample(s, "digits"), list, True),
            {"recall": .9, "precision": .9}),
        "digits-one-pixel": (
            lambda s: with_copies(sample(s, "digits"), one_pixel),
            {"recall": .9, "precision": .9}),
        "digits-all-pixels": (
            lambda s: with_copies(sample(s, "digits"), all_pixels),
            {"recall": .9, "precision": .9})}
    nothing = {"flagged": 0, "out": 0}
    for name in LABEL:
        for seed in "", "-2", "-3":
            cases[f"shuffled-{name}{seed}"] = \
                (lambda s, n=name: shuffled(s, n), nothing)
    for count in 300, 1000, 3000, 8000, 20000:
        cases[f"shuffled-gauss-{count}"] = \
            (lambda s, n=count: shuffled_gauss(n)), nothing
    cases["majority"] = majority, nothing
    for name in "iris", "wine", "breast_cancer", "digits":
        cases[f"clean-{name}"] = (lambda s, n=name: packaged(n),
                                  {"flagged": .02})
    calm = {"flagged": .02, "out": .002}
    cases["overlap-iris"] = iris_sepal, calm
    for name in "iris", "wine", "breast_cancer", "digits":
        for seed in 1, 2, 3:
            cases[f"columns-{name}-{seed}"] = \
                (lambda s, n=name, z=seed: columns(s, n, z)), calm
    cases["overlap-diabetes2"] = (lambda s: diabetes(2)), calm
    cases["overlap-diabetes3"] = (lambda s: diabetes(3)), calm
    cases["overlap-mixed"] = (lambda s: sample(s, "mixed", True)), calm
    for bayes in 5, 10, 20, 30, 40, 50:
        cases[f"gauss-{bayes}-0"] = (lambda s, b=bayes: gauss(b / 100, 0)), \
            calm
    for bayes, bars in (5, {"F1": .85}), (10, {"F1": .7}), \
            (20, {"precision": .5}):
        cases[f"gauss-{bayes}-10"] = \
            (lambda s, b=bayes: gauss(b / 100, .1)), bars
    for name in "wine", "breast_cancer":
        for kind in "sym10", "pair20", "inst20":
            cases[f"{name}-{kind}"] = \
                (lambda s, n=name, k=kind: planted(s, n, k)), {"peer": 0}
    return cases


def read_table(path, label, truth):
    """A case out of a file with a column of true labels."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="") as file:
        head, *rows = (row for row in csv.reader(file) if row)
    for name in label, truth:
        if name not in head:
            sys.exit(f"{path}: has no column {name}; wanted FILE:LABEL:TRUTH")
    given, true = head.index(label), head.index(truth)
    keep = [j for j, name in enumerate(head) if name != "id"
            and not name.startswith((label, truth))]
    return [head[j] for j in keep], [[r[j] for j in keep] for r in rows], \
        [r[given] for r in rows], [r[true] for r in rows]


# ---- peers ------------------------------------------------------------------

def confident_rules(p, y):
    """The rows that the rules of confident learning flag: Northcutt, Jiang
    and Chuang 2021, as cleanlab has them, rounding apart."""
    import numpy
    n, k = p.shape
    given = p[numpy.arange(n), y]
    at = numpy.array([p[y == c, c].mean() if (y == c).any() else 2
                      for c in range(k)])
    above = p >= at - 1e-6
    best = p.argmax(1)
    counted = above.any(1)
    guess = numpy.where(above.sum(1) == 1, above.argmax(1), best)
    joint = numpy.zeros((k, k))
    numpy.add.at(joint, (y[counted], guess[counted]), 1)
    joint[numpy.diag_indices(k)] = numpy.maximum(joint.diagonal(), 1)
    count = numpy.bincount(y, minlength=k)
    joint *= (count / joint.sum(1))[:, None]
    joint = numpy.rint(joint * n / joint.sum()).astype(int)
    other = best != y
    by_class, by_rate = numpy.zeros(n, bool), numpy.zeros(n, bool)
    for c in range(k):
        rows = numpy.flatnonzero(y == c)
        if len(rows) < 2:
            continue
        least = rows[numpy.argsort(given[rows], kind="stable")]
        by_class[least[:max(0, len(rows) - joint[c, c])]] = True
        for j in range(k):
            if j != c:
                margin = given[rows] - p[rows, j]
                by_rate[rows[numpy.argsort(margin, kind="stable")
                             [:joint[c, j]]]] = True
    by_class &= other
    by_rate &= other
    off = counted & (guess != y) & other
    lowest = numpy.zeros(n, bool)
    lowest[numpy.argsort(given, kind="stable")[:int(1.5 * off.sum())]] = True
    return {"predicted_neq_given": other, "prune_by_class": by_class,
            "prune_by_noise_rate": by_rate, "both": by_class & by_rate,
            "confident_learning": off, "low_self_confidence": lowest}


def quality(found, wrong):
    """Precision, recall, F1 of flags."""
    hit = (found & wrong).sum()
    if not wrong.any():
        return {"flagged": found.mean(), "F1": None}
    return {"flagged": found.mean(), "precision": hit / max(1, found.sum()),
            "recall": hit / wrong.sum(),
            "F1": 2 * hit / (found.sum() + wrong.sum())}


def peers(x, y, given_p, wrong):
    """Quality of the argmax and of the best rule, with its name."""
    import warnings
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    warnings.simplefilter("ignore")
    p = given_p
    if p is None:
        p = cross_val_predict(LogisticRegression(), x, y, cv=5,
                              method="predict_proba")
    rules = confident_rules(p.astype(float), y)
    by = {name: quality(found, wrong) for name, found in rules.items()}
    best = max(by, key=lambda name: (by[name]["F1"] or 0, -by[name]["flagged"]))
    ap = measures(1 - p[numpy.arange(len(y)), y], wrong)[0] if wrong.any() \
        else None
    return {name: dict(by[name], AP=ap)
            for name in dict.fromkeys(("predicted_neq_given", best))}


# ---- our side ---------------------------------------------------------------

def flags(out):
    """What flag left in an audit file."""
    import h5py
    import numpy

    def names(item):
        text = item.attrs["names"]
        return (text if isinstance(text, str) else text.decode()).split(",")

    with h5py.File(out) as file:
        flag = file["flag"]
        issue = names(flag["issue"])
        action = names(flag["action"])

        def has(name):
            return (flag["issue"][()] & 1 << issue.index(name)) > 0

        out = numpy.isin(flag["action"][()],
                         [action.index("relabel"), action.index("drop")])
        return has("label"), out & ~has("duplicate"), \
            flag["noise/rate"][()], flag["suspicion"][()]


def judge(out, wrong):
    """Our line: after score, by flag and by flag --expect at the true rate."""
    subprocess.run(["flag", "-qi", out], check=True)
    found, gone, rate, suspicion = flags(out)
    line = {"out": gone.mean(), "rate": rate[0], "low": rate[1],
            "high": rate[2], "flagged": found.mean()}
    if wrong is not None:
        line.update(quality(found, wrong))
    if wrong is not None and wrong.any():
        line["AP"] = measures(suspicion, wrong)[0]
        subprocess.run(["flag", "-qi", f"--expect={wrong.mean():.6f}", out],
                       check=True)
        line["expect"] = quality(flags(out)[0], wrong)["F1"]
    return line


def run_table(case):
    import numpy
    head, rows, given, true = case
    wrong = None if true is None else \
        numpy.array([g != t for g, t in zip(given, true)])
    with tempfile.TemporaryDirectory() as folder:
        out, x, y = encode(folder, head, rows, given)
        subprocess.run(["score", "-qi", out], check=True)
        line = judge(out, wrong)
    line["rows"] = len(y)
    return line, {} if wrong is None else peers(x, y, None, wrong), wrong


def run_hdf5(path, label, truth):
    import h5py
    with h5py.File(path) as file:
        names = [name for name in ("probability", "x") if name in file]
        wrong = file[label][()] != file[truth][()]
        y = file[label][()].astype(int)
        p = file["probability"][()] if "probability" in names else None
        x = file["x"][()].reshape(len(y), -1) if "x" in names else None
    arguments = [f"--label={label}"]
    if p is not None:
        arguments += ["--probability=probability"]
    if x is not None:
        arguments += ["--features=x"]
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/audit.h5"
        subprocess.run(["ingest", "-q", path, "-o", out] + arguments,
                       check=True)
        subprocess.run(["score", "-qi", out], check=True)
        line = judge(out, wrong)
    line["rows"] = len(y)
    return line, peers(x, y, p, wrong), wrong


# ---- what is printed --------------------------------------------------------

HEAD = f"{'case':22} {'rows':>6} {'wrong':>6} {'flagged':>7} {'out':>6} " \
       "precis recall     F1   rate (interval)        expect     AP"


def number(value, width=6):
    return f"{'-':>{width}}" if value is None else f"{value:{width}.3f}"


def show(name, line, others, wrong):
    rate = f"{number(line['rate'])} " \
           f"({line['low']:.3f} to {line['high']:.3f})"
    print(f"{name:22} {line['rows']:>6} "
          f"{number(None if wrong is None else wrong.mean())} "
          f"{number(line['flagged'], 7)} {number(line['out'])} "
          + " ".join(number(line.get(key))
                     for key in ("precision", "recall", "F1"))
          + f" {rate} {number(line.get('expect'))} {number(line.get('AP'))}")
    for peer, by in others.items():
        print(f"   {peer:26} {'':>6}{number(by['flagged'], 7)} {'':>6} "
              + " ".join(number(by.get(key))
                         for key in ("precision", "recall", "F1"))
              + f" {'':31}{number(by['AP'])}")
    sys.stdout.flush()


def bars(name, line, others, bound, wrong):
    """Lines of the last table."""
    best = max((by["F1"] or 0 for by in others.values()), default=0)
    bound = dict(bound)
    if wrong is not None:
        bound["covers"] = None
    for key, value in bound.items():
        if key == "peer":
            met = line["F1"] >= best
            text = f"F1 {line['F1']:.3f}, best peer {best:.3f}"
        elif key == "covers":
            met = line["low"] <= wrong.mean() <= line["high"]
            text = f"interval holds {wrong.mean():.3f}: " \
                   f"{line['low']:.3f} to {line['high']:.3f}"
        elif key in ("flagged", "out"):
            met = line[key] <= value
            text = f"{key} <= {value}: {line[key]:.4f}"
        else:
            met = line[key] >= value
            text = f"{key} >= {value}: {line[key]:.3f}"
        yield met, f"{'met' if met else 'MISSED':7} {name}: {text}"


def main(source, words):
    cases = make_cases()
    files = [word for word in words if os.path.exists(word.split(":")[0])]
    wanted = [word for word in words if word not in files]
    chosen = [name for name in cases
              if any(name.startswith(word) for word in wanted)
              or not words]
    for word in wanted:
        if not any(name.startswith(word) for name in cases):
            sys.exit(f"{word}: found neither a case nor a file")
    verdicts = []
    print(HEAD, flush=True)
    for name in chosen:
        random.seed(name)
        make, bound = cases[name]
        result = run_table(make(source))
        show(name, *result)
        verdicts += bars(name, result[0], result[1], bound, result[2])
    for word in files:
        path, *columns = word.split(":")
        label, truth = (columns + ["label", "truth"][len(columns):])[:2]
        name = os.path.basename(path).split(".")[0]
        if path.endswith((".h5", ".hdf5")):
            result = run_hdf5(path, label, truth)
        else:
            result = run_table(read_table(path, label, truth))
        show(name, *result)
        verdicts += bars(name, result[0], result[1], {"peer": 0}, result[2])
        expect, peer = result[0]["expect"], \
            max(by["F1"] for by in result[1].values())
        met = expect >= peer
        verdicts.append((met, f"{'met' if met else 'MISSED':7} {name}: "
                         f"F1 with --expect {expect:.3f}, "
                         f"best peer {peer:.3f}"))
    print()
    for _, text in verdicts:
        print(text)
    print(f"{sum(met for met, _ in verdicts)} of {len(verdicts)} met")


if __name__ == "__main__":
    try:
        import h5py  # noqa: F401
        import numpy  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as lacks:
        sys.exit(f"bench-real: python3-{lacks.name} is not installed")
    main(os.path.abspath(sys.argv[1]), sys.argv[2:])
