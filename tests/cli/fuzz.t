#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Some hundred mutated inputs for each parser; make fuzz has more.
. "${WN_SOURCE:-.}/tests/tap.sh"
PATH=$build/tests/cli:$build/tests/fuzz:$PATH
export PATH

sh "$source/tests/fuzz/corpus.sh" "$source" corpus
is $? 0 "seeds"
for target in $(fuzz -l); do
    case $target in
    audit | foreign | anndata) trials=60 ;;
    mended | table) trials=200 ;;
    csv) trials=1000 ;;
    *) trials=3000 ;;
    esac
    fuzz -t $trials corpus $target >said 2>told
    is $? 0 "$target: $(cat said)"
    sed 's/^/# /' told
    rm -f told
    # Seeds are there to be taken, and mutations to be refused.
    taken=$(sed 's/.* \([0-9]*\) taken.*/\1/' said)
    ok $((taken == 0 || taken == trials)) "$target: some taken, some refused"
done
fuzz -t 500 -s 7 corpus csv >once
fuzz -t 500 -s 7 corpus csv >twice
same once twice "the same trials for the same seed"

printf 'a,b\n1,2\n' >one
is "$(fuzz -r one corpus csv)" 1 "-r runs one file"
done_testing
