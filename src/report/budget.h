/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/budget.h: which labels to look at for a given cost, and how many wrong
 * ones that finds; private to this room.
 *
 * A review of row i costs cost[i], 1 without such a column, and finds a wrong
 * label with the probability suspicion[i]. Rows are taken by suspicion over
 * cost, the highest first, each that what is left of the budget pays for: the
 * greedy rule for the knapsack problem (Dantzig 1957). Rows that cost nothing
 * come first, those without suspicion never. */
#ifndef WN_REPORT_BUDGET_H
#define WN_REPORT_BUDGET_H

#include "report/report.h"

/* A review of so many rows. */
struct wn_review {
    double budget; /* infinity: all that is worth it */
    double cost;
    double wrong; /* wrong labels that it finds, on average */
    size_t rows;
};

enum { WN_REVIEWS = 6 };

/* The rows to look at for review->budget, in order, for free(); the rest of
 * *review. The audit is flagged. Equal ones come as ranked. */
int64_t *wn_budget_rows(const struct wn_report *report,
                        struct wn_review *review) WN_MUST_CHECK;
/* A quarter of the report's budget, half of it, all, twice, four times that and
 * any, up to the first that pays for every row; *count of them. */
int wn_budget_curve(const struct wn_report *report,
                    struct wn_review review[WN_REVIEWS],
                    size_t *count) WN_MUST_CHECK;
/* The same for people. */
int wn_budget_text(const struct wn_report *report,
                   struct wn_text *out) WN_MUST_CHECK;

#endif
