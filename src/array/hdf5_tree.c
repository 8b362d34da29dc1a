/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying the rows of a user's HDF5 file into a new one, in a child process;
 * see hdf5.h. The audited datasets come first, then everything else in the
 * file: what has a row for each row is cut and ordered like them, the rest is
 * copied.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/hdf5_dataset.h"
#include "array/hdf5_store.h"
#include "array/sandbox.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

enum { DEEPEST = 64 /* groups in groups */ };

/* An object of the source, and the first path of its copy. */
struct copied {
    haddr_t place;
    char *path;
};

struct tree {
    const struct wn_hdf5_copy *copy;
    struct wn_hdf5_reader *reader;
    hid_t file;
    bool anndata;
    int depth;
    struct copied *copied;
    size_t count, capacity;
};

/* The first path of the object at `place`, NULL if it is new; then it gets this
 * one. */
static const char *find_copied(struct tree *tree, haddr_t place,
                               const char *path)
{
    for (size_t c = 0; c < tree->count; c++)
        if (tree->copied[c].place == place)
            return tree->copied[c].path;
    wn_grow(&tree->copied, &tree->capacity, tree->count + 1,
            sizeof *tree->copied);
    tree->copied[tree->count++] =
        (struct copied){place, wn_copy_text(path, strlen(path))};
    return NULL;
}

static bool begins(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

/* Which axis of an array at `path` has the rows: an axis, WN_COPY_BOTH or
 * WN_COPY_WHOLE. Files of anndata say so by their groups; elsewhere it is the
 * axis that is as long. *unclear: several are. */
static int find_axis(const struct tree *tree, const char *path,
                     const hsize_t *extent, int rank, bool *unclear)
{
    static const char *const rows[] = {"/obs/", "/obsm/", "/layers/"};
    const size_t n = tree->copy->rows;
    int axis = WN_COPY_WHOLE, found = 0;

    *unclear = false;
    if (!tree->anndata) {
        for (int r = rank; r-- > 0;)
            if (extent[r] == n) {
                axis = r;
                found++;
            }
        *unclear = found > 1;
        return axis;
    }
    if (rank < 1 || extent[0] != n || begins(path, "/obs/__categories/"))
        return WN_COPY_WHOLE;
    if (begins(path, "/obsp/"))
        return rank == 2 && extent[1] == n ? WN_COPY_BOTH : 0;
    for (size_t g = 0; g < sizeof rows / sizeof *rows; g++)
        if (begins(path, rows[g]))
            return 0;
    return strcmp(path, "/X") == 0 || strcmp(path, "/raw/X") == 0 ||
                   strcmp(path, "/obs") == 0
               ? 0
               : WN_COPY_WHOLE;
}

/* Leave out the object reader->path for the reason of *error, which is cleared;
 * -1 if the copy cannot go on. */
static int pass_over(const struct tree *tree, struct wn_error *error)
{
    const char *path = tree->reader->path;
    const char *why = strstr(error->text, path);

    if (error->code != WN_EDATA || H5Lexists(tree->file, path, H5P_DEFAULT) > 0)
        return -1;
    why = why ? why + strlen(path) : error->text;
    error->text[strcspn(error->text, ";")] = '\0'; /* without advice */
    wn_hdf5_leave_out(tree->copy, path, NULL, why + strspn(why, ": "));
    *error = (struct wn_error){0};
    return 0;
}

/* A dataset without extents: one cell, or none. */
static int copy_cell(struct tree *tree, hid_t set, hid_t type, hid_t space)
{
    struct wn_hdf5_reader *reader = tree->reader;
    const hid_t creation = H5Dget_create_plist(set);
    char *cell = wn_new(H5Tget_size(type), 1);
    const bool some = H5Sget_simple_extent_type(space) == H5S_SCALAR;
    hid_t to = H5I_INVALID_HID;
    int status = wn_hdf5_check_storage(reader, creation);

    if (status == 0 && some &&
        H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, cell) < 0)
        status = wn_hdf5_refuse(reader, "damaged, cannot be read");
    if (status == 0) {
        const hid_t own = H5Tcopy(type);

        H5Pset_obj_track_times(creation, 0);
        to = H5Dcreate2(tree->file, reader->path, own, space, H5P_DEFAULT,
                        creation, H5P_DEFAULT);
        if (to < 0 || (some && H5Dwrite(to, own, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                                        cell) < 0))
            status = wn_hdf5_fail_write(tree->copy, reader);
        if (some)
            H5Dvlen_reclaim(own, space, H5P_DEFAULT, cell);
        wn_hdf5_close(own);
    }
    wn_hdf5_close(to);
    wn_hdf5_close(creation);
    free(cell);
    return status
               ? -1
               : wn_hdf5_copy_attributes(tree->copy, reader, tree->file, NULL);
}

static int copy_other_dataset(struct tree *tree)
{
    struct wn_hdf5_reader *reader = tree->reader;
    const hid_t set = H5Dopen2(reader->file, reader->path, H5P_DEFAULT);
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    const int rank = H5Sget_simple_extent_ndims(space);
    hsize_t extent[H5S_MAX_RANK] = {0};
    bool unclear = false;
    int status = 0;

    if (set < 0 || type < 0 || rank < 0 ||
        H5Sget_simple_extent_dims(space, extent, NULL) < 0) {
        status = wn_hdf5_refuse(reader, "damaged");
    } else if (H5Tdetect_class(type, H5T_REFERENCE) > 0) {
        wn_hdf5_leave_out(tree->copy, reader->path, NULL, "references");
    } else if (rank == 0) {
        status = copy_cell(tree, set, type, space);
    } else {
        const int axis = find_axis(tree, reader->path, extent, rank, &unclear);
        const bool gathers =
            axis == WN_COPY_BOTH && (H5Tdetect_class(type, H5T_VLEN) > 0 ||
                                     H5Tis_variable_str(type) > 0 ||
                                     H5Tget_class(type) == H5T_COMPOUND);

        if (unclear || gathers)
            wn_hdf5_leave_out(tree->copy, reader->path, NULL,
                              unclear ? "several axes are as long as the rows"
                                      : "its type has no fixed size");
        else
            status = wn_hdf5_copy_dataset(tree->copy, reader, tree->file, axis,
                                          NULL);
    }
    wn_hdf5_close(space);
    wn_hdf5_close(type);
    wn_hdf5_close(set);
    return status;
}

static int copy_group(struct tree *tree);

/* A group that holds one array, and whatever else is in it. */
static int copy_other_array(struct tree *tree, enum wn_anndata_kind kind)
{
    struct wn_hdf5_reader *reader = tree->reader;
    hsize_t extent[2] = {0};
    int64_t shape[2];
    bool unclear, by_columns;
    int rank = 1;

    if (kind == WN_ANNDATA_SPARSE) {
        if (!wn_anndata_shape(reader, shape, &by_columns))
            return copy_group(tree);
        extent[0] = (hsize_t)shape[0];
        extent[1] = (hsize_t)shape[1];
        rank = 2;
    } else {
        char path[WN_HDF5_PATH];

        wn_hdf5_member_path(
            reader, kind == WN_ANNDATA_CODES ? "codes" : "values", path);
        const hid_t set = H5Dopen2(reader->file, path, H5P_DEFAULT);
        const hid_t space = H5Dget_space(set);
        const bool list = H5Sget_simple_extent_ndims(space) == 1 &&
                          H5Sget_simple_extent_dims(space, extent, NULL) == 1;
        wn_hdf5_close(space);
        wn_hdf5_close(set);
        if (!list)
            return copy_group(tree);
    }
    const int axis = find_axis(tree, reader->path, extent, rank, &unclear);
    if (unclear) {
        wn_hdf5_leave_out(tree->copy, reader->path, NULL,
                          "several axes are as long as the rows");
        return 0;
    }
    return wn_hdf5_copy_array(tree->copy, reader, tree->file, kind, axis, NULL)
               ? -1
               : copy_group(tree);
}

static int copy_named_type(struct tree *tree)
{
    struct wn_hdf5_reader *reader = tree->reader;
    const hid_t old = H5Topen2(reader->file, reader->path, H5P_DEFAULT);
    const hid_t type = H5Tcopy(old);
    const hid_t creation = H5Pcreate(H5P_DATATYPE_CREATE);
    const bool good = H5Pset_obj_track_times(creation, 0) >= 0 &&
                      H5Tcommit2(tree->file, reader->path, type, H5P_DEFAULT,
                                 creation, H5P_DEFAULT) >= 0;

    wn_hdf5_close(creation);
    wn_hdf5_close(type);
    wn_hdf5_close(old);
    return good ? wn_hdf5_copy_attributes(tree->copy, reader, tree->file, NULL)
                : wn_hdf5_fail_write(tree->copy, reader);
}

/* A class of external links that can be read and written, not followed. */
static hid_t follow_nowhere(const char *name, hid_t group, const void *value,
                            size_t size, hid_t access, hid_t transfer)
{
    (void)name;
    (void)group;
    (void)value;
    (void)size;
    (void)access;
    (void)transfer;
    return H5I_INVALID_HID;
}

static ssize_t read_external(const char *name, const void *value, size_t size,
                             void *buffer, size_t space)
{
    (void)name;
    if (buffer)
        memcpy(buffer, value, size < space ? size : space);
    return (ssize_t)size;
}

static const H5L_class_t external_links = {H5L_LINK_CLASS_T_VERS,
                                           H5L_TYPE_EXTERNAL,
                                           "external link",
                                           NULL,
                                           NULL,
                                           NULL,
                                           follow_nowhere,
                                           NULL,
                                           read_external};

/* Links that are not hard stay links: nothing is read through them. */
static int copy_soft_link(struct tree *tree, const H5L_info_t *info)
{
    struct wn_hdf5_reader *reader = tree->reader;
    char *value = wn_new(info->u.val_size + 1, 1);
    const char *other = NULL, *object = NULL;
    herr_t done = H5Lget_val(reader->file, reader->path, value,
                             info->u.val_size, H5P_DEFAULT);

    if (done >= 0 && info->type == H5L_TYPE_SOFT)
        done = H5Lcreate_soft(value, tree->file, reader->path, H5P_DEFAULT,
                              H5P_DEFAULT);
    else if (done >= 0)
        done =
            H5Lunpack_elink_val(value, info->u.val_size, NULL, &other, &object);
    if (done >= 0 && info->type == H5L_TYPE_EXTERNAL)
        done = H5Lcreate_external(other, object, tree->file, reader->path,
                                  H5P_DEFAULT, H5P_DEFAULT);
    free(value);
    return done < 0 ? wn_hdf5_refuse(reader, "its link is damaged") : 0;
}

static int copy_object(struct tree *tree, const H5L_info_t *info)
{
    struct wn_hdf5_reader *reader = tree->reader;
    H5O_info_t about;

    if (info->type == H5L_TYPE_SOFT || info->type == H5L_TYPE_EXTERNAL)
        return copy_soft_link(tree, info);
    if (info->type != H5L_TYPE_HARD) {
        wn_hdf5_leave_out(tree->copy, reader->path, NULL,
                          "a user-defined link");
        return 0;
    }
    if (H5Oget_info_by_name2(reader->file, reader->path, &about, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return wn_hdf5_refuse(reader, "damaged");
    const char *first = find_copied(tree, about.addr, reader->path);
    const bool audited = first && strcmp(first, reader->path) == 0;
    if (audited && about.type == H5O_TYPE_GROUP)
        return copy_group(tree);
    /* A member of an array is there before its turn comes. */
    if (audited || (!first && about.type == H5O_TYPE_DATASET &&
                    H5Lexists(tree->file, reader->path, H5P_DEFAULT) > 0))
        return 0;
    if (first && strcmp(first, "/") != 0 &&
        H5Lexists(tree->file, first, H5P_DEFAULT) <= 0) {
        wn_hdf5_leave_out(tree->copy, reader->path, NULL, "as the other link");
        return 0;
    }
    if (first)
        return H5Lcreate_hard(tree->file, first, tree->file, reader->path,
                              H5P_DEFAULT, H5P_DEFAULT) < 0
                   ? wn_hdf5_refuse(reader, "its link cannot be copied")
                   : 0;
    if (about.type == H5O_TYPE_DATASET)
        return copy_other_dataset(tree);
    if (about.type == H5O_TYPE_NAMED_DATATYPE)
        return copy_named_type(tree);
    if (about.type != H5O_TYPE_GROUP)
        return wn_hdf5_refuse(reader, "is of an unknown kind");
    const enum wn_anndata_kind kind = wn_anndata_kind(reader);
    return kind == WN_ANNDATA_NONE ? copy_group(tree)
                                   : copy_other_array(tree, kind);
}

static herr_t copy_link(hid_t group, const char *name, const H5L_info_t *info,
                        void *context)
{
    struct tree *tree = context;
    struct wn_hdf5_reader inner = *tree->reader, *outer = tree->reader;
    struct wn_text path = {0};

    (void)group;
    wn_text_format(&path, "%s/%s",
                   strcmp(outer->path, "/") == 0 ? "" : outer->path, name);
    inner.path = wn_text_of(&path);
    if (path.length >= WN_HDF5_PATH - 10) {
        wn_hdf5_leave_out(tree->copy, inner.path, NULL, "its path is too long");
        wn_text_free(&path);
        return 0;
    }
    tree->reader = &inner;
    int status = copy_object(tree, info);
    if (status)
        status = pass_over(tree, inner.error);
    tree->reader = outer;
    wn_text_free(&path);
    return status ? -1 : 0;
}

/* The group reader->path, its attributes and all that is in it. */
static int copy_group(struct tree *tree)
{
    struct wn_hdf5_reader *reader = tree->reader;
    const bool array = wn_anndata_kind(reader) != WN_ANNDATA_NONE &&
                       H5Lexists(tree->file, reader->path, H5P_DEFAULT) > 0;

    if (tree->depth == DEEPEST) {
        wn_hdf5_leave_out(tree->copy, reader->path, NULL, "groups too deep");
        return 0;
    }
    if (!wn_hdf5_make_group(tree->file, reader->path))
        return wn_hdf5_fail_write(tree->copy, reader);
    if (!array && wn_hdf5_copy_attributes(tree->copy, reader, tree->file, NULL))
        return -1;
    const hid_t group = H5Gopen2(reader->file, reader->path, H5P_DEFAULT);
    tree->depth++;
    const herr_t done =
        H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, copy_link, tree);
    tree->depth--;
    wn_hdf5_close(group);
    return done >= 0             ? 0
           : reader->error->code ? -1
                                 : wn_hdf5_refuse(reader, "damaged");
}

/* ---- the child ---------------------------------------------------------- */

struct copy_task {
    const struct wn_hdf5_copy *copy;
    int descriptor;
    uint64_t memory;
};

/* The audited datasets, along their rows, and everything else. */
static void copy_all(struct tree *tree)
{
    const struct wn_hdf5_copy *copy = tree->copy;
    struct wn_hdf5_reader *reader = tree->reader;
    H5O_info_t about;

    if (H5Oget_info2(reader->file, &about, H5O_INFO_BASIC) < 0) {
        wn_fail(reader->error, WN_EDATA, "%s: damaged", reader->name);
        return;
    }
    find_copied(tree, about.addr, "/");
    for (size_t i = 0; i < copy->count; i++) {
        const int axis = copy->whole >> i & 1 ? WN_COPY_WHOLE : 0;
        const char *const *value = i == copy->changed ? copy->value : NULL;
        H5O_type_t type;

        reader->path = copy->paths[i];
        if (wn_hdf5_find(reader, &type) ||
            (type == H5O_TYPE_DATASET
                 ? wn_hdf5_copy_dataset(copy, reader, tree->file, axis, value)
             : type == H5O_TYPE_GROUP
                 ? wn_hdf5_copy_array(copy, reader, tree->file,
                                      wn_anndata_kind(reader), axis, value)
                 : wn_hdf5_refuse(reader, "is no dataset")))
            return;
        if (H5Oget_info_by_name2(reader->file, reader->path, &about,
                                 H5O_INFO_BASIC, H5P_DEFAULT) >= 0)
            find_copied(tree, about.addr, reader->path);
    }
    tree->anndata = H5Lexists(reader->file, "/obs", H5P_DEFAULT) > 0 &&
                    H5Lexists(reader->file, "/var", H5P_DEFAULT) > 0;
    reader->path = "/";
    reader->any_type = true;
    if (copy->others && copy_group(tree) == 0 && copy->left_out->count &&
        !copy->partial)
        wn_fail(reader->error, WN_EDATA,
                "%s: cannot copy %s%s; --partial leaves it out", reader->name,
                copy->left_out->text,
                copy->left_out->count > copy->left_out->listed ? " and more"
                                                               : "");
}

static void copy_in_child(void *context, struct wn_error *error)
{
    const struct copy_task *task = context;
    const struct wn_hdf5_copy *copy = task->copy;
    struct wn_hdf5_store from = {.descriptor = task->descriptor};
    struct wn_hdf5_store to = {.descriptor = copy->descriptor};
    struct wn_hdf5_reader reader = {.name = wn_input_name(copy->path),
                                    .memory = task->memory,
                                    .error = error};
    struct tree tree = {
        .copy = copy, .reader = &reader, .file = H5I_INVALID_HID};

    if (wn_file_size(task->descriptor, reader.name, &reader.size, error))
        return;
    reader.file = wn_hdf5_open(&from, reader.name, error);
    if (reader.file >= 0)
        tree.file = wn_hdf5_create(&to, copy->name, error);
    if (tree.file >= 0 && H5Lregister(&external_links) < 0)
        wn_fail(error, WN_EIO, "HDF5 cannot be set up");
    else if (tree.file >= 0)
        copy_all(&tree);
    if (tree.file >= 0 && (H5Fclose(tree.file) < 0 || to.failure) &&
        !error->code)
        wn_fail(error, WN_EIO, "%s: cannot write: %s", copy->name,
                to.failure ? strerror(to.failure) : "HDF5 fails");
    if (reader.file >= 0)
        H5Fclose(reader.file);
    for (size_t c = 0; c < tree.count; c++)
        free(tree.copied[c].path);
    free(tree.copied);
}

int wn_hdf5_write(const struct wn_hdf5_copy *given, uint64_t memory,
                  struct wn_text *left_out, struct wn_error *error)
{
    struct wn_hdf5_copy copy = *given;
    struct copy_task task = {&copy, wn_input_open(copy.path, NULL, error),
                             memory};

    assert(copy.count <= WN_HDF5_MAX);
    if (task.descriptor < 0)
        return -1;
    copy.left_out = wn_sandbox_share(sizeof *copy.left_out);
    const int status =
        wn_sandbox_run(wn_input_name(copy.path), memory, WN_HDF5_SECONDS,
                       (const int[]){task.descriptor, copy.descriptor, -1},
                       WN_RESERVE, copy_in_child, &task, error);
    const struct wn_hdf5_left_out *left = copy.left_out;
    if (status == 0 && left_out && left->count &&
        left->length < sizeof left->text) {
        wn_text_add(left_out, left->text, left->length);
        if (left->count > left->listed)
            wn_text_format(left_out, " and %zu more",
                           left->count - left->listed);
    }
    munmap(copy.left_out, sizeof *copy.left_out);
    close(task.descriptor);
    return status;
}
