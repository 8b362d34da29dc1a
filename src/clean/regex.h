/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/regex.h: PCRE2 on untrusted text, with limits.
 *
 * A match may take WN_REGEX_STEPS steps and some memory, so (a+)+ on a long
 * text ends after a millisecond. Text is UTF-8. Bytes that are not valid UTF-8
 * are no error, but no part of an expression matches them. */
#ifndef WN_CLEAN_REGEX_H
#define WN_CLEAN_REGEX_H

#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

enum { WN_REGEX_STEPS = 100000 };

/* What a match cost, so that a caller who makes many can stop:
 *   0                   at most WN_REGEX_QUICK steps, plus
 *                       WN_REGEX_STEPS_PER_BYTE for each byte of the text
 *   WN_REGEX_SLOW       more
 *   WN_REGEX_GIVEN_UP   it reached a limit */
enum { WN_REGEX_QUICK = 1000, WN_REGEX_STEPS_PER_BYTE = 16 };
enum wn_regex_cost { WN_REGEX_SLOW = 1, WN_REGEX_GIVEN_UP = 100 };

enum wn_regex_flags {
    WN_REGEX_WHOLE = 1,   /* the expression must match all of the text */
    WN_REGEX_CASELESS = 2 /* ignore case */
};

struct wn_regex;   /* compiled; threads may share it */
struct wn_matcher; /* a thread's scratch for matching */

/* WN_EUSAGE with "'(' at byte 1: missing closing parenthesis". */
struct wn_regex *wn_regex_new(const char *text, size_t length, unsigned flags,
                              struct wn_error *error) WN_MUST_CHECK;
void wn_regex_free(struct wn_regex *regex);

struct wn_matcher *wn_matcher_new(void);
void wn_matcher_free(struct wn_matcher *matcher);

/* The cost of all matches since the last call. */
int wn_matcher_cost(struct wn_matcher *matcher);

/* 0 no match, 1 a match, 2 a limit was reached first, -1 with WN_EIO when
 * PCRE2 fails. */
int wn_regex_match(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *text, size_t length,
                   struct wn_error *error) WN_MUST_CHECK;

/* The number of groups in the expression. */
size_t wn_regex_groups(const struct wn_regex *regex);
/* The place and length of the first group in the text when wn_regex_match()
 * last returned 1; 0 and 0 if it took no part in the match. */
void wn_matcher_group(const struct wn_matcher *matcher, size_t *begin,
                      size_t *length);

/* Set *out to `text` with every match replaced. The replacement is that of
 * pcre2_substitute(3), extended; groups that did not match are empty. Returns
 * as wn_regex_match(); *out is valid if it returns 1. -1 with WN_EUSAGE if the
 * replacement is malformed, with WN_EDATA if the result has more than `max`
 * bytes. */
int wn_regex_replace(const struct wn_regex *regex, struct wn_matcher *matcher,
                     const char *text, size_t length, const char *replacement,
                     size_t max, struct wn_text *out,
                     struct wn_error *error) WN_MUST_CHECK;

/* WN_EUSAGE if a replacement is malformed or names a group that the expression
 * lacks. */
int wn_regex_check(const struct wn_regex *regex, const char *replacement,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
