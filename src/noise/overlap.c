/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mismatches by depth and their posterior; see overlap.h. */
#include "noise/overlap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/spill.h"

enum {
    DISTANCES = 24, /* of d, */
    SPREADS = 3,    /* of r, */
    SHARES = 24,    /* and of e in one pass */
    CELLS = DISTANCES * SPREADS * SHARES,
    PASSES = 3, /* each where the one before found some likelihood */
    HALVINGS = 22
};
static const double spreads[SPREADS] = {0.7, 1, 1.4};
static const double max_distance = 7.5, min_distance = 0.05;
static const double max_share = 0.6;
static const double far = 6; /* log-likelihoods below the best that end the
                                search */
static const double level = 1.353; /* half of the 90 % point of chi squared */
static const double z90 = 1.6448536269514722;

/* What the mismatches say under one d, r and e. */
struct cell {
    double likelihood; /* its logarithm, then the posterior weight */
    double rate;       /* mean probability of a wrong label */
    double variance;   /* of the number of wrong labels */
};

struct box {
    double low[2], high[2]; /* of d, and of the root of e */
};

static double upper_tail(double l, double mean, double sd)
{
    return 0.5 * (erfc((l - mean) / (sd * M_SQRT2)) +
                  erfc((l + mean) / (sd * M_SQRT2)));
}

/* g at the middle of each depth. */
static void find_overlap(double d, double r, double c, double g[WN_DEPTHS])
{
    const double mean = d * d / 2, sd = r * d;
    double top = mean + 8 * sd;

    for (int u = 0; u < WN_DEPTHS; u++) {
        double low = 0, high = top;

        for (int step = 0; step < HALVINGS; step++) {
            const double middle = (low + high) / 2;

            if (upper_tail(middle, mean, sd) > (u + 0.5) / WN_DEPTHS)
                low = middle;
            else
                high = middle;
        }
        top = high;
        g[u] = c / (c + exp(low));
    }
}

/* P(mismatch), and P(wrong) of a mismatch and of a match. */
static void find_chances(double g, double e, double others, double chance[3])
{
    const double p = (1 - g) * e + g * (1 - e / others);

    chance[0] = fmin(fmax(p, 1e-9), 1 - 1e-9);
    chance[1] = (e * (1 - g) + g * e * (others - 1) / others) / chance[0];
    chance[2] = g * e / others / (1 - chance[0]);
}

static struct cell try_cell(const struct wn_overlap *overlap,
                            const double g[WN_DEPTHS], double e, double others)
{
    struct cell cell = {0, 0, 0};

    for (int u = 0; u < WN_DEPTHS; u++) {
        const double wrong = overlap->mismatches[u];
        const double right = overlap->rows[u] - wrong;
        double chance[3];

        find_chances(g[u], e, others, chance);
        if (wrong > 0)
            cell.likelihood += wrong * log(chance[0]);
        if (right > 0)
            cell.likelihood += right * log(1 - chance[0]);
        cell.rate += wrong * chance[1] + right * chance[2];
        cell.variance += wrong * chance[1] * (1 - chance[1]) +
                         right * chance[2] * (1 - chance[2]);
    }
    cell.rate /= overlap->n;
    return cell;
}

/* The grid of a box, and where its best cell is. */
static size_t try_box(const struct wn_overlap *overlap, size_t k,
                      const struct box *box, struct cell *cell)
{
    const double c = sqrt((double)k - 1), others = (double)k - 1;
    double g[WN_DEPTHS];
    size_t at = 0, best = 0;

    for (int a = 0; a < DISTANCES; a++)
        for (int r = 0; r < SPREADS; r++) {
            find_overlap(box->low[0] +
                             a * (box->high[0] - box->low[0]) / (DISTANCES - 1),
                         spreads[r], c, g);
            for (int s = 0; s < SHARES; s++, at++) {
                const double root =
                    box->low[1] +
                    s * (box->high[1] - box->low[1]) / (SHARES - 1);

                cell[at] = try_cell(overlap, g, root * root, others);
                if (cell[at].likelihood > cell[best].likelihood)
                    best = at;
            }
        }
    return best;
}

/* The part of a box that is not far below the best cell, and a step around. */
static void shrink_box(const struct cell *cell, size_t best, struct box *box)
{
    const double step[2] = {(box->high[0] - box->low[0]) / (DISTANCES - 1),
                            (box->high[1] - box->low[1]) / (SHARES - 1)};
    const struct box old = *box;
    int low[2] = {DISTANCES, SHARES}, high[2] = {0, 0};

    for (size_t at = 0; at < CELLS; at++) {
        const int place[2] = {(int)(at / (SPREADS * SHARES)),
                              (int)(at % SHARES)};

        if (cell[at].likelihood < cell[best].likelihood - far)
            continue;
        for (int x = 0; x < 2; x++) {
            low[x] = place[x] < low[x] ? place[x] : low[x];
            high[x] = place[x] > high[x] ? place[x] : high[x];
        }
    }
    for (int x = 0; x < 2; x++) {
        box->low[x] = fmax(old.low[x] + (low[x] - 1) * step[x], old.low[x]);
        box->high[x] = fmin(old.low[x] + (high[x] + 1) * step[x], old.high[x]);
    }
}

/* Posterior means of the chances at each depth. */
static void find_means(const struct box *box, size_t k, const struct cell *cell,
                       struct wn_overlap *out)
{
    const double c = sqrt((double)k - 1), others = (double)k - 1;
    double g[WN_DEPTHS];
    size_t at = 0;

    out->bayes = 0;
    for (int a = 0; a < DISTANCES; a++)
        for (int r = 0; r < SPREADS; r++) {
            find_overlap(box->low[0] +
                             a * (box->high[0] - box->low[0]) / (DISTANCES - 1),
                         spreads[r], c, g);
            for (int s = 0; s < SHARES; s++, at++) {
                const double root =
                    box->low[1] +
                    s * (box->high[1] - box->low[1]) / (SHARES - 1);
                const double weight = cell[at].likelihood;

                if (weight < 1e-9)
                    continue;
                for (int u = 0; u < WN_DEPTHS; u++) {
                    double chance[3];

                    find_chances(g[u], root * root, others, chance);
                    out->bayes += weight * g[u] / WN_DEPTHS;
                    out->expected[u] += weight * g[u] * out->rows[u];
                    out->wrong_mismatch[u] += weight * chance[1];
                    out->wrong_match[u] += weight * chance[2];
                }
            }
        }
}

/* Fit, and the rate with its interval: the quantiles of the posterior, with the
 * chance of the rows and half a row. */
static void fit(size_t k, struct wn_overlap *out)
{
    struct box box = {{min_distance, 0}, {max_distance, sqrt(max_share)}};
    struct cell *cell = wn_new(CELLS, sizeof *cell);
    struct wn_ranked *ranked = wn_new(CELLS, sizeof *ranked);
    double none = -INFINITY, all = 0, mean = 0, variance = 0, sum = 0;
    double low = 0, high = 0;
    size_t best;

    for (int pass = 0;; pass++) {
        best = try_box(out, k, &box, cell);
        /* The first pass has e = 0. */
        for (size_t at = 0; box.low[1] == 0 && at < CELLS; at += SHARES)
            none = fmax(none, cell[at].likelihood);
        if (pass == PASSES - 1)
            break;
        shrink_box(cell, best, &box);
    }
    const double top = cell[best].likelihood;
    /* The prior: half on e = 0, half on all shares. */
    const double part =
        (box.high[1] - box.low[1]) / (sqrt(max_share) * (SHARES - 1));
    for (size_t at = 0; at < CELLS; at++) {
        const bool zero = at % SHARES == 0 && box.low[1] == 0;

        cell[at].likelihood =
            exp(cell[at].likelihood - top) * (zero ? 1 : part);
        all += cell[at].likelihood;
    }
    for (size_t at = 0; at < CELLS; at++) {
        const double weight = cell[at].likelihood /= all;

        mean += weight * cell[at].rate;
        variance += weight * cell[at].variance;
        ranked[at] = (struct wn_ranked){cell[at].rate, at};
    }
    wn_rank(ranked, CELLS);
    for (size_t s = 0; s < CELLS; s++) {
        const double before = sum;

        sum += cell[ranked[s].row].likelihood;
        if (before < 0.05 && sum >= 0.05)
            low = ranked[s].key;
        if (before < 0.95 && sum >= 0.95)
            high = ranked[s].key;
    }
    const double rows = z90 * sqrt(variance) / out->n;
    out->rate = mean;
    out->low = fmax(mean - hypot(fmax(mean - low, 0), rows) - 0.5 / out->n, 0);
    out->high =
        fmin(mean + hypot(fmax(high - mean, 0), rows) + 0.5 / out->n, 1);
    if (none > top - level)
        out->low = 0;
    find_means(&box, k, cell, out);
    free(cell);
    free(ranked);
}

/* Key: the predicted class twice, plus 0 .. 1, the surest first; the class of a
 * row is half the key, rounded down. Rows without a label come last. */
static void predict_rows(const int32_t *label, const struct wn_probability *p,
                         int threads, struct wn_ranked *ranked, uint8_t *place)
{
    const size_t k = p->k;

#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < p->n; i++) {
        size_t best = 0;
        double top = -INFINITY;

        place[i] = WN_NO_DEPTH;
        ranked[i] = (struct wn_ranked){2 * (double)k, i};
        if (label[i] < 0)
            continue;
        for (size_t c = 0; c < k; c++) {
            const double at = wn_probability_at(p, i, c);

            if (at > top) {
                best = c;
                top = at;
            }
        }
        place[i] =
            wn_probability_at(p, i, (size_t)label[i]) < top ? WN_MISMATCH : 0;
        ranked[i].key = 2 * (double)best + 1 - fmin(fmax(top, 0), 1);
    }
    wn_rank(ranked, p->n);
}

void wn_overlap_find(const int32_t *label, const struct wn_probability *p,
                     int threads, struct wn_overlap *out)
{
    const size_t n = p->n, k = p->k;
    struct wn_ranked *ranked = wn_spill_new(n, sizeof *ranked);
    size_t *rows = wn_new(k + 1, sizeof *rows), *seen = wn_new(k, sizeof *seen);

    *out = (struct wn_overlap){.place = wn_spill_new(n, 1)};
    predict_rows(label, p, threads, ranked, out->place);
    /* First all predictions, which say what classes are predicted; then only
     * the rows labelled with one of those. */
    for (size_t s = 0; s < n && ranked[s].key < 2 * (double)k; s++)
        seen[(size_t)(ranked[s].key / 2)]++;
    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0) {
            out->labelled++;
            if (!seen[label[i]])
                out->place[i] = WN_NO_DEPTH;
        }
    for (size_t s = 0; s < n; s++)
        if (!(out->place[ranked[s].row] & WN_NO_DEPTH))
            rows[(size_t)(ranked[s].key / 2)]++;
    for (size_t s = 0, c = 0, rank = 0; s < n; s++) {
        uint8_t *place = &out->place[ranked[s].row];
        const size_t class = (size_t)(ranked[s].key / 2);

        if (*place & WN_NO_DEPTH)
            continue;
        rank = class == c ? rank : 0;
        c = class;
        const size_t depth = (2 * rank + 1) * WN_DEPTHS / (2 * rows[c]);
        rank++;
        out->rows[depth]++;
        out->n++;
        if (*place & WN_MISMATCH) {
            out->mismatches[depth]++;
            out->mismatch++;
        }
        *place |= (uint8_t)depth;
    }
    out->mismatch /= fmax(out->n, 1);
    if (out->n > 0)
        fit(k, out);
    wn_spill_free(ranked);
    free(rows);
    free(seen);
}

void wn_overlap_free(struct wn_overlap *overlap)
{
    wn_spill_free(overlap->place);
    overlap->place = NULL;
}
