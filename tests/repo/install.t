#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make install and uninstall, with a program prefix: programs, pages and
# cross-references are renamed, and audit finds its siblings under their names.
. "${WN_SOURCE:-.}/tests/tap.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS
# Where the tree was configured with other names there is nothing to compare.
made() {
    make -C "$build" "$@" DESTDIR="$work/root" prefix=/usr \
        mandir=/usr/share/man program_transform_name='s,^,winnow-,' \
        >log 2>&1 </dev/null
    status=$?
    [ $status -eq 0 ] || sed 's/^/# /' log
    return $status
}
made install
ok $? "make install"
is "$(cd root/usr/bin && ls | tr '\n' ' ')" \
    "winnow-audit winnow-flag winnow-ingest winnow-prune winnow-report winnow-review winnow-score " \
    "the programs have the prefix"
(cd root/usr/share/man && find . -type f | sort) >pages
(cd "$source/man" && ls ./*.[1-8]) |
    sed 's,^\./\(.*\)\.1$,./man1/winnow-\1.1,; s,^\./\(.*\.\([57]\)\)$,./man\2/\1,' |
    sort >wanted
same pages wanted "and so do the pages of section 1"
is "$(cat root/usr/share/man/man*/* |
    grep -nE '^\.(It )?(Xr|Nm|Dt) (ingest|score|flag|report|prune|review|audit)\b')" "" \
    "no page mentions a program by its plain name"
if command -v mandoc >/dev/null; then
    is "$(mandoc -T lint -W all -M root root/usr/share/man/man*/* 2>/dev/null |
        grep -v -e 'referenced manual not found' -e 'unusual Xr order')" "" \
        "the pages are well formed under their new names"
fi

cp "$samples/iris.csv" .
PATH=/usr/local/bin:/usr/bin:/bin
runs "winnow-audit" root/usr/bin/winnow-audit iris.csv --label=species \
    --pruned=iris.pruned.csv
ok "$([ -f iris.audit.h5 ] && [ -f iris.pruned.csv ]; echo $?)" \
    "runs with its siblings"
is "$(root/usr/bin/winnow-audit --nonsense 2>&1 | cut -d : -f 1)" \
    winnow-audit "and speaks under its name"
rm iris.audit.h5 iris.pruned.csv
ln -s root/usr/bin/winnow-audit nightly
runs "a link to it" ./nightly iris.csv --label=species
mkdir lone
cp root/usr/bin/winnow-audit lone
fails_with 2 "winnow-ingest: there is no such program" \
    lone/winnow-audit iris.csv
PATH=$work/root/usr/bin:$PATH
runs "one without siblings finds them in PATH" \
    lone/winnow-audit iris.csv --label=species

made uninstall
ok $? "make uninstall"
is "$(find root ! -type d)" "" "leaves nothing"
done_testing
