/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of T by sums over the pairs that were counted; see channel.h. */
#include "noise/channel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

/* What the counts say of each true class. */
struct column {
    double own, wrong; /* rows labelled as it, and otherwise */
    double square;     /* sum of the squares of those labelled otherwise */
    double cells;      /* how many other labels they have */
};

static void channel_add_up(const struct wn_channel *channel, double even,
                           struct column *column)
{
    const struct wn_sparse *at = channel->at;

    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            struct column *c = &column[at->column[cell]];
            const double count = (double)channel->count[cell];
            const double off = count + WN_CHANNEL_EVEN * even;

            if (cell == at->diagonal[s]) {
                c->own = count;
                continue;
            }
            c->wrong += count;
            c->square += off * off;
            c->cells++;
        }
}

/* How evenly true class t leaks, and how much. */
static void channel_fill(const struct column *c, size_t k, size_t t,
                         double even, struct wn_channel *channel)
{
    const double least = WN_CHANNEL_EVEN * even;
    const double wrong = c->wrong + WN_CHANNEL_EVEN;
    const double column = c->own + wrong;
    const double square =
        c->square + ((double)(k - 1) - c->cells) * least * least;
    const double h = square / (wrong * wrong);
    const double a =
        k > 2 ? 1 - sqrt(fmin(fmax((h - even) / (1 - even), 0), 1)) : 0;

    channel->stay[t] = 1 - wrong / column;
    channel->even[t] = ((1 - a) * least + a * wrong * even) / column;
    channel->slope[t] = (1 - a) / column;
}

int wn_channel_make(struct wn_channel *channel, const struct wn_sparse *at,
                    const int64_t *count)
{
    const size_t k = at->k;
    const double even = 1 / (double)(k - 1);
    struct column *column = wn_new(k, sizeof *column);

    *channel = (struct wn_channel){.at = at,
                                   .count = count,
                                   .stay = wn_new(k, sizeof(double)),
                                   .even = wn_new(k, sizeof(double)),
                                   .slope = wn_new(k, sizeof(double))};
    if (!column || !channel->stay || !channel->even || !channel->slope) {
        free(column);
        wn_channel_free(channel);
        return -1;
    }
    channel_add_up(channel, even, column);
    for (size_t t = 0; t < k; t++)
        channel_fill(&column[t], k, t, even, channel);
    free(column);
    return 0;
}

void wn_channel_free(struct wn_channel *channel)
{
    free(channel->stay);
    free(channel->even);
    free(channel->slope);
    *channel = (struct wn_channel){0};
}

void wn_channel_row(const struct wn_channel *channel, size_t given, double *row)
{
    const struct wn_sparse *at = channel->at;

    memcpy(row, channel->even, at->k * sizeof *row);
    for (size_t cell = at->begin[given]; cell < at->begin[given + 1]; cell++)
        row[at->column[cell]] +=
            channel->slope[at->column[cell]] * (double)channel->count[cell];
    row[given] = channel->stay[given];
}
