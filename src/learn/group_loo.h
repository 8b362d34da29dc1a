/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/group_loo.h: what a ridge regression would say of some of its rows if
 * it had not seen them, from the factorisation with them.
 *
 * With A = Z^T W Z + ridge I = L L^T, rows B of weights W = S S, their
 * H = S Z_B A^-1 Z_B^T S and residuals Y - F:
 *
 *     f_B without B = F_B - Z_B A^-1 Z_B^T S (I - H)^-1 S (Y - F)_B
 *
 * which for one row is the well-known (f - h y) / (1 - h). Cook and Weisberg,
 * Residuals and influence in regression (1982), on sets of rows.
 * Compared with: refitting without the rows. */
#ifndef WN_LEARN_GROUP_LOO_H
#define WN_LEARN_GROUP_LOO_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Change the scores of `rows` rows, those of one group.
 *   lever   rows x p: L^-1 z of each row
 *   weight  rows, >= 0
 *   label   rows, 0..k-1; -1 with weight 0
 *   score   rows x k: F, and after it F without the rows
 * Time O(rows^2 (p + rows + k)). Errors: WN_ENOMEM, WN_ENUMERIC. */
int wn_group_loo(const float *lever, size_t rows, size_t p,
                 const double *weight, const int32_t *label, size_t k,
                 float *score, struct wn_error *error) WN_MUST_CHECK;

#endif
