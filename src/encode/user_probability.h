/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/user_probability.h: class probabilities that the user brings, a column
 * a class.
 *
 * A pattern's first group tells the class that a column is for: p_(.*) takes
 * p_cat for the class cat. Every class of the label has to have its column. A
 * column may be for a class that no row has: that class then has 0 rows. */
#ifndef WN_ENCODE_USER_PROBABILITY_H
#define WN_ENCODE_USER_PROBABILITY_H

#include "audit/dataset.h"
#include "encode/table.h"

/* Give the columns that match and have no other role theirs, and find out what
 * class each is for: table->brought. WN_EUSAGE for a pattern that is none, has
 * no group or matches no column; WN_EDATA for two columns of one class. */
int wn_user_probability_find(struct wn_table *table, const char *pattern,
                             struct wn_error *error) WN_MUST_CHECK;

/* Add the classes that have a column but no row to table->classes, and tell
 * them. WN_EDATA lists the classes without a column and the columns without a
 * class; such a column is none as long as the classes were not declared. */
int wn_user_probability_match(struct wn_table *table,
                              struct wn_error *error) WN_MUST_CHECK;

/* The probabilities of one row, in[k] to out[k], as the user has them. Returns
 * 0; 1 for a number outside 0 .. 1, at *at; 2 for a sum that is not within
 * WN_SUM_SLACK of 1, which is *sum. */
int wn_user_probability_row(const double *in, size_t k, float *out, size_t *at,
                            double *sum);

/* Read the columns, one pass over the file. `take` gets n x k floats by blocks
 * of rows, in order, the classes in the order of table->classes. WN_EDATA with
 * line and column for what is no probability, with line for another sum. */
typedef int wn_user_probability_take(void *context, size_t rows,
                                     const float *block,
                                     struct wn_error *error);
int wn_user_probability_read(const struct wn_table *table,
                             wn_user_probability_take *take, void *context,
                             struct wn_error *error) WN_MUST_CHECK;

#endif
