/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inverted file; see cells.h.
 *
 * Rows have places in the order of their cells, so that a cell is one stretch
 * of a matrix, of whole panels where a kernel multiplies (tile.h). Up to BLOCK
 * rows of a cell search together: for every cell that any of them looks into,
 * those that do are gathered and multiplied with the whole of it. Bounds and
 * decisions are those of the exact search (near.h). */
#include "model/cells.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "model/kmeans.h"
#include "model/linear.h"
#include "model/near.h"
#include "model/tile.h"
#include "util/large.h"
#include "util/memory.h"
#include "util/random.h"
#include "util/thread.h"

enum {
    BLOCK = 576,    /* rows that search together, and columns of a product */
    SAMPLE = 1024,  /* rows to choose the probe on, and as many to judge it */
    LEARN = 64,     /* sample rows a cell for k-means */
    ROUNDS = 8
};
/* How many of the sample's neighbours the cells that are looked into must
 * hold; and their largest share of all cells that still saves time. */
#define TARGET 0.97
#define WORTH 0.35

struct file {
    struct wn_near near;
    struct wn_kmeans cells;
    const struct wn_graph *graph;
    uint64_t seed;
    size_t probe;
    const struct wn_tile_kernel *kernel; /* or NULL: SGEMM */
    size_t *first; /* cells + 1: the places of a cell begin here */
    size_t *size;  /* cells: and so many are taken */
    int32_t *row;  /* by place; -1: nobody's */
    float *y;      /* p numbers a place, prepared rows, packed for the kernel */
    float *bias;   /* by place */
};

/* Rows that search together, and what they need. */
struct seeker {
    float *far;   /* BLOCK x cells */
    struct wn_candidate *nearest; /* cells */
    size_t *start; /* cells + 1: where those of a cell begin in `who` */
    int32_t *who, *chosen; /* BLOCK x cells */
    float *own;    /* BLOCK x p: the rows */
    float *query;  /* BLOCK x p: those of a product */
    float *dots;   /* BLOCK x BLOCK */
    float row_bias[BLOCK], row_limit[BLOCK], bias[BLOCK], limit[BLOCK];
    int32_t row[BLOCK], all[BLOCK];
    struct wn_hit *hits; /* BLOCK x BLOCK */
    struct wn_pool pools[BLOCK];
    struct wn_candidate *entries; /* BLOCK x room */
    struct wn_winner *scratch;
};

static void seeker_free(struct seeker *seeker)
{
    if (!seeker)
        return;
    free(seeker->far);
    free(seeker->nearest);
    free(seeker->start);
    free(seeker->who);
    free(seeker->chosen);
    free(seeker->own);
    free(seeker->query);
    free(seeker->dots);
    free(seeker->hits);
    free(seeker->entries);
    free(seeker->scratch);
    free(seeker);
}

static struct seeker *seeker_new(const struct file *file,
                                 struct wn_error *error)
{
    const size_t count = file->cells.count, p = file->near.p;
    struct seeker *seeker = wn_new(1, sizeof *seeker, error);

    if (!seeker)
        return NULL;
    seeker->far = wn_new(wn_product(BLOCK, count, 1), sizeof(float), error);
    seeker->nearest = wn_new(count, sizeof *seeker->nearest, error);
    seeker->start = wn_new(count + 1, sizeof *seeker->start, error);
    seeker->who =
        wn_new(wn_product(BLOCK, count, 1), sizeof *seeker->who, error);
    seeker->chosen =
        wn_new(wn_product(BLOCK, count, 1), sizeof *seeker->chosen, error);
    seeker->own = wn_new(wn_product(BLOCK, p, 1), sizeof(float), error);
    seeker->query = wn_new(wn_product(BLOCK, p, 1), sizeof(float), error);
    seeker->dots = wn_new(BLOCK * BLOCK, sizeof(float), error);
    seeker->hits = wn_new(BLOCK * BLOCK, sizeof *seeker->hits, error);
    seeker->entries = wn_new(wn_product(BLOCK, file->near.room, 1),
                             sizeof *seeker->entries, error);
    seeker->scratch = wn_new(file->near.room, sizeof *seeker->scratch, error);
    for (int i = 0; i < BLOCK; i++) {
        seeker->all[i] = i;
        seeker->limit[i] = -FLT_MAX;
    }
    if (seeker->far && seeker->nearest && seeker->start && seeker->who &&
        seeker->chosen && seeker->own && seeker->query && seeker->dots &&
        seeker->hits && seeker->entries && seeker->scratch)
        return seeker;
    seeker_free(seeker);
    return NULL;
}

static void seekers_free(const struct file *file, struct seeker **seekers)
{
    for (int t = 0; seekers && t < file->graph->threads; t++)
        seeker_free(seekers[t]);
    free(seekers);
}

static struct seeker **seekers_new(const struct file *file,
                                   struct wn_error *error)
{
    const size_t threads = (size_t)file->graph->threads;
    struct seeker **seekers = wn_new(threads, sizeof *seekers, error);

    for (size_t t = 0; seekers && t < threads; t++) {
        seekers[t] = seeker_new(file, error);
        if (!seekers[t]) {
            seekers_free(file, seekers);
            return NULL;
        }
    }
    return seekers;
}

static void multiply(const struct file *file, const struct wn_tile *tile,
                     float *dots)
{
    if (file->kernel)
        file->kernel->multiply(tile, dots, BLOCK);
    else
        wn_gemm(0, 1, tile->rows, tile->columns, tile->p, -2, tile->first,
                tile->p, tile->second, tile->p, 0, dots, BLOCK);
}

/* Limits for the rows on the seeker from the first tile that they meet. */
static void begin_pools(const struct file *file, struct seeker *seeker,
                        const struct wn_tile *tile, size_t from)
{
    for (size_t q = 0; q < tile->rows; q++) {
        size_t own = 0;

        while (own < tile->columns &&
               file->row[from + own] != seeker->row[q])
            own++;
        float nobody = 0, *bias = own < tile->columns ? &seeker->bias[own]
                                                  : &nobody;
        const float kept = *bias;

        *bias = INFINITY;
        wn_near_begin(&file->near, &seeker->pools[q], (size_t)seeker->row[q],
                      seeker->dots + q * BLOCK, seeker->bias, tile->columns);
        *bias = kept;
    }
}

/* The pairs of `count` queries, those of `who`, and `columns` places that may
 * be near.
 *   fresh  nothing is known of them, who are all rows on the seeker */
static size_t find_hits(const struct file *file, struct seeker *seeker,
                        const int32_t *who, size_t count, size_t from,
                        size_t columns, bool fresh)
{
    const size_t p = file->near.p;
    const struct wn_tile tile = {
        .first = seeker->query, .loose = true, .second = file->y + from * p,
        .rows = count, .columns = columns, .p = p,
        .row_bias = seeker->row_bias, .bias = seeker->bias,
        .row_limit = seeker->row_limit, .column_limit = seeker->limit};
    const bool at_once = file->kernel && !fresh;

    for (size_t j = 0; j < BLOCK; j++)
        seeker->bias[j] = j < columns ? file->bias[from + j] : INFINITY;
    if (!at_once)
        multiply(file, &tile, seeker->dots);
    if (fresh)
        begin_pools(file, seeker, &tile, from);
    for (size_t q = 0; q < count; q++)
        seeker->row_limit[q] = seeker->pools[who[q]].limit;
    return at_once ? file->kernel->scan(&tile, seeker->hits)
                   : wn_tile_scan(&tile, seeker->dots, BLOCK, seeker->hits);
}

/* Offer those of `who`, rows on the seeker, all at the places from begin to
 * end. */
static void look(const struct file *file, struct seeker *seeker,
                 const int32_t *who, size_t count, size_t begin, size_t end,
                 bool fresh)
{
    const size_t p = file->near.p;

    for (size_t q = 0; q < count; q++) {
        memcpy(seeker->query + q * p, seeker->own + (size_t)who[q] * p,
               p * sizeof *seeker->own);
        seeker->row_bias[q] = file->near.bias[seeker->row[who[q]]];
    }
    /* The kernel takes eight at a time. */
    for (size_t q = count; q < BLOCK && q % 8; q++)
        seeker->row_bias[q] = INFINITY;
    for (size_t from = begin; from < end; from += BLOCK) {
        const size_t left = end - from;
        const size_t hits =
            find_hits(file, seeker, who, count, from,
                      left < BLOCK ? left : BLOCK, fresh && from == begin);

        for (size_t h = 0; h < hits; h++) {
            const struct wn_hit hit = seeker->hits[h];
            const size_t q = (size_t)who[hit.row];
            const size_t i = (size_t)seeker->row[q];
            const size_t j = (size_t)file->row[from + (size_t)hit.column];

            if (i != j)
                wn_near_offer(&file->near, &seeker->pools[q], i, j, hit.low,
                              seeker->scratch);
        }
    }
}

/* Put the `probe` nearest of all cells first. Most are left out beforehand by
 * the distances of a few. */
static void choose_cells(const struct file *file, const float *far,
                         struct wn_candidate *nearest)
{
    const size_t cells = file->cells.count, probe = file->probe;
    const size_t step = cells / WN_NEAR_PAD;
    const size_t rank = step > 0 ? probe / step + 6 : WN_NEAR_PAD;
    float few[WN_NEAR_PAD], limit = INFINITY;
    size_t count;

    if (rank < WN_NEAR_PAD) {
        for (size_t s = 0; s < WN_NEAR_PAD; s++)
            few[s] = far[s * step];
        limit = wn_near_mth(few, WN_NEAR_PAD, rank);
    }
    for (;;) {
        count = 0;
        for (size_t c = 0; c < cells; c++) {
            nearest[count] = (struct wn_candidate){far[c], (int32_t)c};
            count += far[c] <= limit;
        }
        if (count >= probe)
            break;
        limit = INFINITY;
    }
    wn_near_select(nearest, count, probe);
}

/* The `probe` cells nearest to each of the `count` rows on the seeker, and by
 * cell who looks into it: who[start[c]] .. who[start[c + 1] - 1]. */
static void list_probes(const struct file *file, struct seeker *seeker,
                        size_t count)
{
    const size_t cells = file->cells.count, probe = file->probe;

    wn_kmeans_far(&file->cells, seeker->own, count, seeker->far);
    memset(seeker->start, 0, (cells + 1) * sizeof *seeker->start);
    for (size_t q = 0; q < count; q++) {
        choose_cells(file, seeker->far + q * cells, seeker->nearest);
        for (size_t r = 0; r < probe; r++) {
            seeker->chosen[q * probe + r] = seeker->nearest[r].row;
            seeker->start[seeker->nearest[r].row]++;
        }
    }
    for (size_t c = 0; c < cells; c++)
        seeker->start[c + 1] += seeker->start[c];
    for (size_t at = count * probe; at > 0; at--)
        seeker->who[--seeker->start[seeker->chosen[at - 1]]] =
            (int32_t)((at - 1) / probe);
}

/* `count` rows on the seeker, who know of nobody. */
static void seat(const struct file *file, struct seeker *seeker,
                 const int32_t *row, size_t count)
{
    for (size_t q = 0; q < count; q++) {
        seeker->row[q] = row[q];
        wn_pool_start(&seeker->pools[q],
                      seeker->entries + q * file->near.room);
        wn_near_row(&file->near, (size_t)row[q],
                    seeker->own + q * file->near.p);
    }
}

/* The neighbours of the rows row[0 .. count) by looking at all rows. */
static void search_all(const struct file *file, struct seeker *seeker,
                       const int32_t *row, size_t count, int32_t *index,
                       float *distance)
{
    const size_t m = file->near.m;

    seat(file, seeker, row, count);
    look(file, seeker, seeker->all, count, 0, file->first[file->cells.count],
         true);
    for (size_t q = 0; q < count; q++)
        wn_near_decide(&file->near, &seeker->pools[q], (size_t)row[q],
                       seeker->scratch, index + q * m, distance + q * m);
}

/* The rows at the places begin .. end-1, all of cell `own`. */
static void search_cell(const struct file *file, struct seeker *seeker,
                        size_t own, size_t begin, size_t end, int32_t *index,
                        float *distance)
{
    const size_t m = file->near.m, count = end - begin;

    seat(file, seeker, file->row + begin, count);
    list_probes(file, seeker, count);
    look(file, seeker, seeker->all, count, file->first[own],
         file->first[own + 1], true);
    for (size_t c = 0; c < file->cells.count; c++)
        if (c != own && seeker->start[c] < seeker->start[c + 1])
            look(file, seeker, seeker->who + seeker->start[c],
                 seeker->start[c + 1] - seeker->start[c], file->first[c],
                 file->first[c + 1], false);
    for (size_t q = 0; q < count; q++) {
        const size_t i = (size_t)seeker->row[q];

        wn_near_decide(&file->near, &seeker->pools[q], i, seeker->scratch,
                       index + i * m, distance + i * m);
        if (index[i * m + m - 1] < 0) {
            const int32_t row = (int32_t)i, first = seeker->row[0];

            search_all(file, seeker, &row, 1, index + i * m,
                       distance + i * m);
            seeker->row[0] = first;
        }
    }
}

/* A stretch of a cell that searches together. */
struct task {
    size_t cell, begin, end;
};

static size_t list_tasks(const struct file *file, struct task *tasks)
{
    size_t count = 0;

    for (size_t c = 0; c < file->cells.count; c++)
        for (size_t at = 0; at < file->size[c]; at += BLOCK) {
            const size_t left = file->size[c] - at;
            const size_t begin = file->first[c] + at;

            if (tasks)
                tasks[count] = (struct task){
                    c, begin, begin + (left < BLOCK ? left : BLOCK)};
            count++;
        }
    return count;
}

static int search_cells(const struct file *file, struct seeker **seekers,
                        int32_t *index, float *distance,
                        struct wn_error *error)
{
    static const char what[] = "neighbours: cells";
    const size_t count = list_tasks(file, NULL);
    struct wn_talk *talk = file->graph->talk;
    struct task *tasks = wn_new(count, sizeof *tasks, error);
    size_t done = 0;

    if (!tasks)
        return -1;
    list_tasks(file, tasks);
    wn_talk_progress(talk, what, 0, count);
#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t t = 0; t < count; t++) {
        size_t now;

        search_cell(file, seekers[omp_get_thread_num()], tasks[t].cell,
                    tasks[t].begin, tasks[t].end, index, distance);
#pragma omp atomic capture
        now = ++done;
        if (omp_get_thread_num() == 0)
            wn_talk_progress(talk, what, now, count);
    }
    wn_talk_progress(talk, what, count, count);
    free(tasks);
    return 0;
}

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
static int sample_draw(struct sample *sample, const struct file *file,
                       size_t which, struct wn_error *error)
{
    const size_t n = file->near.n, m = file->near.m;
    int32_t *order = wn_large_new(n, sizeof *order, error);
    struct wn_random random;

    sample->count = n < SAMPLE ? n : SAMPLE;
    sample->row = wn_new(sample->count, sizeof *sample->row, error);
    sample->index = wn_new(wn_product(sample->count, m, 1),
                           sizeof *sample->index, error);
    sample->distance = wn_new(wn_product(sample->count, m, 1),
                              sizeof *sample->distance, error);
    if (!order || !sample->row || !sample->index || !sample->distance) {
        wn_large_free(order);
        return -1;
    }
    wn_random_start(&random, file->seed, WN_RANDOM_CELLS, 2, 0);
    wn_random_order(&random, order, n);
    const size_t from = n < 2 * SAMPLE ? 0 : which * SAMPLE;
    memcpy(sample->row, order + from, sample->count * sizeof *order);
    wn_large_free(order);
    return 0;
}

static void sample_search(struct sample *sample, const struct file *file,
                          struct seeker **seekers)
{
    enum { PART = 64 };
    const size_t m = file->near.m, parts = (sample->count + PART - 1) / PART;

#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t b = 0; b < parts; b++) {
        const size_t begin = b * PART, left = sample->count - begin;

        search_all(file, seekers[omp_get_thread_num()], sample->row + begin,
                   left < PART ? left : PART, sample->index + begin * m,
                   sample->distance + begin * m);
    }
}

/* How many cells lie nearer to row q of the sample than that of row j. */
static size_t rank_of(const struct file *file, const float *far,
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
static void choose_probe(struct file *file, struct seeker *seeker,
                         const struct sample *sample, const int32_t *cell)
{
    const size_t m = file->near.m, count = file->cells.count;
    size_t *ranks = seeker->start, found = 0, all = 0, probe = 0;

    memset(ranks, 0, count * sizeof *ranks);
    for (size_t q = 0; q < sample->count; q++) {
        wn_near_row(&file->near, (size_t)sample->row[q], seeker->own);
        wn_kmeans_far(&file->cells, seeker->own, 1, seeker->far);
        for (size_t w = 0; w < m && sample->index[q * m + w] >= 0; w++, all++)
            ranks[rank_of(file, seeker->far, cell,
                          sample->index[q * m + w])]++;
    }
    while (probe < count && (double)found < TARGET * (double)all)
        found += ranks[probe++];
    file->probe = probe > 0 ? probe : 1;
}

/* The share of the sample's neighbours that the graph has. */
static double measure_recall(const struct file *file,
                             const struct sample *sample,
                             const int32_t *index, const float *distance)
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
static int make_cells(struct file *file, struct wn_error *error)
{
    const size_t n = file->near.n, p = file->near.p, count = cell_count(n);
    const size_t rows = n < LEARN * count ? n : LEARN * count;
    float *y = wn_large_new(wn_product(rows, p, 1), sizeof *y, error);
    int32_t *order = wn_large_new(n, sizeof *order, error);
    struct wn_random random;
    int status = -1;

    if (!y || !order)
        goto done;
    wn_random_start(&random, file->seed, WN_RANDOM_CELLS, 1, 0);
    wn_random_order(&random, order, n);
    for (size_t i = 0; i < rows; i++)
        wn_near_row(&file->near, (size_t)order[i], y + i * p);
    status = wn_kmeans_make(&file->cells, y, rows, p, count, ROUNDS,
                            file->seed, file->graph->threads,
                            file->graph->talk, error);
done:
    wn_large_free(y);
    wn_large_free(order);
    return status;
}

/* Every row to its cell. */
static void assign(const struct file *file, struct seeker **seekers,
                   int32_t *cell)
{
    const size_t n = file->near.n, p = file->near.p;
    const size_t blocks = wn_block_count(n);

#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t b = 0; b < blocks; b++) {
        struct seeker *seeker = seekers[omp_get_thread_num()];
        const size_t begin = wn_block_begin(b), end = wn_block_end(b, n);

        for (size_t i = begin; i < end; i++)
            wn_near_row(&file->near, i, seeker->own + (i - begin) * p);
        wn_kmeans_far(&file->cells, seeker->own, end - begin, seeker->far);
        for (size_t i = begin; i < end; i++)
            cell[i] = wn_kmeans_nearest(
                &file->cells,
                seeker->far + (i - begin) * file->cells.count);
    }
}

/* Places for all cells, and what there is by place. */
static int make_places(struct file *file, const size_t *begin,
                       struct wn_error *error)
{
    const size_t count = file->cells.count;
    const size_t panel = file->kernel ? file->kernel->panel : 1;

    file->first = wn_new(count + 1, sizeof *file->first, error);
    file->size = wn_new(count, sizeof *file->size, error);
    if (!file->first || !file->size)
        return -1;
    for (size_t c = 0; c < count; c++) {
        file->size[c] = begin[c + 1] - begin[c];
        file->first[c + 1] =
            file->first[c] + (file->size[c] + panel - 1) / panel * panel;
    }
    const size_t places = file->first[count];
    file->row = wn_large_new(places, sizeof *file->row, error);
    file->y = wn_large_new(wn_product(places, file->near.p, 1),
                           sizeof *file->y, error);
    file->bias = wn_large_new(places, sizeof *file->bias, error);
    return file->row && file->y && file->bias ? 0 : -1;
}

/* Cell c takes its places; its rows are order[0 .. size). */
static void take_places(struct file *file, struct seeker *seeker, size_t c,
                        const int32_t *order)
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
            wn_near_row(&file->near, (size_t)order[r], seeker->own);
            wn_tile_pack(file->kernel, seeker->own, at, p, file->y);
        } else {
            wn_near_row(&file->near, (size_t)order[r], file->y + at * p);
        }
    }
}

/* The rows in the order of their cells. */
static int fill(struct file *file, struct seeker **seekers,
                const int32_t *cell, struct wn_error *error)
{
    const size_t n = file->near.n, count = file->cells.count;
    size_t *begin = wn_new(count + 1, sizeof *begin, error);
    int32_t *order = wn_large_new(n, sizeof *order, error);
    int status = -1;

    if (!begin || !order)
        goto done;
    wn_kmeans_sort(cell, n, count, begin, order);
    if (make_places(file, begin, error))
        goto done;
#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t c = 0; c < count; c++)
        take_places(file, seekers[omp_get_thread_num()], c, order + begin[c]);
    status = 0;
done:
    free(begin);
    wn_large_free(order);
    return status;
}

/* The whole of it. Leaves *exact true and the graph alone where cells would
 * save no time. */
static int search(struct file *file, int32_t *index, float *distance,
                  struct wn_graph_facts *facts, struct wn_error *error)
{
    struct sample choose = {0}, judge = {0};
    struct seeker **seekers = NULL;
    int32_t *cell = NULL;
    int status = -1;

    if (make_cells(file, error))
        goto done;
    seekers = seekers_new(file, error);
    cell = wn_large_new(file->near.n, sizeof *cell, error);
    if (!seekers || !cell)
        goto done;
    assign(file, seekers, cell);
    if (fill(file, seekers, cell, error) || sample_draw(&judge, file, 1, error))
        goto done;
    if (file->probe == WN_PROBE_AUTO) {
        if (sample_draw(&choose, file, 0, error))
            goto done;
        sample_search(&choose, file, seekers);
        choose_probe(file, seekers[0], &choose, cell);
        facts->exact = (double)file->probe >
                       WORTH * (double)file->cells.count;
    }
    if (file->probe > file->cells.count)
        file->probe = file->cells.count;
    status = 0;
    if (facts->exact)
        goto done;
    sample_search(&judge, file, seekers);
    status = search_cells(file, seekers, index, distance, error);
    if (status == 0)
        *facts = (struct wn_graph_facts){
            .cells = file->cells.count, .probe = file->probe,
            .recall = measure_recall(file, &judge, index, distance)};
done:
    seekers_free(file, seekers);
    sample_free(&choose);
    sample_free(&judge);
    wn_large_free(cell);
    return status;
}

bool wn_graph_is_large(size_t n, size_t d)
{
    return (double)n * (double)n * (double)d > WN_GRAPH_EXACT_MOST;
}

int wn_graph_find(const struct wn_graph *graph, size_t probe, uint64_t seed,
                  int32_t *index, float *distance,
                  struct wn_graph_facts *facts, struct wn_error *error)
{
    const size_t n = graph->n;
    struct file file = {.graph = graph, .seed = seed, .probe = probe};
    int status = 0;

    *facts = (struct wn_graph_facts){
        .exact = probe == 0 || (probe == WN_PROBE_AUTO &&
                                !wn_graph_is_large(n, graph->d)),
        .recall = 1};
    if (!facts->exact && graph->m > 0 && graph->m < n && n <= INT32_MAX) {
        status = wn_near_start(&file.near, graph, error);
        file.kernel = wn_tile_kernel(file.near.p);
        if (status == 0)
            status = search(&file, index, distance, facts, error);
        wn_near_end(&file.near);
        wn_kmeans_free(&file.cells);
        free(file.first);
        free(file.size);
        wn_large_free(file.row);
        wn_large_free(file.y);
        wn_large_free(file.bias);
        if (status || !facts->exact)
            return status;
    }
    return wn_neighbors(graph, index, distance, error);
}

double wn_graph_bytes(size_t n, size_t d, size_t m, size_t probe, int threads)
{
    const double exact = wn_neighbors_bytes(n, d, m);
    const double rows = (double)n, p = (double)d + 1;
    const double cells = (double)cell_count(n);
    const double learn = fmin(rows, LEARN * cells);
    const double seeker =
        BLOCK * (cells * 12 + 8 * p +
                 BLOCK * (4.0 + sizeof(struct wn_hit)) +
                 (double)wn_near_room(n, m) * sizeof(struct wn_candidate)) +
        cells * 24;

    if (probe == 0 || (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, d)))
        return exact;
    const double found = (rows + cells * WN_NEAR_PAD) * (4 * p + 32) +
                         cells * (4 * p + 32) + threads * seeker +
                         fmax(learn * (4 * p + 8), 2 * SAMPLE * 8 * (double)m);
    return probe == WN_PROBE_AUTO ? fmax(found, exact) : found;
}

double wn_graph_work(size_t n, size_t d, size_t probe)
{
    const double pairs = (double)n * (double)n;
    const double exact = pairs * (1.1 * (double)d + 130);

    if (probe == 0 || (probe == WN_PROBE_AUTO && !wn_graph_is_large(n, d)))
        return exact;
    /* Where rows fill the space evenly a tenth of the cells is needed. */
    const double share = probe == WN_PROBE_AUTO
                             ? 0.1
                             : fmin((double)probe / (double)cell_count(n), 1);
    return pairs * (share + 0.01) * (2.2 * (double)d + 300);
}
