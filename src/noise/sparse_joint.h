/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/sparse_joint.h: a joint distribution of given and true label, stored by
 * its cells, and which classes and pairs of classes are noisy in it.
 *
 * At most n of the k k pairs of classes are ever confused, and a dense matrix
 * of ten thousand classes would take gigabytes. The values are in separate
 * arrays, one entry for each cell, so several matrices share the positions. Row
 * s of 3 x 3: 1 2 .   begin     0 2 4 6 . 4 5   column    0 1  1 2  0 2 6 . 0
 * diagonal  0 2 5      (always there, even for a 0) */
#ifndef WN_NOISE_SPARSE_JOINT_H
#define WN_NOISE_SPARSE_JOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An audit file stores whole matrices up to this many classes, and only the
 * cells that are not 0 beyond it. */
enum { WN_WHOLE_CLASSES = 1000 };

struct wn_sparse {
    size_t k, cells;
    size_t *begin;    /* k + 1: where each row begins */
    size_t *diagonal; /* k: the cell [c][c] */
    int32_t *column;  /* cells, ascending within a row */
};

/* The diagonal and every pair (row[i], column[i]), i < n, with neither < 0. */
void wn_sparse_make(struct wn_sparse *sparse, size_t k, const int32_t *row,
                    const int32_t *column, size_t n);
void wn_sparse_free(struct wn_sparse *sparse);
/* The cell [row][column]; another cell of that row where there is none. O(log).
 */
size_t wn_sparse_find(const struct wn_sparse *sparse, size_t row,
                      size_t column);

struct wn_class_health {
    size_t class;
    size_t issues;         /* rows given this label that belong elsewhere */
    size_t inverse_issues; /* rows of this class that are given another */
    double noise;          /* share of the rows with this label */
    double inverse_noise;  /* share of the rows of this class */
    double quality;        /* 1 - noise */
};

struct wn_pair_health {
    size_t a, b; /* symmetric: a < b; else given a, truly b */
    size_t issues;
    double joint; /* probability of the confusion */
};

/* A joint distribution of given and true label. */
struct wn_joint {
    const struct wn_sparse *at;  /* its cells */
    const double *value;         /* cells, [given][true] */
    const double *given, *truth; /* k: its row and column sums */
    size_t n;                    /* rows that were counted */
};

/* out[k], worst quality first, ties by class. A class without rows has quality
 * 1. Source: cleanlab dataset.py (Northcutt et al.); golden.json
 * dataset_health. */
void wn_health_classes(const struct wn_joint *joint,
                       struct wn_class_health *out);

/* The `limit` most confused pairs that have a cell into out[limit], most
 * probable first, ties by a, then b; returns how many there are, at most
 * `limit`. symmetric: a pair counts both directions. O(cells log cells). */
size_t wn_health_pairs(const struct wn_joint *joint, bool symmetric,
                       size_t limit, struct wn_pair_health *out);

#endif
