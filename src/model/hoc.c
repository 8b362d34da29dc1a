/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transition matrix from consensus counts; see hoc.h. T is the softmax of
 * the rows of U and p that of u, so that both stay distributions. */
#include "model/hoc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

int wn_consensus_new(struct wn_consensus *consensus, size_t k,
                     struct wn_error *error)
{
    consensus->k = k;
    consensus->c1 = wn_new(k, sizeof *consensus->c1, error);
    consensus->c2 = wn_new(wn_product(k, k, 1), sizeof *consensus->c2, error);
    consensus->c3 = wn_new(wn_product(k, k, k), sizeof *consensus->c3, error);
    if (consensus->c1 && consensus->c2 && consensus->c3)
        return 0;
    wn_consensus_free(consensus);
    return -1;
}

void wn_consensus_free(struct wn_consensus *consensus)
{
    free(consensus->c1);
    free(consensus->c2);
    free(consensus->c3);
    *consensus = (struct wn_consensus){0};
}

/* The labels of row i and its first two neighbours that have one; whether
 * there are three. */
static int triple(const int32_t *label, const int32_t *neighbor, size_t m,
                  size_t i, size_t found[3])
{
    size_t count = 1;

    if (label[i] < 0)
        return 0;
    found[0] = (size_t)label[i];
    for (size_t s = 0; s < m && count < 3; s++) {
        const int32_t theirs = label[neighbor[i * m + s]];

        if (theirs >= 0)
            found[count++] = (size_t)theirs;
    }
    return count == 3;
}

void wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                        const int32_t *neighbor, size_t n, size_t m)
{
    const size_t k = consensus->k;
    size_t rows = 0, l[3];

    for (size_t i = 0; i < n; i++) {
        if (!triple(label, neighbor, m, i, l))
            continue;
        rows++;
        consensus->c1[l[0]]++;
        consensus->c2[l[0] * k + l[1]]++;
        consensus->c3[(l[0] * k + l[1]) * k + l[2]]++;
    }
    for (size_t a = 0; rows && a < k; a++)
        consensus->c1[a] /= (double)rows;
    for (size_t ab = 0; rows && ab < k * k; ab++)
        consensus->c2[ab] /= (double)rows;
    for (size_t abc = 0; rows && abc < k * k * k; abc++)
        consensus->c3[abc] /= (double)rows;
}

/* Everything one step needs. Parameters are U (k x k), then u (k). */
struct fit {
    const struct wn_consensus *seen;
    size_t k, parameters;
    double *u, *first, *second; /* parameters, Adam's two moments */
    double *t, *p;              /* their softmax */
    double *dt, *dp;            /* gradients by T and p, then by U and u */
    double *e1, *e2, *e3;       /* residuals, then divided by their norms */
    double *s3;                 /* e3 summed over its three places */
};

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

/* e -= seen; divide by the norm, which is returned. At an exact fit the
 * gradient is taken as 0. */
static double residual(double *e, const double *seen, size_t count)
{
    double square = 0;

    for (size_t i = 0; i < count; i++) {
        e[i] -= seen[i];
        square += e[i] * e[i];
    }
    const double norm = sqrt(square);
    for (size_t i = 0; norm > 0 && i < count; i++)
        e[i] /= norm;
    return norm;
}

/* The model's consensus into e1, e2, e3, then the loss. */
static double loss(struct fit *f)
{
    const size_t k = f->k;

    memset(f->e1, 0, k * sizeof *f->e1);
    memset(f->e2, 0, k * k * sizeof *f->e2);
    memset(f->e3, 0, k * k * k * sizeof *f->e3);
    for (size_t i = 0; i < k; i++) {
        const double *t = f->t + i * k;

        for (size_t a = 0; a < k; a++) {
            f->e1[a] += f->p[i] * t[a];
            for (size_t b = 0; b < k; b++) {
                const double pair = f->p[i] * t[a] * t[b];
                double *e3 = f->e3 + (a * k + b) * k;

                f->e2[a * k + b] += pair;
                for (size_t c = 0; c < k; c++)
                    e3[c] += pair * t[c];
            }
        }
    }
    return residual(f->e1, f->seen->c1, k) +
           residual(f->e2, f->seen->c2, k * k) +
           residual(f->e3, f->seen->c3, k * k * k);
}

/* Sum e3 over its three places, so that one contraction gives the gradient:
 * S[a][b][c] = E[a][b][c] + E[b][a][c] + E[b][c][a]. */
static void spread_out(struct fit *f)
{
    const size_t k = f->k;
    const double *e = f->e3;

    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++)
            for (size_t c = 0; c < k; c++)
                f->s3[(a * k + b) * k + c] = e[(a * k + b) * k + c] +
                                             e[(b * k + a) * k + c] +
                                             e[(b * k + c) * k + a];
}

/* By p_i and row i of T:
 *   dp_i  = sum_a T_ia (E1_a + sum_b T_ib (E2_ab + sum_c E3_abc T_ic))
 *   dT_ia = p_i (E1_a + sum_b T_ib (E2_ab + E2_ba + sum_c S_abc T_ic)) */
static void gradient_row(struct fit *f, size_t i)
{
    const size_t k = f->k;
    const double *t = f->t + i * k;
    double by_p = 0;

    for (size_t a = 0; a < k; a++) {
        double one = f->e1[a], all = f->e1[a];

        for (size_t b = 0; b < k; b++) {
            const double *e3 = f->e3 + (a * k + b) * k;
            const double *s3 = f->s3 + (a * k + b) * k;
            double third = 0, thirds = 0;

            for (size_t c = 0; c < k; c++) {
                third += e3[c] * t[c];
                thirds += s3[c] * t[c];
            }
            one += t[b] * (f->e2[a * k + b] + third);
            all += t[b] * (f->e2[a * k + b] + f->e2[b * k + a] + thirds);
        }
        by_p += t[a] * one;
        f->dt[i * k + a] = f->p[i] * all;
    }
    f->dp[i] = by_p;
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

static void gradient(struct fit *f)
{
    spread_out(f);
    for (size_t i = 0; i < f->k; i++)
        gradient_row(f, i);
    for (size_t i = 0; i < f->k; i++)
        through_softmax(f->t + i * f->k, f->dt + i * f->k, f->k);
    through_softmax(f->p, f->dp, f->k);
}

/* Adam (Kingma and Ba 2015), update number `step` from 1. */
static void adam(struct fit *f, size_t step)
{
    const double rate = .1, b1 = .9, b2 = .999;
    const double c1 = 1 - pow(b1, (double)step), c2 = 1 - pow(b2, (double)step);

    for (size_t i = 0; i < f->parameters; i++) {
        const double g = f->dt[i]; /* dp follows dt, as u follows U */

        f->first[i] = b1 * f->first[i] + (1 - b1) * g;
        f->second[i] = b2 * f->second[i] + (1 - b2) * g * g;
        f->u[i] -= rate * (f->first[i] / c1) /
                   (sqrt(f->second[i] / c2) + 1e-8);
    }
}

static void unfold(struct fit *f)
{
    for (size_t i = 0; i < f->k; i++)
        softmax(f->u + i * f->k, f->t + i * f->k, f->k);
    softmax(f->u + f->k * f->k, f->p, f->k);
}

static void run(struct fit *f, size_t updates, double *trace,
                struct wn_transition *best)
{
    const size_t k = f->k;

    for (size_t i = 0; i < k * k; i++)
        f->u[i] = i % (k + 1) == 0 ? 4 : -1;
    for (size_t i = 0; i < k; i++)
        f->u[k * k + i] = 1 / (double)k;
    best->loss = INFINITY;
    for (size_t step = 0; step <= updates; step++) {
        if (step > 0) {
            gradient(f);
            adam(f, step);
        }
        unfold(f);
        const double now = loss(f);
        if (trace)
            trace[step] = now;
        if ((step > 5 || step == updates) && now < best->loss) {
            best->loss = now;
            memcpy(best->t, f->t, k * k * sizeof *best->t);
            memcpy(best->p, f->p, k * sizeof *best->p);
        }
    }
}

void wn_transition_free(struct wn_transition *transition)
{
    free(transition->t);
    free(transition->p);
    *transition = (struct wn_transition){0};
}

int wn_transition_fit(struct wn_transition *transition,
                      const struct wn_consensus *consensus, size_t updates,
                      double *trace, struct wn_error *error)
{
    const size_t k = consensus->k, parameters = k * k + k;

    if (k > WN_HOC_CLASSES)
        return wn_fail(error, WN_EUSAGE,
                       "found %zu classes, wanted at most %d", k,
                       WN_HOC_CLASSES);
    *transition = (struct wn_transition){.k = k};
    transition->t = wn_new(k * k, sizeof *transition->t, error);
    transition->p = wn_new(k, sizeof *transition->p, error);
    double *room = wn_new(6 * parameters + 2 * k * k * k,
                          sizeof *room, error);
    if (!transition->t || !transition->p || !room) {
        free(room);
        wn_transition_free(transition);
        return -1;
    }
    struct fit f = {.seen = consensus, .k = k, .parameters = parameters};

    f.u = room;
    f.first = f.u + parameters;
    f.second = f.first + parameters;
    f.t = f.second + parameters;
    f.p = f.t + k * k;
    f.dt = f.t + parameters;
    f.dp = f.dt + k * k;
    f.e1 = f.dt + parameters;
    f.e2 = f.e1 + k;
    f.e3 = f.e2 + k * k;
    f.s3 = f.e3 + k * k * k;
    run(&f, updates, trace, transition);
    free(room);
    return 0;
}
