/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: judge every label by models that did not see it. Reads /data of an
 * audit file, writes /score. */
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "prog/score/score_work.h"

/* clang-format off */
static const struct wn_option first_rows[] = {
    {.topic = "Models",
     .name = "model", .kind = WN_SUBSET, .value = "LIST",
     .default_value = WN_COMMITTEE, .choices = wn_predictor_choices,
     .recorded = true,
     .help = "average these models; see --list-models"},
    {.name = "keep-members", .kind = WN_FLAG, .recorded = true,
     .help = "write the probabilities of each model, too"},
    {.name = "passes", .kind = WN_WHOLE, .value = "N", .default_value = "2",
     .low = 1, .high = 5, .recorded = true,
     .help = "fit N times, each on weights that the one before gives"},
    {.topic = "Scores",
     .name = "methods", .kind = WN_SUBSET, .value = "LIST",
     .default_value = wn_method_defaults + 1, .choices = wn_method_choices + 1,
     .recorded = true, .help = "compute these scores; see --list-methods"},
    {.topic = "Neighbours",
     .name = "neighbors", .kind = WN_WHOLE, .value = "M", .default_value = "10",
     .low = 1, .high = 1000, .recorded = true,
     .help = "look at the M nearest rows of each"},
    {.name = "metric", .kind = WN_CHOICE, .value = "NAME",
     .default_value = "auto", .choices = "auto|euclidean|cosine",
     .recorded = true,
     .help = "distance of neighbours: euclidean, cosine or auto"},
    {.name = "probe", .kind = WN_WHOLE, .value = "N", .low = 0,
     .high = 1000000, .recorded = true,
     .help = "search the N nearest cells only (inverted file); 0: exact"},
    {.topic = "Models",
     .name = "folds", .kind = WN_WHOLE, .value = "N", .default_value = "5",
     .low = 2, .high = 1000, .recorded = true,
     .help = "cross-validate in N parts"},
    {.name = "ungrouped", .kind = WN_FLAG, .recorded = true,
     .help = "let rows of a group judge one another"},
    {0}};

static const struct wn_option last_rows[] = {
    {.topic = "Long work",
     .name = "resume", .kind = WN_FLAG,
     .help = "keep finished parts beside the output, and go on from them"},
    {.name = "shard", .kind = WN_TEXT, .value = "I/N",
     .help = "compute share I of N, for --merge; see winnow-scale(7)"},
    {.name = "merge", .kind = WN_WHOLE, .value = "N", .low = 2,
     .high = SCORE_MAX_SHARDS,
     .help = "finish from the work of N shards"},
    {.topic = "Running",
     .name = "kernels", .kind = WN_TEXT, .value = "NAME",
     .default_value = "auto",
     .help = "OpenBLAS kernel set, e.g. Haswell or SkylakeX"},
    {.name = "estimate", .kind = WN_FLAG,
     .help = "show the memory and time that the work needs and stop"},
    {.topic = "Scores",
     .name = "list-methods", .kind = WN_FLAG,
     .help = "show the scores and stop"},
    {.topic = "Models",
     .name = "list-models", .kind = WN_FLAG,
     .help = "show the models and stop"},
    {0}};
/* clang-format on */

static const struct wn_option *const shared_rows[] = {
    &wn_option_seed,   &wn_option_output, &wn_option_in_place,
    &wn_option_as,     &wn_option_force,  &wn_option_threads,
    &wn_option_memory, &wn_option_quiet,  &wn_option_verbose,
    &wn_option_help,   &wn_option_version};

/* The option table: ours, the networks' and the methods' own, the shared. */
enum { CAPACITY = 64 };
static struct wn_option rows[CAPACITY];

static int score_work(struct wn_run *run, struct wn_error *error)
{
    const char *kernels = wn_option_text(run->options, "kernels");
    struct work work = {0};
    struct wn_text list = {0};
    int status;

    if (wn_option_on(run->options, "list-methods"))
        for (size_t i = 0; wn_methods[i]; i++)
            wn_text_format(&list, "%-16s %s (%s)\n", wn_methods[i]->name,
                           wn_methods[i]->brief, wn_methods[i]->source);
    else if (wn_option_on(run->options, "list-models"))
        for (size_t p = 0; wn_predictors[p].name; p++)
            wn_text_format(&list, "%-16s %s (%s)\n", wn_predictors[p].name,
                           wn_predictors[p].brief, wn_predictors[p].source);
    if (list.length) {
        status = wn_run_print(run, &list, error);
        wn_text_free(&list);
        return status;
    }
    work.team = score_open_team(run);
    wn_linear_start();
    const bool automatic = strcmp(kernels, "auto") == 0;
    status = wn_openblas_check(automatic ? NULL : kernels, error);
    if (automatic)
        wn_linear_use_matrix_unit();
    wn_log_verbose(run->log, "OpenBLAS kernels: %s", wn_linear_kernels());
    if (status == 0)
        status = score_read(run, &work, error);
    if (status == 0 && score_open_units(run, &work, error))
        status = -1;
    if (status == 0) {
        const int computed = score_compute(run, &work, error);

        status = computed < 0 ? -1 : 0;
        if (work.shard && status == 0)
            score_tell_shard(run, &work, computed == 0);
        else if (status == 0 && score_rank(&work) == 0)
            status = score_write(run, &work, error);
        if (status == 0 && !work.shard)
            wn_units_remove(work.units);
    }
    score_close_team(run, status, error);
    score_free(&work);
    return status < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Judge every label by models that did not see it.",
        .synopsis = "[OPTION...] [FILE]",
        .rows = rows,
        .min_operands = 0,
        .max_operands = 1};
    static const char option[] = "--kernels";
    const char *kernels = NULL;

    /* OpenBLAS must know the kernel set that the command line asks for before
     * options are parsed; see linalg/openblas_kernels.c. */
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (strncmp(argv[i], option, sizeof option - 1))
            continue;
        if (argv[i][sizeof option - 1] == '=')
            kernels = argv[i] + sizeof option;
        else if (!argv[i][sizeof option - 1] && i + 1 < argc)
            kernels = argv[i + 1];
    }
    if (kernels && strcmp(kernels, "auto") == 0)
        kernels = NULL;
    wn_program_reexec(argv, wn_openblas_request(kernels));
    wn_option_add_rows(rows, CAPACITY, first_rows);
    wn_option_add_rows(rows, CAPACITY, score_network_options);
    for (const struct wn_setting *s = wn_method_options; s->option.name; s++)
        wn_option_add(rows, CAPACITY, &s->option);
    wn_option_add_rows(rows, CAPACITY, last_rows);
    for (size_t i = 0; i < sizeof shared_rows / sizeof *shared_rows; i++)
        wn_option_add(rows, CAPACITY, shared_rows[i]);
    return wn_program_main(&program, argc, argv, score_work);
}
