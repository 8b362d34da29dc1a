/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cosine distances along the edges of the graph. */
#include "method/cosine.h"

#include <math.h>

void wn_cosine_edges(const struct wn_view *view, size_t i, double *distance)
{
    const float *a = view->x + i * view->d;
    double own = 0;

    for (size_t j = 0; j < view->d; j++)
        own += (double)a[j] * a[j];
    for (size_t s = 0; s < view->m; s++) {
        const float *b =
            view->x + (size_t)view->neighbor[i * view->m + s] * view->d;
        double dot = 0, theirs = 0;

        for (size_t j = 0; j < view->d; j++) {
            dot += (double)a[j] * b[j];
            theirs += (double)b[j] * b[j];
        }
        const double norms = sqrt(own) * sqrt(theirs);
        const double cosine = norms > 0 ? dot / norms : 0;

        distance[s] = fmin(fmax(1 - cosine, 0), 2);
    }
}
