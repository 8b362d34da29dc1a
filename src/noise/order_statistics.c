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

void wn_rank(struct wn_ranked *ranked, size_t n)
{
    qsort(ranked, n, sizeof *ranked, by_rank);
}

enum {
    FEW = 512,         /* to sort by comparisons, */
    FEW_EQUAL = 24,    /* and to insert one by one */
    DIGIT = 11,        /* bits */
    DIGITS = 3,        /* of a prefix */
    BINS = 1 << DIGIT, /* values of a digit */
    PREFIX = 32        /* bits of an item in front of the row */
};

/* The bits of a key, as a number of its order. */
static uint64_t bits_of(const double *key, bool falling)
{
    const double positive = *key + 0.0; /* -0 is 0 */
    uint64_t bits;

    memcpy(&bits, &positive, sizeof bits);
    bits ^= -(bits >> 63) | (uint64_t)1 << 63;
    return falling ? ~bits : bits;
}

static int by_item(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Sort items, a prefix and then a row, by the prefix; rows that stand in order
 * stay so. */
static void sort_items(uint64_t *item, size_t n, uint64_t *other)
{
    size_t place[DIGITS][BINS] = {{0}};
    uint64_t *from = item;

    if (n < FEW) {
        qsort(item, n, sizeof *item, by_item);
        return;
    }
    for (size_t r = 0; r < n; r++)
        for (int d = 0; d < DIGITS; d++)
            place[d][item[r] >> (PREFIX + d * DIGIT) & (BINS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        const int shift = PREFIX + d * DIGIT;
        uint64_t *to = from == item ? other : item;
        size_t sum = 0;

        /* A digit that is the same everywhere sorts nothing. */
        if (place[d][from[0] >> shift & (BINS - 1)] == n)
            continue;
        for (size_t b = 0; b < BINS; b++) {
            const size_t count = place[d][b];

            place[d][b] = sum;
            sum += count;
        }
        for (size_t r = 0; r < n; r++)
            to[place[d][from[r] >> shift & (BINS - 1)]++] = from[r];
        from = to;
    }
    if (from != item)
        memcpy(item, from, n * sizeof *item);
}

/* Radix sort by the first 32 of the bits that the keys do not share; where
 * these are equal, by the others. */
void wn_order_items(const double *key, size_t stride, bool falling, size_t n,
                    uint64_t *item, uint64_t *other)
{
    uint64_t low = UINT64_MAX, high = 0;
    int shift = 0;

    for (size_t r = 0; r < n; r++) {
        item[r] = bits_of(key + r * stride, falling);
        low = item[r] < low ? item[r] : low;
        high = item[r] > high ? item[r] : high;
    }
    while (n && (high - low) >> shift > UINT32_MAX)
        shift++;
    const uint64_t rest = ((uint64_t)1 << shift) - 1;
    for (size_t r = 0; r < n; r++)
        item[r] = (item[r] - low) >> shift << PREFIX | (uint64_t)r;
    sort_items(item, n, other);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1;
             end < n && item[end] >> PREFIX == item[begin] >> PREFIX;)
            end++;
        for (size_t r = begin; r < end && end > begin + 1 && rest; r++) {
            const uint32_t row = (uint32_t)item[r];
            const uint64_t bits = bits_of(key + row * stride, falling) - low;
            const uint64_t moved = (bits & rest) << PREFIX | row;
            size_t at = r;

            for (;
                 end - begin <= FEW_EQUAL && at > begin && item[at - 1] > moved;
                 at--)
                item[at] = item[at - 1];
            item[at] = moved;
        }
        if (end - begin > FEW_EQUAL && rest)
            sort_items(item + begin, end - begin, other);
        for (size_t r = end; r-- > begin;)
            item[r] = (uint32_t)item[r] |
                      (r > begin && item[r] >> PREFIX == item[r - 1] >> PREFIX
                           ? WN_ORDER_TIED
                           : 0);
    }
}

void wn_order(const double *key, size_t stride, bool falling, size_t n,
              uint32_t *order)
{
    uint64_t *item = wn_spill_new(n, sizeof *item);
    uint64_t *other = wn_spill_new(n, sizeof *other);

    wn_order_items(key, stride, falling, n, item, other);
    for (size_t r = 0; r < n; r++)
        order[r] = (uint32_t)item[r];
    wn_spill_free(item);
    wn_spill_free(other);
}

size_t wn_rank_flags(const double *suspicion, size_t stride, size_t n,
                     double precision, double least)
{
    uint32_t *order = wn_spill_new(n, sizeof *order);
    double all = 0, sum = 0, best = 0;
    size_t flags = 0;

    for (size_t i = 0; i < n; i++)
        all += suspicion[i * stride];
    wn_order(suspicion, stride, true, n, order);
    for (size_t r = 0; r < n && suspicion[order[r] * stride] >= least; r++) {
        const double size = (double)r + 1;

        sum += suspicion[order[r] * stride];
        if (precision >= 0 ? sum / size >= precision
                           : 2 * sum / (size + all) > best) {
            best = 2 * sum / (size + all);
            flags = r + 1;
        }
    }
    wn_spill_free(order);
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
