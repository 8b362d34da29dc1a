/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/suspicion.h: the probability that a given label is wrong.
 *
 * A model's 1 - p[y] ranks uniform noise well and noise that leaks from one
 * class into one other badly; the margin does the reverse; neither is a
 * probability, for a model that learned from noisy labels is less sure than
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
 * b is fitted: the sharpness under which the given labels are most likely,
 * sum_t q[t] T[y][t] (`fitted`), but at least twice the one that is best if
 * all labels were right (`plain`), because noise that depends on the features
 * looks like doubt of the model. The noise rate and the joint distribution
 * are the means of the posteriors under the fitted b alone, which is unbiased
 * where noise does not depend on the features.
 *
 * Measured (default committee; letter and mnist10k with planted noise): average
 * precision .992 to .998 for symmetric noise, .997 to .998 for pairwise
 * (1 - p[y]: .955 to .963), .925 to .932 for instance-dependent
 * (1 - p[y]: .901 to .904). Mixing in EL2N, AUM, mean loss, SimiFeat votes or
 * the small-loss mixture by their ranks lowered all of them. */
#ifndef WN_NOISE_SUSPICION_H
#define WN_NOISE_SUSPICION_H

#include <stddef.h>
#include <stdint.h>

#include "noise/confident.h"
#include "noise/probability.h"
#include "noise/sharpness.h"
#include "util/error.h"

/* What a row says. */
struct wn_verdict {
    double suspicion;  /* 0 .. 1; 0 for a missing label */
    double confidence; /* the largest posterior */
    int32_t best;      /* its class, the lowest on ties */
};

struct wn_suspicion {
    size_t n, k;
    struct wn_sharpness sharpness; /* b above: fitted, plain */
    struct wn_verdict *verdict;    /* n */
    struct wn_sparse at;   /* where joint has cells: everywhere, but beyond
                              WN_WHOLE_CLASSES only on the diagonal and where it
                              expects half a row or more */
    double *joint;         /* cells, [given][true], sums to 1 */
    double *given, *truth; /* k: its row and column sums, with what has no
                              cell */
    double rate;           /* share of wrong labels, 1 - trace joint */
    double low, high;      /* its 90 % interval, see wn_suspicion_find */
};

/* Judge label[n] by p (n x k), with what wn_noise_estimate found in them.
 * The interval adds up the chance of the rows, each wrong with its posterior,
 * the doubt about b and T (sharpness.h), and half a row. Where noise depends on
 * the features or classes overlap, labels and features do not tell which of
 * both it is; the share `strain` (sharpness.h) then lets the interval reach
 * from the rate with the amount of noise fitted, too, to the share of rows for
 * which the model prefers another class. Measured: it held the planted share
 * in 193 of 224 runs (86 %) of the committee on digits, wine, iris and
 * breast_cancer with symmetric noise of 5, 10 and 20 % and pairwise noise of
 * 10 %; in 18 of 21 with other noise or overlap (mixed with and without
 * symmetric noise, clean sets, a fifth flipped where another class is near),
 * without the second part in 2. On 10,000 rows and more chance is small beside
 * a model that is wrong in the same way everywhere.
 * Time O(n k), memory O(n + k), up to WN_WHOLE_CLASSES also k k.
 * Errors: WN_ENOMEM. */
int wn_suspicion_find(const int32_t *label, const struct wn_probability *p,
                      const struct wn_noise *noise, int threads,
                      struct wn_suspicion *out,
                      struct wn_error *error) WN_MUST_CHECK;
void wn_suspicion_free(struct wn_suspicion *suspicion);

/* Judge label y (-1 = missing) with p = row[k], sharpened to b, under
 * given[k] = T[y][.] (NULL for a missing label); room[k] is scratch, the
 * posteriors go to posterior[k]. */
struct wn_verdict wn_suspicion_judge(const double *row, const double *given,
                                     size_t k, int32_t y, double b,
                                     double *room, double *posterior);

#endif
