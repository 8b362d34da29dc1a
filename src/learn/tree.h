/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/tree.h: one extremely randomised tree of learn/trees.h while it grows.
 *
 * No tree is ever stored. The rows of a tree's sample and the rows outside it
 * are partitioned side by side, node by node; when a node becomes a leaf, the
 * outside rows that arrived there are given its number and its class shares. */
#ifndef WN_LEARN_TREE_H
#define WN_LEARN_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/random.h"

struct wn_tree_node;

/* What all trees read. */
struct wn_forest {
    size_t n, d, k, candidates, least;
    size_t patch, stride; /* rows of a patch; places from row to row */
    double share;
    const float *x;
    double *low, *scale;    /* d: the least value, steps in a unit */
    const uint16_t *column; /* d x n, each feature in even steps */
    const int32_t *label;
    const int32_t *order; /* n: the rows by class, the unlabelled first */
    const float *weight;
    const int32_t *group;
    size_t groups; /* 0 without groups */
    uint64_t seed;
};

/* One class's share of a leaf. */
struct wn_tree_share {
    int32_t label;
    float part;
};

/* Where rows are looked up: feature j of row i is value[i across + j down]. */
struct wn_tree_view {
    const uint16_t *value;
    size_t across, down;
    const int32_t *label;
    const float *times;
};

/* A tree while it grows, and what it leaves behind. */
struct wn_tree {
    /* Kept: leaf[i] is row i's leaf, -1 if i was in the sample; the shares of
     * leaf l are share[first[l]] .. share[first[l + 1] - 1]. */
    _Alignas(64) int32_t *leaf;  /* threads share no cache line of a tree */
    struct wn_tree_share *share; /* room for n: no more than rows in it */
    size_t share_count;
    size_t *first; /* room for n + 1 */
    size_t first_count;
    /* Scratch. */
    int32_t *inside, *outside; /* rows, partitioned; in a patch its own */
    int32_t *spare;            /* n: those that move to the right */
    float *times;              /* n: copies of a row in the sample x weight */
    int32_t *feature;          /* d, a permutation; constant ones in front */
    /* The node's rows side by side: a feature's values, times; run r, of one
     * class, ends before place end[r] and weighs total[r]; room for k. */
    uint16_t *value;
    float *mass;
    size_t *end;
    double *total;
    struct wn_tree_view view; /* all rows, or those of the patch */
    size_t patch_end;     /* where they end in `inside`; 0: there is no patch */
    uint16_t *patch;      /* its rows x stride */
    uint16_t *low, *high; /* stride: of the node's rows, in a patch */
    int32_t *few; /* rows of the patch x WN_SIMD_LANES: values to be judged */
    int32_t *patch_label;
    float *patch_times;
    struct wn_tree_node *stack;
    size_t depth, room;
    struct wn_random random;
};

/* patch and stride, from d. */
void wn_tree_lay(struct wn_forest *forest);

/* Room for a tree; after a failure (WN_ENOMEM) it is to be freed, too. */
int wn_tree_open(struct wn_tree *tree,
                 const struct wn_forest *forest) WN_MUST_CHECK;
void wn_tree_free(struct wn_tree *tree);
/* Most bytes it takes. */
double wn_tree_bytes(size_t n, size_t d, size_t k);

/* Draw the sample of tree `number` and grow it; the same for every thread.
 * Errors: WN_ENOMEM. */
int wn_tree_grow(const struct wn_forest *forest, struct wn_tree *tree,
                 size_t number) WN_MUST_CHECK;

#endif
