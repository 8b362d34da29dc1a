/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix of the loss corrections; see corrected.h. */
#include "method/corrected.h"

#include <string.h>

int wn_corrected_fit(const struct wn_view *view, struct wn_transition *fit,
                     double *share, struct wn_error *error)
{
    struct wn_consensus seen = {0};
    int status = -1;

    *fit = (struct wn_transition){0};
    if (wn_transition_told(view->label, view->n, view->k, error))
        return 1;
    if (wn_consensus_new(&seen, view->k) ||
        wn_consensus_count(&seen, view->label, view->neighbor, view->n,
                           view->m) ||
        wn_consensus_settle(&seen) ||
        wn_transition_fit(fit, &seen, WN_HOC_UPDATES, view->threads, NULL,
                          view->talk))
        goto done;
    if (share)
        memcpy(share, seen.c1, view->k * sizeof *share);
    status = 0;
done:
    wn_consensus_free(&seen);
    return status;
}
