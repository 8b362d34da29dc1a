/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of groups and datasets, and digests; see audit_private.h. */
#include <stdlib.h>
#include <string.h>

#include "audit/audit_private.h"
#include "util/memory.h"
#include "util/text.h"

enum {
    MAX_ATTRIBUTES = 256,    /* per object */
    MAX_TEXT_BYTES = 1 << 20 /* of one */
};

/* ---- attributes --------------------------------------------------------- */

void wn_attributes_free(struct wn_attribute *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].name);
        free(list[i].text);
    }
    free(list);
}

int wn_attributes_read(hid_t object, struct wn_attribute **list, size_t *count,
                       struct wn_error *error)
{
    struct wn_attribute *all;
    H5O_info_t about;
    size_t n = 0;

    *list = NULL;
    *count = 0;
    if (H5Oget_info2(object, &about, H5O_INFO_NUM_ATTRS) < 0)
        return wn_fail(error, WN_EDATA, "cannot be read");
    if (about.num_attrs > MAX_ATTRIBUTES)
        return wn_fail(error, WN_EDATA, "has %llu attributes",
                       (unsigned long long)about.num_attrs);
    all = wn_new((size_t)about.num_attrs, sizeof *all);
    for (; n < about.num_attrs && !error->code; n++) {
        const hid_t id = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC,
                                        n, H5P_DEFAULT, H5P_DEFAULT);
        const ssize_t length = H5Aget_name(id, 0, NULL);
        const char *wrong = NULL;

        if (id >= 0 && length > 0 && length <= 255) {
            all[n].name = wn_new((size_t)length + 1, 1);
            if (H5Aget_name(id, (size_t)length + 1, all[n].name) != length) {
                wrong = "its name is damaged";
            } else {
                const hid_t type = H5Aget_type(id), space = H5Aget_space(id);
                const size_t size = H5Tget_size(type);

                if (type < 0 ||
                    H5Sget_simple_extent_type(space) != H5S_SCALAR ||
                    H5Tcommitted(type) != 0) {
                    wrong = "not a plain scalar";
                } else if (H5Tget_class(type) != H5T_STRING) {
                    all[n].number = true;
                    if (H5Tequal(type, H5T_IEEE_F64LE) <= 0 &&
                        H5Tequal(type, H5T_STD_I32LE) <= 0)
                        wrong = "neither text nor number";
                    else if (H5Aread(id, H5T_NATIVE_DOUBLE, &all[n].value) < 0)
                        wrong = "cannot be read";
                } else if (H5Tis_variable_str(type) != 0) {
                    wrong = "variable-length text";
                } else if (size == 0 || size > MAX_TEXT_BYTES ||
                           H5Aget_storage_size(id) != size) {
                    wrong = "text of an impossible size";
                } else {
                    all[n].text = wn_new(size + 1, 1);
                    if (H5Aread(id, type, all[n].text) < 0)
                        wrong = "cannot be read";
                }
                wn_hdf5_close(space);
                wn_hdf5_close(type);
            }
            if (wrong)
                wn_fail(error, WN_EDATA, "attribute %s: %s", all[n].name,
                        wrong);
        } else {
            wn_fail(error, WN_EDATA, "an attribute is damaged");
        }
        wn_hdf5_close(id);
    }
    if (error->code) {
        wn_attributes_free(all, n);
        return -1;
    }
    qsort(all, n, sizeof *all, wn_text_ascending);
    *list = all;
    *count = n;
    return 0;
}

int wn_attribute_write(hid_t object, const struct wn_attribute *attribute)
{
    const size_t size =
        attribute->number || !*attribute->text ? 1 : strlen(attribute->text);
    const hid_t type = wn_hdf5_type(!attribute->number ? WN_NAMES
                                    : attribute->whole ? WN_I32
                                                       : WN_F64,
                                    size);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(object, attribute->name, type, space,
                                H5P_DEFAULT, H5P_DEFAULT);
    const bool written =
        id >= 0 && H5Awrite(id, attribute->number ? H5T_NATIVE_DOUBLE : type,
                            attribute->number ? (const void *)&attribute->value
                                              : attribute->text) >= 0;
    const bool closed = id >= 0 && H5Aclose(id) >= 0;

    wn_hdf5_close(space);
    wn_hdf5_close(type);
    return written && closed ? 0 : -1;
}

/* ---- digests ------------------------------------------------------------ */

static void add_line(struct wn_digest *digest, const struct wn_text *text)
{
    wn_grow(&digest->line, &digest->capacity, digest->count + 1,
            sizeof *digest->line);
    digest->line[digest->count++] = text->bytes;
}

void wn_digest_dataset(struct wn_digest *digest, const char *path,
                       const char *content)
{
    struct wn_text text = {0};

    wn_text_format(&text, "%s %s\n", path, content);
    add_line(digest, &text);
}

void wn_digest_attribute(struct wn_digest *digest, const char *path,
                         const struct wn_attribute *attribute)
{
    struct wn_text text = {0};

    if (attribute->number)
        wn_text_format(&text, "%s@%s %.17g\n", path, attribute->name,
                       attribute->value);
    else
        wn_text_format(&text, "%s@%s %zu:%s\n", path, attribute->name,
                       strlen(attribute->text), attribute->text);
    add_line(digest, &text);
}

void wn_digest_text(struct wn_digest *digest, char out[WN_DIGEST_TEXT])
{
    struct wn_hash *hash = wn_hash_new();

    if (digest->count)
        qsort(digest->line, digest->count, sizeof *digest->line,
              wn_text_ascending);
    for (size_t i = 0; i < digest->count; i++)
        wn_hash_add(hash, digest->line[i], strlen(digest->line[i]));
    wn_hash_text(hash, out);
    wn_hash_free(hash);
}

void wn_digest_free(struct wn_digest *digest)
{
    for (size_t i = 0; i < digest->count; i++)
        free(digest->line[i]);
    free(digest->line);
    *digest = (struct wn_digest){0};
}

struct wn_hash *wn_digest_begin(const struct wn_hdf5_shape *shape)
{
    struct wn_hash *hash = wn_hash_new();
    struct wn_text text = {0};

    wn_text_format(&text, "%s", wn_type_name(shape->type));
    if (shape->type == WN_NAMES)
        wn_text_format(&text, ":%zu", shape->width);
    for (int r = 0; r < shape->rank; r++)
        wn_text_format(&text, "%s%zu", r ? "," : " ", shape->extent[r]);
    wn_text_add(&text, "\n", 1);
    wn_hash_add(hash, text.bytes, text.length);
    wn_text_free(&text);
    return hash;
}
