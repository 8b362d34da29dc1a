/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/pattern.h: PCRE2 patterns on names, with limits.
 *
 * A pattern has to match the whole name: "id" does not match "width". */
#ifndef WN_CLEAN_PATTERN_H
#define WN_CLEAN_PATTERN_H

#include <stddef.h>

#include "util/error.h"

struct wn_pattern;

/* Compile; `option` names the option it came from in messages. WN_EUSAGE
 * tells what is wrong and at which byte. */
struct wn_pattern *wn_pattern_new(const char *option, const char *text,
                                  struct wn_error *error) WN_MUST_CHECK;
void wn_pattern_free(struct wn_pattern *pattern);

/* 1 if the whole of text[0..length), valid UTF-8, matches, 0 if not, -1 with
 * WN_EUSAGE when a limit was reached first. */
int wn_pattern_matches(const struct wn_pattern *pattern, const char *text,
                       size_t length, struct wn_error *error) WN_MUST_CHECK;

/* The same, and where the first group of what matched stands in the text, with
 * *found bytes. WN_EUSAGE also for a pattern that has no group. */
int wn_pattern_group(const struct wn_pattern *pattern, const char *text,
                     size_t length, size_t *begin, size_t *found,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
