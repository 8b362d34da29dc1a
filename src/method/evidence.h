/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/evidence.h: the intrinsic and extrinsic strategies of Parekh, Anand
 * and Awekar 2023 (TACRED): a row is suspicious because of another, the nearer
 * the more. ALGORITHMS 3.10. */
#ifndef WN_METHOD_EVIDENCE_H
#define WN_METHOD_EVIDENCE_H

#include "method/method.h"

/* 1 / (1 + distance): 1 for the same features, towards 0 far away. */
float wn_evidence_score(float distance);

/* A graph over the rows of the view, each with m neighbours. */
struct wn_graph wn_evidence_graph(const struct wn_view *view, size_t m);

#endif
