#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well planted wrong labels are found: accuracy.py SOURCE [OPTION...]

Run by `make bench-accuracy` with the programs in PATH. On every data set and
kind of noise: average precision, area under the ROC curve and precision at the
true count of `1 - probability of the label`, of every score and of suspicion,
and the average precision of scikit-learn's usual models on the same encoded
features and labels, out of sample (LR, MLP: 5 folds; ET: out of bag; kNN:
share of 10 neighbours with another label).

  --sets=A,B    digits, wine, breast_cancer, iris, letter, mnist10k; those
                that are there (letter and mnist10k: SOURCE/../shared/data)
  --noise=A,B   sym10 sym20 sym40 pair20 inst20: share of labels flipped to any
                other class, to the next class, or where another class is near
  --score=ARGS  options for score
  --no-peers    winnow alone"""

import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile

NOISE = ["sym10", "sym20", "sym40", "pair20", "inst20"]
LABEL = {"digits": "digit", "wine": "cultivar", "breast_cancer": "diagnosis",
         "iris": "species"}


def sample(source, name):
    """Columns, rows of text, true labels of a sample."""
    with open(f"{source}/samples/{name}.csv") as file:
        head, *rows = csv.reader(file)
    label = head.index(LABEL[name]) if LABEL[name] in head else len(head) - 1
    true = [row[label] for row in rows]
    if name == "digits":
        with open(f"{source}/samples/digits.truth.csv") as file:
            for row in csv.DictReader(file):
                true[int(row["row"])] = row["true"]
    keep = [j for j in range(len(head)) if j != label]
    return [head[j] for j in keep], [[r[j] for j in keep] for r in rows], \
        true, {}


def letter(data):
    with gzip.open(f"{data}/letter.csv.gz", "rt") as file:
        head, *rows = csv.reader(file)
    keep = [j for j, name in enumerate(head) if not name.startswith("label")]
    given = {name[6:]: [row[j] for row in rows]
             for j, name in enumerate(head) if name.startswith("label_")}
    return [head[j] for j in keep], [[r[j] for j in keep] for r in rows], \
        [row[head.index("label")] for row in rows], given


def mnist(data):
    import h5py
    with h5py.File(f"{data}/mnist10k.h5") as file:
        x = file["x"][()].tolist()
        labels = {key: [f"d{v}" for v in file[key][()]]
                  for key in file if key.startswith("label")
                  and key != "label_name"}
    given = {key[6:]: v for key, v in labels.items() if key != "label"}
    return [f"p{j}" for j in range(len(x[0]))], x, labels["label"], given


def near_classes(rows):
    """Standardised rows as numpy array, or None without numpy."""
    import numpy
    x = numpy.array(rows, dtype=float)
    return (x - x.mean(0)) / (x.std(0) + 1e-9)


def plant(kind, rows, true, seed=1):
    """Flip a share of the labels: kind is sym20, pair20, inst20."""
    share = int(kind[-2:]) / 100
    names = sorted(set(true))
    rng = random.Random(f"{seed} {kind}")
    given = list(true)
    count = round(share * len(true))
    if kind.startswith("inst"):
        import numpy
        x, y = near_classes(rows), numpy.array(true)
        away = ((x[:, None] - x[None]) ** 2).sum(2)
        same = y[:, None] == y[None]
        numpy.fill_diagonal(away, numpy.inf)
        other = numpy.where(same, numpy.inf, away)
        ratio = numpy.where(same, away, numpy.inf).min(1) / other.min(1)
        for i in numpy.argsort(-ratio, kind="stable")[:count]:
            given[i] = true[other[i].argmin()]
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


def peers(x, y):
    """name, score a row of what people use."""
    import warnings
    import numpy
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import NearestNeighbors
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")
    at = numpy.arange(len(y)), y
    for name, model in (("LR", LogisticRegression()),
                        ("MLP", MLPClassifier((64,), max_iter=20,
                                              random_state=0))):
        p = cross_val_predict(model, x, y, cv=5, method="predict_proba")
        yield name, 1 - p[at]
    forest = ExtraTreesClassifier(300, bootstrap=True, oob_score=True,
                                  random_state=0, n_jobs=-1).fit(x, y)
    yield "ET", 1 - numpy.nan_to_num(forest.oob_decision_function_)[at]
    near = NearestNeighbors(n_neighbors=10).fit(x).kneighbors(
        return_distance=False)
    yield "kNN", (y[near] != y[:, None]).mean(1)


def audit(folder, head, rows, given, extra):
    """The scores of a finished audit by name; features and labels."""
    import h5py
    import numpy
    table, out = f"{folder}/table.csv", f"{folder}/audit.h5"
    with open(table, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head + ["given label"])
        writer.writerows(list(r) + [g] for r, g in zip(rows, given))
    subprocess.run(["ingest", "-qf", table, "--label=given label", "-o", out],
                   check=True)
    subprocess.run(["score", "-qi", out] + extra, check=True)
    subprocess.run(["flag", "-qi", out], check=True)
    with h5py.File(out) as file:
        y = file["data/label"][()]
        scores = {"1 - P": 1 - file["score/probability"][()][
            numpy.arange(len(y)), y],
            "suspicion": file["flag/suspicion"][()]}
        for name, item in file["score"].items():
            if hasattr(item, "ndim") and item.ndim == 1 and \
                    not name.endswith("_std"):
                scores[name] = item[()]
        return scores, file["data/features"][()], y


def line(set_name, kind, who, found):
    print(f"{set_name:14} {kind:7} {who:16} "
          + "  ".join(f"{v:.4f}" for v in found), flush=True)


def main(source, options):
    import numpy
    data = f"{source}/../shared/data"
    sets = options.get("sets", "digits,wine,breast_cancer,iris,letter,"
                       "mnist10k").split(",")
    kinds = options.get("noise", ",".join(NOISE)).split(",")
    print(f"{'set':14} {'noise':7} {'score':16} AP      AUROC   P@count")
    for name in sets:
        if name in ("letter", "mnist10k"):
            if not os.path.isdir(data):
                print(f"{name}: left out, its data are not here")
                continue
            head, rows, true, noisy = (letter if name == "letter"
                                       else mnist)(data)
        else:
            head, rows, true, noisy = sample(source, name)
        for kind in kinds:
            given = noisy[kind] if kind in noisy else plant(kind, rows, true)
            wrong = numpy.array([g != t for g, t in zip(given, true)])
            with tempfile.TemporaryDirectory() as folder:
                scores, x, y = audit(folder, head, rows, given,
                                     options.get("score", "").split())
            for who, score in scores.items():
                line(name, kind, who, measures(score, wrong))
            for who, score in () if "no-peers" in options else peers(x, y):
                line(name, kind, "peer " + who, measures(score, wrong))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    words = dict((w[2:].split("=", 1) + [""])[:2] for w in sys.argv[2:])
    try:
        import h5py  # noqa: F401
        import numpy  # noqa: F401
    except ImportError as lacks:
        sys.exit(f"python3-{lacks.name} is not installed")
    main(sys.argv[1], words)
