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
    CENTRES = 24, /* of d0; as many of d in one pass, */
    STEPS = 8,    /* with so many steps of the finest grid between two */
    FINE = (CENTRES - 1) * STEPS + 1,
    SPREADS = 4,          /* of r, */
    SHAPES = 2 * SPREADS, /* of r and c, */
    SHARES = 24,          /* and of e in one pass */
    CELLS = CENTRES * SHAPES * SHARES,
    PASSES = 3, /* each where the one before found some likelihood */
    HALVINGS = 22,
    GROUPS = 256
};
static const double spreads[SPREADS] = {0.5, 0.7, 1, 1.4};
static const double max_distance = 7.5, min_distance = 0.05;
static const double distance_sd = 0.5; /* of d around d0 */
static const double max_share = 0.6;
static const double usual_share = 0.25; /* scale of the prior of e */
static const double far = 6; /* log-likelihoods below the best that end the
                                search */
static const double level = 1.353; /* half of the 90 % point of chi squared */
static const double z90 = 1.6448536269514722;

/* The rows of one predicted class, or of several small ones. Grids are by d or
 * d0, then by e. */
struct group {
    double rows[WN_DEPTHS], mismatches[WN_DEPTHS];
    size_t low, step;              /* its d on the finest grid */
    double own[CENTRES][SHARES];   /* log-likelihood, mean over the shapes */
    double given[CENTRES][SHARES]; /* the same under d0, mean over d */
    /* Of its wrong labels under e: mean over the rest and its square, variance
     * of the rows. */
    double mean[SHARES], square[SHARES], variance[SHARES];
    double wrong[WN_DEPTHS][2]; /* expected among mismatches and matches */
    double overlap[WN_DEPTHS];  /* mismatches expected, were all labels right */
};

/* What all groups share. */
struct grid {
    size_t shapes; /* of r; then the same r with the other c */
    double rivals[2], others;
    double root[2], share[SHARES];       /* ends of the root of e */
    double kernel[CENTRES][FINE];        /* density of d under d0 */
    double l[FINE][SPREADS * WN_DEPTHS]; /* where chance is not NULL */
    double *chance[FINE]; /* shape x share x (log P(mismatch), log P(match)) x
                             depth; or NULL */
};

static double distance_at(size_t fine)
{
    return min_distance +
           (double)fine * (max_distance - min_distance) / (FINE - 1);
}

static double upper_tail(double l, double mean, double sd)
{
    return 0.5 * (erfc((l - mean) / (sd * M_SQRT2)) +
                  erfc((l + mean) / (sd * M_SQRT2)));
}

/* l at the middle of each depth. */
static void find_odds(double d, double r, double l[WN_DEPTHS])
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
        l[u] = top = low;
    }
}

/* g of a shape at each depth. */
static void find_overlap(const struct grid *grid, size_t fine, size_t shape,
                         double g[WN_DEPTHS])
{
    const double c = grid->rivals[shape / SPREADS];
    const double *l = grid->l[fine] + shape % SPREADS * WN_DEPTHS;

    for (int u = 0; u < WN_DEPTHS; u++)
        g[u] = c / (c + exp(l[u]));
}

/* P(mismatch), and P(wrong) of a mismatch and of a match. */
static void find_chances(double g, double e, double others, double chance[3])
{
    const double p = (1 - g) * e + g * (1 - e / others);

    chance[0] = fmin(fmax(p, 1e-9), 1 - 1e-9);
    chance[1] = (e * (1 - g) + g * e * (others - 1) / others) / chance[0];
    chance[2] = g * e / others / (1 - chance[0]);
}

/* Tables for every d that a group asks for. */
static void fill_grid(const struct group *group, size_t groups, int threads,
                      struct grid *grid)
{
    bool wanted[FINE] = {false};

    for (size_t s = 0; s < SHARES; s++) {
        const double root =
            grid->root[0] +
            (double)s * (grid->root[1] - grid->root[0]) / (SHARES - 1);
        grid->share[s] = root * root;
    }
    for (size_t z = 0; z < groups; z++)
        for (size_t a = 0; a < CENTRES; a++)
            wanted[group[z].low + a * group[z].step] = true;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t fine = 0; fine < FINE; fine++) {
        double g[WN_DEPTHS], chance[3];

        free(grid->chance[fine]);
        grid->chance[fine] = NULL;
        if (!wanted[fine])
            continue;
        double *at = grid->chance[fine] =
            wn_new(2 * SHAPES * SHARES * WN_DEPTHS, sizeof *at);
        for (size_t r = 0; r < SPREADS; r++)
            find_odds(distance_at(fine), spreads[r],
                      grid->l[fine] + r * WN_DEPTHS);
        for (size_t shape = 0; shape < grid->shapes; shape++) {
            find_overlap(grid, fine, shape, g);
            for (size_t s = 0; s < SHARES; s++, at += 2 * WN_DEPTHS)
                for (size_t u = 0; u < WN_DEPTHS; u++) {
                    find_chances(g[u], grid->share[s], grid->others, chance);
                    at[u] = log(chance[0]);
                    at[WN_DEPTHS + u] = log(1 - chance[0]);
                }
        }
    }
}

static double log_sum(const double *x, size_t count, size_t stride)
{
    double top = x[0];

    for (size_t i = 1; i < count; i++)
        top = fmax(top, x[i * stride]);
    double sum = exp(x[0] - top);
    for (size_t i = 1; i < count; i++)
        sum += exp(x[i * stride] - top);
    return top + log(sum);
}

/* Log-likelihoods of a group: cell[CENTRES][shapes][SHARES]. */
static void find_cells(const struct grid *grid, const struct group *group,
                       double *cell)
{
    for (size_t a = 0; a < CENTRES; a++) {
        const double *at = grid->chance[group->low + a * group->step];

        for (size_t s = 0; s < grid->shapes * SHARES; s++, cell++) {
            double sum = 0;

#pragma omp simd reduction(+ : sum)
            for (size_t u = 0; u < WN_DEPTHS; u++)
                sum +=
                    group->mismatches[u] * at[u] +
                    (group->rows[u] - group->mismatches[u]) * at[WN_DEPTHS + u];
            *cell = sum;
            at += 2 * WN_DEPTHS;
        }
    }
}

/* Fill own and given. */
static void find_evidence(const struct grid *grid, struct group *group)
{
    double *cell = wn_new(CELLS, sizeof *cell);
    const size_t shapes = grid->shapes;

    find_cells(grid, group, cell);
    for (size_t s = 0; s < SHARES; s++) {
        double top = -INFINITY, weight[CENTRES];

        for (size_t a = 0; a < CENTRES; a++) {
            group->own[a][s] =
                log_sum(cell + a * shapes * SHARES + s, shapes, SHARES) -
                log((double)shapes);
            top = fmax(top, group->own[a][s]);
        }
        for (size_t a = 0; a < CENTRES; a++)
            weight[a] = exp(group->own[a][s] - top) * (double)group->step;
        for (size_t d0 = 0; d0 < CENTRES; d0++) {
            const double *kernel = grid->kernel[d0] + group->low;
            double sum = 1e-300; /* the logarithm stays finite */

            for (size_t a = 0; a < CENTRES; a++)
                sum += weight[a] * kernel[a * group->step];
            group->given[d0][s] = top + log(sum);
        }
    }
    free(cell);
}

/* Narrow the d of a group to what is not far below its best, on the shares
 * from..end, and a step around. */
static void shrink_distances(size_t from, size_t end, struct group *group)
{
    double top = -INFINITY;
    size_t low = CENTRES, high = 0;

    for (size_t a = 0; a < CENTRES; a++)
        for (size_t s = from; s < end; s++)
            top = fmax(top, group->own[a][s]);
    for (size_t a = 0; a < CENTRES; a++)
        for (size_t s = from; s < end; s++)
            if (group->own[a][s] > top - far) {
                low = a < low ? a : low;
                high = a;
            }
    low = group->low + (low ? low - 1 : 0) * group->step;
    high = group->low + (high + 1 < CENTRES ? high + 1 : high) * group->step;
    group->step = (high - low + CENTRES - 2) / (CENTRES - 1);
    group->low = low + (CENTRES - 1) * group->step < FINE
                     ? low
                     : FINE - 1 - (CENTRES - 1) * group->step;
}

/* The wrong labels of a group, posterior[d0][e] of all groups and share[e], its
 * sum. */
static void find_wrong(const struct grid *grid,
                       double posterior[CENTRES][SHARES],
                       const double share[SHARES], struct group *group)
{
    const size_t shapes = grid->shapes;
    double *cell = wn_new(CELLS, sizeof *cell);
    double g[WN_DEPTHS];

    find_cells(grid, group, cell);
    for (size_t a = 0; a < CENTRES; a++) {
        const size_t fine = group->low + a * group->step;
        double of[SHARES] = {0}; /* this d, in the mean over the shapes */

        for (size_t s = 0; s < SHARES; s++)
            for (size_t d0 = 0; d0 < CENTRES; d0++)
                of[s] += posterior[d0][s] * grid->kernel[d0][fine] *
                         exp(group->own[a][s] - group->given[d0][s]) *
                         (double)group->step / (double)shapes;
        for (size_t shape = 0; shape < shapes; shape++) {
            find_overlap(grid, fine, shape, g);
            for (size_t s = 0; s < SHARES; s++) {
                const double e = grid->share[s];
                const double fit = cell[(a * shapes + shape) * SHARES + s];
                double weight = of[s] * exp(fit - group->own[a][s]);
                double sum = 0, variance = 0;

                if (weight < 1e-9)
                    continue;
                for (size_t u = 0; u < WN_DEPTHS; u++) {
                    const double differ = group->mismatches[u];
                    const double agree = group->rows[u] - differ;
                    double chance[3];

                    find_chances(g[u], e, grid->others, chance);
                    sum += differ * chance[1] + agree * chance[2];
                    variance += differ * chance[1] * (1 - chance[1]) +
                                agree * chance[2] * (1 - chance[2]);
                    group->wrong[u][0] += weight * differ * chance[1];
                    group->wrong[u][1] += weight * agree * chance[2];
                    group->overlap[u] += weight * group->rows[u] * g[u];
                }
                weight /= share[s];
                group->mean[s] += weight * sum;
                group->square[s] += weight * sum * sum;
                group->variance[s] += weight * variance;
            }
        }
    }
    free(cell);
}

/* Add up the groups under the weights of e. The rate with its interval: the
 * quantiles of the posterior, with the chance of the rows and half a row. */
static void add_up(const struct group *group, size_t groups,
                   const double weight[SHARES], struct wn_overlap *out)
{
    double variance = 0, sum = 0, low = 0, high = 0;

    for (size_t s = 0; s < SHARES; s++) {
        const double before = sum;
        double rate = 0;

        for (size_t z = 0; z < groups; z++) {
            rate += group[z].mean[s] / out->n;
            variance += weight[s] * (group[z].variance[s] + group[z].square[s] -
                                     group[z].mean[s] * group[z].mean[s]);
        }
        sum += weight[s];
        out->rate += weight[s] * rate;
        if (before < 0.05 && sum >= 0.05)
            low = rate;
        if (before < 0.95 && sum >= 0.95)
            high = rate;
    }
    const double rows = z90 * sqrt(fmax(variance, 0)) / out->n;
    out->low = fmax(
        out->rate - hypot(fmax(out->rate - low, 0), rows) - 0.5 / out->n, 0);
    out->high = fmin(
        out->rate + hypot(fmax(high - out->rate, 0), rows) + 0.5 / out->n, 1);
    for (size_t u = 0; u < WN_DEPTHS; u++) {
        for (size_t z = 0; z < groups; z++) {
            out->expected[u] += group[z].overlap[u];
            out->bayes += group[z].overlap[u] / out->n;
            out->wrong_mismatch[u] += group[z].wrong[u][0];
            out->wrong_match[u] += group[z].wrong[u][1];
        }
        out->wrong_mismatch[u] /= fmax(out->mismatches[u], 1);
        out->wrong_match[u] /= fmax(out->rows[u] - out->mismatches[u], 1);
    }
}

/* Fit the groups. */
static void fit(struct group *group, size_t groups, size_t k, int threads,
                struct wn_overlap *out)
{
    struct grid *grid = wn_new(1, sizeof *grid);
    double posterior[CENTRES][SHARES], weight[SHARES], top, all = 0;

    *grid = (struct grid){.shapes = k > 2 ? SHAPES : SPREADS,
                          .rivals = {sqrt((double)k - 1), 1},
                          .others = (double)k - 1,
                          .root = {0, sqrt(max_share)}};
    for (size_t d0 = 0; d0 < CENTRES; d0++) {
        double sum = 0;

        for (size_t fine = 0; fine < FINE; fine++) {
            const double z =
                (distance_at(fine) - distance_at(d0 * STEPS)) / distance_sd;

            sum += grid->kernel[d0][fine] = exp(-z * z / 2);
        }
        for (size_t fine = 0; fine < FINE; fine++)
            grid->kernel[d0][fine] /= sum;
    }
    for (int pass = 0;; pass++) {
        size_t from = SHARES, end = 0;

        fill_grid(group, groups, threads, grid);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (size_t z = 0; z < groups; z++)
            find_evidence(grid, &group[z]);
        top = -INFINITY;
        for (size_t s = 0; s < SHARES; s++) {
            for (size_t d0 = 0; d0 < CENTRES; d0++) {
                posterior[d0][s] = -grid->share[s] / usual_share;
                for (size_t z = 0; z < groups; z++)
                    posterior[d0][s] += group[z].given[d0][s];
            }
            weight[s] = log_sum(&posterior[0][s], CENTRES, SHARES);
            top = fmax(top, weight[s]);
        }
        if (pass == PASSES - 1)
            break;
        for (size_t s = 0; s < SHARES; s++)
            if (weight[s] > top - far) {
                from = s < from ? s : from;
                end = s + 1;
            }
        for (size_t z = 0; z < groups; z++)
            shrink_distances(from, end, &group[z]);
        from -= from > 0;
        end += end < SHARES;
        grid->root[0] = sqrt(grid->share[from]);
        grid->root[1] = sqrt(grid->share[end - 1]);
    }
    const bool zero = grid->root[0] == 0;
    const bool none =
        out->mismatch > wn_max_mismatch || (zero && weight[0] > top - level);
    /* The prior: half on e = 0, half on all shares. */
    const double scale =
        sqrt(M_PI * usual_share) / 2 * erf(sqrt(max_share / usual_share));
    const double part =
        (grid->root[1] - grid->root[0]) / (scale * (SHARES - 1));
    for (size_t s = 0; s < SHARES; s++)
        all += exp(weight[s] - top) * (zero && s == 0 ? 1 : part);
    for (size_t s = 0; s < SHARES; s++) {
        const double prior = (zero && s == 0 ? 1 : part) / all;

        for (size_t d0 = 0; d0 < CENTRES; d0++)
            posterior[d0][s] = exp(posterior[d0][s] - top) * prior;
        weight[s] = exp(weight[s] - top) * prior;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t z = 0; z < groups; z++)
        find_wrong(grid, posterior, weight, &group[z]);
    add_up(group, groups, weight, out);
    if (none)
        out->low = 0;
    for (size_t fine = 0; fine < FINE; fine++)
        free(grid->chance[fine]);
    free(grid);
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

double wn_overlap_bytes(void)
{
    return (double)(FINE * sizeof(double[2 * SHAPES * SHARES * WN_DEPTHS]) +
                    (GROUPS + 1) * sizeof(struct group) +
                    2 * CELLS * sizeof(double) + sizeof(struct grid));
}

void wn_overlap_find(const int32_t *label, const struct wn_probability *p,
                     int threads, struct wn_overlap *out)
{
    const size_t n = p->n, k = p->k;
    struct wn_ranked *ranked = wn_spill_new(n, sizeof *ranked);
    size_t *rows = wn_new(k + 1, sizeof *rows), *seen = wn_new(k, sizeof *seen);
    struct group *group = wn_new(GROUPS + 1, sizeof *group);
    size_t groups = 0, counted = 0;

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
        if (!(out->place[ranked[s].row] & WN_NO_DEPTH)) {
            rows[(size_t)(ranked[s].key / 2)]++;
            counted++;
        }
    for (size_t s = 0, c = k, rank = 0, filled = 0; s < n; s++) {
        uint8_t *place = &out->place[ranked[s].row];
        const size_t class = (size_t)(ranked[s].key / 2);

        if (*place & WN_NO_DEPTH)
            continue;
        if (class != c) {
            if (groups == 0 || filled * GROUPS >= counted) {
                filled = 0;
                group[groups++].step = STEPS;
            }
            filled += rows[class];
            rank = 0;
            c = class;
        }
        struct group *to = &group[groups - 1];
        const size_t depth = (2 * rank + 1) * WN_DEPTHS / (2 * rows[c]);
        rank++;
        to->rows[depth]++;
        out->rows[depth]++;
        out->n++;
        if (*place & WN_MISMATCH) {
            to->mismatches[depth]++;
            out->mismatches[depth]++;
            out->mismatch++;
        }
        *place |= (uint8_t)depth;
    }
    out->mismatch /= fmax(out->n, 1);
    if (out->n > 0)
        fit(group, groups, k, threads, out);
    free(group);
    wn_spill_free(ranked);
    free(rows);
    free(seen);
}

void wn_overlap_free(struct wn_overlap *overlap)
{
    wn_spill_free(overlap->place);
    overlap->place = NULL;
}
