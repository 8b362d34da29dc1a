/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict scanner for one line of JSON Lines; see json_record.h. */
#include "csv/json_record.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

struct scan {
    const char *begin, *at, *end;
    struct wn_json_record *record;
    struct wn_text path;
    struct wn_error *error;
    int depth;
};

static int json_fail(const struct scan *scan, const char *at, const char *text)
{
    return wn_fail(scan->error, WN_EDATA, "byte %zu: %s",
                   (size_t)(at - scan->begin) + 1, text);
}

/* Found another byte than `wanted`. */
static int fail_byte(const struct scan *scan, const char *wanted)
{
    char text[100];
    const unsigned char byte =
        scan->at < scan->end ? (unsigned char)*scan->at : 0;

    if (scan->at == scan->end)
        snprintf(text, sizeof text, "found the end of the line, wanted %s",
                 wanted);
    else if (byte > ' ' && byte < 0x7f)
        snprintf(text, sizeof text, "found '%c', wanted %s", byte, wanted);
    else
        snprintf(text, sizeof text, "found byte 0x%02x, wanted %s", byte,
                 wanted);
    return json_fail(scan, scan->at, text);
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end &&
           (wn_is_blank(*scan->at) || *scan->at == '\r' || *scan->at == '\n'))
        scan->at++;
}

static bool is_next(const struct scan *scan, char byte)
{
    return scan->at < scan->end && *scan->at == byte;
}

/* --- numbers and words --------------------------------------------------- */

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The end of the number at `at`, or NULL. */
static const char *number_end(const char *at, const char *end)
{
    at += at < end && *at == '-';
    const char *whole = skip_digits(at, end);

    if (whole == at || (*at == '0' && whole > at + 1))
        return NULL;
    at = whole;
    if (at < end && *at == '.') {
        const char *part = skip_digits(at + 1, end);

        if (part == at + 1)
            return NULL;
        at = part;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '-' || *at == '+');
        const char *power = skip_digits(at, end);

        if (power == at)
            return NULL;
        at = power;
    }
    return at;
}

/* --- strings ------------------------------------------------------------- */

/* The four digits of \uXXXX at `at`, or -1. */
static long read_hex(const char *at, const char *end)
{
    static const char digits[] = "0123456789abcdef";
    long value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const char lower =
            at[i] >= 'A' && at[i] <= 'F' ? (char)(at[i] - 'A' + 'a') : at[i];
        const char *digit = lower ? strchr(digits, lower) : NULL;

        if (!digit)
            return -1;
        value = 16 * value + (digit - digits);
    }
    return value;
}

static void add_point(struct wn_text *text, long point)
{
    char bytes[4];

    wn_text_add(text, bytes, wn_text_write_point((uint32_t)point, bytes));
}

/* Append what the escape at scan->at, a backslash, means. */
static int read_escape(struct scan *scan, struct wn_text *text)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *at = scan->at;
    const char *letter =
        at + 1 < scan->end && at[1] ? strchr(letters, at[1]) : NULL;

    if (letter) {
        wn_text_add(text, bytes + (letter - letters), 1);
        scan->at += 2;
        return 0;
    }
    if (at + 1 == scan->end || at[1] != 'u')
        return json_fail(scan, at,
                         "found another escape than JSON has, wanted "
                         "\\\\ for a backslash");
    const long unit = read_hex(at + 2, scan->end);
    if (unit < 0)
        return json_fail(scan, at, "found \\u without four hexadecimal digits");
    if (unit == 0)
        return json_fail(scan, at, "found \\u0000, which no cell can hold");
    scan->at += 6;
    if (unit < 0xd800 || unit > 0xdfff) {
        add_point(text, unit);
        return 0;
    }
    const bool pair = unit < 0xdc00 && scan->end - scan->at >= 6 &&
                      scan->at[0] == '\\' && scan->at[1] == 'u';
    const long low = pair ? read_hex(scan->at + 2, scan->end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return json_fail(scan, at, "found half a surrogate pair");
    scan->at += 6;
    add_point(text, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
    return 0;
}

/* Append the string at scan->at, without its quotes. */
static int read_string(struct scan *scan, struct wn_text *text)
{
    const char *open = scan->at++;

    for (;;) {
        const char *plain = scan->at;

        while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\' &&
               (unsigned char)*scan->at >= ' ')
            scan->at++;
        wn_text_add(text, plain, (size_t)(scan->at - plain));
        if (scan->at == scan->end)
            return json_fail(scan, open,
                             "found a string whose quote is not closed on its "
                             "line, wanted one object a line");
        if (*scan->at == '"') {
            scan->at++;
            return 0;
        }
        if (*scan->at != '\\')
            return fail_byte(scan, "an escape such as \\n or \\t");
        if (read_escape(scan, text))
            return -1;
    }
}

/* --- values -------------------------------------------------------------- */

static int read_value(struct scan *scan);

static void add_leaf(struct scan *scan, enum wn_json_kind kind,
                     const char *begin, size_t text)
{
    struct wn_json_record *record = scan->record;
    const size_t length = record->bytes.length - text;

    wn_grow(&record->leaf, &record->capacity, record->count + 1,
            sizeof *record->leaf);
    record->leaf[record->count++] =
        (struct wn_json_leaf){.kind = kind,
                              .path = record->bytes.length,
                              .path_length = scan->path.length,
                              .text = text,
                              .length = length,
                              .begin = (size_t)(begin - scan->begin),
                              .end = (size_t)(scan->at - scan->begin)};
    wn_text_add(&record->bytes, wn_text_of(&scan->path), scan->path.length);
}

/* The members of an object, or the elements of an array, after the bracket. */
static int read_members(struct scan *scan, bool object)
{
    struct wn_text *path = &scan->path;
    struct wn_dictionary *keys = &scan->record->keys;
    const size_t before = path->length;
    const char close = object ? '}' : ']';

    if (++scan->depth > WN_JSON_DEPTH)
        return json_fail(scan, scan->at,
                         "found more than 64 objects and arrays in one "
                         "another, wanted at most that");
    skip_blanks(scan);
    if (is_next(scan, close)) {
        scan->at++;
        scan->depth--;
        return 0;
    }
    for (size_t element = 0;; element++) {
        const char *key = scan->at;

        if (before)
            wn_text_add(path, ".", 1);
        if (object) {
            const size_t begin = path->length;

            if (!is_next(scan, '"'))
                return fail_byte(scan, "a key in double quotes");
            if (read_string(scan, path))
                return -1;
            if (path->length == begin)
                return json_fail(scan, key,
                                 "found an empty key, wanted a name");
            const size_t known = keys->count;
            if (wn_dictionary_add(keys, path->bytes, path->length, 1, 0) <
                known) {
                wn_fail(scan->error, WN_EDATA,
                        "byte %zu: found the key '%.*s' again, wanted each key "
                        "once",
                        (size_t)(key - scan->begin) + 1,
                        wn_text_shown(path->length), path->bytes);
                return -1;
            }
            skip_blanks(scan);
            if (!is_next(scan, ':'))
                return fail_byte(scan, "a colon after the key");
            scan->at++;
        } else {
            wn_text_format(path, "%zu", element);
        }
        if (read_value(scan))
            return -1;
        path->length = before;
        skip_blanks(scan);
        if (is_next(scan, close))
            break;
        if (!is_next(scan, ','))
            return fail_byte(scan, object ? "a comma or }" : "a comma or ]");
        scan->at++;
        skip_blanks(scan);
    }
    scan->at++;
    scan->depth--;
    return 0;
}

static int read_value(struct scan *scan)
{
    static const struct {
        const char *word;
        enum wn_json_kind kind;
    } words[] = {{"null", WN_JSON_NULL},
                 {"true", WN_JSON_BOOL},
                 {"false", WN_JSON_BOOL}};
    struct wn_text *bytes = &scan->record->bytes;

    skip_blanks(scan);
    const char *begin = scan->at;
    const size_t left = (size_t)(scan->end - begin), text = bytes->length;
    if (is_next(scan, '{') || is_next(scan, '[')) {
        scan->at++;
        return read_members(scan, *begin == '{');
    }
    if (is_next(scan, '"')) {
        if (read_string(scan, bytes))
            return -1;
        add_leaf(scan, WN_JSON_STRING, begin, text);
        return 0;
    }
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const size_t size = strlen(words[w].word);

        if (left < size || memcmp(begin, words[w].word, size))
            continue;
        scan->at += size;
        if (words[w].kind == WN_JSON_BOOL)
            wn_text_add(bytes, begin, size);
        add_leaf(scan, words[w].kind, begin, text);
        return 0;
    }
    const char *end = number_end(begin, scan->end);
    if (end) {
        scan->at = end;
        wn_text_add(bytes, begin, (size_t)(end - begin));
        add_leaf(scan, WN_JSON_NUMBER, begin, text);
        return 0;
    }
    return left >= 3 && memcmp(begin, "NaN", 3) == 0
               ? json_fail(scan, begin,
                           "found NaN, which is not JSON, wanted null")
               : fail_byte(scan, "a value");
}

int wn_json_read(const char *line, size_t length, struct wn_json_record *record,
                 struct wn_error *error)
{
    struct scan scan = {.begin = line,
                        .at = line,
                        .end = line + length,
                        .record = record,
                        .error = error};
    int status = -1;

    record->count = record->bytes.length = 0;
    wn_dictionary_clear(&record->keys);
    skip_blanks(&scan);
    if (!wn_text_is_utf8(line, length)) {
        wn_fail(error, WN_EDATA,
                "found bytes that are not UTF-8, wanted UTF-8");
    } else if (!is_next(&scan, '{')) {
        fail_byte(&scan, "{ and an object");
    } else {
        scan.at++;
        status = read_members(&scan, true);
        skip_blanks(&scan);
        if (status == 0 && scan.at < scan.end)
            status = fail_byte(&scan, "the end of the line");
    }
    wn_text_free(&scan.path);
    return status;
}

void wn_json_record_free(struct wn_json_record *record)
{
    free(record->leaf);
    wn_text_free(&record->bytes);
    wn_dictionary_free(&record->keys);
    *record = (struct wn_json_record){0};
}

void wn_json_write(struct wn_text *out, const char *text, size_t length,
                   enum wn_json_kind kind)
{
    const bool truth = (length == 4 && memcmp(text, "true", 4) == 0) ||
                       (length == 5 && memcmp(text, "false", 5) == 0);

    if (length == 0) {
        wn_text_add(out, "null", 4);
        return;
    }
    if ((kind == WN_JSON_BOOL && truth) ||
        (kind == WN_JSON_NUMBER &&
         number_end(text, text + length) == text + length)) {
        wn_text_add(out, text, length);
        return;
    }
    wn_text_add(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ') {
            wn_text_format(out, "\\u%04x", (unsigned char)text[i]);
            continue;
        }
        if (text[i] == '"' || text[i] == '\\')
            wn_text_add(out, "\\", 1);
        wn_text_add(out, text + i, 1);
    }
    wn_text_add(out, "\"", 1);
}
