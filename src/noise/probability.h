/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/probability.h: a matrix of class probabilities, float as in the audit
 * file or double as other tools print it. Readers take one row at a time as
 * doubles, so both give the same arithmetic. */
#ifndef WN_NOISE_PROBABILITY_H
#define WN_NOISE_PROBABILITY_H

#include <stddef.h>

/* n x k, row-major; exactly one of the pointers is set. */
struct wn_probability {
    size_t n, k;
    const float *single;
    const double *exact;
};

static inline double wn_probability_at(const struct wn_probability *p, size_t i,
                                       size_t c)
{
    return p->single ? (double)p->single[i * p->k + c] : p->exact[i * p->k + c];
}

/* Row i as doubles: in place, or converted into scratch[k]. */
static inline const double *wn_probability_row(const struct wn_probability *p,
                                               size_t i, double *scratch)
{
    if (p->exact)
        return p->exact + i * p->k;
    const float *row = p->single + i * p->k;
#pragma omp simd
    for (size_t c = 0; c < p->k; c++)
        scratch[c] = (double)row[c];
    return scratch;
}

/* Fetch the ends of row i ahead of its use: rows class by class lie anywhere in
 * memory. */
static inline void wn_probability_fetch(const struct wn_probability *p,
                                        size_t i)
{
    const size_t cell = p->single ? sizeof *p->single : sizeof *p->exact;
    const char *all =
        p->single ? (const char *)p->single : (const char *)p->exact;

    __builtin_prefetch(all + i * p->k * cell);
    __builtin_prefetch(all + (i + 1) * p->k * cell - 1);
}

/* The class of the largest entry, the lowest on ties. */
static inline size_t wn_argmax(const double *row, size_t k)
{
    size_t best = 0;

    for (size_t c = 1; c < k; c++)
        if (row[c] > row[best])
            best = c;
    return best;
}

#endif
