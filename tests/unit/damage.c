/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit: damage is never silent. Single bits of a real audit file are
 * flipped, and the file is truncated. Reading it and copying its stages must be
 * refused or give exactly the undamaged content, without a signal or a hang.
 * Each trial runs in a child process. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "array/hdf5.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "util/random.h"

enum { N = 300, D = 8, K = 3, FLIPS = 1000, CUTS = 200 };
enum { SAME = 0, REFUSED = 10, DIFFERENT = 11 };

static const char whole_path[] = "damage-whole.h5";
static const char copy_path[] = "damage-copy.h5";
static const char trial_path[] = "damage-trial.h5";
static const char out_path[] = "damage-out.h5";

static float features[N * D];
static int32_t label[N];
static const char *const class_name[K] = {"cat", "dog", "eel"};
static char *whole, *copy; /* bytes of the two files */
static size_t whole_size, copy_size;

static void write_whole(void)
{
    struct wn_error error = {0};
    const size_t n[3] = {N, 0, 0};
    struct wn_audit_writer *writer =
        wn_audit_create(whole_path, true, NULL, WN_DATA, &error);

    unit_must(!writer, &error);
    unit_must(wn_audit_write(writer, "data/features", WN_F32,
                             (size_t[3]){N, D, 0}, features, &error),
              &error);
    unit_must(wn_audit_write(writer, "data/label", WN_I32, n, label, &error),
              &error);
    unit_must(
        wn_audit_write_names(writer, "data/label_name", class_name, K, &error),
        &error);
    unit_must(wn_audit_provenance(writer, "ingest", "label=pet", NULL, &error),
              &error);
    unit_must(wn_audit_finish(writer, &error), &error);
}

/* Add `stage` with a few datasets to what `from` holds. 0 or -1. */
static int add_stage(const char *from_path, const char *path,
                     enum wn_stage stage, struct wn_error *error)
{
    static const char *const sets[][10] = {
        {NULL},
        {"score/el2n", "score/grand", "score/aum", "score/margin",
         "score/entropy", "score/loss_mean", "score/loss_std", "score/vote",
         "score/rank", NULL},
        {"flag/label_quality", NULL}};
    const size_t n[3] = {N, 0, 0};
    struct wn_audit *from = wn_audit_open(from_path, stage - 1, error);
    struct wn_audit_writer *writer =
        from ? wn_audit_create(path, true, from, stage, error) : NULL;
    int status =
        writer ? wn_audit_provenance(writer, "test", "a=1 b=2",
                                     wn_audit_digest(from, stage - 1), error)
               : -1;

    for (size_t i = 0; status == 0 && sets[stage][i]; i++)
        status = wn_audit_write(writer, sets[stage][i], WN_F32, n, features + i,
                                error);
    if (status == 0)
        status = wn_audit_finish(writer, error);
    else
        wn_audit_abandon(writer);
    wn_audit_close(from);
    return status;
}

static int setup(void **state)
{
    struct wn_error error = {0};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 11, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < N * D; i++)
        features[i] = (float)wn_random_unit(&random);
    for (size_t i = 0; i < N; i++)
        label[i] = (int32_t)(i % K);
    unit_must(wn_hdf5_start(&error), &error);
    write_whole();
    unit_must(add_stage(whole_path, whole_path, WN_SCORE, &error), &error);
    unit_must(add_stage(whole_path, whole_path, WN_FLAGS, &error), &error);
    unit_must(add_stage(whole_path, copy_path, WN_FLAGS, &error), &error);
    whole = unit_load(whole_path, &whole_size);
    copy = unit_load(copy_path, &copy_size);
    return whole && copy ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(whole);
    free(copy);
    unlink(whole_path);
    unlink(copy_path);
    unlink(trial_path);
    unlink(out_path);
    return 0;
}

/* Everything that is in the undamaged file, by every way of reading. */
static int read_all(void)
{
    struct wn_error error = {0};
    struct wn_audit *audit = wn_audit_open(trial_path, WN_FLAGS, &error);
    struct wn_dataset dataset = {0};
    static const char *const stages[] = {"score", "flag"};
    float rows[D];

    if (!audit || wn_dataset_load(&dataset, audit, ~0u, &error))
        return REFUSED;
    if (dataset.n != N || dataset.d != D || dataset.k != K ||
        memcmp(dataset.features, features, sizeof features) ||
        memcmp(dataset.label, label, sizeof label) ||
        strcmp(dataset.label_name[1], "dog"))
        return DIFFERENT;
    if (wn_audit_read_rows(audit, "data/features", 7, 8, D, rows, &error))
        return REFUSED;
    if (memcmp(rows, features + 7 * D, sizeof rows))
        return DIFFERENT;
    for (int s = 0; s < 2; s++) {
        char **names, path[64];
        size_t count;

        wn_audit_list(audit, stages[s], &names, &count);
        for (size_t i = 0; i < count; i++) {
            snprintf(path, sizeof path, "%s/%s", stages[s], names[i]);
            if (!wn_audit_read(audit, path, WN_F32, (size_t[3]){N, 0, 0},
                               &error))
                return REFUSED;
        }
        if (count != (s ? 1 : 9))
            return DIFFERENT;
    }
    return SAME;
}

static int copy_all(void)
{
    struct wn_error error = {0};
    size_t size;

    if (add_stage(trial_path, out_path, WN_FLAGS, &error))
        return access(out_path, F_OK) ? REFUSED : DIFFERENT;
    char *bytes = unit_load(out_path, &size);
    const int same =
        bytes && size == copy_size && memcmp(bytes, copy, size) == 0;
    return same ? SAME : DIFFERENT;
}

static void put(const char *bytes, size_t size)
{
    unit_put(trial_path, bytes, size);
    unlink(out_path);
}

/* Run in a child; its verdict. */
static int verdict(int (*work)(void), size_t where)
{
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        alarm(10);
        _exit(work());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("signal %d, damage at %zu", WTERMSIG(status), where);
    status = WEXITSTATUS(status);
    if (status != SAME && status != REFUSED)
        fail_msg("damage at %zu passed (%d)", where, status);
    return status;
}

static void flipped_bits(void **state)
{
    struct wn_random random;
    size_t refused = 0;

    (void)state;
    wn_random_start(&random, 13, WN_RANDOM_SAMPLE, 0, 1);
    for (int i = 0; i < FLIPS; i++) {
        const size_t at = (size_t)wn_random_below(&random, whole_size);
        const int bit = (int)wn_random_below(&random, 8);

        whole[at] ^= (char)(1 << bit);
        put(whole, whole_size);
        whole[at] ^= (char)(1 << bit);
        refused += verdict(read_all, at * 8 + (size_t)bit) == REFUSED;
        verdict(copy_all, at * 8 + (size_t)bit);
    }
    printf("# %zu of %d flips refused, the others without effect\n", refused,
           FLIPS);
    assert_true(refused > FLIPS / 2);
}

static void cut_files(void **state)
{
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 13, WN_RANDOM_SAMPLE, 0, 2);
    for (int i = 0; i < CUTS; i++) {
        const size_t size = (size_t)wn_random_below(&random, whole_size);

        put(whole, size);
        assert_int_equal(verdict(read_all, size), REFUSED);
        assert_int_equal(verdict(copy_all, size), REFUSED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(flipped_bits),
                                       cmocka_unit_test(cut_files)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
