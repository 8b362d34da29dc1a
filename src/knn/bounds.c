/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates by bounds, winners by distance; see bounds.h. */
#include "knn/bounds.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/simd.h"

/* Above what underflow can take from a sum of 65,535 products, also where
 * numbers below 2^-126 count as 0; and a row so short that what rounding takes
 * from it is below that, too. */
#define TINY 0x1p-100f
#define SHORT 0x1p-60

static double row_square(const float *row, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (double)row[j] * row[j];
    return sum;
}

/* Whether two rows are equal number by number. */
static bool row_equal(const float *a, const float *b, size_t d)
{
    for (size_t j = 0; j < d; j++)
        if (a[j] != b[j])
            return false;
    return true;
}

static double euclidean(const float *a, const float *b, size_t d)
{
    double sum[4] = {0};
    size_t j = 0;

    for (; j + 4 <= d; j += 4)
        for (size_t s = 0; s < 4; s++) {
            const double gap = (double)a[j + s] - b[j + s];
            sum[s] += gap * gap;
        }
    for (; j < d; j++) {
        const double gap = (double)a[j] - b[j];
        sum[0] += gap * gap;
    }
    return sqrt((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* 1 - cosine as half the squared distance of the two directions: exact where
 * it is small. */
static double cosine(const float *a, double inverse_a, const float *b,
                     double inverse_b, size_t d)
{
    double sum[4] = {0};
    size_t j = 0;

    if (inverse_a == 0 || inverse_b == 0)
        return inverse_a == inverse_b ? 0 : 1;
    for (; j + 4 <= d; j += 4)
        for (size_t s = 0; s < 4; s++) {
            const double gap = a[j + s] * inverse_a - b[j + s] * inverse_b;
            sum[s] += gap * gap;
        }
    for (; j < d; j++) {
        const double gap = a[j] * inverse_a - b[j] * inverse_b;
        sum[0] += gap * gap;
    }
    const double half = 0.5 * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    return half < 2 ? half : 2;
}

static float distance_of(const struct wn_bounds *near, size_t i, size_t j)
{
    const float *a = near->x + i * near->d, *b = near->x + j * near->d;

    if (near->metric == WN_EUCLIDEAN)
        return (float)euclidean(a, b, near->d);
    if (row_equal(a, b, near->d))
        return 0;
    return (float)cosine(a, near->inverse[i], b, near->inverse[j], near->d);
}

/* Some centre of the rows, from a few thousand of them; whether leaving the
 * rows as they are would loosen the bound. */
static bool find_centre(struct wn_bounds *near)
{
    const size_t step = 1 + near->n / 4096;
    double total = 0, away = 0, count = 0;

    for (size_t i = 0; i < near->n; i += step, count++)
        for (size_t j = 0; j < near->d; j++) {
            const double value = near->x[i * near->d + j];

            near->centre[j] += value;
            total += value * value;
        }
    for (size_t j = 0; j < near->d; j++) {
        near->centre[j] /= count;
        away += near->centre[j] * near->centre[j];
    }
    return away > total / count - away;
}

/* The largest magnitude of x - centre. */
static double find_largest(const struct wn_bounds *near, int threads)
{
    double largest = 0;

#pragma omp parallel for num_threads(threads) reduction(max : largest)
    for (size_t i = 0; i < near->n; i++)
        for (size_t j = 0; j < near->d; j++) {
            const double size =
                fabs(near->x[i * near->d + j] - near->centre[j]);

            largest = size > largest ? size : largest;
        }
    return largest;
}

static int start_euclidean(struct wn_bounds *near, int threads)
{
    near->centre = wn_new(near->d, sizeof *near->centre);
    const bool move = find_centre(near);
    if (!move)
        memset(near->centre, 0, near->d * sizeof *near->centre);
    const double largest = find_largest(near, threads);
    near->plain = !move && largest < 1e9 && largest > 1e-9;
    near->scale = largest > 0 ? ldexp(1, -ilogb(largest)) : 1;
    return 0;
}

static int start_cosine(struct wn_bounds *near, int threads)
{
    near->inverse = wn_spill_new(near->n, sizeof *near->inverse);
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < near->n; i++) {
        const double norm = sqrt(row_square(near->x + i * near->d, near->d));

        near->inverse[i] = norm > 0 ? 1 / norm : 0;
    }
    return 0;
}

/* Cosine: directions; a row of norm 0 points along an axis of its own, so that
 * it is at right angles to all others and at 0 from its like. */
void wn_bounds_row(const struct wn_bounds *near, size_t i, float *out)
{
    const float *row = near->x + i * near->d;

    if (near->plain) {
        memcpy(out, row, near->d * sizeof *out);
    } else if (near->metric == WN_COSINE) {
        for (size_t j = 0; j < near->d; j++)
            out[j] = (float)(row[j] * near->inverse[i]);
        out[near->d] = near->inverse[i] > 0 ? 0 : 1;
    } else {
        for (size_t j = 0; j < near->d; j++)
            out[j] = (float)((row[j] - near->centre[j]) * near->scale);
    }
}

/* What wn_gemm() or a kernel that rounds, with the share that is its loss, may
 * be off. */
static double slack_of(size_t p, double share)
{
    const size_t roundings = share > 0 ? p : wn_gemm_roundings(p);

    return share * (2 + share) + 1.1 * ((double)roundings + 16) * 0x1p-24;
}

/* Squares of the prepared rows, and what the bounds need of them. */
static int square_rows(struct wn_bounds *near, int threads,
                       double (*loss)(const float *row, size_t p))
{
    double lost = 0;
    float *rows = wn_new(wn_product((size_t)threads, near->p, 1), sizeof *rows);

    near->square = wn_spill_new(near->n, sizeof *near->square);
    near->bias = wn_spill_new(near->n, sizeof *near->bias);
    if (!rows || !near->square || !near->bias) {
        free(rows);
        return -1;
    }
#pragma omp parallel num_threads(threads)
    {
        float *row = rows + (size_t)omp_get_thread_num() * near->p;

#pragma omp for reduction(max : lost)
        for (size_t i = 0; i < near->n; i++) {
            wn_bounds_row(near, i, row);
            const double square = row_square(row, near->p);

            near->square[i] = (float)square;
            if (loss && square > SHORT * SHORT)
                lost = fmax(lost, loss(row, near->p) / square);
        }
    }
    free(rows);
    near->slack = slack_of(near->p, sqrt(lost));
    for (size_t i = 0; i < near->n; i++)
        near->bias[i] = (float)(near->square[i] * (1 - near->slack));
    return 0;
}

size_t wn_bounds_room(size_t n, size_t m)
{
    const size_t room = 3 * m + 16;

    return room < n ? room : n;
}

size_t wn_bounds_width(const struct wn_graph *graph)
{
    return graph->metric == WN_COSINE ? graph->d + 1 : graph->d;
}

int wn_bounds_start(struct wn_bounds *near, const struct wn_graph *graph,
                    double (*loss)(const float *row, size_t p))
{
    const int threads = graph->threads;

    *near = (struct wn_bounds){.x = graph->x,
                               .n = graph->n,
                               .d = graph->d,
                               .m = graph->m,
                               .metric = graph->metric,
                               .group = graph->group};
    near->p = wn_bounds_width(graph);
    near->room = wn_bounds_room(graph->n, graph->m);
    if (near->metric == WN_COSINE ? start_cosine(near, threads)
                                  : start_euclidean(near, threads))
        return -1;
    return square_rows(near, threads, loss);
}

void wn_bounds_end(struct wn_bounds *near)
{
    free(near->centre);
    wn_spill_free(near->inverse);
    wn_spill_free(near->square);
    wn_spill_free(near->bias);
}

void wn_candidates_start(struct wn_candidates *pool,
                         struct wn_candidate *entries)
{
    /* Finite, so that the padding of a scan is above it. */
    *pool = (struct wn_candidates){
        .entries = entries, .limit = FLT_MAX, .ceiling = INT32_MAX};
}

/* Hoare's selection. */
void wn_bounds_select(struct wn_candidate *entries, size_t length, size_t count)
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

/* All candidates of row i by their distances, in order. */
static void bounds_rank(const struct wn_bounds *near,
                        const struct wn_candidates *pool, size_t i,
                        struct wn_winner *winners)
{
    for (size_t e = 0; e < pool->count; e++) {
        winners[e].row = pool->entries[e].row;
        winners[e].distance =
            distance_of(near, i, (size_t)pool->entries[e].row);
    }
    qsort(winners, pool->count, sizeof *winners, compare_winners);
}

/* The m-th smallest of WN_BOUNDS_PAD, those from `count` on being infinite.
 * Comparing each with each is quicker than guessing where to go next. */
WN_MULTIVERSION static float mth_of_few(const float *high, size_t count,
                                        size_t m)
{
    int32_t below[WN_BOUNDS_PAD] = {0};
    float found = -INFINITY;

    for (size_t f = 0; f < count; f++) {
        const float other = high[f];

        for (int e = 0; e < WN_BOUNDS_PAD; e++)
            below[e] += other < high[e];
    }
    for (int e = 0; e < WN_BOUNDS_PAD; e++) {
        const float own = below[e] < (int32_t)m ? high[e] : -INFINITY;

        found = own > found ? own : found;
    }
    return found;
}

float wn_bounds_mth(const float *values, size_t count, size_t m)
{
    float padded[WN_BOUNDS_PAD];

    for (size_t e = 0; e < WN_BOUNDS_PAD; e++)
        padded[e] = e < count ? values[e] : INFINITY;
    return mth_of_few(padded, count, m);
}

/* The m-th smallest `high` of `count` entries, m <= count. */
static float mth_high(struct wn_candidate *entries, size_t count, size_t m)
{
    float few[WN_BOUNDS_PAD], most = -INFINITY;

    if (count <= WN_BOUNDS_PAD) {
        for (size_t e = 0; e < count; e++)
            few[e] = entries[e].high;
        return wn_bounds_mth(few, count, m);
    }
    wn_bounds_select(entries, count, m);
    for (size_t e = 0; e < m; e++)
        most = fmaxf(most, entries[e].high);
    return most;
}

/* m candidates are no higher than `high`. */
static void lower_limit(struct wn_candidates *pool, float high)
{
    /* Distances that round to the same float are ties; some are below 0. */
    const float limit = fmaxf(high, 0) * (1 + 0x1p-20f) + TINY;

    if (limit < pool->limit)
        pool->limit = limit;
}

/* After tightening: drop every candidate that cannot win. */
static void drop_losers(const struct wn_bounds *near,
                        struct wn_candidates *pool, size_t i)
{
    const double width = 2.01 * near->slack;
    size_t kept = 0;

    if (pool->count <= near->m)
        return;
    lower_limit(pool, mth_high(pool->entries, pool->count, near->m));
    for (size_t e = 0; e < pool->count; e++) {
        const struct wn_candidate entry = pool->entries[e];
        const double squares =
            (double)near->square[i] + near->square[entry.row];

        if (entry.high - width * squares <= pool->limit)
            pool->entries[kept++] = entry;
    }
    pool->count = kept;
}

/* The squared distance of two prepared rows at a distance that was rounded,
 * from above. */
static float square_of(const struct wn_bounds *near, float distance)
{
    const double above = (double)distance * (1 + 0x1p-22) + 0x1p-149;

    if (near->metric == WN_COSINE)
        return (float)(2 * above);
    const double scaled = near->plain ? above : above * near->scale;
    return (float)(scaled * scaled);
}

/* Keep the m winners only, with the bounds they had. */
static void keep_winners(const struct wn_bounds *near,
                         struct wn_candidates *pool, size_t i,
                         struct wn_winner *winners)
{
    const size_t m = near->m;

    bounds_rank(near, pool, i, winners);
    for (size_t w = 0; w < m; w++) {
        size_t e = w;

        while (pool->entries[e].row != winners[w].row)
            e++;
        const struct wn_candidate found = pool->entries[e];
        pool->entries[e] = pool->entries[w];
        pool->entries[w] = found;
    }
    pool->count = m;
    lower_limit(pool, square_of(near, winners[m - 1].distance));
    if (winners[m - 1].distance == 0)
        pool->ceiling = winners[m - 1].row;
}

void wn_bounds_offer(const struct wn_bounds *near, struct wn_candidates *pool,
                     size_t i, size_t j, float low, struct wn_winner *scratch)
{
    if (low > pool->limit || (int32_t)j > pool->ceiling ||
        (near->group && near->group[i] == near->group[j]))
        return;
    const double squares = (double)near->square[i] + near->square[j];
    pool->entries[pool->count++] = (struct wn_candidate){
        (float)(low + 2 * near->slack * squares), (int32_t)j};
    if (pool->count < near->room)
        return;
    drop_losers(near, pool, i);
    /* Ties keep it full: let the distances decide. */
    if (pool->count > near->room / 2 + near->m / 2)
        keep_winners(near, pool, i, scratch);
}

void wn_bounds_decide(const struct wn_bounds *near, struct wn_candidates *pool,
                      size_t i, struct wn_winner *scratch, int32_t *index,
                      float *distance)
{
    drop_losers(near, pool, i);
    bounds_rank(near, pool, i, scratch);
    for (size_t w = 0; w < near->m; w++) {
        const bool there = w < pool->count;

        index[w] = there ? scratch[w].row : -1;
        distance[w] = there ? scratch[w].distance : INFINITY;
    }
}

/* The least of each WN_BOUNDS_PAD-th column of dots + widen bias. */
WN_MULTIVERSION static void bounds_find_least(const float *dots,
                                              const float *bias, size_t columns,
                                              float widen, float *least)
{
    for (size_t l = 0; l < WN_BOUNDS_PAD; l++)
        least[l] = INFINITY;
    for (size_t c = 0; c < columns; c += WN_BOUNDS_PAD)
        for (size_t l = 0; l < WN_BOUNDS_PAD; l++) {
            const float high = dots[c + l] + widen * bias[c + l];

            least[l] = high < least[l] ? high : least[l];
        }
}

void wn_bounds_begin(const struct wn_bounds *near, struct wn_candidates *pool,
                     size_t i, const float *dots, const float *bias,
                     size_t columns)
{
    /* From (1 - c) |b|^2 to (1 + c) |b|^2, and some for rounding. */
    const float widen = (float)(1 + 2.5 * near->slack / (1 - near->slack));
    float least[WN_BOUNDS_PAD];

    if (near->group || near->m > WN_BOUNDS_PAD)
        return;
    bounds_find_least(dots, bias, columns, widen, least);
    lower_limit(pool, widen * near->bias[i] +
                          wn_bounds_mth(least, WN_BOUNDS_PAD, near->m));
}

#if defined(__x86_64__)
/* Eight columns at a time. */
__attribute__((target("avx2"))) static size_t
scan_eights(const float *dots, const float *bias, const float *limit,
            size_t columns, size_t row, float row_bias, float row_limit,
            struct wn_hit *hits)
{
    const __m256 own_bias = _mm256_set1_ps(row_bias);
    const __m256 own_limit = _mm256_set1_ps(row_limit);
    size_t count = 0;

    for (size_t c = 0; c < columns; c += 8) {
        const __m256 low =
            _mm256_add_ps(_mm256_add_ps(own_bias, _mm256_loadu_ps(bias + c)),
                          _mm256_loadu_ps(dots + c));
        const __m256 most =
            _mm256_max_ps(_mm256_loadu_ps(limit + c), own_limit);
        unsigned mask =
            (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(low, most, _CMP_LE_OQ));

        for (; mask; mask &= mask - 1) {
            const size_t j = c + (size_t)__builtin_ctz(mask);

            hits[count++] = (struct wn_hit){(int32_t)row, (int32_t)j,
                                            (row_bias + bias[j]) + dots[j]};
        }
    }
    return count;
}
#endif

/* Whether any of WN_BOUNDS_PAD columns may be near. */
static bool chunk_has_hit(const float *dots, const float *bias,
                          const float *limit, float row_bias, float row_limit)
{
    int any = 0;

    for (int c = 0; c < WN_BOUNDS_PAD; c++) {
        const float low = (row_bias + bias[c]) + dots[c];
        const float most = limit[c] > row_limit ? limit[c] : row_limit;

        any |= low <= most;
    }
    return any;
}

size_t wn_bounds_scan(const float *dots, const float *bias, const float *limit,
                      size_t columns, size_t row, float row_bias,
                      float row_limit, struct wn_hit *hits)
{
    size_t count = 0;

#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return scan_eights(dots, bias, limit, columns, row, row_bias, row_limit,
                           hits);
#endif
    for (size_t c = 0; c < columns; c += WN_BOUNDS_PAD) {
        if (!chunk_has_hit(dots + c, bias + c, limit + c, row_bias, row_limit))
            continue;
        for (size_t j = c; j < c + WN_BOUNDS_PAD; j++) {
            const float low = (row_bias + bias[j]) + dots[j];

            if (low <= row_limit || low <= limit[j])
                hits[count++] = (struct wn_hit){(int32_t)row, (int32_t)j, low};
        }
    }
    return count;
}
