/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the formats say in common: counts by class, pair, check and action, and
 * which scores speak against a row. */
#include "report/report.h"
#include "report/budget.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"

/* Descending; a NaN comes last. */
static int compare_values(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x < y) - (x > y);
}

/* The lowest value whose rank, equal ones counted half, is at most `most`;
 * infinity if there is none. `value` is sorted, highest first. */
static float cut_at(const float *value, size_t n, size_t most)
{
    float cut = INFINITY;

    for (size_t begin = 0; begin < n && !isnan(value[begin]);) {
        size_t end = begin + 1;

        while (end < n && value[end] == value[begin])
            end++;
        if (2 * begin + (end - begin) > 2 * most)
            break;
        cut = value[begin];
        begin = end;
    }
    return cut;
}

static void find_cuts(struct wn_report *report)
{
    const size_t n = report->data.n;
    float *sorted = wn_new(n, sizeof *sorted);

    for (size_t s = 0; s < report->scores; s++) {
        memcpy(sorted, report->score[s].value, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_values);
        report->score[s].cut = cut_at(sorted, n, report->expected);
    }
    free(sorted);
}

bool wn_score_agrees(const struct wn_report *report, size_t s, size_t i)
{
    return report->score[s].value[i] >= report->score[s].cut;
}

size_t wn_scores_agree(const struct wn_report *report, size_t i)
{
    size_t count = 0;

    for (size_t s = 0; s < report->scores; s++)
        count += wn_score_agrees(report, s, i);
    return count;
}

double wn_score_percentile(const float *value, size_t n, size_t i)
{
    size_t below = 0, equal = 0;

    for (size_t row = 0; row < n; row++) {
        below += value[row] < value[i];
        equal += value[row] == value[i];
    }
    return n ? 100 * ((double)below + 0.5 * (double)equal) / (double)n : 0;
}

static int summary_count_rows(struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;

    for (size_t i = 0; data->label && i < data->n; i++)
        report->labelled += data->label[i] >= 0;
    for (size_t c = 0; c < data->columns; c++) {
        report->missing += data->column_missing[c];
        report->invalid += data->column_invalid[c];
    }
    if (!report->flagged)
        return 0;
    report->check_rows = wn_new(report->checks, sizeof *report->check_rows);
    report->action_rows = wn_new(report->actions, sizeof *report->action_rows);
    report->rank = wn_new(data->n, sizeof *report->rank);
    for (size_t c = 0; c < report->checks; c++)
        if (c < 32 && report->check_ran[c] &&
            strcmp(report->check_name[c], "label") == 0)
            report->label_bit = UINT32_C(1) << c;
    for (size_t i = 0; i < data->n; i++) {
        report->rank[report->order[i]] = i + 1;
        for (size_t c = 0; c < report->checks && c < 32; c++)
            report->check_rows[c] += report->issue[i] >> c & 1;
        report->action_rows[report->action[i]]++;
        report->flagged_rows += report->issue[i] != 0;
        report->label_rows += (report->issue[i] & report->label_bit) != 0;
    }
    report->expected =
        isnan(report->rate)
            ? report->label_rows
            : (size_t)(report->rate * (double)report->labelled + 0.5);
    return 0;
}

static double summary_share(const struct wn_class_line *line)
{
    return line->rows && !isnan(line->expected)
               ? line->expected / (double)line->rows
               : -1;
}

/* Enough rows first, then the larger share of wrong labels, more flagged. */
static int summary_compare_classes(const void *a, const void *b)
{
    const struct wn_class_line *x = a, *y = b;
    const bool few_x = x->rows < WN_TOO_FEW, few_y = y->rows < WN_TOO_FEW;

    if (few_x != few_y)
        return few_x - few_y;
    if (summary_share(x) != summary_share(y))
        return summary_share(x) < summary_share(y) ? 1 : -1;
    if (x->flagged != y->flagged)
        return x->flagged < y->flagged ? 1 : -1;
    return (x->class > y->class) - (x->class < y->class);
}

/* Estimated rows of a given class that are of another. */
static double expected_of_class(const struct wn_report *report,
                                const struct wn_class_line *line)
{
    if (!report->joint)
        return NAN;
    return fmax((double)line->rows -
                    report->joint[report->at.diagonal[line->class]] *
                        (double)report->labelled,
                0);
}

static int summary_count_classes(struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;

    report->class_line = wn_new(data->k, sizeof *report->class_line);
    for (size_t c = 0; c < data->k; c++)
        report->class_line[c].class = c;
    for (size_t i = 0; data->label && i < data->n; i++) {
        if (data->label[i] < 0)
            continue;
        report->class_line[data->label[i]].rows++;
        report->class_line[data->label[i]].flagged +=
            report->flagged && report->issue[i] & report->label_bit;
    }
    for (size_t c = 0; c < data->k; c++)
        report->class_line[c].expected =
            expected_of_class(report, &report->class_line[c]);
    qsort(report->class_line, data->k, sizeof *report->class_line,
          summary_compare_classes);
    return 0;
}

static int compare_classes_of_pairs(const void *a, const void *b)
{
    const struct wn_pair_line *x = a, *y = b;

    if (x->given != y->given)
        return x->given < y->given ? -1 : 1;
    return (x->suggested > y->suggested) - (x->suggested < y->suggested);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct wn_pair_line *x = a, *y = b;

    if (x->flagged != y->flagged)
        return x->flagged < y->flagged ? 1 : -1;
    if (x->expected != y->expected && !isnan(x->expected) &&
        !isnan(y->expected))
        return x->expected < y->expected ? 1 : -1;
    return compare_classes_of_pairs(a, b);
}

/* NaN where the audit does not keep it, for it is less than half a row. */
static double expected_of_pair(const struct wn_report *report, size_t given,
                               size_t suggested)
{
    if (!report->joint)
        return NAN;
    const size_t cell = wn_sparse_find(&report->at, given, suggested);
    return (size_t)report->at.column[cell] == suggested
               ? report->joint[cell] * (double)report->labelled
               : NAN;
}

static int add_pair(struct wn_report *report, size_t *room, size_t given,
                    size_t suggested, size_t flagged)
{
    const double expected = expected_of_pair(report, given, suggested);

    wn_grow(&report->pair_line, room, report->pairs + 1,
            sizeof *report->pair_line);
    report->pair_line[report->pairs++] =
        (struct wn_pair_line){given, suggested, flagged, expected};
    return 0;
}

/* Equal neighbours of the sorted list become one. */
static void merge_pairs(struct wn_report *report)
{
    size_t kept = 0;

    for (size_t p = 0; p < report->pairs; p++) {
        struct wn_pair_line *line = &report->pair_line[p];

        if (kept &&
            compare_classes_of_pairs(&report->pair_line[kept - 1], line) == 0)
            report->pair_line[kept - 1].flagged += line->flagged;
        else
            report->pair_line[kept++] = *line;
    }
    report->pairs = kept;
}

static int32_t looks_like(const struct wn_report *report, size_t i)
{
    if (report->suggestion[i] >= 0 || !report->rival)
        return report->suggestion[i];
    return report->rival[i];
}

/* A pair is listed when a row was flagged so or half a row is expected. */
static int count_pairs(struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;
    size_t room = 0;

    if (!report->flagged || !data->label)
        return 0;
    for (size_t i = 0; i < data->n; i++) {
        const int32_t given = data->label[i], other = looks_like(report, i);

        if (report->issue[i] & report->label_bit && given >= 0 && other >= 0 &&
            other != given &&
            add_pair(report, &room, (size_t)given, (size_t)other, 1))
            return -1;
    }
    for (size_t s = 0; report->joint && s < data->k; s++)
        for (size_t cell = report->at.begin[s]; cell < report->at.begin[s + 1];
             cell++) {
            const size_t t = (size_t)report->at.column[cell];

            if (s != t &&
                report->joint[cell] * (double)report->labelled >= 0.5 &&
                add_pair(report, &room, s, t, 0))
                return -1;
        }
    if (!report->pairs)
        return 0;
    qsort(report->pair_line, report->pairs, sizeof *report->pair_line,
          compare_classes_of_pairs);
    merge_pairs(report);
    qsort(report->pair_line, report->pairs, sizeof *report->pair_line,
          compare_pairs);
    return 0;
}

int wn_report_count(struct wn_report *report)
{
    if (summary_count_rows(report) || summary_count_classes(report) ||
        count_pairs(report))
        return -1;
    find_cuts(report);
    return 0;
}

bool wn_report_flags(const struct wn_report *report, size_t i)
{
    if (!report->flagged)
        return false;
    return report->label_bit ? report->issue[i] & report->label_bit
                             : report->issue[i] != 0;
}

static bool is_listed(const struct wn_report *report, enum wn_rows which,
                      size_t i)
{
    if (which == WN_ROWS_STANDARD)
        return report->against->change[i] >= WN_NEW_FLAG;
    return which != WN_ROWS_FLAGGED || (report->issue && report->issue[i]);
}

int64_t *wn_report_rows(const struct wn_report *report, enum wn_rows standard,
                        size_t limit, size_t *count)
{
    const size_t n = report->data.n;
    enum wn_rows which = report->rows;
    struct wn_review review = {.budget = report->budget};
    int64_t *rows;

    if (which == WN_ROWS_BUDGET) {
        rows = wn_budget_rows(report, &review);
        *count = review.rows;
        return rows;
    }
    rows = wn_new(n, sizeof *rows);
    if (which != WN_ROWS_STANDARD)
        limit = which == WN_ROWS_FIRST ? report->top : SIZE_MAX;
    else if (!report->against || standard != WN_ROWS_FLAGGED)
        which = standard; /* else the new flags only */
    *count = 0;
    for (size_t i = 0; i < n && *count < limit; i++) {
        const int64_t row = report->order ? report->order[i] : (int64_t)i;

        if (is_listed(report, which, (size_t)row))
            rows[(*count)++] = row;
    }
    return rows;
}

const char *wn_report_id(const struct wn_report *report, size_t i,
                         size_t *length)
{
    const struct wn_dataset *data = &report->data;

    if (!data->id || !data->id_offset)
        return NULL;
    *length = (size_t)(data->id_offset[i + 1] - data->id_offset[i]);
    return data->id + data->id_offset[i];
}

const char *wn_report_class(const struct wn_report *report, int32_t c)
{
    return c >= 0 && report->data.label_name ? report->data.label_name[c]
                                             : NULL;
}

const char *wn_report_source(const struct wn_report *report)
{
    const char *source = report->data.source;
    const char *slash;

    if (!source || !*source || strcmp(source, "-") == 0)
        source = report->file ? report->file : "standard input";
    slash = strrchr(source, '/');
    return slash && slash[1] ? slash + 1 : source;
}
