/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forms a report takes, in the order of --format's choices. */
#include "render/report.h"

const struct wn_format wn_formats[] = {
    {"text", wn_text_report, wn_text_explain},
    {"json", wn_json_report, wn_json_explain},
    {"tsv", wn_tsv_report, NULL},
    {NULL, NULL, NULL}};
