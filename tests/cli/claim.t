#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What flag claims of the labels as a whole: labels without a connection to the
# features, classes that overlap, a share that the user expects, and labels that
# a person trusts.
. "${WN_SOURCE:-.}/tests/tap.sh"

# flagged AUDIT: rows with a label issue; out AUDIT: rows advised out.
flagged() {
    report --format=tsv --top=all "$1" | awk -F'\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["issues"] ~ /(^|,)label(,|$)/ { count++ }
        END { print count + 0 }'
}
out() {
    report --format=tsv --top=all "$1" | awk -F'\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["action"] == "relabel" || $at["action"] == "drop" { count++ }
        END { print count + 0 }'
}

# The species of iris in another order: each row gets that of a row far away.
awk -F, -v OFS=, 'NR == 1 { print; next }
    { row[NR - 2] = $0; label[NR - 2] = $5 }
    END { for (i = 0; i < NR - 1; i++) {
              $0 = row[i]; $5 = label[(i * 67 + 13) % (NR - 1)]; print } }' \
    "$samples/iris.csv" >shuffled.csv
ingest -q --label=species shuffled.csv | score -q -o s.h5
runs 'no signal' flag s.h5 -o nothing.h5
ok "$(grep -q 'these features do not predict this label' err; echo $?)" \
    'which a note says'
is "$(flagged nothing.h5) $(out nothing.h5)" '0 0' 'flags and advises nothing'
flag -q --fail-on=no-signal s.h5 -o signal.h5
is $? 1 '--fail-on=no-signal: exit status 1'
report --fail-on=no-signal nothing.h5 >out
is $? 1 'of report, too'
audit -q --fail-on=label,no-signal -o audited.h5 shuffled.csv \
    --label=species >out 2>err
is $? 1 'and of audit'
fails_with 2 "--fail-on: found 'no-signal:3', wanted no-signal alone" \
    flag --fail-on=no-signal:3 s.h5 -o no.h5
runs 'a rule of another paper' flag --rule=predicted_neq_given s.h5 -o rule.h5
ok "$([ "$(flagged rule.h5)" -gt 0 ]; echo $?)" 'flags what it names'

# Two classes that overlap: Bayes error .16, no wrong label. Sums of twelve
# uniform numbers are near enough to normal.
awk 'BEGIN { srand(3); print "a,b,label"
    for (i = 0; i < 1200; i++) {
        c = i % 2; x = y = -6
        for (j = 0; j < 12; j++) { x += rand(); y += rand() }
        printf "%.4f,%.4f,%s\n", x + 2 * c, y, c ? "yes" : "no" } }' >overlap.csv
ingest -q --label=label overlap.csv | score -q -o o.h5
runs 'classes that overlap' flag o.h5 -o overlap.h5
ok "$([ "$(flagged overlap.h5)" -le 24 ]; echo $?)" 'at most 2 % are flagged'
is "$(out overlap.h5)" 0 'nothing is advised out'

# Bayes error .023; 600 of 1800 labels "no" say "yes" by mistake, none the other
# way: the interval holds their share of a sixth, most flagged labels are wrong,
# and most wrong ones are flagged.
awk 'BEGIN { srand(5); print "a,b,label"
    for (i = 0; i < 3600; i++) {
        c = i % 2; x = y = -6
        for (j = 0; j < 12; j++) { x += rand(); y += rand() }
        printf "%.4f,%.4f,%s\n", x + 4 * c, y,
            c || i / 2 % 3 == 0 ? "yes" : "no" } }' >way.csv
ingest -q --label=label way.csv | score -q -o w.h5
runs 'errors of one class' flag w.h5 -o way.h5
ok "$("$build/tests/cli/peek" way.h5 flag/noise/rate f64 | awk '
    NR == 2 { low = $1 } NR == 3 { high = $1 }
    END { exit !(low > 0.1 && low < 1 / 6 && high > 1 / 6 && high < 0.2) }'
    echo $?)" 'the interval holds their share'
report --format=tsv --top=all way.h5 | awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["issues"] ~ /(^|,)label(,|$)/ {
        count++; wrong += $at["row"] % 6 == 0 }
    END { print 2 * wrong / (count + 600) }' >f1
ok "$(awk '{ exit $1 < 0.8 }' f1; echo $?)" "F1 $(cat f1)"

# A share that is known.
ingest -q --label=digit "$samples/digits.csv" | score -q -o d.h5
runs 'a signal' flag --fail-on=no-signal d.h5 -o signal.h5 -f
runs '--expect' flag --expect=10% d.h5 -o expected.h5
found=$(flagged expected.h5)
ok "$([ "$found" -ge 100 ] && [ "$found" -le 260 ]; echo $?)" \
    "--expect=10% flags $found of 1797"
runs '--expect with a range' flag --expect=5%-15% d.h5 -o range.h5
is "$(flagged range.h5)" "$found" 'flags by its middle'
runs '--expect as a share' flag --expect=0.1 d.h5 -o share.h5
is "$(flagged share.h5)" "$found" 'is the same'
runs '--precision' flag --precision=0.99 d.h5 -o precise.h5
ok "$([ "$(flagged precise.h5)" -lt "$(flagged expected.h5)" ]; echo $?)" \
    'flags fewer'

# Scores that agree: of each row as many as report counts, and fewer flags the
# more are asked for.
ingest -q --label=digit "$samples/digits.csv" |
    score -q --methods=el2n,disagreement,tomek -o m.h5
flag -q m.h5 -o all.h5
for count in 1 2 3; do
    runs "--require=$count" flag --require=$count m.h5 -o require.h5 -f
    is "$(flagged require.h5)" "$(report --format=tsv --top=all all.h5 |
        awk -F'\t' -v least=$count '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["issues"] ~ /(^|,)label(,|$)/ &&
            split($at["agree"], names, ",") >= least { count++ }
        END { print count + 0 }')" "flags what $count scores name"
done
fails_with 2 '--require=4: m.h5 has 3 scores to ask' \
    flag --require=4 m.h5 -o no.h5
for wrong in 100% -5% 30%-10% 5%- often 5%x; do
    fails_with 2 "--expect: found '$wrong', wanted a share below 1" \
        flag --expect="$wrong" d.h5 -o no.h5
done

# The first row with a wrong label, trusted all the same.
awk -F, -v OFS=, 'NR == 1 { print $0, "reviewed"; next }
    { print $0, NR == 278 }' "$samples/digits.csv" >trusted.csv
ingest -q --label=digit --trusted=reviewed trusted.csv | score -q | flag \
    -o trusted.h5
is "$(report --format=tsv --top=all trusted.h5 | awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $at["row"] == 276 { print $at["suspicion"], $at["action"] }')" '0 keep' \
    'a trusted label is right'
done_testing
