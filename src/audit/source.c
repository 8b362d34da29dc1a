/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding, checking and copying the audited file; see source.h. */
#include "audit/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "csv/csv.h"
#include "csv/encoding.h"
#include "csv/json_record.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

enum { PIECE = 1 << 20 };

struct wn_source {
    const struct wn_dataset *dataset;
    const struct wn_audit *keeper; /* holds the bytes; NULL: the descriptor */
    enum wn_source_trust trust;
    int descriptor;
    char *name;
    char path[32]; /* of a copy of bytes that the audit keeps; else "" */
    uint64_t size;
    struct timespec changed;
    struct wn_encoding *encoding; /* NULL: UTF-8 */
    struct wn_text line_end;      /* that of the header */
    bool terminated;              /* the last row has a line end */
};

/* ---- the sink ----------------------------------------------------------- */

struct wn_sink {
    int descriptor;
    const char *name;
    char *buffer;
    size_t used;
    bool open_line; /* the last bytes lack their line end */
};

struct wn_sink *wn_sink_new(int descriptor, const char *name)
{
    struct wn_sink *sink = wn_new(1, sizeof *sink);

    sink->descriptor = descriptor;
    sink->name = name;
    sink->buffer = wn_new(PIECE, 1);
    return sink;
}

void wn_sink_free(struct wn_sink *sink)
{
    if (sink)
        free(sink->buffer);
    free(sink);
}

int wn_sink_flush(struct wn_sink *sink, struct wn_error *error)
{
    const size_t used = sink->used;

    sink->used = 0;
    return wn_write_all(sink->descriptor, sink->buffer, used, sink->name,
                        error);
}

static int sink_add(struct wn_sink *sink, const char *bytes, size_t length,
                    struct wn_error *error)
{
    if (length > PIECE - sink->used && wn_sink_flush(sink, error))
        return -1;
    if (length > PIECE)
        return wn_write_all(sink->descriptor, bytes, length, sink->name, error);
    memcpy(sink->buffer + sink->used, bytes, length);
    sink->used += length;
    return 0;
}

/* ---- where rows begin and end ------------------------------------------- */

/* The first range of left_out that ends after `at`. */
static size_t find_left_out(const struct wn_dataset *dataset, uint64_t at)
{
    size_t low = 0, high = dataset->left_outs;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (dataset->left_out[2 * middle + 1] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t row_begin(const struct wn_source *source, size_t row)
{
    return row < source->dataset->n ? source->dataset->row_offset[row]
                                    : source->size;
}

/* The end of a row: the next row, or the records left out before it. */
static uint64_t source_row_end(const struct wn_source *source, size_t row)
{
    const struct wn_dataset *dataset = source->dataset;
    const size_t i = find_left_out(dataset, row_begin(source, row));
    const uint64_t next = row_begin(source, row + 1);

    return i < dataset->left_outs && dataset->left_out[2 * i] < next
               ? dataset->left_out[2 * i]
               : next;
}

/* ---- opening ------------------------------------------------------------ */

static struct wn_source *make_source(const struct wn_dataset *dataset,
                                     const char *name, int descriptor)
{
    struct wn_source *source = wn_new(1, sizeof *source);

    source->dataset = dataset;
    source->descriptor = descriptor;
    source->name = wn_copy_text(name, strlen(name));
    return source;
}

const char *wn_source_name(const struct wn_source *source)
{
    return source->name;
}

const char *wn_source_path(const struct wn_source *source)
{
    return *source->path ? source->path : source->name;
}

void wn_source_close(struct wn_source *source)
{
    if (!source)
        return;
    if (source->descriptor >= 0)
        close(source->descriptor);
    wn_encoding_close(source->encoding);
    wn_text_free(&source->line_end);
    free(source->name);
    free(source);
}

static int open_encoding(struct wn_source *source, struct wn_error *error)
{
    const char *name = source->dataset->encoding;

    if (name)
        source->encoding = wn_encoding_open(name, "", 0, error);
    return name && !source->encoding ? -1 : 0;
}

/* Append UTF-8 text as the source would have it. */
static int source_encode(const struct wn_source *source, const char *text,
                         size_t length, struct wn_text *out,
                         struct wn_error *error)
{
    if (source->encoding)
        return wn_encoding_encode(source->encoding, text, length, out, error);
    wn_text_add(out, text, length);
    return 0;
}

/* Compare size and digest with the audit as far as is asked for, then look at
 * the line ends. */
static int check_source(struct wn_source *source, struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;

    if (open_encoding(source, error))
        return -1;
    char found[WN_DIGEST_TEXT], header[8] = {0}, last[4];
    struct stat about;

    if (fstat(source->descriptor, &about))
        return wn_fail_errno(error, "%s: cannot read its size", source->name);
    source->size = (uint64_t)about.st_size;
    source->changed = about.st_mtim;
    if (source->size != dataset->source_size)
        return wn_fail(error, WN_EDATA,
                       "%s: changed since the audit: found %llu bytes, wanted "
                       "%llu",
                       source->name, (unsigned long long)source->size,
                       (unsigned long long)dataset->source_size);
    if (source->trust == WN_SOURCE_RECORDS)
        return 0;
    if (wn_file_digest(source->descriptor, source->name, source->size, found,
                       error))
        return -1;
    if (strcmp(found, dataset->source_digest))
        return wn_fail(error, WN_EDATA,
                       "%s: changed since the audit: found digest %s, wanted "
                       "%s",
                       source->name, found, dataset->source_digest);
    if (!dataset->row_offset)
        return 0;
    const uint64_t head = dataset->row_offset[0];
    const uint64_t tail =
        dataset->n ? source_row_end(source, dataset->n - 1) : 0;
    struct wn_text *line_end = &source->line_end, feed = {0};
    if (source_encode(source, "\r\n", 2, line_end, error) ||
        source_encode(source, "\n", 1, &feed, error) ||
        line_end->length > sizeof header ||
        (head >= line_end->length &&
         wn_read_at(source->descriptor, header, line_end->length,
                    head - line_end->length, source->name, error)) ||
        (tail >= feed.length &&
         wn_read_at(source->descriptor, last, feed.length, tail - feed.length,
                    source->name, error))) {
        wn_text_free(&feed);
        return -1;
    }
    source->terminated =
        tail < feed.length || memcmp(last, feed.bytes, feed.length) == 0;
    if (memcmp(header, line_end->bytes, line_end->length)) {
        wn_text_free(line_end);
        *line_end = feed;
    } else {
        wn_text_free(&feed);
    }
    return 0;
}

/* Open and check the file `path`; NULL on failure. */
static struct wn_source *open_at(const struct wn_dataset *dataset,
                                 const char *path, enum wn_source_trust trust,
                                 struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    struct wn_source *source;

    if (descriptor < 0)
        return NULL;
    source = make_source(dataset, path, descriptor);
    source->trust = trust;
    if (check_source(source, error) == 0)
        return source;
    wn_source_close(source);
    return NULL;
}

/* The bytes that the audit keeps: for single records where they are, else in a
 * temporary file. */
static struct wn_source *open_kept(const struct wn_dataset *dataset,
                                   const struct wn_audit *audit,
                                   enum wn_source_trust trust,
                                   struct wn_error *error)
{
    struct wn_source *source;
    char *buffer;
    size_t at = 0;
    long got;
    int descriptor, status = 0;

    if (trust == WN_SOURCE_RECORDS && dataset->row_offset) {
        size_t size = 0;

        if (wn_audit_extent(audit, "data/source_bytes", 0, &size, error))
            return NULL;
        if (size != dataset->source_size) {
            wn_fail(error, WN_EDATA,
                    "%s: data/source_bytes: found %zu bytes, wanted %llu",
                    wn_audit_name(audit), size,
                    (unsigned long long)dataset->source_size);
            return NULL;
        }
        source = make_source(dataset, wn_audit_name(audit), -1);
        source->trust = trust;
        source->keeper = audit;
        source->size = size;
        if (open_encoding(source, error) == 0)
            return source;
        wn_source_close(source);
        return NULL;
    }
    descriptor = wn_temporary(error);
    if (descriptor < 0)
        return NULL;
    source = make_source(dataset, wn_audit_name(audit), descriptor);
    snprintf(source->path, sizeof source->path, "/dev/fd/%d", descriptor);
    buffer = wn_new(PIECE, 1);
    while (status == 0 &&
           (got = wn_audit_read_bytes(audit, "data/source_bytes", at,
                                      at + PIECE, buffer, error)) != 0) {
        if (got > 0)
            status = wn_write_all(descriptor, buffer, (size_t)got,
                                  "temporary file", error);
        else
            status = -1;
        at += (size_t)got;
    }
    free(buffer);
    if (status == 0 && check_source(source, error) == 0)
        return source;
    wn_source_close(source);
    return NULL;
}

int wn_source_check(const struct wn_source *source, struct wn_error *error)
{
    struct stat about;

    if (fstat(source->descriptor, &about))
        return wn_fail_errno(error, "%s: cannot read its size", source->name);
    if ((uint64_t)about.st_size != source->size ||
        about.st_mtim.tv_sec != source->changed.tv_sec ||
        about.st_mtim.tv_nsec != source->changed.tv_nsec)
        return wn_fail(error, WN_EDATA, "%s: changed while being read",
                       source->name);
    return 0;
}

static const char *source_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool wn_source_place(const char *source, const char *audit_path, int which,
                     struct wn_text *path)
{
    const char *last = source_last_part(source);
    const size_t folder =
        audit_path ? (size_t)(source_last_part(audit_path) - audit_path) : 0;

    path->length = 0;
    if (which == 0) {
        wn_text_format(path, "%s", source);
        return true;
    }
    if (!audit_path || source[0] == '/' || (which == 1 && folder == 0) ||
        (which == 2 && last == source))
        return false;
    wn_text_format(path, "%.*s%s", (int)folder, audit_path,
                   which == 1 ? source : last);
    return true;
}

/* Set *path to where file f of several, or the only one, is. */
static bool find_file(const struct wn_dataset *dataset, size_t f,
                      const char *audit_path, struct wn_text *path)
{
    const bool several = dataset->file_name != NULL;
    const char *name = several ? dataset->file_name[f] : dataset->source;
    const uint64_t size =
        several ? dataset->file_size[f] : dataset->source_size;
    struct stat about;

    for (int which = 0; name && which < 3; which++)
        if (wn_source_place(name, audit_path, which, path) &&
            stat(path->bytes, &about) == 0 && S_ISREG(about.st_mode) &&
            (uint64_t)about.st_size == size)
            return true;
    return false;
}

bool wn_source_is_there(const struct wn_dataset *dataset,
                        const char *audit_path)
{
    struct wn_text path = {0};
    bool there = true;

    for (size_t f = 0; there && f < (dataset->file_name ? dataset->files : 1);
         f++)
        there = find_file(dataset, f, audit_path, &path);
    wn_text_free(&path);
    return there;
}

/* Append file f of several, without what was left out of it. */
static int append_file(const struct wn_dataset *dataset, size_t f,
                       const char *path, int descriptor, uint64_t *place,
                       struct wn_error *error)
{
    const uint64_t size = dataset->file_size[f], skip = dataset->file_skip[f];
    const int file = wn_input_open(path, NULL, error);
    char digest[WN_DIGEST_TEXT];
    uint64_t line = 0;

    if (file < 0)
        return -1;
    int status = wn_file_digest(file, path, size, digest, error);
    if (status == 0 && (skip > size || *place != dataset->file_begin[f] ||
                        strcmp(digest, dataset->file_digest[f])))
        status = wn_fail(error, WN_EDATA, "%s: changed since the audit", path);
    if (status == 0)
        status = wn_csv_append_file(descriptor, file, path, skip, size, place,
                                    &line, error);
    close(file);
    return status;
}

/* The source of several files, in a temporary file. */
static struct wn_source *open_several(const struct wn_dataset *dataset,
                                      const struct wn_source_where *where,
                                      enum wn_source_trust trust,
                                      struct wn_error *error)
{
    const int descriptor = wn_temporary(error);
    struct wn_text path = {0};
    struct wn_source *source;
    uint64_t place = 0;
    int status = 0;

    if (descriptor < 0)
        return NULL;
    for (size_t f = 0; f < dataset->files && status == 0; f++) {
        const char *at = where->givens ? where->given[f] : NULL;

        if (!at && find_file(dataset, f, where->audit_path, &path))
            at = path.bytes;
        status = at ? append_file(dataset, f, at, descriptor, &place, error)
                    : wn_fail(error, WN_EIO,
                              "%s: cannot find this audited file with its %llu "
                              "bytes, neither from here nor beside the audit; "
                              "--source=FILE names each",
                              dataset->file_name[f],
                              (unsigned long long)dataset->file_size[f]);
    }
    wn_text_free(&path);
    source = make_source(
        dataset, dataset->files ? dataset->file_name[0] : "files", descriptor);
    source->trust = trust;
    if (status == 0 && check_source(source, error) == 0)
        return source;
    wn_source_close(source);
    return NULL;
}

struct wn_source *wn_source_open(const struct wn_dataset *dataset,
                                 const struct wn_audit *audit,
                                 const struct wn_source_where *where,
                                 enum wn_source_trust trust,
                                 struct wn_error *error)
{
    const size_t files = dataset->file_name ? dataset->files : 1;
    struct wn_source *source = NULL;
    struct wn_error first = {0};
    struct wn_text path = {0};
    struct stat about;

    if ((!dataset->row_offset && !dataset->form) || !dataset->source_digest) {
        wn_fail(error, WN_EDATA,
                "%s: does not say where its rows are in the source",
                wn_audit_name(audit));
        return NULL;
    }
    if (where->givens && where->givens != files) {
        wn_fail(error, WN_EUSAGE,
                "--source: found %zu, wanted %zu, one for each audited file in "
                "its order",
                where->givens, files);
        return NULL;
    }
    if (dataset->file_name)
        return open_several(dataset, where, trust, error);
    if (where->givens)
        return open_at(dataset, where->given[0], trust, error);
    if (wn_audit_has(audit, "data/source_bytes"))
        return open_kept(dataset, audit, trust, error);
    if (!dataset->source || strcmp(dataset->source, "-") == 0) {
        wn_fail(error, WN_EUSAGE,
                "the audit was made from a pipe; --source=FILE names a copy of "
                "what went through it");
        return NULL;
    }
    for (int which = 0; !source && which < 3; which++) {
        struct wn_error quiet = {0};

        /* The path comes from the audit, not from the user: opening a pipe or a
         * device could block. */
        if (!wn_source_place(dataset->source, where->audit_path, which,
                             &path) ||
            stat(path.bytes, &about) || !S_ISREG(about.st_mode))
            continue;
        source = open_at(dataset, path.bytes, trust, &quiet);
        if (!source && !first.code)
            first = quiet;
    }
    wn_text_free(&path);
    if (!source && first.code)
        *error = first;
    else if (!source)
        wn_fail(error, WN_EIO,
                "%s: cannot find the audited file, neither from here nor "
                "beside the audit; --source=FILE names it",
                dataset->source);
    return source;
}

/* ---- one record --------------------------------------------------------- */

int wn_source_record(struct wn_source *source, size_t row,
                     struct wn_text *record, struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;
    const uint64_t begin = row_begin(source, row);
    const size_t length = (size_t)(source_row_end(source, row) - begin);

    wn_grow(&record->bytes, &record->capacity, length + 1, 1);
    record->length = 0;
    if (source->keeper) {
        const long got = wn_audit_read_bytes(
            source->keeper, "data/source_bytes", (size_t)begin,
            (size_t)begin + length, record->bytes, error);

        if (got < 0)
            return -1;
        record->length = (size_t)got;
    } else {
        if (wn_read_at(source->descriptor, record->bytes, length, begin,
                       source->name, error))
            return -1;
        record->length = length;
    }
    if (source->encoding) {
        struct wn_text text = {0};
        const size_t decoded = wn_encoding_decode(
            source->encoding, record->bytes, record->length, &text);

        wn_text_free(record);
        *record = text;
        if (decoded < length)
            return wn_fail(error, WN_EDATA, "%s: row %zu: is not %s",
                           source->name, row, source->dataset->encoding);
    }
    /* The line end, and empty lines after it, belong to no record. */
    record->length = wn_text_without_line_end(record->bytes, record->length);
    record->bytes[record->length] = '\0';
    return wn_hash_bits(record->bytes, record->length) == dataset->row_hash[row]
               ? 0
               : wn_fail(error, WN_EDATA, "%s: row %zu changed since the audit",
                         source->name, row);
}

/* ---- copying ------------------------------------------------------------ */

static int copy_bytes(struct wn_source *source, uint64_t begin, uint64_t end,
                      struct wn_sink *sink, struct wn_error *error)
{
    while (begin < end) {
        const uint64_t left = end - begin;
        size_t length = left < PIECE ? (size_t)left : PIECE;

        if (sink->used == PIECE && wn_sink_flush(sink, error))
            return -1;
        if (length > PIECE - sink->used)
            length = PIECE - sink->used;
        if (wn_read_at(source->descriptor, sink->buffer + sink->used, length,
                       begin, source->name, error))
            return -1;
        sink->used += length;
        begin += length;
    }
    return 0;
}

/* Copy the bytes begin .. end-1 but for those that were left out. */
static int copy_kept_bytes(struct wn_source *source, uint64_t begin,
                           uint64_t end, struct wn_sink *sink,
                           struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;
    const uint64_t *range = dataset->left_out;

    for (size_t i = find_left_out(dataset, begin); begin < end; i++) {
        const uint64_t from =
            i < dataset->left_outs && range[2 * i] < end ? range[2 * i] : end;

        if (begin < from && copy_bytes(source, begin, from, sink, error))
            return -1;
        begin = from < end && range[2 * i + 1] < end ? range[2 * i + 1] : end;
    }
    return 0;
}

/* Before rows up to `end` are added: close the line that is open. */
static int close_line(struct wn_source *source, size_t end,
                      struct wn_sink *sink, struct wn_error *error)
{
    const bool open = sink->open_line;

    sink->open_line = end == source->dataset->n && !source->terminated;
    return open ? sink_add(sink, source->line_end.bytes,
                           source->line_end.length, error)
                : 0;
}

int wn_source_copy_rows(struct wn_source *source, size_t begin, size_t end,
                        struct wn_sink *sink, struct wn_error *error)
{
    if (begin == end)
        return 0;
    if (close_line(source, end, sink, error))
        return -1;
    return copy_kept_bytes(source, row_begin(source, begin),
                           row_begin(source, end), sink, error);
}

/* A record of the source, or its head, in memory. */
struct piece {
    char *bytes;
    size_t length;
    struct wn_text text; /* the same in UTF-8 */
    size_t *place;       /* where each byte of text comes from; NULL: there */
};

static int read_piece(struct wn_source *source, uint64_t begin, uint64_t end,
                      struct piece *piece, struct wn_error *error)
{
    *piece = (struct piece){.length = (size_t)(end - begin)};
    piece->bytes = wn_new(piece->length, 1);
    if (wn_read_at(source->descriptor, piece->bytes, piece->length, begin,
                   source->name, error))
        return -1;
    if (source->encoding)
        return wn_encoding_decode_places(source->encoding, piece->bytes,
                                         piece->length, &piece->text,
                                         &piece->place, error);
    wn_text_add(&piece->text, piece->bytes, piece->length);
    return 0;
}

static void free_piece(struct piece *piece)
{
    free(piece->bytes);
    free(piece->place);
    wn_text_free(&piece->text);
}

static bool is_json(const struct wn_source *source)
{
    return source->dataset->form && strcmp(source->dataset->form, "jsonl") == 0;
}

/* Add the bytes of a JSON object from `copied` on, the tail before its end. */
static int add_object(const char *bytes, size_t length, size_t copied,
                      const struct wn_text *tail, struct wn_sink *sink,
                      struct wn_error *error)
{
    const char *close = tail ? memrchr(bytes, '}', length) : NULL;
    const size_t end = close ? (size_t)(close - bytes) : length;
    size_t last = end;

    while (close && last && strchr(" \t", bytes[last - 1]))
        last--;
    /* Nothing stands before the comma in an empty object. */
    const size_t comma = close && last && bytes[last - 1] == '{';

    return sink_add(sink, bytes + copied, end - copied, error) ||
                   (close && sink_add(sink, wn_text_of(tail) + comma,
                                      tail->length - comma, error)) ||
                   sink_add(sink, bytes + end, length - end, error)
               ? -1
               : 0;
}

/* Add the bytes of a piece from `copied` on, the tail before its line end. */
static int add_piece(const struct wn_source *source, const struct piece *piece,
                     size_t copied, const struct wn_text *tail,
                     struct wn_sink *sink, struct wn_error *error)
{
    size_t end =
        wn_text_without_line_end(wn_text_of(&piece->text), piece->text.length);
    struct wn_text encoded = {0};
    int status = tail ? source_encode(source, wn_text_of(tail), tail->length,
                                      &encoded, error)
                      : 0;

    if (piece->place)
        end = piece->place[end];
    if (status == 0)
        status = sink_add(sink, piece->bytes + copied, end - copied, error) ||
                         sink_add(sink, wn_text_of(&encoded), encoded.length,
                                  error) ||
                         sink_add(sink, piece->bytes + end, piece->length - end,
                                  error)
                     ? -1
                     : 0;
    wn_text_free(&encoded);
    return status;
}

/* Whether the head has a record, and not only a byte order mark and a line
 * `sep=;`. */
static bool has_header(const struct wn_text *head)
{
    const size_t mark = wn_text_mark(wn_text_of(head), head->length);
    const char *at = wn_text_of(head) + mark;
    const size_t length = wn_text_without_line_end(at, head->length - mark);

    return length && !(length == 5 && memcmp(at, "sep=", 4) == 0);
}

int wn_source_copy_head(struct wn_source *source, const struct wn_text *tail,
                        struct wn_sink *sink, struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;
    uint64_t end = row_begin(source, 0);
    struct piece piece;
    int status;

    if (dataset->left_outs && dataset->left_out[0] < end)
        end = dataset->left_out[0];
    status = read_piece(source, 0, end, &piece, error);
    if (status == 0)
        status = add_piece(source, &piece, 0,
                           has_header(&piece.text) ? tail : NULL, sink, error);
    free_piece(&piece);
    return status;
}

int wn_source_copy_left_out(struct wn_source *source, size_t row,
                            const struct wn_text *tail, struct wn_sink *sink,
                            struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;
    const uint64_t end = row_begin(source, row);
    size_t i = find_left_out(dataset, row ? row_begin(source, row - 1) : 0);
    int status = 0;

    for (; i < dataset->left_outs && dataset->left_out[2 * i] < end &&
           status == 0;
         i++) {
        struct piece piece;
        size_t quotes = 0;

        status = read_piece(source, dataset->left_out[2 * i],
                            dataset->left_out[2 * i + 1], &piece, error);
        for (size_t b = 0; b < piece.text.length; b++)
            quotes += piece.text.bytes[b] == '"';
        if (status == 0)
            status = close_line(source, row, sink, error);
        if (status == 0 && is_json(source)) {
            struct wn_json_record json = {0};
            struct wn_error why = {0};
            const bool object = wn_json_read(piece.bytes,
                                             wn_text_without_line_end(
                                                 piece.bytes, piece.length),
                                             &json, &why) == 0;

            status = add_object(piece.bytes, piece.length, 0,
                                object ? tail : NULL, sink, error);
            wn_json_record_free(&json);
        } else if (status == 0) {
            /* In an open quote it would belong to the last cell. */
            status = add_piece(source, &piece, 0, quotes % 2 ? NULL : tail,
                               sink, error);
        }
        free_piece(&piece);
    }
    return status;
}

/* Copy a record of JSON Lines, `record`, with values replaced. */
static int copy_changed_json(struct wn_source *source, size_t row,
                             const char *record, size_t length,
                             const struct wn_edit *change, size_t count,
                             const struct wn_text *tail, struct wn_sink *sink,
                             struct wn_error *error)
{
    const struct wn_dataset *dataset = source->dataset;
    struct wn_json_record json = {0};
    struct wn_text value = {0};
    size_t copied = 0, done = 0;
    int status = wn_json_read(record, wn_text_without_line_end(record, length),
                              &json, error);

    /* The values come in the order of the line. */
    for (size_t f = 0; f < json.count && status == 0; f++) {
        const struct wn_json_leaf *leaf = &json.leaf[f];
        size_t i = 0;

        while (i < count &&
               (strlen(dataset->column_name[change[i].column]) !=
                    leaf->path_length ||
                memcmp(dataset->column_name[change[i].column],
                       json.bytes.bytes + leaf->path, leaf->path_length)))
            i++;
        if (i == count)
            continue;
        value.length = 0;
        wn_json_write(&value, change[i].text, change[i].length, leaf->kind);
        status = sink_add(sink, record + copied, leaf->begin - copied, error) ||
                         sink_add(sink, value.bytes, value.length, error)
                     ? -1
                     : 0;
        copied = leaf->end;
        done++;
    }
    if (status == 0 && done < count)
        status = wn_fail(error, WN_EDATA,
                         "found no value to replace, wanted its key in the "
                         "line");
    if (status == 0)
        status = add_object(record, length, copied, tail, sink, error);
    else
        wn_fail(error, WN_EDATA, "%s: row %zu", source->name, row);
    wn_text_free(&value);
    wn_json_record_free(&json);
    return status;
}

int wn_source_copy_changed(struct wn_source *source, size_t row,
                           const struct wn_edit *change, size_t count,
                           const struct wn_text *tail, struct wn_sink *sink,
                           struct wn_error *error)
{
    const char delimiter = source->dataset->delimiter;
    struct wn_text cell = {0}, encoded = {0};
    struct piece piece;
    size_t column = 0, at = 0, copied = 0, begin, end;
    int status = read_piece(source, row_begin(source, row),
                            source_row_end(source, row), &piece, error);

    if (status == 0)
        status = close_line(source, row + 1, sink, error);
    if (status == 0 && is_json(source)) {
        status = copy_changed_json(source, row, piece.bytes, piece.length,
                                   change, count, tail, sink, error);
        free_piece(&piece);
        return status;
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        if (wn_field_find(piece.text.bytes + at, piece.text.length - at,
                          delimiter, change[i].column - column, &begin, &end)) {
            status = wn_fail(error, WN_EDATA, "%s: row %zu: has no column %zu",
                             source->name, row, change[i].column + 1);
            break;
        }
        const size_t from = piece.place ? piece.place[at + begin] : at + begin;
        const size_t to = piece.place ? piece.place[at + end] : at + end;
        cell.length = encoded.length = 0;
        wn_field_write(&cell, change[i].text, change[i].length, delimiter);
        status =
            source_encode(source, wn_text_of(&cell), cell.length, &encoded,
                          error) ||
                    sink_add(sink, piece.bytes + copied, from - copied,
                             error) ||
                    sink_add(sink, wn_text_of(&encoded), encoded.length, error)
                ? -1
                : 0;
        /* The rest begins with a delimiter or is empty: to wn_field_find() an
         * empty field in the column just written. */
        at += end;
        copied = to;
        column = change[i].column;
    }
    if (status == 0)
        status = add_piece(source, &piece, copied, tail, sink, error);
    wn_text_free(&cell);
    wn_text_free(&encoded);
    free_piece(&piece);
    return status;
}
