/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words, texts and patterns of a line; see lexer.h. */
#include "clean/lexer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

enum { SHOWN = 60 }; /* bytes of the line in a message */

void wn_lexer_skip(struct wn_lexer *line)
{
    while (line->at < line->end && wn_is_blank(*line->at))
        line->at++;
}

bool wn_lexer_at_end(const struct wn_lexer *line)
{
    return line->at == line->end || *line->at == '#';
}

/* What stands here, for a message. */
static int lexer_shown(const struct wn_lexer *line)
{
    const size_t left = (size_t)(line->end - line->at);

    return (int)(left < SHOWN ? left : SHOWN);
}

int wn_lexer_wanted(const struct wn_lexer *line, const char *wanted,
                    struct wn_error *error)
{
    if (line->at == line->end)
        return wn_fail(error, WN_EDATA,
                       "%s:%zu: found the end of the line, "
                       "wanted %s",
                       line->file, line->number, wanted);
    return wn_fail(error, WN_EDATA, "%s:%zu: found '%.*s', wanted %s",
                   line->file, line->number, lexer_shown(line), line->at,
                   wanted);
}

int wn_lexer_fail(const struct wn_lexer *line, struct wn_error *error)
{
    return wn_fail(error, WN_EDATA, "%s:%zu", line->file, line->number);
}

size_t wn_lexer_word(struct wn_lexer *line, const char *stops)
{
    const char *begin = line->at;

    while (line->at < line->end && !wn_is_blank(*line->at) &&
           !strchr(stops, *line->at))
        line->at++;
    return (size_t)(line->at - begin);
}

/* From `at` to the next `mark` that no backslash protects; NULL if there is
 * none. */
static const char *find_mark(const struct wn_lexer *line, char mark)
{
    const char *at = line->at;

    while (at < line->end && *at != mark)
        at += *at == '\\' && at + 1 < line->end ? 2 : 1;
    return at < line->end ? at : NULL;
}

char *wn_lexer_take_between(struct wn_lexer *line, char mark,
                            const char *wanted, struct wn_error *error)
{
    const char *begin = line->at;
    const char *end = find_mark(line, mark);

    if (!end) {
        wn_lexer_wanted(line, wanted, error);
        return NULL;
    }
    line->at = end + 1;
    return wn_copy_text(begin, (size_t)(end - begin));
}

/* Hexadecimal digits behind a backslash and a letter. -1 if there are not so
 * many. */
static long take_digits(struct wn_lexer *line, int count)
{
    char digits[5] = {0};

    for (int i = 0; i < count; i++, line->at++) {
        if (line->at == line->end || !isxdigit((unsigned char)*line->at))
            return -1;
        digits[i] = *line->at;
    }
    return strtol(digits, NULL, 16);
}

/* UTF-8 of a code point below 2^16; the number of bytes. */
static size_t lexer_encode(long point, char out[3])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
}

/* What a backslash and the letter behind it stand for; `at` is behind the
 * backslash. */
static int take_escape(struct wn_lexer *line, struct wn_text *out,
                       struct wn_error *error)
{
    static const char letters[] = "\"\\nrt", meant[] = "\"\\\n\r\t";
    struct wn_lexer from = *line;
    char bytes[3];

    from.at--;
    const char letter = *line->at++;
    const char *known = strchr(letters, letter);
    if (letter && known) {
        wn_text_add(out, &meant[known - letters], 1);
        return 0;
    }
    const long point = letter == 'x'   ? take_digits(line, 2)
                       : letter == 'u' ? take_digits(line, 4)
                                       : -1;
    if (point <= 0 || (point >= 0xd800 && point < 0xe000))
        return wn_lexer_wanted(&from,
                               "\\\", \\\\, \\n, \\r, \\t, \\xNN or "
                               "\\uNNNN, no NUL",
                               error);
    bytes[0] = (char)point;
    wn_text_add(out, bytes, letter == 'x' ? 1 : lexer_encode(point, bytes));
    return 0;
}

static int take_quoted(struct wn_lexer *line, struct wn_text *out,
                       struct wn_error *error)
{
    const struct wn_lexer from = *line;

    for (line->at++; line->at < line->end && *line->at != '"';) {
        const char c = *line->at++;

        if (c == '\\' && line->at < line->end ? take_escape(line, out, error)
                                              : wn_text_add(out, &c, 1))
            return -1;
    }
    if (line->at == line->end)
        return wn_lexer_wanted(&from, "a quote at its end", error);
    line->at++;
    return 0;
}

char *wn_lexer_take_text(struct wn_lexer *line, const char *stops,
                         const char *wanted, struct wn_error *error)
{
    struct wn_text out = {0};
    int status;

    wn_lexer_skip(line);
    const char *begin = line->at;
    if (wn_lexer_at_end(line) || strchr(stops, *begin)) {
        wn_lexer_wanted(line, wanted, error);
        return NULL;
    }
    status = *begin == '"'
                 ? take_quoted(line, &out, error)
                 : wn_text_add(&out, begin, wn_lexer_word(line, stops));
    char *text = status ? NULL : wn_copy_text(wn_text_of(&out), out.length);
    wn_text_free(&out);
    return text;
}

int wn_lexer_take_pattern(struct wn_lexer *line, char **pattern,
                          struct wn_error *error)
{
    wn_lexer_skip(line);
    if (line->at == line->end || *line->at != '/')
        return wn_lexer_wanted(line, "/PATTERN/", error);
    line->at++;
    *pattern = wn_lexer_take_between(
        line, '/', "a slash at the end of the pattern", error);
    return *pattern ? 0 : -1;
}
