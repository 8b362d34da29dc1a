/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lloyd's algorithm by blocks of rows; see kmeans.h. */
#include "knn/kmeans.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/simd.h"
#include "util/spill.h"
#include "util/parallel.h"

WN_MULTIVERSION void wn_kmeans_far(const struct wn_kmeans *cells,
                                   const float *y, size_t rows, float *far)
{
    const size_t count = cells->count, p = cells->p;
    const float *square = cells->square;

    wn_gemm(0, 1, rows, count, p, -2, y, p, cells->centre, p, 0, far, count);
    for (size_t i = 0; i < rows; i++) {
        float *row = far + i * count;

        for (size_t c = 0; c < count; c++)
            row[c] += square[c];
    }
}

WN_MULTIVERSION int32_t wn_kmeans_nearest(const struct wn_kmeans *cells,
                                          const float *far)
{
    const size_t whole = cells->count - cells->count % WN_SIMD_LANES;
    float min[WN_SIMD_LANES], best = INFINITY;
    size_t at = 0;

    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        min[l] = INFINITY;
    for (size_t c = 0; c < whole; c += WN_SIMD_LANES)
        for (size_t l = 0; l < WN_SIMD_LANES; l++)
            min[l] = far[c + l] < min[l] ? far[c + l] : min[l];
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        best = min[l] < best ? min[l] : best;
    for (size_t c = whole; c < cells->count; c++)
        best = far[c] < best ? far[c] : best;
    while (at + 1 < cells->count && far[at] > best)
        at++;
    return (int32_t)at;
}

static void square_centres(struct wn_kmeans *cells)
{
    for (size_t c = 0; c < cells->count; c++) {
        const float *centre = cells->centre + c * cells->p;
        double sum = 0;

        for (size_t j = 0; j < cells->p; j++)
            sum += (double)centre[j] * (double)centre[j];
        cells->square[c] = (float)sum;
    }
}

void wn_kmeans_clusters(const float *y, size_t n, size_t p, size_t count,
                        int threads, struct wn_log *log, int32_t *cluster)
{
    enum { STARTS = 8, ROUNDS = 10, BLOCK = 256 };
    float *far = wn_new(wn_product(BLOCK, count, 1), sizeof *far);
    int32_t *nearest = wn_new(n, sizeof *nearest);
    double least = INFINITY;

    for (int start = 0; start < STARTS; start++) {
        struct wn_kmeans cells;
        double sum = 0; /* of squared distances, but for a constant */

        wn_kmeans_make(&cells, y, n, p, count, ROUNDS, (uint64_t)start, threads,
                       log);
        for (size_t i = 0; i < n; i++) {
            const float *own = far + i % BLOCK * count;

            if (i % BLOCK == 0)
                wn_kmeans_far(&cells, y + i * p, n - i < BLOCK ? n - i : BLOCK,
                              far);
            nearest[i] = wn_kmeans_nearest(&cells, own);
            sum += (double)own[nearest[i]];
        }
        wn_kmeans_free(&cells);
        if (sum < least)
            memcpy(cluster, nearest, n * sizeof *cluster);
        least = fmin(least, sum);
    }
    free(nearest);
    free(far);
}

void wn_kmeans_make(struct wn_kmeans *cells, const float *y, size_t n, size_t p,
                    size_t count, size_t rounds, uint64_t seed, int threads,
                    struct wn_log *log)
{
    static const char what[] = "neighbours: rounds of k-means";
    const size_t blocks = wn_block_count(n);
    struct wn_arena own = {0};
    int32_t *cell = wn_arena_spill(&own, sizeof *cell, n, 1);
    int32_t *order = wn_arena_spill(&own, sizeof *order, n, 1);
    size_t *first = wn_arena_new(&own, sizeof *first, count + 1, 1);
    float *far = wn_arena_spill(&own, sizeof *far, (size_t)threads,
                                wn_product(WN_BLOCK, count, 1));
    double *sums = wn_arena_spill(&own, sizeof *sums, (size_t)threads, p);
    struct wn_random random;

    *cells = (struct wn_kmeans){
        count, p, wn_spill_new(wn_product(count, p, 1), sizeof(float)),
        wn_new(count, sizeof(float))};
    wn_random_start(&random, seed, WN_RANDOM_CELLS, 0, 0);
    wn_random_order(&random, order, n);
    for (size_t c = 0; c < count; c++)
        memcpy(cells->centre + c * p, y + (size_t)order[c] * p,
               p * sizeof *cells->centre);
    square_centres(cells);
    for (size_t round = 0; round < rounds; round++) {
        wn_log_progress(log, what, round, rounds);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (size_t b = 0; b < blocks; b++) {
            const size_t begin = wn_block_begin(b), end = wn_block_end(b, n);
            float *block =
                far + (size_t)omp_get_thread_num() * WN_BLOCK * count;

            wn_kmeans_far(cells, y + begin * p, end - begin, block);
            for (size_t i = begin; i < end; i++)
                cell[i] = wn_kmeans_nearest(cells, block + (i - begin) * count);
        }
        wn_order_by_bucket(cell, n, count, first, order);
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
        for (size_t c = 0; c < count; c++) {
            const size_t begin = first[c], end = first[c + 1];
            double *sum = sums + (size_t)omp_get_thread_num() * p;

            memset(sum, 0, p * sizeof *sum);
            for (size_t at = begin; at < end; at++)
                for (size_t j = 0; j < p; j++)
                    sum[j] += (double)y[(size_t)order[at] * p + j];
            for (size_t j = 0; begin < end && j < p; j++)
                cells->centre[c * p + j] =
                    (float)(sum[j] / (double)(end - begin));
        }
        square_centres(cells);
    }
    wn_log_progress(log, what, rounds, rounds);
    wn_arena_free(&own);
}

void wn_kmeans_free(struct wn_kmeans *cells)
{
    wn_spill_free(cells->centre);
    free(cells->square);
}
