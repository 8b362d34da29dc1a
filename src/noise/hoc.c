/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transition matrix from consensus counts; see hoc.h. T is the softmax of
 * the rows of U and p that of u, so that both stay distributions. Threads take
 * whole blocks of true classes. */
#include "noise/hoc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/memory.h"

enum { LANES = 32 }; /* true classes of a block */

/* Everything the steps need. Parameters are U (k x k), then u (k). */
struct fit {
    const struct wn_consensus *seen;
    size_t k, parameters, blocks, desk;
    int threads;
    double *u, *first, *second; /* parameters, Adam's two moments */
    double *t, *p;              /* their softmax */
    double *d2, *d3;            /* k x k: gradients by T of half the squared
                                   differences of pairs and triples, over p */
    double *e1;                 /* k: difference of single rows, over norm */
    double *i2, *i3;            /* k: gradients by p, likewise */
    double *square2, *square3;  /* blocks: parts of the squared differences */
    double norm1, norm2, norm3;
    double *room; /* desk a thread */
};

int wn_transition_told(const int32_t *label, size_t n, size_t k,
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

/* Through the softmax: du_c = p_c (d_c - sum p d). */
static void through_softmax(const double *p, double *d, size_t k)
{
    double mean = 0;

    for (size_t c = 0; c < k; c++)
        mean += p[c] * d[c];
    for (size_t c = 0; c < k; c++)
        d[c] = p[c] * (d[c] - mean);
}

/* The true classes of a block, and what a thread works with: columns of T by
 * given label, so that one label's lanes stand together. */
struct block {
    size_t from, lanes;
    double *t, *g2, *g3; /* k x LANES */
    double *g;           /* LANES x k: rows of T T' */
    double *w, *wt;      /* 2 LANES x k: weights of the rows of T; their sum */
};

static struct block open_block(const struct fit *f, size_t b, double *room)
{
    const size_t k = f->k, tile = k * LANES;
    struct block block = {b * LANES,       LANES,           room,
                          room + tile,     room + 2 * tile, room + 3 * tile,
                          room + 4 * tile, room + 6 * tile};

    if (block.from + LANES > k)
        block.lanes = k - block.from;
    memset(room, 0, 3 * tile * sizeof *room);
    for (size_t l = 0; l < block.lanes; l++)
        for (size_t a = 0; a < k; a++)
            block.t[a * LANES + l] = f->t[(block.from + l) * k + a];
    return block;
}

/* What the counts of pairs share with the model: sum_ab S_ab T_a T_b by lane
 * into inner, its gradient by T into g2. */
static void share_pairs(const struct wn_consensus *seen, struct block *block,
                        double *inner)
{
    for (size_t s = 0; s < seen->pairs; s++) {
        const struct wn_agreement *pair = &seen->pair[s];
        const double *ta = block->t + pair->a * LANES;
        const double *tb = block->t + pair->b * LANES;
        double *ga = block->g2 + pair->a * LANES;
        double *gb = block->g2 + pair->b * LANES;

        for (size_t l = 0; l < LANES; l++) {
            const double x = ta[l], y = tb[l];

            inner[l] += pair->share * x * y;
            ga[l] += pair->share * y;
            gb[l] += pair->share * x;
        }
    }
}

/* The same of the triples, those of one first and second label together. */
static void share_triples(const struct wn_consensus *seen, struct block *block,
                          double *inner)
{
    for (size_t s = 0; s < seen->triples;) {
        const struct wn_agreement *first = &seen->triple[s];
        const double *ta = block->t + first->a * LANES;
        const double *tb = block->t + first->b * LANES;
        double both[LANES], sum[LANES] = {0};

        for (size_t l = 0; l < LANES; l++)
            both[l] = ta[l] * tb[l];
        for (; s < seen->triples && seen->triple[s].a == first->a &&
               seen->triple[s].b == first->b;
             s++) {
            const double share = seen->triple[s].share;
            const double *tc = block->t + seen->triple[s].c * LANES;
            double *gc = block->g3 + seen->triple[s].c * LANES;

            for (size_t l = 0; l < LANES; l++) {
                sum[l] += share * tc[l];
                gc[l] += share * both[l];
            }
        }
        double *ga = block->g3 + first->a * LANES;
        double *gb = block->g3 + first->b * LANES;
        for (size_t l = 0; l < LANES; l++) {
            inner[l] += both[l] * sum[l];
            ga[l] += tb[l] * sum[l];
        }
        for (size_t l = 0; l < LANES; l++)
            gb[l] += ta[l] * sum[l];
    }
}

/* The model's own squares of a true class, sum_u p_u G^2 and G^3, and the
 * weights that bring the gradient out of T: 2 p_u G_tu, 3 p_u G_tu^2. */
static void square_lane(const struct fit *f, struct block *block, size_t l,
                        double *own2, double *own3)
{
    const double *g = block->g + l * f->k;
    double *w2 = block->w + l * f->k;
    double *w3 = block->w + (block->lanes + l) * f->k;

    *own2 = *own3 = 0;
    for (size_t u = 0; u < f->k; u++) {
        const double once = f->p[u] * g[u], twice = once * g[u];

        *own2 += twice;
        *own3 += twice * g[u];
        w2[u] = 2 * once;
        w3[u] = 3 * twice;
    }
}

/* Squared differences and gradients of the true classes of block b. */
static void hoc_look_at_block(struct fit *f, size_t b, double *room)
{
    const size_t k = f->k;
    struct block block = open_block(f, b, room);
    double inner2[LANES] = {0}, inner3[LANES] = {0};

    share_pairs(f->seen, &block, inner2);
    share_triples(f->seen, &block, inner3);
    wn_gemm_double(0, 1, block.lanes, k, k, f->t + block.from * k, k, f->t, k,
                   block.g, k);
    f->square2[b] = f->square3[b] = 0;
    for (size_t l = 0; l < block.lanes; l++) {
        const size_t i = block.from + l;
        double own2, own3;

        square_lane(f, &block, l, &own2, &own3);
        f->square2[b] += f->p[i] * (own2 - 2 * inner2[l]);
        f->square3[b] += f->p[i] * (own3 - 2 * inner3[l]);
        f->i2[i] = own2 - inner2[l];
        f->i3[i] = own3 - inner3[l];
    }
    wn_gemm_double(0, 0, 2 * block.lanes, k, k, block.w, k, f->t, k, block.wt,
                   k);
    for (size_t l = 0; l < block.lanes; l++)
        for (size_t a = 0; a < k; a++) {
            const size_t at = (block.from + l) * k + a;

            f->d2[at] = block.wt[l * k + a] - block.g2[a * LANES + l];
            f->d3[at] =
                block.wt[(block.lanes + l) * k + a] - block.g3[a * LANES + l];
        }
}

/* The difference of single rows over its norm, which comes back. */
static double hoc_look_at_rows(struct fit *f)
{
    double square = 0;

    memset(f->e1, 0, f->k * sizeof *f->e1);
    for (size_t i = 0; i < f->k; i++)
        for (size_t a = 0; a < f->k; a++)
            f->e1[a] += f->p[i] * f->t[i * f->k + a];
    for (size_t a = 0; a < f->k; a++) {
        f->e1[a] -= f->seen->c1[a];
        square += f->e1[a] * f->e1[a];
    }
    const double norm = sqrt(square);
    for (size_t a = 0; norm > 0 && a < f->k; a++)
        f->e1[a] /= norm;
    return norm;
}

static double norm_of(double square, const double *parts, size_t blocks)
{
    for (size_t b = 0; b < blocks; b++)
        square += parts[b];
    return sqrt(fmax(square, 0));
}

/* The loss at T and p; its gradients lie ready for hoc_step(). */
static double hoc_look(struct fit *f)
{
#pragma omp parallel for num_threads(f->threads) schedule(static)
    for (int w = 0; w < f->threads; w++)
        for (size_t b = (size_t)w; b < f->blocks; b += (size_t)f->threads)
            hoc_look_at_block(f, b, f->room + (size_t)w * f->desk);
    f->norm1 = hoc_look_at_rows(f);
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

/* At an exact fit the gradient is taken as 0. */
static double over(double norm)
{
    return norm > 0 ? 1 / norm : 0;
}

/* Move row i of U, and its T with it; the gradient of the loss by p_i comes
 * back. By T_ia it is p_i (E1_a + D2_ia / norm2 + D3_ia / norm3). */
static double step_row(struct fit *f, size_t i, size_t number)
{
    const size_t k = f->k;
    const double over2 = over(f->norm2), over3 = over(f->norm3);
    double *t = f->t + i * k, *d = f->d2 + i * k;
    double by_p = f->i2[i] * over2 + f->i3[i] * over3;

    for (size_t a = 0; a < k; a++) {
        by_p += t[a] * f->e1[a];
        d[a] = f->p[i] * (f->e1[a] + d[a] * over2 + f->d3[i * k + a] * over3);
    }
    through_softmax(t, d, k);
    adam(f, i * k, d, k, number);
    softmax(f->u + i * k, t, k);
    return by_p;
}

/* Update number `number`, from 1. */
static void hoc_step(struct fit *f, size_t number)
{
#pragma omp parallel for num_threads(f->threads) schedule(static)
    for (size_t i = 0; i < f->k; i++)
        f->i2[i] = step_row(f, i, number);
    through_softmax(f->p, f->i2, f->k);
    adam(f, f->k * f->k, f->i2, f->k, number);
    softmax(f->u + f->k * f->k, f->p, f->k);
}

static void hoc_start(struct fit *f)
{
    const size_t k = f->k;

    for (size_t i = 0; i < k * k; i++)
        f->u[i] = i % (k + 1) == 0 ? 4 : -1;
    for (size_t i = 0; i < k; i++)
        f->u[k * k + i] = 1 / (double)k;
    for (size_t i = 0; i < k; i++)
        softmax(f->u + i * k, f->t + i * k, k);
    softmax(f->u + k * k, f->p, k);
}

static void hoc_run(struct fit *f, size_t updates, double *trace,
                    struct wn_log *talk, struct wn_transition *best)
{
    hoc_start(f);
    best->loss = INFINITY;
    for (size_t number = 0; number <= updates; number++) {
        if (number > 0)
            hoc_step(f, number);
        const double now = hoc_look(f);
        wn_log_progress(talk, "steps of the transition matrix", number,
                        updates);
        if (trace)
            trace[number] = now;
        if ((number > 5 || number == updates) && now < best->loss) {
            best->loss = now;
            memcpy(best->t, f->t, f->k * f->k * sizeof *best->t);
            memcpy(best->p, f->p, f->k * sizeof *best->p);
        }
    }
}

void wn_transition_free(struct wn_transition *transition)
{
    free(transition->t);
    free(transition->p);
    *transition = (struct wn_transition){0};
}

/* Cut one allocation into what the steps need. */
static double *hoc_make_room(struct fit *f)
{
    const size_t k = f->k, square = k * k;
    double *room = wn_new(3 * f->parameters + 3 * square + 4 * k +
                              2 * f->blocks + (size_t)f->threads * f->desk,
                          sizeof *room);

    f->u = room;
    f->first = f->u + f->parameters;
    f->second = f->first + f->parameters;
    f->t = f->second + f->parameters;
    f->d2 = f->t + square;
    f->d3 = f->d2 + square;
    f->p = f->d3 + square;
    f->e1 = f->p + k;
    f->i2 = f->e1 + k;
    f->i3 = f->i2 + k;
    f->square2 = f->i3 + k;
    f->square3 = f->square2 + f->blocks;
    f->room = f->square3 + f->blocks;
    return room;
}

int wn_transition_fit(struct wn_transition *transition,
                      const struct wn_consensus *consensus, size_t updates,
                      int threads, double *trace, struct wn_log *talk)
{
    const size_t k = consensus->k;
    struct fit f = {.seen = consensus,
                    .k = k,
                    .parameters = k * k + k,
                    .blocks = (k + LANES - 1) / LANES,
                    .desk = 8 * k * LANES,
                    .threads = threads};

    if ((size_t)f.threads > f.blocks)
        f.threads = (int)f.blocks;
    *transition = (struct wn_transition){.k = k};
    transition->t = wn_new(k * k, sizeof *transition->t);
    transition->p = wn_new(k, sizeof *transition->p);
    double *room = hoc_make_room(&f);
    if (!transition->t || !transition->p || !room) {
        free(room);
        wn_transition_free(transition);
        return -1;
    }
    hoc_run(&f, updates, trace, talk, transition);
    free(room);
    return 0;
}
