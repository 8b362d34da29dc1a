# SPDX-License-Identifier: GPL-3.0-or-later
# What every shell test reads first: a clean place to stand and a few verbs
# that print TAP. Use: . "${WN_SOURCE:-.}/tests/tap.sh"; ...; done_testing
#
# $source and $build are the trees, $samples and $files the data, $work an
# empty directory that is the working directory and goes away at the end. The
# programs of the build tree come first in PATH.

set -u
LC_ALL=C
export LC_ALL
source=$(cd "${WN_SOURCE:-.}" && pwd)
build=$(cd "${WN_BUILD:-.}" && pwd)
# shellcheck disable=SC2034
samples=$source/samples
# shellcheck disable=SC2034
files=$source/tests/files
PATH=$build:$PATH
export PATH
unset COLUMNS NO_COLOR POSIXLY_CORRECT WINNOW_OPTIONS 2>/dev/null || :
work=$(mktemp -d "${TMPDIR:-/tmp}/winnow-test.XXXXXX") || exit 99
trap 'cd / && rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 99
tap_count=0

# ok STATUS NAME: passed if STATUS is 0.
ok() {
    tap_count=$((tap_count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $tap_count - $2"
    else
        echo "not ok $tap_count - $2"
    fi
}

# is FOUND WANTED NAME: passed if the texts are equal.
is() {
    if [ "$1" = "$2" ]; then
        ok 0 "$3"
    else
        ok 1 "$3"
        printf '# found:  %s\n# wanted: %s\n' "$1" "$2" | sed '2,$s/^[^#]/# &/'
    fi
}

# skip NAME WHY
skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# runs NAME COMMAND...: passed if it exits 0; its output is in out and err.
runs() {
    tap_name=$1
    shift
    if "$@" >out 2>err; then
        ok 0 "$tap_name"
    else
        ok 1 "$tap_name"
        sed 's/^/# /' err
    fi
}

# fails_with STATUS TEXT COMMAND...: passed if it exits with STATUS, says TEXT
# (a fixed string) in one line on stderr, and nothing on stdout.
fails_with() {
    tap_status=$1
    tap_text=$2
    shift 2
    "$@" >out 2>err
    tap_got=$?
    if [ "$tap_got" -eq "$tap_status" ] && grep -qF -e "$tap_text" err &&
        [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ]; then
        ok 0 "exit $tap_status: $tap_text"
    else
        ok 1 "exit $tap_status: $tap_text"
        echo "# $*: exit $tap_got, $(wc -c <out) bytes on stdout"
        sed 's/^/# /' err
    fi
}

# peak_of COMMAND...: run it, its output in out and err, and set peak to the
# largest anonymous memory that it was seen to have, in MiB.
peak_of() {
    "$@" >out 2>err &
    peak_pid=$!
    peak=0
    peak_kib=0
    while [ "$peak_kib" != gone ]; do
        peak_kib=gone
        while read -r peak_key peak_value _; do
            [ "$peak_key" != RssAnon: ] || peak_kib=$peak_value
        done 2>/dev/null <"/proc/$peak_pid/status"
        [ "$peak_kib" = gone ] || [ "$peak_kib" -le "$peak" ] || peak=$peak_kib
        sleep 0.02
    done 2>/dev/null
    peak=$(((peak + 1023) / 1024))
    wait "$peak_pid"
}

# same FILE FILE NAME: passed if they are byte for byte equal.
same() {
    if cmp "$1" "$2" >cmp.out 2>&1; then
        ok 0 "$3"
    else
        ok 1 "$3"
        sed 's/^/# /' cmp.out
    fi
}

done_testing() {
    echo "1..$tap_count"
}
