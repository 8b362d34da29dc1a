# SPDX-License-Identifier: GPL-3.0-or-later
"""with_source.py FILES: report --with-source and prune --add on odd CSV files.

The good files of FILES, and others made here. Of each the output must have the
bytes of the source (of prune without --add) as a subsequence, and be the same
again, byte for byte, when the added cells are taken away. How many files there
were is printed, and every one that is wrong."""
import glob
import os
import random
import subprocess
import sys

ADD = "record,given,row"


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(words), done.stderr.decode()))
    return done.stdout


def is_subsequence(part, whole):
    at = 0
    for byte in part:
        at = whole.find(bytes([byte]), at) + 1
        if at == 0:
            return False
    return True


def records(text):
    """The records of well-formed CSV, each with its line ends."""
    begin, inside, at = 0, False, 0
    while at < len(text):
        if text[at] == '"':
            inside = not inside
        at += 1
        if text[at - 1] == "\n" and not inside:
            while text[at:at + 1] in ("\r", "\n"):
                at += 1
            yield text[begin:at]
            begin = at
    if begin < at:
        yield text[begin:]


def without_last(record, delimiter, cells):
    """A record without its last cells."""
    body = record.rstrip("\r\n")
    places, inside = [], False
    for at, char in enumerate(body):
        if char == '"':
            inside = not inside
        elif char == delimiter and not inside:
            places.append(at)
    if len(places) < cells:
        return record
    return body[:places[-cells]] + record[len(body):]


def odd_files(into):
    """Files with rows of two classes; name -> options of ingest."""
    chance = random.Random(7)
    made = {}
    for number in range(44):
        delimiter = [",", ";", "\t", "|"][number % 4]
        end = ["\n", "\r\n", None][number % 3]
        columns = 1 + number % 5
        header, last, bom = number % 7 != 3, number % 5 != 2, number % 6 == 1
        encoding = "utf-8"
        if number in (20, 21, 22):
            encoding = ["latin-1", "utf-16-le", "utf-16-be"][number - 20]

        def cell():
            kind = chance.randrange(9)
            if kind < 4:
                return str(chance.randrange(1000) / 10)
            if kind == 4:
                return ""
            if kind == 5:
                return '"a ""b""%s c"' % delimiter
            if kind == 6:
                return '"line\n%s\r\n"' % chance.choice(["", "two", "\n"])
            if kind == 7:
                return '""'
            return chance.choice(["\u00e5l", "x y", " z ", "'q'"])

        def line_end():
            return end or chance.choice(["\n", "\r\n"])

        text = "\ufeff" if bom or encoding.startswith("utf-16") else ""
        if number % 11 == 5 and delimiter != ",":
            text += "sep=%s%s" % (delimiter, line_end())
        if header:
            names = ["record", "n 1", '"a ""q"""', "given", "winnow_given"]
            text += delimiter.join(names[:columns] + ["label"]) + line_end()
        rows = 6 + number % 9
        for row in range(rows):
            cells = [str(chance.randrange(99))] + [cell() for _ in
                                                   range(columns - 1)]
            text += delimiter.join(cells + ["pq"[row % 2]])
            if row + 1 < rows or last:
                text += line_end()
            if number % 8 == 6:
                text += line_end() * chance.randrange(3)
        name = os.path.join(into, "odd%02d.csv" % number)
        with open(name, "wb") as file:
            file.write(text.encode(encoding))
        options = ["--delimiter=" + delimiter]
        options += ["--label=label"] if header else [
            "--no-header", "--label=c%d" % (columns + 1)]
        if encoding != "utf-8":
            options += ["--encoding=" + (
                "UTF-16" if encoding.startswith("utf-16") else "ISO-8859-1")]
        made[name] = (options, delimiter, encoding)
    return made


def rejected_files(into):
    """Files with records that ingest leaves out."""
    made = {}
    bad = ["1,2", "1,2,3,4", '"a" b,2,x', "1,a\"b,x", "1,2,", ",,", '"open,2,x',
           "\r1,2,x"]
    for number, broken in enumerate(bad):
        rows = ["%d,%d,%s" % (row, row * 7 % 5, "xy"[row % 2])
                for row in range(12)]
        for place in ([0, 5], [6, 7], [len(rows)])[number % 3]:
            rows.insert(place, broken)
        name = os.path.join(into, "bad%02d.csv" % number)
        with open(name, "wb") as file:
            file.write(("a,b,label\n" + "\n".join(rows) +
                        ("\n" if number % 2 else "")).encode())
        made[name] = (["--label=label", "--lenient", "--missing-label=drop"],
                      "," if broken.count('"') % 2 == 0 and "\r" not in broken
                      else None, "utf-8")
    return made


def main():
    files = {}
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "good-*.csv"))):
        copy = os.path.basename(path)
        with open(path, "rb") as old, open(copy, "wb") as new:
            new.write(old.read())
        options = ["--label=label"]
        delimiter = {"pipe": "|", "semicolon": ";", "tab": "\t"}.get(
            copy[5:-4], ",")
        if delimiter != ",":
            options += ["--delimiter=" + delimiter, "--missing-label=drop"]
        if copy == "good-no-header.csv":
            options = ["--no-header", "--label=c3"]
        if copy == "good-latin1-ignored.csv":
            options += ["--ignore=note"]
        files[copy] = (options, delimiter, "latin-1")
    files.update(odd_files("."))
    files.update(rejected_files("."))
    wrong = 0
    for path, (options, delimiter, encoding) in files.items():
        try:
            run("ingest", "-q", "-f", "-o", "a.h5", *options, path)
            with open(path, "rb") as file:
                source = file.read()
            found = [(source, run("report", "--format=csv", "--with-source",
                                  "--add=" + ADD, "a.h5")),
                     (run("prune", "--drop=none", "a.h5"),
                      run("prune", "--drop=none", "--add=" + ADD, "a.h5"))]
        except RuntimeError as error:
            print(error)
            wrong += 1
            continue
        for plain, output in found:
            if not is_subsequence(plain, output) or output == plain:
                print("%s: the source is no part of the output" % path)
                wrong += 1
            if delimiter is None:
                continue
            back = "".join(without_last(record, delimiter, 3)
                           for record in records(output.decode(encoding)))
            if back.encode(encoding) != plain:
                print("%s: without the added cells it is not the source" % path)
                wrong += 1
    print("%d files, %d wrong" % (len(files), wrong))


main()
