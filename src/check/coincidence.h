/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/coincidence.h: equal rows that are not one record entered twice.
 *
 * Rows of few small integers are equal by chance. A set of s rows of class c
 * with equal features has, among the n_c rows of its class, the chance
 *
 *   lambda = (n_c - 1) prod_j (count_j - s + 1) / (n_c - s + 1)
 *
 * of an equal row, where count_j rows of the class have the value of column j:
 * columns are taken as independent within a class, and the set counts as one
 * row. Half the sum of lambda over all rows is the expected number of chance
 * pairs. The sets are taken in the order of lambda, as long as the expected
 * pairs so far are at most a fifth of the copies found so far (a false
 * discovery rate); the copies beyond are coincidences.
 *
 * Rows at the floor of a sensor are equal because nothing was measured: one set
 * of at least 20 rows and a hundredth of all, of any class, in which every
 * value is the most frequent one of its column. They take no part in the above.
 */
#ifndef WN_CHECK_COINCIDENCE_H
#define WN_CHECK_COINCIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/order.h"

struct wn_coincidence {
    size_t n, k;
    struct wn_arena own;       /* the arrays */
    struct wn_hashed_row *row; /* n; the label k where there is none */
    double *lambda;            /* n, of the set of each, columns so far */
    size_t *set;               /* n, the size of its set */
    size_t copies; /* rows that equal an earlier one of their class */
    size_t floor_begin, floor_end; /* of the largest set in `row`; empty where
                                      none can be a floor */
    double *of_class;              /* k + 1, rows; the last: without a label */
};

enum { WN_COINCIDENCE_NO, WN_COINCIDENCE_CHANCE, WN_COINCIDENCE_FLOOR };

/* hash[n] of the features and label[n], 0..k-1 or -1; NULL: no labels. */
void wn_coincidence_open(struct wn_coincidence *out, const uint64_t *hash,
                         const int32_t *label, size_t n, size_t k);
/* Whether more columns can still change the result; false without copies. */
bool wn_coincidence_wants_more(const struct wn_coincidence *of);
/* The next column, x[i * step] for row i. Time O(n log n). */
void wn_coincidence_add(struct wn_coincidence *of, const float *x, size_t step);
/* kind[n] becomes one of the enum. */
void wn_coincidence_conclude(const struct wn_coincidence *of, uint8_t *kind);
void wn_coincidence_free(struct wn_coincidence *of);

#endif
