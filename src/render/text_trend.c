/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The section of the text report on the nights so far. */
#include <math.h>

#include "render/phrases.h"
#include "report/trend.h"

enum { SHOWN = 60 };

/* The rates of the last nights as bars from 0 to the largest; a dot is a night
 * without a rate, a blank one or more days without an audit. */
static void put_bars(const struct wn_nights *history, struct wn_text *out)
{
    static const char *const bar[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                      "\u2585", "\u2586", "\u2587", "\u2588"};
    const size_t from = history->count > SHOWN ? history->count - SHOWN : 0;
    double most = 0;

    for (size_t i = from; i < history->count; i++)
        most = fmax(most, history->night[i].rate);
    wn_text_format(out, "  ");
    for (size_t i = from; i < history->count; i++) {
        const struct wn_night *night = &history->night[i];

        if (i > from && night->when - night[-1].when > 1.5 * 86400)
            wn_text_format(out, " ");
        wn_text_format(
            out, "%s",
            isnan(night->rate)
                ? "."
                : bar[most > 0 ? (int)fmin(night->rate / most * 8, 7) : 0]);
    }
    wn_text_format(out, "  0 to %.2g %% wrong\n", 100 * most);
}

void wn_trend_text(const struct wn_report *report, struct wn_text *out)
{
    const struct wn_trend *trend = report->trend;

    wn_text_format(out, "\nThe last %zu nights\n", trend->nights);
    put_bars(report->history, out);
    if (trend->holes)
        wn_phrase_say(out, "Days without an audit: %zu.", trend->holes);
    if (isnan(trend->level)) {
        wn_phrase_say(out, "A trend wants %d nights or more.", WN_TREND_MIN);
        return;
    }
    wn_phrase_say(out,
                  "The weighted mean of the last nights is %.2g %% wrong, "
                  "%s its limits, %.2g to %.2g %%. %s",
                  100 * trend->ewma, trend->outside ? "outside" : "within",
                  100 * trend->low, 100 * trend->high,
                  trend->shifted ? trend->up > trend->down
                                       ? "The level has risen."
                                       : "The level has fallen."
                                 : "The level has not shifted.");
    if (!isnan(trend->p))
        wn_phrase_say(
            out,
            "Early warning: variance and memory of the rate %s (Kendall's tau "
            "%.2f and %.2f; %.2g %% of steady series reach both).",
            trend->unstable ? "rise: it is losing stability"
                            : "do not both "
                              "rise",
            trend->tau_variance, trend->tau_memory, 100 * trend->p);
}
