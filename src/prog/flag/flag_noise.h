/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prog/flag/flag_noise.h: the noise that flag found, logged and stored. */
#ifndef WN_PROG_FLAG_FLAG_NOISE_H
#define WN_PROG_FLAG_FLAG_NOISE_H

#include "noise/confident.h"
#include "noise/claim.h"
#include "audit/audit.h"
#include "prog/program.h"

/* With --verbose: the noise, its worst classes and pairs of classes. */
void flag_log_noise(const struct wn_run *run, const struct wn_noise *noise,
                    const struct wn_suspicion *judged, char *const *name);

/* /flag/noise: matrices whole up to WN_WHOLE_CLASSES, beyond it the cells that
 * are not 0. */
int flag_write_noise(struct wn_audit_writer *writer,
                     const struct wn_noise *noise,
                     const struct wn_suspicion *judged,
                     const struct wn_claim *claim,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
