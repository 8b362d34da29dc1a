/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole CSV file cleaned, surveyed and encoded, with one thread and with
 * three in small blocks: the same rows, kinds, names and features. */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/run.h"
#include "encode/roles.h"
#include "encode/table.h"
#include "linalg/svd.h"

struct encoded {
    struct wn_csv *csv;
    struct wn_table table;
    struct wn_roles roles;
    struct wn_clean clean;
    float *features;
    size_t written, defects, rejected;
};

static void count_reject(void *context, enum wn_csv_break broken,
                         const char *text)
{
    fuzz_need(broken >= 0 && broken < WN_BREAKS && text);
    ++*(size_t *)context;
}

static int take_features(void *context, size_t rows, const float *features,
                         struct wn_error *error)
{
    struct encoded *encoded = context;
    const size_t d = encoded->table.d;

    (void)error;
    fuzz_need(encoded->written + rows <= encoded->csv->rows);
    memcpy(encoded->features + encoded->written * d, features,
           rows * d * sizeof *features);
    encoded->written += rows;
    return 0;
}

static void take_defect(void *context, struct wn_defect defect,
                        const struct wn_cell *cell)
{
    struct encoded *encoded = context;

    fuzz_need(defect.row < encoded->csv->rows &&
              defect.column < encoded->csv->columns);
    fuzz_need((cell == NULL) == (defect.rule == WN_RULE_MISSING));
    encoded->defects++;
}

static void take_id(void *context, const struct wn_cell *cell)
{
    (void)context, (void)cell;
}

static int encode(struct encoded *encoded, const char *path, int threads,
                  struct wn_error *error)
{
    static const char rules[] =
        "trim .*: trim\nnone .*: na /^(none|-)$/i\none .*: replace "
        "/^(w)1$/$1one/\nrange .*: range -1e6..1e6\n";
    static const char *const na[] = {"NA"};
    static struct wn_log quiet = {.level = WN_QUIET};
    struct wn_csv_form form = wn_csv_default_form;
    const struct wn_table_sink sink = {encoded, take_features, take_defect,
                                       take_id};
    struct wn_table *table = &encoded->table;

    form.reject = count_reject;
    form.context = &encoded->rejected;
    form.threads = threads;
    if (threads > 1)
        form.block = 64;
    encoded->csv = wn_csv_open(path, &form, error);
    if (!encoded->csv)
        return -1;
    const size_t columns = encoded->csv->columns;
    const struct wn_clean_input input = {
        .csv = encoded->csv, .threads = threads, .na = na, .na_count = 1};
    if (wn_clean_rules_parse(&encoded->clean.rules, "rules", rules,
                             strlen(rules), error) ||
        wn_clean_run(&encoded->clean, &input, error))
        return -1;
    encoded->csv->overrides = &encoded->clean.fixes;
    *table = (struct wn_table){.csv = encoded->csv,
                               .threads = threads,
                               .log = &quiet,
                               .one_hot = 4,
                               .text_dims = 4,
                               .text_svd = wn_svd_basis,
                               .na = na,
                               .na_count = 1,
                               .any_classes = true,
                               .label_column = columns - 1};
    table->column = calloc(columns, sizeof *table->column);
    fuzz_need(table->column);
    table->column[columns - 1].role = WN_ROLE_LABEL;
    if (wn_survey(table, &encoded->roles, error))
        return -1;
    encoded->features =
        calloc(encoded->csv->rows * table->d + 1, sizeof *encoded->features);
    fuzz_need(encoded->features);
    return wn_table_encode(table, &sink, error);
}

static void free_encoded(struct encoded *encoded)
{
    wn_roles_free(&encoded->roles);
    wn_table_free(&encoded->table);
    wn_clean_free(&encoded->clean);
    wn_csv_close(encoded->csv);
    free(encoded->features);
}

int fuzz_table(const char *bytes, size_t length)
{
    const char *path = fuzz_file(bytes, length);
    struct encoded one = {0}, three = {0};
    struct wn_error error = {0}, other = {0};
    const int status = encode(&one, path, 1, &error);

    fuzz_need(encode(&three, path, 3, &other) == status);
    fuzz_need(strcmp(error.text, other.text) == 0);
    fuzz_need(status == 0 || *error.text);
    fuzz_need(one.rejected == three.rejected);
    if (status == 0) {
        const size_t rows = one.csv->rows, d = one.table.d;

        fuzz_need(rows == three.csv->rows && d == three.table.d);
        fuzz_need(one.written == rows || d == 0);
        fuzz_need(one.written == three.written && one.defects == three.defects);
        fuzz_need(one.clean.broken_count == three.clean.broken_count &&
                  one.clean.fixes.count == three.clean.fixes.count);
        fuzz_need(rows == 0 || memcmp(one.table.label, three.table.label,
                                      rows * sizeof *one.table.label) == 0);
        for (size_t f = 0; f < rows * d; f++)
            fuzz_need(isfinite(one.features[f]));
        fuzz_need(memcmp(one.features, three.features,
                         rows * d * sizeof *one.features) == 0);
        for (size_t f = 0; f < d; f++)
            fuzz_need(strcmp(one.table.feature_name[f],
                             three.table.feature_name[f]) == 0);
        for (size_t c = 0; c < one.csv->columns; c++)
            fuzz_need(one.table.column[c].kind == three.table.column[c].kind);
    }
    free_encoded(&one);
    free_encoded(&three);
    return status == 0;
}
