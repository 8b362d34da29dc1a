#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every good-* file is read: silently, to the same bytes for any -j, with the
# rows, features and classes that belong to it.
. "${WN_SOURCE:-.}/tests/tap.sh"

cp "$files"/*.csv .

# digests AUDIT: of what is in it, beside where it came from.
digests() {
    for set in features feature_name label label_name row_offset row_line \
        row_hash column/kind column/missing; do
        "$build/tests/cli/peek" "$1" data/$set digest
    done
}

# --- files: name|rows|features|classes|options --------------------------------
seen=
while IFS='|' read -r file rows features classes options; do
    seen="$seen $file"
    case $options in
    *--label=*) ;;
    *) options="--label=label $options" ;;
    esac
    # shellcheck disable=SC2086
    ingest $options -v "$file" -o one.h5 2>err
    status=$?
    is "$status:$(grep ' rows in = ' err)" \
        "0:ingest: $file: $rows rows in = $rows kept + 0 rejected, $features,\
 $classes" "$file"
    # shellcheck disable=SC2086
    ingest $options -j3 "$file" >three.h5 2>err
    is "$?:$(grep -v -e "--decimal=,\$" err)" "0:ingest: $file: $rows rows in = $rows kept + 0\
 rejected, $features, $classes" "$file: nothing else to say"
    same one.h5 three.h5 "$file: same bytes for -j3"
    # shellcheck disable=SC2086
    cat "$file" | ingest -q $options >pipe.h5
    is "$(digests pipe.h5)" "$(digests one.h5)" "$file: the same from a pipe"
    rm -f one.h5 three.h5 pipe.h5
done <<'END'
good-big-numbers.csv|3|2 features|2 classes|
good-blank-lines.csv|4|2 features|2 classes|
good-blanks-kept.csv|4|4 features|2 classes|
good-bom-crlf-quotes.csv|4|2 features|2 classes|
good-bom.csv|4|2 features|2 classes|
good-cr-in-quotes.csv|4|3 features|2 classes|
good-crlf.csv|4|2 features|2 classes|
good-delimiter-in-quotes.csv|4|3 features|2 classes|
good-doubled-quotes.csv|4|4 features|2 classes|
good-empty-cells.csv|4|4 features|2 classes|
good-latin1-ignored.csv|3|1 feature|2 classes|--ignore=note
good-leading-zeros.csv|4|2 features|2 classes|
good-mixed-ends.csv|4|2 features|2 classes|
good-mixed-quotes.csv|4|4 features|2 classes|
good-na-is-text.csv|4|4 features|3 classes|
good-no-final-newline.csv|4|2 features|2 classes|
good-no-header.csv|3|2 features|2 classes|--no-header --label=c3
good-one-class.csv|2|1 feature|1 class|
good-pipe.csv|3|4 features|2 classes|--delimiter=| --missing-label=reject
good-plain.csv|4|2 features|2 classes|
good-quoted-newline.csv|4|4 features|2 classes|
good-semicolon.csv|3|3 features|2 classes|--delimiter=;
good-tab.csv|3|4 features|2 classes|--delimiter=tab
good-utf8.csv|3|2 features|2 classes|
END
is "$(echo $seen)" "$(echo good-*.csv)" "every good file was tried"

# The same table in seven spellings gives the same features and labels.
for file in good-bom good-crlf good-mixed-ends good-no-final-newline \
    good-blank-lines good-bom-crlf-quotes; do
    ingest --label=label $file.csv -o a.h5 && ingest --label=label \
        good-plain.csv -o b.h5
    if command -v h5diff >h5diff.out; then
        for path in features label label_name feature_name; do
            h5diff a.h5 b.h5 "/data/$path" >diff.out
            ok $? "$file: $path as of good-plain"
        done
    else
        skip "$file: features as of good-plain" "hdf5-tools is not installed"
    fi
    rm -f a.h5 b.h5
done
done_testing
