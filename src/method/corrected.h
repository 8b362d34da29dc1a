/* SPDX-License-Identifier: GPL-3.0-or-later */
/* method/corrected.h: the transition matrix that the loss corrections use. */
#ifndef WN_METHOD_CORRECTED_H
#define WN_METHOD_CORRECTED_H

#include "method/method.h"

/* The matrix that the labels of neighbours imply (model/hoc.h), k x k, for
 * free(). NULL with *status 1 and why where there are too many classes for it;
 * with -1 and WN_ENOMEM. */
double *wn_corrected_transition(const struct wn_view *view, int *status,
                                struct wn_error *error);

#endif
