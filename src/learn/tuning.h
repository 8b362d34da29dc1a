/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/tuning.h: choosing a model's settings: a subsample to try them on, and
 * the minimum between the trials. */
#ifndef WN_LEARN_TUNING_H
#define WN_LEARN_TUNING_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/arena.h"

/* Draw up to `max` rows of positive weight, by the sample's seed, into arrays
 * of `own`. Classes without rows are dropped and the others renumbered from 0.
 * With more than max / 8 classes in more than `max` rows, only 8 rows of a
 * class are drawn, of the classes that come first. Neighbours are not
 * copied. */
struct wn_sample wn_subsample_draw(const struct wn_sample *from, size_t max,
                                   struct wn_arena *own);

/* The minimum of the parabola through the least of `count` values and its two
 * neighbours, as a fractional index; at either end the index itself. */
double wn_parabola_minimum(const double *value, size_t count);

#endif
