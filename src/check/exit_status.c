/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions on the number of flagged rows; see exit_status.h. */
#include "check/exit_status.h"

#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "util/number.h"

/* clang-format off */
const struct wn_option wn_option_fail_on = {
    .name = "fail-on", .kind = WN_TEXT, .value = "SPEC", .standard = "never",
    .help = "exit 1 if SPEC holds: any, CHECK, CHECK:COUNT or CHECK:PERCENT%"};
/* clang-format on */

/* One condition. */
struct limit {
    uint32_t mask; /* bits that count */
    double least;  /* rows, or percent of them */
    int percent;
};

static int read_name(const char *text, size_t length, uint32_t *mask,
                     struct wn_error *error)
{
    char name[32];

    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const int check = length < sizeof name ? wn_check_find(name) : -1;
    if (strcmp(name, "any") == 0)
        *mask = UINT32_MAX;
    else if (check >= 0)
        *mask = UINT32_C(1) << check;
    else
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted never, any or the "
                       "name of a check; see flag --list-issues",
                       (int)length, text);
    return 0;
}

static int read_limit(const char *text, size_t length, struct limit *limit,
                      struct wn_error *error)
{
    const char *colon = memchr(text, ':', length);
    const size_t name = colon ? (size_t)(colon - text) : length;

    *limit = (struct limit){0, 1, 0};
    if (read_name(text, name, &limit->mask, error))
        return -1;
    if (!colon)
        return 0;
    size_t digits = length - name - 1;
    if (digits && colon[digits] == '%') {
        limit->percent = 1;
        digits--;
    }
    if (!wn_number_parse(colon + 1, digits, &limit->least) ||
        limit->least < 0 || (limit->percent && limit->least > 100))
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted CHECK:COUNT or "
                       "CHECK:PERCENT%%",
                       (int)length, text);
    return 0;
}

static int exit_status_holds(const struct limit *limit, const uint32_t *issue,
                             size_t n)
{
    size_t rows = 0;

    for (size_t i = 0; i < n; i++)
        rows += (issue[i] & limit->mask) != 0;
    const double found =
        limit->percent ? 100 * (double)rows / (double)n : (double)rows;
    return rows > 0 && found >= limit->least;
}

int wn_exit_status_reached(const char *spec, const uint32_t *issue, size_t n,
                           struct wn_error *error)
{
    struct limit limit;
    int reached = 0;

    if (strcmp(spec, "never") == 0)
        return 0;
    for (const char *at = spec;; at++) {
        const size_t length = strcspn(at, ",");

        if (read_limit(at, length, &limit, error))
            return -1;
        reached |= exit_status_holds(&limit, issue, n);
        at += length;
        if (!*at)
            return reached;
    }
}

int wn_exit_status_check(const char *spec, struct wn_error *error)
{
    return wn_exit_status_reached(spec, NULL, 0, error) < 0 ? -1 : 0;
}

bool wn_exit_status_names(const char *spec, const char *check)
{
    const size_t length = strlen(check);

    for (const char *at = spec; *at; at += *at == ',') {
        const size_t size = strcspn(at, ":,");

        if (size == length && memcmp(at, check, length) == 0)
            return true;
        at += strcspn(at, ",");
    }
    return false;
}
