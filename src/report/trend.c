/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trend of the share of wrong labels: control charts for what happened
 * (Roberts 1959, Page 1954; limits for series with memory as in Schmid 1997),
 * early-warning statistics for what may (Scheffer et al. 2009, Dakos et al.
 * 2012). */
#include "report/trend.h"

#include <math.h>
#include <stdlib.h>

#include "util/memory.h"
#include "util/number.h"
#include "util/random.h"

enum { BASE = 60, LATEST = 3, SURROGATES = 1000, WARNING_MAX = 120 };
enum { RECENT = 30, MEMORY_MIN = 120 };
#define WEIGHT 0.2   /* of the newest night in the average */
#define LIMIT 3.0    /* deviations of the average */
#define SLACK 0.5    /* CUSUM */
#define DECISION 5.0 /* CUSUM */
#define LEVEL 0.0065 /* of the early warning */
#define BANDWIDTH 0.2
#define MOST_MEMORY 0.95
#define DAY 86400.0

/* --- rolling windows ----------------------------------------------------- */

size_t wn_trend_windows(const double *rate, size_t n, double *variance,
                        double *memory)
{
    const size_t width = n / 2, windows = n - width + 1;
    const double m = (double)width, pairs = m - 1;
    double mean = 0, spread = 0, sum = 0, squares = 0, products = 0;

    /* Sums that move with the window, of numbers about 0 so that little is
     * lost. */
    for (size_t i = 0; i < n; i++)
        mean += rate[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        spread += (rate[i] - mean) * (rate[i] - mean);
    for (size_t i = 0; i < n; i++) {
        const double x = rate[i] - mean;

        sum += x;
        squares += x * x;
        products += i ? x * (rate[i - 1] - mean) : 0;
        if (i >= width) {
            const double out = rate[i - width] - mean;

            sum -= out;
            squares -= out * out;
            products -= out * (rate[i - width + 1] - mean);
        }
        if (i + 1 < width)
            continue;
        const size_t w = i + 1 - width;
        const double head = rate[w] - mean;
        const double first = sum - x, second = sum - head; /* without an end */
        const double own = squares - x * x - first * first / pairs;
        const double other = squares - head * head - second * second / pairs;
        const double cross = products - first * second / pairs;

        variance[w] = fmax(squares - sum * sum / m, 0) / pairs;
        memory[w] = own > 1e-12 * spread && other > 1e-12 * spread
                        ? cross / sqrt(own * other)
                        : NAN;
    }
    return windows;
}

void wn_trend_kernel(size_t n, double *kernel)
{
    const double sigma = BANDWIDTH * (double)n;
    const long radius = (long)(4 * sigma + 0.5), period = 2 * (long)n;
    double total = 0;

    for (long k = -radius; k <= radius; k++)
        total += exp(-0.5 * pow((double)k / sigma, 2));
    for (size_t cell = 0; cell < n * n; cell++)
        kernel[cell] = 0;
    for (size_t i = 0; i < n; i++)
        for (long k = -radius; k <= radius; k++) {
            long j = ((long)i + k) % period;

            j = j < 0 ? j + period : j;
            j = j < (long)n ? j : period - 1 - j;
            kernel[i * n + (size_t)j] +=
                exp(-0.5 * pow((double)k / sigma, 2)) / total;
        }
}

void wn_trend_detrend(const double *kernel, const double *rate, size_t n,
                      double *residual)
{
    for (size_t i = 0; i < n; i++) {
        double smooth = 0;

        for (size_t j = 0; j < n; j++)
            smooth += kernel[i * n + j] * rate[j];
        residual[i] = rate[i] - smooth;
    }
}

double wn_trend_tau(const double *value, size_t n)
{
    long concordant = 0, discordant = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            concordant += value[j] > value[i];
            discordant += value[j] < value[i];
        }
    /* The times have no ties; pairs of equal values are neither. */
    const double pairs = (double)n * (double)(n - 1) / 2;
    const double untied = (double)(concordant + discordant);
    return untied > 0 ? (double)(concordant - discordant) / sqrt(pairs * untied)
                      : 0;
}

/* --- early warning ------------------------------------------------------- */

/* Mean, variance and lag-1 autocorrelation of a series. */
static void find_moments(const double *x, size_t n, double *mean,
                         double *variance, double *memory)
{
    double own = 0, cross = 0;

    *mean = 0;
    for (size_t i = 0; i < n; i++)
        *mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        own += (x[i] - *mean) * (x[i] - *mean);
        cross += i ? (x[i] - *mean) * (x[i - 1] - *mean) : 0;
    }
    *variance = own / (double)n;
    *memory = own > 0 ? fmin(fmax(cross / own, -MOST_MEMORY), MOST_MEMORY) : 0;
}

/* A steady series of that lag-1 autocorrelation, with innovations of 1. */
static void draw_series(struct wn_random *random, double memory, double *series,
                        size_t n)
{
    series[0] = wn_random_normal(random) / sqrt(1 - memory * memory);
    for (size_t i = 1; i < n; i++)
        series[i] = memory * series[i - 1] + wn_random_normal(random);
}

double wn_trend_memory(const double *rate, size_t n)
{
    const double *recent = rate + n - RECENT;
    double mean, variance, memory, score = 0;

    find_moments(rate, n - RECENT, &mean, &variance, &memory);
    for (size_t i = 1; i < RECENT; i++) {
        const double last = recent[i - 1] - mean;

        score += (double)i / RECENT * (recent[i] - mean - memory * last) * last;
    }
    return variance > 0 ? score / (variance * (1 - memory * memory) *
                                   sqrt((double)RECENT / 3))
                        : NAN;
}

/* Whether the last nights remember more than those before: the share of steady
 * series whose score is as high. They must differ by more than chance alone
 * makes of so many rows. */
static void find_memory(const double *rate, size_t n, double rows,
                        struct wn_trend *trend)
{
    double *series = wn_new(n, sizeof *series);
    const double score = wn_trend_memory(rate, n);
    double mean, variance, memory;
    size_t reached = 0;
    struct wn_random random;

    find_moments(rate, n - RECENT, &mean, &variance, &memory);
    wn_random_start(&random, 1, WN_RANDOM_SURROGATES, 0, n);
    for (size_t s = 0; s < SURROGATES && !isnan(score); s++) {
        draw_series(&random, memory, series, n);
        reached += wn_trend_memory(series, n) >= score;
    }
    if (!isnan(score))
        trend->p = ((double)reached + 1) / (SURROGATES + 1);
    const double before = mean;
    find_moments(rate + n - RECENT, RECENT, &mean, &variance, &memory);
    variance += (mean - before) * (mean - before);
    trend->unstable =
        trend->p < LEVEL && variance > before * (1 - before) / rows;
    free(series);
}

/* Kendall's tau of both indicators, as they are and without the trend; tau has
 * WN_TAUS of them. */
static void find_taus(const double *kernel, const double *rate, size_t n,
                      double *scratch, struct wn_tau *tau)
{
    double *residual = scratch + 2 * n;

    for (int t = 0; t < WN_TAUS; t++) {
        if (t == WN_DETRENDED)
            wn_trend_detrend(kernel, rate, n, residual);
        const size_t windows = wn_trend_windows(
            t == WN_DETRENDED ? residual : rate, n, scratch, scratch + n);

        tau[t].variance = wn_trend_tau(scratch, windows);
        tau[t].memory = wn_trend_tau(scratch + n, windows);
    }
}

/* p of the taus: the share of simulated series, of the same length and memory
 * and without a trend, whose two taus are both as large. */
static void find_indicators(const double *rate, size_t n,
                            struct wn_trend *trend)
{
    double *scratch = wn_new(n, 3 * sizeof *scratch);
    double *series = wn_new(n, sizeof *series);
    double *kernel = wn_new(n * n, sizeof *kernel);
    double mean, variance, memory;
    size_t reached[WN_TAUS] = {0};
    struct wn_random random;

    wn_trend_kernel(n, kernel);
    find_taus(kernel, rate, n, scratch, trend->tau);
    find_moments(rate, n, &mean, &variance, &memory);
    wn_random_start(&random, 0, WN_RANDOM_SURROGATES, 0, n);
    for (size_t s = 0; s < SURROGATES; s++) {
        struct wn_tau tau[WN_TAUS];

        draw_series(&random, memory, series, n);
        find_taus(kernel, series, n, scratch, tau);
        for (int t = 0; t < WN_TAUS; t++)
            reached[t] += tau[t].variance >= trend->tau[t].variance &&
                          tau[t].memory >= trend->tau[t].memory;
    }
    for (int t = 0; t < WN_TAUS; t++)
        trend->tau[t].p = ((double)reached[t] + 1) / (SURROGATES + 1);
    free(scratch);
    free(series);
    free(kernel);
}

/* --- charts -------------------------------------------------------------- */

/* The median of value[0..n); NaN if one is. `scratch` is of n. */
static double median(const double *value, size_t n, double *scratch)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(value[i]))
            return NAN;
        scratch[i] = value[i];
    }
    qsort(scratch, n, sizeof *scratch, wn_number_ascending);
    return (scratch[(n - 1) / 2] + scratch[n / 2]) / 2;
}

/* Level, deviation and memory of up to BASE nights before the LATEST, then the
 * charts of those after the first of them. Rows stay in a table for many
 * nights, and so does their share of wrong labels: limits are as far apart as
 * the memory of the nights wants, taken at the upper end of its 90 % interval,
 * and no closer than a p chart of the rows. Nothing is claimed that intervals
 * do not bear out: the mean must be outside of the usual one, and the level
 * outside of the last one. */
static void find_charts(const double *rate, const struct wn_night *const *night,
                        size_t n, struct wn_trend *trend)
{
    const size_t end = n - LATEST, begin = end > BASE ? end - BASE : 0;
    const size_t base = end - begin;
    const struct wn_night *now = night[n - 1];
    double *column = wn_new(base, sizeof *column);
    double moves = 0, mean, variance, memory;

    trend->level = median(rate + begin, base, column);
    for (size_t i = 0; i < base; i++)
        column[i] = night[begin + i]->low;
    const double usual_low = median(column, base, column);
    for (size_t i = 0; i < base; i++)
        column[i] = night[begin + i]->high;
    const double usual_high = median(column, base, column);
    free(column);
    find_moments(rate + begin, base, &mean, &variance, &memory);
    memory = fmin(fmax(memory, 0) + 1.645 / sqrt((double)base), MOST_MEMORY);
    for (size_t i = begin + 1; i < end; i++)
        moves += fabs(rate[i] - rate[i - 1]) / (double)(base - 1);
    /* The mean range of two normal numbers of that correlation. */
    trend->deviation =
        fmax(moves / 1.128 / sqrt(1 - memory),
             sqrt(trend->level * (1 - trend->level) / now->rows));
    trend->ewma = trend->level;
    trend->up = trend->down = 0;
    const double long_run =
        trend->deviation * sqrt((1 + memory) / (1 - memory));
    for (size_t i = begin; i < n; i++) {
        trend->ewma += WEIGHT * (rate[i] - trend->ewma);
        if (!(long_run > 0))
            continue;
        const double off = (rate[i] - trend->level) / long_run;
        trend->up = fmax(trend->up + off - SLACK, 0);
        trend->down = fmax(trend->down - off - SLACK, 0);
    }
    const double kept = (1 - WEIGHT) * memory;
    const double reach = LIMIT * trend->deviation *
                         sqrt(WEIGHT / (2 - WEIGHT) * (1 + kept) / (1 - kept));
    trend->low = fmin(fmax(trend->level - reach, 0), usual_low);
    trend->high = fmax(trend->level + reach, usual_high);
    const bool above = trend->ewma > trend->high && !(now->low <= trend->level);
    const bool below = trend->ewma < trend->low && !(now->high >= trend->level);
    trend->outside = trend->deviation > 0 && (above || below);
    trend->shifted =
        (trend->up > DECISION && above) || (trend->down > DECISION && below);
}

/* The rates of history, WN_TREND_MAX at most, in rate, and their nights. */
static size_t collect(const struct wn_nights *history, double *rate,
                      const struct wn_night **kept, size_t *holes)
{
    double last = NAN;
    size_t n = 0;

    for (size_t i =
             history->count > WN_TREND_MAX ? history->count - WN_TREND_MAX : 0;
         i < history->count; i++) {
        const struct wn_night *night = &history->night[i];

        if (isnan(night->rate))
            continue;
        if (night->when - last > 1.5 * DAY)
            *holes += (size_t)round((night->when - last) / DAY) - 1;
        last = night->when;
        /* The middle of the interval moves less than the estimate in it. */
        rate[n] = isnan(night->low) || isnan(night->high)
                      ? night->rate
                      : (night->low + night->high) / 2;
        kept[n++] = night;
    }
    return n;
}

void wn_trend_alarms(const struct wn_nights *history, struct wn_trend *trend)
{
    static const struct wn_tau none = {NAN, NAN, NAN};
    const struct wn_night *kept[WN_TREND_MAX];
    double rate[WN_TREND_MAX];

    *trend = (struct wn_trend){.level = NAN,
                               .deviation = NAN,
                               .ewma = NAN,
                               .low = NAN,
                               .high = NAN,
                               .up = NAN,
                               .down = NAN,
                               .tau = {none, none},
                               .p = NAN};
    const size_t n = collect(history, rate, kept, &trend->holes);
    trend->nights = n;
    if (n >= WN_TREND_MIN)
        find_charts(rate, kept, n, trend);
    if (n >= MEMORY_MIN)
        find_memory(rate, n, kept[n - 1]->rows, trend);
}

void wn_trend_find(const struct wn_nights *history, struct wn_trend *trend)
{
    const struct wn_night *kept[WN_TREND_MAX];
    double rate[WN_TREND_MAX];
    size_t holes = 0;

    wn_trend_alarms(history, trend);
    const size_t n = collect(history, rate, kept, &holes);
    const size_t used = n < WARNING_MAX ? n : WARNING_MAX;
    if (n >= WN_WARNING_MIN)
        find_indicators(rate + n - used, used, trend);
}
