/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/evidence.h: the intrinsic and extrinsic strategies of Parekh, Anand
 * and Awekar 2023 (TACRED): a row is suspicious because of another, the nearer
 * the more. See winnow-methods(7). */
#ifndef WN_METHOD_EVIDENCE_H
#define WN_METHOD_EVIDENCE_H

#include "method/method.h"

/* 1 / (1 + distance): 1 for the same features, towards 0 far away. */
float wn_evidence_score(float distance);

/* The m nearest rows of `to` for each of `from`, nearest first. */
struct wn_nearest {
    size_t m;
    int32_t *index;  /* rows x m */
    float *distance; /* rows x m */
};

/* At most `most` nearest: m = min(most, others). Both lists are rows of the
 * view and not empty. To be freed in either case. */
int wn_nearest_find(struct wn_nearest *nearest, const struct wn_view *view,
                    const int32_t *from, size_t rows, const int32_t *to,
                    size_t others, size_t most) WN_MUST_CHECK;
void wn_nearest_free(struct wn_nearest *nearest);

#endif
