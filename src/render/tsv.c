/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tab-separated values: a head line, then a line per row, most suspicious
 * first; or, with --columns, a line per column of the source. TAB, line feed,
 * carriage return, other controls and backslash in data are \t, \n, \r, \xNN
 * and \\; a number that is not there is an empty cell. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/column_table.h"
#include "report/report.h"
#include "render/cleaning_text.h"
#include "render/phrases.h"
#include "util/number.h"

/* A cell that a spreadsheet would take for a formula (CWE-1236). */
static bool formula(const char *bytes, size_t length)
{
    return length && memchr("=+-@\t\r", bytes[0], 6);
}

static int put_bytes(const struct wn_report *report, const char *bytes,
                     size_t length, struct wn_text *out)
{
    if (report->spreadsheet && formula(bytes, length) &&
        wn_text_add(out, "'", 1))
        return -1;
    for (size_t at = 0; at < length;) {
        static const char plain[] = "\t\n\r\\";
        size_t size = 0;

        while (at + size < length &&
               !memchr(plain, bytes[at + size], sizeof plain - 1))
            size++;
        wn_text_add_visible(out, bytes + at, size);
        at += size;
        if (at == length)
            return 0;
        const char *const found = memchr(plain, bytes[at++], 4);
        wn_text_format(out, "\\%c", "tnr\\"[found - plain]);
    }
    return 0;
}

static int put_text(const struct wn_report *report, const char *text,
                    struct wn_text *out)
{
    wn_text_add(out, "\t", 1);
    return text ? put_bytes(report, text, strlen(text), out) : 0;
}

static int put_float(float value, struct wn_text *out)
{
    char text[32];

    wn_text_add(out, "\t", 1);
    if (isnan(value))
        return 0;
    wn_text_add(out, text, wn_number_format_float(value, text));
    return 0;
}

static int tsv_put_head(const struct wn_report *report, struct wn_text *out)
{
    wn_text_format(out,
                   "rank\trow\tline\tid\thash\tgiven\trival\tsuggested\t"
                   "suspicion\tquality\taction\tissues\tagree%s%s",
                   report->data.cleanings ? "\trules" : "",
                   report->against ? "\tchange" : "");
    for (size_t s = 0; s < report->scores; s++)
        if (put_text(report, report->score[s].name, out) ||
            (report->score[s].spread &&
             (put_text(report, report->score[s].name, out) ||
              wn_text_format(out, "_std"))))
            return -1;
    wn_text_add(out, "\n", 1);
    return 0;
}

static int put_list(const struct wn_report *report, const struct wn_text *list,
                    struct wn_text *out)
{
    return put_text(report, wn_text_of(list), out);
}

/* The names of the scores that agree, separated by commas. */
static int list_scores(const struct wn_report *report, size_t i,
                       struct wn_text *list)
{
    for (size_t s = 0; s < report->scores; s++)
        if (wn_score_agrees(report, s, i) &&
            wn_text_format(list, "%s%s", list->length ? "," : "",
                           report->score[s].name))
            return -1;
    return 0;
}

static int tsv_put_flags(const struct wn_report *report, size_t i,
                         struct wn_text *out)
{
    struct wn_text issues = {0}, agree = {0};
    int status = -1;

    if (!report->flagged) {
        wn_text_format(out, "\t\t\t\t\t\t");
        return 0;
    }
    if (wn_phrase_issues(report, i, ",", &issues) ||
        list_scores(report, i, &agree) ||
        put_text(report, wn_report_class(report, report->suggestion[i]), out) ||
        put_float(report->suspicion[i], out) ||
        put_float(report->quality ? report->quality[i] : NAN, out) ||
        put_text(report, report->action_name[report->action[i]], out) ||
        put_list(report, &issues, out) || put_list(report, &agree, out))
        goto done;
    status = 0;
done:
    wn_text_free(&issues);
    wn_text_free(&agree);
    return status;
}

/* Those it breaks. */
static int tsv_put_rules(const struct wn_report *report, size_t i,
                         struct wn_text *out)
{
    struct wn_text rules = {0};
    const int status =
        wn_cleaning_of_row(report, i, &rules) || put_list(report, &rules, out);

    wn_text_free(&rules);
    return status ? -1 : 0;
}

static int tsv_put_row(const struct wn_report *report, size_t i,
                       struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    if ((report->flagged && wn_text_format(out, "%zu", report->rank[i])) ||
        wn_text_format(out, "\t%zu\t%llu\t", i,
                       (unsigned long long)data->row_line[i]) ||
        (id && put_bytes(report, id, length, out)) ||
        wn_text_format(out, "\t%016llx",
                       (unsigned long long)data->row_hash[i]) ||
        put_text(report, wn_report_class(report, data->label[i]), out) ||
        put_text(report,
                 report->rival ? wn_report_class(report, report->rival[i])
                               : NULL,
                 out) ||
        tsv_put_flags(report, i, out) ||
        (data->cleanings && tsv_put_rules(report, i, out)) ||
        (report->against &&
         put_text(report, wn_change_names[report->against->change[i]], out)))
        return -1;
    for (size_t s = 0; s < report->scores; s++) {
        put_float(report->score[s].value[i], out);
        if ((report->score[s].spread &&
             put_float(report->score[s].spread[i], out)))
            return -1;
    }
    wn_text_add(out, "\n", 1);
    return 0;
}

static int tsv_put_number(const struct wn_dataset *data, size_t column,
                          const double *value, struct wn_text *out)
{
    char text[32];

    wn_column_number(data, column, value ? value[column] : NAN, text);
    wn_text_format(out, "\t%s", text);
    return 0;
}

/* "Oslo 40, Rome 20", in one field. */
static int put_tops(const struct wn_report *report, size_t column,
                    struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    struct wn_text tops = {0};
    size_t begin, end;
    int status = 0;

    wn_column_tops(data, column, &begin, &end);
    for (size_t t = begin; t < end && status == 0; t++)
        status = wn_text_format(&tops, "%s%s %llu", t > begin ? ", " : "",
                                data->top_value[t],
                                (unsigned long long)data->top_count[t]);
    if (status == 0)
        status = put_text(report, wn_text_of(&tops), out);
    wn_text_free(&tops);
    return status;
}

static int put_column(const struct wn_report *report, size_t c,
                      struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    char alone[32] = "";

    if (data->column_alone && !isnan(data->column_alone[c]))
        snprintf(alone, sizeof alone, "%.4f", data->column_alone[c]);
    return put_bytes(report, data->column_name[c], strlen(data->column_name[c]),
                     out) ||
                   put_text(report, data->column_kind[c], out) ||
                   wn_text_format(
                       out, "\t%llu\t%llu\t%llu",
                       (unsigned long long)data->column_missing[c],
                       (unsigned long long)data->column_invalid[c],
                       (unsigned long long)data->column_distinct[c]) ||
                   tsv_put_number(data, c, data->column_min, out) ||
                   tsv_put_number(data, c, data->column_max, out) ||
                   tsv_put_number(data, c, data->column_median, out) ||
                   wn_text_format(out, "\t%d\t%s",
                                  data->column_about && data->column_about[c],
                                  alone) ||
                   put_text(report,
                            data->column_note ? data->column_note[c] : "",
                            out) ||
                   put_tops(report, c, out) || wn_text_add(out, "\n", 1)
               ? -1
               : 0;
}

static int tsv_put_columns(const struct wn_report *report, struct wn_text *out)
{
    wn_text_format(out, "column\tkind\tmissing\tinvalid\tdistinct\tmin\t"
                        "max\tmedian\tdistinct_about\talone\tnote\ttop\n");
    for (size_t c = 0; c < report->data.columns; c++)
        if (put_column(report, c, out))
            return -1;
    return 0;
}

int wn_tsv_report(const struct wn_report *report, struct wn_text *out,
                  struct wn_error *error)
{
    size_t count;
    int64_t *rows;
    int status = -1;

    if (report->columns)
        return tsv_put_columns(report, out);
    rows = wn_report_rows(report, WN_ROWS_FIRST, SIZE_MAX, &count);
    if (tsv_put_head(report, out))
        goto done;
    for (size_t r = 0; r < count; r++)
        if (tsv_put_row(report, (size_t)rows[r], out))
            goto done;
    status = 0;
done:
    free(rows);
    return status;
}
