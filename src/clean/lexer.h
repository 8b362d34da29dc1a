/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/lexer.h: a line of winnow-rules(5), taken apart from left to right.
 * Private to this room. */
#ifndef WN_CLEAN_LEXER_H
#define WN_CLEAN_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

struct wn_lexer {
    const char *file;
    size_t number;        /* in the file, from 1 */
    const char *at, *end; /* what is left of it; UTF-8 without NUL */
};

/* WN_EDATA "FILE:LINE: found 'what stands here', wanted WANTED". */
int wn_lexer_wanted(const struct wn_lexer *line, const char *wanted,
                    struct wn_error *error);
/* Put the place in front of a failure of an expression. */
int wn_lexer_fail(const struct wn_lexer *line, struct wn_error *error);

/* Go to the first byte that is no blank. */
void wn_lexer_skip(struct wn_lexer *line);
/* Whether nothing is left but a comment. */
bool wn_lexer_at_end(const struct wn_lexer *line);
/* Go to the next blank or one of `stops`; how far that was. */
size_t wn_lexer_word(struct wn_lexer *line, const char *stops);

/* The next three return what is to be freed, or NULL or -1.
 * What follows a mark up to the next one that no backslash protects, as it
 * stands. */
char *wn_lexer_take_between(struct wn_lexer *line, char mark,
                            const char *wanted,
                            struct wn_error *error) WN_MUST_CHECK;
/* A TEXT: a word that ends before a blank or one of `stops`, or anything in
 * quotes. */
char *wn_lexer_take_text(struct wn_lexer *line, const char *stops,
                         const char *wanted,
                         struct wn_error *error) WN_MUST_CHECK;
/* /PATTERN/; leaves `at` behind the last slash, which is the first of a
 * replacement's. */
int wn_lexer_take_pattern(struct wn_lexer *line, char **pattern,
                          struct wn_error *error) WN_MUST_CHECK;

#endif
