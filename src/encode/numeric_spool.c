/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of a table in a temporary file, n x width doubles; see survey.h. */
#include <stdlib.h>
#include <unistd.h>

#include "encode/survey.h"
#include "util/file.h"
#include "util/memory.h"

struct wn_numeric_spool *wn_numeric_spool_new(const struct wn_table *table)
{
    const size_t columns = table->csv->columns;
    struct wn_error quiet = {0};
    struct wn_numeric_spool *spool = wn_new(1, sizeof *spool);
    bool applies = true;

    spool->file = -1;
    spool->slot = wn_new(columns, sizeof *spool->slot);
    for (size_t c = 0; c < columns; c++) {
        const struct wn_column *column = &table->column[c];

        applies &= column->role != WN_ROLE_ID;
        if (column->role != WN_ROLE_FEATURE)
            continue;
        applies &=
            column->kind == WN_KIND_GUESS || column->kind == WN_KIND_NUMERIC;
        spool->slot[c] = spool->width++;
    }
    if (applies && spool->width)
        spool->file = wn_temporary(&quiet);
    if (spool->file >= 0)
        return spool;
    wn_numeric_spool_free(spool);
    return NULL;
}

void wn_numeric_spool_free(struct wn_numeric_spool *spool)
{
    if (!spool)
        return;
    if (spool->file >= 0)
        close(spool->file);
    free(spool->slot);
    free(spool);
}

void wn_numeric_spool_write(struct wn_numeric_spool *spool, size_t begin,
                            size_t end, const double *numbers)
{
    const size_t row = spool->width * sizeof *numbers;
    const char *bytes = (const char *)numbers;
    size_t left = numbers ? (end - begin) * row : 0;
    off_t at = (off_t)(begin * row);

    if (!numbers)
        atomic_store(&spool->dropped, true);
    while (left && !atomic_load(&spool->dropped)) {
        const ssize_t put = pwrite(spool->file, bytes, left, at);

        if (put <= 0) {
            atomic_store(&spool->dropped, true);
            break;
        }
        bytes += put;
        at += put;
        left -= (size_t)put;
    }
}

int wn_numeric_spool_read(const struct wn_numeric_spool *spool, size_t begin,
                          size_t end, double *numbers, struct wn_error *error)
{
    const size_t row = spool->width * sizeof *numbers;

    return wn_read_at(spool->file, (char *)numbers, (end - begin) * row,
                      (uint64_t)begin * row, "temporary file", error);
}
