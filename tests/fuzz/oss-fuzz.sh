#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Build every fuzz target as OSS-Fuzz does: CC, CFLAGS and LIB_FUZZING_ENGINE are
# the sanitizers' and the engine's, OUT takes fuzz-NAME and its seeds. Wants the
# packages of quickstart. By hand:
#   OUT=/tmp/out CC=clang CFLAGS='-O1 -g -fsanitize=address,fuzzer-no-link' \
#       LIB_FUZZING_ENGINE=-fsanitize=fuzzer sh tests/fuzz/oss-fuzz.sh
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
work=${WORK:-$OUT/build}
mkdir -p "$work" "$OUT"
cd "$work"
[ -x "$source/configure" ] || (cd "$source" && autoreconf -i)
"$source/configure" CC="$CC" CFLAGS="$CFLAGS -DWN_SANITIZERS"
make -j"$(nproc)" all tests/cli/compose tests/fuzz/fuzz
# libFuzzer's own flag, or an archive with an engine's main().
make -j"$(nproc)" tests/fuzz/libfuzzer \
    FUZZ_ENGINE="$LIB_FUZZING_ENGINE"
PATH=$work:$work/tests/cli:$work/tests/fuzz:$PATH
sh "$source/tests/fuzz/corpus.sh" "$source" corpus
for target in $(fuzz -l); do
    cp tests/fuzz/libfuzzer "$OUT/fuzz-$target"
    [ ! -d "corpus/$target" ] ||
        (cd "corpus/$target" && zip -q "$OUT/fuzz-${target}_seed_corpus.zip" ./*)
done
