/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables: a head line, then a line per row, most suspicious first; or, with
 * --columns, a line per column of the source. An unknown number is an empty
 * cell.
 *
 *   TSV  in data, TAB, line feed, carriage return and backslash become \t, \n,
 *        \r and \\, other controls \xNN
 *   CSV  RFC 4180: cells in quotes where they need them, lines end with CR LF;
 *        controls but TAB, line feed and carriage return become \xNN */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "render/render.h"
#include "report/shown.h"
#include "report/slices.h"
#include "select/select.h"
#include "util/number.h"

/* A table that is being written. */
struct sheet {
    const struct wn_report *report;
    char delimiter; /* ',' means CSV */
    bool inside;    /* the line has a cell */
    struct wn_text *out;
    struct wn_text cell; /* scratch */
};

static void end_line(struct sheet *sheet)
{
    wn_text_format(sheet->out, sheet->delimiter == ',' ? "\r\n" : "\n");
    sheet->inside = false;
}

/* Append data in the form of the table, without its quotes. */
static void add_bytes(const struct sheet *sheet, const char *bytes,
                      size_t length, struct wn_text *out)
{
    static const char special[] = "\t\n\r\\";

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
        if (sheet->delimiter == ',')
            wn_text_add(out, found, 1);
        else
            wn_text_format(out, "\\%c", "tnr\\"[found - special]);
    }
}

/* The next cell of the line. */
static void put_bytes(struct sheet *sheet, const char *bytes, size_t length)
{
    struct wn_text *cell = &sheet->cell;

    if (sheet->inside)
        wn_text_add(sheet->out, &sheet->delimiter, 1);
    sheet->inside = true;
    cell->length = 0;
    /* A spreadsheet would take the cell for a formula (CWE-1236). */
    if (sheet->report->spreadsheet && length && memchr("=+-@\t\r", bytes[0], 6))
        wn_text_add(cell, "'", 1);
    add_bytes(sheet, bytes, length, cell);
    if (sheet->delimiter == ',')
        wn_field_write(sheet->out, wn_text_of(cell), cell->length, ',');
    else
        wn_text_add(sheet->out, wn_text_of(cell), cell->length);
}

/* The same for a text; none for NULL. */
static void put_text(struct sheet *sheet, const char *text)
{
    put_bytes(sheet, text ? text : "", text ? strlen(text) : 0);
}

/* A number that winnow computed: no formula. */
static void put_number(struct sheet *sheet, const char *number)
{
    if (sheet->inside)
        wn_text_add(sheet->out, &sheet->delimiter, 1);
    wn_text_add(sheet->out, number, strlen(number));
    sheet->inside = true;
}

/* --- columns ------------------------------------------------------------- */

static void put_count(struct sheet *sheet, uint64_t count)
{
    char text[32];

    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    put_number(sheet, text);
}

/* A number of column c of the source. */
static void put_column_number(struct sheet *sheet, size_t c,
                              const double *value)
{
    char text[32];

    wn_column_number(&sheet->report->data, c, value ? value[c] : NAN, text);
    put_number(sheet, text);
}

static void put_columns(struct sheet *sheet)
{
    static const char *const head[] = {
        "column", "kind",   "missing",        "invalid", "distinct", "min",
        "max",    "median", "distinct_about", "alone",   "note",     "top"};
    const struct wn_dataset *data = &sheet->report->data;

    for (size_t h = 0; h < sizeof head / sizeof *head; h++)
        put_text(sheet, head[h]);
    end_line(sheet);
    for (size_t c = 0; c < data->columns; c++) {
        struct wn_text tops = {0};
        char alone[32] = "";
        size_t begin, end;

        if (data->column_alone && !isnan(data->column_alone[c]))
            snprintf(alone, sizeof alone, "%.4f", data->column_alone[c]);
        put_text(sheet, data->column_name[c]);
        put_text(sheet, data->column_kind[c]);
        put_count(sheet, data->column_missing[c]);
        put_count(sheet, data->column_invalid[c]);
        put_count(sheet, data->column_distinct[c]);
        put_column_number(sheet, c, data->column_min);
        put_column_number(sheet, c, data->column_max);
        put_column_number(sheet, c, data->column_median);
        put_count(sheet, data->column_about && data->column_about[c]);
        put_number(sheet, alone);
        put_text(sheet, data->column_note ? data->column_note[c] : "");
        wn_column_tops(data, c, &begin, &end);
        for (size_t t = begin; t < end; t++)
            wn_text_format(&tops, "%s%s %llu", t > begin ? ", " : "",
                           data->top_value[t],
                           (unsigned long long)data->top_count[t]);
        put_bytes(sheet, wn_text_of(&tops), tops.length);
        wn_text_free(&tops);
        end_line(sheet);
    }
}

/* --- slices -------------------------------------------------------------- */

static void put_slices(struct sheet *sheet)
{
    static const char *const head[] = {
        "column",       "value",         "rows",       "accuracy",
        "accuracy_low", "accuracy_high", "lift",       "p",
        "wrong_share",  "wrong_low",     "wrong_high", "weak"};
    const struct wn_slices *slices = sheet->report->slices;

    for (size_t h = 0; h < sizeof head / sizeof *head; h++)
        put_text(sheet, head[h]);
    end_line(sheet);
    for (size_t s = 0; s < slices->count; s++) {
        const struct wn_slice *slice = &slices->slice[s];
        const double number[] = {
            slice->accuracy, slice->low,   slice->high,      slice->lift,
            slice->p,        slice->wrong, slice->wrong_low, slice->wrong_high};

        put_text(sheet, slice->column);
        put_text(sheet, slice->value);
        put_count(sheet, slice->rows);
        for (size_t v = 0; v < sizeof number / sizeof *number; v++) {
            char text[32] = "";

            if (!isnan(number[v]))
                wn_number_format(number[v], text);
            put_number(sheet, text);
        }
        put_count(sheet, slice->weak);
        end_line(sheet);
    }
}

/* --- rows ---------------------------------------------------------------- */

/* The fields of a table, when nobody chose them. */
static void usual_fields(const struct wn_report *report,
                         struct wn_row_fields *fields)
{
    static const char usual[] = "rank,row,line,id,hash,given,rival,suggested,"
                                "suspicion,quality,action,kind,issues,agree";

    wn_row_fields_usual(fields, report, usual);
    if (report->data.cleanings)
        wn_row_fields_usual(fields, report, "rules");
    if (report->against)
        wn_row_fields_usual(fields, report, "change");
    if (report->in_set)
        wn_row_fields_usual(fields, report, "near_set,near_row,near_distance");
    wn_row_fields_usual(fields, report, "scores,record");
    if (report->data.file_name)
        wn_row_fields_usual(fields, report, "file");
}

static void put_rows(struct sheet *sheet)
{
    const struct wn_report *report = sheet->report;
    struct wn_row_fields usual = {0};
    const struct wn_row_fields *fields = report->fields;
    const size_t *column = NULL;
    const size_t columns =
        report->shown ? wn_shown_columns(report->shown, &column) : 0;
    struct wn_row_cells cells = {0};
    struct wn_text value = {0};
    size_t count, known = 0;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FIRST, SIZE_MAX, &count);

    if (!fields) {
        usual_fields(report, &usual);
        fields = &usual;
    }
    for (size_t f = 0; f < fields->count; f++)
        put_text(sheet, fields->field[f].name);
    for (size_t c = 0; c < columns; c++) {
        value.length = 0;
        wn_text_format(&value, "cell.%s",
                       wn_shown_name(report->shown, column[c]));
        put_bytes(sheet, value.bytes, value.length);
    }
    end_line(sheet);
    for (size_t r = 0; r < count; r++) {
        for (size_t f = 0; f < fields->count; f++) {
            value.length = 0;
            wn_row_field_text(&fields->field[f], report, (size_t)rows[r],
                              &value);
            if (fields->field[f].text)
                put_bytes(sheet, wn_text_of(&value), value.length);
            else
                put_number(sheet, value.length ? value.bytes : "");
        }
        if (columns && r == known)
            known += wn_shown_fetch(report->shown, rows + r, count - r);
        if (columns)
            wn_shown_read(report->shown, (size_t)rows[r], &cells);
        for (size_t c = 0; c < columns; c++)
            put_bytes(sheet, cells.count ? cells.cell[column[c]].text : "",
                      cells.count ? cells.cell[column[c]].length : 0);
        end_line(sheet);
        wn_report_drain(report, sheet->out);
    }
    wn_row_cells_free(&cells);
    wn_text_free(&value);
    wn_row_fields_free(&usual);
    free(rows);
}

static void put_sheet(const struct wn_report *report, char delimiter,
                      struct wn_text *out)
{
    struct sheet sheet = {.report = report, .delimiter = delimiter, .out = out};

    if (report->columns)
        put_columns(&sheet);
    else if (report->slices)
        put_slices(&sheet);
    else
        put_rows(&sheet);
    wn_text_free(&sheet.cell);
}

void wn_tsv_report(const struct wn_report *report, struct wn_text *out)
{
    put_sheet(report, '\t', out);
}

void wn_csv_report(const struct wn_report *report, struct wn_text *out)
{
    put_sheet(report, ',', out);
}

void wn_origin_list(const struct wn_report *report, struct wn_text *out)
{
    static const char *const stage[] = {"ingest", "score", "flag"};

    for (int s = WN_DATA; s <= WN_FLAGS; s++) {
        const char *at = report->origin[s].options;

        while (at && *at) {
            const size_t size = strcspn(at, " "), name = strcspn(at, "= ");

            wn_text_format(out, "%s %.*s ", stage[s - WN_DATA], (int)name, at);
            wn_text_add_visible(out, at + name + (name < size),
                                size - name - (name < size));
            wn_text_add(out, "\n", 1);
            at += size + (at[size] == ' ');
        }
    }
    if (report->previous) {
        wn_text_format(out, "flag previous ");
        wn_text_add_visible(out, report->previous, strlen(report->previous));
        wn_text_add(out, "\n", 1);
    }
    if (report->decided.count)
        wn_text_format(out, "flag decisions %zu\n", report->decided.count);
}
