/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading datasets and attributes of an open audit file; see audit.h. */
#include "audit/audit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_private.h"
#include "util/memory.h"
#include "util/spill.h"

void wn_names_free(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

void wn_audit_list(const struct wn_audit *audit, const char *group,
                   char ***names, size_t *count)
{
    const size_t length = strlen(group);

    *count = 0;
    *names = wn_new(audit->catalog.count, sizeof **names);
    for (size_t i = 0; i < audit->catalog.count; i++) {
        const struct wn_entry *entry = &audit->catalog.entry[i];
        const char *name = entry->path + length + 1;

        if (entry->group || strncmp(entry->path, group, length) ||
            entry->path[length] != '/' || strchr(name, '/'))
            continue;
        (*names)[*count] = wn_copy_text(name, strlen(name));
        ++*count;
    }
}

static const struct wn_entry *find_dataset(const struct wn_audit *audit,
                                           const char *path,
                                           struct wn_error *error)
{
    const struct wn_entry *entry = wn_catalog_find(&audit->catalog, path);

    if (entry && !entry->group)
        return entry;
    wn_audit_fail(audit, path, "is not in the file", error);
    return NULL;
}

int wn_audit_shape(const struct wn_audit *audit, const char *path, int *rank,
                   size_t extent[3], struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    *rank = entry->shape.rank;
    memcpy(extent, entry->shape.extent, sizeof entry->shape.extent);
    return 0;
}

int wn_audit_extent(const struct wn_audit *audit, const char *path, int which,
                    size_t *extent, struct wn_error *error)
{
    size_t all[3];
    int rank;

    if (!wn_audit_has(audit, path))
        return 0;
    if (wn_audit_shape(audit, path, &rank, all, error))
        return -1;
    *extent = all[which];
    return 0;
}

/* Check values that were read, from row `begin` on, against the layout. */
static int check_values(const struct wn_audit *audit,
                        const struct wn_entry *entry, size_t begin,
                        size_t count, const void *content,
                        struct wn_error *error)
{
    const struct wn_layout *row = wn_layout_find(entry->path);
    size_t words = 0;

    if (wn_layout_has_words(row)) {
        char **names;

        if (wn_audit_words(audit, entry->path, &names, &words, error))
            return -1;
        wn_names_free(names, words);
    }
    return wn_layout_check_values(
               row, entry->path, &audit->symbols, words, begin,
               entry->shape.extent[1] * entry->shape.extent[2], count, content,
               error)
               ? wn_fail(error, WN_EDATA, "%s", audit->name)
               : 0;
}

/* Read a whole dataset, piece by piece, compare it with its digest, and check
 * its values. */
static void *read_content(const struct wn_audit *audit,
                          const struct wn_entry *entry, struct wn_error *error)
{
    enum { PIECE = 1 << 20 };
    const struct wn_hdf5_shape *shape = &entry->shape;
    const size_t rows = shape->extent[0];
    const size_t size =
        wn_product(rows, shape->extent[1], shape->extent[2]) * shape->width;
    const size_t row = size ? size / rows : 1;
    const size_t step = row < PIECE ? PIECE / row : 1;
    char *content = wn_spill_new(size, 1);
    struct wn_hash *hash = wn_digest_begin(shape);
    char found[WN_DIGEST_TEXT];
    bool good = true;

    for (size_t at = 0; size && good && at < rows; at += step) {
        const size_t end = rows - at < step ? rows : at + step;
        const size_t bytes = (end - at) * row;
        char *piece = content + at * row;

        good = wn_entry_read(audit, entry, at, end, piece, error) == 0;
        if (!good)
            continue;
        wn_hdf5_turn(shape, piece, bytes);
        wn_hash_add(hash, piece, bytes);
        wn_hdf5_turn(shape, piece, bytes);
    }
    wn_hash_text(hash, found);
    wn_hash_free(hash);
    if (good && strcmp(found, entry->digest) == 0) {
        if (check_values(audit, entry, 0, size / shape->width, content,
                         error) == 0)
            return content;
    } else if (good) {
        wn_audit_fail(audit, entry->path,
                      "its digest does not fit: changed or damaged", error);
    }
    wn_spill_free(content);
    return NULL;
}

void *wn_audit_read(const struct wn_audit *audit, const char *path,
                    enum wn_type type, const size_t extent[3],
                    struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return NULL;
    const struct wn_hdf5_shape *shape = &entry->shape;
    if (shape->type != type) {
        wn_fail(error, WN_EDATA, "%s: %s: found %s, wanted %s", audit->name,
                entry->path, wn_type_name(shape->type), wn_type_name(type));
        return NULL;
    }
    for (int r = 0; r < shape->rank; r++)
        if (shape->extent[r] != extent[r]) {
            wn_fail(error, WN_EDATA, "%s: %s: found extent %zu, wanted %zu",
                    audit->name, entry->path, shape->extent[r], extent[r]);
            return NULL;
        }
    return read_content(audit, entry, error);
}

void wn_audit_keep(struct wn_audit *audit, const char *path,
                   const void *content)
{
    for (size_t i = 0; i < audit->catalog.count; i++)
        if (strcmp(audit->catalog.entry[i].path, path) == 0)
            audit->catalog.entry[i].kept = content;
}

int wn_entry_read(const struct wn_audit *audit, const struct wn_entry *entry,
                  size_t begin, size_t end, void *out, struct wn_error *error)
{
    /* The dataset and its last chunk stay open for the next rows. That changes
     * nothing a caller can see. */
    struct wn_audit *holder = (struct wn_audit *)audit;
    const size_t *extent = entry->shape.extent;
    const size_t row = wn_product(extent[1], extent[2], entry->shape.width);
    char *to = out;
    hsize_t chunk[3];

    if (begin == end || row == 0)
        return 0;
    wn_chunk_extents(&entry->shape, chunk);
    if (audit->rows < 0 || strcmp(audit->rows_path, entry->path)) {
        wn_hdf5_close(audit->rows);
        free(audit->rows_path);
        free(audit->chunk);
        holder->rows_path = wn_copy_text(entry->path, strlen(entry->path));
        holder->rows = H5Dopen2(audit->file, entry->path, H5P_DEFAULT);
        holder->chunk = wn_new(chunk[0] * row + WN_CHUNK_SUM, 1);
        holder->chunk_at = SIZE_MAX;
    }
    for (size_t at = begin, next; at < end; at = next) {
        const size_t first = at - at % chunk[0];

        next = end - first < chunk[0] ? end : first + chunk[0];
        if (audit->chunk_at != first) {
            holder->chunk_at = SIZE_MAX;
            if (audit->rows < 0 ||
                !wn_hdf5_read_chunk(audit->rows, first, chunk[0] * row,
                                    audit->chunk))
                return wn_audit_fail(audit, entry->path,
                                     "damaged, cannot be read", error);
            holder->chunk_at = first;
        }
        memcpy(to, audit->chunk + (at - first) * row, (next - at) * row);
        wn_hdf5_turn(&entry->shape, to, (next - at) * row);
        to += (next - at) * row;
    }
    return 0;
}

static int read_rows_of(const struct wn_audit *audit, const char *path,
                        enum wn_type type, size_t begin, size_t end,
                        size_t columns, void *out, struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    const struct wn_hdf5_shape *shape = &entry->shape;
    const size_t found = wn_product(shape->extent[1], shape->extent[2], 1);
    if (shape->rank < 2 || shape->type != type || found != columns)
        return wn_fail(error, WN_EDATA,
                       "%s: %s: found rows of %zu %s, wanted %zu %s",
                       audit->name, path, found, wn_type_name(shape->type),
                       columns, wn_type_name(type));
    assert(begin <= end && end <= shape->extent[0]);
    return wn_entry_read(audit, entry, begin, end, out, error) ||
                   check_values(audit, entry, begin, (end - begin) * columns,
                                out, error)
               ? -1
               : 0;
}

int wn_audit_read_rows(const struct wn_audit *audit, const char *path,
                       size_t begin, size_t end, size_t columns, float *out,
                       struct wn_error *error)
{
    return read_rows_of(audit, path, WN_F32, begin, end, columns, out, error);
}

int wn_audit_read_indices(const struct wn_audit *audit, const char *path,
                          size_t begin, size_t end, size_t columns,
                          int32_t *out, struct wn_error *error)
{
    return read_rows_of(audit, path, WN_I32, begin, end, columns, out, error);
}

long wn_audit_read_bytes(const struct wn_audit *audit, const char *path,
                         size_t begin, size_t end, void *out,
                         struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);

    if (!entry)
        return -1;
    if (entry->shape.rank != 1 || entry->shape.type != WN_U8)
        return wn_audit_fail(audit, path, "does not hold bytes", error);
    if (end > entry->shape.extent[0])
        end = entry->shape.extent[0];
    if (begin > end)
        begin = end;
    return wn_entry_read(audit, entry, begin, end, out, error)
               ? -1
               : (long)(end - begin);
}

int wn_audit_read_names(const struct wn_audit *audit, const char *path,
                        char ***names, size_t *count, struct wn_error *error)
{
    const struct wn_entry *entry = find_dataset(audit, path, error);
    char *content;

    *names = NULL;
    *count = 0;
    if (!entry)
        return -1;
    if (entry->shape.type != WN_NAMES)
        return wn_audit_fail(audit, path, "does not hold names", error);
    content = read_content(audit, entry, error);
    if (!content)
        return -1;
    *names = wn_new(entry->shape.extent[0], sizeof **names);
    for (; *count < entry->shape.extent[0]; ++*count) {
        const char *name = content + *count * entry->shape.width;

        (*names)[*count] =
            wn_copy_text(name, strnlen(name, entry->shape.width));
    }
    wn_spill_free(content);
    return 0;
}

int wn_audit_attributes(const struct wn_audit *audit, const char *path,
                        struct wn_attribute **list, size_t *count,
                        struct wn_error *error)
{
    const hid_t object = H5Oopen(audit->file, path, H5P_DEFAULT);
    int status;

    if (object < 0)
        return wn_audit_fail(audit, path, "damaged", error);
    status = wn_attributes_read(object, list, count, error);
    H5Oclose(object);
    return status ? wn_fail(error, WN_EDATA, "%s: %s", audit->name, path) : 0;
}

/* Move one attribute out of the list; taken->name is NULL if it is missing. */
static int take_attribute(const struct wn_audit *audit, const char *path,
                          const char *name, struct wn_attribute *taken,
                          struct wn_error *error)
{
    struct wn_attribute *list = NULL;
    size_t count = 0;

    *taken = (struct wn_attribute){0};
    if (!wn_audit_has(audit, path))
        return wn_audit_fail(audit, path, "is not in the file", error);
    if (wn_audit_attributes(audit, path, &list, &count, error))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0) {
            *taken = list[i];
            list[i] = (struct wn_attribute){0};
        }
    wn_attributes_free(list, count);
    return 0;
}

char *wn_audit_text(const struct wn_audit *audit, const char *path,
                    const char *attribute, struct wn_error *error)
{
    struct wn_attribute taken;

    if (take_attribute(audit, path, attribute, &taken, error))
        return NULL;
    free(taken.name);
    if (taken.name && !taken.text)
        wn_fail(error, WN_EDATA,
                "%s: %s: attribute %s: found a number, wanted text",
                audit->name, path, attribute);
    return taken.text;
}

int wn_audit_number(const struct wn_audit *audit, const char *path,
                    const char *attribute, double *value,
                    struct wn_error *error)
{
    struct wn_attribute taken;

    if (take_attribute(audit, path, attribute, &taken, error))
        return -1;
    const bool found = taken.name != NULL;
    free(taken.name);
    free(taken.text);
    if (!found || !taken.number)
        return wn_fail(error, WN_EDATA,
                       "%s: %s: attribute %s: %s, wanted a number", audit->name,
                       path, attribute, found ? "found text" : "is missing");
    *value = taken.value;
    return 0;
}

int wn_audit_words(const struct wn_audit *audit, const char *path,
                   char ***words, size_t *count, struct wn_error *error)
{
    char *text = wn_audit_text(audit, path, "names", error);
    size_t capacity = 0;

    *words = NULL;
    *count = 0;
    if (!text)
        return error->code ? -1
                           : wn_audit_fail(audit, path,
                                           "has no attribute names", error);
    for (const char *at = text; *at; at += *at == ',') {
        const size_t length = strcspn(at, ",");

        wn_grow(words, &capacity, *count + 1, sizeof **words);
        (*words)[(*count)++] = wn_copy_text(at, length);
        at += length;
    }
    free(text);
    return 0;
}
