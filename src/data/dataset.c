/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading /data with its cross-checks; see dataset.h. */
#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/features.h"
#include "util/large.h"
#include "util/memory.h"

/* What the sums of floats may be off by from those of the user's numbers. */
#define ROUNDING 1e-5

struct load {
    struct wn_dataset *dataset;
    const struct wn_audit *audit;
    struct wn_error *error;
};

/* First extent of a dataset; 0 if there is none. */
static int first_extent(const struct load *load, const char *path, int which,
                        size_t *found)
{
    size_t extent[3];
    int rank;

    if (!wn_audit_has(load->audit, path))
        return 0;
    if (wn_audit_shape(load->audit, path, &rank, extent, load->error))
        return -1;
    *found = extent[which];
    return 0;
}

/* A whole vector into *(void **)array; absent ones stay NULL. */
static int vector(const struct load *load, const char *path, enum wn_type type,
                  size_t count, void *array)
{
    const size_t extent[3] = {count, 0, 0};

    if (!wn_audit_has(load->audit, path))
        return 0;
    void *content =
        wn_audit_read(load->audit, path, type, extent, load->error);
    memcpy(array, &content, sizeof content);
    return content ? 0 : -1;
}

static int names(const struct load *load, const char *path, char ***array)
{
    size_t count;

    if (!wn_audit_has(load->audit, path))
        return 0;
    return wn_audit_read_names(load->audit, path, array, &count, load->error);
}

static int bad_row(const struct load *load, const char *path, size_t row,
                   const char *what)
{
    return wn_fail(load->error, WN_EDATA, "%s: %s: row %zu: %s",
                   wn_audit_name(load->audit), path, row, what);
}

/* A class is a spelling of one that is none itself. */
static int load_spellings(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const char *path = "data/label_same";

    if (vector(load, path, WN_I32, dataset->k, &dataset->label_same))
        return -1;
    for (size_t c = 0; dataset->label_same && c < dataset->k; c++) {
        const int32_t same = dataset->label_same[c];

        if (same < 0 || (size_t)same >= dataset->k ||
            dataset->label_same[same] != same)
            return bad_row(load, path, c, "no such class");
    }
    return 0;
}

static int load_labels(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    if (vector(load, "data/label", WN_I32, dataset->n, &dataset->label) ||
        names(load, "data/label_name", &dataset->label_name))
        return -1;
    for (size_t i = 0; dataset->label && i < dataset->n; i++)
        if (dataset->label[i] < -1 ||
            (dataset->label[i] >= 0 &&
             (size_t)dataset->label[i] >= dataset->k))
            return bad_row(load, "data/label", i, "no such class");
    return load_spellings(load);
}

static int load_block(const struct load *load, const char *path, size_t d,
                      float **block)
{
    const size_t n = load->dataset->n, extent[3] = {n, d, 0};

    if (!wn_audit_has(load->audit, path))
        return 0;
    *block = wn_audit_read(load->audit, path, WN_F32, extent, load->error);
    if (!*block)
        return -1;
    for (size_t i = 0; i < n * d; i++)
        if (!__builtin_isfinite((*block)[i]))
            return bad_row(load, path, i / d, "not a finite number");
    return 0;
}

/* Those that ingest --link left where they were. */
static int load_linked(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    struct wn_features *features;
    int status = -1;

    if (wn_audit_has(load->audit, "data/features") || dataset->d == 0)
        return 0;
    features = wn_features_open(load->audit, load->error);
    if (features)
        dataset->features =
            wn_large_new(wn_product(dataset->n, dataset->d, 1),
                         sizeof *dataset->features, load->error);
    if (dataset->features)
        status = wn_features_read(features, 0, dataset->n, dataset->features,
                                  load->error);
    wn_features_close(features);
    return status;
}

static int load_features(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    return load_block(load, "data/features", dataset->d,
                      &dataset->features) ||
                   load_linked(load) ||
                   names(load, "data/feature_name", &dataset->feature_name)
               ? -1
               : 0;
}

static int load_features_b(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    return load_block(load, "data/features_b", dataset->p,
                      &dataset->features_b);
}

static int check_offsets(const struct load *load, const char *path,
                         const uint64_t *offset, uint64_t most)
{
    const size_t n = load->dataset->n;

    for (size_t i = 0; offset && i < n; i++)
        if (offset[i] > offset[i + 1])
            return bad_row(load, path, i, "ends before it begins");
    if (offset && offset[n] > most)
        return bad_row(load, path, n, "beyond the end");
    return 0;
}

static int load_ids(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    size_t bytes = 0;

    if (!wn_audit_has(load->audit, "data/id") ||
        !wn_audit_has(load->audit, "data/id_offset"))
        return 0;
    if (first_extent(load, "data/id", 0, &bytes) ||
        vector(load, "data/id", WN_U8, bytes, &dataset->id) ||
        vector(load, "data/id_offset", WN_U64, dataset->n + 1,
               &dataset->id_offset))
        return -1;
    return check_offsets(load, "data/id_offset", dataset->id_offset, bytes);
}

/* Ranges in order, none inside another. */
static int load_left_out(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const char *path = "data/left_out";
    uint64_t last = 0;

    if (!wn_audit_has(load->audit, path))
        return 0;
    if (first_extent(load, path, 0, &dataset->left_outs))
        return -1;
    const size_t extent[3] = {dataset->left_outs, 2, 0};
    dataset->left_out =
        wn_audit_read(load->audit, path, WN_U64, extent, load->error);
    if (!dataset->left_out)
        return -1;
    for (size_t i = 0; i < 2 * dataset->left_outs; i++) {
        if (dataset->left_out[i] < last ||
            dataset->left_out[i] > dataset->source_size)
            return wn_fail(load->error, WN_EDATA,
                           "%s: %s: range %zu is out of order",
                           wn_audit_name(load->audit), path, i / 2);
        last = dataset->left_out[i];
    }
    return 0;
}

static int load_rows(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    if (vector(load, "data/row_offset", WN_U64, dataset->n + 1,
               &dataset->row_offset) ||
        vector(load, "data/row_line", WN_U64, dataset->n,
               &dataset->row_line) ||
        vector(load, "data/row_hash", WN_U64, dataset->n, &dataset->row_hash))
        return -1;
    return check_offsets(load, "data/row_offset", dataset->row_offset,
                         dataset->source_size) ||
                   load_left_out(load)
               ? -1
               : 0;
}

/* What the table of columns has since kinds are guessed from all rows. */
static int load_facts(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const size_t c = dataset->columns, v = dataset->tops;

    if (names(load, "data/column/note", &dataset->column_note) ||
        vector(load, "data/column/median", WN_F64, c,
               &dataset->column_median) ||
        vector(load, "data/column/alone", WN_F64, c, &dataset->column_alone) ||
        vector(load, "data/column/features", WN_U64, c,
               &dataset->column_features) ||
        vector(load, "data/column/about", WN_U8, c, &dataset->column_about) ||
        vector(load, "data/column/top_column", WN_I32, v,
               &dataset->top_column) ||
        vector(load, "data/column/top_count", WN_U64, v,
               &dataset->top_count) ||
        names(load, "data/column/top_value", &dataset->top_value))
        return -1;
    for (size_t t = 0; dataset->top_column && t < v; t++)
        if (dataset->top_column[t] < 0 ||
            (size_t)dataset->top_column[t] >= c)
            return bad_row(load, "data/column/top_column", t,
                           "no such column");
    return 0;
}

static int load_columns(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const size_t c = dataset->columns;

    return names(load, "data/column/name", &dataset->column_name) ||
                   names(load, "data/column/kind", &dataset->column_kind) ||
                   vector(load, "data/column/missing", WN_U64, c,
                          &dataset->column_missing) ||
                   vector(load, "data/column/invalid", WN_U64, c,
                          &dataset->column_invalid) ||
                   vector(load, "data/column/distinct", WN_U64, c,
                          &dataset->column_distinct) ||
                   vector(load, "data/column/min", WN_F64, c,
                          &dataset->column_min) ||
                   vector(load, "data/column/max", WN_F64, c,
                          &dataset->column_max) ||
                   load_facts(load)
               ? -1
               : 0;
}

static int load_defects(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const size_t t = dataset->defects;

    if (vector(load, "data/defect/row", WN_I64, t, &dataset->defect_row) ||
        vector(load, "data/defect/column", WN_I32, t,
               &dataset->defect_column) ||
        vector(load, "data/defect/rule", WN_I32, t, &dataset->defect_rule) ||
        names(load, "data/defect/rule_name", &dataset->rule_name))
        return -1;
    if (!dataset->defect_row || !dataset->defect_column ||
        !dataset->defect_rule)
        return 0;
    for (size_t i = 0; i < t; i++)
        if (dataset->defect_row[i] < 0 ||
            (uint64_t)dataset->defect_row[i] >= dataset->n ||
            dataset->defect_column[i] < 0 ||
            (size_t)dataset->defect_column[i] >= dataset->columns ||
            dataset->defect_rule[i] < 0 ||
            (size_t)dataset->defect_rule[i] >= dataset->rules)
            return bad_row(load, "data/defect", i, "names a cell or rule that "
                           "is not there");
    return 0;
}

/* Indices below `count` or -1, where there are any. */
static int check_codes(const struct load *load, const char *path,
                       const int32_t *code, size_t count)
{
    for (size_t i = 0; code && i < load->dataset->n; i++)
        if (code[i] < -1 || (code[i] >= 0 && (size_t)code[i] >= count))
            return bad_row(load, path, i, "no such name");
    return 0;
}

static int check_amounts(const struct load *load, const char *path,
                         const float *amount)
{
    for (size_t i = 0; amount && i < load->dataset->n; i++)
        if (!(amount[i] >= 0) || !__builtin_isfinite(amount[i]))
            return bad_row(load, path, i, "not a number of 0 or more");
    return 0;
}

static int load_codes(const struct load *load, const char *path,
                      int32_t **code, const char *names_path, char ***name,
                      size_t *count)
{
    return first_extent(load, names_path, 0, count) ||
                   names(load, names_path, name) ||
                   vector(load, path, WN_I32, load->dataset->n, code) ||
                   check_codes(load, path, *code, *count)
               ? -1
               : 0;
}

static int load_amounts(const struct load *load, const char *path,
                        float **amount)
{
    return vector(load, path, WN_F32, load->dataset->n, amount) ||
                   check_amounts(load, path, *amount)
               ? -1
               : 0;
}

static int load_roles(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    if (load_codes(load, "data/group", &dataset->group, "data/group_name",
                   &dataset->group_name, &dataset->groups) ||
        load_codes(load, "data/split", &dataset->split, "data/split_name",
                   &dataset->split_name, &dataset->splits) ||
        load_codes(load, "data/annotator", &dataset->annotator,
                   "data/annotator_name", &dataset->annotator_name,
                   &dataset->annotators) ||
        load_amounts(load, "data/weight", &dataset->weight) ||
        load_amounts(load, "data/cost", &dataset->cost) ||
        vector(load, "data/trusted", WN_U8, dataset->n, &dataset->trusted))
        return -1;
    for (size_t i = 0; dataset->trusted && i < dataset->n; i++)
        if (dataset->trusted[i] > 1)
            return bad_row(load, "data/trusted", i, "neither 0 nor 1");
    return 0;
}

/* Every row has to be a distribution: what follows divides by its parts. */
static int load_probability(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const size_t k = dataset->k, extent[3] = {dataset->n, k, 0};
    const char *path = "data/probability";

    if (!wn_audit_has(load->audit, path))
        return 0;
    dataset->probability =
        wn_audit_read(load->audit, path, WN_F32, extent, load->error);
    if (!dataset->probability)
        return -1;
    for (size_t i = 0; i < dataset->n; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++) {
            const float p = dataset->probability[i * k + c];

            if (!(p >= 0 && p <= 1))
                return bad_row(load, path, i, "not within 0 and 1");
            sum += p;
        }
        if (!(fabs(sum - 1) <= WN_SUM_SLACK + ROUNDING))
            return bad_row(load, path, i, "does not sum to 1");
    }
    return 0;
}

/* What data/dynamics is; its numbers stay in the file. */
static int load_dynamics(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const char *path = "data/dynamics";

    if (!wn_audit_has(load->audit, path))
        return 0;
    char *content = wn_audit_text(load->audit, path, "content", load->error);
    if (!content && load->error->code)
        return -1;
    dataset->dynamics_sum = content && strcmp(content, "probabilities") == 0;
    const bool known =
        dataset->dynamics_sum || (content && strcmp(content, "logits") == 0);
    free(content);
    return known ? first_extent(load, path, 0, &dataset->epochs)
                 : wn_fail(load->error, WN_EDATA,
                           "%s: %s: wanted the attribute content to be "
                           "logits or probabilities",
                           wn_audit_name(load->audit), path);
}

int wn_dataset_epoch(const struct wn_dataset *dataset,
                     const struct wn_audit *audit, size_t e, float *out,
                     struct wn_error *error)
{
    const size_t n = dataset->n, k = dataset->k;

    if (wn_audit_read_rows(audit, "data/dynamics", e, e + 1,
                           wn_product(n, k, 1), out, error))
        return -1;
    for (size_t i = 0; i < n * k; i++)
        if (!__builtin_isfinite(out[i]) ||
            (dataset->dynamics_sum && !(out[i] >= 0 && out[i] <= 1)))
            return wn_fail(error, WN_EDATA,
                           "%s: data/dynamics: epoch %zu: row %zu: found %g, "
                           "wanted %s",
                           wn_audit_name(audit), e, i / k, (double)out[i],
                           dataset->dynamics_sum ? "a probability"
                                                 : "a finite number");
    return 0;
}

static int load_rules(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const size_t u = dataset->cleanings;

    return names(load, "data/rule/name", &dataset->clean_name) ||
                   names(load, "data/rule/text", &dataset->clean_text) ||
                   vector(load, "data/rule/changed", WN_U64, u,
                          &dataset->clean_changed) ||
                   vector(load, "data/rule/broken", WN_U64, u,
                          &dataset->clean_broken) ||
                   vector(load, "data/rule/passed_over", WN_U64, u,
                          &dataset->clean_passed_over)
               ? -1
               : 0;
}

/* The arrays of data/fix as they stand in the file. */
struct fixed {
    size_t count, bytes;
    int64_t *row;
    int32_t *column;
    uint64_t *offset;
    char *text;
};

static int bad_fix(const struct load *load, size_t i, const char *what)
{
    return wn_fail(load->error, WN_EDATA, "%s: data/fix: cell %zu %s",
                   wn_audit_name(load->audit), i, what);
}

/* In order, inside the table, and texts that a field may have. */
static int take_fixes(const struct load *load, const struct fixed *fixed)
{
    struct wn_dataset *dataset = load->dataset;

    if (fixed->offset[0] != 0)
        return bad_fix(load, 0, "does not begin with the text");
    for (size_t i = 0; i < fixed->count; i++) {
        const int64_t row = fixed->row[i];
        const int32_t column = fixed->column[i];
        const uint64_t from = fixed->offset[i], to = fixed->offset[i + 1];

        if (row < 0 || (uint64_t)row >= dataset->n || column < 0 ||
            (size_t)column >= dataset->columns)
            return bad_fix(load, i, "is not in the table");
        if (i && (row < fixed->row[i - 1] ||
                  (row == fixed->row[i - 1] &&
                   column <= fixed->column[i - 1])))
            return bad_fix(load, i, "is out of order");
        if (from > to || to > fixed->bytes ||
            memchr(fixed->text + from, '\0', (size_t)(to - from)))
            return bad_fix(load, i, "has no proper text");
        if (wn_fixes_add(&dataset->fixes, (size_t)row, (size_t)column,
                         fixed->text + from, (size_t)(to - from),
                         load->error))
            return -1;
    }
    return 0;
}

static int load_fixes(const struct load *load)
{
    struct fixed fixed = {0};
    int status = 0;

    if (first_extent(load, "data/fix/row", 0, &fixed.count) ||
        first_extent(load, "data/fix/text", 0, &fixed.bytes))
        return -1;
    if (fixed.count == 0)
        return 0;
    if (vector(load, "data/fix/row", WN_I64, fixed.count, &fixed.row) ||
        vector(load, "data/fix/column", WN_I32, fixed.count, &fixed.column) ||
        vector(load, "data/fix/offset", WN_U64, fixed.count + 1,
               &fixed.offset) ||
        vector(load, "data/fix/text", WN_U8, fixed.bytes, &fixed.text))
        status = -1;
    if (status == 0 && (!fixed.column || !fixed.offset || !fixed.text))
        status = bad_fix(load, 0, "lacks its column, offset or text");
    if (status == 0)
        status = take_fixes(load, &fixed);
    free(fixed.row);
    free(fixed.column);
    free(fixed.offset);
    free(fixed.text);
    return status;
}

static char *text(const struct load *load, const char *attribute)
{
    if (load->error->code)
        return NULL;
    return wn_audit_text(load->audit, "data", attribute, load->error);
}

static int load_source(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    double size = 0;

    dataset->source = text(load, "source");
    dataset->source_digest = text(load, "source_digest");
    dataset->label_column = text(load, "label_column");
    dataset->form = text(load, "form");
    if (load->error->code)
        return -1;
    if (dataset->source && wn_audit_number(load->audit, "data", "source_size",
                                           &size, load->error))
        return -1;
    if (!(size >= 0 && size <= 0x1p53))
        return wn_fail(load->error, WN_EDATA, "%s: data: attribute "
                       "source_size: found %.15g, wanted a number of bytes",
                       wn_audit_name(load->audit), size);
    dataset->source_size = (uint64_t)size;
    return 0;
}

static int load_extents(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;

    return first_extent(load, "data/row_hash", 0, &dataset->n) ||
                   first_extent(load, "data/features", 0, &dataset->n) ||
                   first_extent(load, "data/label", 0, &dataset->n) ||
                   wn_features_width(load->audit, &dataset->d, load->error) ||
                   first_extent(load, "data/features_b", 1, &dataset->p) ||
                   first_extent(load, "data/label_name", 0, &dataset->k) ||
                   first_extent(load, "data/column/name", 0,
                                &dataset->columns) ||
                   first_extent(load, "data/column/top_column", 0,
                                &dataset->tops) ||
                   first_extent(load, "data/defect/row", 0,
                                &dataset->defects) ||
                   first_extent(load, "data/defect/rule_name", 0,
                                &dataset->rules) ||
                   first_extent(load, "data/rule/name", 0,
                                &dataset->cleanings)
               ? -1
               : 0;
}

int wn_dataset_load(struct wn_dataset *dataset, const struct wn_audit *audit,
                    unsigned parts, struct wn_error *error)
{
    static const struct {
        unsigned part;
        int (*load)(const struct load *load);
    } loaders[] = {{WN_PART_LABEL, load_labels},
                   {WN_PART_FEATURES, load_features},
                   {WN_PART_ID, load_ids},
                   {WN_PART_ROW, load_rows},
                   {WN_PART_COLUMN, load_columns},
                   {WN_PART_DEFECT, load_defects},
                   {WN_PART_ROLE, load_roles},
                   {WN_PART_PROBABILITY, load_probability},
                   {WN_PART_FEATURES_B, load_features_b},
                   {WN_PART_RULE, load_rules},
                   {WN_PART_FIX, load_fixes}};
    const struct load load = {dataset, audit, error};
    int status;

    *dataset = (struct wn_dataset){0};
    status = load_extents(&load) || load_source(&load) ||
             load_dynamics(&load);
    for (size_t i = 0; !status && i < sizeof loaders / sizeof *loaders; i++)
        if (parts & loaders[i].part)
            status = loaders[i].load(&load);
    if (status)
        wn_dataset_free(dataset);
    return status ? -1 : 0;
}

void wn_dataset_free(struct wn_dataset *dataset)
{
    if (!dataset)
        return;
    wn_names_free(dataset->feature_name, dataset->feature_name ? dataset->d
                                                               : 0);
    wn_names_free(dataset->label_name, dataset->k);
    wn_names_free(dataset->column_name, dataset->columns);
    wn_names_free(dataset->column_kind, dataset->columns);
    wn_names_free(dataset->rule_name, dataset->rules);
    wn_names_free(dataset->clean_name, dataset->cleanings);
    wn_names_free(dataset->clean_text, dataset->cleanings);
    free(dataset->clean_changed);
    free(dataset->clean_broken);
    free(dataset->clean_passed_over);
    wn_fixes_free(&dataset->fixes);
    wn_names_free(dataset->group_name, dataset->groups);
    wn_names_free(dataset->split_name, dataset->splits);
    wn_names_free(dataset->annotator_name, dataset->annotators);
    wn_large_free(dataset->group);
    wn_large_free(dataset->split);
    wn_large_free(dataset->trusted);
    wn_large_free(dataset->weight);
    wn_large_free(dataset->cost);
    wn_large_free(dataset->annotator);
    wn_large_free(dataset->probability);
    wn_large_free(dataset->features);
    wn_large_free(dataset->features_b);
    wn_large_free(dataset->label);
    wn_large_free(dataset->label_same);
    wn_large_free(dataset->id);
    wn_large_free(dataset->id_offset);
    wn_large_free(dataset->row_offset);
    wn_large_free(dataset->row_line);
    wn_large_free(dataset->left_out);
    wn_large_free(dataset->row_hash);
    wn_large_free(dataset->column_missing);
    wn_large_free(dataset->column_invalid);
    wn_large_free(dataset->column_distinct);
    wn_large_free(dataset->column_min);
    wn_large_free(dataset->column_max);
    wn_large_free(dataset->column_median);
    wn_large_free(dataset->column_alone);
    wn_large_free(dataset->column_features);
    wn_large_free(dataset->column_about);
    wn_large_free(dataset->top_column);
    wn_large_free(dataset->top_count);
    wn_names_free(dataset->top_value, dataset->tops);
    wn_names_free(dataset->column_note, dataset->columns);
    wn_large_free(dataset->defect_row);
    wn_large_free(dataset->defect_column);
    wn_large_free(dataset->defect_rule);
    wn_large_free(dataset->source);
    wn_large_free(dataset->source_digest);
    wn_large_free(dataset->label_column);
    wn_large_free(dataset->form);
    *dataset = (struct wn_dataset){0};
}
