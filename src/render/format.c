/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/render.h"

/* A name in each of the three, in the same order. */
const char wn_format_choices[] = "text|html|json|tsv|svg|prometheus";
const char wn_format_help[] =
    "text, html, json (JSON Lines), tsv, svg or prometheus";
const struct wn_format wn_formats[] = {
    {"text", true, wn_text_report, wn_text_explain, WN_CELLS_SHOWN},
    {"html", true, wn_html_report, NULL, WN_CELLS_NEVER},
    {"json", true, wn_json_report, wn_json_explain, WN_CELLS_ASKED},
    {"tsv", true, wn_tsv_report, NULL, WN_CELLS_ASKED},
    {"svg", false, NULL, NULL, WN_CELLS_NEVER}, /* of --figure only */
    {"prometheus", false, wn_prometheus_report, NULL, WN_CELLS_NEVER},
    {NULL, false, NULL, NULL, WN_CELLS_NEVER}};
