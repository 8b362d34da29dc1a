/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names brought to one spelling, then looked up; see variants.h. */
#include "encode/variants.h"

#include <stdbool.h>
#include <string.h>

#include "util/text.h"

/* Bytes of the blank at text[0..length), 0 if there is none. */
static size_t blank(const char *text, size_t length)
{
    if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        return 1;
    return length > 1 && memcmp(text, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

static int respell(const char *text, size_t length, struct wn_text *key,
                   struct wn_error *error)
{
    bool waiting = false;

    key->length = 0;
    for (size_t i = 0, step; i < length; i += step) {
        const char c =
            (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 32 : text[i]);

        step = blank(text + i, length - i);
        if (step) {
            waiting = key->length > 0;
            continue;
        }
        step = 1;
        if ((waiting && wn_text_add(key, " ", 1, error)) ||
            wn_text_add(key, &c, 1, error))
            return -1;
        waiting = false;
    }
    return 0;
}

int wn_variants_find(const struct wn_dictionary *classes, int32_t *same,
                     struct wn_error *error)
{
    struct wn_dictionary keys = {0};
    struct wn_text key = {0};
    int status = 0;

    /* The row of a key's first class is that class. */
    for (size_t c = 0; c < classes->count && status == 0; c++) {
        long at = -1;

        if (respell(wn_dictionary_text(classes, c), classes->value[c].length,
                    &key, error) == 0)
            at = wn_dictionary_add(&keys, wn_text_of(&key), key.length, 1, c,
                                   error);
        if (at < 0)
            status = -1;
        else
            same[c] = (int32_t)keys.value[at].row;
    }
    wn_dictionary_free(&keys);
    wn_text_free(&key);
    return status;
}
