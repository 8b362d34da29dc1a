/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: rows of arrays. */
#include "prog/prune/prune_work.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "encode/array_column.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

/* The audited datasets, from the attribute `arrays`. */
struct audited {
    char *text; /* lines "role /path", cut at their ends */
    const char *path[WN_HDF5_MAX];
    size_t count;
    uint32_t whole; /* bit i: path[i] is a list, without a row for each row */
    size_t label;   /* the path of the label */
    const char *names; /* that of the list of names, or NULL */
};

static int read_audited(const struct wn_audit *audit, struct audited *audited,
                        struct wn_error *error)
{
    char *line;

    audited->text = wn_audit_text(audit, "data", "arrays", error);
    if (!audited->text)
        return error->code ? -1
                           : wn_fail(error, WN_EDATA,
                                     "%s: data: has no "
                                     "attribute arrays",
                                     wn_audit_name(audit));
    for (line = audited->text; line && *line;) {
        char *end = strchr(line, '\n'), *blank;

        if (end)
            *end++ = '\0';
        blank = strchr(line, ' ');
        if (!blank || audited->count == WN_HDF5_MAX)
            return wn_fail(error, WN_EDATA,
                           "%s: data: attribute arrays: "
                           "found '%.80s', wanted lines of a role and a "
                           "dataset",
                           wn_audit_name(audit), line);
        *blank = '\0';
        audited->whole |= (uint32_t)(strcmp(line, "names") == 0)
                          << audited->count;
        if (strcmp(line, "label") == 0)
            audited->label = audited->count;
        if (strcmp(line, "names") == 0)
            audited->names = blank + 1;
        audited->path[audited->count++] = blank + 1;
        line = end;
    }
    return 0;
}

/* --- labels that change -------------------------------------------------- */

/* What the source has for each class: its name, or its place in the list of
 * names. */
struct cells {
    struct wn_dictionary names;
    size_t *place;
    char **text; /* k */
    size_t k;
};

static void free_cells(struct cells *cells)
{
    wn_names_free(cells->text, cells->k);
    wn_dictionary_free(&cells->names);
    free(cells->place);
}

/* Read the list of names, unless the labels are text, which are their own
 * names. */
static int read_places(const char *path, const char *names, const char *label,
                       struct cells *cells, struct wn_error *error)
{
    const char *const paths[] = {names, label};
    struct wn_array array[2] = {{0}};
    int32_t *code = NULL;
    int status = 0;

    if (wn_hdf5_read(path, paths, 2, WN_HDF5_BYTES, array, error))
        return -1;
    if (!array[1].text) {
        code = wn_new(array[0].rows, sizeof *code);
        status = wn_array_column_names(&array[0], &array[0], 0, &cells->names,
                                       code, &cells->place, error);
    }
    wn_array_free(&array[0]);
    wn_array_free(&array[1]);
    free(code);
    return status;
}

static int find_cells(const struct prune *prune, const char *path,
                      const struct audited *audited, struct cells *cells,
                      struct wn_error *error)
{
    struct wn_text text = {0};
    int status = 0;

    if (audited->names &&
        read_places(path, audited->names, audited->path[audited->label], cells,
                    error))
        return -1;
    cells->k = prune->dataset.k;
    cells->text = wn_new(cells->k, sizeof *cells->text);
    for (size_t c = 0; c < cells->k && status == 0; c++) {
        const char *name = prune->dataset.label_name[c];
        const long number =
            cells->place ? wn_dictionary_find(&cells->names, name, strlen(name))
                         : 0;

        text.length = 0;
        if (number < 0)
            status = wn_fail(error, WN_EDATA,
                             "the names of labels have no '%.80s'", name);
        else if (cells->place)
            wn_text_format(&text, "%zu", cells->place[number]);
        else
            wn_text_format(&text, "%s", name);
        cells->text[c] = wn_copy_text(wn_text_of(&text), text.length);
    }
    wn_text_free(&text);
    return status;
}

/* --- writing ------------------------------------------------------------- */

static int write_hdf5(const struct prune *prune, const char *path,
                      const struct audited *audited, size_t rows,
                      const uint64_t *row, size_t n, bool kept,
                      struct wn_output *output, struct wn_error *error)
{
    struct wn_hdf5_copy copy = {.path = path,
                                .paths = audited->path,
                                .count = audited->count,
                                .whole = audited->whole,
                                .rows = rows,
                                .row = row,
                                .n = n,
                                .changed = audited->label,
                                .descriptor = wn_output_descriptor(output),
                                .name = wn_output_name(output)};
    struct cells cells = {0};
    const char **value = NULL; /* the new cell of each row, NULL: none */
    int status = 0;

    if (kept && prune->relabel) {
        status = find_cells(prune, path, audited, &cells, error);
        value = wn_new(prune->kept, sizeof *value);
        for (size_t i = 0; status == 0 && i < prune->kept; i++)
            if (prune->relabel[prune->order[i]])
                value[i] = cells.text[prune->suggestion[prune->order[i]]];
        copy.value = value;
    }
    if (status == 0)
        status = wn_hdf5_write(&copy, WN_HDF5_BYTES, error);
    free_cells(&cells);
    free(value);
    return status;
}

static int write_one(const struct prune *prune, const char *path,
                     const struct audited *audited, size_t rows,
                     const uint64_t *row, size_t n, bool kept,
                     struct wn_output *output, struct wn_error *error)
{
    const int status =
        strcmp(prune->dataset.form, "hdf5") == 0
            ? write_hdf5(prune, path, audited, rows, row, n, kept, output,
                         error)
            : wn_npy_write(wn_output_descriptor(output), wn_output_name(output),
                           row, n, error);

    if (status == 0 && fsync(wn_output_descriptor(output)))
        return wn_fail_errno(error, "%s: cannot write", wn_output_name(output));
    return status;
}

/* Check that the rows of the audit are ascending rows of the source. */
static int prune_arrays_check_rows(const struct wn_audit *audit,
                                   const struct wn_dataset *dataset,
                                   size_t *rows, struct wn_error *error)
{
    double count = 0;

    if (wn_audit_number(audit, "data", "source_rows", &count, error))
        return -1;
    if (!dataset->row_line || !(count >= (double)dataset->n) || count > 0x1p48)
        return wn_fail(error, WN_EDATA,
                       "%s: data: does not say which rows "
                       "of the source it has",
                       wn_audit_name(audit));
    *rows = (size_t)count;
    for (size_t i = 0; i < dataset->n; i++)
        if (dataset->row_line[i] >= *rows ||
            (i && dataset->row_line[i] <= dataset->row_line[i - 1]))
            return wn_fail(error, WN_EDATA,
                           "%s: data/row_line: row %zu: "
                           "wanted ascending rows of the source",
                           wn_audit_name(audit), i);
    return 0;
}

int prune_arrays(const struct prune *prune, const char *path,
                 struct wn_output *output, struct wn_output *removed,
                 struct wn_error *error)
{
    struct audited audited = {0};
    uint64_t *row = NULL, *rest = NULL;
    size_t rows = 0, left = 0;
    int status = -1;

    if (prune_arrays_check_rows(prune->audit, &prune->dataset, &rows, error) ||
        read_audited(prune->audit, &audited, error))
        goto done;
    row = wn_new(prune->kept, sizeof *row);
    for (size_t i = 0; i < prune->kept; i++)
        row[i] = prune->dataset.row_line[prune->order[i]];
    if (write_one(prune, path, &audited, rows, row, prune->kept, true, output,
                  error))
        goto done;
    if (removed) {
        uint8_t *in = wn_new(rows, 1);

        rest = wn_new(rows - prune->kept, sizeof *rest);
        for (size_t i = 0; i < prune->kept; i++)
            in[row[i]] = 1;
        for (size_t i = 0; i < rows; i++)
            if (!in[i])
                rest[left++] = i;
        free(in);
        if (write_one(prune, path, &audited, rows, rest, left, false, removed,
                      error))
            goto done;
    }
    status = 0;
done:
    free(audited.text);
    free(row);
    free(rest);
    return status;
}
