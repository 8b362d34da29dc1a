#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the structure of src/: lines, functions, helpers, headers, rooms.

    make measure            the totals, as HACKING quotes them
    tests/repo/measure.py --list    and what stands behind them, by room

A static function is called once if a single call is all that refers to it: it
may be a piece of its caller. It is named once if that single reference is not a
call but a row of a table or an argument, as of a method, a sort order or a
visitor: it has to be a function.

Wants Universal Ctags. Nothing here is enforced: it says where to look.
"""
import collections
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
os.chdir(ROOT)
SOURCES = sorted(
    os.path.join(folder, name)
    for folder, _, names in os.walk("src")
    for name in names
    if name.endswith((".c", ".h", ".def", ".sh"))
)
TEXT = {path: open(path).read() for path in SOURCES}
CODE = {
    path: re.sub(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""", " ",
                 text, flags=re.S)
    for path, text in TEXT.items()
}


def functions():
    """(path, name, first line, last line, static) of every function."""
    tags = subprocess.run(
        ["ctags", "--languages=C", "--kinds-C=f", "--fields=+neSf",
         "-f", "-"] + [p for p in SOURCES if p.endswith((".c", ".h"))],
        capture_output=True, text=True, check=True).stdout
    for line in tags.splitlines():
        part = line.split("\t")
        about = dict(p.split(":", 1) for p in part[3:] if ":" in p)
        yield (part[1], part[0], int(about["line"]),
               int(about.get("end", about["line"])), "file" in about)


def room(path):
    return path.split("/")[1]


lines = collections.Counter()
for path, text in TEXT.items():
    lines[room(path)] += text.count("\n")
static, called, named, long = [], [], [], []
for path, name, first, last, is_static in functions():
    if last - first + 1 > 80:
        long.append(f"{path}:{first} {name} {last - first + 1}")
    if is_static and path.endswith(".c"):
        static.append((path, name))
        # The definition and a declaration look like calls.
        uses = re.findall(rf"\b{name}\b(\s*\()?", CODE[path])
        calls = len([u for u in uses if u]) - 1 - len(
            re.findall(rf"^[a-z][^;:{{}}()=]*\b{name}\([^;{{]*\);",
                       CODE[path], re.M))
        names = len([u for u in uses if not u])
        if calls + names == 1:
            (called if calls else named).append((path, name, last - first + 1))
headers = [p for p in SOURCES if p.endswith(".h")]
included = {
    h: sum(f'#include "{h[4:]}"' in t for p, t in TEXT.items()) for h in headers
}
few = [h for h, count in included.items() if count <= 2]
stems = collections.defaultdict(set)
for path in SOURCES:
    stems[os.path.splitext(os.path.basename(path))[0]].add(
        os.path.dirname(path))
twice = [s for s, places in stems.items() if len(places) > 1]
total = sum(lines.values())
print(f"lines in src/                    {total}")
print(f"static functions called once     {len(called)} of {len(static)} "
      f"({100 * len(called) / len(static):.0f} %)")
print(f"  named once, not called         {len(named)} "
      f"({100 * len(named) / len(static):.0f} %)")
print(f"functions over 80 lines          {len(long)}")
print(f"headers in at most two files     {len(few)} of {len(headers)} "
      f"({100 * len(few) / len(headers):.0f} %)")
print(f"base names that stand twice      {len(twice)}")
for name, count in lines.most_common():
    mine = [s for s in static if room(s[0]) == name]
    calls = [s for s in called if room(s[0]) == name]
    names = [s for s in named if room(s[0]) == name]
    print(f"  {name:8} {count:6} lines ({100 * count / total:4.1f} %), "
          f"static: {len(calls)} of {len(mine)} called once, "
          f"{len(names)} named")
if "--list" in sys.argv:
    for path, name, size in sorted(called):
        print(f"called once: {path} {name} {size}")
    for path, name, size in sorted(named):
        print(f"named once: {path} {name} {size}")
    for entry in sorted(long):
        print("long:", entry)
    for h in sorted(few):
        print("few:", h, included[h])
    for s in twice:
        print("twice:", s, sorted(stems[s]))
