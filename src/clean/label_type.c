/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes or measurements; see label_type.h. */
#include "clean/label_type.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "util/number.h"

enum { FEW_CLASSES = 20, ROWS_EACH = 10 };

static bool are_measured(const struct wn_dictionary *classes, size_t rows)
{
    const size_t k = classes->count;
    double low = INFINITY, high = -INFINITY;
    bool whole = true;
    size_t once = 0;

    if (k < FEW_CLASSES || rows >= k * ROWS_EACH)
        return false;
    for (size_t c = 0; c < k; c++) {
        double value;

        if (!wn_number_parse(wn_dictionary_text(classes, c),
                             classes->value[c].length, &value))
            return false;
        low = fmin(low, value);
        high = fmax(high, value);
        whole = whole && value == floor(value);
        once += classes->value[c].count == 1;
    }
    return !whole || (high - low >= (double)k && 4 * once >= k);
}

int wn_labels_check(const struct wn_dictionary *classes, size_t rows,
                    const char *where, struct wn_error *error)
{
    const size_t k = classes->count;

    if (are_measured(classes, rows))
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu different numbers in %zu rows, wanted "
                       "classes; is this a measurement? Cut it into ranges "
                       "(winnow-recipes(7) has a rule) or use a tool for "
                       "regression; --label-type=class goes on",
                       where, k, rows);
    if (k > FEW_CLASSES && k > rows / 2)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu different labels in %zu rows, wanted "
                       "classes with several rows each; --label-type=class "
                       "goes on",
                       where, k, rows);
    return 0;
}

/* --- slips of the pen ---------------------------------------------------- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Whether at most one character stands in text[begin, end), none a digit. */
static bool is_one_at_most(const char *text, size_t begin, size_t end)
{
    size_t characters = 0;

    for (size_t i = begin; i < end; i++) {
        if (isdigit((unsigned char)text[i]))
            return false;
        characters += begins_character(text[i]);
    }
    return characters <= 1;
}

/* Whether two names differ by one character, or by two that changed places. */
static bool are_near(const char *a, size_t a_length, const char *b,
                     size_t b_length)
{
    size_t from = 0, a_end = a_length, b_end = b_length;

    while (from < a_end && from < b_end && a[from] == b[from])
        from++;
    /* Back to where the differing character begins. */
    while (from > 0 && ((from < a_length && !begins_character(a[from])) ||
                        (from < b_length && !begins_character(b[from]))))
        from--;
    while (a_end > from && b_end > from && a[a_end - 1] == b[b_end - 1])
        a_end--, b_end--;
    while ((a_end < a_length && !begins_character(a[a_end])) ||
           (b_end < b_length && !begins_character(b[b_end])))
        a_end++, b_end++;
    if (a_end - from == 2 && b_end - from == 2 && a[from] == b[from + 1] &&
        a[from + 1] == b[from])
        return !isdigit((unsigned char)a[from]) &&
               !isdigit((unsigned char)b[from]);
    return is_one_at_most(a, from, a_end) && is_one_at_most(b, from, b_end);
}

void wn_labels_slips(const struct wn_dictionary *classes, int32_t *like)
{
    enum { MOST = 2000, TIMES = 20, SHORTEST = 3 };
    const size_t k = classes->count;

    for (size_t c = 0; c < k; c++) {
        const struct wn_value *one = &classes->value[c];

        like[c] = -1;
        for (size_t t = 0; t < k && k <= MOST && one->length >= SHORTEST; t++) {
            const struct wn_value *other = &classes->value[t];

            if (one->count && other->length >= SHORTEST &&
                other->count >= TIMES * one->count &&
                (like[c] < 0 || other->count > classes->value[like[c]].count) &&
                are_near(wn_dictionary_text(classes, c), one->length,
                         wn_dictionary_text(classes, t), other->length))
                like[c] = (int32_t)t;
        }
    }
}

/* --- lists --------------------------------------------------------------- */

/* Count the parts of a name between separators; add them to `parts` with the
 * class as row. Returns how many; 0 where one is empty. */
static size_t split_name(const char *name, size_t length, char separator,
                         struct wn_dictionary *parts, size_t class)
{
    size_t count = 0;

    for (size_t begin = 0, end; begin <= length; begin = end + 1) {
        const char *next = begin < length
                               ? memchr(name + begin, separator, length - begin)
                               : NULL;

        end = next ? (size_t)(next - name) : length;
        while (begin < end && name[begin] == ' ')
            begin++;
        if (begin == end)
            return 0;
        if (parts)
            wn_dictionary_add(parts, name + begin, end - begin, 1, class);
        count++;
    }
    return count;
}

bool wn_labels_are_lists(const struct wn_dictionary *classes, char *separator,
                         uint64_t *lists)
{
    enum { PART = 10 };
    const size_t k = classes->count;
    bool found = false;

    for (const char *with = ";|,+&"; *with && !found; with++) {
        struct wn_dictionary parts = {0};
        uint64_t rows = 0;
        size_t many = 0, again = 0;

        *lists = 0;
        for (size_t c = 0; c < k; c++) {
            const char *name = wn_dictionary_text(classes, c);
            const size_t length = classes->value[c].length;

            rows += classes->value[c].count;
            if (split_name(name, length, *with, NULL, c) < 2)
                continue;
            *lists += classes->value[c].count;
            many++;
            split_name(name, length, *with, &parts, c);
        }
        for (size_t p = 0; p < parts.count; p++)
            again += parts.value[p].count > 1 ||
                     wn_dictionary_find(classes, wn_dictionary_text(&parts, p),
                                        parts.value[p].length) >= 0;
        found = many > 0 && PART * *lists >= rows && 2 * again >= parts.count;
        *separator = *with;
        wn_dictionary_free(&parts);
    }
    return found;
}
