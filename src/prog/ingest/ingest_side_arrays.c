/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ingest: arrays that stand beside any input, one row or one layer of rows for
 * each of its rows: a second block of features, and the outputs of the user's
 * network after each epoch. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/dataset.h"
#include "encode/rescale.h"
#include "prog/ingest/ingest_work.h"
#include "util/memory.h"
#include "util/number.h"

struct numbered {
    double number;
    size_t class;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *one = a, *other = b;

    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    return one->class < other->class ? -1 : one->class > other->class;
}

size_t *ingest_class_order(const struct wn_dictionary *classes)
{
    const size_t k = classes->count;
    struct numbered *row = wn_new(k, sizeof *row);
    size_t *order = wn_new(k, sizeof *order);
    bool numbers = true;

    if (!row || !order) {
        free(row);
        free(order);
        return NULL;
    }
    for (size_t c = 0; c < k; c++) {
        row[c].class = c;
        numbers = numbers &&
                  wn_number_parse(wn_dictionary_text(classes, c),
                                  classes->value[c].length, &row[c].number);
    }
    for (size_t c = 0; c < k && !numbers; c++)
        row[c].number = 0;
    qsort(row, k, sizeof *row, compare_numbered);
    for (size_t c = 0; c < k; c++)
        order[row[c].class] = c;
    free(row);
    return order;
}

int ingest_check_rows(const struct wn_array *array, size_t found, size_t n,
                      struct wn_error *error)
{
    if (found == n)
        return 0;
    return wn_fail(error, WN_EDATA,
                   "%s: found %zu rows, wanted %zu, one for "
                   "each of the input",
                   array->name, found, n);
}

static int check_numbers(const struct wn_array *array, struct wn_error *error)
{
    if (!array->text && array->columns)
        return 0;
    return wn_fail(error, WN_EDATA, "%s: found %s, wanted numbers", array->name,
                   array->text ? "text" : "no columns");
}

int ingest_beside_read(struct beside *beside, struct wn_error *error)
{
    struct wn_array *b = &beside->features_b, *dynamics = &beside->dynamics;

    if ((!beside->columns &&
         ingest_array(beside->run, beside->inside, "features-b", b, error)) ||
        ingest_array(beside->run, beside->inside, "dynamics", dynamics, error))
        return -1;
    if (b->name && (check_numbers(b, error) ||
                    ingest_check_rows(b, b->rows, beside->rows, error)))
        return -1;
    if (!dynamics->name)
        return 0;
    if (check_numbers(dynamics, error))
        return -1;
    if (dynamics->rank != 3 || dynamics->rows == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: found %d dimensions%s, wanted "
                       "epochs x rows x classes",
                       dynamics->name, dynamics->rank,
                       dynamics->rows ? "" : ", empty");
    return ingest_check_rows(dynamics, dynamics->extent[1], beside->rows,
                             error);
}

static size_t row_of(const struct beside *beside, size_t i)
{
    return beside->keep ? beside->keep[i] : i;
}

static int write_features_b(const struct beside *beside, size_t n,
                            struct wn_audit_writer *writer,
                            struct wn_error *error)
{
    const struct wn_array *array = &beside->features_b;
    const size_t d = array->columns, extent[3] = {n, d, 0};
    float *row = wn_new(d, sizeof *row);
    struct wn_array_rows rows = {0};
    int status =
        wn_audit_write_begin(writer, "data/features_b", WN_F32, extent, error);

    wn_array_rows_open(&rows, array);
    for (size_t i = 0; i < n && status == 0; i++) {
        const size_t from = row_of(beside, i);
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

/* An epoch of n x k numbers, classes in the order of their names. Lowers *sum
 * where a row is no distribution. */
static int ingest_side_arrays_read_epoch(const struct beside *beside, size_t e,
                                         size_t n, const size_t *order,
                                         struct wn_array_rows *rows, float *out,
                                         bool *sum, struct wn_error *error)
{
    const struct wn_array *array = &beside->dynamics;
    const size_t k = array->extent[2];
    char where[40];

    for (size_t i = 0; i < n; i++) {
        const size_t from = row_of(beside, i);
        const double *wide =
            wn_array_row(rows, e * array->extent[1] + from, error);
        double total = 0;
        bool inside = true;

        if (!wide)
            return -1;
        for (size_t c = 0; c < k; c++) {
            const double value = wide[order[c]];

            if (!(fabs(value) <= FLT_MAX)) {
                snprintf(where, sizeof where, "epoch %zu, ", e);
                return wn_rescale_fail(array, where, from, order[c], value,
                                       error);
            }
            out[i * k + c] = (float)value;
            inside = inside && value >= 0 && value <= 1;
            total += value;
        }
        *sum = *sum && inside && fabs(total - 1) <= WN_SUM_SLACK;
    }
    return 0;
}

static int write_dynamics(const struct beside *beside, size_t n,
                          const size_t *order, struct wn_audit_writer *writer,
                          struct wn_error *error)
{
    static const char path[] = "data/dynamics";
    struct wn_array flat = beside->dynamics;
    const size_t epochs = flat.extent[0], k = flat.extent[2];
    const size_t extent[3] = {epochs, n, k};
    float *epoch = wn_new(wn_product(n, k, 1), sizeof *epoch);
    struct wn_array_rows rows = {0};
    bool sum = true;
    int status;

    flat.rows = epochs * flat.extent[1];
    flat.columns = k;
    wn_array_rows_open(&rows, &flat);
    status = wn_audit_write_begin(writer, path, WN_F32, extent, error);
    for (size_t e = 0; e < epochs && status == 0; e++) {
        status = ingest_side_arrays_read_epoch(beside, e, n, order, &rows,
                                               epoch, &sum, error);
        if (status == 0)
            status = wn_audit_write_append(writer, 1, epoch, error);
    }
    wn_array_rows_free(&rows);
    free(epoch);
    return status || wn_audit_write_end(writer, error) ||
                   wn_audit_write_text(writer, path, "content",
                                       sum ? "probabilities" : "logits", error)
               ? -1
               : 0;
}

int ingest_beside_write(const struct beside *beside, size_t n,
                        const size_t *order, size_t k,
                        struct wn_audit_writer *writer, struct wn_error *error)
{
    const struct wn_array *dynamics = &beside->dynamics;

    if (beside->features_b.name && write_features_b(beside, n, writer, error))
        return -1;
    if (!dynamics->name)
        return 0;
    if (dynamics->extent[2] != k)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu classes, wanted %zu as "
                       "in the label",
                       dynamics->name, dynamics->extent[2], k);
    return write_dynamics(beside, n, order, writer, error);
}

void ingest_beside_free(struct beside *beside)
{
    wn_array_free(&beside->features_b);
    wn_array_free(&beside->dynamics);
}
