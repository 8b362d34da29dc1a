/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/text.h: growing text, and text made safe for terminals. */
#ifndef WN_UTIL_TEXT_H
#define WN_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/error.h"

static inline bool wn_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Remove blanks at both ends. */
static inline void wn_text_trim(const char **text, size_t *length)
{
    while (*length && wn_is_blank((*text)[*length - 1]))
        --*length;
    while (*length && wn_is_blank(**text)) {
        ++*text;
        --*length;
    }
}

/* The length of text[0..length) without the line ends at its end. */
static inline size_t wn_text_without_line_end(const char *text, size_t length)
{
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    return length;
}

/* The bytes of a byte order mark of UTF-8 at the beginning: 3 or 0. */
static inline size_t wn_text_mark(const char *text, size_t length)
{
    return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* How many bytes of a cell or a name a message shows, for "%.*s". */
static inline int wn_text_shown(size_t length)
{
    return (int)(length < 80 ? length : 80);
}

/* A growing byte string; {0} is empty. bytes[length] is NUL, but `bytes` is
 * NULL while nothing was added: wn_text_of() then returns "". */
struct wn_text {
    char *bytes;
    size_t length, capacity;
};

void wn_text_add(struct wn_text *text, const char *bytes, size_t length);
void wn_text_format(struct wn_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *wn_text_of(const struct wn_text *text);
void wn_text_free(struct wn_text *text);

/* Decode the code point of UTF-8 at text[0..length), length >= 1. Returns its
 * bytes, or 0 if they are not UTF-8. */
size_t wn_text_point(const char *text, size_t length, uint32_t *point);

/* Write a code point as UTF-8. Returns its bytes, or 0 if it is no Unicode. */
size_t wn_text_write_point(uint32_t point, char bytes[4]);

/* Add bytes as one harmless line: C0 and C1 controls, DEL, bidirectional
 * controls and invisible characters become \xNN, \uNNNN or \UNNNNNNNN,
 * invalid UTF-8 becomes \xNN, a backslash stays as it is. For terminals,
 * messages and text reports. What is visible stays as it is. */
void wn_text_add_visible(struct wn_text *text, const char *bytes,
                         size_t length);
/* The same as one word for a shell, in quotes where it needs them. */
void wn_text_add_shell(struct wn_text *text, const char *word, size_t length);
/* Make every line of a whole output harmless; newlines and tabs stay. */
void wn_text_make_lines_visible(struct wn_text *text);

/* Compare two byte strings as memcmp() does; a prefix comes first. */
int wn_text_compare(const char *one, size_t length, const char *two,
                    size_t other_length);

/* The place of word[0..length) in a list such as "a|b|c", from 0, or -1. */
int wn_text_place(const char *list, char separator, const char *word,
                  size_t length);

/* The Levenshtein distance of two names without regard to ASCII case, for "is
 * 'digit' meant?"; WN_TEXT_FAR where one is that long. */
enum { WN_TEXT_FAR = 64 };
size_t wn_text_distance(const char *a, const char *b);

/* Whether bytes are valid UTF-8 (no surrogates, no overlong forms). */
bool wn_text_is_utf8(const char *bytes, size_t length);

/* Whether word[0..length) is one of the words of a list, which `separator`
 * parts. */
bool wn_text_lists(const char *list, char separator, const char *word,
                   size_t length);

/* Lines of text, made one by one; {0} has none. */
struct wn_lines {
    char **line;
    size_t count, capacity;
};
void wn_lines_add(struct wn_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void wn_lines_free(struct wn_lines *lines);

/* For qsort(): strings, or structs that begin with one, in byte order. */
int wn_text_ascending(const void *a, const void *b);

#endif
