/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates by bounds, winners by distance; see bounds.h. */
#include "knn/bounds.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"

/* More than underflow can take from a sum of 65,535 products, even where
 * numbers below 2^-126 count as 0. Rounding takes less than this from a row
 * shorter than SHORT. */
#define TINY 0x1p-100f
#define SHORT 0x1p-60

static double row_square(const float *row, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (double)row[j] * row[j];
    return sum;
}

/* Choose the centre, from a few thousand rows, and the scale. Rows stay as they
 * are unless that loosens the bound or their magnitudes are extreme. */
static void start_euclidean(struct wn_bounds *bounds, int threads)
{
    const size_t step = 1 + bounds->n / 4096, d = bounds->d;
    double total = 0, away = 0, largest = 0;
    const size_t sampled = (bounds->n + step - 1) / step;
    const double count = (double)sampled;
    double *centre = wn_new(d, sizeof *centre);

    bounds->centre = centre;
    for (size_t i = 0; i < bounds->n; i += step)
        for (size_t j = 0; j < d; j++) {
            const double value = bounds->x[i * d + j];

            centre[j] += value;
            total += value * value;
        }
    for (size_t j = 0; j < d; j++) {
        centre[j] /= count;
        away += centre[j] * centre[j];
    }
    const bool move = away > total / count - away;
    if (!move)
        memset(centre, 0, d * sizeof *centre);
#pragma omp parallel for num_threads(threads) reduction(max : largest)
    for (size_t i = 0; i < bounds->n; i++)
        for (size_t j = 0; j < d; j++) {
            const double size = fabs(bounds->x[i * d + j] - centre[j]);

            largest = size > largest ? size : largest;
        }
    bounds->plain = !move && largest < 1e9 && largest > 1e-9;
    bounds->scale = largest > 0 ? ldexp(1, -ilogb(largest)) : 1;
}

/* Cosine: directions. A row of norm 0 points along an extra axis, at right
 * angles to all others and at distance 0 from its like. */
void wn_bounds_row(const struct wn_bounds *bounds, size_t i, float *out)
{
    const float *row = bounds->x + i * bounds->d;

    if (bounds->plain) {
        memcpy(out, row, bounds->d * sizeof *out);
    } else if (bounds->metric == WN_COSINE) {
        for (size_t j = 0; j < bounds->d; j++)
            out[j] = (float)(row[j] * bounds->inverse[i]);
        out[bounds->d] = bounds->inverse[i] > 0 ? 0 : 1;
    } else {
        for (size_t j = 0; j < bounds->d; j++)
            out[j] = (float)((row[j] - bounds->centre[j]) * bounds->scale);
    }
}

size_t wn_bounds_capacity(size_t n, size_t m)
{
    const size_t capacity = 3 * m + 16;

    return capacity < n ? capacity : n;
}

size_t wn_bounds_width(const struct wn_graph *graph)
{
    return graph->metric == WN_COSINE ? graph->d + 1 : graph->d;
}

void wn_bounds_start(struct wn_bounds *bounds, const struct wn_graph *graph,
                     double (*loss)(const float *row, size_t p))
{
    const int threads = graph->threads;
    const size_t n = graph->n, p = wn_bounds_width(graph);
    double lost = 0;

    *bounds = (struct wn_bounds){.x = graph->x,
                                 .n = n,
                                 .d = graph->d,
                                 .m = graph->m,
                                 .metric = graph->metric,
                                 .group = graph->group,
                                 .p = p,
                                 .capacity = wn_bounds_capacity(n, graph->m)};
    if (bounds->metric == WN_EUCLIDEAN) {
        start_euclidean(bounds, threads);
    } else {
        bounds->inverse = wn_spill_new(n, sizeof *bounds->inverse);
#pragma omp parallel for num_threads(threads)
        for (size_t i = 0; i < n; i++) {
            const double square =
                row_square(bounds->x + i * bounds->d, bounds->d);

            bounds->inverse[i] = square > 0 ? 1 / sqrt(square) : 0;
        }
    }
    bounds->square = wn_spill_new(n, sizeof *bounds->square);
    bounds->bias = wn_spill_new(n, sizeof *bounds->bias);
#pragma omp parallel num_threads(threads)
    {
        float *row = wn_new(p, sizeof *row);

#pragma omp for reduction(max : lost)
        for (size_t i = 0; i < n; i++) {
            wn_bounds_row(bounds, i, row);
            const double square = row_square(row, p);

            bounds->square[i] = (float)square;
            if (loss && square > SHORT * SHORT)
                lost = fmax(lost, loss(row, p) / square);
        }
        free(row);
    }
    const double share = sqrt(lost);
    const size_t roundings = share > 0 ? p : wn_gemm_roundings(p);
    bounds->slack =
        share * (2 + share) + 1.1 * ((double)roundings + 16) * 0x1p-24;
    for (size_t i = 0; i < n; i++)
        bounds->bias[i] = (float)(bounds->square[i] * (1 - bounds->slack));
}

void wn_bounds_end(struct wn_bounds *bounds)
{
    free(bounds->centre);
    wn_spill_free(bounds->inverse);
    wn_spill_free(bounds->square);
    wn_spill_free(bounds->bias);
}

void wn_candidates_start(struct wn_candidates *candidates,
                         struct wn_candidate *entries)
{
    /* Finite, so that the padding of a scan is above it. */
    *candidates = (struct wn_candidates){
        .entries = entries, .limit = FLT_MAX, .max_row = INT32_MAX};
}

/* Hoare's selection. */
void wn_candidates_select(struct wn_candidate *entries, size_t length,
                          size_t count)
{
    size_t begin = 0, end = length;

    while (end - begin > 1) {
        const float pivot = entries[begin + (end - begin - 1) / 2].high;
        size_t low = begin, high = end - 1;

        /* Ends with begin <= high < end - 1: both sides get some. */
        for (;;) {
            while (entries[low].high < pivot)
                low++;
            while (entries[high].high > pivot)
                high--;
            if (low >= high)
                break;
            const struct wn_candidate swap = entries[low];
            entries[low++] = entries[high];
            entries[high--] = swap;
        }
        const size_t split = high + 1;
        if (count < split)
            end = split;
        else if (count > split)
            begin = split;
        else
            return;
    }
}

static int compare_winners(const void *left, const void *right)
{
    const struct wn_winner *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Rank the candidates of row i by distance. 1 - cosine is computed as half the
 * squared distance of the two directions, which stays exact where it is small.
 */
static void rank_candidates(const struct wn_bounds *bounds,
                            const struct wn_candidates *candidates, size_t i,
                            struct wn_winner *winners)
{
    const size_t d = bounds->d;
    const bool cosine = bounds->metric == WN_COSINE;
    const float *a = bounds->x + i * d;
    const double times_a = cosine ? bounds->inverse[i] : 1;

    for (size_t e = 0; e < candidates->count; e++) {
        const size_t row = (size_t)candidates->entries[e].row;
        const float *b = bounds->x + row * d;
        const double times_b = cosine ? bounds->inverse[row] : 1;
        double sum[4] = {0};
        size_t equal = 0, j = 0;

        for (; j + 4 <= d; j += 4)
            for (size_t s = 0; s < 4; s++) {
                const double gap = a[j + s] * times_a - b[j + s] * times_b;
                sum[s] += gap * gap;
            }
        for (; j < d; j++) {
            const double gap = a[j] * times_a - b[j] * times_b;
            sum[0] += gap * gap;
        }
        const double square = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        double distance = cosine ? fmin(0.5 * square, 2) : sqrt(square);
        /* A row of norm 0 has no direction; equal rows have the same. */
        if (cosine && (times_a == 0 || times_b == 0))
            distance = times_a == times_b ? 0 : 1;
        while (cosine && equal < d && a[equal] == b[equal])
            equal++;
        winners[e].row = candidates->entries[e].row;
        winners[e].distance = equal == d ? 0 : (float)distance;
    }
    qsort(winners, candidates->count, sizeof *winners, compare_winners);
}

/* Comparing each value with each is quicker than a selection. */
WN_MULTIVERSION float wn_bounds_mth(const float *values, size_t count, size_t m)
{
    float padded[WN_SCAN_PAD], found = -INFINITY;
    int32_t below[WN_SCAN_PAD] = {0};

    for (size_t e = 0; e < WN_SCAN_PAD; e++)
        padded[e] = e < count ? values[e] : INFINITY;
    for (size_t f = 0; f < count; f++) {
        const float other = padded[f];

        for (int e = 0; e < WN_SCAN_PAD; e++)
            below[e] += other < padded[e];
    }
    for (int e = 0; e < WN_SCAN_PAD; e++) {
        const float value = below[e] < (int32_t)m ? padded[e] : -INFINITY;

        found = value > found ? value : found;
    }
    return found;
}

/* There are m candidates with `high` at most this. */
static void lower_limit(struct wn_candidates *candidates, float high)
{
    /* Distances that round to the same float are ties; some are below 0. */
    const float limit = fmaxf(high, 0) * (1 + 0x1p-20f) + TINY;

    if (limit < candidates->limit)
        candidates->limit = limit;
}

/* Set the limit to the m-th smallest `high`, and drop every candidate that
 * cannot win. */
static void drop_losers(const struct wn_bounds *bounds,
                        struct wn_candidates *candidates, size_t i)
{
    const double width = 2.01 * bounds->slack;
    const size_t m = bounds->m;
    struct wn_candidate *entries = candidates->entries;
    float few[WN_SCAN_PAD], mth = -INFINITY;
    size_t kept = 0;

    if (candidates->count <= m)
        return;
    if (candidates->count <= WN_SCAN_PAD) {
        for (size_t e = 0; e < candidates->count; e++)
            few[e] = entries[e].high;
        mth = wn_bounds_mth(few, candidates->count, m);
    } else {
        wn_candidates_select(entries, candidates->count, m);
        for (size_t e = 0; e < m; e++)
            mth = fmaxf(mth, entries[e].high);
    }
    lower_limit(candidates, mth);
    for (size_t e = 0; e < candidates->count; e++) {
        const struct wn_candidate entry = entries[e];
        const double squares =
            (double)bounds->square[i] + bounds->square[entry.row];

        if (entry.high - width * squares <= candidates->limit)
            entries[kept++] = entry;
    }
    candidates->count = kept;
}

void wn_candidates_offer(const struct wn_bounds *bounds,
                         struct wn_candidates *candidates, size_t i, size_t j,
                         float low, struct wn_winner *winners)
{
    if (low > candidates->limit || (int32_t)j > candidates->max_row ||
        (bounds->group && bounds->group[i] == bounds->group[j]))
        return;
    const double squares = (double)bounds->square[i] + bounds->square[j];
    candidates->entries[candidates->count++] = (struct wn_candidate){
        (float)(low + 2 * bounds->slack * squares), (int32_t)j};
    if (candidates->count < bounds->capacity)
        return;
    drop_losers(bounds, candidates, i);
    /* Ties keep the list full: let the distances decide. */
    if (candidates->count > bounds->capacity / 2 + bounds->m / 2) {
        /* Keep only the m nearest candidates, with the bounds they had. */
        const size_t m = bounds->m;
        struct wn_candidate *entries = candidates->entries;

        rank_candidates(bounds, candidates, i, winners);
        for (size_t w = 0; w < m; w++) {
            size_t e = w;

            while (entries[e].row != winners[w].row)
                e++;
            const struct wn_candidate found = entries[e];
            entries[e] = entries[w];
            entries[w] = found;
        }
        candidates->count = m;
        /* The distance was rounded; bound the squared one of the prepared rows.
         */
        const float farthest = winners[m - 1].distance;
        const double above = (double)farthest * (1 + 0x1p-22) + 0x1p-149;
        const double scaled = bounds->plain ? above : above * bounds->scale;
        lower_limit(candidates, bounds->metric == WN_COSINE
                                    ? (float)(2 * above)
                                    : (float)(scaled * scaled));
        if (farthest == 0)
            candidates->max_row = winners[m - 1].row;
    }
}

void wn_candidates_decide(const struct wn_bounds *bounds,
                          struct wn_candidates *candidates, size_t i,
                          struct wn_winner *winners, int32_t *index,
                          float *distance)
{
    drop_losers(bounds, candidates, i);
    rank_candidates(bounds, candidates, i, winners);
    for (size_t w = 0; w < bounds->m; w++) {
        const bool there = w < candidates->count;

        index[w] = there ? winners[w].row : -1;
        distance[w] = there ? winners[w].distance : INFINITY;
    }
}

WN_MULTIVERSION void wn_candidates_limit(const struct wn_bounds *bounds,
                                         struct wn_candidates *candidates,
                                         size_t i, const float *dots,
                                         const float *bias, size_t columns)
{
    /* From (1 - c) |b|^2 to (1 + c) |b|^2, and some for rounding. */
    const float widen = (float)(1 + 2.5 * bounds->slack / (1 - bounds->slack));
    float min[WN_SCAN_PAD];

    if (bounds->group || bounds->m > WN_SCAN_PAD)
        return;
    for (size_t l = 0; l < WN_SCAN_PAD; l++)
        min[l] = INFINITY;
    for (size_t c = 0; c < columns; c += WN_SCAN_PAD)
        for (size_t l = 0; l < WN_SCAN_PAD; l++) {
            const float high = dots[c + l] + widen * bias[c + l];

            min[l] = high < min[l] ? high : min[l];
        }
    lower_limit(candidates, widen * bounds->bias[i] +
                                wn_bounds_mth(min, WN_SCAN_PAD, bounds->m));
}
