/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections of the text report and of the page on the nights so far. */
#include <math.h>

#include "page/markup.h"
#include "render/phrases.h"
#include "render/render.h"
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

/* The trend in words. */
static void say_trend(const struct wn_trend *trend, struct wn_text *out)
{
    if (trend->holes)
        wn_text_format(out, "Days without an audit: %zu. ", trend->holes);
    if (isnan(trend->level)) {
        wn_text_format(out, "A trend wants %d nights or more.", WN_TREND_MIN);
        return;
    }
    wn_text_format(out,
                   "The weighted mean of the last nights is %.2g %% wrong, %s "
                   "its limits, %.2g to %.2g %%. %s",
                   100 * trend->ewma, trend->outside ? "outside" : "within",
                   100 * trend->low, 100 * trend->high,
                   trend->shifted ? trend->up > trend->down
                                        ? "The level has risen."
                                        : "The level has fallen."
                                  : "The level has not shifted.");
    if (isnan(trend->tau[0].p))
        return;
    wn_text_format(out,
                   " Variance and memory of the nights against time, by "
                   "Kendall's tau: %.2f and %.2f, which %.2g %% of steady "
                   "series reach; without the trend %.2f and %.2f, %.2g %%.",
                   trend->tau[0].variance, trend->tau[0].memory,
                   100 * trend->tau[0].p, trend->tau[1].variance,
                   trend->tau[1].memory, 100 * trend->tau[1].p);
    if (!isnan(trend->p))
        wn_text_format(out,
                       " Early warning: the last 30 nights %s those before "
                       "(so do %.2g %% of steady series).",
                       trend->unstable ? "remember more than"
                                       : "do not clearly remember more than",
                       100 * trend->p);
}

void wn_trend_text(const struct wn_report *report, struct wn_text *out)
{
    struct wn_text said = {0};

    if (report->trend->nights == 1)
        wn_text_format(out, "\nThe last night\n");
    else
        wn_text_format(out, "\nThe last %zu nights\n", report->trend->nights);
    put_bars(report->history, out);
    say_trend(report->trend, &said);
    wn_phrase_paragraph(out, said.bytes);
    wn_text_free(&said);
}

void wn_html_trend(const struct wn_report *report, struct wn_text *page)
{
    struct wn_text said = {0};

    if (!report->trend)
        return;
    say_trend(report->trend, &said);
    wn_markup(page, "\n<p>%s</p>", said.bytes);
    wn_text_free(&said);
}
