#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# coverage.sh SOURCE [TEST...]: build with gcov's counters in build/coverage, run
# the suite or the tests named, print the share of lines and branches of src/
# that it reached, room by room and in all. build/coverage/branches.tsv has every
# file. Wants gcovr.
# The child that reads HDF5 goes without its cage and its limit on memory here,
# so that it can write its counters. tests/cli/disk.t fails, because its limits
# stop gcov's own files, too.

set -u
source=$1
shift
build=$source/build/coverage
command -v gcovr >/dev/null || {
    echo "coverage: gcovr is not installed; Debian package: gcovr" >&2
    exit 2
}
mkdir -p "$build" && cd "$build" || exit 2
[ -f Makefile ] ||
    "$source/configure" -q CFLAGS='-O1 -g --coverage -fprofile-update=atomic' \
        CPPFLAGS='-DWN_SANITIZERS -DWN_COVERAGE' ||
    exit 2
make -j "$(nproc)" >coverage.log 2>&1 || { tail coverage.log; exit 2; }
find . -name '*.gcda' -delete
tests=$*
make -k -j "$(nproc)" check ${tests:+"TESTS=$tests"} >>coverage.log 2>&1 \
    </dev/null
grep -E '^# (PASS|FAIL|SKIP):' coverage.log
gcovr -r "$source" --object-directory . --filter "$source/src/" \
    --gcov-ignore-parse-errors --csv -o files.csv . >>coverage.log 2>&1 || {
    tail coverage.log
    exit 2
}
# filename, line_total, line_covered, line_percent, branch_total, ...
awk -F, 'NR > 1 {
    file = $1; sub(".*src/", "", file); room = file; sub("/.*", "", room)
    lines[room] += $2; hit[room] += $3; all += $2; hits += $3
    ways[room] += $5; taken[room] += $6; both += $5; took += $6
    printf "%s\t%d\t%d\t%d\t%d\n", file, $2, $3, $5, $6 >"branches.tsv"
}
function line(name, l, h, b, t) {
    return sprintf("%-10s lines %5.1f %% of %6d   branches %5.1f %% of %6d",
        name, l ? 100 * h / l : 100, l, b ? 100 * t / b : 100, b)
}
END {
    for (room in lines) {
        row = line(room, lines[room], hit[room], ways[room], taken[room])
        print row | "sort"
    }
    close("sort")
    print line("all", all, hits, both, took)
}' files.csv
