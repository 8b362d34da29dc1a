/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers to and from text. strtod and printf obey LC_NUMERIC; winnow never
 * calls setlocale(), so the locale is always C. */
#include "util/number.h"

#include <ctype.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"

static bool number_digit(char c)
{
    return c >= '0' && c <= '9';
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

/* A fast path for the common cells: a sign, up to 8 digits, and perhaps a point
 * and 1 to 7 digits. It works on words of eight bytes, because the branches of
 * a loop over bytes would cost more than all the rest. */
bool wn_number_parse_padded(const char *text, size_t length, double *value)
{
    static const double ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    static const uint64_t whole_ten[] = {1,     10,     100,     1000,
                                         10000, 100000, 1000000, 10000000};
    const uint64_t seven = UINT64_C(0x7f7f7f7f7f7f7f7f);
    const bool sign = length && (*text == '-' || *text == '+');
    const char *end = text + length;
    const size_t count = length - sign;
    uint64_t bits;

    if (count - 1 > 15)
        return wn_number_parse(text, length, value);
    const uint64_t tail = highest(number_load(end - 8), count < 8 ? count : 8);
    const uint64_t beside = tail ^ UINT64_C(0x1e1e1e1e1e1e1e1e);
    const uint64_t point = ~(((beside & seven) + seven) | beside | seven);
    if (point) {
        const size_t fraction = (size_t)__builtin_clzll(point) / 8;
        const size_t whole = count - fraction - 1;

        if (fraction == 0 || whole - 1 > 7)
            return wn_number_parse(text, length, value);
        const uint64_t back = highest(tail, fraction);
        if (count <= 8) {
            /* One word: move the digits before the point over it. */
            const uint64_t both = back | (tail ^ highest(tail, fraction + 1))
                                             << 8;

            if (!are_digits(both))
                return wn_number_parse(text, length, value);
            *value = (double)eight(both) / ten[fraction];
        } else {
            const uint64_t front =
                highest(number_load(end - fraction - 9), whole);

            if (!are_digits(front) || !are_digits(back))
                return wn_number_parse(text, length, value);
            *value =
                (double)(eight(front) * whole_ten[fraction] + eight(back)) /
                ten[fraction];
        }
    } else {
        if (count > 8 || !are_digits(tail))
            return wn_number_parse(text, length, value);
        *value = (double)eight(tail);
    }
    /* A branch on the sign of numbers about 0 would be mispredicted half of
     * the time. */
    memcpy(&bits, value, sizeof bits);
    bits ^= (uint64_t)(*text == '-') << 63;
    memcpy(value, &bits, sizeof bits);
    return true;
}

bool wn_number_parse(const char *text, size_t length, double *value)
{
    enum { MAX_EXPONENT = 100000 }; /* beyond it all is infinite, or 0 */
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
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
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        bool down = false;
        int written = 0;

        at++;
        if (at < length && (text[at] == '-' || text[at] == '+'))
            down = text[at++] == '-';
        const size_t start = at;
        for (; at < length && number_digit(text[at]); at++)
            if (written < MAX_EXPONENT)
                written = written * 10 + (text[at] - '0');
        if (at == start)
            return false;
        exponent += down ? -written : written;
    }
    if (at != length)
        return false;
    /* Clinger's fast path: up to 15 digits and a power of ten that double
     * holds exactly give a correctly rounded result with one operation. */
    if (exact && digits <= UINT64_C(9007199254740992) && exponent >= -22 &&
        exponent <= 22) {
        *value = exponent < 0 ? (double)digits / ten[-exponent]
                              : (double)digits * ten[exponent];
        if (negative)
            *value = -*value;
        return true;
    }
    /* Any other number, by strtod on a terminated copy. */
    char small[128];
    char *copy = length < sizeof small ? small : wn_new(length + 1, 1);
    char *end;

    memcpy(copy, text, length);
    copy[length] = '\0';
    *value = strtod(copy, &end);
    const bool whole = end == copy + length && isfinite(*value);
    if (copy != small)
        free(copy);
    return whole;
}

/* The bytes of a separator of thousands, or 0. */
static size_t thousands(const char *text, size_t length)
{
    static const char *const separators[] = {".", " ", "\u00a0", "\u202f"};

    for (size_t s = 0; s < sizeof separators / sizeof *separators; s++) {
        const size_t size = strlen(separators[s]);

        if (length > size && memcmp(text, separators[s], size) == 0)
            return size;
    }
    return 0;
}

bool wn_number_parse_comma(const char *text, size_t length, double *value)
{
    char plain[128];
    size_t count = 0, at = 0, group = 0, first = 0;
    const char *separator = NULL;

    wn_text_trim(&text, &length);
    if (length >= sizeof plain)
        return false;
    if (at < length && (text[at] == '-' || text[at] == '+'))
        plain[count++] = text[at++];
    for (; at < length; group = 0) {
        while (at < length && number_digit(text[at])) {
            plain[count++] = text[at++];
            group++;
        }
        first = separator ? first : group;
        const size_t size = thousands(text + at, length - at);
        /* All groups but the first have three digits, and one separator. */
        if ((separator && group != 3) || (size && (first == 0 || first > 3)) ||
            (size && separator && memcmp(separator, text + at, size)))
            return false;
        if (!size)
            break;
        separator = text + at;
        at += size;
    }
    if (at < length && text[at] == ',') {
        plain[count++] = '.';
        at++;
    }
    for (; at < length && text[at] != '.'; at++)
        plain[count++] = text[at];
    return at == length && wn_number_parse(plain, count, value);
}

/* The number in so many digits; whether it reads back as the same double, or
 * float. */
static bool reads_back(double value, bool is_float, int digits, char out[32])
{
    const int length = snprintf(out, 32, "%.*g", digits, value);

    return length < 32 && (is_float ? strtof(out, NULL) == (float)value
                                    : strtod(out, NULL) == value);
}

/* The fewest digits, at most `most`. More digits than enough are enough: the
 * nearest number of more digits is no farther away. */
static size_t format_shortest(double value, bool is_float, int most,
                              double plain, char out[32])
{
    int low = 1, high = most;

    if (isnan(value))
        return (size_t)snprintf(out, 32, "nan");
    if (isinf(value))
        return (size_t)snprintf(out, 32, value < 0 ? "-inf" : "inf");
    if (value == trunc(value) && fabs(value) < plain && !signbit(value)) {
        char digits[20];
        uint64_t rest = (uint64_t)value;
        size_t count = 0;

        do
            digits[count++] = (char)('0' + rest % 10);
        while (rest /= 10);
        for (size_t at = 0; at < count; at++)
            out[at] = digits[count - 1 - at];
        out[count] = '\0';
        return count;
    }
    if (value == trunc(value) && fabs(value) < plain)
        return (size_t)snprintf(out, 32, "%.0f", value);
    while (low < high) {
        const int middle = (low + high) / 2;

        if (reads_back(value, is_float, middle, out))
            high = middle;
        else
            low = middle + 1;
    }
    reads_back(value, is_float, low, out);
    return strlen(out);
}

size_t wn_number_format(double value, char out[32])
{
    return format_shortest(value, false, 17, 1e15, out);
}

/* The same for a float of 1e-4 to 2^23 that is not whole, ten times as fast as
 * through printf() and strtof(); 0 where doubles do not decide. With D the
 * value in p digits as a whole number, D / 10^s has one rounding; it reads back
 * as the float if it lies between the middles to the floats below and above. */
static size_t format_common_float(float value, char out[32])
{
    static const double ten[] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    enum { MOST = 9 };
    const double a = fabs((double)value);
    const float one = fabsf(value);
    int e = 6, low = 1, high = MOST;
    char digits[MOST];
    size_t length = 0;

    if (!(a >= 1e-4 && a < 0x1p23) || a == trunc(a))
        return 0;
    while (e > 0 ? a < ten[e] : a * ten[-e] < 1)
        e--;
    const double below = (a + (double)nextafterf(one, 0)) / 2;
    const double above = (a + (double)nextafterf(one, INFINITY)) / 2;
    double whole = 0;
    for (bool last = false; !last;) {
        last = low == high;
        const int p = (low + high) / 2, s = p - 1 - e;
        const double scaled = s >= 0 ? a * ten[s] : a / ten[-s];

        whole = floor(scaled + 0.5);
        const double read = s >= 0 ? whole / ten[s] : whole * ten[-s];
        if (fabs(scaled - floor(scaled) - 0.5) < 1e-6 ||
            fabs(read - below) < 1e-14 * a || fabs(read - above) < 1e-14 * a)
            return 0;
        if (read > below && read < above)
            high = p;
        else if (last)
            return 0;
        else
            low = p + 1;
    }
    if (whole >= ten[low]) {
        whole = ten[low - 1];
        e++;
    }
    const int count = whole >= ten[low - 1] ? low : low - 1;
    uint32_t rest = (uint32_t)whole;
    for (int at = count; at > 0; rest /= 10)
        digits[--at] = (char)('0' + rest % 10);
    const int point = e < 0 ? 0 : e + 1; /* digits before it */
    if (count <= point || digits[count - 1] == '0')
        return 0;
    if (value < 0)
        out[length++] = '-';
    if (point) {
        memcpy(out + length, digits, (size_t)point);
        length += (size_t)point;
    } else {
        out[length++] = '0';
    }
    out[length++] = '.';
    for (int zero = e + 1; zero < 0; zero++)
        out[length++] = '0';
    memcpy(out + length, digits + point, (size_t)(count - point));
    length += (size_t)(count - point);
    out[length] = '\0';
    return length;
}

size_t wn_number_format_float(float value, char out[32])
{
    const size_t length = format_common_float(value, out);

    return length ? length : format_shortest((double)value, true, 9, 1e7, out);
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

int wn_number_ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int wn_whole_ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}
