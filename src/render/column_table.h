/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/column_table.h: the columns of the source, for people; private to this
 * room. What an older audit file does not have is left out. */
#ifndef WN_RENDER_COLUMN_TABLE_H
#define WN_RENDER_COLUMN_TABLE_H

#include "report/report.h"

/* A number of a column, or a date where it has dates; "" for NaN. Returns the
 * length. */
size_t wn_column_number(const struct wn_dataset *data, size_t column,
                        double value, char out[32]);
/* The frequent values of a column: top_value[*begin .. *end-1]. */
void wn_column_tops(const struct wn_dataset *data, size_t column, size_t *begin,
                    size_t *end);
/* The table of them, as many as the report asks for. */
int wn_columns_text(const struct wn_report *report,
                    struct wn_text *out) WN_MUST_CHECK;

#endif
