#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Make the files that stand in this directory, byte for byte, in the directory
# named as operand. A file's name is what is expected of it: good-* is read,
# bad-* is refused. README says what each one is.
set -eu
LC_ALL=C
export LC_ALL
cd "$1"

# put NAME FORMAT: a file of what printf makes of it.
put() {
    # shellcheck disable=SC2059
    printf "$2" >"$1"
}

# rows N: N good rows of `a,b,label`.
rows() {
    awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
        printf "%d,%d,%s\n", i, i * i % 7, i % 2 ? "x" : "y" }'
}

h='a,b,label\n'
four='1,2,x\n2,4,y\n3,1,x\n4,2,y\n'

# --- read -------------------------------------------------------------------
put good-plain.csv "$h$four"
put good-bom.csv "\357\273\277$h$four"
put good-crlf.csv 'a,b,label\r\n1,2,x\r\n2,4,y\r\n3,1,x\r\n4,2,y\r\n'
put good-mixed-ends.csv 'a,b,label\r\n1,2,x\n2,4,y\r\n3,1,x\n4,2,y'
put good-no-final-newline.csv "${h}1,2,x\n2,4,y\n3,1,x\n4,2,y"
put good-blank-lines.csv "\n\r\n${h}\n1,2,x\n\n\n2,4,y\n3,1,x\n\r\n4,2,y\n\n\n"
put good-bom-crlf-quotes.csv \
    '\357\273\277"a","b","label"\r\n"1","2","x"\r\n2,4,y\r\n3,1,x\r\n4,2,"y"'
put good-quoted-newline.csv \
    'a,note,label\n1,"one\ntwo",x\n2,"a\r\nb",y\n3,"\n",x\n4,"one\ntwo",y\n'
put good-doubled-quotes.csv \
    'a,note,label\n1,"say ""hi""",x\n2,"""",y\n3,"""""",x\n4,"say ""hi""",y\n'
put good-delimiter-in-quotes.csv \
    'a,"b,c",label\n1,"u,v",x\n2,"w,v",y\n3,"u,v",x\n4,"w,v",y\n'
put good-cr-in-quotes.csv 'a,b,label\n1,"x\ry",x\n2,z,y\n3,"x\ry",x\n4,z,y\n'
put good-empty-cells.csv 'a,b,label\n1,,x\n,4,y\n3,1,x\n4,"",y\n'
put good-blanks-kept.csv 'a,b,label\n1, p,x\n2,p,y\n3, p,x\n4,p ,y\n'
put good-leading-zeros.csv 'a,b,label\n1,2,007\n2,4,7\n3,1,007\n4,2,7\n'
put good-na-is-text.csv 'a,b,label\n1,NA,x\n2,DE,y\n3,NA,x\n4,FR,NA\n'
put good-latin1-ignored.csv 'a,note,label\n1,K\366ln,x\n2,Bonn,y\n3,K\366ln,x\n'
put good-semicolon.csv 'a;b;label\n1;u,v;x\n2;w,v;y\n3;u,v;x\n'
put good-tab.csv 'a\tb\tlabel\n1\t2\tx\n2\t"4\t5"\ty\n3\t1\tx\n'
put good-pipe.csv 'a|b|label\n1|2|x\n2|"4|5"|y\n3|1|x\n'
put good-no-header.csv '1,2,x\n2,4,y\n3,1,x\n'
put good-mixed-quotes.csv \
    'a,note,label\r\n1,"one\ntwo",x\n2,"one\r\ntwo",y\r\n3,"a\n",x\n4,"one\ntwo",y'
put good-utf8.csv \
    'gr\303\266\303\237e,b,label\n1,2,\303\244\n2,4,\303\266\n3,1,\303\244\n'
put good-big-numbers.csv \
    'a,b,label\n1e300,123456789012345678,x\n-1e300,123456789012345679,y\n0,-0,x\n'
put good-one-class.csv 'a,label\n1,x\n2,x\n'

# --- not CSV ----------------------------------------------------------------
put bad-empty.csv ''
put bad-blank-only.csv '\n\r\n\n'
put bad-bom-only.csv '\357\273\277'
put bad-utf16le.csv '\377\376a\000,\000b\000\n\000'
put bad-utf16be.csv '\376\377\000a\000,\000b\000\n'
put bad-gzip.csv '\037\213\010\000\000\000\000\000\000\003'
put bad-zstd.csv '\050\265\057\375\000\000\000\000'
put bad-xz.csv '\3757zXZ\000\000\004'
put bad-zip.csv 'PK\003\004\024\000\010\010'
put bad-hdf5.csv '\211HDF\r\n\032\n\000\000\000\000'
put bad-binary.csv '\177ELF\002\001\001\000\000\000'

# --- header -----------------------------------------------------------------
put bad-header-only.csv "$h"
put bad-header-only-no-newline.csv 'a,b,label'
put bad-header-empty-name.csv "c2,,label\n$four"
put bad-header-empty-first.csv ",c1,label\n$four"
put bad-header-empty-last.csv 'c3,label,\n1,x,\n2,y,\n'
put bad-header-empty-quoted.csv "c2,\"\",label\n$four"
put bad-header-repeated.csv "a,a,label\n$four"
put bad-header-repeated-label.csv 'label,a,label\nx,1,x\ny,2,y\n'
put bad-header-repeated-quoted.csv "a,\"a\",label\n$four"
put bad-header-repeated-twice.csv 'b,a,c,a,b,label\n1,2,3,4,5,x\n'
put bad-header-not-utf8.csv "gr\366\337e,b,label\n$four"
put bad-header-overlong-utf8.csv "a\300\200,b,label\n$four"
put bad-header-nul.csv "a,b\000c,label\n$four"
put bad-header-quote.csv "a,b\"c,label\n$four"
put bad-header-text-after-quote.csv "a,\"b\"c,label\n$four"
put bad-header-open-quote.csv "a,\"b,label\n$four"
put bad-header-cr.csv "a,b\rc,label\n$four"
put bad-header-after-blank.csv "\n\n\nc2,,label\n$four"
{
    awk 'BEGIN { for (i = 0; i < 1025; i++) printf "n"; print ",b,label" }'
    rows 3
} >bad-header-long-name.csv

# --- quotes -----------------------------------------------------------------
put bad-quote-in-field.csv "${h}1,2,x\n2,4\"5,y\n3,1,x\n"
put bad-quote-ends-field.csv "${h}1,2,x\n2,4\",y\n3,1,x\n"
put bad-quote-after-blank.csv "${h}1,2,x\n2, \"4\",y\n3,1,x\n"
put bad-quote-in-last-field.csv "${h}1,2,x\n2,4,y\"\n"
put bad-quote-beyond-columns.csv "${h}1,2,x,4\"5\n"
put bad-text-after-quote.csv "${h}1,2,x\n2,\"4\"5,y\n3,1,x\n"
put bad-blank-after-quote.csv "${h}1,2,x\n2,\"4\" ,y\n3,1,x\n"
put bad-quote-after-quote.csv "${h}1,2,x\n2,\"4\"\" \"5\",y\n3,1,x\n"
put bad-open-quote.csv "${h}1,2,x\n2,\"4,y\n3,1,x\n4,2,y\n"
put bad-open-quote-crlf.csv 'a,b,label\r\n1,2,x\r\n2,4,"y\r\n3,1,x\r\n'
put bad-open-quote-at-end.csv "${h}1,2,x\n2,4,\""
put bad-open-quote-doubled.csv "${h}1,2,x\n2,4,\"y\"\""
put bad-open-quote-second-line.csv \
    'a,b,label\n1,"p\nq",x\n2,"r\ns","t\nu\n4,2,y\n'

# --- line ends and NUL ------------------------------------------------------
put bad-cr-only.csv 'a,b,label\r1,2,x\r2,4,y\r'
put bad-cr-in-row.csv "${h}1,2,x\n2,4\r5,y\n"
put bad-cr-doubled.csv "${h}1,2,x\r\r\n2,4,y\r\n"
put bad-cr-at-end.csv 'a,b,label\r\n1,2,x\r\n2,4,y\r'
put bad-cr-after-quote.csv "${h}1,2,x\n2,\"4\"\r,y\n"
put bad-nul-in-field.csv "${h}1,2,x\n2,4\000,y\n"
put bad-nul-in-quotes.csv "${h}1,2,x\n2,\"4\n\000\",y\n"
put bad-nul-after-quote.csv "${h}1,2,x\n2,\"4\"\000,y\n"
put bad-nul-at-end.csv "${h}1,2,x\n2,4,y\n\000"

# --- ragged rows ------------------------------------------------------------
put bad-short-row.csv "${h}1,2,x\n2,y\n3,1,x\n"
put bad-long-row.csv "${h}1,2,x\n2,4,5,y\n3,1,x\n"
put bad-trailing-delimiter.csv "${h}1,2,x\n2,4,y,\n3,1,x\n"
put bad-row-of-blanks.csv "${h}1,2,x\n   \n3,1,x\n"
put bad-row-cut-off.csv "${h}1,2,x\n2,4,y\n3"
put bad-short-quoted-row.csv 'a,b,label\n1,"2\n3",x\n"2,4",y\n3,1,x\n'
put bad-long-quoted-row.csv 'a,b,label\n1,2,x\n"2","4","5","y"\n3,1,x\n'
put bad-decimal-comma.csv "${h}1,2,x\n2,4,5,y\n3,1,5,x\n"
{
    printf 'a,b,label\n'
    rows 6000
    echo 'late,row'
    rows 6000
    echo 'later'
} >bad-short-row-late.csv

# --- labels and features ----------------------------------------------------
put bad-label-missing.csv "${h}1,2,x\n2,4,\n3,1,x\n"
put bad-label-missing-quoted.csv "${h}1,2,\"\"\n2,4,y\n3,1,x\n"
{
    printf 'a,b,label\n'
    rows 5
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$i,1,"; done
} >bad-label-missing-many.csv
put bad-label-not-utf8.csv "${h}1,2,x\n2,4,K\366ln\n3,1,x\n"
put bad-label-control.csv "${h}1,2,x\n2,4,\033[2J\377\n3,1,x\n"
{
    printf 'a,b,label\n'
    awk 'BEGIN { printf "1,2,"; for (i = 0; i < 1025; i++) printf "l"
        print "" }'
} >bad-label-long.csv
awk 'BEGIN { print "a,b,label"; for (i = 1; i < 50; i++)
    printf "%d,%d,%.3f\n", i, i % 5, i / 7 }' >bad-label-numbers.csv
put bad-no-features.csv 'label\nx\ny\n'
put bad-constant-features.csv 'a,b,label\n1,p,x\n1,p,y\n1.0,p,x\n'
put bad-missing-features.csv 'a,b,label\n,,x\n,,y\n,,x\n'
put bad-value-not-utf8.csv 'a,town,label\n1,Bonn,x\n2,K\366ln,y\n3,Bonn,x\n'

# --- text of LIBSVM ---------------------------------------------------------
g='1 1:0.5 2:2\n-1 1:1.5 2:1\n1 1:2.5 2:3\n'
put bad-svm-bare-index.svm "${g}-1 2\n"
put bad-svm-colon-cut.svm "${g}-1 1:\n"
put bad-svm-empty.svm '\n# nothing\n\r\n'
put bad-svm-index-again.svm "${g}-1 1:1 1:2\n"
put bad-svm-index-beyond.svm "${g}-1 1048577:1\n"
put bad-svm-index-descends.svm "${g}-1 2:1 1:2\n"
put bad-svm-index-huge.svm "${g}-1 99999999999999999999:1\n"
put bad-svm-index-zeros.svm "${g}-1 0:1 0:2\n"
put bad-svm-infinite.svm "${g}-1 1:inf\n"
put bad-svm-label-word.svm "${g}yes 1:1\n"
put bad-svm-labels-alone.svm '1\n-1\n1\n'
put bad-svm-no-label.svm "${g}1:1 2:2\n"
put bad-svm-nul.svm "${g}-1 1:\0002\n"
put bad-svm-qid-late.svm "${g}-1 qid:1 1:1\n"
put bad-svm-qid-lost.svm '1 qid:1 1:1\n-1 1:2\n'
put bad-svm-separators.svm "${g}-1\t1:1\n"
put bad-svm-space-in-pair.svm "${g}-1 1: 2\n"
put bad-svm-value-word.svm "${g}-1 1:high\n"

# --- NumPy arrays -----------------------------------------------------------
# npy NAME VERSION HEADER CELLS: an array file of version 1 (2: its number).
npy() {
    {
        printf '\223NUMPY'
        # shellcheck disable=SC2059
        printf "\\00$2\\000\\$(printf %03o ${#3})\\000"
        printf '%s' "$3"
        # shellcheck disable=SC2059
        printf "$4"
    } >"$1"
}
npy good-labels.npy 1 \
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }" 12
npy bad-npy-cells-cut.npy 1 \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }" 1234
npy bad-npy-cells-more.npy 1 \
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }" 12345
npy bad-npy-claims.npy 1 \
    "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }" 1
npy bad-npy-complex.npy 1 \
    "{'descr': '<c16', 'fortran_order': False, 'shape': (1, 1), }" 1234567812345678
npy bad-npy-empty.npy 1 \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }" ''
npy bad-npy-no-shape.npy 1 "{'descr': '<f4', 'fortran_order': False, }" 1234
npy bad-npy-objects.npy 1 \
    "{'descr': '|O', 'fortran_order': False, 'shape': (2, 1), }" 12345678
npy bad-npy-records.npy 1 \
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }" 1234
npy bad-npy-scalar.npy 1 \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (), }" 1234
npy bad-npy-version.npy 4 \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }" 1234
put bad-npy-header-cut.npy "\223NUMPY\001\000\166\000{'descr': '<f4', "
put bad-npy-signature.npy '\223NUMPX\001\000\000\000'
