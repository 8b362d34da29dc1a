#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every bad-* file and every impossible command line is refused with exit status
# 2, exactly this line, and no output.
. "${WN_SOURCE:-.}/tests/tap.sh"

# refused STATUS MESSAGE COMMAND...: all of stderr, and no output file.
refused() {
    want_status=$1
    want=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ "$got" -eq "$want_status" ] && [ ! -e out.h5 ] && [ ! -s out ] &&
        [ "$(cat err)" = "$want" ] && [ -z "$(find . -name '.*.part')" ]; then
        ok 0 "$want"
    else
        ok 1 "$want"
        echo "# $*: exit $got"
        sed 's/^/# found:  /' err
        rm -f out.h5
    fi
}

cp "$files"/*.csv "$files"/*.svm "$files"/*.npy .
sh "$files/make.sh" . >make.out 2>&1
ok $? "make.sh"
changed=
for file in "$files"/*.csv "$files"/*.svm "$files"/*.npy; do
    cmp -s "$file" "${file##*/}" || changed="$changed ${file##*/}"
done
is "$changed" "" "the files are as make.sh makes them"
is "$(ls ./*.csv ./*.npy ./*.svm | sed 's/^..//' | sort)" \
    "$(sed -n 's/^\([a-z][^ ]*\.[a-z]*\)  .*/\1/p' "$files/README")" \
    "README has a line for each file, in order"

# --- files: name|message after the name ------------------------------------------
seen=
while IFS='|' read -r file message; do
    seen="$seen $file"
    refused 2 "ingest: $file$message" \
        ingest --label=label -o out.h5 "$file"
done <<'END'
bad-binary.csv|:1: field 1: found a NUL byte, wanted text (is this file binary?)
bad-blank-after-quote.csv|:3: column b: found text after the closing quote, wanted a delimiter or the end of the line
bad-blank-only.csv|: found no text, wanted a header and rows
bad-bom-only.csv|: found no text, wanted a header and rows
bad-constant-features.csv|: found no feature: the columns beside the label are constant, identifiers or ignored; see --verbose
bad-cr-after-quote.csv|:3: column b: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-cr-at-end.csv|:3: column label: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-cr-doubled.csv|:2: column label: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-cr-in-row.csv|:3: column b: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-cr-only.csv|:1: field 3: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-decimal-comma.csv|:3: found 4 fields, wanted 3
bad-empty.csv|: found an empty file, wanted a header and rows
bad-gzip.csv|: found gzip data, wanted text: zcat bad-gzip.csv >bad-gzip
bad-hdf5.csv|: HDF5 cannot open it: damaged or cut off
bad-header-after-blank.csv|:4: field 2: found the name 'c2' again (field 1 has it), wanted another
bad-header-cr.csv|:1: field 2: found a carriage return without a line feed, wanted LF or CR LF at the end of a line
bad-header-empty-first.csv|:1: field 2: found the name 'c1' again (field 1 has it), wanted another
bad-header-empty-last.csv|:1: field 3: found the name 'c3' again (field 1 has it), wanted another
bad-header-empty-name.csv|:1: field 2: found the name 'c2' again (field 1 has it), wanted another
bad-header-empty-quoted.csv|:1: field 2: found the name 'c2' again (field 1 has it), wanted another
bad-header-long-name.csv|:1: field 1: found a name of more than 1,024 bytes, wanted at most that (is this the header?)
bad-header-not-utf8.csv|:1: field 1: found a name that is not UTF-8, wanted UTF-8: --encoding=latin1?
bad-header-nul.csv|:1: field 2: found a NUL byte, wanted text (is this file binary?)
bad-header-only-no-newline.csv|: found a header and no rows, wanted at least one row
bad-header-only.csv|: found a header and no rows, wanted at least one row
bad-header-open-quote.csv|:1: field 2: found the end of the file, wanted the quote that closes the field opened here
bad-header-overlong-utf8.csv|:1: field 1: found a name that is not UTF-8, wanted UTF-8: --encoding=latin1?
bad-header-quote.csv|:1: field 2: found a quote inside an unquoted field, wanted the whole field in quotes and "" for a quote
bad-header-repeated-label.csv|:1: field 3: found the name 'label' again (field 1 has it), wanted another
bad-header-repeated-quoted.csv|:1: field 2: found the name 'a' again (field 1 has it), wanted another
bad-header-repeated-twice.csv|:1: field 4: found the name 'a' again (field 2 has it), wanted another
bad-header-repeated.csv|:1: field 2: found the name 'a' again (field 1 has it), wanted another
bad-header-text-after-quote.csv|:1: field 2: found text after the closing quote, wanted a delimiter or the end of the line
bad-label-control.csv|:3: column label: found '\x1b[2J\xff', wanted UTF-8: --encoding=latin1?
bad-label-long.csv|:2: column label: found a label of 1025 bytes, wanted a class name of at most 1024
bad-label-missing-many.csv|:7: column label: found no label in 12 rows (lines 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ...), wanted one in every row; --missing-label=drop leaves them out
bad-label-missing-quoted.csv|:2: column label: found no label in 1 row (line 2), wanted one in every row; --missing-label=drop leaves them out
bad-label-missing.csv|:3: column label: found no label in 1 row (line 3), wanted one in every row; --missing-label=drop leaves them out
bad-label-not-utf8.csv|:3: column label: found 'K\xf6ln', wanted UTF-8: --encoding=latin1?
bad-label-numbers.csv|: column label: found 49 different numbers in 49 rows, wanted classes; is this a measurement? Cut it into ranges (winnow-recipes(7) has a rule) or use a tool for regression; --label-type=class goes on
bad-long-quoted-row.csv|:3: found 4 fields, wanted 3
bad-long-row.csv|:3: found 4 fields, wanted 3
bad-missing-features.csv|: found no feature: the columns beside the label are constant, identifiers or ignored; see --verbose
bad-no-features.csv|: found no feature: the columns beside the label are constant, identifiers or ignored; see --verbose
bad-nul-after-quote.csv|:3: column b: found a NUL byte, wanted text (is this file binary?)
bad-nul-at-end.csv|:4: column a: found a NUL byte, wanted text (is this file binary?)
bad-nul-in-field.csv|:3: column b: found a NUL byte, wanted text (is this file binary?)
bad-nul-in-quotes.csv|:3: column b: found a NUL byte, wanted text (is this file binary?), on line 4 of the quoted field that begins here; is its quote closed?
bad-open-quote-at-end.csv|:3: column label: found the end of the file, wanted the quote that closes the field opened here
bad-open-quote-crlf.csv|:3: column label: found the end of the file, wanted the quote that closes the field opened here
bad-open-quote-doubled.csv|:3: column label: found the end of the file, wanted the quote that closes the field opened here
bad-open-quote-second-line.csv|:5: column label: found the end of the file, wanted the quote that closes the field opened here
bad-open-quote.csv|:3: column b: found the end of the file, wanted the quote that closes the field opened here
bad-quote-after-blank.csv|:3: column b: found a blank before a quote, wanted the quote right after the delimiter
bad-quote-after-quote.csv|:3: column b: found text after the closing quote, wanted a delimiter or the end of the line
bad-quote-beyond-columns.csv|:2: field 4: found a quote inside an unquoted field, wanted the whole field in quotes and "" for a quote
bad-quote-ends-field.csv|:3: column b: found a quote inside an unquoted field, wanted the whole field in quotes and "" for a quote
bad-quote-in-field.csv|:3: column b: found a quote inside an unquoted field, wanted the whole field in quotes and "" for a quote
bad-quote-in-last-field.csv|:3: column label: found a quote inside an unquoted field, wanted the whole field in quotes and "" for a quote
bad-row-cut-off.csv|:4: found 1 field, wanted 3
bad-row-of-blanks.csv|:3: found 1 field, wanted 3
bad-short-quoted-row.csv|:4: found 2 fields, wanted 3
bad-short-row-late.csv|:6002: found 2 fields, wanted 3
bad-short-row.csv|:3: found 2 fields, wanted 3
bad-text-after-quote.csv|:3: column b: found text after the closing quote, wanted a delimiter or the end of the line
bad-trailing-delimiter.csv|:3: found 4 fields, wanted 3
bad-utf16be.csv|: found UTF-16 text, wanted UTF-8: --encoding=UTF-16
bad-utf16le.csv|: found UTF-16 text, wanted UTF-8: --encoding=UTF-16
bad-value-not-utf8.csv|:3: column town: found 'K\xf6ln', wanted UTF-8: --encoding=latin1?
bad-xz.csv|: found xz data, wanted text: xzcat bad-xz.csv >bad-xz
bad-zip.csv|: found a zip archive, wanted CSV: unzip -p bad-zip.csv >bad-zip
bad-zstd.csv|: found zstd data, wanted text: zstdcat bad-zstd.csv >bad-zstd
END
while IFS='|' read -r file message; do
    seen="$seen $file"
    case $file in
    *.svm) refused 2 "ingest: $file$message" \
        ingest --from=libsvm -o out.h5 "$file" ;;
    *.npy) refused 2 "ingest: $file$message" \
        ingest --label=good-labels.npy -o out.h5 "$file" ;;
    esac
done <<'END'
bad-npy-cells-cut.npy|: claims 24 bytes of cells and has 4
bad-npy-cells-more.npy|: claims 4 bytes of cells and has 5
bad-npy-claims.npy|: claims 18446744073709551615 bytes of cells and has 1
bad-npy-complex.npy|: found type '<c16', wanted one of floats to 8 bytes, integers, booleans or strings
bad-npy-empty.npy|: found 0 rows, wanted 2, one for each of the input
bad-npy-header-cut.npy|: claims a header of 118 bytes in a file of 27
bad-npy-no-shape.npy|: has no 'shape' in its header
bad-npy-objects.npy|: holds pickled objects, wanted numbers or strings: astype() before numpy.save()
bad-npy-records.npy|: found type [('a', wanted one of floats to 8 bytes, integers, booleans or strings
bad-npy-scalar.npy|: wanted an array of 1 to 8 dimensions
bad-npy-signature.npy|:1: field 1: found a NUL byte, wanted text (is this file binary?)
bad-npy-version.npy|: .npy of version 4, wanted 1 to 3
bad-svm-bare-index.svm|:4: found '2', wanted index:value
bad-svm-colon-cut.svm|:4: found '1:', wanted index:value
bad-svm-empty.svm|: found no rows
bad-svm-index-again.svm|:4: found '1:2', wanted indices that ascend
bad-svm-index-beyond.svm|:4: found '1048577:1', wanted an index of at most 1048576
bad-svm-index-descends.svm|:4: found '1:2', wanted indices that ascend
bad-svm-index-huge.svm|:4: found '99999999999999999999:1', wanted an index of at most 1048576
bad-svm-index-zeros.svm|:4: found '0:2', wanted indices that ascend
bad-svm-infinite.svm|:4: found '1:inf', wanted index:value
bad-svm-label-word.svm|:4: found 'yes', wanted one number as label
bad-svm-labels-alone.svm|: found no features
bad-svm-no-label.svm|:4: found '1:1', wanted a label first
bad-svm-nul.svm|:4: found '1:', wanted index:value
bad-svm-qid-late.svm|:4: found a qid, wanted one in all rows or in none
bad-svm-qid-lost.svm|:2: found no qid, wanted one in all rows or in none
bad-svm-separators.svm|:4: found a TAB behind the label, wanted a blank as in the rows before
bad-svm-space-in-pair.svm|:4: found '1:', wanted index:value
bad-svm-value-word.svm|:4: found '1:high', wanted index:value
END
is "$(echo $seen)" "$(echo bad-*.csv bad-*.npy bad-*.svm)" "every bad file was tried"

# The first error in file order is reported, whichever thread finds it first.
for threads in 1 2 7; do
    refused 2 "ingest: bad-short-row-late.csv:6002: found 2 fields, wanted 3" \
        ingest -j$threads --label=label -o out.h5 bad-short-row-late.csv
done

# Too large to keep in the tree.
awk 'BEGIN { for (i = 1; i <= 65536; i++) printf "c%d,", i; print "label" }' \
    >wide.csv
refused 2 "ingest: wide.csv:1: found 65537 columns, wanted at most 65535\
 (--max-columns)" \
    ingest --label=label -o out.h5 wide.csv
{
    printf 'a,label\n1,x\n"'
    head -c 16777300 /dev/zero | tr '\0' y
    printf '",y\n'
} >fat.csv
refused 2 "ingest: fat.csv:3: column a: found a field of more than 16777216\
 bytes, wanted at most that (--max-field); is its quote closed?" \
    ingest --label=label -o out.h5 fat.csv
rm -f fat.csv wide.csv

# --- a pipe -----------------------------------------------------------------
from_pipe() {
    cat "$1" | ingest --label=label -o out.h5
}
refused 2 "ingest: standard input:3: found 2 fields, wanted 3" \
    from_pipe bad-short-row.csv
refused 2 "ingest: standard input: found an empty file, wanted a header and\
 rows" from_pipe bad-empty.csv

# --- command lines ----------------------------------------------------------
g=good-plain.csv
try() {
    message=$1
    shift
    refused 2 "ingest: $message" ingest -o out.h5 "$@"
}
try "--label=COLUMN is wanted; see --help" $g
try "$g: found no column 'lable' for --label; is 'label' meant? (3 columns:\
 a, b, label)" --label=lable $g
try "$g: found no column 'Label' for --label; is 'label' meant? (3 columns:\
 a, b, label)" --label=Label $g
try "$g: found no column 'species' for --label (3 columns: a, b, label)" \
    --label=species $g
try "$g: found no column '' for --label; is 'a' meant? (3 columns: a, b,\
 label)" --label= $g
try "good-semicolon.csv: found no column 'label' for --label; is another\
 --delimiter meant? (1 column: a;b;label)" --label=label good-semicolon.csv
try "$g: found no column 'ident' for --id (3 columns: a, b, label)" \
    --label=label --id=ident $g
try "--id: column label is the label already" --label=label --id=label $g
try "--ignore: column label is the label already" --label=label \
    --ignore=label $g
try "--ignore: column a is the id already" --label=label --id=a --ignore=a $g
try "--ignore: no column's name matches 'c.*'" --label=label --ignore='c.*' $g
try "--ignore: no column's name matches 'abe'" --label=label --ignore=abe $g
try "--ignore: 'a(' at byte 2: missing closing parenthesis" --label=label \
    --ignore='a(' $g
try "--ignore: '\\C' at byte 2: using \\C is disabled by the application" \
    --label=label --ignore='\C' $g
try "$g: found no feature: the columns beside the label are\
 constant, identifiers or ignored; see --verbose" --label=label --ignore='[ab]' $g
try "--kind: found 'a', wanted PATTERN:KIND, where KIND is identifier,\
 numeric, boolean, date, text, categorical, or ignore" --label=label --kind=a $g
try "--kind: found 'a:dates', wanted PATTERN:KIND, where KIND is identifier,\
 numeric, boolean, date, text, categorical, or ignore" --label=label --kind=a:dates $g
try "--kind: no column's name matches 'c:d'" --label=label \
    --kind=c:d:numeric $g
try "--kind: column label is the label already" --label=label \
    --kind=label:numeric $g
printf 'a,label\n1,\n2,\n' >unlabelled.csv
try "unlabelled.csv: column label: found no label in any row, wanted one in some\
 rows" --label=label --missing-label=drop unlabelled.csv
try "--missing-label: found 'keep', wanted one of reject|drop" --label=label \
    --missing-label=keep $g
try "--delimiter: found 'ab', wanted tab or one byte\
 other than a quote and a line end" --label=label --delimiter=ab $g
try "--delimiter: found '', wanted tab or one byte\
 other than a quote and a line end" --label=label --delimiter= $g
try "--delimiter: found '\"', wanted tab or one byte\
 other than a quote and a line end" --label=label --delimiter='"' $g
try "--one-hot: found 1, wanted 2 to 65535" --label=label --one-hot=1 $g
try "--one-hot: found 'x', wanted a whole number" --label=label --one-hot=x $g
try "--threads: found 0, wanted 1 to 4096" --label=label -j0 $g
try "unknown option -Z; see --help" --label=label -Z $g
try "unknown or ambiguous option --nope; see --help" --nope $g
try "b.csv: cannot open: No such file or directory" --label=label $g b.csv
try "none.csv: cannot open: No such file or directory" --label=label none.csv
mkdir folder
try "folder: is a directory, not a file" --label=label folder
refused 2 "ingest: none/x.h5: cannot open its directory: No such file or\
 directory" ingest --label=label -o none/x.h5 $g
{
    awk 'BEGIN { for (i = 0; i < 40; i++) printf "a"; print "b,c,label" }'
    echo 1,2,x
    echo 2,3,y
} >long-name.csv
try "--ignore: '(a+)+\$' takes too long on\
 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', wanted a simpler pattern" \
    --label=label --ignore='(a+)+$' long-name.csv

# --- an existing output stays --------------------------------------------
echo mine >old.h5
fails_with 2 "old.h5: exists; --force replaces it" \
    ingest --label=label -o old.h5 $g
is "$(cat old.h5)" mine "it is as it was"
fails_with 2 "bad-short-row.csv:3: found 2 fields" \
    ingest --label=label -f -o old.h5 bad-short-row.csv
is "$(cat old.h5)" mine "and after a failure with --force too"
ingest --label=label -o - $g >/dev/full 2>err
is "$?:$(cat err)" \
    "2:ingest: standard output: cannot write: No space left on device" \
    "a full device"
ingest --label=label $g >&- 2>err
is "$?:$(grep -c '^ingest: standard output: ' err)" 2:1 "standard output closed"
done_testing
