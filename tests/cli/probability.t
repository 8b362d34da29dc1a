#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Probabilities that the user brings: ingest --probability, and what score and
# the stages after it make of them.
. "${WN_SOURCE:-.}/tests/tap.sh"

cat >p.csv <<'END'
age,p_dog,p_cat,p_eel,animal
1,.9,.1,0,dog
2,.25,.75,0,cat
3,1e-1,.9,0,dog
4,.333,.333,.333,cat
END
runs "columns for the classes, in any order" \
    ingest --label=animal --probability='p_(.*)' p.csv -o p.h5
is "$(head -n 1 err)" "ingest: p.csv: --probability: columns for classes that no row \
has: eel" "a class without rows is reported"
runs "score" score -v p.h5 -o s.h5
is "$(grep -c '^score: brought: log-loss 0.9488' err)" 1 \
    "and how good they are" # mean of -log .9, .75, .1, .333: .94881
python=/usr/bin/python3
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" - >found <<'END'
import h5py
f = h5py.File("s.h5")
print(b" ".join(f["data/label_name"][:]).decode(), f["data/label"][:].tolist())
for row in f["data/probability"]:
    print([round(float(x), 6) for x in row])
print((f["data/probability"][:] == f["score/probability"][:]).all(),
      f["score/probability"].attrs["members"].decode(),
      round(f["score/probability"].attrs["brought_log_loss"], 5))
print(b" ".join(f["data/column/kind"][:]).decode(),
      b" ".join(f["data/feature_name"][:]).decode())
print(f["score"].attrs["singular_ratio"])
END
    # By hand; what sums to .999 is kept as it is.
    cat >wanted <<'END'
cat dog eel [1, 0, 1, 0]
[0.1, 0.9, 0.0]
[0.75, 0.25, 0.0]
[0.9, 0.1, 0.0]
[0.333, 0.333, 0.333]
True brought 0.94881
numeric probability probability probability label age
1.0
END
    same found wanted "matrix, classes and columns are as worked out by hand"
else
    skip "matrix" "python3-h5py is not installed"
fi

# --- from ingest to prune -----------------------------------------------------
awk 'BEGIN { print "x,p_a,p_b,p_c,y"
    for (i = 0; i < 6000; i++) {
        c = i % 3; s = (i * 7919) % 100 / 400 + .6
        y = i % 50 == 7 ? (c + 1) % 3 : c
        for (k = 0; k < 3; k++) p[k] = k == c ? s : (1 - s) / 2
        printf "%d,%.6f,%.6f,%.6f,%s\n", i * i % 97, p[0], p[1], p[2],
            substr("abc", y + 1, 1)
    }
}' >many.csv
many='--label=y --probability=p_(.) -q many.csv'
ingest $many -o one.h5 -j1
ingest $many -o four.h5 -j4
same one.h5 four.h5 "the same bytes for any -j"
runs "score" score one.h5 -o scored.h5
runs "flag" flag scored.h5 -o flagged.h5
runs "report" report flagged.h5
is "$(report --format=tsv flagged.h5 | awk -F'\t' '$0 !~ /^#/ { print $1 }' |
    wc -l | awk '{ print ($1 > 0) }')" 1 "rows are listed"
runs "prune" prune --source=many.csv flagged.h5 -o clean.csv
score --model=neighbors -v one.h5 -o named.h5 2>err
is "$(grep -c '^score: brought' err) $(grep -c '^score: neighbors' err)" "0 1" \
    "--model replaces the user's probabilities"

# --- what does not fit --------------------------------------------------------
opts='--label=animal p.csv -o no.h5'
fails_with 2 "--probability: found classes without a column: dog, cat; columns \
without a class: og, at, eel; wanted a column for each class" \
    ingest $opts --probability='p_[cd]?(.*)'
fails_with 2 "--probability: found 'p_.*', wanted a pattern with a group in \
round brackets" ingest $opts --probability='p_.*'
fails_with 2 "--probability: no column's name matches 'q_(.*)'" \
    ingest $opts --probability='q_(.*)'
fails_with 2 "--probability: 'p_(' at byte 3: missing closing parenthesis" \
    ingest $opts --probability='p_('
fails_with 2 "columns p_dog and p_cat are both for class _ by --probability" \
    ingest $opts --probability='p(_).*'
fails_with 2 "column p_dog: found no class name in it by --probability" \
    ingest $opts --probability='p_dog(.*)'
printf 'cat\ndog\n' >classes
fails_with 2 "found classes without a column: none; columns without a class: \
eel; wanted" ingest $opts --probability='p_(.*)' --classes=classes
printf 'cat\ndog\neel\nfox\n' >classes
fails_with 2 "found classes without a column: fox; columns without a class: \
none; wanted" ingest $opts --probability='p_(.*)' --classes=classes
# bad ROW TEXT: with that row as the third.
bad() {
    printf 'a,p_x,p_y,l\n1,0,1,x\n2,%s,y\n' "$1" >bad.csv
    fails_with 2 "bad.csv:3: $2" ingest --label=l --probability='p_(.)' bad.csv
}
bad 0.5,0.6 "found probabilities that sum to 1.1, wanted 1"
bad 0.5,0.47 "found probabilities that sum to 0.97, wanted 1"
bad 0,0 "found probabilities that sum to 0, wanted 1"
bad -0.5,1.5 "column p_x: found '-0.5', wanted a probability"
bad 0,1.01 "column p_y: found '1.01', wanted a probability"
bad 0.5, "column p_y: found '', wanted a probability"
bad 0.5,nan "column p_y: found 'nan', wanted a probability"
bad 1e400,1 "column p_x: found '1e400', wanted a probability"
ls no.h5 >out 2>err
is "$(cat out)" "" "nothing was written"

PATH=$build/tests/cli:$PATH
# --- several sets: an ensemble --------------------------------------------------
# 300 rows of three classes, every tenth label wrong; good and fair are
# probabilities of two models that see the truth through noise, poor sees little.
awk 'function set(name, share,   c, sum, v) {
        sum = 0
        for (c = 0; c < 3; c++) { v[c] = rand() + share * (c == t); sum += v[c] }
        return sprintf("%.6f,%.6f,%.6f", v[0] / sum, v[1] / sum, 1 - \
            sprintf("%.6f", v[0] / sum) - sprintf("%.6f", v[1] / sum)) }
    BEGIN { srand(11); split("a b c", class, " ")
        print "y,bad,good_a,good_b,good_c,fair_a,fair_b,fair_c,poor_a,poor_b,poor_c"
        for (i = 0; i < 300; i++) {
            t = i % 3; wrong = i % 10 == 4; y = wrong ? (t + 1) % 3 : t
            print class[y + 1] "," wrong "," set("g", 4) "," set("f", 2) "," set("p", .3)
        } }' >sets.csv
ingest -q sets.csv --label=y --ignore=bad --probability='good_(.*)' \
    --probability='fair_(.*)' --probability='poor_(.*)' -o sets.h5 &&
    score -q -i sets.h5 && flag -q -i sets.h5 || exit 99
is "$(report --format=json --top=0 sets.h5 | sed -n 's/.*"model":"\([^"]*\)".*/\1/p' | tr '\n' ' ')" \
    'brought:good brought:fair brought:poor committee ' 'each is a model, and the pool'
is "$(report --format=tsv --top=all --fields=row,by_model,opinions sets.h5 | sed 1d | sort -n | tr '\t' ' ')" \
    "$(awk -F, 'function top(f,   c, b) { b = f; for (c = f + 1; c < f + 3; c++) if ($c > $b) b = c
            return substr("abc", b - f + 1, 1) }
        NR > 1 { g = top(3); f = top(6); p = top(9); n = 1 + (f != g) + (p != g && p != f)
            print NR - 2, "brought:good=" g ",brought:fair=" f ",brought:poor=" p, n }' sets.csv)" \
    'what each finds most probable'
is "$(report --format=tsv --top=all --fields=row,models sets.h5 | sed 1d | sort -n)" \
    "$(report --format=tsv --top=all --fields=row,rival,by_model sets.h5 | sed 1d |
        sort -n | awk -F'\t' -v OFS='\t' '{ own = ""
            m = split($3, part, ","); for (j = 1; j <= m; j++) {
                split(part[j], p, "="); if (p[2] == $2) own = own "," p[1] }
            print $1, substr(own, 2) }')" 'and the models that agree on the rival'
is "$(report --where='models = brought:poor' --top=all --format=tsv --fields=row sets.h5 | sed 1d | wc -l)" \
    "$(report --top=all --format=tsv --fields=models sets.h5 | grep -c brought:poor)" \
    'and be asked for'
is "$(report --where='opinions > 2' --format=tsv --fields=row --top=all sets.h5 | sed 1d | wc -l)" \
    "$(report --format=tsv --top=all --fields=opinions sets.h5 | grep -c '^3$')" \
    'rows where models disagree can be chosen'
# Weights are ((H - loss) / loss)^3, H = log 3 for even shares.
is "$(report --format=json --top=0 sets.h5 | grep -o '"log_loss":[^,]*\|"weight":[^,]*' | tr '\n' ' ' |
    awk -F'[: ]' '{ for (m = 0; m < 3; m++) { loss = $(4 * m + 2); own[m] = $(4 * m + 4)
            d = log(3) - loss; least = log(3) / sqrt(300); w[m] = ((d > least ? d : least) / loss) ^ 3; sum += w[m] }
        for (m = 0; m < 3; m++) if ((w[m] / sum - own[m]) ^ 2 > 1e-8) print m, w[m] / sum, own[m] }')" '' \
    'weights follow the log-loss'
# The ensemble of label qualities: the mean self-confidence with weights
# exp(-T loss), T by the log-loss of the mean; beside it, even weights.
sed 1d sets.csv >sets.body
is "$(report --format=tsv --top=all --fields=row,suspicion sets.h5 | sed 1d | tr '\t' ' ' | sort -n | cut -d' ' -f2 |
    paste -d, - sets.body | awk -F, '
    function worth(s,   i, j, hits, sum, above) { sum = 0
        for (i = 0; i < n; i++) if (bad[i]) { above = hits = 0
            for (j = 0; j < n; j++) if (s[j] >= s[i]) { above++; hits += bad[j] }
            sum += hits / above }
        return sum / wrong }
    { y = index("abc", $2) - 1; bad[n] = $3; wrong += $3; own[n] = $1
      for (m = 0; m < 3; m++) for (c = 0; c < 3; c++) p[n, m, c] = $(4 + 3 * m + c)
      label[n++] = y }
    END { split("1e-4 1e-3 1e-2 .1 1 10 100 200", temperature, " "); best = 1e9
        for (m = 0; m < 3; m++) for (i = 0; i < n; i++) loss[m] -= log(p[i, m, label[i]]) / n
        for (t = 1; t <= 8; t++) { total = found = 0
            for (m = 0; m < 3; m++) total += w[m] = exp(-temperature[t] * loss[m])
            for (i = 0; i < n; i++) { q = 0
                for (m = 0; m < 3; m++) q += w[m] / total * p[i, m, label[i]]
                found -= log(q) / n; now[i] = 1 - q }
            if (found < best) { best = found; for (i = 0; i < n; i++) mean[i] = now[i] } }
        for (i = 0; i < n; i++) even[i] = 1 - (p[i, 0, label[i]] + p[i, 1, label[i]] + p[i, 2, label[i]]) / 3
        a = worth(own); b = worth(mean); c = worth(even)
        print (a >= b - .01 && a > c) ? "" : "average precision " a ", of the search " b ", of even weights " c }')" '' \
    'the ranking is that of an ensemble by log-loss, and better than even weights'
ingest -q sets.csv --label=y --ignore='bad|fair.*' --probability='(?:good)_(.*)' \
    --probability='(?:poor)_(.*)' -o unnamed.h5 && score -q -i unnamed.h5 || exit 99
is "$(report --format=json --top=0 unnamed.h5 | sed -n 's/.*"model":"\([^"]*\)".*/\1/p' | tr '\n' ' ')" \
    'brought:1 brought:2 committee ' 'sets without a name have numbers'
# The same as arrays, in an HDF5 file and as NumPy files.
awk -F, 'NR > 1 { print $1 }' sets.csv | compose sets.in.h5 y S1 300
for set in good:3 fair:6 poor:9; do
    cut -d, -f"${set#*:}-$((${set#*:} + 2))" sets.csv | sed 1d | tr , ' ' >cells
    compose sets.in.h5 "${set%:*}" f8 300x3 <cells
    compose "${set%:*}.npy" npy f8 300x3 <cells
done
ingest -q sets.in.h5 --label=/y --probability=/good --probability=/fair \
    --probability="$PWD/poor.npy" -o arrays.h5 && score -q -i arrays.h5 || exit 99
is "$(peek arrays.h5 data/member/probability f32 | cksum)" \
    "$(peek sets.h5 data/member/probability f32 | cksum)" 'arrays are the same sets'
is "$(peek arrays.h5 data/member/probability names)" \
    'brought:good,brought:fair,brought:poor' 'named by their own names'
is "$(peek arrays.h5 score/probability f32 | cksum)" \
    "$(peek sets.h5 score/probability f32 | cksum)" 'and have the same pool'
sed '1s/fair_c/fair_d/' sets.csv >other.csv
fails_with 2 "ingest: other.csv: --probability: found a column for class c in one set and not in 'fair_(.*)', wanted it in all" \
    ingest -o x.h5 -f other.csv --label=y --probability='good_(.*)' --probability='fair_(.*)'
fails_with 2 'ingest: --probability: found 17, wanted at most 16' \
    ingest -o x.h5 -f sets.csv --label=y $(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
        echo "--probability=g$i(.*)"; done)
fails_with 2 'score: --passes: no model is fitted; see --model' \
    score --passes=2 sets.h5 -o x.h5 -f

done_testing
