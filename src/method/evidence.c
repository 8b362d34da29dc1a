/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the intrinsic and the extrinsic strategy share; see evidence.h. */
#include "method/evidence.h"

float wn_evidence_score(float distance)
{
    return (float)(1 / (1 + (double)distance));
}

struct wn_graph wn_evidence_graph(const struct wn_view *view, size_t m)
{
    return (struct wn_graph){.x = view->x, .n = view->n, .d = view->d,
                             .m = m, .metric = view->metric,
                             .threads = view->threads};
}
