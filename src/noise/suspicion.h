/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/suspicion.h: the probability that a given label is wrong.
 *
 * A model's 1 - p[y] ranks uniform noise well and noise that leaks from one
 * class into another badly; the margin does the reverse. Neither is a
 * probability, because a model that learned from noisy labels is less sure than
 * it could be. The posterior under the noise that the data themselves show is
 * good at all three:
 *
 *   off[s][t]  column-normalised calibrated confident joint, s != t, with two
 *              rows spread evenly over every column
 *   rate[t]    its column sums: the share of class t that is given wrongly
 *   H[t]       sum (off[s][t] / rate[t])^2: 1 when t leaks into one class,
 *              u = 1/(k-1) when it leaks evenly
 *   a[t]       1 - sqrt((H[t] - u) / (1 - u)): how far to trust an even leak
 *   T[t][t]    1 - rate[t]
 *   T[s][t]    (1 - a[t]) off[s][t] + a[t] rate[t] / (k - 1)
 *   q[t]       (.99 p[t] + .01/k)^b, normalised: sharpened probabilities
 *   posterior of true class t for a row with label y: q[t] T[y][t], normalised
 *   suspicion  1 - posterior of y
 *
 * b is fitted: b_noisy maximises the likelihood of the given labels, sum_t q[t]
 * T[y][t]. The verdicts take at least twice b_clean, the best b if all labels
 * were right, because noise that depends on the features looks like uncertainty
 * of the model. The noise rate and the joint distribution are the means of the
 * posteriors under b_noisy alone, which is unbiased where noise does not depend
 * on the features. */
#ifndef WN_NOISE_SUSPICION_H
#define WN_NOISE_SUSPICION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "noise/confident.h"
#include "noise/probability.h"
#include "noise/sharpness.h"

/* What the posterior of a row says. */
struct wn_verdict {
    double suspicion;  /* 0 .. 1; 0 for a missing label */
    double confidence; /* the largest posterior */
    int32_t best;      /* its class, the lowest on ties */
};
/* From one suspicion to the next, for wn_order(). */
enum { WN_VERDICT_STRIDE = sizeof(struct wn_verdict) / sizeof(double) };

struct wn_suspicion {
    size_t n, k;
    struct wn_sharpness sharpness;
    struct wn_verdict *verdict; /* n */
    /* The cells of joint: all of them, or beyond WN_WHOLE_CLASSES only the
     * diagonal and those with an expected half row or more. */
    struct wn_sparse at;
    double *joint;         /* cells, [given][true], sums to 1 */
    double *given, *truth; /* k: its row and column sums, cells that are not
                              stored included */
    double rate;           /* share of wrong labels, 1 - trace joint */
    double low, high;      /* its 90 % interval, see wn_suspicion_find */
};

/* Judge label[n] by p (n x k) and the noise that wn_noise_estimate found.
 *
 * The interval adds up the chance of the rows, each wrong with its posterior,
 * the uncertainty of b and T (rate_sd), and half a row. Where noise depends on
 * the features or classes overlap, labels and features do not tell which of the
 * two it is; with the weight overlap_weight the interval then reaches from
 * rate_joint_fit to the share of rows for which the model prefers another
 * class. It does not cover a model that is wrong in the same way everywhere.
 *
 * Time O(n k), memory O(n + k), up to WN_WHOLE_CLASSES also k k. */
void wn_suspicion_find(const int32_t *label, const struct wn_probability *p,
                       const struct wn_noise *noise, int threads,
                       struct wn_suspicion *out);
void wn_suspicion_free(struct wn_suspicion *suspicion);

/* Put the labelled rows in a better order: the suspicions stay the same numbers
 * and are dealt out again by the weighted sum of log((n - r) / r), r the rank
 * of a row by each of these scores, the middle rank of equal ones:
 *
 *                     committee  brought
 *   margin                 1        1    max p[t] - p[y], t other than y
 *   adjusted               -        2    - p[y] less the mean of its class
 *                                        (label_quality.h)
 *   posterior              -        2    of all other classes, with b = 1
 *   posterior margin       2        -    its margin, with b = 1
 *   one way                -        4    posterior under a T that keeps only
 *                                        sqrt(T[s][t] / T[t][s]), with b
 *
 * One score is best where errors are spread evenly, another where they follow
 * the features, and the posterior trusts that two classes that a model
 * takes for each other are given for each other, too. Our committee is
 * calibrated and earns that trust; a model that the user brings may be sure of
 * itself and wrong. doc/ALGORITHMS 1.14 has the measurements.
 * Time O(n k + n log n), memory O(n + k + cells). */
void wn_suspicion_rank(const int32_t *label, const struct wn_probability *p,
                       const struct wn_noise *noise, bool brought, int threads,
                       struct wn_suspicion *suspicion);

/* The power b of the verdicts. */
static inline double wn_verdict_sharpness(const struct wn_sharpness *sharpness)
{
    return fmax(sharpness->b_noisy, 2 * sharpness->b_clean);
}

/* The verdict on label y (-1 = missing) with p = row[k], sharpened to b, under
 * given[k] = T[y][.] (NULL for a missing label); scratch[k], and the posteriors
 * into posterior[k]. */
struct wn_verdict wn_suspicion_verdict(const double *row, const double *given,
                                       size_t k, int32_t y, double b,
                                       double *scratch, double *posterior);

#endif
