/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Consensus counts, and the transition matrix that explains them; see hoc.h. T
 * is the softmax of the rows of U and p that of u, so both stay distributions.
 * Threads take whole blocks of true classes. */
#include "noise/hoc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/memory.h"

/* Labels in their order, (a k + b) k + c, and their weight. */
struct wn_ordered {
    uint64_t key;
    double weight;
};

void wn_consensus_new(struct wn_consensus *consensus, size_t k)
{
    *consensus = (struct wn_consensus){.k = k, .c1 = wn_new(k, sizeof(double))};
}

void wn_consensus_free(struct wn_consensus *consensus)
{
    free(consensus->c1);
    free(consensus->pair);
    free(consensus->triple);
    free(consensus->added);
    *consensus = (struct wn_consensus){0};
}

void wn_consensus_add(struct wn_consensus *consensus, const size_t label[3],
                      double weight)
{
    const uint64_t k = consensus->k;

    wn_grow(&consensus->added, &consensus->capacity, consensus->count + 1,
            sizeof *consensus->added);
    consensus->added[consensus->count++] =
        (struct wn_ordered){(label[0] * k + label[1]) * k + label[2], weight};
}

void wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                        const int32_t *neighbor, size_t n, size_t m)
{
    for (size_t i = 0; i < n; i++) {
        size_t found[3] = {(size_t)label[i]}, count = 1;

        for (size_t s = 0; s < m && count < 3; s++) {
            const int32_t theirs = label[neighbor[i * m + s]];

            if (theirs >= 0)
                found[count++] = (size_t)theirs;
        }
        if (label[i] >= 0 && count == 3)
            wn_consensus_add(consensus, found, 1);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct wn_ordered *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

/* Sort by key and add up equal keys; returns how many are left. */
static size_t consensus_merge(struct wn_ordered *ordered, size_t count)
{
    size_t left = 0;

    qsort(ordered, count, sizeof *ordered, by_key);
    for (size_t t = 0; t < count; t++)
        if (left && ordered[left - 1].key == ordered[t].key)
            ordered[left - 1].weight += ordered[t].weight;
        else
            ordered[left++] = ordered[t];
    return left;
}

static double consensus_squares(const struct wn_ordered *ordered, size_t count)
{
    double sum = 0;

    for (size_t t = 0; t < count; t++)
        sum += ordered[t].weight * ordered[t].weight;
    return sum;
}

static void swap_if_above(uint64_t *a, uint64_t *b)
{
    const uint64_t x = *a;

    if (x > *b) {
        *a = *b;
        *b = x;
    }
}

/* Forget the order of the labels of each key and merge. Keys of pairs have no
 * first label, so it is 0 and sorts first. */
static struct wn_agreement *forget_order(struct wn_ordered *ordered,
                                         size_t *count, uint64_t k, bool pairs)
{
    for (size_t t = 0; t < *count; t++) {
        const uint64_t key = ordered[t].key;
        uint64_t a = key / k / k, b = key / k % k, c = key % k;

        swap_if_above(&a, &b);
        swap_if_above(&b, &c);
        swap_if_above(&a, &b);
        ordered[t].key = (a * k + b) * k + c;
    }
    *count = consensus_merge(ordered, *count);
    struct wn_agreement *out = wn_new(*count, sizeof *out);
    for (size_t t = 0; t < *count; t++) {
        const uint64_t key = ordered[t].key;
        const uint32_t a = (uint32_t)(key / k / k);
        const uint32_t b = (uint32_t)(key / k % k), c = (uint32_t)(key % k);
        const double weight = ordered[t].weight;

        out[t] = pairs ? (struct wn_agreement){b, c, 0, weight}
                       : (struct wn_agreement){a, b, c, weight};
    }
    return out;
}

void wn_consensus_finish(struct wn_consensus *consensus)
{
    const uint64_t k = consensus->k;
    struct wn_ordered *added = consensus->added;
    double total = 0;

    if (!added)
        return;
    consensus->triples = consensus_merge(added, consensus->count);
    struct wn_ordered *pair = wn_new(consensus->triples, sizeof *pair);
    for (size_t t = 0; t < consensus->triples; t++)
        total += added[t].weight;
    for (size_t t = 0; t < consensus->triples; t++) {
        added[t].weight /= total;
        pair[t] = (struct wn_ordered){added[t].key / k, added[t].weight};
        consensus->c1[added[t].key / k / k] += added[t].weight;
    }
    consensus->square3 = consensus_squares(added, consensus->triples);
    consensus->pairs = consensus_merge(pair, consensus->triples);
    consensus->square2 = consensus_squares(pair, consensus->pairs);
    consensus->pair = forget_order(pair, &consensus->pairs, k, true);
    free(pair);
    consensus->triple = forget_order(added, &consensus->triples, k, false);
    free(added);
    consensus->added = NULL;
}

enum { LANES = 32 }; /* true classes of a block */

/* Everything the steps need. Parameters are U (k x k), then u (k). */
struct fit {
    const struct wn_consensus *seen;
    size_t k, parameters, blocks, workspace;
    int threads;
    double *u, *first, *second; /* parameters, Adam's two moments */
    double *t, *p;              /* their softmax */
    double *d2, *d3;            /* k x k: gradients by T of half the squared
                                   differences of pairs and triples, over p */
    double *e1;                 /* k: difference of single rows, over norm */
    double *i2, *i3;            /* k: gradients by p, likewise */
    double *square2, *square3;  /* blocks: parts of the squared differences */
    double norm1, norm2, norm3;
    double *scratch; /* workspace a thread */
};

int wn_transition_check(const int32_t *label, size_t n, size_t k,
                        struct wn_error *error)
{
    size_t rows = 0;

    if (k > WN_HOC_CLASSES)
        return wn_fail(error, WN_EDATA,
                       "%zu classes are too many for a transition matrix, "
                       "wanted at most %d",
                       k, WN_HOC_CLASSES);
    for (size_t i = 0; i < n; i++)
        rows += label[i] >= 0;
    if (rows < k * k - 1)
        return wn_fail(error, WN_EDATA,
                       "%zu labelled rows are too few for a transition matrix "
                       "of %zu classes, wanted at least %zu",
                       rows, k, k * k - 1);
    return 0;
}

static void softmax(const double *u, double *out, size_t k)
{
    double top = u[0], sum = 0;

    for (size_t c = 1; c < k; c++)
        top = u[c] > top ? u[c] : top;
    for (size_t c = 0; c < k; c++)
        sum += out[c] = exp(u[c] - top);
    for (size_t c = 0; c < k; c++)
        out[c] /= sum;
}

/* The gradient by u from d, the one by p = softmax(u):
 * du_c = p_c (d_c - sum p d). */
static void softmax_backward(const double *p, double *d, size_t k)
{
    double mean = 0;

    for (size_t c = 0; c < k; c++)
        mean += p[c] * d[c];
    for (size_t c = 0; c < k; c++)
        d[c] = p[c] * (d[c] - mean);
}

/* The inner products of the triples with the model, sum_abc S_abc T_a T_b T_c,
 * by lane into inner; their gradient by T into g. Triples with the same first
 * and second label are summed together. t and g are k x LANES. */
static void multiply_triples(const struct wn_consensus *seen, const double *t,
                             double *g, double *inner)
{
    for (size_t s = 0; s < seen->triples;) {
        const struct wn_agreement *first = &seen->triple[s];
        const double *ta = t + first->a * LANES, *tb = t + first->b * LANES;
        double both[LANES], sum[LANES] = {0};

        for (size_t l = 0; l < LANES; l++)
            both[l] = ta[l] * tb[l];
        for (; s < seen->triples && seen->triple[s].a == first->a &&
               seen->triple[s].b == first->b;
             s++) {
            const double share = seen->triple[s].share;
            const double *tc = t + seen->triple[s].c * LANES;
            double *gc = g + seen->triple[s].c * LANES;

            for (size_t l = 0; l < LANES; l++) {
                sum[l] += share * tc[l];
                gc[l] += share * both[l];
            }
        }
        double *ga = g + first->a * LANES, *gb = g + first->b * LANES;
        for (size_t l = 0; l < LANES; l++) {
            inner[l] += both[l] * sum[l];
            ga[l] += tb[l] * sum[l];
        }
        for (size_t l = 0; l < LANES; l++)
            gb[l] += ta[l] * sum[l];
    }
}

/* Squared differences and gradients of the true classes of block b. */
static void hoc_block_gradient(struct fit *f, size_t b, double *scratch)
{
    const size_t k = f->k, tile = k * LANES, from = b * LANES;
    const size_t lanes = from + LANES > k ? k - from : LANES;
    /* Columns of T by given label, so that the lanes of a label are adjacent;
     * then what multiplies them. */
    double *t = scratch, *g2 = t + tile, *g3 = g2 + tile; /* k x LANES */
    double *gram = g3 + tile;        /* lanes x k: rows of G = T T' */
    double *weight = gram + tile;    /* 2 lanes x k: weights of the rows of T */
    double *sum = weight + 2 * tile; /* 2 lanes x k: the weighted sums */
    double inner2[LANES] = {0}, inner3[LANES] = {0};

    memset(scratch, 0, 3 * tile * sizeof *scratch);
    for (size_t l = 0; l < lanes; l++)
        for (size_t a = 0; a < k; a++)
            t[a * LANES + l] = f->t[(from + l) * k + a];
    /* The inner products of the pairs with the model, sum_ab S_ab T_a T_b, by
     * lane, and their gradient by T. */
    for (size_t s = 0; s < f->seen->pairs; s++) {
        const struct wn_agreement *pair = &f->seen->pair[s];
        const double *ta = t + pair->a * LANES, *tb = t + pair->b * LANES;
        double *ga = g2 + pair->a * LANES, *gb = g2 + pair->b * LANES;

        for (size_t l = 0; l < LANES; l++) {
            const double x = ta[l], y = tb[l];

            inner2[l] += pair->share * x * y;
            ga[l] += pair->share * y;
            gb[l] += pair->share * x;
        }
    }
    multiply_triples(f->seen, t, g3, inner3);
    wn_gemm_double(0, 1, lanes, k, k, f->t + from * k, k, f->t, k, gram, k);
    f->square2[b] = f->square3[b] = 0;
    for (size_t l = 0; l < lanes; l++) {
        const size_t i = from + l;
        const double *g = gram + l * k;
        double *w2 = weight + l * k, *w3 = weight + (lanes + l) * k;
        /* The model's own squares of a true class, sum_u p_u G^2 and G^3, and
         * the weights that give their gradients by T: 2 p_u G, 3 p_u G^2. */
        double own2 = 0, own3 = 0;

        for (size_t u = 0; u < k; u++) {
            const double once = f->p[u] * g[u], twice = once * g[u];

            own2 += twice;
            own3 += twice * g[u];
            w2[u] = 2 * once;
            w3[u] = 3 * twice;
        }
        f->square2[b] += f->p[i] * (own2 - 2 * inner2[l]);
        f->square3[b] += f->p[i] * (own3 - 2 * inner3[l]);
        f->i2[i] = own2 - inner2[l];
        f->i3[i] = own3 - inner3[l];
    }
    wn_gemm_double(0, 0, 2 * lanes, k, k, weight, k, f->t, k, sum, k);
    for (size_t l = 0; l < lanes; l++)
        for (size_t a = 0; a < k; a++) {
            const size_t at = (from + l) * k + a;

            f->d2[at] = sum[l * k + a] - g2[a * LANES + l];
            f->d3[at] = sum[(lanes + l) * k + a] - g3[a * LANES + l];
        }
}

static double norm_of(double square, const double *parts, size_t blocks)
{
    for (size_t b = 0; b < blocks; b++)
        square += parts[b];
    return sqrt(fmax(square, 0));
}

/* The loss at T and p, and its gradients for hoc_step(). */
static double hoc_loss(struct fit *f)
{
    double square = 0;

#pragma omp parallel for num_threads(f->threads) schedule(static)
    for (int w = 0; w < f->threads; w++)
        for (size_t b = (size_t)w; b < f->blocks; b += (size_t)f->threads)
            hoc_block_gradient(f, b, f->scratch + (size_t)w * f->workspace);
    /* The difference of single rows, divided by its norm. */
    memset(f->e1, 0, f->k * sizeof *f->e1);
    for (size_t i = 0; i < f->k; i++)
        for (size_t a = 0; a < f->k; a++)
            f->e1[a] += f->p[i] * f->t[i * f->k + a];
    for (size_t a = 0; a < f->k; a++) {
        f->e1[a] -= f->seen->c1[a];
        square += f->e1[a] * f->e1[a];
    }
    f->norm1 = sqrt(square);
    for (size_t a = 0; f->norm1 > 0 && a < f->k; a++)
        f->e1[a] /= f->norm1;
    f->norm2 = norm_of(f->seen->square2, f->square2, f->blocks);
    f->norm3 = norm_of(f->seen->square3, f->square3, f->blocks);
    return f->norm1 + f->norm2 + f->norm3;
}

/* Adam (Kingma and Ba 2015) over `count` parameters from `at` on. */
static void adam(struct fit *f, size_t at, const double *gradient, size_t count,
                 size_t number)
{
    const double rate = .1, b1 = .9, b2 = .999;
    const double c1 = 1 - pow(b1, (double)number);
    const double c2 = 1 - pow(b2, (double)number);

    for (size_t i = 0; i < count; i++) {
        const double g = gradient[i];
        double *first = &f->first[at + i], *second = &f->second[at + i];

        *first = b1 * *first + (1 - b1) * g;
        *second = b2 * *second + (1 - b2) * g * g;
        f->u[at + i] -= rate * (*first / c1) / (sqrt(*second / c2) + 1e-8);
    }
}

/* Update number `number`, from 1. The gradient of the loss by T_ia is
 * p_i (E1_a + D2_ia / norm2 + D3_ia / norm3); it is taken as 0 where a norm is,
 * at an exact fit. */
static void hoc_step(struct fit *f, size_t number)
{
    const size_t k = f->k;
    const double over2 = f->norm2 > 0 ? 1 / f->norm2 : 0;
    const double over3 = f->norm3 > 0 ? 1 / f->norm3 : 0;

#pragma omp parallel for num_threads(f->threads) schedule(static)
    for (size_t i = 0; i < k; i++) {
        double *t = f->t + i * k, *d = f->d2 + i * k;
        double by_p = f->i2[i] * over2 + f->i3[i] * over3;

        for (size_t a = 0; a < k; a++) {
            by_p += t[a] * f->e1[a];
            d[a] =
                f->p[i] * (f->e1[a] + d[a] * over2 + f->d3[i * k + a] * over3);
        }
        softmax_backward(t, d, k);
        adam(f, i * k, d, k, number);
        softmax(f->u + i * k, t, k);
        f->i2[i] = by_p;
    }
    softmax_backward(f->p, f->i2, k);
    adam(f, k * k, f->i2, k, number);
    softmax(f->u + k * k, f->p, k);
}

void wn_transition_free(struct wn_transition *transition)
{
    free(transition->t);
    free(transition->p);
    *transition = (struct wn_transition){0};
}

void wn_transition_fit(struct wn_transition *transition,
                       const struct wn_consensus *consensus, size_t updates,
                       int threads, double *trace, struct wn_log *log)
{
    const size_t k = consensus->k, blocks = (k + LANES - 1) / LANES;
    struct fit f = {.seen = consensus,
                    .k = k,
                    .parameters = k * k + k,
                    .blocks = blocks,
                    .workspace = 8 * k * LANES,
                    .threads =
                        (size_t)threads > blocks ? (int)blocks : threads};
    const size_t square = k * k;
    /* One allocation for what the steps need. */
    double *all = wn_new(3 * f.parameters + 3 * square + 4 * k + 2 * blocks +
                             (size_t)f.threads * f.workspace,
                         sizeof *all);

    f.u = all;
    f.first = f.u + f.parameters;
    f.second = f.first + f.parameters;
    f.t = f.second + f.parameters;
    f.d2 = f.t + square;
    f.d3 = f.d2 + square;
    f.p = f.d3 + square;
    f.e1 = f.p + k;
    f.i2 = f.e1 + k;
    f.i3 = f.i2 + k;
    f.square2 = f.i3 + k;
    f.square3 = f.square2 + blocks;
    f.scratch = f.square3 + blocks;

    *transition = (struct wn_transition){.k = k,
                                         .t = wn_new(k * k, sizeof(double)),
                                         .p = wn_new(k, sizeof(double)),
                                         .loss = INFINITY};
    for (size_t i = 0; i < k * k; i++)
        f.u[i] = i % (k + 1) == 0 ? 4 : -1;
    for (size_t i = 0; i < k; i++)
        f.u[k * k + i] = 1 / (double)k;
    for (size_t i = 0; i < k; i++)
        softmax(f.u + i * k, f.t + i * k, k);
    softmax(f.u + k * k, f.p, k);
    for (size_t number = 0; number <= updates; number++) {
        if (number > 0)
            hoc_step(&f, number);
        const double loss = hoc_loss(&f);
        wn_log_progress(log, "steps of the transition matrix", number, updates);
        if (trace)
            trace[number] = loss;
        if ((number > 5 || number == updates) && loss < transition->loss) {
            transition->loss = loss;
            memcpy(transition->t, f.t, k * k * sizeof *transition->t);
            memcpy(transition->p, f.p, k * sizeof *transition->p);
        }
    }
    free(all);
}

int wn_transition_estimate(struct wn_transition *transition,
                           const int32_t *label, const int32_t *neighbor,
                           size_t n, size_t k, size_t m, int threads,
                           double *share, struct wn_log *log,
                           struct wn_error *error)
{
    struct wn_consensus seen;

    *transition = (struct wn_transition){0};
    if (wn_transition_check(label, n, k, error))
        return -1;
    wn_consensus_new(&seen, k);
    wn_consensus_count(&seen, label, neighbor, n, m);
    wn_consensus_finish(&seen);
    wn_transition_fit(transition, &seen, WN_HOC_UPDATES, threads, NULL, log);
    if (share)
        memcpy(share, seen.c1, k * sizeof *share);
    wn_consensus_free(&seen);
    return 0;
}
