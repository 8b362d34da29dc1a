/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/overlap.h: errors that stand everywhere, against classes that overlap.
 *
 * Features and labels alone do not tell an error that follows the features from
 * two classes that overlap. They do tell the share of errors that is there
 * wherever one looks: such errors stand among the rows of which the models are
 * surest, too, and overlap does not (mixture proportion: Scott, Blanchard,
 * Handy 2013; anchor points: Liu, Tao 2016).
 *
 * The rows of each predicted class are ranked by their largest probability,
 * surest first; u is the rank as a share. A row is a mismatch if its label is
 * less probable than another class. The model of the mismatches of one
 * predicted class:
 *
 *   l(u)   the upper u quantile of |N(d d / 2, (r d)^2)|: the log-odds of two
 *          equal normal classes d apart
 *   g(u)   c / (c + exp l), c = sqrt(k - 1) or 1: the row belongs to another
 *          class
 *   e      the share of even errors, which hit any label alike
 *   P(mismatch | u) = (1 - g) e + g (1 - e / (k - 1))
 *
 * d is normal around d0 with a standard deviation of .5: each class overlaps
 * with others as it does. e is the same in all predicted classes, or one class
 * alone, any of them, has errors; either reading has half of the prior. (Were
 * any set of classes allowed, two that overlap wholly beside one apart would
 * count as errors.) d0, d, r in {.5, .7, 1, 1.4}, c and e have a posterior
 * under the binomial likelihood of the mismatches; the prior is even in d0, r
 * and c, half on e = 0 and half on sqrt e with exp(-e / .25). Predicted classes
 * of few rows are fitted together, so that there are at most 257 groups.
 *
 * Rows of which the models are equally sure have no order, and what is even
 * among them may be overlap. Where more than a quarter of all rows are as sure
 * as more than an eighth of their class, and none of these surer than .99, e
 * counts as 0.
 *
 * Where the label of a row is wrong under that model, the models of the row see
 * it as
 *
 *   P(wrong | mismatch, u) = (e (1 - g) + g e (k - 2) / (k - 1)) / P(mismatch)
 *   P(wrong | match, u)    = g e / (k - 1) / (1 - P(mismatch)) */
#ifndef WN_NOISE_OVERLAP_H
#define WN_NOISE_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include "noise/probability.h"

enum { WN_DEPTHS = 40 }; /* stretches of u */

/* Beyond this share of mismatches the surest rows are not sure, and say nothing
 * of errors. */
static const double wn_max_mismatch = 0.5;

struct wn_overlap {
    double rows[WN_DEPTHS], mismatches[WN_DEPTHS]; /* surest first */
    double expected[WN_DEPTHS];       /* mismatches by the model, overlap */
    double wrong_mismatch[WN_DEPTHS]; /* P(wrong | mismatch, u), 0 if none */
    double wrong_match[WN_DEPTHS];
    double labelled;  /* rows with a label, */
    double n;         /* and those of them that have a depth */
    double mismatch;  /* share of mismatches, */
    double tied;      /* and of rows that many others are as sure as */
    double bayes;     /* mean g: the error of a perfect model */
    double rate;      /* share of even errors in these rows, and */
    double low, high; /* its 90 % interval; low is 0 where e = 0 is within
                         it, or mismatches or ties are too many */
    uint8_t *place;   /* n: depth, + WN_MISMATCH; or WN_NO_DEPTH: a missing
                         label, or one of a class that is never predicted */
};

enum { WN_MISMATCH = 0x40, WN_NO_DEPTH = 0x80 };

/* Judge label[n] (-1 = missing) by p (n x k), k > 1. O(n k + n log n). */
void wn_overlap_find(const int32_t *label, const struct wn_probability *p,
                     int threads, struct wn_overlap *out);
void wn_overlap_free(struct wn_overlap *overlap);
/* The memory that wn_overlap_find() takes beyond 17 bytes a row. */
double wn_overlap_bytes(void);

#endif
