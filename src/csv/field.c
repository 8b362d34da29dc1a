/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One field of a record, found and written; see field.h. */
#include "csv/field.h"

#include <stdbool.h>

/* The end of the field that begins at `at`. */
static size_t field_end(const char *record, size_t length, char delimiter,
                        size_t at)
{
    if (at < length && record[at] == '"')
        for (at++; at < length; at++)
            if (record[at] == '"' && (at + 1 == length || record[++at] != '"'))
                break;
    while (at < length && record[at] != delimiter)
        at++;
    return at;
}

int wn_field_find(const char *record, size_t length, char delimiter,
                  size_t column, size_t *begin, size_t *end)
{
    while (length && (record[length - 1] == '\n' || record[length - 1] == '\r'))
        length--;
    *begin = 0;
    for (;; column--) {
        *end = field_end(record, length, delimiter, *begin);
        if (column == 0)
            return 0;
        if (*end == length)
            return -1;
        *begin = *end + 1;
    }
}

int wn_field_write(struct wn_text *out, const char *text, size_t length,
                   char delimiter)
{
    bool quotes = false;

    for (size_t i = 0; i < length; i++)
        quotes |= text[i] == '"' || text[i] == '\n' || text[i] == '\r' ||
                  text[i] == delimiter;
    if (!quotes) {
        wn_text_add(out, text, length);
        return 0;
    }
    wn_text_add(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        wn_text_add(out, text + i, 1);
        if ((text[i] == '"' && wn_text_add(out, "\"", 1)))
            return -1;
    }
    wn_text_add(out, "\"", 1);
    return 0;
}
