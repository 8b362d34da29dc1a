/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/frequent_values.h: the most frequent values of columns that are no
 * numbers. */
#ifndef WN_ENCODE_FREQUENT_VALUES_H
#define WN_ENCODE_FREQUENT_VALUES_H

#include "encode/table.h"

enum { WN_TOP_BYTES = 60 }; /* of a value that are kept, as whole characters */

/* One of them. UTF-8 without controls (wn_text_add_visible()). */
struct wn_frequent {
    uint32_t column;
    uint64_t count; /* an estimate where the column's distinct_about is set */
    char *value;
};

/* The values of the label and of categorical and boolean columns, up to WN_TOPS
 * a column, most frequent first, equals by their bytes or digests; of a column
 * with more values than the limit those that the sample has twice or more.
 * *tops is the caller's, for wn_frequent_free(). */
int wn_frequent_list(const struct wn_table *table, struct wn_frequent **tops,
                     size_t *count, struct wn_error *error) WN_MUST_CHECK;
void wn_frequent_free(struct wn_frequent *tops, size_t count);

#endif
