/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/csv_private.h: the parts of an open CSV file. Private to this room. */
#ifndef WN_CSV_CSV_PRIVATE_H
#define WN_CSV_CSV_PRIVATE_H

#include <sys/stat.h>

#include "csv/cell_override.h"
#include "csv/csv.h"
#include "csv/encoding.h"
#include "util/hash.h"

/* --- scan.c: fields and records ----------------------------------------- */

/* Split one well-formed record into fields, which keep their quotes. Returns
 * how many there are; the first `capacity` go to cells[]. */
size_t wn_scan_fields(const char *record, size_t length, char delimiter,
                      struct wn_cell *cells, size_t capacity);

struct wn_scan {
    const char *name; /* of the file, for messages */
    const struct wn_csv_form *form;
    char *const *column; /* names, NULL while the header is read */
    size_t columns;
    bool count; /* count the fields */
    /* The next of each byte at or after the last scanned place; set them to
     * NULL for a new buffer. */
    const char *quote, *cr, *nul;
};

struct wn_record {
    size_t length;            /* bytes without the line end */
    size_t whole;             /* with it */
    size_t lines;             /* line feeds in it */
    size_t fields;            /* undefined without scan->count */
    enum wn_csv_break broken; /* of a malformed record, whose length and lines
                                 reach to the beginning of the bad field */
};

/* Scan the record that begins at `text` < `end` on line `line`. `last`: the
 * file ends at `end`. Returns 1 with *record; 0 if more bytes are needed; -1
 * with WN_EDATA and record->broken if it is malformed or beyond a limit. */
int wn_scan_record(struct wn_scan *scan, const char *text, const char *end,
                   bool last, uint64_t line, struct wn_record *record,
                   struct wn_error *error) WN_MUST_CHECK;

/* A part of the file in memory. It is read by pread(), so a file that shrinks
 * meanwhile gives an error and not a signal. An empty window has {descriptor,
 * name, size, step}. */
struct wn_window {
    int descriptor;
    const char *name;
    uint64_t size; /* of the file */
    size_t step;   /* minimum bytes read at once */
    char *bytes;
    size_t capacity;
    uint64_t at; /* in the file, of bytes[0] */
    size_t length;
};

void wn_window_free(struct wn_window *window);
/* Read bytes at .. at+length-1, or up to the end of the file. */
int wn_window_load(struct wn_window *window, uint64_t at, size_t length,
                   struct wn_error *error) WN_MUST_CHECK;
/* The byte `at` of the file, or NULL if the window does not hold it. */
static inline const char *wn_window_find(const struct wn_window *window,
                                         uint64_t at)
{
    return at >= window->at && at - window->at < window->length
               ? window->bytes + (at - window->at)
               : NULL;
}
/* wn_scan_record() of the record at `at` < size. Scan from left to right with
 * one `scan`. */
int wn_window_scan(const struct wn_window *window, struct wn_scan *scan,
                   uint64_t at, uint64_t line, struct wn_record *record,
                   struct wn_error *error) WN_MUST_CHECK;
/* The same, but read more bytes when they are needed: 1 or -1. */
int wn_window_scan_whole(struct wn_window *window, struct wn_scan *scan,
                         uint64_t at, uint64_t line, struct wn_record *record,
                         struct wn_error *error) WN_MUST_CHECK;
/* *end = the end of the line that holds byte `at`, after its line feed. */
int wn_window_line_end(const struct wn_window *window, uint64_t at,
                       uint64_t *end, struct wn_error *error) WN_MUST_CHECK;

/* --- file_kind.c -------------------------------------------------------- */

/* WN_EDATA if the first bytes, which the window holds, are those of another
 * kind of file; the message has the command that converts it. */
int wn_csv_check_kind(const struct wn_window *file,
                      const struct wn_csv_form *form,
                      struct wn_error *error) WN_MUST_CHECK;

/* --- transcript.c ------------------------------------------------------- */

/* A copy of the file as CSV in UTF-8 in a temporary file, and where its parts,
 * whole lines, come from. */
struct wn_transcript {
    int descriptor; /* of the source; -1: there is no transcript */
    uint64_t size;  /* of the source */
    char digest[WN_DIGEST_TEXT];
    struct wn_transcript_part {
        uint64_t own, source; /* where it begins in the two; ascending */
        /* Of JSON Lines, where each part is a record: its line and hash in the
         * source, and whether it is left out. */
        uint64_t line, hash;
        bool out;
    } * part;
    size_t count, capacity;
    struct wn_encoding *encoding; /* or NULL */
};

/* Write the transcript of a file that the form says is of another encoding, and
 * turn *file into the transcript. WN_EDATA names line and byte of what is not
 * of the encoding; with form->reject such a byte becomes one that is not UTF-8.
 */
int wn_transcript_decode(struct wn_transcript *transcript,
                         struct wn_window *file, const struct wn_csv_form *form,
                         struct wn_error *error) WN_MUST_CHECK;
/* The same for JSON Lines; see json_record.h. With form->reject malformed lines
 * are reported and marked in transcript->out. */
int wn_transcript_json(struct wn_transcript *transcript, struct wn_window *file,
                       const struct wn_csv_form *form,
                       struct wn_error *error) WN_MUST_CHECK;
/* The place in the source of a part's beginning or of the end. */
uint64_t wn_transcript_find(const struct wn_transcript *transcript,
                            uint64_t own);
void wn_transcript_free(struct wn_transcript *transcript);

/* --- sniff.c ------------------------------------------------------------ */

enum { WN_SNIFF_BYTES = 1 << 20 };

/* wn_csv_sniff() for a table that begins at byte `begin`. A delimiter that is
 * not 0 is kept. */
int wn_sniff(const struct wn_window *file, uint64_t begin,
             struct wn_csv_form *form, size_t *columns,
             struct wn_error *error) WN_MUST_CHECK;

/* --- record_index.c ----------------------------------------------------- */

/* Find the records, the first of them at byte `begin` on line `line`. */
int wn_index_build(struct wn_csv *csv, uint64_t begin, uint64_t line,
                   struct wn_error *error) WN_MUST_CHECK;

/* --- csv.c, csv_reader.c ------------------------------------------------ */

struct wn_csv_own {
    struct stat opened;
    struct wn_window file; /* its beginning, or that of the transcript */
    struct wn_transcript transcript;
    uint64_t sep_begin, sep_end; /* of a first line "sep=;"; empty: none */
    uint64_t header_begin, header_end, header_line; /* empty: none */
    uint64_t *end; /* of each row, before the next record left out; NULL: the
                      next row's offset */
    size_t offset_capacity, line_capacity, hash_capacity, end_capacity,
        left_capacity;
};

#endif
