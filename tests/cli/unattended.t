#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What a nightly job meets: no environment, no terminal, another umask, a source
# that can only be read, and one that is replaced or written while it is read.
. "${WN_SOURCE:-.}/tests/tap.sh"

cp "$samples/iris.csv" t.csv
sed '3s/setosa/virginica/' t.csv >other.csv
audit="$build/audit"
options='--label=species --model=neighbors --methods=disagreement -j1'
mkdir s
# shellcheck disable=SC2086 # words
runs 'with all that a shell has' "$audit" -q --state=s $options t.csv
first=$(ls s/t/audits/*)

# ---- the environment --------------------------------------------------------

chmod 444 t.csv
mkdir bare
for how in 'env -i' 'env -i HOME=/nonexistent TERM=none LC_ALL=tr_TR.UTF-8 CDPATH=/ POSIXLY_CORRECT=1' \
    'setsid -w'; do
    rm -rf bare/t
    # shellcheck disable=SC2086
    $how "$audit" -q --state=bare $options t.csv >out 2>err </dev/null
    is "$? $(cat out err)" '0 ' "$how: done, and silent"
    same bare/t/audits/* "$first" "$how: the same audit"
done
# All descriptors closed: nothing is opened in their place.
rm -rf bare/t
# shellcheck disable=SC2086
"$audit" -q --state=bare $options t.csv <&- >&- 2>&-
is $? 0 'without descriptors'
same bare/t/audits/* "$first" 'the same audit'

# modes MASK: what a night under it makes.
modes() {
    rm -rf bare/t p.csv
    # shellcheck disable=SC2086
    (umask "$1" && "$audit" -q --state=bare --pruned=p.csv $options t.csv)
    echo "$? $(find bare/t p.csv -exec stat -c %a {} + | sort -u | tr '\n' ' ')"
}
is "$(modes 022)" '0 644 755 ' 'umask 022'
is "$(modes 077)" '0 600 700 ' 'umask 077'
is "$(modes 027)" '0 640 750 ' 'umask 027'
is "$(stat -c %a t.csv) $(cmp t.csv "$samples/iris.csv" && echo same)" '444 same' \
    'the source is as it was'

# ---- a source that changes --------------------------------------------------

chmod 644 t.csv
shim=$build/tests/shim/fault.so
if [ "${WN_SANITIZERS:-no}" = yes ]; then
    skip 'a source that changes' 'the sanitizers come first'
    done_testing
    exit 0
fi
# during COMMAND [OPTION...]: a night in which that happens as soon as ingest has
# read a part of the file.
during() {
    cp "$samples/iris.csv" t.csv
    command=$1
    shift
    rm -f seen
    # shellcheck disable=SC2086
    WN_FAULT_READ=$command WN_FAULT_SEEN=$work/seen LD_PRELOAD=$shim \
        "$audit" -q --state=s $options "$@" t.csv >out 2>err
    echo "$? $(cat out err)"
}
cp other.csv next.csv
is "$(during 'mv next.csv t.csv')" '0 ' 'a file renamed onto the source'
same t.csv other.csv 'which is there'
report --against="$first" --top=0 "$(ls s/t/audits/* | tail -n 1)" >text
is "$(grep -c 'the data have changed' text)" 0 \
    'the audit is of the file that was opened'
nights=$(ls s/t/audits | wc -l)
cp other.csv next.csv
is "$(during 'mv next.csv t.csv' --pruned=clean.csv)" \
    '2 prune: t.csv: changed since the audit: found 3719 bytes, wanted 3716' \
    'not with --pruned, which reads it again'
is "$(during 'cat other.csv >t.csv')" \
    '2 ingest: t.csv: changed while it was being read' 'written in place'
is "$(during 'echo 1,2,3,4,setosa >>t.csv')" \
    '2 ingest: t.csv: changed while it was being read' 'a row added'
case $(during ': >t.csv') in
'2 ingest: t.csv: ended at byte '* | '2 ingest: t.csv: changed while it was'*) ;;
*) false ;;
esac
ok $? 'cut to nothing'
is "$(during 'rm t.csv')" '0 ' 'removed: the audit is of what was opened'
is "$(ls s/t/audits | wc -l) $(ls -A s/t | grep -c work) $(ls clean.csv 2>&1 | wc -l)" \
    "$((nights + 1)) 0 1" 'nights that failed left nothing'
done_testing
