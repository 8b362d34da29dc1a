/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/kind.h: the kinds of a feature column, one table row a kind. The rules
 * are in table.h. Private to this room. */
#ifndef WN_ENCODE_KIND_H
#define WN_ENCODE_KIND_H

#include "encode/table.h"

/* What the survey knows about a column. */
struct wn_kind_evidence {
    const struct wn_column *column;
    uint64_t rows, filled;  /* all rows; rows whose cell is not missing */
    size_t sampled;         /* rows in the sample */
    const uint64_t *digest; /* of their cells, 0 for missing */
    uint64_t *scratch;      /* sampled */
    uint64_t cells, words;  /* filled cells of the sample, words in those that
                               are not numbers */
};

struct wn_kind {
    const char *name;
    const char *wanted; /* what an invalid cell should be: "a number"; NULL if
                           every cell is valid */
    enum wn_rule rule;  /* that an invalid cell breaks */
    /* Whether the cells look like it, tried in the table's order; NULL: what is
     * none of the others. */
    bool (*is)(const struct wn_kind_evidence *evidence);
    /* The number of cells of this kind; NULL: all that are not missing. */
    uint64_t (*valid)(const struct wn_column *column);
    /* The number of features without the one for missing cells. */
    size_t (*features)(const struct wn_column *column);
    /* Append what distinguishes feature f to the column's name. */
    void (*name_feature)(const struct wn_column *column, size_t f,
                         struct wn_text *name);
    /* A cell into its features, which are 0: 1 done, 0 the cell is invalid, -1
     * failed. NULL if there are no features. */
    int (*encode)(const struct wn_column *column, const struct wn_cell *cell,
                  struct wn_terms *terms, float *out, struct wn_error *error);
    /* The features of a missing or invalid cell; NULL: they stay 0. */
    void (*unknown)(const struct wn_column *column, float *out);
};

/* Indexed by enum wn_column_kind. */
extern const struct wn_kind wn_kinds[WN_KINDS];

enum wn_column_kind wn_kind_guess(const struct wn_kind_evidence *evidence);
/* Different cells in the sample without the missing ones. */
uint64_t wn_kind_distinct(const struct wn_kind_evidence *evidence);
void wn_sort_digests(uint64_t *digest, size_t count);

#endif
