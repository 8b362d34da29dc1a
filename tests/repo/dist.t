#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The distribution holds what the repository holds, and what autotools add.
. "${WN_SOURCE:-.}/tests/tap.sh"

if ! git -C "$source" ls-files >tracked 2>/dev/null || [ ! -s tracked ] ||
    [ "$(git -C "$source" rev-parse --show-prefix)" ]; then
    skip "make distdir" "this is no repository"
    done_testing
    exit
fi
unset MAKEFLAGS MAKELEVEL MFLAGS
make -C "$build" distdir distdir=winnow-dist-test >log 2>&1 </dev/null
status=$?
ok $status "make distdir"
[ $status -eq 0 ] || sed 's/^/# /' log
(cd "$build/winnow-dist-test" && find . -type f | sed 's,^\./,,' | sort) >found
chmod -R u+w "$build/winnow-dist-test"
rm -rf "$build/winnow-dist-test"
grep -v '^\.git' tracked | sort >wanted
is "$(comm -13 found wanted)" "" "every file of the repository is in it"
is "$(comm -23 found wanted | grep -v -e '^build-aux/' -e '^configure$' \
    -e '^aclocal.m4$' -e 'Makefile.in$')" "" "and nothing unknown"
done_testing
