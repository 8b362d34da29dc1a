/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person should see of a row, in lines that fit. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check/decide.h"
#include "noise/verdicts.h"
#include "prog/review/review.h"
#include "render/grid.h"
#include "render/phrases.h"
#include "report/shown.h"

enum { SHOWN_CLASSES = 3, SHOWN_NEIGHBORS = 4 };

/* Add a paragraph: `text`, visible, in lines of at most `width` cells, the
 * first after `mark`, the others indented as far. A word that is too long goes
 * over the line end. */
static void say(struct wn_text *out, size_t width, const char *mark,
                const char *text)
{
    const size_t indent = strlen(mark);
    const size_t room = width > indent + 10 ? width - indent : 10;
    size_t length = strlen(text);

    while (length && text[length - 1] == ' ')
        length--;
    wn_text_format(out, "%s", mark);
    for (;;) {
        size_t keep = wn_cells_prefix(text, length, room);

        if (keep == 0 && length) /* a mark of no width too many */
            keep = 1;
        if (keep < length)
            for (size_t at = keep; at > 0; at--)
                if (text[at] == ' ') {
                    keep = at;
                    break;
                }
        wn_text_add(out, text, keep);
        wn_text_add(out, "\n", 1);
        while (keep < length && text[keep] == ' ')
            keep++;
        text += keep;
        length -= keep;
        if (!length)
            return;
        wn_text_format(out, "%*s", (int)indent, "");
    }
}

static void say_format(struct wn_text *out, size_t width, const char *mark,
                       const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same for formatted text. Data go in as "%s" of visible text. */
static void say_format(struct wn_text *out, size_t width, const char *mark,
                       const char *format, ...)
{
    char text[2000];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    say(out, width, mark, text);
}

/* Where the row is: "row 17, line 19, id A-17". */
static void add_place(const struct desk *desk, size_t i, struct wn_text *out)
{
    const struct wn_report *report = &desk->report;
    size_t length;
    const char *id = wn_report_id(report, i, &length);
    struct wn_text shown = {0};

    wn_text_format(out, "row %zu, %s ", i, wn_phrase_place(&report->data));
    wn_phrase_line(&report->data, i, out);
    if (!id)
        return;
    wn_text_add(&shown, id, (size_t)wn_text_shown(length));
    wn_text_format(out, ", id ");
    wn_phrase_data_short(out, wn_text_of(&shown));
    wn_text_free(&shown);
}

/* The labels, the suspicion, and what was found. */
static void put_findings(const struct desk *desk, size_t i, size_t width,
                         struct wn_text *out)
{
    const struct wn_report *report = &desk->report;
    const int32_t given = report->data.label[i];
    const int32_t other = wn_report_other(report, i);
    struct wn_text line = {0};
    char suspicion[16];

    wn_phrase_suspicion(report, i, suspicion);
    wn_text_format(&line, "Label: %s.",
                   given >= 0 ? wn_report_title(report, given) : "none");
    if (other >= 0)
        wn_text_format(&line, " %s: %s.",
                       report->suggestion[i] >= 0 ? "Suggested"
                                                  : "Likeliest other",
                       wn_report_title(report, other));
    wn_text_format(&line, " Suspicion: %s.", suspicion);
    say(out, width, "  ", wn_text_of(&line));
    say_format(
        out, width, "  ", "Proposed: %s%s%s.",
        report->action_name[report->action[i]], report->reason ? ", " : "",
        report->reason ? wn_reason_words(report->reason_name[report->reason[i]])
                       : "");
    for (size_t c = 0; c < report->checks && c < 32; c++)
        if (report->issue[i] >> c & 1 && report->label_bit != UINT32_C(1) << c)
            say_format(out, width, "  ", "Found: %s, %s.",
                       report->check_name[c],
                       wn_phrase_check_reason(report, report->check_name[c]));
    wn_text_free(&line);
}

/* The most probable classes and the given one. */
static void put_classes(const struct desk *desk, size_t i, size_t width,
                        struct wn_text *out)
{
    const struct wn_explanation *explanation = &desk->explanation;
    const int32_t given = desk->report.data.label[i];
    size_t widest = 0;

    if (!explanation->probability)
        return;
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < desk->report.data.k; r++) {
            enum { BAR = 20 };
            const int32_t c = explanation->by_probability[r];
            const double p = (double)explanation->probability[c];
            const char *name = wn_report_title(&desk->report, c);
            const size_t cells = wn_cells(name, strlen(name));
            const int bar =
                width >= 80 && !desk->plain ? (int)(p * BAR + .5) : 0;
            char number[24] = "";

            if (r < SHOWN_CLASSES || c == given) {
                widest = cells > widest ? cells : widest;
                if (desk->numbered)
                    snprintf(number, sizeof number, "%zu ", r + 1);
                if (pass)
                    say_format(out, width, "    ", "%s%s%*s  %.3f%s%.*s%s",
                               number, name, (int)(widest - cells), "", p,
                               bar ? "  " : "", bar, "####################",
                               c == given ? "  the given label" : "");
            }
        }
}

/* How many other rows have the same two labels, and what was said of them. */
static void put_similar(const struct desk *desk, size_t width,
                        struct wn_text *out)
{
    const struct wn_report *report = &desk->report;
    const size_t i = desk->item[desk->at].row;
    const int32_t given = report->data.label[i];
    const int32_t other = wn_report_other(report, i);
    size_t alike = 0, reviewed = 0, wrong = 0;

    if (given < 0 || other < 0)
        return;
    for (size_t t = 0; t < desk->items; t++) {
        const struct item *item = &desk->item[t];

        if (t == desk->at || report->data.label[item->row] != given ||
            wn_report_other(report, item->row) != other)
            continue;
        alike++;
        reviewed += wn_says_of_label(item->decision);
        wrong += wn_says_wrong(item->decision);
    }
    if (!alike)
        return;
    struct wn_text line = {0};

    wn_text_format(&line, "%zu other %s labelled %s and %s like %s", alike,
                   wn_plural(alike, "row here is", "rows here are"),
                   wn_report_title(report, given),
                   wn_plural(alike, "looks", "look"),
                   wn_report_title(report, other));
    if (reviewed)
        wn_text_format(&line, "; of %zu reviewed %zu %s wrong", reviewed, wrong,
                       wn_plural(wrong, "was", "were"));
    wn_text_add(&line, ".", 1);
    say(out, width, "  ", line.bytes);
    wn_text_free(&line);
}

/* --- cells --------------------------------------------------------------- */

/* A cell as one line of visible bytes. */
static void add_flat(const struct wn_cell *cell, struct wn_text *out)
{
    enum { MOST = 4000 }; /* bytes; a person reads no more of a text */
    const char *text = cell->text;
    size_t all = cell->length;
    struct wn_text flat = {0};

    wn_text_trim(&text, &all);
    const size_t length = all < MOST ? all : MOST;
    wn_text_add(&flat, text, length);
    for (size_t at = 0; at < length; at++)
        if (memchr("\t\n\r", flat.bytes[at], 3))
            flat.bytes[at] = ' ';
    wn_text_add_visible(out, wn_text_of(&flat), length);
    wn_text_format(out, "%s", length < all ? "..." : "");
    wn_text_free(&flat);
}

/* Texts of the row in full; in lines, its other cells beside those of the
 * nearest rows, too. */
static void put_cells(const struct desk *desk, size_t width,
                      struct wn_text *out)
{
    const struct wn_explanation *explanation = &desk->explanation;
    struct wn_shown *shown = desk->report.shown;
    const size_t row = desk->item[desk->at].row;
    const size_t near = explanation->neighbors < SHOWN_NEIGHBORS
                            ? explanation->neighbors
                            : SHOWN_NEIGHBORS;
    struct wn_row_cells own = {0}, others[SHOWN_NEIGHBORS] = {0};
    size_t count;

    if (!shown || desk->report.image.rows)
        return;
    wn_shown_fetch_near(shown, &(int64_t){(int64_t)row}, 1);
    if (!wn_shown_read(shown, row, &own))
        return;
    for (size_t m = 0; desk->plain && m < near; m++)
        if (!wn_shown_read(shown, (size_t)explanation->neighbor[m], &others[m]))
            wn_row_cells_free(&others[m]);
    size_t *column = wn_shown_choose(shown, row, &own, &count);

    for (size_t c = 0; c < count; c++) {
        const struct wn_cell *cell = &own.cell[column[c]];
        struct wn_text line = {0};

        if (!desk->plain && !wn_shown_is_text(shown, column[c]))
            continue;
        wn_phrase_data_short(&line, wn_shown_name(shown, column[c]));
        wn_text_format(&line, ": ");
        add_flat(cell, &line);
        for (size_t m = 0; m < near; m++) {
            struct wn_text other = {0};

            if (!others[m].count || wn_shown_is_text(shown, column[c]))
                continue;
            add_flat(&others[m].cell[column[c]], &other);
            wn_text_format(&line, "%s%s%s", m ? ", " : "; nearest ",
                           wn_text_of(&other),
                           wn_shown_differ(shown, column[c], cell,
                                           &others[m].cell[column[c]])
                               ? " (differs)"
                               : "");
            wn_text_free(&other);
        }
        say(out, width, "  ", line.bytes);
        wn_text_free(&line);
    }
    for (size_t m = 0; m < near; m++)
        wn_row_cells_free(&others[m]);
    wn_row_cells_free(&own);
    free(column);
}

/* The nearest rows: in lines, or a table with cells. */
static void put_nearest(const struct desk *desk, size_t width,
                        struct wn_text *out)
{
    struct wn_explanation explanation = desk->explanation;
    struct wn_text line = {0};

    if (review_pictures(desk, width, out))
        return;
    if (explanation.neighbors > SHOWN_NEIGHBORS)
        explanation.neighbors = SHOWN_NEIGHBORS;
    if (!desk->plain) {
        wn_text_nearest(&desk->report, &explanation, out);
        return;
    }
    for (size_t m = 0; m < explanation.neighbors; m++) {
        const size_t i = (size_t)explanation.neighbor[m];

        wn_text_format(
            &line, "%srow %zu is %s", m ? "; " : "Nearest: ", i,
            wn_report_title(&desk->report, desk->report.data.label[i]));
    }
    if (line.length) {
        wn_text_add(&line, ".", 1);
        say(out, width, "  ", line.bytes);
    }
    wn_text_free(&line);
    wn_text_cells_reason(&desk->report, out);
}

void review_page(const struct desk *desk, size_t width, struct wn_text *out)
{
    const struct item *item = &desk->item[desk->at];
    struct wn_text line = {0};

    wn_width_set(width);
    review_progress(desk, &line);
    wn_text_format(&line, "; ");
    add_place(desk, item->row, &line);
    say(out, width, "", line.bytes);
    wn_text_free(&line);
    if (item->decision != WN_UNDECIDED) {
        struct wn_text verdict = {0};

        wn_decision_add(&desk->report, item->decision, item->class, &line);
        wn_text_add_visible(&verdict, line.bytes, line.length);
        say_format(out, width, "  ", "Your verdict: %s.", verdict.bytes);
        wn_text_free(&verdict);
        wn_text_free(&line);
    }
    if (item->note && *item->note) {
        wn_text_format(&line, "Your note: ");
        wn_phrase_data(&line, item->note);
        say(out, width, "  ", line.bytes);
        wn_text_free(&line);
    }
    put_findings(desk, item->row, width, out);
    put_cells(desk, width, out);
    wn_explain_sentences(&desk->report, &desk->explanation, &line);
    if (line.length)
        say(out, width, "  ", line.bytes);
    wn_text_free(&line);
    put_similar(desk, width, out);
    put_classes(desk, item->row, width, out);
    put_nearest(desk, width, out);
}

void review_help(const struct desk *desk, size_t width, struct wn_text *out)
{
    for (const struct command *c = review_commands; c->name; c++) {
        char mark[40];

        snprintf(mark, sizeof mark, "  %c  %-9s ", c->letter, c->name);
        say(out, width, mark, c->help);
    }
    say_format(out, width, "",
               "A class is named by its name%s, or by its "
               "beginning; nothing means the class that is suggested.",
               desk->numbered ? ", by its number on the page" : "");
    if (!desk->plain)
        say(out, width, "",
            "The arrows and Page Down show the rest of a long page; Escape "
            "leaves a question.");
}

void review_summary(const struct desk *desk, size_t width, struct wn_text *out)
{
    const struct wn_report *report = &desk->report;
    size_t said[WN_DECISION_KINDS] = {0}, suspects = 0, wrong = 0, open;
    struct wn_text line = {0};

    for (size_t t = 0; t < desk->items; t++) {
        const struct item *item = &desk->item[t];

        said[item->decision]++;
        if (report->issue[item->row] & report->label_bit) {
            suspects += wn_says_of_label(item->decision);
            wrong += wn_says_wrong(item->decision);
        }
    }
    open = said[WN_UNDECIDED];
    wn_text_format(&line, "%zu of %zu rows have a verdict", desk->items - open,
                   desk->items);
    for (int d = WN_SAID_OK; d < WN_DECISION_KINDS; d++)
        if (said[d])
            wn_text_format(&line, ", %zu %.*s", said[d],
                           (int)strcspn(wn_decision_word[d], ":"),
                           wn_decision_word[d]);
    wn_text_add(&line, ".", 1);
    say(out, width, "", line.bytes);
    wn_text_free(&line);
    if (suspects) {
        double low, high;

        wn_share_interval(wrong, suspects, 0.95, &low, &high);
        say_format(out, width, "",
                   "Of %zu reviewed label suspects %zu were wrong: %.0f %%, "
                   "%.0f-%.0f.",
                   suspects, wrong, 100 * (double)wrong / (double)suspects,
                   100 * low, 100 * high);
    }
    if (open == desk->items)
        return;
    struct wn_text option = {0};
    char *command;

    wn_text_format(&option, " -i --decisions=");
    wn_text_add_shell(&option, desk->journal.path, strlen(desk->journal.path));
    wn_text_format(out, "Next:\n");
    command = wn_sibling_command(report, "flag", option.bytes, "", NULL);
    wn_text_format(out, "  %s\n", command);
    free(command);
    command = wn_sibling_command(report, "report", "", "", NULL);
    wn_text_format(out, "  %s\n", command);
    free(command);
    wn_text_free(&option);
    if (desk->elsewhere)
        say_format(out, width, "",
                   "The audit has %zu %s from other files: name these files "
                   "to flag, too, before this one.",
                   desk->elsewhere,
                   wn_plural(desk->elsewhere, "verdict", "verdicts"));
}
