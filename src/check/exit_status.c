/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions on what was found; see exit_status.h. */
#include "check/exit_status.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "util/number.h"

/* clang-format off */
const struct wn_option wn_option_fail_on = {
    .topic = "Exit status",
    .name = "fail-on", .kind = WN_TEXT, .value = "SPEC",
    .default_value = "never",
    .help = "exit 1 if one of SPEC holds: CHECK[:COUNT|:PERCENT%], any, "
            "no-signal, and in a report new, wrong:5%, noise>3%, ..."};

/* The conditions other than checks. A condition takes no amount, a number or
 * share of rows, or a share. */
enum amount { NONE, ROWS, SHARE };
static const struct condition {
    const char *name;
    enum amount amount;
    char separator;
    bool report;  /* only a report can tell */
    bool compared; /* and only if there was an audit before */
} conditions[] = {
    {"any", ROWS, ':', false, false},
    {"no-signal", NONE, ':', false, false},
    {"new", ROWS, ':', true, true},
    {"wrong", SHARE, ':', true, false},
    {"noise", SHARE, '>', true, false},
    {"drift", ROWS, ':', true, true},
    {"schema", ROWS, ':', true, true},
    {"strange", ROWS, ':', true, true},
    {"trend", NONE, ':', true, false},
    {"invalid@", ROWS, ':', true, false}};
enum { CONDITIONS = sizeof conditions / sizeof *conditions };
enum condition_id {
    ANY, NO_SIGNAL, NEW, WRONG, NOISE, DRIFT, SCHEMA, STRANGE, TREND, BROKEN
};
/* clang-format on */

/* A condition of the command line. */
struct asked {
    const char *text, *rule; /* rule: of invalid@RULE */
    size_t length, name_length, rule_length;
    int check, condition; /* one of them is -1 */
    bool given, percent;  /* an amount, a share */
    double amount;
};

/* Parse the condition text[0..length). */
static int parse_condition(const char *text, size_t length, struct asked *asked,
                           struct wn_error *error)
{
    static const struct condition of_check = {"", ROWS, ':', false, false};
    const char *at = text;
    char name[32] = "";

    *asked = (struct asked){.text = text,
                            .length = length,
                            .check = -1,
                            .condition = -1,
                            .amount = 1};
    while (at < text + length && *at != ':' && *at != '>')
        at++;
    asked->name_length = (size_t)(at - text);
    if (asked->name_length < sizeof name)
        memcpy(name, text, asked->name_length);
    for (int c = 0; c < CONDITIONS; c++)
        if (strcmp(name, conditions[c].name) == 0 && c != BROKEN)
            asked->condition = c;
    if (asked->name_length > 8 && memcmp(text, "invalid@", 8) == 0) {
        asked->condition = BROKEN;
        asked->rule = text + 8;
        asked->rule_length = asked->name_length - 8;
    }
    if (asked->condition < 0)
        asked->check = wn_check_find(name);
    if (asked->condition < 0 && asked->check < 0)
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted never, any, "
                       "no-signal or the name of a check; see flag "
                       "--list-issues; or new, wrong, noise, drift, schema, "
                       "strange, trend, invalid@RULE",
                       wn_text_shown(asked->name_length), text);
    const struct condition *of =
        asked->condition < 0 ? &of_check : &conditions[asked->condition];
    asked->given = at < text + length;
    if (of->amount == NONE && asked->given)
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted %s alone",
                       wn_text_shown(length), text, of->name);
    size_t digits = asked->given ? length - asked->name_length - 1 : 0;
    asked->percent = digits && at[digits] == '%';
    digits -= asked->percent;
    if (asked->given ? *at != of->separator ||
                           !wn_number_parse(at + 1, digits, &asked->amount) ||
                           asked->amount < 0 ||
                           (asked->percent && asked->amount > 100) ||
                           (of->amount == SHARE && !asked->percent)
                     : of->amount == SHARE) {
        if (of->amount == SHARE)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', wanted %s%cPERCENT%%",
                           wn_text_shown(length), text, of->name,
                           of->separator);
        return wn_fail(error, WN_EUSAGE,
                       "--fail-on: found '%.*s', wanted CHECK:COUNT or "
                       "CHECK:PERCENT%%",
                       wn_text_shown(length), text);
    }
    return 0;
}

/* Where the list begins; NULL without one. */
static const char *first_condition(const char *spec)
{
    return strcmp(spec, "never") ? spec : NULL;
}

/* The next condition of a list: moves *at behind it. False at the end. */
static bool next_condition(const char **at, const char **text, size_t *length)
{
    if (!*at)
        return false;
    *text = *at;
    *length = strcspn(*at, ",");
    *at = (*at)[*length] ? *at + *length + 1 : NULL;
    return true;
}

/* The rows, or the share, that a condition compares with its amount; NaN where
 * it is not known, -1 if nothing has that name. */
static double find_amount(const struct asked *asked,
                          const struct wn_findings *findings)
{
    const uint32_t mask =
        asked->check < 0 ? UINT32_MAX : UINT32_C(1) << asked->check;
    size_t rows = 0;

    switch (asked->condition) {
    case NO_SIGNAL:
        return findings->signal ? 0 : 1;
    case NEW:
        return findings->fresh;
    case DRIFT:
        return findings->drifted;
    case SCHEMA:
        return findings->schema;
    case STRANGE:
        return findings->strange;
    case TREND:
        return findings->trend;
    case WRONG:
        return findings->low;
    case NOISE:
        return findings->rate;
    case BROKEN:
        for (size_t r = 0; r < findings->rules; r++)
            if (strlen(findings->rule_name[r]) == asked->rule_length &&
                memcmp(findings->rule_name[r], asked->rule,
                       asked->rule_length) == 0)
                return (double)findings->broken[r];
        return -1;
    default: /* rows with an issue */
        for (size_t i = 0; findings->issue && i < findings->n; i++)
            rows += (findings->issue[i] & mask) != 0;
        return (double)rows;
    }
}

int wn_exit_status_reached(const char *spec, const struct wn_findings *findings,
                           struct wn_text *reached, struct wn_error *error)
{
    const char *at = first_condition(spec), *text;
    size_t length;
    int status = 0;

    while (next_condition(&at, &text, &length)) {
        struct asked asked;

        if (parse_condition(text, length, &asked, error))
            return -1;
        const struct condition *of =
            asked.condition < 0 ? NULL : &conditions[asked.condition];
        if (of && of->report && !findings->report)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', which report and audit "
                           "can tell; wanted findings of checks",
                           wn_text_shown(length), text);
        if (!findings->issue &&
            (!of || asked.condition == ANY || asked.condition == NO_SIGNAL))
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', which wants an audit",
                           wn_text_shown(length), text);
        const double found = find_amount(&asked, findings);
        if (found < 0)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', wanted the name of a "
                           "cleaning rule of these data",
                           wn_text_shown(length), text);
        if (of && of->compared && isnan(found) && !findings->nights)
            return wn_fail(error, WN_EUSAGE,
                           "--fail-on: found '%.*s', which wants --against of "
                           "report, or --state of audit",
                           wn_text_shown(length), text);
        const bool share = of && of->amount == SHARE;
        const double measured = share ? 100 * found
                                : asked.percent
                                    ? 100 * found / (double)findings->n
                                    : found;
        if (!(found > 0) ||
            !(of && of->separator == '>' ? measured > asked.amount
                                         : measured >= asked.amount))
            continue;
        status = 1;
        wn_text_format(reached, "%s%.*s", reached->length ? ", " : "",
                       (int)length, text);
        if (!of || of->amount != NONE)
            wn_text_format(reached, share ? " (%.3g %%)" : " (%.0f)",
                           share ? measured : found);
    }
    return status;
}

int wn_exit_status_check(const char *spec, struct wn_error *error)
{
    const char *at = first_condition(spec), *text;
    struct asked asked;
    size_t length;

    while (next_condition(&at, &text, &length))
        if (parse_condition(text, length, &asked, error))
            return -1;
    return 0;
}

bool wn_exit_status_names(const char *spec, const char *check)
{
    const char *at = first_condition(spec), *text;
    const size_t size = strlen(check);
    size_t length;

    while (next_condition(&at, &text, &length))
        if (strcspn(text, ":,") == size && memcmp(text, check, size) == 0)
            return true;
    return false;
}
