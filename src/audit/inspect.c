/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inspecting every object of a file before data is read; see audit_private.h.
 *
 * The HDF5 project advises against opening untrusted files. So nothing here
 * follows a link, filter or reference that could lead out of the file, and
 * sizes are compared with the size of the file before they are used. */
#include <stdlib.h>
#include <string.h>

#include "audit/audit_private.h"
#include "util/memory.h"
#include "util/text.h"

enum { MAX_LINKS = 1024, MAX_NAME = 255 };

struct walk {
    hid_t file;
    uint64_t size;
    struct wn_catalog *catalog;
    haddr_t *seen; /* addresses of the objects so far */
    size_t seen_count, seen_capacity;
    struct wn_error *error;
};

void wn_catalog_free(struct wn_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        free(catalog->entry[i].path);
    free(catalog->entry);
    *catalog = (struct wn_catalog){0};
}

const struct wn_entry *wn_catalog_find(const struct wn_catalog *catalog,
                                       const char *path)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->entry[i].path, path) == 0)
            return &catalog->entry[i];
    return NULL;
}

static int inspect_refuse(struct walk *walk, const char *path, const char *why)
{
    return wn_fail(walk->error, WN_EDATA, "%s: %s", path, why);
}

static int inspect_type(struct walk *walk, hid_t set, struct wn_entry *entry)
{
    const enum wn_type wanted = wn_layout_find(entry->path)->type;
    const hid_t type = H5Dget_type(set);
    const htri_t named = H5Tcommitted(type);
    bool known = false;

    entry->shape.width = H5Tget_size(type);
    for (int t = WN_U8; t < WN_NAMES && !known; t++) {
        const hid_t stored = wn_hdf5_type((enum wn_type)t, 0);

        known = H5Tequal(type, stored) > 0;
        entry->shape.type = (enum wn_type)t;
        wn_hdf5_close(stored);
    }
    if (!known && H5Tget_class(type) == H5T_STRING) {
        known = H5Tis_variable_str(type) == 0 &&
                H5Tget_cset(type) == H5T_CSET_UTF8 &&
                H5Tget_strpad(type) == H5T_STR_NULLPAD &&
                entry->shape.width > 0 && entry->shape.width < (size_t)1 << 30;
        entry->shape.type = WN_NAMES;
    }
    wn_hdf5_close(type);
    if (type < 0)
        return inspect_refuse(walk, entry->path, "its type is damaged");
    if (named != 0)
        return inspect_refuse(walk, entry->path, "refused: a named type");
    if (!known || entry->shape.type != wanted)
        return wn_fail(walk->error, WN_EDATA, "%s: found %s, wanted type %s",
                       entry->path,
                       known ? wn_type_name(entry->shape.type) : "another type",
                       wn_type_name(wanted));
    return 0;
}

/* Check that every chunk of `bytes` bytes is stored whole, with its checksum.
 * HDF5 1.10 copies a chunk of its full size out of whatever is stored. A stored
 * size that is right makes that safe; a filter mask loses the checksum only.
 * HDF5 1.10 finds the mask of chunk c in time O(c), so datasets above 1 GiB are
 * not asked for it: their digests remain. */
static int inspect_chunks(struct walk *walk, hid_t set,
                          const struct wn_entry *entry, size_t chunks,
                          hsize_t rows, hsize_t bytes)
{
    enum { MAX_MASKS = 1024 };
    const hid_t space = H5Dget_space(set);
    bool good = true;

    for (size_t c = 0; c < chunks && good; c++) {
        const hsize_t offset[3] = {c * rows, 0, 0};
        hsize_t stored = 0, found[3];
        haddr_t address;
        unsigned mask = 0;

        good = H5Dget_chunk_storage_size(set, offset, &stored) >= 0 &&
               stored == bytes + 4 &&
               (chunks > MAX_MASKS ||
                (H5Dget_chunk_info(set, space, c, found, &mask, &address,
                                   &stored) >= 0 &&
                 mask == 0 && stored == bytes + 4));
    }
    wn_hdf5_close(space);
    return good ? 0
                : inspect_refuse(walk, entry->path, "parts of it are missing");
}

/* Check the extents. Every chunk must have the shape that the writer gives it
 * and fit the file, so no allocation is larger than the file, no part of the
 * data is made of fill values, and reading rows in order reads each chunk
 * once. */
static int inspect_shape(struct walk *walk, hid_t set, hid_t creation,
                         struct wn_entry *entry)
{
    const int wanted = wn_layout_rank(wn_layout_find(entry->path));
    const hid_t space = H5Dget_space(set);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t extent[3] = {1, 1, 1}, max[3] = {1, 1, 1}, chunk[3] = {1, 1, 1};
    hsize_t usual[3];
    size_t chunks = 1, bytes = entry->shape.width;

    entry->shape.rank = rank;
    if (space < 0 || H5Sget_simple_extent_type(space) != H5S_SIMPLE)
        inspect_refuse(walk, entry->path, "not an array");
    else if (rank != wanted)
        wn_fail(walk->error, WN_EDATA, "%s: found %d dimensions, wanted %d",
                entry->path, rank, wanted);
    else if (H5Sget_simple_extent_dims(space, extent, max) < 0)
        inspect_refuse(walk, entry->path, "its extents are damaged");
    else if (memcmp(extent, max, sizeof extent))
        inspect_refuse(walk, entry->path, "refused: extents that can grow");
    for (int r = 0; r < 3; r++)
        entry->shape.extent[r] = extent[r];
    wn_hdf5_close(space);
    if (walk->error->code)
        return -1;
    if (H5Pget_chunk(creation, 3, chunk) != rank)
        return inspect_refuse(walk, entry->path, "its chunks are damaged");
    for (int r = 0; r < 3; r++) { /* beyond the rank all are 1 */
        if (chunk[r] == 0)
            return inspect_refuse(walk, entry->path, "its chunks are damaged");
        chunks = wn_product(
            chunks, extent[r] / chunk[r] + (extent[r] % chunk[r] != 0), 1);
        bytes = wn_product(bytes, chunk[r], 1);
    }
    const size_t content = wn_product(
        wn_product(extent[0], extent[1], extent[2]), entry->shape.width, 1);
    const size_t stored =
        bytes < SIZE_MAX - 4 ? wn_product(chunks, bytes + 4, 1) : SIZE_MAX;
    if (content > walk->size || (content && stored > walk->size))
        return wn_fail(walk->error, WN_EDATA,
                       "%s: claims %zu bytes, the file has %llu", entry->path,
                       content, (unsigned long long)walk->size);
    wn_chunk_extents(&entry->shape, usual);
    for (int r = 0; r < rank; r++)
        if (chunk[r] != usual[r])
            return wn_fail(walk->error, WN_EDATA,
                           "%s: refused: found chunks of %llu along dimension "
                           "%d, wanted %llu",
                           entry->path, (unsigned long long)chunk[r], r,
                           (unsigned long long)usual[r]);
    return content ? inspect_chunks(walk, set, entry, chunks, chunk[0], bytes)
                   : 0;
}

/* Set entry->digest from the object's attribute; it stays "" without one. */
static int read_digest(struct walk *walk, hid_t object, struct wn_entry *entry)
{
    struct wn_attribute *list;
    size_t count;

    if (wn_attributes_read(object, &list, &count, walk->error))
        return wn_fail(walk->error, WN_EDATA, "%s", entry->path);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, "digest") == 0 && !list[i].number &&
            strlen(list[i].text) == WN_DIGEST_TEXT - 1)
            memcpy(entry->digest, list[i].text, WN_DIGEST_TEXT);
    wn_attributes_free(list, count);
    return 0;
}

static int inspect_group(struct walk *walk, const char *path);

/* Refuse links that are not hard and objects that more than one link names; add
 * the object to the catalog. */
static int inspect_object(struct walk *walk, const char *path)
{
    struct wn_catalog *catalog = walk->catalog;
    struct wn_entry *entry;
    H5L_info_t link;
    H5O_info_t about;
    unsigned flags, config;
    size_t none = 0;
    int status;

    if (H5Lget_info(walk->file, path, &link, H5P_DEFAULT) < 0)
        return inspect_refuse(walk, path, "its link is damaged");
    if (link.type == H5L_TYPE_SOFT)
        return inspect_refuse(walk, path, "refused: a soft link");
    if (link.type == H5L_TYPE_EXTERNAL)
        return inspect_refuse(walk, path, "refused: a link to another file");
    if (link.type != H5L_TYPE_HARD)
        return inspect_refuse(walk, path, "refused: a user-defined link");
    if (H5Oget_info_by_name2(walk->file, path, &about, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return inspect_refuse(walk, path, "damaged");
    for (size_t i = 0; i < walk->seen_count; i++)
        if (walk->seen[i] == about.addr)
            return inspect_refuse(walk, path, "refused: reached in two ways");
    if (about.rc != 1)
        return inspect_refuse(walk, path, "refused: linked more than once");
    wn_grow(&walk->seen, &walk->seen_capacity, walk->seen_count + 1,
            sizeof *walk->seen);
    walk->seen[walk->seen_count++] = about.addr;
    if (about.type != H5O_TYPE_GROUP && about.type != H5O_TYPE_DATASET)
        return inspect_refuse(walk, path, "refused: neither group nor dataset");
    if (about.type == H5O_TYPE_GROUP && !wn_layout_has_group(path))
        return inspect_refuse(walk, path, "not a part of an audit file");
    wn_grow(&catalog->entry, &catalog->capacity, catalog->count + 1,
            sizeof *catalog->entry);
    entry = &catalog->entry[catalog->count++];
    *entry = (struct wn_entry){.path = wn_copy_text(path, strlen(path)),
                               .group = about.type == H5O_TYPE_GROUP};
    if (entry->group) {
        const hid_t group = H5Gopen2(walk->file, path, H5P_DEFAULT);

        if (group < 0)
            return inspect_refuse(walk, path, "damaged");
        status = read_digest(walk, group, entry);
        H5Gclose(group);
        return status ? -1 : inspect_group(walk, path);
    }
    const hid_t set = H5Dopen2(walk->file, path, H5P_DEFAULT);
    const hid_t creation = H5Dget_create_plist(set);
    if (!wn_layout_find(path))
        inspect_refuse(walk, path, "not a part of an audit file");
    else if (creation < 0)
        inspect_refuse(walk, path, "damaged");
    else if (H5Pget_external_count(creation) != 0)
        inspect_refuse(walk, path, "refused: data in another file");
    else if (H5Pget_layout(creation) == H5D_VIRTUAL)
        inspect_refuse(walk, path, "refused: a virtual dataset");
    else if (H5Pget_layout(creation) != H5D_CHUNKED)
        inspect_refuse(walk, path, "refused: not chunked");
    else if (H5Pget_nfilters(creation) != 1 ||
             H5Pget_filter2(creation, 0, &flags, &none, NULL, 0, NULL,
                            &config) != H5Z_FILTER_FLETCHER32)
        inspect_refuse(walk, path,
                       "refused: wanted the filter fletcher32 and no other");
    else if (inspect_type(walk, set, entry) == 0 &&
             inspect_shape(walk, set, creation, entry) == 0 &&
             read_digest(walk, set, entry) == 0 && !entry->digest[0])
        inspect_refuse(walk, path, "has no digest");
    wn_hdf5_close(creation);
    wn_hdf5_close(set);
    return walk->error->code ? -1 : 0;
}

/* The names of a group's links, collected without following any. */
struct names {
    char *name[MAX_LINKS];
    size_t count;
    struct wn_error *error;
};

static herr_t collect_name(hid_t group, const char *name,
                           const H5L_info_t *about, void *context)
{
    struct names *names = context;
    const size_t length = strlen(name);

    (void)group;
    (void)about;
    if (names->count == MAX_LINKS || length == 0 || length > MAX_NAME)
        return wn_fail(names->error, WN_EDATA,
                       "too many names, or a damaged one");
    names->name[names->count++] = wn_copy_text(name, length);
    return 0;
}

static int inspect_group(struct walk *walk, const char *path)
{
    struct names *names = wn_new(1, sizeof *names);
    struct wn_text child = {0};
    int status = 0;

    names->error = walk->error;
    if (H5Literate_by_name(walk->file, *path ? path : "/", H5_INDEX_NAME,
                           H5_ITER_INC, NULL, collect_name, names,
                           H5P_DEFAULT) < 0)
        status = inspect_refuse(walk, *path ? path : "/", "damaged");
    for (size_t i = 0; status == 0 && i < names->count; i++) {
        child.length = 0;
        wn_text_format(&child, "%s%s%s", path, *path ? "/" : "",
                       names->name[i]);
        status = inspect_object(walk, child.bytes);
    }
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
    wn_text_free(&child);
    free(names);
    return status;
}

int wn_inspect(hid_t file, uint64_t size, struct wn_catalog *catalog,
               struct wn_error *error)
{
    struct walk walk = {file, size, catalog, NULL, 0, 0, error};
    const int status = inspect_group(&walk, "");

    free(walk.seen);
    if (status == 0)
        qsort(catalog->entry, catalog->count, sizeof *catalog->entry,
              wn_text_ascending);
    return status;
}
