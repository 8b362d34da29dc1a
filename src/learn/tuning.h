/* SPDX-License-Identifier: GPL-3.0-or-later */
/* learn/tuning.h: choosing a model's knobs: rows of a sample to try them on,
 * and where between the trials they are best. */
#ifndef WN_LEARN_TUNING_H
#define WN_LEARN_TUNING_H

#include <stddef.h>
#include <stdint.h>

#include "learn/sample.h"
#include "util/error.h"

/* Only classes that occur are numbered. */
struct wn_draw {
    struct wn_sample sample; /* of the arrays below */
    float *x, *weight;
    int32_t *label, *group, *fold;
    int32_t *number; /* by class: its own here, from 1; 0 for none */
};

/* Up to `most` rows with a label that counts, by the sample's seed; all of a
 * class or, where more than most / 8 classes share more than `most` rows, 8 of
 * those that come first. `draw` is to be freed after a failure (WN_ENOMEM),
 * too, and may be all zero before. Neighbours are not drawn. */
int wn_draw_rows(struct wn_draw *draw, const struct wn_sample *from,
                 size_t most) WN_MUST_CHECK;
void wn_draw_free(struct wn_draw *draw);

/* Where between the neighbours of the least of count values the parabola
 * through the three is lowest, as a place in the list. */
double wn_tuning_lowest(const double *value, size_t count);

#endif
