/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/source.h: the CSV file an audit was made from, byte for byte.
 *
 * Row i's bytes are row_offset[i] .. row_offset[i+1]-1, the last row's go to
 * the end of the file; what stands before the first row (BOM, header) is the
 * head. Of both, the records that ingest left out (data/left_out) are no part.
 * So every byte belongs to the head, to exactly one row or to what was left
 * out, and all that in order is the file. */
#ifndef WN_AUDIT_SOURCE_H
#define WN_AUDIT_SOURCE_H

#include "audit/dataset.h"
#include "util/text.h"

/* The places where a file named `source` in an audit may be, into *path;
 * `which` 0 .. 2: from here, beside the audit file, and beside it without
 * directories. False for a place that says nothing new. */
bool wn_source_place(const char *source, const char *audit_path, int which,
                     struct wn_text *path) WN_MUST_CHECK;

/* Whether a file as large as the source is in one of them. */
bool wn_source_is_there(const struct wn_dataset *dataset,
                        const char *audit_path);

struct wn_source; /* an open source whose size and digest were checked */

/* Of arrays there are no such places: only wn_source_name() and
 * wn_source_check() are for them.
 *
 * Open the source of `dataset` (with WN_PART_ROW), which was loaded from the
 * file called `audit_path` (NULL: standard input): at `given` if not NULL, else
 * where the audit says: from here, beside the audit file, and beside it without
 * directories. WN_EIO if none is there; WN_EDATA if what is there is not what
 * was audited. The dataset must outlive the source. */
struct wn_source *wn_source_open(const struct wn_dataset *dataset,
                                 const char *audit_path, const char *given,
                                 struct wn_error *error) WN_MUST_CHECK;
/* The same of an audit that keeps its source (data/source_bytes). */
struct wn_source *wn_source_open_kept(const struct wn_dataset *dataset,
                                      const struct wn_audit *audit,
                                      struct wn_error *error) WN_MUST_CHECK;
void wn_source_close(struct wn_source *source);
const char *wn_source_name(const struct wn_source *source);
/* Where it can be opened again while it is open: of bytes that the audit keeps
 * that is no name to show. */
const char *wn_source_path(const struct wn_source *source);
/* WN_EDATA if the file was touched since it was opened: to be asked last. */
int wn_source_check(const struct wn_source *source,
                    struct wn_error *error) WN_MUST_CHECK;

struct wn_sink; /* buffered bytes on their way to a descriptor */

struct wn_sink *wn_sink_new(int descriptor, const char *name) WN_MUST_CHECK;
/* Write out what is buffered. */
int wn_sink_flush(struct wn_sink *sink, struct wn_error *error) WN_MUST_CHECK;
void wn_sink_free(struct wn_sink *sink);

/* Copy the head, or rows begin .. end-1, to the sink. Where the sink holds an
 * unterminated last row already, its line end is added first, in the style of
 * the head's. */
int wn_source_copy_head(struct wn_source *source, struct wn_sink *sink,
                        struct wn_error *error) WN_MUST_CHECK;
int wn_source_copy_rows(struct wn_source *source, size_t begin, size_t end,
                        struct wn_sink *sink,
                        struct wn_error *error) WN_MUST_CHECK;
/* Copy the records that were left out before row begin + 1 .. end, those before
 * the first row too if begin is 0. */
int wn_source_copy_left_out(struct wn_source *source, size_t begin, size_t end,
                            struct wn_sink *sink,
                            struct wn_error *error) WN_MUST_CHECK;
/* A cell that gets another text; `column` counts from 0. */
struct wn_edit {
    size_t column;
    const char *text;
    size_t length;
};
/* Copy one row with `count` cells replaced, in quotes where they need them;
 * columns ascend. */
int wn_source_copy_changed(struct wn_source *source, size_t row,
                           const struct wn_edit *change, size_t count,
                           char delimiter, struct wn_sink *sink,
                           struct wn_error *error) WN_MUST_CHECK;

#endif
