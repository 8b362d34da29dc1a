/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/suspicion.h: the probability that a given label is wrong.
 *
 * A model's 1 - p[y] ranks uniform noise well and noise that leaks from one
 * class into one other badly; the margin does the reverse. The posterior under
 * the noise matrix that the data themselves show is good at both:
 *
 *   off[s][t]  column-normalised calibrated confident joint, s != t
 *   rate[t]    its column sums: the share of class t that is given wrongly
 *   H[t]       sum (off[s][t] / rate[t])^2: 1 when t leaks into one class,
 *              u = 1/(k-1) when it leaks evenly
 *   a[t]       1 - sqrt((H[t] - u) / (1 - u)): how far to trust an even leak
 *   T[t][t]    1 - rate[t]
 *   T[s][t]    (1 - a[t]) off[s][t] + a[t] rate[t] / (k - 1)
 *   posterior of true class t for a row with label y: p[t] T[y][t], normalised
 *   suspicion  1 - posterior of y */
#ifndef WN_CHECK_SUSPICION_H
#define WN_CHECK_SUSPICION_H

#include <stddef.h>
#include <stdint.h>

#include "check/confident.h"
#include "check/probability.h"
#include "util/error.h"

/* transition[k x k], [s][t] = P(given = s | true = t), from the counts. */
void wn_suspicion_transition(const struct wn_noise *noise, double *transition);

/* What a row says. */
struct wn_verdict {
    double suspicion;  /* 0 .. 1; 0 for a missing label */
    int32_t best;      /* the class of the largest posterior, lowest on ties */
    double confidence; /* its posterior */
};

/* Judge label y (-1 = missing) with p = row[k]. */
struct wn_verdict wn_suspicion_judge(const double *row,
                                     const double *transition, size_t k,
                                     int32_t y);

#endif
