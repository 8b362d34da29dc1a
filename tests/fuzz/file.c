/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Audit files, foreign HDF5, .npy files and LIBSVM's text. */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array/array.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "array/hdf5.h"
#include "array/libsvm.h"
#include "array/npy.h"
#include "util/hash.h"

enum { CELLS = 1 << 20 };

int fuzz_audit(const char *bytes, size_t length)
{
    struct wn_error error = {0};
    struct wn_dataset dataset = {0};
    struct wn_audit *audit =
        wn_audit_open(fuzz_file(bytes, length), WN_DATA, &error);
    int status = -1;

    if (audit)
        status = wn_dataset_load(&dataset, audit, ~0u, &error);
    fuzz_need(status == 0 || *error.text);
    if (status == 0)
        for (size_t i = 0; i < dataset.n; i++)
            fuzz_need(dataset.label[i] >= -1 &&
                      dataset.label[i] < (int32_t)dataset.k);
    wn_dataset_free(&dataset);
    wn_audit_close(audit);
    return status == 0;
}

static int take_text(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    size_t *cells = context;

    (void)error;
    fuzz_need(cell == (*cells)++);
    fuzz_need(length == 0 || text);
    return 0;
}

/* All cells of an array, which is freed. */
static void read_array(struct wn_array *array)
{
    struct wn_error error = {0};
    size_t cells = 0;

    fuzz_need(array->rank >= 1 && array->rank <= WN_ARRAY_RANK);
    if (array->text) {
        fuzz_need(!wn_array_texts(array, take_text, &cells, &error));
        fuzz_need(cells == array->rows * array->columns);
    } else if (array->columns <= CELLS && array->rows) {
        double *row = malloc((array->columns + 1) * sizeof *row);

        fuzz_need(row);
        for (size_t i = 0; i < array->rows && i < 64; i++)
            fuzz_need(!wn_array_numbers(array, i, i + 1, row, &error));
        fuzz_need(!wn_array_numbers(array, array->rows - 1, array->rows, row,
                                    &error));
        free(row);
    }
    wn_array_free(array);
}

int fuzz_npy(const char *bytes, size_t length)
{
    struct wn_error error = {0};
    struct wn_array array = {0};
    const int status = wn_npy_read(fuzz_file(bytes, length), &array, &error);

    if (status == 0)
        read_array(&array);
    else
        fuzz_need(*error.text && !array.name);
    return status == 0;
}

/* Every line is a row unless it is empty or a comment. */
int fuzz_libsvm(const char *bytes, size_t length)
{
    struct wn_error error = {0};
    struct wn_libsvm libsvm = {0};
    size_t rows = 0;

    if (wn_libsvm_read(fuzz_file(bytes, length), &libsvm, &error)) {
        fuzz_need(*error.text);
        return 0;
    }
    for (size_t at = 0, end; at < length; at = end + 1) {
        const char *feed = memchr(bytes + at, '\n', length - at);

        end = feed ? (size_t)(feed - bytes) : length;
        const size_t blanks = strspn(bytes + at, " \t\r");
        if (at + blanks >= end || bytes[at + blanks] == '#')
            continue;
        fuzz_need(rows < libsvm.rows && libsvm.offset[rows] >= at &&
                  libsvm.offset[rows] <= at + blanks);
        rows++;
    }
    fuzz_need(rows == libsvm.rows);
    fuzz_need(libsvm.offset[rows] <= length && libsvm.size == length);
    fuzz_need(libsvm.features.rows == rows && libsvm.label.rows == rows);
    read_array(&libsvm.features);
    read_array(&libsvm.label);
    wn_libsvm_free(&libsvm);
    return 1;
}

/* One dataset or all: each reading has its own time to come to an end. */
int fuzz_foreign(const char *bytes, size_t length)
{
    static const char *const paths[] = {"/x", "/label", "/name", "/type"};
    enum { PATHS = sizeof paths / sizeof *paths };
    const size_t choice = wn_hash_bits(bytes, length) % (PATHS + 1);
    const size_t first = choice < PATHS ? choice : 0;
    const size_t count = choice < PATHS ? 1 : PATHS;
    struct wn_array array[PATHS] = {0};
    struct wn_error error = {0};

    if (wn_hdf5_read(fuzz_file(bytes, length), paths + first, count, 1 << 28,
                     array, &error)) {
        fuzz_need(*error.text);
        return 0;
    }
    for (size_t p = 0; p < count; p++)
        read_array(&array[p]);
    return 1;
}

/* What is read of a file of anndata, or of the copy of it. */
static int read_both(const char *path, const char *const paths[2],
                     struct wn_array array[2], struct wn_error *error)
{
    return wn_hdf5_read(path, paths, 2, 1 << 28, array, error);
}

static void compare_row(const struct wn_array *one, size_t i,
                        const struct wn_array *two, size_t j)
{
    struct wn_error error = {0};
    double *row = malloc((2 * one->columns + 2) * sizeof *row);

    fuzz_need(row && one->columns == two->columns);
    fuzz_need(!wn_array_numbers(one, i, i + 1, row, &error));
    fuzz_need(!wn_array_numbers(two, j, j + 1, row + one->columns, &error));
    for (size_t c = 0; c < one->columns; c++)
        fuzz_need(row[c] == row[one->columns + c] ||
                  (isnan(row[c]) && isnan(row[one->columns + c])));
    free(row);
}

/* The rows of the matrix and of a column, and a copy of the whole file with the
 * rows in reverse order: what was read of row i is read of its row n-1-i. */
int fuzz_anndata(const char *bytes, size_t length)
{
    static const char *const columns[] = {
        "/obs/kind", "/obs/count", "/obs/word", "/obs/sure", "/obs/_index"};
    const size_t choice = wn_hash_bits(bytes, length);
    const char *const paths[2] = {choice / 8 % 4 ? "/X" : "/layers/x",
                                  columns[choice % 5]};
    const char *path = fuzz_file(bytes, length);
    struct wn_array array[2] = {0}, again[2] = {0};
    struct wn_error error = {0};
    struct wn_text left_out = {0};

    if (read_both(path, paths, array, &error)) {
        fuzz_need(*error.text);
        return 0;
    }
    const size_t n = array[0].rows;
    uint64_t *row = calloc(n + 1, sizeof *row);
    char name[40];
    const int copy = memfd_create("copy", 0);
    fuzz_need(row && copy >= 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
    for (size_t i = 0; i < n; i++)
        row[i] = n - 1 - i;
    const struct wn_hdf5_copy task = {.path = path,
                                      .paths = paths,
                                      .count = 2,
                                      .rows = n,
                                      .row = row,
                                      .n = n,
                                      .others = true,
                                      .partial = choice & 64,
                                      .descriptor = copy,
                                      .name = "copy"};
    const int status = n != array[1].rows || n > 1000
                           ? -1
                           : wn_hdf5_write(&task, 1 << 28, &left_out, &error);
    fuzz_need(status == 0 || n != array[1].rows || n > 1000 || *error.text);
    if (status == 0) {
        fuzz_need(!read_both(name, paths, again, &error));
        for (int a = 0; a < 2; a++) {
            fuzz_need(again[a].rows == n && again[a].text == array[a].text);
            for (size_t i = 0;
                 !array[a].text && array[a].columns <= CELLS && i < n; i++)
                compare_row(&array[a], i, &again[a], n - 1 - i);
        }
    }
    for (int a = 0; a < 2; a++) {
        read_array(&array[a]);
        wn_array_free(&again[a]);
    }
    wn_text_free(&left_out);
    close(copy);
    free(row);
    return 1;
}
