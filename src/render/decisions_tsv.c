/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows to decide about, and rows that are decided, in the form that
 * flag --decisions reads; see winnow-decisions(5). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/decide.h"
#include "csv/csv.h"
#include "render/phrases.h"
#include "render/render.h"
#include "util/date.h"
#include "util/number.h"

const char *const wn_decision_columns[WN_DECISION_COLUMNS] = {
    "row",    "id",      "hash", "given", "suggested", "suspicion",
    "reason", "verdict", "who",  "when",  "note",      "stratum"};

/* The cell in the column called `name`, as it is. */
static void add_cell(const struct wn_report *report,
                     const struct wn_decision_line *line, const char *name,
                     struct wn_text *cell)
{
    const size_t i = line->row;
    const struct {
        const char *name, *text;
    } texts[] = {{"verdict", line->verdict},
                 {"who", line->who},
                 {"when", line->when},
                 {"note", line->note},
                 {"given", wn_report_class(report, report->data.label[i])}};
    size_t length = 0;

    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        if (strcmp(name, texts[t].name) == 0 && texts[t].text)
            wn_text_add_visible(cell, texts[t].text, strlen(texts[t].text));
    if (strcmp(name, "row") == 0) {
        wn_text_format(cell, "%zu", i);
    } else if (strcmp(name, "id") == 0) {
        const char *id = wn_report_id(report, i, &length);

        wn_text_add_visible(cell, id ? id : "", length);
    } else if (strcmp(name, "hash") == 0) {
        wn_text_format(cell, "h%016llx",
                       (unsigned long long)report->data.row_hash[i]);
    } else if (strcmp(name, "suggested") == 0) {
        const int32_t other = wn_report_other(report, i);

        if (other >= 0)
            wn_phrase_data(cell, wn_report_class(report, other));
    } else if (strcmp(name, "suspicion") == 0 && !isnan(line->suspicion)) {
        char number[32];

        wn_text_add(cell, number,
                    wn_number_format_float(line->suspicion, number));
    } else if (strcmp(name, "reason") == 0 && line->reason < report->reasons) {
        wn_text_format(cell, "%s",
                       wn_reason_words(report->reason_name[line->reason]));
    } else if (strcmp(name, "stratum") == 0 && line->planned &&
               report->decided.stratum) {
        wn_text_format(cell, "s%d", (int)report->decided.stratum[i]);
    }
}

void wn_decision_line_add(const struct wn_report *report,
                          const struct wn_decision_line *line,
                          const char *const *column, size_t columns,
                          struct wn_text *out)
{
    for (size_t c = 0; c < columns; c++) {
        struct wn_text cell = {0};

        add_cell(report, line, column[c], &cell);
        if (c)
            wn_text_add(out, "\t", 1);
        /* A spreadsheet would take the cell for a formula (CWE-1236). */
        const bool formula = report->spreadsheet && cell.length &&
                             memchr("=+-@\t\r", cell.bytes[0], 6);
        struct wn_text safe = {0};

        wn_text_format(&safe, "%s%s", formula ? "'" : "", wn_text_of(&cell));
        wn_field_write(out, wn_text_of(&safe), safe.length, '\t');
        wn_text_free(&safe);
        wn_text_free(&cell);
    }
}

void wn_decision_head_add(struct wn_text *out)
{
    for (size_t c = 0; c < WN_DECISION_COLUMNS; c++)
        wn_text_format(out, "%s%s", c ? "\t" : "", wn_decision_columns[c]);
}

void wn_decisions_tsv(const struct wn_report *report, const int64_t *rows,
                      size_t count, bool planned, struct wn_text *out)
{
    wn_decision_head_add(out);
    wn_text_add(out, "\n", 1);
    for (size_t r = 0; r < count; r++) {
        const size_t i = (size_t)rows[r];
        const struct wn_decision_line line = {
            .row = i,
            .suspicion = report->suspicion[i],
            .reason = report->reason ? report->reason[i] : report->reasons,
            .planned = planned};

        wn_decision_line_add(report, &line, wn_decision_columns,
                             WN_DECISION_COLUMNS, out);
        wn_text_add(out, "\n", 1);
    }
}

void wn_decided_tsv(const struct wn_report *report, double now,
                    struct wn_text *out)
{
    const struct wn_decided_rows *decided = &report->decided;

    wn_decision_head_add(out);
    wn_text_format(out, "\tdays\n");
    for (size_t d = 0; d < decided->count; d++) {
        const struct wn_decided_row *row = &decided->row[d];
        const char *when = decided->when[d];
        struct wn_text verdict = {0};
        struct wn_date date;

        wn_decision_add(report, row->decision, row->class, &verdict);
        wn_decision_line_add(
            report,
            &(struct wn_decision_line){.row = row->row,
                                       .suspicion = row->suspicion,
                                       .reason = row->reason,
                                       .verdict = wn_text_of(&verdict),
                                       .who = decided->who[d],
                                       .when = when,
                                       .note = decided->note[d],
                                       .planned = row->planned},
            wn_decision_columns, WN_DECISION_COLUMNS, out);
        wn_text_free(&verdict);
        if (wn_date_parse(when, strlen(when), WN_YEAR_FIRST, &date))
            wn_text_format(out, "\t%.0f\n",
                           floor((now - wn_date_instant(&date)) / 86400));
        else
            wn_text_format(out, "\t\n");
    }
}

void wn_decision_add(const struct wn_report *report, enum wn_decision decision,
                     int32_t class, struct wn_text *out)
{
    wn_text_format(out, "%s%s", wn_decision_word[decision],
                   decision == WN_SAID_RELABEL ? wn_report_class(report, class)
                                               : "");
}
