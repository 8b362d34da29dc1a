/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: arrays that options name, and the arrays beside the input.
 *
 *   /x, x          the dataset /x of the input, if that is HDF5
 *   FILE.h5:/x     the dataset /x of another HDF5 file
 *   FILE.npy       a NumPy file */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/hdf5.h"
#include "array/npy.h"
#include "audit/dataset.h"
#include "prog/ingest/ingest.h"
#include "util/memory.h"
#include "util/number.h"

/* --- one array ----------------------------------------------------------- */

uint64_t ingest_hdf5_memory(const struct wn_run *run)
{
    return wn_option_given(run->options, "memory")
               ? (uint64_t)wn_option_number(run->options, "memory")
               : WN_HDF5_BYTES;
}

static bool is_npy(const char *text)
{
    const size_t length = strlen(text);

    return length >= 4 && strcmp(text + length - 4, ".npy") == 0;
}

bool ingest_names_array(const char *text)
{
    return strstr(text, ":/") || is_npy(text);
}

int ingest_array(const struct wn_run *run, bool inside, const char *option,
                 struct wn_array *array, struct wn_error *error)
{
    size_t values;

    wn_option_list(run->options, option, &values);
    *array = (struct wn_array){0};
    return values
               ? ingest_array_of(run, inside, option, values - 1, array, error)
               : 0;
}

int ingest_array_of(const struct wn_run *run, bool inside, const char *option,
                    size_t i, struct wn_array *array, struct wn_error *error)
{
    size_t values;
    const char *text = wn_option_list(run->options, option, &values)[i];
    const char *colon = strstr(text, ":/");
    const uint64_t memory = ingest_hdf5_memory(run);

    *array = (struct wn_array){0};
    if (inside && !colon && !is_npy(text))
        return wn_hdf5_read(wn_run_input(run), &text, 1, memory, array, error);
    /* The audit file may be passed on, so it records no absolute path. */
    if (*text == '/') {
        const char *last = text;

        for (const char *at = text; *at && at != colon; at++)
            if (*at == '/')
                last = at + 1;
        wn_option_replace(run->options, option, i, last);
    }
    if (!colon)
        return wn_npy_read(text, array, error);
    const char *path = colon + 1;
    char *file = wn_copy_text(text, (size_t)(colon - text));
    const int status = wn_hdf5_read(file, &path, 1, memory, array, error);
    free(file);
    return status;
}

int ingest_check_rows(const struct wn_array *array, size_t found, size_t wanted,
                      struct wn_error *error)
{
    if (found == wanted)
        return 0;
    return wn_fail(error, WN_EDATA,
                   "%s: found %zu rows, wanted %zu, one for each of the input",
                   array->name, found, wanted);
}

struct numbered {
    double number;
    size_t class;
};

static int by_number(const void *a, const void *b)
{
    const struct numbered *one = a, *two = b;

    if (one->number != two->number)
        return one->number < two->number ? -1 : 1;
    return one->class < two->class ? -1 : one->class > two->class;
}

size_t *ingest_class_order(const struct wn_dictionary *classes)
{
    const size_t k = classes->count;
    struct numbered *row = wn_new(k, sizeof *row);
    size_t *order = wn_new(k, sizeof *order);
    bool numbers = true;

    for (size_t c = 0; c < k; c++) {
        row[c].class = c;
        numbers = numbers &&
                  wn_number_parse(wn_dictionary_text(classes, c),
                                  classes->value[c].length, &row[c].number);
    }
    if (numbers)
        qsort(row, k, sizeof *row, by_number);
    for (size_t c = 0; c < k; c++)
        order[row[c].class] = c;
    free(row);
    return order;
}

/* --- reading ------------------------------------------------------------- */

static int check_numbers(const struct wn_array *array, struct wn_error *error)
{
    if (!array->text && array->columns)
        return 0;
    return wn_fail(error, WN_EDATA, "%s: found %s, wanted numbers", array->name,
                   array->text ? "text" : "no columns");
}

int ingest_side_arrays_read(struct side_arrays *side, struct wn_error *error)
{
    struct wn_array *b = &side->features_b, *dynamics = &side->dynamics;

    if ((!side->from_columns &&
         ingest_array(side->run, side->inside, "features-b", b, error)) ||
        ingest_array(side->run, side->inside, "dynamics", dynamics, error))
        return -1;
    if (b->name && (check_numbers(b, error) ||
                    ingest_check_rows(b, b->rows, side->rows, error)))
        return -1;
    if (!dynamics->name)
        return 0;
    if (check_numbers(dynamics, error))
        return -1;
    if (dynamics->rank != 3 || dynamics->rows == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found %d dimensions%s, wanted epochs x rows x "
                       "classes",
                       dynamics->name, dynamics->rank,
                       dynamics->rows ? "" : ", empty");
    return ingest_check_rows(dynamics, dynamics->extent[1], side->rows, error);
}

void ingest_side_arrays_free(struct side_arrays *side)
{
    wn_array_free(&side->features_b);
    wn_array_free(&side->dynamics);
}

/* --- writing ------------------------------------------------------------- */

static int write_features_b(const struct side_arrays *side, size_t n,
                            struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    const struct wn_array *array = &side->features_b;
    const size_t d = array->columns, extent[3] = {n, d, 0};
    float *row = wn_new(d, sizeof *row);
    struct wn_array_rows rows = {0};
    int status =
        wn_audit_write_begin(writer, "data/features_b", WN_F32, extent, error);

    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < n && status == 0; i++) {
        const size_t from = side->keep ? side->keep[i] : i;
        const double *wide = wn_array_row(&rows, from, error);

        status = wide ? 0 : -1;
        for (size_t j = 0; j < d && status == 0; j++) {
            if (!(fabs(wide[j]) <= FLT_MAX))
                status = wn_rescale_fail(array, "", from, j, wide[j], error);
            row[j] = (float)wide[j];
        }
        if (status == 0)
            status = wn_audit_write_append(writer, 1, row, error);
    }
    wn_array_rows_free(&rows);
    free(row);
    return status || wn_audit_write_end(writer, error) ? -1 : 0;
}

int ingest_side_arrays_write(const struct side_arrays *side, size_t n,
                             const size_t *order, size_t k,
                             struct wn_audit_writer *writer,
                             struct wn_error *error)
{
    static const char path[] = "data/dynamics";
    const struct wn_array *dynamics = &side->dynamics;
    const size_t epochs = dynamics->extent[0], outputs = dynamics->extent[1];
    const size_t extent[3] = {epochs, n, k};
    struct wn_array_rows rows = {0};
    bool probabilities = true; /* whether every row is a distribution */
    char where[40];
    int status = -1;

    if (side->features_b.name && write_features_b(side, n, writer, error))
        return -1;
    if (!dynamics->name)
        return 0;
    if (dynamics->extent[2] != k)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu classes, wanted %zu as in the label",
                       dynamics->name, dynamics->extent[2], k);
    /* The n x k outputs of each epoch, classes in the order of their names. */
    float *epoch = wn_new(wn_product(n, k, 1), sizeof *epoch);
    struct wn_array flat = *dynamics;
    flat.rows = epochs * outputs;
    flat.columns = k;
    wn_array_rows_open(&rows, &flat);
    if (wn_audit_write_begin(writer, path, WN_F32, extent, error))
        goto done;
    for (size_t e = 0; e < epochs; e++) {
        for (size_t i = 0; i < n; i++) {
            const size_t from = side->keep ? side->keep[i] : i;
            const double *wide = wn_array_row(&rows, e * outputs + from, error);
            double total = 0;

            if (!wide)
                goto done;
            for (size_t c = 0; c < k; c++) {
                const double value = wide[order[c]];

                if (!(fabs(value) <= FLT_MAX)) {
                    snprintf(where, sizeof where, "epoch %zu, ", e);
                    status = wn_rescale_fail(dynamics, where, from, order[c],
                                             value, error);
                    goto done;
                }
                epoch[i * k + c] = (float)value;
                probabilities = probabilities && value >= 0 && value <= 1;
                total += value;
            }
            probabilities = probabilities && fabs(total - 1) <= WN_SUM_SLACK;
        }
        if (wn_audit_write_append(writer, 1, epoch, error))
            goto done;
    }
    if (wn_audit_write_end(writer, error) == 0 &&
        wn_audit_write_text(writer, path, "content",
                            probabilities ? "probabilities" : "logits",
                            error) == 0)
        status = 0;
done:
    wn_array_rows_free(&rows);
    free(epoch);
    return status;
}
