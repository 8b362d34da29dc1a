/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line for Nagios and its kin: the state by --fail-on, what there is to
 * say, then performance data after "|", as name=value[unit]. */
#include <math.h>

#include "render/phrases.h"
#include "render/render.h"
#include "report/drift.h"
#include "report/history.h"
#include "util/number.h"

static void put_number(struct wn_text *out, const char *name, double value,
                       const char *unit)
{
    char text[32];

    if (isnan(value))
        return;
    wn_number_format(round(1e4 * value) / 1e4, text);
    wn_text_format(out, " %s=%s%s", name, text, unit);
}

void wn_nagios_report(const struct wn_report *report, struct wn_text *out)
{
    const bool reached = report->reached.length > 0;
    const struct wn_nights *nights = report->history;
    struct wn_text subject = {0};

    /* "|" would begin the performance data. */
    wn_sentence_subject(report, &subject);
    for (size_t i = 0; i < subject.length; i++)
        if (subject.bytes[i] == '|')
            subject.bytes[i] = '/';
    wn_text_format(out, "WINNOW %s - %s", reached ? "WARNING" : "OK",
                   wn_text_of(&subject));
    if (reached)
        wn_text_format(out, "; reached %s", report->reached.bytes);
    wn_text_format(out, " |");
    wn_text_free(&subject);
    put_number(out, "rows", (double)report->data.n, "");
    put_number(
        out, "flagged",
        (double)(report->label_bit ? report->label_rows : report->flagged_rows),
        "");
    put_number(out, "wrong", 100 * report->rate, "%");
    put_number(out, "wrong_low", 100 * report->rate_low, "%");
    put_number(out, "wrong_high", 100 * report->rate_high, "%");
    if (report->against)
        put_number(out, "new", (double)wn_comparison_new(report->against), "");
    if (report->drift) {
        put_number(out, "drifted", (double)report->drift->drifted, "");
        put_number(out, "psi", report->drift->psi, "");
        put_number(out, "schema", (double)report->drift->changes.count, "");
    }
    if (nights && nights->count)
        put_number(out, "seconds", nights->night[nights->count - 1].seconds,
                   "s");
    wn_text_add(out, "\n", 1);
}
