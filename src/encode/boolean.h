/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/boolean.h: cells that say yes or no. */
#ifndef WN_ENCODE_BOOLEAN_H
#define WN_ENCODE_BOOLEAN_H

#include <stddef.h>

/* 1 for true, yes, t, y and 1, 0 for false, no, f, n and 0, in any case and
 * with blanks around them; -1 for all else. */
int wn_boolean_parse(const char *text, size_t length);

/* Which of these words it is, 2 p or 2 p + 1 for the two of pair p, the latter
 * for yes; pair 0 is 0 and 1. -1 for all else. */
int wn_boolean_word(const char *text, size_t length);

#endif
