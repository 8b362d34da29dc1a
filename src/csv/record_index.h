/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv/record_index.h: where each record of a CSV file stands, found by all
 * threads.
 *
 * The file is cut into pieces of form->block bytes. A thread lists the records
 * that begin in a piece as if its first line feed ended a record:
 *
 *     piece      ..,"b | c\n d",2\n 3,x\n 4,y\n 5, | z\n ..
 *     list               ~~~~~~~ ~~~~~~ ~~~~~~ ~~~~~~~~~~
 *
 * Inside a quoted field that is wrong, so the lists are joined in the order of
 * the file: where the last true record ended, a record of the list that begins
 * just there is true too, for the grammar remembers nothing from one record to
 * the next; where the list has none, the record is scanned anew. So the index
 * is that of a scan from the first byte to the last.
 *
 * With form->reject a record that is malformed is left out: up to the end of
 * the line on which the field begins that is wrong, so that a stray quote does
 * not take the lines behind it along; or all of it, if only its number of
 * fields is wrong. Two stray quotes may make a well-formed field of all lines
 * between them. Where the lines inside a record have the wanted number of
 * fields each, with no quote, that is taken for what happened if there are four
 * of them or more, or if the record has another number itself. */
#ifndef WN_CSV_RECORD_INDEX_H
#define WN_CSV_RECORD_INDEX_H

#include "csv/csv.h"
#include "csv/window.h"
#include "util/hash.h"

struct wn_index {
    char digest[WN_DIGEST_TEXT]; /* of the file */
    size_t rows;
    uint64_t *offset, *line, *hash; /* as in csv.h */
    uint64_t *end;      /* of each row, before what was left out; NULL: the next
                           row's offset */
    uint64_t *left_out; /* pairs: begin, end */
    size_t left_outs;
    size_t offset_room, line_room, hash_room, end_room, left_room;
};

struct wn_index_task {
    const struct wn_window *file; /* what every window begins as */
    const struct wn_csv_form *form;
    char *const *column;
    size_t columns;
    uint64_t begin, line; /* of the first row */
};

/* Fill *index, which is {0}. */
int wn_index_build(struct wn_index *index, const struct wn_index_task *task,
                   struct wn_error *error) WN_MUST_CHECK;
void wn_index_free(struct wn_index *index);

/* Move the rows for which out[row] is not 0 to what was left out. What was
 * empty between a record and the next goes with the record. */
int wn_index_leave_out(struct wn_index *index,
                       const uint8_t *out) WN_MUST_CHECK;

#endif
