/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as Markdown, for a merge request or a wiki: headline, sentence,
 * suspects, classes, checks, commands. In data, everything that Markdown, its
 * GitHub and GitLab dialects or HTML inside it give a meaning is escaped. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page/figure.h"
#include "render/phrases.h"
#include "render/render.h"

/* Data within a line: visible, then escaped. A colon, or a dot after "www",
 * would make a link of what stands before it; @, #, !, $, %, ~ and ^ refer to
 * people, issues and the like, a % only where no blank follows. */
static void put_data(struct wn_text *out, const char *bytes, size_t length)
{
    struct wn_text safe = {0};

    wn_text_add_visible(&safe, bytes, length);
    for (size_t i = 0; i < safe.length; i++) {
        const char c = safe.bytes[i];
        const bool link =
            (c == ':' && strncmp(safe.bytes + i, "://", 3) == 0) ||
            (c == '.' && i >= 3 &&
             strncasecmp(safe.bytes + i - 3, "www", 3) == 0) ||
            (c == '%' && i + 1 < safe.length && safe.bytes[i + 1] != ' ');

        if (link || strchr("\\`*_[]<>|~&@#!$^", c))
            wn_text_add(out, "\\", 1);
        wn_text_add(out, &c, 1);
    }
    wn_text_free(&safe);
}

static void put_cell(struct wn_text *out, const char *text)
{
    wn_text_add(out, " ", 1);
    put_data(out, text, strlen(text));
    wn_text_add(out, " |", 2);
}

/* The head of a table; names of columns of numbers begin with '#'. */
static void put_table_head(struct wn_text *out, const char *title,
                           const char *const *head)
{
    wn_text_format(out, "\n### %s\n\n|", title);
    for (size_t c = 0; head[c]; c++)
        wn_text_format(out, " %s |", head[c] + (*head[c] == '#'));
    wn_text_format(out, "\n|");
    for (size_t c = 0; head[c]; c++)
        wn_text_format(out, " --%s |", *head[c] == '#' ? "-:" : "-");
    wn_text_add(out, "\n", 1);
}

static void put_suspects(const struct wn_report *report, struct wn_text *out)
{
    enum { TOP = 10 };
    const char *const head[] = {"#row",
                                report->data.id ? "id" : "given",
                                report->data.id ? "given" : "suggested",
                                report->data.id ? "suggested" : "#suspicion",
                                report->data.id ? "#suspicion" : "why",
                                report->data.id ? "why" : NULL,
                                NULL};
    size_t count;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FLAGGED, TOP, &count);

    if (count)
        put_table_head(out, "Most suspicious rows", head);
    for (size_t r = 0; r < count; r++) {
        const size_t i = (size_t)rows[r];
        struct wn_suspect suspect;
        size_t length = 0;
        const char *id = wn_report_id(report, i, &length);

        wn_suspect_make(report, i, &suspect);
        wn_text_format(out, "| %zu |", i);
        if (report->data.id) {
            wn_text_add(out, " ", 1);
            put_data(out, id, length);
            wn_text_add(out, " |", 2);
        }
        put_cell(out, wn_text_of(&suspect.given));
        put_cell(out, wn_text_of(&suspect.suggested));
        put_cell(out, suspect.suspicion);
        put_cell(out, wn_text_of(&suspect.why));
        wn_text_add(out, "\n", 1);
        wn_suspect_free(&suspect);
    }
    if (count < report->flagged_rows && report->rows == WN_ROWS_DEFAULT)
        wn_text_format(out,
                       "\n%zu of %zu rows with findings. row counts from "
                       "0.\n",
                       count, report->flagged_rows);
    free(rows);
}

/* The first rows of a figure, without columns of which nothing is known. */
static void put_figure(const struct wn_report *report, const char *name,
                       const char *title, struct wn_text *out)
{
    const struct wn_figure_kind *kind = wn_figure_find(name);
    const size_t numbers = wn_figure_numbers(kind);
    const char *head[WN_FIGURE_COLUMNS + 1] = {kind->head[0]};
    char number_head[WN_FIGURE_COLUMNS][32], value[32];
    bool known[WN_FIGURE_COLUMNS] = {false};
    struct wn_figure figure;
    size_t heads = 1, shown = 0;

    if (!wn_figure_make(&figure, kind, report, WN_MAX_CLASSES)) {
        wn_figure_free(&figure);
        return;
    }
    for (size_t c = 0; c < numbers; c++) {
        for (size_t r = 0; r < figure.rows; r++)
            known[c] |= !isnan(wn_figure_row(&figure, r)[c]);
        snprintf(number_head[c], sizeof number_head[c], "#%s",
                 kind->head[kind->names + c]);
        if (known[c])
            head[heads++] = number_head[c];
    }
    put_table_head(out, title, head);
    for (; shown < figure.rows; shown++) {
        wn_text_add(out, "|", 1);
        put_cell(out, wn_figure_name(&figure, shown, 0));
        for (size_t c = 0; c < numbers; c++) {
            wn_figure_show(kind, c, wn_figure_row(&figure, shown)[c], value);
            if (known[c])
                wn_text_format(out, " %s |", value);
        }
        wn_text_add(out, "\n", 1);
    }
    if (figure.left_out)
        wn_text_format(out, "\nAnd %zu more.\n", figure.left_out);
    wn_figure_free(&figure);
}

static void put_checks(const struct wn_report *report, struct wn_text *out)
{
    static const char *const head[] = {"check", "#rows", "what it found", NULL};

    if (!report->flagged_rows)
        return;
    put_table_head(out, "What the checks found", head);
    for (size_t c = 0; c < report->checks; c++)
        if (report->check_rows[c]) {
            wn_text_add(out, "|", 1);
            put_cell(out, report->check_name[c]);
            wn_text_format(out, " %zu |", report->check_rows[c]);
            put_cell(out,
                     wn_phrase_check_reason(report, report->check_name[c]));
            wn_text_add(out, "\n", 1);
        }
}

/* In a fence that is longer than any run of backticks inside. */
static void put_next(const struct wn_report *report, struct wn_text *out)
{
    struct wn_command command[WN_COMMANDS];
    const size_t count = wn_next_commands(report, command);
    struct wn_text block = {0};
    size_t fence = 3;

    for (size_t c = 0; c < count; c++) {
        wn_text_format(&block, "%s    # %s\n", command[c].line,
                       command[c].purpose);
        free(command[c].line);
    }
    for (const char *at = wn_text_of(&block); *at; at++) {
        const size_t run = strspn(at, "`");

        if (run >= fence)
            fence = run + 1;
        at += run ? run - 1 : 0;
    }
    wn_text_format(out, "\n### Next\n\n");
    for (size_t line = 0; line < 2; line++) {
        for (size_t tick = 0; tick < fence; tick++)
            wn_text_add(out, "`", 1);
        wn_text_add(out, line ? "\n" : "sh\n", line ? 1 : 3);
        if (!line)
            wn_text_add(out, wn_text_of(&block), block.length);
    }
    wn_text_free(&block);
}

void wn_markdown_report(const struct wn_report *report, struct wn_text *out)
{
    struct wn_text text = {0};

    wn_sentence_headline(report, &text);
    wn_text_format(out, "## ");
    put_data(out, wn_text_of(&text), text.length);
    wn_text_add(out, "\n", 1);
    text.length = 0;
    if (report->flagged) {
        if (report->label_bit) {
            wn_sentence_rate(report, &text);
            wn_text_add(out, "\n", 1);
            put_data(out, wn_text_of(&text), text.length);
            wn_text_add(out, "\n", 1);
        }
        put_suspects(report, out);
        put_figure(report, "classes", "Classes", out);
        put_figure(report, "annotators", "Annotators", out);
        put_checks(report, out);
    }
    put_figure(report, "slices", "Where the models are weak", out);
    wn_text_free(&text);
    put_next(report, out);
}
