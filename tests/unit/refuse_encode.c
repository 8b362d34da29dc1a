/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The encode room when memory runs out: every kind, every role, probabilities,
 * frequent values and spellings of a small table. */
#include "refuse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "encode/user_probability.h"
#include "encode/roles.h"
#include "encode/frequent_values.h"
#include "clean/variants.h"
#include "linalg/svd.h"

enum { ROWS = 120 };
static const char path[] = "hungry-test.csv";

/* Numbers, words, truths, dates, texts; more towns than may be one-hot. */
static void write_table(void)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs("id,n,road,flag,when,note,who,ok,w,p_a,p_A,y\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file,
                "r%d,%d,s%d,%s,2024-%02d-%02d,\"the %s of %s %s, %d\",p%d,%d,"
                "%d.5,.25,.75,%s\n",
                i, i * i % 31, i % 40, i % 3 ? "yes" : "no", i % 12 + 1,
                i % 28 + 1, i % 2 ? "tree" : "bolt", i % 4 ? "oak" : "steel",
                i % 5 ? "leaf" : "nut", i % 9, i % 7, i % 2, i % 4,
                i % 2 ? "a" : "A");
    assert_int_equal(fclose(file), 0);
}

static int take_features(void *context, size_t rows, const float *features,
                         struct wn_error *error)
{
    (void)context, (void)rows, (void)features, (void)error;
    return 0;
}

static int take_defect(void *context, struct wn_defect defect,
                       const struct wn_cell *cell, struct wn_error *error)
{
    (void)context, (void)defect, (void)cell, (void)error;
    return 0;
}

static int take_id(void *context, const struct wn_cell *cell,
                   struct wn_error *error)
{
    (void)context, (void)cell, (void)error;
    return 0;
}

static int work_on(struct wn_table *table, struct wn_roles *roles,
                   struct wn_error *error)
{
    static const enum wn_role role[] = {
        WN_ROLE_ID,      WN_ROLE_FEATURE, WN_ROLE_FEATURE, WN_ROLE_FEATURE,
        WN_ROLE_FEATURE, WN_ROLE_FEATURE, WN_ROLE_GROUP,   WN_ROLE_TRUSTED,
        WN_ROLE_WEIGHT,  WN_ROLE_FEATURE, WN_ROLE_FEATURE, WN_ROLE_LABEL};
    const struct wn_table_sink sink = {NULL, take_features, take_defect,
                                       take_id};
    struct wn_frequent *top = NULL;
    size_t tops = 0;
    int32_t same[2];

    table->column =
        wn_new(wn_csv_columns(table->csv), sizeof *table->column, error);
    if (!table->column)
        return -1;
    for (size_t c = 0; c < sizeof role / sizeof *role; c++)
        table->column[c].role = role[c];
    table->label_column = sizeof role / sizeof *role - 1;
    if (wn_user_probability_find(table, "p_(.)", error) ||
        wn_survey(table, error) || wn_roles_read(roles, table, error) ||
        wn_table_encode(table, &sink, error) ||
        wn_user_probability_read(table, take_features, NULL, error) ||
        wn_variants_find(&table->classes, same, error) ||
        wn_frequent_list(table, &top, &tops, error))
        return -1;
    wn_frequent_free(top, tops);
    return 0;
}

static int run_all(struct wn_error *error)
{
    struct wn_csv_form form = wn_csv_form_standard;
    struct wn_table table = {
        .threads = 1, .one_hot = 8, .text_dims = 4, .svd = wn_svd_basis};
    struct wn_roles roles = {0};
    struct wn_csv *csv = wn_csv_open(path, &form, error);
    int status = -1;

    table.csv = csv;
    if (csv)
        status = work_on(&table, &roles, error);
    wn_roles_free(&roles);
    if (csv)
        wn_table_free(&table);
    wn_csv_close(csv);
    return status;
}

static void says_when_memory_runs_out(void **state)
{
    (void)state;
    write_table();
    refuse_each(run_all, 60);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
