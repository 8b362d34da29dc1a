/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triples of labels, sorted and merged; see consensus.h. */
#include "noise/consensus.h"

#include <stdlib.h>

#include "util/memory.h"

/* (a k + b) k + c and its weight. */
struct wn_told {
    uint64_t key;
    double weight;
};

int wn_consensus_new(struct wn_consensus *consensus, size_t k)
{
    *consensus = (struct wn_consensus){.k = k};
    consensus->c1 = wn_new(k, sizeof *consensus->c1);
    return 0;
}

void wn_consensus_free(struct wn_consensus *consensus)
{
    free(consensus->c1);
    free(consensus->pair);
    free(consensus->triple);
    free(consensus->told);
    *consensus = (struct wn_consensus){0};
}

int wn_consensus_add(struct wn_consensus *consensus, const size_t label[3],
                     double weight)
{
    const uint64_t k = consensus->k;

    wn_grow(&consensus->told, &consensus->room, consensus->count + 1,
            sizeof *consensus->told);
    consensus->told[consensus->count++] =
        (struct wn_told){(label[0] * k + label[1]) * k + label[2], weight};
    return 0;
}

/* The labels of row i and its first two neighbours that have one; whether
 * there are three. */
static int triple(const int32_t *label, const int32_t *neighbor, size_t m,
                  size_t i, size_t found[3])
{
    size_t count = 1;

    if (label[i] < 0)
        return 0;
    found[0] = (size_t)label[i];
    for (size_t s = 0; s < m && count < 3; s++) {
        const int32_t theirs = label[neighbor[i * m + s]];

        if (theirs >= 0)
            found[count++] = (size_t)theirs;
    }
    return count == 3;
}

int wn_consensus_count(struct wn_consensus *consensus, const int32_t *label,
                       const int32_t *neighbor, size_t n, size_t m)
{
    size_t found[3];

    for (size_t i = 0; i < n; i++)
        if (triple(label, neighbor, m, i, found) &&
            wn_consensus_add(consensus, found, 1))
            return -1;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct wn_told *x = a, *y = b;

    return x->key < y->key ? -1 : x->key > y->key;
}

/* Sort, add up what has the same key; how many are left. */
static size_t consensus_merge(struct wn_told *told, size_t count)
{
    size_t left = 0;

    qsort(told, count, sizeof *told, by_key);
    for (size_t t = 0; t < count; t++)
        if (left && told[left - 1].key == told[t].key)
            told[left - 1].weight += told[t].weight;
        else
            told[left++] = told[t];
    return left;
}

static double consensus_squares(const struct wn_told *told, size_t count)
{
    double sum = 0;

    for (size_t t = 0; t < count; t++)
        sum += told[t].weight * told[t].weight;
    return sum;
}

static void swap_if_above(uint64_t *a, uint64_t *b)
{
    const uint64_t x = *a;

    if (x > *b) {
        *a = *b;
        *b = x;
    }
}

/* The labels of a key in rising order, as a key. */
static uint64_t in_order(uint64_t key, uint64_t k)
{
    uint64_t a = key / k / k, b = key / k % k, c = key % k;

    swap_if_above(&a, &b);
    swap_if_above(&b, &c);
    swap_if_above(&a, &b);
    return (a * k + b) * k + c;
}

/* The merged cells of keys of `order` labels. */
static struct wn_agreement *settle_order(struct wn_told *told, size_t *count,
                                         uint64_t k, int order)
{
    for (size_t t = 0; t < *count; t++)
        told[t].key = in_order(told[t].key, k);
    *count = consensus_merge(told, *count);
    struct wn_agreement *out = wn_new(*count, sizeof *out);
    for (size_t t = 0; out && t < *count; t++) {
        const uint64_t key = told[t].key;
        const uint32_t last = (uint32_t)(key % k);
        const uint32_t middle = (uint32_t)(key / k % k);

        out[t] = order == 3
                     ? (struct wn_agreement){(uint32_t)(key / k / k), middle,
                                             last, told[t].weight}
                     : (struct wn_agreement){middle, last, 0, told[t].weight};
    }
    return out;
}

int wn_consensus_settle(struct wn_consensus *consensus)
{
    const uint64_t k = consensus->k;
    struct wn_told *told = consensus->told;
    double total = 0;

    consensus->triples = consensus_merge(told, consensus->count);
    struct wn_told *pair = wn_new(consensus->triples, sizeof *pair);
    for (size_t t = 0; t < consensus->triples; t++)
        total += told[t].weight;
    for (size_t t = 0; t < consensus->triples; t++) {
        told[t].weight /= total;
        pair[t] = (struct wn_told){told[t].key / k, told[t].weight};
        consensus->c1[told[t].key / k / k] += told[t].weight;
    }
    consensus->square3 = consensus_squares(told, consensus->triples);
    consensus->pairs = consensus_merge(pair, consensus->triples);
    consensus->square2 = consensus_squares(pair, consensus->pairs);
    consensus->pair = settle_order(pair, &consensus->pairs, k, 2);
    free(pair);
    consensus->triple = settle_order(told, &consensus->triples, k, 3);
    free(consensus->told);
    consensus->told = NULL;
    return 0;
}
