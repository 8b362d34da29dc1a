/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/inspect.h: look at everything in an HDF5 file before reading data.
 * Private to this room. */
#ifndef WN_DATA_INSPECT_H
#define WN_DATA_INSPECT_H

#include <hdf5.h>

#include "data/layout.h"
#include "util/hash.h"

/* One group or dataset below the root. */
struct wn_entry {
    char *path;
    bool group;
    int type;     /* enum wn_type or WN_NAMES */
    size_t width; /* bytes of an element */
    int rank;
    size_t extent[3];            /* 1 beyond the rank */
    char digest[WN_DIGEST_TEXT]; /* "" where there is none (subgroups) */
};

struct wn_catalog {
    struct wn_entry *entry; /* in byte order of the paths */
    size_t count, room;
};

/* Walk the file, which has `size` bytes, and refuse what winnow-storage(5) says
 * is refused. WN_EDATA with the object's path. */
int wn_inspect(hid_t file, uint64_t size, struct wn_catalog *catalog,
               struct wn_error *error) WN_MUST_CHECK;
const struct wn_entry *wn_catalog_find(const struct wn_catalog *catalog,
                                       const char *path);
void wn_catalog_free(struct wn_catalog *catalog);

/* Attributes are scalars: a fixed-length text or a number. */
struct wn_attribute {
    char *name;
    bool number;
    bool whole; /* written as a 32-bit integer */
    char *text; /* NULL for a number */
    double value;
};
/* All attributes of an object in byte order of their names. */
int wn_attributes_read(hid_t object, struct wn_attribute **list, size_t *count,
                       struct wn_error *error) WN_MUST_CHECK;
void wn_attributes_free(struct wn_attribute *list, size_t count);
int wn_attribute_write(hid_t object, const struct wn_attribute *attribute);

/* What a stage's digest covers, as lines that are sorted first. */
struct wn_lines {
    char **line;
    size_t count, room;
};
int wn_lines_dataset(struct wn_lines *lines, const char *path,
                     const char *digest, struct wn_error *error)
    WN_MUST_CHECK;
int wn_lines_attribute(struct wn_lines *lines, const char *path,
                       const struct wn_attribute *attribute,
                       struct wn_error *error) WN_MUST_CHECK;
/* Sorts the lines. */
int wn_lines_digest(struct wn_lines *lines, char out[WN_DIGEST_TEXT],
                    struct wn_error *error) WN_MUST_CHECK;
void wn_lines_free(struct wn_lines *lines);

/* Begin a dataset's digest: type and extents; the content follows. */
struct wn_hash *wn_digest_begin(int type, size_t width, int rank,
                                const size_t extent[3],
                                struct wn_error *error) WN_MUST_CHECK;

/* The HDF5 type of our types, in the file and in memory (little-endian); a
 * copy to be closed. */
hid_t wn_type_open(int type, size_t width);

/* Rows begin .. begin+rows-1 of an open dataset of these extents: read into
 * `to`, or, where that is NULL, written from `from`. False if HDF5 refuses. */
bool wn_rows_move(hid_t set, int type, size_t width, int rank,
                  const size_t extent[3], size_t begin, size_t rows, void *to,
                  const void *from);

#endif
