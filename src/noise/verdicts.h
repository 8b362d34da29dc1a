/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/verdicts.h: what verdicts of people on some labels say about all.
 *
 * A ranking survives where calibration fails, so a few dozen verdicts repair
 * what follows from the ranking: the share of wrong labels, the suspicions and
 * the number of flags. Notation: N open rows (labelled, not trusted), row i at
 * place r = 0 .. N-1 of the base suspicion s, which no verdict has changed, y_i
 * = 1 for a label that a person found wrong.
 *
 * Strata. Rows are cut by r / N at 3, 10, 25 and 50 %. A review plan draws rows
 * at random within each stratum, so it has some of the surest, the ambiguous
 * and the unsuspicious rows.
 *
 * Suspicion. p_i = 1 / (1 + exp(-x_i b)), a logistic regression on
 *     1, log((N - r) / (r + 1)), logit s, the given class, the likeliest other
 * with normal priors on b of mean 0 and standard deviations 100, .55, .55, .7
 * and .5; a class has an effect of its own because people who label err in some
 * classes more than in others. The strata give 4/5 of a verdict each besides,
 * with the mean base suspicion for y, and 1/20 more for each verdict that a
 * person chose, so that verdicts on the first rows alone say little about the
 * last. Found by Newton's method. The suspicion is the mean of p and of the
 * base suspicion, weighted by how well each explains the verdicts: the evidence
 * of the regression by Laplace's approximation, and the likelihood of .98 s +
 * .01.
 *
 * Rate. The mean of the suspicions over the labelled rows, y where it is known.
 * The 90 % interval is that of the mean of p, symmetric on the logit scale; its
 * variance is g' H^-1 g, H the Hessian at b and g the derivative of the mean,
 * and that of the labels that nobody looked at. Without a wrong label its low
 * end is 0. So that a regression that does not fit cannot mislead, the interval
 * is stretched to the rate and to the stratified estimate, sum R_h y_h / m_h of
 * the R_h rows, m_h planned verdicts and y_h wrong ones of each stratum; with
 * fewer than WN_MIN_VERDICTS planned verdicts, to the interval without
 * verdicts. bench/verdicts.py measures how often it covers.
 *
 * Flags. The k rows of largest p with the largest expected F1, 2 S_k / (k +
 * S_n), S_k the sum of the first k; none with p below .15. */
#ifndef WN_NOISE_VERDICTS_H
#define WN_NOISE_VERDICTS_H

#include "noise/claim.h"
#include "noise/order_statistics.h"

enum { WN_STRATA = 5, WN_MIN_VERDICTS = 10 };

/* What is known of rows; arrays of n. */
struct wn_known {
    const int32_t *label;
    const uint8_t *trusted; /* NULL: none */
    int8_t *wrong;          /* 1 or 0 by a verdict, -1 without one */
    uint8_t *planned;       /* 1: the verdict was drawn at random */
};

struct wn_verdicts {
    size_t reviewed, wrong; /* verdicts on open rows, and those that said so */
    size_t labelled;        /* rows with a label */
    double *suspicion;      /* n: 1 and 0 where it is known; NULL with fewer
                               than WN_MIN_VERDICTS */
    double rate, low, high; /* shares of the labelled rows */
    size_t flags;           /* rows to flag, known ones included */
};

/* The stratum of each open row, 1 .. WN_STRATA, into stratum[n], 0 for others,
 * and its place into place[n], which may be NULL. Returns their number. */
size_t wn_strata_find(const int32_t *label, const uint8_t *trusted,
                      const struct wn_verdict *base, size_t n, uint8_t *stratum,
                      size_t *place);

/* How many more rows to draw from each stratum for a plan of `count` rows:
 * open[h] are those without a verdict, planned[h] the verdicts there, wrong[h]
 * those that said wrong, of all[h] rows. Without verdicts 15, 20, 22.5, 22.5
 * and 20 %; with them by what is in doubt: the largest R_h^2 q_h (1 - q_h) /
 * (m_h (m_h + 1)), q_h = (wrong + .5) / (m_h + 1) (Neyman 1934, one row at a
 * time). */
void wn_strata_plan(const size_t all[WN_STRATA], const size_t open[WN_STRATA],
                    const size_t planned[WN_STRATA],
                    const size_t wrong[WN_STRATA], size_t count,
                    size_t plan[WN_STRATA]);

/* Learn from the verdicts. `base` are the suspicions without any, p the
 * probabilities (n x k), low and high the interval of the rate without
 * verdicts, `precision` the least expected share of wrong labels among the
 * flagged, or -1. */
void wn_verdicts_find(const struct wn_known *known,
                      const struct wn_probability *p,
                      const struct wn_verdict *base, double low, double high,
                      double precision, struct wn_verdicts *out);
void wn_verdicts_free(struct wn_verdicts *verdicts);

/* The exact interval (Clopper and Pearson 1934) of a share of which `hits` of
 * `count` were seen, two-sided at `level`, 0.95 or so; 0 .. 1 for count = 0. */
void wn_share_interval(size_t hits, size_t count, double level, double *low,
                       double *high);

#endif
