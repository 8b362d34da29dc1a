/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions on the number of flagged rows; see exit_status.h. */
#include "check/exit_status.h"

#include <string.h>

#include "check/check.h"
#include "util/number.h"

/* clang-format off */
const struct wn_option wn_option_fail_on = {
    .name = "fail-on", .kind = WN_TEXT, .value = "SPEC",
    .default_value = "never",
    .help = "exit 1 if SPEC holds: any, CHECK, CHECK:COUNT or CHECK:PERCENT%"};
/* clang-format on */

/* One condition. */
struct condition {
    uint32_t mask; /* bits that count */
    double min;    /* rows, or percent of them */
    bool percent;
};

static int read_condition(const char *text, size_t length,
                          struct condition *condition, struct wn_error *error)
{
    const char *colon = memchr(text, ':', length);
    const size_t name_length = colon ? (size_t)(colon - text) : length;
    char name[32] = "";

    *condition = (struct condition){0, 1, false};
    if (name_length < sizeof name)
        memcpy(name, text, name_length);
    const int check = wn_check_find(name);
    if (strcmp(name, "any") == 0)
        condition->mask = UINT32_MAX;
    else if (check >= 0)
        condition->mask = UINT32_C(1) << check;
    else
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted never, any or the "
                       "name of a check; see flag --list-issues",
                       (int)name_length, text);
    if (!colon)
        return 0;
    size_t digits = length - name_length - 1;
    if (digits && colon[digits] == '%') {
        condition->percent = true;
        digits--;
    }
    if (!wn_number_parse(colon + 1, digits, &condition->min) ||
        condition->min < 0 || (condition->percent && condition->min > 100))
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted CHECK:COUNT or "
                       "CHECK:PERCENT%%",
                       (int)length, text);
    return 0;
}

int wn_exit_status_reached(const char *spec, const uint32_t *issue, size_t n,
                           struct wn_error *error)
{
    int reached = 0;

    if (strcmp(spec, "never") == 0)
        return 0;
    for (const char *at = spec;; at++) {
        const size_t length = strcspn(at, ",");
        struct condition condition;
        size_t rows = 0;

        if (read_condition(at, length, &condition, error))
            return -1;
        for (size_t i = 0; i < n; i++)
            rows += (issue[i] & condition.mask) != 0;
        const double found =
            condition.percent ? 100 * (double)rows / (double)n : (double)rows;
        reached |= rows > 0 && found >= condition.min;
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
