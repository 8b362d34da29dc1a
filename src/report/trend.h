/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report/trend.h: the share of wrong labels over the nights. Formulas: sections
 * 5.2 and 5.4 of doc/ALGORITHMS.md. */
#ifndef WN_REPORT_TREND_H
#define WN_REPORT_TREND_H

#include "report/history.h"

enum { WN_TREND_MIN = 10, WN_TREND_MAX = 365, WN_WARNING_MIN = 20 };

/* Kendall's tau of variance and lag-1 autocorrelation against time, and the
 * share of surrogates that reach both. */
struct wn_tau {
    double variance, memory, p;
};
enum { WN_AS_THEY_ARE, WN_DETRENDED, WN_TAUS };

struct wn_trend {
    size_t nights; /* with a rate, of the last WN_TREND_MAX; what follows is
                      about the middle of their intervals */
    size_t holes;  /* days without an audit between them */
    /* Below WN_TREND_MIN nights these are NaN. */
    double level, deviation;    /* median and spread of the nights before */
    double ewma, low, high;     /* of the last night, and its limits */
    double up, down;            /* CUSUM, in deviations */
    struct wn_tau tau[WN_TAUS]; /* below WN_WARNING_MIN nights NaN */
    double p; /* that the last 30 nights remember no more than those before; NaN
                 below 120 nights */
    bool outside, shifted, unstable;
};

void wn_trend_find(const struct wn_nights *history, struct wn_trend *trend);
/* The same without the taus, which are for reading and most of the work. */
void wn_trend_alarms(const struct wn_nights *history, struct wn_trend *trend);

/* The parts, for tests: variance and lag-1 autocorrelation of the windows of
 * the later half, n - n/2 + 1 each; Kendall's tau-b of value[0..n) against
 * time; the weights of Gaussian smoothing, n x n, and what it leaves; the score
 * test of a lag-1 autocorrelation that rises evenly in the last 30 nights from
 * that of the nights before. */
size_t wn_trend_windows(const double *rate, size_t n, double *variance,
                        double *memory);
double wn_trend_tau(const double *value, size_t n);
void wn_trend_kernel(size_t n, double *kernel);
void wn_trend_detrend(const double *kernel, const double *rate, size_t n,
                      double *residual);
double wn_trend_memory(const double *rate, size_t n);

#endif
