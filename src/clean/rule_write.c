/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule written so that it can be pasted into a file and read there. */
#include <string.h>

#include "clean/parse.h"

/* Whether a character cannot be seen, or not told from another. */
static bool unclear(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0xa0) || point == 0xad ||
           (point >= 0x300 && point <= 0x36f) || point == 0x61c ||
           (point >= 0x2000 && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202f) ||
           (point >= 0x205f && point <= 0x206f) || point == 0x3000 ||
           point == 0xfeff;
}

/* As a pattern that matches the text alone, or as a TEXT. Names of classes and
 * columns are UTF-8. */
static int write_quoted(struct wn_text *out, const char *text, size_t length,
                        bool pattern)
{
    const char *special = pattern ? "\"\\^$.[]|()?*+{}#" : "\"\\";
    int status = wn_text_add(out, "\"", 1);
    size_t bytes;

    for (size_t i = 0; i < length && status == 0; i += bytes) {
        uint32_t point = 0;

        bytes = wn_text_point(text + i, length - i, &point);
        if (bytes == 0)
            bytes = 1;
        if (unclear(point))
            status = wn_text_format(out, pattern ? "\\x{%x}" : "\\u%04x",
                                    (unsigned)point);
        else if (point < 0x80 && strchr(special, (int)point))
            status = wn_text_format(out, "\\%c", (char)point);
        else
            status = wn_text_add(out, text + i, bytes);
    }
    return status ? -1 : wn_text_add(out, "\"", 1);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (!((*text >= '0' && *text <= '9') || *text == '_' ||
              ((*text | 32) >= 'a' && (*text | 32) <= 'z')))
            return false;
    return true;
}

int wn_clean_rules_write_map(struct wn_text *out, const char *column,
                             const char *old, size_t old_length,
                             const char *new, size_t new_length)
{
    const int status = is_plain(column)
                           ? wn_text_add(out, column, strlen(column))
                           : write_quoted(out, column, strlen(column), true);

    return status || wn_text_format(out, ": map ") ||
                   write_quoted(out, old, old_length, false) ||
                   wn_text_format(out, " = ") ||
                   write_quoted(out, new, new_length, false)
               ? -1
               : 0;
}
