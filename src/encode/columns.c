/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choose the kind of each column by the table of kind.h, fit its scale and
 * statistics to the sample, and number the features in the order of the
 * columns. See survey.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/boolean.h"
#include "encode/kind.h"
#include "encode/leakage.h"
#include "encode/sketch.h"
#include "encode/survey.h"
#include "util/memory.h"
#include "util/text.h"

static const double NEAR = 1e-12; /* of the largest number */

struct fitting {
    struct wn_table *table;
    struct wn_survey_sample *sample;
    size_t tested, step; /* the leakage test has every step-th sampled row */
};

/* The scratch of one thread. */
struct scratch {
    double *number;   /* `tested` cells of a column in the order of the rows */
    uint64_t *digest; /* and their digests */
    double *sorted;   /* rows of the sample, and 2 */
    struct wn_leakage_test *test;
};

/* The quantiles of evenly spaced cells of value[0..count): the sorted cell
 * nearest to each, so that they are cells. */
static void fit_quantiles(struct wn_column *column, const double *value,
                          size_t count)
{
    enum { SKETCHED = 4096 };
    const size_t step = (count + SKETCHED - 1) / SKETCHED;
    double *sorted = wn_new(2 * SKETCHED, sizeof *sorted);
    size_t m = 0;

    for (size_t i = 0; i < count; i += step)
        sorted[m++] = value[i];
    wn_sort_numbers(sorted, sorted + SKETCHED, m);
    for (size_t q = 0; q < WN_QUANTILES; q++)
        column->quantile[q] =
            sorted[(q * (m - 1) + (WN_QUANTILES - 1) / 2) / (WN_QUANTILES - 1)];
    column->sketched = m;
    free(sorted);
}

void wn_columns_fit_numbers(struct wn_column *column, double *sample,
                            size_t rows, struct wn_leakage_test *test,
                            const double *tested, double *scratch)
{
    size_t count = 0;

    for (size_t i = 0; i < rows; i++)
        if (!isnan(sample[i]))
            sample[count++] = sample[i];
    if (count) {
        fit_quantiles(column, sample, count);
        wn_scale_fit(&column->scale, sample, scratch, count);
        column->leakage = wn_leakage_numbers(test, tested, sample, count);
    }
    if (!(column->scale.per_deviation > 0))
        wn_scale_fit(&column->scale, (double[]){column->min, column->max},
                     scratch, 2);
    column->median = 2 * column->scale.center;
    column->unknown = wn_scale_apply(&column->scale, column->median);
}

/* The most frequent digests of the sample, at least two cells each, and the
 * first row of each. */
static void find_frequent(const struct wn_survey_sample *sample,
                          const uint64_t *digest, size_t rows, uint64_t *sorted,
                          struct wn_column *column)
{
    uint64_t ranked[WN_FREQUENT] = {0};
    size_t begin = 0;

    memcpy(sorted, digest, sample->rows * sizeof *digest);
    wn_sort_digests(sorted, sample->rows);
    for (size_t i = 1; i <= sample->rows; i++) {
        const uint64_t value = sorted[begin], run = i - begin;
        size_t t = WN_FREQUENT;

        if (i < sample->rows && sorted[i] == value)
            continue;
        begin = i;
        if (value == 0 || run < 2)
            continue;
        while (t && run > column->frequent[t - 1].count)
            t--;
        for (size_t u = WN_FREQUENT - 1; u > t; u--) {
            column->frequent[u] = column->frequent[u - 1];
            ranked[u] = ranked[u - 1];
        }
        if (t < WN_FREQUENT) {
            column->frequent[t].count = run;
            ranked[t] = value;
        }
    }
    for (size_t t = 0; t < WN_FREQUENT && column->frequent[t].count; t++) {
        size_t i = 0;

        while (digest[i] != ranked[t])
            i++;
        column->frequent[t].row = wn_sample_row(i, sample->stride, rows);
        column->frequent[t].count *= sample->stride;
    }
}

static void fit_column(const struct fitting *fitting, size_t c,
                       const struct scratch *scratch)
{
    struct wn_column *column = &fitting->table->column[c];
    const struct wn_survey_sample *sample = fitting->sample;
    const uint64_t rows = fitting->table->csv->rows;
    const uint64_t *digest = sample->digest + c * sample->rows;
    uint64_t *sorted = (uint64_t *)scratch->sorted;
    const struct wn_kind_evidence evidence = {.column = column,
                                              .rows = rows,
                                              .filled = rows - column->missing,
                                              .sampled = sample->rows,
                                              .digest = digest,
                                              .scratch = sorted,
                                              .cells = sample->in[c].cells,
                                              .words = sample->in[c].words};

    column->median = NAN;
    column->leakage = (struct wn_leakage){NAN, NAN};
    if (column->role != WN_ROLE_FEATURE)
        return;
    if (column->kind == WN_KIND_GUESS) {
        column->kind = wn_kind_guess(&evidence);
        for (size_t v = 0;
             column->kind == WN_KIND_BOOLEAN && v < column->values.count; v++) {
            const struct wn_value *value = &column->values.value[v];
            const int truth = wn_boolean_parse(
                wn_dictionary_text(&column->values, v), value->length);

            column->booleans += truth < 0 ? 0 : value->count;
            column->trues += truth == 1 ? value->count : 0;
        }
    }
    if (!column->many) {
        column->distinct = column->values.count;
    } else if (sample->stride == 1) {
        column->distinct = wn_kind_distinct(&evidence);
    } else {
        column->distinct = (uint64_t)round(wn_sketch_count(
            sample->registers + (c << sample->bits), sample->bits));
        column->distinct_estimated = true;
    }
    if (column->kind == WN_KIND_NUMERIC && column->numbers) {
        double *number = sample->number + c * sample->rows;

        column->median = column->min;
        fit_quantiles(column, &column->min, 1);
        /* Numbers that differ by rounding only are constant. */
        if (column->max - column->min >
            NEAR * fmax(fabs(column->min), fabs(column->max))) {
            for (size_t i = 0; i < fitting->tested; i++)
                scratch->number[i] = number[i * fitting->step];
            wn_columns_fit_numbers(column, number, sample->rows, scratch->test,
                                   scratch->number, scratch->sorted);
        }
    }
    if ((column->kind == WN_KIND_CATEGORICAL ||
         column->kind == WN_KIND_BOOLEAN) &&
        sample->in[c].cells) {
        for (size_t i = 0; i < fitting->tested; i++)
            scratch->digest[i] = digest[i * fitting->step];
        column->leakage = wn_leakage_digests(scratch->test, scratch->digest);
    }
    if (column->kind == WN_KIND_CATEGORICAL && column->many)
        find_frequent(sample, digest, rows, sorted, column);
}

void wn_columns_fit(struct wn_table *table, struct wn_survey_sample *sample)
{
    const size_t columns = table->csv->columns;
    const size_t step = (sample->rows + WN_LEAKAGE_ROWS - 1) / WN_LEAKAGE_ROWS;
    const size_t tested = (sample->rows + step - 1) / step;
    int32_t *label = wn_new(tested, sizeof *label);
    const struct fitting fitting = {table, sample, tested, step};

    for (size_t i = 0; i < tested; i++)
        label[i] = table->label[wn_sample_row(i * step, sample->stride,
                                              table->csv->rows)];
#pragma omp parallel num_threads(table->threads)
    {
        const struct scratch scratch = {
            .number = wn_new(tested, sizeof *scratch.number),
            .digest = wn_new(tested, sizeof *scratch.digest),
            .sorted = wn_new(sample->rows + 2, sizeof *scratch.sorted),
            .test = wn_leakage_new(label, tested, table->classes.count)};

#pragma omp for schedule(dynamic, 1)
        for (size_t c = 0; c < columns; c++)
            fit_column(&fitting, c, &scratch);
        free(scratch.number);
        free(scratch.digest);
        free(scratch.sorted);
        wn_leakage_free(scratch.test);
    }
    free(label);
}

/* --- features ----------------------------------------------------------- */

int wn_columns_number(struct wn_table *table, struct wn_error *error)
{
    const size_t columns = table->csv->columns;
    const uint64_t rows = table->csv->rows;

    for (size_t c = 0; c < columns; c++) {
        struct wn_column *column = &table->column[c];
        const struct wn_kind *kind = &wn_kinds[column->kind];
        struct wn_dictionary *values = &column->values;
        const uint64_t filled = rows - column->missing;

        if (column->role != WN_ROLE_FEATURE)
            continue;
        if (kind->valid)
            column->invalid = filled - kind->valid(column);
        if (filled && column->invalid == filled)
            return wn_fail(error, WN_EDATA,
                           "%s: column %.120s: found no cell that is %s, "
                           "wanted some",
                           table->csv->name, table->csv->column[c],
                           kind->wanted);
        if (column->kind != WN_KIND_NUMERIC && column->kind != WN_KIND_DATE)
            column->min = column->max = NAN;
        if (column->kind == WN_KIND_CATEGORICAL && !column->many) {
            for (size_t v = 0; v < values->count; v++) {
                const char *text = wn_dictionary_text(values, v);
                const size_t length = values->value[v].length;

                if (!wn_text_is_utf8(text, length))
                    return wn_csv_fail(table->csv, values->value[v].row, c,
                                       error, "found '%.*s', wanted %s",
                                       wn_text_shown(length), text,
                                       wn_csv_wanted_text(table->csv));
            }
            wn_dictionary_sort(values, NULL);
        }
        const uint64_t unknown = column->missing + column->invalid;
        column->indicator = unknown > 0 && unknown < rows;
        column->features = kind->features(column) + column->indicator;
    }
    /* The second block follows the first. */
    for (int second = 0; second < 2; second++) {
        table->second_block = table->d;
        for (size_t c = 0; c < columns; c++)
            if (table->column[c].second == (second == 1)) {
                table->column[c].first = table->d;
                table->d += table->column[c].features;
            }
    }
    table->second_block = table->d - table->second_block;
    table->feature_name = wn_new(table->d, sizeof *table->feature_name);
    for (size_t c = 0; c < columns; c++) {
        const struct wn_column *column = &table->column[c];

        for (size_t f = 0; f < column->features; f++) {
            struct wn_text name = {0};

            wn_text_format(&name, "%s", table->csv->column[c]);
            if (column->indicator && f + 1 == column->features)
                wn_text_format(&name, ":missing");
            else
                wn_kinds[column->kind].name_feature(column, f, &name);
            table->feature_name[column->first + f] = name.bytes;
        }
    }
    return 0;
}
