#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# flag: on evidence made by hand (tests/cli/evidence), so that what must be
# found is known without score; then after score, on the digits.
. "${WN_SOURCE:-.}/tests/tap.sh"
evidence=$build/tests/cli/evidence
peek=$build/tests/cli/peek

# rows FILE BIT: the rows with that bit of /flag/issue, on one line.
rows() {
    "$peek" "$1" flag/issue u32 |
        awk -v bit="$2" 'int($1 / 2 ^ bit) % 2 { printf "%s%d", s, NR - 1; s = " " }'
}

# column FILE DATASET TYPE: on one line.
column() {
    "$peek" "$1" "$2" "$3" | tr '\n' ' ' | sed 's/ $//'
}

# The ten rows of golden.json cl_core and cl_filter; all features differ.
{
    echo x,y
    i=0
    for y in a a a b b b c c c b; do
        i=$((i + 1))
        echo "$((i * i)),$y"
    done
} >core.csv
ingest -q core.csv --label=y -o core-data.h5 || exit 99
cat >core.p <<'END'
.8 .15 .05
.7 .2 .1
.1 .85 .05
.2 .7 .1
.3 .6 .1
.05 .15 .8
.1 .2 .7
.05 .05 .9
.4 .35 .25
.55 .4 .05
END
"$evidence" core-data.h5 core.h5 3 0 <core.p || exit 99

runs "takes the golden ten rows" \
    flag --issues=label --rule=prune_by_noise_rate core.h5 -o out.h5
is "$(column out.h5 flag/noise/confident_joint i64)" "2 1 0 1 2 1 0 0 3" \
    "confident joint (golden cl_core)"
is "$(column out.h5 flag/noise/joint f64)" "0.2 0.1 0 0.1 0.2 0.1 0 0 0.3" \
    "joint (golden cl_core)"
is "$(column out.h5 flag/noise/prior f64)" "0.3 0.3 0.4" \
    "prior (golden cl_core)"
is "$(column out.h5 flag/noise/noise_matrix f64)" \
    "0.666666667 0.333333333 0 0.333333333 0.666666667 0.25 0 0 0.75" \
    "noise matrix (golden cl_core)"
is "$(column out.h5 flag/noise/inverse_noise_matrix f64)" \
    "0.666666667 0.25 0 0.333333333 0.5 0 0 0.25 1" \
    "inverse noise matrix (golden cl_core)"
# No more than asked, the most suspicious of the rule's own (by sorting them).
suspicious() {
    "$peek" "$1" flag/suspicion f32 | awk '{ print $1, NR - 1 }' |
        grep -E ' (2|5|9)$' | sort -k1,1gr -k2,2n | head -n "$2" |
        awk '{ print $2 }' | sort -n | tr '\n' ' ' | sed 's/ $//'
}
for most in 0 1 2 3 9; do
    runs "--max-issues=$most" flag --issues=label --rule=prune_by_noise_rate \
        --max-issues=$most core.h5 -o most$most.h5
    is "$(rows most$most.h5 0)" "$(suspicious out.h5 $most)" \
        "the $most most suspicious of 2, 5 and 9"
done
# golden cl_filter: 2 is labelled a, 5 and 9 are b; the others keep theirs.
runs "a number for one class" flag --issues=label --rule=prune_by_class \
    --max-issues-per-class=b=1 core.h5 -o per.h5
is "$(rows per.h5 0)" "2 5" "one of b, the least self-confident"
runs "and for all" flag --issues=label --rule=prune_by_class \
    --max-issues-per-class=a=0 --max-issues-per-class=b=2 --max-issues-per-class c=0 core.h5 \
    -o per2.h5
is "$(rows per2.h5 0)" "5 9" "none of a, two of b"
# By hand: of two that are truly b one is labelled a and asked for none.
runs "by noise rate" flag --issues=label --rule=prune_by_noise_rate \
    --max-issues-per-class=b=0 core.h5 -o per3.h5
is "$(rows per3.h5 0)" "5 9" "nothing that would truly be b"
fails_with 2 "--max-issues-per-class does not apply to --rule=posterior" \
    flag --max-issues-per-class=b=1 core.h5 -o no.h5
fails_with 2 "--max-issues-per-class: no class is called 'd'" \
    flag --rule=both --max-issues-per-class=d=1 core.h5 -o no.h5
for bad in b b= b=x b=-1 b=1.5 b=1e99; do
    fails_with 2 "--max-issues-per-class: found '$bad', wanted CLASS=N" \
        flag --rule=both --max-issues-per-class=$bad core.h5 -o no.h5
done
is "$(column out.h5 flag/label_quality f32)" \
    "0.800000012 0.699999988 0.100000001 0.699999988 0.600000024 0.150000006 0.699999988 0.899999976 0.25 0.400000006" \
    "label quality is self-confidence (golden label_quality)"
flag -f --quality=normalized_margin --adjust-confidence core.h5 -o out.h5
is "$("$peek" out.h5 flag/label_quality f32 |
    awk '{ printf "%s%.6f", s, $1; s = " " }')" \
    "0.734007 0.673401 0.168350 0.730640 0.649832 0.299663 0.639731 0.781145 0.397306 0.468013" \
    "--quality=normalized_margin --adjust-confidence (golden label_quality)"
fails_with 2 "--adjust-confidence does not apply to --quality=confidence_weighted_entropy" \
    flag --quality=confidence_weighted_entropy --adjust-confidence core.h5
flag -vf core.h5 -o out.h5 2>err
ok "$(grep -qx 'flag: health 0.7000: 3 of 10 rows count as another class' err
    echo $?)" "-v tells the health (golden dataset_health)"
while read -r rule wanted; do
    flag -f --issues=label --rule="$rule" core.h5 -o out.h5
    is "$(rows out.h5 0)" "$wanted" "$rule (golden cl_filter)"
done <<'END'
prune_by_noise_rate 2 5 9
prune_by_class 2 5 9
both 2 5 9
confident_learning 2 5 9
predicted_neq_given 2 5 8 9
low_self_confidence 2 5 8
low_normalized_margin 2 5 8
margin_count 2 5 8
END
is "$(flag --list-issues | sed -n 's/^  \([a-z_]*\) .*/\1/p' | tail -15 |
    tr '\n' ' ')" "posterior prune_by_noise_rate prune_by_class both \
confident_learning predicted_neq_given low_self_confidence \
low_normalized_margin margin_count simifeat_vote simifeat_rank aum enn_all \
enn_mode tomek " "--list-issues lists the rules"
is "$("$peek" out.h5 flag/issue names)" \
    "$(flag --list-issues | sed '/^rules/,$d' |
        sed -n 's/^  \([a-z_]*\) .*/\1/p' | paste -sd, -)" \
    "and the checks in the order of the bits"
is "$("$peek" out.h5 flag/issue ran)" label "only label ran"
is "$("$peek" out.h5 flag/action names)" keep,review,relabel,drop \
    "actions have names"

# Rules that cut a score: its rows from the cut on, or how to make it.
while IFS=';' read -r rule made; do
    fails_with 2 "--rule=$rule: core.h5 has no such score; make it with score \
$made" flag --issues=label --rule="$rule" core.h5
done <<'END'
simifeat_vote;--methods=simifeat_vote
simifeat_rank;--methods=simifeat_rank
aum;--methods=aum --aum-threshold=99
enn_all;--methods=enn
enn_mode;--methods=enn
tomek;--methods=tomek
END
ingest -q --label=species "$source/samples/iris.csv" |
    score -q --model=neighbors --replicates=2 --aum-threshold=99 \
        --methods=simifeat_vote,simifeat_rank,aum,enn,tomek >cuts.h5
while read -r rule score cut; do
    flag -qf --issues=label --rule="$rule" cuts.h5 -o out.h5
    wanted=$("$peek" cuts.h5 "score/$score" f32 |
        awk -v cut="$cut" '$1 >= cut { printf "%s%d", s, NR - 1; s = " " }')
    ok "$([ -n "$wanted" ]
        echo $?)" "$rule has rows"
    is "$(rows out.h5 0)" "$wanted" "$rule: $score from $cut on"
done <<'END'
simifeat_vote simifeat_vote .500001
simifeat_rank simifeat_rank .500001
aum aum 0
enn_all enn .5
enn_mode enn 1
tomek tomek 1
END

# The noise matrix by neighbours: P(given | true), columns sum to 1.
is "$("$peek" out.h5 flag/noise/neighbor_matrix f64 | tr ' ' '\n' |
    awk '{ sum[(NR - 1) % 3] += $1; if ($1 < 0) bad++ }
        END { printf "%d %.6f %.6f %.6f %d", NR, sum[0], sum[1], sum[2], bad }')" \
    "9 1.000000 1.000000 1.000000 0" "the noise matrix by neighbours"
is "$("$peek" out.h5 flag/noise/neighbor_prior f64 |
    awk '{ sum += $1 } END { printf "%d %.6f", NR, sum }')" "3 1.000000" \
    "and its true classes"

# The order falls, ties to the lower row; suspicion is a probability.
"$peek" out.h5 flag/order i64 >order
"$peek" out.h5 flag/suspicion f32 >suspicion
awk 'NR == FNR { s[FNR - 1] = $1; if ($1 < 0 || $1 > 1) exit 1; next }
    FNR > 1 && (s[$1] > last || (s[$1] == last && $1 < row)) { exit 1 }
    { last = s[$1]; row = $1; seen[$1]++ }
    END { for (i in s) if (seen[i] != 1) exit 1 }' suspicion order
ok $? "order is every row once, falling suspicion"

# Twelve rows of golden.json outlier_features and near_duplicate (3 exact
# neighbours), a conflict (4, 10 have the same features), a missing cell (7).
cat >shape.csv <<'END'
a,b,y
0,0,u
0.1,0,u
0,0.13,u
0.25,0.21,u
3,3,u
3.1,3,v
3,3.17,v
3.3,,v
0.05,0.07,v
6,-2,v
3,3,v
0.4,-0.3,v
END
ingest -q shape.csv --label=y -o shape-data.h5 || exit 99
neighbors() {
    awk 'BEGIN {
        n = split("0 .1 0 .25 3 3.1 3 3.3 .05 6 3 .4", x)
        split("0 0 .13 .21 3 3 3.17 2.9 .07 -2 3 -.3", y)
        for (i = 1; i <= n; i++) {
            for (j = 1; j <= n; j++)
                d[j] = j == i ? 1e9 : sqrt((x[i]-x[j])^2 + (y[i]-y[j])^2)
            for (q = 0; q < 3; q++) {
                best = 1
                for (j = 2; j <= n; j++) if (d[j] < d[best]) best = j
                printf "%d %.9g ", best - 1, d[best]
                d[best] = 1e9
            }
            print ""
        }
    }'
}
neighbors | "$evidence" shape-data.h5 shape.h5 0 3 || exit 99
runs "takes neighbours without probabilities" flag -f shape.h5 -o out.h5
ok "$(grep -q 'the labels of neighbours vote instead' err; echo $?)" \
    "and says so"
is "$(rows out.h5 4)" 9 "outlier (golden outlier_features)"
is "$(rows out.h5 3)" "4 10" "near_duplicate (golden near_duplicate)"
is "$(rows out.h5 2)" "4 10" "conflict"
is "$(rows out.h5 5)" 7 "missing"
awk -F, -v OFS=, 'BEGIN {split("u u u u v v v u v w v u", y, " ")}
    NR > 1 {$3 = y[NR - 1]} {print}' shape.csv >voted.csv
ingest -q voted.csv --label=y -o voted-data.h5 || exit 99
neighbors | "$evidence" voted-data.h5 voted.h5 0 3 || exit 99
flag -q -f --rule=prune_by_noise_rate voted.h5 -o voted.out.h5
is "$(rows voted.out.h5 0)" "7 8" "label issues (golden label_from_knn)"
is "$(column voted.out.h5 flag/label_quality f32 | sed 's/0\.666666[0-9]*/2\/3/g')" \
    "2/3 2/3 2/3 2/3 1 1 1 0 0 0 1 2/3" "and how far neighbours agree"
is "$(rows out.h5 1)" "" "no duplicate: the labels differ"

# Copies: same label 1 3, other label 2; a missing label is no conflict.
printf 'a,b,c,y\n1,4,2,u\n1,4,2,u\n1,4,2,v\n2,7,3,v\n-0,5,1,u\n0,5,1,u\n' >copy.csv
ingest -q copy.csv --label=y -o copy-data.h5 || exit 99
"$evidence" copy-data.h5 copy.h5 0 0 </dev/null || exit 99
runs "takes features alone" flag -f copy.h5 -o out.h5
is "$(rows out.h5 1)" "1 5" "duplicate: all but the first, -0 is 0"
is "$(rows out.h5 2)" "2" "conflict: the label of one against two"
is "$(column out.h5 flag/action u8)" "0 3 1 0 0 3" "keep, drop, review"
is "$(column out.h5 flag/suspicion f32)" "0 0 0 0 0 0" "nothing suspicious"
is "$("$peek" out.h5 flag/issue ran)" \
    duplicate,conflict,missing,invalid,rare_class "what could run, ran"
ok "$(grep -q 'check label left out: there are no probabilities' err
    echo $?)" "what could not is named"
runs "--quiet says nothing" flag -fq copy.h5 -o out.h5
is "$(cat err)" "" "nothing"

# --fail-on
flag -fq copy.h5 -o out.h5 --fail-on=duplicate:2
is $? 1 "--fail-on=duplicate:2 is reached"
ok "$([ -s out.h5 ]; echo $?)" "and the file is there"
flag -fq copy.h5 -o out.h5 --fail-on=duplicate:3,conflict:51%
is $? 0 "duplicate:3,conflict:51% is not"
flag -fq copy.h5 -o out.h5 --fail-on=any
is $? 1 "any is"
rm out.h5
fails_with 2 "--fail-on: found 'dup', wanted never, any, no-signal or the name of a check" \
    flag -q copy.h5 -o out.h5 --fail-on=dup
fails_with 2 "--fail-on=outlier:2,label:5: label is not among the --issues" \
    flag -q copy.h5 -o out.h5 --issues=outlier --fail-on=outlier:2,label:5
fails_with 2 "--fail-on: found 'labels', wanted never, any, no-signal or the name of a check" \
    flag -q --fail-on=labels no-such-file.h5
fails_with 2 "--fail-on: found 'labels', wanted never, any, no-signal or the name of a check" \
    flag --list-issues --fail-on=labels
runs "--list-issues checks --fail-on" flag --list-issues --fail-on=label:2%
fails_with 2 "--near-radius: neither near_duplicate nor leak is among the --issues" \
    flag -q copy.h5 -o out.h5 --issues=label --near-radius=.2
fails_with 2 "--rule: label is not among the --issues" \
    flag -q copy.h5 -o out.h5 --issues=none --rule=both
ok "$([ ! -e out.h5 ]; echo $?)" "no file after a bad --fail-on"

# A setting that two checks read: leak reads --near-radius, too.
awk -F, 'NR == 1 { print $0 ",part" } NR > 1 { print $0 "," NR % 2 }' \
    "$source/samples/iris.csv" >parts.csv
ingest -q parts.csv --label=species --split=part -o parts.h5
score -q parts.h5 --in-place --model=none --methods=disagreement
for radius in 0 3; do
    flag -fq parts.h5 -o leak.h5 --issues=leak --near-radius=$radius
    column leak.h5 flag/issue u32 | tr ' ' '\n' | grep -cv '^0$' >leaks$radius
done
ok "$([ "$(cat leaks0)" -lt "$(cat leaks3)" ]; echo $?)" \
    "leak reads --near-radius ($(cat leaks0) rows, $(cat leaks3) rows)"

# The command line and the input
runs "--help" flag --help
runs "--version" flag --version
fails_with 2 "--rule: found 'best', wanted one of posterior|" \
    flag --rule=best core.h5
fails_with 2 "--issues: found 'labels', wanted some of label|" \
    flag --issues=labels core.h5
fails_with 2 "--suggest-above: found 1.5, wanted 0 to 1" flag --suggest-above=1.5 core.h5
fails_with 2 "unknown or ambiguous option --bogus" flag --bogus core.h5
fails_with 2 "unexpected operand 'b'" flag core.h5 b
fails_with 2 "none.h5" flag none.h5 -o out.h5
fails_with 2 "run score first" flag core-data.h5 -o out.h5
fails_with 2 "core.csv" flag core.csv -o out.h5
fails_with 2 "--memory: 10 rows of 3 classes and 0 neighbours need" \
    flag --memory=2M core.h5 -o out.h5
runs "fits --memory" flag --memory=1G core.h5 -o out.h5
fails_with 2 "out.h5" flag core.h5 -o out.h5
fails_with 2 "--in-place" flag -i <core.h5
if [ -w /dev/full ]; then
    cp core.h5 full.h5
    flag core.h5 >/dev/full 2>err
    is $? 2 "/dev/full: exit 2"
    same core.h5 full.h5 "the input is as it was"
else
    skip "/dev/full" "there is none"
fi
is "$(find . -name '.*' ! -name . | wc -l)" 0 "nothing left lying about"

# Bad evidence is refused by name.
sed '4s/.*/.2 1.2 .1/' core.p | "$evidence" core-data.h5 bad.h5 3 0
fails_with 2 "score/probability: row 3: found 1.20000005, wanted 0 to 1" \
    flag bad.h5 -o bad-out.h5
sed '4s/.*/.2 nan .1/' core.p | "$evidence" core-data.h5 bad.h5 3 0
fails_with 2 "score/probability: row 3: found nan, wanted 0 to 1" \
    flag bad.h5 -o bad-out.h5
neighbors | sed '5s/^10/12/' |
    "$evidence" shape-data.h5 bad.h5 0 3
fails_with 2 "score/neighbor/index: row 4: found 12, wanted 0 to 11" \
    flag bad.h5 -o bad-out.h5
neighbors | sed '5s/^10 0/10 -1/' |
    "$evidence" shape-data.h5 bad.h5 0 3
fails_with 2 "score/neighbor/distance: row 4: found -1, wanted a number of 0 or more" \
    flag bad.h5 -o bad-out.h5
ok "$([ ! -e bad-out.h5 ]; echo $?)" "no file after bad evidence"

# The digits, with 5 % planted flips.
if ingest -q "$samples/digits.csv" --label=digit |
    score -q --methods=none -o digits.h5; then
    runs "takes the digits" flag -j1 digits.h5 -o one.h5
    flag -j4 digits.h5 -o four.h5
    same one.h5 four.h5 "the same bytes for -j1 and -j4"
    mkdir elsewhere
    cp digits.h5 elsewhere
    (cd elsewhere && flag -i digits.h5)
    same one.h5 elsewhere/digits.h5 "the same bytes elsewhere, in place"
    flag <digits.h5 >piped.h5
    same one.h5 piped.h5 "the same bytes through a pipe"
    # Precision at least .7 at recall at least .85, average precision at
    # least .99, suggestions right 9 times of 10 (5 % of the truth differs).
    "$peek" one.h5 flag/issue u32 >issue
    "$peek" one.h5 flag/order i64 >order
    "$peek" one.h5 flag/suggestion i32 >suggestion
    sed 1d "$samples/digits.truth.csv" | tr , ' ' |
        paste -d' ' - issue suggestion >table
    awk '{ wrong = $2 != $3; planted += wrong; hit += $4 % 2
            both += wrong && $4 % 2
            if ($5 >= 0) { said++; right += $5 == $3 } }
        END { printf "# label issues: precision %.3f, recall %.3f; %d " \
                "suggestions, %.3f right\n", both / hit, both / planted,
                said, right / said
            exit !(both / hit >= .7 && both / planted >= .85 &&
                said >= .8 * planted && right / said >= .9) }' table
    ok $? "label issues and suggestions on the digits"
    awk 'NR == FNR { wrong[$1] = $2 != $3; planted += wrong[$1]; next }
        wrong[$1] { found++; sum += found / FNR }
        END { printf "# average precision of suspicion %.4f\n", sum / planted
            exit !(sum / planted >= .99) }' table order
    ok $? "suspicion ranks the planted flips first"
    "$peek" one.h5 flag/noise/rate f64 | tr '\n' ' ' |
        awk '{ exit !($2 < $1 && $1 < $3 && $1 > .04 && $1 < .06) }'
    ok $? "the noise rate is about 5 %"
else
    skip "the digits" "score is not there"
fi
done_testing
