/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/ingest/ingest.h: the parts of ingest(1). Included by ingest_*.c only.
 *
 * ingest_formats.c finds the format of the input. CSV goes through
 * ingest_main.c and ingest_write.c, all other formats through ingest_arrays.c.
 */
#ifndef WN_PROG_INGEST_INGEST_H
#define WN_PROG_INGEST_INGEST_H

#include "array/array.h"
#include "array/libsvm.h"
#include "clean/run.h"
#include "encode/rescale.h"
#include "encode/roles.h"
#include "audit/dataset.h"
#include "encode/table.h"
#include "prog/program.h"
#include "util/file.h"
#include "util/text.h"

enum { WN_INGEST_NOTES = 3 }; /* invalid cells of a column that notes name */

/* --- arrays that options name: ingest_side_arrays.c ---------------------- */

/* Read the array that an option names; {0} if the option is not given.
 * `inside`: the input is HDF5, and names without a file are datasets in it. */
int ingest_array(const struct wn_run *run, bool inside, const char *option,
                 struct wn_array *array, struct wn_error *error) WN_MUST_CHECK;
/* The same of value i of an option that has several. */
int ingest_array_of(const struct wn_run *run, bool inside, const char *option,
                    size_t i, struct wn_array *array,
                    struct wn_error *error) WN_MUST_CHECK;
/* Whether an option's value names an array and not columns. */
bool ingest_names_array(const char *text);
/* The memory that reading HDF5 may take: --memory, or a default. */
uint64_t ingest_hdf5_memory(const struct wn_run *run);
int ingest_check_rows(const struct wn_array *array, size_t found, size_t wanted,
                      struct wn_error *error) WN_MUST_CHECK;
/* order[k], for free(): the column of each class in an array of classes. By
 * number if all class names are numbers, else in the order of the names. */
size_t *ingest_class_order(const struct wn_dictionary *classes);

/* Arrays beside the input, with one row for each of its rows: a second block of
 * features, and the outputs of the user's network after each epoch. */
struct side_arrays {
    const struct wn_run *run;
    bool inside;          /* as of ingest_array() */
    bool from_columns;    /* features_b was made from columns of the CSV */
    size_t rows;          /* of the input */
    const uint64_t *keep; /* the rows that are written; NULL: all */
    struct wn_array features_b, dynamics;
};
/* Read and check them. */
int ingest_side_arrays_read(struct side_arrays *side,
                            struct wn_error *error) WN_MUST_CHECK;
/* Write n rows; class c is column order[c] of the k in `dynamics`. */
int ingest_side_arrays_write(const struct side_arrays *side, size_t n,
                             const size_t *order, size_t k,
                             struct wn_audit_writer *writer,
                             struct wn_error *error) WN_MUST_CHECK;
void ingest_side_arrays_free(struct side_arrays *side);

/* --- CSV ----------------------------------------------------------------- */

/* Records that are left out; see ingest_rejects.c. */
struct rejects {
    const struct wn_run *run;
    uint64_t count[WN_BREAKS]; /* so far, by reason */
    char *first;               /* the text of the first */
    double limit;              /* --max-rejects: records, or percent of all */
    bool percent;
    struct wn_output *output; /* of --rejects, or NULL */
};

/* What is known about the file while it is read and written. */
struct ingest {
    struct wn_run *run;
    struct wn_csv *csv;
    struct wn_table table;
    struct rejects rejects;
    struct wn_clean clean; /* no rules without --rules */
    struct wn_roles roles;
    struct side_arrays side;
    struct wn_audit_writer *writer;
    struct wn_array_sink second_block; /* into side.features_b */
    /* Missing, invalid and rule-breaking cells, by row and column. */
    struct wn_defect *defect;
    size_t defects, defect_capacity;
    uint64_t *noted;     /* invalid cells so far, by column */
    struct wn_text id;   /* the ids, one after the other */
    uint64_t *id_offset; /* ids + 1 */
    size_t ids, id_capacity;
    char **hint; /* on columns, see winnow-audit(5) */
    size_t hints, hint_capacity;
};

/* ingest_rejects.c: --lenient, --rejects, --max-rejects and --missing-label.
 * Before the file is read: open --rejects, and let the form leave records out.
 */
int ingest_rejects_begin(struct rejects *rejects, const struct wn_run *run,
                         struct wn_csv_form *form,
                         struct wn_error *error) WN_MUST_CHECK;
/* When the roles are known: leave out the rows that cannot be used. WN_EDATA if
 * these are more than --max-rejects. */
int ingest_rejects_leave_out(struct ingest *ingest,
                             struct wn_error *error) WN_MUST_CHECK;
/* Before the audit file is finished: write --rejects and log the counts. */
int ingest_rejects_finish(struct rejects *rejects, const struct wn_csv *csv,
                          struct wn_error *error) WN_MUST_CHECK;
void ingest_rejects_abandon(struct rejects *rejects);

/* ingest_roles.c: the roles and kinds of columns that options give, into
 * table->column; and --classes, into table->declared. */
int ingest_roles(const struct wn_run *run, struct wn_table *table,
                 struct wn_error *error) WN_MUST_CHECK;
int ingest_classes(const struct wn_run *run, struct wn_table *table,
                   struct wn_error *error) WN_MUST_CHECK;

/* ingest_rules.c: apply --rules; all later passes read the cleaned cells. Call
 * it again after rows were left out. */
int ingest_clean(struct ingest *ingest, struct wn_error *error) WN_MUST_CHECK;
/* Merge the cells that break rules into the defects, and count them. */
void ingest_merge_broken(struct ingest *ingest);
/* Write the defects, the rules, what they did, and the fixes. */
int ingest_write_rules(const struct ingest *ingest,
                       struct wn_error *error) WN_MUST_CHECK;
void ingest_log_rules(const struct ingest *ingest);

/* ingest_write.c: all of /data for a table that was surveyed; the audit file
 * then needs wn_audit_finish(). */
int ingest_write(struct ingest *ingest, struct wn_error *error) WN_MUST_CHECK;
void ingest_free(struct ingest *ingest);

/* ingest_columns.c: /data/column. */
int ingest_write_columns(const struct ingest *ingest,
                         struct wn_error *error) WN_MUST_CHECK;

/* Write several sets of probabilities, each n x k, and their names. */
int ingest_write_brought(const struct wn_run *run,
                         struct wn_audit_writer *writer, const float *brought,
                         size_t n, size_t k,
                         struct wn_error *error) WN_MUST_CHECK;

/* ingest_messages.c: notes on columns and rules, and data/hint; and, when all
 * is done, the number of rows. */
void ingest_log_columns(const struct ingest *ingest);
int ingest_write_hints(struct ingest *ingest,
                       struct wn_error *error) WN_MUST_CHECK;
void ingest_log_rows(const struct ingest *ingest);

/* ingest_main.c */
int ingest_csv(struct wn_run *run, bool json_lines,
               struct wn_error *error) WN_MUST_CHECK;
/* The option table; {0} ends it. */
const struct wn_option *ingest_options(void);

/* --- other formats ------------------------------------------------------- */

/* ingest_formats.c: ingest the input, whatever its format. */
int ingest_any(struct wn_run *run, struct wn_error *error) WN_MUST_CHECK;

/* A dataset that comes as arrays, one a role. */
struct arrays {
    const struct wn_run *run;
    const char *format; /* "hdf5", "libsvm", "npy" */
    char *source;       /* the file that names the dataset, "-" for a pipe */
    char digest[WN_DIGEST_TEXT];
    uint64_t size;
    struct wn_libsvm text; /* of format libsvm */

    struct wn_array features, label, names, id;
    struct wn_array probability[WN_BROUGHT_MAX]; /* `brought` of them */
    size_t brought;
    struct wn_array role[WN_ROLE_KINDS];
    struct side_arrays side;

    size_t rows, n; /* of the arrays; of those, the rows that are kept */
    uint64_t *keep; /* n rows of the arrays; NULL: all of them */
    bool link;      /* the features stay in their file */
    struct wn_dictionary classes;
    int32_t *code; /* n labels */
    size_t *order; /* the column of each class */
    struct wn_roles roles;
    struct wn_rescale rescale;
    double min, max; /* of all features */
    struct wn_audit_writer *writer;
};

/* ingest_arrays.c: labels, roles and scales of the arrays that were read; all
 * of /data. */
int ingest_arrays_prepare(struct arrays *arrays,
                          struct wn_error *error) WN_MUST_CHECK;
int ingest_arrays_write(struct arrays *arrays,
                        struct wn_error *error) WN_MUST_CHECK;
void ingest_arrays_free(struct arrays *arrays);

/* --- what all formats share: ingest_write.c ------------------------------ */

/* Refuse early what would need more than --memory: `row_bytes` and the roles
 * for each row, and `other` bytes. The message says "R rows of C UNIT". */
int ingest_check_memory(const struct wn_run *run, size_t rows, double row_bytes,
                        double other, size_t columns, const char *unit,
                        struct wn_error *error) WN_MUST_CHECK;

/* n codes, and the names that they stand for. */
int ingest_write_codes(struct wn_audit_writer *writer, const char *path,
                       size_t n, const int32_t *code, const char *names_path,
                       const struct wn_dictionary *names,
                       struct wn_error *error) WN_MUST_CHECK;
/* The values of the columns or arrays with a role. */
int ingest_write_roles(struct wn_audit_writer *writer,
                       const struct wn_roles *roles, size_t n,
                       struct wn_error *error) WN_MUST_CHECK;
/* What /data records about the input. */
struct provenance {
    const char *form;   /* NULL: CSV */
    const char *arrays; /* with `rows`; NULL for CSV and JSON Lines */
    const char *source; /* its name */
    const char *digest; /* of its `size` bytes */
    uint64_t size, rows;
    const char *label; /* the column or array */
    char delimiter;    /* 0: none */
    bool decimal_comma;
    const char *encoding; /* NULL: UTF-8 */
};
int ingest_write_provenance(const struct wn_run *run,
                            const struct provenance *provenance,
                            struct wn_audit_writer *writer,
                            struct wn_error *error) WN_MUST_CHECK;
/* The `size` bytes of a source that cannot be read again, unless
 * --no-keep-source. `name`: for errors. */
int ingest_write_source(const struct wn_run *run,
                        struct wn_audit_writer *writer, int descriptor,
                        const char *name, uint64_t size,
                        struct wn_error *error) WN_MUST_CHECK;
/* A path as the audit file records it: as given if it is relative, else its
 * last part, because the file may be passed on; "-" for NULL. */
const char *ingest_source_name(const char *path);
/* ingest_messages.c: data/label_same, if some classes are spelling variants of
 * others, and notes on them. `column`: of the label, or NULL. */
int ingest_write_variants(const struct wn_run *run,
                          struct wn_audit_writer *writer, const char *source,
                          const char *column,
                          const struct wn_dictionary *classes,
                          struct wn_error *error) WN_MUST_CHECK;

#endif
