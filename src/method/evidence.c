/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the intrinsic and the extrinsic strategy share; see evidence.h. */
#include "method/evidence.h"

#include <stdlib.h>

#include "knn/exact.h"
#include "util/memory.h"

float wn_evidence_score(float distance)
{
    return (float)(1 / (1 + (double)distance));
}

int wn_nearest_find(struct wn_nearest *nearest, const struct wn_view *view,
                    const int32_t *from, size_t rows, const int32_t *to,
                    size_t others, size_t most)
{
    const size_t m = most < others ? most : others;
    const struct wn_graph graph = {.x = view->x,
                                   .n = view->n,
                                   .d = view->d,
                                   .m = m,
                                   .metric = view->metric,
                                   .threads = view->threads};
    const size_t cells = wn_product(rows, m, 1);

    nearest->m = m;
    nearest->index = wn_new(cells, sizeof *nearest->index);
    nearest->distance = wn_new(cells, sizeof *nearest->distance);
    wn_knn_query(&graph, from, rows, to, others, nearest->index,
                 nearest->distance);
    return 0;
}

void wn_nearest_free(struct wn_nearest *nearest)
{
    free(nearest->index);
    free(nearest->distance);
}
