#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the samples again, byte for byte: make.py [--adult=FILE] DIRECTORY

Source: the data sets in Debian's python3-sklearn. mixed.csv needs the Adult
data of UCI (adult.data, or the same with a header line, .gz or not), because
no Debian package carries mixed-type data; without --adult it is left out.
Only random() of Python's generator is used: the one method whose stream is
promised not to change between versions."""

import csv
import gzip
import io
import random
import sys

DIGITS_SEED = 1998      # the year the digits were given to UCI
DIGITS_FLIPPED = .05
MIXED_SEED = 1996       # likewise Adult
MIXED_ROWS = 600
MIXED_FLIPPED = .05


def write(path, header, rows):
    """A CSV file with LF, quoted only where it must be."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def choose(rng, n, count):
    """`count` different numbers below n, ascending."""
    left = list(range(n))
    return sorted(left.pop(int(rng.random() * len(left)))
                  for _ in range(count))


def flip(rng, labels, share):
    """Change `share` of the labels, each to any other class alike."""
    classes = sorted(set(labels))
    given = list(labels)
    for row in choose(rng, len(given), round(share * len(given))):
        others = [name for name in classes if name != given[row]]
        given[row] = others[int(rng.random() * len(others))]
    return given


def write_truth(path, given, true):
    write(path, ["row", "given", "true"],
          [(i, *pair) for i, pair in enumerate(zip(given, true))])


def shortest(value):
    """A number as people write it: 13, not 13.0."""
    return str(int(value)) if value == int(value) else repr(float(value))


def plain(directory, name, data, columns, label, label_names):
    write(f"{directory}/{name}.csv", [*columns, label],
          [[*map(shortest, x), label_names[y]]
           for x, y in zip(data.data, data.target)])


def make_digits(directory, data):
    true = [str(y) for y in data.target]
    given = flip(random.Random(DIGITS_SEED), true, DIGITS_FLIPPED)
    write(f"{directory}/digits.csv",
          [f"p{j:02}" for j in range(64)] + ["digit"],
          [[*map(shortest, x), y] for x, y in zip(data.data, given)])
    write_truth(f"{directory}/digits.truth.csv", given, true)


def read_adult(path):
    """Rows of UCI's adult.data as lists of 15 trimmed cells."""
    with open(path, "rb") as file:
        raw = file.read()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    cells = csv.reader(io.StringIO(raw.decode("ascii")),
                       skipinitialspace=True)
    return [row for row in cells if len(row) == 15 and row[0] != "age"]


MIXED_HEADER = ["id", "age", "workclass", "education", "occupation", "sex",
                "hours", "capital_gain", "country", "note", "income"]


def mixed_row(number, adult):
    """The columns of mixed.csv from one row of Adult; "?" becomes empty."""
    cell = ["" if text == "?" else text for text in adult]
    where = f" from {cell[13]}" if cell[13] else ""
    work = cell[6].replace("-", " ").lower() or "no known occupation"
    note = (f"{cell[5].replace('-', ' ')}, {cell[3]}; {work}{where}, "
            f"{cell[12]} hours a week")
    return [f"A{number:05}", cell[0], cell[1], cell[3], cell[6], cell[9],
            cell[12], cell[10], cell[13], note, cell[14]]


# What hands and machines do to a cell: column, spoilt text from the right one.
BREAKS = [
    ("age", lambda text: text[0] + "O"),             # the letter for the digit
    ("age", lambda text: "unknown"),
    ("age", lambda text: "-" + text),
    ("hours", lambda text: text + " h"),
    ("hours", lambda text: "1e999"),
    ("capital_gain", lambda text: "$" + text),
    ("capital_gain", lambda text: "nan"),
    ("workclass", lambda text: text.upper() + " "),  # a variant of its class
    ("country", lambda text: text + "\u00a0"),       # a no-break space
    ("note", lambda text: text.replace("; ", ";\n")),
    ("note", lambda text: 'said: "' + text + '"'),
]


def make_mixed(directory, adult):
    rng = random.Random(MIXED_SEED)
    numbers = choose(rng, len(adult), MIXED_ROWS)
    rows = [mixed_row(i, adult[i]) for i in numbers]
    true = [row[-1] for row in rows]
    for row, label in zip(rows, flip(rng, true, MIXED_FLIPPED)):
        row[-1] = label
    broken = []
    for i, (column, spoil) in zip(choose(rng, len(rows), 3 * len(BREAKS)),
                                  BREAKS * 3):
        j = MIXED_HEADER.index(column)
        broken.append([i, column, rows[i][j]])
        rows[i][j] = spoil(rows[i][j])
    # Three rows entered twice under a new id, the third with another label.
    for i in (17, 170, 340):
        rows.append(["B" + rows[i][0][1:], *rows[i][1:]])
        true.append(true[i])
    rows[-1][-1] = ">50K" if rows[340][-1] == "<=50K" else "<=50K"
    write(f"{directory}/mixed.csv", MIXED_HEADER, rows)
    write_truth(f"{directory}/mixed.truth.csv", [r[-1] for r in rows], true)
    write(f"{directory}/mixed.broken.csv", ["row", "column", "right"], broken)


def main(arguments):
    adult = None
    if arguments and arguments[0].startswith("--adult="):
        adult = arguments.pop(0)[len("--adult="):]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit("usage: make.py [--adult=FILE] DIRECTORY")
    directory = arguments[0]
    from sklearn import datasets
    make_digits(directory, datasets.load_digits())
    plain(directory, "iris", datasets.load_iris(),
          ["sepal_length", "sepal_width", "petal_length", "petal_width"],
          "species", ["setosa", "versicolor", "virginica"])
    wine = datasets.load_wine()
    plain(directory, "wine", wine, wine.feature_names, "cultivar",
          ["class_0", "class_1", "class_2"])
    cancer = datasets.load_breast_cancer()
    plain(directory, "breast_cancer", cancer,
          [name.replace(" ", "_") for name in cancer.feature_names],
          "diagnosis", ["malignant", "benign"])
    if adult:
        make_mixed(directory, read_adult(adult))


if __name__ == "__main__":
    main(sys.argv[1:])
