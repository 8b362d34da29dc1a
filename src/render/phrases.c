/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phrases that the text forms share; see phrases.h. */
#include "render/phrases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "method/method.h"
#include "render/grid.h"

const char *wn_check_reason(const char *name)
{
    const int check = wn_check_find(name);

    return check >= 0 ? wn_checks[check]->reason : name;
}

bool wn_check_optional(const char *name)
{
    const int check = wn_check_find(name);

    return check >= 0 && wn_checks[check]->optional;
}

const char *wn_score_brief(const char *name)
{
    const struct wn_method *method = wn_method_find(name);

    return method ? method->brief : "";
}

void wn_phrase_suspicion(float suspicion, char out[16])
{
    if (isnan(suspicion))
        snprintf(out, 16, "-");
    else if (suspicion < 1 && suspicion >= 0.9995f)
        snprintf(out, 16, "> 0.999");
    else
        snprintf(out, 16, "%.3f", (double)suspicion);
}

const char *wn_plural(size_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

int wn_phrase_data(struct wn_text *out, const char *text)
{
    if (!text)
        text = "-";
    wn_text_add_visible(out, text, strlen(text));
    return 0;
}

int wn_phrase_short(struct wn_text *out, const char *text)
{
    enum { MOST = 40 };
    const size_t start = out->length;
    size_t length;

    wn_phrase_data(out, text);
    length = out->length - start;
    if (wn_cells(out->bytes + start, length) <= MOST)
        return 0;
    out->length = start + wn_cells_prefix(out->bytes + start, length, MOST - 3);
    wn_text_add(out, "...", 3);
    return 0;
}

int wn_phrase_wrap(struct wn_text *out, const char *text)
{
    size_t used = 0;

    for (;;) {
        text += strspn(text, " ");
        const size_t length = strcspn(text, " ");
        const size_t cells = wn_cells(text, length);

        if (!length) {
            wn_text_add(out, "\n", 1);
            return 0;
        }
        wn_text_add(out, used ? " " : "  ", used ? 1 : 2);
        if (used && used + 1 + cells > WN_WIDTH - 2) {
            out->bytes[out->length - 1] = '\n';
            wn_text_add(out, "  ", 2);
            used = 0;
        }
        wn_text_add(out, text, length);
        used += (used ? 1 : 2) + cells;
        text += length;
    }
}

int wn_phrase_say(struct wn_text *out, const char *format, ...)
{
    char text[1000];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    wn_phrase_wrap(out, text);
    return 0;
}

static int add_noise(const struct wn_report *report, struct wn_text *out)
{
    if (isnan(report->rate))
        return 0;
    wn_text_format(out, ", est. %.1f %%", 100 * report->rate);
    if (!isnan(report->rate_low) && !isnan(report->rate_high) &&
        wn_text_format(out, " (%.1f-%.1f)", 100 * report->rate_low,
                       100 * report->rate_high))
        return -1;
    wn_text_format(out, " wrong labels");
    return 0;
}

int wn_phrase_headline(const struct wn_report *report, struct wn_text *out)
{
    wn_phrase_data(out, wn_report_source(report));
    wn_text_format(out, ": %zu %s", report->data.n,
                   wn_plural(report->data.n, "row", "rows"));
    if (!report->flagged) {
        wn_text_format(out, ", %zu %s, not %s yet", report->data.k,
                       wn_plural(report->data.k, "class", "classes"),
                       report->scored ? "flagged" : "scored");
        return 0;
    }
    if (add_noise(report, out))
        return -1;
    if (report->against) {
        wn_text_format(out, ", %zu new %s, %zu gone",
                       report->against->changes[WN_NEW_FLAG] +
                           report->against->changes[WN_NEW_ROW],
                       wn_plural(report->against->changes[WN_NEW_FLAG] +
                                     report->against->changes[WN_NEW_ROW],
                                 "flag", "flags"),
                       report->against->gones[WN_CLEARED] +
                           report->against->gones[WN_EDITED] +
                           report->against->gones[WN_REMOVED]);
        return 0;
    }
    wn_text_format(out, ", %zu flagged",
                   report->label_bit ? report->label_rows
                                     : report->flagged_rows);
    return 0;
}

int wn_phrase_sibling(const struct wn_report *report, const char *name,
                      struct wn_text *out)
{
    static const char own[] = "report";
    const char *program = report->program ? report->program : own;
    const char *found = NULL;

    for (const char *at = program; (at = strstr(at, own)); at++)
        found = at;
    if (!found) {
        wn_text_format(out, "%s", name);
        return 0;
    }
    wn_text_add_visible(out, program, (size_t)(found - program));
    if (wn_text_format(out, "%s", name))
        return -1;
    wn_phrase_data(out, found + strlen(own));
    return 0;
}

int wn_phrase_operand(const struct wn_report *report, struct wn_text *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+-:,@%=";
    const char *file = report->file ? report->file : "FILE.h5";

    if (*file == '-' && wn_text_add(out, "./", 2))
        return -1;
    if (*file && file[strspn(file, plain)] == '\0') {
        wn_text_add(out, file, strlen(file));
        return 0;
    }
    wn_text_add(out, "'", 1);
    for (;; file++) {
        const size_t size = strcspn(file, "'");

        wn_text_add_visible(out, file, size);
        file += size;
        if (!*file) {
            wn_text_add(out, "'", 1);
            return 0;
        }
        wn_text_add(out, "'\\''", 4);
    }
}

int wn_phrase_issues(const struct wn_report *report, size_t i,
                     const char *separator, struct wn_text *out)
{
    bool first = true;

    for (size_t c = 0; c < report->checks && c < 32; c++) {
        if (!(report->issue[i] >> c & 1))
            continue;
        wn_text_format(out, "%s%s", first ? "" : separator,
                       report->check_name[c]);
        first = false;
    }
    return 0;
}

const char *wn_phrase_place(const struct wn_dataset *data)
{
    return data->form && strcmp(data->form, "libsvm") ? "source row" : "line";
}
