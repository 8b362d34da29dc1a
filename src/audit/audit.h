/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit.h: the audit file, winnow-audit(5) and winnow-storage(5).
 *
 * One HDF5 file with a group per stage: data, score, flag. A stage copies the
 * groups before its own, writes its own, and drops those after it. What makes
 * the file trustworthy:
 *
 *   format    H5F_LIBVER_V110; chunks with fletcher32; no strings of variable
 *             length; no times, so that equal input gives equal bytes
 *   digests   Each dataset has an attribute `digest` over its type, shape and
 *             content; each stage's group has one over the names and digests of
 *             its datasets and over all attributes. Opening the file checks the
 *             groups' digests, reading a dataset checks its own.
 *   refusal   Opening refuses, before it reads data: external storage; links
 *             that are external, soft or user-defined; virtual datasets;
 *             filters other than fletcher32; types of variable length; objects
 *             with two links; sizes that do not fit the file. WN_EDATA names
 *             the object.
 *
 * Only this room and array/ see hdf5.h. Paths are relative to the file:
 * "data/features". The datasets, their types and shapes are listed in
 * audit/layout.def and nowhere else. */
#ifndef WN_AUDIT_AUDIT_H
#define WN_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "array/array.h"
#include "util/error.h"

enum wn_stage { WN_DATA, WN_SCORE, WN_FLAGS }; /* groups data, score, flag */

struct wn_audit; /* a file being read */

/* Open `path` (NULL or "-": standard input, spooled if it is a pipe). Refuses
 * what is listed above, and a file without the stages up to `need` ("run score
 * first"). */
struct wn_audit *wn_audit_open(const char *path, enum wn_stage need,
                               struct wn_error *error) WN_MUST_CHECK;
/* Give it another name in messages. */
void wn_audit_rename(struct wn_audit *audit, const char *name);
/* Let an output replace the file; wn_audit_create() does so for the file that
 * it continues. */
void wn_audit_release(const struct wn_audit *audit);
void wn_audit_close(struct wn_audit *audit);
/* For messages. */
const char *wn_audit_name(const struct wn_audit *audit);

bool wn_audit_has_stage(const struct wn_audit *audit, enum wn_stage stage);
/* Whether the dataset or group exists. */
bool wn_audit_has(const struct wn_audit *audit, const char *path);
/* The names of the datasets directly in a group, in byte order, for
 * wn_names_free(). */
void wn_audit_list(const struct wn_audit *audit, const char *group,
                   char ***names, size_t *count);
void wn_names_free(char **names, size_t count);
/* Whether `name` is the spread, NAME_std, of another score among names. */
bool wn_audit_is_spread(char *const *names, size_t count, const char *name);

/* The rank, 1 to 3, and extents of a dataset; 1 beyond the rank. */
int wn_audit_shape(const struct wn_audit *audit, const char *path, int *rank,
                   size_t extent[3], struct wn_error *error) WN_MUST_CHECK;
/* Extent `which`, from 0; *extent keeps its value if the dataset does not
 * exist. */
int wn_audit_extent(const struct wn_audit *audit, const char *path, int which,
                    size_t *extent, struct wn_error *error) WN_MUST_CHECK;
/* Read a whole dataset of exactly this type and these extents (ignored beyond
 * the rank) into a new block, for wn_spill_free(), or free() in a program that
 * sets no bound (util/spill.h). NULL on failure; WN_EDATA if type or extents
 * differ. */
void *wn_audit_read(const struct wn_audit *audit, const char *path,
                    enum wn_type type, const size_t extent[3],
                    struct wn_error *error) WN_MUST_CHECK;
/* Let wn_audit_create() copy what wn_audit_read() gave, instead of reading the
 * dataset again; it must not have changed. */
void wn_audit_keep(struct wn_audit *audit, const char *path,
                   const void *content);
/* Read rows begin .. end-1 of a dataset of floats with two or three extents and
 * `columns` numbers per row. fletcher32 is checked, the digest is not: for
 * stages that read large features by blocks. */
int wn_audit_read_rows(const struct wn_audit *audit, const char *path,
                       size_t begin, size_t end, size_t columns, float *out,
                       struct wn_error *error) WN_MUST_CHECK;
/* The same of indices, i32. */
int wn_audit_read_indices(const struct wn_audit *audit, const char *path,
                          size_t begin, size_t end, size_t columns,
                          int32_t *out, struct wn_error *error) WN_MUST_CHECK;
/* Read bytes begin .. end-1 of a vector of bytes, or to its end if that is
 * earlier. Returns the number of bytes, or -1. */
long wn_audit_read_bytes(const struct wn_audit *audit, const char *path,
                         size_t begin, size_t end, void *out,
                         struct wn_error *error) WN_MUST_CHECK;
/* Read a dataset of `count` fixed-length UTF-8 strings, for wn_names_free(). */
int wn_audit_read_names(const struct wn_audit *audit, const char *path,
                        char ***names, size_t *count,
                        struct wn_error *error) WN_MUST_CHECK;

/* An attribute of a group ("data") or dataset ("flag/issue"): a text for
 * free(), or a number. NULL without an error if a text is missing; a missing
 * number is WN_EDATA. */
char *wn_audit_text(const struct wn_audit *audit, const char *path,
                    const char *attribute,
                    struct wn_error *error) WN_MUST_CHECK;
int wn_audit_number(const struct wn_audit *audit, const char *path,
                    const char *attribute, double *value,
                    struct wn_error *error) WN_MUST_CHECK;
/* The words of the attribute `names`, "keep,review", for wn_names_free();
 * WN_EDATA if it is missing. On failure there is nothing to free. */
int wn_audit_words(const struct wn_audit *audit, const char *path,
                   char ***words, size_t *count,
                   struct wn_error *error) WN_MUST_CHECK;
/* The digest of a stage, 32 hexadecimal digits; NULL if the stage is absent. */
const char *wn_audit_digest(const struct wn_audit *audit, enum wn_stage stage);

struct wn_audit_writer; /* a file being written */

/* Try whether wn_audit_create() could begin this output; leaves nothing. */
int wn_audit_try(const char *path, bool force,
                 struct wn_error *error) WN_MUST_CHECK;

/* Begin a file at `path` (NULL or "-": standard output, unless that is a
 * terminal): copy the stages of `from` (NULL for WN_DATA) before `stage`, then
 * write that one. */
struct wn_audit_writer *wn_audit_create(const char *path, bool force,
                                        const struct wn_audit *from,
                                        enum wn_stage stage,
                                        struct wn_error *error) WN_MUST_CHECK;

/* Write a dataset; extents beyond the rank are ignored. Groups on the path, as
 * in "flag/noise/joint", are made when needed. */
int wn_audit_write(struct wn_audit_writer *writer, const char *path,
                   enum wn_type type, const size_t extent[3],
                   const void *content, struct wn_error *error) WN_MUST_CHECK;
/* The same by blocks of rows: begin, append extent[0] rows in order, end. One
 * dataset at a time. */
int wn_audit_write_begin(struct wn_audit_writer *writer, const char *path,
                         enum wn_type type, const size_t extent[3],
                         struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_append(struct wn_audit_writer *writer, size_t rows,
                          const void *content,
                          struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_end(struct wn_audit_writer *writer,
                       struct wn_error *error) WN_MUST_CHECK;
/* A vector of n elements, or of names, as the table of datasets says. */
struct wn_vector {
    const char *path;
    const void *content;
};
int wn_audit_write_vector(struct wn_audit_writer *writer, const char *path,
                          size_t n, const void *content,
                          struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_vectors(struct wn_audit_writer *writer, size_t n,
                           const struct wn_vector *list, size_t count,
                           struct wn_error *error) WN_MUST_CHECK;
/* Write UTF-8 strings, padded with NUL to the length of the longest. */
int wn_audit_write_names(struct wn_audit_writer *writer, const char *path,
                         const char *const *names, size_t count,
                         struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_text(struct wn_audit_writer *writer, const char *path,
                        const char *attribute, const char *text,
                        struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_number(struct wn_audit_writer *writer, const char *path,
                          const char *attribute, double value,
                          struct wn_error *error) WN_MUST_CHECK;
/* Several numbers, in their order. */
struct wn_fact {
    const char *path, *attribute;
    double value;
};
int wn_audit_write_facts(struct wn_audit_writer *writer,
                         const struct wn_fact *list, size_t count,
                         struct wn_error *error) WN_MUST_CHECK;

/* Write the provenance of the stage as attributes of its group: program,
 * version, options (wn_options_describe), and `input`, the digest of the stage
 * that it was computed from (NULL: none). */
int wn_audit_provenance(struct wn_audit_writer *writer, const char *program,
                        const char *options, const char *input,
                        struct wn_error *error) WN_MUST_CHECK;

/* Write the digest, close, sync and rename. Frees the writer in any case; on
 * failure no file appears or changes. */
int wn_audit_finish(struct wn_audit_writer *writer,
                    struct wn_error *error) WN_MUST_CHECK;
/* Discard everything; NULL is fine. */
void wn_audit_abandon(struct wn_audit_writer *writer);

#endif
