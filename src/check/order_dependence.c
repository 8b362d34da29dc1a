/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check order_dependence: do rows that are close to each other in the file
 * resemble each other more than chance would have it? A sorted file, drift, or
 * records of one source in sequence make a random split misleading.
 *
 * The distances in the file |i - j| of all edges i -> j of the neighbour graph
 * are compared with those of all pairs of rows, P(d) = (N - d) / (N (N-1) / 2),
 * by the largest gap between the two distribution functions (Kolmogorov and
 * Smirnov); the same gap for 25 shuffles of the rows shows what chance does.
 *
 * Source: Cummings et al., "Detecting Dataset Drift and Non-IID Sampling via
 * k-Nearest Neighbors" (2023). Compared with: cleanlab Datalab non_iid,
 * golden.json non_iid, random numbers included (MT19937, seed 0). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/check_private.h"
#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/spill.h"

/* MT19937 (Matsumoto and Nishimura 1998), for the reference's shufflings. */
enum { STATE = 624, SHIFT = 397 };

struct twister {
    uint32_t state[STATE];
    size_t next;
};

static uint32_t twister_next(struct twister *twister)
{
    uint32_t *state = twister->state;

    if (twister->next == STATE) {
        for (size_t i = 0; i < STATE; i++) {
            const uint32_t y = (state[i] & UINT32_C(0x80000000)) |
                               (state[(i + 1) % STATE] & UINT32_C(0x7fffffff));

            state[i] = state[(i + SHIFT) % STATE] ^ y >> 1 ^
                       (y & 1 ? UINT32_C(0x9908b0df) : 0);
        }
        twister->next = 0;
    }
    uint32_t y = state[twister->next++];
    y ^= y >> 11;
    y ^= y << 7 & UINT32_C(0x9d2c5680);
    y ^= y << 15 & UINT32_C(0xefc60000);
    return y ^ y >> 18;
}

/* Fisher and Yates from the top, rejecting numbers above the place, as in
 * numpy. */
static void shuffle(struct twister *twister, int32_t *place, size_t n)
{
    for (size_t i = 0; i < n; i++)
        place[i] = (int32_t)i;
    for (size_t i = n - 1; i > 0; i--) {
        uint32_t mask = (uint32_t)i, j;

        for (int shift = 1; shift < 32; shift *= 2)
            mask |= mask >> shift;
        do
            j = twister_next(twister) & mask;
        while (j > i);
        const int32_t swap = place[i];
        place[i] = place[j];
        place[j] = swap;
    }
}

/* The gap between the edges, with row i at place[i] (NULL: where it is), and
 * all pairs. count[n] is scratch. */
static double find_gap(const int32_t *index, size_t n, size_t m,
                       const int32_t *place, uint64_t *count)
{
    const double all = (double)n * (double)(n - 1) / 2;
    const double edges = (double)n * (double)m;
    double below = 0, gap = 0;

    memset(count, 0, n * sizeof *count);
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < m; q++) {
            const int32_t j = index[i * m + q];
            const int32_t here = place ? place[i] : (int32_t)i;
            const int32_t there = place ? place[j] : j;

            count[abs(here - there)]++;
        }
    for (size_t d = 1; d < n; d++) {
        const double share =
            (double)d * ((double)n - (double)(d + 1) / 2) / all;

        if (!count[d])
            continue;
        gap = fmax(gap, fabs(below / edges - share));
        below += (double)count[d];
        gap = fmax(gap, fabs((below - 1) / edges - share));
    }
    return gap;
}

void wn_order_dependence(const int32_t *index, size_t n, size_t m, int threads,
                         struct wn_order_dependence *out)
{
    const size_t workers = (size_t)threads;
    int32_t *place = wn_spill_new(wn_product(workers, n, 1), sizeof *place);
    uint64_t *count = wn_spill_new(wn_product(workers, n, 1), sizeof *count);
    struct twister twister;

    twister.state[0] = 0; /* the seed */
    for (uint32_t i = 1; i < STATE; i++) {
        const uint32_t last = twister.state[i - 1];

        twister.state[i] = UINT32_C(1812433253) * (last ^ last >> 30) + i;
    }
    twister.next = STATE;
    out->gap = find_gap(index, n, m, NULL, count);
    for (size_t first = 0; first < WN_SHUFFLES; first += workers) {
        const size_t left = WN_SHUFFLES - first;
        const size_t some = left < workers ? left : workers;

        for (size_t w = 0; w < some; w++)
            shuffle(&twister, place + w * n, n);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (size_t w = 0; w < some; w++)
            out->chance[first + w] =
                find_gap(index, n, m, place + w * n, count + w * n);
    }
    wn_spill_free(place);
    wn_spill_free(count);
    /* The probability of a larger gap, by a Gaussian kernel density of the gaps
     * by chance. If these are all equal there is no density. */
    double mean = 0, variance = 0, above = 0;
    for (int s = 0; s < WN_SHUFFLES; s++)
        mean += out->chance[s] / WN_SHUFFLES;
    for (int s = 0; s < WN_SHUFFLES; s++)
        variance += (out->chance[s] - mean) * (out->chance[s] - mean);
    const double width =
        sqrt(variance / (WN_SHUFFLES - 1)) * pow(WN_SHUFFLES, -0.2);
    for (int s = 0; s < WN_SHUFFLES; s++)
        above += width > 1e-12
                     ? erfc((out->gap - out->chance[s]) / width / sqrt(2)) / 2
                     : out->chance[s] >= out->gap;
    out->p = above / WN_SHUFFLES;
}

/* The area below the distribution function of the file distances from row i
 * up to x: both sides of the row up to the nearer end, one side beyond. */
static double area(double x, double near, double last)
{
    if (x <= near)
        return x * x / last;
    if (x <= last - near)
        return near * near / last + (x + 3 * near) * (x - near) / (2 * last);
    return near * near / last + (2 * near / last + 1) * (last - 2 * near) / 2 +
           x - (last - near);
}

double wn_order_score(const int32_t *index, size_t n, size_t m, size_t i,
                      double *scratch)
{
    const double last = (double)(n - 1);
    const double near = fmin((double)i, last - (double)i);
    double stat = 0, before = 0;

    for (size_t q = 0; q < m; q++)
        scratch[q] = fabs((double)index[q] - (double)i);
    wn_sort(scratch, m);
    scratch[m] = last;
    for (size_t q = 0; q <= m; q++) {
        stat += fabs((double)q / (double)m * (scratch[q] - before) -
                     (area(scratch[q], near, last) - area(before, near, last)));
        before = scratch[q];
    }
    return 1 + tanh(-stat / fmax((double)i, (double)(n - i)));
}

static void order_dependence_find(const struct wn_evidence *evidence,
                                  const struct wn_check_settings *settings,
                                  uint8_t *hit)
{
    const size_t n = evidence->n, m = evidence->m;
    struct wn_order_dependence found;
    double lowest = INFINITY;
    size_t worst = 0;

    if (n < 2)
        return;
    wn_order_dependence(evidence->neighbor, n, m, evidence->threads, &found);
    if (found.p >= settings->order_level)
        return;
    double *scratch = wn_new(m + 1, sizeof *scratch);
    for (size_t i = 0; i < n; i++) {
        const double score =
            wn_order_score(evidence->neighbor + i * m, n, m, i, scratch);

        if (score < lowest) {
            lowest = score;
            worst = i;
        }
    }
    hit[worst] = 1;
    free(scratch);
}

const struct wn_check wn_check_order_dependence = {
    .name = "order_dependence",
    .brief = "rows near each other in the file are alike; the row that shows "
             "it best",
    .reason = "the file seems sorted or in batches (strongest around this row)",
    .source = "Cummings et al.: Detecting Dataset Drift and Non-IID Sampling "
              "via k-Nearest Neighbors (2023)",
    .needs = WN_INPUT_NEIGHBORS,
    .find = order_dependence_find};
