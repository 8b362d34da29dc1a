/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/interval.h: how sure the estimated noise rate is. */
#ifndef WN_CHECK_INTERVAL_H
#define WN_CHECK_INTERVAL_H

#include "check/confident.h"

/* The 90 % interval low .. high around noise->rate: Wilson's interval for a
 * share, with the rows that the confident joint counts as its sample. It
 * covers chance, not a model that is wrong in the same way everywhere. */
void wn_noise_interval(const struct wn_noise *noise, double *low,
                       double *high);

#endif
