/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/penalty.h: the penalty of multinomial regression, from the data. */
#ifndef WN_LEARN_PENALTY_H
#define WN_LEARN_PENALTY_H

#include "learn/sample.h"
#include "learn/softmax.h"
#include "util/error.h"

/* Set how->inverse_penalty to the C, from 1 down to 1e-3, at which the
 * cross-validated log-loss of up to 1,024 rows of the sample is least: of four
 * trials and between them. What is best for some rows is good for more (adult,
 * a fifth of the labels wrong: C = .03 for 2,000 rows and for 12,000), and
 * scikit-learn's C = 1 teaches few rows too much: average precision of
 * 1 - P[label], a tenth of the labels wrong, mixed .636 for .470,
 * breast_cancer .950 for .880. Left as it is where no two of them are in
 * different folds. Of the sample its folds are read, too. Errors: as
 * wn_softmax_predict(). */
int wn_penalty_choose(const struct wn_sample *sample, struct wn_softmax *how,
                      struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes; of the sample only the numbers are read. */
double wn_penalty_bytes(const struct wn_sample *sample);

#endif
