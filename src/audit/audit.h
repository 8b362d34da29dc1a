/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit.h: the audit file, winnow-audit(5).
 *
 * One HDF5 file; every stage copies the groups that come before its own and
 * adds or replaces exactly one. The order of stages is data, score, flag:
 * writing one drops those after it. Rules that keep the file trustworthy:
 *
 *   format    H5F_LIBVER_V110 bounds; chunked + fletcher32 everywhere; no
 *             variable-length strings; no times, so equal input, equal bytes
 *   digests   each dataset has an attribute `digest` over its type, shape and
 *             content, each group one over the names and digests of what is
 *             in it and over its attributes. A reader checks a group's when it
 *             opens the file and a dataset's when it reads it.
 *   refusal   on opening, before any data is read: external storage, external,
 *             soft and user-defined links, virtual layouts, filters other than
 *             fletcher32, variable-length types, objects reached twice, sizes
 *             that do not fit the file. WN_EDATA names the object.
 *
 * This room is the only one that sees hdf5.h. Paths are relative to the file:
 * "data/features". Which datasets there are, their types and shapes, stands in
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

/* Open `path`, or standard input if NULL or "-" (a pipe is spooled first).
 * Refuses what the rules above refuse, and a file without the stages up to
 * and including `need` ("run score first"). */
struct wn_audit *wn_audit_open(const char *path, enum wn_stage need,
                               struct wn_error *error) WN_MUST_CHECK;
void wn_audit_close(struct wn_audit *audit);
/* How messages name it. */
const char *wn_audit_name(const struct wn_audit *audit);

bool wn_audit_has_stage(const struct wn_audit *audit, enum wn_stage stage);
/* Whether there is a dataset (or group) of that path. */
bool wn_audit_has(const struct wn_audit *audit, const char *path);
/* Names of the datasets directly in a group, in byte order. The caller frees
 * *names with wn_names_free(). */
void wn_audit_list(const struct wn_audit *audit, const char *group,
                   char ***names, size_t *count);
void wn_names_free(char **names, size_t count);

/* Extents of a dataset: rank 1..3, unused ones set to 1. */
int wn_audit_shape(const struct wn_audit *audit, const char *path, int *rank,
                   size_t extent[3], struct wn_error *error) WN_MUST_CHECK;
/* One of them, `which` from 0; *extent is left alone where there is no such
 * dataset. */
int wn_audit_extent(const struct wn_audit *audit, const char *path, int which,
                    size_t *extent, struct wn_error *error) WN_MUST_CHECK;
/* Read a whole dataset of exactly that type into a new block, for
 * wn_spill_free(), or free() in a program that sets no bound (util/spill.h).
 * `extent` is what the caller expects; WN_EDATA if it differs in rank
 * (1 + number of further non-zero extents) or size. NULL on failure. */
void *wn_audit_read(const struct wn_audit *audit, const char *path,
                    enum wn_type type, const size_t extent[3],
                    struct wn_error *error) WN_MUST_CHECK;
/* Rows begin .. end-1 of a float dataset with `columns` numbers in each, of two
 * extents or three, into out.
 * The digest is not checked (fletcher32 is): for stages that go through large
 * features by block. */
int wn_audit_read_rows(const struct wn_audit *audit, const char *path,
                       size_t begin, size_t end, size_t columns, float *out,
                       struct wn_error *error) WN_MUST_CHECK;
/* The same for a vector of bytes: those from begin to end-1, or to its own end
 * if that comes first. The number of bytes, or -1. */
long wn_audit_read_bytes(const struct wn_audit *audit, const char *path,
                         size_t begin, size_t end, void *out,
                         struct wn_error *error) WN_MUST_CHECK;
/* A dataset of `count` fixed-length UTF-8 strings (wn_names_free()). */
int wn_audit_read_names(const struct wn_audit *audit, const char *path,
                        char ***names, size_t *count,
                        struct wn_error *error) WN_MUST_CHECK;

/* Attributes of a group ("data") or dataset ("flag/issue"). The text is the
 * caller's (free()); NULL if there is none or on failure. */
char *wn_audit_text(const struct wn_audit *audit, const char *path,
                    const char *attribute,
                    struct wn_error *error) WN_MUST_CHECK;
int wn_audit_number(const struct wn_audit *audit, const char *path,
                    const char *attribute, double *value,
                    struct wn_error *error) WN_MUST_CHECK;
/* The attribute `names`, "keep,review", taken apart; WN_EDATA if there is
 * none. On failure there are none to free. */
int wn_audit_words(const struct wn_audit *audit, const char *path,
                   char ***words, size_t *count,
                   struct wn_error *error) WN_MUST_CHECK;
/* The digest of a stage's group, 32 hexadecimal digits; NULL if absent. */
const char *wn_audit_digest(const struct wn_audit *audit, enum wn_stage stage);

struct wn_audit_writer; /* a file being written */

/* Whether wn_audit_create could begin such an output now: -1 and why not, 0
 * and nothing is left of the attempt. */
int wn_audit_try(const char *path, bool force,
                 struct wn_error *error) WN_MUST_CHECK;

/* Begin a file at `path` (NULL or "-": standard output, refused if that is a
 * terminal) with stage `stage`, after copying the earlier stages of `from`
 * (NULL for WN_DATA). */
struct wn_audit_writer *wn_audit_create(const char *path, bool force,
                                        const struct wn_audit *from,
                                        enum wn_stage stage,
                                        struct wn_error *error) WN_MUST_CHECK;

/* Write a dataset; extents beyond the rank are 0. A path may have one
 * subgroup inside the stage: "flag/noise/joint", made when needed. */
int wn_audit_write(struct wn_audit_writer *writer, const char *path,
                   enum wn_type type, const size_t extent[3],
                   const void *content, struct wn_error *error) WN_MUST_CHECK;
/* The same, row block by row block: begin, then append in order until all
 * extent[0] rows are there. One at a time. */
int wn_audit_write_begin(struct wn_audit_writer *writer, const char *path,
                         enum wn_type type, const size_t extent[3],
                         struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_append(struct wn_audit_writer *writer, size_t rows,
                          const void *content,
                          struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_end(struct wn_audit_writer *writer,
                       struct wn_error *error) WN_MUST_CHECK;
/* Fixed-length UTF-8 strings, padded with NUL to the longest. */
int wn_audit_write_names(struct wn_audit_writer *writer, const char *path,
                         const char *const *names, size_t count,
                         struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_text(struct wn_audit_writer *writer, const char *path,
                        const char *attribute, const char *text,
                        struct wn_error *error) WN_MUST_CHECK;
int wn_audit_write_number(struct wn_audit_writer *writer, const char *path,
                          const char *attribute, double value,
                          struct wn_error *error) WN_MUST_CHECK;

/* Where a stage comes from, as attributes of its group: program, version,
 * options (wn_options_describe), and `input`, the digest of the stage it was
 * computed from (the source's digest for WN_DATA). */
int wn_audit_provenance(struct wn_audit_writer *writer, const char *program,
                        const char *options, const char *input,
                        struct wn_error *error) WN_MUST_CHECK;

/* Digest, close, sync, rename. Frees the writer in any case; on failure no
 * file has appeared or changed. */
int wn_audit_finish(struct wn_audit_writer *writer,
                    struct wn_error *error) WN_MUST_CHECK;
/* Drop everything; NULL is fine. */
void wn_audit_abandon(struct wn_audit_writer *writer);

#endif
