/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/json_row.h: what a row line and an explanation have in common; private
 * to this room. */
#ifndef WN_RENDER_JSON_ROW_H
#define WN_RENDER_JSON_ROW_H

#include <jansson.h>

#include "report/report.h"

/* Row i as both begin: a new object of kind `record`, or NULL. */
json_t *wn_json_row(const struct wn_report *report, const char *record,
                    size_t i);
/* The threshold of class c: null without probabilities and for a class without
 * rows, which has 2. */
json_t *wn_json_threshold(const struct wn_report *report, size_t c);

#endif
