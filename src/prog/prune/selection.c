/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping and ordering rows by score; see selection.h. */
#include "prog/prune/selection.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"

struct ranked {
    float score; /* ascending: what comes first is kept */
    size_t row;
};

int wn_selection_new(struct wn_selection *selection, size_t n)
{
    selection->n = selection->kept = n;
    selection->removed = wn_new(n, 1);
    return 0;
}

void wn_selection_free(struct wn_selection *selection)
{
    free(selection->removed);
    *selection = (struct wn_selection){0};
}

void wn_selection_remove(struct wn_selection *selection, size_t row)
{
    selection->kept -= !selection->removed[row];
    selection->removed[row] = 1;
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *one = a, *two = b;

    if (one->score != two->score)
        return one->score < two->score ? -1 : 1;
    return (one->row > two->row) - (one->row < two->row);
}

/* The kept rows, best first. */
static struct ranked *selection_rank(const struct wn_selection *selection,
                                     const float *score, bool descending)
{
    struct ranked *ranked = wn_new(selection->kept, sizeof *ranked);
    size_t count = 0;

    for (size_t i = 0; i < selection->n; i++)
        if (!selection->removed[i]) {
            const float value = score ? score[i] : 0;

            ranked[count++] = (struct ranked){descending ? -value : value, i};
        }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    return ranked;
}

/* How many rows each class may keep. */
static size_t *quotas(const struct wn_selection *selection, double fraction,
                      const int32_t *label, size_t classes)
{
    size_t *quota = wn_new(classes, sizeof *quota);

    for (size_t i = 0; i < selection->n; i++)
        quota[label ? (size_t)(label[i] + 1) : 0]++;
    for (size_t c = 0; c < classes; c++) {
        const bool some = label && quota[c] > 0 && fraction > 0;

        quota[c] = (size_t)floor(fraction * (double)quota[c] + .5);
        if (some && quota[c] == 0)
            quota[c] = 1;
    }
    return quota;
}

int wn_selection_keep(struct wn_selection *selection, const float *score,
                      bool highest, double fraction, const int32_t *label,
                      size_t k)
{
    const size_t count = selection->kept;
    size_t *quota = quotas(selection, fraction, label, k + 1);
    struct ranked *ranked =
        quota ? selection_rank(selection, score, highest) : NULL;

    for (size_t r = 0; ranked && r < count; r++) {
        const size_t row = ranked[r].row;
        size_t *left = &quota[label ? (size_t)(label[row] + 1) : 0];

        if (*left)
            --*left;
        else
            wn_selection_remove(selection, row);
    }
    const int status = ranked ? 0 : -1;
    free(ranked);
    free(quota);
    return status;
}

int wn_selection_order(const struct wn_selection *selection, const float *score,
                       bool descending, size_t *order)
{
    struct ranked *ranked = selection_rank(selection, score, descending);

    for (size_t r = 0; r < selection->kept; r++)
        order[r] = ranked[r].row;
    free(ranked);
    return 0;
}
