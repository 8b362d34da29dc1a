/* SPDX-License-Identifier: GPL-3.0-or-later */
/* simifeat_rank: how often a row is among the least supported of its class.
 *
 * In each random draw the share of a class that is called noisy is its noise
 * rate by the transition matrix that the labels of neighbours imply
 * (noise/hoc.h). With more classes than that can be fitted for, or too few
 * rows, the rates are those of one vote over all rows.
 * See winnow-methods(7). */
#include "method/simifeat.h"

#include <stdlib.h>
#include <string.h>

#include "method/corrected.h"
#include "method/cosine.h"
#include "util/memory.h"

/* Noise rates by the transition matrix; 1 and why if there can be none. */
static int rates_by_transition(const struct wn_view *view, double *rate,
                               struct wn_error *error)
{
    struct wn_transition fit;
    const int status = wn_corrected_fit(view, &fit, rate, error);

    for (size_t c = 0; status == 0 && c < view->k; c++)
        rate[c] = wn_simifeat_rate(fit.t[c * view->k + c], fit.p[c], rate[c]);
    wn_transition_free(&fit);
    return status;
}

/* Noise rates by the vote over all rows. */
static int rates_by_vote(const struct wn_view *view, double *rate)
{
    const size_t n = view->n;
    double *cosine = wn_new(wn_product(n, view->m, 1), sizeof *cosine);
    double *score = wn_new(n, sizeof *score);
    double *count = wn_new(view->k, sizeof *count);
    int32_t *vote = wn_new(n, sizeof *vote);
    uint8_t *in = wn_new(n, 1);
    int status = -1;

    memset(in, 1, n);
    for (size_t i = 0; i < n; i++)
        wn_cosine_edges(view, i, cosine + i * view->m);
    if (wn_simifeat_draw(view, cosine, in, view->m, score, vote))
        goto done;
    memset(rate, 0, view->k * sizeof *rate);
    for (size_t i = 0; i < n; i++)
        if (vote[i] >= 0) {
            count[view->label[i]]++;
            rate[view->label[i]] += vote[i] != view->label[i];
        }
    for (size_t c = 0; c < view->k; c++)
        rate[c] = wn_simifeat_rate(count[c] - rate[c], 1, count[c]);
    status = 0;
done:
    free(cosine);
    free(score);
    free(count);
    free(vote);
    free(in);
    return status;
}

static int simifeat_rank_score(const struct wn_view *view,
                               const struct wn_options *options, float *out,
                               float *spread, struct wn_error *error)
{
    double *rate = wn_new(view->k, sizeof *rate);
    int status = -1;

    (void)options;
    (void)spread;
    status = rates_by_transition(view, rate, error);
    if (status > 0) {
        wn_log_note(view->talk,
                    "simifeat_rank: %s; the labels of neighbours vote on the "
                    "noise rates instead",
                    error->text);
        *error = (struct wn_error){0};
        status = rates_by_vote(view, rate);
    }
    if (status == 0)
        status = wn_simifeat_run(view, rate, out);
    free(rate);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_simifeat_rank = {
    .name = "simifeat_rank",
    .brief = "share of draws in which the label is least supported",
    .source = "Zhu, Dong and Liu 2022; Zhu, Song and Liu 2021",
    .needs = WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES,
    .score = simifeat_rank_score,
};
/* clang-format on */
