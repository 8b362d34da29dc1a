/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/array_column.h: names, flags and amounts of rows from an array.
 *
 * A text is its own name. A whole number, also one stored as float, is a name
 * in decimal, or, with a list of names, the place in it, from 0. Empty texts,
 * NaN and negative numbers are missing: code -1. */
#ifndef WN_ENCODE_ARRAY_COLUMN_H
#define WN_ENCODE_ARRAY_COLUMN_H

#include "array/array.h"
#include "encode/roles.h"

/* The different names, sorted by bytes, and code[rows], into them or -1.
 *   list       the names that numbers stand for, all of which become names, or
 *              NULL
 *   min_names  if all numbers are below it, all of 0 .. min_names-1 become
 *              names; 0: unknown
 *   names      out, {0} before
 *   place      out, names->count: the place of each name in the list; NULL
 *              without a list; for free()
 * WN_EDATA with the row for a number that is not whole, a number beyond the
 * list, and a name that is too long or not UTF-8; with both places for a name
 * that the list repeats. */
int wn_array_column_names(const struct wn_array *array,
                          const struct wn_array *list, size_t min_names,
                          struct wn_dictionary *names, int32_t *code,
                          size_t **place, struct wn_error *error) WN_MUST_CHECK;

/* The content of a role of roles.h. */
int wn_array_column_role(const struct wn_array *array,
                         const struct wn_role_kind *kind,
                         struct wn_role_values *values,
                         struct wn_error *error) WN_MUST_CHECK;

/* The cells as text, one after the other; offset[rows + 1]. */
int wn_array_column_text(const struct wn_array *array, struct wn_text *text,
                         uint64_t *offset,
                         struct wn_error *error) WN_MUST_CHECK;

#endif
