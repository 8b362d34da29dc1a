/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/source.h: the file that an audit was made from, byte for byte.
 *
 * Row i of a CSV file is the bytes row_offset[i] .. row_offset[i+1]-1, the last
 * row up to the end of the file; the bytes before the first row (BOM, header)
 * are the head. Records that ingest left out (data/left_out) belong to neither.
 * So every byte belongs to the head, to one row or to what was left out, and
 * all of them in order are the file.
 *
 * The source of several files is the text that they are together: the first one
 * whole, each other one from the end of its header on, and a line feed where a
 * file has none after its last line. */
#ifndef WN_AUDIT_SOURCE_H
#define WN_AUDIT_SOURCE_H

#include "audit/dataset.h"
#include "util/text.h"

/* Set *path to a place where a file that an audit names `source` may be:
 * `which` 0: that path itself, 1: relative to the audit file's folder, 2: its
 * last part in that folder. False if the place is the same as one before. */
bool wn_source_place(const char *source, const char *audit_path, int which,
                     struct wn_text *path) WN_MUST_CHECK;

/* Whether one of the places has a file of the source's size. */
bool wn_source_is_there(const struct wn_dataset *dataset,
                        const char *audit_path);

struct wn_source; /* an open source whose size and digest were checked */

/* What is compared with the audit before anything is copied. */
enum wn_source_trust {
    WN_SOURCE_WHOLE,  /* size and digest: for any use */
    WN_SOURCE_RECORDS /* the size: for wn_source_record() alone, which checks
                         each record by its own hash */
};

/* Where a source may be. */
struct wn_source_where {
    const char *audit_path;   /* of the audit file; NULL: standard input */
    const char *const *given; /* the files that the user names, in the order of
                                 the audit */
    size_t givens;            /* 0: none */
};

/* Open the source of `dataset` (with WN_PART_ROW), which was loaded from
 * `audit`: the files given; without any, the bytes that the audit keeps
 * (data/source_bytes), or the first place of wn_source_place() with the right
 * content. WN_EIO if there is no file; WN_EDATA if it is not what was audited;
 * WN_EUSAGE for more or fewer files than were audited. The dataset and the
 * audit must outlive the source. Sources of arrays have no rows in this sense;
 * only wn_source_name(), wn_source_path() and wn_source_check() work for them.
 */
struct wn_source *wn_source_open(const struct wn_dataset *dataset,
                                 const struct wn_audit *audit,
                                 const struct wn_source_where *where,
                                 enum wn_source_trust trust,
                                 struct wn_error *error) WN_MUST_CHECK;
void wn_source_close(struct wn_source *source);
/* For messages. */
const char *wn_source_name(const struct wn_source *source);
/* A path that opens it again while it is open; not for messages. */
const char *wn_source_path(const struct wn_source *source);
/* WN_EDATA if the file was touched since it was opened; call it last. */
int wn_source_check(const struct wn_source *source,
                    struct wn_error *error) WN_MUST_CHECK;

/* The bytes of one row without its line end, from a source opened in either
 * way. WN_EDATA if they are not what was audited. */
int wn_source_record(struct wn_source *source, size_t row,
                     struct wn_text *record,
                     struct wn_error *error) WN_MUST_CHECK;

struct wn_sink; /* a buffer in front of a descriptor */

struct wn_sink *wn_sink_new(int descriptor, const char *name)
    __attribute__((returns_nonnull));
/* Write out the buffer. */
int wn_sink_flush(struct wn_sink *sink, struct wn_error *error) WN_MUST_CHECK;
void wn_sink_free(struct wn_sink *sink);

/* Copy rows begin .. end-1 to the sink. If a last row without line end went
 * before, it gets one like the header's first. */
int wn_source_copy_rows(struct wn_source *source, size_t begin, size_t end,
                        struct wn_sink *sink,
                        struct wn_error *error) WN_MUST_CHECK;

/* Below, `tail` is UTF-8 text, cells with a delimiter before each, which goes
 * after a record, before its line end; in JSON Lines, members with a comma
 * before each, which go before the end of the object. NULL: none. */

/* Copy the head. The tail goes after the header; a file without one has
 * none. */
int wn_source_copy_head(struct wn_source *source, const struct wn_text *tail,
                        struct wn_sink *sink,
                        struct wn_error *error) WN_MUST_CHECK;
/* Copy the records that were left out between the row before `row` and that
 * row, which may be the number of rows. A record that ends in an open quote,
 * or is no JSON object, gets no tail. */
int wn_source_copy_left_out(struct wn_source *source, size_t row,
                            const struct wn_text *tail, struct wn_sink *sink,
                            struct wn_error *error) WN_MUST_CHECK;
/* A new text for a cell; `column` counts from 0. */
struct wn_edit {
    size_t column;
    const char *text;
    size_t length;
};
/* Copy a row with `count` cells replaced, in ascending order of columns; the
 * texts are quoted where necessary. */
int wn_source_copy_changed(struct wn_source *source, size_t row,
                           const struct wn_edit *change, size_t count,
                           const struct wn_text *tail, struct wn_sink *sink,
                           struct wn_error *error) WN_MUST_CHECK;

#endif
