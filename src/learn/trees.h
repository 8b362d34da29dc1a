/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/trees.h: extremely randomised trees with out-of-bag votes.
 *
 * Every tree grows on a bootstrap sample of the labelled rows, as many draws as
 * rows or a share of them. At a node it takes `candidates` features that are
 * not constant there, draws one threshold for each, uniform between the node's
 * smallest and largest value, and splits by the one with the lowest Gini
 * impurity, until a node is pure or cannot be split. A row gets votes only from
 * trees whose sample it was not in, so its own label never counts.
 *
 * Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63
 * (2006); out-of-bag votes: Breiman, Bagging predictors (1996).
 * Compared with: scikit-learn ExtraTreesClassifier(bootstrap=True,
 * oob_score=True). */
#ifndef WN_LEARN_TREES_H
#define WN_LEARN_TREES_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/error.h"

struct wn_trees_options {
    size_t trees;      /* 1 .. 100,000 */
    size_t candidates; /* features tried at a node; 0 means sqrt(d) */
    size_t min_rows;   /* rows a node needs to be split, >= 2 */
    double share;      /* draws of a sample / number of rows, 0 .. 1 */
};
extern const struct wn_trees_options wn_trees_defaults; /* 300, 0, 2, 1 */

/* Out-of-bag class probabilities of every row. Of the sample x, label, weight,
 * group, seed, threads and log are read. Rows without a label are never trained
 * on and get votes from all trees; rows of a group are in a tree's sample
 * together or not at all.
 *   probability  out, n x k; the mean over its trees of the class shares in the
 *                leaf, with one even vote added; rows sum to 1
 * Features are rounded to 65,536 even steps between their minimum and maximum,
 * in a column-major copy. Time O(trees sqrt(d) n log n); memory 2 n d bytes and
 * O(n) for each of 16 trees. The result does not depend on `threads`.
 * Without any label the shares are even. Each tree is a unit of sample->units.
 * 1: other shards have not grown theirs. Errors: those of wn_units_run(). */
int wn_trees(const struct wn_sample *sample,
             const struct wn_trees_options *options, float *probability,
             struct wn_error *error) WN_MUST_CHECK;

/* Peak bytes, beside input and output; only the sizes of the sample are
 * read. */
double wn_trees_bytes(const struct wn_sample *sample);

#endif
