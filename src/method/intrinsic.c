/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intrinsic: rows of the negative class near one that was missed.
 *
 * Rows of other classes are taken for right. Those of them that are predicted
 * out of sample as the negative class (no_relation, background, healthy) are
 * the false negatives; the nearest rows labelled negative of each are
 * suspicious, as they taught the model to miss it. A row found by several goes
 * to the nearest, which proposes its own label. See winnow-methods(7). */
#include <stdlib.h>
#include <string.h>

#include "method/evidence.h"
#include "util/memory.h"

/* The class that --negative-class names, or -1 with WN_EUSAGE. */
static int32_t negative_class(const struct wn_view *view,
                              const struct wn_options *options,
                              struct wn_error *error)
{
    const char *name = wn_option_text(options, "negative-class");

    for (size_t c = 0; c < view->k; c++)
        if (strcmp(view->label_name[c], name) == 0)
            return (int32_t)c;
    return wn_fail(error, WN_EUSAGE,
                   "--negative-class: found '%s', wanted one of the %zu "
                   "classes",
                   name, view->k);
}

static int32_t predicted(const struct wn_view *view, size_t i)
{
    const float *p = view->probability + i * view->k;
    size_t best = 0;

    for (size_t c = 1; c < view->k; c++)
        if (p[c] > p[best])
            best = c;
    return (int32_t)best;
}

/* The false negatives, and the rows labelled negative. */
static void intrinsic_divide(const struct wn_view *view, int32_t negative,
                             int32_t *missed, size_t *misses,
                             int32_t *negatives, size_t *count)
{
    *misses = *count = 0;
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] == negative)
            negatives[(*count)++] = (int32_t)i;
        else if (view->label[i] >= 0 && predicted(view, i) == negative)
            missed[(*misses)++] = (int32_t)i;
}

/* Each negative that was found keeps the nearest that found it. */
static void blame(const int32_t *missed, size_t misses,
                  const struct wn_nearest *found, float *out, int32_t *row)
{
    for (size_t f = 0; f < misses; f++)
        for (size_t s = f * found->m; s < (f + 1) * found->m; s++) {
            const int32_t i = found->index[s];
            const float score = wn_evidence_score(found->distance[s]);

            if (score > out[i]) {
                out[i] = score;
                row[i] = missed[f];
            }
        }
}

static int intrinsic_trace(const struct wn_view *view,
                           const struct wn_options *options, float *out,
                           int32_t *row, struct wn_error *error)
{
    const int32_t negative = negative_class(view, options, error);
    const size_t most =
        (size_t)wn_option_number(options, "intrinsic-neighbors");
    int32_t *missed = NULL, *negatives = NULL;
    struct wn_nearest found = {0};
    size_t misses, count;
    int status = -1;

    if (negative < 0)
        return -1;
    missed = wn_new(view->n, sizeof *missed);
    negatives = wn_new(view->n, sizeof *negatives);
    if (!missed || !negatives)
        goto done;
    intrinsic_divide(view, negative, missed, &misses, negatives, &count);
    if (misses == 0 || count == 0) {
        wn_fail(error, WN_EDATA,
                count ? "no row of another class is predicted as '%s'"
                      : "no row is labelled '%s'",
                view->label_name[negative]);
        status = 1;
        goto done;
    }
    if (wn_nearest_find(&found, view, missed, misses, negatives, count, most))
        goto done;
    blame(missed, misses, &found, out, row);
    status = 0;
done:
    free(missed);
    free(negatives);
    wn_nearest_free(&found);
    return status;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "negative-class", .kind = WN_TEXT, .value = "NAME",
     .recorded = true,
     .help = "the class that stands for none of the others, for intrinsic"},
    {.name = "intrinsic-neighbors", .kind = WN_WHOLE, .value = "N",
     .standard = "1", .low = 1, .high = 1000, .recorded = true,
     .help = "negatives that a missed row makes suspicious"},
    {0}};

const struct wn_method wn_method_intrinsic = {
    .name = "intrinsic",
    .brief = "nearness of a negative to a row that was missed",
    .source = "Parekh, Anand and Awekar 2023",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_FEATURES,
    .wants = "negative-class",
    .knobs = knobs,
    .trace = intrinsic_trace,
};
/* clang-format on */
