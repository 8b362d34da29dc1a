/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forward and backward correction; see loss_correction.h. */
#include "learn/loss_correction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/spill.h"

static const double least = 1e-12;

double wn_forward_loss(const float *p, const double *t, size_t k, int32_t y)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum += (double)p[c] * t[c * k + (size_t)y];
    return -log(fmax(sum, least));
}

double wn_backward_loss(const float *p, const double *u, size_t k, int32_t y)
{
    double sum = 0;

    for (size_t c = 0; c < k; c++)
        sum -= u[(size_t)y * k + c] * log(fmax(p[c], least));
    return sum;
}

/* Bring the row with the largest entry of column c, from c on, to place c. */
static double find_pivot(double *a, double *u, size_t k, size_t c)
{
    size_t best = c;

    for (size_t i = c + 1; i < k; i++)
        if (fabs(a[i * k + c]) > fabs(a[best * k + c]))
            best = i;
    for (size_t j = 0; best != c && j < k; j++) {
        const double x = a[c * k + j], y = u[c * k + j];

        a[c * k + j] = a[best * k + j];
        u[c * k + j] = u[best * k + j];
        a[best * k + j] = x;
        u[best * k + j] = y;
    }
    return a[c * k + c];
}

/* Gauss and Jordan. */
int wn_transition_invert(const double *t, size_t k, double *u,
                         struct wn_error *error)
{
    double *a = wn_spill_new(wn_product(k, k, 1), sizeof *a);

    memcpy(a, t, k * k * sizeof *a);
    memset(u, 0, k * k * sizeof *u);
    for (size_t c = 0; c < k; c++)
        u[c * k + c] = 1;
    for (size_t c = 0; c < k; c++) {
        const double pivot = find_pivot(a, u, k, c);

        if (!(fabs(pivot) >= 1e-8)) {
            wn_spill_free(a);
            return wn_fail(error, WN_ENUMERIC,
                           "the transition matrix cannot be inverted");
        }
        for (size_t j = 0; j < k; j++) {
            a[c * k + j] /= pivot;
            u[c * k + j] /= pivot;
        }
        for (size_t i = 0; i < k; i++) {
            const double factor = a[i * k + c];

            for (size_t j = 0; i != c && j < k; j++) {
                a[i * k + j] -= factor * a[c * k + j];
                u[i * k + j] -= factor * u[c * k + j];
            }
        }
    }
    wn_spill_free(a);
    return 0;
}
