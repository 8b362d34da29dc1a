/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inverted file: its cells, the search, and how many cells to search; see
 * graph.h.
 *
 * Rows have places in the order of their cells, so that a cell is one stretch
 * of a matrix, of whole panels if the kernel packs them. Up to BLOCK rows of a
 * cell search together: for every cell that any of them searches, those that do
 * are gathered and multiplied with the whole cell. Bounds and decisions are
 * those of the exact search (bounds.h). */
#include "knn/graph.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "knn/bounds.h"
#include "knn/kmeans.h"
#include "util/arena.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"
#include "util/parallel.h"

enum {
    BLOCK = 576,   /* rows that search together, and columns of a product */
    SAMPLE = 1024, /* rows to choose the probe by, and as many to measure it */
    LEARN = 64,    /* sample rows a cell for k-means */
    ROUNDS = 8
};
/* The share of the sample's neighbours that the searched cells must hold, and
 * the largest share of all cells that still saves time. */
#define TARGET 0.97
#define MAX_SHARE 0.35
/* The exact search takes half of all products, the cells about a fifth of them
 * in small pieces: which is quicker depends on the rows and the kernel. With
 * vector units both take the same time at 60,000 to 90,000 rows. */
#define EXACT_WORK 1e13
#define EXACT_ROWS 100000

struct ivf {
    struct wn_arena own; /* its arrays, and those of the workers */
    struct wn_bounds bounds;
    struct wn_kmeans cells;
    const struct wn_graph *graph;
    uint64_t seed;
    size_t probe; /* cells that a row searches */
    const struct wn_scan_kernel *kernel;
    size_t *first; /* cells + 1: the first place of each cell */
    size_t *size;  /* cells: rows of each cell */
    int32_t *row;  /* by place; -1: empty */
    float *y;    /* by place: p numbers, prepared rows, packed for the kernel */
    float *bias; /* by place */
};

/* A thread's scratch, for a block of rows. */
struct worker {
    float *far;                   /* BLOCK x cells */
    struct wn_candidate *nearest; /* cells */
    size_t *start; /* cells + 1: where those of a cell begin in searchers */
    int32_t *searchers;  /* BLOCK x cells: rows that search a cell */
    int32_t *chosen;     /* BLOCK x cells: cells that a row searches */
    float *rows;         /* BLOCK x p */
    float *query;        /* BLOCK x p: the rows of a product */
    float *dots;         /* BLOCK x BLOCK */
    struct wn_hit *hits; /* BLOCK x BLOCK */
    float row_bias[BLOCK], row_limit[BLOCK];
    float bias[BLOCK], limit[BLOCK];
    int32_t row[BLOCK], all[BLOCK];
    struct wn_candidates candidates[BLOCK];
    struct wn_candidate *entries; /* BLOCK x capacity */
    struct wn_winner *winners;
};

static struct worker **workers_new(struct ivf *ivf)
{
    const size_t threads = (size_t)ivf->graph->threads;
    const size_t cells = ivf->cells.count, p = ivf->bounds.p;
    const size_t capacity = ivf->bounds.capacity;
    struct wn_arena *own = &ivf->own;
    struct worker **workers = wn_arena_new(own, sizeof *workers, threads, 1);

    for (size_t t = 0; t < threads; t++) {
        struct worker *w = workers[t] = wn_arena_new(own, sizeof *w, 1, 1);

        w->far = wn_arena_spill(own, sizeof(float), BLOCK, cells);
        w->nearest = wn_arena_new(own, sizeof *w->nearest, cells, 1);
        w->start = wn_arena_new(own, sizeof *w->start, cells + 1, 1);
        w->searchers = wn_arena_spill(own, sizeof(int32_t), BLOCK, cells);
        w->chosen = wn_arena_spill(own, sizeof(int32_t), BLOCK, cells);
        w->rows = wn_arena_spill(own, sizeof(float), BLOCK, p);
        w->query = wn_arena_spill(own, sizeof(float), BLOCK, p);
        w->dots = wn_arena_new(own, sizeof(float), BLOCK, BLOCK);
        w->hits = wn_arena_new(own, sizeof *w->hits, BLOCK, BLOCK);
        w->entries = wn_arena_spill(own, sizeof *w->entries, BLOCK, capacity);
        w->winners = wn_arena_new(own, sizeof *w->winners, capacity, 1);
        for (int i = 0; i < BLOCK; i++) {
            w->all[i] = i;
            w->limit[i] = -FLT_MAX;
        }
    }
    return workers;
}

/* ---- the search ---- */

/* Offer all rows at the places begin .. end-1 to `count` of the worker's rows,
 * those of `who`.
 *   first_scan  these are all its rows, and they have no limits yet */
static void search_places(const struct ivf *ivf, struct worker *w,
                          const int32_t *who, size_t count, size_t begin,
                          size_t end, bool first_scan)
{
    const size_t p = ivf->bounds.p;
    struct wn_scan scan = {.first = w->query,
                           .unpacked = true,
                           .rows = count,
                           .p = p,
                           .row_bias = w->row_bias,
                           .bias = w->bias,
                           .row_limit = w->row_limit,
                           .column_limit = w->limit};

    for (size_t q = 0; q < count; q++) {
        memcpy(w->query + q * p, w->rows + (size_t)who[q] * p,
               p * sizeof *w->rows);
        w->row_bias[q] = ivf->bounds.bias[w->row[who[q]]];
    }
    /* The kernel takes eight at a time. */
    for (size_t q = count; q < BLOCK && q % 8; q++)
        w->row_bias[q] = INFINITY;
    for (size_t from = begin; from < end; from += BLOCK, first_scan = false) {
        const bool fused = ivf->kernel->scan && !first_scan;
        size_t hits;

        scan.columns = end - from < BLOCK ? end - from : BLOCK;
        scan.second = ivf->y + from * p;
        for (size_t j = 0; j < BLOCK; j++)
            w->bias[j] = j < scan.columns ? ivf->bias[from + j] : INFINITY;
        if (!fused)
            ivf->kernel->multiply(&scan, w->dots, BLOCK);
        /* Limits from the products with all places but the row's own. */
        for (size_t q = 0; first_scan && q < count; q++) {
            size_t self = 0;

            while (self < scan.columns && ivf->row[from + self] != w->row[q])
                self++;
            float nobody = 0;
            float *bias = self < scan.columns ? &w->bias[self] : &nobody;
            const float kept = *bias;

            *bias = INFINITY;
            wn_candidates_limit(&ivf->bounds, &w->candidates[q],
                                (size_t)w->row[q], w->dots + q * BLOCK, w->bias,
                                scan.columns);
            *bias = kept;
        }
        for (size_t q = 0; q < count; q++)
            w->row_limit[q] = w->candidates[who[q]].limit;
        if (fused)
            hits = ivf->kernel->scan(&scan, w->hits);
        else
            hits = wn_scan_dots(&scan, w->dots, BLOCK, w->hits);
        for (size_t h = 0; h < hits; h++) {
            const struct wn_hit hit = w->hits[h];
            const size_t q = (size_t)who[hit.row], i = (size_t)w->row[q];
            const size_t j = (size_t)ivf->row[from + (size_t)hit.column];

            if (i != j)
                wn_candidates_offer(&ivf->bounds, &w->candidates[q], i, j,
                                    hit.low, w->winners);
        }
    }
}

/* Give the worker `count` rows, without candidates. */
static void load_rows(const struct ivf *ivf, struct worker *w,
                      const int32_t *row, size_t count)
{
    for (size_t q = 0; q < count; q++) {
        w->row[q] = row[q];
        wn_candidates_start(&w->candidates[q],
                            w->entries + q * ivf->bounds.capacity);
        wn_bounds_row(&ivf->bounds, (size_t)row[q],
                      w->rows + q * ivf->bounds.p);
    }
}

/* The neighbours of row[0 .. count) among all rows.
 *   index, distance  out, count x m */
static void search_all(const struct ivf *ivf, struct worker *w,
                       const int32_t *row, size_t count, int32_t *index,
                       float *distance)
{
    const size_t m = ivf->bounds.m;

    load_rows(ivf, w, row, count);
    search_places(ivf, w, w->all, count, 0, ivf->first[ivf->cells.count], true);
    for (size_t q = 0; q < count; q++)
        wn_candidates_decide(&ivf->bounds, &w->candidates[q], (size_t)row[q],
                             w->winners, index + q * m, distance + q * m);
}

/* The neighbours of the rows at the places begin .. end-1, all of cell `own`.
 */
static void search_cell(const struct ivf *ivf, struct worker *w, size_t own,
                        size_t begin, size_t end, int32_t *index,
                        float *distance)
{
    const size_t m = ivf->bounds.m, count = end - begin;
    const size_t cells = ivf->cells.count, probe = ivf->probe;
    const size_t step = cells / WN_SCAN_PAD;
    const size_t rank = step > 0 ? probe / step + 6 : WN_SCAN_PAD;

    load_rows(ivf, w, ivf->row + begin, count);
    /* Choose the cells of each row, then list the rows of each cell. */
    wn_kmeans_far(&ivf->cells, w->rows, count, w->far);
    memset(w->start, 0, (cells + 1) * sizeof *w->start);
    for (size_t q = 0; q < count; q++) {
        const float *far = w->far + q * cells;
        float few[WN_SCAN_PAD], limit = INFINITY;
        size_t near = 0;

        /* The distances of a few cells first rule out most others. */
        if (rank < WN_SCAN_PAD) {
            for (size_t s = 0; s < WN_SCAN_PAD; s++)
                few[s] = far[s * step];
            limit = wn_bounds_mth(few, WN_SCAN_PAD, rank);
        }
        for (;;) {
            near = 0;
            for (size_t c = 0; c < cells; c++) {
                w->nearest[near] = (struct wn_candidate){far[c], (int32_t)c};
                near += far[c] <= limit;
            }
            if (near >= probe)
                break;
            limit = INFINITY;
        }
        wn_candidates_select(w->nearest, near, probe);
        for (size_t r = 0; r < probe; r++) {
            w->chosen[q * probe + r] = w->nearest[r].row;
            w->start[w->nearest[r].row]++;
        }
    }
    for (size_t c = 0; c < cells; c++)
        w->start[c + 1] += w->start[c];
    for (size_t at = count * probe; at > 0; at--)
        w->searchers[--w->start[w->chosen[at - 1]]] =
            (int32_t)((at - 1) / probe);

    search_places(ivf, w, w->all, count, ivf->first[own], ivf->first[own + 1],
                  true);
    for (size_t c = 0; c < cells; c++)
        if (c != own && w->start[c] < w->start[c + 1])
            search_places(ivf, w, w->searchers + w->start[c],
                          w->start[c + 1] - w->start[c], ivf->first[c],
                          ivf->first[c + 1], false);
    for (size_t q = 0; q < count; q++) {
        const size_t i = (size_t)w->row[q];

        wn_candidates_decide(&ivf->bounds, &w->candidates[q], i, w->winners,
                             index + i * m, distance + i * m);
        if (index[i * m + m - 1] < 0) {
            const int32_t row = (int32_t)i, first = w->row[0];

            search_all(ivf, w, &row, 1, index + i * m, distance + i * m);
            w->row[0] = first;
        }
    }
}

/* Rows of a cell that search together. */
struct task {
    size_t cell, begin, end;
};

static size_t list_tasks(const struct ivf *ivf, struct task *tasks)
{
    size_t count = 0;

    for (size_t c = 0; c < ivf->cells.count; c++)
        for (size_t at = 0; at < ivf->size[c]; at += BLOCK) {
            const size_t left = ivf->size[c] - at;
            const size_t begin = ivf->first[c] + at;

            if (tasks)
                tasks[count] = (struct task){
                    c, begin, begin + (left < BLOCK ? left : BLOCK)};
            count++;
        }
    return count;
}

/* ---- samples: the probe and the recall ---- */

/* Some rows and their exact neighbours. */
struct sample {
    size_t count;
    int32_t *row, *index; /* count; count x m */
    float *distance;      /* count x m */
};

static void sample_free(struct sample *sample)
{
    free(sample->row);
    free(sample->index);
    free(sample->distance);
}

/* The first (part 0) or second (part 1) SAMPLE rows of a random order, all rows
 * if there are fewer, and their neighbours. */
static void sample_new(struct sample *sample, const struct ivf *ivf,
                       struct worker **workers, size_t part)
{
    enum { PART = 64 };
    const size_t n = ivf->bounds.n, m = ivf->bounds.m;
    const size_t count = n < SAMPLE ? n : SAMPLE;
    int32_t *order = wn_spill_new(n, sizeof *order);
    struct wn_random random;

    sample->count = count;
    sample->row = wn_new(count, sizeof *sample->row);
    sample->index = wn_new(wn_product(count, m, 1), sizeof *sample->index);
    sample->distance =
        wn_new(wn_product(count, m, 1), sizeof *sample->distance);
    wn_random_start(&random, ivf->seed, WN_RANDOM_CELLS, 2, 0);
    wn_random_order(&random, order, n);
    memcpy(sample->row, order + (n < 2 * SAMPLE ? 0 : part * SAMPLE),
           count * sizeof *order);
    wn_spill_free(order);
#pragma omp parallel for schedule(dynamic) num_threads(ivf->graph->threads)
    for (size_t begin = 0; begin < count; begin += PART)
        search_all(ivf, workers[omp_get_thread_num()], sample->row + begin,
                   count - begin < PART ? count - begin : PART,
                   sample->index + begin * m, sample->distance + begin * m);
}

/* The smallest probe with which the sample finds the share TARGET of its
 * neighbours: count for each neighbour the cells nearer than its own. */
static void choose_probe(struct ivf *ivf, struct worker *w,
                         const struct sample *sample, const int32_t *cell)
{
    const size_t m = ivf->bounds.m, count = ivf->cells.count;
    size_t *ranks = w->start, found = 0, all = 0, probe = 0;

    memset(ranks, 0, count * sizeof *ranks);
    for (size_t q = 0; q < sample->count; q++) {
        wn_bounds_row(&ivf->bounds, (size_t)sample->row[q], w->rows);
        wn_kmeans_far(&ivf->cells, w->rows, 1, w->far);
        for (size_t i = 0; i < m && sample->index[q * m + i] >= 0; i++, all++) {
            const int32_t own = cell[sample->index[q * m + i]];
            size_t rank = 0;

            for (size_t c = 0; c < count; c++)
                rank += w->far[c] < w->far[own] ||
                        (w->far[c] == w->far[own] && (int32_t)c < own);
            ranks[rank]++;
        }
    }
    while (probe < count && (double)found < TARGET * (double)all)
        found += ranks[probe++];
    ivf->probe = probe > 0 ? probe : 1;
}

/* How many of the sample's neighbours the graph has, and how many there are. */
struct recall {
    double found, all;
};

static struct recall measure_recall(const struct ivf *ivf,
                                    const struct sample *sample,
                                    const int32_t *index, const float *distance)
{
    const size_t m = ivf->bounds.m;
    struct recall recall = {0};

    for (size_t q = 0; q < sample->count; q++) {
        const size_t i = (size_t)sample->row[q];
        size_t exact = 0;

        while (exact < m && sample->index[q * m + exact] >= 0)
            exact++;
        for (size_t w = 0; w < exact; w++)
            recall.found +=
                index[i * m + w] >= 0 &&
                distance[i * m + w] <= sample->distance[q * m + exact - 1];
        recall.all += (double)exact;
    }
    return recall;
}

/* ---- the cells ---- */

static size_t cell_count(size_t n)
{
    const size_t count = (size_t)(2 * sqrt((double)n));

    return count < n ? count : n;
}

/* Assign every row to its nearest cell, and give it a place in the order of the
 * cells. */
static void assign_rows(struct ivf *ivf, struct worker **workers, int32_t *cell)
{
    const size_t n = ivf->bounds.n, p = ivf->bounds.p;
    const size_t count = ivf->cells.count, panel = ivf->kernel->panel;
    size_t *begin = wn_new(count + 1, sizeof *begin);
    int32_t *order = wn_spill_new(n, sizeof *order);

#pragma omp parallel for schedule(dynamic) num_threads(ivf->graph->threads)
    for (size_t b = 0; b < wn_block_count(n); b++) {
        struct worker *w = workers[omp_get_thread_num()];
        const size_t first = wn_block_begin(b), end = wn_block_end(b, n);

        for (size_t i = first; i < end; i++)
            wn_bounds_row(&ivf->bounds, i, w->rows + (i - first) * p);
        wn_kmeans_far(&ivf->cells, w->rows, end - first, w->far);
        for (size_t i = first; i < end; i++)
            cell[i] =
                wn_kmeans_nearest(&ivf->cells, w->far + (i - first) * count);
    }
    wn_order_by_bucket(cell, n, count, begin, order);
    ivf->first = wn_arena_new(&ivf->own, sizeof *ivf->first, count + 1, 1);
    ivf->size = wn_arena_new(&ivf->own, sizeof *ivf->size, count, 1);
    for (size_t c = 0; c < count; c++) {
        ivf->size[c] = begin[c + 1] - begin[c];
        ivf->first[c + 1] =
            ivf->first[c] + (ivf->size[c] + panel - 1) / panel * panel;
    }
    const size_t places = ivf->first[count];
    ivf->row = wn_arena_spill(&ivf->own, sizeof *ivf->row, places, 1);
    ivf->y = wn_arena_spill(&ivf->own, sizeof *ivf->y, places, p);
    ivf->bias = wn_arena_spill(&ivf->own, sizeof *ivf->bias, places, 1);
#pragma omp parallel for schedule(dynamic) num_threads(ivf->graph->threads)
    for (size_t c = 0; c < count; c++) {
        float *row = workers[omp_get_thread_num()]->rows;

        for (size_t at = ivf->first[c]; at < ivf->first[c + 1]; at++) {
            const size_t r = at - ivf->first[c];

            ivf->row[at] = -1;
            ivf->bias[at] = INFINITY;
            if (r >= ivf->size[c])
                continue;
            const int32_t i = order[begin[c] + r];
            ivf->row[at] = i;
            ivf->bias[at] = ivf->bounds.bias[i];
            if (ivf->kernel->pack) {
                wn_bounds_row(&ivf->bounds, (size_t)i, row);
                ivf->kernel->pack(row, at, p, ivf->y);
            } else {
                wn_bounds_row(&ivf->bounds, (size_t)i, ivf->y + at * p);
            }
        }
    }
    free(begin);
    wn_spill_free(order);
}

/* Search by an inverted file. Sets facts->exact, and finds no graph, if that
 * would save no time. */
static void graph_search(const struct wn_graph *graph, size_t probe,
                         uint64_t seed, int32_t *index, float *distance,
                         struct wn_graph_facts *facts, struct recall *recall)
{
    struct ivf ivf = {.graph = graph, .seed = seed, .probe = probe};
    const size_t n = graph->n, cells = cell_count(n);
    const size_t learned = n < LEARN * cells ? n : LEARN * cells;
    struct sample sample = {0};
    struct wn_random random;

    wn_bounds_start(&ivf.bounds, graph, NULL);
    const size_t p = ivf.bounds.p;
    ivf.kernel = wn_scan_kernel(p);
    /* The centres of the cells, from a sample of rows. */
    float *y = wn_spill_new(wn_product(learned, p, 1), sizeof *y);
    int32_t *order = wn_spill_new(n, sizeof *order);
    wn_random_start(&random, seed, WN_RANDOM_CELLS, 1, 0);
    wn_random_order(&random, order, n);
    for (size_t i = 0; i < learned; i++)
        wn_bounds_row(&ivf.bounds, (size_t)order[i], y + i * p);
    wn_kmeans_make(&ivf.cells, y, learned, p, cells, ROUNDS, seed,
                   graph->threads, graph->log);
    wn_spill_free(y);
    wn_spill_free(order);
    struct worker **workers = workers_new(&ivf);
    int32_t *cell = wn_arena_spill(&ivf.own, sizeof *cell, n, 1);
    assign_rows(&ivf, workers, cell);
    if (probe == WN_PROBE_AUTO) {
        sample_new(&sample, &ivf, workers, 0);
        choose_probe(&ivf, workers[0], &sample, cell);
        sample_free(&sample);
        facts->exact = (double)ivf.probe > MAX_SHARE * (double)cells;
    }
    if (ivf.probe > cells)
        ivf.probe = cells;
    if (!facts->exact) {
        sample_new(&sample, &ivf, workers, 1);
        static const char what[] = "neighbours: cells";
        const size_t count = list_tasks(&ivf, NULL);
        struct wn_log *log = ivf.graph->log;
        struct task *tasks = wn_new(count, sizeof *tasks);
        size_t done = 0;

        list_tasks(&ivf, tasks);
        wn_log_progress(log, what, 0, count);
#pragma omp parallel for schedule(dynamic) num_threads(ivf.graph->threads)
        for (size_t t = 0; t < count; t++) {
            size_t now;

            if (graph->parts > 1 && t % graph->parts != graph->part)
                continue;
            search_cell(&ivf, workers[omp_get_thread_num()], tasks[t].cell,
                        tasks[t].begin, tasks[t].end, index, distance);
#pragma omp atomic capture
            now = ++done;
            if (omp_get_thread_num() == 0)
                wn_log_progress(log, what, now, count);
        }
        wn_log_progress(log, what, count, count);
        free(tasks);

        *facts = (struct wn_graph_facts){.cells = cells, .probe = ivf.probe};
        *recall = measure_recall(&ivf, &sample, index, distance);
        sample_free(&sample);
    }
    wn_bounds_end(&ivf.bounds);
    wn_kmeans_free(&ivf.cells);
    wn_arena_free(&ivf.own);
}

bool wn_graph_is_large(size_t n, size_t d)
{
    return (double)n * (double)n * (double)d > EXACT_WORK ||
           (n > EXACT_ROWS && !wn_scan_kernel_rounded(d + 1));
}

/* A search, or a part of one, as it travels. */
struct find {
    const struct wn_graph *graph;
    size_t probe;
    uint64_t seed;
    int32_t *index;
    float *distance;
    struct wn_graph_facts *facts;
    struct recall recall;
};

static int find_part(const struct find *find, const struct wn_graph *graph,
                     int32_t *index, float *distance,
                     struct wn_graph_facts *facts, struct recall *recall,
                     struct wn_error *error)
{
    const size_t n = graph->n;

    *facts = (struct wn_graph_facts){
        .exact = find->probe == 0 || (find->probe == WN_PROBE_AUTO &&
                                      !wn_graph_is_large(n, graph->d))};
    *recall = (struct recall){0};
    if (!facts->exact && graph->m > 0 && graph->m < n && n <= INT32_MAX) {
        graph_search(graph, find->probe, find->seed, index, distance, facts,
                     recall);
        if (!facts->exact)
            return 0;
    }
    return wn_knn_exact(graph, index, distance, error);
}

/* Merge the neighbours that a part has found for `rows` rows, from row `first`
 * on, into those of the parts before it; rows that both have, count once. -1: a
 * list is none. */
static int merge_lists(const struct wn_graph *graph, size_t first, size_t rows,
                       const int32_t *part_index, const float *part_distance,
                       int32_t *index, float *distance)
{
    const size_t n = graph->n, m = graph->m;
    int misfits = 0;

#pragma omp parallel for num_threads(graph->threads) reduction(+ : misfits)
    for (size_t i = 0; i < rows; i++) {
        const int32_t *found = part_index + i * m;
        const float *far = part_distance + i * m;
        int32_t *row = index + i * m;
        float *apart = distance + i * m;

        for (size_t w = 0; w < m; w++) {
            size_t place = m;

            if (found[w] < 0)
                continue;
            if ((size_t)found[w] >= n || (size_t)found[w] == first + i ||
                !(far[w] >= 0) ||
                (w && found[w - 1] >= 0 && far[w] < far[w - 1])) {
                misfits++;
                break;
            }
            while (place &&
                   (row[place - 1] < 0 || far[w] < apart[place - 1] ||
                    (far[w] == apart[place - 1] && found[w] < row[place - 1])))
                place--;
            if (place == m)
                break;
            if (place && row[place - 1] == found[w])
                continue;
            memmove(row + place + 1, row + place,
                    (m - place - 1) * sizeof *row);
            memmove(apart + place + 1, apart + place,
                    (m - place - 1) * sizeof *apart);
            row[place] = found[w];
            apart[place] = far[w];
        }
    }
    return misfits ? -1 : 0;
}

static void clear_lists(size_t cells, int32_t *index, float *distance)
{
    for (size_t c = 0; c < cells; c++) {
        index[c] = -1;
        distance[c] = INFINITY;
    }
}

/* Each rank has found a part. It merges the lists of its share of the rows, of
 * all parts, then all get all shares.
 *   each             the rows of a share
 *   index, distance  in and out, ranks x each x m */
static void merge_ranks(const struct wn_graph *graph, size_t each,
                        int32_t *index, float *distance, struct recall *recall)
{
    struct wn_units *units = graph->units;
    const size_t ranks = wn_units_ranks(units), rank = wn_units_rank(units);
    const size_t words = each * graph->m, first = rank * each;
    const size_t left = first < graph->n ? graph->n - first : 0;
    int32_t *sent_index = wn_spill_new(words * ranks, sizeof *sent_index);
    float *sent_distance = wn_spill_new(words * ranks, sizeof *sent_distance);
    double found = 0;

    wn_units_exchange(units, index, sent_index, words);
    wn_units_exchange(units, distance, sent_distance, words);
    clear_lists(words, index + rank * words, distance + rank * words);
    for (size_t r = 0; r < ranks; r++)
        (void)merge_lists(graph, first, left < each ? left : each,
                          sent_index + r * words, sent_distance + r * words,
                          index + rank * words, distance + rank * words);
    wn_spill_free(sent_index);
    wn_spill_free(sent_distance);
    for (size_t r = 0; r < ranks; r++) {
        double part = recall->found;

        wn_units_share(units, index + r * words, words * sizeof *index, r);
        wn_units_share(units, distance + r * words, words * sizeof *distance,
                       r);
        wn_units_share(units, &part, sizeof part, r);
        found += part;
    }
    recall->found = found;
}

enum { FACTS = 5 };

/* The unit of a part: how it was found, index, distance. The index is -1 where
 * the part has not searched. */
static int compute_part(void *context, size_t part, struct wn_text *out,
                        struct wn_error *error)
{
    const struct find *find = context;
    const size_t ranks = wn_units_ranks(find->graph->units);
    const size_t n = find->graph->n, m = find->graph->m;
    const size_t each = (n + ranks - 1) / ranks, cells = n * m;
    const size_t all = wn_product(each, ranks, m);
    struct wn_graph graph = *find->graph;
    struct wn_graph_facts facts = {0};
    struct recall recall;
    int32_t *index = wn_spill_new(all, sizeof *index);
    float *distance = wn_spill_new(all, sizeof *distance);

    graph.part = ranks > 1 ? wn_units_rank(graph.units) : part;
    graph.parts = ranks > 1 ? ranks : wn_units_parts(graph.units);
    clear_lists(all, index, distance);
    const int status =
        find_part(find, &graph, index, distance, &facts, &recall, error);
    if (status == 0 && ranks > 1)
        merge_ranks(&graph, each, index, distance, &recall);
    const double told[FACTS] = {facts.exact, (double)facts.cells,
                                (double)facts.probe, recall.found, recall.all};
    wn_text_add(out, (const char *)told, sizeof told);
    wn_text_add(out, (const char *)index, cells * sizeof *index);
    wn_text_add(out, (const char *)distance, cells * sizeof *distance);
    wn_spill_free(index);
    wn_spill_free(distance);
    return status;
}

static int use_part(void *context, size_t part, const char *bytes,
                    size_t length)
{
    struct find *own = context;
    const size_t cells = own->graph->n * own->graph->m;
    double told[FACTS];

    if (length != sizeof told + cells * (sizeof(int32_t) + sizeof(float)))
        return -1;
    memcpy(told, bytes, sizeof told);
    for (int f = 0; f < FACTS; f++)
        if (!(told[f] >= 0 && told[f] <= INT32_MAX))
            return -1;
    *own->facts = (struct wn_graph_facts){.exact = told[0] != 0,
                                          .cells = (size_t)told[1],
                                          .probe = (size_t)told[2]};
    own->recall.found += told[3];
    own->recall.all = told[4];
    if (part == 0)
        clear_lists(cells, own->index, own->distance);
    const int32_t *index = (const int32_t *)(bytes + sizeof told);
    return merge_lists(own->graph, 0, own->graph->n, index,
                       (const float *)(index + cells), own->index,
                       own->distance);
}

int wn_graph_find(const struct wn_graph *graph, size_t probe, uint64_t seed,
                  int32_t *index, float *distance, struct wn_graph_facts *facts,
                  struct wn_error *error)
{
    struct find find = {.graph = graph,
                        .probe = probe,
                        .seed = seed,
                        .index = index,
                        .distance = distance,
                        .facts = facts};
    int status;

    if (graph->units && graph->m > 0 && graph->m < graph->n) {
        const size_t parts = wn_units_parts(graph->units);
        struct wn_text stage = {0};

        wn_text_format(&stage, "%s of %zu", graph->stage, parts);
        status = wn_units_run(
            graph->units,
            &(struct wn_units_job){.stage = stage.bytes,
                                   .count = parts,
                                   .longest = FACTS * sizeof(double) +
                                              8 * graph->n * graph->m,
                                   .threads = 1,
                                   .together = wn_units_ranks(graph->units) > 1,
                                   .context = &find,
                                   .compute = compute_part,
                                   .use = use_part},
            error);
        wn_text_free(&stage);
    } else {
        status = find_part(&find, graph, index, distance, facts, &find.recall,
                           error);
    }
    facts->recall =
        find.recall.all > 0 ? find.recall.found / find.recall.all : 1;
    return status;
}

double wn_graph_bytes(size_t n, size_t d, size_t m, size_t probe, int threads)
{
    const double exact = wn_knn_exact_bytes(n, d, m);
    const double rows = (double)n, p = (double)d + 1;
    const double cells = (double)cell_count(n);
    const double learn = fmin(rows, LEARN * cells);
    const double worker =
        BLOCK *
            (cells * 12 + 8 * p + BLOCK * (4.0 + sizeof(struct wn_hit)) +
             (double)wn_bounds_capacity(n, m) * sizeof(struct wn_candidate)) +
        cells * 24;

    if (probe == 0 || (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, d)))
        return exact;
    const double found = (rows + cells * WN_SCAN_PAD) * (4 * p + 32) +
                         cells * (4 * p + 32) + threads * worker +
                         fmax(learn * (4 * p + 8), 2 * SAMPLE * 8 * (double)m);
    return probe == WN_PROBE_AUTO ? fmax(found, exact) : found;
}
