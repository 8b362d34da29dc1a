/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything in the file is looked at before anything is believed; see
 * inspect.h. HDF5's own advice is not to open files one does not trust: so
 * nothing here follows a link, a filter or a reference that could lead out of
 * the file, and sizes are compared with the file's before they are used. */
#include "audit/inspect.h"
#include "audit/layout.h"

#include <stdlib.h>
#include <string.h>

#include "audit/attribute.h"
#include "util/memory.h"
#include "util/text.h"

enum { LINKS_MOST = 1024, NAME_MOST = 255 };

struct walk {
    hid_t file;
    uint64_t size;
    struct wn_catalog *catalog;
    haddr_t *seen;
    size_t seen_count, seen_room;
    struct wn_error *error;
};

void wn_catalog_free(struct wn_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++)
        free(catalog->entry[i].path);
    free(catalog->entry);
    *catalog = (struct wn_catalog){0};
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct wn_entry *)a)->path,
                  ((const struct wn_entry *)b)->path);
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

/* The type as one of ours, or -1. */
static int known_type(hid_t type, size_t *width)
{
    for (int t = WN_U8; t <= WN_F64; t++) {
        const hid_t ours = wn_hdf5_type((enum wn_type)t, 0);
        const htri_t equal = H5Tequal(type, ours);

        H5Tclose(ours);
        if (equal > 0) {
            *width = wn_type_size((enum wn_type)t);
            return t;
        }
    }
    *width = H5Tget_size(type);
    if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
        H5Tget_cset(type) == H5T_CSET_UTF8 &&
        H5Tget_strpad(type) == H5T_STR_NULLPAD && *width > 0 &&
        *width < (size_t)1 << 30)
        return WN_NAMES;
    return -1;
}

static int inspect_check_type(struct walk *walk, hid_t set,
                              struct wn_entry *entry)
{
    const struct wn_layout *row = wn_layout_find(entry->path);
    const hid_t type = H5Dget_type(set);
    int status = -1;

    if (type < 0) {
        inspect_refuse(walk, entry->path, "its type is damaged");
    } else if (H5Tcommitted(type) != 0) {
        inspect_refuse(walk, entry->path, "refused: a named type");
    } else {
        const int found = known_type(type, &entry->shape.width);

        entry->shape.type = (enum wn_type)found;
        status = found == (int)row->type
                     ? 0
                     : wn_fail(walk->error, WN_EDATA,
                               "%s: found %s, wanted type %s", entry->path,
                               found < 0 ? "a foreign type"
                                         : wn_type_name((enum wn_type)found),
                               wn_type_name(row->type));
    }
    if (type >= 0)
        H5Tclose(type);
    return status;
}

static int inspect_check_space(struct walk *walk, hid_t set,
                               struct wn_entry *entry)
{
    const int wanted = wn_layout_rank(wn_layout_find(entry->path));
    const hid_t space = H5Dget_space(set);
    hsize_t extent[3] = {1, 1, 1}, most[3] = {1, 1, 1};
    int status = -1;

    if (space < 0 || H5Sget_simple_extent_type(space) != H5S_SIMPLE) {
        inspect_refuse(walk, entry->path, "not an array");
        goto done;
    }
    entry->shape.rank = H5Sget_simple_extent_ndims(space);
    if (entry->shape.rank != wanted) {
        wn_fail(walk->error, WN_EDATA, "%s: found %d dimensions, wanted %d",
                entry->path, entry->shape.rank, wanted);
        goto done;
    }
    if (H5Sget_simple_extent_dims(space, extent, most) < 0) {
        inspect_refuse(walk, entry->path, "its extents are damaged");
        goto done;
    }
    for (int r = 0; r < 3; r++) {
        entry->shape.extent[r] = extent[r];
        if (extent[r] != most[r]) {
            inspect_refuse(walk, entry->path, "refused: extents that can grow");
            goto done;
        }
    }
    status = 0;
done:
    if (space >= 0)
        H5Sclose(space);
    return status;
}

/* Every chunk is there, with its checksum, and all fit the file: so no
 * allocation is larger than the file and no part is made up of fill values. */
static int check_storage(struct walk *walk, hid_t set, hid_t creation,
                         const struct wn_entry *entry)
{
    const struct wn_hdf5_shape *shape = &entry->shape;
    const size_t *extent = shape->extent;
    hsize_t chunk[3] = {1, 1, 1};
    size_t chunks = 1, bytes = shape->width;

    if (H5Pget_chunk(creation, 3, chunk) != shape->rank)
        return inspect_refuse(walk, entry->path, "its chunks are damaged");
    for (int r = 0; r < shape->rank; r++) {
        if (chunk[r] == 0)
            return inspect_refuse(walk, entry->path, "its chunks are damaged");
        chunks = wn_product(
            chunks, extent[r] / chunk[r] + (extent[r] % chunk[r] != 0), 1);
        bytes = wn_product(bytes, chunk[r], 1);
    }
    const size_t content = wn_product(
        wn_product(extent[0], extent[1], extent[2]), shape->width, 1);
    const size_t stored =
        bytes < SIZE_MAX - 4 ? wn_product(chunks, bytes + 4, 1) : SIZE_MAX;
    if (content > walk->size || (content && stored > walk->size))
        return wn_fail(walk->error, WN_EDATA,
                       "%s: claims %zu bytes, the file has %llu", entry->path,
                       content, (unsigned long long)walk->size);
    if (content && H5Dget_storage_size(set) != stored)
        return inspect_refuse(walk, entry->path, "parts of it are missing");
    return 0;
}

static int check_creation(struct walk *walk, const struct wn_entry *entry,
                          hid_t creation)
{
    unsigned flags, config;
    size_t none = 0;

    if (H5Pget_external_count(creation) != 0)
        return inspect_refuse(walk, entry->path,
                              "refused: data in another file");
    const H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL)
        return inspect_refuse(walk, entry->path, "refused: a virtual dataset");
    if (layout != H5D_CHUNKED)
        return inspect_refuse(walk, entry->path, "refused: not chunked");
    if (H5Pget_nfilters(creation) != 1 ||
        H5Pget_filter2(creation, 0, &flags, &none, NULL, 0, NULL, &config) !=
            H5Z_FILTER_FLETCHER32)
        return inspect_refuse(
            walk, entry->path,
            "refused: wanted the filter fletcher32 and no other");
    return 0;
}

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

static int inspect_dataset(struct walk *walk, struct wn_entry *entry)
{
    const hid_t set = H5Dopen2(walk->file, entry->path, H5P_DEFAULT);
    const hid_t creation = set < 0 ? set : H5Dget_create_plist(set);
    int status = -1;

    if (!wn_layout_find(entry->path))
        inspect_refuse(walk, entry->path, "not a part of an audit file");
    else if (creation < 0)
        inspect_refuse(walk, entry->path, "damaged");
    else if (check_creation(walk, entry, creation) == 0 &&
             inspect_check_type(walk, set, entry) == 0 &&
             inspect_check_space(walk, set, entry) == 0 &&
             check_storage(walk, set, creation, entry) == 0 &&
             read_digest(walk, set, entry) == 0)
        status = entry->digest[0]
                     ? 0
                     : inspect_refuse(walk, entry->path, "has no digest");
    if (creation >= 0)
        H5Pclose(creation);
    if (set >= 0)
        H5Dclose(set);
    return status;
}

static int first_visit(struct walk *walk, const char *path,
                       const H5O_info_t *about)
{
    for (size_t i = 0; i < walk->seen_count; i++)
        if (walk->seen[i] == about->addr)
            return inspect_refuse(walk, path, "refused: reached in two ways");
    if (about->rc != 1)
        return inspect_refuse(walk, path, "refused: linked more than once");
    wn_grow(&walk->seen, &walk->seen_room, walk->seen_count + 1,
            sizeof *walk->seen);
    walk->seen[walk->seen_count++] = about->addr;
    return 0;
}

static int inspect_check_link(struct walk *walk, const char *path)
{
    H5L_info_t link;

    if (H5Lget_info(walk->file, path, &link, H5P_DEFAULT) < 0)
        return inspect_refuse(walk, path, "its link is damaged");
    switch (link.type) {
    case H5L_TYPE_HARD:
        return 0;
    case H5L_TYPE_SOFT:
        return inspect_refuse(walk, path, "refused: a soft link");
    case H5L_TYPE_EXTERNAL:
        return inspect_refuse(walk, path, "refused: a link to another file");
    default:
        return inspect_refuse(walk, path, "refused: a user-defined link");
    }
}

static int inspect_group(struct walk *walk, const char *path);

static int inspect_object(struct walk *walk, const char *path)
{
    struct wn_entry entry = {0};
    H5O_info_t about;

    if (inspect_check_link(walk, path))
        return -1;
    if (H5Oget_info_by_name2(walk->file, path, &about, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return inspect_refuse(walk, path, "damaged");
    if (first_visit(walk, path, &about))
        return -1;
    if (about.type != H5O_TYPE_GROUP && about.type != H5O_TYPE_DATASET)
        return inspect_refuse(walk, path, "refused: neither group nor dataset");
    entry.group = about.type == H5O_TYPE_GROUP;
    if (entry.group && !wn_layout_has_group(path))
        return inspect_refuse(walk, path, "not a part of an audit file");
    wn_grow(&walk->catalog->entry, &walk->catalog->room,
            walk->catalog->count + 1, sizeof entry);
    entry.path = wn_copy_text(path, strlen(path));
    walk->catalog->entry[walk->catalog->count++] = entry;
    struct wn_entry *kept = &walk->catalog->entry[walk->catalog->count - 1];
    if (!entry.group)
        return inspect_dataset(walk, kept);
    const hid_t group = H5Gopen2(walk->file, path, H5P_DEFAULT);
    if (group < 0)
        return inspect_refuse(walk, path, "damaged");
    const int status = read_digest(walk, group, kept);
    H5Gclose(group);
    return status ? -1 : inspect_group(walk, path);
}

/* The names of a group's links, without following any. */
struct names {
    char *name[LINKS_MOST];
    size_t count;
    struct wn_error *error;
};

static herr_t collect(hid_t group, const char *name, const H5L_info_t *about,
                      void *context)
{
    struct names *names = context;
    const size_t length = strlen(name);

    (void)group;
    (void)about;
    if (names->count == LINKS_MOST || length == 0 || length > NAME_MOST)
        return wn_fail(names->error, WN_EDATA,
                       "too many names, or a damaged one");
    names->name[names->count] = wn_copy_text(name, length);
    return names->name[names->count] ? (names->count++, 0) : -1;
}

static int inspect_names(struct walk *walk, const char *path,
                         const struct names *names)
{
    struct wn_text child = {0};
    int status = 0;

    for (size_t i = 0; status == 0 && i < names->count; i++) {
        child.length = 0;
        status = wn_text_format(&child, "%s%s%s", path, *path ? "/" : "",
                                names->name[i]);
        if (status == 0)
            status = inspect_object(walk, child.bytes);
    }
    wn_text_free(&child);
    return status;
}

static int inspect_group(struct walk *walk, const char *path)
{
    struct names *names = wn_new(1, sizeof *names);
    int status = -1;

    names->error = walk->error;
    if (H5Literate_by_name(walk->file, *path ? path : "/", H5_INDEX_NAME,
                           H5_ITER_INC, NULL, collect, names, H5P_DEFAULT) < 0)
        inspect_refuse(walk, *path ? path : "/", "damaged");
    else
        status = inspect_names(walk, path, names);
    for (size_t i = 0; i < names->count; i++)
        free(names->name[i]);
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
              compare_entries);
    return status;
}
