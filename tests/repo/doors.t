#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The rooms of src/ and the one-way doors between them: who includes whom, who
# may see which library, and what no room but src/prog may do.
. "${WN_SOURCE:-.}/tests/tap.sh"

cd "$source/src" || exit 99

# none TEXT NAME: passed if there is nothing to show.
none() {
    is "$1" "" "$2"
}

# The rooms from the ground up: a file includes headers of its own room and of
# rooms before it in this list, never of one after it.
rooms='util csv array audit clean encode linalg knn learn noise method check
    report select page render prog'
below=
for room in $rooms; do
    below="$below${below:+|}$room"
    none "$(grep -rn '#include "' "$room" 2>/dev/null |
        grep -vE "#include \"($below)/")" "$room/ includes only rooms below it"
done
none "$(ls -d */ | grep -vxE "($below)/")" "every room is in the list"
none "$(find . -name '*.[ch]' | sed 's#.*/##' | sort | uniq -d)" \
    "no base name stands twice"

# library HEADER ROOM: only that room includes it.
library() {
    none "$(grep -rnE "#include <$1>" . | grep -vE "^\./($2)/")" \
        "only $2/ sees $1"
}
library 'hdf5[_a-z]*\.h' 'array|audit'
library 'csv\.h' csv
library '(cblas|lapacke?|f77blas)\.h' linalg
library 'uni(case|ctype|norm|str)\.h' 'clean|render|util'
library 'uniwidth\.h' render
library 'jansson\.h' render
library 'png\.h' page
library 'xxhash\.h' util

rooms=$(ls -d */ | grep -v prog)
# A word with a bracket after it, not in a comment line.
calls() {
    grep -rnE "(^|[^_a-z.>])($1) *\(" $rooms --include='*.c' |
        grep -vE '^[^:]*:[0-9]*: *(/?\*|//)'
}
none "$(calls 'exit|abort|printf|puts|putchar|perror' | grep -v '^util/memory.c:.*abort')" \
    "the library neither exits nor prints"
none "$(calls 'rand|srand|random|drand48|time|localtime|gmtime|ctime')" \
    "no random numbers but ours, no clock in a result"
none "$(calls 'gets|strcpy|strcat|sprintf|vsprintf|strtok|atoi|atof')" \
    "no call that cannot say no"
cd "$work" || exit 99

# ---- the look of the source -------------------------------------------------

sources=$(cd "$source" && find src tests man samples bench .ci quickstart \
    configure.ac Makefile.am m4/winnow.m4 -type f \
    ! -name '*.csv' ! -name '*.h5' ! -name '*.npy' ! -name '*.json' \
    ! -name README ! -name RESULTS ! -path 'tests/files/*' ! -path 'tests/fuzz/seeds/*' \
    ! -name '*.pyc' 2>/dev/null)
cd "$source" || exit 99
# In the first two lines, after #! where there is one.
none "$(for file in $sources; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
        echo "$file"
done)" "every source names its licence first"
code=$(echo "$sources" | grep -E '\.[ch]$')
none "$(grep -nE '.{81,}' $(echo "$code" | grep ^src))" "80 columns"
none "$(grep -n "$(printf '\t')" $code /dev/null)" "blanks, no tabs"
none "$(grep -nE ' +$' $sources /dev/null)" "no blanks at the end of a line"
none "$(grep -nE '\b(TO''DO|FIX''ME|XX''X)\b' $sources /dev/null |
    grep -v 'XXXX')" "nothing is left for later"
none "$(grep -nE '(^|[^a-z.$}])/(work|root|home)/' $sources /dev/null)" \
    "no path of one machine"

# A function begins with { and ends with } in the first column; its length is
# in lines, both included. The numeric loops have 80, nothing has more than 100.
awk 'FNR == 1 { inside = 0 }
     /^{/ { inside = 1; begin = FNR }
     /^}/ && inside { inside = 0; print FNR - begin + 1, FILENAME ":" begin }
    ' $(echo "$code" | grep '^src/.*\.c$') | sort -n >"$work/lengths"
none "$(awk '$1 > 100' "$work/lengths")" "no function over 100 lines"
median=$(awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }' \
    "$work/lengths")
ok "$([ "$median" -lt 20 ]; echo $?)" \
    "the median function has $median lines, wanted less than 20"
tenth=$(awk '{ n[NR] = $1 } END { print n[int(NR * .9)] }' "$work/lengths")
ok "$([ "$tenth" -lt 50 ]; echo $?)" \
    "nine in ten have at most $tenth lines, wanted less than 50"
done_testing
