/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/units: work files that are kept, torn and crafted; and that trees, graph
 * and networks from a file are those computed without one, or are refused. */
#include "unit.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knn/graph.h"
#include "learn/training.h"
#include "learn/trees.h"
#include "util/random.h"
#include "util/units.h"

enum { N = 200, D = 4, K = 3, M = 5, TREES = 6, CRAFTED = 400 };

static const struct wn_units_key key = {.version = "1", .input = "data"};
static char folder[] = "/tmp/winnow-units.XXXXXX", path[100];
static float x[N * D], probability[N * K];
static int32_t label[N], nearest[N * M];
static float apart[N * M];

static int make_rows(void **state)
{
    struct wn_random random;

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/work", folder);
    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < N; i++) {
        label[i] = i % K;
        for (int j = 0; j < D; j++)
            x[i * D + j] =
                (float)(wn_random_normal(&random) + 2 * (j == i % K));
    }
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct wn_units *open_file(size_t shard, size_t shards, bool append)
{
    struct wn_units *units = wn_units_new(NULL, shard, shards);
    struct wn_error error = {0};
    const char *other;

    assert_int_equal(
        wn_units_open(units, path, append, &key, shard, shards, &other, &error),
        0);
    assert_null(other);
    return units;
}

/* ---- jobs of a test ---- */

struct tally {
    size_t computed, used, sum;
};

static int compute_square(void *context, size_t u, struct wn_text *out,
                          struct wn_error *error)
{
    struct tally *tally = context;
    const size_t square = u * u;

    (void)error;
#pragma omp atomic
    tally->computed++;
    wn_text_add(out, (const char *)&square, sizeof square);
    return 0;
}

static int use_square(void *context, size_t u, const char *bytes, size_t length)
{
    struct tally *tally = context;
    size_t square;

    assert_int_equal(length, sizeof square);
    assert_int_equal(u, tally->used++); /* in order */
    memcpy(&square, bytes, sizeof square);
    tally->sum += square;
    return 0;
}

static int run_squares(struct wn_units *units, struct tally *tally, int threads)
{
    struct wn_error error = {0};

    *tally = (struct tally){0};
    return wn_units_run(units,
                        &(struct wn_units_job){.stage = "squares",
                                               .count = 10,
                                               .longest = sizeof(size_t),
                                               .threads = threads,
                                               .context = tally,
                                               .compute = compute_square,
                                               .use = use_square},
                        &error);
}

static void kept_units_are_not_computed_again(void **state)
{
    struct tally tally;
    struct stat about;

    (void)state;
    unlink(path);
    for (int again = 0; again < 2; again++) {
        struct wn_units *units = open_file(0, 0, true);

        assert_int_equal(run_squares(units, &tally, 3), 0);
        assert_int_equal(tally.computed, again ? 0 : 10);
        assert_int_equal(tally.sum, 285);
        wn_units_free(units);
    }
    /* A torn tail is dropped, wherever in the last 64 + 8 bytes it begins. */
    assert_int_equal(stat(path, &about), 0);
    for (int cut = 1; cut <= 72; cut += 7) {
        assert_int_equal(truncate(path, about.st_size - cut), 0);
        struct wn_units *units = open_file(0, 0, true);

        assert_int_equal(run_squares(units, &tally, 1), 0);
        assert_int_equal(tally.computed, 1);
        assert_int_equal(tally.sum, 285);
        wn_units_free(units);
    }
}

static void shards_compute_their_share(void **state)
{
    struct tally tally;

    (void)state;
    unlink(path);
    struct wn_units *units = open_file(2, 3, true);
    /* Units 1, 4, 7 of 0 .. 9; nothing is used before all are there. */
    assert_int_equal(run_squares(units, &tally, 2), 1);
    assert_int_equal(tally.computed, 3);
    assert_int_equal(tally.used, 0);
    assert_int_equal(wn_units_counted(units).missing, 7);
    wn_units_free(units);
}

/* ---- crafted contents ---- */

/* The contents of a stage's units, to be written again with changes. */
struct copy {
    struct wn_text unit[TREES];
    struct wn_random random;
};

static int take_copy(void *context, size_t u, const char *bytes, size_t length)
{
    struct copy *copy = context;

    copy->unit[u].length = 0;
    wn_text_add(&copy->unit[u], bytes, length);
    return 0;
}

static int damage_copy(void *context, size_t u, struct wn_text *out,
                       struct wn_error *error)
{
    static const uint32_t words[] = {0,          1,          0xffffffff,
                                     0x7fffffff, 0x80000000, 0x7f800000,
                                     0x7fc00000, 0x00010000};
    struct copy *copy = context;
    struct wn_random *random = &copy->random;
    size_t length = copy->unit[u].length;

    (void)error;
    if (wn_random_below(random, 8) == 0)
        length = (size_t)wn_random_below(random, length + 1);
    wn_text_add(out, copy->unit[u].bytes, length);
    for (int times = (int)wn_random_below(random, 4); times > 0; times--)
        if (length >= sizeof *words) {
            /* Most damage near the beginning, where the sizes are. */
            const size_t near =
                wn_random_below(random, 2) && length > 64 ? 64 : length;
            const size_t at =
                (size_t)wn_random_below(random, near / sizeof *words);

            memcpy(out->bytes + at * sizeof *words,
                   &words[wn_random_below(random, 8)], sizeof *words);
        }
    return 0;
}

static int never_compute(void *context, size_t u, struct wn_text *out,
                         struct wn_error *error)
{
    (void)context;
    (void)u;
    (void)out;
    return wn_fail(error, WN_EDATA, "a unit is missing");
}

static int ignore(void *context, size_t u, const char *bytes, size_t length)
{
    (void)context;
    (void)u;
    (void)bytes;
    (void)length;
    return 0;
}

/* Let `work` write its units, then read them damaged, CRAFTED times. Whatever
 * is in them, it returns 0 or -1 (the sanitizers see the rest); it is called a
 * last time with what it wrote. */
static void craft(const char *stage, size_t count,
                  int (*work)(struct wn_units *units, struct wn_error *error))
{
    struct copy copy = {0};
    struct wn_error error = {0};
    struct wn_units_job job = {.stage = stage,
                               .count = count,
                               .longest = SIZE_MAX,
                               .threads = 1,
                               .context = &copy,
                               .compute = never_compute,
                               .use = take_copy};
    int refused = 0;

    unlink(path);
    struct wn_units *units = open_file(0, 0, true);
    assert_int_equal(work(units, &error), 0);
    wn_units_free(units);
    units = open_file(0, 0, false);
    assert_int_equal(wn_units_run(units, &job, &error), 0);
    assert_int_equal(wn_units_counted(units).taken, count);
    assert_int_equal(work(units, &error), 0);
    wn_units_free(units);
    wn_random_start(&copy.random, 7, WN_RANDOM_SAMPLE, 0, 0);
    job.compute = damage_copy;
    job.use = ignore;
    for (int times = 0; times < CRAFTED; times++) {
        unlink(path);
        units = open_file(0, 0, true);
        assert_int_equal(wn_units_run(units, &job, &error), 0);
        wn_units_free(units);
        units = open_file(0, 0, false);
        error = (struct wn_error){0};
        if (work(units, &error)) {
            refused++;
            assert_non_null(strstr(error.text, "does not fit"));
        }
        wn_units_free(units);
    }
    assert_true(refused > 0);
    for (size_t u = 0; u < count; u++)
        wn_text_free(&copy.unit[u]);
}

static int grow(struct wn_units *units, struct wn_error *error)
{
    const struct wn_sample sample = {.n = N,
                                     .d = D,
                                     .k = K,
                                     .x = x,
                                     .label = label,
                                     .threads = 2,
                                     .pass = 1,
                                     .units = units};
    struct wn_trees_options options = wn_trees_defaults;

    options.trees = TREES;
    if (wn_trees(&sample, &options, probability, error))
        return -1;
    for (int i = 0; i < N * K; i++)
        assert_true(probability[i] >= 0 && probability[i] <= 1);
    return 0;
}

static void crafted_trees_are_refused(void **state)
{
    static float alone[N * K];

    (void)state;
    assert_int_equal(grow(NULL, NULL), 0);
    memcpy(alone, probability, sizeof alone);
    craft("trees 1", TREES, grow);
    unlink(path);
    for (int again = 0; again < 2; again++) {
        struct wn_units *units = open_file(0, 0, true);
        struct wn_error error = {0};

        assert_int_equal(grow(units, &error), 0);
        assert_memory_equal(alone, probability, sizeof alone);
        wn_units_free(units);
    }
}

static int find(struct wn_units *units, struct wn_error *error)
{
    const struct wn_graph graph = {.x = x,
                                   .n = N,
                                   .d = D,
                                   .m = M,
                                   .threads = 2,
                                   .units = units,
                                   .stage = "graph"};
    struct wn_graph_facts facts;

    if (wn_graph_find(&graph, 0, 1, nearest, apart, &facts, error))
        return -1;
    for (int i = 0; i < N; i++)
        for (int w = 0; w < M; w++) {
            assert_true(nearest[i * M + w] >= -1 && nearest[i * M + w] < N);
            /* What is missing is at the end. */
            assert_true(w == 0 || nearest[i * M + w - 1] >= 0 ||
                        nearest[i * M + w] < 0);
        }
    return 0;
}

static void crafted_graphs_are_refused(void **state)
{
    static int32_t alone[N * M];

    (void)state;
    assert_int_equal(find(NULL, NULL), 0);
    memcpy(alone, nearest, sizeof alone);
    craft("graph of 1", 1, find);
    /* Parts of shards, merged. */
    for (size_t shards = 2; shards <= 4; shards++) {
        struct wn_units *units = wn_units_new(NULL, 0, shards);
        struct wn_error error = {0};

        assert_int_equal(find(units, &error), 0);
        assert_memory_equal(alone, nearest, sizeof alone);
        wn_units_free(units);
    }
}

static int train(struct wn_units *units, struct wn_error *error)
{
    const struct wn_mlp_task task = {
        .x = x, .n = N, .d = D, .k = K, .label = label};
    const struct wn_dynamics_plan plan = {
        .network = {.hidden = 4, .batch = 32, .rate = .05, .momentum = .9},
        .replicates = 3,
        .epoch = 2,
        .parts = WN_DYNAMICS_GRADIENTS | WN_DYNAMICS_HISTORIES,
        .units = units};
    struct wn_dynamics *dynamics =
        wn_dynamics_train(&task, &plan, 2, NULL, error);

    if (!dynamics)
        return -1;
    for (int s = 0; s < WN_TARGET_OWN; s++)
        wn_dynamics_read(dynamics, (enum wn_statistic)s, 1, 0, probability,
                         NULL);
    wn_dynamics_free(dynamics);
    return 0;
}

static void crafted_networks_are_refused(void **state)
{
    (void)state;
    craft("networks", 3, train);
}

static void other_files_are_refused(void **state)
{
    struct wn_units *units = wn_units_new(NULL, 0, 0);
    struct wn_units_key now = key;
    struct wn_error error = {0};
    const char *other;

    (void)state;
    unlink(path);
    wn_units_free(open_file(0, 0, true));
    now.options[0] = 'x';
    assert_int_equal(
        wn_units_open(units, path, false, &now, 0, 0, &other, &error), 0);
    assert_string_equal(other, "other options");
    assert_int_equal(
        wn_units_open(units, path, false, &key, 1, 2, &other, &error), -1);
    assert_int_equal(error.code, WN_EDATA);
    wn_units_free(units);
    /* A file that is being written. */
    struct wn_units *first = open_file(0, 0, true);
    units = wn_units_new(NULL, 0, 0);
    error = (struct wn_error){0};
    assert_int_equal(
        wn_units_open(units, path, true, &key, 0, 0, &other, &error), -1);
    assert_int_equal(error.code, WN_EBUSY);
    wn_units_free(units);
    wn_units_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_units_are_not_computed_again),
        cmocka_unit_test(shards_compute_their_share),
        cmocka_unit_test(crafted_trees_are_refused),
        cmocka_unit_test(crafted_graphs_are_refused),
        cmocka_unit_test(crafted_networks_are_refused),
        cmocka_unit_test(other_files_are_refused),
    };

    return cmocka_run_group_tests(tests, make_rows, remove_folder);
}
