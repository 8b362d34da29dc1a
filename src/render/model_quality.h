/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/model_quality.h: what score measured of its own means: how well the
 * models tell the labels of rows that they did not see, what of the neighbours
 * was found, how the features spread. What an audit does not have is NULL, 0 or
 * NaN. */
#ifndef WN_RENDER_MODEL_QUALITY_H
#define WN_RENDER_MODEL_QUALITY_H

#include <stdbool.h>
#include <stddef.h>

#include "audit/audit.h"
#include "util/error.h"
#include "util/text.h"

/* Singular values beyond which the features look spoiled: a table of noise
 * twice as long as wide has an evenness of .988. Few features may well be as
 * even. */
#define WN_EVEN .985
#define WN_SPILL .9
enum { WN_EVEN_FEATURES = 16 };

/* A model of --model, the pool of them, or probabilities that were brought;
 * measures as in learn/pool.h. */
struct wn_member {
    char *name, *chosen;
    double log_loss, calibration, accuracy, weight;
};

struct wn_model_quality {
    size_t members;
    struct wn_member *member; /* the pool of several is the last */
    size_t neighbors;         /* of each row, 0 without a graph */
    char *metric, *method;    /* of the graph */
    double recall, cells, probe;
    double epoch, epochs;              /* of the networks: the early one, all */
    char *kernels;                     /* of OpenBLAS */
    double entropy, evenness, largest; /* of the features' singular values */
};

/* Nothing here is missed where it is not there or makes no sense: fails for
 * want of memory and damage only. wn_model_quality_free() in any case. */
int wn_model_quality_load(struct wn_model_quality *measured,
                          const struct wn_audit *audit,
                          struct wn_error *error) WN_MUST_CHECK;
void wn_model_quality_free(struct wn_model_quality *measured);

/* For people: a line on `d` features, some of them perhaps made of texts; the
 * table of models, with the knobs that the data chose if `chosen`; and all
 * else. */
void wn_model_quality_spectrum(const struct wn_model_quality *measured,
                               size_t d, bool texts, struct wn_text *out);
int wn_model_quality_models(const struct wn_model_quality *measured,
                            bool chosen, struct wn_text *out) WN_MUST_CHECK;
int wn_model_quality_rest(const struct wn_model_quality *measured,
                          struct wn_text *out) WN_MUST_CHECK;

#endif
