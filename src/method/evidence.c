/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intrinsic and extrinsic: a row is suspicious because of one other row, the
 * nearer the more: the score is 1 / (1 + distance), 1 for the same features.
 * Parekh, Anand and Awekar 2023 (TACRED). See winnow-methods(7). */
#include <string.h>

#include "knn/exact.h"
#include "linalg/softmax_row.h"
#include "method/method.h"
#include "util/arena.h"

static float evidence_score(float distance)
{
    return (float)(1 / (1 + (double)distance));
}

/* The m nearest rows of `to` for each of `from`, nearest first. */
struct nearest {
    size_t m;
    int32_t *index;  /* rows x m */
    float *distance; /* rows x m */
};

/* m = min(max, others). Both lists are rows of the view and not empty. */
static void evidence_query(const struct wn_view *view, const int32_t *from,
                           size_t rows, const int32_t *to, size_t others,
                           size_t max, struct wn_arena *own,
                           struct nearest *out)
{
    const struct wn_graph graph = {.x = view->x,
                                   .n = view->n,
                                   .d = view->d,
                                   .m = max < others ? max : others,
                                   .metric = view->metric,
                                   .threads = view->threads};

    *out = (struct nearest){
        graph.m, wn_arena_spill(own, sizeof *out->index, rows, graph.m),
        wn_arena_spill(own, sizeof *out->distance, rows, graph.m)};
    wn_knn_query(&graph, from, rows, to, others, out->index, out->distance);
}

/* Rows of the other classes are assumed to be right. Those of them that are
 * predicted out of sample as the negative class (no_relation, background,
 * healthy) are false negatives; the nearest rows labelled negative of each are
 * suspicious, as they taught the model to miss it. A row found by several
 * false negatives belongs to the nearest, which proposes its own label. */
static int intrinsic_score(const struct wn_view *view,
                           const struct wn_scores *out, struct wn_error *error)
{
    const char *name = view->settings->negative_class;
    const size_t k = view->k;
    struct nearest found = {0};
    size_t misses = 0, count = 0, negative = 0;
    int status = 0;

    while (negative < k && strcmp(view->label_name[negative], name))
        negative++;
    if (negative == k)
        return wn_fail(error, WN_EUSAGE,
                       "--negative-class: found '%s', wanted one of the %zu "
                       "classes",
                       name, k);
    struct wn_arena own = {0};
    int32_t *missed = wn_arena_new(&own, sizeof *missed, view->n, 1);
    int32_t *negatives = wn_arena_new(&own, sizeof *negatives, view->n, 1);
    for (size_t i = 0; i < view->n; i++) {
        const size_t predicted =
            wn_softmax_row_top(view->probability + i * k, k);

        if (view->label[i] == (int32_t)negative)
            negatives[count++] = (int32_t)i;
        else if (view->label[i] >= 0 && predicted == negative)
            missed[misses++] = (int32_t)i;
    }
    if (misses == 0 || count == 0) {
        wn_fail(error, WN_EDATA,
                count ? "no row of another class is predicted as '%s'"
                      : "no row is labelled '%s'",
                name);
        status = 1;
    } else {
        evidence_query(view, missed, misses, negatives, count,
                       view->settings->intrinsic_neighbors, &own, &found);
    }
    for (size_t f = 0; status == 0 && f < misses; f++)
        for (size_t s = f * found.m; s < (f + 1) * found.m; s++) {
            const int32_t i = found.index[s];
            const float score = evidence_score(found.distance[s]);

            if (score > out->score[i]) {
                out->score[i] = score;
                out->evidence[i] = missed[f];
            }
        }
    wn_arena_free(&own);
    return status;
}

/* The user vouches for the trusted rows (ingest --trusted). Every other row is
 * compared with the most frequent label of its nearest trusted rows, the
 * nearest one's on ties; where that is another label, the nearest row with it
 * is the evidence and proposes the label. */
static int extrinsic_score(const struct wn_view *view,
                           const struct wn_scores *out, struct wn_error *error)
{
    struct wn_arena own = {0};
    int32_t *trusted = wn_arena_new(&own, sizeof *trusted, view->n, 1);
    int32_t *query = wn_arena_new(&own, sizeof *query, view->n, 1);
    struct nearest found = {0};
    size_t count = 0, queries = 0;
    int status = 0;

    for (size_t i = 0; i < view->n; i++)
        if (view->label[i] >= 0 && view->trusted[i])
            trusted[count++] = (int32_t)i;
        else if (view->label[i] >= 0)
            query[queries++] = (int32_t)i;
    if (count == 0 || queries == 0) {
        wn_fail(error, WN_EDATA, "%s labelled row is trusted",
                count ? "every" : "no");
        status = 1;
    } else {
        evidence_query(view, query, queries, trusted, count,
                       view->settings->extrinsic_neighbors, &own, &found);
    }
    for (size_t q = 0; status == 0 && q < queries; q++) {
        const int32_t *index = found.index + q * found.m;
        const size_t i = (size_t)query[q];
        size_t best = 0, most = 0;

        for (size_t s = 0; s < found.m; s++) {
            size_t votes = 0;

            for (size_t other = 0; other < found.m; other++)
                votes += view->label[index[other]] == view->label[index[s]];
            if (votes > most) {
                most = votes;
                best = s;
            }
        }
        if (view->label[index[best]] != view->label[i]) {
            out->score[i] = evidence_score(found.distance[q * found.m + best]);
            out->evidence[i] = index[best];
        }
    }
    wn_arena_free(&own);
    return status;
}

/* clang-format off */
const struct wn_method wn_method_intrinsic = {
    .name = "intrinsic", .source = "Parekh, Anand and Awekar 2023",
    .brief = "nearness of a negative to a row that was missed",
    .needs = WN_NEEDS_PROBABILITY | WN_NEEDS_FEATURES,
    .required_option = "negative-class",
    .evidence = true, .score = intrinsic_score};

const struct wn_method wn_method_extrinsic = {
    .name = "extrinsic", .source = "Parekh, Anand and Awekar 2023",
    .brief = "nearness of trusted rows with another label",
    .needs = WN_NEEDS_TRUSTED | WN_NEEDS_FEATURES,
    .evidence = true, .score = extrinsic_score};
/* clang-format on */
