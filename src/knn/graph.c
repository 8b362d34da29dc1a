/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inverted file: its cells and how many to look into; see graph.h. The
 * search itself is ivf_search.c. */
#include "knn/graph.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "knn/kmeans.h"
#include "knn/bounds.h"
#include "knn/ivf_search.h"
#include "linalg/kernels/tile.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/thread.h"

enum {
    SAMPLE = 1024, /* rows to choose the probe on, and as many to judge it */
    LEARN = 64,    /* sample rows a cell for k-means */
    ROUNDS = 8
};
/* How many of the sample's neighbours the cells that are looked into must
 * hold; and their largest share of all cells that still saves time. */
#define TARGET 0.97
#define WORTH 0.35

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

/* SAMPLE random rows, the first or the second of them; all where there are
 * fewer. */
static int sample_draw(struct sample *sample, const struct wn_ivf *file,
                       size_t which)
{
    const size_t n = file->near.n, m = file->near.m;
    int32_t *order = wn_spill_new(n, sizeof *order);
    struct wn_random random;

    sample->count = n < SAMPLE ? n : SAMPLE;
    sample->row = wn_new(sample->count, sizeof *sample->row);
    sample->index =
        wn_new(wn_product(sample->count, m, 1), sizeof *sample->index);
    sample->distance =
        wn_new(wn_product(sample->count, m, 1), sizeof *sample->distance);
    if (!order || !sample->row || !sample->index || !sample->distance) {
        wn_spill_free(order);
        return -1;
    }
    wn_random_start(&random, file->seed, WN_RANDOM_CELLS, 2, 0);
    wn_random_order(&random, order, n);
    const size_t from = n < 2 * SAMPLE ? 0 : which * SAMPLE;
    memcpy(sample->row, order + from, sample->count * sizeof *order);
    wn_spill_free(order);
    return 0;
}

static void sample_search(struct sample *sample, const struct wn_ivf *file,
                          struct wn_ivf_worker **seekers)
{
    enum { PART = 64 };
    const size_t m = file->near.m, parts = (sample->count + PART - 1) / PART;

#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t b = 0; b < parts; b++) {
        const size_t begin = b * PART, left = sample->count - begin;

        wn_ivf_search_all(file, seekers[omp_get_thread_num()],
                          sample->row + begin, left < PART ? left : PART,
                          sample->index + begin * m,
                          sample->distance + begin * m);
    }
}

/* How many cells lie nearer to row q of the sample than that of row j. */
static size_t rank_of(const struct wn_ivf *file, const float *far,
                      const int32_t *cell, int32_t j)
{
    const float own = far[cell[j]];
    size_t rank = 0;

    for (size_t c = 0; c < file->cells.count; c++)
        rank += far[c] < own || (far[c] == own && (int32_t)c < cell[j]);
    return rank;
}

/* The least probe with which the sample finds the share TARGET of its
 * neighbours. */
static void choose_probe(struct wn_ivf *file, struct wn_ivf_worker *seeker,
                         const struct sample *sample, const int32_t *cell)
{
    const size_t m = file->near.m, count = file->cells.count;
    size_t *ranks = seeker->start, found = 0, all = 0, probe = 0;

    memset(ranks, 0, count * sizeof *ranks);
    for (size_t q = 0; q < sample->count; q++) {
        wn_bounds_row(&file->near, (size_t)sample->row[q], seeker->own);
        wn_kmeans_far(&file->cells, seeker->own, 1, seeker->far);
        for (size_t w = 0; w < m && sample->index[q * m + w] >= 0; w++, all++)
            ranks[rank_of(file, seeker->far, cell, sample->index[q * m + w])]++;
    }
    while (probe < count && (double)found < TARGET * (double)all)
        found += ranks[probe++];
    file->probe = probe > 0 ? probe : 1;
}

/* The share of the sample's neighbours that the graph has. */
static double measure_recall(const struct wn_ivf *file,
                             const struct sample *sample, const int32_t *index,
                             const float *distance)
{
    const size_t m = file->near.m;
    double found = 0, all = 0;

    for (size_t q = 0; q < sample->count; q++) {
        const size_t i = (size_t)sample->row[q];
        size_t there = 0;

        while (there < m && sample->index[q * m + there] >= 0)
            there++;
        for (size_t w = 0; w < there; w++)
            found += index[i * m + w] >= 0 &&
                     distance[i * m + w] <= sample->distance[q * m + there - 1];
        all += (double)there;
    }
    return all > 0 ? found / all : 1;
}

static size_t cell_count(size_t n)
{
    const size_t count = (size_t)(2 * sqrt((double)n));

    return count < n ? count : n;
}

/* The centres of the cells, from a sample. */
static int graph_make_cells(struct wn_ivf *file)
{
    const size_t n = file->near.n, p = file->near.p, count = cell_count(n);
    const size_t rows = n < LEARN * count ? n : LEARN * count;
    float *y = wn_spill_new(wn_product(rows, p, 1), sizeof *y);
    int32_t *order = wn_spill_new(n, sizeof *order);
    struct wn_random random;
    int status = -1;

    wn_random_start(&random, file->seed, WN_RANDOM_CELLS, 1, 0);
    wn_random_order(&random, order, n);
    for (size_t i = 0; i < rows; i++)
        wn_bounds_row(&file->near, (size_t)order[i], y + i * p);
    status = wn_kmeans_make(&file->cells, y, rows, p, count, ROUNDS, file->seed,
                            file->graph->threads, file->graph->talk);
    wn_spill_free(y);
    wn_spill_free(order);
    return status;
}

/* Every row to its cell. */
static void graph_assign(const struct wn_ivf *file,
                         struct wn_ivf_worker **seekers, int32_t *cell)
{
    const size_t n = file->near.n, p = file->near.p;
    const size_t blocks = wn_block_count(n);

#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t b = 0; b < blocks; b++) {
        struct wn_ivf_worker *seeker = seekers[omp_get_thread_num()];
        const size_t begin = wn_block_begin(b), end = wn_block_end(b, n);

        for (size_t i = begin; i < end; i++)
            wn_bounds_row(&file->near, i, seeker->own + (i - begin) * p);
        wn_kmeans_far(&file->cells, seeker->own, end - begin, seeker->far);
        for (size_t i = begin; i < end; i++)
            cell[i] = wn_kmeans_nearest(
                &file->cells, seeker->far + (i - begin) * file->cells.count);
    }
}

/* Places for all cells, and what there is by place. */
static int make_places(struct wn_ivf *file, const size_t *begin)
{
    const size_t count = file->cells.count;
    const size_t panel = file->kernel ? file->kernel->panel : 1;

    file->first = wn_new(count + 1, sizeof *file->first);
    file->size = wn_new(count, sizeof *file->size);
    for (size_t c = 0; c < count; c++) {
        file->size[c] = begin[c + 1] - begin[c];
        file->first[c + 1] =
            file->first[c] + (file->size[c] + panel - 1) / panel * panel;
    }
    const size_t places = file->first[count];
    file->row = wn_spill_new(places, sizeof *file->row);
    file->y =
        wn_spill_new(wn_product(places, file->near.p, 1), sizeof *file->y);
    file->bias = wn_spill_new(places, sizeof *file->bias);
    return 0;
}

/* Cell c takes its places; its rows are order[0 .. size). */
static void take_places(struct wn_ivf *file, struct wn_ivf_worker *seeker,
                        size_t c, const int32_t *order)
{
    const size_t p = file->near.p;

    for (size_t at = file->first[c]; at < file->first[c + 1]; at++) {
        const size_t r = at - file->first[c];

        file->row[at] = r < file->size[c] ? order[r] : -1;
        file->bias[at] =
            r < file->size[c] ? file->near.bias[order[r]] : INFINITY;
        if (r >= file->size[c])
            continue;
        if (file->kernel) {
            wn_bounds_row(&file->near, (size_t)order[r], seeker->own);
            file->kernel->pack(seeker->own, at, p, file->y);
        } else {
            wn_bounds_row(&file->near, (size_t)order[r], file->y + at * p);
        }
    }
}

/* The rows in the order of their cells. */
static int graph_fill(struct wn_ivf *file, struct wn_ivf_worker **seekers,
                      const int32_t *cell)
{
    const size_t n = file->near.n, count = file->cells.count;
    size_t *begin = wn_new(count + 1, sizeof *begin);
    int32_t *order = wn_spill_new(n, sizeof *order);
    int status = -1;

    wn_kmeans_sort(cell, n, count, begin, order);
    if (make_places(file, begin))
        goto done;
#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t c = 0; c < count; c++)
        take_places(file, seekers[omp_get_thread_num()], c, order + begin[c]);
    status = 0;
done:
    free(begin);
    wn_spill_free(order);
    return status;
}

/* The whole of it. Leaves *exact true and the graph alone where cells would
 * save no time. */
static int graph_search(struct wn_ivf *file, int32_t *index, float *distance,
                        struct wn_graph_facts *facts)
{
    struct sample choose = {0}, judge = {0};
    struct wn_ivf_worker **seekers = NULL;
    int32_t *cell = NULL;
    int status = -1;

    if (graph_make_cells(file))
        goto done;
    seekers = wn_ivf_workers_new(file);
    cell = wn_spill_new(file->near.n, sizeof *cell);
    if (!seekers || !cell)
        goto done;
    graph_assign(file, seekers, cell);
    if (graph_fill(file, seekers, cell) || sample_draw(&judge, file, 1))
        goto done;
    if (file->probe == WN_PROBE_AUTO) {
        if (sample_draw(&choose, file, 0))
            goto done;
        sample_search(&choose, file, seekers);
        choose_probe(file, seekers[0], &choose, cell);
        facts->exact = (double)file->probe > WORTH * (double)file->cells.count;
    }
    if (file->probe > file->cells.count)
        file->probe = file->cells.count;
    status = 0;
    if (facts->exact)
        goto done;
    sample_search(&judge, file, seekers);
    status = wn_ivf_search_cells(file, seekers, index, distance);
    if (status == 0)
        *facts = (struct wn_graph_facts){
            .cells = file->cells.count,
            .probe = file->probe,
            .recall = measure_recall(file, &judge, index, distance)};
done:
    wn_ivf_workers_free(file, seekers);
    sample_free(&choose);
    sample_free(&judge);
    wn_spill_free(cell);
    return status;
}

bool wn_graph_is_large(size_t n, size_t d)
{
    return (double)n * (double)n * (double)d > WN_GRAPH_EXACT_MAX;
}

int wn_graph_find(const struct wn_graph *graph, size_t probe, uint64_t seed,
                  int32_t *index, float *distance, struct wn_graph_facts *facts,
                  struct wn_error *error)
{
    const size_t n = graph->n;
    struct wn_ivf file = {.graph = graph, .seed = seed, .probe = probe};
    int status = 0;

    *facts = (struct wn_graph_facts){
        .exact = probe == 0 ||
                 (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, graph->d)),
        .recall = 1};
    if (!facts->exact && graph->m > 0 && graph->m < n && n <= INT32_MAX) {
        status = wn_bounds_start(&file.near, graph, NULL);
        file.kernel = wn_tile_kernel(file.near.p);
        if (status == 0)
            status = graph_search(&file, index, distance, facts);
        wn_bounds_end(&file.near);
        wn_kmeans_free(&file.cells);
        free(file.first);
        free(file.size);
        wn_spill_free(file.row);
        wn_spill_free(file.y);
        wn_spill_free(file.bias);
        if (status || !facts->exact)
            return status;
    }
    return wn_knn_exact(graph, index, distance, error);
}

double wn_graph_bytes(size_t n, size_t d, size_t m, size_t probe, int threads)
{
    const double exact = wn_knn_exact_bytes(n, d, m);
    const double rows = (double)n, p = (double)d + 1;
    const double cells = (double)cell_count(n);
    const double learn = fmin(rows, LEARN * cells);
    const double seeker =
        wn_ivf_worker_bytes(cells, p, (double)wn_bounds_room(n, m));

    if (probe == 0 || (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, d)))
        return exact;
    const double found = (rows + cells * WN_BOUNDS_PAD) * (4 * p + 32) +
                         cells * (4 * p + 32) + threads * seeker +
                         fmax(learn * (4 * p + 8), 2 * SAMPLE * 8 * (double)m);
    return probe == WN_PROBE_AUTO ? fmax(found, exact) : found;
}

double wn_graph_work(size_t n, size_t d, size_t probe)
{
    const double pairs = (double)n * (double)n;
    const double exact = wn_tile_rounding(d)
                             ? pairs * (0.35 * (double)d + 20) + 1e6 * (double)n
                             : pairs * (1.1 * (double)d + 130);

    if (probe == 0 || (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, d)))
        return exact;
    /* Where rows fill the space evenly a tenth of the cells is needed. */
    const double share = probe == WN_PROBE_AUTO
                             ? 0.1
                             : fmin((double)probe / (double)cell_count(n), 1);
    return pairs * (share + 0.01) * (2.2 * (double)d + 300);
}
