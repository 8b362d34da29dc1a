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
         (pandas, logistic, neighbors, faiss)}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in PEERS:
        sys.exit(f"usage: peers.py {'|'.join(PEERS)} FILE")
    run(PEERS[sys.argv[1]], sys.argv[2])
