/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/number.h: numbers to and from text, always in the C locale. */
#ifndef WN_UTIL_NUMBER_H
#define WN_UTIL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Parse the whole of text[0..length) as a decimal number, with blanks around it
 * allowed: optional sign, digits with an optional point, optional exponent.
 * Returns false for anything else, also for hexadecimal, "inf", "nan" and
 * magnitudes beyond double. The value is correctly rounded. */
bool wn_number_parse(const char *text, size_t length, double *value);

/* The same for numbers with a decimal comma, as in "-7,4" and "1.234,5": a
 * point, a blank, or a no-break space (U+00A0, U+202F) may part the digits of a
 * whole number in threes. "7.4" is none. */
bool wn_number_parse_comma(const char *text, size_t length, double *value);

/* The same as wn_number_parse(), but faster; WN_NUMBER_PAD bytes before the
 * text must be readable, whatever they hold. */
enum { WN_NUMBER_PAD = 16 };
bool wn_number_parse_padded(const char *text, size_t length, double *value);

/* The shortest decimal text that reads back as the same double or float, at
 * most 31 characters and NUL; whole numbers below 1e15 (floats: 1e7) without an
 * exponent. NaN is "nan". Returns the length. */
size_t wn_number_format(double value, char out[32]);
size_t wn_number_format_float(float value, char out[32]);

/* "64M", "1.5G", "4096": bytes, with an optional K, M, G or T (powers of
 * 1024). Returns false for anything else. */
bool wn_size_parse(const char *text, uint64_t *bytes);

/* For qsort(): doubles, and uint64_t, in ascending order. */
int wn_number_ascending(const void *a, const void *b);
int wn_whole_ascending(const void *a, const void *b);

#endif
