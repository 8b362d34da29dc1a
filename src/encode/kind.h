/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/kind.h: what a feature column may be, one table row a kind. The rules
 * are in table.h. Private to this room. */
#ifndef WN_ENCODE_KIND_H
#define WN_ENCODE_KIND_H

#include "encode/table.h"

/* What the survey knows of a column that nobody has said the kind of. */
struct wn_kind_evidence {
    const struct wn_column *column;
    uint64_t rows, filled; /* all, and those whose cell is not missing */
    size_t sampled;        /* rows in the sample */
    const uint64_t *mark;  /* digests of their cells, 0 for missing */
    uint64_t *spare;       /* sampled + 2 */
    uint64_t cells, words; /* filled cells of the sample, words in those that
                              are no numbers */
};

struct wn_kind {
    const char *name;
    const char *wanted; /* what a broken cell is not: "a number"; NULL where
                           every cell will do */
    enum wn_rule rule;  /* that a broken cell fails */
    /* Whether the cells look like it; they are asked in the table's order. NULL
     * where none ever do. */
    bool (*is)(const struct wn_kind_evidence *evidence);
    /* Cells that are of this kind; NULL for all that are not missing. */
    uint64_t (*valid)(const struct wn_column *column);
    /* Features, the one for missing cells aside. */
    size_t (*features)(const struct wn_column *column);
    /* The name of feature f behind that of the column. */
    int (*name_feature)(const struct wn_column *column, size_t f,
                        struct wn_text *name, struct wn_error *error);
    /* A cell into its features, which are 0: 1 done, 0 the cell is broken, -1
     * failed. NULL where there are no features. */
    int (*encode)(const struct wn_column *column, const struct wn_cell *cell,
                  struct wn_terms *terms, float *out, struct wn_error *error);
    /* The features of a cell that is missing or broken; NULL to leave them 0 */
    void (*unknown)(const struct wn_column *column, float *out);
};

/* Indexed by enum wn_column_kind. */
extern const struct wn_kind wn_kinds[WN_KINDS];

enum wn_column_kind wn_kind_guess(const struct wn_kind_evidence *evidence);
/* Different cells in the sample, the missing ones aside. */
uint64_t wn_kind_distinct(const struct wn_kind_evidence *evidence);

#endif
