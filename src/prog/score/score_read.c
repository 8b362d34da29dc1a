/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: choose models and methods, reject options without effect, load and
 * check the data. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "learn/pairs.h"
#include "linalg/products.h"
#include "prog/score/score_work.h"

void score_free(struct work *work)
{
    wn_audit_close(work->audit);
    wn_dataset_free(&work->data);
    if (work->pairs)
        wn_pairs_free(work->pairs);
    wn_dynamics_free(work->dynamics);
    wn_units_free(work->units);
    wn_arena_free(&work->own);
}

const struct wn_option score_network_options[] = {
    {"Training of networks", "replicates", 0, WN_WHOLE, "N", "10", 1, 1000,
     NULL, true, "networks to train for the training dynamics"},
    {NULL, "epoch", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "measure EL2N and GraNd after N epochs (default: by held-out loss)"},
    {NULL, "epochs", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "train for N epochs (default: as many as --epoch)"},
    {NULL, "hidden", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "hidden units of each network"},
    {NULL, "learning-rate", 0, WN_REAL, "RATE", "0.05", 1e-9, 1000, NULL, true,
     "step size of the networks' training"},
    {NULL, "batch", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "rows a training step"},
    {0}};

/* What a method needs and does not have, or the name of its required option if
 * that was not given; NULL if it can be computed. */
static const char *missing_input(const struct wn_run *run,
                                 const struct work *work,
                                 const struct wn_method *method)
{
    if ((method->needs & WN_NEEDS_PROBABILITY) && !work->member_count &&
        !work->user_probability)
        return "probabilities, but --model is none";
    if (work->width == 0 &&
        (method->needs &
             (WN_NEEDS_NEIGHBORS | WN_NEEDS_FEATURES | WN_NEEDS_PAIRS) ||
         (method->needs & WN_NEEDS_DYNAMICS && !work->user_dynamics)))
        return "features, and there are none";
    if ((method->needs & WN_NEEDS_GRADIENTS) && work->user_dynamics)
        return "gradients, which the dynamics of ingest --dynamics do not "
               "have; --replicates trains networks";
    if ((method->needs & WN_NEEDS_TRUSTED) &&
        !wn_audit_has(work->audit, "data/trusted"))
        return "trusted rows; see ingest --trusted";
    if ((method->needs & WN_NEEDS_PAIRS) &&
        !wn_audit_has(work->audit, "data/features_b"))
        return "a second block of features; see ingest --features-b";
    if (method->required_option &&
        !wn_option_given(run->options, method->required_option))
        return method->required_option;
    return NULL;
}

/* Leave out a method that cannot be computed; one that the user named is an
 * error. */
static int choose_methods(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const bool named = wn_option_given(run->options, "methods") &&
                       strcmp(wn_option_text(run->options, "methods"), "all");
    size_t count = 0;

    /* Two blocks of features are there to be compared. */
    if (!wn_option_given(run->options, "methods") &&
        wn_audit_has(work->audit, "data/features_b"))
        wn_option_set(run->options, "methods", wn_method_pair_defaults + 1);
    while (wn_methods[count])
        count++;
    work->chosen = wn_arena_new(&work->own, sizeof *work->chosen, count, 1);
    for (size_t i = 0; i < count; i++) {
        const struct wn_method *method = wn_methods[i];

        if (!wn_option_holds(run->options, "methods", method->name))
            continue;
        const char *missing = missing_input(run, work, method);
        const char *dashes = missing == method->required_option ? "--" : "";
        if (!missing) {
            work->chosen[i] = true;
            work->needs |= method->needs;
        } else if (!named) {
            wn_log_verbose(run->log, "%s left out: it needs %s%s", method->name,
                           dashes, missing);
        } else {
            return wn_fail(error, WN_EUSAGE, "--methods: %s needs %s%s",
                           method->name, dashes, missing);
        }
    }
    return 0;
}

static bool is_chosen(const struct work *work, const char *name)
{
    for (size_t i = 0; name && wn_methods[i]; i++)
        if (strcmp(wn_methods[i]->name, name) == 0)
            return work->chosen[i];
    return false;
}

/* Reject options that have no effect on the requested work: whoever passed one
 * expects an effect. */
static int reject_unused_options(const struct wn_run *run,
                                 const struct work *work,
                                 struct wn_error *error)
{
    static const struct {
        const char *option;
        unsigned needs, parts; /* read for any of these needs or parts, */
        bool model;            /* or for any model */
        const char *why;
    } shared[] = {{"passes", 0, 0, true, "no model is fitted; see --model"},
                  {"ungrouped", 0, 0, true, "no model is fitted; see --model"},
                  {"folds", 0, WN_SAMPLE_FOLDS, false,
                   "no requested model uses folds; see --list-models"},
                  {"neighbors", 0, WN_SAMPLE_NEIGHBORS, false,
                   "no neighbours are needed; see --methods"},
                  {"probe", 0, WN_SAMPLE_NEIGHBORS, false,
                   "no neighbours are needed; see --methods"},
                  {"metric", WN_NEEDS_FEATURES, WN_SAMPLE_NEIGHBORS, false,
                   "no neighbours are needed; see --methods"}};
    const struct wn_option *row = score_network_options;

    for (size_t s = 0; s < sizeof shared / sizeof *shared; s++)
        if (wn_option_given(run->options, shared[s].option) &&
            !(work->needs & shared[s].needs) &&
            !(work->parts & shared[s].parts) &&
            !(shared[s].model && work->member_count && !work->brought))
            return wn_fail(error, WN_EUSAGE, "--%s: %s", shared[s].option,
                           shared[s].why);
    if (wn_option_on(run->options, "keep-members") && !work->member_count)
        return wn_fail(error, WN_EUSAGE,
                       "--keep-members: no models are fitted; see --model");
    for (; !(work->needs & WN_NEEDS_DYNAMICS) && row->name; row++)
        if (wn_option_given(run->options, row->name))
            return wn_fail(
                error, WN_EUSAGE,
                "--%s: no training dynamics are needed; see --methods",
                row->name);
    for (const struct wn_setting *s = wn_method_options; s->option.name; s++) {
        const char *one = s->readers[0], *other = s->readers[1];

        if (!wn_option_given(run->options, s->option.name) ||
            is_chosen(work, one) || is_chosen(work, other))
            continue;
        return wn_fail(
            error, WN_EUSAGE, "--%s: %s%s%s%s is %scomputed; see --methods",
            s->option.name, other ? "neither " : "", one, other ? " nor " : "",
            other ? other : "", other ? "" : "not ");
    }
    return 0;
}

/* The models and methods, and what they need. The user's probabilities replace
 * all models unless --model names some; the user's dynamics replace our
 * networks unless --replicates asks for them. */
static const char brought_path[] = "data/member/probability";

static double brought_bytes(const struct wn_sample *sample)
{
    (void)sample;
    return 0;
}

/* The members are the sets of probabilities that the user brought. */
static int choose_brought(struct work *work, struct wn_error *error)
{
    char *names = wn_audit_text(work->audit, brought_path, "names", error);
    size_t sets, count = 0;

    if (error->code ||
        wn_audit_extent(work->audit, brought_path, 0, &sets, error))
        goto done;
    work->members = wn_arena_new(&work->own, sizeof(void *), sets, 1);
    work->quality =
        wn_arena_new(&work->own, sizeof *work->quality, sets + 1, 1);
    work->brought = wn_arena_new(&work->own, sizeof *work->brought, sets, 1);
    work->parts = 0;
    for (const char *at = names; at && *at && count < sets; count++) {
        const size_t length = strcspn(at, ",");

        char *name = wn_arena_new(&work->own, 1, length + 1, 1);

        memcpy(name, at, length);
        work->brought[count] = (struct wn_predictor){
            .name = name, .once = true, .bytes = brought_bytes};
        work->members[count] = &work->brought[count];
        at += length + (at[length] == ',');
    }
    work->member_count = count;
    if (count != sets || sets < 2)
        wn_fail(error, WN_EDATA, "%s: %s: found %zu names, wanted %zu",
                wn_audit_name(work->audit), brought_path, count, sets);
done:
    free(names);
    return error->code ? -1 : 0;
}

static int choose_work(const struct wn_run *run, struct work *work,
                       struct wn_error *error)
{
    /* The options of our networks. */
    static const char *const own[] = {"epochs", "hidden", "learning-rate",
                                      "batch", "aum-threshold"};
    const struct wn_options *options = run->options;
    const char *metric = wn_option_text(options, "metric");
    size_t count = 0;

    if (wn_features_width(work->audit, &work->width, error))
        return -1;
    work->metric = strcmp(metric, "cosine") == 0 ? WN_COSINE : WN_EUCLIDEAN;
    work->user_probability = wn_audit_has(work->audit, "data/probability") &&
                             !wn_option_given(options, "model");
    while (wn_predictors[count].name)
        count++;
    work->members = wn_arena_new(&work->own, sizeof(void *), count, 1);
    work->quality =
        wn_arena_new(&work->own, sizeof *work->quality, count + 1, 1);
    for (size_t p = 0; p < count && !work->user_probability; p++)
        if (wn_option_holds(options, "model", wn_predictors[p].name) ||
            (wn_predictors[p].by_default &&
             wn_option_holds(options, "model", WN_COMMITTEE))) {
            work->members[work->member_count++] = &wn_predictors[p];
            work->parts |= wn_predictors[p].needs;
        }
    if (wn_audit_has(work->audit, brought_path) &&
        !wn_option_given(options, "model") && choose_brought(work, error))
        return -1;
    if (work->member_count && !work->brought && !work->width)
        return wn_fail(error, WN_EDATA,
                       "%s: there are no features, wanted one or more, or "
                       "probabilities, or --model=none",
                       wn_audit_name(work->audit));
    work->user_dynamics = wn_audit_has(work->audit, "data/dynamics") &&
                          !wn_option_given(options, "replicates");
    for (size_t o = 0; work->user_dynamics && o < sizeof own / sizeof *own; o++)
        if (wn_option_given(options, own[o]))
            return wn_fail(error, WN_EUSAGE,
                           "--%s: has no effect on the dynamics of ingest "
                           "--dynamics; --replicates trains networks instead",
                           own[o]);
    work->plan = (struct wn_dynamics_plan){
        .network = {.hidden = (size_t)wn_option_number(options, "hidden"),
                    .batch = (size_t)wn_option_number(options, "batch"),
                    .rate = wn_option_number(options, "learning-rate"),
                    .momentum = .9,
                    .seed = score_seed(run)},
        .replicates = (size_t)wn_option_number(options, "replicates"),
        .epoch = (size_t)wn_option_number(options, "epoch"),
        .epochs = (size_t)wn_option_number(options, "epochs")};
    if (work->plan.epochs > 0 && work->plan.epochs < work->plan.epoch)
        return wn_fail(error, WN_EUSAGE,
                       "--epoch=%zu is after the last of --epochs=%zu",
                       work->plan.epoch, work->plan.epochs);
    if (choose_methods(run, work, error))
        return -1;
    work->plan.parts =
        (work->needs & WN_NEEDS_GRADIENTS ? WN_DYNAMICS_GRADIENTS : 0) |
        (work->needs & WN_NEEDS_HISTORIES ? WN_DYNAMICS_HISTORIES : 0) |
        (work->needs & WN_NEEDS_TARGETS ? WN_DYNAMICS_TARGETS : 0);
    if (work->needs & WN_NEEDS_NEIGHBORS)
        work->parts |= WN_SAMPLE_NEIGHBORS;
    return reject_unused_options(run, work, error);
}

int score_check_classes(const struct work *work, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *name = wn_audit_name(work->audit);
    int32_t first = -1;
    size_t other = 0;

    if (!data->label)
        return wn_fail(error, WN_EDATA,
                       "%s: there is no label; run ingest with --label", name);
    for (size_t i = 0; i < data->n && first < 0; i++)
        first = data->label[i];
    while (other < data->n &&
           (data->label[other] < 0 || data->label[other] == first))
        other++;
    if (other == data->n)
        return wn_fail(error, WN_EDATA,
                       "%s: found one class in %zu rows, wanted two or more",
                       name, data->n);
    return 0;
}

/* The squared distance of two rows of 65,535 features up to this is finite in
 * 4 bytes. What ingest has scaled is far below. */
#define LARGEST 1e35f

int score_read(const struct wn_run *run, struct work *work,
               struct wn_error *error)
{
    struct wn_dataset *data = &work->data;

    if (work->team && work->team->ranks > 1 && !wn_run_input(run))
        return wn_fail(error, WN_EUSAGE,
                       "no FILE: every rank reads it, and standard input has "
                       "one reader");
    work->audit = wn_run_open(run, WN_DATA, error);
    if (!work->audit || choose_work(run, work, error))
        return -1;
    if (wn_option_on(run->options, "estimate"))
        return score_rank(work) == 0 && score_estimate(run, work, error) ? -1
                                                                         : 1;
    if ((score_rank(work) == 0 && wn_run_check_output(run, error)) ||
        score_check_memory(run, work, error) ||
        wn_linear_check_addresses(run->threads, error))
        return -1;
    const unsigned parts =
        WN_PART_LABEL | WN_PART_FEATURES | WN_PART_ROLE |
        (work->user_probability ? (unsigned)WN_PART_PROBABILITY : 0) |
        (work->needs & WN_NEEDS_PAIRS ? (unsigned)WN_PART_FEATURES_B : 0);
    if (wn_dataset_load(data, work->audit, parts, error) ||
        score_check_classes(work, error))
        return -1;
    for (size_t cell = 0; data->features && cell < data->n * data->d; cell++)
        if (!(fabsf(data->features[cell]) <= LARGEST))
            return wn_fail(error, WN_EDATA,
                           "%s: data/features: row %zu, feature %s is %g, "
                           "wanted at most %g; see ingest --scale",
                           wn_audit_name(work->audit), cell / data->d,
                           data->feature_name[cell % data->d],
                           (double)data->features[cell], (double)LARGEST);
    score_end_stage(run, work, SCORE_READ);
    return 0;
}
