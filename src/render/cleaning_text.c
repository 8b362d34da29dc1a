/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each cleaning rule changed, found and could not look at. */
#include "render/cleaning_text.h"

#include <string.h>

#include "render/grid.h"

static int cleaning_text_add_count(struct wn_grid *grid, const uint64_t *count,
                                   size_t r)
{
    return wn_grid_known(grid, count, "%llu",
                         count ? (unsigned long long)count[r] : 0);
}

int wn_cleaning_text(const struct wn_report *report, struct wn_text *out)
{
    static const struct wn_grid_column head[] = {
        {"rule", WN_LEFT, WN_SHRINKS},
        {"cells changed", WN_RIGHT, WN_FIXED},
        {"broken", WN_RIGHT, WN_FIXED},
        {"not evaluated", WN_RIGHT, WN_FIXED},
        {"is", WN_LEFT, WN_SHRINKS}};
    const struct wn_dataset *data = &report->data;
    struct wn_grid grid;
    int status = 0;

    if (!data->clean_name)
        return 0;
    wn_grid_start(&grid, head, sizeof head / sizeof *head);
    for (size_t r = 0; r < data->cleanings && status == 0; r++) {
        const char *text = data->clean_text ? data->clean_text[r] : "";

        if (strcmp(text, data->clean_name[r]) == 0)
            text = "";
        status = wn_grid_add_text(&grid, data->clean_name[r]) ||
                 cleaning_text_add_count(&grid, data->clean_changed, r) ||
                 cleaning_text_add_count(&grid, data->clean_broken, r) ||
                 cleaning_text_add_count(&grid, data->clean_passed_over, r) ||
                 wn_grid_add_text(&grid, text);
    }
    if (status == 0)
        status = wn_grid_print_under("Cleaning rules", &grid, out);
    wn_grid_free(&grid);
    return status ? -1 : 0;
}

int wn_cleaning_of_row(const struct wn_report *report, size_t row,
                       struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    bool first = true;

    for (size_t t = data->defect_row
                        ? wn_row_first(data->defect_row, data->defects, row)
                        : data->defects;
         t < data->defects && data->defect_row[t] == (int64_t)row; t++) {
        const char *name = data->rule_name[data->defect_rule[t]];

        if (strcmp(name, "missing") == 0)
            continue;
        wn_text_format(out, "%s%s", first ? "" : ", ", name);
        first = false;
    }
    return 0;
}
