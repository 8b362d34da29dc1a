/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal rows by their hash, near ones by a gap, joined by union-find. */
#include "learn/copies.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "knn/graph.h"
#include "util/arena.h"
#include "util/hash.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"

enum {
    SAMPLE = 2048,           /* rows that the values of a feature come from */
    MAX_VALUES = 256,        /* of a feature, and a quarter of these rows */
    PROBED = 256,            /* rows whose gaps are looked at first */
    DIMENSION_NEIGHBORS = 10 /* from which the dimension comes */
};
#define LEAST_HITS 0.02 /* of these, with a gap: fewer are chance */

/* The smallest row of the set of row i, with the path to it halved. */
static size_t find_root(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static void join(size_t *parent, size_t a, size_t b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* How many of the first m neighbours of a row come before a gap, at most
 * `most`: 0 if none do. Where there is no neighbour the distance is infinite.
 * Exact copies do not count: a row and its copies have the same gap. */
static size_t before_gap(const float *distance, size_t m, double gap)
{
    size_t exact = 0, c;

    while (exact < m && distance[exact] == 0)
        exact++;
    for (c = exact + 1; c < m && c - exact <= WN_COPIES_MAX; c++) {
        if (isinf(distance[c]))
            return 0;
        if (distance[c - 1] < gap * (double)distance[c])
            return c;
    }
    return 0;
}

/* Neighbours whose gaps make copies. */
struct lists {
    size_t m;
    double gap;
    int32_t *neighbor; /* n x m */
    float *distance;
};

/* Join the near copies of the lists into the sets: near[i] where i has one that
 * is not exact. */
static void join_lists(const struct lists *lists, size_t n, size_t *set,
                       uint8_t *near)
{
    const size_t m = lists->m;
    size_t *count = wn_new(n, sizeof *count);

    for (size_t i = 0; i < n; i++)
        count[i] = before_gap(lists->distance + i * m, m, lists->gap);
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < count[i]; q++) {
            const size_t j = (size_t)lists->neighbor[i * m + q];

            for (size_t r = 0; r < count[j]; r++)
                if ((size_t)lists->neighbor[j * m + r] == i) {
                    join(set, i, j);
                    near[i] |= lists->distance[i * m + q] > 0;
                }
        }
    free(count);
}

/* The features of the rows in steps, the number of smaller values that the
 * feature has in a sample of rows; NULL where one has many values. */
static float *rows_in_steps(const struct wn_sample *rows)
{
    const size_t n = rows->n, d = rows->d;
    const size_t sample = n < SAMPLE ? n : SAMPLE;
    const size_t most = MAX_VALUES < sample / 4 ? MAX_VALUES : sample / 4;
    float *steps = wn_spill_new(wn_product(n, d, 1), sizeof *steps);
    double *value = wn_new(sample, sizeof *value);
    size_t j, values = 0;

    for (j = 0; j < d && values <= most; j++) {
        for (size_t s = 0; s < sample; s++)
            value[s] = (double)rows->x[s * n / sample * d + j];
        qsort(value, sample, sizeof *value, wn_number_ascending);
        values = 1;
        for (size_t s = 1; s < sample; s++)
            if (value[s] > value[values - 1])
                value[values++] = value[s];
        for (size_t i = 0; i < n && values <= most; i++) {
            const double own = (double)rows->x[i * d + j];
            size_t low = 0, high = values;

            while (low < high) {
                const size_t middle = (low + high) / 2;

                if (value[middle] < own)
                    low = middle + 1;
                else
                    high = middle;
            }
            steps[i * d + j] = (float)low;
        }
    }
    free(value);
    if (values <= most)
        return steps;
    wn_spill_free(steps);
    return NULL;
}

/* The distances of the graph->m nearest rows of row i, one by one: less memory
 * than a search of all rows takes. */
static void find_distances(const struct wn_graph *graph, size_t i,
                           float *distance)
{
    const size_t d = graph->d, m = graph->m;
    const float *own = graph->x + i * d;

    for (size_t e = 0; e < m; e++)
        distance[e] = INFINITY;
    for (size_t j = 0; j < graph->n; j++) {
        const float *other = graph->x + j * d;
        float sum = 0;
        size_t at = m;

        if (j == i)
            continue;
#pragma omp simd reduction(+ : sum)
        for (size_t f = 0; f < d; f++)
            sum += (own[f] - other[f]) * (own[f] - other[f]);
        for (; at && distance[at - 1] > sum; at--)
            if (at < m)
                distance[at] = distance[at - 1];
        if (at < m)
            distance[at] = sum;
    }
    for (size_t e = 0; e < m; e++)
        distance[e] = sqrtf(distance[e]);
}

/* The gap of jittered copies among the rows x, 0 where too few of the rows that
 * are looked at have one. */
static double find_gap(const struct wn_graph *graph, uint64_t seed)
{
    const size_t n = graph->n, m = graph->m;
    const size_t queries = n / 4 < PROBED ? n / 4 : PROBED;
    int32_t *query = wn_new(queries, sizeof *query);
    float *distance = wn_new(wn_product(queries, m, 1), sizeof *distance);
    size_t hits = 0;
    struct wn_random random;
    double sum = 0, terms = 0, gap;

    /* One row of each stretch at random: copies may lie at even distances. */
    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t q = 0; q < queries; q++) {
        const size_t begin = q * n / queries, end = (q + 1) * n / queries;

        query[q] = (int32_t)(begin + wn_random_below(&random, end - begin));
    }
#pragma omp parallel for num_threads(graph->threads) schedule(static)
    for (size_t q = 0; q < queries; q++)
        find_distances(graph, (size_t)query[q], distance + q * m);
    for (size_t q = 0; q < queries; q++) {
        const float *row = distance + q * m;

        for (size_t e = WN_COPIES_MAX; e + 1 < m; e++)
            if (row[e] > 0) {
                sum += log((double)row[m - 1] / (double)row[e]);
                terms++;
            }
    }
    gap =
        sum > 0 ? fmin(WN_COPIES_STEPS, pow(WN_COPIES_CHANCE, sum / terms)) : 0;
    for (size_t q = 0; q < queries; q++)
        hits += before_gap(distance + q * m, m, gap) > 0;
    free(query);
    free(distance);
    return hits > 0 && (double)hits >= LEAST_HITS * (double)queries ? gap : 0;
}

/* The graph of the rows in steps, where jittered copies are likely;
 * lists->neighbor is NULL where they are not. */
static int list_in_steps(const struct wn_sample *rows, struct lists *lists,
                         struct wn_error *error)
{
    const size_t n = rows->n;
    struct wn_graph_facts facts;
    int status = 0;

    *lists = (struct lists){.m = DIMENSION_NEIGHBORS};
    if (rows->threads < 1 || n < 8 * DIMENSION_NEIGHBORS)
        return 0;
    float *steps = rows_in_steps(rows);
    if (!steps)
        return 0;
    const struct wn_graph graph = {.x = steps,
                                   .n = n,
                                   .d = rows->d,
                                   .m = lists->m,
                                   .metric = WN_EUCLIDEAN,
                                   .threads = rows->threads,
                                   .log = rows->log,
                                   .units = wn_units_inside(rows->units),
                                   .stage = "graph of steps"};
    lists->gap = find_gap(&graph, rows->seed);
    if (lists->gap > 0) {
        lists->neighbor =
            wn_spill_new(wn_product(n, lists->m, 1), sizeof *lists->neighbor);
        lists->distance =
            wn_spill_new(wn_product(n, lists->m, 1), sizeof *lists->distance);
        status = wn_graph_find(&graph, rows->probe, rows->seed, lists->neighbor,
                               lists->distance, &facts, error);
    }
    wn_spill_free(steps);
    return status;
}

/* Join near copies, but no set that holds more than half of the rows of a
 * class: those are a tight cluster, and the class has little else. */
static int join_near(const struct wn_sample *rows, size_t *parent,
                     size_t *copies, struct wn_error *error)
{
    const size_t n = rows->n;
    const struct lists scaled = {rows->m, WN_COPIES_GAP,
                                 (int32_t *)rows->neighbor,
                                 (float *)rows->distance};
    struct lists in_steps;
    int status = list_in_steps(rows, &in_steps, error);
    struct wn_arena own = {0};
    uint8_t *near = wn_arena_new(&own, 1, n, 1);
    uint8_t *refused = wn_arena_new(&own, 1, n, 1); /* by root */
    size_t *set = wn_arena_new(&own, sizeof *set, n, 1);
    int32_t *root = wn_arena_new(&own, sizeof *root, n, 1);
    int32_t *member = wn_arena_new(&own, sizeof *member, n, 1);
    size_t *begin = wn_arena_new(&own, sizeof *begin, n + 1, 1);
    size_t *of_class = wn_arena_new(&own, sizeof *of_class, rows->k, 1);
    size_t *inside = wn_arena_new(&own, sizeof *inside, rows->k, 1);

    for (size_t i = 0; i < n; i++) {
        set[i] = i;
        if (rows->label[i] >= 0)
            of_class[rows->label[i]]++;
    }
    join_lists(&scaled, n, set, near);
    if (status == 0 && in_steps.neighbor)
        join_lists(&in_steps, n, set, near);
    wn_spill_free(in_steps.neighbor);
    wn_spill_free(in_steps.distance);
    *copies = 0;
    /* The rows of each set, by its first row. */
    for (size_t i = 0; i < n; i++)
        root[i] = (int32_t)find_root(set, i);
    wn_order_by_bucket(root, n, n, begin, member);
    for (size_t r = 0; r < n; r++) {
        const size_t from = begin[r], end = begin[r + 1];

        for (size_t e = from; e < end; e++)
            if (rows->label[member[e]] >= 0)
                inside[rows->label[member[e]]]++;
        for (size_t e = from; e < end; e++) {
            const int32_t y = rows->label[member[e]];

            if (y >= 0 && 2 * inside[y] > of_class[y])
                refused[r] = 1;
        }
        for (size_t e = from; e < end; e++)
            if (rows->label[member[e]] >= 0)
                inside[rows->label[member[e]]] = 0;
    }
    for (size_t i = 0; i < n; i++)
        if (!refused[root[i]]) {
            join(parent, (size_t)root[i], i);
            *copies += near[i];
        }
    wn_arena_free(&own);
    return status;
}

size_t wn_groups_number(const int32_t *given, size_t groups, size_t n,
                        int32_t *group)
{
    int32_t *number = wn_new(groups, sizeof *number); /* from 1; 0: not seen */
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const int32_t g = given ? given[i] : -1;

        group[i] = g >= 0 && number[g] ? number[g] - 1 : (int32_t)count++;
        if (g >= 0)
            number[g] = group[i] + 1;
    }
    free(number);
    return count;
}

int wn_copies_merge(const struct wn_sample *rows, int32_t *group,
                    size_t *groups, struct wn_copies *found,
                    struct wn_error *error)
{
    int status = 0;
    const size_t n = rows->n, d = rows->d;
    struct wn_arena own = {0};
    size_t *parent = wn_arena_new(&own, sizeof *parent, n, 1);
    size_t *first = wn_arena_new(&own, sizeof *first, *groups, 1);
    struct wn_hashed_row *key = wn_arena_new(&own, sizeof *key, n, 1);
    float *row = wn_arena_new(&own, sizeof *row, d, 1);

    for (size_t i = 0; i < n; i++)
        parent[i] = i;
    for (size_t g = 0; g < *groups; g++)
        first[g] = n;
    for (size_t i = 0; i < n; i++) {
        const size_t g = (size_t)group[i];

        if (first[g] == n)
            first[g] = i;
        join(parent, first[g], i);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++)
            row[j] = rows->x[i * d + j] + 0.0f; /* -0 becomes 0 */
        key[i] =
            (struct wn_hashed_row){wn_hash_bits(row, d * sizeof *row), 0, i};
    }
    wn_order_by_hash(key, n);
    /* Rows of equal hash lie side by side; each joins the first row that equals
     * it. Different rows of one hash are rare, so comparing with all is
     * cheap. */
    found->exact = 0;
    for (size_t i = 1, start = 0; i < n; i++) {
        const float *here = rows->x + key[i].row * d;

        if (key[i].hash != key[start].hash)
            start = i;
        for (size_t e = start; e < i; e++) {
            const float *other = rows->x + key[e].row * d;
            size_t j = 0;

            while (j < d && here[j] == other[j])
                j++;
            if (j == d) {
                join(parent, key[e].row, key[i].row);
                found->exact++;
                break;
            }
        }
    }
    found->near = 0;
    if (rows->neighbor)
        status = join_near(rows, parent, &found->near, error);
    *groups = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t root = find_root(parent, i);

        group[i] = root == i ? (int32_t)(*groups)++ : group[root];
    }
    wn_arena_free(&own);
    return status;
}
