/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCRE2, compiled for whole matches and kept from running away: a pattern
 * such as (a+)+ on a long name ends with an error after milliseconds. */
#include "encode/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 10000, HEAP_KIBIBYTES = 16384 };

struct wn_pattern {
    const char *option;
    char *text;
    pcre2_code *code;
    pcre2_match_data *found;
    pcre2_match_context *limits;
};

static int compile(struct wn_pattern *pattern, struct wn_error *error)
{
    PCRE2_UCHAR reason[120];
    PCRE2_SIZE at;
    int code;

    pattern->code = pcre2_compile(
        (PCRE2_SPTR)pattern->text, PCRE2_ZERO_TERMINATED,
        PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_UCP |
            PCRE2_NEVER_BACKSLASH_C,
        &code, &at, NULL);
    if (!pattern->code) {
        if (pcre2_get_error_message(code, reason, sizeof reason) < 0)
            memcpy(reason, "unknown error", sizeof "unknown error");
        return wn_fail(error, WN_EUSAGE, "--%s: '%s' at byte %zu: %s",
                       pattern->option, pattern->text, (size_t)at,
                       (const char *)reason);
    }
    pattern->found = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    if (!pattern->found || !pattern->limits)
        return wn_fail(error, WN_ENOMEM, "no memory for a pattern");
    pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(pattern->limits, HEAP_KIBIBYTES);
    return 0;
}

struct wn_pattern *wn_pattern_new(const char *option, const char *text,
                                  struct wn_error *error)
{
    struct wn_pattern *pattern = wn_new(1, sizeof *pattern, error);

    if (!pattern)
        return NULL;
    pattern->option = option;
    pattern->text = wn_copy_text(text, strlen(text), error);
    if (pattern->text && compile(pattern, error) == 0)
        return pattern;
    wn_pattern_free(pattern);
    return NULL;
}

void wn_pattern_free(struct wn_pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_context_free(pattern->limits);
    pcre2_match_data_free(pattern->found);
    pcre2_code_free(pattern->code);
    free(pattern->text);
    free(pattern);
}

int wn_pattern_matches(const struct wn_pattern *pattern, const char *text,
                       size_t length, struct wn_error *error)
{
    const int code =
        pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, 0,
                    pattern->found, pattern->limits);

    if (code >= 0)
        return 1;
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    return wn_fail(error, WN_EUSAGE,
                   "--%s: '%s' takes too long on '%.*s', wanted a simpler "
                   "pattern",
                   pattern->option, pattern->text,
                   (int)(length < 60 ? length : 60), text);
}
