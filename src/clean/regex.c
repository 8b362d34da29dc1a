/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PCRE2 with limits; see regex.h. Where there is a just-in-time compiler it is
 * used. It counts steps differently, so the texts on which an expression
 * reaches its limit differ between processors with and without one. */
#include "clean/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

enum {
    HEAP_KIBIBYTES = 16384,
    MIN_JIT_STACK = 1 << 15,
    MAX_JIT_STACK = 1 << 20,
    MAX_SHOWN = 100 /* bytes of an expression in a message */
};

struct wn_regex {
    pcre2_code *code;
    char *text;
    uint32_t options;
};

struct wn_matcher {
    pcre2_match_context *limits;
    pcre2_jit_stack *stack; /* NULL without a just-in-time compiler */
    pcre2_match_data *found;
    int cost;
};

static int regex_fail(struct wn_error *error, const char *text, size_t length,
                      size_t at, int code)
{
    PCRE2_UCHAR reason[120];

    if (pcre2_get_error_message(code, reason, sizeof reason) < 0)
        memcpy(reason, "unknown error", sizeof "unknown error");
    return wn_fail(error, WN_EUSAGE, "'%.*s%s' at byte %zu: %s",
                   (int)(length < MAX_SHOWN ? length : MAX_SHOWN), text,
                   length < MAX_SHOWN ? "" : "...", at, (const char *)reason);
}

struct wn_regex *wn_regex_new(const char *text, size_t length, unsigned flags,
                              struct wn_error *error)
{
    uint32_t options =
        PCRE2_MATCH_INVALID_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_SIZE at;
    int code;

    if (flags & WN_REGEX_WHOLE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    if (flags & WN_REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)text, length, options, &code, &at, NULL);
    if (!compiled && code == PCRE2_ERROR_NOMEMORY)
        wn_die("no memory for a pattern");
    if (!compiled) {
        regex_fail(error, text, length, at, code);
        return NULL;
    }
    (void)pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    struct wn_regex *regex = wn_new(1, sizeof *regex);
    regex->code = compiled;
    regex->text = wn_copy_text(text, length);
    regex->options = options;
    return regex;
}

void wn_regex_free(struct wn_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex->text);
    free(regex);
}

struct wn_matcher *wn_matcher_new(void)
{
    struct wn_matcher *matcher = wn_new(1, sizeof *matcher);

    matcher->limits = pcre2_match_context_create(NULL);
    matcher->found = pcre2_match_data_create(2, NULL);
    matcher->stack = pcre2_jit_stack_create(MIN_JIT_STACK, MAX_JIT_STACK, NULL);
    if (!matcher->limits || !matcher->found)
        wn_die("no memory for a pattern");
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

static int match_within(const struct wn_regex *regex,
                        struct wn_matcher *matcher, const char *text,
                        size_t length, size_t steps)
{
    pcre2_set_match_limit(matcher->limits, (uint32_t)steps);
    return pcre2_match(regex->code, (PCRE2_SPTR)text, length, 0, 0,
                       matcher->found, matcher->limits);
}

/* Try with few steps first: they are enough for most matches, and tell the
 * others apart. */
int wn_regex_match(const struct wn_regex *regex, struct wn_matcher *matcher,
                   const char *text, size_t length, struct wn_error *error)
{
    const size_t quick =
        length < (WN_REGEX_STEPS - WN_REGEX_QUICK) / WN_REGEX_STEPS_PER_BYTE
            ? WN_REGEX_QUICK + WN_REGEX_STEPS_PER_BYTE * length
            : WN_REGEX_STEPS;
    int code = match_within(regex, matcher, text, length, quick);

    if (code == PCRE2_ERROR_MATCHLIMIT && quick < WN_REGEX_STEPS) {
        matcher->cost += WN_REGEX_SLOW;
        code = match_within(regex, matcher, text, length, WN_REGEX_STEPS);
    }
    if (code >= 0)
        return 1;
    if (code == PCRE2_ERROR_NOMATCH)
        return 0;
    if (code == PCRE2_ERROR_NOMEMORY)
        wn_die("no memory for matching a pattern");
    if (!is_limit(code))
        return wn_fail(error, WN_EIO, "PCRE2 failed with code %d", code);
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

/* Substitute into the capacity of *out. *used becomes the bytes that were or
 * would be used, or the place of the error in the replacement. */
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
                     size_t max, struct wn_text *out, struct wn_error *error)
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
        if (used > max)
            return wn_fail(error, WN_EDATA,
                           "makes a cell of %zu bytes, wanted at most %zu",
                           (size_t)used, max);
        wn_grow(&out->bytes, &out->capacity, used, 1);
        code = substitute(regex->code, matcher, text, length, replacement, out,
                          &used);
    }
    if (is_limit(code)) {
        matcher->cost += WN_REGEX_GIVEN_UP;
        return 2;
    }
    if (code == PCRE2_ERROR_NOMEMORY)
        wn_die("no memory for a replacement");
    if (code < 0)
        return regex_fail(error, replacement, strlen(replacement),
                          used == PCRE2_UNSET ? 0 : used, code);
    out->length = used;
    return code > 0;
}

/* PCRE2 looks at a replacement only when something matches, so try it with the
 * expression "(?:...)|", which matches the empty text. */
int wn_regex_check(const struct wn_regex *regex, const char *replacement,
                   struct wn_error *error)
{
    struct wn_matcher *matcher = wn_matcher_new();
    struct wn_text either = {0}, out = {0};
    PCRE2_SIZE used;
    int code = 0;

    wn_text_format(&either, "(?:%s)|", regex->text);
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)either.bytes, either.length, regex->options,
                      &code, &used, NULL);
    if (compiled) {
        wn_grow(&out.bytes, &out.capacity, 1, 1);
        code = substitute(compiled, matcher, "", 0, replacement, &out, &used);
        if (code < 0 && code != PCRE2_ERROR_NOMEMORY)
            regex_fail(error, replacement, strlen(replacement),
                       used == PCRE2_UNSET ? 0 : used, code);
    }
    pcre2_code_free(compiled);
    wn_matcher_free(matcher);
    wn_text_free(&either);
    wn_text_free(&out);
    return error->code ? -1 : 0;
}
