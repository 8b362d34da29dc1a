/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The most frequent values of columns that are not numeric; see table.h. They
 * come from the dictionaries, or, for columns with more values than the limit,
 * from the rows that the survey noted in its sample, whose text is read
 * again. */
#include <stdlib.h>

#include "encode/table.h"
#include "util/memory.h"
#include "util/text.h"

struct frequent_list {
    struct wn_frequent *value;
    size_t count, capacity;
    size_t column;    /* of the value to add, */
    uint64_t current; /* and its count */
};

static void add_frequent(struct frequent_list *list, const char *text,
                         size_t length)
{
    struct wn_text value = {0};
    size_t shown = length;

    if (length > WN_FREQUENT_BYTES) {
        shown = WN_FREQUENT_BYTES;
        while (shown > WN_FREQUENT_BYTES - 4 && (text[shown] & 0xc0) == 0x80)
            shown--;
    }
    wn_text_add_visible(&value, text, shown);
    if (shown < length)
        wn_text_add(&value, "...", 3);
    wn_grow(&list->value, &list->capacity, list->count + 1,
            sizeof *list->value);
    list->value[list->count++] = (struct wn_frequent){
        (uint32_t)list->column, list->current, value.bytes};
}

/* The values of a dictionary that is sorted by bytes. */
static void add_dictionary(struct frequent_list *list,
                           const struct wn_dictionary *values)
{
    size_t last = SIZE_MAX;

    for (size_t t = 0; t < WN_LISTED && t < values->count; t++) {
        size_t best = SIZE_MAX;

        for (size_t v = 0; v < values->count; v++) {
            const uint64_t count = values->value[v].count;

            /* Only those that come after the last one. */
            if (last != SIZE_MAX &&
                (count > values->value[last].count ||
                 (count == values->value[last].count && v <= last)))
                continue;
            if (best == SIZE_MAX || count > values->value[best].count)
                best = v;
        }
        list->current = values->value[best].count;
        add_frequent(list, wn_dictionary_text(values, best),
                     values->value[best].length);
        last = best;
    }
}

static int add_cell(void *context, size_t row, const struct wn_cell *cells,
                    struct wn_error *error)
{
    struct frequent_list *list = context;
    const struct wn_cell *cell = &cells[list->column];

    (void)row, (void)error;
    add_frequent(list, cell->text, cell->length);
    return 0;
}

int wn_frequent_list(const struct wn_table *table,
                     struct wn_frequent **frequent, size_t *count,
                     struct wn_error *error)
{
    struct wn_csv_reader *reader = wn_csv_reader_new(table->csv);
    struct frequent_list list = {0};
    int status = 0;

    for (size_t c = 0; c < table->csv->columns; c++) {
        const struct wn_column *column = &table->column[c];

        list.column = c;
        if (column->role == WN_ROLE_LABEL)
            add_dictionary(&list, &table->classes);
        if (column->role != WN_ROLE_FEATURE ||
            (column->kind != WN_KIND_CATEGORICAL &&
             column->kind != WN_KIND_BOOLEAN))
            continue;
        if (!column->many)
            add_dictionary(&list, &column->values);
        for (size_t t = 0; column->many && status == 0 && t < WN_FREQUENT &&
                           column->frequent[t].count;
             t++) {
            const size_t row = column->frequent[t].row;

            list.current = column->frequent[t].count;
            status = wn_csv_read(reader, row, row + 1, add_cell, &list, error);
        }
    }
    wn_csv_reader_free(reader);
    if (status)
        wn_frequent_free(list.value, list.count);
    *frequent = status ? NULL : list.value;
    *count = status ? 0 : list.count;
    return status;
}

void wn_frequent_free(struct wn_frequent *frequent, size_t count)
{
    for (size_t t = 0; t < count; t++)
        free(frequent[t].value);
    free(frequent);
}
