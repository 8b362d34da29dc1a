/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune: rows of arrays; see prune_arrays.h. */
#include "prog/prune_arrays.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/foreign.h"
#include "data/npy.h"
#include "util/file.h"
#include "util/memory.h"

/* What the child that copies HDF5 may take. */
#define CHILD_BYTES ((uint64_t)1 << 30)

/* The datasets that were audited, from the attribute `arrays`. */
struct audited {
    char *text; /* lines "role /path", cut at their ends */
    const char *path[WN_FOREIGN_MOST];
    size_t count;
    uint32_t whole; /* bit i: path[i] is a list, not a row a row */
};

static int read_audited(const struct wn_audit *audit, struct audited *audited,
                        struct wn_error *error)
{
    char *line;

    audited->text = wn_audit_text(audit, "data", "arrays", error);
    if (!audited->text)
        return error->code ? -1
                           : wn_fail(error, WN_EDATA, "%s: data: has no "
                                     "attribute arrays",
                                     wn_audit_name(audit));
    for (line = audited->text; line && *line;) {
        char *end = strchr(line, '\n'), *blank;

        if (end)
            *end++ = '\0';
        blank = strchr(line, ' ');
        if (!blank || audited->count == WN_FOREIGN_MOST)
            return wn_fail(error, WN_EDATA, "%s: data: attribute arrays: "
                           "found '%.80s', wanted lines of a role and a "
                           "dataset", wn_audit_name(audit), line);
        *blank = '\0';
        audited->whole |= (uint32_t)(strcmp(line, "names") == 0)
                          << audited->count;
        audited->path[audited->count++] = blank + 1;
        line = end;
    }
    return 0;
}

/* Rows of the source that are not in kept[0..n), ascending; *count of them. */
static uint64_t *complement(const uint64_t *kept, size_t n, size_t rows,
                            size_t *count, struct wn_error *error)
{
    uint8_t *in = wn_new(rows, 1, error);
    uint64_t *out = wn_new(rows - n, sizeof *out, error);

    *count = 0;
    if (in && out) {
        for (size_t i = 0; i < n; i++)
            in[kept[i]] = 1;
        for (size_t row = 0; row < rows; row++)
            if (!in[row])
                out[(*count)++] = row;
    }
    free(in);
    if (error->code) {
        free(out);
        return NULL;
    }
    return out;
}

static int write_hdf5(const struct audited *audited, const char *path,
                      size_t rows, const uint64_t *row, size_t n,
                      struct wn_output *output, struct wn_error *error)
{
    const struct wn_foreign_copy copy = {
        .path = path, .paths = audited->path, .count = audited->count,
        .whole = audited->whole, .rows = rows, .row = row, .n = n,
        .descriptor = wn_output_descriptor(output),
        .name = wn_output_name(output)};

    return wn_foreign_write(&copy, CHILD_BYTES, error);
}

static int write_one(const struct wn_dataset *dataset,
                     const struct audited *audited, const char *path,
                     size_t rows, const uint64_t *row, size_t n,
                     struct wn_output *output, struct wn_error *error)
{
    const int status =
        strcmp(dataset->form, "hdf5") == 0
            ? write_hdf5(audited, path, rows, row, n, output, error)
            : wn_npy_write(wn_output_descriptor(output),
                           wn_output_name(output), row, n, error);

    if (status == 0 && fsync(wn_output_descriptor(output)))
        return wn_fail_errno(error, "%s: cannot write",
                             wn_output_name(output));
    return status;
}

/* Each row of the audit is a row of the source, and no two are the same. */
static int check_rows(const struct wn_audit *audit,
                      const struct wn_dataset *dataset, size_t *rows,
                      struct wn_error *error)
{
    double count = 0;

    if (wn_audit_number(audit, "data", "source_rows", &count, error))
        return -1;
    if (!dataset->row_line || !(count >= (double)dataset->n) ||
        count > 0x1p48)
        return wn_fail(error, WN_EDATA, "%s: data: does not say which rows "
                       "of the source it has", wn_audit_name(audit));
    *rows = (size_t)count;
    for (size_t i = 0; i < dataset->n; i++)
        if (dataset->row_line[i] >= *rows ||
            (i && dataset->row_line[i] <= dataset->row_line[i - 1]))
            return wn_fail(error, WN_EDATA, "%s: data/row_line: row %zu: "
                           "wanted rows of the source that ascend",
                           wn_audit_name(audit), i);
    return 0;
}

int prune_arrays(const struct wn_audit *audit,
                 const struct wn_dataset *dataset, const char *path,
                 const size_t *order, size_t kept, struct wn_output *output,
                 struct wn_output *removed, struct wn_error *error)
{
    struct audited audited = {0};
    uint64_t *row = NULL, *rest = NULL;
    size_t rows = 0, left = 0;
    int status = -1;

    if (check_rows(audit, dataset, &rows, error) ||
        read_audited(audit, &audited, error))
        goto done;
    row = wn_new(kept, sizeof *row, error);
    if (!row)
        goto done;
    for (size_t i = 0; i < kept; i++)
        row[i] = dataset->row_line[order[i]];
    if (write_one(dataset, &audited, path, rows, row, kept, output, error))
        goto done;
    if (removed) {
        rest = complement(row, kept, rows, &left, error);
        if (!rest || write_one(dataset, &audited, path, rows, rest, left,
                               removed, error))
            goto done;
    }
    status = 0;
done:
    free(audited.text);
    free(row);
    free(rest);
    return status;
}
