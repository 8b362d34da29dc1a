/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit: what is written is read back; the same content gives the same
 * bytes however it was written; replacing a stage drops the later ones. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "array/hdf5.h"
#include "audit/audit.h"
#include "audit/dataset.h"
#include "util/random.h"

enum { N = 5000, D = 64, K = 3 };

static float features[N * D];
static int32_t label[N];
static uint64_t offset[N + 1];
static const char *const class_name[K] = {"cat", "dog", "\xc3\xa5l"};

static int setup(void **state)
{
    struct wn_error error = {0};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < N * D; i++)
        features[i] = (float)wn_random_normal(&random);
    for (size_t i = 0; i < N; i++) {
        label[i] = (int32_t)(i % K);
        offset[i + 1] = offset[i] + 10;
    }
    return wn_hdf5_start(&error);
}

/* `step` rows of the features at a time. */
static void write_data(const char *path, size_t step)
{
    struct wn_error error = {0};
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, NULL, WN_DATA, &error);

    unit_must(writer == NULL, &error);
    unit_must(wn_audit_write_text(writer, "data", "source", "pets.csv", &error),
              &error);
    unit_must(
        wn_audit_write_text(writer, "data", "label_column", "pet", &error),
        &error);
    unit_must(
        wn_audit_write_number(writer, "data", "source_size", 10.0 * N, &error),
        &error);
    unit_must(wn_audit_write_begin(writer, "data/features", WN_F32,
                                   (size_t[3]){N, D, 0}, &error),
              &error);
    for (size_t at = 0; at < N; at += step)
        unit_must(wn_audit_write_append(writer, at + step > N ? N - at : step,
                                        features + at * D, &error),
                  &error);
    unit_must(wn_audit_write_end(writer, &error), &error);
    unit_must(
        wn_audit_write_names(writer, "data/label_name", class_name, K, &error),
        &error);
    unit_must(wn_audit_write(writer, "data/label", WN_I32, (size_t[3]){N, 0, 0},
                             label, &error),
              &error);
    unit_must(wn_audit_write(writer, "data/row_offset", WN_U64,
                             (size_t[3]){N + 1, 0, 0}, offset, &error),
              &error);
    unit_must(wn_audit_write(writer, "data/left_out", WN_U64,
                             (size_t[3]){0, 2, 0}, NULL, &error),
              &error);
    unit_must(wn_audit_provenance(writer, "ingest", "label=pet", NULL, &error),
              &error);
    unit_must(wn_audit_finish(writer, &error), &error);
}

static void write_stage(const char *from_path, const char *path,
                        enum wn_stage stage)
{
    static const char *const set[] = {NULL, "score/el2n", "flag/label_quality"};
    struct wn_error error = {0};
    struct wn_audit *from = wn_audit_open(from_path, stage - 1, &error);
    unit_must(from == NULL, &error);
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, from, stage, &error);
    unit_must(writer == NULL, &error);
    unit_must(wn_audit_provenance(writer, "test", "",
                                  wn_audit_digest(from, stage - 1), &error),
              &error);
    unit_must(wn_audit_write(writer, set[stage], WN_F32, (size_t[3]){N, 0, 0},
                             features, &error),
              &error);
    unit_must(wn_audit_finish(writer, &error), &error);
    wn_audit_close(from);
}

static void same_bytes(const char *a, const char *b)
{
    FILE *one = fopen(a, "rb"), *two = fopen(b, "rb");
    int x, y;

    assert_non_null(one);
    assert_non_null(two);
    do {
        x = getc(one);
        y = getc(two);
        assert_int_equal(x, y);
    } while (x != EOF);
    fclose(one);
    fclose(two);
}

static void reads_what_was_written(void **state)
{
    struct wn_error error = {0};
    struct wn_dataset dataset;
    float rows[10 * D];

    (void)state;
    write_data("audit-test.h5", 100);
    struct wn_audit *audit = wn_audit_open("audit-test.h5", WN_DATA, &error);
    unit_must(audit == NULL, &error);
    unit_must(wn_dataset_load(&dataset, audit, ~0u, &error), &error);
    assert_int_equal(dataset.n, N);
    assert_int_equal(dataset.d, D);
    assert_int_equal(dataset.k, K);
    assert_memory_equal(dataset.features, features, sizeof features);
    assert_memory_equal(dataset.label, label, sizeof label);
    assert_string_equal(dataset.label_name[2], class_name[2]);
    assert_string_equal(dataset.source, "pets.csv");
    assert_string_equal(dataset.label_column, "pet");
    assert_int_equal(dataset.source_size, 10 * N);
    unit_must(
        wn_audit_read_rows(audit, "data/features", 4090, 4100, D, rows, &error),
        &error);
    assert_memory_equal(rows, features + 4090 * D, sizeof rows);
    assert_null(wn_audit_text(audit, "data", "nothing", &error));
    assert_int_equal(error.code, WN_OK);
    wn_dataset_free(&dataset);
    wn_audit_close(audit);
    assert_null(wn_audit_open("audit-test.h5", WN_SCORE, &error));
    assert_string_equal(error.text,
                        "audit-test.h5: has no group score; run score first");
    unlink("audit-test.h5");
}

static void same_content_same_bytes(void **state)
{
    struct wn_error error = {0};

    (void)state;
    write_data("audit-a.h5", 1);
    write_data("audit-b.h5", 3333);
    same_bytes("audit-a.h5", "audit-b.h5");
    /* a -> score -> flag in new files; b in place, with detours. */
    write_stage("audit-a.h5", "audit-a1.h5", WN_SCORE);
    write_stage("audit-a1.h5", "audit-a2.h5", WN_FLAGS);
    write_stage("audit-b.h5", "audit-b.h5", WN_SCORE);
    same_bytes("audit-a1.h5", "audit-b.h5");
    write_stage("audit-b.h5", "audit-b.h5", WN_FLAGS);
    same_bytes("audit-a2.h5", "audit-b.h5");
    write_stage("audit-b.h5", "audit-b.h5", WN_SCORE);
    same_bytes("audit-a1.h5", "audit-b.h5");
    struct wn_audit *audit = wn_audit_open("audit-b.h5", WN_SCORE, &error);
    unit_must(audit == NULL, &error);
    assert_false(wn_audit_has_stage(audit, WN_FLAGS));
    wn_audit_close(audit);
    unlink("audit-a.h5");
    unlink("audit-a1.h5");
    unlink("audit-a2.h5");
    unlink("audit-b.h5");
}

/* Stages of two audits put together, and extents that disagree. */
static void refuses_what_does_not_fit(void **state)
{
    struct wn_error error = {0};

    (void)state;
    write_data("audit-a.h5", 100);
    struct wn_audit *from = wn_audit_open("audit-a.h5", WN_DATA, &error);
    unit_must(from == NULL, &error);
    struct wn_audit_writer *writer =
        wn_audit_create("audit-b.h5", true, from, WN_SCORE, &error);
    unit_must(writer == NULL, &error);
    assert_int_equal(wn_audit_write(writer, "score/el2n", WN_F32,
                                    (size_t[3]){N - 1, 0, 0}, features, &error),
                     -1);
    assert_string_equal(error.text, "audit-b.h5: score/el2n: found extent "
                                    "4999, wanted 5000 as in data/features");
    error = (struct wn_error){0};
    unit_must(wn_audit_provenance(writer, "score", "", "00", &error), &error);
    unit_must(wn_audit_finish(writer, &error), &error);
    assert_null(wn_audit_open("audit-b.h5", WN_DATA, &error));
    assert_string_equal(error.text, "audit-b.h5: score: was computed from "
                                    "other content than this file's");
    wn_audit_close(from);
    unlink("audit-a.h5");
    unlink("audit-b.h5");
}

/* A failure leaves neither the file nor its part behind. */
static void abandons(void **state)
{
    struct wn_error error = {0};

    (void)state;
    struct wn_audit_writer *writer =
        wn_audit_create("audit-a.h5", false, NULL, WN_DATA, &error);
    unit_must(writer == NULL, &error);
    assert_int_equal(access(".audit-a.h5.part", F_OK), 0);
    unit_must(wn_audit_write_begin(writer, "data/features", WN_F32,
                                   (size_t[3]){N, D, 0}, &error),
              &error);
    unit_must(wn_audit_write_append(writer, N / 2, features, &error), &error);
    wn_audit_abandon(writer);
    assert_int_not_equal(access(".audit-a.h5.part", F_OK), 0);
    assert_int_not_equal(access("audit-a.h5", F_OK), 0);
    wn_audit_abandon(NULL);
}

/* The child that checks a file reads no array, so it needs no temporary file:
 * none comes and goes in their folder. */
static void checks_without_temporary_files(void **state)
{
    const struct timespec old[2] = {{1, 0}, {1, 0}};
    char folder[] = "audit-tmp.XXXXXX";
    struct wn_error error = {0};
    struct stat about;

    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    write_data("audit-a.h5", N);
    assert_int_equal(utimensat(AT_FDCWD, folder, old, 0), 0);
    struct wn_audit *audit = wn_audit_open("audit-a.h5", WN_DATA, &error);
    unit_must(!audit, &error);
    wn_audit_close(audit);
    assert_int_equal(stat(folder, &about), 0);
    assert_int_equal(about.st_mtim.tv_sec, 1);
    unsetenv("TMPDIR");
    assert_int_equal(rmdir(folder), 0);
    unlink("audit-a.h5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(same_content_same_bytes),
        cmocka_unit_test(refuses_what_does_not_fit), cmocka_unit_test(abandons),
        cmocka_unit_test(checks_without_temporary_files)};

    return cmocka_run_group_tests(tests, setup, NULL);
}
