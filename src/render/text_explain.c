/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything about one row, told to a person. */
#include <math.h>

#include "check/decide.h"
#include "render/grid.h"
#include "report/report.h"
#include "render/phrases.h"

/* "digits.csv: row 17, line 19, id A-17". */
static int text_explain_put_head(const struct wn_report *report, size_t i,
                                 struct wn_text *out)
{
    size_t length;
    const char *id = wn_report_id(report, i, &length);

    if (wn_phrase_data(out, wn_report_source(report)) ||
        wn_text_format(out, ": row %zu, %s %llu", i,
                       wn_phrase_place(&report->data),
                       (unsigned long long)report->data.row_line[i]) ||
        (id && (wn_text_format(out, ", id ") ||
                wn_text_add_visible(out, id, length))))
        return -1;
    wn_text_format(out, "\n\n");
    return 0;
}

static void put_fact(struct wn_text *out, const char *name, const char *value,
                     const char *more)
{
    wn_text_format(out, "  %-18s", name);
    wn_phrase_data(out, value);
    wn_text_format(out, "%s%s\n", *more ? ": " : "", more);
}

static int put_verdict(const struct wn_report *report, size_t i,
                       struct wn_text *out)
{
    const char *suggested;
    char suspicion[16];

    put_fact(out, "given label", wn_report_class(report, report->data.label[i]),
             "");
    if (!report->flagged) {
        put_fact(out, "verdict",
                 report->scored ? "not flagged yet" : "not scored yet", "");
        return 0;
    }
    suggested = wn_report_class(report, report->suggestion[i]);
    wn_phrase_suspicion(report->suspicion[i], suspicion);
    put_fact(out, "suggested label", suggested ? suggested : "none", "");
    wn_text_format(out, "  %-18s%s, rank %zu of %zu\n", "suspicion", suspicion,
                   report->rank[i], report->data.n);
    const char *reason =
        report->reason ? report->reason_name[report->reason[i]] : "";
    put_fact(out, "proposed action", report->action_name[report->action[i]],
             wn_reason_words(reason));
    return 0;
}

/* What the models say of a row with a label, in a sentence. */
static int add_models(const struct wn_report *report,
                      const struct wn_explanation *explanation,
                      struct wn_text *text)
{
    const size_t i = explanation->row;
    const int32_t given = report->data.label[i];
    const int32_t other = report->rival ? report->rival[i] : -1;
    const float *probability = explanation->probability;

    if (!probability || given < 0 || other < 0)
        return 0;
    if (wn_text_format(text, "Models that did not see this label give "))
        return -1;
    wn_phrase_short(text, wn_report_class(report, other));
    wn_text_format(text, " %.3f and the given label %.3f. ",
                   (double)probability[other], (double)probability[given]);
    if (!report->threshold || !(report->threshold[other] <= 1))
        return 0;
    wn_text_format(text, "A row is confidently ");
    wn_phrase_short(text, wn_report_class(report, other));
    wn_text_format(text, " from %.3f on. ", report->threshold[other]);
    return 0;
}

static size_t
text_explain_count_neighbors(const struct wn_report *report,
                             const struct wn_explanation *explanation,
                             int32_t label)
{
    size_t same = 0;

    for (size_t j = 0; j < explanation->neighbors; j++)
        same += report->data.label[explanation->neighbor[j]] == label;
    return same;
}

static int add_neighbors(const struct wn_report *report,
                         const struct wn_explanation *explanation,
                         struct wn_text *text)
{
    const size_t i = explanation->row;
    const int32_t other = report->rival ? report->rival[i] : -1;

    if (!explanation->neighbors || report->data.label[i] < 0)
        return 0;
    wn_text_format(text, "Of the %zu nearest rows %zu carry the given label",
                   explanation->neighbors,
                   text_explain_count_neighbors(report, explanation,
                                                report->data.label[i]));
    if (other >= 0 && (wn_text_format(text, ", %zu carry ",
                                      text_explain_count_neighbors(
                                          report, explanation, other)) ||
                       wn_phrase_short(text, wn_report_class(report, other))))
        return -1;
    wn_text_format(text, ". ");
    return 0;
}

/* The evidence in sentences; the tables below have the numbers. */
static int put_words(const struct wn_report *report,
                     const struct wn_explanation *explanation,
                     struct wn_text *out)
{
    struct wn_text text = {0};
    int status = -1;

    if (add_models(report, explanation, &text) ||
        add_neighbors(report, explanation, &text))
        goto done;
    if (report->scores && report->expected &&
        wn_text_format(&text,
                       "%zu of %zu scores put it in their top %zu, the "
                       "estimated number of wrong labels.",
                       wn_scores_agree(report, explanation->row),
                       report->scores, report->expected))
        goto done;
    status = 0;
    if (text.length)
        status = wn_text_add(out, "\n", 1) || wn_phrase_wrap(out, text.bytes)
                     ? -1
                     : 0;
done:
    wn_text_free(&text);
    return status;
}

static int text_explain_put_checks(const struct wn_report *report, size_t i,
                                   struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"check", WN_LEFT, WN_FIXED},
        {"flags it", WN_LEFT, WN_FIXED},
        {"because", WN_LEFT, WN_WRAPS}};
    struct wn_grid grid;
    int status = -1;

    if (!report->checks)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < report->checks && c < 32; c++) {
        const bool hit = report->issue[i] >> c & 1;

        if (wn_grid_add_text(&grid, report->check_name[c]) ||
            wn_grid_add_text(&grid,
                             report->check_ran[c] ? hit ? "yes" : "no" : "-") ||
            wn_grid_add_text(&grid,
                             hit ? wn_check_reason(report->check_name[c]) : ""))
            goto done;
    }
    status = wn_grid_print_under("Checks", &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

/* The cells of row i that are missing or break a rule. */
static int text_explain_put_defects(const struct wn_report *report, size_t i,
                                    struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"column", WN_LEFT, WN_SHRINKS}, {"what is wrong", WN_LEFT, WN_WRAPS}};
    const struct wn_dataset *data = &report->data;
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t t = 0; t < data->defects; t++)
        if ((size_t)data->defect_row[t] == i &&
            (wn_grid_add_text(&grid,
                              data->column_name[data->defect_column[t]]) ||
             wn_grid_add_text(&grid, data->rule_name[data->defect_rule[t]])))
            goto done;
    status = wn_grid_print_under("Missing and invalid cells", &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

/* The classes worth a line: the most probable ones, and the given one. */
static int put_probabilities(const struct wn_report *report,
                             const struct wn_explanation *explanation,
                             struct wn_text *out)
{
    enum { MOST = 5 };
    static const struct wn_grid_column head[] = {
        {"class", WN_LEFT, WN_SHRINKS},
        {"probability", WN_RIGHT, WN_FIXED},
        {"threshold", WN_RIGHT, WN_FIXED},
        {"", WN_LEFT, WN_FIXED}};
    const int32_t given = report->data.label[explanation->row];
    struct wn_grid grid;
    int status = -1;

    if (!explanation->probability)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t r = 0; r < report->data.k; r++) {
        const int32_t c = explanation->by_probability[r];
        const double p = (double)explanation->probability[c];
        const double t = report->threshold ? report->threshold[c] : NAN;

        if (r >= MOST && c != given)
            continue;
        if (wn_grid_add_text(&grid, wn_report_class(report, c)) ||
            wn_grid_format(&grid, "%.4f", p) ||
            wn_grid_known(&grid, t <= 1, "%.4f", t) ||
            wn_grid_format(&grid, "%s%s%s", c == given ? "the given label" : "",
                           c == given && p >= t ? ", " : "",
                           p >= t ? "confident" : ""))
            goto done;
    }
    status = wn_grid_print_under("Class probabilities, from models that did "
                                 "not see this row's label",
                                 &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_neighbors(const struct wn_report *report,
                         const struct wn_explanation *explanation,
                         struct wn_text *out)
{
    const struct wn_grid_column head[] = {
        {"row", WN_RIGHT, WN_FIXED},
        {wn_phrase_place(&report->data), WN_RIGHT, WN_FIXED},
        {"distance", WN_RIGHT, WN_FIXED},
        {"label", WN_LEFT, WN_SHRINKS},
        {"id", WN_LEFT, WN_SHRINKS}};
    const bool with_id = report->data.id != NULL;
    struct wn_grid grid;
    int status = -1;

    if (!explanation->neighbors)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head - !with_id);
    for (size_t j = 0; j < explanation->neighbors; j++) {
        const size_t i = (size_t)explanation->neighbor[j];
        size_t length = 0;
        const char *id = wn_report_id(report, i, &length);

        if (wn_grid_format(&grid, "%zu", i) ||
            wn_grid_format(&grid, "%llu",
                           (unsigned long long)report->data.row_line[i]) ||
            wn_grid_format(&grid, "%.4g", (double)explanation->distance[j]) ||
            wn_grid_add_text(&grid,
                             wn_report_class(report, report->data.label[i])) ||
            (with_id && wn_grid_add(&grid, id, length)))
            goto done;
    }
    status = wn_grid_print_under("Nearest rows", &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

static int put_scores(const struct wn_report *report, size_t i,
                      struct wn_text *out, struct wn_error *error)
{
    static const struct wn_grid_column head[] = {
        {"score", WN_LEFT, WN_FIXED},
        {"value", WN_RIGHT, WN_FIXED},
        {"spread", WN_RIGHT, WN_FIXED},
        {"percentile", WN_RIGHT, WN_FIXED},
        {"what it is", WN_LEFT, WN_WRAPS}};
    struct wn_grid grid;
    int status = -1;

    if (!report->scores)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t s = 0; s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];

        if (wn_grid_add_text(&grid, score->name) ||
            wn_grid_format(&grid, "%.4g", (double)score->value[i]) ||
            wn_grid_known(&grid, score->spread, "%.2g",
                          score->spread ? (double)score->spread[i] : NAN) ||
            wn_grid_format(
                &grid, "%.1f",
                wn_score_percentile(score->value, report->data.n, i)) ||
            wn_grid_add_text(&grid, wn_score_brief(score->name)))
            goto done;
    }
    status = wn_grid_print_under("Scores, higher = more suspicious; "
                                 "percentile: percent of rows below",
                                 &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

/* The rows that scores rest on. */
static int put_evidence(const struct wn_report *report, size_t i,
                        struct wn_text *out)
{
    const struct wn_grid_column head[] = {
        {"by", WN_LEFT, WN_FIXED},
        {"row", WN_RIGHT, WN_FIXED},
        {wn_phrase_place(&report->data), WN_RIGHT, WN_FIXED},
        {"label", WN_LEFT, WN_SHRINKS}};
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t s = 0; s < report->scores; s++) {
        const int32_t *evidence = report->score[s].evidence;

        if (!evidence || evidence[i] < 0)
            continue;
        const size_t other = (size_t)evidence[i];
        if (wn_grid_add_text(&grid, report->score[s].name) ||
            wn_grid_format(&grid, "%zu", other) ||
            wn_grid_format(&grid, "%llu",
                           (unsigned long long)report->data.row_line[other]) ||
            wn_grid_add_text(
                &grid, wn_report_class(report, report->data.label[other])))
            goto done;
    }
    status = wn_grid_print_under("Rows that speak against it", &grid, out);
done:
    wn_grid_free(&grid);
    return status;
}

int wn_text_explain(const struct wn_report *report,
                    const struct wn_explanation *explanations, size_t count,
                    struct wn_text *out, struct wn_error *error)
{
    for (size_t e = 0; e < count; e++) {
        const struct wn_explanation *explanation = &explanations[e];
        const size_t i = explanation->row;

        if ((e && wn_text_add(out, "\n", 1)) ||
            text_explain_put_head(report, i, out) ||
            put_verdict(report, i, out) ||
            put_words(report, explanation, out) ||
            text_explain_put_checks(report, i, out) ||
            text_explain_put_defects(report, i, out) ||
            put_probabilities(report, explanation, out) ||
            put_neighbors(report, explanation, out) ||
            put_evidence(report, i, out) || put_scores(report, i, out, error))
            return -1;
    }
    return 0;
}
