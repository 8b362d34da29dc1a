#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The recipes of winnow-recipes(7) for pandas and R, as they stand there, on a
# file with 100 records that ingest leaves out and cells of several lines.
. "${WN_SOURCE:-.}/tests/tap.sh"
python=/usr/bin/python3

# make WIDE: 300 rows "R N" whose note says the record they are; without WIDE,
# no record has too many cells.
make() {
    awk -v wide="$1" 'BEGIN { print "a,b,note,label"
        for (record = 0; record < 400; record++) {
            kind = record * 7 % 13
            if (record % 4 != 1)
                printf "%d,%d,\"record\n%d\",%s\n", kind, record % 5, record,
                    (kind > 6) == (record % 50 != 2) ? "p" : "q"
            else if (record % 3 == 0 && wide)
                print "1,2,3,p,5"
            else if (record % 3 == 1)
                print "1,2"
            else
                print "1,2,\"no\nlabel\","
            if (record % 40 == 0) print ""
        } }'
}
# recipe SECTION: its code, for train.csv.
recipe() {
    awk -v section=".Ss $1" '$0 == section { on = 1; next }
        /^\.S[sh] / { on = 0 }
        on && /^\.Ed/ { inside = 0 }
        on && inside { print }
        on && /^\.Bd/ { inside = 1 }' "$source/man/winnow-recipes.7" |
        sed 's#samples/iris.csv#train.csv#; s/\\e/\\/g'
}
audit_it() {
    ingest -q -f --label=label --lenient --missing-label=drop --ignore=note \
        train.csv -o a.h5 2>/dev/null && score -q -i --model=softmax \
        --methods=none a.h5 && flag -q -i a.h5 &&
        report --format=csv --top=all a.h5 >why.csv
}

make 1 >train.csv
audit_it || exit 99
is "$(sed 1d why.csv | wc -l | tr -d ' ')" 300 '100 of 400 records are left out'

if "$python" -c 'import pandas' 2>/dev/null; then
    { recipe 'In pandas'
        cat <<'END'
rows = data[data.suspicion.notna()]
told = rows.note.str.replace("record\n", "").astype(int)
print("%d records, %d rows, %d at their place, %d labels, %d others" % (
    len(data), len(rows), (told == rows.index).sum(),
    (rows.label == rows.given).sum(), len(data) - len(rows)))
END
    } >recipe.py
    "$python" recipe.py >out 2>err
    is "$(tail -n 1 out)" \
        '400 records, 300 rows, 300 at their place, 300 labels, 100 others' \
        'pandas joins each row with itself'
    sed 's/^/# /' err
    report --format=csv --with-source --top=all a.h5 >audited.csv
    is "$("$python" -c '
import pandas
data = pandas.read_csv("audited.csv")
why = pandas.read_csv("why.csv")
print(len(data), (data["rank"] == range(1, 301)).all(),
      (data.suspicion == why.suspicion).all(), (data.label == why.given).all())')" \
        '300 True True True' 'and reads the file with the columns behind it'
else
    skip 'the recipe for pandas' 'python3-pandas is not installed'
    skip 'columns in pandas' 'python3-pandas is not installed'
fi

if Rscript --version >/dev/null 2>&1; then
    make '' >train.csv
    audit_it || exit 99
    { recipe 'In R'
        cat <<'END'
told <- as.integer(sub("record\n", "", data$note[why$record + 1]))
cat(nrow(data), nrow(why), sum(told == why$record),
    sum(data$label[why$record + 1] == why$given),
    sum(data$suspicion[told + 1] == why$suspicion), "\n")
END
    } >recipe.R
    Rscript recipe.R >out 2>err
    is "$(tail -n 1 out)" '400 300 300 300 300 ' 'R joins each row with itself'
    sed 's/^/# /' err
else
    skip 'the recipe for R' 'Rscript is not installed'
fi
done_testing
