/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary for a person: one line that says it all, then data, noise,
 * checks, actions, the rows to look at first, and what to type next. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/budget.h"
#include "render/column_table.h"
#include "render/grid.h"
#include "render/next_commands.h"
#include "report/report.h"
#include "render/cleaning_text.h"
#include "render/compare_text.h"
#include "render/spelling.h"
#include "render/phrases.h"
#include "util/memory.h"

static int put_extent(const struct wn_dataset *data, struct wn_text *out,
                      struct wn_error *error)
{
    struct wn_text line = {0};
    int status = -1;

    if (wn_text_format(&line, error, "%zu %s, %zu %s, %zu %s in column ",
                       data->n, wn_plural(data->n, "row", "rows"), data->d,
                       wn_plural(data->d, "feature", "features"), data->k,
                       wn_plural(data->k, "class", "classes")) ||
        wn_phrase_short(&line, data->label_column, error) ||
        wn_text_format(&line, error, "."))
        goto done;
    status = wn_phrase_wrap(out, line.bytes, error);
done:
    wn_text_free(&line);
    return status;
}

static bool has_prose(const struct wn_dataset *data)
{
    for (size_t c = 0; c < data->columns; c++)
        if (strcmp(data->column_kind[c], "text") == 0)
            return true;
    return false;
}

static int put_data(const struct wn_report *report, struct wn_text *out,
                    struct wn_error *error)
{
    const size_t unlabelled = report->data.n - report->labelled;

    if (wn_text_format(out, error, "\nThe data\n") ||
        put_extent(&report->data, out, error) ||
        wn_model_quality_spectrum(&report->measured, report->data.d,
                                  has_prose(&report->data), out, error))
        return -1;
    if (unlabelled &&
        wn_phrase_say(out, error, "%zu %s no label.", unlabelled,
                      wn_plural(unlabelled, "row has", "rows have")))
        return -1;
    if (!report->missing && !report->invalid)
        return 0;
    return wn_phrase_say(out, error, "%llu missing and %llu invalid cells%s.",
                         (unsigned long long)report->missing,
                         (unsigned long long)report->invalid,
                         report->columns || !report->scored
                             ? ""
                             : "; --columns shows in which columns");
}

/* A number of cells, or of anything that may be far too many for a table. */
static int text_report_add_count(struct wn_grid *grid, uint64_t count,
                                 struct wn_error *error)
{
    return wn_grid_format(grid, error, "%llu", (unsigned long long)count);
}

/* How often a rule failed and where first, by its place in the defects. */
struct failure {
    size_t count, first;
};

static struct failure *count_failures(const struct wn_dataset *data,
                                      struct wn_error *error)
{
    struct failure *failures = wn_new(data->rules, sizeof *failures, error);

    for (size_t t = 0; failures && t < data->defects; t++) {
        struct failure *failure = &failures[data->defect_rule[t]];

        if (!failure->count++ ||
            data->defect_row[t] < data->defect_row[failure->first])
            failure->first = t;
    }
    return failures;
}

static int text_report_put_defects(const struct wn_report *report,
                                   struct wn_text *out, struct wn_error *error)
{
    static const struct wn_grid_column head[] = {
        {"rule", WN_LEFT, WN_SHRINKS},
        {"cells", WN_RIGHT, WN_FIXED},
        {"first at line", WN_RIGHT, WN_FIXED},
        {"in column", WN_LEFT, WN_SHRINKS}};
    const struct wn_dataset *data = &report->data;
    struct failure *failures = count_failures(data, error);
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    if (!failures)
        goto done;
    for (size_t r = 0; r < data->rules; r++) {
        const size_t t = failures[r].first;

        if (!failures[r].count)
            continue;
        if (wn_grid_add_text(&grid, data->rule_name[r], error) ||
            text_report_add_count(&grid, failures[r].count, error) ||
            text_report_add_count(&grid, data->row_line[data->defect_row[t]],
                                  error) ||
            wn_grid_add_text(&grid, data->column_name[data->defect_column[t]],
                             error))
            goto done;
    }
    status =
        wn_grid_print_under("Missing and invalid cells", &grid, out, error);
done:
    wn_grid_free(&grid);
    free(failures);
    return status;
}

static int text_report_put_classes(const struct wn_report *report,
                                   struct wn_text *out, struct wn_error *error)
{
    static const struct wn_grid_column head[] = {
        {"class", WN_LEFT, WN_SHRINKS},     {"rows", WN_RIGHT, WN_FIXED},
        {"est. wrong", WN_RIGHT, WN_FIXED}, {"share", WN_RIGHT, WN_FIXED},
        {"flagged", WN_RIGHT, WN_FIXED},    {"", WN_LEFT, WN_FIXED}};
    const size_t k = report->data.k;
    const size_t shown = k < WN_MAX_CLASSES ? k : WN_MAX_CLASSES;
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < shown; c++) {
        const struct wn_class_line *line = &report->class_line[c];
        const bool few = line->rows < WN_TOO_FEW;
        const bool known = !isnan(line->expected) && !few;

        if (wn_grid_add_text(&grid, report->data.label_name[line->class],
                             error) ||
            wn_grid_format(&grid, error, "%zu", line->rows) ||
            wn_grid_known(&grid, error, known, "%.0f", line->expected) ||
            wn_grid_known(&grid, error, known, "%.1f %%",
                          100 * line->expected / (double)line->rows) ||
            wn_grid_format(&grid, error, "%zu", line->flagged) ||
            wn_grid_add_text(&grid, few ? "too few rows to say" : "", error))
            goto done;
    }
    if (wn_text_format(out, error, "\n") || wn_grid_print(&grid, out, error))
        goto done;
    status = shown == k
                 ? 0
                 : wn_text_format(out, error, "  and %zu more\n", k - shown);
done:
    wn_grid_free(&grid);
    return status;
}

static int text_report_put_pairs(const struct wn_report *report,
                                 struct wn_text *out, struct wn_error *error)
{
    static const struct wn_grid_column head[] = {
        {"given", WN_LEFT, WN_SHRINKS},
        {"looks like", WN_LEFT, WN_SHRINKS},
        {"flagged", WN_RIGHT, WN_FIXED},
        {"est. wrong", WN_RIGHT, WN_FIXED}};
    const size_t shown =
        report->pairs < WN_MAX_CLASSES ? report->pairs : WN_MAX_CLASSES;
    struct wn_grid grid;
    int status = -1;

    if (!shown)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t p = 0; p < shown; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        if (wn_grid_add_text(&grid, report->data.label_name[line->given],
                             error) ||
            wn_grid_add_text(&grid, report->data.label_name[line->suggested],
                             error) ||
            wn_grid_format(&grid, error, "%zu", line->flagged) ||
            wn_grid_known(&grid, error, !isnan(line->expected), "%.0f",
                          line->expected))
            goto done;
    }
    if (wn_text_format(out, error, "\n") || wn_grid_print(&grid, out, error))
        goto done;
    status = shown == report->pairs
                 ? 0
                 : wn_text_format(out, error, "  and %zu more\n",
                                  report->pairs - shown);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_rate(const struct wn_report *report, struct wn_text *out,
                    struct wn_error *error)
{
    char interval[100] = "";

    if (isnan(report->rate))
        return wn_phrase_say(out, error,
                             "No estimate: it needs class probabilities, which "
                             "are not in this audit.");
    if (!isnan(report->rate_low) && !isnan(report->rate_high))
        snprintf(interval, sizeof interval,
                 "; %.1f to %.1f %% with 90 %% confidence",
                 100 * report->rate_low, 100 * report->rate_high);
    return wn_phrase_say(out, error,
                         "Estimated wrong: %zu of %zu labels (%.1f %%%s). "
                         "Flagged: %zu, where the evidence points at the row "
                         "itself. Some flagged labels will turn out right and "
                         "some wrong ones are not flagged, so the two numbers "
                         "need not agree.",
                         report->expected, report->labelled, 100 * report->rate,
                         interval, report->label_rows);
}

static int text_report_put_noise(const struct wn_report *report,
                                 struct wn_text *out, struct wn_error *error)
{
    if (!report->label_bit)
        return 0;
    if (wn_text_format(out, error, "\nHow noisy the labels are\n") ||
        put_rate(report, out, error) ||
        text_report_put_classes(report, out, error))
        return -1;
    return text_report_put_pairs(report, out, error);
}

static const char *found(const struct wn_report *report, size_t c)
{
    if (!report->check_ran[c])
        return "was not run";
    return report->check_rows[c] ? wn_check_reason(report->check_name[c])
                                 : "nothing";
}

static int text_report_put_checks(const struct wn_report *report,
                                  struct wn_text *out, struct wn_error *error)
{
    static const struct wn_grid_column head[] = {
        {"check", WN_LEFT, WN_FIXED},
        {"rows", WN_RIGHT, WN_FIXED},
        {"what it found", WN_LEFT, WN_WRAPS}};
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < report->checks; c++) {
        if (!report->check_ran[c] && wn_check_optional(report->check_name[c]))
            continue;
        if (wn_grid_add_text(&grid, report->check_name[c], error) ||
            wn_grid_known(&grid, error, report->check_ran[c], "%zu",
                          report->check_rows[c]) ||
            wn_grid_add_text(&grid, found(report, c), error))
            goto done;
    }
    status = wn_grid_print_under("What the checks found", &grid, out, error);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_actions(const struct wn_report *report, struct wn_text *out,
                       struct wn_error *error)
{
    if (wn_text_format(out, error, "\nProposed actions, in rows\n "))
        return -1;
    for (size_t a = 0; a < report->actions; a++)
        if (wn_text_format(out, error, "%s ", a ? "," : "") ||
            wn_phrase_data(out, report->action_name[a], error) ||
            wn_text_format(out, error, " %zu", report->action_rows[a]))
            return -1;
    return wn_text_format(out, error, "\n");
}

/* A score has a top to put rows in only when some rows are expected there. */
static bool scores_speak(const struct wn_report *report)
{
    return report->scores && report->expected;
}

enum { ROW_COLUMNS = 8 };

/* The columns of the table of rows; how many. */
static size_t choose_columns(const struct wn_report *report,
                             struct wn_grid_column head[ROW_COLUMNS])
{
    const struct {
        struct wn_grid_column column;
        bool shown;
    } all[ROW_COLUMNS] = {
        {{"row", WN_RIGHT, WN_FIXED}, true},
        {{wn_phrase_place(&report->data), WN_RIGHT, WN_FIXED}, true},
        {{"id", WN_LEFT, WN_SHRINKS}, report->data.id != NULL},
        {{"given", WN_LEFT, WN_SHRINKS}, true},
        {{"suggested", WN_LEFT, WN_SHRINKS}, true},
        {{"suspicion", WN_RIGHT, WN_FIXED}, true},
        {{"scores", WN_RIGHT, WN_FIXED}, scores_speak(report)},
        {{"reasons", WN_LEFT, WN_WRAPS}, true}};
    size_t count = 0;

    for (size_t c = 0; c < ROW_COLUMNS; c++)
        if (all[c].shown)
            head[count++] = all[c].column;
    return count;
}

/* The suggestion; where there is none for a label issue, the most probable
 * other class in parentheses. */
static int add_suggestion(const struct wn_report *report, size_t i,
                          struct wn_grid *grid, struct wn_error *error)
{
    const char *name = wn_report_class(report, report->suggestion[i]);
    struct wn_text rival = {0};
    int status;

    if (name || !report->rival || !(report->issue[i] & report->label_bit))
        return wn_grid_add_text(grid, name, error);
    name = wn_report_class(report, report->rival[i]);
    status = wn_text_format(&rival, error, "(%s)", name ? name : "-");
    if (status == 0)
        status = wn_grid_add(grid, rival.bytes, rival.length, error);
    wn_text_free(&rival);
    return status;
}

static int text_report_add_row(const struct wn_report *report, size_t i,
                               struct wn_grid *grid, struct wn_error *error)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text reasons = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    char suspicion[16];
    int status = -1;

    wn_phrase_suspicion(report->suspicion[i], suspicion);
    if (wn_phrase_issues(report, i, ", ", &reasons, error) ||
        wn_grid_format(grid, error, "%zu", i) ||
        text_report_add_count(grid, data->row_line[i], error) ||
        (id && wn_grid_add(grid, id, length, error)) ||
        wn_grid_add_text(grid, wn_report_class(report, data->label[i]),
                         error) ||
        add_suggestion(report, i, grid, error) ||
        wn_grid_add_text(grid, suspicion, error) ||
        (scores_speak(report) &&
         wn_grid_format(grid, error, "%zu of %zu", wn_scores_agree(report, i),
                        report->scores)) ||
        wn_grid_add(grid, wn_text_of(&reasons), reasons.length, error))
        goto done;
    status = 0;
done:
    wn_text_free(&reasons);
    return status;
}

/* What the table of rows means, as far as it needs words. */
static int put_notes(const struct wn_report *report, const int64_t *rows,
                     size_t count, struct wn_text *out, struct wn_error *error)
{
    char scores[100] = "";
    bool rivals = false;

    for (size_t r = 0; report->rival && r < count; r++)
        rivals |= report->suggestion[rows[r]] < 0 &&
                  report->issue[rows[r]] & report->label_bit;
    if (scores_speak(report))
        snprintf(scores, sizeof scores,
                 " Scores: how many of the %zu put the row in their top %zu.",
                 report->scores, report->expected);
    const bool lines = strcmp(wn_phrase_place(&report->data), "line") == 0;
    return wn_phrase_say(out, error, "Rows count from 0%s.%s%s",
                         lines ? ", lines from 1" : "", scores,
                         rivals ? " In parentheses: the most probable other "
                                  "class, not sure enough to be suggested."
                                : "");
}

static bool shows_news(const struct wn_report *report)
{
    return report->against && report->rows == WN_ROWS_STANDARD;
}

static int put_rows_title(const struct wn_report *report, size_t count,
                          struct wn_text *out, struct wn_error *error)
{
    if (shows_news(report))
        return wn_text_format(out, error,
                              "\nNew flags, most suspicious first: %zu of "
                              "%zu\n",
                              count,
                              report->against->changes[WN_NEW_FLAG] +
                                  report->against->changes[WN_NEW_ROW]);
    if (report->rows == WN_ROWS_BUDGET)
        return wn_text_format(out, error, "\nLabels to review: %zu\n", count);
    if (report->rows == WN_ROWS_FIRST)
        return wn_text_format(out, error,
                              "\nMost suspicious rows: %zu of all %zu\n", count,
                              report->data.n);
    return wn_text_format(out, error,
                          "\nMost suspicious rows: %zu of %zu with findings\n",
                          count, report->flagged_rows);
}

static int text_report_put_rows(const struct wn_report *report,
                                struct wn_text *out, struct wn_error *error)
{
    struct wn_grid_column head[ROW_COLUMNS];
    struct wn_grid grid;
    size_t count;
    int status = -1;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, WN_TOP_ROWS, &count, error);

    if (!rows)
        return -1;
    wn_grid_start(&grid, head, choose_columns(report, head));
    for (size_t r = 0; r < count; r++)
        if (text_report_add_row(report, (size_t)rows[r], &grid, error))
            goto done;
    if (!count) {
        status = wn_text_format(
            out, error, "%s",
            report->flagged_rows ? "" : "\nNo check found anything.\n");
        goto done;
    }
    if (put_rows_title(report, count, out, error) ||
        wn_grid_print(&grid, out, error))
        goto done;
    status = put_notes(report, rows, count, out, error);
done:
    wn_grid_free(&grid);
    free(rows);
    return status;
}

int wn_text_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error)
{
    if (wn_phrase_headline(report, out, error) ||
        wn_text_format(out, error, "\n") ||
        (report->against && wn_comparison_text(report, out, error)) ||
        put_data(report, out, error) ||
        text_report_put_defects(report, out, error))
        return -1;
    if (wn_cleaning_text(report, out, error) ||
        wn_spellings_text(report, out, error) ||
        ((report->columns || !report->scored) &&
         wn_columns_text(report, out, error)) ||
        wn_model_quality_models(&report->measured, report->verbose, out,
                                error) ||
        (report->verbose &&
         wn_model_quality_rest(&report->measured, out, error)))
        return -1;
    if (report->flagged &&
        (text_report_put_noise(report, out, error) ||
         text_report_put_checks(report, out, error) ||
         put_actions(report, out, error) ||
         text_report_put_rows(report, out, error) ||
         (report->rows == WN_ROWS_BUDGET &&
          wn_budget_text(report, out, error)) ||
         (report->against && wn_gone_text(report, out, error))))
        return -1;
    return wn_next_commands_text(report, out, error);
}
