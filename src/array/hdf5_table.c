/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table as a new HDF5 file; see hdf5.h. */
#include <stdlib.h>
#include <string.h>

#include "array/hdf5.h"
#include "array/hdf5_store.h"
#include "util/memory.h"

struct wn_hdf5_table {
    struct wn_hdf5_store store;
    const char *name; /* of the file */
    hid_t file, group;
    size_t columns;
    hid_t *set; /* columns */
};

static int fail(const struct wn_hdf5_table *table, struct wn_error *error)
{
    return wn_fail(error, WN_EIO, "%s: cannot write: %s", table->name,
                   table->store.failure ? strerror(table->store.failure)
                                        : "HDF5 fails");
}

/* What a cell is in the file and in memory: a double or a text. */
static hid_t cell_type(bool number)
{
    const hid_t type = H5Tcopy(number ? H5T_IEEE_F64LE : H5T_C_S1);

    if (type >= 0 && !number &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 ||
         H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        wn_hdf5_close(type);
        return H5I_INVALID_HID;
    }
    return type;
}

/* A link cannot hold a slash, or be "." or empty. */
static char *link_name(const char *column)
{
    char *name = wn_copy_text(column, strlen(column));

    for (char *at = name; (at = strchr(at, '/'));)
        *at = '_';
    if (!*name || strcmp(name, ".") == 0) {
        free(name);
        return wn_copy_text("_", 1);
    }
    return name;
}

struct wn_hdf5_table *wn_hdf5_table_new(int descriptor, const char *file,
                                        const struct wn_hdf5_column *column,
                                        size_t columns, size_t rows,
                                        struct wn_error *error)
{
    struct wn_hdf5_table *table = wn_new(1, sizeof *table);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t ordered = H5Pcreate(H5P_GROUP_CREATE);
    const hid_t space = H5Screate_simple(1, (hsize_t[]){rows}, NULL);

    *table = (struct wn_hdf5_table){.store = {.descriptor = descriptor},
                                    .name = file,
                                    .group = H5I_INVALID_HID,
                                    .columns = columns,
                                    .set = wn_new(columns, sizeof(hid_t))};
    for (size_t c = 0; c < columns; c++)
        table->set[c] = H5I_INVALID_HID;
    table->file = wn_hdf5_create(&table->store, file, error);
    if (table->file >= 0 && H5Pset_char_encoding(links, H5T_CSET_UTF8) >= 0 &&
        H5Pset_obj_track_times(create, 0) >= 0 &&
        H5Pset_obj_track_times(ordered, 0) >= 0 &&
        H5Pset_link_creation_order(ordered, H5P_CRT_ORDER_TRACKED |
                                                H5P_CRT_ORDER_INDEXED) >= 0)
        table->group =
            H5Gcreate2(table->file, "table", links, ordered, H5P_DEFAULT);
    for (size_t c = 0; c < columns && table->group >= 0 && !error->code; c++) {
        char *name = link_name(column[c].name);
        const hid_t type = cell_type(column[c].number);

        if (H5Lexists(table->group, name, H5P_DEFAULT) > 0)
            wn_fail(error, WN_EDATA,
                    "%s: column '%s': another one has the name '%s' in HDF5",
                    file, column[c].name, name);
        else
            table->set[c] = H5Dcreate2(table->group, name, type, space, links,
                                       create, H5P_DEFAULT);
        if (table->set[c] < 0 && !error->code)
            fail(table, error);
        wn_hdf5_close(type);
        free(name);
    }
    if (table->group < 0 && !error->code)
        fail(table, error);
    wn_hdf5_close(links);
    wn_hdf5_close(create);
    wn_hdf5_close(ordered);
    wn_hdf5_close(space);
    return error->code && wn_hdf5_table_end(table, error) ? NULL : table;
}

int wn_hdf5_table_write(struct wn_hdf5_table *table, size_t column, bool number,
                        size_t row, size_t count, const void *cells,
                        struct wn_error *error)
{
    const hid_t memory = H5Screate_simple(1, (hsize_t[]){count}, NULL);
    const hid_t file = H5Dget_space(table->set[column]);
    const hid_t type = cell_type(number);
    const bool good =
        H5Sselect_hyperslab(file, H5S_SELECT_SET, (hsize_t[]){row}, NULL,
                            (hsize_t[]){count}, NULL) >= 0 &&
        H5Dwrite(table->set[column], type, memory, file, H5P_DEFAULT, cells) >=
            0 &&
        !table->store.failure;

    wn_hdf5_close(memory);
    wn_hdf5_close(file);
    wn_hdf5_close(type);
    return good ? 0 : fail(table, error);
}

int wn_hdf5_table_end(struct wn_hdf5_table *table, struct wn_error *error)
{
    const bool failed = error->code != WN_OK;

    for (size_t c = 0; c < table->columns; c++)
        wn_hdf5_close(table->set[c]);
    wn_hdf5_close(table->group);
    if (table->file >= 0 &&
        (H5Fclose(table->file) < 0 || table->store.failure) && !failed)
        fail(table, error);
    free(table->set);
    free(table);
    return error->code ? -1 : 0;
}
