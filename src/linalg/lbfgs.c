/* SPDX-License-Identifier: GPL-3.0-or-later */
/* L-BFGS, a step at a time; see lbfgs.h. */
#include "linalg/lbfgs.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"

enum {
    MEMORY = WN_LBFGS_MEMORY,
    TRIES = 30 /* steps of one line search */
};

static size_t lbfgs_size_of(const struct wn_lbfgs *way)
{
    return way->rows * way->columns;
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

void wn_lbfgs_free(struct wn_lbfgs *way)
{
    wn_spill_free(way->point);
    wn_spill_free(way->trial);
    wn_spill_free(way->direction);
    wn_spill_free(way->gradient);
    wn_spill_free(way->trial_gradient);
    wn_spill_free(way->moves);
    wn_spill_free(way->turns);
}

int wn_lbfgs_open(struct wn_lbfgs *way, size_t rows, size_t columns,
                  const double *inverse)
{
    const size_t size = wn_product(rows, columns, 1);
    const size_t ring = wn_product(MEMORY, size, 1);

    *way =
        (struct wn_lbfgs){.rows = rows, .columns = columns, .inverse = inverse};
    way->point = wn_spill_new(size, sizeof(double));
    way->trial = wn_spill_new(size, sizeof(double));
    way->direction = wn_spill_new(size, sizeof(double));
    way->gradient = wn_spill_new(size, sizeof(double));
    way->trial_gradient = wn_spill_new(size, sizeof(double));
    way->moves = wn_spill_new(ring, sizeof(double));
    way->turns = wn_spill_new(ring, sizeof(double));
    return 0;
}

/* out = inverse v; the trial is free while a direction is looked for. */
static void lbfgs_bend(const struct wn_lbfgs *way, const double *v, double *out)
{
    if (way->inverse)
        wn_gemm_double(0, 0, way->rows, way->columns, way->rows, way->inverse,
                       way->rows, v, way->columns, out, way->columns);
    else
        memcpy(out, v, lbfgs_size_of(way) * sizeof *out);
}

/* direction = -H gradient by the two-loop recursion (Nocedal 1980). */
static void find_direction(struct wn_lbfgs *way)
{
    const size_t size = lbfgs_size_of(way);
    double alpha[MEMORY], *q = way->direction;

    for (size_t j = 0; j < size; j++)
        q[j] = -way->gradient[j];
    for (size_t back = 0; back < way->stored; back++) {
        const size_t at = (way->newest + MEMORY - back) % MEMORY;
        const double *move = way->moves + at * size;
        const double *turn = way->turns + at * size;

        alpha[at] = dot(move, q, size) / way->curvature[at];
        for (size_t j = 0; j < size; j++)
            q[j] -= alpha[at] * turn[j];
    }
    double scale = 1;
    if (way->stored) {
        const double *turn = way->turns + way->newest * size;

        lbfgs_bend(way, turn, way->trial);
        scale = way->curvature[way->newest] / dot(turn, way->trial, size);
    }
    lbfgs_bend(way, q, way->trial);
    for (size_t j = 0; j < size; j++)
        q[j] = scale * way->trial[j];
    for (size_t back = way->stored; back-- > 0;) {
        const size_t at = (way->newest + MEMORY - back) % MEMORY;
        const double *move = way->moves + at * size;
        const double *turn = way->turns + at * size;
        const double beta = dot(turn, q, size) / way->curvature[at];

        for (size_t j = 0; j < size; j++)
            q[j] += (alpha[at] - beta) * move[j];
    }
}

static void set_trial(struct wn_lbfgs *way)
{
    const size_t size = lbfgs_size_of(way);

    for (size_t j = 0; j < size; j++)
        way->trial[j] = way->point[j] + way->step * way->direction[j];
}

double wn_lbfgs_steepest(const struct wn_lbfgs *way)
{
    const size_t size = lbfgs_size_of(way);
    double most = 0;

    for (size_t j = 0; j < size; j++)
        most = fmax(most, fabs(way->gradient[j]));
    return most;
}

/* Begin a line search from `point`; where the direction does not descend,
 * forget what was remembered. */
static void begin_search(struct wn_lbfgs *way)
{
    const size_t size = lbfgs_size_of(way);

    find_direction(way);
    way->slope = dot(way->direction, way->gradient, size);
    if (!(way->slope < 0)) {
        way->stored = 0;
        find_direction(way);
        way->slope = dot(way->direction, way->gradient, size);
    }
    way->step = 1;
    if (!way->stored && !way->inverse)
        way->step = 1 / fmax(sqrt(-way->slope), DBL_MIN);
    way->low = way->high = 0;
    way->tries = 0;
    set_trial(way);
}

static void take_trial(struct wn_lbfgs *way)
{
    const size_t bytes = lbfgs_size_of(way) * sizeof(double);

    memcpy(way->point, way->trial, bytes);
    memcpy(way->gradient, way->trial_gradient, bytes);
    way->value = way->trial_value;
}

/* Take the trial as the new point and remember the move. */
static void lbfgs_accept(struct wn_lbfgs *way)
{
    const size_t size = lbfgs_size_of(way);
    const size_t at = way->stored ? (way->newest + 1) % MEMORY : 0;
    double *move = way->moves + at * size, *turn = way->turns + at * size;

    for (size_t j = 0; j < size; j++) {
        move[j] = way->trial[j] - way->point[j];
        turn[j] = way->trial_gradient[j] - way->gradient[j];
    }
    way->curvature[at] = dot(move, turn, size);
    if (way->curvature[at] > 0) {
        way->newest = at;
        if (way->stored < MEMORY)
            way->stored++;
    }
    take_trial(way);
}

bool wn_lbfgs_step(struct wn_lbfgs *way)
{
    if (!way->begun) {
        way->begun = true;
        take_trial(way);
        begin_search(way);
        return true;
    }
    const double slope =
        dot(way->direction, way->trial_gradient, lbfgs_size_of(way));
    /* Float products make the value uncertain in its eighth digit. */
    const double most =
        way->value + 1e-4 * way->step * way->slope + 1e-8 * fabs(way->value);
    const bool lower = way->trial_value <= most; /* false for NaN */

    if (lower && slope >= 0.9 * way->slope) {
        lbfgs_accept(way);
        begin_search(way);
        return true;
    }
    if (!lower)
        way->high = way->step;
    else
        way->low = way->step;
    if (++way->tries == TRIES) {
        way->done = way->stored == 0;
        way->stored = 0;
        if (!way->done)
            begin_search(way);
        return false;
    }
    way->step = way->high > 0 ? 0.5 * (way->low + way->high) : 2 * way->step;
    set_trial(way);
    return false;
}

double wn_lbfgs_bytes(size_t rows, size_t columns)
{
    return (double)rows * (double)columns * (5 + 2 * MEMORY) * sizeof(double);
}
