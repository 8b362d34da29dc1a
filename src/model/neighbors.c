/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact nearest neighbours: candidates from SGEMM, winners in double; see
 * near.h for why that is exact.
 *
 * Pairs of row blocks are multiplied once and serve both sides, by a kernel
 * that looks at the products at once where there is one (tile.h). */
#include "model/neighbors.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/linear.h"
#include "model/near.h"
#include "model/tile.h"
#include "util/large.h"
#include "util/memory.h"

enum { BLOCK = 384 }; /* rows of a tile: whole panels of them */

struct search {
    struct wn_near near;
    const struct wn_tile_kernel *kernel; /* or NULL: SGEMM */
    const float *y; /* n x p, prepared rows, or blocks of panels of them */
    float *owned;   /* y where it is not x */
    struct wn_candidate *entries;
    struct wn_pool *pools;
    omp_lock_t *locks; /* one a block */
    bool locked;
    size_t blocks;
};

static int prepare(struct search *s, const struct wn_graph *graph,
                   struct wn_error *error)
{
    const size_t n = graph->n;

    s->blocks = (n + BLOCK - 1) / BLOCK;
    if (wn_near_start(&s->near, graph, error))
        return -1;
    s->kernel = wn_tile_kernel(s->near.p);
    s->y = graph->x;
    if (s->kernel || !s->near.plain) {
        s->y = s->owned =
            wn_large_new(wn_product(n + WN_NEAR_PAD, s->near.p, 1),
                         sizeof *s->owned, error);
        if (!s->owned)
            return -1;
    }
    s->pools = wn_large_new(n, sizeof *s->pools, error);
    s->entries =
        wn_large_new(wn_product(n, s->near.room, 1), sizeof *s->entries, error);
    s->locks = wn_new(s->blocks, sizeof *s->locks, error);
    if (!s->pools || !s->entries || !s->locks)
        return -1;
    for (size_t b = 0; b < s->blocks; b++)
        omp_init_lock(&s->locks[b]);
    s->locked = true;
    return 0;
}

static void release(struct search *s)
{
    if (s->locked)
        for (size_t b = 0; b < s->blocks; b++)
            omp_destroy_lock(&s->locks[b]);
    free(s->locks);
    wn_large_free(s->entries);
    wn_large_free(s->pools);
    wn_large_free(s->owned);
    wn_near_end(&s->near);
}

/* What a thread works with. */
struct bench {
    float *dots;         /* BLOCK x BLOCK, -2 a.b */
    struct wn_hit *hits; /* up to BLOCK x BLOCK */
    struct wn_winner *scratch;
    float *row; /* p */
    float row_bias[BLOCK], bias[BLOCK];
    float row_limit[BLOCK], column_limit[BLOCK];
};

static void bench_free(struct bench *bench)
{
    if (!bench)
        return;
    free(bench->dots);
    free(bench->hits);
    free(bench->scratch);
    free(bench->row);
    free(bench);
}

static struct bench *bench_new(const struct search *s, struct wn_error *error)
{
    struct bench *bench = wn_new(1, sizeof *bench, error);

    if (!bench)
        return NULL;
    bench->dots = wn_new(BLOCK * BLOCK, sizeof *bench->dots, error);
    bench->hits = wn_new(BLOCK * BLOCK, sizeof *bench->hits, error);
    bench->scratch = wn_new(s->near.room, sizeof *bench->scratch, error);
    bench->row = wn_new(s->near.p, sizeof *bench->row, error);
    if (bench->dots && bench->hits && bench->scratch && bench->row)
        return bench;
    bench_free(bench);
    return NULL;
}

/* Empty pools, and the rows where they are not those of x. */
static void fill(const struct search *s, struct bench **benches, int threads)
{
    const size_t p = s->near.p;

#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < s->near.n; i++) {
        float *row = benches[omp_get_thread_num()]->row;

        wn_pool_start(&s->pools[i], s->entries + i * s->near.room);
        if (s->kernel) {
            wn_near_row(&s->near, i, row);
            wn_tile_pack(s->kernel, row, i, p, s->owned);
        } else if (s->owned) {
            wn_near_row(&s->near, i, s->owned + i * p);
        }
    }
}

static void copy_limits(const struct search *s, size_t block, float *limit)
{
    const size_t begin = block * BLOCK;

    omp_set_lock(&s->locks[block]);
    for (size_t i = 0; i < BLOCK; i++)
        limit[i] =
            begin + i < s->near.n ? s->pools[begin + i].limit : -INFINITY;
    omp_unset_lock(&s->locks[block]);
}

static void copy_bias(const struct search *s, size_t block, float *bias)
{
    const size_t begin = block * BLOCK;

    for (size_t i = 0; i < BLOCK; i++)
        bias[i] = begin + i < s->near.n ? s->near.bias[begin + i] : INFINITY;
}

/* The hits to the rows of the tile, and to those of its columns. */
static void offer_rows(const struct search *s, const struct bench *bench,
                       size_t count, size_t a, size_t b)
{
    omp_set_lock(&s->locks[a]);
    for (size_t h = 0; h < count; h++) {
        const struct wn_hit hit = bench->hits[h];
        const size_t i = a * BLOCK + (size_t)hit.row;
        const size_t j = b * BLOCK + (size_t)hit.column;

        if (i != j)
            wn_near_offer(&s->near, &s->pools[i], i, j, hit.low,
                          bench->scratch);
    }
    omp_unset_lock(&s->locks[a]);
}

static void offer_columns(const struct search *s, const struct bench *bench,
                          size_t count, size_t a, size_t b)
{
    omp_set_lock(&s->locks[b]);
    for (size_t h = 0; h < count; h++) {
        const struct wn_hit hit = bench->hits[h];
        const size_t j = b * BLOCK + (size_t)hit.column;

        wn_near_offer(&s->near, &s->pools[j], j, a * BLOCK + (size_t)hit.row,
                      hit.low, bench->scratch);
    }
    omp_unset_lock(&s->locks[b]);
}

/* Limits from the tile of a block with itself. */
static void begin_block(const struct search *s, struct bench *bench,
                        size_t block, size_t rows)
{
    const size_t first = block * BLOCK;

    omp_set_lock(&s->locks[block]);
    for (size_t i = 0; i < rows; i++) {
        const float bias = bench->bias[i];

        bench->bias[i] = INFINITY;
        wn_near_begin(&s->near, &s->pools[first + i], first + i,
                      bench->dots + i * BLOCK, bench->bias, rows);
        bench->bias[i] = bias;
    }
    omp_unset_lock(&s->locks[block]);
}

static void multiply(const struct search *s, const struct wn_tile *tile,
                     float *dots)
{
    if (s->kernel)
        s->kernel->multiply(tile, dots, BLOCK);
    else
        wn_gemm(0, 1, tile->rows, tile->columns, tile->p, -2, tile->first,
                tile->p, tile->second, tile->p, 0, dots, BLOCK);
}

static void do_tile(const struct search *s, size_t a, size_t b,
                    struct bench *bench)
{
    const size_t n = s->near.n, p = s->near.p;
    const size_t first = a * BLOCK, second = b * BLOCK;
    const struct wn_tile tile = {
        .first = s->y + first * p, .second = s->y + second * p, .p = p,
        .rows = n - first < BLOCK ? n - first : BLOCK,
        .columns = n - second < BLOCK ? n - second : BLOCK,
        .row_bias = bench->row_bias, .bias = bench->bias,
        .row_limit = bench->row_limit, .column_limit = bench->column_limit};
    const bool at_once = s->kernel && a != b;

    copy_bias(s, a, bench->row_bias);
    copy_bias(s, b, bench->bias);
    if (!at_once)
        multiply(s, &tile, bench->dots);
    if (a == b)
        begin_block(s, bench, a, tile.rows);
    copy_limits(s, a, bench->row_limit);
    copy_limits(s, b, bench->column_limit);
    for (size_t j = 0; a == b && j < BLOCK; j++)
        bench->column_limit[j] = -INFINITY; /* each pair comes twice */
    const size_t count =
        at_once ? s->kernel->scan(&tile, bench->hits)
                : wn_tile_scan(&tile, bench->dots, BLOCK, bench->hits);
    offer_rows(s, bench, count, a, b);
    if (a != b)
        offer_columns(s, bench, count, a, b);
}

/* The winners of a block of rows, into the output. */
static void finish_block(const struct search *s, size_t block,
                         struct bench *bench, int32_t *index, float *distance)
{
    const size_t m = s->near.m;

    for (size_t i = block * BLOCK; i < s->near.n && i < (block + 1) * BLOCK;
         i++)
        wn_near_decide(&s->near, &s->pools[i], i, bench->scratch,
                       index + i * m, distance + i * m);
}

/* Tiles go by diagonals, so that every row has m candidates, and a limit,
 * after the first. */
static void search_tiles(const struct search *s, struct bench **benches,
                         int threads, struct wn_talk *talk, int32_t *index,
                         float *distance)
{
    const size_t tiles = s->blocks * (s->blocks + 1) / 2;
    size_t done = 0;

    wn_talk_progress(talk, "neighbours: tiles", 0, tiles);
#pragma omp parallel num_threads(threads)
    {
        struct bench *bench = benches[omp_get_thread_num()];

        for (size_t off = 0; off < s->blocks; off++) {
#pragma omp for schedule(dynamic) nowait
            for (size_t a = 0; a < s->blocks - off; a++) {
                size_t now;

                do_tile(s, a, a + off, bench);
#pragma omp atomic capture
                now = ++done;
                if (omp_get_thread_num() == 0)
                    wn_talk_progress(talk, "neighbours: tiles", now, tiles);
            }
        }
#pragma omp barrier
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < s->blocks; b++)
            finish_block(s, b, bench, index, distance);
    }
    wn_talk_progress(talk, "neighbours: tiles", tiles, tiles);
}

int wn_neighbors(const struct wn_graph *graph, int32_t *index,
                 float *distance, struct wn_error *error)
{
    const size_t n = graph->n, m = graph->m;
    const int threads = graph->threads;
    struct bench **benches = NULL;
    struct search s = {0};
    int status = -1;

    if (m < 1 || m >= n || n > INT32_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "%zu neighbours of %zu rows: wanted 1 to %zu", m, n,
                       n - 1);
    benches = wn_new((size_t)threads, sizeof *benches, error);
    if (!benches || prepare(&s, graph, error))
        goto done;
    for (int t = 0; t < threads; t++) {
        benches[t] = bench_new(&s, error);
        if (!benches[t])
            goto done;
    }
    fill(&s, benches, threads);
    search_tiles(&s, benches, threads, graph->talk, index, distance);
    status = 0;
done:
    for (int t = 0; benches && t < threads; t++)
        bench_free(benches[t]);
    free(benches);
    release(&s);
    return status;
}

double wn_neighbors_bytes(size_t n, size_t d, size_t m)
{
    const double candidates = (double)wn_near_room(n, m);

    return 4 * (double)(n + WN_NEAR_PAD) * (double)(d + 1) +
           (double)n * (16 + sizeof(struct wn_pool) +
                        candidates * sizeof(struct wn_candidate));
}
