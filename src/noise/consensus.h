/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/consensus.h: how often a row and its two nearest neighbours carry
 * which labels. There are at most n distinct triples, however many classes:
 * only those that occur are kept. See hoc.h for what they are good for. */
#ifndef WN_NOISE_CONSENSUS_H
#define WN_NOISE_CONSENSUS_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* Labels in whatever order: a <= b <= c; for pairs c is 0. */
struct wn_agreement {
    uint32_t a, b, c;
    double share;
};

/* Shares of single rows, pairs (own label, nearest) and triples (own, nearest,
 * second nearest); each sums to 1. */
struct wn_consensus {
    size_t k;
    double *c1; /* k */
    size_t pairs, triples;
    struct wn_agreement *pair, *triple; /* in order of their labels */
    double square2, square3; /* sums of the squared shares, the order of the
                                labels told apart */
    struct wn_told *told;    /* what was added, until settled */
    size_t count, room;
};

/* Nothing yet, for k classes. k <= 2^20. */
int wn_consensus_new(struct wn_consensus *consensus, size_t k) WN_MUST_CHECK;
void wn_consensus_free(struct wn_consensus *consensus);
/* A triple seen with a weight: own label, nearest, second nearest. */
int wn_consensus_add(struct wn_consensus *consensus, const size_t label[3],
                     double weight);
/* All rows with a label and two neighbours with one (n x m, nearest first,
 * those without a label passed over). */
int wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                       const int32_t *neighbor, size_t n,
                       size_t m) WN_MUST_CHECK;
/* Make shares of what was added; where that is nothing all stay 0. */
int wn_consensus_settle(struct wn_consensus *consensus) WN_MUST_CHECK;

#endif
