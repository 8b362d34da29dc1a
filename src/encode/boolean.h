/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/boolean.h: words for yes and no. */
#ifndef WN_ENCODE_BOOLEAN_H
#define WN_ENCODE_BOOLEAN_H

#include <stddef.h>

/* 1 for true, yes, t, y and 1; 0 for false, no, f, n and 0, in any case and
 * with blanks around them; -1 for other texts. */
int wn_boolean_parse(const char *text, size_t length);

/* The number of the word: 2 p for no and 2 p + 1 for yes in pair p; pair 0 is 0
 * and 1. -1 for other texts. */
int wn_boolean_word(const char *text, size_t length);

#endif
