/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/trees.h: extremely randomised trees with out-of-bag votes.
 *
 * Every tree grows on a bootstrap sample of the labelled rows, all of them or
 * `draws` where there are many: at a node it
 * takes `candidates` features that are not constant there, draws one threshold
 * for each, uniform between the node's smallest and largest value, and splits
 * by the one with the lowest Gini impurity, until a node is pure or cannot be
 * split. A row is judged only by the trees whose sample it was not in, so
 * its own label never counts.
 *
 * Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63
 * (2006); out-of-bag votes: Breiman, Bagging predictors (1996).
 * Compared with: scikit-learn ExtraTreesClassifier(bootstrap=True,
 * oob_score=True). */
#ifndef WN_LEARN_TREES_H
#define WN_LEARN_TREES_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/log.h"

struct wn_trees_knobs {
    size_t trees;      /* 1 .. 100,000 */
    size_t candidates; /* features tried at a node; 0 means sqrt(d) */
    size_t least;      /* rows a node needs to be split, >= 2 */
    double share;      /* draws of a sample by the number of rows, 0 .. 1 */
};
extern const struct wn_trees_knobs wn_trees_standard; /* 300, 0, 2, 1 */

/* Out-of-bag class probabilities of every row.
 *   x            n x d, row-major, finite
 *   label        n, 0..k-1; rows with -1 are judged by all trees, used by none
 *   weight       n, >= 0, how much a row counts in its trees; NULL for 1
 *   group        n, rows of equal number are in a tree's sample together or
 *                not at all; NULL for each row on its own
 *   probability  out, n x k; the mean over its trees of the class shares in
 *                the leaf, with one even vote added; rows sum to 1
 * Features are cut to 65,536 even steps between their least and greatest value,
 * a column-major copy of half their size. Time O(trees sqrt(d) n log n); memory
 * n d / 2 x 4 bytes and O(n) for each of 16 trees. The same bytes for any
 * `threads`.
 * Where nothing can be known (no label at all) the shares are even.
 * Errors: WN_ENOMEM. */
int wn_trees(const float *x, size_t n, size_t d, const int32_t *label, size_t k,
             const float *weight, const int32_t *group,
             const struct wn_trees_knobs *knobs, uint64_t seed, int threads,
             struct wn_log *log, float *probability,
             struct wn_error *error) WN_MUST_CHECK;

/* Most bytes that takes, beside input and output. */
double wn_trees_bytes(size_t n, size_t d, size_t k);
#endif
