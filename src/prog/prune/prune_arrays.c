/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: rows of arrays. */
#include "prog/prune/prune_work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "audit/source_rows.h"
#include "encode/array_column.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

/* --- labels that change -------------------------------------------------- */

/* What the source has for each of the k classes, for wn_names_free(): its name,
 * or its place in the list of names. Labels that are text are their own names.
 */
static char **find_cells(const struct prune *prune, const char *path,
                         const struct wn_source_arrays *audited,
                         struct wn_error *error)
{
    const char *const paths[] = {audited->names, audited->path[audited->label]};
    const size_t k = prune->dataset.k;
    struct wn_array array[2] = {{0}};
    struct wn_dictionary names = {0};
    size_t *place = NULL;
    int status = 0;

    if (audited->names &&
        wn_hdf5_read(path, paths, 2, WN_HDF5_BYTES, array, error))
        return NULL;
    if (audited->names && !array[1].text) {
        int32_t *code = wn_new(array[0].rows, sizeof *code);

        status = wn_array_column_names(&array[0], &array[0], 0, &names, code,
                                       &place, error);
        free(code);
    }
    wn_array_free(&array[0]);
    wn_array_free(&array[1]);
    char **cells = wn_new(k, sizeof *cells);
    for (size_t c = 0; c < k && status == 0; c++) {
        const char *name = prune->dataset.label_name[c];
        const long number =
            place ? wn_dictionary_find(&names, name, strlen(name)) : 0;
        struct wn_text text = {0};

        if (number < 0)
            status = wn_fail(error, WN_EDATA,
                             "the names of labels have no '%.80s'", name);
        else if (place)
            wn_text_format(&text, "%zu", place[number]);
        cells[c] = place ? text.bytes : wn_copy_text(name, strlen(name));
    }
    wn_dictionary_free(&names);
    free(place);
    if (status == 0)
        return cells;
    wn_names_free(cells, k);
    return NULL;
}

/* --- writing ------------------------------------------------------------- */

/* Write the n rows row[] of the `rows` in the source. `kept`: with their new
 * labels. */
static int write_one(const struct prune *prune, const char *path,
                     const struct wn_source_arrays *audited, size_t rows,
                     const uint64_t *row, size_t n, bool kept,
                     struct wn_output *output, struct wn_error *error)
{
    const int descriptor = wn_output_descriptor(output);
    const char *name = wn_output_name(output);
    struct wn_hdf5_copy copy = {.path = path,
                                .paths = audited->path,
                                .count = audited->count,
                                .whole = audited->whole,
                                .rows = rows,
                                .row = row,
                                .n = n,
                                .changed = audited->label,
                                .others = true,
                                .partial = prune_on(prune, "partial"),
                                .descriptor = descriptor,
                                .name = name};
    char **cells = NULL;       /* of the classes */
    const char **value = NULL; /* the new cell of each row, NULL: none */
    struct wn_text left_out = {0};
    int status;

    if (kept && prune->relabel) {
        cells = find_cells(prune, path, audited, error);
        if (!cells)
            return -1;
        value = wn_new(prune->kept, sizeof *value);
        for (size_t i = 0; i < prune->kept; i++)
            if (prune->relabel[prune->order[i]])
                value[i] = cells[prune->suggestion[prune->order[i]]];
        copy.value = value;
    }
    status = strcmp(prune->dataset.form, "hdf5") == 0
                 ? wn_hdf5_write(&copy, WN_HDF5_BYTES, &left_out, error)
                 : wn_npy_write(descriptor, name, row, n, error);
    if (cells)
        wn_names_free(cells, prune->dataset.k);
    free(value);
    if (status == 0 && left_out.length)
        wn_log_note(prune->run->log, "%s: left out %s", name,
                    wn_text_of(&left_out));
    wn_text_free(&left_out);
    if (status == 0 && fsync(descriptor))
        return wn_fail_errno(error, "%s: cannot write", name);
    return status;
}

int prune_arrays(const struct prune *prune, const char *path,
                 struct wn_output *output, struct wn_output *removed,
                 struct wn_error *error)
{
    struct wn_output *const files[] = {output, removed};
    struct wn_source_arrays audited;
    int status =
        wn_source_arrays_read(&prune->dataset, prune->audit, &audited, error);

    for (int f = 0; f < 2 && status == 0; f++) {
        size_t n;

        if (!files[f])
            continue;
        uint64_t *row = prune_records(prune, f == 0, &n, error);
        status = row ? write_one(prune, path, &audited, audited.rows, row, n,
                                 f == 0, files[f], error)
                     : -1;
        free(row);
    }
    wn_source_arrays_free(&audited);
    return status;
}
