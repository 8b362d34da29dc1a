/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading LIBSVM text; see libsvm.h. The first of two passes checks everything,
 * reads the labels and finds the highest index; the second writes the rows. */
#include "array/libsvm.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

enum {
    PIECE = 1 << 20,
    LINE_MAX_BYTES = 1 << 30,
    SHOWN_BYTES = 60, /* of a word in a message */
    DENSE_MAX = 1032  /* bytes of the dense matrix per byte of text */
};

struct line_reader {
    const char *name;
    int descriptor;
    uint64_t size; /* of the file */
    char *bytes;
    size_t capacity, used, at;
    uint64_t next;  /* offset in the file after `bytes` */
    uint64_t line;  /* number of the current line, from 1 */
    uint64_t begin; /* its offset in the file */
    struct wn_error *error;
};

/* Read a line without its end: 1; 0 at the end of the file, -1 on failure. */
static int libsvm_next_line(struct line_reader *reader, const char **line,
                            size_t *length)
{
    for (;;) {
        char *end =
            memchr(reader->bytes + reader->at, '\n', reader->used - reader->at);
        const uint64_t left = reader->size - reader->next;

        if (end || (left == 0 && reader->at < reader->used)) {
            const size_t whole =
                end ? (size_t)(end - reader->bytes) + 1 : reader->used;

            *line = reader->bytes + reader->at;
            *length = whole - reader->at - (end != NULL);
            if (*length && (*line)[*length - 1] == '\r')
                --*length;
            reader->begin = reader->next - (reader->used - reader->at);
            reader->at = whole;
            reader->line++;
            return 1;
        }
        if (left == 0)
            return 0;
        reader->used -= reader->at;
        if (reader->used)
            memmove(reader->bytes, reader->bytes + reader->at, reader->used);
        reader->at = 0;
        if (reader->used >= LINE_MAX_BYTES)
            return wn_fail(reader->error, WN_EDATA,
                           "%s:%llu: found a line of more than 1 GiB",
                           reader->name, (unsigned long long)reader->line + 1);
        const size_t more = left < PIECE ? (size_t)left : PIECE;
        wn_grow(&reader->bytes, &reader->capacity, reader->used + more, 1);
        if (wn_read_at(reader->descriptor, reader->bytes + reader->used, more,
                       reader->next, reader->name, reader->error))
            return -1;
        reader->used += more;
        reader->next += more;
    }
}

/* --- words of a line ----------------------------------------------------- */

struct word {
    const char *text;
    size_t length;
};

/* The word at or after *at; false at the end of the line or a comment. */
static bool next_word(const char **at, const char *end, struct word *word)
{
    while (*at < end && wn_is_blank(**at))
        ++*at;
    if (*at == end || **at == '#')
        return false;
    word->text = *at;
    while (*at < end && !wn_is_blank(**at))
        ++*at;
    word->length = (size_t)(*at - word->text);
    return true;
}

static int refuse_word(const struct line_reader *reader,
                       const struct word *word, const char *wanted)
{
    return wn_fail(
        reader->error, WN_EDATA, "%s:%llu: found '%.*s', wanted %s",
        reader->name, (unsigned long long)reader->line,
        (int)(word->length < SHOWN_BYTES ? word->length : SHOWN_BYTES),
        word->text, wanted);
}

/* Parse index:value, with an index of `min` or more. */
static int parse_pair(const struct line_reader *reader, const struct word *word,
                      size_t min, size_t *index, double *value)
{
    const char *colon = memchr(word->text, ':', word->length);
    const size_t digits = colon ? (size_t)(colon - word->text) : 0;

    *index = 0;
    for (size_t c = 0; c < digits; c++) {
        if (word->text[c] < '0' || word->text[c] > '9')
            return refuse_word(reader, word, "index:value");
        *index = *index * 10 + (size_t)(word->text[c] - '0');
        if (*index > WN_LIBSVM_INDEX)
            return refuse_word(reader, word, "an index of at most 1048576");
    }
    if (digits == 0 ||
        !wn_number_parse(colon + 1, word->length - digits - 1, value))
        return refuse_word(reader, word, "index:value");
    if (*index < min)
        return refuse_word(reader, word, "indices that ascend");
    if (!(fabs(*value) <= FLT_MAX))
        return refuse_word(reader, word,
                           "a number in the range of 4-byte floats");
    return 0;
}

/* --- the first pass ------------------------------------------------------ */

struct first_pass {
    struct line_reader *reader;
    struct wn_libsvm *libsvm;
    struct wn_array_sink label, group;
    size_t offset_capacity, line_capacity, hash_capacity;
    size_t end;  /* one beyond the highest index */
    bool zero;   /* index 0 occurs */
    bool narrow; /* all values are exact as f32 */
};

static int scan_line(struct first_pass *pass, const char *line, size_t length)
{
    struct wn_libsvm *libsvm = pass->libsvm;
    const struct line_reader *reader = pass->reader;
    const char *at = line, *end = line + length;
    const size_t row = libsvm->rows;
    size_t min = 0, index = 0;
    static const char key[] = "qid:";
    const size_t skip = sizeof key - 1;
    struct word label, word;
    char name[32];
    bool more, is_group;
    double value = 0;

    if (!next_word(&at, end, &label))
        return 0;
    const char behind =
        label.text + label.length < end ? label.text[label.length] : '\0';
    if (memchr(label.text, ':', label.length))
        return refuse_word(reader, &label, "a label first");
    if (!wn_number_parse(label.text, label.length, &value))
        return refuse_word(reader, &label, "one number as label");
    if (behind && !libsvm->delimiter)
        libsvm->delimiter = behind;
    if (behind && behind != libsvm->delimiter)
        return wn_fail(reader->error, WN_EDATA,
                       "%s:%llu: found a %s behind the label, wanted a %s as "
                       "in the rows before",
                       reader->name, (unsigned long long)reader->line,
                       behind == ' ' ? "blank" : "TAB",
                       behind == ' ' ? "TAB" : "blank");
    if (wn_array_put_text(&pass->label, name, wn_number_format(value, name),
                          reader->error))
        return -1;
    more = next_word(&at, end, &word);
    /* Either all rows have a group or none has. */
    is_group = more && word.length > skip && memcmp(word.text, key, skip) == 0;
    if (row == 0 && is_group) {
        if (wn_array_begin(&libsvm->group, reader->name, reader->error))
            return -1;
        wn_array_sink_open(&pass->group, &libsvm->group);
    }
    if (is_group != (libsvm->group.name != NULL))
        return wn_fail(reader->error, WN_EDATA,
                       "%s:%llu: found %s qid, wanted one in all rows or in "
                       "none",
                       reader->name, (unsigned long long)reader->line,
                       is_group ? "a" : "no");
    if (is_group) {
        if (wn_array_put_text(&pass->group, word.text + skip,
                              word.length - skip, reader->error))
            return -1;
        more = next_word(&at, end, &word);
    }
    for (; more; more = next_word(&at, end, &word)) {
        if (parse_pair(reader, &word, min, &index, &value))
            return -1;
        pass->narrow = pass->narrow && (double)(float)value == value;
        pass->zero = pass->zero || index == 0;
        min = index + 1;
    }
    if (min > pass->end)
        pass->end = min;
    wn_grow(&libsvm->offset, &pass->offset_capacity, row + 2,
            sizeof *libsvm->offset);
    wn_grow(&libsvm->line, &pass->line_capacity, row + 1, sizeof *libsvm->line);
    wn_grow(&libsvm->hash, &pass->hash_capacity, row + 1, sizeof *libsvm->hash);
    libsvm->offset[row] = reader->begin + (uint64_t)(label.text - line);
    libsvm->offset[row + 1] = reader->next - (reader->used - reader->at);
    libsvm->line[row] = reader->line;
    libsvm->hash[row] = wn_hash_bits(label.text, (size_t)(end - label.text));
    libsvm->rows++;
    return 0;
}

/* --- the second pass ----------------------------------------------------- */

/* Write the dense rows. The file may have changed since the first pass, so
 * only indices base .. base+d-1 are used. */
static int write_features(const struct first_pass *pass)
{
    struct line_reader *reader = pass->reader;
    struct wn_libsvm *libsvm = pass->libsvm;
    struct wn_array *array = &libsvm->features;
    const size_t base = pass->zero ? 0 : 1;
    const size_t d = pass->end > base ? pass->end - base : 0;
    struct wn_array_sink sink;
    double *row, value = 0;
    const char *at = "";
    size_t length = 0, index, rows = 0;
    struct word word;
    int status;

    if (d == 0)
        return wn_fail(reader->error, WN_EDATA, "%s: found no features",
                       reader->name);
    if (wn_array_begin(array, reader->name, reader->error))
        return -1;
    array->rank = 2;
    array->extent[0] = libsvm->rows;
    array->extent[1] = d;
    array->width = pass->narrow ? 4 : 8;
    if (!wn_array_shape(array) ||
        wn_product(libsvm->rows, d, array->width) / DENSE_MAX > reader->size)
        return wn_fail(reader->error, WN_EDATA,
                       "%s: %zu rows of %zu features each in %llu bytes: too "
                       "sparse for a dense matrix",
                       reader->name, libsvm->rows, d,
                       (unsigned long long)reader->size);
    row = wn_new(d, sizeof *row);
    wn_array_sink_open(&sink, array);
    reader->used = reader->at = 0;
    reader->next = reader->line = 0;
    while ((status = libsvm_next_line(reader, &at, &length)) == 1) {
        const char *end = at + length;

        if (rows == libsvm->rows || reader->line != libsvm->line[rows])
            continue;
        memset(row, 0, d * sizeof *row);
        if (next_word(&at, end, &word))
            while (next_word(&at, end, &word))
                if (*word.text != 'q' &&
                    parse_pair(reader, &word, base, &index, &value) == 0 &&
                    index - base < d)
                    row[index - base] = value;
        status = 0;
        for (size_t j = 0; j < d && status == 0; j++)
            status = wn_array_put_number(&sink, row[j], reader->error);
        if (status)
            break;
        rows++;
    }
    free(row);
    return wn_array_sink_close(&sink, status == 0, reader->error);
}

static void shape_column(struct wn_array *array, size_t rows)
{
    array->text = true;
    array->rank = 1;
    array->extent[0] = array->rows = rows;
    array->columns = 1;
}

int wn_libsvm_read(const char *path, struct wn_libsvm *libsvm,
                   struct wn_error *error)
{
    struct line_reader reader = {.name = wn_input_name(path), .error = error};
    struct first_pass pass = {
        .reader = &reader, .libsvm = libsvm, .narrow = true};
    const char *line = "";
    size_t length = 0;
    int status = -1;

    *libsvm = (struct wn_libsvm){0};
    reader.descriptor = wn_input_open(path, NULL, error);
    if (reader.descriptor < 0)
        return -1;
    if (wn_file_size(reader.descriptor, reader.name, &reader.size, error) ==
            0 &&
        wn_array_begin(&libsvm->label, reader.name, error) == 0) {
        libsvm->size = reader.size;
        wn_grow(&reader.bytes, &reader.capacity, 1, 1);
        wn_array_sink_open(&pass.label, &libsvm->label);
        do
            status = libsvm_next_line(&reader, &line, &length);
        while (status == 1 && (status = scan_line(&pass, line, length)) == 0);
        if (pass.group.buffer &&
            wn_array_sink_close(&pass.group, status == 0, error))
            status = -1;
        if (wn_array_sink_close(&pass.label, status == 0, error))
            status = -1;
        if (status == 0 && libsvm->rows == 0)
            status = wn_fail(error, WN_EDATA, "%s: found no rows", reader.name);
        if (status == 0)
            status = write_features(&pass);
        if (status == 0)
            status = wn_file_digest(reader.descriptor, reader.name, reader.size,
                                    libsvm->digest, error);
    }
    close(reader.descriptor);
    free(reader.bytes);
    if (status) {
        wn_libsvm_free(libsvm);
        return -1;
    }
    if (!libsvm->delimiter)
        libsvm->delimiter = ' ';
    shape_column(&libsvm->label, libsvm->rows);
    if (libsvm->group.name)
        shape_column(&libsvm->group, libsvm->rows);
    return 0;
}

void wn_libsvm_free(struct wn_libsvm *libsvm)
{
    wn_array_free(&libsvm->features);
    wn_array_free(&libsvm->label);
    wn_array_free(&libsvm->group);
    free(libsvm->offset);
    free(libsvm->line);
    free(libsvm->hash);
    *libsvm = (struct wn_libsvm){0};
}
