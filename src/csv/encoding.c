/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other encodings by iconv(3); see encoding.h. */
#include "csv/encoding.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/memory.h"

enum { MAX_CHARACTER = 8 };
#define NONE ((iconv_t)-1) // NOLINT(performance-no-int-to-ptr)

/* Convert what can be. Returns the bytes taken. */
static size_t convert(iconv_t with, const char *bytes, size_t length,
                      struct wn_text *to)
{
    /* iconv() does not write to its input. */
    char *from = (char *)(uintptr_t)bytes;
    size_t left = length;

    iconv(with, NULL, NULL, NULL, NULL);
    while (left) {
        wn_grow(&to->bytes, &to->capacity, to->length + 4 * left + 16, 1);
        char *end = to->bytes + to->length;
        size_t room = to->capacity - to->length - 1;
        const size_t status = iconv(with, &from, &left, &end, &room);
        const bool full = status == (size_t)-1 && errno == E2BIG;

        to->length = (size_t)(end - to->bytes);
        to->bytes[to->length] = '\0';
        if (status == (size_t)-1 && !full)
            return length - left;
    }
    /* A decoder may hold back a letter that a mark could follow. */
    wn_grow(&to->bytes, &to->capacity, to->length + 16, 1);
    char *end = to->bytes + to->length;
    size_t room = 15;
    iconv(with, NULL, NULL, &end, &room);
    to->length = (size_t)(end - to->bytes);
    to->bytes[to->length] = '\0';
    return length;
}

/* Whether the encoding ends a text with bytes that take a state back. */
static bool keeps_state(const struct wn_encoding *encoding)
{
    static const char *const samples[] = {"\u00e9", "\u3042", "\u044f"};
    bool keeps = false;

    for (size_t s = 0; s < sizeof samples / sizeof *samples; s++) {
        char text[64], *end = text;
        char *from = (char *)(uintptr_t)samples[s];
        size_t left = strlen(from), room = sizeof text;

        if (iconv(encoding->out, &from, &left, &end, &room) != (size_t)-1) {
            const char *last = end;

            iconv(encoding->out, NULL, NULL, &end, &room);
            keeps |= end != last;
        }
    }
    iconv(encoding->out, NULL, NULL, NULL, NULL);
    return keeps;
}

struct wn_encoding *wn_encoding_open(const char *name, const char *bytes,
                                     size_t length, struct wn_error *error)
{
    static const struct {
        const char *name, *exact, *mark;
        size_t length;
    } marks[] = {{"UTF-32", "UTF-32LE", "\xff\xfe\0\0", 4},
                 {"UTF-32", "UTF-32BE", "\0\0\xfe\xff", 4},
                 {"UTF-32", "UTF-32LE", "", 0},
                 {"UTF-16", "UTF-16LE", "\xff\xfe", 2},
                 {"UTF-16", "UTF-16BE", "\xfe\xff", 2},
                 {"UTF-16", "UTF-16LE", "", 0}};
    struct wn_encoding *encoding = wn_new(1, sizeof *encoding);
    const char *exact = name;

    encoding->in = encoding->out = NONE;
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
        const bool same = strcasecmp(name, marks[m].name) == 0;

        if ((same || strcasecmp(name, marks[m].exact) == 0) &&
            length >= marks[m].length &&
            memcmp(bytes, marks[m].mark, marks[m].length) == 0) {
            exact = marks[m].exact;
            encoding->mark = marks[m].length;
            break;
        }
    }
    if (strlen(exact) < WN_ENCODING_NAME && !strchr(exact, '/')) {
        memcpy(encoding->name, exact, strlen(exact) + 1);
        encoding->in = iconv_open("UTF-8", exact);
        encoding->out = iconv_open(exact, "UTF-8");
    }
    if (encoding->in == NONE || encoding->out == NONE)
        wn_fail(error, WN_EUSAGE,
                "--encoding: found '%.80s', which the C library does not know; "
                "iconv -l lists what it knows",
                name);
    else if (keeps_state(encoding))
        wn_fail(error, WN_EUSAGE,
                "--encoding: %s keeps a state between lines; wanted the file "
                "in UTF-8: iconv -f %s -t utf8 FILE",
                name, name);
    else if (wn_encoding_encode(encoding, "\n", 1, &encoding->feed, error) == 0)
        return encoding;
    wn_encoding_close(encoding);
    return NULL;
}

void wn_encoding_close(struct wn_encoding *encoding)
{
    if (!encoding)
        return;
    if (encoding->in != NONE)
        iconv_close(encoding->in);
    if (encoding->out != NONE)
        iconv_close(encoding->out);
    wn_text_free(&encoding->feed);
    free(encoding);
}

size_t wn_encoding_decode(struct wn_encoding *encoding, const char *bytes,
                          size_t length, struct wn_text *out)
{
    return convert(encoding->in, bytes, length, out);
}

int wn_encoding_decode_places(struct wn_encoding *encoding, const char *bytes,
                              size_t length, struct wn_text *out,
                              size_t **place, struct wn_error *error)
{
    size_t capacity = 0;

    *place = NULL;
    out->length = 0;
    for (size_t at = 0, size; at < length; at += size) {
        const size_t before = out->length;

        /* The smallest number of bytes that is a character. */
        for (size = 1; at + size <= length && size <= MAX_CHARACTER; size++)
            if (wn_encoding_decode(encoding, bytes + at, size, out) == size)
                break;
        if (out->length == before) {
            free(*place);
            *place = NULL;
            return wn_fail(error, WN_EDATA, "found bytes that are not %s",
                           encoding->name);
        }
        wn_grow(place, &capacity, out->length + 1, sizeof **place);
        for (size_t i = before; i < out->length; i++)
            (*place)[i] = at;
    }
    wn_grow(place, &capacity, out->length + 1, sizeof **place);
    (*place)[out->length] = length;
    return 0;
}

int wn_encoding_encode(struct wn_encoding *encoding, const char *text,
                       size_t length, struct wn_text *out,
                       struct wn_error *error)
{
    return convert(encoding->out, text, length, out) == length
               ? 0
               : wn_fail(error, WN_EDATA, "found '%.*s', which %s cannot write",
                         wn_text_shown(length), text, encoding->name);
}
