/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything about one row, for a person. */
#include <math.h>

#include "check/decide.h"
#include "check/row_kind.h"
#include "method/method.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "render/render.h"

static void put_fact(struct wn_text *out, const char *name, const char *value,
                     const char *more)
{
    wn_text_format(out, "  %-18s", name);
    wn_phrase_data(out, value);
    wn_text_format(out, "%s%s\n", *more ? ": " : "", more);
}

/* "digits.csv: row 17, line 19, id A-17", and what was decided. */
static void put_verdict(const struct wn_report *report, size_t i,
                        struct wn_text *out)
{
    size_t length;
    const char *id = wn_report_id(report, i, &length);
    char suspicion[16];

    wn_phrase_data(out, report->data.files > 1
                            ? wn_dataset_file(&report->data, i)
                            : wn_report_source(report));
    wn_text_format(out, ": row %zu, %s %llu", i, wn_phrase_place(&report->data),
                   (unsigned long long)report->data.row_line[i]);
    if (id) {
        wn_text_format(out, ", id ");
        wn_text_add_visible(out, id, length);
    }
    wn_text_format(out, "\n\n");
    put_fact(out, "given label", wn_report_title(report, report->data.label[i]),
             "");
    if (!report->flagged) {
        put_fact(out, "verdict",
                 report->scored ? "not flagged yet" : "not scored yet", "");
        return;
    }
    const char *suggested = wn_report_title(report, report->suggestion[i]);
    put_fact(out, "suggested label", suggested ? suggested : "none", "");
    wn_phrase_suspicion(report, i, suspicion);
    wn_text_format(out, "  %-18s%s, rank %zu of %zu\n", "suspicion", suspicion,
                   report->rank[i], report->data.n);
    put_fact(out, "proposed action", report->action_name[report->action[i]],
             report->reason
                 ? wn_reason_words(report->reason_name[report->reason[i]])
                 : "");
    const char *kind = wn_report_kind(report, i);
    if (kind && report->claim != WN_CLAIM_NOTHING)
        put_fact(out, "kind of row", wn_row_kind_title(kind),
                 wn_row_kind_words(kind));
    wn_near_set_phrase(report, i, out);
}

static size_t count_neighbors(const struct wn_report *report,
                              const struct wn_explanation *explanation,
                              int32_t label)
{
    size_t count = 0;

    for (size_t j = 0; j < explanation->neighbors; j++)
        count += report->data.label[explanation->neighbor[j]] == label;
    return count;
}

void wn_explain_sentences(const struct wn_report *report,
                          const struct wn_explanation *explanation,
                          struct wn_text *text)
{
    const size_t i = explanation->row;
    const int32_t given = report->data.label[i];
    const int32_t other = report->rival ? report->rival[i] : -1;
    const char *rival = wn_report_title(report, other);
    const float *probability = explanation->probability;

    if (probability && given >= 0 && other >= 0) {
        wn_text_format(text, "Models that did not see this label give ");
        wn_phrase_data_short(text, rival);
        wn_text_format(text, " %.3f and the given label %.3f. ",
                       (double)probability[other], (double)probability[given]);
        if (report->threshold && report->threshold[other] <= 1) {
            wn_text_format(text, "%.3f or more counts as sure for class ",
                           report->threshold[other]);
            wn_phrase_data_short(text, rival);
            wn_text_format(text, ". ");
        }
    }
    if (explanation->neighbors && given >= 0) {
        wn_text_format(text,
                       "Of the %zu nearest rows %zu carry the given "
                       "label",
                       explanation->neighbors,
                       count_neighbors(report, explanation, given));
        if (other >= 0) {
            wn_text_format(text, ", %zu carry ",
                           count_neighbors(report, explanation, other));
            wn_phrase_data_short(text, rival);
        }
        wn_text_format(text, ". ");
    }
    if (report->scores && report->expected)
        wn_text_format(
            text, "%zu of %zu methods rank it among the %zu worst rows%s",
            wn_scores_agree(report, i), report->scores, report->expected,
            report->claim == WN_CLAIM_OVERLAP ? "."
            : report->claim == WN_CLAIM_EXPECTED
                ? ", the expected number of wrong labels."
                : ", the estimated number of wrong labels.");
}

/* The checks, and the defects of its cells. */
static void put_checks(const struct wn_report *report, size_t i,
                       struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    struct wn_grid grid;

    wn_grid_start(&grid, "check|flags it|>because");
    for (size_t c = 0; c < report->checks && c < 32; c++) {
        const char *name = report->check_name[c];
        const bool hit = report->issue[i] >> c & 1;

        wn_grid_add_text(&grid, name);
        wn_grid_add_text(&grid,
                         report->check_ran[c] ? hit ? "yes" : "no" : "-");
        wn_grid_add_text(&grid,
                         hit ? wn_phrase_check_reason(report, name) : "");
    }
    wn_grid_print_under("Checks", &grid, out);

    wn_grid_start(&grid, "~column|>what is wrong");
    for (size_t t = 0; t < data->defects; t++) {
        if ((size_t)data->defect_row[t] != i)
            continue;
        wn_grid_add_text(&grid, data->column_name[data->defect_column[t]]);
        wn_grid_add_text(&grid, data->rule_name[data->defect_rule[t]]);
    }
    wn_grid_print_under("Missing and invalid cells", &grid, out);
}

/* The neighbours, and the rows that scores rest on. */
static void put_other_rows(const struct wn_report *report,
                           const struct wn_explanation *explanation,
                           struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    struct wn_grid grid;

    wn_text_nearest(report, explanation, out);
    wn_grid_start(&grid, "score|#row");
    wn_grid_head_data(&grid, '#', wn_phrase_place(&report->data));
    wn_grid_head(&grid, "~label");
    for (size_t s = 0; s < report->scores; s++) {
        const int32_t *evidence = report->score[s].evidence;
        const int32_t i = evidence ? evidence[explanation->row] : -1;

        if (i < 0)
            continue;
        wn_grid_add_text(&grid, report->score[s].name);
        wn_grid_add_count(&grid, (size_t)i);
        wn_phrase_add_line(data, (size_t)i, &grid);
        wn_grid_add_text(&grid, wn_report_title(report, data->label[i]));
    }
    wn_grid_print_under("Rows that the scores rest on", &grid, out);
}

static void put_members(const struct wn_report *report,
                        const struct wn_explanation *explanation,
                        struct wn_text *out)
{
    const int32_t given = report->data.label[explanation->row];
    struct wn_grid grid;

    wn_grid_start(&grid, "model|~prefers|#with|#given label");
    for (size_t p = 0; p < explanation->members; p++) {
        const float *own = explanation->member_probability + p * report->data.k;
        size_t top = 0;

        for (size_t c = 1; c < report->data.k; c++)
            top = own[c] > own[top] ? c : top;
        wn_grid_add_text(&grid, explanation->member_name[p]);
        wn_grid_add_text(&grid, wn_report_title(report, (int32_t)top));
        wn_grid_format(&grid, "%.4f", (double)own[top]);
        wn_grid_real(&grid, "%.4f", given >= 0 ? (double)own[given] : NAN);
    }
    wn_grid_print_under("What each model says", &grid, out);
}

static void put_scores(const struct wn_report *report, size_t i,
                       struct wn_text *out)
{
    struct wn_grid grid;

    wn_grid_start(&grid, "score|#value|#spread|#percentile|>what it is");
    for (size_t s = 0; s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];
        const struct wn_method *method = wn_method_find(score->name);

        wn_grid_add_text(&grid, score->name);
        wn_grid_format(&grid, "%.4g", (double)score->value[i]);
        wn_grid_real(&grid, "%.2g",
                     score->spread ? (double)score->spread[i] : NAN);
        wn_grid_format(&grid, "%.1f",
                       wn_score_percentile(score->value, report->data.n, i));
        wn_grid_add_text(&grid, method ? method->brief : "");
    }
    wn_grid_print_under("Scores, higher = more suspicious; percentile: percent "
                        "of rows with a lower score",
                        &grid, out);
}

void wn_text_explain(const struct wn_report *report,
                     const struct wn_explanation *explanations, size_t count,
                     struct wn_text *out)
{
    enum { MAX_LINES = 5 };

    for (size_t e = 0; e < count; e++) {
        const struct wn_explanation *explanation = &explanations[e];
        const size_t i = explanation->row;
        const int32_t given = report->data.label[i];
        struct wn_grid grid;

        if (e)
            wn_text_add(out, "\n", 1);
        put_verdict(report, i, out);
        /* The tables below have the numbers. */
        struct wn_text sentences = {0};

        wn_explain_sentences(report, explanation, &sentences);
        if (sentences.length) {
            wn_text_add(out, "\n", 1);
            wn_phrase_paragraph(out, sentences.bytes);
        }
        wn_text_free(&sentences);
        put_checks(report, i, out);
        /* The most probable classes, and the given one. */
        wn_grid_start(&grid, "~class|#probability|#threshold|");
        for (size_t r = 0; explanation->probability && r < report->data.k;
             r++) {
            const int32_t c = explanation->by_probability[r];
            const double p = (double)explanation->probability[c];
            const double t = report->threshold ? report->threshold[c] : NAN;

            if (r >= MAX_LINES && c != given)
                continue;
            wn_grid_add_text(&grid, wn_report_title(report, c));
            wn_grid_format(&grid, "%.4f", p);
            wn_grid_format_known(&grid, t <= 1, "%.4f", t);
            wn_grid_format(&grid, "%s%s%s", c == given ? "the given label" : "",
                           c == given && p >= t ? ", " : "",
                           p >= t ? "sure" : "");
        }
        wn_grid_print_under("Class probabilities, from models that did not see "
                            "this row's label",
                            &grid, out);
        put_members(report, explanation, out);
        put_other_rows(report, explanation, out);
        put_scores(report, i, out);
    }
}
