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
    .help = "exit 1 if SPEC holds: any, no-signal, CHECK, CHECK:COUNT or "
            "CHECK:PERCENT%"};
/* clang-format on */

int wn_exit_status_reached(const char *spec, const uint32_t *issue, size_t n,
                           bool signal, struct wn_error *error)
{
    int reached = 0;

    if (strcmp(spec, "never") == 0)
        return 0;
    for (const char *at = spec;; at++) {
        const size_t length = strcspn(at, ",");
        const char *colon = memchr(at, ':', length);
        const size_t name_length = colon ? (size_t)(colon - at) : length;
        bool percent = false;
        char name[32] = "";
        double min = 1;
        size_t rows = 0;

        if (name_length < sizeof name)
            memcpy(name, at, name_length);
        const bool any = strcmp(name, "any") == 0;
        const bool no_signal = strcmp(name, "no-signal") == 0;
        const int check = wn_check_find(name);
        if (!any && !no_signal && check < 0)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', wanted never, any, "
                           "no-signal or the name of a check; see flag "
                           "--list-issues",
                           (int)name_length, at);
        if (no_signal && colon)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', wanted no-signal alone",
                           (int)length, at);
        if (colon) {
            size_t digits = length - name_length - 1;

            percent = digits && colon[digits] == '%';
            digits -= percent;
            if (!wn_number_parse(colon + 1, digits, &min) || min < 0 ||
                (percent && min > 100))
                return wn_fail(error, WN_EUSAGE,
                               "--fail-on: found '%.*s', wanted CHECK:COUNT or "
                               "CHECK:PERCENT%%",
                               (int)length, at);
        }
        const uint32_t mask = any         ? UINT32_MAX
                              : no_signal ? 0
                                          : UINT32_C(1) << check;
        for (size_t i = 0; i < n; i++)
            rows += (issue[i] & mask) != 0;
        const double found =
            percent ? 100 * (double)rows / (double)n : (double)rows;
        reached |= (rows > 0 && found >= min) || (no_signal && !signal);
        at += length;
        if (!*at)
            return reached;
    }
}

int wn_exit_status_check(const char *spec, struct wn_error *error)
{
    return wn_exit_status_reached(spec, NULL, 0, true, error) < 0 ? -1 : 0;
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
