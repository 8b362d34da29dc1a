/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/corrected.h: the transition matrix that the labels of neighbours imply
 * (noise/hoc.h), for the loss corrections and the rates of SimiFeat. */
#ifndef WN_METHOD_CORRECTED_H
#define WN_METHOD_CORRECTED_H

#include "method/method.h"
#include "noise/hoc.h"

/* Fit it; share[k], the classes' shares of the rows that were counted, may be
 * NULL. 0; 1 and why where there are too many classes for it, or too few rows;
 * -1. Unless 0 *fit is empty. */
int wn_corrected_fit(const struct wn_view *view, struct wn_transition *fit,
                     double *share, struct wn_error *error) WN_MUST_CHECK;

#endif
