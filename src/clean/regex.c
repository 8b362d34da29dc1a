/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCRE2 kept from running away; see regex.h. With the just-in-time compiler
 * where there is one: it counts steps in its own way, so which texts are too
 * long for an expression differs between processors that have it and others. */
#include "clean/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

enum { HEAP_KIBIBYTES = 16384, STACK_LEAST = 1 << 15, STACK_MOST = 1 << 20 };
enum { SHOWN = 100 };

struct wn_regex {
    pcre2_code *code;
    pcre2_code *either; /* the expression or nothing: for wn_regex_check() */
};

struct wn_matcher {
    pcre2_match_context *limits;
    pcre2_jit_stack *stack; /* NULL where there is no such compiler */
    pcre2_match_data *found;
    int cost;
};

static int regex_fail(struct wn_error *error, enum wn_code kind,
                      const char *text, size_t length, size_t at, int code)
{
    PCRE2_UCHAR reason[120];

    if (pcre2_get_error_message(code, reason, sizeof reason) < 0)
        memcpy(reason, "unknown error", sizeof "unknown error");
    return wn_fail(error, kind, "'%.*s%s' at byte %zu: %s",
                   (int)(length < SHOWN ? length : SHOWN), text,
                   length < SHOWN ? "" : "...", at, (const char *)reason);
}

/* Only so that a replacement can be tried: no failure is told. */
static pcre2_code *compile_either(const char *text, size_t length,
                                  uint32_t options)
{
    struct wn_text both = {0};
    pcre2_code *code = NULL;
    PCRE2_SIZE at;
    int number;

    if (wn_text_add(&both, "(?:", 3) == 0 &&
        wn_text_add(&both, text, length) == 0 &&
        wn_text_add(&both, ")|", 2) == 0)
        code = pcre2_compile((PCRE2_SPTR)both.bytes, both.length, options,
                             &number, &at, NULL);
    wn_text_free(&both);
    return code;
}

struct wn_regex *wn_regex_new(const char *text, size_t length, unsigned how,
                              struct wn_error *error)
{
    struct wn_regex *regex = wn_new(1, sizeof *regex);
    uint32_t options =
        PCRE2_MATCH_INVALID_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE at;
    int code;

    if (how & WN_REGEX_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (how & WN_REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    regex->code =
        pcre2_compile((PCRE2_SPTR)text, length, options, &code, &at, NULL);
    if (!regex->code) {
        regex_fail(error, WN_EUSAGE, text, length, at, code);
    } else {
        (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
        regex->either = compile_either(text, length, options);
    }
    if (!error->code)
        return regex;
    wn_regex_free(regex);
    return NULL;
}

void wn_regex_free(struct wn_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_code_free(regex->either);
    free(regex);
}

struct wn_matcher *wn_matcher_new(struct wn_error *error)
{
    struct wn_matcher *matcher = wn_new(1, sizeof *matcher);

    matcher->limits = pcre2_match_context_create(NULL);
    matcher->found = pcre2_match_data_create(2, NULL);
    matcher->stack = pcre2_jit_stack_create(STACK_LEAST, STACK_MOST, NULL);
    if (!matcher->limits || !matcher->found) {
        wn_fail(error, WN_EIO, "no memory for a pattern");
        wn_matcher_free(matcher);
        return NULL;
    }
    pcre2_set_depth_limit(matcher->limits, WN_REGEX_STEPS);
    pcre2_set_heap_limit(matcher->limits, HEAP_KIBIBYTES);
    if (matcher->stack)
        pcre2_jit_stack_assign(matcher->limits, NULL, matcher->stack);
    return matcher;
}

void wn_matcher_free(struct wn_matcher *matcher)
{
    if (!matcher)
        return;
    pcre2_match_context_free(matcher->limits);
    pcre2_match_data_free(matcher->found);
    pcre2_jit_stack_free(matcher->stack);
    free(matcher);
}

static bool is_limit(int code)
{
    return code == PCRE2_ERROR_MATCHLIMIT || code == PCRE2_ERROR_DEPTHLIMIT ||
           code == PCRE2_ERROR_HEAPLIMIT || code == PCRE2_ERROR_JIT_STACKLIMIT;
}

int wn_matcher_cost(struct wn_matcher *matcher)
{
    const int cost = matcher->cost;

    matcher->cost = 0;
    return cost;
}

static int regex_match(const struct wn_regex *regex, struct wn_matcher *matcher,
                       const char *text, size_t length, size_t steps)
{
    pcre2_set_match_limit(matcher->limits, (uint32_t)steps);
    return pcre2_match(regex->code, (PCRE2_SPTR)text, length, 0, 0,
                       matcher->found, matcher->limits);
}

/* First with few steps: what most matches need, and if not, that is known. */
int wn_regex_match(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *text, size_t length, struct wn_error *error)
{
    const size_t quick =
        length < (WN_REGEX_STEPS - WN_REGEX_QUICK) / WN_REGEX_A_BYTE
            ? WN_REGEX_QUICK + WN_REGEX_A_BYTE * length
            : WN_REGEX_STEPS;
    int code = regex_match(regex, matcher, text, length, quick);

    if (code == PCRE2_ERROR_MATCHLIMIT && quick < WN_REGEX_STEPS) {
        matcher->cost += WN_REGEX_SLOW;
        code = regex_match(regex, matcher, text, length, WN_REGEX_STEPS);
    }
    if (code >= 0)
        return 1;
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    if (!is_limit(code))
        return wn_fail(error, WN_EIO, "no match (PCRE2 %d)", code);
    matcher->cost += WN_REGEX_GIVEN_UP;
    return 2;
}

size_t wn_regex_groups(const struct wn_regex *regex)
{
    uint32_t groups = 0;

    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    return groups;
}

void wn_matcher_group(const struct wn_matcher *matcher, size_t *begin,
                      size_t *length)
{
    const PCRE2_SIZE *place = pcre2_get_ovector_pointer(matcher->found);

    *begin = place[2] == PCRE2_UNSET ? 0 : place[2];
    *length = place[2] == PCRE2_UNSET ? 0 : place[3] - place[2];
}

/* Into the room that *out has; *length becomes what was, or would be, used. */
static int substitute(const pcre2_code *code, const struct wn_matcher *matcher,
                      const char *text, size_t length, const char *replacement,
                      struct wn_text *out, PCRE2_SIZE *used)
{
    *used = out->capacity;
    return pcre2_substitute(
        code, (PCRE2_SPTR)text, length, 0,
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED |
            PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH,
        NULL, matcher->limits, (PCRE2_SPTR)replacement, strlen(replacement),
        (PCRE2_UCHAR *)out->bytes, used);
}

int wn_regex_replace(const struct wn_regex *regex, struct wn_matcher *matcher,
                     const char *text, size_t length, const char *replacement,
                     size_t most, struct wn_text *out, struct wn_error *error)
{
    PCRE2_SIZE used;
    int code = wn_regex_match(regex, matcher, text, length, error);

    if (code != 1)
        return code;
    wn_grow(&out->bytes, &out->capacity, length + 1, 1);
    pcre2_set_match_limit(matcher->limits, WN_REGEX_STEPS);
    code =
        substitute(regex->code, matcher, text, length, replacement, out, &used);
    if (code == PCRE2_ERROR_NOMEMORY && used != PCRE2_UNSET) {
        if (used > most)
            return wn_fail(error, WN_EDATA,
                           "makes a cell of %zu bytes, "
                           "wanted at most %zu",
                           (size_t)used, most);
        wn_grow(&out->bytes, &out->capacity, used, 1);
        code = substitute(regex->code, matcher, text, length, replacement, out,
                          &used);
    }
    if (is_limit(code)) {
        matcher->cost += WN_REGEX_GIVEN_UP;
        return 2;
    }
    if (code == PCRE2_ERROR_NOMEMORY)
        return wn_fail(error, WN_EIO, "no memory for a replacement");
    if (code < 0)
        return regex_fail(error, WN_EUSAGE, replacement, strlen(replacement),
                          used == PCRE2_UNSET ? 0 : used, code);
    out->length = used;
    return code > 0;
}

int wn_regex_check(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *replacement, struct wn_error *error)
{
    struct wn_text out = {0};
    PCRE2_SIZE used;
    int code = 0;

    if (regex->either && wn_grow(&out.bytes, &out.capacity, 1, 1) == 0)
        code =
            substitute(regex->either, matcher, "", 0, replacement, &out, &used);
    wn_text_free(&out);
    if (error->code)
        return -1;
    return code >= 0 || code == PCRE2_ERROR_NOMEMORY
               ? 0
               : regex_fail(error, WN_EUSAGE, replacement, strlen(replacement),
                            used == PCRE2_UNSET ? 0 : used, code);
}
