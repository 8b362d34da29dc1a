/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/bounds.h: the candidates of a row and the decision between them, for
 * the searches of exact.c and graph.c. Private to this room.
 *
 * The squared distance of two rows is D = |a|^2 + |b|^2 - 2 a.b. Float
 * products give it only up to a rounding error, which is bounded: with
 * u = 2^-24 a float dot product of length p is off by at most about
 * p u |a| |b| <= p u (|a|^2 + |b|^2) / 2 in whatever order it is summed (6 p
 * where wn_gemm() takes six products for one, wn_gemm_roundings()), and
 * the rounding of the (centred) rows, of the squares and of the last
 * additions adds less than 16 u (|a|^2 + |b|^2). So with c = 1.1 (p + 16) u
 *
 *     low  = (1 - c) (|a|^2 + |b|^2) - 2 a.b   <=  true D  <=
 *     high = low + 2 c (|a|^2 + |b|^2)
 *
 * and a pair whose `low` is above the m-th smallest `high` of a row cannot be
 * among its m nearest. Everything else is kept and decided by the distance
 * computed in double from the rows themselves, so neither the kernels of the
 * BLAS nor the order of the work can change the answer.
 *
 * A product of rows a' and b' that were rounded further (tile.h) is off by at
 * most r (2 + r) |a| |b| more, if rounding takes no more than r |a| from any
 * row; so there c is larger by r (2 + r).
 *
 * Rows are centred (and scaled by a power of two) first where that makes the
 * bound tighter; cosine works on rows of length 1, where D = 2 (1 - cosine). */
#ifndef WN_KNN_BOUNDS_H
#define WN_KNN_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knn/exact.h"
#include "util/error.h"

enum { WN_BOUNDS_PAD = 64 }; /* columns of a scan come in multiples of that */

struct wn_candidate {
    float high; /* bound on the squared distance from above */
    int32_t row;
};

/* One row's candidates. */
struct wn_candidates {
    struct wn_candidate *entries;
    size_t count;
    float limit;     /* a `low` above it cannot win */
    int32_t ceiling; /* nor can a row above it: m lower ones are at 0 */
};

struct wn_winner {
    float distance;
    int32_t row;
};

/* A pair that a scan found, within its tile. */
struct wn_hit {
    int32_t row, column;
    float low;
};

/* What all searches read. */
struct wn_bounds {
    const float *x; /* as given */
    const int32_t *group;
    size_t n, d, m, room; /* candidates a pool holds */
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

/* Candidates a pool holds. */
size_t wn_bounds_room(size_t n, size_t m);

/* Numbers of a prepared row. */
size_t wn_bounds_width(const struct wn_graph *graph);

/* Look at the rows; wn_bounds_end() in any case.
 *   loss  what rounding takes from a prepared row before it is multiplied,
 *         squared; NULL: nothing */
int wn_bounds_start(struct wn_bounds *near, const struct wn_graph *graph,
                    double (*loss)(const float *row, size_t p)) WN_MUST_CHECK;
void wn_bounds_end(struct wn_bounds *near);

/* The prepared row i: p numbers. */
void wn_bounds_row(const struct wn_bounds *near, size_t i, float *out);

/* Put the `count` smallest by `high` first. */
void wn_bounds_select(struct wn_candidate *entries, size_t length,
                      size_t count);

/* The m-th smallest of values[0 .. count), count at most WN_BOUNDS_PAD;
 * infinity where there are not so many. */
float wn_bounds_mth(const float *values, size_t count, size_t m);

/* Empty, with room for near->room entries at `entries`. */
void wn_candidates_start(struct wn_candidates *pool,
                         struct wn_candidate *entries);

/* Give a pool a limit before the first tile of row i is scanned: the m-th
 * smallest of the least `high` of WN_BOUNDS_PAD shares of its columns, which is
 * not below the m-th smallest of them all.
 *   dots, bias  as for the scan; row i itself has a bias of infinity */
void wn_bounds_begin(const struct wn_bounds *near, struct wn_candidates *pool,
                     size_t i, const float *dots, const float *bias,
                     size_t columns);

/* The columns of one row of a tile that may be near for either side:
 *   dots     -2 a.b, one a column
 *   bias, limit  of the columns, padded to WN_BOUNDS_PAD with a bias of
 * infinity row  that of the hits Returns how many there are, in rising order.
 */
size_t wn_bounds_scan(const float *dots, const float *bias, const float *limit,
                      size_t columns, size_t row, float row_bias,
                      float row_limit, struct wn_hit *hits);

/* Row j may be among the nearest of row i, whose candidates are in `pool`.
 *   scratch  near->room of them */
void wn_bounds_offer(const struct wn_bounds *near, struct wn_candidates *pool,
                     size_t i, size_t j, float low, struct wn_winner *scratch);

/* The nearest of all candidates, m or as many as there are (0 and infinity
 * stand in for what is missing: -1), in order. */
void wn_bounds_decide(const struct wn_bounds *near, struct wn_candidates *pool,
                      size_t i, struct wn_winner *scratch, int32_t *index,
                      float *distance);

#endif
