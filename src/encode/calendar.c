/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calendar parts of dates; see calendar.h. */
#include "encode/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode/survey.h"
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

/* Which months, weekdays and days occur in a column, a bit each, and the range
 * of its instants. */
struct seen {
    uint32_t months, weekdays, days;
    bool early, late; /* a second of the day before, after the first cell's */
    double first;     /* second of the day of the first cell, or -1 */
    double min, max;  /* instants; min > max if there are none */
};

struct wn_calendar_fit {
    struct wn_table *table;
    size_t *column; /* the date columns */
    size_t columns;
    struct seen *seen;
    double *sample; /* columns x sampled instants, NaN if there is none */
    size_t sampled, stride;
};

struct piece {
    const struct wn_calendar_fit *fit;
    struct seen *seen;
};

static const struct seen nothing = {
    .first = -1, .min = INFINITY, .max = -INFINITY};

static void *calendar_start(void *shared)
{
    struct piece *piece = wn_new(1, sizeof *piece);

    piece->fit = shared;
    piece->seen = wn_new(piece->fit->columns, sizeof *piece->seen);
    return piece;
}

static void calendar_stop(void *state)
{
    struct piece *piece = state;

    free(piece->seen);
    free(piece);
}

static void calendar_begin(void *state, size_t begin, size_t end)
{
    struct piece *piece = state;

    (void)begin, (void)end;
    for (size_t i = 0; i < piece->fit->columns; i++)
        piece->seen[i] = nothing;
}

static int calendar_row(void *state, size_t row, const struct wn_cell *cells,
                        struct wn_error *error)
{
    struct piece *piece = state;
    const struct wn_calendar_fit *fit = piece->fit;
    const size_t rows = fit->table->csv->rows;

    (void)error;
    for (size_t i = 0; i < fit->columns; i++) {
        const size_t c = fit->column[i];
        struct seen *seen = &piece->seen[i];
        struct wn_date date;

        if (wn_table_is_missing(fit->table, &cells[c]) ||
            !wn_date_parse(cells[c].text, cells[c].length,
                           fit->table->column[c].order, &date))
            continue;
        const double instant = wn_date_instant(&date);
        seen->months |= 1u << date.month;
        seen->weekdays |= 1u << wn_date_weekday(&date);
        seen->days |= 1u << date.day;
        if (seen->first < 0)
            seen->first = date.second;
        seen->early |= date.second < seen->first;
        seen->late |= date.second > seen->first;
        seen->min = fmin(seen->min, instant);
        seen->max = fmax(seen->max, instant);
        if (row == wn_sample_row(row / fit->stride, fit->stride, rows))
            fit->sample[i * fit->sampled + row / fit->stride] = instant;
    }
    return 0;
}

static int calendar_finish(void *shared, void *state, size_t begin, size_t end,
                           struct wn_error *error)
{
    const struct wn_calendar_fit *fit = shared;
    const struct piece *piece = state;

    (void)begin, (void)end, (void)error;
    for (size_t i = 0; i < fit->columns; i++) {
        struct seen *all = &fit->seen[i];
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

int wn_calendar_fit_new(struct wn_table *table, struct wn_calendar_fit **fit,
                        struct wn_csv_visitor *visitor, struct wn_error *error)
{
    const size_t columns = table->csv->columns;
    const size_t rows = table->csv->rows;
    struct wn_calendar_fit *new = *fit = wn_new(1, sizeof *new);

    new->table = table;
    new->column = wn_new(columns, sizeof *new->column);
    for (size_t c = 0; c < columns; c++) {
        struct wn_column *column = &table->column[c];

        if (column->role != WN_ROLE_FEATURE || column->kind != WN_KIND_DATE)
            continue;
        const bool ambiguous = wn_calendar_is_ambiguous(column);
        column->order = wn_calendar_order(column);
        if ((ambiguous || !column->dates[column->order]) &&
            column->missing < rows)
            return wn_fail(error, WN_EDATA,
                           ambiguous
                               ? "%s: column %.120s: found dates that may be "
                                 "day/month/year or month/day/year, wanted "
                                 "year-month-day"
                               : "%s: column %.120s: found no date in it, "
                                 "wanted some",
                           table->csv->name, table->csv->column[c]);
        new->column[new->columns++] = c;
    }
    new->stride = (rows + WN_SAMPLE - 1) / WN_SAMPLE;
    new->sampled = (rows + new->stride - 1) / new->stride;
    const size_t cells = wn_product(new->columns, new->sampled, 1);
    new->sample = wn_new(cells, sizeof *new->sample);
    new->seen = wn_new(new->columns, sizeof *new->seen);
    for (size_t i = 0; i < cells; i++)
        new->sample[i] = NAN;
    for (size_t i = 0; i < new->columns; i++)
        new->seen[i] = nothing;
    *visitor = (struct wn_csv_visitor){.shared = new,
                                       .start = calendar_start,
                                       .begin = calendar_begin,
                                       .row = calendar_row,
                                       .finish = calendar_finish,
                                       .stop = calendar_stop};
    return new->columns > 0;
}

/* Whether more than one bit is set. */
static bool several(uint32_t bits)
{
    return (bits & (bits - 1)) != 0;
}

void wn_calendar_fit_conclude(struct wn_calendar_fit *fit)
{
    const struct wn_table *table = fit->table;
    const size_t sampled = fit->sampled, rows = table->csv->rows;
    int32_t *label = wn_new(sampled, sizeof *label);
    double *scratch = wn_new(2 * sampled + 2, sizeof *scratch);

    for (size_t i = 0; i < sampled; i++)
        label[i] = table->label[wn_sample_row(i, fit->stride, rows)];
    struct wn_leakage_test *test =
        wn_leakage_new(label, sampled, table->classes.count);
    for (size_t i = 0; i < fit->columns; i++) {
        struct wn_column *column = &fit->table->column[fit->column[i]];
        const struct seen *seen = &fit->seen[i];
        double *sample = fit->sample + i * sampled;

        column->min = column->median = seen->min;
        column->max = seen->max;
        memcpy(scratch, sample, sampled * sizeof *sample);
        if (seen->min < seen->max)
            wn_columns_fit_numbers(column, sample, sampled, test, scratch,
                                   scratch + sampled);
        column->parts = (seen->min < seen->max ? 1u << TREND : 0) |
                        (several(seen->months) ? 1u << MONTH : 0) |
                        (several(seen->weekdays) ? 1u << WEEKDAY : 0) |
                        (several(seen->days) ? 1u << DAY : 0) |
                        (seen->early || seen->late ? 1u << HOUR : 0);
    }
    wn_leakage_free(test);
    free(label);
    free(scratch);
}

void wn_calendar_fit_free(struct wn_calendar_fit *fit)
{
    if (!fit)
        return;
    free(fit->column);
    free(fit->sample);
    free(fit->seen);
    free(fit);
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

void wn_calendar_name(const struct wn_column *column, size_t f,
                      struct wn_text *name)
{
    int p = 0;

    for (; !(column->parts >> p & 1) || f >= parts[p].features; p++)
        if (column->parts >> p & 1)
            f -= parts[p].features;
    wn_text_format(name, "%s", parts[p].name[f]);
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
