/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extrinsic: rows whose nearest trusted rows carry another label.
 *
 * The trusted rows (ingest --trusted) are right by word of the user. Every
 * other row is held against the most frequent label of its nearest trusted
 * rows, the nearest one's on ties; where that is another, the nearest row with
 * it is the evidence and proposes the label. See winnow-methods(7). */
#include <stdlib.h>

#include "method/evidence.h"
#include "util/memory.h"

/* The position among m rows, nearest first, of the first one that has the most
 * frequent label. */
static size_t extrinsic_majority(const struct wn_view *view,
                                 const int32_t *index, size_t m)
{
    size_t best = 0, most = 0;

    for (size_t s = 0; s < m; s++) {
        size_t votes = 0;

        for (size_t other = 0; other < m; other++)
            votes += view->label[index[other]] == view->label[index[s]];
        if (votes > most) {
            most = votes;
            best = s;
        }
    }
    return best;
}

static void extrinsic_judge(const struct wn_view *view, const int32_t *query,
                            size_t queries, const struct wn_nearest *found,
                            float *out, int32_t *row)
{
    const size_t m = found->m;
    const int32_t *index = found->index;

    for (size_t q = 0; q < queries; q++) {
        const size_t best = q * m + extrinsic_majority(view, index + q * m, m);
        const size_t i = (size_t)query[q];

        if (view->label[index[best]] == view->label[i])
            continue;
        out[i] = wn_evidence_score(found->distance[best]);
        row[i] = index[best];
    }
}

/* Labelled rows into the trusted and the others. */
static void extrinsic_divide(const struct wn_view *view, int32_t *trusted,
                             size_t *count, int32_t *query, size_t *queries)
{
    *count = *queries = 0;
    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0 && view->trusted[i])
            trusted[(*count)++] = (int32_t)i;
        else if (view->label[i] >= 0)
            query[(*queries)++] = (int32_t)i;
}

static int extrinsic_trace(const struct wn_view *view,
                           const struct wn_options *options, float *out,
                           int32_t *row, struct wn_error *error)
{
    int32_t *trusted = wn_new(view->n, sizeof *trusted);
    int32_t *query = wn_new(view->n, sizeof *query);
    const size_t most =
        (size_t)wn_option_number(options, "extrinsic-neighbors");
    struct wn_nearest found = {0};
    size_t count, queries;
    int status = -1;

    extrinsic_divide(view, trusted, &count, query, &queries);
    if (count == 0 || queries == 0) {
        wn_fail(error, WN_EDATA, "%s labelled row is trusted",
                count ? "every" : "no");
        status = 1;
        goto done;
    }
    if (wn_nearest_find(&found, view, query, queries, trusted, count, most))
        goto done;
    extrinsic_judge(view, query, queries, &found, out, row);
    status = 0;
done:
    free(trusted);
    free(query);
    wn_nearest_free(&found);
    return status;
}

/* clang-format off */
static const struct wn_option knobs[] = {
    {.name = "extrinsic-neighbors", .kind = WN_WHOLE, .value = "N",
     .standard = "1", .low = 1, .high = 1000, .recorded = true,
     .help = "nearest trusted rows that vote on a label"},
    {0}};

const struct wn_method wn_method_extrinsic = {
    .name = "extrinsic",
    .brief = "nearness of trusted rows with another label",
    .source = "Parekh, Anand and Awekar 2023",
    .needs = WN_NEEDS_TRUSTED | WN_NEEDS_FEATURES,
    .knobs = knobs,
    .trace = extrinsic_trace,
};
/* clang-format on */
