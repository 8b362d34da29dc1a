#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do EL2N and GraNd find the rows worth keeping? halves.py letter|mnist DIR

As in Paul, Ganguli and Dziugaite 2021: a fifth of the rows is held out, the
others are scored by `ingest | score`, and a network of scikit-learn's learns
from all of them, from the half that is hardest, and from a random half, with
the same number of steps. Shown are accuracies on the held-out rows, mean and
standard deviation over seeds, and the rank correlation of the scores between
two disjoint sets of replicates. DIR holds letter.csv.gz and mnist10k.h5; the
programs are found by PATH. Exit status 77: a Debian package is missing."""

import csv
import gzip
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import h5py
    import numpy as np
    from scipy.stats import spearmanr
    from sklearn.neural_network import MLPClassifier
except ImportError as missing:
    print(f"{missing.name} is not installed (python3-h5py, python3-sklearn)")
    sys.exit(77)

EPOCHS = 20  # of all training rows; halves get twice as many
SEEDS = 3


def letter(directory):
    with gzip.open(os.path.join(directory, "letter.csv.gz"), "rt",
                   encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if not name.startswith("label")]
    # The first line of the source's data is a header in disguise.
    rows = [row for row in rows if len(row["label"]) == 1]
    x = np.array([[float(row[name]) for name in names] for row in rows])
    y = np.unique([row["label"] for row in rows], return_inverse=True)[1]
    return (x - x.mean(0)) / x.std(0), y


def mnist(directory):
    with h5py.File(os.path.join(directory, "mnist10k.h5"), "r") as file:
        x = file["x"][()].reshape(len(file["x"]), -1) / 255
        return x, file["label"][()].astype(int)


def scores(x, y, seed):
    """EL2N and GraNd of every row, by the programs."""
    with tempfile.TemporaryDirectory() as work:
        table, audit = os.path.join(work, "t.csv"), os.path.join(work, "t.h5")
        with open(table, "w", encoding="ascii") as file:
            file.write(",".join(f"x{j}" for j in range(x.shape[1]))
                       + ",label\n")
            for row, label in zip(x, y):
                file.write(",".join(f"{value:.6g}" for value in row)
                           + f",c{label:02d}\n")
        subprocess.run(["ingest", "-q", table, "--label=label", "-o", audit],
                       check=True)
        subprocess.run(["score", "-q", "-i", audit, "--model=none",
                        "--methods=el2n,grand", f"--seed={seed}"], check=True)
        with h5py.File(audit, "r") as file:
            return {"el2n": file["score/el2n"][()],
                    "grand": file["score/grand"][()],
                    "epoch": int(file["score"].attrs["epoch"])}


def accuracy(x, y, rows, test, whole):
    found = []
    for seed in range(SEEDS):
        net = MLPClassifier((128,), solver="sgd", batch_size=64, alpha=0,
                            learning_rate_init=.05, momentum=.9,
                            nesterovs_momentum=False, random_state=seed,
                            max_iter=EPOCHS * whole // len(rows(seed)),
                            n_iter_no_change=10 ** 6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(x[rows(seed)], y[rows(seed)])
        found.append(net.score(x[test], y[test]))
    return f"{np.mean(found):.4f} +- {np.std(found):.4f}"


def main(name, directory):
    x, y = {"letter": letter, "mnist": mnist}[name](directory)
    order = np.random.RandomState(5).permutation(len(y))
    test, train = order[:len(y) // 5], np.sort(order[len(y) // 5:])
    half = len(train) // 2
    first, second = (scores(x[train], y[train], seed) for seed in (1, 2))
    x = x.astype(np.float32)
    print(f"{name}: {len(train)} rows to learn from, {len(test)} held out; "
          f"scored after epochs {first['epoch']} and {second['epoch']}")
    print("  all rows      ", accuracy(x, y, lambda seed: train, test,
                                       len(train)))

    def random_half(seed):
        return np.random.RandomState(seed).permutation(train)[:half]

    print("  random half   ", accuracy(x, y, random_half, test, len(train)))
    for score in ("el2n", "grand"):
        hardest = train[np.argsort(-first[score], kind="stable")[:half]]
        found = accuracy(x, y, lambda seed, rows=hardest: rows, test,
                         len(train))
        agree = spearmanr(first[score], second[score])[0]
        print(f"  hardest, {score:6} {found}  rank correlation {agree:.3f}",
              flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("letter", "mnist"):
        sys.exit("usage: halves.py letter|mnist DIR")
    main(sys.argv[1], sys.argv[2])
