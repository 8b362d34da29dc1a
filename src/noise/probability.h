/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/probability.h: a matrix of class probabilities, float as in the audit
 * file or double as other tools print it. Readers take one row at a time as
 * doubles, so both give the same arithmetic. */
#ifndef WN_NOISE_PROBABILITY_H
#define WN_NOISE_PROBABILITY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

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

/* The rows row[count] into out[k][count], class after class, so that loops over
 * the rows of a class fill vectors however few classes there are. Rows that lie
 * anywhere in memory are fetched ahead of their use. */
static inline void wn_probability_gather(const struct wn_probability *p,
                                         const uint32_t *row, size_t count,
                                         double *out)
{
    const size_t k = p->k;

    for (size_t r = 0; r < count; r++)
        if (p->single)
            __builtin_prefetch(p->single + row[r] * k);
        else
            __builtin_prefetch(p->exact + row[r] * k);
    for (size_t c = 0; c < k; c++, out += count)
        if (p->single)
            for (size_t r = 0; r < count; r++)
                out[r] = (double)p->single[row[r] * k + c];
        else
            for (size_t r = 0; r < count; r++)
                out[r] = p->exact[row[r] * k + c];
}

/* So many rows are gathered at once. */
enum { WN_GATHER_CELLS = 4096, WN_GATHER_ROWS = 8 };
static inline size_t wn_gather_rows(size_t k)
{
    assert(k > 0);
    return k * WN_GATHER_ROWS < WN_GATHER_CELLS ? WN_GATHER_CELLS / k
                                                : WN_GATHER_ROWS;
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
