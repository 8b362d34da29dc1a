/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/ingest_work.h: the parts of ingest(1): who is what, what goes out, what
 * is said. Included by ingest*.c only. */
#ifndef WN_PROG_INGEST_WORK_H
#define WN_PROG_INGEST_WORK_H

#include "encode/roles.h"
#include "encode/table.h"
#include "prog/program.h"
#include "util/text.h"

enum { WN_INGEST_NOTES = 3 }; /* broken cells of a column that are named */

/* What is gathered while features go out by block. {.run, .table} begins. */
struct gathered {
    struct wn_run *run;
    const struct wn_table *table;
    struct wn_audit_writer *writer;
    int64_t *row;
    int32_t *column, *rule;
    size_t defects, row_room, column_room, rule_room;
    struct wn_text id;
    uint64_t *id_offset;
    size_t ids, id_room;
    struct wn_roles roles;
    uint64_t *noted; /* broken cells of each column so far */
};

/* ingest_roles.c: the options that say what a column is, into table->column;
 * and --classes, into table->declared. */
int ingest_roles(const struct wn_run *run, struct wn_table *table,
                 struct wn_error *error) WN_MUST_CHECK;
int ingest_classes(const struct wn_run *run, struct wn_table *table,
                   struct wn_error *error) WN_MUST_CHECK;

/* ingest_write.c: all of /data, of a table that was surveyed; the audit file
 * then needs wn_audit_finish(). */
int ingest_write(struct gathered *gathered,
                 struct wn_error *error) WN_MUST_CHECK;
void ingest_free(struct gathered *gathered);

/* ingest_tell.c: spelling variants of labels, columns, rows in and out. */
int ingest_tell(const struct gathered *gathered,
                struct wn_error *error) WN_MUST_CHECK;

#endif
