/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers to and from text. strtod and printf obey LC_NUMERIC; winnow never
 * calls setlocale(), so the locale is C here and that is the point. */
#include "util/number.h"

#include <ctype.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

static bool number_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Clinger's fast path: up to 15 digits and a power of ten that is exact in
 * double give a correctly rounded result with one operation. */
static bool quick(uint64_t digits, int exponent, double *value)
{
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    if (digits > UINT64_C(9007199254740992) || exponent < -22 || exponent > 22)
        return false;
    *value = exponent < 0 ? (double)digits / ten[-exponent]
                          : (double)digits * ten[exponent];
    return true;
}

/* What is out of the fast path's reach: strtod on a terminated copy. */
static bool slow(const char *text, size_t length, double *value)
{
    char small[128];
    char *copy = length < sizeof small ? small : malloc(length + 1);
    char *end;

    if (!copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *value = strtod(copy, &end);
    const bool whole = end == copy + length && isfinite(*value);
    if (copy != small)
        free(copy);
    return whole;
}

/* Bytes as the digits 0..9 where they are '0'..'9', the first one lowest. */
static uint64_t number_load(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return le64toh(word) ^ UINT64_C(0x3030303030303030);
}

/* The `count` highest bytes, 1..8; the others are 0, as leading zeros are. */
static uint64_t highest(uint64_t word, size_t count)
{
    return word & ~UINT64_C(0) << (64 - 8 * count);
}

/* Pairs, then fours, then eight digits ("Quickly parsing eight digits",
 * D. Lemire 2018). */
static uint64_t eight(uint64_t word)
{
    word = word * 10 + (word >> 8);
    return ((word & UINT64_C(0x000000ff000000ff)) *
                UINT64_C(0x000f424000000064) +
            (word >> 16 & UINT64_C(0x000000ff000000ff)) *
                UINT64_C(0x0000271000000001)) >>
           32;
}

static bool are_digits(uint64_t word)
{
    return ((word | (word + UINT64_C(0x0606060606060606))) &
            UINT64_C(0xf0f0f0f0f0f0f0f0)) == 0;
}

/* A branch on the sign of numbers about 0 is wrong every other time. */
static double with_sign(double value, bool negative)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    bits ^= (uint64_t)negative << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A number with `fraction` digits behind its point; the last 8 of its `count`
 * bytes are `tail`. */
static bool pointed(const char *end, size_t count, size_t fraction,
                    uint64_t tail, double *value)
{
    static const double ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    static const uint64_t whole_ten[] = {1,     10,     100,     1000,
                                         10000, 100000, 1000000, 10000000};
    const size_t whole = count - fraction - 1;

    if (fraction == 0 || whole - 1 > 7)
        return false;
    const uint64_t back = highest(tail, fraction);
    if (count <= 8) {
        /* All in one word: what is before the point moves over it. */
        const uint64_t both = back | (tail ^ highest(tail, fraction + 1)) << 8;

        *value = (double)eight(both) / ten[fraction];
        return are_digits(both);
    }
    const uint64_t front = highest(number_load(end - fraction - 9), whole);
    *value = (double)(eight(front) * whole_ten[fraction] + eight(back)) /
             ten[fraction];
    return are_digits(front) && are_digits(back);
}

/* What most cells are: a sign, up to 8 digits, and perhaps a point and 1 to 7
 * digits. Words of eight bytes instead of a loop over them, for its branches
 * cost more than all the rest. False: not such a number. */
static bool plain(const char *text, size_t length, double *value)
{
    const uint64_t seven = UINT64_C(0x7f7f7f7f7f7f7f7f);
    const bool sign = *text == '-' || *text == '+';
    const size_t count = length - sign;

    if (count - 1 > 15)
        return false;
    const uint64_t tail =
        highest(number_load(text + length - 8), count < 8 ? count : 8);
    const uint64_t beside = tail ^ UINT64_C(0x1e1e1e1e1e1e1e1e);
    const uint64_t point = ~(((beside & seven) + seven) | beside | seven);
    if (point) {
        if (!pointed(text + length, count, (size_t)__builtin_clzll(point) / 8,
                     tail, value))
            return false;
    } else {
        if (count > 8 || !are_digits(tail))
            return false;
        *value = (double)eight(tail);
    }
    *value = with_sign(*value, *text == '-');
    return true;
}

bool wn_number_parse_padded(const char *text, size_t length, double *value)
{
    return (length && plain(text, length, value)) ||
           wn_number_parse(text, length, value);
}

/* From *at on, added to *exponent; nothing where there is none. */
static bool parse_exponent(const char *text, size_t length, size_t *at,
                           int *exponent)
{
    enum { MOST = 100000 }; /* beyond it all is infinite, or 0 */
    bool down = false;
    int written = 0;

    if (*at == length || (text[*at] != 'e' && text[*at] != 'E'))
        return true;
    ++*at;
    if (*at < length && (text[*at] == '-' || text[*at] == '+'))
        down = text[(*at)++] == '-';
    const size_t start = *at;
    for (; *at < length && number_digit(text[*at]); ++*at)
        if (written < MOST)
            written = written * 10 + (text[*at] - '0');
    *exponent += down ? -written : written;
    return *at > start;
}

bool wn_number_parse(const char *text, size_t length, double *value)
{
    size_t at = 0, count = 0;
    uint64_t digits = 0;
    int exponent = 0;
    bool negative = false, exact = true;

    wn_text_trim(&text, &length);
    if (at < length && (text[at] == '-' || text[at] == '+'))
        negative = text[at++] == '-';
    for (bool point = false; at < length; at++) {
        if (text[at] == '.' && !point) {
            point = true;
            continue;
        }
        if (!number_digit(text[at]))
            break;
        count++;
        if (digits < UINT64_C(100000000000000000)) {
            digits = digits * 10 + (uint64_t)(text[at] - '0');
            exponent -= point;
        } else {
            exact = false;
        }
    }
    if (count == 0)
        return false;
    if (!parse_exponent(text, length, &at, &exponent) || at != length)
        return false;
    if (exact && quick(digits, exponent, value)) {
        if (negative)
            *value = -*value;
        return true;
    }
    return slow(text, length, value);
}

static size_t plain_nan(double value, char out[32])
{
    if (isnan(value))
        return (size_t)snprintf(out, 32, "nan");
    return (size_t)snprintf(out, 32, value < 0 ? "-inf" : "inf");
}

/* %g takes to an exponent early: 50 in one digit is 5e+01. */
static size_t without_exponent(double value, double below, char out[32],
                               int length)
{
    if (fabs(value) < below && fabs(value) >= 1 && strchr(out, 'e'))
        length = snprintf(out, 32, "%.0f", value);
    return (size_t)length;
}

size_t wn_number_format(double value, char out[32])
{
    if (!isfinite(value))
        return plain_nan(value, out);
    for (int precision = 1;; precision++) {
        const int length = snprintf(out, 32, "%.*g", precision, value);

        if (precision == 17 || strtod(out, NULL) == value)
            return without_exponent(value, 1e15, out, length);
    }
}

size_t wn_number_format_float(float value, char out[32])
{
    if (!isfinite(value))
        return plain_nan((double)value, out);
    for (int precision = 1;; precision++) {
        const int length = snprintf(out, 32, "%.*g", precision, (double)value);

        if (precision == 9 || strtof(out, NULL) == value)
            return without_exponent((double)value, 1e7, out, length);
    }
}

bool wn_size_parse(const char *text, uint64_t *bytes)
{
    static const char unit[] = "KMGT";
    size_t length = strlen(text);
    double value, factor = 1;

    if (length && strchr("Bb", text[length - 1]))
        length--;
    if (length) {
        const int letter = toupper((unsigned char)text[length - 1]);
        const char *found = strchr(unit, letter);

        if (found && *found) {
            factor = ldexp(1, 10 * (int)(found - unit + 1));
            length--;
        }
    }
    if (!wn_number_parse(text, length, &value) || value < 0 ||
        value * factor >= 0x1p63)
        return false;
    *bytes = (uint64_t)(value * factor);
    return true;
}
