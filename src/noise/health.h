/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/health.h: which classes, and which pairs of classes, are noisy.
 *
 * Source: cleanlab dataset.py (Northcutt et al.); golden.json dataset_health.
 * All from the joint distribution, so a report can make them from an audit
 * file. */
#ifndef WN_NOISE_HEALTH_H
#define WN_NOISE_HEALTH_H

#include <stddef.h>

#include "noise/sparse_joint.h"
#include "util/error.h"

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
    size_t n;                    /* rows it is of */
};

/* out[k], worst quality first, ties by class. A class without rows has
 * quality 1. */
void wn_health_classes(const struct wn_joint *joint,
                       struct wn_class_health *out);

/* The `limit` most confused pairs that have a cell into out[limit], most
 * probable first, ties by a, then b; *count is how many there are (at most
 * limit). symmetric: a pair counts both directions. O(cells log cells). */
int wn_health_pairs(const struct wn_joint *joint, int symmetric, size_t limit,
                    struct wn_pair_health *out, size_t *count) WN_MUST_CHECK;

#endif
