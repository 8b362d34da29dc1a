/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/cosine.h: cosine distances along the edges of the graph. */
#ifndef WN_METHOD_COSINE_H
#define WN_METHOD_COSINE_H

#include "method/method.h"

/* 1 - cosine of row i and each of its neighbours into distance (m), 0 .. 2, by
 * sums in double, whatever metric the graph was made with; a row of norm 0 has
 * similarity 0 to every other. */
void wn_cosine_edges(const struct wn_view *view, size_t i, double *distance);

#endif
