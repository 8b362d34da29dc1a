/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nearest rows of another set; see query.h, and bounds.h for the bounds.
 *
 * A thread takes a block of queries and goes through all references. */
#include "knn/query.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "linalg/products.h"
#include "knn/bounds.h"
#include "util/memory.h"

enum { BLOCK = 256 };

struct between {
    struct wn_bounds near;
    const int32_t *query, *reference;
    size_t queries, references;
};

/* What a thread works with. */
struct desk {
    float *rows, *columns; /* BLOCK x p, prepared */
    float *dots;           /* BLOCK x BLOCK */
    struct wn_hit *hits;   /* BLOCK */
    struct wn_winner *scratch;
    struct wn_candidate *entries; /* BLOCK x room */
    struct wn_candidates pools[BLOCK];
    float bias[BLOCK], limit[BLOCK];
};

static void desk_free(struct desk *desk)
{
    if (!desk)
        return;
    free(desk->rows);
    free(desk->columns);
    free(desk->dots);
    free(desk->hits);
    free(desk->scratch);
    free(desk->entries);
    free(desk);
}

static struct desk *desk_new(const struct wn_bounds *near)
{
    struct desk *desk = wn_new(1, sizeof *desk);

    desk->rows = wn_new(wn_product(BLOCK, near->p, 1), sizeof(float));
    desk->columns = wn_new(wn_product(BLOCK, near->p, 1), sizeof(float));
    desk->dots = wn_new(BLOCK * BLOCK, sizeof *desk->dots);
    desk->hits = wn_new(BLOCK, sizeof *desk->hits);
    desk->scratch = wn_new(near->room, sizeof *desk->scratch);
    desk->entries =
        wn_new(wn_product(BLOCK, near->room, 1), sizeof *desk->entries);
    if (desk->rows && desk->columns && desk->dots && desk->hits &&
        desk->scratch && desk->entries)
        return desk;
    desk_free(desk);
    return NULL;
}

static size_t part(size_t total, size_t first)
{
    return total - first < BLOCK ? total - first : BLOCK;
}

/* One block of references for the block of queries on the desk. */
static void query_look_at(const struct between *b, struct desk *desk,
                          const int32_t *query, size_t rows, size_t second)
{
    const struct wn_bounds *near = &b->near;
    const int32_t *reference = b->reference + second;
    const size_t columns = part(b->references, second);

    for (size_t j = 0; j < BLOCK; j++) {
        const int there = j < columns;

        desk->bias[j] = there ? near->bias[reference[j]] : INFINITY;
        desk->limit[j] = -INFINITY; /* columns do not ask */
        if (there)
            wn_bounds_row(near, (size_t)reference[j],
                          desk->columns + j * near->p);
    }
    wn_gemm(0, 1, rows, columns, near->p, -2, desk->rows, near->p,
            desk->columns, near->p, 0, desk->dots, BLOCK);
    for (size_t i = 0; i < rows; i++) {
        const size_t row = (size_t)query[i];
        const size_t count = wn_bounds_scan(
            desk->dots + i * BLOCK, desk->bias, desk->limit, columns, i,
            near->bias[row], desk->pools[i].limit, desk->hits);

        for (size_t h = 0; h < count; h++)
            wn_bounds_offer(near, &desk->pools[i], row,
                            (size_t)reference[desk->hits[h].column],
                            desk->hits[h].low, desk->scratch);
    }
}

static void ask(const struct between *b, struct desk *desk, size_t first,
                int32_t *index, float *distance)
{
    const struct wn_bounds *near = &b->near;
    const int32_t *query = b->query + first;
    const size_t rows = part(b->queries, first);

    for (size_t i = 0; i < rows; i++) {
        wn_bounds_row(near, (size_t)query[i], desk->rows + i * near->p);
        wn_candidates_start(&desk->pools[i], desk->entries + i * near->room);
    }
    for (size_t second = 0; second < b->references; second += BLOCK)
        query_look_at(b, desk, query, rows, second);
    for (size_t i = 0; i < rows; i++)
        wn_bounds_decide(near, &desk->pools[i], (size_t)query[i], desk->scratch,
                         index + (first + i) * near->m,
                         distance + (first + i) * near->m);
}

int wn_knn_query(const struct wn_graph *graph, const int32_t *query,
                 size_t queries, const int32_t *reference, size_t references,
                 int32_t *index, float *distance)
{
    struct between b = {.query = query,
                        .reference = reference,
                        .queries = queries,
                        .references = references};
    const int threads = graph->threads;
    struct desk **desks = wn_new((size_t)threads, sizeof *desks);
    int status = -1;

    if (wn_bounds_start(&b.near, graph, NULL))
        goto done;
    for (int t = 0; t < threads; t++) {
        desks[t] = desk_new(&b.near);
        if (!desks[t])
            goto done;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t first = 0; first < queries; first += BLOCK)
        ask(&b, desks[omp_get_thread_num()], first, index, distance);
    status = 0;
done:
    for (int t = 0; desks && t < threads; t++)
        desk_free(desks[t]);
    free(desks);
    wn_bounds_end(&b.near);
    return status;
}
