/* SPDX-License-Identifier: GPL-3.0-or-later */
/* L-BFGS with reverse communication; see lbfgs.h. */
#include "linalg/lbfgs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/products.h"
#include "util/memory.h"
#include "util/spill.h"

enum {
    MEMORY = WN_LBFGS_MEMORY,
    MAX_TRIES = 30 /* of one line search */
};

static size_t lbfgs_size_of(const struct wn_lbfgs *lbfgs)
{
    return lbfgs->rows * lbfgs->columns;
}

static double dot(const double *a, const double *b, size_t size)
{
    double sum[4] = {0};
    size_t j = 0;

    for (; j + 4 <= size; j += 4)
        for (size_t s = 0; s < 4; s++)
            sum[s] += a[j + s] * b[j + s];
    for (; j < size; j++)
        sum[0] += a[j] * b[j];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void wn_lbfgs_free(struct wn_lbfgs *lbfgs)
{
    wn_spill_free(lbfgs->point);
    wn_spill_free(lbfgs->trial);
    wn_spill_free(lbfgs->direction);
    wn_spill_free(lbfgs->gradient);
    wn_spill_free(lbfgs->trial_gradient);
    wn_spill_free(lbfgs->steps);
    wn_spill_free(lbfgs->changes);
}

void wn_lbfgs_open(struct wn_lbfgs *lbfgs, size_t rows, size_t columns,
                   const double *inverse)
{
    const size_t size = wn_product(rows, columns, 1);
    const size_t ring = wn_product(MEMORY, size, 1);

    *lbfgs =
        (struct wn_lbfgs){.rows = rows, .columns = columns, .inverse = inverse};
    lbfgs->point = wn_spill_new(size, sizeof(double));
    lbfgs->trial = wn_spill_new(size, sizeof(double));
    lbfgs->direction = wn_spill_new(size, sizeof(double));
    lbfgs->gradient = wn_spill_new(size, sizeof(double));
    lbfgs->trial_gradient = wn_spill_new(size, sizeof(double));
    lbfgs->steps = wn_spill_new(ring, sizeof(double));
    lbfgs->changes = wn_spill_new(ring, sizeof(double));
}

/* out = inverse v. */
static void multiply_inverse(const struct wn_lbfgs *lbfgs, const double *v,
                             double *out)
{
    if (lbfgs->inverse)
        wn_gemm_double(0, 0, lbfgs->rows, lbfgs->columns, lbfgs->rows,
                       lbfgs->inverse, lbfgs->rows, v, lbfgs->columns, out,
                       lbfgs->columns);
    else
        memcpy(out, v, lbfgs_size_of(lbfgs) * sizeof *out);
}

/* direction = -H gradient by the two-loop recursion (Nocedal 1980). */
static void find_direction(struct wn_lbfgs *lbfgs)
{
    const size_t size = lbfgs_size_of(lbfgs);
    double alpha[MEMORY], *q = lbfgs->direction;

    for (size_t j = 0; j < size; j++)
        q[j] = -lbfgs->gradient[j];
    for (size_t back = 0; back < lbfgs->stored; back++) {
        const size_t at = (lbfgs->newest + MEMORY - back) % MEMORY;
        const double *step = lbfgs->steps + at * size;
        const double *change = lbfgs->changes + at * size;

        alpha[at] = dot(step, q, size) / lbfgs->curvature[at];
        for (size_t j = 0; j < size; j++)
            q[j] -= alpha[at] * change[j];
    }
    double scale = 1;
    if (lbfgs->stored) {
        const double *change = lbfgs->changes + lbfgs->newest * size;

        multiply_inverse(lbfgs, change, lbfgs->trial);
        scale =
            lbfgs->curvature[lbfgs->newest] / dot(change, lbfgs->trial, size);
    }
    multiply_inverse(lbfgs, q, lbfgs->trial);
    for (size_t j = 0; j < size; j++)
        q[j] = scale * lbfgs->trial[j];
    for (size_t back = lbfgs->stored; back-- > 0;) {
        const size_t at = (lbfgs->newest + MEMORY - back) % MEMORY;
        const double *step = lbfgs->steps + at * size;
        const double *change = lbfgs->changes + at * size;
        const double beta = dot(change, q, size) / lbfgs->curvature[at];

        for (size_t j = 0; j < size; j++)
            q[j] += (alpha[at] - beta) * step[j];
    }
}

static void set_trial(struct wn_lbfgs *lbfgs)
{
    const size_t size = lbfgs_size_of(lbfgs);

    for (size_t j = 0; j < size; j++)
        lbfgs->trial[j] = lbfgs->point[j] + lbfgs->step * lbfgs->direction[j];
}

double wn_lbfgs_steepest(const struct wn_lbfgs *lbfgs)
{
    const size_t size = lbfgs_size_of(lbfgs);
    double norm = 0;

    for (size_t j = 0; j < size; j++)
        norm = fmax(norm, fabs(lbfgs->gradient[j]));
    return norm;
}

/* Start a line search from `point`. If the direction does not descend, forget
 * the stored pairs. */
static void begin_search(struct wn_lbfgs *lbfgs)
{
    const size_t size = lbfgs_size_of(lbfgs);

    find_direction(lbfgs);
    lbfgs->slope = dot(lbfgs->direction, lbfgs->gradient, size);
    if (!(lbfgs->slope < 0)) {
        lbfgs->stored = 0;
        find_direction(lbfgs);
        lbfgs->slope = dot(lbfgs->direction, lbfgs->gradient, size);
    }
    lbfgs->step = 1;
    if (!lbfgs->stored && !lbfgs->inverse)
        lbfgs->step = 1 / fmax(sqrt(-lbfgs->slope), DBL_MIN);
    lbfgs->low = lbfgs->high = 0;
    lbfgs->tries = 0;
    set_trial(lbfgs);
}

static void take_trial(struct wn_lbfgs *lbfgs)
{
    const size_t bytes = lbfgs_size_of(lbfgs) * sizeof(double);

    memcpy(lbfgs->point, lbfgs->trial, bytes);
    memcpy(lbfgs->gradient, lbfgs->trial_gradient, bytes);
    lbfgs->value = lbfgs->trial_value;
}

bool wn_lbfgs_step(struct wn_lbfgs *lbfgs)
{
    const size_t size = lbfgs_size_of(lbfgs);

    if (!lbfgs->started) {
        lbfgs->started = true;
        take_trial(lbfgs);
        begin_search(lbfgs);
        return true;
    }
    const double slope = dot(lbfgs->direction, lbfgs->trial_gradient, size);
    /* The value has errors of 1e-8, as its products are in single precision. */
    const double bound = lbfgs->value + 1e-4 * lbfgs->step * lbfgs->slope +
                         1e-8 * fabs(lbfgs->value);
    const bool lower = lbfgs->trial_value <= bound; /* false for NaN */

    if (lower && slope >= 0.9 * lbfgs->slope) {
        /* Store the step and the change of the gradient. */
        const size_t at = lbfgs->stored ? (lbfgs->newest + 1) % MEMORY : 0;
        double *step = lbfgs->steps + at * size;
        double *change = lbfgs->changes + at * size;

        for (size_t j = 0; j < size; j++) {
            step[j] = lbfgs->trial[j] - lbfgs->point[j];
            change[j] = lbfgs->trial_gradient[j] - lbfgs->gradient[j];
        }
        lbfgs->curvature[at] = dot(step, change, size);
        if (lbfgs->curvature[at] > 0) {
            lbfgs->newest = at;
            if (lbfgs->stored < MEMORY)
                lbfgs->stored++;
        }
        take_trial(lbfgs);
        begin_search(lbfgs);
        return true;
    }
    if (!lower)
        lbfgs->high = lbfgs->step;
    else
        lbfgs->low = lbfgs->step;
    if (++lbfgs->tries == MAX_TRIES) {
        lbfgs->done = lbfgs->stored == 0;
        lbfgs->stored = 0;
        if (!lbfgs->done)
            begin_search(lbfgs);
        return false;
    }
    lbfgs->step =
        lbfgs->high > 0 ? 0.5 * (lbfgs->low + lbfgs->high) : 2 * lbfgs->step;
    set_trial(lbfgs);
    return false;
}

double wn_lbfgs_bytes(size_t rows, size_t columns)
{
    return (double)rows * (double)columns * (5 + 2 * MEMORY) * sizeof(double);
}
