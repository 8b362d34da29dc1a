/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/array_column.h: what an array says of its rows: names, yes or no,
 * amounts.
 *
 * Text names itself. Whole numbers, also as floats, are names in decimal, or
 * the places, from 0, of names in a list of them. Empty text, NaN and negative
 * numbers are none: code -1. */
#ifndef WN_ENCODE_ARRAY_COLUMN_H
#define WN_ENCODE_ARRAY_COLUMN_H

#include "array/array.h"
#include "encode/roles.h"

/* Distinct names, sorted by bytes, and code[rows], into them or -1. `list`: the
 * names that codes stand for, all of which become names, or NULL; place[], of
 * names->count elements, then tells where each name stands in the list
 * (free()), and is NULL without. `least`: where numbers are all below it, all
 * of 0 .. least-1 become names; 0 if nothing is known. *names begins as {0}.
 * WN_EDATA with the row for a number that is not whole, a code beyond the
 * list, a name that is too long or not UTF-8; with both places for a name that
 * is twice in the list. */
int wn_array_column_names(const struct wn_array *array,
                          const struct wn_array *list, size_t least,
                          struct wn_dictionary *names, int32_t *code,
                          size_t **place, struct wn_error *error) WN_MUST_CHECK;

/* What a role of roles.h holds, from its array. */
int wn_array_column_role(const struct wn_array *array,
                         const struct wn_role_kind *kind,
                         struct wn_role_values *values,
                         struct wn_error *error) WN_MUST_CHECK;

/* The cells as text, one behind the other; offset[rows + 1]. */
int wn_array_column_text(const struct wn_array *array, struct wn_text *text,
                         uint64_t *offset,
                         struct wn_error *error) WN_MUST_CHECK;

#endif
