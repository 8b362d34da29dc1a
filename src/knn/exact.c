/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact nearest neighbours: candidates from products, winners in double; see
 * bounds.h for why that is exact.
 *
 * Pairs of row blocks are multiplied once and serve both sides, by a kernel
 * that looks at the products at once where there is one (tile.h). One that
 * rounds the rows is tried first: it has to leave more pairs to the distances,
 * but few where rows do not stand in tight clusters far apart. */
#include "knn/exact.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linalg/products.h"
#include "knn/bounds.h"
#include "linalg/kernels/tile.h"
#include "util/spill.h"
#include "util/memory.h"

enum {
    BLOCK = 384, /* rows of a tile: whole panels of them */
    LINE = 64,   /* bytes: panels begin at one, the pad has room for it */
    EARLY = 8    /* diagonals that show what rounding costs */
};

static const char what[] = "neighbours: tiles";

struct search {
    struct wn_bounds near;
    const struct wn_tile_kernel *kernel; /* or NULL: SGEMM */
    size_t row_bytes;
    const char *y; /* n rows as they are multiplied */
    char *rows;    /* y where it is not x, within `owned` */
    char *owned;
    struct wn_candidate *entries;
    struct wn_candidates *pools;
    omp_lock_t *locks; /* one a block */
    bool locked;
    size_t blocks;
};

static int exact_prepare(struct search *s, const struct wn_graph *graph)
{
    const size_t n = graph->n;

    s->blocks = (n + BLOCK - 1) / BLOCK;
    if (wn_bounds_start(&s->near, graph, s->kernel ? s->kernel->loss : NULL))
        return -1;
    s->row_bytes =
        s->kernel ? s->kernel->row_bytes(s->near.p) : s->near.p * sizeof(float);
    s->y = (const char *)graph->x;
    if (s->kernel || !s->near.plain) {
        s->owned =
            wn_spill_new(wn_product(n + WN_BOUNDS_PAD, s->row_bytes, 1), 1);
        s->y = s->rows = s->owned + (-(uintptr_t)s->owned & (LINE - 1));
    }
    s->pools = wn_spill_new(n, sizeof *s->pools);
    s->entries =
        wn_spill_new(wn_product(n, s->near.room, 1), sizeof *s->entries);
    s->locks = wn_new(s->blocks, sizeof *s->locks);
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
    wn_spill_free(s->entries);
    wn_spill_free(s->pools);
    wn_spill_free(s->owned);
    wn_bounds_end(&s->near);
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

static void exact_bench_free(struct bench *bench)
{
    if (!bench)
        return;
    free(bench->dots);
    free(bench->hits);
    free(bench->scratch);
    free(bench->row);
    free(bench);
}

static struct bench *exact_bench_new(const struct search *s)
{
    struct bench *bench = wn_new(1, sizeof *bench);

    bench->dots = wn_new(BLOCK * BLOCK, sizeof *bench->dots);
    bench->hits = wn_new(BLOCK * BLOCK, sizeof *bench->hits);
    bench->scratch = wn_new(s->near.room, sizeof *bench->scratch);
    bench->row = wn_new(s->near.p, sizeof *bench->row);
    if (bench->dots && bench->hits && bench->scratch && bench->row)
        return bench;
    exact_bench_free(bench);
    return NULL;
}

/* Empty pools, and the rows where they are not those of x. */
static void exact_fill(const struct search *s, struct bench **benches,
                       int threads)
{
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < s->near.n; i++) {
        float *row = benches[omp_get_thread_num()]->row;

        wn_candidates_start(&s->pools[i], s->entries + i * s->near.room);
        if (s->kernel) {
            wn_bounds_row(&s->near, i, row);
            s->kernel->pack(row, i, s->near.p, s->rows);
        } else if (s->rows) {
            wn_bounds_row(&s->near, i, (float *)(s->rows + i * s->row_bytes));
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

/* The hits of the tile (a, b) to the rows of a; with `turned` to those of b,
 * its columns. */
static void offer(const struct search *s, const struct bench *bench,
                  size_t count, size_t a, size_t b, bool turned)
{
    omp_lock_t *lock = &s->locks[turned ? b : a];

    omp_set_lock(lock);
    for (size_t h = 0; h < count; h++) {
        const struct wn_hit hit = bench->hits[h];
        const size_t row = a * BLOCK + (size_t)hit.row;
        const size_t column = b * BLOCK + (size_t)hit.column;
        const size_t i = turned ? column : row, j = turned ? row : column;

        if (i != j)
            wn_bounds_offer(&s->near, &s->pools[i], i, j, hit.low,
                            bench->scratch);
    }
    omp_unset_lock(lock);
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
        wn_bounds_begin(&s->near, &s->pools[first + i], first + i,
                        bench->dots + i * BLOCK, bench->bias, rows);
        bench->bias[i] = bias;
    }
    omp_unset_lock(&s->locks[block]);
}

static void exact_multiply(const struct search *s, const struct wn_tile *tile,
                           float *dots)
{
    if (s->kernel)
        s->kernel->multiply(tile, dots, BLOCK);
    else
        wn_gemm(0, 1, tile->rows, tile->columns, tile->p, -2, tile->first,
                tile->p, tile->second, tile->p, 0, dots, BLOCK);
}

/* Returns how many pairs were kept. */
static size_t do_tile(const struct search *s, size_t a, size_t b,
                      struct bench *bench)
{
    const size_t n = s->near.n;
    const size_t first = a * BLOCK, second = b * BLOCK;
    const struct wn_tile tile = {.first = s->y + first * s->row_bytes,
                                 .second = s->y + second * s->row_bytes,
                                 .p = s->near.p,
                                 .rows = n - first < BLOCK ? n - first : BLOCK,
                                 .columns =
                                     n - second < BLOCK ? n - second : BLOCK,
                                 .row_bias = bench->row_bias,
                                 .bias = bench->bias,
                                 .row_limit = bench->row_limit,
                                 .column_limit = bench->column_limit};
    const bool at_once = s->kernel && a != b;

    copy_bias(s, a, bench->row_bias);
    copy_bias(s, b, bench->bias);
    if (!at_once)
        exact_multiply(s, &tile, bench->dots);
    if (a == b)
        begin_block(s, bench, a, tile.rows);
    copy_limits(s, a, bench->row_limit);
    copy_limits(s, b, bench->column_limit);
    for (size_t j = 0; a == b && j < BLOCK; j++)
        bench->column_limit[j] = -INFINITY; /* each pair comes twice */
    const size_t count =
        at_once ? s->kernel->scan(&tile, bench->hits)
                : wn_tile_scan(&tile, bench->dots, BLOCK, bench->hits);
    offer(s, bench, count, a, b, false);
    if (a != b)
        offer(s, bench, count, a, b, true);
    return count;
}

/* The winners of a block of rows, into the output. */
static void finish_block(const struct search *s, size_t block,
                         struct bench *bench, int32_t *index, float *distance)
{
    const size_t m = s->near.m;

    for (size_t i = block * BLOCK; i < s->near.n && i < (block + 1) * BLOCK;
         i++)
        wn_bounds_decide(&s->near, &s->pools[i], i, bench->scratch,
                         index + i * m, distance + i * m);
}

/* Tiles go by diagonals, so that every row has m candidates, and a limit,
 * after the first. Those from `begin` to `end`-1; returns how many pairs were
 * kept. */
static size_t search_tiles(const struct search *s, struct bench **benches,
                           const struct wn_graph *graph, size_t begin,
                           size_t end)
{
    const size_t tiles = s->blocks * (s->blocks + 1) / 2;
    const size_t left = s->blocks - begin;
    size_t done = tiles - left * (left + 1) / 2, kept = 0;

#pragma omp parallel num_threads(graph->threads) reduction(+ : kept)
    for (size_t off = begin; off < end; off++) {
#pragma omp for schedule(dynamic) nowait
        for (size_t a = 0; a < s->blocks - off; a++) {
            const size_t count =
                do_tile(s, a, a + off, benches[omp_get_thread_num()]);
            size_t now;

            kept += count;
#pragma omp atomic capture
            now = ++done;
            if (omp_get_thread_num() == 0)
                wn_log_progress(graph->talk, what, now, tiles);
        }
    }
    return kept;
}

/* Whether so many pairs of a diagonal's tiles are more than pay: one costs
 * about fifty times as much to decide as to multiply. But each row has m that
 * are nearest, also among those that it has met so far. */
static bool too_many(const struct search *s, size_t off, size_t kept)
{
    const double pairs =
        (double)(s->blocks - off) * (double)BLOCK * (double)BLOCK;
    const double share =
        0.02 + 2 * (double)s->near.m / ((double)off * (double)BLOCK);

    return (double)kept > share * pairs;
}

/* All of it with one kernel. Leaves *apt false, and no graph, where it rounds
 * and that leaves too many pairs. */
static int search_by(const struct wn_tile_kernel *kernel,
                     const struct wn_graph *graph, int32_t *index,
                     float *distance, bool *apt)
{
    struct bench **benches = wn_new((size_t)graph->threads, sizeof *benches);
    struct search s = {.kernel = kernel};
    size_t begin = 0;
    int status = -1;

    *apt = true;
    if (exact_prepare(&s, graph))
        goto done;
    for (int t = 0; t < graph->threads; t++) {
        benches[t] = exact_bench_new(&s);
        if (!benches[t])
            goto done;
    }
    exact_fill(&s, benches, graph->threads);
    wn_log_progress(graph->talk, what, 0, 1);
    for (; kernel && kernel->loss && begin < EARLY && begin < s.blocks && *apt;
         begin++) {
        const size_t kept = search_tiles(&s, benches, graph, begin, begin + 1);

        *apt = begin == 0 || !too_many(&s, begin, kept);
    }
    if (*apt) {
        search_tiles(&s, benches, graph, begin, s.blocks);
#pragma omp parallel for schedule(dynamic) num_threads(graph->threads)
        for (size_t b = 0; b < s.blocks; b++)
            finish_block(&s, b, benches[omp_get_thread_num()], index, distance);
        wn_log_progress(graph->talk, what, 1, 1);
    }
    status = 0;
done:
    for (int t = 0; benches && t < graph->threads; t++)
        exact_bench_free(benches[t]);
    free(benches);
    release(&s);
    return status;
}

int wn_knn_exact(const struct wn_graph *graph, int32_t *index, float *distance,
                 struct wn_error *error)
{
    const size_t n = graph->n, m = graph->m;
    const size_t p = wn_bounds_width(graph);
    const struct wn_tile_kernel *quick = wn_tile_rounding(p);
    bool apt = false;

    if (m < 1 || m >= n || n > INT32_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "%zu neighbours of %zu rows: wanted 1 to %zu", m, n,
                       n - 1);
    if (quick && search_by(quick, graph, index, distance, &apt))
        return -1;
    return apt ? 0 : search_by(wn_tile_kernel(p), graph, index, distance, &apt);
}

double wn_knn_exact_bytes(size_t n, size_t d, size_t m)
{
    const double candidates = (double)wn_bounds_room(n, m);
    const double p = (double)(d / 32 + 1) * 32; /* the longest row packed */

    return 4 * (double)(n + WN_BOUNDS_PAD) * p +
           (double)n * (16 + sizeof(struct wn_candidates) +
                        candidates * sizeof(struct wn_candidate));
}
