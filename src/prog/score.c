/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: judge every label by models that did not see it. Reads /data of an
 * audit file, writes /score. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "method/method.h"
#include "model/dynamics.h"
#include "model/folds.h"
#include "model/linear.h"
#include "model/neighbors.h"
#include "model/predict.h"
#include "prog/program.h"
#include "util/file.h"
#include "util/memory.h"

static const struct wn_option first_rows[] = {
    {.name = "model", .kind = WN_SUBSET, .value = "LIST",
     .standard = "kernel,trees,neighbors", .choices = wn_predictor_choices + 1,
     .recorded = true,
     .help = "average these predictors; see --list-models"},
    {.name = "passes", .kind = WN_WHOLE, .value = "N", .standard = "2",
     .low = 1, .high = 5, .recorded = true,
     .help = "fit N times, each on weights that the one before gives"},
    {.name = "methods", .kind = WN_SUBSET, .value = "LIST",
     .standard = wn_method_standard + 1, .choices = wn_method_choices + 1,
     .recorded = true, .help = "compute these scores; see --list-methods"},
    {.name = "neighbors", .kind = WN_WHOLE, .value = "M", .standard = "10",
     .low = 1, .high = 1000, .recorded = true,
     .help = "look at the M nearest rows of each"},
    {.name = "metric", .kind = WN_CHOICE, .value = "NAME",
     .standard = "auto", .choices = "auto|euclidean|cosine",
     .recorded = true, .help = "what near means"},
    {.name = "folds", .kind = WN_WHOLE, .value = "N", .standard = "5",
     .low = 2, .high = 1000, .recorded = true,
     .help = "cross-validate in N parts"},
    {0}};

static const struct wn_option last_rows[] = {
    {.name = "kernels", .kind = WN_TEXT, .value = "NAME", .standard = "auto",
     .help = "OpenBLAS kernel set, e.g. Haswell or SkylakeX"},
    {.name = "list-methods", .kind = WN_FLAG,
     .help = "show the scores and stop"},
    {.name = "list-models", .kind = WN_FLAG,
     .help = "show the predictors and stop"},
    {0}};

static const struct wn_option *const shared_rows[] = {
    &wn_option_seed,    &wn_option_output, &wn_option_in_place,
    &wn_option_force,   &wn_option_threads, &wn_option_memory,
    &wn_option_quiet,   &wn_option_verbose, &wn_option_help,
    &wn_option_version};

/* The option table: ours, the networks' and the methods' own, the shared. */
enum { ROOM = 64 };
static struct wn_option rows[ROOM];

static void make_rows(void)
{
    wn_option_add_rows(rows, ROOM, first_rows);
    wn_option_add_rows(rows, ROOM, wn_dynamics_options);
    for (size_t i = 0; wn_methods[i]; i++)
        wn_option_add_rows(rows, ROOM, wn_methods[i]->knobs);
    wn_option_add_rows(rows, ROOM, last_rows);
    for (size_t i = 0; i < sizeof shared_rows / sizeof *shared_rows; i++)
        wn_option_add(rows, ROOM, shared_rows[i]);
}

/* Everything that is read, found and written. */
struct work {
    struct wn_audit *audit;
    struct wn_dataset data;
    size_t m;
    enum wn_metric metric;
    int32_t *index, *fold;
    float *distance, *probability;
    size_t folds;
    const struct wn_predictor **members;
    size_t member_count;
    struct wn_quality *quality;
    struct wn_dynamics *dynamics;
    unsigned parts; /* enum wn_sample_part that the members need */
    unsigned needs; /* enum wn_need of the methods */
};

static void free_work(struct work *work)
{
    wn_audit_close(work->audit);
    wn_dataset_free(&work->data);
    free(work->index);
    free(work->fold);
    free(work->distance);
    free(work->probability);
    free(work->members);
    free(work->quality);
    wn_dynamics_free(work->dynamics);
}

static bool chosen(const struct wn_run *run, const struct wn_method *method)
{
    return wn_option_holds(run->options, "methods", method->name);
}

/* The predictors and what they and the methods need. */
static int choose(const struct wn_run *run, struct work *work,
                  struct wn_error *error)
{
    size_t count = 0;

    while (wn_predictors[count])
        count++;
    work->members = wn_new(count, sizeof(void *), error);
    work->quality = wn_new(count + 1, sizeof *work->quality, error);
    if (!work->members || !work->quality)
        return -1;
    for (size_t p = 0; p < count; p++)
        if (wn_option_holds(run->options, "model", wn_predictors[p]->name)) {
            work->members[work->member_count++] = wn_predictors[p];
            work->parts |= wn_predictors[p]->needs;
        }
    for (size_t i = 0; wn_methods[i]; i++)
        if (chosen(run, wn_methods[i])) {
            work->needs |= wn_methods[i]->needs;
            if ((wn_methods[i]->needs & WN_NEEDS_PROBABILITY) &&
                !work->member_count)
                return wn_fail(error, WN_EUSAGE,
                               "--methods: %s needs probabilities, but "
                               "--model is none",
                               wn_methods[i]->name);
        }
    if (work->needs & WN_NEEDS_NEIGHBORS)
        work->parts |= WN_SAMPLE_NEIGHBORS;
    return 0;
}

/* Two classes or more with rows, all features finite. */
static int check_data(const struct work *work, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *name = wn_audit_name(work->audit);
    int32_t first = -1;
    size_t other = 0;

    if (!data->features || data->d == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: there are no features, wanted one or more", name);
    if (!data->label)
        return wn_fail(error, WN_EDATA,
                       "%s: there is no label; run ingest with --label",
                       name);
    for (size_t i = 0; i < data->n && first < 0; i++)
        first = data->label[i];
    while (other < data->n &&
           (data->label[other] < 0 || data->label[other] == first))
        other++;
    if (other == data->n)
        return wn_fail(error, WN_EDATA,
                       "%s: found one class in %zu rows, wanted two or more",
                       name, data->n);
    for (size_t cell = 0; cell < data->n * data->d; cell++)
        if (!isfinite(data->features[cell]))
            return wn_fail(error, WN_EDATA,
                           "%s: data/features: row %zu, feature %s is not "
                           "finite",
                           name, cell / data->d,
                           data->feature_name[cell % data->d]);
    return 0;
}

/* What the libraries take for themselves: OpenBLAS a buffer a thread. */
static double library_bytes(const struct wn_run *run)
{
    return 16e6 + 16e6 * run->threads;
}

/* Refuse at once what would need more than --memory. */
static int check_memory(const struct wn_run *run, const struct work *work,
                        struct wn_error *error)
{
    const size_t m = (size_t)wn_option_number(run->options, "neighbors");
    size_t x[3] = {0, 0, 0}, names[3] = {0, 0, 0};
    struct wn_dynamics_plan plan;
    double most = 0;
    char what[100];
    int rank;

    if (!wn_audit_has(work->audit, "data/features") ||
        !wn_audit_has(work->audit, "data/label_name"))
        return 0;
    if (wn_audit_shape(work->audit, "data/features", &rank, x, error) ||
        wn_audit_shape(work->audit, "data/label_name", &rank, names, error) ||
        wn_dynamics_plan_from(run->options, 0, &plan, error))
        return -1;
    const struct wn_sample sample = {
        .n = x[0], .d = x[1], .k = names[0], .m = m, .threads = run->threads,
        .folds = (size_t)wn_option_number(run->options, "folds")};
    if (work->parts & WN_SAMPLE_NEIGHBORS)
        most = fmax(most, wn_neighbors_bytes(x[0], x[1], m));
    if (work->member_count)
        most = fmax(most, wn_predict_bytes(work->members, work->member_count,
                                           &sample));
    if (work->needs & WN_NEEDS_DYNAMICS)
        most = fmax(most, 4 * (double)x[0] * (double)names[0] +
                              wn_dynamics_bytes(x[0], x[1], names[0], &plan,
                                                run->threads));
    snprintf(what, sizeof what, "%zu rows of %zu features and %zu classes",
             x[0], x[1], names[0]);
    return wn_run_afford(run,
                         (double)x[0] * (4 * (double)x[1] + 8 * (double)m +
                                         16) +
                             most + library_bytes(run),
                         what, error);
}

static int read_data(const struct wn_run *run, struct work *work,
                     struct wn_error *error)
{
    work->audit = wn_run_open(run, WN_DATA, error);
    if (!work->audit || check_memory(run, work, error) ||
        wn_dataset_load(&work->data, work->audit,
                        WN_PART_LABEL | WN_PART_FEATURES, error))
        return -1;
    return check_data(work, error);
}

/* A count that was asked for and does not fit is an error; a default is
 * lowered, and that is said. */
static int fit_count(const struct wn_run *run, const struct work *work,
                     const char *option, size_t most, size_t *count,
                     struct wn_error *error)
{
    const size_t n = work->data.n;

    *count = (size_t)wn_option_number(run->options, option);
    if (*count <= most)
        return 0;
    if (wn_option_given(run->options, option))
        return wn_fail(error, WN_EUSAGE,
                       "--%s: found %zu, wanted at most %zu for %zu rows",
                       option, *count, most, n);
    wn_talk_note(run->talk, "%s: --%s lowered from %zu to %zu for %zu rows",
                 wn_audit_name(work->audit), option, *count, most, n);
    *count = most;
    return 0;
}

static int find_neighbors(const struct wn_run *run, struct work *work,
                          struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const char *metric = wn_option_text(run->options, "metric");

    if (fit_count(run, work, "neighbors", data->n - 1, &work->m, error))
        return -1;
    work->metric = strcmp(metric, "cosine") == 0 ? WN_COSINE : WN_EUCLIDEAN;
    work->index =
        wn_new(wn_product(data->n, work->m, 1), sizeof *work->index, error);
    work->distance =
        wn_new(wn_product(data->n, work->m, 1), sizeof *work->distance, error);
    if (!work->index || !work->distance)
        return -1;
    return wn_neighbors(data->features, data->n, data->d, work->m,
                        work->metric, run->threads, run->talk, work->index,
                        work->distance, error);
}

static void tell_quality(const struct wn_run *run, const struct work *work)
{
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];

        if (p == work->member_count && p == 1)
            break;
        wn_talk_detail(run->talk,
                       "%s: log-loss %.4f, calibration error %.4f, "
                       "accuracy %.4f",
                       p < work->member_count ? work->members[p]->name
                                              : "committee",
                       quality->log_loss, quality->calibration,
                       quality->accuracy);
    }
}

static int find_probability(const struct wn_run *run, struct work *work,
                            struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const uint64_t seed = (uint64_t)wn_option_number(run->options, "seed");

    if (work->parts & WN_SAMPLE_FOLDS) {
        work->fold = wn_new(data->n, sizeof *work->fold, error);
        if (!work->fold ||
            fit_count(run, work, "folds", data->n, &work->folds, error) ||
            wn_folds_assign(data->label, data->n, data->k, work->folds, seed,
                            work->fold, error))
            return -1;
    }
    const struct wn_sample sample = {
        .n = data->n, .d = data->d, .k = data->k, .m = work->m,
        .x = data->features, .label = data->label, .neighbor = work->index,
        .distance = work->distance, .fold = work->fold, .folds = work->folds,
        .seed = seed, .threads = run->threads, .talk = run->talk};
    work->probability = wn_new(wn_product(data->n, data->k, 1),
                               sizeof *work->probability, error);
    if (!work->probability ||
        wn_predict(work->members, work->member_count,
                   (size_t)wn_option_number(run->options, "passes"), &sample,
                   work->probability, work->quality, error))
        return -1;
    tell_quality(run, work);
    return 0;
}

static int find_dynamics(const struct wn_run *run, struct work *work,
                         struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_mlp_task task = {.x = data->features, .n = data->n,
                                     .d = data->d, .k = data->k,
                                     .label = data->label};
    struct wn_dynamics_plan plan;

    if (wn_dynamics_plan_from(
            run->options, (uint64_t)wn_option_number(run->options, "seed"),
            &plan, error))
        return -1;
    work->dynamics =
        wn_dynamics_train(&task, &plan, run->threads, run->talk, error);
    if (!work->dynamics)
        return -1;
    wn_talk_detail(run->talk, "networks: measured after epoch %zu of %zu",
                   wn_dynamics_epoch(work->dynamics),
                   wn_dynamics_epochs(work->dynamics));
    return 0;
}

static int write_probability(const struct work *work,
                             struct wn_audit_writer *writer,
                             struct wn_error *error)
{
    static const char path[] = "score/probability";
    const size_t extent[3] = {work->data.n, work->data.k, 0};
    struct wn_text members = {0}, name = {0};
    int status = -1;

    if (wn_audit_write(writer, path, WN_F32, extent, work->probability,
                       error))
        goto done;
    for (size_t p = 0; p <= work->member_count; p++) {
        const struct wn_quality *quality = &work->quality[p];
        const char *member =
            p < work->member_count ? work->members[p]->name : "committee";
        const struct {
            const char *name;
            double value;
        } facts[] = {{"log_loss", quality->log_loss},
                     {"calibration_error", quality->calibration},
                     {"accuracy", quality->accuracy}};

        for (size_t f = 0; f < sizeof facts / sizeof *facts; f++) {
            name.length = 0;
            if (wn_text_format(&name, error, "%s_%s", member,
                               facts[f].name) ||
                wn_audit_write_number(writer, path, wn_text_of(&name),
                                      facts[f].value, error))
                goto done;
        }
        if (p < work->member_count &&
            wn_text_format(&members, error, "%s%s", p ? "," : "", member))
            goto done;
    }
    status = wn_audit_write_text(writer, path, "members",
                                 wn_text_of(&members), error);
done:
    wn_text_free(&members);
    wn_text_free(&name);
    return status;
}

static int write_neighbors(const struct work *work,
                           struct wn_audit_writer *writer,
                           struct wn_error *error)
{
    const size_t extent[3] = {work->data.n, work->m, 0};

    if (wn_audit_write(writer, "score/neighbor/index", WN_I32, extent,
                       work->index, error) ||
        wn_audit_write(writer, "score/neighbor/distance", WN_F32, extent,
                       work->distance, error))
        return -1;
    return wn_audit_write_text(
        writer, "score/neighbor/distance", "metric",
        work->metric == WN_COSINE ? "cosine" : "euclidean", error);
}

/* One method: compute, refuse what is not finite, write. */
static int run_method(const struct wn_run *run, const struct work *work,
                      const struct wn_method *method,
                      const struct wn_view *view,
                      struct wn_audit_writer *writer, struct wn_error *error)
{
    const size_t n = work->data.n, extent[3] = {n, 0, 0};
    float *out = wn_new(n, sizeof *out, error);
    float *spread = wn_new(n, sizeof *spread, error);
    struct wn_text path = {0};
    int status = -1;

    if (!out || !spread ||
        method->score(view, run->options, out, spread, error) ||
        wn_text_format(&path, error, "score/%s", method->name))
        goto done;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(out[i]) || !isfinite(spread[i])) {
            wn_fail(error, WN_ENUMERIC, "%s: row %zu is not finite",
                    method->name, i);
            goto done;
        }
    if (wn_audit_write(writer, wn_text_of(&path), WN_F32, extent, out, error))
        goto done;
    if (method->spreads &&
        (wn_text_add(&path, "_std", 4, error) ||
         wn_audit_write(writer, wn_text_of(&path), WN_F32, extent, spread,
                        error)))
        goto done;
    status = 0;
done:
    free(out);
    free(spread);
    wn_text_free(&path);
    return status;
}

static int run_methods(const struct wn_run *run, const struct work *work,
                       struct wn_audit_writer *writer, struct wn_error *error)
{
    const struct wn_dataset *data = &work->data;
    const struct wn_view view = {
        .n = data->n, .d = data->d, .k = data->k, .m = work->m,
        .x = data->features, .label = data->label,
        .probability = work->probability, .neighbor = work->index,
        .distance = work->distance, .dynamics = work->dynamics,
        .threads = run->threads,
        .seed = (uint64_t)wn_option_number(run->options, "seed")};

    for (size_t i = 0; wn_methods[i]; i++)
        if (chosen(run, wn_methods[i]) &&
            run_method(run, work, wn_methods[i], &view, writer, error))
            return wn_fail(error, WN_ENUMERIC, "%s",
                           wn_audit_name(work->audit));
    return 0;
}

static int write_score(const struct wn_run *run, const struct work *work,
                       struct wn_error *error)
{
    struct wn_audit_writer *writer =
        wn_run_create(run, work->audit, WN_SCORE, error);

    if (!writer)
        return -1;
    if (wn_audit_write_text(writer, "score", "kernels", wn_linear_kernels(),
                            error) ||
        (work->dynamics &&
         (wn_audit_write_number(writer, "score", "epoch",
                                (double)wn_dynamics_epoch(work->dynamics),
                                error) ||
          wn_audit_write_number(writer, "score", "epochs",
                                (double)wn_dynamics_epochs(work->dynamics),
                                error))) ||
        (work->probability && write_probability(work, writer, error)) ||
        (work->index && write_neighbors(work, writer, error)) ||
        run_methods(run, work, writer, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}

static int list_methods(const struct wn_run *run, struct wn_error *error)
{
    struct wn_text text = {0};
    int status = -1;

    for (size_t i = 0; wn_methods[i]; i++)
        if (wn_text_format(&text, error, "%-16s %s (%s)\n",
                           wn_methods[i]->name, wn_methods[i]->brief,
                           wn_methods[i]->source))
            goto done;
    status = wn_run_print(run, &text, error);
done:
    wn_text_free(&text);
    return status;
}

static int list_models(const struct wn_run *run, struct wn_error *error)
{
    struct wn_text text = {0};
    int status = -1;

    for (size_t p = 0; wn_predictors[p]; p++)
        if (wn_text_format(&text, error, "%-16s %s (%s)\n",
                           wn_predictors[p]->name, wn_predictors[p]->brief,
                           wn_predictors[p]->source))
            goto done;
    status = wn_run_print(run, &text, error);
done:
    wn_text_free(&text);
    return status;
}

static int score_work(struct wn_run *run, struct wn_error *error)
{
    struct work work = {0};
    int status = -1;

    if (wn_option_on(run->options, "list-methods"))
        return list_methods(run, error);
    if (wn_option_on(run->options, "list-models"))
        return list_models(run, error);
    wn_linear_start();
    wn_talk_detail(run->talk, "OpenBLAS kernels: %s", wn_linear_kernels());
    if (choose(run, &work, error) || read_data(run, &work, error))
        goto done;
    if ((work.parts & WN_SAMPLE_NEIGHBORS) &&
        find_neighbors(run, &work, error))
        goto done;
    if (work.member_count && find_probability(run, &work, error))
        goto done;
    if ((work.needs & WN_NEEDS_DYNAMICS) &&
        find_dynamics(run, &work, error))
        goto done;
    status = write_score(run, &work, error);
done:
    free_work(&work);
    return status;
}

/* The kernel set that the command line asks for, or NULL. */
static const char *kernels_asked(int argc, char **argv)
{
    static const char option[] = "--kernels";
    const char *asked = NULL;

    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (strncmp(argv[i], option, sizeof option - 1))
            continue;
        if (argv[i][sizeof option - 1] == '=')
            asked = argv[i] + sizeof option;
        else if (!argv[i][sizeof option - 1] && i + 1 < argc)
            asked = argv[i + 1];
    }
    return asked && strcmp(asked, "auto") ? asked : NULL;
}

/* OpenBLAS reads the environment when it is loaded, before main: to have other
 * kernels we must begin again. Once only, and never against the user's own
 * OPENBLAS_CORETYPE; where that fails we go on with what we have. */
static void choose_kernels(int argc, char **argv)
{
    const char *asked = kernels_asked(argc, argv);
    const char *set = getenv("OPENBLAS_CORETYPE");

    if (asked ? set && strcmp(set, asked) == 0 : set != NULL)
        return;
    if (!asked)
        asked = wn_linear_better();
    if (asked && setenv("OPENBLAS_CORETYPE", asked, 1) == 0)
        execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Judge every label by models that did not see it.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .least = 0,
        .most = 1};

    choose_kernels(argc, argv);
    make_rows();
    return wn_program_main(&program, argc, argv, score_work);
}
