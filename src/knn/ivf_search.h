/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn/ivf_search.h: rows that look for their neighbours in cells. Private to
 * this room; see graph.h for the whole.
 *
 * Rows have places in the order of their cells, so that a cell is one stretch
 * of a matrix, of whole panels where a kernel multiplies (tile.h). Up to
 * WN_IVF_BLOCK rows of a cell search together: for every cell that any of them
 * looks into, those that do are gathered and multiplied with the whole of it.
 * Bounds and decisions are those of the exact search (bounds.h). */
#ifndef WN_KNN_IVF_SEARCH_H
#define WN_KNN_IVF_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "knn/kmeans.h"
#include "knn/bounds.h"
#include "linalg/kernels/tile.h"
#include "util/error.h"

/* Rows that search together, and columns of a product. */
enum { WN_IVF_BLOCK = 576 };

struct wn_ivf {
    struct wn_bounds near;
    struct wn_kmeans cells;
    const struct wn_graph *graph;
    uint64_t seed;
    size_t probe;                        /* cells that a row looks into */
    const struct wn_tile_kernel *kernel; /* or NULL: SGEMM */
    size_t *first; /* cells + 1: the places of a cell begin here */
    size_t *size;  /* cells: and so many are taken */
    int32_t *row;  /* by place; -1: nobody's */
    float *y;      /* p numbers a place, prepared rows, packed for the kernel */
    float *bias;   /* by place */
};

/* Rows that search together, and what they need; B stands for
 * WN_IVF_BLOCK. */
struct wn_ivf_worker {
    float *far;                   /* B x cells */
    struct wn_candidate *nearest; /* cells */
    size_t *start;         /* cells + 1: where those of a cell begin in `who` */
    int32_t *who, *chosen; /* B x cells */
    float *own;            /* B x p: the rows */
    float *query;          /* B x p: those of a product */
    float *dots;           /* B x B */
    struct wn_hit *hits;   /* B x B */
    float row_bias[WN_IVF_BLOCK], row_limit[WN_IVF_BLOCK];
    float bias[WN_IVF_BLOCK], limit[WN_IVF_BLOCK];
    int32_t row[WN_IVF_BLOCK], all[WN_IVF_BLOCK];
    struct wn_candidates pools[WN_IVF_BLOCK];
    struct wn_candidate *entries; /* B x room */
    struct wn_winner *scratch;
};

/* One a thread; NULL with WN_ENOMEM. */
struct wn_ivf_worker **
wn_ivf_workers_new(const struct wn_ivf *file) WN_MUST_CHECK;
void wn_ivf_workers_free(const struct wn_ivf *file,
                         struct wn_ivf_worker **seekers);
/* Most bytes of one. */
double wn_ivf_worker_bytes(double cells, double p, double room);

/* The neighbours of the rows row[0 .. count) by looking at all rows.
 *   index, distance  out, count x m */
void wn_ivf_search_all(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                       const int32_t *row, size_t count, int32_t *index,
                       float *distance);

/* Those of every row by the file->probe cells whose centres are nearest; one
 * that finds fewer than m looks at all rows.
 *   index, distance  out, n x m */
int wn_ivf_search_cells(const struct wn_ivf *file,
                        struct wn_ivf_worker **seekers, int32_t *index,
                        float *distance) WN_MUST_CHECK;

#endif
