/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/lbfgs.h: L-BFGS minimiser with reverse communication.
 *
 * L-BFGS (Liu and Nocedal 1989, memory 10) with an Armijo-Wolfe line search.
 * The caller evaluates value and gradient at `trial`, for several minimisations
 * in one pass over its data; wn_lbfgs_step() accepts or rejects the trial and
 * sets the next one.
 *
 * A vector has rows x columns elements. A symmetric rows x rows matrix may
 * replace the multiple of the identity with which the recursion starts, as an
 * approximation of the inverse Hessian of each column; the first step is then
 * Newton's. Ill-conditioned directions then take one iteration instead of
 * many. */
#ifndef WN_LINALG_LBFGS_H
#define WN_LINALG_LBFGS_H

#include <stdbool.h>
#include <stddef.h>

enum { WN_LBFGS_MEMORY = 10 /* pairs of steps and gradient changes */ };

struct wn_lbfgs {
    size_t rows, columns;
    const double *inverse; /* rows x rows; NULL for the identity: then the first
                              step has length 1 */
    double *point, *gradient, value; /* the best so far */
    /* Where to evaluate next; the caller chooses the first. */
    double *trial, *trial_gradient, trial_value;
    bool done; /* no step decreases the value any more */
    /* Private. */
    double *direction;
    double *steps,
        *changes; /* rings of vectors: point and gradient differences */
    double curvature[WN_LBFGS_MEMORY];
    size_t stored, newest;
    double slope, step, low, high; /* line search; high 0: unbounded */
    int tries;
    bool started;
};

/* All vectors are 0. */
void wn_lbfgs_open(struct wn_lbfgs *lbfgs, size_t rows, size_t columns,
                   const double *inverse);
void wn_lbfgs_free(struct wn_lbfgs *lbfgs);

/* Use value and gradient at `trial`, and set the next `trial` unless `done`.
 * Returns whether the old trial became `point`. */
bool wn_lbfgs_step(struct wn_lbfgs *lbfgs);
/* The maximum norm of the gradient at `point`. */
double wn_lbfgs_steepest(const struct wn_lbfgs *lbfgs);

/* Memory in bytes. */
double wn_lbfgs_bytes(size_t rows, size_t columns);

#endif
