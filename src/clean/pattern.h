/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/pattern.h: a PCRE2 pattern for names that an option gave.
 *
 * The pattern must match the whole name: "id" does not match "width". */
#ifndef WN_CLEAN_PATTERN_H
#define WN_CLEAN_PATTERN_H

#include <stddef.h>

#include "util/error.h"

struct wn_pattern;

/* Compile `text`; messages name --`option`. WN_EUSAGE says what is wrong with
 * the pattern, and at which byte. */
struct wn_pattern *wn_pattern_new(const char *option, const char *text,
                                  struct wn_error *error) WN_MUST_CHECK;
void wn_pattern_free(struct wn_pattern *pattern);

/* 1 if all of text[0..length), valid UTF-8, matches, 0 if not, -1 with
 * WN_EUSAGE if a limit was reached first. */
int wn_pattern_matches(const struct wn_pattern *pattern, const char *text,
                       size_t length, struct wn_error *error) WN_MUST_CHECK;

/* The same, and the place and length of the first group in the text. WN_EUSAGE
 * also for a pattern without groups. */
int wn_pattern_group(const struct wn_pattern *pattern, const char *text,
                     size_t length, size_t *begin, size_t *group_length,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
