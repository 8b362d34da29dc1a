/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ood: how little a row looks like any class, by its probabilities p.
 *
 *   entropy           -sum p log p / log k
 *   least_confidence  1 - max p
 *   gen               Liu, Lochman and Zach 2023: the mean over the M largest
 *                     q = softmax(p) of (q (1 - q))^.1, M from 1
 *
 * The first two take probabilities that are adjusted for the different
 * confidence of the classes, unless --ood-plain: p - t + max t, made to sum to
 * 1, where t[c] is the mean of p_c over the rows labelled c. The papers' scores
 * are low for such rows, so they are turned. See winnow-methods(7). */
#include <math.h>
#include <stdlib.h>

#include "method/method.h"
#include "noise/order_statistics.h"
#include "util/memory.h"

static const double gen_power = .1;

static int ood_score(const struct wn_view *view, const struct wn_scores *out,
                     struct wn_error *error)
{
    const size_t k = view->k, top = view->settings->ood_top;
    const struct wn_method_settings *settings = view->settings;
    const bool plain = settings->ood_by == WN_OOD_GEN || settings->ood_plain;
    double *t = wn_new(k, sizeof *t), *p = wn_new(k, sizeof *p), max = 0;
    size_t *rows = wn_new(k, sizeof *rows);

    (void)error;
    /* The mean self-confidence t of each class; a class without rows gets the
     * largest t, so that it is not adjusted. */
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0) {
            const size_t y = (size_t)view->label[i];

            t[y] += (double)view->probability[i * k + y];
            rows[y]++;
        }
    for (size_t c = 0; c < k; c++) {
        t[c] = rows[c] ? fmax(t[c] / (double)rows[c], 2e-6) : 0;
        max = fmax(max, t[c]);
    }
    for (size_t c = 0; c < k; c++)
        t[c] = rows[c] ? t[c] : max;
    for (size_t i = 0; i < view->n; i++) {
        const float *row = view->probability + i * k;
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += p[c] = plain ? row[c] : row[c] - t[c] + max;
        for (size_t c = 0; !plain && c < k; c++)
            p[c] = sum > 0 ? p[c] / sum : 1 / (double)k;
        double total = 0, score = 0;
        switch (settings->ood_by) {
        case WN_OOD_ENTROPY:
            for (size_t c = 0; c < k; c++)
                score -= p[c] > 0 ? p[c] * log(p[c]) : 0;
            score = k > 1 ? fmin(fmax(score / log((double)k), 0), 1) : 0;
            break;
        case WN_OOD_LEAST_CONFIDENCE:
            for (size_t c = 0; c < k; c++)
                score = fmax(score, p[c]);
            score = 1 - score;
            break;
        case WN_OOD_GEN:
            for (size_t c = 0; c < k; c++)
                total += p[c] = exp(p[c]);
            wn_sort(p, k);
            for (size_t c = k; c-- > 0 && k - c <= top;) {
                const double q = p[c] / total;

                score += pow(q * (1 - q), gen_power);
            }
            score /= (double)top;
        }
        out->score[i] = (float)score;
    }
    free(t);
    free(p);
    free(rows);
    return 0;
}

const struct wn_method wn_method_ood = {
    .name = "ood",
    .source = "Kuan and Mueller 2022; Liu, Lochman and Zach 2023",
    .brief = "how little the row looks like any class",
    .needs = WN_NEEDS_PROBABILITY,
    .score = ood_score};
