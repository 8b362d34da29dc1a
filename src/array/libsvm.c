/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of LIBSVM; see libsvm.h. Two passes: the first checks everything, takes
 * labels and finds the highest index, the second writes rows of that length. */
#include "array/libsvm.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/text.h"

enum {
    PIECE = 1 << 20,
    LINE_MOST = 1 << 30,
    TOLD_BYTES = 60,
    DENSE_MOST = 1032 /* how much larger rows may be than their text */
};

struct text {
    const char *name;
    int descriptor;
    uint64_t size;
    char *bytes;
    size_t room, used, at;
    uint64_t next;  /* place in the file behind `bytes` */
    uint64_t line;  /* of the line at hand, from 1 */
    uint64_t place; /* where it begins */
    struct wn_error *error;
};

/* One line without its end: 1; 0 at the end, -1 on failure. */
static int libsvm_next_line(struct text *text, const char **line,
                            size_t *length)
{
    for (;;) {
        char *end = text->bytes ? memchr(text->bytes + text->at, '\n',
                                         text->used - text->at)
                                : NULL;
        const uint64_t left = text->size - text->next;

        if (end || (left == 0 && text->at < text->used)) {
            const size_t whole =
                end ? (size_t)(end - text->bytes) + 1 : text->used;

            *line = text->bytes + text->at;
            *length = whole - text->at - (end != NULL);
            if (*length && (*line)[*length - 1] == '\r')
                --*length;
            text->place = text->next - (text->used - text->at);
            text->at = whole;
            text->line++;
            return 1;
        }
        if (left == 0)
            return 0;
        text->used -= text->at;
        if (text->used)
            memmove(text->bytes, text->bytes + text->at, text->used);
        text->at = 0;
        if (text->used >= LINE_MOST)
            return wn_fail(text->error, WN_EDATA,
                           "%s:%llu: a line of more "
                           "than 1 GiB",
                           text->name, (unsigned long long)text->line + 1);
        const size_t more = left < PIECE ? (size_t)left : PIECE;
        wn_grow(&text->bytes, &text->room, text->used + more, 1);
        if (wn_read_at(text->descriptor, text->bytes + text->used, more,
                       text->next, text->name, text->error))
            return -1;
        text->used += more;
        text->next += more;
    }
}

static void rewind_text(struct text *text)
{
    text->used = text->at = 0;
    text->next = text->line = 0;
}

/* --- a line -------------------------------------------------------------- */

struct word {
    const char *text;
    size_t length;
};

/* The word at or behind *at; false at the end or a comment. */
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

static int libsvm_refuse(const struct text *text, const struct word *word,
                         const char *wanted)
{
    return wn_fail(text->error, WN_EDATA, "%s:%llu: found '%.*s', wanted %s",
                   text->name, (unsigned long long)text->line,
                   (int)(word->length < TOLD_BYTES ? word->length : TOLD_BYTES),
                   word->text, wanted);
}

/* index:value, the index at least `least`. */
static int parse_pair(const struct text *text, const struct word *word,
                      size_t least, size_t *index, double *value)
{
    const char *colon = memchr(word->text, ':', word->length);
    const size_t digits = colon ? (size_t)(colon - word->text) : 0;

    *index = 0;
    for (size_t c = 0; c < digits; c++) {
        if (word->text[c] < '0' || word->text[c] > '9')
            return libsvm_refuse(text, word, "index:value");
        *index = *index * 10 + (size_t)(word->text[c] - '0');
        if (*index > WN_LIBSVM_INDEX)
            return libsvm_refuse(text, word, "an index of at most 1048576");
    }
    if (digits == 0 ||
        !wn_number_parse(colon + 1, word->length - digits - 1, value))
        return libsvm_refuse(text, word, "index:value");
    if (*index < least)
        return libsvm_refuse(text, word, "indices that ascend");
    if (!(fabs(*value) <= FLT_MAX))
        return libsvm_refuse(text, word, "a number within those of 4 bytes");
    return 0;
}

/* --- the first pass ------------------------------------------------------ */

struct first {
    struct text *text;
    struct wn_libsvm *libsvm;
    struct wn_array_sink label, group;
    size_t offset_room, line_room, hash_room;
    size_t end;  /* one behind the highest index */
    bool zero;   /* there is an index 0 */
    bool narrow; /* all values are floats of 4 bytes */
};

static int libsvm_take_label(struct first *first, const struct word *word,
                             const char *end)
{
    struct wn_libsvm *libsvm = first->libsvm;
    const char behind =
        word->text + word->length < end ? word->text[word->length] : '\0';
    char name[32];
    double value;

    if (memchr(word->text, ':', word->length))
        return libsvm_refuse(first->text, word, "a label first");
    if (!wn_number_parse(word->text, word->length, &value))
        return libsvm_refuse(first->text, word, "one number as label");
    if (behind && !libsvm->delimiter)
        libsvm->delimiter = behind;
    if (behind && behind != libsvm->delimiter)
        return wn_fail(first->text->error, WN_EDATA,
                       "%s:%llu: found a %s behind the label, wanted a %s as "
                       "in the rows before",
                       first->text->name, (unsigned long long)first->text->line,
                       behind == ' ' ? "blank" : "TAB",
                       behind == ' ' ? "TAB" : "blank");
    return wn_array_put_text(&first->label, name, wn_number_format(value, name),
                             first->text->error);
}

/* All rows have one or none has. */
static int take_group(struct first *first, const struct word *word,
                      bool *is_group)
{
    static const char key[] = "qid:";
    const size_t before = sizeof key - 1;
    const bool here =
        word && word->length > before && memcmp(word->text, key, before) == 0;
    const bool wanted = first->libsvm->group.name != NULL;
    struct wn_error *error = first->text->error;

    *is_group = here;
    if (first->libsvm->rows == 0 && here &&
        (wn_array_begin(&first->libsvm->group, first->text->name, error) ||
         wn_array_sink_open(&first->group, &first->libsvm->group)))
        return -1;
    if (first->libsvm->rows && here != wanted)
        return wn_fail(error, WN_EDATA,
                       "%s:%llu: found %s qid, wanted one in "
                       "all rows or in none",
                       first->text->name, (unsigned long long)first->text->line,
                       here ? "a" : "no");
    return here ? wn_array_put_text(&first->group, word->text + before,
                                    word->length - before, error)
                : 0;
}

static int take_pairs(struct first *first, const char *at, const char *end)
{
    struct word word;
    bool more = next_word(&at, end, &word), is_group;
    size_t least = 0, index;

    if (take_group(first, more ? &word : NULL, &is_group))
        return -1;
    if (is_group)
        more = next_word(&at, end, &word);
    for (; more; more = next_word(&at, end, &word)) {
        double value;

        if (parse_pair(first->text, &word, least, &index, &value))
            return -1;
        first->narrow = first->narrow && (double)(float)value == value;
        first->zero = first->zero || index == 0;
        least = index + 1;
    }
    if (least > first->end)
        first->end = least;
    return 0;
}

static int take_line(struct first *first, const char *line, size_t length)
{
    struct wn_libsvm *libsvm = first->libsvm;
    const char *at = line, *end = line + length;
    const size_t row = libsvm->rows;
    struct word word;

    if (!next_word(&at, end, &word))
        return 0;
    if (wn_grow(&libsvm->offset, &first->offset_room, row + 2,
                sizeof *libsvm->offset) ||
        wn_grow(&libsvm->line, &first->line_room, row + 1,
                sizeof *libsvm->line) ||
        wn_grow(&libsvm->hash, &first->hash_room, row + 1,
                sizeof *libsvm->hash) ||
        libsvm_take_label(first, &word, end) || take_pairs(first, at, end))
        return -1;
    libsvm->offset[row] = first->text->place + (uint64_t)(word.text - line);
    libsvm->offset[row + 1] =
        first->text->next - (first->text->used - first->text->at);
    libsvm->line[row] = first->text->line;
    libsvm->hash[row] = wn_hash_bits(word.text, (size_t)(end - word.text));
    libsvm->rows++;
    return 0;
}

static int first_pass(struct first *first)
{
    struct wn_libsvm *libsvm = first->libsvm;
    struct wn_error *error = first->text->error;
    const char *line;
    size_t length;
    int status;

    if (wn_array_begin(&libsvm->label, first->text->name, error) ||
        wn_array_sink_open(&first->label, &libsvm->label))
        return -1;
    do
        status = libsvm_next_line(first->text, &line, &length);
    while (status == 1 && (status = take_line(first, line, length)) == 0);
    if (first->group.buffer &&
        wn_array_sink_close(&first->group, status == 0, error))
        status = -1;
    if (wn_array_sink_close(&first->label, status == 0, error))
        status = -1;
    if (status == 0 && libsvm->rows == 0)
        status =
            wn_fail(error, WN_EDATA, "%s: found no rows", first->text->name);
    return status;
}

/* --- the second ---------------------------------------------------------- */

/* The file may have changed since: only base .. base+d-1 is believed. */
static void libsvm_fill_row(const struct text *text, const char *line,
                            size_t length, double *row, size_t base, size_t d)
{
    const char *at = line, *end = line + length;
    struct word word;
    size_t index;
    double value;

    if (!next_word(&at, end, &word))
        return;
    while (next_word(&at, end, &word))
        if (*word.text != 'q' &&
            parse_pair(text, &word, base, &index, &value) == 0 &&
            index - base < d)
            row[index - base] = value;
}

static int libsvm_put_row(struct wn_array_sink *sink, double *row, size_t d,
                          struct wn_error *error)
{
    for (size_t j = 0; j < d; j++) {
        const float narrow = (float)row[j];

        if (sink->array->width == 4
                ? wn_array_put(sink, &narrow, sizeof narrow, error)
                : wn_array_put(sink, &row[j], sizeof row[j], error))
            return -1;
    }
    return 0;
}

static int second_pass(struct text *text, struct wn_libsvm *libsvm, size_t base)
{
    const size_t d = libsvm->features.columns;
    struct wn_array_sink sink;
    double *row = wn_new(d, sizeof *row);
    const char *line;
    size_t length, rows = 0;
    int status;

    if (!row || wn_array_sink_open(&sink, &libsvm->features)) {
        free(row);
        return -1;
    }
    rewind_text(text);
    while ((status = libsvm_next_line(text, &line, &length)) == 1) {
        if (rows == libsvm->rows || text->line != libsvm->line[rows])
            continue;
        memset(row, 0, d * sizeof *row);
        libsvm_fill_row(text, line, length, row, base, d);
        if (libsvm_put_row(&sink, row, d, text->error)) {
            status = -1;
            break;
        }
        rows++;
    }
    free(row);
    return wn_array_sink_close(&sink, status == 0, text->error);
}

static int read_features(struct text *text, struct wn_libsvm *libsvm,
                         const struct first *first)
{
    struct wn_array *array = &libsvm->features;
    const size_t base = first->zero ? 0 : 1;
    const size_t d = first->end > base ? first->end - base : 0;

    if (d == 0)
        return wn_fail(text->error, WN_EDATA, "%s: found no features",
                       text->name);
    if (wn_array_begin(array, text->name, text->error))
        return -1;
    array->rank = 2;
    array->extent[0] = libsvm->rows;
    array->extent[1] = d;
    array->width = first->narrow ? 4 : 8;
    if (!wn_array_shape(array) ||
        wn_product(libsvm->rows, d, array->width) / DENSE_MOST > text->size)
        return wn_fail(text->error, WN_EDATA,
                       "%s: %zu rows of %zu features "
                       "each in %llu bytes: sparser than it is read here",
                       text->name, libsvm->rows, d,
                       (unsigned long long)text->size);
    return second_pass(text, libsvm, base);
}

static void shape_column(struct wn_array *array, size_t rows)
{
    array->text = true;
    array->rank = 1;
    array->extent[0] = array->rows = rows;
    array->columns = 1;
}

static int read_all(struct text *text, struct wn_libsvm *libsvm)
{
    struct first first = {.text = text, .libsvm = libsvm, .narrow = true};

    if (first_pass(&first) || read_features(text, libsvm, &first) ||
        wn_file_digest(text->descriptor, text->name, text->size, libsvm->digest,
                       text->error))
        return -1;
    libsvm->size = text->size;
    if (!libsvm->delimiter)
        libsvm->delimiter = ' ';
    shape_column(&libsvm->label, libsvm->rows);
    if (libsvm->group.name)
        shape_column(&libsvm->group, libsvm->rows);
    return 0;
}

int wn_libsvm_read(const char *path, struct wn_libsvm *libsvm,
                   struct wn_error *error)
{
    struct text text = {.name = wn_input_name(path), .error = error};
    struct stat about;
    int status = -1;

    *libsvm = (struct wn_libsvm){0};
    text.descriptor = wn_input_open(path, NULL, error);
    if (text.descriptor < 0)
        return -1;
    if (fstat(text.descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot look at", text.name);
    } else {
        text.size = (uint64_t)about.st_size;
        status = read_all(&text, libsvm);
    }
    close(text.descriptor);
    free(text.bytes);
    if (status)
        wn_libsvm_free(libsvm);
    return status;
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
