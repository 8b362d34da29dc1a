/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds by the table of kind.h, scales and statistics from the sample; features
 * in the order of the columns. See columns.h. */
#include "encode/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/leakage.h"
#include "encode/kind.h"
#include "encode/sketch.h"
#include "encode/boolean.h"
#include "util/memory.h"
#include "util/text.h"

static const double NEAR = 1e-12; /* of the largest number */

struct fitting {
    struct wn_table *table;
    struct wn_survey_sample *sample;
    int32_t *label; /* of the rows that tell how a column predicts it, */
    size_t told;    /* so many, every step-th of the sample */
    size_t step;
};

/* What one thread works with. */
struct desk {
    double *number; /* `told` cells of a column as the rows stand */
    uint64_t *mark; /* and their digests */
    double *spare;  /* rows of the sample, and 2 */
    struct wn_leakage_limits *alone;
};

/* The scale of a numeric column, and how it tells the label. Where the sample
 * is all alike but the column is not, its least and its largest number stand
 * for the rest. */
static void fit_numbers(const struct fitting *fitting, size_t c,
                        const struct desk *desk)
{
    struct wn_column *column = &fitting->table->column[c];
    const size_t rows = fitting->sample->rows;
    double *sample = fitting->sample->number + c * rows;
    double pair[2] = {column->min, column->max};
    size_t count = 0;

    if (column->numbers)
        column->median = column->min;
    /* What differs by rounding only is constant. */
    if (column->numbers == 0 ||
        column->max - column->min <=
            NEAR * fmax(fabs(column->min), fabs(column->max)))
        return;
    for (size_t i = 0; i < fitting->told; i++)
        desk->number[i] = sample[i * fitting->step];
    for (size_t i = 0; i < rows; i++)
        if (!isnan(sample[i]))
            sample[count++] = sample[i];
    if (count) {
        wn_scale_fit(&column->scale, sample, desk->spare, count);
        column->alone =
            wn_leakage_numbers(desk->alone, desk->number, sample, count);
    }
    if (!(column->scale.per_deviation > 0))
        wn_scale_fit(&column->scale, pair, desk->spare, 2);
    column->median = 2 * column->scale.center;
    column->unknown = wn_scale_apply(&column->scale, column->median);
}

/* A word for each value is enough to know what every cell says. */
static void count_truths(struct wn_column *column)
{
    for (size_t v = 0; v < column->values.count; v++) {
        const struct wn_value *value = &column->values.value[v];
        const int truth = wn_boolean_parse(
            wn_dictionary_text(&column->values, v), value->length);

        column->truths += truth < 0 ? 0 : value->count;
        column->trues += truth == 1 ? value->count : 0;
    }
}

static void count_distinct(const struct wn_survey_sample *sample, size_t c,
                           const struct wn_kind_evidence *evidence,
                           struct wn_column *column)
{
    if (!column->many) {
        column->distinct = column->values.count;
    } else if (sample->stride == 1) {
        column->distinct = wn_kind_distinct(evidence);
    } else {
        column->distinct = (uint64_t)round(wn_sketch_count(
            sample->registers + (c << sample->bits), sample->bits));
        column->distinct_about = true;
    }
}

static int columns_by_size(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

    return (one > two) - (one < two);
}

/* Put a run of equal digests among the most frequent. */
static void columns_rank(struct wn_column *column, uint64_t mark, uint64_t run,
                         uint64_t *ranked)
{
    size_t t = WN_TOPS;

    while (t && run > column->top[t - 1].count)
        t--;
    for (size_t u = WN_TOPS - 1; u > t; u--) {
        column->top[u] = column->top[u - 1];
        ranked[u] = ranked[u - 1];
    }
    if (t < WN_TOPS) {
        column->top[t].count = run;
        ranked[t] = mark;
    }
}

/* The digests that the sample has most often, twice at least, and the first
 * row of each. */
static void find_tops(const struct wn_survey_sample *sample,
                      const uint64_t *mark, size_t rows, uint64_t *spare,
                      struct wn_column *column)
{
    uint64_t ranked[WN_TOPS] = {0};
    size_t begin = 0;

    memcpy(spare, mark, sample->rows * sizeof *mark);
    qsort(spare, sample->rows, sizeof *spare, columns_by_size);
    for (size_t i = 1; i <= sample->rows; i++) {
        if (i < sample->rows && spare[i] == spare[begin])
            continue;
        if (spare[begin] && i - begin > 1)
            columns_rank(column, spare[begin], i - begin, ranked);
        begin = i;
    }
    for (size_t t = 0; t < WN_TOPS && column->top[t].count; t++) {
        size_t i = 0;

        while (mark[i] != ranked[t])
            i++;
        column->top[t].row = wn_sample_row(i, sample->stride, rows);
        column->top[t].count *= sample->stride;
    }
}

static void columns_fit_column(const struct fitting *fitting, size_t c,
                               const struct desk *desk)
{
    struct wn_column *column = &fitting->table->column[c];
    const struct wn_survey_sample *sample = fitting->sample;
    const uint64_t rows = wn_csv_rows(fitting->table->csv);
    const uint64_t *mark = sample->mark + c * sample->rows;
    const struct wn_kind_evidence evidence = {.column = column,
                                              .rows = rows,
                                              .filled = rows - column->missing,
                                              .sampled = sample->rows,
                                              .mark = mark,
                                              .spare = (uint64_t *)desk->spare,
                                              .cells = sample->in[c].cells,
                                              .words = sample->in[c].words};

    column->median = NAN;
    column->alone = (struct wn_leakage){NAN, NAN};
    if (column->role != WN_ROLE_FEATURE)
        return;
    if (column->kind == WN_KIND_GUESS) {
        column->kind = wn_kind_guess(&evidence);
        if (column->kind == WN_KIND_BOOLEAN)
            count_truths(column);
    }
    count_distinct(sample, c, &evidence, column);
    if (column->kind == WN_KIND_NUMERIC)
        fit_numbers(fitting, c, desk);
    if ((column->kind == WN_KIND_CATEGORICAL ||
         column->kind == WN_KIND_BOOLEAN) &&
        sample->in[c].cells) {
        for (size_t i = 0; i < fitting->told; i++)
            desk->mark[i] = mark[i * fitting->step];
        column->alone = wn_leakage_marks(desk->alone, desk->mark);
    }
    if (column->kind == WN_KIND_CATEGORICAL && column->many)
        find_tops(sample, mark, rows, (uint64_t *)desk->spare, column);
}

static int start_desk(const struct fitting *fitting, struct desk *desk)
{
    const size_t rows = fitting->sample->rows;

    desk->number = wn_new(fitting->told, sizeof *desk->number);
    desk->mark = wn_new(fitting->told, sizeof *desk->mark);
    desk->spare = wn_new(rows + 2, sizeof *desk->spare);
    desk->alone = wn_leakage_new(fitting->label, fitting->told,
                                 fitting->table->classes.count);
    return desk->alone ? 0 : -1;
}

static void free_desk(struct desk *desk)
{
    free(desk->number);
    free(desk->mark);
    free(desk->spare);
    wn_leakage_free(desk->alone);
}

static int fit_columns(const struct fitting *fitting, struct wn_error *error)
{
    const size_t columns = wn_csv_columns(fitting->table->csv);
    struct wn_error failed = {0};

#pragma omp parallel num_threads(fitting->table->threads)
    {
        struct wn_error own = {0};
        struct desk desk = {0};
        const int ready = start_desk(fitting, &desk);

#pragma omp for schedule(dynamic, 1)
        for (size_t c = 0; c < columns; c++)
            if (ready == 0)
                columns_fit_column(fitting, c, &desk);
        if (ready)
#pragma omp critical(wn_columns_failed)
            failed = own;
        free_desk(&desk);
    }
    if (!failed.code)
        return 0;
    *error = failed;
    return -1;
}

int wn_columns_fit(struct wn_table *table, struct wn_survey_sample *sample,
                   struct wn_error *error)
{
    const size_t step = (sample->rows + WN_LEAKAGE_ROWS - 1) / WN_LEAKAGE_ROWS;
    const size_t told = (sample->rows + step - 1) / step;
    int32_t *label = wn_new(told, sizeof *label);
    const struct fitting fitting = {table, sample, label, told, step};

    for (size_t i = 0; i < told; i++)
        label[i] = table->label[wn_sample_row(i * step, sample->stride,
                                              wn_csv_rows(table->csv))];
    const int status = fit_columns(&fitting, error);
    free(label);
    return status;
}

static int columns_check_utf8(const struct wn_table *table, size_t c,
                              struct wn_error *error)
{
    const struct wn_dictionary *values = &table->column[c].values;

    for (size_t v = 0; v < values->count; v++) {
        const char *text = wn_dictionary_text(values, v);
        const size_t length = values->value[v].length;

        if (!wn_text_is_utf8(text, length))
            return wn_csv_fail(table->csv, values->value[v].row, c, error,
                               "found '%.*s', wanted UTF-8: see iconv(1)",
                               wn_text_told(length), text);
    }
    return 0;
}

static int conclude_column(struct wn_table *table, size_t c,
                           struct wn_error *error)
{
    struct wn_column *column = &table->column[c];
    const struct wn_kind *kind = &wn_kinds[column->kind];
    const uint64_t rows = wn_csv_rows(table->csv);
    const uint64_t filled = rows - column->missing;

    if (column->role != WN_ROLE_FEATURE)
        return 0;
    if (kind->valid) {
        column->invalid = filled - kind->valid(column);
        if (filled && column->invalid == filled)
            return wn_fail(error, WN_EDATA,
                           "%s: column %.120s: found no cell that is %s, "
                           "wanted some",
                           wn_csv_name(table->csv),
                           wn_csv_column(table->csv, c), kind->wanted);
    }
    if (column->kind != WN_KIND_NUMERIC && column->kind != WN_KIND_DATE)
        column->min = column->max = NAN;
    if (column->kind == WN_KIND_CATEGORICAL && !column->many) {
        if (columns_check_utf8(table, c, error))
            return -1;
        wn_dictionary_sort(&column->values, NULL);
    }
    column->features = kind->features(column);
    const uint64_t unknown = column->missing + column->invalid;
    column->indicator = unknown > 0 && unknown < rows;
    column->features += column->indicator;
    return 0;
}

/* Places of features: the second block behind the first. */
static void place_columns(struct wn_table *table)
{
    const size_t columns = wn_csv_columns(table->csv);

    for (int second = 0; second < 2; second++) {
        table->second_block = table->d;
        for (size_t c = 0; c < columns; c++)
            if (table->column[c].second == (second == 1)) {
                table->column[c].first = table->d;
                table->d += table->column[c].features;
            }
    }
    table->second_block = table->d - table->second_block;
}

int wn_columns_number(struct wn_table *table, struct wn_error *error)
{
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        if (conclude_column(table, c, error))
            return -1;
    place_columns(table);
    return 0;
}

static int name_feature(const struct wn_table *table, size_t c, size_t f,
                        struct wn_text *name, struct wn_error *error)
{
    const struct wn_column *column = &table->column[c];
    const char *base = wn_csv_column(table->csv, c);

    if (column->indicator && f + 1 == column->features) {
        wn_text_format(name, "%s:missing", base);
        return 0;
    }
    return wn_text_format(name, "%s", base) ||
                   wn_kinds[column->kind].name_feature(column, f, name, error)
               ? -1
               : 0;
}

int wn_columns_name(struct wn_table *table, struct wn_error *error)
{
    table->feature_name = wn_new(table->d, sizeof *table->feature_name);
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++)
        for (size_t f = 0; f < table->column[c].features; f++) {
            struct wn_text name = {0};

            if (name_feature(table, c, f, &name, error)) {
                wn_text_free(&name);
                return -1;
            }
            table->feature_name[table->column[c].first + f] = name.bytes;
        }
    return 0;
}
