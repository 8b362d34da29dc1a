/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The penalty by held-out log-loss; see penalty.h. */
#include "learn/penalty.h"

#include <math.h>
#include <stdbool.h>

#include "learn/tuning.h"
#include "learn/probability_quality.h"
#include "util/spill.h"
#include "util/memory.h"

enum { ROWS = 1024, TRIALS = 4 };

/* The minimum need not be a sharp one. */
#define ROUGH 10.

static int try_all(const struct wn_sample *sample, const struct wn_softmax *how,
                   double *loss, struct wn_error *error)
{
    struct wn_softmax trial = *how;
    float *probability =
        wn_spill_new(wn_product(sample->n, sample->k, 1), sizeof *probability);
    int status = probability ? 0 : -1;

    trial.tolerance = wn_softmax_standard.tolerance * ROUGH;
    for (int t = 0; t < TRIALS && status == 0; t++) {
        trial.inverse_penalty = pow(10, -t);
        status = wn_softmax_predict(&trial, sample->x, sample->n, sample->d,
                                    sample->label, sample->weight, sample->k,
                                    sample->fold, NULL, sample->threads,
                                    sample->log, probability, NULL, error);
        if (status == 0)
            loss[t] = wn_quality_measure(probability, sample->n, sample->k,
                                         sample->label)
                          .log_loss;
    }
    wn_spill_free(probability);
    return status;
}

/* Whether there is always something to learn from. */
static bool in_folds(const struct wn_sample *sample)
{
    for (size_t i = 1; i < sample->n; i++)
        if (sample->fold[i] != sample->fold[0])
            return true;
    return false;
}

int wn_penalty_choose(const struct wn_sample *sample, struct wn_softmax *how,
                      struct wn_error *error)
{
    struct wn_draw few = {0};
    double loss[TRIALS];
    int status = wn_draw_rows(&few, sample, ROWS);

    if (status == 0 && in_folds(&few.sample)) {
        status = try_all(&few.sample, how, loss, error);
        if (status == 0)
            how->inverse_penalty = pow(10, -wn_tuning_lowest(loss, TRIALS));
    }
    wn_draw_free(&few);
    return status;
}

double wn_penalty_bytes(const struct wn_sample *sample)
{
    const size_t n = sample->n < ROWS ? sample->n : ROWS;
    const size_t k = sample->k < n ? sample->k : n;

    return 4 * (double)n * (double)(sample->d + k + 4) +
           wn_softmax_bytes(n, sample->d, k, sample->folds, sample->threads);
}
