#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class probabilities and labels for ingest: probabilities.py FILE.h5 ROWS
CLASSES

A softmax of normal noise with 4 more, and log(CLASSES / 10), for the true
class; one label in ten is drawn at random."""

import sys

import h5py
import numpy as np

path, n, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = np.random.default_rng(0)
truth = random.integers(0, k, n)
label = np.where(random.random(n) < .1, random.integers(0, k, n), truth)
with h5py.File(path, "w") as file:
    file["label"] = label.astype(np.int32)
    probability = file.create_dataset("probability", (n, k), np.float32)
    for begin in range(0, n, 10000):
        end = min(begin + 10000, n)
        z = random.standard_normal((end - begin, k)) * 1.2
        z[np.arange(end - begin), truth[begin:end]] += 4 + np.log(k / 10)
        z = np.exp(z)
        probability[begin:end] = z / z.sum(1, keepdims=True)
