/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/kernels/tile.h: the products of two blocks of rows, looked at while
 * they are still in registers. Private to this room.
 *
 * SGEMM writes a tile of dot products that is read once, for the few that may
 * be near. Where rows are short that costs as much as a fifth of the product.
 * A kernel here keeps the sums of a few rows by a few columns in registers,
 * compares them with the limits of both sides, and writes the hits only. The
 * bounds of bounds.h hold for its sums as for those of SGEMM.
 *
 * Rows are packed in panels: number k of row r of a panel of w rows is at
 * k w + r. Goto and van de Geijn, Anatomy of high-performance matrix
 * multiplication (2008).
 *
 * Where the processor has a matrix unit (amx.h), another kernel multiplies the
 * rows rounded to 8 significant bits, at many times the speed. What rounding
 * took from a row is known, so bounds hold here, too: only wider, and a few
 * more pairs are kept to be decided in double. */
#ifndef WN_LINALG_KERNELS_TILE_H
#define WN_LINALG_KERNELS_TILE_H

#include <stdbool.h>
#include <stddef.h>

#include "knn/bounds.h"

/* Two blocks of rows. */
struct wn_tile {
    const void *first, *second; /* each from the begin of a panel */
    bool loose; /* the first is not packed: row after row, in eights */
    size_t rows, columns, p; /* rows of the first, of the second */
    /* Of the rows and the columns, to the end of the last panel: infinite
     * where there is no row. */
    const float *row_bias, *bias;
    const float *row_limit, *column_limit;
};

struct wn_tile_kernel {
    size_t panel; /* rows of a panel, no more than WN_BOUNDS_PAD */
    /* Bytes of a packed row; panels stand one after the other, the first at a
     * multiple of 64 bytes for a kernel that rounds. */
    size_t (*row_bytes)(size_t p);
    /* Row i of p numbers into the panels at `packed`; no two threads meet. */
    void (*pack)(const float *row, size_t i, size_t p, void *packed);
    /* What packing takes from a row, squared; NULL: nothing. */
    double (*loss)(const float *row, size_t p);
    /* -2 a.b, row i at dots + i stride, to the end of the last panels. */
    void (*multiply)(const struct wn_tile *tile, float *dots, size_t stride);
    /* The pairs that may be near for either side, in no order; how many. */
    size_t (*scan)(const struct wn_tile *tile, struct wn_hit *hits);
};

/* That of this processor and of the kernel set OpenBLAS runs, for rows of p
 * numbers; NULL where SGEMM is as good. */
const struct wn_tile_kernel *wn_tile_kernel(size_t p);
/* One that rounds, for packed blocks on both sides; NULL where there is none,
 * or where rows are too short for it. */
const struct wn_tile_kernel *wn_tile_rounding(size_t p);

/* The same from dots[rows x stride], which may also come from SGEMM. */
size_t wn_tile_scan(const struct wn_tile *tile, const float *dots,
                    size_t stride, struct wn_hit *hits);

#endif
