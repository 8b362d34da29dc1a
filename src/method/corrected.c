/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix of the loss corrections; see corrected.h. */
#include "method/corrected.h"

#include <stdlib.h>
#include <string.h>

#include "model/hoc.h"
#include "util/memory.h"

double *wn_corrected_transition(const struct wn_view *view, int *status,
                                struct wn_error *error)
{
    const size_t k = view->k, size = k * k;
    struct wn_consensus seen = {0};
    struct wn_transition fit = {0};
    double *t = NULL;

    *status = 1;
    if (k > WN_HOC_CLASSES) {
        wn_fail(error, WN_EDATA,
                "%zu classes are too many for a transition matrix, wanted at "
                "most %d",
                k, WN_HOC_CLASSES);
        return NULL;
    }
    *status = -1;
    if (wn_consensus_new(&seen, k, error))
        return NULL;
    wn_consensus_count(&seen, view->label, view->neighbor, view->n, view->m);
    if (wn_transition_fit(&fit, &seen, WN_HOC_UPDATES, NULL, error) == 0)
        t = wn_new(size, sizeof *t, error);
    if (t) {
        memcpy(t, fit.t, size * sizeof *t);
        *status = 0;
    }
    wn_consensus_free(&seen);
    wn_transition_free(&fit);
    return t;
}
