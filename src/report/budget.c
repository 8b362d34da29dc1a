/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows for a review by what it finds for its cost; see budget.h. */
#include "report/budget.h"

#include <math.h>
#include <stdlib.h>

#include "render/grid.h"
#include "util/memory.h"

/* A row that may be looked at. */
struct candidate {
    double worth; /* suspicion over cost */
    size_t place; /* in the order of suspicion */
};

static double cost_of(const struct wn_report *report, size_t row)
{
    return report->data.cost ? (double)report->data.cost[row] : 1;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static struct candidate *list_candidates(const struct wn_report *report,
                                         size_t *count)
{
    struct candidate *all = wn_new(report->data.n, sizeof *all);

    *count = 0;
    for (size_t r = 0; all && r < report->data.n; r++) {
        const size_t row = (size_t)report->order[r];
        const double suspicion = (double)report->suspicion[row];

        if (suspicion > 0)
            all[(*count)++] =
                (struct candidate){suspicion / cost_of(report, row), r};
    }
    if (all)
        qsort(all, *count, sizeof *all, compare_candidates);
    return all;
}

/* rows, where not NULL, has room for all. */
static void budget_take(const struct wn_report *report,
                        const struct candidate *candidate, size_t count,
                        struct wn_review *review, int64_t *rows)
{
    review->cost = review->wrong = 0;
    review->rows = 0;
    for (size_t c = 0; c < count; c++) {
        const int64_t row = report->order[candidate[c].place];
        const double cost = cost_of(report, (size_t)row);

        if (!(review->cost + cost <= review->budget))
            continue;
        review->cost += cost;
        review->wrong += (double)report->suspicion[row];
        if (rows)
            rows[review->rows] = row;
        review->rows++;
    }
}

int64_t *wn_budget_rows(const struct wn_report *report,
                        struct wn_review *review)
{
    size_t count;
    struct candidate *candidate = list_candidates(report, &count);
    int64_t *rows = wn_new(report->data.n, sizeof *rows);

    if (candidate && rows) {
        budget_take(report, candidate, count, review, rows);
    } else {
        free(rows);
        rows = NULL;
    }
    free(candidate);
    return rows;
}

int wn_budget_curve(const struct wn_report *report,
                    struct wn_review review[WN_REVIEWS], size_t *count)
{
    static const double times[WN_REVIEWS] = {.25, .5, 1, 2, 4, INFINITY};
    size_t candidates;
    struct candidate *candidate = list_candidates(report, &candidates);

    *count = 0;
    do {
        struct wn_review *now = &review[*count];

        now->budget =
            isinf(times[*count]) ? INFINITY : times[*count] * report->budget;
        budget_take(report, candidate, candidates, now, NULL);
    } while (review[(*count)++].rows < candidates && *count < WN_REVIEWS);
    free(candidate);
    return 0;
}

int wn_budget_text(const struct wn_report *report, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"budget", WN_RIGHT, WN_FIXED},
        {"cost", WN_RIGHT, WN_FIXED},
        {"rows", WN_RIGHT, WN_FIXED},
        {"wrong labels, expected", WN_RIGHT, WN_FIXED}};
    struct wn_review review[WN_REVIEWS];
    struct wn_grid grid;
    size_t count;
    int status = 0;

    if (wn_budget_curve(report, review, &count))
        return -1;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t r = 0; r < count && status == 0; r++)
        status = (isinf(review[r].budget)
                      ? wn_grid_add_text(&grid, "any")
                      : wn_grid_format(&grid, "%.6g", review[r].budget)) ||
                 wn_grid_format(&grid, "%.6g", review[r].cost) ||
                 wn_grid_format(&grid, "%zu", review[r].rows) ||
                 wn_grid_format(&grid, "%.1f", review[r].wrong);
    if (status == 0)
        status = wn_grid_print_under("What a review finds", &grid, out);
    wn_grid_free(&grid);
    return status ? -1 : 0;
}
