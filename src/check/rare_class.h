/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/rare_class.h: a class with too few rows to learn. */
#ifndef WN_CHECK_RARE_CLASS_H
#define WN_CHECK_RARE_CLASS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The rarest class among label[n] (0..k-1, -1 = missing; the lowest on ties)
 * if its share of the labelled rows is below `share` over the number of classes
 * present; else -1. Only one class is ever reported. -2 after wn_fail.
 * Compared with: cleanlab Datalab class_imbalance, golden.json
 * class_imbalance. */
int64_t wn_rare_class(const int32_t *label, size_t n, size_t k,
                      double share) WN_MUST_CHECK;

#endif
