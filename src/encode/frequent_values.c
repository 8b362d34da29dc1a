/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the dictionaries where there are such, else from what the survey found
 * in its sample: the row is known, its text is read again. See
 * frequent_values.h. */
#include "encode/frequent_values.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/text.h"

struct listing {
    const struct wn_table *table;
    struct wn_csv_reader *reader; /* NULL until it is needed */
    struct wn_frequent *top;
    size_t count, room;
};

/* Bytes of whole characters of the text, at most WN_TOP_BYTES. */
static size_t frequent_values_cut(const char *text, size_t length)
{
    size_t at = WN_TOP_BYTES;

    if (length <= WN_TOP_BYTES)
        return length;
    while (at > WN_TOP_BYTES - 4 && (text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static int frequent_values_add(struct listing *listing, size_t column,
                               uint64_t count, const char *text, size_t length)
{
    const size_t shown = frequent_values_cut(text, length);
    struct wn_text value = {0};

    if (wn_grow(&listing->top, &listing->room, listing->count + 1,
                sizeof *listing->top) ||
        wn_text_add_visible(&value, text, shown) ||
        (shown < length && wn_text_add(&value, "...", 3))) {
        wn_text_free(&value);
        return -1;
    }
    listing->top[listing->count++] =
        (struct wn_frequent){(uint32_t)column, count, value.bytes};
    return 0;
}

/* The values of a dictionary that is in the order of its bytes. */
static int add_values(struct listing *listing, size_t column,
                      const struct wn_dictionary *values)
{
    size_t last = SIZE_MAX;

    for (size_t t = 0; t < WN_TOPS && t < values->count; t++) {
        size_t best = SIZE_MAX;

        for (size_t v = 0; v < values->count; v++) {
            const uint64_t count = values->value[v].count;

            /* Behind the last one in the order wanted. */
            if (last != SIZE_MAX &&
                (count > values->value[last].count ||
                 (count == values->value[last].count && v <= last)))
                continue;
            if (best == SIZE_MAX || count > values->value[best].count)
                best = v;
        }
        if (frequent_values_add(listing, column, values->value[best].count,
                                wn_dictionary_text(values, best),
                                values->value[best].length))
            return -1;
        last = best;
    }
    return 0;
}

struct cell_of {
    struct listing *listing;
    size_t column;
    uint64_t count;
};

static int frequent_values_take_cell(void *context, size_t row,
                                     const struct wn_cell *cells,
                                     struct wn_error *error)
{
    const struct cell_of *of = context;

    (void)row;
    return frequent_values_add(of->listing, of->column, of->count,
                               cells[of->column].text,
                               cells[of->column].length);
}

static int add_sampled(struct listing *listing, size_t column,
                       struct wn_error *error)
{
    const struct wn_column *from = &listing->table->column[column];

    for (size_t t = 0; t < WN_TOPS && from->top[t].count; t++) {
        struct cell_of of = {listing, column, from->top[t].count};

        if (!listing->reader)
            listing->reader = wn_csv_reader_new(listing->table->csv);
        if (!listing->reader ||
            wn_csv_read(listing->reader, from->top[t].row, from->top[t].row + 1,
                        frequent_values_take_cell, &of, error))
            return -1;
    }
    return 0;
}

static int frequent_values_add_column(struct listing *listing, size_t c,
                                      struct wn_error *error)
{
    const struct wn_column *column = &listing->table->column[c];

    if (column->role == WN_ROLE_LABEL)
        return add_values(listing, c, &listing->table->classes);
    if (column->role != WN_ROLE_FEATURE ||
        (column->kind != WN_KIND_CATEGORICAL &&
         column->kind != WN_KIND_BOOLEAN))
        return 0;
    return column->many ? add_sampled(listing, c, error)
                        : add_values(listing, c, &column->values);
}

int wn_frequent_list(const struct wn_table *table, struct wn_frequent **tops,
                     size_t *count, struct wn_error *error)
{
    struct listing listing = {.table = table};
    int status = 0;

    for (size_t c = 0; c < wn_csv_columns(table->csv) && status == 0; c++)
        status = frequent_values_add_column(&listing, c, error);
    wn_csv_reader_free(listing.reader);
    if (status) {
        wn_frequent_free(listing.top, listing.count);
        return -1;
    }
    *tops = listing.top;
    *count = listing.count;
    return 0;
}

void wn_frequent_free(struct wn_frequent *tops, size_t count)
{
    for (size_t t = 0; t < count; t++)
        free(tops[t].value);
    free(tops);
}
