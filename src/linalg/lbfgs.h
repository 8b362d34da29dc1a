/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/lbfgs.h: one way down to the least value of a smooth function.
 *
 * L-BFGS (Liu and Nocedal 1989, memory 10) with an Armijo-Wolfe line search,
 * turned inside out: the caller evaluates value and gradient at `trial`, for
 * many ways in one pass over its data, and wn_lbfgs_step() says what became
 * of it and sets the next trial.
 *
 * Vectors are rows x columns, and a symmetric rows x rows matrix may stand for
 * the inverse of the second derivatives of each column where the recursion has
 * a multiple of the identity: then the first step is that of Newton's method.
 * Directions in which the function bends more than in others take one
 * iteration instead of many. */
#ifndef WN_LINALG_LBFGS_H
#define WN_LINALG_LBFGS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

enum { WN_LBFGS_MEMORY = 10 /* pairs of moves and turns */ };

struct wn_lbfgs {
    size_t rows, columns;
    const double *inverse; /* rows x rows; NULL for the identity, and then the
                              first step has length 1 */
    double *point, *gradient; /* the best so far, its value and gradient */
    double value;
    /* Where to evaluate next: at first the caller's choice. */
    double *trial, *trial_gradient;
    double trial_value;
    /* The rest is its own. */
    double *direction, *moves, *turns; /* the latter a ring of vectors */
    double curvature[WN_LBFGS_MEMORY];
    size_t stored, newest;
    double slope, step, low, high; /* of the line search; high 0: unbounded */
    int tries;
    bool begun, done; /* done: no step leads down any more */
};

/* All vectors 0. Errors: WN_ENOMEM; then wn_lbfgs_free() it. */
int wn_lbfgs_open(struct wn_lbfgs *way, size_t rows, size_t columns,
                  const double *inverse) WN_MUST_CHECK;
void wn_lbfgs_free(struct wn_lbfgs *way);

/* After value and gradient at `trial` were found: whether it is the new point.
 * `trial` is the next one, unless it is done. */
bool wn_lbfgs_step(struct wn_lbfgs *way);
/* The largest partial derivative at `point`, without sign. */
double wn_lbfgs_steepest(const struct wn_lbfgs *way);

/* Bytes of one. */
double wn_lbfgs_bytes(size_t rows, size_t columns);

#endif
