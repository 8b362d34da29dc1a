/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/field.h: one field of a CSV record, byte for byte. */
#ifndef WN_CSV_FIELD_H
#define WN_CSV_FIELD_H

#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

/* The bytes of field `column` (from 0) of one well-formed record, quotes
 * included: record[*begin .. *end-1]. -1 if the record has fewer fields. */
int wn_field_find(const char *record, size_t length, char delimiter,
                  size_t column, size_t *begin, size_t *end) WN_MUST_CHECK;
/* Append text[0..length) as one field, in quotes where it needs them. */
int wn_field_write(struct wn_text *out, const char *text, size_t length,
                   char delimiter) WN_MUST_CHECK;

#endif
