/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/slices.h: for which rows the models are weak, and by how much.
 *
 * A slice is the rows with one value, or with a quarter of the numbers, of a
 * column of the source; or a cluster of the features. Of its rows with a label,
 * those whose label the models predict are right. Slices are compared with all
 * other rows by Fisher's exact test, adjusted for their number. */
#ifndef WN_REPORT_SLICES_H
#define WN_REPORT_SLICES_H

#include "audit/source.h"
#include "report/report.h"

struct wn_slice {
    char *column;       /* "cluster" for clusters */
    char *value;        /* visible bytes */
    size_t rows, right; /* with a label; whose label the models predict */
    /* NaN where unknown, as for fewer than WN_TOO_FEW rows here or elsewhere:
     * the shares right and wrong, with 90 % intervals; errors here by errors
     * elsewhere; the adjusted p that both are equal. */
    double accuracy, low, high;
    double wrong, wrong_low, wrong_high;
    double lift, p;
    bool weak;
};

struct wn_slices {
    size_t count, weak, tested;
    struct wn_slice *slice; /* weak ones first, then those of enough rows; by
                               lift */
    double accuracy;        /* of all rows */
};
/* p of weak slices. */
#define WN_SLICE_LEVEL 0.05

struct wn_slices_request {
    struct wn_source_where where;
    const char *pattern; /* of names of columns; NULL: none */
    size_t clusters;     /* 0: none */
    struct wn_log *log;
};

/* The report is loaded with roles. WN_EUSAGE for a pattern that is none, or
 * matches no column or too many, for an audit without class probabilities, and
 * for more clusters than rows; WN_EIO where the cells cannot be had.
 * wn_slices_free() in any case. */
int wn_slices_find(struct wn_slices *slices, const struct wn_report *report,
                   const struct wn_audit *audit,
                   const struct wn_slices_request *request,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_slices_free(struct wn_slices *slices);

#endif
