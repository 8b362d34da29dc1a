/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells by sorting pairs of classes, and sums over rows and columns; see
 * sparse_joint.h. */
#include "noise/sparse_joint.h"

#include <math.h>
#include <assert.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

/* With more classes a bit for each pair would take more than 8 MB. */
enum { BITMAP_CLASSES = 8192 };

/* The different pairs row x k + column, ascending, in pair[n + k]; returns how
 * many. */
static size_t sort_pairs(size_t k, const int32_t *row, const int32_t *column,
                         size_t n, uint64_t *pair)
{
    size_t count = 0, cells = 0;

    assert(k);
    for (size_t i = 0; i < n; i++)
        if (row[i] >= 0 && column[i] >= 0)
            pair[count++] = (uint64_t)row[i] * k + (uint64_t)column[i];
    for (size_t c = 0; c < k; c++)
        pair[count++] = (uint64_t)c * k + c;
    qsort(pair, count, sizeof *pair, wn_whole_ascending);
    for (size_t p = 0; p < count; p++)
        if (!cells || pair[cells - 1] != pair[p])
            pair[cells++] = pair[p];
    return cells;
}

/* The same by marking each pair, k <= BITMAP_CLASSES. *pair is made. */
static size_t mark_pairs(size_t k, const int32_t *row, const int32_t *column,
                         size_t n, uint64_t **pair)
{
    const size_t words = (k * k + 63) / 64;
    uint64_t *bitmap = wn_new(words, sizeof *bitmap);
    size_t cells = 0;

    for (size_t i = 0; i < n; i++)
        if (row[i] >= 0 && column[i] >= 0) {
            const size_t at = (size_t)row[i] * k + (size_t)column[i];

            bitmap[at / 64] |= (uint64_t)1 << at % 64;
        }
    for (size_t c = 0; c < k; c++)
        bitmap[c * (k + 1) / 64] |= (uint64_t)1 << c * (k + 1) % 64;
    for (size_t w = 0; w < words; w++)
        cells += (size_t)__builtin_popcountll(bitmap[w]);
    *pair = wn_spill_new(cells, sizeof **pair);
    cells = 0;
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = bitmap[w]; left; left &= left - 1)
            (*pair)[cells++] = w * 64 + (uint64_t)__builtin_ctzll(left);
    free(bitmap);
    return cells;
}

void wn_sparse_make(struct wn_sparse *sparse, size_t k, const int32_t *row,
                    const int32_t *column, size_t n)
{
    uint64_t *pair; /* row x k + column */
    size_t cells;

    if (k <= BITMAP_CLASSES) {
        cells = mark_pairs(k, row, column, n, &pair);
    } else {
        pair = wn_spill_new(n + k, sizeof *pair);
        cells = sort_pairs(k, row, column, n, pair);
    }
    *sparse = (struct wn_sparse){
        .k = k,
        .cells = cells,
        .begin = wn_new(k + 1, sizeof *sparse->begin),
        .diagonal = wn_new(k, sizeof *sparse->diagonal),
        .column = wn_spill_new(cells, sizeof *sparse->column)};
    for (size_t p = 0; p < cells; p++) {
        const size_t r = (size_t)(pair[p] / k), c = (size_t)(pair[p] % k);

        sparse->begin[r + 1] = p + 1;
        sparse->column[p] = (int32_t)c;
        if (r == c)
            sparse->diagonal[c] = p;
    }
    wn_spill_free(pair);
}

void wn_sparse_free(struct wn_sparse *sparse)
{
    free(sparse->begin);
    free(sparse->diagonal);
    wn_spill_free(sparse->column);
    *sparse = (struct wn_sparse){0};
}

size_t wn_sparse_find(const struct wn_sparse *sparse, size_t row, size_t column)
{
    size_t low = sparse->begin[row], high = sparse->begin[row + 1] - 1;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if ((size_t)sparse->column[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double health_share(double part, double whole)
{
    return part / (whole > 1e-6 ? whole : 1e-6);
}

static int by_quality(const void *a, const void *b)
{
    const struct wn_class_health *x = a, *y = b;

    if (x->quality != y->quality)
        return x->quality < y->quality ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

void wn_health_classes(const struct wn_joint *joint,
                       struct wn_class_health *out)
{
    const size_t k = joint->at->k;
    const double n = (double)joint->n;

    for (size_t c = 0; c < k; c++) {
        const double row = joint->given[c], column = joint->truth[c];
        const double right = joint->value[joint->at->diagonal[c]];
        const double wrong = row - right, away = column - right;
        const double noise = health_share(wrong, row);

        out[c] = (struct wn_class_health){
            c,     (size_t)rint(fabs(wrong) * n), (size_t)rint(fabs(away) * n),
            noise, health_share(away, column),    1 - noise};
    }
    qsort(out, k, sizeof *out, by_quality);
}

size_t wn_health_pairs(const struct wn_joint *joint, bool symmetric,
                       size_t limit, struct wn_pair_health *out)
{
    const struct wn_sparse *at = joint->at;
    const size_t k = at->k;
    struct wn_top_k top = {wn_new(limit, sizeof *top.heap), limit, 0};

    for (size_t s = 0; s < k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t t = (size_t)at->column[cell];
            double overlap = joint->value[cell];

            if (s == t)
                continue;
            if (symmetric) {
                const size_t back = wn_sparse_find(at, t, s);
                const bool has_back = (size_t)at->column[back] == s;

                if (has_back && s > t)
                    continue; /* [t][s] offers the pair */
                overlap += has_back ? joint->value[back] : 0;
            }
            wn_top_k_offer(&top, -overlap,
                           symmetric && s > t ? t * k + s : s * k + t);
        }
    wn_rank(top.heap, top.count);
    for (size_t p = 0; p < top.count; p++) {
        const struct wn_ranked *pair = &top.heap[p];

        out[p] = (struct wn_pair_health){
            pair->row / k, pair->row % k,
            (size_t)rint(-pair->key * (double)joint->n), -pair->key};
    }
    free(top.heap);
    return top.count;
}
