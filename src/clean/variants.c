/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Map each name to a key that all its variants share; see variants.h. */
#include "clean/variants.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "util/memory.h"

/* The NFC of a UTF-8 name, case-folded if asked for, without invisible
 * characters and with normal blanks. */
static void normalise_name(const char *name, size_t length, bool fold,
                           struct wn_text *out)
{
    const uint8_t *text = (const uint8_t *)name;
    size_t normal_length;
    uint8_t *normal =
        fold
            ? u8_casefold(text, length, NULL, UNINORM_NFC, NULL, &normal_length)
            : u8_normalize(UNINORM_NFC, text, length, NULL, &normal_length);
    bool blank = false;

    if (!normal)
        wn_die("no memory for the spelling of a name");
    out->length = 0;
    for (size_t i = 0, bytes; i < normal_length; i += bytes) {
        ucs4_t point;

        bytes = (size_t)u8_mbtouc_unsafe(&point, normal + i, normal_length - i);
        if (uc_is_property_white_space(point)) {
            blank = out->length > 0;
        } else if (!uc_is_property_default_ignorable_code_point(point)) {
            if (blank)
                wn_text_add(out, " ", 1);
            wn_text_add(out, (const char *)normal + i, bytes);
            blank = false;
        }
    }
    free(normal);
}

void wn_variants_find(const struct wn_dictionary *classes, int32_t *same)
{
    const size_t k = classes->count;
    struct wn_dictionary keys = {0};
    struct wn_text key = {0}, normal = {0};
    size_t *best = wn_new(k, sizeof *best); /* class of each key */
    bool *tidy = wn_new(k, sizeof *tidy);   /* the name is its normal form */

    for (size_t c = 0; c < k; c++) {
        const char *name = wn_dictionary_text(classes, c);
        const size_t length = classes->value[c].length;
        const size_t known = keys.count;

        if (wn_text_is_utf8(name, length)) {
            normalise_name(name, length, true, &key);
            normalise_name(name, length, false, &normal);
            tidy[c] = wn_text_compare(wn_text_of(&normal), normal.length, name,
                                      length) == 0;
        } else {
            key.length = 0;
            wn_text_add(&key, name, length);
        }
        const size_t at =
            wn_dictionary_add(&keys, wn_text_of(&key), key.length, 1, c);
        const size_t other = best[at];

        same[c] = (int32_t)at;
        if (keys.count > known ||
            (tidy[c] == tidy[other]
                 ? classes->value[c].count > classes->value[other].count
                 : tidy[c]))
            best[at] = c;
    }
    for (size_t c = 0; c < k; c++)
        same[c] = (int32_t)best[same[c]];
    wn_dictionary_free(&keys);
    wn_text_free(&key);
    wn_text_free(&normal);
    free(best);
    free(tidy);
}

/* --- rules --------------------------------------------------------------- */

/* In quotes: as a pattern that matches this text only, or as a TEXT. Escape the
 * characters that a reader cannot see or takes for others; \uNNNN reaches no
 * further than U+FFFF. */
static void write_quoted(struct wn_text *out, const char *text, size_t length,
                         bool pattern)
{
    const char *special = pattern ? "\"\\^$.[]|()?*+{}#" : "\"\\";
    const char *escape = pattern ? "\\x{%x}" : "\\u%04x";

    wn_text_add(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        ucs4_t point = 0;
        const int bytes =
            u8_mbtouc(&point, (const uint8_t *)text + i, length - i);

        const bool unclear =
            point <= 0xffff && point != ' ' &&
            ((point >= 0x300 && point <= 0x36f) ||
             uc_is_property_white_space(point) ||
             uc_is_property_default_ignorable_code_point(point) ||
             uc_is_general_category(point, UC_CATEGORY_Cc) ||
             uc_is_general_category(point, UC_CATEGORY_Cf));

        if (unclear)
            wn_text_format(out, escape, (unsigned)point);
        else if (point < 0x80 && strchr(special, (int)point))
            wn_text_format(out, "\\%c", (char)point);
        else
            wn_text_add(out, text + i, (size_t)bytes);
        i += (size_t)bytes;
    }
    wn_text_add(out, "\"", 1);
}

void wn_variants_write_rule(struct wn_text *out, const char *column,
                            const char *old, size_t old_length, const char *new,
                            size_t new_length)
{
    bool plain = true;

    for (const char *c = column; *c; c++)
        plain = plain && (*c == '_' || isalnum((unsigned char)*c));
    if (plain)
        wn_text_add(out, column, strlen(column));
    else
        write_quoted(out, column, strlen(column), true);
    wn_text_format(out, ": map ");
    write_quoted(out, old, old_length, false);
    wn_text_format(out, " = ");
    write_quoted(out, new, new_length, false);
}
