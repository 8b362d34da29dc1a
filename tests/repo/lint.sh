#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# lint.sh SOURCE BUILD [TOOL...]: the static checks of `make lint`, a line each,
# all of them or only the named tools. A tool
# that is not installed is named and left out; CI has all of them. Ends with
# 1 if any tool complained.

set -u
source=$1 build=$2
shift 2
tools=" $* "
cd "$source" || exit 2
log=$build/lint.log
: >"$log" || exit 2
failed=0
all="clang-format mandoc shellcheck cppcheck clang-tidy"
for name in $tools; do
    case " $all " in
    *" $name "*) ;;
    *)
        echo "lint: found '$name', wanted: $all" >&2
        exit 2
        ;;
    esac
done

# check NAME COMMAND...: run it into the log; silence means that it passed.
check() {
    name=$1
    shift
    case $tools in
    "  " | *" $name "*) ;;
    *) return ;;
    esac
    if ! command -v "$name" >/dev/null; then
        echo "lint: $name is not installed, left out"
        return
    fi
    found=$build/lint.part
    if "$@" >"$found" 2>&1 && [ ! -s "$found" ]; then
        echo "lint: $name: clean"
    else
        cat "$found"
        cat "$found" >>"$log"
        echo "lint: $name: see $log"
        failed=1
    fi
    rm -f "$found"
}

code=$(find src tests bench -name '*.[ch]')
shell="quickstart src/prog/driver.sh man/rename.sh
    $(find bench tests -name '*.sh') $(find tests -name '*.t')"
jobs=$(nproc 2>/dev/null || echo 1)

# The words are file names of this tree, without blanks.
# shellcheck disable=SC2086
{
    check clang-format clang-format --dry-run -Werror $code
    check mandoc mandoc -T lint -W warning man/*.[157]
    check shellcheck shellcheck -S warning -s sh -P SCRIPTDIR $shell
    check shellcheck shellcheck -S warning .ci/run
    check cppcheck cppcheck -q -j "$jobs" --error-exitcode=1 --std=c11 \
        --enable=warning,performance,portability --inline-suppr -Isrc \
        --suppress=missingIncludeSystem \
        --suppressions-list=tests/repo/cppcheck.txt src
    # Its notes on suppressed warnings go to a file of their own. What includes
    # mpi.h needs the flags of MPI.
    check clang-tidy sh -c '
        build=$1 jobs=$2
        shift 2
        printf "%s\n" "$@" |
            xargs -P "$jobs" -n 4 clang-tidy --quiet -p "$build" \
                2>"$build/lint.notes"' - "$build" "$jobs" \
        $(find src -name '*.c' ! -name score_mpi.c)
}
exit $failed
