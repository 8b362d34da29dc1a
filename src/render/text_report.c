/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary for a person: a headline, then data, models, noise, checks,
 * actions, the rows to look at first, and the commands to run next. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/row_kind.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "render/render.h"
#include "report/shown.h"
#include "select/select.h"
#include "util/memory.h"

/* --- noise --------------------------------------------------------------- */

/* Confident learning beside the labels of neighbours, which need no model. */
static void put_second_opinion(const struct wn_report *report,
                               struct wn_text *out)
{
    const struct wn_confident *confident = &report->confident;
    const double labels = (double)report->labelled;

    if (!confident->known || isnan(confident->neighbor_rate) || labels == 0)
        return;
    /* By the calibrated joint. */
    const double models = (double)confident->count[1] / labels;
    const double neighbors = confident->neighbor_rate;
    const bool more = neighbors > 2 * models && neighbors - models > 0.05;
    const bool less = models > 2 * neighbors && models - neighbors > 0.05;

    if (!more && !less && !report->verbose)
        return;
    wn_phrase_say(
        out,
        "Other counts of wrong labels: confident learning %.1f %%, by the "
        "labels of nearest rows alone %.1f %%.%s",
        100 * models, 100 * neighbors,
        more   ? " They disagree: rows near each other often differ in label "
                 "where the models are sure. Either the classes overlap, or "
                 "labels are wrong in a way that the models learned; only "
                 "reviewed rows can tell which."
        : less ? " They disagree: the models doubt labels that nearest rows "
                 "share, so look at some of the flagged rows before you trust "
                 "the flags."
               : "");
}

/* The classes, and the pairs of classes that labels are confused in. Where the
 * classes overlap, no class has a share of wrong labels that could be
 * defended, only flags. `first`: right below a title. */
static void put_classes(const struct wn_report *report, bool first,
                        struct wn_text *out)
{
    const bool overlap = report->claim == WN_CLAIM_OVERLAP;
    const bool estimated = report->claim == WN_CLAIM_NOISE;
    const size_t k = report->data.k;
    const size_t shown = k < WN_MAX_CLASSES ? k : WN_MAX_CLASSES;
    size_t pairs = report->pairs;
    struct wn_grid grid;

    if (overlap)
        wn_grid_start(&grid, "~class|#rows|#flagged|");
    else
        wn_grid_start(&grid, "~class|#rows|#est. wrong|#share|#flagged|");
    for (size_t c = 0; c < shown; c++) {
        const struct wn_class_line *line = &report->class_line[c];
        const bool few = line->rows < WN_TOO_FEW;
        const bool known = !isnan(line->expected) && !few;

        wn_grid_add_text(&grid, wn_report_title(report, (int32_t)line->class));
        wn_grid_add_count(&grid, line->rows);
        if (!overlap) {
            wn_grid_format_known(&grid, known, "%.0f", line->expected);
            wn_grid_format_known(&grid, known, "%.1f %%",
                                 100 * line->expected / (double)line->rows);
        }
        wn_grid_add_count(&grid, line->flagged);
        wn_grid_add_text(&grid, few ? "too few rows to say" : "");
    }
    if (!first)
        wn_text_format(out, "\n");
    wn_grid_print(&grid, out);
    if (shown < k)
        wn_text_format(out, "  and %zu more\n", k - shown);

    /* Likewise, the last column is left out unless the audit has an estimate
     * for pairs; then pairs without flags are, too. They come last. */
    while (!estimated && pairs && !report->pair_line[pairs - 1].flagged)
        pairs--;
    const size_t shown_pairs = pairs < WN_MAX_CLASSES ? pairs : WN_MAX_CLASSES;
    if (!shown_pairs)
        return;
    wn_grid_start(&grid, "~given|~looks like|#flagged");
    if (estimated)
        wn_grid_head(&grid, "#est. wrong");
    for (size_t p = 0; p < shown_pairs; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        wn_grid_add_text(&grid, wn_report_title(report, (int32_t)line->given));
        wn_grid_add_text(&grid,
                         wn_report_title(report, (int32_t)line->suggested));
        wn_grid_add_count(&grid, line->flagged);
        if (estimated)
            wn_grid_real(&grid, "%.0f", line->expected);
    }
    wn_text_format(out, "\n");
    wn_grid_print(&grid, out);
    if (shown_pairs < pairs)
        wn_text_format(out, "  and %zu more\n", pairs - shown_pairs);
}

/* --- rows ---------------------------------------------------------------- */

/* Whether the table shows the rival, for want of a suggestion. */
static bool shows_rival(const struct wn_report *report, size_t i)
{
    return report->rival && report->suggestion[i] < 0 &&
           report->issue[i] & report->label_bit;
}

static void add_row(const struct wn_report *report, size_t i, bool agreement,
                    struct wn_grid *grid)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text text = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    char suspicion[16];

    wn_grid_add_count(grid, i);
    if (wn_phrase_has_place(data))
        wn_phrase_add_line(data, i, grid);
    if (id)
        wn_grid_add(grid, id, length);
    wn_grid_add_text(grid, wn_report_title(report, data->label[i]));
    if (shows_rival(report, i)) {
        const char *rival = wn_report_title(report, report->rival[i]);

        wn_text_format(&text, "(%s)", rival ? rival : "-");
        wn_grid_add(grid, text.bytes, text.length);
        text.length = 0;
    } else {
        wn_grid_add_text(grid, wn_report_title(report, report->suggestion[i]));
    }
    wn_phrase_suspicion(report, i, suspicion);
    wn_grid_add_text(grid, suspicion);
    if (agreement)
        wn_grid_format(grid, "%zu of %zu", wn_scores_agree(report, i),
                       report->scores);
    wn_report_issues(report, i, ", ", &text);
    wn_grid_add(grid, wn_text_of(&text), text.length);
    wn_text_free(&text);
}

/* What the list is of. */
static void put_rows_title(const struct wn_report *report, size_t count,
                           size_t findings, struct wn_text *out)
{
    if (report->sample)
        wn_text_format(out, "\nA random sample, most suspicious first: %zu\n",
                       count);
    else if (report->against && report->rows == WN_ROWS_DEFAULT)
        wn_text_format(out, "\nNew flags, most suspicious first: %zu of %zu\n",
                       count, wn_comparison_new(report->against));
    else if (report->rows == WN_ROWS_BUDGET)
        wn_text_format(out, "\nLabels to review: %zu\n", count);
    else if (report->rows == WN_ROWS_AMBIGUOUS)
        wn_text_format(out, "\nAmbiguous rows, most suspicious first: %zu\n",
                       count);
    else if (report->chosen)
        wn_text_format(out,
                       "\nChosen rows, most suspicious first: %zu of %zu\n",
                       count, report->chosen_rows);
    else if (report->rows == WN_ROWS_FIRST)
        wn_text_format(out, "\n%s: %zu of all %zu\n",
                       report->against ? "New flags, then the most suspicious "
                                         "rows"
                                       : "Most suspicious rows",
                       count, report->data.n);
    else
        wn_text_format(out,
                       "\nMost suspicious rows: %zu of %zu with findings\n",
                       count, findings);
}

/* --fields: a column each. */
static void put_fields(const struct wn_report *report, const int64_t *rows,
                       size_t count, struct wn_text *out)
{
    const struct wn_row_fields *fields = report->fields;
    struct wn_text text = {0};
    struct wn_grid grid = {0};

    for (size_t f = 0; f < fields->count; f++)
        wn_grid_head_data(&grid,
                          !fields->field[f].text   ? '#'
                          : f + 1 == fields->count ? '>'
                                                   : '~',
                          fields->field[f].name);
    for (size_t r = 0; r < count; r++)
        for (size_t f = 0; f < fields->count; f++) {
            const struct wn_row_field *field = &fields->field[f];
            const size_t i = (size_t)rows[r];
            const double value = wn_row_field_number(field, report, i);

            text.length = 0;
            if (field->kind == WN_FIELD_IS_REAL && !isnan(value))
                wn_text_format(&text, "%.4g", value);
            else
                wn_row_field_text(field, report, i, &text);
            wn_grid_add(&grid, text.length ? text.bytes : "-",
                        text.length ? text.length : 1);
        }
    wn_grid_print(&grid, out);
    wn_text_free(&text);
}

static void put_rows(const struct wn_report *report, struct wn_text *out)
{
    /* Without expected wrong labels, scores have no worst rows. */
    const bool agreement = report->scores && report->expected;
    struct wn_grid grid;
    char scores[200] = "";
    bool rivals = false;
    size_t count, of_the_order = 0;
    int64_t *rows =
        wn_report_rows(report, WN_ROWS_FLAGGED, WN_TOP_ROWS, &count);

    if (report->rows != WN_ROWS_FIRST && !report->chosen) {
        size_t kept = 0;

        for (size_t r = 0; r < count; r++)
            if (!wn_is_of_the_order(report, (size_t)rows[r]))
                rows[kept++] = rows[r];
        count = kept;
        for (size_t i = 0; i < report->data.n; i++)
            of_the_order += wn_is_of_the_order(report, i);
    }
    if (!count) {
        wn_text_format(
            out, "\n%s\n",
            wn_sentence_no_rows(report, report->flagged_rows - of_the_order));
        free(rows);
        return;
    }
    put_rows_title(report, count, report->flagged_rows - of_the_order, out);
    if (report->fields) {
        put_fields(report, rows, count, out);
        free(rows);
        return;
    }
    wn_grid_start(&grid, "#row");
    if (wn_phrase_has_place(&report->data))
        wn_grid_head_data(&grid, '#', wn_phrase_place(&report->data));
    if (report->data.id)
        wn_grid_head(&grid, "~id");
    /* Titles were made to fit; cut once more, two could look alike. */
    wn_grid_head(&grid,
                 report->class_title ? "given|suggested" : "~given|~suggested");
    wn_grid_head(&grid, "#suspicion");
    if (agreement)
        wn_grid_head(&grid, "#scores");
    wn_grid_head(&grid, ">reasons");
    if (report->shown)
        wn_shown_fetch_near(report->shown, rows, count);
    for (size_t r = 0; r < count; r++) {
        add_row(report, (size_t)rows[r], agreement, &grid);
        wn_text_cells_below(report, (size_t)rows[r], &grid);
        rivals |= shows_rival(report, (size_t)rows[r]);
    }
    free(rows);
    wn_grid_print(&grid, out);
    if (agreement)
        snprintf(scores, sizeof scores,
                 " scores: how many of %zu methods also rank this row among "
                 "the %zu worst.",
                 report->scores, report->expected);
    const bool lines = strcmp(wn_phrase_place(&report->data), "line") == 0;
    wn_phrase_say(out, "row counts from 0%s.%s%s%s",
                  lines ? ", line from 1" : "", scores,
                  rivals ? " suggested, in parentheses: the most probable "
                           "other class, but not sure enough to suggest it."
                         : "",
                  report->claim == WN_CLAIM_OVERLAP
                      ? " suspicion counts as wrong some labels that overlap "
                        "may explain; the data cannot say which."
                      : "");
    wn_text_cells_reason(report, out);
}

/* The kinds of rows in doubt, and the first few of the ambiguous ones. */
static void put_kinds(const struct wn_report *report, struct wn_text *out)
{
    enum { FEW = 5 };
    const bool place = wn_phrase_has_place(&report->data);
    struct wn_grid grid;
    size_t shown = 0, ambiguous = 0, doubtful = 0;

    for (size_t c = 0; c < report->kinds; c++) {
        if (strcmp(report->kind_name[c], "clear") != 0)
            doubtful += report->kind_rows[c];
        if (strcmp(report->kind_name[c], "ambiguous") == 0)
            ambiguous = report->kind_rows[c];
    }
    if (!doubtful || report->claim == WN_CLAIM_NOTHING)
        return;
    wn_grid_start(&grid, "kind|#rows|>what it is");
    for (size_t c = 0; c < report->kinds; c++) {
        const char *name = report->kind_name[c];

        if (!report->kind_rows[c] || strcmp(name, "clear") == 0)
            continue;
        wn_grid_add_text(&grid, wn_row_kind_title(name));
        wn_grid_add_count(&grid, report->kind_rows[c]);
        wn_grid_add_text(&grid, wn_row_kind_words(name));
    }
    wn_grid_print_under("Kinds of rows", &grid, out);
    if (!ambiguous || report->rows != WN_ROWS_DEFAULT || report->chosen ||
        report->sample)
        return;
    wn_grid_start(&grid, "#row");
    if (place)
        wn_grid_head_data(&grid, '#', wn_phrase_place(&report->data));
    wn_grid_head(&grid, "~given|~or|#suspicion");
    for (size_t r = 0; r < report->data.n && shown < FEW; r++) {
        const size_t i = (size_t)report->order[r];
        const char *kind = wn_report_kind(report, i);
        char suspicion[16];

        if (!kind || strcmp(kind, "ambiguous") != 0)
            continue;
        const char *rival =
            report->rival ? wn_report_title(report, report->rival[i]) : NULL;

        if (place)
            wn_grid_add_count(&grid, i);
        wn_phrase_add_line(&report->data, i, &grid);
        wn_grid_add_text(&grid, wn_report_title(report, report->data.label[i]));
        wn_grid_add_text(&grid, rival);
        wn_phrase_suspicion(report, i, suspicion);
        wn_grid_add_text(&grid, suspicion);
        shown++;
    }
    wn_text_format(out, "\nAmbiguous rows, most suspicious first: %zu of %zu\n",
                   shown, ambiguous);
    wn_grid_print(&grid, out);
    if (shown < ambiguous)
        wn_phrase_say(out, "--top=ambiguous lists them all.");
}

static void put_budget(const struct wn_report *report, struct wn_text *out)
{
    struct wn_review review[WN_REVIEWS];
    const size_t count = wn_budget_curve(report, review);
    struct wn_review own = review[count - 1];
    struct wn_grid grid;

    if (report->claim == WN_CLAIM_NOTHING) {
        wn_text_format(out, "\nWhat a review finds\n");
        wn_phrase_say(out, "That cannot be told: these features do not predict "
                           "this label.");
        return;
    }
    wn_grid_start(&grid,
                  "#budget|#cost|#rows|#wrong labels, expected|#90 % interval");
    for (size_t r = 0; r < count; r++) {
        if (isinf(review[r].budget))
            wn_grid_add_text(&grid, "any");
        else
            wn_grid_format(&grid, "%.6g", review[r].budget);
        wn_grid_format(&grid, "%.6g", review[r].cost);
        wn_grid_add_count(&grid, review[r].rows);
        wn_grid_format(&grid, "%.1f", review[r].wrong);
        wn_grid_real(&grid, "%.0f-%.0f", review[r].low, review[r].high);
        if (review[r].budget == report->budget)
            own = review[r];
    }
    wn_grid_print_under("What a review finds", &grid, out);
    if (own.next > 0)
        wn_phrase_say(out,
                      "The list stops after %zu %s. The next row has a "
                      "suspicion of %.3f: so many of its like are wrong.",
                      own.rows, wn_plural(own.rows, "row", "rows"), own.next);
    else
        wn_phrase_say(out,
                      "The list stops after %zu %s: all other labels have a "
                      "suspicion of 0.000.",
                      own.rows, wn_plural(own.rows, "row", "rows"));
    if (report->claim == WN_CLAIM_OVERLAP)
        wn_phrase_say(out,
                      "The classes overlap: the expected numbers assume that "
                      "%.1f %% of the labels are wrong, but all may be right.",
                      100 * report->rate);
}

/* A sentence as a paragraph. */
static void put_sentence(const struct wn_report *report,
                         void (*sentence)(const struct wn_report *report,
                                          struct wn_text *out),
                         struct wn_text *out)
{
    struct wn_text text = {0};

    sentence(report, &text);
    if (text.length)
        wn_phrase_paragraph(out, text.bytes);
    wn_text_free(&text);
}

/* What the labels look like as a whole, in numbers. */
static void put_noise(const struct wn_report *report, struct wn_text *out)
{
    const size_t before = out->length;

    wn_text_format(out, "\nHow noisy the labels are\n");
    const size_t title = out->length;
    put_sentence(report, wn_sentence_depths, out);
    if (report->verbose && !isnan(report->gain))
        wn_phrase_say(out,
                      "Gain of the models over the class shares: %.2g nats a "
                      "row, standard error %.2g.",
                      report->gain, report->gain_sd);
    if (report->verbose && !isnan(report->overlap_weight) &&
        report->claim != WN_CLAIM_NOTHING)
        wn_phrase_say(out,
                      "Weight of overlap, or of errors that follow the "
                      "features, against evenly spread errors: %.2f.",
                      report->overlap_weight);
    if (report->claim != WN_CLAIM_NOTHING) {
        put_second_opinion(report, out);
        put_classes(report, out->length == title, out);
    }
    if (out->length == title)
        out->length = before;
}

static void put_checks(const struct wn_report *report, struct wn_text *out)
{
    struct wn_grid grid;

    wn_grid_start(&grid, "check|#rows|>what it found");
    for (size_t c = 0; c < report->checks; c++) {
        const char *name = report->check_name[c];
        const int check = wn_check_find(name);
        const bool ran = report->check_ran[c];
        /* Not a row is found, but the file. */
        const bool order = strcmp(name, "order_dependence") == 0;
        const char *found = "nothing";

        if (!ran && check >= 0 && wn_checks[check]->optional)
            continue;
        if (!ran)
            found = "was not run";
        else if (report->check_rows[c])
            found = order ? "the file seems sorted or in batches"
                          : wn_phrase_check_reason(report, name);
        else if (report->claim == WN_CLAIM_NOTHING &&
                 strcmp(name, "label") == 0)
            found = "cannot tell: the features do not predict the label";
        wn_grid_add_text(&grid, name);
        wn_grid_format_known(&grid, ran && !(order && report->check_rows[c]),
                             "%zu", report->check_rows[c]);
        wn_grid_add_text(&grid, found);
    }
    wn_grid_print_under("What the checks found", &grid, out);
    put_sentence(report, wn_sentence_equal, out);
}

/* What to look at before the rest is believed, and the commands to run next. */
static void put_todo(const struct wn_report *report, struct wn_text *out)
{
    enum { SHOWN = 5 };
    struct wn_lines warnings = wn_warnings(report);
    struct wn_command command[WN_COMMANDS];
    const size_t commands = wn_next_commands(report, command);

    if (warnings.count)
        wn_text_format(out, "\nLook at this first\n");
    for (size_t w = 0; w < warnings.count && (w < SHOWN || report->verbose);
         w++)
        wn_phrase_warning(out, warnings.line[w]);
    if (warnings.count > SHOWN && !report->verbose)
        wn_text_format(out, "  and %zu more; --verbose shows all\n",
                       warnings.count - SHOWN);
    wn_lines_free(&warnings);
    wn_text_format(out, "\nNext%s\n",
                   report->file ? ""
                                : ", with the audit kept in a file "
                                  "(--output=FILE.h5)");
    for (size_t c = 0; c < commands; c++) {
        wn_text_format(out, "  %-26s  %s\n", command[c].purpose,
                       command[c].line);
        free(command[c].line);
    }
}

/* The first screen: the result, how sure it is, what to do. Then the rows, what
 * was found, and the statistics that it rests on. */
void wn_text_report(const struct wn_report *report, struct wn_text *out)
{
    if (report->subject) {
        wn_sentence_subject(report, out);
        wn_text_add(out, "\n\n", 2);
    }
    wn_sentence_headline(report, out);
    wn_text_add(out, "\n", 1);
    if (report->reached.length)
        wn_text_format(out, "reached --fail-on: %s\n", report->reached.bytes);
    if (report->flagged && report->label_bit) {
        wn_text_add(out, "\n", 1);
        put_sentence(report, wn_sentence_rate, out);
    }
    if (report->against)
        wn_comparison_text(report, out);
    if (report->drift)
        wn_drift_text(report, out);
    if (report->trend)
        wn_trend_text(report, out);
    if (!report->data.n && report->history)
        return; /* without an audit */
    put_todo(report, out);
    wn_slices_text(report, out);
    if (report->flagged) {
        put_rows(report, out);
        if (report->rows == WN_ROWS_BUDGET)
            put_budget(report, out);
        if (report->against)
            wn_gone_text(report, out);
        wn_decided_text(report, out);
        put_kinds(report, out);
        put_checks(report, out);
        wn_near_sets_text(report, out);
        wn_text_format(out, "\nProposed actions, in rows\n ");
        for (size_t a = 0; a < report->actions; a++)
            wn_text_format(out, "%s %s %zu", a ? "," : "",
                           report->action_name[a], report->action_rows[a]);
        wn_text_format(out, "\n");
        if (report->label_bit)
            put_noise(report, out);
        wn_annotators_text(report, out);
    }
    wn_data_text(report, out);
    wn_model_quality_text(report, out);
}
