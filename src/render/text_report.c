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

static int put_extent(const struct wn_dataset *data, struct wn_text *out)
{
    struct wn_text line = {0};
    int status = -1;

    if (wn_text_format(&line, "%zu %s, %zu %s, %zu %s in column ", data->n,
                       wn_plural(data->n, "row", "rows"), data->d,
                       wn_plural(data->d, "feature", "features"), data->k,
                       wn_plural(data->k, "class", "classes")))
        goto done;
    wn_phrase_short(&line, data->label_column);
    wn_text_format(&line, ".");
    status = wn_phrase_wrap(out, line.bytes);
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

    if (wn_text_format(out, "\nThe data\n") || put_extent(&report->data, out))
        return -1;
    wn_model_quality_spectrum(&report->measured, report->data.d,
                              has_prose(&report->data), out);
    if (unlabelled &&
        wn_phrase_say(out, "%zu %s no label.", unlabelled,
                      wn_plural(unlabelled, "row has", "rows have")))
        return -1;
    if (!report->missing && !report->invalid)
        return 0;
    wn_phrase_say(out, "%llu missing and %llu invalid cells%s.",
                  (unsigned long long)report->missing,
                  (unsigned long long)report->invalid,
                  report->columns || !report->scored
                      ? ""
                      : "; --columns shows in which columns");
    return 0;
}

/* A number of cells, or of anything that may be far too many for a table. */
static int text_report_add_count(struct wn_grid *grid, uint64_t count)
{
    return wn_grid_format(grid, "%llu", (unsigned long long)count);
}

/* How often a rule failed and where first, by its place in the defects. */
struct failure {
    size_t count, first;
};

static struct failure *count_failures(const struct wn_dataset *data)
{
    struct failure *failures = wn_new(data->rules, sizeof *failures);

    for (size_t t = 0; failures && t < data->defects; t++) {
        struct failure *failure = &failures[data->defect_rule[t]];

        if (!failure->count++ ||
            data->defect_row[t] < data->defect_row[failure->first])
            failure->first = t;
    }
    return failures;
}

static int text_report_put_defects(const struct wn_report *report,
                                   struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"rule", WN_LEFT, WN_SHRINKS},
        {"cells", WN_RIGHT, WN_FIXED},
        {"first at line", WN_RIGHT, WN_FIXED},
        {"in column", WN_LEFT, WN_SHRINKS}};
    const struct wn_dataset *data = &report->data;
    struct failure *failures = count_failures(data);
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t r = 0; r < data->rules; r++) {
        const size_t t = failures[r].first;

        if (!failures[r].count)
            continue;
        if (wn_grid_add_text(&grid, data->rule_name[r]) ||
            text_report_add_count(&grid, failures[r].count) ||
            text_report_add_count(&grid, data->row_line[data->defect_row[t]]) ||
            wn_grid_add_text(&grid, data->column_name[data->defect_column[t]]))
            goto done;
    }
    status = wn_grid_print_under("Missing and invalid cells", &grid, out);
done:
    wn_grid_free(&grid);
    free(failures);
    return status;
}

static int text_report_put_classes(const struct wn_report *report,
                                   struct wn_text *out)
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

        if (wn_grid_add_text(&grid, report->data.label_name[line->class]) ||
            wn_grid_format(&grid, "%zu", line->rows) ||
            wn_grid_known(&grid, known, "%.0f", line->expected) ||
            wn_grid_known(&grid, known, "%.1f %%",
                          100 * line->expected / (double)line->rows) ||
            wn_grid_format(&grid, "%zu", line->flagged) ||
            wn_grid_add_text(&grid, few ? "too few rows to say" : ""))
            goto done;
    }
    wn_text_format(out, "\n");
    if (wn_grid_print(&grid, out))
        goto done;
    status =
        shown == k ? 0 : wn_text_format(out, "  and %zu more\n", k - shown);
done:
    wn_grid_free(&grid);
    return status;
}

static int text_report_put_pairs(const struct wn_report *report,
                                 struct wn_text *out)
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

        if (wn_grid_add_text(&grid, report->data.label_name[line->given]) ||
            wn_grid_add_text(&grid, report->data.label_name[line->suggested]) ||
            wn_grid_format(&grid, "%zu", line->flagged) ||
            wn_grid_known(&grid, !isnan(line->expected), "%.0f",
                          line->expected))
            goto done;
    }
    wn_text_format(out, "\n");
    if (wn_grid_print(&grid, out))
        goto done;
    status = shown == report->pairs ? 0
                                    : wn_text_format(out, "  and %zu more\n",
                                                     report->pairs - shown);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_rate(const struct wn_report *report, struct wn_text *out)
{
    char interval[100] = "";

    if (isnan(report->rate)) {
        wn_phrase_say(out, "No estimate: it needs class probabilities, which "
                           "are not in this audit.");
        return 0;
    }
    if (!isnan(report->rate_low) && !isnan(report->rate_high))
        snprintf(interval, sizeof interval,
                 "; %.1f to %.1f %% with 90 %% confidence",
                 100 * report->rate_low, 100 * report->rate_high);
    wn_phrase_say(out,
                  "Estimated wrong: %zu of %zu labels (%.1f %%%s). "
                  "Flagged: %zu, where the evidence points at the row "
                  "itself. Some flagged labels will turn out right and "
                  "some wrong ones are not flagged, so the two numbers "
                  "need not agree.",
                  report->expected, report->labelled, 100 * report->rate,
                  interval, report->label_rows);
    return 0;
}

static int text_report_put_noise(const struct wn_report *report,
                                 struct wn_text *out)
{
    if (!report->label_bit)
        return 0;
    if (wn_text_format(out, "\nHow noisy the labels are\n") ||
        put_rate(report, out) || text_report_put_classes(report, out))
        return -1;
    return text_report_put_pairs(report, out);
}

static const char *found(const struct wn_report *report, size_t c)
{
    if (!report->check_ran[c])
        return "was not run";
    return report->check_rows[c] ? wn_check_reason(report->check_name[c])
                                 : "nothing";
}

static int text_report_put_checks(const struct wn_report *report,
                                  struct wn_text *out)
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
        if (wn_grid_add_text(&grid, report->check_name[c]) ||
            wn_grid_known(&grid, report->check_ran[c], "%zu",
                          report->check_rows[c]) ||
            wn_grid_add_text(&grid, found(report, c)))
            goto done;
    }
    status = wn_grid_print_under("What the checks found", &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_actions(const struct wn_report *report, struct wn_text *out)
{
    wn_text_format(out, "\nProposed actions, in rows\n ");
    for (size_t a = 0; a < report->actions; a++) {
        if (wn_text_format(out, "%s ", a ? "," : ""))
            return -1;
        wn_phrase_data(out, report->action_name[a]);
        wn_text_format(out, " %zu", report->action_rows[a]);
    }
    wn_text_format(out, "\n");
    return 0;
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
                          struct wn_grid *grid)
{
    const char *name = wn_report_class(report, report->suggestion[i]);
    struct wn_text rival = {0};
    int status;

    if (name || !report->rival || !(report->issue[i] & report->label_bit))
        return wn_grid_add_text(grid, name);
    name = wn_report_class(report, report->rival[i]);
    status = wn_text_format(&rival, "(%s)", name ? name : "-");
    if (status == 0)
        status = wn_grid_add(grid, rival.bytes, rival.length);
    wn_text_free(&rival);
    return status;
}

static int text_report_add_row(const struct wn_report *report, size_t i,
                               struct wn_grid *grid)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text reasons = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    char suspicion[16];
    int status = -1;

    wn_phrase_suspicion(report->suspicion[i], suspicion);
    if (wn_phrase_issues(report, i, ", ", &reasons) ||
        wn_grid_format(grid, "%zu", i) ||
        text_report_add_count(grid, data->row_line[i]) ||
        (id && wn_grid_add(grid, id, length)) ||
        wn_grid_add_text(grid, wn_report_class(report, data->label[i])) ||
        add_suggestion(report, i, grid) || wn_grid_add_text(grid, suspicion) ||
        (scores_speak(report) &&
         wn_grid_format(grid, "%zu of %zu", wn_scores_agree(report, i),
                        report->scores)) ||
        wn_grid_add(grid, wn_text_of(&reasons), reasons.length))
        goto done;
    status = 0;
done:
    wn_text_free(&reasons);
    return status;
}

/* What the table of rows means, as far as it needs words. */
static int put_notes(const struct wn_report *report, const int64_t *rows,
                     size_t count, struct wn_text *out)
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
    wn_phrase_say(out, "Rows count from 0%s.%s%s",
                  lines ? ", lines from 1" : "", scores,
                  rivals ? " In parentheses: the most probable other "
                           "class, not sure enough to be suggested."
                         : "");
    return 0;
}

static bool shows_news(const struct wn_report *report)
{
    return report->against && report->rows == WN_ROWS_STANDARD;
}

static void put_rows_title(const struct wn_report *report, size_t count,
                           struct wn_text *out)
{
    if (shows_news(report)) {
        wn_text_format(out,
                       "\nNew flags, most suspicious first: %zu of "
                       "%zu\n",
                       count,
                       report->against->changes[WN_NEW_FLAG] +
                           report->against->changes[WN_NEW_ROW]);
        return;
    }
    if (report->rows == WN_ROWS_BUDGET) {
        wn_text_format(out, "\nLabels to review: %zu\n", count);
        return;
    }
    if (report->rows == WN_ROWS_FIRST) {
        wn_text_format(out, "\nMost suspicious rows: %zu of all %zu\n", count,
                       report->data.n);
        return;
    }
    wn_text_format(out, "\nMost suspicious rows: %zu of %zu with findings\n",
                   count, report->flagged_rows);
}

static int text_report_put_rows(const struct wn_report *report,
                                struct wn_text *out)
{
    struct wn_grid_column head[ROW_COLUMNS];
    struct wn_grid grid;
    size_t count;
    int status = -1;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, WN_TOP_ROWS, &count);

    wn_grid_start(&grid, head, choose_columns(report, head));
    for (size_t r = 0; r < count; r++)
        if (text_report_add_row(report, (size_t)rows[r], &grid))
            goto done;
    if (!count) {
        status = wn_text_format(
            out, "%s",
            report->flagged_rows ? "" : "\nNo check found anything.\n");
        goto done;
    }
    put_rows_title(report, count, out);
    if (wn_grid_print(&grid, out))
        goto done;
    status = put_notes(report, rows, count, out);
done:
    wn_grid_free(&grid);
    free(rows);
    return status;
}

int wn_text_report(const struct wn_report *report, struct wn_text *out,
                   struct wn_error *error)
{
    if (wn_phrase_headline(report, out) || wn_text_format(out, "\n") ||
        (report->against && wn_comparison_text(report, out)) ||
        put_data(report, out, error) || text_report_put_defects(report, out))
        return -1;
    if (wn_cleaning_text(report, out) || wn_spellings_text(report, out) ||
        ((report->columns || !report->scored) &&
         wn_columns_text(report, out)) ||
        wn_model_quality_models(&report->measured, report->verbose, out) ||
        (report->verbose && wn_model_quality_rest(&report->measured, out)))
        return -1;
    if (report->flagged &&
        (text_report_put_noise(report, out) ||
         text_report_put_checks(report, out) || put_actions(report, out) ||
         text_report_put_rows(report, out) ||
         (report->rows == WN_ROWS_BUDGET && wn_budget_text(report, out)) ||
         (report->against && wn_gone_text(report, out))))
        return -1;
    return wn_next_commands_text(report, out);
}
