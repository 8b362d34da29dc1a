/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line a column: what is in it, and what is odd about it; see column_table.h.
 */
#include "render/column_table.h"

#include <math.h>
#include <string.h>

#include "render/grid.h"
#include "util/date.h"
#include "util/number.h"

size_t wn_column_number(const struct wn_dataset *data, size_t column,
                        double value, char out[32])
{
    out[0] = '\0';
    if (isnan(value))
        return 0;
    if (strcmp(data->column_kind[column], "date") == 0)
        return wn_date_format(value, out);
    return wn_number_format(value, out);
}

void wn_column_tops(const struct wn_dataset *data, size_t column, size_t *begin,
                    size_t *end)
{
    size_t t = 0;

    if (data->top_column && data->top_count && data->top_value)
        while (t < data->tops && (size_t)data->top_column[t] < column)
            t++;
    *begin = t;
    while (data->top_value && t < data->tops && data->top_count &&
           (size_t)data->top_column[t] == column)
        t++;
    *end = t;
}

/* "1 .. 30 .. 90", "Oslo 40, Rome 20, ...": what is typical, after what is odd
 * and behind "predicts the label: ". */
static int put_values(const struct wn_dataset *data, size_t c,
                      struct wn_text *out)
{
    const char *note = data->column_note ? data->column_note[c] : "";
    char least[32], middle[32], most[32];
    size_t begin, end;

    wn_column_tops(data, c, &begin, &end);
    if (wn_column_number(data, c, data->column_min[c], least)) {
        const double median =
            data->column_median ? data->column_median[c] : NAN;
        const bool known = wn_column_number(data, c, median, middle) > 0;

        wn_column_number(data, c, data->column_max[c], most);
        wn_text_format(out, "%s .. %s%s%s", least, middle, known ? " .. " : "",
                       most);
    }
    for (size_t t = begin; t < end; t++)
        wn_text_format(out, "%s%s %llu", out->length ? ", " : "",
                       data->top_value[t],
                       (unsigned long long)data->top_count[t]);
    if (end > begin && data->column_distinct[c] > end - begin &&
        wn_text_format(out, ", ..."))
        return -1;
    return *note ? wn_text_format(out, "%s%s", out->length ? "; " : "", note)
                 : 0;
}

static int add_distinct(const struct wn_dataset *data, size_t c,
                        struct wn_grid *grid)
{
    const bool about = data->column_about && data->column_about[c];

    return wn_grid_known(grid, data->column_distinct[c], "%s%llu",
                         about ? "~" : "",
                         (unsigned long long)data->column_distinct[c]);
}

static int add_alone(const struct wn_dataset *data, size_t c,
                     struct wn_grid *grid)
{
    const double alone = data->column_alone ? data->column_alone[c] : NAN;

    return wn_grid_known(grid, !isnan(alone), "%.0f %%", fmax(0, 100 * alone));
}

static int column_table_add_column(const struct wn_dataset *data, size_t c,
                                   struct wn_grid *grid)
{
    struct wn_text values = {0};
    int status = -1;

    if (put_values(data, c, &values) ||
        wn_grid_add_text(grid, data->column_name[c]) ||
        wn_grid_add_text(grid, data->column_kind[c]) ||
        wn_grid_format(grid, "%llu",
                       (unsigned long long)data->column_missing[c]) ||
        wn_grid_format(grid, "%llu",
                       (unsigned long long)data->column_invalid[c]) ||
        add_distinct(data, c, grid) || add_alone(data, c, grid) ||
        wn_grid_add_text(grid, values.length ? values.bytes : NULL))
        goto done;
    status = 0;
done:
    wn_text_free(&values);
    return status;
}

int wn_columns_text(const struct wn_report *report, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"column", WN_LEFT, WN_SHRINKS},  {"kind", WN_LEFT, WN_FIXED},
        {"missing", WN_RIGHT, WN_FIXED},  {"invalid", WN_RIGHT, WN_FIXED},
        {"distinct", WN_RIGHT, WN_FIXED}, {"alone", WN_RIGHT, WN_FIXED},
        {"values", WN_LEFT, WN_WRAPS}};
    const struct wn_dataset *data = &report->data;
    const size_t most = report->columns ? SIZE_MAX : WN_TOP_ROWS;
    const size_t shown = data->columns < most ? data->columns : most;
    struct wn_grid grid;
    int status = -1;

    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t c = 0; c < shown; c++)
        if (column_table_add_column(data, c, &grid))
            goto done;
    wn_text_format(out, "\nColumns\n");
    if (wn_grid_print(&grid, out))
        goto done;
    status = shown == data->columns
                 ? 0
                 : wn_text_format(out, "  and %zu more; --columns shows all\n",
                                  data->columns - shown);
done:
    wn_grid_free(&grid);
    return status;
}
