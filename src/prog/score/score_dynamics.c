/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: training dynamics, of networks of our own or those that were brought
 * (ingest --dynamics). */
#include <math.h>

#include "learn/external_dynamics.h"
#include "prog/score/score_work.h"

const struct wn_option score_network_options[] = {
    {"replicates", 0, WN_WHOLE, "N", "10", 1, 1000, NULL, true,
     "networks to train for the training dynamics"},
    {"epoch", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "measure EL2N and GraNd after N epochs (default: by held-out loss)"},
    {"epochs", 0, WN_WHOLE, "N", NULL, 1, 100000, NULL, true,
     "train for N epochs (default: as many as --epoch)"},
    {"hidden", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "hidden units of each network"},
    {"learning-rate", 0, WN_REAL, "RATE", "0.05", 1e-9, 1000, NULL, true,
     "step size of the networks' training"},
    {"batch", 0, WN_WHOLE, "N", "128", 1, 65536, NULL, true,
     "rows a training step"},
    {0}};

static unsigned parts_needed(const struct work *work)
{
    return (work->needs & WN_NEEDS_GRADIENTS ? WN_DYNAMICS_GRADIENTS : 0) |
           (work->needs & WN_NEEDS_HISTORIES ? WN_DYNAMICS_HISTORIES : 0) |
           (work->needs & WN_NEEDS_TARGETS ? WN_DYNAMICS_TARGETS : 0);
}

int score_choose_dynamics(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    static const char *const own[] = {"epochs", "hidden", "learning-rate",
                                      "batch", "aum-threshold"};

    work->followed = wn_audit_has(work->audit, "data/dynamics") &&
                     !wn_option_given(run->options, "replicates");
    for (size_t o = 0; work->followed && o < sizeof own / sizeof *own; o++)
        if (wn_option_given(run->options, own[o]))
            return wn_fail(error, WN_EUSAGE,
                           "--%s: dynamics were brought; with --replicates "
                           "networks are trained all the same",
                           own[o]);
    work->plan = (struct wn_dynamics_plan){
        .network = {.hidden = (size_t)wn_option_number(run->options, "hidden"),
                    .batch = (size_t)wn_option_number(run->options, "batch"),
                    .rate = wn_option_number(run->options, "learning-rate"),
                    .momentum = .9,
                    .seed = score_seed(run)},
        .replicates = (size_t)wn_option_number(run->options, "replicates"),
        .epoch = (size_t)wn_option_number(run->options, "epoch"),
        .epochs = (size_t)wn_option_number(run->options, "epochs")};
    if (work->plan.epochs > 0 && work->plan.epochs < work->plan.epoch)
        return wn_fail(error, WN_EUSAGE,
                       "--epoch=%zu is after the last of --epochs=%zu",
                       work->plan.epoch, work->plan.epochs);
    return 0;
}

double score_dynamics_bytes(const struct wn_run *run, const struct work *work,
                            size_t n, size_t d, size_t k)
{
    struct wn_dynamics_plan plan = work->plan;

    plan.parts = parts_needed(work);
    if (!(work->needs & WN_NEEDS_DYNAMICS))
        return 0;
    const double answer = 4 * (double)n * (double)k;
    if (work->followed)
        return answer + wn_external_dynamics_bytes(n, k, plan.parts);
    /* --aum-threshold trains more networks while the first result is kept. */
    const double times = wn_option_given(run->options, "aum-threshold") ? 2 : 1;
    return answer + times * wn_dynamics_bytes(n, d, k + 1, &plan, run->threads);
}

/* Six products a cell and epoch, at two thirds of their speed; and the pilots
 * that find the epoch, about as long as three networks. */
double score_dynamics_work(const struct work *work, double cells)
{
    const struct wn_dynamics_plan plan = work->plan;
    const double guess = fmin(fmax(60000 / fmax(cells / 200, 1), 4), 12);
    const double epochs = plan.epochs  ? (double)plan.epochs
                          : plan.epoch ? (double)plan.epoch
                                       : guess;
    const double networks = (double)plan.replicates + (plan.epoch ? 0 : 3);
    return 9 * cells * (double)plan.network.hidden * networks * epochs;
}

static int score_dynamics_read_epoch(void *context, size_t e, float *out,
                                     struct wn_error *error)
{
    const struct work *work = context;

    return wn_dataset_epoch(&work->data, work->audit, e, out, error);
}

static int follow(const struct wn_run *run, struct work *work,
                  struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_external_dynamics given = {
        .n = data->n,
        .k = data->k,
        .epochs = data->epochs,
        .label = data->label,
        .read = score_dynamics_read_epoch,
        .context = work,
        .probabilities = data->dynamics_sum};
    size_t epoch = (size_t)wn_option_number(run->options, "epoch");

    if (epoch > data->epochs)
        return wn_fail(error, WN_EUSAGE,
                       "%s: --epoch: found %zu, wanted at most %zu, the "
                       "epochs that were brought",
                       wn_audit_name(work->audit), epoch, data->epochs);
    if (epoch == 0)
        epoch = wn_external_dynamics_epoch(data->epochs);
    work->dynamics = wn_external_dynamics_follow(&given, parts_needed(work),
                                                 epoch, run->threads, error);
    return work->dynamics ? 0 : -1;
}

static int score_dynamics_train(const struct wn_run *run, struct work *work,
                                struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_mlp_task task = {.x = data->features,
                                     .n = data->n,
                                     .d = data->d,
                                     .k = data->k,
                                     .label = data->label};
    struct wn_dynamics_plan plan = work->plan;

    plan.parts = parts_needed(work);
    work->dynamics =
        wn_dynamics_train(&task, &plan, run->threads, run->talk, error);
    return work->dynamics ? 0 : -1;
}

int score_find_dynamics(const struct wn_run *run, struct work *work,
                        struct wn_error *error)
{
    if (work->followed ? follow(run, work, error)
                       : score_dynamics_train(run, work, error))
        return -1;
    wn_log_verbose(run->talk, "networks: measured after epoch %zu of %zu",
                   wn_dynamics_epoch(work->dynamics),
                   wn_dynamics_epochs(work->dynamics));
    return 0;
}
