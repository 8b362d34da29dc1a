#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a model gains where prune leaves rows out: gain.py [SEEDS [SET...]]

Run by `make bench-gain` with the programs in PATH; wants python3-sklearn. Each
table is split in halves, labels of the training half are spoiled, and logistic
regression and extremely randomised trees learn from what prune leaves of it.
Their mean accuracy on the other half, whose labels are right, is compared with
that of all rows. SEEDS (5) splits a table. A line a kind of noise has the mean
over the tables in points of accuracy, and the worst table: for each --drop, and
for exactly the wrong rows; and the rows that went, and how many were wrong."""

import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
from sklearn import datasets
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DROPS = ["advised", "auto", "label"]
# Share of wrong labels; whether each is that of the next class.
NOISE = {"none": (0, False), "a tenth": (.1, False), "a fifth": (.2, False),
         "a fifth, next class": (.2, True)}


def overlapping(apart, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 800)
    x = rng.normal(size=(800, 5))
    x[:, 0] += apart * (2 * y - 1)
    return x, y


def tables():
    for name in "iris", "wine", "breast_cancer", "digits":
        data = getattr(datasets, "load_" + name)()
        yield name, data.data, data.target
    yield "gauss_10", *overlapping(1.2816, 1)  # Bayes error .1
    yield "gauss_20", *overlapping(.8416, 2)  # .2
    yield "made", *datasets.make_classification(
        1000, 10, n_informative=4, n_classes=3, flip_y=0, random_state=3)


def spoiled(y, share, next_class, rng):
    y, k = y.copy(), y.max() + 1
    wrong = rng.random(len(y)) < share
    step = 1 if next_class else rng.integers(1, k, wrong.sum())
    y[wrong] = (y[wrong] + step) % k
    return y


def kept_rows(x, y, folder):
    """For each of DROPS whether prune keeps the row."""
    source, audit = os.path.join(folder, "t.csv"), os.path.join(folder, "t.h5")

    def run(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    with open(source, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"x{j}" for j in range(x.shape[1])] + ["y"])
        rows.writerows([f"{v:.6g}" for v in r] + [f"c{c}"]
                       for r, c in zip(x, y))
    run("ingest", "-qj1", source, "--label=y", "-fo", audit)
    run("score", "-qij1", audit)
    run("flag", "-qij1", audit)
    for drop in DROPS:
        keep = np.zeros(len(y), bool)
        listed = run("prune", "-q", f"--drop={drop}", "--format=list", audit)
        keep[[int(line) for line in listed.split()]] = True
        yield keep


def accuracy(x, y, test_x, test_y, seed):
    if len(set(y)) < 2:
        return 0
    models = (make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
              ExtraTreesClassifier(100, random_state=seed))
    return np.mean([m.fit(x, y).score(test_x, test_y) for m in models])


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    chosen = sys.argv[2:]
    names = DROPS + ["wrong rows"]
    print("wrong labels".ljust(20), *(f"{name:>20}" for name in names))
    for kind, (share, next_class) in NOISE.items():
        gains, went = {}, np.zeros((len(names), 2), int)
        for name, x, y in tables():
            if chosen and name not in chosen:
                continue
            for seed in range(seeds):
                train, test, true, test_y = train_test_split(
                    x, y, test_size=.5, random_state=seed, stratify=y)
                given = spoiled(true, share, next_class,
                                np.random.default_rng(1000 * seed + 17))
                wrong = given != true
                with tempfile.TemporaryDirectory() as folder:
                    keeps = [*kept_rows(train, given, folder), ~wrong]
                base = accuracy(train, given, test, test_y, seed)
                gains.setdefault(name, []).append(
                    [100 * (accuracy(train[k], given[k], test, test_y, seed)
                            - base) for k in keeps])
                went += [[(~k).sum(), (wrong & ~k).sum()] for k in keeps]
        means = np.array([np.mean(g, axis=0) for g in gains.values()])
        print(kind.ljust(20), *(
            f"{mean:6.2f} ({worst:5.2f}) {n:4}/{n_wrong}".rjust(20)
            for mean, worst, (n, n_wrong)
            in zip(means.mean(axis=0), means.min(axis=0), went)), flush=True)


main()
