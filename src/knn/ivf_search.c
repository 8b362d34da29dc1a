/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries by the block; see ivf_search.h. */
#include "knn/ivf_search.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"

enum { BLOCK = WN_IVF_BLOCK };

static void seeker_free(struct wn_ivf_worker *seeker)
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

static struct wn_ivf_worker *seeker_new(const struct wn_ivf *file)
{
    const size_t count = file->cells.count, p = file->near.p;
    struct wn_ivf_worker *seeker = wn_new(1, sizeof *seeker);

    seeker->far = wn_new(wn_product(BLOCK, count, 1), sizeof(float));
    seeker->nearest = wn_new(count, sizeof *seeker->nearest);
    seeker->start = wn_new(count + 1, sizeof *seeker->start);
    seeker->who = wn_new(wn_product(BLOCK, count, 1), sizeof *seeker->who);
    seeker->chosen =
        wn_new(wn_product(BLOCK, count, 1), sizeof *seeker->chosen);
    seeker->own = wn_new(wn_product(BLOCK, p, 1), sizeof(float));
    seeker->query = wn_new(wn_product(BLOCK, p, 1), sizeof(float));
    seeker->dots = wn_new(BLOCK * BLOCK, sizeof(float));
    seeker->hits = wn_new(BLOCK * BLOCK, sizeof *seeker->hits);
    seeker->entries =
        wn_new(wn_product(BLOCK, file->near.room, 1), sizeof *seeker->entries);
    seeker->scratch = wn_new(file->near.room, sizeof *seeker->scratch);
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

void wn_ivf_workers_free(const struct wn_ivf *file,
                         struct wn_ivf_worker **seekers)
{
    for (int t = 0; seekers && t < file->graph->threads; t++)
        seeker_free(seekers[t]);
    free(seekers);
}

struct wn_ivf_worker **wn_ivf_workers_new(const struct wn_ivf *file)
{
    const size_t threads = (size_t)file->graph->threads;
    struct wn_ivf_worker **seekers = wn_new(threads, sizeof *seekers);

    for (size_t t = 0; seekers && t < threads; t++) {
        seekers[t] = seeker_new(file);
        if (!seekers[t]) {
            wn_ivf_workers_free(file, seekers);
            return NULL;
        }
    }
    return seekers;
}

static void ivf_search_multiply(const struct wn_ivf *file,
                                const struct wn_tile *tile, float *dots)
{
    if (file->kernel)
        file->kernel->multiply(tile, dots, BLOCK);
    else
        wn_gemm(0, 1, tile->rows, tile->columns, tile->p, -2, tile->first,
                tile->p, tile->second, tile->p, 0, dots, BLOCK);
}

/* Limits for the rows on the seeker from the first tile that they meet. */
static void begin_pools(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                        const struct wn_tile *tile, size_t from)
{
    for (size_t q = 0; q < tile->rows; q++) {
        size_t own = 0;

        while (own < tile->columns && file->row[from + own] != seeker->row[q])
            own++;
        float nobody = 0,
              *bias = own < tile->columns ? &seeker->bias[own] : &nobody;
        const float kept = *bias;

        *bias = INFINITY;
        wn_bounds_begin(&file->near, &seeker->pools[q], (size_t)seeker->row[q],
                        seeker->dots + q * BLOCK, seeker->bias, tile->columns);
        *bias = kept;
    }
}

/* The pairs of `count` queries, those of `who`, and `columns` places that may
 * be near.
 *   fresh  nothing is known of them, who are all rows on the seeker */
static size_t find_hits(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                        const int32_t *who, size_t count, size_t from,
                        size_t columns, bool fresh)
{
    const size_t p = file->near.p;
    const struct wn_tile tile = {.first = seeker->query,
                                 .loose = true,
                                 .second = file->y + from * p,
                                 .rows = count,
                                 .columns = columns,
                                 .p = p,
                                 .row_bias = seeker->row_bias,
                                 .bias = seeker->bias,
                                 .row_limit = seeker->row_limit,
                                 .column_limit = seeker->limit};
    const bool at_once = file->kernel && !fresh;

    for (size_t j = 0; j < BLOCK; j++)
        seeker->bias[j] = j < columns ? file->bias[from + j] : INFINITY;
    if (!at_once)
        ivf_search_multiply(file, &tile, seeker->dots);
    if (fresh)
        begin_pools(file, seeker, &tile, from);
    for (size_t q = 0; q < count; q++)
        seeker->row_limit[q] = seeker->pools[who[q]].limit;
    return at_once ? file->kernel->scan(&tile, seeker->hits)
                   : wn_tile_scan(&tile, seeker->dots, BLOCK, seeker->hits);
}

/* Offer those of `who`, rows on the seeker, all at the places from begin to
 * end. */
static void ivf_search_look(const struct wn_ivf *file,
                            struct wn_ivf_worker *seeker, const int32_t *who,
                            size_t count, size_t begin, size_t end, bool fresh)
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
                wn_bounds_offer(&file->near, &seeker->pools[q], i, j, hit.low,
                                seeker->scratch);
        }
    }
}

/* Put the `probe` nearest of all cells first. Most are left out beforehand by
 * the distances of a few. */
static void choose_cells(const struct wn_ivf *file, const float *far,
                         struct wn_candidate *nearest)
{
    const size_t cells = file->cells.count, probe = file->probe;
    const size_t step = cells / WN_BOUNDS_PAD;
    const size_t rank = step > 0 ? probe / step + 6 : WN_BOUNDS_PAD;
    float few[WN_BOUNDS_PAD], limit = INFINITY;
    size_t count;

    if (rank < WN_BOUNDS_PAD) {
        for (size_t s = 0; s < WN_BOUNDS_PAD; s++)
            few[s] = far[s * step];
        limit = wn_bounds_mth(few, WN_BOUNDS_PAD, rank);
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
    wn_bounds_select(nearest, count, probe);
}

/* The `probe` cells nearest to each of the `count` rows on the seeker, and by
 * cell who looks into it: who[start[c]] .. who[start[c + 1] - 1]. */
static void list_probes(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
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
static void seat(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                 const int32_t *row, size_t count)
{
    for (size_t q = 0; q < count; q++) {
        seeker->row[q] = row[q];
        wn_candidates_start(&seeker->pools[q],
                            seeker->entries + q * file->near.room);
        wn_bounds_row(&file->near, (size_t)row[q],
                      seeker->own + q * file->near.p);
    }
}

/* The neighbours of the rows row[0 .. count) by looking at all rows. */
void wn_ivf_search_all(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                       const int32_t *row, size_t count, int32_t *index,
                       float *distance)
{
    const size_t m = file->near.m;

    seat(file, seeker, row, count);
    ivf_search_look(file, seeker, seeker->all, count, 0,
                    file->first[file->cells.count], true);
    for (size_t q = 0; q < count; q++)
        wn_bounds_decide(&file->near, &seeker->pools[q], (size_t)row[q],
                         seeker->scratch, index + q * m, distance + q * m);
}

/* The rows at the places begin .. end-1, all of cell `own`. */
static void search_cell(const struct wn_ivf *file, struct wn_ivf_worker *seeker,
                        size_t own, size_t begin, size_t end, int32_t *index,
                        float *distance)
{
    const size_t m = file->near.m, count = end - begin;

    seat(file, seeker, file->row + begin, count);
    list_probes(file, seeker, count);
    ivf_search_look(file, seeker, seeker->all, count, file->first[own],
                    file->first[own + 1], true);
    for (size_t c = 0; c < file->cells.count; c++)
        if (c != own && seeker->start[c] < seeker->start[c + 1])
            ivf_search_look(file, seeker, seeker->who + seeker->start[c],
                            seeker->start[c + 1] - seeker->start[c],
                            file->first[c], file->first[c + 1], false);
    for (size_t q = 0; q < count; q++) {
        const size_t i = (size_t)seeker->row[q];

        wn_bounds_decide(&file->near, &seeker->pools[q], i, seeker->scratch,
                         index + i * m, distance + i * m);
        if (index[i * m + m - 1] < 0) {
            const int32_t row = (int32_t)i, first = seeker->row[0];

            wn_ivf_search_all(file, seeker, &row, 1, index + i * m,
                              distance + i * m);
            seeker->row[0] = first;
        }
    }
}

/* A stretch of a cell that searches together. */
struct task {
    size_t cell, begin, end;
};

static size_t list_tasks(const struct wn_ivf *file, struct task *tasks)
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

int wn_ivf_search_cells(const struct wn_ivf *file,
                        struct wn_ivf_worker **seekers, int32_t *index,
                        float *distance)
{
    static const char what[] = "neighbours: cells";
    const size_t count = list_tasks(file, NULL);
    struct wn_log *talk = file->graph->talk;
    struct task *tasks = wn_new(count, sizeof *tasks);
    size_t done = 0;

    list_tasks(file, tasks);
    wn_log_progress(talk, what, 0, count);
#pragma omp parallel for schedule(dynamic) num_threads(file->graph->threads)
    for (size_t t = 0; t < count; t++) {
        size_t now;

        search_cell(file, seekers[omp_get_thread_num()], tasks[t].cell,
                    tasks[t].begin, tasks[t].end, index, distance);
#pragma omp atomic capture
        now = ++done;
        if (omp_get_thread_num() == 0)
            wn_log_progress(talk, what, now, count);
    }
    wn_log_progress(talk, what, count, count);
    free(tasks);
    return 0;
}

double wn_ivf_worker_bytes(double cells, double p, double room)
{
    return BLOCK * (cells * 12 + 8 * p + BLOCK * (4.0 + sizeof(struct wn_hit)) +
                    room * sizeof(struct wn_candidate)) +
           cells * 24;
}
