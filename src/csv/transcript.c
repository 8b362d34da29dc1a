/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transcripts: a file in another encoding, or of JSON Lines, as CSV in UTF-8,
 * line by line, in a temporary file.
 *
 *     source      p \\0 ; \\0 \\n \\0 \\374 \\0 ; \\0 \\n \\0
 *     transcript  p ; \\n ü ; \\n
 *
 * All that is read later is the transcript. Records begin and end where lines
 * do, so a list of the lines leads back to the bytes of the source.
 *
 * JSON Lines are read twice: for the keys, in the order of their first values,
 * which become the columns, and for the records. A record's hash is that of its
 * line. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/csv_private.h"
#include "csv/json_record.h"
#include "util/file.h"
#include "util/memory.h"

enum { PIECE = 1 << 20 };

static void add_part(struct wn_transcript *transcript,
                     struct wn_transcript_part part)
{
    wn_grow(&transcript->part, &transcript->capacity, transcript->count + 1,
            sizeof part);
    transcript->part[transcript->count++] = part;
}

uint64_t wn_transcript_find(const struct wn_transcript *transcript,
                            uint64_t own)
{
    size_t low = 0, high = transcript->count;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (transcript->part[middle].own <= own)
            low = middle;
        else
            high = middle;
    }
    return transcript->part[low].source;
}

void wn_transcript_free(struct wn_transcript *transcript)
{
    if (transcript->descriptor >= 0)
        close(transcript->descriptor);
    free(transcript->part);
    wn_encoding_close(transcript->encoding);
}

/* The end of the first line of text[from..length), after its line feed, which
 * stands at a multiple of its own size; 0 if there is none. */
static size_t find_line_end(const char *text, size_t from, size_t length,
                            const struct wn_text *feed)
{
    const size_t unit = feed->length;

    for (size_t at = from; at + unit <= length; at += unit) {
        const char *next = memchr(text + at, feed->bytes[0], length - at);

        if (!next)
            break;
        at = (size_t)(next - text) / unit * unit;
        if (at + unit <= length && memcmp(text + at, feed->bytes, unit) == 0)
            return at + unit;
    }
    return 0;
}

/* Where a transcript is being made. */
struct writing {
    struct wn_transcript *transcript;
    const struct wn_window *file;
    const struct wn_csv_form *form;
    int descriptor; /* of the temporary file */
    struct wn_text out;
    uint64_t written; /* bytes before those in `out` */
    uint64_t line;
    /* Of JSON Lines: */
    struct wn_json_record record;
    struct wn_dictionary column;
    struct wn_cell *cell; /* of each column, in the record */
    bool reported;        /* malformed lines, by the first reading */
};

/* Take one line, or the rest of the file, at byte `at` of it. */
typedef int take_line(struct writing *writing, const char *text, size_t length,
                      uint64_t at, struct wn_error *error);

static int flush(struct writing *writing, size_t least, struct wn_error *error)
{
    if (writing->out.length < least)
        return 0;
    if (wn_temporary_write(writing->descriptor, writing->out.bytes,
                           writing->out.length, writing->file->name, error))
        return -1;
    writing->written += writing->out.length;
    writing->out.length = 0;
    return 0;
}

/* Take the lines of the file from byte `at` on. */
static int walk_lines(struct writing *writing, uint64_t at,
                      const struct wn_text *feed, take_line *take,
                      struct wn_error *error)
{
    struct wn_window window = *writing->file;
    size_t want = PIECE;
    int status = 0;

    window.bytes = NULL;
    window.capacity = 0;
    writing->line = 1;
    while (at < window.size && status == 0) {
        status = wn_window_load(&window, at, want, error);
        if (status)
            break;
        const bool last = at + window.length == window.size;
        size_t begin = 0;
        while (begin < window.length && status == 0) {
            size_t end =
                find_line_end(window.bytes, begin, window.length, feed);

            if (end == 0 && !last)
                break;
            end = end ? end : window.length;
            status = take(writing, window.bytes + begin, end - begin,
                          at + begin, error);
            writing->line++;
            begin = end;
            if (status == 0)
                status = flush(writing, PIECE, error);
        }
        want = begin ? PIECE : 2 * want;
        if (status == 0 && begin == 0 &&
            window.length > writing->form->max_record)
            status = wn_fail(error, WN_EDATA,
                             "%s:%llu: found a line of more than %zu bytes, "
                             "wanted at most that (--max-record)",
                             window.name, (unsigned long long)writing->line,
                             writing->form->max_record);
        at += begin;
    }
    wn_window_free(&window);
    return status;
}

/* The transcript is written: close it, and take the digest of the source. */
static int finish(struct writing *writing, struct wn_window *file,
                  struct wn_error *error)
{
    struct wn_transcript *transcript = writing->transcript;

    if (flush(writing, 0, error) ||
        wn_file_digest(file->descriptor, file->name, file->size,
                       transcript->digest, error))
        return -1;
    add_part(transcript, (struct wn_transcript_part){.own = writing->written,
                                                     .source = file->size});
    transcript->descriptor = file->descriptor;
    transcript->size = file->size;
    file->descriptor = writing->descriptor;
    file->size = writing->written;
    writing->descriptor = -1;
    return wn_window_load(file, 0, file->step, error);
}

/* --- other encodings ----------------------------------------------------- */

/* No character but the line feed has its bytes, in any encoding without a
 * state, so a character ends with its line. */
static int decode_line(struct writing *writing, const char *text, size_t length,
                       uint64_t at, struct wn_error *error)
{
    struct wn_encoding *encoding = writing->transcript->encoding;
    const size_t begin = writing->out.length;
    size_t done = 0;

    while (done < length) {
        done += wn_encoding_decode(encoding, text + done, length - done,
                                   &writing->out);
        if (done == length)
            break;
        if (!writing->form->reject)
            return wn_fail(
                error, WN_EDATA,
                "%s:%llu: found 0x%02x at byte %zu of the line, byte "
                "%llu of the file, wanted text in %s: another "
                "--encoding?",
                writing->file->name, (unsigned long long)writing->line,
                (unsigned char)text[done], done + 1,
                (unsigned long long)at + done + 1, encoding->name);
        /* The record will be left out, because this is no UTF-8. */
        wn_text_add(&writing->out, "\xff", 1);
        done += encoding->feed.length;
    }
    add_part(writing->transcript,
             (struct wn_transcript_part){.own = writing->written + begin,
                                         .source = at});
    return 0;
}

int wn_transcript_decode(struct wn_transcript *transcript,
                         struct wn_window *file, const struct wn_csv_form *form,
                         struct wn_error *error)
{
    struct writing writing = {
        .transcript = transcript, .file = file, .form = form};

    transcript->encoding =
        wn_encoding_open(form->encoding, file->bytes, file->length, error);
    if (!transcript->encoding)
        return -1;
    writing.descriptor = wn_temporary(error);
    const int status =
        writing.descriptor < 0 ||
                walk_lines(&writing, transcript->encoding->mark,
                           &transcript->encoding->feed, decode_line, error) ||
                finish(&writing, file, error)
            ? -1
            : 0;
    wn_text_free(&writing.out);
    if (writing.descriptor >= 0)
        close(writing.descriptor);
    return status;
}

/* --- JSON Lines ---------------------------------------------------------- */

/* Read one line as a record. 1; 0 if it is malformed and left out, -1. */
static int read_json(struct writing *writing, const char *text, size_t length,
                     struct wn_error *error)
{
    const struct wn_csv_form *form = writing->form;
    const struct wn_json_record *record = &writing->record;
    struct wn_error wrong = {0};
    enum wn_csv_break broken = WN_BREAK_JSON;

    if (wn_json_read(text, length, &writing->record, &wrong))
        wn_fail(&wrong, WN_EDATA, "%s:%llu", writing->file->name,
                (unsigned long long)writing->line);
    for (size_t f = 0; f < record->count && !wrong.code; f++) {
        const struct wn_json_leaf *leaf = &record->leaf[f];
        const char *path = record->bytes.bytes + leaf->path;

        if (leaf->path_length > WN_CSV_NAME)
            wn_fail(&wrong, WN_EDATA,
                    "%s:%llu: byte %zu: found a name of more than 1,024 bytes, "
                    "wanted at most that",
                    writing->file->name, (unsigned long long)writing->line,
                    leaf->begin + 1);
        if (leaf->length > form->max_field) {
            wn_fail(&wrong, WN_EDATA,
                    "%s:%llu: column %.*s: found a field of more than %zu "
                    "bytes, wanted at most that (--max-field)",
                    writing->file->name, (unsigned long long)writing->line,
                    wn_text_shown(leaf->path_length), path, form->max_field);
            broken = WN_BREAK_LONG_FIELD;
        }
    }
    if (!wrong.code)
        return 1;
    if (!form->reject) {
        *error = wrong;
        return -1;
    }
    if (!writing->reported)
        form->reject(form->context, broken, wrong.text);
    return 0;
}

/* Whether value f of a record is of column f: most lines have the keys of the
 * line before. */
static bool is_in_place(const struct writing *writing, size_t f)
{
    const struct wn_dictionary *column = &writing->column;
    const struct wn_json_leaf *leaf = &writing->record.leaf[f];

    return f < column->count && column->value[f].length == leaf->path_length &&
           memcmp(wn_dictionary_text(column, f),
                  writing->record.bytes.bytes + leaf->path,
                  leaf->path_length) == 0;
}

/* The first reading: which columns there are. */
static int take_keys(struct writing *writing, const char *text, size_t length,
                     uint64_t at, struct wn_error *error)
{
    const struct wn_json_record *record = &writing->record;
    struct wn_dictionary *column = &writing->column;

    (void)at;
    length = wn_text_without_line_end(text, length);
    const int status = length ? read_json(writing, text, length, error) : 0;
    for (size_t f = 0; f < record->count && status > 0; f++) {
        const struct wn_json_leaf *leaf = &record->leaf[f];
        const char *path = record->bytes.bytes + leaf->path;

        if (is_in_place(writing, f))
            continue;
        wn_dictionary_add(column, path, leaf->path_length, 1, 0);
        if (column->count > writing->form->max_columns)
            return wn_fail(error, WN_EDATA,
                           "%s:%llu: found more than %zu columns, wanted at "
                           "most that (--max-columns)",
                           writing->file->name,
                           (unsigned long long)writing->line,
                           writing->form->max_columns);
    }
    return status < 0 ? -1 : 0;
}

/* Write one record, which is never an empty line. */
static void write_cells(struct writing *writing)
{
    const size_t columns = writing->column.count;
    struct wn_text *out = &writing->out;

    if (columns == 1 && writing->cell[0].length == 0)
        wn_text_add(out, "\"\"", 2);
    for (size_t c = 0; c < columns; c++) {
        if (c)
            wn_text_add(out, ",", 1);
        wn_field_write(out, writing->cell[c].text, writing->cell[c].length,
                       ',');
    }
    wn_text_add(out, "\n", 1);
}

/* The second reading. A malformed line becomes a record, too, which is left out
 * later. */
static int take_record(struct writing *writing, const char *text, size_t length,
                       uint64_t at, struct wn_error *error)
{
    const struct wn_json_record *record = &writing->record;
    const struct wn_dictionary *column = &writing->column;

    length = wn_text_without_line_end(text, length);
    if (length == 0)
        return 0;
    const int status = read_json(writing, text, length, error);
    if (status < 0)
        return -1;
    for (size_t c = 0; c < column->count; c++)
        writing->cell[c] = (struct wn_cell){"", 0};
    for (size_t f = 0; f < record->count && status > 0; f++) {
        const struct wn_json_leaf *leaf = &record->leaf[f];
        const char *path = record->bytes.bytes + leaf->path;
        const long c =
            is_in_place(writing, f)
                ? (long)f
                : wn_dictionary_find(column, path, leaf->path_length);

        if (c < 0)
            return wn_fail(error, WN_EIO, "%s: changed while it was being read",
                           writing->file->name);
        writing->cell[c] =
            (struct wn_cell){record->bytes.bytes + leaf->text, leaf->length};
    }
    add_part(writing->transcript,
             (struct wn_transcript_part){.own = writing->written +
                                                writing->out.length,
                                         .source = at,
                                         .line = writing->line,
                                         .hash = wn_hash_bits(text, length),
                                         .out = status == 0});
    write_cells(writing);
    return 0;
}

int wn_transcript_json(struct wn_transcript *transcript, struct wn_window *file,
                       const struct wn_csv_form *form, struct wn_error *error)
{
    static char byte[] = "\n";
    const struct wn_text feed = {byte, 1, 1};
    struct writing writing = {
        .transcript = transcript, .file = file, .form = form};
    struct wn_dictionary *column = &writing.column;
    const uint64_t begin = wn_text_mark(file->bytes, file->length);
    int status = walk_lines(&writing, begin, &feed, take_keys, error);

    if (status == 0 && column->count == 0)
        status = wn_fail(error, WN_EDATA,
                         "%s: found no object with a value, wanted one a line",
                         file->name);
    writing.reported = true;
    writing.descriptor = status ? -1 : wn_temporary(error);
    writing.cell = wn_new(column->count, sizeof *writing.cell);
    for (size_t c = 0; c < column->count; c++)
        writing.cell[c] = (struct wn_cell){wn_dictionary_text(column, c),
                                           column->value[c].length};
    write_cells(&writing);
    status = writing.descriptor < 0 ||
                     walk_lines(&writing, begin, &feed, take_record, error) ||
                     finish(&writing, file, error)
                 ? -1
                 : 0;
    wn_text_free(&writing.out);
    wn_json_record_free(&writing.record);
    wn_dictionary_free(column);
    free(writing.cell);
    if (writing.descriptor >= 0)
        close(writing.descriptor);
    return status;
}
