/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/spectrum.h: how the singular values of a feature matrix spread. */
#ifndef WN_LINALG_SPECTRUM_H
#define WN_LINALG_SPECTRUM_H

#include <stddef.h>

#include "util/error.h"

struct wn_spectrum {
    double entropy;  /* -sum q log q, q = s / sum s, of the singular values */
    double evenness; /* entropy / log(how many there can be), 0 .. 1 */
    double largest;  /* the largest q */
};

enum {
    WN_SPECTRUM_ROWS = 4096, /* as many rows are looked at, evenly spaced; */
    WN_SPECTRUM_WIDE = 1024  /* with more features than this, only so many */
};

/* Of x, n x d, row-major, finite. Entropy and the largest share as in Chen et
 * al., "Understanding and mitigating the label noise in pre-training on
 * downstream tasks", ICLR 2024: features learned from noisy labels spread over
 * more directions. All 0 for features that are all 0. Errors: WN_ENOMEM,
 * WN_ENUMERIC. Compared with numpy.linalg.svd. */
int wn_spectrum_find(const float *x, size_t n, size_t d,
                     struct wn_spectrum *spectrum,
                     struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes. */
double wn_spectrum_bytes(size_t n, size_t d);

#endif
