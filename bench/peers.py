#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work by the tools people use: peers.py WHAT FILE

Each reads what winnow reads, the CSV file or the encoded features and labels
of an audit file, and writes "work SECONDS" to $BENCH_RESULT: the time of the
work alone, without Python's start, imports and the reading of features.
What it says about its result goes to standard output. Exit status 77: the
Debian package that it needs is not installed."""

import os
import sys
import time


def need(module, package):
    """The module, or exit 77 naming the package."""
    try:
        return __import__(module, fromlist=["x"])
    except ImportError:
        print(f"{package} is not installed")
        sys.exit(77)


def features(path):
    """Encoded features, n x d floats, and labels, n whole numbers."""
    h5py = need("h5py", "python3-h5py")
    with h5py.File(path, "r") as file:
        return file["data/features"][()], file["data/label"][()]


def pandas(path):
    pandas = need("pandas", "python3-pandas")
    yield
    table = pandas.read_csv(path)
    yield
    print(f"{table.shape[0]} x {table.shape[1]}")


def logistic(path):
    model = need("sklearn.linear_model", "python3-sklearn")
    select = need("sklearn.model_selection", "python3-sklearn")
    metrics = need("sklearn.metrics", "python3-sklearn")
    x, y = features(path)
    yield
    p = select.cross_val_predict(model.LogisticRegression(max_iter=200), x, y,
                                 cv=5, method="predict_proba")
    yield
    print(f"log-loss {metrics.log_loss(y, p):.4f}")


def neighbors(path):
    module = need("sklearn.neighbors", "python3-sklearn")
    x, _ = features(path)
    yield
    index = module.NearestNeighbors(n_neighbors=11, algorithm="brute",
                                    n_jobs=-1).fit(x)
    index.kneighbors(x)
    yield


def faiss(path):
    faiss = need("faiss", "python3-faiss")
    x, _ = features(path)
    yield
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    index.search(x, 11)
    yield


def dynamics(path):
    """Ten replicated networks, five epochs, EL2N and GraNd: the same training
    as score's, in numpy on whatever BLAS it is linked with."""
    np = need("numpy", "python3-numpy")
    x, y = features(path)
    n, d = x.shape
    k, hidden, batch = int(y.max()) + 1, 128, 128
    onehot = np.eye(k, dtype=np.float32)[y]
    spread = x.std(0)
    x = np.clip((x - x.mean(0)) / np.where(spread > 0, spread, 1), -3, 3)
    x *= np.float32(min(1, 8 / np.sqrt(d)))

    def forward(net, x):
        h = np.maximum(x @ net[0] + net[1], 0)
        z = h @ net[2] + net[3]
        z = np.exp(z - z.max(1, keepdims=True))
        return h, z / z.sum(1, keepdims=True)

    def train(seed):
        random = np.random.default_rng(seed)
        net = [random.uniform(-1, 1, (d, hidden)) * np.sqrt(6 / d),
               np.zeros(hidden),
               random.uniform(-.1, .1, (hidden, k)) * np.sqrt(6 / hidden),
               np.zeros(k)]
        net = [w.astype(np.float32) for w in net]
        velocity = [np.zeros_like(w) for w in net]
        for _ in range(5):
            order = random.permutation(n)
            for at in range(0, n, batch):
                rows = order[at:at + batch]
                part = x[rows]
                h, p = forward(net, part)
                outer = (p - onehot[rows]) / len(rows)
                inner = (outer @ net[2].T) * (h > 0)
                for w, v, g in zip(net, velocity,
                                   (part.T @ inner, inner.sum(0),
                                    h.T @ outer, outer.sum(0))):
                    v *= .9
                    v += g
                    w -= np.float32(.05) * v
        h, p = forward(net, x)
        outer = p - onehot
        inner = (outer @ net[2].T) * (h > 0)
        square = [np.sum(m * m, 1) for m in (x, h, inner, outer)]
        return (np.sqrt(square[3]),
                np.sqrt(square[3] * (square[1] + 1)
                        + square[2] * (square[0] + 1)))

    yield
    scores = np.mean([train(seed) for seed in range(10)], 0)
    yield
    print(f"mean EL2N {scores[0].mean():.4f}, GraNd {scores[1].mean():.4f}")


def text(path):
    """Texts as words, 128 dimensions, out-of-fold predictions."""
    table = need("pandas", "python3-pandas")
    words = need("sklearn.feature_extraction.text", "python3-sklearn")
    model = need("sklearn.linear_model", "python3-sklearn")
    select = need("sklearn.model_selection", "python3-sklearn")
    reduce = need("sklearn.decomposition", "python3-sklearn")
    yield
    rows = table.read_csv(path)
    x = words.TfidfVectorizer().fit_transform(rows["text"])
    x = reduce.TruncatedSVD(128, random_state=0).fit_transform(x)
    p = select.cross_val_predict(model.LogisticRegression(), x, rows["label"],
                                 cv=folds(select))
    yield
    print(f"accuracy {(p == rows['label']).mean():.4f}")


def issues(path):
    """The default rule of cleanlab's find_label_issues; without cleanlab, its
    steps in numpy on one processor."""
    h5py = need("h5py", "python3-h5py")
    np = need("numpy", "python3-numpy")
    with h5py.File(path, "r") as file:
        p = file["score/probability"][()].astype(float)
        y = file["data/label"][()].astype(int)
    k = p.shape[1]
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        find_label_issues = None
    yield
    if find_label_issues:
        found = find_label_issues(y, p)
    else:
        count = np.bincount(y, minlength=k)
        threshold = np.array([p[y == c, c].mean() if count[c] else 2
                              for c in range(k)])
        confident = p >= threshold - 1e-6
        bins, prediction = confident.sum(1), p.argmax(1)
        guess = np.where(bins > 1, prediction, confident.argmax(1))
        joint = np.zeros((k, k))
        np.add.at(joint, (y[bins > 0], guess[bins > 0]), 1)
        joint[np.diag_indices(k)] = joint.diagonal().clip(min=1)
        joint = np.rint(joint.T / joint.sum(1) * count).astype(int)
        found = np.zeros(len(y), bool)
        for c in range(k):
            rows = np.flatnonzero(y == c)
            of_class = p[rows]
            for t in np.flatnonzero(joint[:, c]):
                if t != c:
                    margin = of_class[:, c] - of_class[:, t]
                    found[rows[np.argsort(margin)[:joint[t, c]]]] = True
        own = p.copy()
        own[np.arange(len(y)), y] += 1e-6
        found &= own.argmax(1) != y
    yield
    who = "cleanlab" if find_label_issues else "cleanlab's steps in numpy"
    print(f"{found.sum()} issues by {who}")


def folds(select):
    return select.StratifiedKFold(5, shuffle=True, random_state=0)


def right(path):
    """How often the probabilities of a scored audit file are for the label,
    and how often those of scikit-learn are on its features."""
    h5py = need("h5py", "python3-h5py")
    model = need("sklearn.linear_model", "python3-sklearn")
    select = need("sklearn.model_selection", "python3-sklearn")
    x, y = features(path)
    with h5py.File(path, "r") as file:
        p = file["score/probability"][()]
    yield
    q = select.cross_val_predict(model.LogisticRegression(), x, y,
                                 cv=folds(select))
    yield
    print(f"accuracy {(p.argmax(1) == y).mean():.4f}, "
          f"{(q == y).mean():.4f} by scikit-learn's logistic regression")


def run(peer, path):
    """A peer is a generator: what is between its two yields is the work."""
    steps = peer(path)
    next(steps)
    begin = time.monotonic()
    next(steps)
    seconds = time.monotonic() - begin
    for _ in steps:
        pass
    with open(os.environ["BENCH_RESULT"], "w", encoding="ascii") as file:
        file.write(f"work {seconds:.6f}\n")


PEERS = {peer.__name__: peer for peer in
         (pandas, logistic, neighbors, faiss, dynamics, text, issues, right)}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in PEERS:
        sys.exit(f"usage: peers.py {'|'.join(PEERS)} FILE")
    run(PEERS[sys.argv[1]], sys.argv[2])
