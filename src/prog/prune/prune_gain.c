/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune --gain: what a model gains if the rows that would go do go. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "knn/graph.h"
#include "learn/copies.h"
#include "learn/folds.h"
#include "noise/gain.h"
#include "prog/prune/prune_work.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"

enum {
    FOLDS = 5,
    MAX_ROWS = 10000,
    BLOCK = 256,
    NEIGHBORS = 10,
    MATRIX_CLASSES = 1000
};

/* The labelled rows that are tried, all or MAX_ROWS of them, in order. */
struct tried {
    struct wn_arena own; /* its arrays */
    size_t n, suspects;
    size_t *row; /* n, of the dataset */
    float *x, *weight;
    int32_t *label, *group, *fold;
    uint8_t *gone, *trusted;
    double *credit;
};

/* Which rows are tried, and which of them would go for their label. */
static int choose_tried(struct prune *prune, struct tried *tried,
                        struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    struct wn_random random;
    uint8_t *hit = prune_label_issues(prune, error);

    if (!hit)
        return -1;
    int32_t *place = wn_new(data->n, sizeof *place);
    size_t labelled = 0;
    for (size_t i = 0; i < data->n; i++)
        labelled += data->label[i] >= 0;
    tried->n = labelled < MAX_ROWS ? labelled : MAX_ROWS;
    wn_random_start(&random, 0, WN_RANDOM_SAMPLE, 3, 0);
    wn_random_draw(&random, place, labelled, tried->n);
    qsort(place, tried->n, sizeof *place, wn_index_ascending);
    tried->row = wn_arena_new(&tried->own, sizeof *tried->row, tried->n, 1);
    tried->label = wn_arena_new(&tried->own, sizeof *tried->label, tried->n, 1);
    tried->gone = wn_arena_new(&tried->own, 1, tried->n, 1);
    size_t at = 0, seen = 0;
    for (size_t i = 0; i < data->n && at < tried->n; i++) {
        if (data->label[i] < 0 || seen++ != (size_t)place[at])
            continue;
        const bool out =
            prune->removed[i] || (prune->relabel && prune->relabel[i]);

        tried->row[at] = i;
        tried->label[at] = data->label[i];
        tried->gone[at] = out && !hit[i];
        tried->suspects += out && hit[i];
        at++;
    }
    free(place);
    wn_spill_free(hit);
    return 0;
}

/* Merge the groups of rows that are copies of one another, as score does. */
static int merge_copies(const struct prune *prune, struct tried *tried,
                        size_t d, size_t *groups, struct wn_error *error)
{
    const size_t m = tried->n > NEIGHBORS ? NEIGHBORS : tried->n - 1;
    int32_t *index = wn_new(wn_product(tried->n, m, 1), sizeof *index);
    float *distance = wn_new(wn_product(tried->n, m, 1), sizeof *distance);
    const struct wn_graph graph = {.x = tried->x,
                                   .n = tried->n,
                                   .d = d,
                                   .m = m,
                                   .threads = prune->run->threads};
    const struct wn_sample rows = {.n = tried->n,
                                   .d = d,
                                   .k = prune->dataset.k,
                                   .m = m,
                                   .x = tried->x,
                                   .label = tried->label,
                                   .neighbor = index,
                                   .distance = distance,
                                   .threads = prune->run->threads};
    struct wn_graph_facts facts;
    struct wn_copies copies;
    const int status =
        wn_graph_find(&graph, 0, 0, index, distance, &facts, error)
            ? -1
            : wn_copies_merge(&rows, tried->group, groups, &copies, error);

    free(index);
    free(distance);
    return status;
}

/* Features, and the columns with a role, of the rows that are tried. */
static int read_tried(struct prune *prune, struct tried *tried, size_t d,
                      struct wn_error *error)
{
    struct wn_dataset roles = {0};
    struct wn_features *features;
    size_t groups = 0;
    int status = 0;

    if (wn_dataset_load(&roles, prune->audit, WN_PART_LABEL | WN_PART_ROLE,
                        error))
        return -1;
    int32_t *given = wn_new(tried->n, sizeof *given);
    tried->weight =
        wn_arena_new(&tried->own, sizeof *tried->weight, tried->n, 1);
    tried->trusted = wn_arena_new(&tried->own, 1, tried->n, 1);
    for (size_t r = 0; r < tried->n; r++) {
        const size_t i = tried->row[r];

        given[r] = roles.group ? roles.group[i] : -1;
        tried->weight[r] = roles.weight ? roles.weight[i] : 1;
        tried->trusted[r] = roles.trusted && roles.trusted[i];
    }
    tried->group = wn_arena_new(&tried->own, sizeof *tried->group, tried->n, 1);
    groups = wn_groups_number(given, roles.groups, tried->n, tried->group);
    free(given);
    wn_dataset_free(&roles);

    features = wn_features_open(prune->audit, error);
    if (!features)
        return -1;
    float *block = wn_new(wn_product(BLOCK, d, 1), sizeof *block);
    tried->x = wn_arena_spill(&tried->own, sizeof *tried->x, tried->n, d);
    for (size_t r = 0; r < tried->n && status == 0;) {
        const size_t begin = tried->row[r];
        const size_t end =
            begin + BLOCK < prune->dataset.n ? begin + BLOCK : prune->dataset.n;

        status = wn_features_read(features, begin, end, block, error);
        for (; status == 0 && r < tried->n && tried->row[r] < end; r++)
            memcpy(tried->x + r * d, block + (tried->row[r] - begin) * d,
                   d * sizeof *block);
    }
    free(block);
    wn_features_close(features);
    for (size_t cell = 0; status == 0 && cell < tried->n * d; cell++)
        if (!isfinite(tried->x[cell]))
            status = wn_fail(error, WN_EDATA,
                             "%s: data/features: row %zu: found %g, wanted a "
                             "finite number",
                             wn_audit_name(prune->audit), tried->row[cell / d],
                             (double)tried->x[cell]);
    if (status)
        return -1;
    if (groups >= FOLDS && merge_copies(prune, tried, d, &groups, error))
        return -1;
    if (groups < FOLDS)
        return wn_fail(error, WN_EDATA,
                       "--gain: found %zu groups of rows with labels, wanted "
                       "%d or more",
                       groups, FOLDS);
    tried->fold = wn_arena_new(&tried->own, sizeof *tried->fold, tried->n, 1);
    return wn_folds_assign(tried->label, tried->n, prune->dataset.k,
                           tried->group, groups, FOLDS, 0, tried->fold, error)
               ? -1
               : (int)groups;
}

/* How a wrong label counts in the test: by the noise that flag found. */
static int read_credit(const struct prune *prune, struct tried *tried,
                       struct wn_error *error)
{
    const size_t k = prune->dataset.k;
    const size_t extent[3] = {k, k, 0}, three[3] = {3, 0, 0};
    const char *matrix = "flag/noise/posterior_joint";
    double *joint = NULL, *rate = NULL;
    int status = -1;

    if (!wn_audit_has(prune->audit, "flag/noise/rate"))
        return wn_fail(error, WN_EDATA,
                       "--gain: %s has no estimate of the noise",
                       wn_audit_name(prune->audit));
    rate = wn_audit_read(prune->audit, "flag/noise/rate", WN_F64, three, error);
    if (rate && k <= MATRIX_CLASSES && wn_audit_has(prune->audit, matrix))
        joint = wn_audit_read(prune->audit, matrix, WN_F64, extent, error);
    if (rate && !error->code) {
        tried->credit = wn_arena_new(&tried->own, sizeof(double), k, k);
        status = wn_gain_credit(joint, rate[0], k, tried->credit, error);
    }
    free(joint);
    free(rate);
    return status;
}

static void add_gain(const struct tried *tried, bool any,
                     const struct wn_gain *gain, struct wn_text *text)
{
    static const char *const changes[] = {"drop", "relabel", "weight"};

    wn_text_format(
        text,
        "\nWhat a model gains, in points of accuracy on rows that it did not "
        "learn from,\nwith 90 %% intervals (%zu rows, %d folds):\n\n%-13s"
        "  %-24s  %-24s  %s\n%-13s",
        tried->n, FOLDS, "", "softmax", "trees", "both", "as they are");
    for (int model = 0; model < WN_GAIN_MODELS; model++) {
        struct wn_text cell = {0};

        wn_text_format(&cell, "%.2f %%", 100 * gain->accuracy[model]);
        wn_text_format(text, model < WN_GAIN_BOTH ? "  %-24s" : "  %s",
                       wn_text_of(&cell));
        wn_text_free(&cell);
    }
    wn_text_format(text, "\n");
    for (int change = 0; change < WN_GAIN_CHANGES; change++) {
        if (change == WN_GAIN_DROP && !any)
            continue;
        if (change == WN_GAIN_RELABEL && !tried->suspects)
            continue;
        wn_text_format(text, "%-13s", changes[change]);
        for (int model = 0; model < WN_GAIN_MODELS; model++) {
            const struct wn_gain_interval *points = &gain->of[change][model];
            struct wn_text cell = {0};

            wn_text_format(&cell, "%+.2f (%+.2f to %+.2f)", 100 * points->mean,
                           100 * points->low, 100 * points->high);
            wn_text_format(text, "  %-24s", wn_text_of(&cell));
            wn_text_free(&cell);
        }
        while (text->bytes[text->length - 1] == ' ')
            text->bytes[--text->length] = '\0';
        wn_text_format(text, "\n");
    }
    if (!any)
        wn_text_format(text, "No row would go: there is nothing to drop.\n");
    if (gain->best < 0)
        wn_text_format(text,
                       "\nAdvice: no gain can be shown: keep all rows.\n");
    else
        wn_text_format(text, "\nAdvice: %s%s.\n", changes[gain->best],
                       gain->alone ? ", which gains more than the others"
                                   : "; another way may gain as much");
}

int prune_gain(struct prune *prune, struct wn_text *text, struct wn_gain *gain,
               struct wn_error *error)
{
    const struct wn_dataset *data = &prune->dataset;
    struct tried tried = {0};
    size_t d = 0;
    bool any = false;
    int status = -1;

    if (!data->label || data->k < 2)
        return wn_fail(error, WN_EDATA,
                       "--gain: %s has no labels of two classes or more",
                       wn_audit_name(prune->audit));
    if (wn_features_width(prune->audit, &d, error))
        return -1;
    if (d == 0)
        return wn_fail(error, WN_EDATA,
                       "--gain: %s has no features to learn from",
                       wn_audit_name(prune->audit));
    if (choose_tried(prune, &tried, error))
        goto done;
    struct wn_sample sample = {.n = tried.n,
                               .d = d,
                               .k = data->k,
                               .folds = FOLDS,
                               .threads = prune->run->threads,
                               .log = prune->run->log};
    char what[80];
    snprintf(what, sizeof what, "--gain: %zu rows of %zu features", tried.n, d);
    if (wn_run_check_memory(prune->run,
                            wn_gain_bytes(&sample) +
                                4.0 * (double)tried.n * (double)d,
                            what, error) ||
        read_credit(prune, &tried, error))
        goto done;
    const int groups = read_tried(prune, &tried, d, error);
    if (groups < 0)
        goto done;
    sample.x = tried.x;
    sample.label = tried.label;
    sample.weight = tried.weight;
    sample.group = tried.group;
    sample.groups = (size_t)groups;
    sample.fold = tried.fold;
    if (wn_gain_measure(&(struct wn_gain_task){.sample = &sample,
                                               .gone = tried.gone,
                                               .trusted = tried.trusted,
                                               .suspects = tried.suspects,
                                               .credit = tried.credit},
                        gain, error))
        goto done;
    any = tried.suspects > 0;
    for (size_t r = 0; r < tried.n; r++)
        any |= tried.gone[r];
    add_gain(&tried, any, gain, text);
    status = 0;
done:
    wn_arena_free(&tried.own);
    return status;
}
