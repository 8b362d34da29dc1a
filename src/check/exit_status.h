/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/exit_status.h: when findings make the exit status 1 (--fail-on=SPEC).
 *
 * SPEC is `never`, or a comma-separated list of conditions, any of which is
 * enough: NAME (a check flagged a row), NAME:COUNT (at least so many rows),
 * NAME:PERCENT% (at least that share of the rows), with `any` in place of NAME
 * for a row with any issue: "label:2%,duplicate:10". `no-signal` holds where
 * the features do not predict the label, so that no label can be judged. */
#ifndef WN_CHECK_EXIT_STATUS_H
#define WN_CHECK_EXIT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/options.h"

/* The option's row, for the programs that have it. */
extern const struct wn_option wn_option_fail_on;

/* Whether SPEC is well formed; WN_EUSAGE says what is not. Programs call it
 * before they read anything. */
int wn_exit_status_check(const char *spec,
                         struct wn_error *error) WN_MUST_CHECK;

/* Whether a condition of a well-formed SPEC names that check. */
bool wn_exit_status_names(const char *spec, const char *check);

/* 1 if a condition of SPEC holds for issue[n], one bit a check in the order of
 * wn_checks, and for `signal`; 0 if none does; -1 as wn_exit_status_check. */
int wn_exit_status_reached(const char *spec, const uint32_t *issue, size_t n,
                           bool signal, struct wn_error *error) WN_MUST_CHECK;

#endif
