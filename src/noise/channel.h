/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/channel.h: the noise as a channel, T[s][t] = P(given = s | true = t),
 * k x k in O(k + rows): off its diagonal a column is even but for the pairs of
 * classes that were seen to be confused. suspicion.h has the formula. */
#ifndef WN_NOISE_CHANNEL_H
#define WN_NOISE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "noise/sparse_joint.h"
#include "util/error.h"

/* Rows that are taken to leak evenly out of each class, beside those seen. */
enum { WN_CHANNEL_EVEN = 2 };

struct wn_channel {
    const struct wn_sparse *at; /* kept by the caller, */
    const int64_t *count;       /* with the counts of its cells */
    double *stay;               /* k: T[t][t] */
    double *even;               /* k: T[s][t] where no row was counted */
    double *slope;              /* k: what each counted row adds to it */
};

/* From calibrated counts (given x true). On failure *channel is empty. */
int wn_channel_make(struct wn_channel *channel, const struct wn_sparse *at,
                    const int64_t *count) WN_MUST_CHECK;
void wn_channel_free(struct wn_channel *channel);
/* row[k]: T[given][.]. O(k). */
void wn_channel_row(const struct wn_channel *channel, size_t given,
                    double *row);

#endif
