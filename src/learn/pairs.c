/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs against all strangers; see pairs.h.
 *
 * A float product of rows of length 1 is off by at most e = 1.1 (r + 16) 2^-24
 * with r roundings, in whatever order it is summed (bounds.h has the bound).
 * Only where that cannot decide, the product is taken again, in double. */
#include "learn/pairs.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/simd.h"

enum { TILE = 256 };

struct compare {
    const float *a, *b; /* n x p */
    size_t n, p;
    float slack;
    struct wn_pairs *pairs;
    float *low, *high; /* n, around the pair's own product */
};

/* What a thread works with. */
struct bench {
    float *tile;     /* TILE x TILE products */
    double *best;    /* TILE, the largest product of a row so far */
    int32_t *rank_a; /* n, b's better partners among this thread's rows */
};

static double pairs_product(const struct compare *c, size_t i, size_t j)
{
    const float *a = c->a + i * c->p, *b = c->b + j * c->p;
    double sum[4] = {0};
    size_t s = 0;

    for (; s + 4 <= c->p; s += 4)
        for (size_t l = 0; l < 4; l++)
            sum[l] += (double)a[s + l] * b[s + l];
    for (; s < c->p; s++)
        sum[0] += (double)a[s] * b[s];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* How many of s[0..count) are above `high`; *close: how many more are not
 * below `low`; *top: the largest. */
WN_MULTIVERSION static int32_t count_above(const float *s, size_t count,
                                           float low, float high,
                                           int32_t *close, float *top)
{
    int32_t over[WN_SIMD_LANES] = {0}, near[WN_SIMD_LANES] = {0}, above = 0,
            within = 0;
    float lane[WN_SIMD_LANES], most = -INFINITY;
    const size_t even = count - count % WN_SIMD_LANES;

    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        lane[l] = -INFINITY;
    for (size_t j = 0; j < even; j += WN_SIMD_LANES) {
#pragma omp simd
        for (size_t l = 0; l < WN_SIMD_LANES; l++) {
            over[l] += s[j + l] > high;
            near[l] += s[j + l] >= low;
            lane[l] = s[j + l] > lane[l] ? s[j + l] : lane[l];
        }
    }
    for (size_t l = 0; l < WN_SIMD_LANES; l++) {
        above += over[l];
        within += near[l];
        most = lane[l] > most ? lane[l] : most;
    }
    for (size_t j = even; j < count; j++) {
        above += s[j] > high;
        within += s[j] >= low;
        most = s[j] > most ? s[j] : most;
    }
    *close = within - above;
    *top = most;
    return above;
}

/* The same against a bound of each column, added to rank. */
WN_MULTIVERSION static int32_t count_columns(const float *s, size_t count,
                                             const float *low,
                                             const float *high, int32_t *rank)
{
    int32_t within = 0;

#pragma omp simd reduction(+ : within)
    for (size_t j = 0; j < count; j++) {
        const int32_t above = s[j] > high[j];

        rank[j] += above;
        within += (s[j] >= low[j]) - above;
    }
    return within;
}

/* The tile's row i, which is row `first + i` of a, against columns from
 * `second` on of b. */
static void look_at_row(const struct compare *c, struct bench *bench, size_t i,
                        size_t first, size_t second, size_t count)
{
    const float *s = bench->tile + i * TILE;
    const size_t row = first + i;
    const float low = c->low[row], high = c->high[row];
    const double own = c->pairs->cosine[row];
    int32_t close;
    float top;

    c->pairs->rank_b[row] += count_above(s, count, low, high, &close, &top);
    for (size_t j = 0; close > 0 && j < count; j++)
        if (s[j] >= low && s[j] <= high) {
            close--;
            c->pairs->rank_b[row] += pairs_product(c, row, second + j) > own;
        }
    for (size_t j = 0; top >= bench->best[i] - c->slack && j < count; j++) {
        if (s[j] < bench->best[i] - c->slack)
            continue;
        const double exact = pairs_product(c, row, second + j);
        if (exact > bench->best[i]) {
            bench->best[i] = exact;
            c->pairs->partner[row] = (int32_t)(second + j);
        }
    }
    close = count_columns(s, count, c->low + second, c->high + second,
                          bench->rank_a + second);
    for (size_t j = second; close > 0 && j < second + count; j++)
        if (s[j - second] >= c->low[j] && s[j - second] <= c->high[j]) {
            close--;
            bench->rank_a[j] += pairs_product(c, row, j) > c->pairs->cosine[j];
        }
}

static void pairs_look_at_rows(const struct compare *c, struct bench *bench,
                               size_t first)
{
    const size_t rows = c->n - first < TILE ? c->n - first : TILE;

    for (size_t i = 0; i < rows; i++)
        bench->best[i] = -INFINITY;
    for (size_t second = 0; second < c->n; second += TILE) {
        const size_t columns = c->n - second < TILE ? c->n - second : TILE;

        wn_gemm(0, 1, rows, columns, c->p, 1, c->a + first * c->p, c->p,
                c->b + second * c->p, c->p, 0, bench->tile, TILE);
        for (size_t i = 0; i < rows; i++)
            look_at_row(c, bench, i, first, second, columns);
    }
}

static void pairs_bench_free(struct bench *bench)
{
    free(bench->tile);
    free(bench->best);
    wn_spill_free(bench->rank_a);
}

static int pairs_bench_new(struct bench *bench, size_t n)
{
    bench->tile = wn_new(TILE * TILE, sizeof *bench->tile);
    bench->best = wn_new(TILE, sizeof *bench->best);
    bench->rank_a = wn_spill_new(n, sizeof *bench->rank_a);
    return 0;
}

static int find_ranks(struct compare *c, int threads, struct wn_log *log)
{
    struct bench *bench = wn_new((size_t)threads, sizeof *bench);
    size_t done = 0;
    int status = bench ? 0 : -1;

    for (int t = 0; status == 0 && t < threads; t++)
        status = pairs_bench_new(&bench[t], c->n);
    if (status)
        goto done;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t first = 0; first < c->n; first += TILE) {
        size_t now;

        pairs_look_at_rows(c, &bench[omp_get_thread_num()], first);
#pragma omp atomic capture
        now = done += TILE;
        if (omp_get_thread_num() == 0)
            wn_log_progress(log, "pairs", now < c->n ? now : c->n, c->n);
    }
    wn_log_progress(log, "pairs", c->n, c->n);
    for (size_t i = 0; i < c->n; i++) {
        c->pairs->rank_b[i]++;
        c->pairs->rank_a[i] = 1;
        for (int t = 0; t < threads; t++)
            c->pairs->rank_a[i] += bench[t].rank_a[i];
    }
done:
    for (int t = 0; bench && t < threads; t++)
        pairs_bench_free(&bench[t]);
    free(bench);
    return status;
}

static int pairs_compare(struct compare *c, int ranks, int threads,
                         struct wn_log *log)
{
    struct wn_pairs *pairs = c->pairs;

#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < c->n; i++)
        pairs->cosine[i] = pairs_product(c, i, i);
    if (!ranks)
        return 0;
    pairs->rank_a = wn_spill_new(c->n, sizeof *pairs->rank_a);
    pairs->rank_b = wn_spill_new(c->n, sizeof *pairs->rank_b);
    pairs->partner = wn_spill_new(c->n, sizeof *pairs->partner);
    c->low = wn_spill_new(c->n, sizeof *c->low);
    c->high = wn_spill_new(c->n, sizeof *c->high);
    for (size_t i = 0; i < c->n; i++) {
        c->low[i] = (float)pairs->cosine[i] - c->slack;
        c->high[i] = (float)pairs->cosine[i] + c->slack;
    }
    return find_ranks(c, threads, log);
}

int wn_pairs_compare(const struct wn_blocks *blocks, enum wn_alignment asked,
                     int ranks, struct wn_log *log, struct wn_pairs *pairs,
                     struct wn_error *error)
{
    const size_t n = blocks->n, p = blocks->p;
    float *a = wn_spill_new(wn_product(n, p, 1), sizeof *a);
    float *b = wn_spill_new(wn_product(n, p, 1), sizeof *b);
    /* Twice the bound: the bounds themselves are rounded. */
    struct compare c = {.a = a,
                        .b = b,
                        .n = n,
                        .p = p,
                        .pairs = pairs,
                        .slack = 2.2f * ((float)wn_gemm_roundings(p) + 16) *
                                 0x1p-24f};
    int status = -1;

    *pairs = (struct wn_pairs){0};
    pairs->cosine = wn_spill_new(n, sizeof *pairs->cosine);
    if (a && b && pairs->cosine &&
        wn_align(blocks, asked, a, b, &pairs->alignment, &pairs->ridge,
                 error) == 0)
        status = pairs_compare(&c, ranks, blocks->threads, log);
    wn_spill_free(a);
    wn_spill_free(b);
    wn_spill_free(c.low);
    wn_spill_free(c.high);
    return status;
}

void wn_pairs_free(struct wn_pairs *pairs)
{
    wn_spill_free(pairs->cosine);
    wn_spill_free(pairs->rank_a);
    wn_spill_free(pairs->rank_b);
    wn_spill_free(pairs->partner);
    *pairs = (struct wn_pairs){0};
}

double wn_pairs_bytes(size_t n, size_t d, size_t p, int threads)
{
    return (double)n * (8 * (double)p + 28 + 4 * threads) +
           wn_align_bytes(n, d, p, threads);
}
