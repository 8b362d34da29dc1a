/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/user_probability.h: class probabilities that the user supplies, one
 * column a class.
 *
 * The pattern's first group names the class of a column: with p_(.*) the column
 * p_cat is for the class cat. Every class of the label needs a column. A
 * column may belong to a class that no row has; that class then has 0 rows. */
#ifndef WN_ENCODE_USER_PROBABILITY_H
#define WN_ENCODE_USER_PROBABILITY_H

#include "audit/dataset.h"
#include "csv/csv_foreach.h"
#include "encode/table.h"

/* Give the columns that match and have no other role the probability role, as
 * one more set of at most WN_BROUGHT_MAX, and fill table->user_class. WN_EUSAGE
 * for a pattern that is malformed, has no
 * group or matches no column; WN_EDATA for two columns of one class, and
 * for sets with different classes. */
int wn_user_probability_find(struct wn_table *table, const char *pattern,
                             struct wn_error *error) WN_MUST_CHECK;

/* A visitor that fills table->user_probability, sets x n x k in the order of
 * table->user_class; false if there are no such columns. Its errors: WN_EDATA
 * with line and column for a cell that is not a probability, with the line for
 * a row whose sum is not within WN_SUM_SLACK of 1. */
bool wn_user_probability_visit(struct wn_table *table,
                               struct wn_csv_visitor *visitor);

/* Add the classes that have a column but no row to table->classes and report
 * them. WN_EDATA lists classes without a column and columns without a class;
 * the latter are an error only if the classes were declared. */
int wn_user_probability_match(struct wn_table *table,
                              struct wn_error *error) WN_MUST_CHECK;
/* Put table->user_probability into the order of table->classes. */
void wn_user_probability_reorder(struct wn_table *table);

/* Check one row: in[k] to out[k]. Returns 0; 1 for a number outside 0 .. 1, at
 * *at; 2 for a sum that is not within WN_SUM_SLACK of 1, which is *sum. */
int wn_user_probability_row(const double *in, size_t k, float *out, size_t *at,
                            double *sum);

#endif
