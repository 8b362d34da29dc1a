/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/ingest/ingest_work.h: the parts of ingest(1): who is what, what goes
 * out, what is said. Included by ingest*.c only. */
#ifndef WN_PROG_INGEST_INGEST_WORK_H
#define WN_PROG_INGEST_INGEST_WORK_H

#include "array/array.h"
#include "clean/run.h"
#include "encode/roles.h"
#include "encode/table.h"
#include "prog/program.h"
#include "util/file.h"
#include "util/text.h"

enum { WN_INGEST_NOTES = 3 }; /* broken cells of a column that are named */

/* ingest_array_spec.c: the array that an option's value names, see the file;
 * {0} where the option is not given. `inside`: the input is HDF5 itself. */
int ingest_array(const struct wn_run *run, bool inside, const char *option,
                 struct wn_array *array, struct wn_error *error) WN_MUST_CHECK;

/* The memory that reading HDF5 may take: --memory, or a default. */
uint64_t ingest_hdf5_memory(const struct wn_run *run);

/* Whether such a value names an array, and no columns of a table. */
bool ingest_is_place(const char *text);

/* ingest_side_arrays.c: arrays beside any input. {.run, .inside, .rows} begins;
 * .keep, where not NULL, has the rows that stay. */
struct beside {
    const struct wn_run *run;
    bool inside;
    bool columns; /* the second block is in the input; ingest_write.c */
    size_t rows;  /* of the input */
    const uint64_t *keep;
    struct wn_array features_b, dynamics;
};
/* Read and check them, before the work; write them for n rows of k classes,
 * whose numbers come from columns order[k]. */
int ingest_beside_read(struct beside *beside,
                       struct wn_error *error) WN_MUST_CHECK;
int ingest_beside_write(const struct beside *beside, size_t n,
                        const size_t *order, size_t k,
                        struct wn_audit_writer *writer,
                        struct wn_error *error) WN_MUST_CHECK;
void ingest_beside_free(struct beside *beside);
/* Which column each class has in such an array: by number where all names are
 * numbers, else in the order they have. */
size_t *ingest_class_order(const struct wn_dictionary *classes) WN_MUST_CHECK;
int ingest_check_rows(const struct wn_array *array, size_t found, size_t n,
                      struct wn_error *error) WN_MUST_CHECK;

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
    struct beside beside;
    struct wn_array_sink second; /* to beside.features_b */
    struct wn_clean clean;       /* no rules without --rules */
    uint64_t *noted;             /* broken cells of each column so far */
};

/* ingest_formats.c: any input, by its form. ingest_main.c: CSV, and the option
 * table, {0} at its end. */
int ingest_any(struct wn_run *run, struct wn_error *error) WN_MUST_CHECK;
int ingest_csv(struct wn_run *run, struct wn_error *error) WN_MUST_CHECK;
const struct wn_option *ingest_option_rows(void);

/* ingest_roles.c: the options that say what a column is, into table->column;
 * and --classes, into table->declared. */
int ingest_roles(const struct wn_run *run, struct wn_table *table,
                 struct wn_error *error) WN_MUST_CHECK;
int ingest_classes(const struct wn_run *run, struct wn_table *table,
                   struct wn_error *error) WN_MUST_CHECK;

/* ingest_write_common.c: a vector of `count`; n codes and the names they stand
 * for; what the columns with a role say. */
int ingest_put(struct wn_audit_writer *writer, const char *path,
               enum wn_type type, size_t count, const void *content,
               struct wn_error *error) WN_MUST_CHECK;
int ingest_put_codes(struct wn_audit_writer *writer, const char *path, size_t n,
                     const int32_t *code, const char *names_path,
                     const struct wn_dictionary *names,
                     struct wn_error *error) WN_MUST_CHECK;
int ingest_put_roles(struct wn_audit_writer *writer,
                     const struct wn_roles *roles, size_t n,
                     struct wn_error *error) WN_MUST_CHECK;
/* All `size` bytes of a source that cannot be read again, unless the user does
 * not want that; read() gives some of them. */
int ingest_put_source(const struct wn_run *run, struct wn_audit_writer *writer,
                      uint64_t size,
                      int (*read)(const void *from, uint64_t at, size_t length,
                                  char *out, struct wn_error *error),
                      const void *from, struct wn_error *error) WN_MUST_CHECK;
/* A path as it is kept: as given if it is relative, else its last part, for no
 * absolute path goes into a file that may be passed on; "-" for NULL. */
const char *ingest_source_name(const char *path);

/* ingest_reject.c: --lenient, --rejects and --missing-label. {0} begins. */
struct rejects {
    const struct wn_run *run;
    uint64_t count[WN_BREAKS]; /* told so far */
    struct wn_output *output;  /* of --rejects, or NULL */
};
/* Before the file is read: open --rejects, let the form leave records out. */
int ingest_reject_begin(struct rejects *rejects, const struct wn_run *run,
                        struct wn_csv_form *form,
                        struct wn_error *error) WN_MUST_CHECK;
/* When the roles are known: leave out the rows that cannot be taken. */
int ingest_reject_rows(struct rejects *rejects, struct wn_csv *csv,
                       const struct wn_table *table,
                       struct wn_error *error) WN_MUST_CHECK;
/* Before the audit file is finished: write --rejects, tell the counts. */
int ingest_reject_end(struct rejects *rejects, const struct wn_csv *csv,
                      struct wn_error *error) WN_MUST_CHECK;
void ingest_reject_abandon(struct rejects *rejects);

/* ingest_rules.c: apply --rules, if given; later ones see the cells they leave.
 * Once more after rows were left out. */
int ingest_clean(struct gathered *gathered, struct wn_csv *csv,
                 struct wn_error *error) WN_MUST_CHECK;
/* Put the cells that broke rules among the gathered defects, and count. */
int ingest_join_defects(struct gathered *gathered) WN_MUST_CHECK;
/* The rules and what they did, defect/rule_name, the changed cells. */
int ingest_write_rules(struct gathered *gathered,
                       struct wn_error *error) WN_MUST_CHECK;
void ingest_tell_rules(const struct gathered *gathered);

/* ingest_write.c: all of /data, of a table that was surveyed; the audit file
 * then needs wn_audit_finish(). */
int ingest_write(struct gathered *gathered,
                 struct wn_error *error) WN_MUST_CHECK;
/* ingest_spelling.c: find classes that are spellings of others, tell them, and
 * write data/label_same if there are any. `column` may be NULL. */
int ingest_spelling(const struct wn_run *run, struct wn_audit_writer *writer,
                    const char *source, const char *column,
                    const struct wn_dictionary *classes,
                    struct wn_error *error) WN_MUST_CHECK;

/* ingest_columns.c: /data/column. */
int ingest_write_columns(struct gathered *gathered,
                         struct wn_error *error) WN_MUST_CHECK;
void ingest_free(struct gathered *gathered);

/* ingest_messages.c: spelling variants of labels, columns; and when all is
 * done, rows in and out. */
int ingest_tell(const struct gathered *gathered) WN_MUST_CHECK;
void ingest_tell_rows(const struct gathered *gathered);

#endif
