/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit_private.h: what the files of this room share: attributes,
 * digests, the catalog of a file's objects, and the open file. Private to this
 * room. */
#ifndef WN_AUDIT_AUDIT_PRIVATE_H
#define WN_AUDIT_AUDIT_PRIVATE_H

#include "array/hdf5_store.h"
#include "audit/audit.h"
#include "audit/layout.h"
#include "util/hash.h"

enum { WN_FORMAT_VERSION = 1 };

extern const char *const wn_stage_name[]; /* by enum wn_stage */
/* Whether `path` is the stage's group or inside it. */
bool wn_stage_holds(enum wn_stage stage, const char *path);

/* ---- attribute.c: attributes of groups and datasets, and digests --------- */

/* A scalar: a text of fixed length or a number. */
struct wn_attribute {
    char *name; /* first, for wn_text_ascending() */
    bool number;
    bool whole; /* write it as a 32-bit integer */
    char *text; /* NULL for a number */
    double value;
};
/* Read all attributes of an object, in byte order of their names. */
int wn_attributes_read(hid_t object, struct wn_attribute **list, size_t *count,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_attributes_free(struct wn_attribute *list, size_t count);
/* -1 if HDF5 refuses. */
int wn_attribute_write(hid_t object,
                       const struct wn_attribute *attribute) WN_MUST_CHECK;

/* The digest of a stage, winnow-storage(5): over a line for each dataset and
 * each attribute, sorted. {0} before the first line. */
struct wn_digest {
    char **line;
    size_t count, capacity;
};
void wn_digest_dataset(struct wn_digest *digest, const char *path,
                       const char *content);
void wn_digest_attribute(struct wn_digest *digest, const char *path,
                         const struct wn_attribute *attribute);
void wn_digest_text(struct wn_digest *digest, char out[WN_DIGEST_TEXT]);
void wn_digest_free(struct wn_digest *digest);

/* Begin the digest of a dataset with its type and extents; the content
 * follows. */
struct wn_hash *wn_digest_begin(const struct wn_hdf5_shape *shape);

/* The chunks of a dataset: whole rows, about 1 MiB of them. audit_write.c. */
void wn_chunk_extents(const struct wn_hdf5_shape *shape, hsize_t chunk[3]);

/* ---- inspect.c: the objects of a file ------------------------------------ */

/* One group or dataset below the root. */
struct wn_entry {
    char *path; /* first, for wn_text_ascending() */
    bool group;
    struct wn_hdf5_shape shape;  /* of a dataset */
    char digest[WN_DIGEST_TEXT]; /* "" if it has none, as subgroups */
    const void *kept;            /* wn_audit_keep() */
};

struct wn_catalog {
    struct wn_entry *entry; /* in byte order of the paths */
    size_t count, capacity;
};

/* List all objects of a file of `size` bytes before any data is read, and
 * refuse what audit.h says. WN_EDATA names the object's path. */
int wn_inspect(hid_t file, uint64_t size, struct wn_catalog *catalog,
               struct wn_error *error) WN_MUST_CHECK;
const struct wn_entry *wn_catalog_find(const struct wn_catalog *catalog,
                                       const char *path);
void wn_catalog_free(struct wn_catalog *catalog);

/* ---- audit.c and audit_read.c: the open file ----------------------------- */

struct wn_audit {
    char *name;
    struct wn_hdf5_store store;
    uint64_t size;
    hid_t file;
    struct wn_catalog catalog;
    struct wn_symbols symbols; /* the letters of layout.def */
    hid_t rows; /* the dataset that was last read by row, still open */
    char *rows_path;
    char *chunk; /* one of its chunks of whole rows; NULL: it has others */
    size_t chunk_rows; /* of each */
    size_t chunk_at;   /* its first row; SIZE_MAX: none is there */
};

/* Fail with "x.h5: PATH: what", or with errno if a read failed. */
int wn_audit_fail(const struct wn_audit *audit, const char *path,
                  const char *what, struct wn_error *error);
/* Read rows begin .. end-1 of a dataset; fletcher32 is checked, the digest is
 * not. */
int wn_entry_read(const struct wn_audit *audit, const struct wn_entry *entry,
                  size_t begin, size_t end, void *out,
                  struct wn_error *error) WN_MUST_CHECK;
/* wn_attributes_read() of the object `path`. */
int wn_audit_attributes(const struct wn_audit *audit, const char *path,
                        struct wn_attribute **list, size_t *count,
                        struct wn_error *error) WN_MUST_CHECK;

#endif
