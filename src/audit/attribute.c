/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of groups and datasets; see attribute.h. */
#include "audit/attribute.h"

#include <stdlib.h>
#include <string.h>

#include "array/hdf5_store.h"
#include "util/memory.h"

enum {
    ATTRIBUTES_MOST = 256, /* per object */
    TEXT_MOST = 1 << 20    /* bytes of one */
};

static int compare_attributes(const void *a, const void *b)
{
    return strcmp(((const struct wn_attribute *)a)->name,
                  ((const struct wn_attribute *)b)->name);
}

void wn_attributes_free(struct wn_attribute *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].name);
        free(list[i].text);
    }
    free(list);
}

static int read_text(hid_t id, hid_t type, struct wn_attribute *attribute,
                     struct wn_error *error)
{
    const size_t size = H5Tget_size(type);

    if (H5Tis_variable_str(type) != 0)
        return wn_fail(error, WN_EDATA, "variable-length text");
    if (size == 0 || size > TEXT_MOST || H5Aget_storage_size(id) != size)
        return wn_fail(error, WN_EDATA, "text of %zu bytes", size);
    attribute->text = wn_new(size + 1, 1);
    if (H5Aread(id, type, attribute->text) < 0)
        return wn_fail(error, WN_EDATA, "cannot be read");
    return 0;
}

static int attribute_read_number(hid_t id, hid_t type,
                                 struct wn_attribute *attribute,
                                 struct wn_error *error)
{
    attribute->number = true;
    if (H5Tequal(type, H5T_IEEE_F64LE) <= 0 &&
        H5Tequal(type, H5T_STD_I32LE) <= 0)
        return wn_fail(error, WN_EDATA, "neither text nor number");
    if (H5Aread(id, H5T_NATIVE_DOUBLE, &attribute->value) < 0)
        return wn_fail(error, WN_EDATA, "cannot be read");
    return 0;
}

static int read_one(hid_t object, hsize_t index, struct wn_attribute *attribute,
                    struct wn_error *error)
{
    const hid_t id = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC,
                                    index, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    int status = -1;

    if (id < 0)
        return wn_fail(error, WN_EDATA, "an attribute cannot be read");
    const ssize_t length = H5Aget_name(id, 0, NULL);
    if (length <= 0 || length > 255) {
        wn_fail(error, WN_EDATA, "an attribute's name is damaged");
        goto done;
    }
    attribute->name = wn_new((size_t)length + 1, 1);
    type = H5Aget_type(id);
    space = H5Aget_space(id);
    if (H5Aget_name(id, (size_t)length + 1, attribute->name) != length ||
        type < 0 || H5Sget_simple_extent_type(space) != H5S_SCALAR ||
        H5Tcommitted(type) != 0)
        wn_fail(error, WN_EDATA, "not a plain scalar");
    else if (H5Tget_class(type) == H5T_STRING)
        status = read_text(id, type, attribute, error);
    else
        status = attribute_read_number(id, type, attribute, error);
    if (status)
        wn_fail(error, WN_EDATA, "attribute %s", attribute->name);
done:
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    H5Aclose(id);
    return status;
}

int wn_attributes_read(hid_t object, struct wn_attribute **list, size_t *count,
                       struct wn_error *error)
{
    H5O_info_t about;

    *list = NULL;
    *count = 0;
    if (H5Oget_info2(object, &about, H5O_INFO_NUM_ATTRS) < 0)
        return wn_fail(error, WN_EDATA, "cannot be read");
    if (about.num_attrs > ATTRIBUTES_MOST)
        return wn_fail(error, WN_EDATA, "has %llu attributes",
                       (unsigned long long)about.num_attrs);
    *list = wn_new((size_t)about.num_attrs, sizeof **list);
    for (; *count < about.num_attrs; ++*count)
        if (read_one(object, *count, &(*list)[*count], error)) {
            wn_attributes_free(*list, *count + 1);
            *list = NULL;
            *count = 0;
            return -1;
        }
    qsort(*list, *count, sizeof **list, compare_attributes);
    return 0;
}

int wn_attribute_write(hid_t object, const struct wn_attribute *attribute)
{
    const size_t size =
        attribute->number || !*attribute->text ? 1 : strlen(attribute->text);
    const enum wn_type kind = !attribute->number ? WN_NAMES
                              : attribute->whole ? WN_I32
                                                 : WN_F64;
    const hid_t type = wn_hdf5_type(kind, size);
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(object, attribute->name, type, space,
                                H5P_DEFAULT, H5P_DEFAULT);
    int status = -1;

    if (id >= 0)
        status = H5Awrite(id, attribute->number ? H5T_NATIVE_DOUBLE : type,
                          attribute->number ? (const void *)&attribute->value
                                            : attribute->text);
    if (id >= 0 && H5Aclose(id) < 0)
        status = -1;
    H5Sclose(space);
    H5Tclose(type);
    return status < 0 ? -1 : 0;
}
