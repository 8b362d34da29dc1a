/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/terms.h: a text -> its terms and how often each occurs.
 *
 * Words are runs of two or more letters, digits, marks and underscores of any
 * script (PCRE2), capitals of ASCII made small. Terms are words and pairs of
 * neighbouring words, as digests of 31 bits; and, if asked for, the grams of
 * every word: WN_GRAM characters in a row of the word between two blanks, or
 * all of it if it is shorter, hashed into WN_GRAM_BUCKETS. */
#ifndef WN_ENCODE_TERMS_H
#define WN_ENCODE_TERMS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum { WN_GRAM = 5, WN_GRAM_BUCKETS = 1 << 14 };
/* Places from here on are those of grams. */
#define WN_TERMS_GRAM UINT32_C(0x80000000)

/* What a text is taken apart into. */
enum wn_grams { WN_GRAMS_WORDS = 1, WN_GRAMS_CHARS = 2, WN_GRAMS_BOTH = 3 };

struct wn_terms; /* takes texts apart; one for each thread */

struct wn_terms *wn_terms_new(enum wn_grams grams);
void wn_terms_free(struct wn_terms *terms);
/* Take a text apart. Bytes that are not UTF-8 separate words.
 * Errors: WN_ENOMEM. */
int wn_terms_read(struct wn_terms *terms, const char *text, size_t length,
                  struct wn_error *error) WN_MUST_CHECK;
/* The digests of the terms of the text last read, each once, in the order in
 * which they first occur, and how often each does; valid until the next call,
 * and the caller's to overwrite. */
size_t wn_terms_count(const struct wn_terms *terms);
uint32_t *wn_terms_place(const struct wn_terms *terms);
float *wn_terms_often(const struct wn_terms *terms);

#endif
