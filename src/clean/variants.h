/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/variants.h: classes that differ only in spelling, and the rules that
 * merge them.
 *
 * Two names are variants if they are equal after full Unicode case folding and
 * normalisation to NFC, with runs of white space replaced by one blank, white
 * space at both ends removed, and invisible characters (such as a zero-width
 * space) dropped. Uses GNU libunistring. */
#ifndef WN_CLEAN_VARIANTS_H
#define WN_CLEAN_VARIANTS_H

#include "util/dictionary.h"
#include "util/text.h"

/* same[c], of classes->count elements, becomes the preferred variant of class
 * c: names without unusual white space and in NFC first, then the one with the
 * most cells, then the lowest number. A name that is not UTF-8 has no
 * variants. */
void wn_variants_find(const struct wn_dictionary *classes, int32_t *same);

/* Append the cleaning rule "COLUMN: map OLD = NEW", without line end, that
 * replaces `old` by `new` in the column. Characters that are invisible or
 * easily confused, such as combining marks and no-break spaces, are written
 * \uNNNN. */
void wn_variants_write_rule(struct wn_text *out, const char *column,
                            const char *old, size_t old_length, const char *new,
                            size_t new_length);

#endif
