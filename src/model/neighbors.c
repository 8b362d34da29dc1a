/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact nearest neighbours: candidates from SGEMM, winners in double.
 *
 * The squared distance of two rows is D = |a|^2 + |b|^2 - 2 a.b. Float
 * products give it only up to a rounding error, which is bounded: with
 * u = 2^-24 a float dot product of length p is off by at most about
 * p u |a| |b| <= p u (|a|^2 + |b|^2) / 2 in whatever order it is summed, and
 * the rounding of the (centred) rows, of the squares and of the last
 * additions adds less than 16 u (|a|^2 + |b|^2). So with c = 1.1 (p + 16) u
 *
 *     low  = (1 - c) (|a|^2 + |b|^2) - 2 a.b   <=  true D  <=
 *     high = low + 2 c (|a|^2 + |b|^2)
 *
 * and a pair whose `low` is above the m-th smallest `high` of a row cannot be
 * among its m nearest. Everything else is kept and decided by the distance
 * computed in double from the rows themselves, so neither the kernels of the
 * BLAS nor the order of the work can change the answer.
 *
 * Pairs of row blocks are multiplied once and serve both sides. Rows are
 * centred (and scaled by a power of two) first where that makes the bound
 * tighter; cosine works on rows of length 1, where D = 2 (1 - cosine). */
#include "model/neighbors.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/linear.h"
#include "util/memory.h"

/* Above what underflow can take from a sum of 65,535 products. */
#define TINY 0x1p-120f

enum {
    BLOCK = 512, /* rows of a tile */
    CHUNK = 64   /* columns looked at together */
};

struct candidate {
    float high; /* bound on the squared distance from above */
    int32_t row;
};

/* One row's candidates. */
struct pool {
    struct candidate *entries;
    size_t count;
    float limit;     /* a `low` above it cannot win */
    int32_t ceiling; /* nor can a row above it: m lower ones are at 0 */
};

struct search {
    const float *x; /* as given */
    size_t n, d, m;
    enum wn_metric metric;

    const float *y; /* n x p: centred, scaled or of length 1 */
    size_t p;
    float *owned;   /* y where it is a copy */
    double *inverse; /* cosine: 1/|x|, 0 for norm 0 */
    float *square;   /* |y|^2 */
    float *bias;     /* (1 - c) |y|^2 */
    double slack;   /* c above */

    size_t room; /* candidates a row holds */
    struct candidate *entries;
    struct pool *pools;
    omp_lock_t *locks; /* one a block */
    bool locked;
    size_t blocks;
};

static double row_square(const float *row, size_t d)
{
    double sum = 0;

    for (size_t j = 0; j < d; j++)
        sum += (double)row[j] * row[j];
    return sum;
}

/* Whether two rows are equal number by number. */
static bool row_equal(const float *a, const float *b, size_t d)
{
    for (size_t j = 0; j < d; j++)
        if (a[j] != b[j])
            return false;
    return true;
}

static double euclidean(const float *a, const float *b, size_t d)
{
    double sum[4] = {0};
    size_t j = 0;

    for (; j + 4 <= d; j += 4)
        for (size_t s = 0; s < 4; s++) {
            const double gap = (double)a[j + s] - b[j + s];
            sum[s] += gap * gap;
        }
    for (; j < d; j++) {
        const double gap = (double)a[j] - b[j];
        sum[0] += gap * gap;
    }
    return sqrt((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* 1 - cosine as half the squared distance of the two directions: exact where
 * it is small. */
static double cosine(const float *a, double inverse_a, const float *b,
                     double inverse_b, size_t d)
{
    double sum[4] = {0};
    size_t j = 0;

    if (inverse_a == 0 || inverse_b == 0)
        return inverse_a == inverse_b ? 0 : 1;
    for (; j + 4 <= d; j += 4)
        for (size_t s = 0; s < 4; s++) {
            const double gap =
                a[j + s] * inverse_a - b[j + s] * inverse_b;
            sum[s] += gap * gap;
        }
    for (; j < d; j++) {
        const double gap = a[j] * inverse_a - b[j] * inverse_b;
        sum[0] += gap * gap;
    }
    const double half = 0.5 * ((sum[0] + sum[1]) + (sum[2] + sum[3]));
    return half < 2 ? half : 2;
}

static float distance_of(const struct search *s, size_t i, size_t j)
{
    const float *a = s->x + i * s->d, *b = s->x + j * s->d;

    if (s->metric == WN_EUCLIDEAN)
        return (float)euclidean(a, b, s->d);
    if (row_equal(a, b, s->d))
        return 0;
    return (float)cosine(a, s->inverse[i], b, s->inverse[j], s->d);
}

/* Some centre of the rows, from a few thousand of them; whether leaving the
 * rows as they are would loosen the bound. */
static bool find_centre(const struct search *s, double *centre)
{
    const size_t step = 1 + s->n / 4096;
    double total = 0, away = 0, count = 0;

    for (size_t i = 0; i < s->n; i += step, count++)
        for (size_t j = 0; j < s->d; j++) {
            const double value = s->x[i * s->d + j];

            centre[j] += value;
            total += value * value;
        }
    for (size_t j = 0; j < s->d; j++) {
        centre[j] /= count;
        away += centre[j] * centre[j];
    }
    return away > total / count - away;
}

/* The largest magnitude of x - centre. */
static double find_largest(const struct search *s, const double *centre,
                           int threads)
{
    double largest = 0;

#pragma omp parallel for num_threads(threads) reduction(max : largest)
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->d; j++) {
            const double size = fabs(s->x[i * s->d + j] - centre[j]);

            largest = size > largest ? size : largest;
        }
    return largest;
}

static int prepare_euclidean(struct search *s, int threads,
                             struct wn_error *error)
{
    double *centre = wn_new(s->d, sizeof *centre, error);
    int status = -1;

    if (!centre)
        return -1;
    s->p = s->d;
    const bool move = find_centre(s, centre);
    if (!move)
        memset(centre, 0, s->d * sizeof *centre);
    const double largest = find_largest(s, centre, threads);
    s->y = s->x;
    status = 0;
    if (!move && largest < 1e9 && largest > 1e-9)
        goto done;
    s->y = s->owned = wn_new(wn_product(s->n, s->d, 1), sizeof *s->owned,
                             error);
    status = s->owned ? 0 : -1;
    if (status)
        goto done;
    const double scale = largest > 0 ? ldexp(1, -ilogb(largest)) : 1;
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->d; j++)
            s->owned[i * s->d + j] =
                (float)((s->x[i * s->d + j] - centre[j]) * scale);
done:
    free(centre);
    return status;
}

/* Directions; a row of norm 0 points along an axis of its own, so that it is
 * at right angles to all others and at 0 from its like. */
static int prepare_cosine(struct search *s, int threads,
                          struct wn_error *error)
{
    s->p = s->d + 1;
    s->inverse = wn_new(s->n, sizeof *s->inverse, error);
    s->y = s->owned =
        wn_new(wn_product(s->n, s->p, 1), sizeof *s->owned, error);
    if (!s->inverse || !s->owned)
        return -1;
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < s->n; i++) {
        const float *row = s->x + i * s->d;
        const double norm = sqrt(row_square(row, s->d));
        float *out = s->owned + i * s->p;

        s->inverse[i] = norm > 0 ? 1 / norm : 0;
        for (size_t j = 0; j < s->d; j++)
            out[j] = (float)(row[j] * s->inverse[i]);
        out[s->d] = norm > 0 ? 0 : 1;
    }
    return 0;
}

static int prepare(struct search *s, int threads, struct wn_error *error)
{
    s->blocks = (s->n + BLOCK - 1) / BLOCK;
    s->room = 4 * s->m + 32;
    if (s->room > s->n)
        s->room = s->n;
    if (s->metric == WN_COSINE ? prepare_cosine(s, threads, error)
                               : prepare_euclidean(s, threads, error))
        return -1;
    s->square = wn_new(s->n, sizeof *s->square, error);
    s->bias = wn_new(s->n, sizeof *s->bias, error);
    s->pools = wn_new(s->n, sizeof *s->pools, error);
    s->entries =
        wn_new(wn_product(s->n, s->room, 1), sizeof *s->entries, error);
    s->locks = wn_new(s->blocks, sizeof *s->locks, error);
    if (!s->square || !s->bias || !s->pools || !s->entries || !s->locks)
        return -1;
    s->slack = 1.1 * ((double)s->p + 16) * 0x1p-24;
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < s->n; i++) {
        const double square = row_square(s->y + i * s->p, s->p);

        s->square[i] = (float)square;
        s->bias[i] = (float)(square * (1 - s->slack));
        s->pools[i].entries = s->entries + i * s->room;
        s->pools[i].limit = INFINITY;
        s->pools[i].ceiling = INT32_MAX;
    }
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
    free(s->entries);
    free(s->pools);
    free(s->bias);
    free(s->square);
    free(s->inverse);
    free(s->owned);
}

/* Put the `count` smallest by `high` first (Hoare's selection). */
static void select_smallest(struct candidate *entries, size_t length,
                            size_t count)
{
    size_t begin = 0, end = length;

    while (end - begin > 1) {
        const float pivot = entries[begin + (end - begin - 1) / 2].high;
        size_t low = begin, high = end - 1;

        /* Ends with begin <= high < end - 1: both sides get some. */
        for (;;) {
            while (entries[low].high < pivot)
                low++;
            while (entries[high].high > pivot)
                high--;
            if (low >= high)
                break;
            const struct candidate swap = entries[low];
            entries[low++] = entries[high];
            entries[high--] = swap;
        }
        const size_t split = high + 1;
        if (count < split)
            end = split;
        else if (count > split)
            begin = split;
        else
            return;
    }
}

struct winner {
    float distance;
    int32_t row;
};

static int compare_winners(const void *left, const void *right)
{
    const struct winner *a = left, *b = right;

    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* What the bound from below is for an entry of row i's pool. */
static double low_of(const struct search *s, size_t i,
                     const struct candidate *entry)
{
    const double squares = (double)s->square[i] + s->square[entry->row];

    return entry->high - 2.01 * s->slack * squares;
}

/* Decide between all candidates of row i by their distances: the winners in
 * order, `count` of them. */
static size_t decide(const struct search *s, size_t i,
                     struct winner *winners)
{
    const struct pool *pool = &s->pools[i];

    for (size_t e = 0; e < pool->count; e++) {
        winners[e].row = pool->entries[e].row;
        winners[e].distance =
            distance_of(s, i, (size_t)pool->entries[e].row);
    }
    qsort(winners, pool->count, sizeof *winners, compare_winners);
    return pool->count < s->m ? pool->count : s->m;
}

/* After tightening: drop every candidate that cannot win. */
static void drop_losers(const struct search *s, size_t i)
{
    struct pool *pool = &s->pools[i];
    size_t kept = 0;

    if (pool->count <= s->m)
        return;
    select_smallest(pool->entries, pool->count, s->m);
    float limit = 0;
    for (size_t e = 0; e < s->m; e++)
        limit = fmaxf(limit, pool->entries[e].high);
    /* Distances that round to the same float are ties. */
    limit = limit * (1 + 0x1p-20f) + TINY;
    if (limit < pool->limit)
        pool->limit = limit;
    for (size_t e = 0; e < pool->count; e++)
        if (low_of(s, i, &pool->entries[e]) <= pool->limit)
            pool->entries[kept++] = pool->entries[e];
    pool->count = kept;
}

/* Keep the m winners only, with the bounds they had. */
static void keep_winners(const struct search *s, size_t i,
                         struct winner *winners)
{
    struct pool *pool = &s->pools[i];

    decide(s, i, winners);
    for (size_t w = 0; w < s->m; w++) {
        size_t e = w;

        while (pool->entries[e].row != winners[w].row)
            e++;
        const struct candidate found = pool->entries[e];
        pool->entries[e] = pool->entries[w];
        pool->entries[w] = found;
    }
    pool->count = s->m;
    if (winners[s->m - 1].distance == 0)
        pool->ceiling = winners[s->m - 1].row;
}

/* Row j may be among the nearest of row i. */
static void offer(const struct search *s, size_t i, size_t j, float low,
                  struct winner *scratch)
{
    struct pool *pool = &s->pools[i];

    if (low > pool->limit || (int32_t)j > pool->ceiling)
        return;
    const double squares = (double)s->square[i] + s->square[j];
    pool->entries[pool->count++] = (struct candidate){
        (float)(low + 2 * s->slack * squares), (int32_t)j};
    if (pool->count < s->room)
        return;
    drop_losers(s, i);
    /* Ties keep it full: let the distances decide. */
    if (pool->count > s->room / 2 + s->m / 2)
        keep_winners(s, i, scratch);
}

struct hit {
    int32_t row, column; /* within the tile */
    float low;
};

/* What a thread works with. */
struct bench {
    float *dots;      /* BLOCK x BLOCK, -2 a.b */
    struct hit *hits; /* up to BLOCK x BLOCK */
    struct winner *scratch;
    float bias[BLOCK], row_limit[BLOCK], column_limit[BLOCK];
};

static struct bench *bench_new(const struct search *s, struct wn_error *error)
{
    struct bench *bench = wn_new(1, sizeof *bench, error);

    if (!bench)
        return NULL;
    bench->dots = wn_new(BLOCK * BLOCK, sizeof *bench->dots, error);
    bench->hits = wn_new(BLOCK * BLOCK, sizeof *bench->hits, error);
    bench->scratch = wn_new(s->room, sizeof *bench->scratch, error);
    return bench;
}

static void bench_free(struct bench *bench)
{
    if (!bench)
        return;
    free(bench->dots);
    free(bench->hits);
    free(bench->scratch);
    free(bench);
}

/* Whether any of CHUNK pairs may be near for either side. */
static bool chunk_has_hit(const float *dots, const float *bias,
                          const float *limit, float row_bias,
                          float row_limit)
{
    int any = 0;

    for (int c = 0; c < CHUNK; c++) {
        const float low = (row_bias + bias[c]) + dots[c];
        const float most = limit[c] > row_limit ? limit[c] : row_limit;

        any |= low <= most;
    }
    return any;
}

/* The pairs of the tile that may be near: into bench->hits. */
static size_t find_hits(const struct search *s, struct bench *bench,
                        size_t first, size_t rows, size_t columns,
                        bool diagonal)
{
    size_t count = 0;

    for (size_t i = 0; i < rows; i++) {
        const float row_bias = s->bias[first + i];
        const float row_limit = bench->row_limit[i];
        const float *dots = bench->dots + i * BLOCK;

        for (size_t c = 0; c < columns; c += CHUNK) {
            if (!chunk_has_hit(dots + c, bench->bias + c,
                               bench->column_limit + c, row_bias, row_limit))
                continue;
            for (size_t j = c; j < c + CHUNK && j < columns; j++) {
                const float low = (row_bias + bench->bias[j]) + dots[j];

                if ((low <= row_limit || low <= bench->column_limit[j]) &&
                    !(diagonal && i == j))
                    bench->hits[count++] =
                        (struct hit){(int32_t)i, (int32_t)j, low};
            }
        }
    }
    return count;
}

static void copy_limits(const struct search *s, size_t block, float *limit)
{
    const size_t begin = block * BLOCK;

    omp_set_lock(&s->locks[block]);
    for (size_t i = 0; i < BLOCK; i++)
        limit[i] = begin + i < s->n ? s->pools[begin + i].limit : -INFINITY;
    omp_unset_lock(&s->locks[block]);
}

static void do_tile(const struct search *s, size_t a, size_t b,
                    struct bench *bench)
{
    const size_t first = a * BLOCK, second = b * BLOCK;
    const size_t rows = s->n - first < BLOCK ? s->n - first : BLOCK;
    const size_t columns = s->n - second < BLOCK ? s->n - second : BLOCK;

    wn_gemm(0, 1, rows, columns, s->p, -2, s->y + first * s->p, s->p,
            s->y + second * s->p, s->p, 0, bench->dots, BLOCK);
    copy_limits(s, a, bench->row_limit);
    copy_limits(s, b, bench->column_limit);
    for (size_t j = 0; j < BLOCK; j++) {
        bench->bias[j] = j < columns ? s->bias[second + j] : INFINITY;
        if (a == b) /* each pair comes twice: once for either side */
            bench->column_limit[j] = -INFINITY;
    }
    const size_t count =
        find_hits(s, bench, first, rows, columns, a == b);
    omp_set_lock(&s->locks[a]);
    for (size_t h = 0; h < count; h++)
        offer(s, first + (size_t)bench->hits[h].row,
              second + (size_t)bench->hits[h].column, bench->hits[h].low,
              bench->scratch);
    omp_unset_lock(&s->locks[a]);
    if (a == b)
        return;
    omp_set_lock(&s->locks[b]);
    for (size_t h = 0; h < count; h++)
        offer(s, second + (size_t)bench->hits[h].column,
              first + (size_t)bench->hits[h].row, bench->hits[h].low,
              bench->scratch);
    omp_unset_lock(&s->locks[b]);
}

/* The winners of a block of rows, into the output. */
static void finish_block(const struct search *s, size_t block,
                         struct bench *bench, int32_t *index, float *distance)
{
    for (size_t i = block * BLOCK; i < s->n && i < (block + 1) * BLOCK; i++) {
        drop_losers(s, i);
        decide(s, i, bench->scratch);
        for (size_t w = 0; w < s->m; w++) {
            index[i * s->m + w] = bench->scratch[w].row;
            distance[i * s->m + w] = bench->scratch[w].distance;
        }
    }
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

int wn_neighbors(const float *x, size_t n, size_t d, size_t m,
                 enum wn_metric metric, int threads, struct wn_talk *talk,
                 int32_t *index, float *distance, struct wn_error *error)
{
    struct search s = {.x = x, .n = n, .d = d, .m = m, .metric = metric};
    struct bench **benches = NULL;
    int status = -1;

    if (m < 1 || m >= n || n > INT32_MAX)
        return wn_fail(error, WN_EUSAGE,
                       "%zu neighbours of %zu rows: wanted 1 to %zu", m, n,
                       n - 1);
    benches = wn_new((size_t)threads, sizeof *benches, error);
    if (!benches || prepare(&s, threads, error))
        goto done;
    for (int t = 0; t < threads; t++) {
        benches[t] = bench_new(&s, error);
        if (!benches[t] || !benches[t]->dots || !benches[t]->hits ||
            !benches[t]->scratch)
            goto done;
    }
    search_tiles(&s, benches, threads, talk, index, distance);
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
    const double room = 4 * (double)m + 32;

    return 4 * (double)n * (double)(d + 1) +
           (double)n * (sizeof(struct candidate) * fmin(room, (double)n) +
                        sizeof(struct pool) + 16);
}
