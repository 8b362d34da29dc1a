/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dynamics that were brought; see external_dynamics.h. */
#include "learn/external_dynamics.h"

#include <math.h>
#include <stdlib.h>

#include "util/spill.h"
#include "util/memory.h"

struct follow {
    const struct wn_external_dynamics *given;
    float *z;                          /* n x k */
    double *p;                         /* k */
    struct wn_mlp_prediction *verdict; /* n */
    struct wn_history *history;        /* n, or NULL */
    float *target;                     /* n x k, or NULL */
};

static void take_logarithms(float *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p[i] = logf(fmaxf(p[i], 1e-30f));
}

/* One epoch into the histories and, where it is the one, the verdicts. */
static int follow_epoch(struct follow *f, size_t e, bool judged, int threads,
                        struct wn_error *error)
{
    const struct wn_external_dynamics *given = f->given;
    const size_t n = given->n, k = given->k;

    if (given->read(given->context, e, f->z, error))
        return -1;
    if (given->probabilities)
        take_logarithms(f->z, n * k);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        const float *z = f->z + i * k;

        if (f->history && given->label[i] >= 0) {
            const double log_total = wn_log_total(z, k);

            wn_history_add(&f->history[i], z, k, given->label[i], log_total);
            if (f->target)
                wn_history_aim(&f->history[i], f->target + i * k, z, k,
                               given->label[i], log_total);
        }
    }
    for (size_t i = 0; judged && i < n; i++)
        wn_mlp_prediction_of(f->z + i * k, k, given->label[i], f->p,
                             &f->verdict[i]);
    return 0;
}

static int follow_all(struct follow *f, size_t epoch, int threads,
                      struct wn_error *error)
{
    for (size_t e = 0; e < f->given->epochs; e++)
        if ((f->history || e + 1 == epoch) &&
            follow_epoch(f, e, e + 1 == epoch, threads, error))
            return -1;
    return 0;
}

struct wn_dynamics *
wn_external_dynamics_follow(const struct wn_external_dynamics *given,
                            unsigned parts, size_t epoch, int threads,
                            struct wn_error *error)
{
    const size_t n = given->n, k = given->k;
    struct wn_dynamics *dynamics =
        wn_dynamics_new(n, given->label, parts, epoch, given->epochs);
    struct follow f = {.given = given};
    int status = -1;

    f.z = wn_spill_new(wn_product(n, k, 1), sizeof *f.z);
    f.p = wn_new(k, sizeof *f.p);
    f.verdict = wn_spill_new(n, sizeof *f.verdict);
    if (parts & WN_DYNAMICS_HISTORIES) {
        f.history = wn_spill_new(n, sizeof *f.history);
    }
    if (parts & WN_DYNAMICS_TARGETS) {
        f.target = wn_spill_new(wn_product(n, k, 1), sizeof *f.target);
    }
    status = follow_all(&f, epoch, threads, error);
    if (status == 0)
        wn_dynamics_add(dynamics, f.verdict, NULL, f.history);
    wn_spill_free(f.z);
    free(f.p);
    wn_spill_free(f.verdict);
    wn_spill_free(f.history);
    wn_spill_free(f.target);
    if (status == 0)
        return dynamics;
    wn_dynamics_free(dynamics);
    return NULL;
}

size_t wn_external_dynamics_epoch(size_t epochs)
{
    return (epochs + 9) / 10;
}

double wn_external_dynamics_bytes(size_t n, size_t k, unsigned parts)
{
    const double rows = parts & WN_DYNAMICS_TARGETS ? 2 : 1;

    return (double)n *
           (rows * 4 * (double)k + 2 * WN_STATISTICS * sizeof(double) +
            sizeof(struct wn_mlp_prediction) + sizeof(struct wn_history));
}
