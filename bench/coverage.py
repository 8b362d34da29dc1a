#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the interval of the noise rate holds the planted share, and how
often labels of some suspicion are wrong: coverage.py SOURCE [RUNS]

Run by `make bench-coverage` with the programs in PATH. RUNS (200) small tables
of 500 to 2,000 rows, each with its own seed, of three kinds in turn:

  easy         two or five normal classes with a Bayes error of .01 or .02, and
               the samples; up to 20 % of the labels flipped
  overlapping  the same with a Bayes error of .05 to .3
  features     labels wrong where another class is near, 5 to 15 %

The first table has a line a kind: the share of runs whose 90 % interval holds
the share of labels that are wrong, of those that end below and begin above it,
and the mean width. The second one: the mean suspicion and the share of wrong
labels among rows of a suspicion."""

import os
import random
import statistics
import subprocess
import sys
import tempfile

from accuracy import encode, near_another, read_set

SETS = ["digits", "wine", "breast_cancer", "iris"]
EDGES = [0, .01, .05, .1, .2, .35, .5, .65, .8, .9, .97, 1.01]


def normal_classes(rng, bayes, k, n):
    """n rows of k normal classes, of which each two have that Bayes error."""
    apart = -2 * statistics.NormalDist().inv_cdf(bayes)
    true = [rng.randrange(k) for _ in range(n)]
    rows = []
    for t in true:
        row = [rng.gauss(0, 1) for _ in range(max(4, k))]
        if k == 2:
            row[0] += apart * t
        else:
            row[t] += apart / 2 ** .5
        rows.append([f"{v:.5f}" for v in row])
    return [f"x{j}" for j in range(max(4, k))], rows, [f"c{t}" for t in true]


def flip(rng, true, share, pairwise):
    """Labels flipped to any other class, or to the next one."""
    names = sorted(set(true))
    given = list(true)
    for i, t in enumerate(true):
        if rng.random() < share:
            step = 1 if pairwise else rng.randrange(1, len(names))
            given[i] = names[(names.index(t) + step) % len(names)]
    return given


def near(rng, rows, true, share):
    """Labels that follow the features: of the rows nearest to another class,
    two in three have its label."""
    import numpy
    x = numpy.array(rows, dtype=float)
    given = list(true)
    for i, j in near_another(x, true, round(1.5 * share * len(true))):
        if rng.random() < 2 / 3:
            given[i] = true[j]
    return given


def make(source, run):
    """Kind, columns, rows, true and given labels of a run."""
    rng = random.Random(f"coverage {run}")
    kind = ["easy", "overlapping", "features"][run % 3]
    n, k = rng.choice([500, 1000, 2000]), rng.choice([2, 2, 5])
    bayes = rng.choice([.01, .02] if kind == "easy" else
                       [.05, .1, .15, .2, .3] if kind == "overlapping" else
                       [.02, .05, .1])
    if kind != "overlapping" and rng.random() < .5:
        head, rows, true, _ = read_set(source, rng.choice(SETS))
    else:
        head, rows, true = normal_classes(rng, bayes, k, n)
    if kind == "features":
        given = near(rng, rows, true, rng.choice([.05, .1, .15]))
    else:
        given = flip(rng, true, rng.choice([0, .05, .1, .2]),
                     len(set(true)) > 2 and rng.random() < .3)
    return kind, head, rows, true, given


def audit(folder, head, rows, given, seed):
    """The interval of the rate, and the suspicions."""
    import h5py
    out = encode(folder, head, rows, given)[0]
    for command in (["score", "-qi", "--methods=none", f"--seed={seed}", out],
                    ["flag", "-qi", "--issues=label", out]):
        subprocess.run(command, check=True)
    with h5py.File(out) as file:
        return file["flag/noise/rate"][()], file["flag/suspicion"][()]


def main(source, runs):
    found, suspicions = {}, []
    for run in range(runs):
        kind, head, rows, true, given = make(source, run)
        wrong = [a != b for a, b in zip(given, true)]
        with tempfile.TemporaryDirectory() as folder:
            rate, suspicion = audit(folder, head, rows, given, run)
        found.setdefault(kind, []).append((sum(wrong) / len(wrong), *map(float, rate)))
        suspicions += zip(suspicion.tolist(), wrong)
    found["all"] = sum(found.values(), [])
    print(f"{'kind':12} runs  held below above width")
    for kind, lines in found.items():
        held, below, above = (
            statistics.mean(map(test, lines)) for test in
            (lambda f: float(f[2] <= f[0] <= f[3]),
             lambda f: float(f[3] < f[0]), lambda f: float(f[2] > f[0])))
        print(f"{kind:12} {len(lines):4} {held:5.3f} {below:5.3f} {above:5.3f}"
              f" {statistics.mean(f[3] - f[2] for f in lines):5.3f}")
    print("\nsuspicion      rows   mean  wrong")
    for low, high in zip(EDGES, EDGES[1:]):
        some = [(s, w) for s, w in suspicions if low <= s < high]
        if some:
            print(f"{low:4.2f}-{min(high, 1):4.2f} {len(some):9}"
                  f" {statistics.mean(s for s, _ in some):6.3f}"
                  f" {statistics.mean(w for _, w in some):6.3f}")


if __name__ == "__main__":
    try:
        import h5py  # noqa: F401
        import numpy  # noqa: F401
    except ImportError as lacks:
        sys.exit(f"bench-coverage: skipped: it needs python3-{lacks.name}")
    main(os.path.abspath(sys.argv[1]),
         int(sys.argv[2]) if len(sys.argv) > 2 else 200)
