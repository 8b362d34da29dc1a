/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/regex.h: PCRE2 on text from outside, with limits.
 *
 * A match may take WN_REGEX_STEPS steps and some memory, no more: (a+)+ on a
 * long text ends after a millisecond. Text is UTF-8; bytes in it that are not
 * are no error, but no part of an expression matches them. */
#ifndef WN_CLEAN_REGEX_H
#define WN_CLEAN_REGEX_H

#include <stddef.h>

#include "util/error.h"
#include "util/text.h"

enum { WN_REGEX_STEPS = 100000 };

/* What a match cost, so that whoever makes many can lose patience: 0 for up to
 * WN_REGEX_QUICK steps and as many for each byte of the text as WN_REGEX_A_BYTE
 * says, else 1, or 100 where a limit was reached. */
enum { WN_REGEX_QUICK = 1000, WN_REGEX_A_BYTE = 16 };
enum wn_regex_cost { WN_REGEX_SLOW = 1, WN_REGEX_GIVEN_UP = 100 };

/* How an expression is meant. */
enum wn_regex_how {
    WN_REGEX_WHOLE = 1,   /* it matches all of the text or not at all */
    WN_REGEX_CASELESS = 2 /* capitals are as small letters */
};

struct wn_regex;   /* compiled; threads may share it */
struct wn_matcher; /* what one thread needs to use expressions */

/* WN_EUSAGE with "'(' at byte 1: missing closing parenthesis". */
struct wn_regex *wn_regex_new(const char *text, size_t length, unsigned how,
                              struct wn_error *error) WN_MUST_CHECK;
void wn_regex_free(struct wn_regex *regex);

struct wn_matcher *wn_matcher_new(struct wn_error *error) WN_MUST_CHECK;
void wn_matcher_free(struct wn_matcher *matcher);

/* Add up what matches cost: the sum so far, which becomes 0. */
int wn_matcher_cost(struct wn_matcher *matcher);

/* 0 no match, 1 a match, 2 a limit was reached first, -1 with WN_ENOMEM. */
int wn_regex_match(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *text, size_t length,
                   struct wn_error *error) WN_MUST_CHECK;

/* Groups in round brackets that the expression has. */
size_t wn_regex_groups(const struct wn_regex *regex);
/* Where the first of them stood in the text when wn_regex_match() last returned
 * 1, and its length; 0 and 0 if it took no part. */
void wn_matcher_group(const struct wn_matcher *matcher, size_t *begin,
                      size_t *length);

/* Put `text` with every match replaced in *out, which is emptied first. The
 * replacement is that of pcre2_substitute(3), extended; groups that did not
 * match are empty. Returns as wn_regex_match(); *out counts if it is 1. -1 with
 * WN_EUSAGE if the replacement is wrong, WN_EDATA if the result is larger than
 * `most` bytes. */
int wn_regex_replace(const struct wn_regex *regex, struct wn_matcher *matcher,
                     const char *text, size_t length, const char *replacement,
                     size_t most, struct wn_text *out,
                     struct wn_error *error) WN_MUST_CHECK;

/* Whether a replacement is well formed and names groups that there are. */
int wn_regex_check(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *replacement,
                   struct wn_error *error) WN_MUST_CHECK;

#endif
