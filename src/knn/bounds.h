/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/bounds.h: bounds on distances from products, and the candidates of a row.
 * Private to this room.
 *
 * The squared distance of two rows is D = |a|^2 + |b|^2 - 2 a.b. Float
 * products give it up to a rounding error, which is bounded: with u = 2^-24, a
 * float dot product of length p is off by at most about
 * p u |a| |b| <= p u (|a|^2 + |b|^2) / 2 in whatever order it is summed. (The
 * factor is wn_gemm_roundings(p), which may exceed p.) Rounding the (centred)
 * rows, the squares and the last additions adds less than
 * 16 u (|a|^2 + |b|^2). So with c = 1.1 (p + 16) u
 *
 *     low  = (1 - c) (|a|^2 + |b|^2) - 2 a.b   <=  true D  <=
 *     high = low + 2 c (|a|^2 + |b|^2)
 *
 * and a pair whose `low` is above the m-th smallest `high` of a row cannot be
 * among its m nearest. All other pairs are kept and decided by the distance in
 * double, computed from the rows themselves. So neither the kernels nor the
 * order of the work can change the answer.
 *
 * If the kernel rounds the rows (wn_scan_kernel_rounded()) by at most r |a|,
 * products are off by at most r (2 + r) |a| |b| more, so c is larger by
 * r (2 + r).
 *
 * Rows are centred first, and scaled by a power of two, where this makes the
 * bound tighter. Cosine works on rows of length 1, where D = 2 (1 - cosine). */
#ifndef WN_KNN_BOUNDS_H
#define WN_KNN_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
#include "linalg/products.h"

struct wn_candidate {
    float high; /* upper bound on the squared distance */
    int32_t row;
};

/* One row's candidates. */
struct wn_candidates {
    struct wn_candidate *entries;
    size_t count;
    float limit;     /* a pair whose `low` is above it cannot win */
    int32_t max_row; /* nor can a higher row: m lower ones are at distance 0 */
};

struct wn_winner {
    float distance;
    int32_t row;
};

/* What all searches of one matrix share. */
struct wn_bounds {
    const float *x; /* as given */
    const int32_t *group;
    size_t n, d, m, capacity; /* capacity: candidates of a row */
    enum wn_metric metric;

    size_t p;       /* columns of a prepared row */
    bool plain;     /* prepared rows are those of x */
    double *centre; /* d */
    double scale;
    double *inverse; /* cosine: 1/|x|, 0 for norm 0 */
    float *square;   /* |y|^2 of the prepared rows y */
    float *bias;     /* (1 - c) |y|^2 */
    double slack;    /* c above */
};

/* Candidates that a row may hold. */
size_t wn_bounds_capacity(size_t n, size_t m);

/* Columns of a prepared row. */
size_t wn_bounds_width(const struct wn_graph *graph);

/* Prepare the rows.
 *   loss  the squared norm of what the kernel rounds off a row; NULL: nothing
 */
void wn_bounds_start(struct wn_bounds *bounds, const struct wn_graph *graph,
                     double (*loss)(const float *row, size_t p));
void wn_bounds_end(struct wn_bounds *bounds);

/* Write the prepared row i, p numbers. */
void wn_bounds_row(const struct wn_bounds *bounds, size_t i, float *out);

/* Move the `count` smallest by `high` to the front. */
void wn_candidates_select(struct wn_candidate *entries, size_t length,
                          size_t count);

/* The m-th smallest of values[0 .. count), count at most WN_SCAN_PAD; infinity
 * if there are fewer. */
float wn_bounds_mth(const float *values, size_t count, size_t m);

/* No candidates; `entries` holds bounds->capacity of them. */
void wn_candidates_start(struct wn_candidates *candidates,
                         struct wn_candidate *entries);

/* Set the limit of row i before its first tile is scanned. The columns fall
 * into WN_SCAN_PAD interleaved parts; the limit is the m-th smallest of the
 * parts' least `high`. That is never below the m-th smallest of all columns.
 *   dots, bias  as for the scan; row i itself has a bias of infinity */
void wn_candidates_limit(const struct wn_bounds *bounds,
                         struct wn_candidates *candidates, size_t i,
                         const float *dots, const float *bias, size_t columns);

/* Offer row j to row i, whose candidates these are.
 *   winners  scratch, bounds->capacity */
void wn_candidates_offer(const struct wn_bounds *bounds,
                         struct wn_candidates *candidates, size_t i, size_t j,
                         float low, struct wn_winner *winners);

/* The m nearest of all candidates, in order; missing ones have row -1 and
 * distance infinity. */
void wn_candidates_decide(const struct wn_bounds *bounds,
                          struct wn_candidates *candidates, size_t i,
                          struct wn_winner *winners, int32_t *index,
                          float *distance);

#endif
