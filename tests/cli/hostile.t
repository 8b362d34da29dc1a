#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Audit files of somebody who knows the format, with right digests: hostile.py
# makes them out of a good one and runs every program on each. A selection;
# WN_HOSTILE=files runs two commands on every file, WN_HOSTILE=all all of them.
. "${WN_SOURCE:-.}/tests/tap.sh"

python=''
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import ctypes, h5py; ctypes.CDLL("libxxhash.so.0")' \
        2>/dev/null && python=$candidate && break
done
if [ -z "$python" ]; then
    echo '1..0 # SKIP python3-h5py or libxxhash is not installed'
    exit 0
fi
case ${WN_HOSTILE:-} in
all) every=1 some=0 ;;
files) every=1 some=2 ;;
*) every=31 some=3 ;;
esac
PATH=$build/tests/cli:$PATH

# 40 rows with every role, empty and changed cells, and a copy.
cp "$source/tests/fuzz/seeds/roles.csv" base || exit 99
{ ingest -q base --label=y --id=key --annotator=who --group=part --split=fold \
    --trusted=sure --weight=w --cost=price --rules="$source/tests/fuzz/seeds/roles.rules" \
    >data.h5 2>err &&
    score -q data.h5 --replicates=2 --epochs=3 >scored.h5 2>err &&
    flag -q scored.h5 -o base.h5 2>err; } || { sed 's/^/# /' err; exit 99; }
"$python" "$source/tests/cli/hostile.py" "$source/src/audit/layout.def" \
    "$every" "$some" base.h5
