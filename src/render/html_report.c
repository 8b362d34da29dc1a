/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as one page of HTML that needs nothing else: no script, no
 * network. A section is a row of sections[]; figures come from page/figure.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "check/decide.h"
#include "check/row_kind.h"
#include "page/figure.h"
#include "page/svg.h"
#include "render/phrases.h"
#include "render/render.h"
#include "report/shown.h"
#include "util/memory.h"

enum {
    MOST_COLUMNS = 200 /* a page stays below 2 MiB */
};

/* --- parts --------------------------------------------------------------- */

/* A sentence as a paragraph; nothing for an empty one. */
static void put_sentence(const struct wn_report *report,
                         void (*sentence)(const struct wn_report *report,
                                          struct wn_text *out),
                         struct wn_text *page)
{
    struct wn_text text = {0};

    sentence(report, &text);
    if (text.length)
        wn_markup(page, "\n<p>%s</p>", text.bytes);
    wn_text_free(&text);
}

/* --- in short ------------------------------------------------------------ */

static void put_tile(struct wn_text *page, const char *name, const char *value,
                     const char *more)
{
    wn_markup(page, "\n<div><dt>%s</dt><dd>%s", name, value);
    if (*more)
        wn_markup(page, "<small>%s</small>", more);
    wn_markup(page, "</dd></div>");
}

static void put_tiles(const struct wn_report *report, struct wn_text *page)
{
    char text[32], more[80], rate[40], end[2][16];

    wn_markup(page, "\n<dl class=\"tiles\">");
    wn_count_text((double)report->data.n, text);
    snprintf(more, sizeof more, "%zu %s", report->data.k,
             wn_plural(report->data.k, "class", "classes"));
    put_tile(page, "rows", text, more);
    if (report->flagged && report->label_bit) {
        more[0] = '\0';
        wn_phrase_rate(report, rate);
        if (!isnan(report->rate_low) && !isnan(report->rate) &&
            report->claim != WN_CLAIM_OVERLAP)
            snprintf(more, sizeof more, "90 %% interval: %s to %s %%",
                     wn_phrase_percent(report->rate_low, end[0]),
                     wn_phrase_percent(report->rate_high, end[1]));
        put_tile(page,
                 report->claim == WN_CLAIM_OVERLAP    ? "labels that may be "
                                                        "wrong"
                 : report->claim == WN_CLAIM_EXPECTED ? "expected wrong"
                                                      : "estimated wrong",
                 isnan(report->rate) ? "not known" : rate, more);
        wn_count_text((double)report->label_rows, text);
        put_tile(page, "labels flagged", text, "");
    }
    if (report->flagged) {
        wn_count_text((double)report->flagged_rows, text);
        put_tile(page, "rows with any finding", text, "");
    }
    if (report->decided.count) {
        const struct wn_precision all = wn_precision_of(report, WN_OF_ALL, 0);

        wn_count_text((double)all.reviewed, text);
        snprintf(more, sizeof more, "%zu confirmed wrong", all.wrong);
        put_tile(page, "labels reviewed", text, more);
    }
    wn_markup(page, "</dl>");
}

/* What the numbers mean, and what they do not. */
static const char *interval_meaning(const struct wn_report *report)
{
    if (isnan(report->rate))
        return NULL;
    if (report->claim == WN_CLAIM_OVERLAP)
        return "This range is no error of measurement: with more rows of the "
               "same kind it stays as wide. Only people who look at rows can "
               "narrow it.";
    if (report->claim == WN_CLAIM_EXPECTED)
        return NULL;
    return "The estimate is about the dataset as a whole, the flags about "
           "single rows, so the two numbers differ. The interval says how "
           "far the estimate can be off: if errors are like those that the "
           "estimate assumes, 9 of 10 such intervals hold the true share.";
}

static void put_short(const struct wn_report *report, struct wn_text *page)
{
    const char *meaning;

    put_tiles(report, page);
    if (!report->flagged) {
        wn_markup(page, "\n<p>Nothing has been flagged yet; the commands below "
                        "do that.</p>");
        return;
    }
    if (report->label_bit) {
        put_sentence(report, wn_sentence_rate, page);
        meaning = interval_meaning(report);
        if (meaning)
            wn_markup(page, "\n<p>%s</p>", meaning);
        put_sentence(report, wn_sentence_depths, page);
    }
    for (size_t c = 0; report->data.column_note && c < report->data.columns;
         c++)
        if (strcmp(report->data.column_note[c], "predicts the label") == 0)
            wn_markup(page,
                      "\n<p class=\"note\">Column <strong>%s</strong> predicts "
                      "the label alone. Is it a copy of the label? Then leave "
                      "it out: ingest --ignore.</p>",
                      report->data.column_name[c]);
}

static void put_next(const struct wn_report *report, struct wn_text *page)
{
    struct wn_command command[WN_COMMANDS];
    const size_t count = wn_next_commands(report, command);

    wn_markup(page, "\n<dl class=\"commands\">");
    for (size_t c = 0; c < count; c++) {
        wn_markup(page, "<dt>%s</dt><dd><code>%s</code></dd>",
                  command[c].purpose, command[c].line);
        free(command[c].line);
    }
    wn_markup(page, "</dl>");
}

/* --- checks and columns -------------------------------------------------- */

static void put_checks(const struct wn_report *report, struct wn_text *page)
{
    static const char *const head[] = {"check", "#rows", "what it found", NULL};

    if (!report->checks)
        return;
    wn_table_open(page, NULL, "What the checks found", head);
    for (size_t c = 0; c < report->checks; c++) {
        const char *name = report->check_name[c];
        const int check = wn_check_find(name);

        if (!report->check_ran[c] && check >= 0 && wn_checks[check]->optional)
            continue;
        wn_markup(page, "\n<tr><th scope=\"row\">%s</th>", name);
        if (report->check_ran[c])
            wn_table_count(page, report->check_rows[c]);
        else
            wn_markup(page, "<td class=\"n\">-</td>");
        wn_markup(page, "<td>%s</td></tr>",
                  !report->check_ran[c] ? "was not run"
                  : !report->check_rows[c]
                      ? "nothing"
                      : wn_phrase_check_reason(report, name));
    }
    wn_table_close(page);
    put_sentence(report, wn_sentence_equal, page);
}

/* Bars side by side, the highest as high as the picture. */
static void put_shape(const double *height, size_t bars, const char *label,
                      struct wn_text *page)
{
    enum { WIDTH = 96, HEIGHT = 24 };
    const struct wn_plot plot = {.out = page};
    double most = 0;

    for (size_t b = 0; b < bars; b++)
        most = fmax(most, height[b]);
    wn_markup(page,
              "\n<svg class=\"plot shape\" viewBox=\"0 0 %d %d\" role=\"img\" "
              "aria-label=\"%s\">",
              WIDTH, HEIGHT, label);
    for (size_t b = 0; b < bars; b++) {
        const double width = (double)WIDTH / (double)bars;
        const double high = most > 0 ? HEIGHT * height[b] / most : 0;

        if (high > 0)
            wn_svg_rect(&plot, "a", width * (double)b + 0.5,
                        HEIGHT - fmax(1, high), fmax(1, width - 1),
                        fmax(1, high), NULL);
    }
    wn_markup(page, "</svg>");
}

/* A cell with a small histogram: of the numbers of some rows, or of the most
 * frequent values. */
static void put_histogram(const struct wn_report *report, size_t c,
                          struct wn_text *page)
{
    enum { BINS = 16, FEW = 10 };
    const struct wn_dataset *data = &report->data;
    double height[BINS] = {0};
    const double *value;
    size_t begin, end, bars = 0;
    const size_t count =
        report->shown ? wn_shown_sample(report->shown, c, &value) : 0;
    struct wn_text label = {0};

    wn_column_tops(data, c, &begin, &end);
    if (count >= FEW && value[0] < value[count - 1]) {
        char number[2][32];

        bars = BINS;
        for (size_t v = 0; v < count; v++) {
            const double share =
                (value[v] - value[0]) / (value[count - 1] - value[0]);

            height[share < 1 ? (size_t)(share * BINS) : BINS - 1]++;
        }
        wn_column_number(data, c, value[0], number[0]);
        wn_column_number(data, c, value[count - 1], number[1]);
        wn_text_format(&label, "Histogram of %zu rows, from %s to %s", count,
                       number[0], number[1]);
    } else if (end - begin > 1) {
        for (size_t t = begin; t < end && bars < BINS; t++)
            height[bars++] = (double)data->top_count[t];
        wn_text_format(&label, "Bars of the %zu most frequent values", bars);
    }
    wn_markup(page, "<td>");
    if (bars)
        put_shape(height, bars, label.bytes, page);
    wn_markup(page, "</td>");
    wn_text_free(&label);
}

static void put_column(const struct wn_report *report, size_t c,
                       struct wn_text *page)
{
    const struct wn_dataset *data = &report->data;
    const char *note = data->column_note ? data->column_note[c] : "";
    const double alone = data->column_alone ? data->column_alone[c] : NAN;
    struct wn_text values = {0};

    wn_phrase_values(data, c, true, &values);
    wn_markup(page, "\n<tr><th scope=\"row\">" WN_NAME "</th><td>%s</td>",
              data->column_name[c], data->column_kind[c]);
    wn_table_count(page, (size_t)data->column_missing[c]);
    wn_table_count(page, (size_t)data->column_invalid[c]);
    if (data->column_distinct[c])
        wn_markup(page, "<td class=\"n\">%s%llu</td>",
                  data->column_about && data->column_about[c] ? "~" : "",
                  (unsigned long long)data->column_distinct[c]);
    else
        wn_markup(page, "<td class=\"n\">-</td>");
    if (isnan(alone))
        wn_markup(page, "<td class=\"n\">-</td>");
    else
        wn_markup(page, "<td class=\"n\">%.0f %%</td>", fmax(0, 100 * alone));
    put_histogram(report, c, page);
    wn_markup(page, "<td class=\"text\">%.160s", wn_text_of(&values));
    wn_text_free(&values);
    if (*note)
        wn_markup(page, " <strong>%s</strong>", note);
    wn_markup(page, "</td></tr>");
}

static void put_columns(const struct wn_report *report, struct wn_text *page)
{
    static const char *const head[] = {"column",   "kind",      "#missing",
                                       "#invalid", "#distinct", "#alone",
                                       "shape",    "values",    NULL};
    const struct wn_dataset *data = &report->data;
    const size_t shown =
        data->columns < MOST_COLUMNS ? data->columns : MOST_COLUMNS;

    if (!shown)
        return;
    wn_markup(page, "\n<p>alone: how well the column by itself predicts the "
                    "label; 100 %% is always, 0 %% no better than the largest "
                    "class. shape: a histogram of up to 200 rows taken evenly, "
                    "from the smallest to the largest number, or of the most "
                    "frequent values. values: smallest, median, largest; or "
                    "the most frequent ones and their cells.</p>");
    wn_table_open(page, NULL, "Columns of the source", head);
    for (size_t c = 0; c < shown; c++)
        put_column(report, c, page);
    wn_table_close(page);
    if (shown < data->columns)
        wn_markup(page, "\n<p>And %zu more.</p>", data->columns - shown);
}

/* --- sets of equal rows -------------------------------------------------- */

static void put_sets(const struct wn_report *report, struct wn_text *page)
{
    enum { FEW = 20 };
    static const char *const head[] = {"#set",      "#stays", "other rows",
                                       "#distance", "labels", NULL};
    const struct wn_near_sets *sets = &report->near_sets;
    size_t count, mixed;
    size_t *begin = wn_near_sets_listed(report, &count, &mixed);

    if (count) {
        wn_markup(
            page,
            "\n<p>%zu %s of %zu rows, %zu with several labels, which come "
            "first here. prune --drop=duplicate,near_duplicate keeps one "
            "row of each, the one that stays.</p>",
            count, wn_plural(count, "set", "sets"), sets->rows, mixed);
        wn_table_open(page, NULL, "Sets of equal and nearly equal rows", head);
    }
    for (size_t s = 0; s < count && s < FEW; s++) {
        struct wn_text rows = {0}, labels = {0};
        const double distance =
            wn_near_set_say(report, begin[s], &rows, &labels);

        wn_markup(page,
                  "\n<tr><th scope=\"row\" class=\"n\">%d</th><td class=\"n\">"
                  "%lld</td><td>%s</td><td class=\"n\">%.4g</td><td>%s</td>"
                  "</tr>",
                  sets->set[begin[s]], (long long)sets->row[begin[s]],
                  wn_text_of(&rows), distance, wn_text_of(&labels));
        wn_text_free(&rows);
        wn_text_free(&labels);
    }
    if (count)
        wn_table_close(page);
    free(begin);
}

/* --- figures ------------------------------------------------------------- */

/* The figures of a section, as far as the audit has them. */
static void put_figures(const struct wn_report *report, const char *names,
                        struct wn_text *page)
{
    bool any = false;

    while (*names) {
        const size_t length = strcspn(names, " ");
        char *name = wn_copy_text(names, length);
        const struct wn_figure_kind *kind = wn_figure_find(name);
        struct wn_figure figure;

        free(name);
        names += length + (names[length] == ' ');
        if (wn_figure_make(&figure, kind, report, WN_FIGURE_ROWS)) {
            if (!any)
                wn_markup(page, "\n<div class=\"figures\">");
            any = true;
            wn_markup(page, "\n<figure>\n<h3>%s</h3>", kind->title);
            kind->draw(&figure, page, false);
            wn_markup(page, "<figcaption><strong>%.400s</strong> %s",
                      wn_text_of(&figure.says), kind->brief);
            if (figure.left_out)
                wn_markup(page, " %zu more are not shown.", figure.left_out);
            wn_markup(page, "\n<details><summary>The numbers as a table"
                            "</summary>");
            wn_figure_table(&figure, page);
            wn_markup(page, "</details></figcaption></figure>");
        }
        wn_figure_free(&figure);
    }
    if (any)
        wn_markup(page, "</div>");
}

/* --- provenance ---------------------------------------------------------- */

static void put_fact(struct wn_text *page, const char *name, const char *value)
{
    if (value)
        wn_markup(
            page,
            "\n<tr><th scope=\"row\">%s</th><td><code>%s</code></td></tr>",
            name, value);
}

static void put_provenance(const struct wn_report *report, struct wn_text *page)
{
    static const char *const head[] = {"fact", "value", NULL};
    static const char *const stage[] = {"ingest", "score", "flag"};
    enum { FILES = 20 };
    char size[64];

    wn_table_open(page, NULL, "Where these results come from", head);
    put_fact(page, "source", report->data.source);
    for (size_t f = 0; f < report->data.files && f < FILES; f++)
        put_fact(page, "file", report->data.file_name[f]);
    snprintf(size, sizeof size, "%llu bytes",
             (unsigned long long)report->data.source_size);
    put_fact(page, "size", size);
    put_fact(page, "digest (XXH3, 128 bits)", report->data.source_digest);
    put_fact(page, "label column", report->data.label_column);
    for (int s = WN_DATA; s <= WN_FLAGS; s++)
        if (report->origin[s].version) {
            struct wn_text text = {0};

            wn_text_format(&text, "%s: %s", report->origin[s].version,
                           report->origin[s].options ? report->origin[s].options
                                                     : "");
            put_fact(page, stage[s], text.bytes);
            wn_text_free(&text);
        }
    wn_table_close(page);
}

/* --- the page ------------------------------------------------------------ */

/* The sections in order: an identifier, the heading, and what is in it: a
 * function, or figures by name, or both. A section with nothing in it does not
 * appear. */
static const struct section {
    const char *id, *title;
    void (*put)(const struct wn_report *report, struct wn_text *page);
    const char *figures;
} sections[] = {
    {"short", "In short", put_short, NULL},
    {"changes", "What is new", wn_html_changes, NULL},
    {"nights", "Over the nights", wn_html_trend, "nights"},
    {"next", "What to do next", put_next, NULL},
    {"suspects", "Most suspicious rows", wn_html_suspects, NULL},
    {"labels", "How noisy the labels are", NULL,
     "suspicion classes matrix yield depth annotators splits groups"},
    {"people", "What people found", wn_html_decided, "verdicts"},
    {"kinds", "Kinds of rows", NULL, "kinds map"},
    {"models", "The models", NULL, "models reliability slices"},
    {"checks", "What the checks found", put_checks, NULL},
    {"sets", "Nearly equal rows", put_sets, NULL},
    {"columns", "The columns", put_columns, NULL},
    {"provenance", "Provenance", put_provenance, NULL}};
enum { SECTIONS = sizeof sections / sizeof *sections };

/* The head of the document, to the links to the sections. */
static void put_head(const struct wn_report *report, const bool *there,
                     struct wn_text *page)
{
    struct wn_text headline = {0}, source = {0};

    /* What fits on a tab of a browser. */
    wn_phrase_data_short(&source, wn_report_source(report));
    wn_sentence_headline(report, &headline);
    wn_markup(page,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>"
              "\n<meta charset=\"utf-8\">"
              "\n<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">"
              "\n<meta name=\"viewport\" content=\"width=device-width, "
              "initial-scale=1\">"
              "\n<meta name=\"color-scheme\" content=\"light dark\">"
              "<title>%s: audit of labels</title>",
              "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
              "base-uri 'none'; form-action 'none'",
              wn_text_of(&source));
    wn_text_free(&source);
    wn_text_format(page, "\n<style>%s</style>\n<style>%s</style>", wn_svg_style,
                   wn_page_style);
    wn_markup(
        page,
        "</head>\n<body><a href=\"#main\">Skip to the results</a>\n<header>"
        "\n<p class=\"kicker\">Audit of labels</p>\n<h1>%s</h1></header>"
        "\n<nav aria-label=\"Sections\">\n<ul>",
        wn_text_of(&headline));
    for (size_t s = 0; s < SECTIONS; s++)
        if (there[s])
            wn_markup(page, "\n<li><a href=\"#%s\">%s</a></li>", sections[s].id,
                      sections[s].title);
    wn_markup(page, "</ul></nav>");
    wn_text_free(&headline);
}

void wn_html_report(const struct wn_report *report, struct wn_text *out)
{
    struct wn_text body[SECTIONS] = {{0}};
    bool there[SECTIONS] = {false};

    /* First what is in the sections: an empty one has no heading. */
    for (size_t s = 0; s < SECTIONS; s++) {
        /* A history without an audit. */
        if (!report->data.n && sections[s].put != wn_html_trend)
            continue;
        if (sections[s].put)
            sections[s].put(report, &body[s]);
        if (sections[s].figures)
            put_figures(report, sections[s].figures, &body[s]);
        there[s] = body[s].length > 0;
    }
    put_head(report, there, out);
    wn_markup(out, "\n<main id=\"main\">");
    for (size_t s = 0; s < SECTIONS; s++) {
        if (!there[s])
            continue;
        wn_markup(out,
                  "\n<section id=\"%s\" aria-labelledby=\"h-%s\">"
                  "\n<h2 id=\"h-%s\">%s</h2>",
                  sections[s].id, sections[s].id, sections[s].id,
                  sections[s].title);
        wn_text_add(out, body[s].bytes, body[s].length);
        wn_text_format(out, "</section>");
        wn_text_free(&body[s]);
    }
    wn_markup(out,
              "</main>\n<footer>\n<p>This page needs no network and runs no "
              "script. Suspicions are probabilities, not verdicts: look "
              "at a row before you change its label.</p></footer></body>"
              "</html>\n");
}
