/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/aum.h: the threshold of the area under the margin. */
#ifndef WN_METHOD_AUM_H
#define WN_METHOD_AUM_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* The percentile (0 .. 100) of `minus`, which is minus the area under the
 * margin, over the n rows that are samples, turned so that a row is flagged
 * where minus[i] - cut >= 0: its area is no larger than the percentile of the
 * samples' areas. Pleiss et al. 2020. Errors: WN_ENOMEM; at least one row must
 * be a sample. Compared with golden:training_dynamics. */
int wn_aum_cut(const float *minus, const uint8_t *sample, size_t n,
               double percentile, double *cut) WN_MUST_CHECK;

#endif
