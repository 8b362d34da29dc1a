/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns for names, with messages that name the option; see pattern.h. */
#include "clean/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "clean/regex.h"
#include "util/memory.h"

struct wn_pattern {
    const char *option;
    char *text;
    struct wn_regex *regex;
    struct wn_matcher *matcher;
};

struct wn_pattern *wn_pattern_new(const char *option, const char *text,
                                  struct wn_error *error)
{
    struct wn_regex *regex =
        wn_regex_new(text, strlen(text), WN_REGEX_WHOLE, error);

    if (!regex) {
        wn_fail(error, WN_EUSAGE, "--%s", option);
        return NULL;
    }
    struct wn_pattern *pattern = wn_new(1, sizeof *pattern);
    pattern->option = option;
    pattern->text = wn_copy_text(text, strlen(text));
    pattern->regex = regex;
    pattern->matcher = wn_matcher_new();
    return pattern;
}

void wn_pattern_free(struct wn_pattern *pattern)
{
    if (!pattern)
        return;
    wn_matcher_free(pattern->matcher);
    wn_regex_free(pattern->regex);
    free(pattern->text);
    free(pattern);
}

int wn_pattern_matches(const struct wn_pattern *pattern, const char *text,
                       size_t length, struct wn_error *error)
{
    const int found =
        wn_regex_match(pattern->regex, pattern->matcher, text, length, error);

    if (found < 2)
        return found;
    return wn_fail(error, WN_EUSAGE,
                   "--%s: '%s' takes too long on '%.*s', wanted a simpler "
                   "pattern",
                   pattern->option, pattern->text,
                   (int)(length < 60 ? length : 60), text);
}

int wn_pattern_group(const struct wn_pattern *pattern, const char *text,
                     size_t length, size_t *begin, size_t *group_length,
                     struct wn_error *error)
{
    const int match = wn_pattern_matches(pattern, text, length, error);

    if (match < 0)
        return -1;
    if (wn_regex_groups(pattern->regex) == 0)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: found '%s', wanted a pattern with a group in "
                       "round brackets",
                       pattern->option, pattern->text);
    if (match)
        wn_matcher_group(pattern->matcher, begin, group_length);
    return match;
}
