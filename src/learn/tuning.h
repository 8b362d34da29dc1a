/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/tuning.h: choosing a model's settings: a subsample to try them on, and
 * the minimum between the trials. */
#ifndef WN_LEARN_TUNING_H
#define WN_LEARN_TUNING_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"

/* Classes without rows are dropped and the others renumbered from 0. */
struct wn_subsample {
    struct wn_sample sample; /* points to the arrays below */
    float *x, *weight;
    int32_t *label, *group, *fold;
    int32_t *number; /* by class of the source: its number here, from 1; 0 for
                        none */
};

/* Draw up to `max` rows of positive weight, by the sample's seed. With more
 * than max / 8 classes in more than `max` rows, only 8 rows of a class are
 * drawn, of the classes that come first. Neighbours are not copied. */
void wn_subsample_draw(struct wn_subsample *drawn, const struct wn_sample *from,
                       size_t max);
/* Also takes one that is all zero. */
void wn_subsample_free(struct wn_subsample *drawn);

/* The minimum of the parabola through the least of `count` values and its two
 * neighbours, as a fractional index; at either end the index itself. */
double wn_parabola_minimum(const double *value, size_t count);

#endif
