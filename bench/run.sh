#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Side by side: run.sh [--small] [NAME...], from the build tree by `make bench`.
#
# Each line of the table below is a piece of work: its name, what it is, the
# data it needs, our command, the peers' commands (Debian packages; left out
# with a word where one is missing) and the floor, what the library underneath
# would take alone. All run on the same data, one after the other, with the
# same number of threads, and stand in the same table: on a busy machine the
# times are worth little, their ratios more.
#
# To add work, add a line; to add data, a function make_NAME. `make bench
# BENCH=softmax` runs one line only. --small has tiny data, to try the bench.

set -u
LC_ALL=C
export LC_ALL
source=$(cd "$(dirname -- "$0")/.." && pwd) || exit 2
build=$(pwd)
PATH=$build:$build/bench:$source/bench:$PATH
data=$build/bench/data
peers="/usr/bin/python3 $source/bench/peers.py"
threads=${THREADS:-$(nproc)}
OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads
export OMP_NUM_THREADS OPENBLAS_NUM_THREADS

small=''
[ "${1-}" != --small ] || { small=1; shift; }
if [ -n "$small" ]; then
    data=$data-small
    csv_n=2000 wide_n=200 narrow_n=400 noisy_n=600
    many_n=2000 many_probe=--probe=9 turn_n=2000
    issues_n=2000 classes_n=500 classes_k=50
else
    csv_n=860000 wide_n=10000 narrow_n=20000 noisy_n=60000
    many_n=1000000 many_probe='' turn_n=120000
    issues_n=1000000 classes_n=50000 classes_k=1000
fi
o='-j '$threads' -f -q -o '$data/out.h5
v='-j '$threads' -f -v -o '$data/out.h5

# name | what | data | ours | peers, separated by ; | floor | what ours came to
table="
csv|numeric CSV, $csv_n x 65|csv|ingest $o --label=label $data/csv.csv|$peers pandas $data/csv.csv|floor csv $data/csv.csv
softmax|5-fold logistic regression, $wide_n x 784|wide|score $v --model=softmax --methods=none $data/wide.h5|$peers logistic $data/wide.h5
committee|the default committee, $noisy_n x 128, a tenth of the labels wrong|noisy|score $v --methods=none $data/noisy.h5|$peers logistic $data/noisy.h5|
committee2|the same, classes that overlap|blurred|score $v --methods=none $data/blurred.h5|$peers logistic $data/blurred.h5|
neighbors|exact 10 neighbours, $narrow_n x 128|narrow|score $o --model=none --methods=disagreement $data/narrow.h5|$peers neighbors $data/narrow.h5;$peers faiss $data/narrow.h5|floor sgemm $narrow_n $narrow_n 128 1
neighbors60k|the same, $noisy_n x 128|noisy|score $o --model=none --methods=disagreement $data/noisy.h5|$peers neighbors $data/noisy.h5;$peers faiss $data/noisy.h5|floor sgemm $noisy_n $((noisy_n / 10)) 128 10
neighbors784|the same, $noisy_n x 784|broad|score $o --model=none --methods=disagreement $data/broad.h5|$peers neighbors $data/broad.h5;$peers faiss $data/broad.h5|floor sgemm $noisy_n $((noisy_n / 10)) 784 10
shapley|KNN-Shapley and its graph, $narrow_n x 128|narrow|score $o --model=none --methods=knn_shapley $data/narrow.h5|score $o --model=none --methods=disagreement $data/narrow.h5|
shapley_exact|KNN-Shapley of all rows and its graph, $narrow_n x 128|narrow|score $o --model=none --methods=knn_shapley_exact $data/narrow.h5|score $o --model=none --methods=disagreement $data/narrow.h5|
cells|10 neighbours by the inverted file, $many_n x 64|many|score $v --model=none --methods=disagreement $many_probe $data/many.h5||
turn|the graph where cells begin to pay, $turn_n x 64, beside the exact one|turn|score $v --model=none --methods=disagreement $data/turn.h5|score $v --model=none --methods=disagreement --probe=0 $data/turn.h5|
dynamics|EL2N and GraNd, ten networks, five epochs, $wide_n x 784|wide|score $o --model=none --methods=el2n,grand --epoch=5 $data/wide.h5|$peers dynamics $data/wide.h5|floor sgemm $wide_n 128 784 110
dynamics20k|the same, $narrow_n x 128|narrow|score $o --model=none --methods=el2n,grand --epoch=5 $data/narrow.h5|$peers dynamics $data/narrow.h5|floor sgemm $narrow_n 128 128 110
dynamics16|the same, $narrow_n x 16|slim|score $o --model=none --methods=el2n,grand --epoch=5 $data/slim.h5|$peers dynamics $data/slim.h5|floor sgemm $narrow_n 128 16 110
text|texts to 128 dimensions, 5-fold logistic regression|text|text.sh $threads $data/text.csv $data/out.h5|$peers text $data/text.csv||$peers right $data/out.h5
issues|label issues from probabilities, $issues_n x 10|issues|flag $o --issues=label $data/issues.h5|$peers issues $data/issues.h5|
classes|the same, $classes_n x $classes_k|classes|flag $o --issues=label $data/classes.h5|$peers issues $data/classes.h5|
digits|the whole audit of the digits|digits|audit -q -j $threads $data/digits.csv --label=digit||
million|the whole audit, $csv_n x 65|csv|audit -q -j $threads $data/csv.csv --label=label||
estimate|what score --estimate says, under what it took|noisy|score $o --methods=none $data/noisy.h5|||score -j $threads --methods=none --estimate $data/noisy.h5
"

make_csv() { generate $csv_n 64 10 .05 >"$1"; }
make_digits() { cp "$source/samples/digits.csv" "$1"; }
# Film reviews where they are at hand (bench/accuracy.py), else drawn words.
make_text() {
    reviews=$source/../shared/data/reviews.csv.gz
    if [ -z "$small" ] && [ -r "$reviews" ]; then
        gzip -cd "$reviews"
    else
        awk -v n=$wide_n 'BEGIN { srand(1); print "id,text,label"
            for (i = 0; i < n; i++) {
                printf "%d,", i
                for (j = 0; j < 300; j++)
                    printf "%s%d ", rand() < .1 && i % 2 ? "v" : "w",
                        exp(rand() * 9)
                print "," (i % 2 ? "pos" : "neg")
            } }'
    fi >"$1"
}
# encoded FILE ROWS COLUMNS [WRONG [APART]]; not through a pipe, whose bytes
# would be kept.
encoded() {
    generate "$2" "$3" 10 "${4-.05}" "${5-.3}" >"$1.csv" &&
        ingest -q --label=label -f -o "$1" "$1.csv" && rm "$1.csv"
}
# judged FILE ROWS CLASSES: probabilities as they are brought, scored.
judged() {
    "$source/bench/probabilities.py" "$1.source" "$2" "$3" &&
        ingest -q -f --label=label --probability=probability -o "$1.in" \
            "$1.source" &&
        score -q -f --methods=none -o "$1" "$1.in" && rm "$1.in" "$1.source"
}
make_issues() { judged "$1" $issues_n 10; }
make_classes() { judged "$1" $classes_n $classes_k; }
make_wide() { encoded "$1" $wide_n 784; }
make_slim() { encoded "$1" $narrow_n 16; }
make_blurred() { encoded "$1" $noisy_n 128 .1; }
make_noisy() { encoded "$1" $noisy_n 128 .1 1; }
make_narrow() { encoded "$1" $narrow_n 128; }
make_broad() { encoded "$1" $noisy_n 784; }
make_many() { encoded "$1" $many_n 64; }
make_turn() { encoded "$1" $turn_n 64; }

# prepare NAME: its data, unless they are there.
prepare() {
    case $1 in
    csv | digits | text) file=$data/$1.csv ;;
    *) file=$data/$1.h5 ;;
    esac
    [ -s "$file" ] || { "make_$1" "$file.new" && mv "$file.new" "$file"; }
}

# timed COMMAND...: prints "seconds MiB", or "- WHY".
timed() {
    measure "$data/result" "$@" >"$data/said" 2>&1
    case $? in
    0) cat "$data/result" ;;
    77) echo "- $(tail -n 1 "$data/said")" ;;
    *) echo "- failed: $(tail -n 1 "$data/said")" ;;
    esac
}

# line WHO TIME [OURS]: one line of the table; with the log-loss or the recall
# if it told one, ours that of the committee.
line() {
    seconds=${2%% *}
    case $seconds in
    -) printf '  %-12s %s\n' "$1" "${2#- }" ;;
    *) awk -v who="$1" -v t="$seconds" -v m="${2##* }" -v ours="${3--}" \
        -v loss="$(grep -o -e 'log-loss [0-9.]*' -e 'recall [0-9.]*' \
            "$data/said" | tail -n 1)" '
        BEGIN { printf "  %-12s %8.2f s %8.0f MiB", who, t, m
                if (ours + 0 > 0) printf "  %7.2f x ours", t / ours
                if (loss) printf "  %s", loss
                print "" }' ;;
    esac
}

# told COMMAND...: what it says, under the line above.
told() {
    BENCH_RESULT=/dev/null "$@" </dev/null 2>&1 | sed 's/^/               /'
}

mkdir -p "$data" || exit 2
echo "$threads threads, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
    head -n 1)"
echo "$table" | while IFS='|' read -r name what needs ours others floor \
    came; do
    [ -n "$name" ] || continue
    case " ${*:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    printf '\n%s: %s\n' "$name" "$what"
    prepare "$needs" || { echo "  cannot make its data"; exit 2; }
    time=$(timed $ours </dev/null)
    line ours "$time"
    [ -z "$came" ] || told $came
    echo "$others" | tr ';' '\n' | while read -r other; do
        [ -n "$other" ] || continue
        who=${other#"$peers "}
        line "${who%% *}" "$(timed $other </dev/null)" "${time%% *}"
        [ -z "$came" ] || told tail -n 1 "$data/said"
    done
    [ -z "$floor" ] ||
        line "floor" "$(timed $floor </dev/null)" "${time%% *}"
    case $time in
    -*) exit 1 ;;
    esac
done
