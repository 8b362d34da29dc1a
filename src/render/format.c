/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/render.h"

/* A name in each of the three, in the same order. */
const char wn_format_choices[] =
    "text|html|markdown|json|tsv|csv|svg|prometheus|nagios";
const char wn_format_help[] =
    "text, html, markdown, json, tsv, csv, svg, prometheus or nagios";
const struct wn_format wn_formats[] = {
    {"text", true, true, false, true, wn_text_report, wn_text_explain,
     WN_CELLS_SHOWN},
    {"html", true, false, false, true, wn_html_report, NULL, WN_CELLS_SHOWN},
    {"markdown", true, false, false, false, wn_markdown_report, NULL,
     WN_CELLS_NEVER},
    {"json", true, true, true, true, wn_json_report, wn_json_explain,
     WN_CELLS_ASKED},
    {"tsv", true, true, false, false, wn_tsv_report, NULL, WN_CELLS_ASKED},
    {"csv", true, true, true, false, wn_csv_report, NULL, WN_CELLS_ASKED},
    {"svg", false, false, false, false, NULL, NULL,
     WN_CELLS_NEVER}, /* of --figure */
    {"prometheus", false, false, false, false, wn_prometheus_report, NULL,
     WN_CELLS_NEVER},
    {"nagios", false, false, false, false, wn_nagios_report, NULL,
     WN_CELLS_NEVER},
    {NULL, false, false, false, false, NULL, NULL, WN_CELLS_NEVER}};

void wn_report_drain(const struct wn_report *report, struct wn_text *out)
{
    enum { LONG = 1 << 20 };

    if (report->drain && out->length > LONG)
        report->drain(report->drain_context, out);
}
