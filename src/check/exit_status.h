/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/exit_status.h: when findings make the exit status 1 (--fail-on=SPEC).
 *
 * SPEC is `never`, or a comma-separated list of conditions, any of which is
 * enough:
 *
 *   NAME            a check flagged a row
 *   NAME:COUNT      at least so many rows
 *   NAME:PERCENT%   at least that share of the rows
 *   wrong:PERCENT%  the low end of the interval of the rate is at least that
 *   noise>PERCENT%  the estimated rate is above that
 *   drift, schema   a column drifted; columns or classes came, went, changed
 *   strange         rows that the audit before has nothing like
 *   trend           the share of wrong labels left its limits, shifted, or is
 *                   losing stability
 *   no-signal       the features do not predict the label
 *
 * NAME is a check, `any` for a row with any issue, `new` for a flag that the
 * audit before did not have, or `invalid@RULE` for the cells that break a
 * cleaning rule: "label:2%,new:10,invalid@age:1%". */
#ifndef WN_CHECK_EXIT_STATUS_H
#define WN_CHECK_EXIT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/options.h"
#include "util/text.h"

/* The option's row, for the programs that have it. */
extern const struct wn_option wn_option_fail_on;

/* Whether SPEC is well formed; WN_EUSAGE says what is not. Programs call it
 * before they read anything. */
int wn_exit_status_check(const char *spec,
                         struct wn_error *error) WN_MUST_CHECK;

/* Whether a condition of a well-formed SPEC names that check. */
bool wn_exit_status_names(const char *spec, const char *check);

/* What conditions ask about. */
struct wn_findings {
    const uint32_t *issue; /* n, one bit a check in the order of wn_checks */
    size_t n;
    bool signal;
    /* Of a report; a stage knows nothing of these. */
    bool report;
    bool nights;      /* it is one of several, maybe the first */
    double rate, low; /* share of wrong labels; NaN where not known */
    /* NaN without an audit before: new flags, columns that drifted, changes of
     * columns and classes, strange rows. */
    double fresh, drifted, schema, strange;
    bool trend;   /* the share of wrong labels is out of control */
    size_t rules; /* cleaning rules, and the cells that broke each */
    char *const *rule_name;
    const uint64_t *broken;
};

/* 1 if a condition of SPEC holds; 0 if none does; -1 as wn_exit_status_check,
 * and where a condition asks for what is not there. Adds the conditions that
 * hold, with what was found, to *reached: "new:1 (14), any (3)". */
int wn_exit_status_reached(const char *spec, const struct wn_findings *findings,
                           struct wn_text *reached,
                           struct wn_error *error) WN_MUST_CHECK;

#endif
