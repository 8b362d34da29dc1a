/* SPDX-License-Identifier: GPL-3.0-or-later */
/* forgetting: how often a row was right in one epoch and wrong in the next.
 *
 * A row that was never right counts as forgotten in every epoch, as in the
 * authors' code, or as --forgetting-never says: 1000 in dataset cartography,
 * more than any other row in the data diet. See winnow-methods(7). */
#include "method/method.h"

#include <math.h>
#include <stdlib.h>

#include "learn/dynamics.h"
#include "util/memory.h"

/* Let networks that never had a row right count `extra` more there. Where they
 * do the count is E, so the covariance with the share of them is known. */
static void count_never(const struct wn_view *view, double extra, float *out,
                        float *spread)
{
    const double epochs = (double)wn_dynamics_epochs(view->dynamics);
    float *share = wn_new(view->n, sizeof *share);

    wn_dynamics_read(view->dynamics, WN_NEVER, 1, 0, share, NULL);
    for (size_t i = 0; i < view->n; i++) {
        const double q = share[i], of_share = q * (1 - q),
                     shared = q * (epochs - out[i]);

        if (spread)
            spread[i] =
                (float)sqrt(fmax((double)spread[i] * spread[i] +
                                     extra * (extra * of_share + 2 * shared),
                                 0));
        out[i] += (float)(extra * q);
    }
    free(share);
}

static int forgetting_score(const struct wn_view *view,
                            const struct wn_options *options, float *out,
                            float *spread, struct wn_error *error)
{
    wn_dynamics_read(view->dynamics, WN_FORGETTING, 1, 0, out, spread);
    if (!options || !wn_option_given(options, "forgetting-never"))
        return 0;
    count_never(view,
                wn_option_number(options, "forgetting-never") -
                    (double)wn_dynamics_epochs(view->dynamics),
                out, spread);
    return 0;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "forgetting-never", .kind = WN_REAL, .value = "COUNT",
     .low = 0, .high = 1e30, .recorded = true,
     .help = "forgetting of rows that were never right (default: epochs)"},
    {0}};

const struct wn_method wn_method_forgetting = {
    .name = "forgetting",
    .brief = "times a right prediction became wrong",
    .source = "Toneva et al. 2019",
    .needs = WN_NEEDS_DYNAMICS | WN_NEEDS_HISTORIES,
    .knobs = knobs,
    .score = forgetting_score,
    .spreads = 1,
};
/* clang-format on */
