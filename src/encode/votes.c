/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recognise a table of votes: rows that are equal but for who voted and for
 * what. See survey.h. */
#include <stdlib.h>
#include <string.h>

#include "encode/survey.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/number.h"

/* A row: a hash of all its cells but that of one column, and of that one. */
struct ballot {
    uint64_t item, who;
};

static int compare_ballots(const void *a, const void *b)
{
    const struct ballot *x = a, *y = b;

    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->who > y->who) - (x->who < y->who);
}

/* The different digests of a column. */
static size_t count_different(const uint64_t *digest, size_t rows,
                              uint64_t *scratch)
{
    size_t count = rows > 0;

    memcpy(scratch, digest, rows * sizeof *scratch);
    qsort(scratch, rows, sizeof *scratch, wn_whole_ascending);
    for (size_t i = 1; i < rows; i++)
        count += scratch[i] != scratch[i - 1];
    return count;
}

void wn_votes_find(struct wn_table *table,
                   const struct wn_survey_sample *sample)
{
    enum { MOST = 64, REPEAT = 5, FEW = 20, TWICE = 100 };
    const size_t rows = sample->rows, columns = table->csv->columns;
    size_t found = 0, least = rows, parts = 0;

    table->voter = columns;
    if (columns > MOST || rows < FEW)
        return;
    size_t *different = wn_new(columns, sizeof *different);
    uint64_t *sum = wn_new(rows, sizeof *sum);
    struct ballot *ballot = wn_new(rows, sizeof *ballot);

    /* Columns in which every row differs name the vote. */
    for (size_t c = 0; c < columns; c++) {
        const enum wn_role role = table->column[c].role;

        if (role != WN_ROLE_FEATURE && role != WN_ROLE_ID &&
            role != WN_ROLE_GROUP)
            continue;
        different[c] = count_different(sample->digest + c * rows, rows, sum);
        if (different[c] == rows)
            different[c] = 0;
        parts += different[c] > 1;
    }
    memset(sum, 0, rows * sizeof *sum);
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; different[c] && i < rows; i++)
            sum[i] +=
                wn_hash_bits((uint64_t[]){sample->digest[c * rows + i], c},
                             2 * sizeof(uint64_t));
    for (size_t c = 0; c < columns && parts > 1; c++) {
        size_t shared = 0, again = 0;

        if (table->column[c].role != WN_ROLE_FEATURE || different[c] < 2 ||
            different[c] * REPEAT > rows)
            continue;
        for (size_t i = 0; i < rows; i++) {
            const uint64_t who = sample->digest[c * rows + i];

            ballot[i] = (struct ballot){
                sum[i] - wn_hash_bits((uint64_t[]){who, c}, 2 * sizeof who),
                who};
        }
        qsort(ballot, rows, sizeof *ballot, compare_ballots);
        for (size_t i = 0; i < rows; i++) {
            const bool before = i && ballot[i].item == ballot[i - 1].item;

            shared += before ||
                      (i + 1 < rows && ballot[i].item == ballot[i + 1].item);
            again += before && ballot[i].who == ballot[i - 1].who;
        }
        if (shared < FEW || again * TWICE > shared ||
            (sample->stride == 1 && 2 * shared < rows))
            continue;
        found++;
        if (different[c] < least) {
            least = different[c];
            table->voter = c;
        }
    }
    /* Every column of a complete design looks like this; of items and people
     * alone, both do. */
    if (found > 1 && parts > 2)
        table->voter = columns;
    free(different);
    free(sum);
    free(ballot);
}
