/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: what the work takes, memory and time, before any of it is done. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linalg/products.h"
#include "prog/score/score_work.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/thread.h"

enum {
    ROW = 60,  /* bytes of small arrays that each row takes */
    LEFT = 300 /* bytes that networks leave of each row */
};

/* The size of the work. */
struct cost {
    struct wn_sample sample; /* extents only */
    double need, least;      /* bytes; least with arrays in files */
    /* Operations of a product. */
    double features, graph, models, networks, methods;
};

/* The program and its libraries: what they have now, what they will touch
 * yet, and each thread's tiles. */
static double program_bytes(const struct wn_run *run)
{
    return 24e6 + 6e6 + 2e6 * run->threads;
}

/* What stays in memory when large arrays go into files. */
static double least_bytes(const struct wn_run *run, const struct work *work,
                          const struct wn_sample *sample)
{
    return (program_bytes(run) + ROW * (double)sample->n +
            wn_pool_kept(work->members, work->member_count, sample));
}

/* The extents, from the file; n is 0 where what must be there is not. */
static int find_sample(const struct wn_run *run, const struct work *work,
                       struct wn_sample *sample, struct wn_error *error)
{
    size_t x[3] = {0, 0, 0}, names[3] = {0, 0, 0};
    int rank;

    *sample = (struct wn_sample){
        .m = (size_t)wn_option_number(run->options, "neighbors"),
        .threads = run->threads,
        .probe = score_probe(run),
        .folds = (size_t)wn_option_number(run->options, "folds")};
    if (!wn_audit_has(work->audit, "data/label") ||
        !wn_audit_has(work->audit, "data/label_name"))
        return 0;
    if (wn_audit_shape(work->audit, "data/label", &rank, x, error) ||
        wn_audit_shape(work->audit, "data/label_name", &rank, names, error))
        return -1;
    sample->n = x[0];
    sample->d = work->width;
    sample->k = names[0];
    sample->groups = wn_audit_has(work->audit, "data/group") ? x[0] : 0;
    return 0;
}

static struct wn_view view_of(const struct wn_sample *sample)
{
    return (struct wn_view){.n = sample->n,
                            .d = sample->d,
                            .k = sample->k,
                            .m = sample->m,
                            .threads = sample->threads};
}

/* The methods, while the probabilities are there and what networks left. */
static double methods_bytes(const struct work *work,
                            const struct wn_sample *sample)
{
    const struct wn_view view = view_of(sample);
    const double n = (double)sample->n;
    double most = n * (8 * (double)sample->m + 32);

    for (size_t i = 0; wn_methods[i]; i++)
        if (work->chosen[i] && wn_methods[i]->bytes)
            most = fmax(most, wn_methods[i]->bytes(&view));
    if (work->needs & WN_NEEDS_DYNAMICS)
        most += n * LEFT;
    if (work->member_count || work->brought)
        most += 4 * n * (double)sample->k;
    return most;
}

static int find_memory(const struct wn_run *run, const struct work *work,
                       struct cost *cost, struct wn_error *error)
{
    const struct wn_sample *sample = &cost->sample;
    const double n = (double)sample->n;
    double most = methods_bytes(work, sample), pairs;
    const double dynamics =
        score_dynamics_bytes(run, work, sample->n, sample->d, sample->k);

    if (score_pairs_bytes(run, work, &pairs, error))
        return -1;
    if (work->parts & WN_SAMPLE_NEIGHBORS)
        most = fmax(most, wn_graph_bytes(sample->n, sample->d, sample->m,
                                         sample->probe, run->threads));
    if (work->member_count)
        most = fmax(fmax(most, wn_spectrum_bytes(sample->n, sample->d) +
                                   4 * n * (double)sample->k),
                    wn_pool_bytes(work->members, work->member_count, sample));
    cost->need = n * (4 * (double)sample->d + 8 * (double)sample->m + 48) +
                 fmax(most, fmax(dynamics, pairs)) + program_bytes(run);
    cost->least = least_bytes(run, work, sample);
    return 0;
}

int score_afford(const struct wn_run *run, const struct work *work,
                 struct wn_error *error)
{
    struct cost cost = {0};
    char what[100];

    if (find_sample(run, work, &cost.sample, error))
        return -1;
    if (!cost.sample.n)
        return 0;
    if (find_memory(run, work, &cost, error))
        return -1;
    snprintf(what, sizeof what, "%zu rows of %zu features and %zu classes",
             cost.sample.n, cost.sample.d, cost.sample.k);
    return wn_run_limit_memory(run, cost.need, cost.least, what, error);
}

/* How much there is to do. Factors are measured, on sets of 1,800 to 20,000
 * rows; a good guess, no bound. */
static int find_work(const struct wn_run *run, const struct work *work,
                     struct cost *cost)
{
    const struct wn_sample *sample = &cost->sample;
    const double n = (double)sample->n, d = (double)sample->d;
    const double cells = n * (d + (double)sample->k);

    cost->features = 1500 * n * d;
    if (work->parts & WN_SAMPLE_NEIGHBORS)
        cost->graph = wn_graph_work(sample->n, sample->d, sample->probe) +
                      5000 * n * (double)sample->m;
    cost->models =
        wn_pool_work(work->members, work->member_count,
                     (size_t)wn_option_number(run->options, "passes"), sample);
    const struct wn_view view = view_of(sample);
    for (size_t i = 0; wn_methods[i]; i++)
        if (work->chosen[i] && wn_methods[i]->work)
            cost->methods += wn_methods[i]->work(&view);
    if (!(work->needs & WN_NEEDS_DYNAMICS))
        return 0;
    if (work->followed)
        cost->networks = 1500 * cells;
    else
        cost->networks = score_dynamics_work(work, cells);
    return 0;
}

static double processor_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Operations a second of a product by one thread, here and now. */
static int probe(double *rate, struct wn_error *error)
{
    enum { SIDE = 256, LONG = 30 /* milliseconds */ };
    float *block = wn_new(3 * SIDE * SIDE, sizeof *block);
    double done = 0, spent = 0;

    for (size_t i = 0; i < 2 * SIDE * SIDE; i++)
        block[i] = (float)(i % 61) / 61;
    const double begin = processor_seconds();
    while (spent < 1e-3 * LONG) {
        wn_gemm(0, 1, SIDE, SIDE, SIDE, 1, block, SIDE, block + SIDE * SIDE,
                SIDE, 0, block + 2 * SIDE * SIDE, SIDE);
        done += 2.0 * SIDE * SIDE * SIDE;
        spent = processor_seconds() - begin;
    }
    *rate = done / spent;
    free(block);
    return 0;
}

static int add_time(struct wn_text *text, const char *name, double seconds)
{
    if (seconds < 120) {
        wn_text_format(text, "%-10s %8.1f s\n", name, seconds);
        return 0;
    }
    wn_text_format(text, "%-10s %8.1f min\n", name, seconds / 60);
    return 0;
}

int score_estimate(const struct wn_run *run, const struct work *work,
                   struct wn_error *error)
{
    struct cost cost = {0};
    struct wn_text text = {0};
    double rate;
    int status = -1;

    if (find_sample(run, work, &cost.sample, error) ||
        find_memory(run, work, &cost, error) || find_work(run, work, &cost) ||
        probe(&rate, error))
        goto done;
    const int processors = wn_threads(0);
    rate *= run->threads < processors ? run->threads : processors;
    if (wn_text_format(&text,
                       "%zu rows, %zu features, %zu classes\n"
                       "%-10s %8.0f MiB at most",
                       cost.sample.n, cost.sample.d, cost.sample.k, "memory",
                       ceil(cost.need / 0x1p20)) ||
        (cost.least < cost.need &&
         wn_text_format(&text, ", or %.0f with --memory",
                        ceil(cost.least / 0x1p20))) ||
        wn_text_add(&text, "\n", 1) ||
        add_time(&text, "time",
                 (cost.features + cost.graph + cost.models + cost.networks +
                  cost.methods) /
                     rate) ||
        add_time(&text, " graph", cost.graph / rate) ||
        add_time(&text, " models", cost.models / rate) ||
        add_time(&text, " networks", cost.networks / rate))
        goto done;
    add_time(&text, " methods", cost.methods / rate);
    status = wn_run_print(run, &text, error);
done:
    wn_text_free(&text);
    return status;
}
