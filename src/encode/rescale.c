/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rescaled features of arrays; see rescale.h. */
#include "encode/rescale.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "encode/table.h"
#include "util/memory.h"
#include "util/number.h"

const char wn_rescale_choices[] = "none|even|robust|auto";

int wn_rescale_fail(const struct wn_array *array, const char *where, size_t row,
                    size_t column, double value, struct wn_error *error)
{
    char text[32];

    wn_number_format(value, text);
    return wn_fail(error, WN_EDATA,
                   "%s: %srow %zu, column %zu: found %s, wanted a number "
                   "in the range of 4-byte floats",
                   array->name, where, row, column, text);
}

int wn_rescale_fit(struct wn_rescale *rescale, enum wn_rescale_how how,
                   const struct wn_array *array, const uint64_t *keep, size_t n,
                   struct wn_error *error)
{
    double share = 1; /* maximum part of the variance in one feature */
    const size_t d = array->columns;
    int status = 0;

    *rescale = (struct wn_rescale){.how = how, .d = d};
    if (how == WN_RESCALE_NONE)
        return 0;
    /* Sample rows at equal distances, feature by feature: d x rows. */
    const size_t max_rows = wn_sample_rows(d + 1);
    const size_t step = (n + max_rows - 1) / max_rows;
    const size_t rows = (n + step - 1) / step;
    double *sample = wn_new(wn_product(rows, d, 1), sizeof *sample);
    double *row = wn_new(d, sizeof *row);
    for (size_t s = 0; s < rows && status == 0; s++) {
        const size_t from = keep ? keep[s * step] : s * step;

        status = wn_array_numbers(array, from, from + 1, row, error);
        for (size_t j = 0; j < d && status == 0; j++) {
            if (!(fabs(row[j]) <= FLT_MAX))
                status = wn_rescale_fail(array, "", from, j, row[j], error);
            sample[j * rows + s] = row[j];
        }
    }
    free(row);
    if (status) {
        free(sample);
        return -1;
    }
    if (how != WN_RESCALE_ROBUST) {
        double sum = 0, max = 0; /* of squares about the means, by feature */

        rescale->mean = wn_new(rescale->d, sizeof *rescale->mean);
        for (size_t j = 0; j < rescale->d; j++) {
            const double *value = sample + j * rows;
            double square = 0;

            for (size_t s = 0; s < rows; s++)
                rescale->mean[j] += value[s];
            rescale->mean[j] /= (double)rows;
            for (size_t s = 0; s < rows; s++) {
                const double away = value[s] - rescale->mean[j];

                square += away * away;
            }
            sum += square;
            max = fmax(max, square);
        }
        share = sum > 0 ? max / sum : 0;
        sum /= (double)rows * (double)rescale->d;
        rescale->factor = sum > 0 ? 1 / sqrt(sum) : 0;
    }
    if (how == WN_RESCALE_AUTO)
        rescale->how = rescale->d >= 3 && share > 0.5 ? WN_RESCALE_ROBUST
                                                      : WN_RESCALE_EVEN;
    if (rescale->how == WN_RESCALE_ROBUST) {
        double *scratch = wn_new(rows, sizeof *scratch);

        rescale->scale = wn_new(rescale->d, sizeof *rescale->scale);
        for (size_t j = 0; j < rescale->d; j++)
            wn_scale_fit(&rescale->scale[j], sample + j * rows, scratch, rows);
        free(scratch);
    }
    free(sample);
    return 0;
}

void wn_rescale_free(struct wn_rescale *rescale)
{
    free(rescale->scale);
    free(rescale->mean);
    *rescale = (struct wn_rescale){0};
}

int wn_rescale_row(const struct wn_rescale *rescale,
                   const struct wn_array *array, size_t row, const double *in,
                   float *out, struct wn_error *error)
{
    for (size_t j = 0; j < rescale->d; j++) {
        double value = in[j];

        if (!(fabs(value) <= FLT_MAX))
            return wn_rescale_fail(array, "", row, j, value, error);
        if (rescale->how == WN_RESCALE_EVEN)
            value = (value - rescale->mean[j]) * rescale->factor;
        out[j] = rescale->how == WN_RESCALE_ROBUST
                     ? wn_scale_apply(&rescale->scale[j], value)
                     : (float)value;
    }
    return 0;
}
