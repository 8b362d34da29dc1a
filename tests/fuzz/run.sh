#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# make fuzz: run.sh SOURCE SECONDS [TARGET...], from the build tree.
#
# First our own mutator over all targets, for a third of the time; then clang's
# libFuzzer, guided by coverage and under the sanitizers, in a build of its own
# (fuzz/clang), where there is one; else our own for the rest, with another
# seed. What libFuzzer finds worth keeping stays in fuzz/found/TARGET for the
# next time. The bytes of failures are left in fuzz/.
set -u
LC_ALL=C KMP_BLOCKTIME=0 # no spinning: of LLVM's OpenMP
export LC_ALL KMP_BLOCKTIME
source=$1 seconds=$2
shift 2
build=$(pwd)
PATH=$build:$build/tests/cli:$build/tests/fuzz:$PATH
mkdir -p fuzz && cd fuzz || exit 2
rm -rf corpus fuzz-* *-crash-* *-timeout-* *-oom-* *-leak-*
sh "$source/tests/fuzz/corpus.sh" "$source" corpus || exit 2
targets=${*:-$(fuzz -l)}
count=$(echo $targets | wc -w)
status=0

# own SEED SECONDS: our mutator, the time shared by the targets.
own() {
    fuzz -s "$1" -m $(($2 * 1000 / count)) corpus $targets || status=1
}

# prepare: libFuzzer's build. configure refuses where the source tree itself is
# configured.
prepare() {
    command -v clang >/dev/null && mkdir -p clang && cd clang || return 1
    [ -f Makefile ] ||
        "$source/configure" CC=clang --enable-sanitizers \
            CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' || return 1
    make -j"$(nproc)" tests/fuzz/libfuzzer
}

guided() {
    for target in $targets; do
        mkdir -p "found/$target" "corpus/$target"
        WN_FUZZ_TARGET=$target clang/tests/fuzz/libfuzzer -timeout=5 \
            -max_total_time=$(($1 / count + 1)) -max_len=262144 \
            -rss_limit_mb=4096 -artifact_prefix="$target-" -seed=1 \
            "found/$target" "corpus/$target" >"$target.log" 2>&1
        if [ $? -eq 0 ]; then
            echo "$target: $(grep -h '^Done ' "$target.log" | tail -n 1)"
            rm -f "$target"-*
        else
            echo "$target: failed: see $build/fuzz/$target.log" >&2
            tail -n 30 "$target.log" >&2
            status=1
        fi
    done
}

echo "our own mutator, seed 1"
own 1 $((seconds / 3))
if (prepare) >prepare.log 2>&1; then
    echo "libFuzzer"
    guided $((seconds - seconds / 3))
else
    echo "no libFuzzer here (fuzz/prepare.log); our own mutator, seed 2"
    own 2 $((seconds - seconds / 3))
fi
exit $status
