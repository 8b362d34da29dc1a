/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trend of the share of wrong labels: control charts for what happened
 * (Roberts 1959, Page 1954), early-warning statistics for what may (Scheffer et
 * al. 2009, Dakos et al. 2012). */
#include "report/trend.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"
#include "util/number.h"
#include "util/random.h"

enum { BASE = 60, LATEST = 3, SURROGATES = 1000 };
#define WEIGHT 0.2   /* of the newest night in the average */
#define LIMIT 3.0    /* deviations of the average */
#define SLACK 0.5    /* CUSUM */
#define DECISION 5.0 /* CUSUM */
#define TAU 0.5      /* both rise */
#define LEVEL 0.05
#define DAY 86400.0

size_t wn_trend_windows(const double *rate, size_t n, double *variance,
                        double *memory)
{
    const size_t width = n / 2, windows = n - width + 1;

    for (size_t w = 0; w < windows; w++) {
        const double *x = rate + w;
        double mean = 0, squares = 0, first = 0, second = 0;
        double cross = 0, own = 0, other = 0;

        for (size_t i = 0; i < width; i++)
            mean += x[i] / (double)width;
        for (size_t i = 0; i < width; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        variance[w] = squares / (double)(width - 1);
        for (size_t i = 0; i + 1 < width; i++) {
            first += x[i] / (double)(width - 1);
            second += x[i + 1] / (double)(width - 1);
        }
        for (size_t i = 0; i + 1 < width; i++) {
            cross += (x[i] - first) * (x[i + 1] - second);
            own += (x[i] - first) * (x[i] - first);
            other += (x[i + 1] - second) * (x[i + 1] - second);
        }
        memory[w] = own > 0 && other > 0 ? cross / sqrt(own * other) : NAN;
    }
    return windows;
}

double wn_trend_tau(const double *value, size_t n)
{
    double concordant = 0, discordant = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            concordant += value[j] > value[i];
            discordant += value[j] < value[i];
        }
    /* The times have no ties; pairs of equal values are neither. */
    const double pairs = (double)n * (double)(n - 1) / 2;
    const double untied = concordant + discordant;
    return untied > 0 ? (concordant - discordant) / sqrt(pairs * untied) : 0;
}

/* Both taus of n nights. */
static void find_taus(const double *rate, size_t n, double *scratch,
                      double *tau_variance, double *tau_memory)
{
    const size_t windows = wn_trend_windows(rate, n, scratch, scratch + n);

    *tau_variance = wn_trend_tau(scratch, windows);
    *tau_memory = wn_trend_tau(scratch + n, windows);
}

/* How often series of the same length, spread and memory, which do not change,
 * reach both taus by chance. */
static void find_warning(const double *rate, size_t n, struct wn_trend *trend)
{
    double *scratch = wn_new(n, 2 * sizeof *scratch);
    double *series = wn_new(n, sizeof *series);
    double mean = 0, own = 0, cross = 0;
    size_t reached = 0;
    struct wn_random random;

    find_taus(rate, n, scratch, &trend->tau_variance, &trend->tau_memory);
    for (size_t i = 0; i < n; i++)
        mean += rate[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        own += (rate[i] - mean) * (rate[i] - mean);
    for (size_t i = 0; i + 1 < n; i++)
        cross += (rate[i] - mean) * (rate[i + 1] - mean);
    const double memory = own > 0 ? fmin(fmax(cross / own, -0.95), 0.95) : 0;
    wn_random_start(&random, 0, WN_RANDOM_SURROGATES, 0, n);
    for (size_t s = 0; s < SURROGATES; s++) {
        double variance, autocorrelation;

        series[0] = wn_random_normal(&random) / sqrt(1 - memory * memory);
        for (size_t i = 1; i < n; i++)
            series[i] = memory * series[i - 1] + wn_random_normal(&random);
        find_taus(series, n, scratch, &variance, &autocorrelation);
        reached += variance >= trend->tau_variance &&
                   autocorrelation >= trend->tau_memory;
    }
    trend->p = ((double)reached + 1) / (SURROGATES + 1);
    trend->unstable = trend->tau_variance > TAU && trend->tau_memory > TAU &&
                      trend->p < LEVEL;
    free(scratch);
    free(series);
}

/* Level and deviation of up to BASE nights before the LATEST, then the charts
 * of those after the first of them. */
static void find_charts(const double *rate, size_t n, struct wn_trend *trend)
{
    const size_t end = n - LATEST, begin = end > BASE ? end - BASE : 0;
    const size_t base = end - begin;
    double *sorted = wn_new(base, sizeof *sorted);
    double moves = 0;

    for (size_t i = 0; i < base; i++)
        sorted[i] = rate[begin + i];
    qsort(sorted, base, sizeof *sorted, wn_number_ascending);
    trend->level = (sorted[(base - 1) / 2] + sorted[base / 2]) / 2;
    free(sorted);
    for (size_t i = begin + 1; i < end; i++)
        moves += fabs(rate[i] - rate[i - 1]) / (double)(base - 1);
    trend->deviation = moves / 1.128; /* mean range of two normal numbers */
    trend->ewma = trend->level;
    trend->up = trend->down = 0;
    for (size_t i = begin; i < n; i++) {
        trend->ewma += WEIGHT * (rate[i] - trend->ewma);
        if (!(trend->deviation > 0))
            continue;
        const double off = (rate[i] - trend->level) / trend->deviation;
        trend->up = fmax(trend->up + off - SLACK, 0);
        trend->down = fmax(trend->down - off - SLACK, 0);
    }
    const double reach = LIMIT * trend->deviation * sqrt(WEIGHT / (2 - WEIGHT));
    trend->low = fmax(trend->level - reach, 0);
    trend->high = trend->level + reach;
    trend->outside = trend->deviation > 0 &&
                     (trend->ewma > trend->high || trend->ewma < trend->low);
    trend->shifted = fmax(trend->up, trend->down) > DECISION;
}

void wn_trend_find(const struct wn_nights *history, struct wn_trend *trend)
{
    double *rate = wn_new(WN_TREND_MAX, sizeof *rate);
    double last = NAN;
    size_t n = 0;

    *trend = (struct wn_trend){.level = NAN,
                               .deviation = NAN,
                               .ewma = NAN,
                               .low = NAN,
                               .high = NAN,
                               .up = NAN,
                               .down = NAN,
                               .tau_variance = NAN,
                               .tau_memory = NAN,
                               .p = NAN};
    for (size_t i =
             history->count > WN_TREND_MAX ? history->count - WN_TREND_MAX : 0;
         i < history->count; i++) {
        const struct wn_night *night = &history->night[i];

        if (isnan(night->rate))
            continue;
        if (night->when - last > 1.5 * DAY)
            trend->holes += (size_t)round((night->when - last) / DAY) - 1;
        last = night->when;
        rate[n++] = night->rate;
    }
    trend->nights = n;
    if (n >= WN_TREND_MIN)
        find_charts(rate, n, trend);
    if (n >= WN_WARNING_MIN)
        find_warning(rate, n, trend);
    free(rate);
}
