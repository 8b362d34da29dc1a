#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paste real output into a page: paste.py BUILD TEMPLATE >PAGE

Runs the command of every line that begins with "$ " (after blanks), in a
scratch copy of samples/ with BUILD first in PATH, and replaces the directives
that follow it by parts of what it printed:

    @lines A-B       lines A to B, counted from 1
    @match RE N      N lines from the first line that matches RE
    @all             everything
    @skip            "...", the mark of a cut
    @cpu             the kind of processor and the OpenBLAS kernels

A page of the manual (its name ends in .7.in) has its output escaped for mdoc.
The command in the page stays as the reader types it.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

build, template = os.path.abspath(sys.argv[1]), sys.argv[2]
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
manual = template.endswith(".7.in")
environment = dict(os.environ, PATH=build + ":" + os.environ["PATH"],
                   LC_ALL="C", COLUMNS="80")


def show(text):
    """One line of output as it stands in the page."""
    if not manual:
        return ("    " + text).rstrip()
    text = text.replace("\\", "\\e")
    return "\\&" + text if text.startswith((".", "'")) else text


def processor():
    model = "an unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    kernels = subprocess.run(
        ["score", "-v", "--estimate", "scored.h5"], env=environment,
        capture_output=True, text=True).stderr
    found = re.search(r"kernels?[: ]+(\w+)", kernels)
    return model + (f", OpenBLAS kernels {found[1]}" if found else "")


def main():
    lines = open(template).read().splitlines()
    work = tempfile.mkdtemp(prefix="winnow-paste.")
    shutil.copytree(root + "/samples", work + "/samples")
    os.chdir(work)
    output = []
    for line in lines:
        word = line.strip().split(" ")
        command = re.match(r"^ *(?:\.Dl )?\$ (.*)$", line)
        if command:
            typed = command[1]
            if manual:
                typed = (typed.replace("\\e", "\\").replace("\\-", "-")
                         .replace("\\(aq", "'").replace("\\&", ""))
            done = subprocess.run(["sh", "-c", typed], env=environment,
                                  stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            output = done.stdout.splitlines()
            print(line)
        elif word[0] == "@lines":
            first, last = map(int, word[1].split("-"))
            for text in output[first - 1:last]:
                print(show(text))
        elif word[0] == "@match":
            pattern, count = " ".join(word[1:-1]), int(word[-1])
            at = next((i for i, text in enumerate(output)
                       if re.search(pattern, text)), None)
            if at is None:
                sys.exit(f"{template}: nothing printed matches {pattern!r}")
            for text in output[at:at + count]:
                print(show(text))
        elif word[0] == "@all":
            for text in output:
                print(show(text))
        elif word[0] == "@skip":
            print(show("..."))
        elif "@cpu" in line:
            print(line.replace("@cpu", processor()))
        else:
            print(line)
    os.chdir("/")
    shutil.rmtree(work)


main()
