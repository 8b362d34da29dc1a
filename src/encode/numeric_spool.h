/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/numeric_spool.h: features of a large table of numbers, encoded while
 * it is surveyed, so that its cells are read once. Private to this room.
 *
 * Where every feature cell of the sample is a number, the sample tells the
 * scale of each column, and most likely there are only numbers elsewhere. Then
 * the survey writes the features to a temporary file as it goes. What it
 * concludes is held against what was taken for granted: kinds, scales and
 * places of all columns, bit for bit. If anything differs, or a cell is no
 * number, or the file cannot be written, it is dropped, and the encoder reads
 * the cells as always: the features are the same either way. */
#ifndef WN_ENCODE_NUMERIC_SPOOL_H
#define WN_ENCODE_NUMERIC_SPOOL_H

#include <stdatomic.h>

#include "encode/table.h"

struct wn_numeric_spool {
    int spool;
    size_t d;
    size_t *place;          /* of each column's feature; SIZE_MAX for none */
    struct wn_scale *scale; /* of each column */
    atomic_bool wrong;
};

/* NULL if it does not apply, for want of memory, too. `stride` is that of the
 * sample, see columns.h. */
struct wn_numeric_spool *wn_numeric_spool_new(const struct wn_table *table,
                                              size_t stride);
void wn_numeric_spool_free(struct wn_numeric_spool *ahead);

/* A number of column c into the row's features. */
static inline void wn_numeric_spool_put(const struct wn_numeric_spool *ahead,
                                        size_t c, double value, float *out)
{
    if (ahead->place[c] != SIZE_MAX)
        out[ahead->place[c]] = wn_scale_apply(&ahead->scale[c], value);
}

/* Keep rows begin .. end-1; NULL features: one of them was not like that. */
void wn_numeric_spool_keep(struct wn_numeric_spool *ahead, size_t begin,
                           size_t end, const float *features);

/* When the columns are numbered: whether all was as it was taken for. */
bool wn_numeric_spool_holds(const struct wn_numeric_spool *ahead,
                            const struct wn_table *table);
/* Give out what was kept, `rows` at a time. */
int wn_numeric_spool_give(const struct wn_numeric_spool *ahead,
                          const struct wn_table *table, size_t rows,
                          const struct wn_table_sink *sink,
                          struct wn_error *error) WN_MUST_CHECK;

#endif
