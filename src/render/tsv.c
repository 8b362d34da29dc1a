/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tab-separated values: a head line, then a line per row, most suspicious
 * first; or, with --columns, a line per column of the source. In data, TAB,
 * line feed, carriage return and backslash become \t, \n, \r and \\, other
 * controls \xNN. An unknown number is an empty cell. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/phrases.h"
#include "render/render.h"
#include "report/shown.h"
#include "util/number.h"

static void put_bytes(const struct wn_report *report, const char *bytes,
                      size_t length, struct wn_text *out)
{
    static const char special[] = "\t\n\r\\";

    /* A spreadsheet would take the cell for a formula (CWE-1236). */
    if (report->spreadsheet && length && memchr("=+-@\t\r", bytes[0], 6))
        wn_text_add(out, "'", 1);
    for (size_t at = 0; at < length;) {
        size_t size = 0;

        while (at + size < length &&
               !memchr(special, bytes[at + size], sizeof special - 1))
            size++;
        wn_text_add_visible(out, bytes + at, size);
        at += size;
        if (at == length)
            return;
        const char *const found = memchr(special, bytes[at++], 4);
        wn_text_format(out, "\\%c", "tnr\\"[found - special]);
    }
}

/* A tab and a text; no text for NULL. */
static void put_text(const struct wn_report *report, const char *text,
                     struct wn_text *out)
{
    wn_text_add(out, "\t", 1);
    if (text)
        put_bytes(report, text, strlen(text), out);
}

/* The same of a growing text, which is emptied. */
static void put_list(const struct wn_report *report, struct wn_text *list,
                     struct wn_text *out)
{
    put_text(report, list->length ? list->bytes : "", out);
    list->length = 0;
}

static void put_float(float value, struct wn_text *out)
{
    char text[32];

    wn_text_add(out, "\t", 1);
    if (!isnan(value))
        wn_text_add(out, text, wn_number_format_float(value, text));
}

static void put_row(const struct wn_report *report, size_t i,
                    struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text list = {0};
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    if (report->flagged)
        wn_text_format(out, "%zu", report->rank[i]);
    wn_text_format(out, "\t%zu\t%llu\t", i,
                   (unsigned long long)data->row_line[i]);
    if (id)
        put_bytes(report, id, length, out);
    wn_text_format(out, "\t%016llx", (unsigned long long)data->row_hash[i]);
    put_text(report, wn_report_class(report, data->label[i]), out);
    put_text(report,
             report->rival ? wn_report_class(report, report->rival[i]) : NULL,
             out);
    if (report->flagged) {
        put_text(report, wn_report_class(report, report->suggestion[i]), out);
        put_float(report->suspicion[i], out);
        put_float(report->quality ? report->quality[i] : NAN, out);
        put_text(report, report->action_name[report->action[i]], out);
        put_text(report, wn_report_kind(report, i), out);
        wn_phrase_issues(report, i, ",", &list);
        put_list(report, &list, out);
        for (size_t s = 0; s < report->scores; s++)
            if (wn_score_agrees(report, s, i))
                wn_text_format(&list, "%s%s", list.length ? "," : "",
                               report->score[s].name);
        put_list(report, &list, out);
    } else {
        wn_text_format(out, "\t\t\t\t\t\t\t");
    }
    if (data->cleanings) {
        wn_report_broken_rules(report, i, &list);
        put_list(report, &list, out);
    }
    wn_text_free(&list);
    if (report->against)
        put_text(report, wn_change_names[report->against->change[i]], out);
    if (report->in_set) {
        const int64_t m = report->in_set[i];

        if (m >= 0)
            wn_text_format(out, "\t%d\t%lld", report->near_sets.set[m],
                           (long long)report->near_sets.partner[m]);
        else
            wn_text_format(out, "\t\t");
        put_float(m >= 0 ? report->near_sets.distance[m] : NAN, out);
    }
    for (size_t s = 0; s < report->scores; s++) {
        put_float(report->score[s].value[i], out);
        if (report->score[s].spread)
            put_float(report->score[s].spread[i], out);
    }
}

static void put_number(const struct wn_dataset *data, size_t column,
                       const double *value, struct wn_text *out)
{
    char text[32];

    wn_column_number(data, column, value ? value[column] : NAN, text);
    wn_text_format(out, "\t%s", text);
}

void wn_tsv_report(const struct wn_report *report, struct wn_text *out)
{
    const size_t *column = NULL;
    const size_t columns =
        report->shown ? wn_shown_columns(report->shown, &column) : 0;
    struct wn_row_cells cells = {0};
    size_t count, known = 0;
    int64_t *rows;

    if (report->columns) {
        const struct wn_dataset *data = &report->data;

        wn_text_format(out, "column\tkind\tmissing\tinvalid\tdistinct\tmin\t"
                            "max\tmedian\tdistinct_about\talone\tnote\ttop\n");
        for (size_t c = 0; c < data->columns; c++) {
            struct wn_text tops = {0};
            char alone[32] = "";
            size_t begin, end;

            if (data->column_alone && !isnan(data->column_alone[c]))
                snprintf(alone, sizeof alone, "%.4f", data->column_alone[c]);
            put_bytes(report, data->column_name[c],
                      strlen(data->column_name[c]), out);
            put_text(report, data->column_kind[c], out);
            wn_text_format(out, "\t%llu\t%llu\t%llu",
                           (unsigned long long)data->column_missing[c],
                           (unsigned long long)data->column_invalid[c],
                           (unsigned long long)data->column_distinct[c]);
            put_number(data, c, data->column_min, out);
            put_number(data, c, data->column_max, out);
            put_number(data, c, data->column_median, out);
            wn_text_format(out, "\t%d\t%s",
                           data->column_about && data->column_about[c], alone);
            put_text(report, data->column_note ? data->column_note[c] : "",
                     out);
            wn_column_tops(data, c, &begin, &end);
            for (size_t t = begin; t < end; t++)
                wn_text_format(&tops, "%s%s %llu", t > begin ? ", " : "",
                               data->top_value[t],
                               (unsigned long long)data->top_count[t]);
            put_list(report, &tops, out);
            wn_text_free(&tops);
            wn_text_add(out, "\n", 1);
        }
        return;
    }
    wn_text_format(out,
                   "rank\trow\tline\tid\thash\tgiven\trival\tsuggested\t"
                   "suspicion\tquality\taction\tkind\tissues\tagree%s%s%s",
                   report->data.cleanings ? "\trules" : "",
                   report->against ? "\tchange" : "",
                   report->in_set ? "\tnear_set\tnear_row\tnear_distance" : "");
    for (size_t s = 0; s < report->scores; s++) {
        put_text(report, report->score[s].name, out);
        if (!report->score[s].spread)
            continue;
        put_text(report, report->score[s].name, out);
        wn_text_format(out, "_std");
    }
    for (size_t c = 0; c < columns; c++) {
        struct wn_text name = {0};

        wn_text_format(&name, "cell.%s",
                       wn_shown_name(report->shown, column[c]));
        put_list(report, &name, out);
        wn_text_free(&name);
    }
    wn_text_add(out, "\n", 1);
    rows = wn_report_rows(report, WN_ROWS_FIRST, SIZE_MAX, &count);
    for (size_t r = 0; r < count; r++) {
        put_row(report, (size_t)rows[r], out);
        if (columns && r == known)
            known += wn_shown_fetch(report->shown, rows + r, count - r);
        if (columns)
            wn_shown_read(report->shown, (size_t)rows[r], &cells);
        for (size_t c = 0; c < columns; c++) {
            wn_text_add(out, "\t", 1);
            if (cells.count)
                put_bytes(report, cells.cell[column[c]].text,
                          cells.cell[column[c]].length, out);
        }
        wn_text_add(out, "\n", 1);
    }
    wn_row_cells_free(&cells);
    free(rows);
}
