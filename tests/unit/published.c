/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules against published flags on real data, where the data are beside
 * the source tree (../shared/data, see its README); else skipped.
 *   cifar10_noise20.h5  Northcutt, Jiang, Chuang 2021: their sums were in
 *                       float16, ours in double, so up to 10 rows at the
 *                       cut-offs differ
 *   mnist10k.h5         cleanlab 2.9.0, digests of the row numbers: exact */
#include "unit.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "noise/label_rules.h"

static void *read_whole(const char *file, const char *name, hid_t type,
                        size_t size, size_t *rows)
{
    char path[4096];
    hsize_t extent[2] = {0, 1};

    snprintf(path, sizeof path, "%s/../shared/data/%s", getenv("WN_SOURCE"),
             file);
    const hid_t h5 = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(h5 >= 0);
    const hid_t set = H5Dopen2(h5, name, H5P_DEFAULT);
    assert_true(set >= 0);
    const hid_t space = H5Dget_space(set);
    assert_true(H5Sget_simple_extent_dims(space, extent, NULL) >= 1);
    void *content = malloc(extent[0] * extent[1] * size);
    assert_non_null(content);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content) >=
                0);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(h5);
    *rows = extent[0];
    return content;
}

/* A data set of ten classes and its noise. */
struct audit {
    int32_t *label;
    float *probability;
    struct wn_probability p;
    struct wn_noise noise;
    uint8_t *hit;
};

static void open_audit(const char *file, struct audit *audit)
{
    const struct wn_noise_settings settings = {.threads = 2};
    struct wn_error error = {0};
    size_t n;

    audit->label =
        read_whole(file, "label", H5T_NATIVE_INT32, sizeof(int32_t), &n);
    audit->probability =
        read_whole(file, "probability", H5T_NATIVE_FLOAT, sizeof(float), &n);
    audit->p = (struct wn_probability){n, 10, audit->probability, NULL};
    audit->hit = calloc(n, 1);
    assert_int_equal(wn_noise_estimate(audit->label, &audit->p, &settings,
                                       &audit->noise, &error),
                     0);
}

static void close_audit(struct audit *audit)
{
    wn_noise_free(&audit->noise);
    free(audit->label);
    free(audit->probability);
    free(audit->hit);
}

static void run_rule(struct audit *audit, const char *name)
{
    const struct wn_label_rule_settings settings = {.fraction = 1,
                                                    .min_examples = 1};
    const struct wn_label_rule_view view = {
        audit->label, &audit->p, &audit->noise, NULL, &settings, NULL};

    memset(audit->hit, 0, audit->p.n);
    wn_label_rule_find(name)->find(&view, audit->hit);
}

static void assert_near_published(const struct audit *audit, const char *name)
{
    size_t n, differ = 0;
    uint8_t *published =
        read_whole("cifar10_noise20.h5", name, H5T_NATIVE_UINT8, 1, &n);

    for (size_t i = 0; i < n; i++)
        differ += audit->hit[i] != published[i];
    free(published);
    if (differ > 10)
        fail_msg("%s: %zu rows differ", name, differ);
}

static void flags_cifar_as_published(void **state)
{
    static const char *const pairs[][2] = {
        {"predicted_neq_given", "flagged_argmax"},
        {"prune_by_class", "flagged_cl_pbc"},
        {"prune_by_noise_rate", "flagged_cl_pbnr"},
        {"both", "flagged_cl_both"}};
    struct audit audit;

    (void)state;
    open_audit("cifar10_noise20.h5", &audit);
    for (size_t r = 0; r < sizeof pairs / sizeof *pairs; r++) {
        run_rule(&audit, pairs[r][0]);
        assert_near_published(&audit, pairs[r][1]);
    }
    /* Published before the un-flagging of predictions that agree. */
    for (size_t i = 0; i < audit.p.n; i++)
        audit.hit[i] =
            audit.noise.guess[i] >= 0 && audit.noise.guess[i] != audit.label[i];
    assert_near_published(&audit, "flagged_conf_joint_only");
    close_audit(&audit);
}

/* The ascending row numbers "1,2,3" through sha256sum. */
static void digest_rows(const struct audit *audit, char out[17])
{
    char name[] = "/tmp/winnow-rows.XXXXXX", command[100];
    const int descriptor = mkstemp(name);
    const char *comma = "";

    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    for (size_t i = 0; i < audit->p.n; i++)
        if (audit->hit[i]) {
            fprintf(file, "%s%zu", comma, i);
            comma = ",";
        }
    fclose(file);
    snprintf(command, sizeof command, "sha256sum %s", name);
    FILE *pipe = popen(command, "r");
    assert_int_equal(fread(out, 1, 16, pipe), 16);
    out[16] = '\0';
    pclose(pipe);
    unlink(name);
}

static void flags_mnist_as_cleanlab(void **state)
{
    static const char *const pairs[][2] = {
        {"prune_by_noise_rate", "4bd56ac0cc8ce2bf"},
        {"prune_by_class", "4bd56ac0cc8ce2bf"},
        {"both", "4bd56ac0cc8ce2bf"},
        {"predicted_neq_given", "5500cd80a511c5f4"},
        {"low_normalized_margin", "51020a23eccb533f"},
        {"low_self_confidence", "51020a23eccb533f"},
        /* by a numpy restatement of the rule */
        {"margin_count", "51020a23eccb533f"}};
    struct audit audit;
    char digest[17];

    (void)state;
    open_audit("mnist10k.h5", &audit);
    for (size_t r = 0; r < sizeof pairs / sizeof *pairs; r++) {
        run_rule(&audit, pairs[r][0]);
        digest_rows(&audit, digest);
        assert_string_equal(digest, pairs[r][1]);
    }
    close_audit(&audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_cifar_as_published),
        cmocka_unit_test(flags_mnist_as_cleanlab),
    };
    const char *source = getenv("WN_SOURCE");
    char path[4096];

    snprintf(path, sizeof path, "%s/../shared/data/README.md",
             source ? source : ".");
    if (!source || access(path, R_OK)) {
        puts("1..0 # SKIP the published data are not beside the source tree");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
