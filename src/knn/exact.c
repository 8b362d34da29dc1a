/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact nearest neighbours: candidates from products, winners in double; see
 * bounds.h for why the answer is exact.
 *
 * wn_knn_exact() multiplies pairs of row blocks once; each product serves both
 * sides. It tries a kernel that rounds the rows first. Rounding leaves more
 * pairs to be decided in double, but few unless rows form tight clusters far
 * apart. */
#include "knn/exact.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>

#include "knn/bounds.h"
#include "util/arena.h"
#include "util/spill.h"

enum {
    BLOCK = 384, /* rows of a tile: a multiple of every panel */
    QUERY_BLOCK = 256,
    LINE = 64, /* bytes: panels begin at a multiple, within the pad */
    TRIAL = 8  /* diagonals after which rounding has shown its cost */
};

static const char what[] = "neighbours: tiles";

struct search {
    struct wn_arena own; /* its arrays, and the scratch of the threads */
    struct wn_bounds bounds;
    const struct wn_scan_kernel *kernel;
    size_t row_bytes;
    const char *y; /* n rows as they are multiplied */
    char *copy;    /* y if it is not x */
    struct wn_candidate *entries;
    struct wn_candidates *candidates;
    omp_lock_t *locks; /* one a block */
    size_t blocks;
};

/* A thread's scratch. */
struct scratch {
    float dots[BLOCK * BLOCK]; /* -2 a.b */
    struct wn_hit hits[BLOCK * BLOCK];
    float row_bias[BLOCK], bias[BLOCK];
    float row_limit[BLOCK], column_limit[BLOCK];
    struct wn_winner *winners; /* bounds.capacity */
    float *row;                /* p */
};

static void copy_limits(const struct search *s, size_t block, float *limit)
{
    const size_t begin = block * BLOCK;

    omp_set_lock(&s->locks[block]);
    for (size_t i = 0; i < BLOCK; i++)
        limit[i] = begin + i < s->bounds.n ? s->candidates[begin + i].limit
                                           : -INFINITY;
    omp_unset_lock(&s->locks[block]);
}

static void copy_bias(const struct search *s, size_t block, float *bias)
{
    const size_t begin = block * BLOCK;

    for (size_t i = 0; i < BLOCK; i++)
        bias[i] =
            begin + i < s->bounds.n ? s->bounds.bias[begin + i] : INFINITY;
}

/* Offer the hits of the tile (a, b) to the rows of a, or if `transposed` to the
 * rows of b, its columns. */
static void offer_hits(const struct search *s, const struct scratch *scratch,
                       size_t count, size_t a, size_t b, bool transposed)
{
    omp_lock_t *lock = &s->locks[transposed ? b : a];

    omp_set_lock(lock);
    for (size_t h = 0; h < count; h++) {
        const struct wn_hit hit = scratch->hits[h];
        const size_t row = a * BLOCK + (size_t)hit.row;
        const size_t column = b * BLOCK + (size_t)hit.column;
        const size_t i = transposed ? column : row;
        const size_t j = transposed ? row : column;

        if (i != j)
            wn_candidates_offer(&s->bounds, &s->candidates[i], i, j, hit.low,
                                scratch->winners);
    }
    omp_unset_lock(lock);
}

/* Scan the diagonals begin .. end-1 of tiles; returns how many pairs were kept.
 * After the first diagonal every row has m candidates and a limit. */
static size_t scan_diagonals(const struct search *s, struct scratch **scratch,
                             const struct wn_graph *graph, size_t begin,
                             size_t end)
{
    const struct wn_scan_kernel *kernel = s->kernel;
    const size_t n = s->bounds.n, tiles = s->blocks * (s->blocks + 1) / 2;
    const size_t left = s->blocks - begin;
    size_t done = tiles - left * (left + 1) / 2, kept = 0;

#pragma omp parallel num_threads(graph->threads) reduction(+ : kept)
    for (size_t diagonal = begin; diagonal < end; diagonal++) {
#pragma omp for schedule(dynamic) nowait
        for (size_t a = 0; a < s->blocks - diagonal; a++) {
            struct scratch *own = scratch[omp_get_thread_num()];
            const size_t b = a + diagonal, i = a * BLOCK, j = b * BLOCK;

            /* Every part scans the first diagonal, for the limits. */
            if (graph->parts > 1 && a != b && b % graph->parts != graph->part)
                continue;
            const struct wn_scan tile = {.first = s->y + i * s->row_bytes,
                                         .second = s->y + j * s->row_bytes,
                                         .p = s->bounds.p,
                                         .rows = n - i < BLOCK ? n - i : BLOCK,
                                         .columns =
                                             n - j < BLOCK ? n - j : BLOCK,
                                         .row_bias = own->row_bias,
                                         .bias = own->bias,
                                         .row_limit = own->row_limit,
                                         .column_limit = own->column_limit};
            const bool fused = kernel->scan && a != b;
            size_t now;

            copy_bias(s, a, own->row_bias);
            copy_bias(s, b, own->bias);
            if (!fused)
                kernel->multiply(&tile, own->dots, BLOCK);
            /* Limits from the products with all rows but its own. */
            if (a == b)
                omp_set_lock(&s->locks[a]);
            for (size_t r = 0; a == b && r < tile.rows; r++) {
                const float bias = own->bias[r];

                own->bias[r] = INFINITY;
                wn_candidates_limit(&s->bounds, &s->candidates[i + r], i + r,
                                    own->dots + r * BLOCK, own->bias,
                                    tile.rows);
                own->bias[r] = bias;
            }
            if (a == b)
                omp_unset_lock(&s->locks[a]);
            copy_limits(s, a, own->row_limit);
            copy_limits(s, b, own->column_limit);
            for (size_t c = 0; a == b && c < BLOCK; c++)
                own->column_limit[c] = -INFINITY; /* each pair comes twice */
            const size_t count =
                fused ? kernel->scan(&tile, own->hits)
                      : wn_scan_dots(&tile, own->dots, BLOCK, own->hits);
            offer_hits(s, own, count, a, b, false);
            if (a != b)
                offer_hits(s, own, count, a, b, true);
            kept += count;
#pragma omp atomic capture
            now = ++done;
            if (omp_get_thread_num() == 0)
                wn_log_progress(graph->log, what, now, tiles);
        }
    }
    return kept;
}

static void search_start(struct search *s, const struct wn_graph *graph,
                         struct scratch **scratch)
{
    const size_t n = graph->n;

    s->blocks = (n + BLOCK - 1) / BLOCK;
    wn_bounds_start(&s->bounds, graph, s->kernel->loss);
    s->row_bytes = s->kernel->row_bytes(s->bounds.p);
    s->y = (const char *)graph->x;
    if (s->kernel->pack || !s->bounds.plain) {
        char *owned = wn_arena_spill(&s->own, 1, n + WN_SCAN_PAD, s->row_bytes);

        s->y = s->copy = owned + (-(uintptr_t)owned & (LINE - 1));
    }
    s->candidates = wn_arena_spill(&s->own, sizeof *s->candidates, n, 1);
    s->entries =
        wn_arena_spill(&s->own, sizeof *s->entries, n, s->bounds.capacity);
    s->locks = wn_arena_new(&s->own, sizeof *s->locks, s->blocks, 1);
    for (size_t b = 0; b < s->blocks; b++)
        omp_init_lock(&s->locks[b]);
    for (int t = 0; t < graph->threads; t++) {
        scratch[t] = wn_arena_new(&s->own, sizeof *scratch[t], 1, 1);
        scratch[t]->winners = wn_arena_new(&s->own, sizeof(struct wn_winner),
                                           s->bounds.capacity, 1);
        scratch[t]->row = wn_arena_new(&s->own, sizeof(float), s->bounds.p, 1);
    }
#pragma omp parallel for num_threads(graph->threads)
    for (size_t i = 0; i < n; i++) {
        float *row = scratch[omp_get_thread_num()]->row;

        wn_candidates_start(&s->candidates[i],
                            s->entries + i * s->bounds.capacity);
        if (s->kernel->pack) {
            wn_bounds_row(&s->bounds, i, row);
            s->kernel->pack(row, i, s->bounds.p, s->copy);
        } else if (s->copy) {
            wn_bounds_row(&s->bounds, i, (float *)(s->copy + i * s->row_bytes));
        }
    }
}

/* A pair that loses on one rank loses on all: take the lowest limits. */
static void share_limits(const struct search *s, const struct wn_graph *graph)
{
    const size_t n = s->bounds.n;

    if (wn_units_ranks(graph->units) == 1)
        return;
    float *limit = wn_spill_new(n, sizeof *limit);
    for (size_t i = 0; i < n; i++)
        limit[i] = s->candidates[i].limit;
    wn_units_lower(graph->units, limit, n);
    for (size_t i = 0; i < n; i++)
        s->candidates[i].limit = limit[i];
    wn_spill_free(limit);
}

/* The whole search with one kernel. Returns false, without an answer, if the
 * kernel rounds and keeps too many pairs. */
static bool search_with(const struct wn_scan_kernel *kernel,
                        const struct wn_graph *graph, int32_t *index,
                        float *distance)
{
    const size_t n = graph->n, m = graph->m;
    struct search s = {.kernel = kernel};
    struct scratch **scratch =
        wn_arena_new(&s.own, sizeof *scratch, (size_t)graph->threads, 1);
    bool pays = true;
    size_t begin = 0;

    search_start(&s, graph, scratch);
    wn_log_progress(graph->log, what, 0, 1);
    /* Rounding pays unless a diagonal keeps too many pairs: deciding one costs
     * about fifty times as much as multiplying it. But each row keeps its m
     * nearest among the rows it has met so far. */
    for (; kernel->loss && begin < TRIAL && begin < s.blocks && pays; begin++) {
        const double kept =
            (double)scan_diagonals(&s, scratch, graph, begin, begin + 1);
        const double pairs =
            (double)(s.blocks - begin) * (double)BLOCK * (double)BLOCK;
        const double share =
            0.02 + 2 * (double)m / ((double)begin * (double)BLOCK);

        pays = begin == 0 || !(kept > share * pairs);
    }
    /* All ranks begin again where one must. */
    float paid = pays ? 1 : 0;
    wn_units_lower(graph->units, &paid, 1);
    pays = paid > 0;
    if (pays) {
        const bool alone = wn_units_ranks(graph->units) == 1;

        for (size_t end; begin < s.blocks; begin = end) {
            end = alone || 2 * begin > s.blocks ? s.blocks
                  : begin                       ? 2 * begin
                                                : 1;
            share_limits(&s, graph);
            scan_diagonals(&s, scratch, graph, begin, end);
        }
#pragma omp parallel for schedule(dynamic, BLOCK) num_threads(graph->threads)
        for (size_t i = 0; i < n; i++)
            wn_candidates_decide(&s.bounds, &s.candidates[i], i,
                                 scratch[omp_get_thread_num()]->winners,
                                 index + i * m, distance + i * m);
        wn_log_progress(graph->log, what, 1, 1);
    }
    for (size_t b = 0; b < s.blocks; b++)
        omp_destroy_lock(&s.locks[b]);
    wn_bounds_end(&s.bounds);
    wn_arena_free(&s.own);
    return pays;
}

int wn_knn_exact(const struct wn_graph *graph, int32_t *index, float *distance,
                 struct wn_error *error)
{
    const size_t n = graph->n, m = graph->m;
    const size_t p = wn_bounds_width(graph);
    const struct wn_scan_kernel *rounded = wn_scan_kernel_rounded(p);

    if (m < 1 || m >= n || n > INT32_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "%zu neighbours of %zu rows: wanted 1 to %zu", m, n,
                       n - 1);
    if (!rounded || !search_with(rounded, graph, index, distance))
        search_with(wn_scan_kernel(p), graph, index, distance);
    return 0;
}

double wn_knn_exact_bytes(size_t n, size_t d, size_t m)
{
    const double capacity = (double)wn_bounds_capacity(n, m);
    const size_t longest = (d / 32 + 1) * 32; /* of a row packed */
    const double p = (double)longest;

    return 4 * (double)(n + WN_SCAN_PAD) * p +
           (double)n * (16 + sizeof(struct wn_candidates) +
                        capacity * sizeof(struct wn_candidate));
}

/* A thread's scratch for a block of queries. */
struct query_scratch {
    float dots[QUERY_BLOCK * QUERY_BLOCK];
    struct wn_hit hits[QUERY_BLOCK * QUERY_BLOCK];
    struct wn_candidates candidates[QUERY_BLOCK];
    float row_bias[QUERY_BLOCK], bias[QUERY_BLOCK];
    float row_limit[QUERY_BLOCK], limit[QUERY_BLOCK];
    float *rows, *columns; /* QUERY_BLOCK x p, prepared */
    struct wn_winner *winners;
    struct wn_candidate *entries; /* QUERY_BLOCK x capacity */
};

static size_t query_part(size_t total, size_t first)
{
    return total - first < QUERY_BLOCK ? total - first : QUERY_BLOCK;
}

void wn_knn_query(const struct wn_graph *graph, const int32_t *query,
                  size_t queries, const int32_t *reference, size_t references,
                  int32_t *index, float *distance)
{
    struct wn_bounds bounds;

    wn_bounds_start(&bounds, graph, NULL);
    const size_t p = bounds.p, m = bounds.m, capacity = bounds.capacity;
#pragma omp parallel num_threads(graph->threads)
    {
        struct wn_arena own = {0};
        struct query_scratch *s = wn_arena_new(&own, sizeof *s, 1, 1);

        s->rows = wn_arena_new(&own, sizeof(float), QUERY_BLOCK, p);
        s->columns = wn_arena_new(&own, sizeof(float), QUERY_BLOCK, p);
        s->winners = wn_arena_new(&own, sizeof *s->winners, capacity, 1);
        s->entries =
            wn_arena_new(&own, sizeof *s->entries, QUERY_BLOCK, capacity);
        for (size_t j = 0; j < QUERY_BLOCK; j++)
            s->limit[j] = -INFINITY; /* references do not search */
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < queries; first += QUERY_BLOCK) {
            const size_t rows = query_part(queries, first);

            for (size_t i = 0; i < rows; i++) {
                wn_bounds_row(&bounds, (size_t)query[first + i],
                              s->rows + i * p);
                s->row_bias[i] = bounds.bias[query[first + i]];
                wn_candidates_start(&s->candidates[i],
                                    s->entries + i * capacity);
            }
            for (size_t at = 0; at < references; at += QUERY_BLOCK) {
                const size_t columns = query_part(references, at);
                const struct wn_scan scan = {.rows = rows,
                                             .columns = columns,
                                             .row_bias = s->row_bias,
                                             .bias = s->bias,
                                             .row_limit = s->row_limit,
                                             .column_limit = s->limit};

                for (size_t j = 0; j < columns; j++) {
                    const size_t row = (size_t)reference[at + j];

                    s->bias[j] = bounds.bias[row];
                    wn_bounds_row(&bounds, row, s->columns + j * p);
                }
                for (size_t j = columns; j < QUERY_BLOCK; j++)
                    s->bias[j] = INFINITY;
                wn_gemm(0, 1, rows, columns, p, -2, s->rows, p, s->columns, p,
                        0, s->dots, QUERY_BLOCK);
                for (size_t i = 0; i < rows; i++)
                    s->row_limit[i] = s->candidates[i].limit;
                const size_t count =
                    wn_scan_dots(&scan, s->dots, QUERY_BLOCK, s->hits);
                for (size_t h = 0; h < count; h++) {
                    const struct wn_hit hit = s->hits[h];

                    wn_candidates_offer(
                        &bounds, &s->candidates[hit.row],
                        (size_t)query[first + (size_t)hit.row],
                        (size_t)reference[at + (size_t)hit.column], hit.low,
                        s->winners);
                }
            }
            for (size_t i = 0; i < rows; i++)
                wn_candidates_decide(&bounds, &s->candidates[i],
                                     (size_t)query[first + i], s->winners,
                                     index + (first + i) * m,
                                     distance + (first + i) * m);
        }
        wn_arena_free(&own);
    }
    wn_bounds_end(&bounds);
}
