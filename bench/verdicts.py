#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forty verdicts are worth: coverage of the rate and F1 of the flags.

    verdicts.py [--draws=20] [--verdicts=40] [NAME=AUDIT.h5,TRUTH.csv,COLUMN ...]

Run by `make bench-verdicts` with the programs in PATH. Each set is an audit that has been scored and a table with the true label of
each row, in order. A draw is a review plan of its own seed; its verdicts come
from the truth (ok, or relabel to the true class). Without sets: the samples
digits and mixed, whose wrong labels are known. Only flag and report run again
for a draw. F1 "before" is that of flag without verdicts; "by hand" are as many
verdicts on the first flagged rows instead of a plan.
"""
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent


class Set:
    def __init__(self, folder, name, scored, truth):
        self.folder, self.name = folder, name
        self.scored, self.truth = scored, truth
        self.audit = folder / f"{name}.flagged.h5"
        self.run("flag", "-q", "-f", scored, "-o", self.audit)
        self.given = [None] * len(truth)
        for row in self.rows(self.audit):
            self.given[int(row["row"])] = row["given"]
        self.wrong = [g != t for g, t in zip(self.given, truth)]
        self.rate = sum(self.wrong) / len(truth)

    def run(self, program, *arguments):
        done = subprocess.run(
            [program, *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    def rows(self, audit):
        text = self.run("report", "--format=tsv", "--top=all", audit)
        return csv.DictReader(text.splitlines(), delimiter="\t",
                              quoting=csv.QUOTE_NONE)

    def f1(self, audit):
        flagged = {int(row["row"]) for row in self.rows(audit)
                   if "label" in row["issues"].split(",")}
        hits = sum(self.wrong[i] for i in flagged)
        return 2 * hits / max(1, len(flagged) + sum(self.wrong)), len(flagged)

    def review(self, *arguments, limit=None):
        """F1, flags and interval after verdicts on a table of report."""
        table = self.run("report", "-q", *arguments, self.audit)
        lines = list(csv.DictReader(table.splitlines(), delimiter="\t"))
        decisions = self.folder / "decisions.tsv"
        with open(decisions, "w", newline="", encoding="utf-8") as out:
            write = csv.DictWriter(out, lines[0].keys(), delimiter="\t",
                                   lineterminator="\n")
            write.writeheader()
            for line in lines[:limit]:
                row = int(line["row"])
                line["verdict"] = ("relabel:" + self.truth[row]
                                   if self.wrong[row] else "ok")
                write.writerow(line)
        audit = self.folder / "reviewed.h5"
        self.run("flag", "-q", "-f", f"--decisions={decisions}", self.scored,
                 "-o", audit)
        summary = self.run("report", "--format=json", "--top=0", audit)
        wrong = next(line["wrong"] for line in map(json.loads,
                                                   summary.splitlines())
                     if line.get("record") == "summary")
        return (*self.f1(audit), wrong)


def samples(folder):
    """The samples whose wrong labels are known, scored."""
    for name, label, truth in (("digits", "digit", "digits.truth.csv"),
                               ("mixed", "income", "mixed.truth.csv")):
        table = TREE / "samples" / truth
        rows = list(csv.DictReader(open(table, encoding="utf-8")))
        ingested, scored = folder / f"{name}.i.h5", folder / f"{name}.s.h5"
        subprocess.run(["ingest", "-q", f"--label={label}",
                        TREE / "samples" / f"{name}.csv", "-o", ingested],
                       check=True)
        subprocess.run(["score", "-q", ingested, "-o", scored],
                       check=True)
        yield name, scored, [row["true"] for row in rows]


def named(argument):
    name, rest = argument.split("=", 1)
    scored, table, column = rest.rsplit(",", 2)
    with open(table, encoding="utf-8", newline="") as source:
        return name, scored, [row[column] for row in csv.DictReader(source)]


def measure(one, draws, verdicts):
    before, flags = one.f1(one.audit)
    by_hand = one.review("--decisions-template", limit=verdicts)[0] if flags else 0
    scores, shares, rates, lengths, covered = [], [], [], [], 0
    for seed in range(1, draws + 1):
        score, flagged, wrong = one.review(f"--review-plan={verdicts}",
                                           f"--seed={seed}")
        scores.append(score)
        shares.append(flagged / len(one.truth))
        rates.append(wrong["rate"])
        lengths.append(wrong["high"] - wrong["low"])
        covered += wrong["low"] <= one.rate <= wrong["high"]
    print(f"{one.name:12s} {len(one.truth):6d} {one.rate:6.3f} {before:7.3f} "
          f"{by_hand:8.3f} {statistics.mean(scores):6.3f} "
          f"{statistics.pstdev(scores):5.3f} {min(scores):6.3f} "
          f"{statistics.mean(shares):8.3f} {statistics.mean(rates):6.3f} "
          f"{statistics.pstdev(rates):5.3f} {statistics.mean(lengths):7.3f} "
          f"{covered / draws:8.2f}", flush=True)


def main():
    options = {"draws": 20, "verdicts": 40}
    operands = []
    for argument in sys.argv[1:]:
        if argument.startswith("--"):
            key, value = argument[2:].split("=")
            options[key] = int(value)
        else:
            operands.append(argument)
    print("set            rows   rate  before  by hand     F1    sd    min  "
          "flagged   rate    sd  length  covers")
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        sets = (map(named, operands) if operands
                else samples(folder))
        for name, scored, truth in sets:
            measure(Set(folder, name, scored, truth), options["draws"],
                    options["verdicts"])


if __name__ == "__main__":
    main()
