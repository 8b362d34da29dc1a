/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/significance.h: what chance explains. */
#ifndef WN_REPORT_SIGNIFICANCE_H
#define WN_REPORT_SIGNIFICANCE_H

#include <stdbool.h>
#include <stddef.h>

/* P(K > lambda) of Kolmogorov's distribution, and of chi square with df degrees
 * of freedom. */
double wn_kolmogorov_tail(double lambda);
double wn_chi_square_tail(double x, double df);

/* Fisher's exact test, two-sided or, with `more`, of as many hits or more:
 *
 *     hit    miss      of a set of items
 *     hits   misses    of all others
 *
 * The probability of all tables with these sums that are at most as probable,
 * or that have at least `hit`. Compared with scipy.stats.fisher_exact. */
double wn_fisher_exact(size_t hit, size_t miss, size_t hits, size_t misses,
                       bool more);

/* Adjust p[count] for so many tests by Holm's step-down procedure (1979). NaN
 * is no test and stays. */
void wn_holm(double *p, size_t count);

#endif
