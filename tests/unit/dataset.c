/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/dataset: what was written to /data comes back. A file that is sound but
 * has codes without a name, weights below 0 or rows of probabilities that do
 * not sum to 1 is refused with a message. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/hdf5.h"
#include "audit/dataset.h"

enum { N = 3, K = 2 };
static const char path[] = "dataset-test.h5";

/* A dataset with a role, written with or without a fault. */
struct trial {
    const char *dataset;
    enum wn_type type;
    const void *content;
    const char *names[2]; /* of dataset_name, or NULL */
    const char *refusal;
};

static int write_trial(const struct trial *trial, struct wn_error *error)
{
    static const char *const class[K] = {"cat", "dog"};
    static const int32_t label[N] = {0, 1, 0};
    const size_t extent[3] = {
        N, strcmp(trial->dataset, "data/probability") == 0 ? K : 0, 0};
    unlink(path); /* the one before was read */
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, NULL, WN_DATA, error);
    char names[40];

    snprintf(names, sizeof names, "%s_name", trial->dataset);
    if (!writer ||
        wn_audit_write(writer, "data/label", WN_I32, (size_t[3]){N, 0, 0},
                       label, error) ||
        wn_audit_write_names(writer, "data/label_name", class, K, error) ||
        wn_audit_write(writer, trial->dataset, trial->type, extent,
                       trial->content, error) ||
        (trial->names[0] &&
         wn_audit_write_names(writer, names, trial->names, 2, error)) ||
        wn_audit_provenance(writer, "ingest", "label=pet", NULL, error))
        return -1;
    return wn_audit_finish(writer, error);
}

/* The error's text, "" if there is none. */
static const char *load(const struct trial *trial, struct wn_dataset *dataset)
{
    static struct wn_error error;

    error = (struct wn_error){0};
    *dataset = (struct wn_dataset){0};
    if (write_trial(trial, &error))
        return error.text;
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    if (audit && wn_dataset_load(dataset, audit, ~0u, &error) == 0)
        error.text[0] = '\0';
    wn_audit_close(audit);
    return error.text;
}

static void roles_come_back(void **state)
{
    static const int32_t code[N] = {1, -1, 0};
    static const uint8_t trusted[N] = {0, 1, 1};
    static const float weight[N] = {0, 2.5f, 1};
    static const float probability[N * K] = {1, 0, .25f, .75f, .5f, .5f};
    const struct trial trials[] = {
        {"data/group", WN_I32, code, {"p1", "p2"}, NULL},
        {"data/split", WN_I32, code, {"test", "train"}, NULL},
        {"data/annotator", WN_I32, code, {"ann", "bob"}, NULL},
        {"data/trusted", WN_U8, trusted, {NULL}, NULL},
        {"data/weight", WN_F32, weight, {NULL}, NULL},
        {"data/cost", WN_F32, weight, {NULL}, NULL},
        {"data/probability", WN_F32, probability, {NULL}, NULL}};
    enum { TRIALS = sizeof trials / sizeof *trials };
    struct wn_dataset d[TRIALS];

    (void)state;
    for (size_t i = 0; i < TRIALS; i++)
        assert_string_equal(load(&trials[i], &d[i]), "");
    assert_memory_equal(d[0].group, code, sizeof code);
    assert_int_equal(d[0].groups, 2);
    assert_string_equal(d[0].group_name[1], "p2");
    assert_memory_equal(d[1].split, code, sizeof code);
    assert_string_equal(d[1].split_name[0], "test");
    assert_null(d[1].group);
    assert_memory_equal(d[2].annotator, code, sizeof code);
    assert_string_equal(d[2].annotator_name[1], "bob");
    assert_memory_equal(d[3].trusted, trusted, sizeof trusted);
    assert_memory_equal(d[4].weight, weight, sizeof weight);
    assert_memory_equal(d[5].cost, weight, sizeof weight);
    assert_memory_equal(d[6].probability, probability, sizeof probability);
    for (size_t i = 0; i < TRIALS; i++)
        wn_dataset_free(&d[i]);
}

static void wrong_roles_are_refused(void **state)
{
    static const int32_t high[N] = {0, 2, 1}, low[N] = {0, 1, -2};
    static const int32_t none[N] = {-1, -1, 0};
    static const uint8_t two[N] = {0, 2, 1};
    static const float below[N] = {1, 1, -0.5f};
    static const float infinite[N] = {1, INFINITY, 1};
    static const float nan_[N] = {NAN, 1, 1};
    static const float short_[N * K] = {1, 0, .25f, .5f, .5f, .5f};
    static const float negative[N * K] = {1, 0, .5f, .5f, -.5f, 1.5f};
    static const float gap[N * K] = {NAN, 1, .5f, .5f, .5f, .5f};
    const struct trial trials[] = {
        {"data/group",
         WN_I32,
         high,
         {"a", "b"},
         "data/group: row 1: found 2, wanted -1 to 1"},
        {"data/split",
         WN_I32,
         low,
         {"a", "b"},
         "data/split: row 2: found -2, wanted -1 to 1"},
        {"data/annotator",
         WN_I32,
         none,
         {NULL},
         "has data/annotator and no data/annotator_name"},
        {"data/trusted",
         WN_U8,
         two,
         {NULL},
         "data/trusted: row 1: found 2, wanted 0 to 1"},
        {"data/weight",
         WN_F32,
         below,
         {NULL},
         "data/weight: row 2: found -0.5, wanted a number of 0 or more"},
        {"data/weight",
         WN_F32,
         infinite,
         {NULL},
         "data/weight: row 1: found inf, wanted a number of 0 or more"},
        {"data/cost",
         WN_F32,
         nan_,
         {NULL},
         "data/cost: row 0: found nan, wanted a number of 0 or more"},
        {"data/probability",
         WN_F32,
         short_,
         {NULL},
         "data/probability: row 1: does not sum to 1"},
        {"data/probability",
         WN_F32,
         negative,
         {NULL},
         "data/probability: row 2: found -0.5, wanted 0 to 1"},
        {"data/probability",
         WN_F32,
         gap,
         {NULL},
         "data/probability: row 0: found nan, wanted 0 to 1"}};

    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct wn_dataset dataset;
        char wanted[120];

        snprintf(wanted, sizeof wanted, "%s: %s", path, trials[i].refusal);
        assert_string_equal(load(&trials[i], &dataset), wanted);
        assert_null(dataset.label);
        wn_dataset_free(&dataset);
    }
}

/* Lists of changed cells that the loader must refuse. */
struct fixed {
    int64_t row[2];
    int32_t column[2];
    uint64_t offset[3];
    const char *text; /* 4 bytes */
    const char *refusal;
};

static int write_fixed(const struct fixed *fixed, struct wn_error *error)
{
    static const char *const names[] = {"a", "b"};
    static const uint64_t hash[N] = {1, 2, 3};
    unlink(path); /* the one before was read */
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, NULL, WN_DATA, error);
    const size_t two[3] = {2, 0, 0}, three[3] = {3, 0, 0}, four[3] = {4, 0, 0};

    if (!writer ||
        wn_audit_write(writer, "data/row_hash", WN_U64, (size_t[3]){N, 0, 0},
                       hash, error) ||
        wn_audit_write(writer, "data/row_line", WN_U64, (size_t[3]){N, 0, 0},
                       hash, error) ||
        wn_audit_write_names(writer, "data/column/name", names, 2, error) ||
        wn_audit_write_names(writer, "data/column/kind", names, 2, error) ||
        wn_audit_write(writer, "data/column/missing", WN_U64, two,
                       fixed->offset, error) ||
        wn_audit_write(writer, "data/column/invalid", WN_U64, two,
                       fixed->offset, error) ||
        wn_audit_write(writer, "data/column/distinct", WN_U64, two,
                       fixed->offset, error) ||
        wn_audit_write(writer, "data/column/min", WN_F64, two, fixed->offset,
                       error) ||
        wn_audit_write(writer, "data/column/max", WN_F64, two, fixed->offset,
                       error) ||
        wn_audit_write(writer, "data/fix/row", WN_I64, two, fixed->row,
                       error) ||
        wn_audit_write(writer, "data/fix/column", WN_I32, two, fixed->column,
                       error) ||
        wn_audit_write(writer, "data/fix/offset", WN_U64, three, fixed->offset,
                       error) ||
        wn_audit_write(writer, "data/fix/text", WN_U8, four, fixed->text,
                       error) ||
        wn_audit_provenance(writer, "ingest", "label=pet", NULL, error))
        return -1;
    return wn_audit_finish(writer, error);
}

static void changed_cells_are_checked(void **state)
{
    static const struct fixed trials[] = {
        {{0, 2}, {1, 0}, {0, 1, 4}, "abcd", ""},
        {{0, 0}, {0, 1}, {0, 4, 4}, "abcd", ""},
        {{-1, 2},
         {0, 0},
         {0, 1, 4},
         "abcd",
         "/row: row 0: found -1, wanted 0 to 2"},
        {{0, 3},
         {0, 0},
         {0, 1, 4},
         "abcd",
         "/row: row 1: found 3, wanted 0 to 2"},
        {{0, 1},
         {0, 2},
         {0, 1, 4},
         "abcd",
         "/column: row 1: found 2, wanted 0 to 1"},
        {{0, 1},
         {-1, 0},
         {0, 1, 4},
         "abcd",
         "/column: row 0: found -1, wanted 0 to 1"},
        {{1, 0}, {0, 0}, {0, 1, 4}, "abcd", ": cell 1 is out of order"},
        {{1, 1}, {0, 0}, {0, 1, 4}, "abcd", ": cell 1 is out of order"},
        {{0, 1},
         {0, 0},
         {1, 1, 4},
         "abcd",
         ": cell 0 does not begin with the text"},
        {{0, 1}, {0, 0}, {0, 3, 2}, "abcd", ": cell 1 has an impossible text"},
        {{0, 1}, {0, 0}, {0, 1, 5}, "abcd", ": cell 1 has an impossible text"},
        {{0, 1},
         {0, 0},
         {0, 2, 4},
         "ab\0d",
         ": cell 1 has an impossible text"}};

    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct wn_error error = {0};
        struct wn_dataset dataset = {0};
        char wanted[120] = "";

        assert_int_equal(write_fixed(&trials[i], &error), 0);
        struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
        assert_non_null(audit);
        const int status = wn_dataset_load(&dataset, audit, ~0u, &error);
        wn_audit_close(audit);
        if (*trials[i].refusal)
            snprintf(wanted, sizeof wanted, "%s: data/fix%s", path,
                     trials[i].refusal);
        assert_string_equal(error.text, wanted);
        assert_int_equal(status, *trials[i].refusal ? -1 : 0);
        if (status == 0) {
            assert_int_equal(dataset.fixes.count, 2);
            assert_memory_equal(dataset.fixes.text, "abcd", 4);
            assert_int_equal(wn_overrides_find(&dataset.fixes, 1),
                             i == 0 ? 1 : 2);
        }
        wn_dataset_free(&dataset);
    }
}

/* Arrays that users supply beside the table, in a file with at most one
 * fault. */
struct user_arrays {
    const char *content; /* of data/dynamics; NULL: no such attribute */
    float logit;         /* one of them */
    float feature;       /* one of features_b */
    const char *link;    /* attribute of /data, NULL without */
    bool named;          /* there are names of linked features */
    const char *refusal; /* "" if nothing is wrong */
};

static int write_user_arrays(const struct user_arrays *arrays,
                             struct wn_error *error)
{
    static const char *const class[K] = {"cat", "dog"};
    static const int32_t label[N] = {0, 1, 0};
    const float b[N] = {1, arrays->feature, 3};
    const float logits[2 * N * K] = {0, 1, 0, 1, 0, 1, 0, arrays->logit,
                                     1, 0, 1, 0};
    unlink(path); /* the one before was read */
    struct wn_audit_writer *writer =
        wn_audit_create(path, true, NULL, WN_DATA, error);

    if (!writer ||
        wn_audit_write(writer, "data/label", WN_I32, (size_t[3]){N, 0, 0},
                       label, error) ||
        wn_audit_write_names(writer, "data/label_name", class, K, error) ||
        wn_audit_write(writer, "data/features_b", WN_F32, (size_t[3]){N, 1, 0},
                       b, error) ||
        wn_audit_write(writer, "data/dynamics", WN_F32, (size_t[3]){2, N, K},
                       logits, error) ||
        (arrays->content &&
         wn_audit_write_text(writer, "data/dynamics", "content",
                             arrays->content, error)) ||
        (arrays->named &&
         wn_audit_write_names(writer, "data/feature_name", class, K, error)) ||
        (arrays->link &&
         (wn_audit_write_text(writer, "data", "link", arrays->link, error) ||
          wn_audit_write_text(writer, "data", "link_array", "/x", error) ||
          wn_audit_write_text(writer, "data", "link_digest", "0", error))) ||
        wn_audit_provenance(writer, "ingest", "label=pet", NULL, error))
        return -1;
    return wn_audit_finish(writer, error);
}

static void user_arrays_are_checked(void **state)
{
    static const struct user_arrays trials[] = {
        {"logits", 9, 2, NULL, false, ""},
        {"probabilities", 1, 2, NULL, false, ""},
        {NULL, 1, 2, NULL, false,
         "data/dynamics: wanted the attribute content to be logits or "
         "probabilities"},
        {"words", 1, 2, NULL, false,
         "data/dynamics: attribute content: found 'words', wanted one of: "
         "logits probabilities"},
        {"probabilities", 1.5f, 2, NULL, false,
         "data/dynamics: epoch 1: row 0: found 1.5, wanted a probability"},
        {"logits", INFINITY, 2, NULL, false,
         "data/dynamics: epoch 1: row 0: found inf, wanted a finite number"},
        {"logits", 1, NAN, NULL, false,
         "data/features_b: row 1: found nan, wanted a finite number"},
        {"logits", 1, 2, "no-such-file.h5", false,
         "data: a link without data/feature_name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        struct wn_dataset dataset = {0};
        struct wn_error error = {0};
        float epoch[N * K];
        char wanted[120] = "";

        if (*trials[i].refusal)
            snprintf(wanted, sizeof wanted, "%s: %s", path, trials[i].refusal);
        assert_int_equal(write_user_arrays(&trials[i], &error), 0);
        struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
        if (audit && wn_dataset_load(&dataset, audit, ~0u, &error) == 0 &&
            wn_dataset_epoch(&dataset, audit, 1, epoch, &error) == 0)
            assert_true(epoch[1] == trials[i].logit);
        assert_string_equal(error.text, wanted);
        wn_dataset_free(&dataset);
        wn_audit_close(audit);
    }
}

static void missing_links_are_reported(void **state)
{
    static const struct user_arrays trial = {"logits",          1,    2,
                                             "no-such-file.h5", true, NULL};
    struct wn_dataset dataset;
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(write_user_arrays(&trial, &error), 0);
    struct wn_audit *audit = wn_audit_open(path, WN_DATA, &error);
    assert_non_null(audit);
    assert_int_equal(wn_dataset_load(&dataset, audit, WN_PART_FEATURES, &error),
                     -1);
    assert_string_equal(error.text,
                        "no-such-file.h5: cannot find the file that holds "
                        "the features of dataset-test.h5, neither from here "
                        "nor beside it");
    assert_int_equal(error.code, WN_EIO);
    wn_audit_close(audit);
}

static int start(void **state)
{
    struct wn_error error = {0};

    (void)state;
    return wn_hdf5_start(&error);
}

static int finish(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_come_back),
        cmocka_unit_test(wrong_roles_are_refused),
        cmocka_unit_test(changed_cells_are_checked),
        cmocka_unit_test(user_arrays_are_checked),
        cmocka_unit_test(missing_links_are_reported),
    };

    return cmocka_run_group_tests(tests, start, finish);
}
