/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lloyd's rounds by blocks; see kmeans.h. */
#include "knn/kmeans.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/thread.h"
#include "util/simd.h"

WN_MULTIVERSION static void add_squares(const float *square, size_t count,
                                        float *far)
{
    for (size_t c = 0; c < count; c++)
        far[c] += square[c];
}

void wn_kmeans_far(const struct wn_kmeans *cells, const float *y, size_t rows,
                   float *far)
{
    const size_t count = cells->count, p = cells->p;

    wn_gemm(0, 1, rows, count, p, -2, y, p, cells->centre, p, 0, far, count);
    for (size_t i = 0; i < rows; i++)
        add_squares(cells->square, count, far + i * count);
}

/* The least of each WN_SIMD_LANES-th number; count in whole lanes. */
WN_MULTIVERSION static void kmeans_find_least(const float *far, size_t count,
                                              float *least)
{
    for (size_t c = 0; c < count; c += WN_SIMD_LANES)
        for (size_t l = 0; l < WN_SIMD_LANES; l++)
            least[l] = far[c + l] < least[l] ? far[c + l] : least[l];
}

int32_t wn_kmeans_nearest(const struct wn_kmeans *cells, const float *far)
{
    const size_t whole = cells->count - cells->count % WN_SIMD_LANES;
    float least[WN_SIMD_LANES], best = INFINITY;
    size_t at = 0;

    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        least[l] = INFINITY;
    kmeans_find_least(far, whole, least);
    for (size_t l = 0; l < WN_SIMD_LANES; l++)
        best = least[l] < best ? least[l] : best;
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

/* What the rounds work on. */
struct rounds {
    const float *y;
    size_t n;
    int threads;
    int32_t *cell;  /* n */
    int32_t *order; /* n: rows by cell, rising in each */
    size_t *first;  /* count + 1 */
    float *far;     /* a WN_BLOCK x count a thread */
    double *sum;    /* p a thread */
};

static void kmeans_assign(struct rounds *rounds, const struct wn_kmeans *cells)
{
    const size_t blocks = wn_block_count(rounds->n);

#pragma omp parallel for schedule(dynamic) num_threads(rounds->threads)
    for (size_t b = 0; b < blocks; b++) {
        const size_t begin = wn_block_begin(b);
        const size_t end = wn_block_end(b, rounds->n);
        float *far = rounds->far +
                     (size_t)omp_get_thread_num() * WN_BLOCK * cells->count;

        wn_kmeans_far(cells, rounds->y + begin * cells->p, end - begin, far);
        for (size_t i = begin; i < end; i++)
            rounds->cell[i] =
                wn_kmeans_nearest(cells, far + (i - begin) * cells->count);
    }
}

void wn_kmeans_sort(const int32_t *cell, size_t n, size_t count, size_t *first,
                    int32_t *order)
{
    memset(first, 0, (count + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[(size_t)cell[i] + 1]++;
    for (size_t c = 0; c < count; c++)
        first[c + 1] += first[c];
    for (size_t i = 0; i < n; i++)
        order[first[cell[i]]++] = (int32_t)i;
    memmove(first + 1, first, count * sizeof *first);
    first[0] = 0;
}

static void kmeans_move(struct rounds *rounds, struct wn_kmeans *cells)
{
    const size_t p = cells->p;

    wn_kmeans_sort(rounds->cell, rounds->n, cells->count, rounds->first,
                   rounds->order);
#pragma omp parallel for schedule(dynamic, 8) num_threads(rounds->threads)
    for (size_t c = 0; c < cells->count; c++) {
        const size_t begin = rounds->first[c], end = rounds->first[c + 1];
        double *sum = rounds->sum + (size_t)omp_get_thread_num() * p;

        memset(sum, 0, p * sizeof *sum);
        for (size_t at = begin; at < end; at++) {
            const float *row = rounds->y + (size_t)rounds->order[at] * p;

            for (size_t j = 0; j < p; j++)
                sum[j] += (double)row[j];
        }
        for (size_t j = 0; begin < end && j < p; j++)
            cells->centre[c * p + j] = (float)(sum[j] / (double)(end - begin));
    }
    square_centres(cells);
}

/* Random rows to begin with, none twice. */
static void begin_anywhere(struct rounds *rounds, struct wn_kmeans *cells,
                           uint64_t seed)
{
    struct wn_random random;

    wn_random_start(&random, seed, WN_RANDOM_CELLS, 0, 0);
    wn_random_order(&random, rounds->order, rounds->n);
    for (size_t c = 0; c < cells->count; c++)
        memcpy(cells->centre + c * cells->p,
               rounds->y + (size_t)rounds->order[c] * cells->p,
               cells->p * sizeof *cells->centre);
    square_centres(cells);
}

int wn_kmeans_make(struct wn_kmeans *cells, const float *y, size_t n, size_t p,
                   size_t count, size_t rounds, uint64_t seed, int threads,
                   struct wn_log *talk)
{
    static const char what[] = "neighbours: rounds of the cells";
    const size_t many = (size_t)threads;
    struct rounds work = {.y = y, .n = n, .threads = threads};
    int status = -1;

    *cells = (struct wn_kmeans){.count = count, .p = p};
    cells->centre = wn_new(wn_product(count, p, 1), sizeof(float));
    cells->square = wn_new(count, sizeof(float));
    work.cell = wn_spill_new(n, sizeof *work.cell);
    work.order = wn_spill_new(n, sizeof *work.order);
    work.first = wn_new(count + 1, sizeof *work.first);
    work.far = wn_new(wn_product(many, WN_BLOCK, count), sizeof(float));
    work.sum = wn_new(wn_product(many, p, 1), sizeof *work.sum);
    begin_anywhere(&work, cells, seed);
    for (size_t round = 0; round < rounds; round++) {
        wn_log_progress(talk, what, round, rounds);
        kmeans_assign(&work, cells);
        kmeans_move(&work, cells);
    }
    wn_log_progress(talk, what, rounds, rounds);
    status = 0;
    wn_spill_free(work.cell);
    wn_spill_free(work.order);
    free(work.first);
    free(work.far);
    free(work.sum);
    return status;
}

void wn_kmeans_free(struct wn_kmeans *cells)
{
    free(cells->centre);
    free(cells->square);
}
