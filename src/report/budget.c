/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows to list, and what their review costs and finds. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/order_statistics.h"
#include "report/report.h"
#include "util/memory.h"
#include "util/random.h"

/* What is shown as 0.000 is not worth a review. */
#define MIN_SUSPICION 0.0005
#define Z90 1.6448536269514722

static double cost_of(const struct wn_report *report, size_t row)
{
    return report->data.cost ? (double)report->data.cost[row] : 1;
}

/* Nobody needs to look at it again. */
static bool is_decided(const struct wn_report *report, size_t row)
{
    return report->decided.of && report->decided.of[row] != WN_UNDECIDED;
}

static bool is_chosen(const struct wn_report *report, size_t row)
{
    return !report->chosen || report->chosen[row];
}

/* The rows worth a review, *count of them, by suspicion / cost, descending: the
 * place of each in the order of suspicion. */
static struct wn_ranked *list_candidates(const struct wn_report *report,
                                         size_t *count)
{
    struct wn_ranked *all = wn_new(report->data.n, sizeof *all);

    *count = 0;
    for (size_t r = 0; r < report->data.n; r++) {
        const size_t row = (size_t)report->order[r];
        const double suspicion = (double)report->suspicion[row];

        if (suspicion >= MIN_SUSPICION && !is_decided(report, row) &&
            is_chosen(report, row))
            all[(*count)++] =
                (struct wn_ranked){-suspicion / cost_of(report, row), r};
    }
    wn_rank(all, *count);
    return all;
}

void wn_expected_add(const struct wn_report *report,
                     struct wn_expected *expected, double suspicion)
{
    const double rate = report->rate;
    const double less = rate > 0 ? report->rate_low / rate : 1;
    const double more = rate < 1 ? (1 - report->rate_high) / (1 - rate) : 1;
    const double low = less * suspicion, high = 1 - more * (1 - suspicion);

    expected->sum.low += low;
    expected->sum.high += high;
    expected->variance[0] += low * (1 - low);
    expected->variance[1] += high * (1 - high);
    expected->sum.wrong += suspicion;
    expected->sum.rows++;
}

struct wn_review wn_expected_end(const struct wn_expected *expected)
{
    struct wn_review end = expected->sum;

    end.low = fmax(end.low - Z90 * sqrt(expected->variance[0]), 0);
    end.high =
        fmin(end.high + Z90 * sqrt(expected->variance[1]), (double)end.rows);
    return end;
}

/* Review as many candidates as review->budget pays for, and list them in
 * `rows` unless that is NULL. */
static void take_rows(const struct wn_report *report,
                      const struct wn_ranked *candidate, size_t count,
                      struct wn_review *review, int64_t *rows)
{
    struct wn_expected taken = {.sum.budget = review->budget};

    for (size_t c = 0; c < count; c++) {
        const int64_t row = report->order[candidate[c].row];
        const double cost = cost_of(report, (size_t)row);

        if (!(taken.sum.cost + cost <= taken.sum.budget)) {
            taken.sum.next =
                fmax(taken.sum.next, (double)report->suspicion[(size_t)row]);
            continue;
        }
        if (rows)
            rows[taken.sum.rows] = row;
        taken.sum.cost += cost;
        wn_expected_add(report, &taken, (double)report->suspicion[row]);
    }
    *review = wn_expected_end(&taken);
}

size_t wn_yield_curve(const struct wn_report *report, size_t points,
                      struct wn_review *review)
{
    size_t candidates, count = 0;
    struct wn_ranked *candidate = list_candidates(report, &candidates);
    struct wn_expected taken = {0};

    for (size_t c = 0; c < candidates; c++) {
        const size_t row = (size_t)report->order[candidate[c].row];

        taken.sum.cost += cost_of(report, row);
        wn_expected_add(report, &taken, (double)report->suspicion[row]);
        /* At the ends of `points` equal pieces, as near as whole rows can. */
        if ((double)(c + 1) >=
            ceil((double)candidates * (double)(count + 1) / (double)points))
            review[count++] = wn_expected_end(&taken);
    }
    free(candidate);
    return count;
}

size_t wn_budget_curve(const struct wn_report *report,
                       struct wn_review review[WN_REVIEWS])
{
    static const double times[WN_REVIEWS] = {.25, .5, 1, 2, 4, INFINITY};
    size_t candidates, count = 0;
    struct wn_ranked *candidate = list_candidates(report, &candidates);

    do {
        review[count].budget =
            isinf(times[count]) ? INFINITY : times[count] * report->budget;
        take_rows(report, candidate, candidates, &review[count], NULL);
    } while (review[count++].rows < candidates && count < WN_REVIEWS);
    free(candidate);
    return count;
}

/* Keep `sample` of the rows, drawn at random, in their order. */
static size_t draw_sample(const struct wn_report *report, int64_t *rows,
                          size_t count)
{
    struct wn_random random;
    int32_t *order;
    size_t kept = 0;

    if (!report->sample || report->sample >= count)
        return count;
    order = wn_new(count, sizeof *order);
    uint8_t *drawn = wn_new(count, 1);
    wn_random_start(&random, report->seed, WN_RANDOM_ROWS, 0, 0);
    wn_random_draw(&random, order, count, report->sample);
    for (size_t s = 0; s < report->sample; s++)
        drawn[order[s]] = 1;
    for (size_t r = 0; r < count; r++)
        if (drawn[r])
            rows[kept++] = rows[r];
    free(order);
    free(drawn);
    return kept;
}

static bool is_new(const struct wn_report *report, int64_t row)
{
    return report->against->change[row] >= WN_NEW_FLAG;
}

/* Whether the row belongs to this list. */
static bool is_listed(const struct wn_report *report, enum wn_rows which,
                      int64_t row)
{
    const char *kind = wn_report_kind(report, (size_t)row);

    switch (which) {
    case WN_ROWS_DEFAULT:
        return is_new(report, row);
    case WN_ROWS_FLAGGED:
        return report->issue && report->issue[row];
    case WN_ROWS_AMBIGUOUS:
        return kind && strcmp(kind, "ambiguous") == 0;
    default:
        return true;
    }
}

int64_t *wn_report_rows(const struct wn_report *report,
                        enum wn_rows default_rows, size_t limit, size_t *count)
{
    const size_t n = report->data.n;
    enum wn_rows which = report->rows;
    int64_t *rows = wn_new(n, sizeof *rows);

    if (which == WN_ROWS_BUDGET) {
        struct wn_review review = {.budget = report->budget};
        struct wn_ranked *candidate = list_candidates(report, count);

        take_rows(report, candidate, *count, &review, rows);
        free(candidate);
        *count = draw_sample(report, rows, review.rows);
        return rows;
    }
    assert(default_rows != WN_ROWS_DEFAULT);
    if (which == WN_ROWS_DEFAULT && (report->chosen || report->sample))
        default_rows = WN_ROWS_FLAGGED;
    if (report->sample)
        limit = SIZE_MAX;
    if (which == WN_ROWS_DEFAULT && report->chosen && !report->against)
        which = default_rows = WN_ROWS_FIRST;
    else if (which == WN_ROWS_FIRST)
        limit = report->top;
    else if (which != WN_ROWS_DEFAULT)
        limit = SIZE_MAX;
    else if (!report->against || default_rows != WN_ROWS_FLAGGED)
        which = default_rows; /* otherwise only new flags */
    /* The first few of a summary are those that are left to do. */
    const bool open_only = report->rows == WN_ROWS_DEFAULT &&
                           default_rows == WN_ROWS_FLAGGED && limit < SIZE_MAX;
    const int passes = report->against && which == WN_ROWS_FIRST ? 2 : 1;

    *count = 0;
    for (int pass = 0; pass < passes; pass++)
        for (size_t r = 0; r < n && *count < limit; r++) {
            const int64_t row = report->order ? report->order[r] : (int64_t)r;

            if ((passes == 2 && is_new(report, row) != (pass == 0)) ||
                (open_only && is_decided(report, (size_t)row)) ||
                !is_chosen(report, (size_t)row))
                continue;
            if (is_listed(report, which, row))
                rows[(*count)++] = row;
        }
    *count = draw_sample(report, rows, *count);
    return rows;
}
