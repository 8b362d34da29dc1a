#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the interval of the noise rate holds the planted share:
coverage.py SOURCE [RUNS]

Run by `make bench-coverage` with the programs in PATH. On the samples, with
RUNS seeds (5) of each kind of noise: the mean estimate, its deviation from the
planted share, the mean half-width of the 90 % interval, and the share of runs
whose interval holds the planted share."""

import os
import statistics
import subprocess
import sys
import tempfile

from accuracy import encode, plant, read_set

SETS = ["digits", "wine", "breast_cancer", "iris"]
NOISE = ["sym05", "sym10", "sym20", "pair10"]


def rate(folder, head, rows, given, seed):
    """The estimate and its interval by a finished audit."""
    import h5py
    out = encode(folder, head, rows, given)[0]
    for command in (["score", "-qi", "--methods=none", f"--seed={seed}", out],
                    ["flag", "-qi", "--issues=label", out]):
        subprocess.run(command, check=True)
    with h5py.File(out) as file:
        return file["flag/noise/rate"][()]


def main(source, runs):
    held = total = 0
    print(f"{'set':14} {'noise':7} planted estimate deviation"
          f" half-width held")
    for name in SETS:
        head, rows, true, _ = read_set(source, name)
        for kind in NOISE:
            found = []
            for seed in range(runs):
                given = plant(kind, None, true, seed)
                share = sum(a != b for a, b in zip(given, true)) / len(true)
                with tempfile.TemporaryDirectory() as folder:
                    found.append((share, *rate(folder, head, rows, given,
                                               seed)))
            inside = sum(low <= share <= high for share, _, low, high in found)
            held, total = held + inside, total + runs
            print(f"{name:14} {kind:7} {found[0][0]:7.3f}"
                  f" {statistics.mean(f[1] for f in found):8.4f}"
                  f" {statistics.pstdev(f[1] - f[0] for f in found):9.4f}"
                  f" {statistics.mean(f[3] - f[2] for f in found) / 2:10.4f}"
                  f" {inside / runs:4.2f}", flush=True)
    print(f"held in {held} of {total} runs ({100 * held / total:.0f} %)")


if __name__ == "__main__":
    try:
        import h5py  # noqa: F401
    except ImportError:
        sys.exit("bench-coverage: skipped: it needs python3-h5py")
    main(os.path.abspath(sys.argv[1]),
         int(sys.argv[2]) if len(sys.argv) > 2 else 5)
