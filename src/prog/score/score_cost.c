/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score: the memory that the work needs, and the time of a sample of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "learn/dynamics.h"
#include "learn/pairs.h"
#include "linalg/products.h"
#include "prog/score/score_work.h"
#include "util/memory.h"
#include "util/order.h"
#include "util/random.h"
#include "util/spill.h"

enum {
    ROW = 100,     /* bytes of small arrays a row */
    NETWORKS = 300 /* bytes a row of the results of networks */
};

struct cost {
    struct wn_sample sample; /* sizes only; n = 0: the data are incomplete */
    double bytes;            /* at most, without --memory */
    double anonymous;        /* the smallest --memory */
};

/* Units that are kept or sent: a graph or a model of `row` bytes a row, or a
 * network of each thread; a team has more of these at a time. Texts grow by
 * half. */
static double unit_bytes(const struct wn_run *run, const struct work *work,
                         double n, double row)
{
    const double network = work->plan.parts & WN_DYNAMICS_HISTORIES ? 144 : 48;
    const double wave = work->team ? WN_UNITS_WAVE : 1;

    if (!work->team && !wn_option_on(run->options, "resume") &&
        !wn_option_given(run->options, "shard") &&
        !wn_option_given(run->options, "merge"))
        return 0;
    return 1.5 * n * fmax(row, network * run->threads * wave);
}

/* The sizes of the data, and the largest stage beside what is there in all of
 * them. */
static int find_cost(const struct wn_run *run, const struct work *work,
                     struct cost *cost, struct wn_error *error)
{
    cost->sample = (struct wn_sample){
        .d = work->width,
        .m = (size_t)wn_option_number(run->options, "neighbors"),
        .threads = run->threads,
        .probe = score_probe(run),
        .folds = (size_t)wn_option_number(run->options, "folds")};
    if (wn_audit_extent(work->audit, "data/label", 0, &cost->sample.n, error) ||
        wn_audit_extent(work->audit, "data/label_name", 0, &cost->sample.k,
                        error))
        return -1;
    if (cost->sample.k == 0)
        cost->sample.n = 0;
    if (cost->sample.n == 0)
        return 0;
    cost->sample.groups = cost->sample.n; /* as if each row had a copy */

    const struct wn_sample *sample = &cost->sample;
    const double n = (double)sample->n, d = (double)sample->d;
    const double k = (double)sample->k, m = (double)sample->m;
    const struct wn_view view = {.n = sample->n,
                                 .d = sample->d,
                                 .k = sample->k,
                                 .m = sample->m,
                                 .threads = run->threads};
    double stage = n * (8 * m + 32); /* the methods */

    for (size_t i = 0; wn_methods[i]; i++)
        if (work->chosen[i] && wn_methods[i]->bytes)
            stage = fmax(stage, wn_methods[i]->bytes(&view));
    if (work->needs & WN_NEEDS_DYNAMICS)
        stage += n * NETWORKS;
    if (work->member_count || work->user_probability)
        stage += 4 * n * k;
    if (work->needs & WN_NEEDS_DYNAMICS) {
        /* --aum-threshold trains further networks. */
        const double times =
            wn_option_given(run->options, "aum-threshold") ? 2 : 1;

        const double networks =
            work->user_dynamics
                ? wn_external_dynamics_bytes(sample->n, sample->k,
                                             work->plan.parts)
                : times * wn_dynamics_bytes(sample->n, sample->d, sample->k + 1,
                                            &work->plan, run->threads);
        stage = fmax(stage, 4 * n * k + networks);
    }
    if (work->needs & WN_NEEDS_PAIRS) {
        size_t p = 0;

        if (wn_audit_extent(work->audit, "data/features_b", 1, &p, error))
            return -1;
        stage =
            fmax(stage, 4 * n * (double)p + wn_pairs_bytes(sample->n, sample->d,
                                                           p, run->threads));
    }
    if (work->parts & WN_SAMPLE_NEIGHBORS)
        stage = fmax(stage, wn_graph_bytes(sample->n, sample->d, sample->m,
                                           sample->probe, run->threads));
    if (work->member_count)
        stage = fmax(
            fmax(stage, wn_spectrum_bytes(sample->n, sample->d) + 4 * n * k),
            wn_pool_bytes(work->members, work->member_count, sample));
    if (work->brought || wn_option_on(run->options, "keep-members"))
        stage += 4 * n * k * (double)work->member_count;
    /* The program, its libraries and the tiles of each thread. */
    cost->bytes = n * (4 * d + 8 * m + 48) + stage + 30e6 + 2e6 * run->threads;
    /* What no file takes: the program, small arrays of each row and column,
     * and for each thread its workspace and what OpenBLAS packs. */
    cost->anonymous =
        14e6 + ROW * n + 100 * (d + k) +
        run->threads * (1e6 + 3000 * sqrt(n) +
                        wn_linear_bytes(sample->n < 4096 ? sample->n : 4096));
    const double units = unit_bytes(run, work, n, fmax(8 * m, 4 * k));
    cost->bytes += units;
    cost->anonymous += units;
    return 0;
}

int score_check_memory(const struct wn_run *run, const struct work *work,
                       struct wn_error *error)
{
    struct cost cost = {0};
    char what[100];

    if (find_cost(run, work, &cost, error))
        return -1;
    if (cost.sample.n == 0)
        return 0;
    snprintf(what, sizeof what, "%zu rows of %zu features and %zu classes",
             cost.sample.n, cost.sample.d, cost.sample.k);
    return wn_run_limit_memory(run, cost.bytes, cost.anonymous, what, error);
}

/* array[s] = array[row[s]]; rows ascend, so this works in place. */
static void gather(void *array, size_t size, const int32_t *row, size_t count)
{
    char *bytes = array;

    for (size_t s = 0; bytes && s < count; s++)
        memmove(bytes + s * size, bytes + (size_t)row[s] * size, size);
}

/* Read the sampled rows of a float dataset, `columns` in each. */
static float *read_rows(const struct work *work, const char *path,
                        size_t columns, size_t count, struct wn_error *error)
{
    float *out = wn_spill_new(wn_product(count, columns, 1), sizeof *out);

    for (size_t s = 0; s < count; s++) {
        const size_t row = (size_t)work->sample[s];

        if (wn_audit_read_rows(work->audit, path, row, row + 1, columns,
                               out + s * columns, error)) {
            wn_spill_free(out);
            return NULL;
        }
    }
    return out;
}

/* Do the work on `count` random rows as if they were all, and keep the seconds
 * of each stage. */
static int measure(const struct wn_run *run, const struct work *whole,
                   size_t count, double seconds[SCORE_STAGES],
                   struct wn_error *error)
{
    const enum wn_level level = run->log->level;
    struct work work = *whole;
    struct wn_dataset *data = &work.data;
    struct wn_features *features = NULL;
    struct wn_random random;
    int status = -1;

    work.own = (struct wn_arena){0};
    run->log->level = WN_QUIET;
    wn_log_stage(run->log, "");
    if (wn_dataset_load(data, work.audit, WN_PART_LABEL | WN_PART_ROLE, error))
        goto done;
    work.all_rows = data->n;
    work.sample = wn_arena_new(&work.own, sizeof *work.sample, data->n, 1);
    wn_random_start(&random, score_seed(run), WN_RANDOM_SAMPLE, 0, 0);
    wn_random_draw(&random, work.sample, data->n, count);
    qsort(work.sample, count, sizeof *work.sample, wn_index_ascending);
    gather(data->label, sizeof *data->label, work.sample, count);
    gather(data->group, sizeof *data->group, work.sample, count);
    gather(data->trusted, sizeof *data->trusted, work.sample, count);
    gather(data->weight, sizeof *data->weight, work.sample, count);
    data->n = count;
    if (work.width) {
        features = wn_features_open(work.audit, error);
        if (!features)
            goto done;
        data->d = work.width;
        data->features =
            wn_spill_new(wn_product(count, data->d, 1), sizeof(float));
        for (size_t s = 0; s < count; s++) {
            const size_t row = (size_t)work.sample[s];

            if (wn_features_read(features, row, row + 1,
                                 data->features + s * data->d, error))
                goto done;
        }
    }
    if (work.user_probability &&
        !(data->probability =
              read_rows(&work, "data/probability", data->k, count, error)))
        goto done;
    if ((work.needs & WN_NEEDS_PAIRS) &&
        (wn_audit_extent(work.audit, "data/features_b", 1, &data->p, error) ||
         !(data->features_b =
               read_rows(&work, "data/features_b", data->p, count, error))))
        goto done;
    if (score_check_classes(&work, error))
        goto done;
    score_end_stage(run, &work, SCORE_READ);
    if (score_compute(run, &work, error) == 0 &&
        score_methods(run, &work, NULL, error) == 0)
        status = 0;
done:
    wn_features_close(features);
    run->log->level = level;
    memcpy(seconds, work.seconds, sizeof work.seconds);
    work.audit = NULL; /* it is the whole work's */
    score_free(&work);
    return status;
}

static void add_time(struct wn_text *text, const char *name, double seconds)
{
    wn_text_format(text, "%-10s %8.1f %s", name,
                   seconds < 120 ? seconds : seconds / 60,
                   seconds < 120 ? "s" : "min");
}

/* Measure samples of doubling size until one takes a second or holds all rows.
 * Each stage grows as the power of n that the last two samples show, at most 2;
 * networks need fewer epochs where there are more rows. */
static void estimate_time(const struct wn_run *run, const struct work *work,
                          size_t n, struct wn_text *text)
{
    double seconds[2][SCORE_STAGES] = {{0}}, stage[SCORE_STAGES], total = 0;
    struct wn_error error = {0};
    size_t count = n < 256 ? n : 256, smaller = 0;

    for (;;) {
        double spent = 0;

        if (measure(run, work, count, seconds[1], &error)) {
            wn_text_format(text, "time unknown: %zu random rows: %s\n", count,
                           error.text);
            return;
        }
        for (int s = 0; s < SCORE_STAGES; s++)
            spent += seconds[1][s];
        if (count == n || spent > 1)
            break;
        smaller = count;
        memcpy(seconds[0], seconds[1], sizeof *seconds);
        count = count < n / 2 ? 2 * count : n;
    }
    for (int s = 0; s < SCORE_STAGES; s++) {
        const double few = seconds[0][s], many = seconds[1][s];
        double power = 1;

        if (smaller && few > 0.005 && many > 0)
            power = log(many / few) / log((double)count / (double)smaller);
        power = fmin(fmax(power, 0), 2);
        stage[s] = many * pow((double)n / (double)count, power);
        total += stage[s];
    }
    add_time(text, "time", total);
    if (count == n)
        wn_text_format(text, ", measured\n");
    else
        wn_text_format(text,
                       ", an estimate: measured on %zu random rows of %zu\n",
                       count, n);
    for (int s = 0; s < SCORE_STAGES; s++) {
        char name[20];

        if (seconds[1][s] == 0)
            continue;
        snprintf(name, sizeof name, " %s", score_stage_names[s]);
        add_time(text, name, stage[s]);
        wn_text_add(text, "\n", 1);
    }
}

int score_estimate(const struct wn_run *run, const struct work *work,
                   struct wn_error *error)
{
    struct cost cost = {0};
    struct wn_text text = {0};

    if (find_cost(run, work, &cost, error))
        return -1;
    if (cost.sample.n == 0)
        return wn_fail(error, WN_EDATA,
                       "%s: there is no label; run ingest with --label",
                       wn_audit_name(work->audit));
    wn_text_format(&text,
                   "%zu rows, %zu features, %zu classes\n"
                   "%-10s %8.0f MiB at most",
                   cost.sample.n, cost.sample.d, cost.sample.k, "memory",
                   ceil(cost.bytes / 0x1p20));
    if (cost.anonymous < cost.bytes)
        wn_text_format(&text, ", or %.0f with --memory",
                       ceil(cost.anonymous / 0x1p20));
    wn_text_add(&text, "\n", 1);
    estimate_time(run, work, cost.sample.n, &text);
    const int status = wn_run_print(run, &text, error);
    wn_text_free(&text);
    return status;
}
