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

static const char columns[] = "row\tid\thash\tgiven\tsuggested\tsuspicion\t"
                              "reason\tverdict\twho\twhen\tnote\tstratum";

/* A tab and a cell of data. */
static void put_cell(const struct wn_report *report, const char *bytes,
                     size_t length, struct wn_text *out)
{
    struct wn_text cell = {0};

    /* A spreadsheet would take the cell for a formula (CWE-1236). */
    if (report->spreadsheet && length && memchr("=+-@\t\r", bytes[0], 6))
        wn_text_add(&cell, "'", 1);
    wn_text_add_visible(&cell, bytes, length);
    wn_text_add(out, "\t", 1);
    wn_field_write(out, wn_text_of(&cell), cell.length, '\t');
    wn_text_free(&cell);
}

static void put_text(const struct wn_report *report, const char *text,
                     struct wn_text *out)
{
    put_cell(report, text ? text : "", text ? strlen(text) : 0, out);
}

/* The cells from `row` to `reason`. */
static void put_context(const struct wn_report *report, size_t i,
                        float suspicion, size_t reason, struct wn_text *out)
{
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    int32_t other = report->suggestion[i];
    char number[32];

    if (other < 0 && report->rival)
        other = report->rival[i];
    wn_text_format(out, "%zu", i);
    put_cell(report, id ? id : "", length, out);
    wn_text_format(out, "\th%016llx",
                   (unsigned long long)report->data.row_hash[i]);
    put_text(report, wn_report_class(report, report->data.label[i]), out);
    put_text(report, wn_report_class(report, other), out);
    wn_number_format_float(suspicion, number);
    wn_text_format(out, "\t%s", isnan(suspicion) ? "" : number);
    put_text(report,
             reason < report->reasons
                 ? wn_reason_words(report->reason_name[reason])
                 : "",
             out);
}

void wn_decisions_tsv(const struct wn_report *report, const int64_t *rows,
                      size_t count, bool planned, struct wn_text *out)
{
    wn_text_format(out, "%s\n", columns);
    for (size_t r = 0; r < count; r++) {
        const size_t i = (size_t)rows[r];

        put_context(report, i, report->suspicion[i],
                    report->reason ? report->reason[i] : report->reasons, out);
        wn_text_format(out, "\t\t\t\t\t"); /* verdict, who, when, note */
        if (planned)
            wn_text_format(out, "s%d", (int)report->decided.stratum[i]);
        wn_text_format(out, "\n");
    }
}

void wn_decided_tsv(const struct wn_report *report, double now,
                    struct wn_text *out)
{
    const struct wn_decided_rows *decided = &report->decided;

    wn_text_format(out, "%s\tdays\n", columns);
    for (size_t d = 0; d < decided->count; d++) {
        const struct wn_decided_row *row = &decided->row[d];
        const char *when = decided->when[d];
        struct wn_text text = {0};
        struct wn_date date;

        wn_text_format(&text, "%s%s", wn_decision_word[row->decision],
                       row->decision == WN_SAID_RELABEL
                           ? wn_report_class(report, row->class)
                           : "");
        put_context(report, row->row, row->suspicion, row->reason, out);
        put_cell(report, text.bytes, text.length, out);
        wn_text_free(&text);
        put_text(report, decided->who[d], out);
        put_text(report, when, out);
        put_text(report, decided->note[d], out);
        if (row->planned && decided->stratum)
            wn_text_format(out, "\ts%d", (int)decided->stratum[row->row]);
        else
            wn_text_format(out, "\t");
        if (wn_date_parse(when, strlen(when), WN_YEAR_FIRST, &date))
            wn_text_format(out, "\t%.0f\n",
                           floor((now - wn_date_instant(&date)) / 86400));
        else
            wn_text_format(out, "\t\n");
    }
}
