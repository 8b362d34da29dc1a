#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# machine.sh FOLDER SUITE ARCH [TEST...]: the suite, or the tests named, in a
# Debian of that suite and architecture, which debootstrap makes in FOLDER: other
# compilers, another HDF5, another byte order. A foreign architecture runs under
# qemu-user-static, some twenty times slower. Wants root. Last, audit files of
# both machines are read by the other one.

set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
here=${WN_BUILD:-$source/build}
folder=$1 suite=$2 arch=$3
shift 3

packages='autoconf,automake,gawk,gcc,make,pkg-config,python3
    libcmocka-dev,libcsv-dev,libhdf5-dev,libjansson-dev,libncurses-dev
    libopenblas-dev,libpcre2-dev,libpng-dev,libseccomp-dev,libunistring-dev
    libxxhash-dev,zlib1g-dev'
[ -d "$folder/usr" ] ||
    debootstrap --variant=minbase --arch="$arch" \
        --include="$(echo $packages | tr ' ' ',')" "$suite" "$folder" >&2
rm -rf "$folder/winnow"
git -C "$source" archive --prefix=winnow/ HEAD | tar -x -C "$folder"
mountpoint -q "$folder/proc" || mount --bind /proc "$folder/proc"
trap 'umount "$folder/proc"' EXIT
inside() {
    chroot "$folder" sh -euc "cd /winnow/build && $1"
}
mkdir "$folder/winnow/build"
inside 'cd .. && autoreconf -i && cd build && ../configure -q --enable-werror &&
    make -j"$(nproc)" >make.log'
tests=$*
inside "make -k -j\"\$(nproc)\" check ${tests:+TESTS='$tests'} >check.log ||
    grep '^FAIL' check.log; grep '^# [A-Z]*:' check.log"

audit='ingest samples/iris.csv --label=species | score | flag'
inside "cd .. && PATH=build:\$PATH && $audit >theirs.h5"
(cd "$source" && PATH=$here:$PATH && eval "$audit") >"$folder/winnow/ours.h5"
inside 'build=$PWD; cd .. && $build/report ours.h5 >/dev/null'
"$here/report" "$folder/winnow/theirs.h5" >/dev/null
echo "audit files are read both ways"
