/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/drift.h: what changed in the columns since another audit.
 *
 * Only the two audit files are read: quantiles of numbers and dates, counts of
 * values, missing cells, and the labels. See "Drift" in doc/ALGORITHMS.md. */
#ifndef WN_REPORT_DRIFT_H
#define WN_REPORT_DRIFT_H

#include "report/strange.h"

enum { WN_FIVE = 5 };

struct wn_column_drift {
    size_t column;   /* of the newer audit; SIZE_MAX: the label */
    double psi;      /* index of population stability; NaN if unknown */
    double distance; /* of Kolmogorov and Smirnov for numbers, total variation
                        for values, 0 .. 1; NaN if unknown */
    double shift;    /* of the mean, in standard deviations then; or NaN */
    double missing_then, missing_now; /* shares */
    double p;          /* adjusted for the number of columns; NaN if untested */
    size_t came, left; /* values that are new, and that are gone */
    char *values;      /* the first of these by name; NULL without any */
    /* Of numbers and dates: minimum, quartiles, maximum; NaN if unknown. */
    double then[WN_FIVE], now[WN_FIVE];
    bool drifted;
};

struct wn_drift {
    const char *file; /* the older audit */
    size_t columns;
    struct wn_column_drift *column; /* in both, of the same kind; the label */
    size_t drifted;
    double psi; /* the largest; NaN if none is known */
    /* Columns and classes that came or went, columns of another kind or in
     * another order, many more or fewer rows. */
    struct wn_lines changes;
    struct wn_strange strange;
};

/* A column has drifted if its adjusted p is below ALPHA and its index or its
 * share of missing cells moved that much. */
#define WN_DRIFT_P 0.01
#define WN_DRIFT_PSI 0.1
#define WN_DRIFT_MISSING 0.05

void wn_drift_find(struct wn_drift *drift, const struct wn_report *old,
                   const struct wn_report *now);
void wn_drift_free(struct wn_drift *drift);
/* The name of a column, or of the label. */
const char *wn_drift_column(const struct wn_report *report,
                            const struct wn_column_drift *column);

/* The parts, for tests. Two sketches of 65 quantiles: the largest distance of
 * their distribution functions, less the 1/64 that they cannot tell; and the
 * index over the tenths of `then`, shares of at least `least`. */
double wn_sketch_distance(const double *then, const double *now);
double wn_sketch_psi(const double *then, const double *now, double least);

#endif
