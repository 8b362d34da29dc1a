/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phrases of the text formats; see phrases.h. */
#include "render/phrases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "render/grid.h"

const char *wn_phrase_check_reason(const struct wn_report *report,
                                   const char *name)
{
    const int check = wn_check_find(name);

    if (report->claim == WN_CLAIM_OVERLAP && strcmp(name, "label") == 0)
        return "the label looks wrong, but the classes overlap";
    if (report->claim == WN_CLAIM_NOTHING && strcmp(name, "label") == 0)
        return "named by the rule; the features do not predict labels";
    return check >= 0 ? wn_checks[check]->reason : name;
}

void wn_phrase_suspicion(const struct wn_report *report, size_t i, char out[16])
{
    const float suspicion = report->suspicion[i];

    if (isnan(suspicion) || report->claim == WN_CLAIM_NOTHING)
        snprintf(out, 16, "-");
    else if (suspicion >= 0.9995f)
        snprintf(out, 16, "> 0.999");
    else
        snprintf(out, 16, "%.3f", (double)suspicion);
}

/* So many significant digits, in plain decimals however small. */
static void put_digits(double percent, int digits, char out[16])
{
    enum { MOST = 12 };
    size_t length;

    if (percent == 0 || percent >= 1e-4) {
        snprintf(out, 16, "%.*g", digits, percent);
        return;
    }
    const int decimals = digits - 1 - (int)floor(log10(percent));

    snprintf(out, 16, "%.*f", decimals < MOST ? decimals : MOST, percent);
    length = strlen(out);
    while (length > 1 && strchr("0.", out[length - 1]))
        out[--length] = '\0';
}

const char *wn_phrase_percent(double share, char out[16])
{
    const double percent = 100 * share;

    if (percent > 0 && percent < 0.1)
        put_digits(percent, 3, out);
    else
        snprintf(out, 16, "%.1f", percent);
    return out;
}

const char *wn_phrase_end(double share, char out[16])
{
    const double percent = 100 * share;

    if (percent < 9.95)
        put_digits(percent, 2, out);
    else
        snprintf(out, 16, "%.0f", percent);
    return out;
}

void wn_phrase_rate(const struct wn_report *report, char out[40])
{
    char rate[16], high[16];

    if (isnan(report->rate))
        snprintf(out, 40, "-");
    else if (report->claim == WN_CLAIM_OVERLAP)
        snprintf(out, 40, "%s-%s %%", wn_phrase_end(report->rate_low, rate),
                 wn_phrase_end(report->rate_high, high));
    else
        snprintf(out, 40, "%s %%", wn_phrase_percent(report->rate, rate));
}

void wn_phrase_values(const struct wn_dataset *data, size_t column, bool page,
                      struct wn_text *out)
{
    const char *dots = page ? "\xe2\x80\xa6" : "..";
    const size_t start = out->length;
    char min[32], median[32] = "", max[32];
    size_t begin, end;

    if (wn_column_number(data, column, data->column_min[column], min)) {
        if (data->column_median)
            wn_column_number(data, column, data->column_median[column], median);
        wn_column_number(data, column, data->column_max[column], max);
        wn_text_format(out, "%s %s ", min, dots);
        if (*median)
            wn_text_format(out, "%s %s ", median, dots);
        wn_text_format(out, "%s", max);
    }
    wn_column_tops(data, column, &begin, &end);
    for (size_t t = begin; t < end; t++)
        wn_text_format(out, "%s%s %llu", out->length > start ? ", " : "",
                       data->top_value[t],
                       (unsigned long long)data->top_count[t]);
    if (end > begin && data->column_distinct[column] > end - begin)
        wn_text_format(out, ", %s", page ? dots : "...");
}

const char *wn_plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

void wn_phrase_data(struct wn_text *out, const char *text)
{
    if (!text)
        text = "-";
    wn_text_add_visible(out, text, strlen(text));
}

void wn_phrase_data_cut(struct wn_text *out, const char *text, size_t cells)
{
    struct wn_text whole = {0};

    wn_phrase_data(&whole, text);
    wn_cells_add(out, wn_text_of(&whole), whole.length, cells);
    wn_text_free(&whole);
}

void wn_phrase_data_short(struct wn_text *out, const char *text)
{
    wn_phrase_data_cut(out, text, 40);
}

/* The words of `text` in lines that begin with `first`, then with `next`, both
 * of as many cells. */
static void put_words(struct wn_text *out, const char *text, const char *first,
                      const char *next)
{
    /* Long lines of prose are hard to read. */
    enum { LONG = 100 };
    const size_t width = wn_width(), limit = (width < LONG ? width : LONG) - 2;
    size_t used = 0;

    for (;;) {
        text += strspn(text, " ");
        const size_t length = strcspn(text, " ");
        const size_t cells = wn_cells(text, length);

        if (!length) {
            wn_text_add(out, "\n", 1);
            return;
        }
        if (used && used + 1 + cells > limit) {
            wn_text_format(out, "\n%s", next);
            used = 0;
        } else {
            wn_text_format(out, "%s", used ? " " : first);
        }
        wn_text_add(out, text, length);
        used += (used ? 1 : strlen(first)) + cells;
        text += length;
    }
}

void wn_phrase_paragraph(struct wn_text *out, const char *text)
{
    put_words(out, text, "  ", "  ");
}

void wn_phrase_warning(struct wn_text *out, const char *text)
{
    put_words(out, text, "  ! ", "    ");
}

void wn_phrase_say(struct wn_text *out, const char *format, ...)
{
    char text[1000];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    wn_phrase_paragraph(out, text);
}

const char *wn_phrase_place(const struct wn_dataset *data)
{
    return data->form && strcmp(data->form, "libsvm") &&
                   strcmp(data->form, "jsonl")
               ? "source row"
               : "line";
}

bool wn_phrase_has_place(const struct wn_dataset *data)
{
    /* Rows of arrays rise: if the last is in its place, all are. */
    return !data->form || data->row_offset || !data->n ||
           data->row_line[data->n - 1] != data->n - 1;
}

void wn_phrase_line(const struct wn_dataset *data, size_t i,
                    struct wn_text *out)
{
    enum { NAME = 24 };

    if (data->files > 1) {
        wn_phrase_data_cut(out, wn_dataset_file(data, i), NAME);
        wn_text_add(out, ":", 1);
    }
    wn_text_format(out, "%llu", (unsigned long long)data->row_line[i]);
}

void wn_phrase_add_line(const struct wn_dataset *data, size_t i,
                        struct wn_grid *grid)
{
    struct wn_text text = {0};

    wn_phrase_line(data, i, &text);
    wn_grid_add(grid, text.bytes, text.length);
    wn_text_free(&text);
}
