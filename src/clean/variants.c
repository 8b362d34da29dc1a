/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names brought to one spelling, then looked up; see variants.h. */
#include "clean/variants.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "util/memory.h"
#include "util/text.h"

/* The UTF-8 `text` with its blanks put in order and without what is unseen. */
static int respace(const uint8_t *text, size_t length, struct wn_text *out)
{
    bool waiting = false;
    ucs4_t point;

    out->length = 0;
    for (size_t i = 0; i < length;) {
        const size_t bytes =
            (size_t)u8_mbtouc_unsafe(&point, text + i, length - i);

        if (uc_is_property_white_space(point)) {
            waiting = out->length > 0;
        } else if (!uc_is_property_default_ignorable_code_point(point)) {
            if ((waiting && wn_text_add(out, " ", 1)))
                return -1;
            wn_text_add(out, (const char *)text + i, bytes);
            waiting = false;
        }
        i += bytes;
    }
    return 0;
}

static int fail_memory(struct wn_error *error)
{
    return wn_fail(error, WN_EIO, "no memory for the spelling of a name");
}

/* The spelling that all variants of a name share. */
static int make_key(const char *name, size_t length, struct wn_text *key,
                    struct wn_error *error)
{
    size_t folded_length;

    if (!wn_text_is_utf8(name, length)) {
        key->length = 0;
        wn_text_add(key, name, length);
        return 0;
    }
    uint8_t *folded = u8_casefold((const uint8_t *)name, length, NULL,
                                  UNINORM_NFC, NULL, &folded_length);
    if (!folded)
        return fail_memory(error);
    const int status = respace(folded, folded_length, key);
    free(folded);
    return status;
}

/* Whether a name has its own letters, but no odd blanks and marks. */
static int is_tidy(const char *name, size_t length, bool *tidy,
                   struct wn_error *error)
{
    struct wn_text spaced = {0};
    size_t whole_length;

    *tidy = false;
    if (!wn_text_is_utf8(name, length))
        return 0;
    uint8_t *whole = u8_normalize(UNINORM_NFC, (const uint8_t *)name, length,
                                  NULL, &whole_length);
    if (!whole)
        return fail_memory(error);
    const int status = respace(whole, whole_length, &spaced);
    *tidy = status == 0 && spaced.length == length &&
            memcmp(wn_text_of(&spaced), name, length) == 0;
    free(whole);
    wn_text_free(&spaced);
    return status;
}

/* Whether class a is a better name for both than class b. */
static bool is_better(const struct wn_dictionary *classes, const bool *tidy,
                      size_t a, size_t b)
{
    const uint64_t one = classes->value[a].count;
    const uint64_t two = classes->value[b].count;

    if (tidy[a] != tidy[b])
        return tidy[a];
    return one > two || (one == two && a < b);
}

int wn_variants_find(const struct wn_dictionary *classes, int32_t *same,
                     struct wn_error *error)
{
    const size_t k = classes->count;
    struct wn_dictionary keys = {0};
    struct wn_text key = {0};
    int32_t *best = wn_new(k, sizeof *best); /* of each key */
    bool *tidy = wn_new(k, sizeof *tidy);
    int status = best && tidy ? 0 : -1;

    for (size_t c = 0; c < k && status == 0; c++) {
        const char *name = wn_dictionary_text(classes, c);
        const size_t length = classes->value[c].length;
        const size_t known = keys.count;
        long at = -1;

        if (make_key(name, length, &key, error) == 0 &&
            is_tidy(name, length, &tidy[c], error) == 0)
            at = wn_dictionary_add(&keys, wn_text_of(&key), key.length, 1, c,
                                   error);
        if (at < 0) {
            status = -1;
            break;
        }
        same[c] = (int32_t)at;
        if (keys.count > known || is_better(classes, tidy, c, (size_t)best[at]))
            best[at] = (int32_t)c;
    }
    for (size_t c = 0; c < k && status == 0; c++)
        same[c] = best[same[c]];
    wn_dictionary_free(&keys);
    wn_text_free(&key);
    free(best);
    free(tidy);
    return status;
}
