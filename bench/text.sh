#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From texts to out-of-fold probabilities: text.sh THREADS FILE.csv OUT.h5
ingest -q -j "$1" --label=label --ignore='id|label_.*' "$2" |
    score -q -j "$1" --model=softmax --methods=none -f -o "$3"
