/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar parts of dates; see calendar.h. */
#include "encode/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/columns.h"
#include "csv/csv_foreach.h"
#include "util/memory.h"
#include "util/text.h"

/* The parts, as bits of the column's `parts` and in the order of features. */
enum part { TREND, MONTH, WEEKDAY, DAY, HOUR, PARTS };
static const struct {
    size_t features;
    const char *name[2];
} parts[PARTS] = {{1, {"", NULL}},
                  {2, {":month-sin", ":month-cos"}},
                  {2, {":weekday-sin", ":weekday-cos"}},
                  {1, {":day", NULL}},
                  {2, {":hour-sin", ":hour-cos"}}};

enum wn_date_order wn_calendar_order(const struct wn_column *column)
{
    int best = 0;

    for (int order = 1; order < WN_DATE_ORDERS; order++)
        if (column->dates[order] > column->dates[best])
            best = order;
    return (enum wn_date_order)best;
}

bool wn_calendar_is_ambiguous(const struct wn_column *column)
{
    return wn_calendar_order(column) == WN_DAY_FIRST &&
           column->dates[WN_DAY_FIRST] == column->dates[WN_MONTH_FIRST];
}

/* --- learning ----------------------------------------------------------- */

/* What occurs in a column, a bit each. */
struct seen {
    uint32_t months, weekdays, days;
    bool early, late; /* a second of the day before, after the column's first */
    double first;     /* second of the day of the first cell seen, or -1 */
    double min, max;  /* instants; min > max where there is none */
};

struct fitting {
    struct wn_table *table;
    size_t *column; /* the date columns */
    size_t columns;
    struct seen *seen;
    double *sample; /* columns x sampled instants, NaN where there is none */
    size_t sampled, stride;
};

struct piece {
    const struct fitting *fitting;
    struct seen *seen;
};

static const struct seen nothing = {
    .first = -1, .min = INFINITY, .max = -INFINITY};

static void calendar_stop_piece(void *own)
{
    struct piece *piece = own;

    if (piece)
        free(piece->seen);
    free(piece);
}

static void *calendar_start_piece(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->fitting = shared;
    piece->seen = wn_new(piece->fitting->columns, sizeof *piece->seen);
    if (piece->seen)
        return piece;
    free(piece);
    return NULL;
}

static void calendar_begin_piece(void *own, size_t begin, size_t end)
{
    struct piece *piece = own;

    (void)begin;
    (void)end;
    for (size_t i = 0; i < piece->fitting->columns; i++)
        piece->seen[i] = nothing;
}

static void calendar_look(struct seen *seen, const struct wn_date *date,
                          double instant)
{
    seen->months |= 1u << date->month;
    seen->weekdays |= 1u << wn_date_weekday(date);
    seen->days |= 1u << date->day;
    if (seen->first < 0)
        seen->first = date->second;
    seen->early |= date->second < seen->first;
    seen->late |= date->second > seen->first;
    seen->min = fmin(seen->min, instant);
    seen->max = fmax(seen->max, instant);
}

static int calendar_take_row(void *own, size_t row, const struct wn_cell *cells,
                             struct wn_error *error)
{
    struct piece *piece = own;
    const struct fitting *fitting = piece->fitting;

    (void)error;
    for (size_t i = 0; i < fitting->columns; i++) {
        const struct wn_column *column =
            &fitting->table->column[fitting->column[i]];
        const struct wn_cell *cell = &cells[fitting->column[i]];
        struct wn_date date;

        if (wn_table_is_missing(fitting->table, cell) ||
            !wn_date_parse(cell->text, cell->length, column->order, &date))
            continue;
        const double instant = wn_date_instant(&date);
        calendar_look(&piece->seen[i], &date, instant);
        if (row == wn_sample_row(row / fitting->stride, fitting->stride,
                                 wn_csv_rows(fitting->table->csv)))
            fitting->sample[i * fitting->sampled + row / fitting->stride] =
                instant;
    }
    return 0;
}

static int calendar_finish_piece(void *shared, void *own, size_t begin,
                                 size_t end, struct wn_error *error)
{
    const struct fitting *fitting = shared;
    const struct piece *piece = own;

    (void)begin, (void)end, (void)error;
    for (size_t i = 0; i < fitting->columns; i++) {
        struct seen *all = &fitting->seen[i];
        const struct seen *one = &piece->seen[i];

        if (one->first < 0)
            continue;
        if (all->first < 0)
            all->first = one->first;
        all->months |= one->months;
        all->weekdays |= one->weekdays;
        all->days |= one->days;
        all->early |= one->early || one->first < all->first;
        all->late |= one->late || one->first > all->first;
        all->min = fmin(all->min, one->min);
        all->max = fmax(all->max, one->max);
    }
    return 0;
}

static bool several(uint32_t bits)
{
    return (bits & (bits - 1)) != 0;
}

/* The scale of the instants and which parts there are. `sample` is used up. */
static void calendar_conclude(struct wn_column *column, const struct seen *seen,
                              struct wn_leakage_limits *alone, double *sample,
                              double *spare, size_t sampled)
{
    double pair[2] = {seen->min, seen->max};
    size_t count = 0;

    column->min = column->median = seen->min;
    column->max = seen->max;
    memcpy(spare, sample, sampled * sizeof *sample);
    for (size_t i = 0; i < sampled; i++)
        if (!isnan(sample[i]))
            sample[count++] = sample[i];
    if (seen->min < seen->max && count) {
        wn_scale_fit(&column->scale, sample, spare + sampled, count);
        column->alone = wn_leakage_numbers(alone, spare, sample, count);
    }
    if (seen->min < seen->max && !(column->scale.per_deviation > 0))
        wn_scale_fit(&column->scale, pair, spare, 2);
    if (column->scale.per_deviation > 0)
        column->median = 2 * column->scale.center;
    column->unknown = wn_scale_apply(&column->scale, column->median);
    column->parts = (seen->min < seen->max ? 1u << TREND : 0) |
                    (several(seen->months) ? 1u << MONTH : 0) |
                    (several(seen->weekdays) ? 1u << WEEKDAY : 0) |
                    (several(seen->days) ? 1u << DAY : 0) |
                    (seen->early || seen->late ? 1u << HOUR : 0);
}

static int check_column(const struct wn_table *table, size_t c,
                        struct wn_error *error)
{
    const struct wn_column *column = &table->column[c];
    const bool ambiguous = wn_calendar_is_ambiguous(column);

    if (column->dates[wn_calendar_order(column)] && !ambiguous)
        return 0;
    if (column->missing == wn_csv_rows(table->csv))
        return 0;
    return wn_fail(error, WN_EDATA,
                   ambiguous ? "%s: column %.120s: found dates that may be "
                               "day/month/year or month/day/year, wanted "
                               "year-month-day"
                             : "%s: column %.120s: found no date in it, "
                               "wanted some",
                   wn_csv_name(table->csv), wn_csv_column(table->csv, c));
}

/* Find the date columns, and room for what they need. */
static int calendar_prepare(struct fitting *fitting, struct wn_error *error)
{
    const struct wn_table *table = fitting->table;
    const size_t rows = wn_csv_rows(table->csv);

    fitting->column =
        wn_new(wn_csv_columns(table->csv), sizeof *fitting->column);
    for (size_t c = 0; c < wn_csv_columns(table->csv); c++) {
        struct wn_column *column = &table->column[c];

        if (column->role != WN_ROLE_FEATURE || column->kind != WN_KIND_DATE)
            continue;
        if (check_column(table, c, error))
            return -1;
        column->order = wn_calendar_order(column);
        fitting->column[fitting->columns++] = c;
    }
    fitting->stride = (rows + WN_SAMPLE - 1) / WN_SAMPLE;
    fitting->sampled = (rows + fitting->stride - 1) / fitting->stride;
    const size_t cells = wn_product(fitting->columns, fitting->sampled, 1);
    fitting->sample = wn_new(cells, sizeof *fitting->sample);
    fitting->seen = wn_new(fitting->columns, sizeof *fitting->seen);
    for (size_t i = 0; i < cells; i++)
        fitting->sample[i] = NAN;
    for (size_t i = 0; i < fitting->columns; i++)
        fitting->seen[i] = nothing;
    return 0;
}

/* What all rows say of each column, and how it tells the label. */
static int conclude_all(const struct fitting *fitting)
{
    const struct wn_table *table = fitting->table;
    const size_t sampled = fitting->sampled;
    int32_t *label = wn_new(sampled, sizeof *label);
    double *spare = wn_new(2 * sampled + 2, sizeof *spare);
    struct wn_leakage_limits *alone = NULL;

    for (size_t i = 0; label && i < sampled; i++)
        label[i] = table->label[wn_sample_row(i, fitting->stride,
                                              wn_csv_rows(table->csv))];
    if (label && spare)
        alone = wn_leakage_new(label, sampled, table->classes.count);
    for (size_t i = 0; i < fitting->columns && alone; i++)
        calendar_conclude(&table->column[fitting->column[i]], &fitting->seen[i],
                          alone, fitting->sample + i * sampled, spare, sampled);
    const int status = alone ? 0 : -1;
    wn_leakage_free(alone);
    free(label);
    free(spare);
    return status;
}

int wn_calendar_fit(struct wn_table *table, struct wn_error *error)
{
    struct fitting fitting = {.table = table};
    const struct wn_csv_pass pass_over = {.csv = table->csv,
                                          .threads = table->threads,
                                          .rows = WN_PIECE_ROWS,
                                          .log = table->talk,
                                          .what = "reading dates"};
    const struct wn_csv_visitor visitor = {.shared = &fitting,
                                           .start = calendar_start_piece,
                                           .begin = calendar_begin_piece,
                                           .row = calendar_take_row,
                                           .finish = calendar_finish_piece,
                                           .stop = calendar_stop_piece};
    int status = calendar_prepare(&fitting, error);

    if (status == 0 && fitting.columns)
        status = wn_csv_foreach(&pass_over, &visitor, 1, error) ||
                 conclude_all(&fitting);
    free(fitting.column);
    free(fitting.sample);
    free(fitting.seen);
    return status ? -1 : 0;
}

/* --- encoding ----------------------------------------------------------- */

size_t wn_calendar_features(const struct wn_column *column)
{
    size_t features = 0;

    for (int p = 0; p < PARTS; p++)
        if (column->parts >> p & 1)
            features += parts[p].features;
    return features;
}

int wn_calendar_name(const struct wn_column *column, size_t f,
                     struct wn_text *name, struct wn_error *error)
{
    int p = 0;

    for (; !(column->parts >> p & 1) || f >= parts[p].features; p++)
        if (column->parts >> p & 1)
            f -= parts[p].features;
    wn_text_format(name, "%s", parts[p].name[f]);
    return 0;
}

static float *put_circle(float *out, double share)
{
    const double angle = 2 * 3.14159265358979323846 * share;

    *out++ = (float)sin(angle);
    *out++ = (float)cos(angle);
    return out;
}

int wn_calendar_encode(const struct wn_column *column,
                       const struct wn_cell *cell, struct wn_terms *terms,
                       float *out, struct wn_error *error)
{
    struct wn_date date;

    (void)terms, (void)error;
    if (!wn_date_parse(cell->text, cell->length, column->order, &date))
        return 0;
    if (column->parts >> TREND & 1)
        *out++ = wn_scale_apply(&column->scale, wn_date_instant(&date));
    if (column->parts >> MONTH & 1)
        out = put_circle(out, (date.month - 1) / 12.0);
    if (column->parts >> WEEKDAY & 1)
        out = put_circle(out, wn_date_weekday(&date) / 7.0);
    if (column->parts >> DAY & 1)
        *out++ = (float)((date.day - 16) / 15.0);
    if (column->parts >> HOUR & 1)
        put_circle(out, date.second / 86400);
    return 1;
}

void wn_calendar_unknown(const struct wn_column *column, float *out)
{
    if (column->parts >> TREND & 1)
        out[0] = column->unknown;
}
