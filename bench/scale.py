#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What more ranks of score-mpi would bring: scale.py [OPTION...] LOG LOG [LOG...]

Each LOG is what `mpirun -n N score-mpi -j1 -v ...` said, the same work for
different N, 1 and 2 among them. For each stage, with c(N) the mean CPU seconds
of a rank and b(N) the largest bytes that a rank received,

    c(N) = alone + shared / N
    b(N) = bytes (N - 1) / N

as every rank receives what the others have computed. Both are exact for 1 and 2
ranks; larger N in the logs are compared with, not fitted.

A node has one rank; the time of a stage is c(N) and b(N) over the bandwidth, as
if nothing overlapped, and a latency for each doubling of N and message of
MESSAGE bytes. With --threads=T the CPU seconds are divided by T, as if all
threads were busy."""

import argparse
import math
import re
import sys

LINE = re.compile(r"(\w+): rank (\d+): ([\d.]+) s, ([\d.]+) CPU s, (\d+) MiB, "
                  r"received ([\d.]+) MB")
MESSAGE = 1e6


def read(path):
    """{stage: [(wall, cpu, MiB, MB) of each rank]} and the number of ranks."""
    stages = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            found = LINE.search(line)
            if found:
                stages.setdefault(found.group(1), []).append(
                    tuple(float(found.group(i)) for i in range(3, 7)))
    if not stages:
        sys.exit(f"scale.py: {path}: found no line of a rank, wanted those of "
                 "score-mpi -v")
    return max(len(ranks) for ranks in stages.values()), stages


def cpu(ranks):
    return sum(rank[1] for rank in ranks) / len(ranks)


def received(ranks):
    return max(rank[3] for rank in ranks) * 1e6


def main():
    parser = argparse.ArgumentParser(description="predict the time of more ranks")
    parser.add_argument("--bandwidth", type=float, default=1.25e9,
                        help="bytes a second of a node (10 Gbit/s)")
    parser.add_argument("--latency", type=float, default=2e-5,
                        help="seconds of a message")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("log", nargs="+")
    args = parser.parse_args()
    logs = dict(read(path) for path in args.log)
    if not {1, 2} <= set(logs):
        sys.exit(f"scale.py: found logs of {sorted(logs)} ranks, wanted 1 and 2")
    model = {}
    for stage, one in logs[1].items():
        if stage not in logs[2]:
            continue
        two = logs[2][stage]
        alone = min(max(2 * cpu(two) - cpu(one), 0), cpu(one))
        model[stage] = alone, cpu(one) - alone, 2 * received(two)

    def predict(stage, n):
        alone, shared, size = model[stage]
        return alone + shared / n, size * (n - 1) / n

    print("stage         alone   shared CPU s      MB")
    for stage, (alone, shared, size) in model.items():
        print(f"{stage:10s} {alone:8.2f} {shared:8.2f}      {size / 1e6:8.1f}")
    for n in sorted(set(logs) - {1, 2}):
        for stage in model:
            seconds, size = predict(stage, n)
            found = cpu(logs[n][stage]), received(logs[n][stage])
            print(f"{n} ranks, {stage}: CPU {seconds:.2f} s predicted, "
                  f"{found[0]:.2f} measured; {size / 1e6:.1f} MB predicted, "
                  f"{found[1] / 1e6:.1f} measured")
    print("nodes   seconds  of them network  efficiency")
    base = sum(predict(stage, 1)[0] for stage in model) / args.threads
    for n in (1 << i for i in range(11)):
        compute = network = 0
        for stage in model:
            seconds, size = predict(stage, n)
            compute += seconds / args.threads
            network += size / args.bandwidth
            network += args.latency * math.log2(n) * math.ceil(size / MESSAGE)
        total = compute + network
        print(f"{n:5d} {total:9.2f} {network:16.2f} {base / n / total:11.3f}")


if __name__ == "__main__":
    main()
