/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mismatches by depth and their posterior; see overlap.h. */
#include "noise/overlap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linalg/pointwise.h"
#include "noise/order_statistics.h"
#include "util/memory.h"
#include "util/simd.h"
#include "util/spill.h"

enum {
    CENTRES = 24, /* of d0; as many of d in one pass, */
    STEPS = 8,    /* with so many steps of the finest grid between two */
    FINE = (CENTRES - 1) * STEPS + 1,
    SPREADS = 4,          /* of r, */
    SHAPES = 2 * SPREADS, /* of r and c, */
    SHARES = 24,          /* and of e in one pass, the first of them 0 */
    CELLS = CENTRES * SHAPES * SHARES,
    PASSES = 3, /* each where the one before found some likelihood */
    HALVINGS = 22,
    GROUPS = 256,
    LANES = 8 /* of sums over the depths */
};
static const double spreads[SPREADS] = {0.5, 0.7, 1, 1.4};
static const double max_distance = 7.5, min_distance = 0.05;
static const double distance_sd = 0.5; /* of d around d0 */
static const double max_share = 0.6;
static const double single = 0.5; /* that one class alone has the errors */
static const double usual_share = 0.25; /* scale of the prior of e */
static const double max_tied = 0.25, block = 0.125, sure = 0.99;
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
    /* Of its wrong labels under e, mean over the rest: their number, its
     * square, the variance of the rows. */
    double mean[SHARES], square[SHARES], variance[SHARES];
    double wrong[WN_DEPTHS][2]; /* expected among mismatches and matches */
    double overlap[WN_DEPTHS];  /* mismatches expected, were all labels right */
};

/* Of d0 and e under the two readings: all classes have errors, or one alone;
 * and, for the second, the sum over the classes of their likelihood ratios
 * against no errors, as a logarithm. */
struct posterior {
    double all[CENTRES][SHARES], one[CENTRES][SHARES], odds[CENTRES][SHARES];
};

/* What all groups share. */
struct grid {
    size_t shapes; /* of r; then the same r with the other c */
    double rivals[2], others;
    double root[2], share[SHARES];       /* limits of the root of e > 0 */
    double kernel[CENTRES][FINE];        /* density of d under d0 */
    double l[FINE][SPREADS * WN_DEPTHS]; /* where has_odds */
    bool has_odds[FINE];
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

/* P(mismatch). */
static inline double mismatch_chance(double g, double e, double others)
{
    const double p = (1 - g) * e + g * (1 - e / others);

    return p < 1e-9 ? 1e-9 : p > 1 - 1e-9 ? 1 - 1e-9 : p;
}

static double root_at(const struct grid *grid, size_t s)
{
    return grid->root[0] +
           (double)s * (grid->root[1] - grid->root[0]) / (SHARES - 1);
}

/* Tables for every d that a group asks for. */
static void fill_grid(const struct group *group, size_t groups, int threads,
                      struct grid *grid)
{
    bool wanted[FINE] = {false};

    for (size_t s = 1; s < SHARES; s++)
        grid->share[s] = pow(root_at(grid, s), 2);
    for (size_t z = 0; z < groups; z++)
        for (size_t a = 0; a < CENTRES; a++)
            wanted[group[z].low + a * group[z].step] = true;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t fine = 0; fine < FINE; fine++) {
        const size_t cells = 2 * grid->shapes * SHARES * WN_DEPTHS;
        double g[WN_DEPTHS];

        free(grid->chance[fine]);
        grid->chance[fine] = NULL;
        if (!wanted[fine])
            continue;
        double *at = grid->chance[fine] = wn_new(cells, sizeof *at);
        for (size_t r = 0; !grid->has_odds[fine] && r < SPREADS; r++)
            find_odds(distance_at(fine), spreads[r],
                      grid->l[fine] + r * WN_DEPTHS);
        grid->has_odds[fine] = true;
        for (size_t shape = 0; shape < grid->shapes; shape++) {
            find_overlap(grid, fine, shape, g);
            for (size_t s = 0; s < SHARES; s++, at += 2 * WN_DEPTHS)
                for (size_t u = 0; u < WN_DEPTHS; u++) {
                    at[u] = mismatch_chance(g[u], grid->share[s], grid->others);
                    at[WN_DEPTHS + u] = 1 - at[u];
                }
        }
        wn_log_doubles(grid->chance[fine], cells);
    }
}

static double log_add(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
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

static inline double sum_lanes(const double lane[LANES])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* Log-likelihoods of a group: cell[CENTRES][shapes][SHARES]. */
WN_MULTIVERSION static void find_cells(const struct grid *grid,
                                       const struct group *group, double *cell)
{
    double matches[WN_DEPTHS];

    for (size_t u = 0; u < WN_DEPTHS; u++)
        matches[u] = group->rows[u] - group->mismatches[u];
    for (size_t a = 0; a < CENTRES; a++) {
        const double *at = grid->chance[group->low + a * group->step];

        for (size_t s = 0; s < grid->shapes * SHARES; s++, cell++) {
            double lane[LANES] = {0};

            for (size_t u = 0; u < WN_DEPTHS; u += LANES) {
#pragma omp simd
                for (size_t l = 0; l < LANES; l++)
                    lane[l] += group->mismatches[u + l] * at[u + l] +
                               matches[u + l] * at[WN_DEPTHS + u + l];
            }
            *cell = sum_lanes(lane);
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

/* Narrow the d of a group to what is not far below its best, with e = 0 or one
 * of from..end, and a step around. */
static void shrink_distances(size_t from, size_t end, struct group *group)
{
    double best[CENTRES], top = -INFINITY;
    size_t low = CENTRES, high = 0;

    for (size_t a = 0; a < CENTRES; a++) {
        best[a] = group->own[a][0];
        for (size_t s = from; s < end; s++)
            best[a] = fmax(best[a], group->own[a][s]);
        top = fmax(top, best[a]);
    }
    for (size_t a = 0; a < CENTRES; a++)
        if (best[a] > top - far) {
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

/* Add the wrong labels of a group at one d, shape and e, with g[WN_DEPTHS] and
 * a weight. Their mean and variance. */
WN_MULTIVERSION static void weigh_depths(const double *g, double e,
                                         double others, double weight,
                                         struct group *group, double *mean,
                                         double *variance)
{
    double sum[LANES] = {0}, spread[LANES] = {0};

    for (size_t at = 0; at < WN_DEPTHS; at += LANES) {
#pragma omp simd
        for (size_t l = 0; l < LANES; l++) {
            const size_t u = at + l;
            const double chance = mismatch_chance(g[u], e, others);
            const double differ = group->mismatches[u];
            const double agree = group->rows[u] - differ;
            /* P(wrong) of a mismatch and of a match. */
            const double x =
                (e * (1 - g[u]) + g[u] * e * (others - 1) / others) / chance;
            const double y = g[u] * e / others / (1 - chance);

            sum[l] += differ * x + agree * y;
            spread[l] += differ * x * (1 - x) + agree * y * (1 - y);
            group->wrong[u][0] += weight * differ * x;
            group->wrong[u][1] += weight * agree * y;
            group->overlap[u] += weight * group->rows[u] * g[u];
        }
    }
    *mean = sum_lanes(sum);
    *variance = sum_lanes(spread);
}

/* The wrong labels of a group under the posterior of all groups, weight[s] its
 * sum. Where one class alone has errors, it is this one by its share of the
 * likelihood ratios. */
static void find_wrong(const struct grid *grid,
                       const struct posterior *posterior,
                       const double weight_of[SHARES], struct group *group)
{
    const size_t shapes = grid->shapes;
    double *cell = wn_new(CELLS, sizeof *cell);
    double top[SHARES], part[CENTRES][SHARES], g[WN_DEPTHS];

    for (size_t d0 = 0; d0 < CENTRES; d0++) {
        part[d0][0] = posterior->all[d0][0] + posterior->one[d0][0];
        for (size_t s = 1; s < SHARES; s++) {
            const double odds = group->given[d0][s] - group->given[d0][0];
            const double on =
                posterior->one[d0][s] * exp(odds - posterior->odds[d0][s]);

            part[d0][s] = posterior->all[d0][s] + on;
            part[d0][0] += posterior->one[d0][s] - on;
        }
    }
    find_cells(grid, group, cell);
    for (size_t s = 0; s < SHARES; s++) {
        top[s] = group->own[0][s];
        for (size_t a = 1; a < CENTRES; a++)
            top[s] = fmax(top[s], group->own[a][s]);
        for (size_t d0 = 0; d0 < CENTRES; d0++)
            part[d0][s] *= exp(top[s] - group->given[d0][s]) *
                           (double)group->step / (double)shapes;
    }
    for (size_t a = 0; a < CENTRES; a++) {
        const size_t fine = group->low + a * group->step;
        double of[SHARES] = {0}; /* this d, in the mean over the shapes */

        for (size_t d0 = 0; d0 < CENTRES; d0++)
            for (size_t s = 0; s < SHARES; s++)
                of[s] += part[d0][s] * grid->kernel[d0][fine];
        for (size_t shape = 0; shape < shapes; shape++) {
            find_overlap(grid, fine, shape, g);
            for (size_t s = 0; s < SHARES; s++) {
                const double fit = cell[(a * shapes + shape) * SHARES + s];
                double weight = of[s] * exp(fit - top[s]), sum, variance;

                if (weight < 1e-9)
                    continue;
                weigh_depths(g, grid->share[s], grid->others, weight, group,
                             &sum, &variance);
                /* No errors, in classes without any, and none to count. */
                if (s == 0)
                    continue;
                weight /= weight_of[s];
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

static void make_grid(size_t k, struct grid *grid)
{
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
}

/* The log-likelihoods of d0 and e, with the prior of e > 0 as a density in the
 * root of e; weight[s] their sum over d0 and the readings. Returns the largest
 * weight. */
static double join_groups(const struct grid *grid, const struct group *group,
                          size_t groups, struct posterior *posterior,
                          double weight[SHARES])
{
    double top = -INFINITY;

    for (size_t s = 0; s < SHARES; s++) {
        const double prior = -grid->share[s] / usual_share;

        for (size_t d0 = 0; d0 < CENTRES; d0++) {
            double all = 0, none = 0, odds = -INFINITY;

            for (size_t z = 0; z < groups; z++) {
                const double *given = group[z].given[d0];

                all += given[s];
                none += given[0];
                odds = log_add(odds, given[s] - given[0]);
            }
            posterior->all[d0][s] = prior + log(1 - single) + all;
            posterior->one[d0][s] =
                prior + log(single / (double)groups) + none + odds;
            posterior->odds[d0][s] = odds;
        }
        weight[s] = log_add(log_sum(&posterior->all[0][s], CENTRES, SHARES),
                            log_sum(&posterior->one[0][s], CENTRES, SHARES));
        top = fmax(top, weight[s]);
    }
    return top;
}

/* Fit the groups. */
static void fit(struct group *group, size_t groups, size_t k, int threads,
                struct wn_overlap *out)
{
    struct grid *grid = wn_new(1, sizeof *grid);
    struct posterior posterior;
    double weight[SHARES], top, all = 0;

    make_grid(k, grid);
    for (int pass = 0;; pass++) {
        size_t from = SHARES, end = 1;

        fill_grid(group, groups, threads, grid);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
        for (size_t z = 0; z < groups; z++)
            find_evidence(grid, &group[z]);
        top = join_groups(grid, group, groups, &posterior, weight);
        if (pass == PASSES - 1)
            break;
        for (size_t s = 1; s < SHARES; s++)
            if (weight[s] > top - far) {
                from = s < from ? s : from;
                end = s + 1;
            }
        from = from < end ? from : 1;
        for (size_t z = 0; z < groups; z++)
            shrink_distances(from, end, &group[z]);
        const double low = root_at(grid, from - 1);
        grid->root[1] = root_at(grid, end < SHARES ? end : SHARES - 1);
        grid->root[0] = low;
    }
    if (out->tied > max_tied) {
        top = weight[0];
        for (size_t s = 1; s < SHARES; s++) {
            weight[s] = -INFINITY;
            for (size_t d0 = 0; d0 < CENTRES; d0++)
                posterior.all[d0][s] = posterior.one[d0][s] = -INFINITY;
        }
    }
    const bool none =
        out->mismatch > wn_max_mismatch || weight[0] > top - level;
    /* The prior: half on e = 0, half on all shares. */
    const double scale =
        sqrt(M_PI * usual_share) / 2 * erf(sqrt(max_share / usual_share));
    const double step =
        (grid->root[1] - grid->root[0]) / (scale * (SHARES - 1));
    for (size_t s = 0; s < SHARES; s++)
        all += exp(weight[s] - top) * (s == 0 ? 1 : step);
    for (size_t s = 0; s < SHARES; s++) {
        const double prior = (s == 0 ? 1 : step) / all;

        for (size_t d0 = 0; d0 < CENTRES; d0++) {
            posterior.all[d0][s] = exp(posterior.all[d0][s] - top) * prior;
            posterior.one[d0][s] = exp(posterior.one[d0][s] - top) * prior;
        }
        weight[s] = exp(weight[s] - top) * prior;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (size_t z = 0; z < groups; z++)
        find_wrong(grid, &posterior, weight, &group[z]);
    add_up(group, groups, weight, out);
    if (none)
        out->low = 0;
    for (size_t fine = 0; fine < FINE; fine++)
        free(grid->chance[fine]);
    free(grid);
}

WN_MULTIVERSION static double largest(const double *row, size_t k)
{
    const size_t even = k - k % LANES;
    double lane[LANES], top = row[0];

    for (size_t l = 0; l < LANES; l++)
        lane[l] = top;
    for (size_t c = 0; c < even; c += LANES) {
#pragma omp simd
        for (size_t l = 0; l < LANES; l++)
            lane[l] = row[c + l] > lane[l] ? row[c + l] : lane[l];
    }
    for (size_t c = even; c < k; c++)
        top = row[c] > top ? row[c] : top;
    for (size_t l = 0; l < LANES; l++)
        top = lane[l] > top ? lane[l] : top;
    return top;
}

/* Key: the predicted class twice, plus 0 .. 1, the surest first; the class of a
 * row is half the key, rounded down. Rows without a label have the last ones.
 */
static void predict_rows(const int32_t *label, const struct wn_probability *p,
                         int threads, double *key, uint8_t *place)
{
    const size_t k = p->k;

#pragma omp parallel num_threads(threads)
    {
        double *scratch = wn_new(k, sizeof *scratch);

#pragma omp for schedule(static)
        for (size_t i = 0; i < p->n; i++) {
            const double *row = wn_probability_row(p, i, scratch);
            const double top = largest(row, k);
            size_t best = 0;

            while (row[best] < top)
                best++;
            place[i] = label[i] < 0          ? WN_NO_DEPTH
                       : row[label[i]] < top ? WN_MISMATCH
                                             : 0;
            key[i] = label[i] < 0
                         ? 2 * (double)k
                         : 2 * (double)best + 1 - fmin(fmax(top, 0), 1);
        }
        free(scratch);
    }
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
    double *key = wn_spill_new(n, sizeof *key);
    uint32_t *order = wn_spill_new(n, sizeof *order);
    size_t *rows = wn_new(k + 1, sizeof *rows), *seen = wn_new(k, sizeof *seen);
    struct group *group = wn_new(GROUPS + 1, sizeof *group);
    size_t groups = 0, counted = 0;

    *out = (struct wn_overlap){.place = wn_spill_new(n, 1)};
    predict_rows(label, p, threads, key, out->place);
    wn_order(key, 1, false, n, order);
    /* First all predictions, which say what classes are predicted; then only
     * the rows labelled with one of those. */
    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0)
            seen[(size_t)(key[i] / 2)]++;
    for (size_t i = 0; i < n; i++)
        if (label[i] >= 0) {
            out->labelled++;
            if (!seen[label[i]])
                out->place[i] = WN_NO_DEPTH;
        }
    for (size_t i = 0; i < n; i++)
        if (!(out->place[i] & WN_NO_DEPTH)) {
            rows[(size_t)(key[i] / 2)]++;
            counted++;
        }
    double last = -1; /* key */
    for (size_t s = 0, c = k, rank = 0, filled = 0, equal = 0; s < n; s++) {
        const double at = key[order[s]];
        uint8_t *place = &out->place[order[s]];
        const size_t class = (size_t)(at / 2);

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
        equal = at == last ? equal + 1 : 1;
        last = at;
        const double most = fmax(block * (double)rows[c], 1);
        if ((double)equal > most && 2 * (double)c + 1 - at < sure)
            out->tied += (double)equal - 1 > most ? 1 : (double)equal;
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
    out->tied /= fmax(out->n, 1);
    if (out->n > 0)
        fit(group, groups, k, threads, out);
    free(group);
    wn_spill_free(key);
    wn_spill_free(order);
    free(rows);
    free(seen);
}

void wn_overlap_free(struct wn_overlap *overlap)
{
    wn_spill_free(overlap->place);
    overlap->place = NULL;
}
