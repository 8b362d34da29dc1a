/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drift of columns and labels between two audits; see drift.h. */
#include "report/drift.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/significance.h"
#include "util/memory.h"

enum { STEPS = 64, TENTHS = 10, FEW = 10, NAMED = 3 };
#define MANY_ROWS 1.5 /* times as many rows, or as few, are a change */

/* --- sketches --------------------------------------------------------------
 */

/* The share of cells up to x, or below it: linear between quantiles. */
static double share_to(const double *quantile, double x, bool below)
{
    size_t q = 0;

    while (q <= STEPS && (below ? quantile[q] < x : quantile[q] <= x))
        q++;
    if (q == 0)
        return 0;
    if (q > STEPS)
        return 1;
    const double width = quantile[q] - quantile[q - 1];
    return ((double)(q - 1) + (width > 0 ? (x - quantile[q - 1]) / width : 0)) /
           STEPS;
}

double wn_sketch_distance(const double *then, const double *now)
{
    double distance = 0;

    for (size_t q = 0; q <= STEPS; q++)
        for (int side = 0; side < 4; side++) {
            const double x = side < 2 ? then[q] : now[q];

            distance = fmax(distance, fabs(share_to(then, x, side % 2) -
                                           share_to(now, x, side % 2)));
        }
    return fmax(distance - 1.0 / STEPS, 0);
}

static double psi_term(double then, double now, double least)
{
    then = fmax(then, least);
    now = fmax(now, least);
    return (now - then) * log(now / then);
}

double wn_sketch_psi(const double *then, const double *now, double least)
{
    double psi = 0, last_then = 0, last_now = 0, last = -INFINITY;

    for (int tenth = 1; tenth <= TENTHS; tenth++) {
        const double at = (double)STEPS * tenth / TENTHS;
        const size_t q = (size_t)at;
        const double edge =
            tenth == TENTHS
                ? INFINITY
                : then[q] + (at - (double)q) * (then[q + 1] - then[q]);
        if (!(edge > last))
            continue;
        const double to_then = share_to(then, edge, false);
        const double to_now = share_to(now, edge, false);
        if (to_then - last_then > 0 || to_now - last_now > 0)
            psi += psi_term(to_then - last_then, to_now - last_now, least);
        last = edge;
        last_then = to_then;
        last_now = to_now;
    }
    return psi;
}

/* Mean and standard deviation between quantiles. */
static void sketch_moments(const double *quantile, double *mean, double *sd)
{
    double sum = 0, squares = 0;

    for (size_t q = 0; q <= STEPS; q++)
        sum += quantile[q] / (q % STEPS ? 1 : 2);
    *mean = sum / STEPS;
    for (size_t q = 0; q <= STEPS; q++)
        squares += pow(quantile[q] - *mean, 2) / (q % STEPS ? 1 : 2);
    *sd = sqrt(squares / STEPS);
}

/* --- values ----------------------------------------------------------------
 */

/* Counts of named values; `total` has those that are not listed, too. */
struct counts {
    size_t count;
    const char **name;
    double *cells, total;
    bool complete;
};

static void free_counts(struct counts *counts)
{
    free(counts->name);
    free(counts->cells);
}

static struct counts count_classes(const struct wn_dataset *data)
{
    struct counts out = {.count = data->k, .complete = true};

    out.name = wn_new(data->k, sizeof *out.name);
    out.cells = wn_new(data->k, sizeof *out.cells);
    for (size_t c = 0; c < data->k; c++)
        out.name[c] = data->label_name[c];
    for (size_t i = 0; i < data->n; i++)
        if (data->label[i] >= 0) {
            out.cells[data->label[i]]++;
            out.total++;
        }
    return out;
}

static struct counts count_values(const struct wn_dataset *data, size_t column)
{
    struct counts out = {0};
    size_t tops =
        data->top_column && data->top_count && data->top_value ? data->tops : 0;

    out.name = wn_new(tops, sizeof *out.name);
    out.cells = wn_new(tops, sizeof *out.cells);
    for (size_t t = 0; t < tops; t++)
        if ((size_t)data->top_column[t] == column) {
            out.name[out.count] = data->top_value[t];
            out.cells[out.count++] = (double)data->top_count[t];
        }
    out.total = (double)data->n - (double)data->column_missing[column];
    out.complete = out.count == data->column_distinct[column] &&
                   !(data->column_about && data->column_about[column]);
    return out;
}

/* The place of a name, or the count. */
static size_t find_name(const struct counts *counts, const char *name)
{
    size_t c = 0;

    while (c < counts->count && strcmp(counts->name[c], name))
        c++;
    return c;
}

/* Add a cell to the sums of the index, total variation and chi square. */
struct sums {
    double psi, variation, chi, cells;
    double n_then, n_now;
};

static void add_cell(struct sums *sums, double then, double now)
{
    const double scale = sqrt(sums->n_now / sums->n_then);

    if (then + now <= 0)
        return;
    sums->psi += psi_term(then / sums->n_then, now / sums->n_now,
                          0.5 / fmin(sums->n_then, sums->n_now));
    sums->variation += fabs(then / sums->n_then - now / sums->n_now) / 2;
    sums->chi += pow(scale * then - now / scale, 2) / (then + now);
    sums->cells++;
}

/* Add a value that came or went, the first few of each. */
static void name_value(struct wn_text *names, const char *name, const char *how,
                       size_t before)
{
    if (before == NAMED)
        wn_text_format(names, ", ...");
    if (before < NAMED)
        wn_text_format(names, "%s%s %s", names->length ? ", " : "", how, name);
}

/* Compare counts; returns p. Values that are not listed on both sides, where
 * either list is cut off, and those with few cells are one value. */
static double compare_counts(const struct counts *then,
                             const struct counts *now,
                             struct wn_column_drift *out)
{
    struct sums sums = {.n_then = then->total, .n_now = now->total};
    const bool complete = then->complete && now->complete;
    double rest_then = then->total, rest_now = now->total;
    struct wn_text names = {0};

    if (!(then->total > 0 && now->total > 0))
        return NAN;
    for (size_t a = 0; a < then->count; a++) {
        const size_t b = find_name(now, then->name[a]);
        const double cells = b < now->count ? now->cells[b] : 0;

        if (complete && b == now->count)
            name_value(&names, then->name[a], "gone", out->left++);
        if ((!complete && b == now->count) || then->cells[a] + cells < FEW)
            continue;
        add_cell(&sums, then->cells[a], cells);
        rest_then -= then->cells[a];
        rest_now -= cells;
    }
    for (size_t b = 0; complete && b < now->count; b++)
        if (find_name(then, now->name[b]) == then->count) {
            name_value(&names, now->name[b], "new", out->came++);
            if (now->cells[b] < FEW)
                continue;
            add_cell(&sums, 0, now->cells[b]);
            rest_now -= now->cells[b];
        }
    add_cell(&sums, fmax(rest_then, 0), fmax(rest_now, 0));
    out->values = names.bytes;
    out->psi = sums.psi;
    out->distance = sums.variation;
    return wn_chi_square_tail(sums.chi, sums.cells - 1);
}

/* --- columns ---------------------------------------------------------------
 */

static bool is_kind(const struct wn_dataset *data, size_t c, const char *kind)
{
    return strcmp(data->column_kind[c], kind) == 0;
}

/* The minimum, quartiles and maximum of a column. */
static void find_five(const struct wn_dataset *data, size_t c, double *five)
{
    const double *quantile = data->column_quantile + c * (STEPS + 1);

    for (int q = 1; q < WN_FIVE - 1; q++)
        five[q] = quantile[q * STEPS / (WN_FIVE - 1)];
    five[0] = data->column_min[c];
    five[WN_FIVE - 1] = data->column_max[c];
}

/* Fill *out; its p is not adjusted yet. */
static void compare_column(const struct wn_dataset *then, size_t a,
                           const struct wn_dataset *now, size_t b,
                           struct wn_column_drift *out)
{
    const double missing_then = (double)then->column_missing[a];
    const double missing_now = (double)now->column_missing[b];
    struct sums missing = {.n_then = (double)then->n, .n_now = (double)now->n};
    double p = NAN;

    out->column = b;
    out->missing_then = missing_then / (double)then->n;
    out->missing_now = missing_now / (double)now->n;
    if (then->column_quantile && now->column_quantile &&
        then->column_sketched[a] && now->column_sketched[b]) {
        const double *x = then->column_quantile + a * (STEPS + 1);
        const double *y = now->column_quantile + b * (STEPS + 1);
        const double n = (double)then->column_sketched[a];
        const double m = (double)now->column_sketched[b];
        const double root = sqrt(n * m / (n + m));
        double mean_then, mean_now, sd_then, sd_now;

        out->distance = wn_sketch_distance(x, y);
        out->psi = wn_sketch_psi(x, y, 0.5 / fmin(n, m));
        p = wn_kolmogorov_tail((root + 0.12 + 0.11 / root) * out->distance);
        find_five(then, a, out->then);
        find_five(now, b, out->now);
        sketch_moments(x, &mean_then, &sd_then);
        sketch_moments(y, &mean_now, &sd_now);
        out->shift = sd_then > 0 ? (mean_now - mean_then) / sd_then : NAN;
    } else if (is_kind(now, b, "categorical") || is_kind(now, b, "boolean")) {
        struct counts x = count_values(then, a), y = count_values(now, b);

        p = compare_counts(&x, &y, out);
        free_counts(&x);
        free_counts(&y);
    }
    add_cell(&missing, missing_then, missing_now);
    add_cell(&missing, missing.n_then - missing_then,
             missing.n_now - missing_now);
    /* Two tests of the column: Bonferroni. */
    out->p = wn_chi_square_tail(missing.chi, missing.cells - 1);
    out->p = fmin(2 * (isnan(p) ? out->p : fmin(p, out->p)), 1);
}

static size_t find_column(const struct wn_dataset *data, const char *name)
{
    size_t c = 0;

    while (c < data->columns && strcmp(data->column_name[c], name))
        c++;
    return c;
}

/* Columns that came, went, or are of another kind or in another order. */
static void compare_schema(struct wn_drift *drift,
                           const struct wn_dataset *then,
                           const struct wn_dataset *now)
{
    size_t last = 0; /* the place then of the columns so far */

    for (size_t a = 0; a < then->columns; a++)
        if (find_column(now, then->column_name[a]) == now->columns)
            wn_lines_add(&drift->changes, "column %s is gone",
                         then->column_name[a]);
    for (size_t b = 0; b < now->columns; b++) {
        const size_t a = find_column(then, now->column_name[b]);

        if (a == then->columns) {
            wn_lines_add(&drift->changes, "column %s is new",
                         now->column_name[b]);
            continue;
        }
        if (a < last)
            wn_lines_add(&drift->changes, "column %s: place %zu, was %zu",
                         now->column_name[b], b + 1, a + 1);
        else
            last = a;
        if (strcmp(then->column_kind[a], now->column_kind[b]))
            wn_lines_add(&drift->changes, "column %s: %s, was %s",
                         now->column_name[b], now->column_kind[b],
                         then->column_kind[a]);
    }
    const double times = (double)now->n / (double)then->n;
    if (times >= MANY_ROWS || times <= 1 / MANY_ROWS)
        wn_lines_add(&drift->changes, "rows: %zu, were %zu", now->n, then->n);
}

static const struct wn_column_drift unknown = {
    .psi = NAN,
    .distance = NAN,
    .shift = NAN,
    .then = {NAN, NAN, NAN, NAN, NAN},
    .now = {NAN, NAN, NAN, NAN, NAN}};

static void compare_labels(struct wn_drift *drift,
                           const struct wn_dataset *then,
                           const struct wn_dataset *now)
{
    struct counts x = count_classes(then), y = count_classes(now);
    struct wn_column_drift *out = &drift->column[drift->columns++];

    for (size_t c = 0; c < x.count; c++)
        if (find_name(&y, x.name[c]) == y.count)
            wn_lines_add(&drift->changes, "class %s is gone, had %.0f rows",
                         x.name[c], x.cells[c]);
    for (size_t c = 0; c < y.count; c++)
        if (find_name(&x, y.name[c]) == x.count)
            wn_lines_add(&drift->changes, "class %s is new, with %.0f rows",
                         y.name[c], y.cells[c]);
    *out = unknown;
    out->column = SIZE_MAX;
    out->missing_then = 1 - x.total / (double)then->n;
    out->missing_now = 1 - y.total / (double)now->n;
    out->p = compare_counts(&x, &y, out);
    free_counts(&x);
    free_counts(&y);
}

void wn_drift_find(struct wn_drift *drift, const struct wn_report *old,
                   const struct wn_report *now)
{
    *drift = (struct wn_drift){.file = old->file, .psi = NAN};
    drift->column = wn_new(now->data.columns + 1, sizeof *drift->column);
    compare_schema(drift, &old->data, &now->data);
    for (size_t b = 0; b < now->data.columns; b++) {
        const size_t a = find_column(&old->data, now->data.column_name[b]);
        struct wn_column_drift *out = &drift->column[drift->columns];

        if (a == old->data.columns ||
            !(is_kind(&now->data, b, "numeric") ||
              is_kind(&now->data, b, "boolean") ||
              is_kind(&now->data, b, "date") ||
              is_kind(&now->data, b, "categorical") ||
              is_kind(&now->data, b, "text")) ||
            strcmp(old->data.column_kind[a], now->data.column_kind[b]))
            continue;
        *out = unknown;
        compare_column(&old->data, a, &now->data, b, out);
        drift->columns++;
    }
    compare_labels(drift, &old->data, &now->data);
    double *p = wn_new(drift->columns, sizeof *p);
    for (size_t c = 0; c < drift->columns; c++)
        p[c] = drift->column[c].p;
    wn_holm(p, drift->columns);
    for (size_t c = 0; c < drift->columns; c++) {
        struct wn_column_drift *out = &drift->column[c];

        out->p = p[c];
        out->drifted =
            out->p < WN_DRIFT_P &&
            (out->psi >= WN_DRIFT_PSI ||
             fabs(out->missing_now - out->missing_then) >= WN_DRIFT_MISSING);
        drift->drifted += out->drifted;
        drift->psi = fmax(drift->psi, out->psi);
    }
    free(p);
}

void wn_drift_free(struct wn_drift *drift)
{
    wn_lines_free(&drift->changes);
    wn_strange_free(&drift->strange);
    for (size_t c = 0; c < drift->columns; c++)
        free(drift->column[c].values);
    free(drift->column);
    *drift = (struct wn_drift){0};
}

const char *wn_drift_column(const struct wn_report *report,
                            const struct wn_column_drift *column)
{
    return column->column == SIZE_MAX
               ? report->data.label_column
               : report->data.column_name[column->column];
}
