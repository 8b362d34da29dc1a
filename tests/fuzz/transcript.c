/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Lines against jansson, and transcripts of JSON Lines and of other
 * encodings: every line is a row or rejected, and its place leads back to its
 * bytes in the source. */
#include "fuzz.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "csv/encoding.h"
#include "csv/json_record.h"
#include "util/hash.h"

/* --- one line ------------------------------------------------------------ */

/* The number in text[0..length). */
static double number_of(const char *text, size_t length)
{
    char *copy = strndup(text, length);

    fuzz_need(copy);
    const double value = strtod(copy, NULL);
    free(copy);
    return value;
}

/* Whether jansson has this text at the path "a.b.0" of leaf f; its own keys may
 * have dots, so try every prefix of the path as a key. */
static bool has_leaf(const json_t *at, const char *path, size_t length,
                     const struct wn_json_record *record,
                     const struct wn_json_leaf *leaf)
{
    const char *text = wn_text_of(&record->bytes) + leaf->text;

    if (length == 0)
        switch (leaf->kind) {
        case WN_JSON_NULL:
            return json_is_null(at) && leaf->length == 0;
        case WN_JSON_BOOL:
            return json_is_boolean(at) &&
                   leaf->length == (json_is_true(at) ? 4 : 5);
        case WN_JSON_NUMBER:
            return json_is_number(at) &&
                   json_number_value(at) == number_of(text, leaf->length);
        case WN_JSON_STRING:
            return json_is_string(at) &&
                   json_string_length(at) == leaf->length &&
                   memcmp(json_string_value(at), text, leaf->length) == 0;
        }
    for (size_t end = 1; end <= length; end++) {
        const json_t *next = NULL;

        if (end < length && path[end] != '.')
            continue;
        if (json_is_object(at))
            next = json_object_getn(at, path, end);
        else if (json_is_array(at))
            next = json_array_get(at, (size_t)number_of(path, end));
        if (next && has_leaf(next, end < length ? path + end + 1 : "",
                             end < length ? length - end - 1 : 0, record, leaf))
            return true;
    }
    return false;
}

static int check_line(const char *bytes, size_t length)
{
    struct wn_json_record record = {0};
    struct wn_error error = {0};
    struct wn_text out = {0};
    json_error_t why;
    const bool taken = wn_json_read(bytes, length, &record, &error) == 0;
    json_t *wanted = json_loadb(
        bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
    const size_t blanks = strspn(bytes, " \t\r\n");
    const bool object = blanks < length && bytes[blanks] == '{';

    /* Between values jansson takes a NUL for a blank. */
    if (memchr(bytes, 0, length)) {
        fuzz_need(!taken);
        json_decref(wanted);
        wanted = NULL;
    }
    if (taken && !wanted)
        fuzz_need(json_error_code(&why) == json_error_numeric_overflow);
    if (!taken && wanted && object)
        fuzz_need(strstr(error.text, "' again") ||
                  strstr(error.text, "empty key") ||
                  strstr(error.text, "more than 64"));
    for (size_t f = 0; taken && wanted && f < record.count; f++) {
        const struct wn_json_leaf *leaf = &record.leaf[f];
        const char *text = wn_text_of(&record.bytes) + leaf->text;

        fuzz_need(leaf->begin < leaf->end && leaf->end <= length);
        fuzz_need(has_leaf(wanted, record.bytes.bytes + leaf->path,
                           leaf->path_length, &record, leaf));
        /* What is written reads back as the same. */
        struct wn_json_record again = {0};
        out.length = 0;
        wn_text_format(&out, "{\"v\":");
        wn_json_write(&out, text, leaf->length, leaf->kind);
        wn_text_format(&out, "}");
        fuzz_need(wn_json_read(out.bytes, out.length, &again, &error) == 0 &&
                  again.count == 1 && again.leaf->length == leaf->length &&
                  (leaf->length == 0 || again.leaf->kind == leaf->kind) &&
                  memcmp(wn_text_of(&again.bytes) + again.leaf->text, text,
                         leaf->length) == 0);
        wn_json_record_free(&again);
    }
    json_decref(wanted);
    wn_json_record_free(&record);
    wn_text_free(&out);
    return taken;
}

/* --- whole files --------------------------------------------------------- */

static void count_reject(void *context, enum wn_csv_break broken,
                         const char *text)
{
    (void)broken, (void)text;
    ++*(size_t *)context;
}

/* Open the bytes with one thread and with three; the same rows. */
static struct wn_csv *open_both(const char *bytes, size_t length,
                                struct wn_csv_form form, size_t *rejected)
{
    struct wn_error error = {0};
    const char *path = fuzz_file(bytes, length);
    size_t others = 0;

    form.reject = count_reject;
    form.context = &others;
    form.no_rows = true;
    form.threads = 3;
    form.block = 64;
    struct wn_csv *other = wn_csv_open(path, &form, &error);
    *rejected = 0;
    form.context = rejected;
    form.threads = 1;
    form.block = 1 << 20;
    error.code = WN_OK;
    struct wn_csv *csv = wn_csv_open(path, &form, &error);
    fuzz_need(!csv == !other && *rejected == others);
    if (csv) {
        const size_t rows = csv->rows;

        fuzz_need(rows == other->rows);
        fuzz_need(rows == 0 ||
                  memcmp(csv->hash, other->hash, rows * sizeof(uint64_t)) == 0);
    }
    wn_csv_close(other);
    return csv;
}

int fuzz_jsonl(const char *bytes, size_t length)
{
    struct wn_csv_form form = wn_csv_default_form;
    struct wn_error error = {0};
    size_t rejected, lines = 0;

    form.json_lines = true;
    struct wn_csv *csv = open_both(bytes, length, form, &rejected);
    const size_t rows = csv ? csv->rows : 0;
    const int taken = check_line(
        bytes, memchr(bytes, '\n', length)
                   ? (size_t)((const char *)memchr(bytes, '\n', length) - bytes)
                   : length);
    for (size_t at = 0, line = 1; csv && at < length; line++) {
        const char *feed = memchr(bytes + at, '\n', length - at);
        const size_t end = feed ? (size_t)(feed - bytes) + 1 : length;
        const size_t begin =
            at == 0 && length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0
                ? 3
                : at;
        size_t text = end - begin;

        while (text && (bytes[begin + text - 1] == '\n' ||
                        bytes[begin + text - 1] == '\r'))
            text--;
        lines += text > 0;
        for (size_t r = 0; r < rows; r++) {
            uint64_t place;

            if (csv->line[r] != line)
                continue;
            wn_csv_to_source(csv, csv->offset + r, 1, &place);
            fuzz_need(place == begin && text > 0);
            fuzz_need(csv->hash[r] == wn_hash_bits(bytes + begin, text));
        }
        at = end;
    }
    fuzz_need(!csv || rows + rejected == lines);
    if (csv && rows) {
        struct wn_csv_reader *reader = wn_csv_reader_new(csv);

        fuzz_need(wn_csv_read(reader, 0, rows, NULL, NULL, &error) == 0);
        wn_csv_reader_free(reader);
    }
    wn_csv_close(csv);
    return taken || rows > 0;
}

int fuzz_encoding(const char *bytes, size_t length)
{
    static const char *const names[] = {"latin1",    "UTF-16",    "UTF-16BE",
                                        "SHIFT_JIS", "GB18030",   "IBM037",
                                        "UTF-32",    "BIG5-HKSCS"};
    struct wn_csv_form form = wn_csv_default_form;
    struct wn_error error = {0};
    size_t rejected;

    if (length < 2)
        return 0;
    form.encoding = names[(unsigned char)bytes[0] % 8];
    bytes++;
    length--;
    struct wn_csv *csv = open_both(bytes, length, form, &rejected);
    const size_t rows = csv ? csv->rows : 0;
    if (rows) {
        struct wn_encoding *encoding =
            wn_encoding_open(csv->encoding, "", 0, &error);
        uint64_t *place = calloc(rows + 1, sizeof *place);

        fuzz_need(encoding && place);
        wn_csv_to_source(csv, csv->offset, rows + 1, place);
        for (size_t r = 0; r < rows; r++) {
            struct wn_text text = {0};

            fuzz_need(place[r] < place[r + 1] && place[r + 1] <= length);
            const size_t size = (size_t)(place[r + 1] - place[r]);
            /* Bytes that are not of the encoding were replaced. */
            if (wn_encoding_decode(encoding, bytes + place[r], size, &text) ==
                size) {
                const char *end = text.bytes + text.length;
                const char *feed = end;

                /* Up to records that are left out behind it. */
                while (feed > text.bytes &&
                       (feed[-1] == '\n' || feed[-1] == '\r'))
                    feed--;
                for (const char *at = feed;; at--) {
                    if (wn_hash_bits(text.bytes, (size_t)(at - text.bytes)) ==
                        csv->hash[r])
                        break;
                    fuzz_need(at > text.bytes);
                }
            }
            wn_text_free(&text);
        }
        free(place);
        wn_encoding_close(encoding);
    }
    wn_csv_close(csv);
    return rows > 0;
}
