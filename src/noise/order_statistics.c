/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting, and a max-heap of the smallest keys; see order_statistics.h. */
#include "noise/order_statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

void wn_sort(double *x, size_t n)
{
    qsort(x, n, sizeof *x, wn_number_ascending);
}

double wn_percentile(const double *x, size_t n, double q)
{
    const double place = q / 100 * (double)(n - 1);
    const size_t at = (size_t)floor(place);

    return at + 1 < n ? x[at] + (place - (double)at) * (x[at + 1] - x[at])
                      : x[n - 1];
}

static int rank_before(const struct wn_ranked *a, const struct wn_ranked *b)
{
    return a->key != b->key ? a->key < b->key : a->row < b->row;
}

static int by_rank(const void *a, const void *b)
{
    return rank_before(a, b) ? -1 : rank_before(b, a);
}

enum {
    FEW = 512,                 /* to sort by comparisons, */
    FEW_EQUAL = 16,            /* and to insert one by one */
    DIGIT = 11,                /* bits */
    DIGITS = 3,                /* of the key, the first ones */
    BINS = 1 << DIGIT,         /* values of a digit */
    REST = 64 - DIGITS * DIGIT /* bits of the key behind them */
};

/* The first bits of a key, as a number of the same order. */
static uint64_t first_bits(double key)
{
    const double positive = key + 0.0; /* -0 is 0 */
    uint64_t bits;

    memcpy(&bits, &positive, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
    return bits >> REST;
}

/* Sort by a digit, keeping the order of equal ones. */
static void sort_by_digit(const struct wn_ranked *from, size_t n, int digit,
                          size_t *place, struct wn_ranked *to)
{
    size_t sum = 0;

    for (size_t b = 0; b < BINS; b++) {
        const size_t count = place[b];

        place[b] = sum;
        sum += count;
    }
    for (size_t r = 0; r < n; r++) {
        const uint64_t bits = first_bits(from[r].key) >> digit * DIGIT;

        to[place[bits % BINS]++] = from[r];
    }
}

/* Radix sort by the first bits of the keys; where they are equal, by
 * comparisons. */
void wn_rank(struct wn_ranked *ranked, size_t n)
{
    if (n < FEW) {
        qsort(ranked, n, sizeof *ranked, by_rank);
        return;
    }
    struct wn_ranked *other = wn_spill_new(n, sizeof *other), *from = ranked;
    size_t(*place)[BINS] = wn_new(DIGITS, sizeof *place);
    for (size_t r = 0; r < n; r++)
        for (int d = 0; d < DIGITS; d++)
            place[d][first_bits(ranked[r].key) >> d * DIGIT & (BINS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        struct wn_ranked *to = from == ranked ? other : ranked;

        /* A digit that is the same everywhere sorts nothing. */
        if (place[d][first_bits(from[0].key) >> d * DIGIT & (BINS - 1)] == n)
            continue;
        sort_by_digit(from, n, d, place[d], to);
        from = to;
    }
    if (from != ranked)
        memcpy(ranked, from, n * sizeof *ranked);
    for (size_t begin = 0, end; begin < n; begin = end) {
        const uint64_t bits = first_bits(ranked[begin].key);
        bool sorted = true;

        for (end = begin + 1; end < n && first_bits(ranked[end].key) == bits;
             end++)
            sorted &= !rank_before(&ranked[end], &ranked[end - 1]);
        if (!sorted && end - begin > FEW_EQUAL)
            qsort(ranked + begin, end - begin, sizeof *ranked, by_rank);
        for (size_t r = begin + 1; !sorted && r < end; r++) {
            const struct wn_ranked moved = ranked[r];
            size_t at = r;

            for (; at > begin && rank_before(&moved, &ranked[at - 1]); at--)
                ranked[at] = ranked[at - 1];
            ranked[at] = moved;
        }
    }
    free(place);
    wn_spill_free(other);
}

size_t wn_rank_flags(struct wn_ranked *ranked, size_t n, double precision,
                     double least)
{
    double all = 0, sum = 0, best = 0;
    size_t flags = 0;

    for (size_t i = 0; i < n; i++)
        all -= ranked[i].key;
    wn_rank(ranked, n);
    for (size_t r = 0; r < n && -ranked[r].key >= least; r++) {
        const double size = (double)r + 1;

        sum -= ranked[r].key;
        if (precision >= 0 ? sum / size >= precision
                           : 2 * sum / (size + all) > best) {
            best = 2 * sum / (size + all);
            flags = r + 1;
        }
    }
    return flags;
}

void wn_top_k_offer(struct wn_top_k *top, double key, size_t row)
{
    const struct wn_ranked offer = {key, row};
    struct wn_ranked *heap = top->heap;

    if (top->count < top->limit) {
        size_t at = top->count++;

        for (; at && rank_before(&heap[(at - 1) / 2], &offer);
             at = (at - 1) / 2)
            heap[at] = heap[(at - 1) / 2];
        heap[at] = offer;
    } else if (top->limit && rank_before(&offer, &heap[0])) {
        size_t at = 0;

        for (size_t child = 1; child < top->count; child = 2 * at + 1) {
            if (child + 1 < top->count &&
                rank_before(&heap[child], &heap[child + 1]))
                child++;
            if (!rank_before(&offer, &heap[child]))
                break;
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = offer;
    }
}

/* Descending; a NaN comes last. */
static int compare_values(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return (x < y) - (x > y);
}

float wn_top_cut(const float *value, size_t n, size_t count)
{
    float *sorted = wn_spill_new(n, sizeof *sorted);
    float cut = INFINITY;

    memcpy(sorted, value, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_values);
    for (size_t begin = 0; begin < n && !isnan(sorted[begin]);) {
        size_t end = begin + 1;

        while (end < n && sorted[end] == sorted[begin])
            end++;
        if (2 * begin + (end - begin) > 2 * count)
            break;
        cut = sorted[begin];
        begin = end;
    }
    wn_spill_free(sorted);
    return cut;
}
