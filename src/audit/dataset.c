/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading and checking /data; see dataset.h. */
#include "audit/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "audit/layout.h"
#include "util/spill.h"
#include "util/memory.h"
#include "util/number.h"

/* Allowed difference between a sum of floats and the sum of the user's
 * numbers. */
#define ROUNDING 1e-5

struct load {
    struct wn_dataset *dataset;
    const struct wn_audit *audit;
    struct wn_error *error;
};

/* An array of /data and its place; layout.def has its type. */
struct member {
    unsigned part;
    const char *path;
    size_t array; /* offset in struct wn_dataset */
    size_t count; /* of names: offset of their number; else 0 */
};

#define MEMBER(part, path, array)                                              \
    {                                                                          \
        WN_PART_##part, "data/" path, offsetof(struct wn_dataset, array), 0    \
    }
#define NAMES(part, path, array, count)                                        \
    {                                                                          \
        WN_PART_##part, "data/" path, offsetof(struct wn_dataset, array),      \
            offsetof(struct wn_dataset, count)                                 \
    }

static const struct member members[] = {
    MEMBER(LABEL, "label", label),
    NAMES(LABEL, "label_name", label_name, k),
    MEMBER(LABEL, "label_same", label_same),
    MEMBER(FEATURES, "features", features),
    NAMES(FEATURES, "feature_name", feature_name, d),
    MEMBER(ID, "id", id),
    MEMBER(ID, "id_offset", id_offset),
    MEMBER(ROW, "row_offset", row_offset),
    MEMBER(ROW, "row_line", row_line),
    MEMBER(ROW, "row_hash", row_hash),
    MEMBER(ROW, "left_out", left_out),
    NAMES(ROW, "file/name", file_name, files),
    NAMES(ROW, "file/digest", file_digest, files),
    MEMBER(ROW, "file/size", file_size),
    MEMBER(ROW, "file/skip", file_skip),
    MEMBER(ROW, "file/begin", file_begin),
    NAMES(COLUMN, "column/name", column_name, columns),
    NAMES(COLUMN, "column/kind", column_kind, columns),
    MEMBER(COLUMN, "column/missing", column_missing),
    MEMBER(COLUMN, "column/invalid", column_invalid),
    MEMBER(COLUMN, "column/distinct", column_distinct),
    MEMBER(COLUMN, "column/about", column_about),
    MEMBER(COLUMN, "column/features", column_features),
    NAMES(COLUMN, "column/note", column_note, columns),
    MEMBER(COLUMN, "column/alone", column_alone),
    MEMBER(COLUMN, "column/min", column_min),
    MEMBER(COLUMN, "column/median", column_median),
    MEMBER(COLUMN, "column/max", column_max),
    MEMBER(COLUMN, "column/sketched", column_sketched),
    MEMBER(COLUMN, "column/quantile", column_quantile),
    MEMBER(COLUMN, "column/top_column", top_column),
    MEMBER(COLUMN, "column/top_count", top_count),
    NAMES(COLUMN, "column/top_value", top_value, tops),
    MEMBER(DEFECT, "defect/row", defect_row),
    MEMBER(DEFECT, "defect/column", defect_column),
    MEMBER(DEFECT, "defect/rule", defect_rule),
    NAMES(DEFECT, "defect/rule_name", rule_name, rules),
    MEMBER(ROLE, "group", group),
    NAMES(ROLE, "group_name", group_name, groups),
    MEMBER(ROLE, "split", split),
    NAMES(ROLE, "split_name", split_name, splits),
    MEMBER(ROLE, "trusted", trusted),
    MEMBER(ROLE, "weight", weight),
    MEMBER(ROLE, "cost", cost),
    MEMBER(ROLE, "annotator", annotator),
    NAMES(ROLE, "annotator_name", annotator_name, annotators),
    MEMBER(PROBABILITY, "probability", probability),
    MEMBER(FEATURES_B, "features_b", features_b),
    NAMES(COLUMN, "hint", hint, hints),
    NAMES(RULE, "rule/name", clean_name, cleanings),
    NAMES(RULE, "rule/text", clean_text, cleanings),
    MEMBER(RULE, "rule/changed", clean_changed),
    MEMBER(RULE, "rule/broken", clean_broken),
    MEMBER(RULE, "rule/passed_over", clean_passed_over)};
enum { MEMBERS = sizeof members / sizeof *members };

/* Extents to set whatever parts are loaded. All datasets agree on a letter of
 * layout.def, so any dataset that exists will do. */
static const struct {
    const char *path;
    int which;
    size_t at; /* offset in struct wn_dataset */
} extents[] = {{"data/row_hash", 0, offsetof(struct wn_dataset, n)},
               {"data/features", 0, offsetof(struct wn_dataset, n)},
               {"data/label", 0, offsetof(struct wn_dataset, n)},
               {"data/features_b", 1, offsetof(struct wn_dataset, p)},
               {"data/label_name", 0, offsetof(struct wn_dataset, k)},
               {"data/dynamics", 0, offsetof(struct wn_dataset, epochs)},
               {"data/column/name", 0, offsetof(struct wn_dataset, columns)},
               {"data/column/top_column", 0, offsetof(struct wn_dataset, tops)},
               {"data/defect/row", 0, offsetof(struct wn_dataset, defects)},
               {"data/defect/rule_name", 0, offsetof(struct wn_dataset, rules)},
               {"data/file/name", 0, offsetof(struct wn_dataset, files)},
               {"data/hint", 0, offsetof(struct wn_dataset, hints)},
               {"data/rule/name", 0, offsetof(struct wn_dataset, cleanings)}};
enum { EXTENTS = sizeof extents / sizeof *extents };

static void *field(struct wn_dataset *dataset, size_t offset)
{
    return (char *)dataset + offset;
}

static bool is_names(const struct member *member)
{
    return wn_layout_find(member->path)->type == WN_NAMES;
}

/* ---- checks ------------------------------------------------------------- */

static int refuse_row(const struct load *load, const char *path, size_t row,
                      const char *why)
{
    return wn_fail(load->error, WN_EDATA, "%s: %s: row %zu: %s",
                   wn_audit_name(load->audit), path, row, why);
}

/* Check that offset[0..n] ascend up to `max`; NULL is fine. */
static int check_offsets(const struct load *load, const char *path,
                         const uint64_t *offset, uint64_t max)
{
    const size_t n = load->dataset->n;

    for (size_t i = 0; offset && i < n; i++)
        if (offset[i] > offset[i + 1])
            return refuse_row(load, path, i, "ends before it begins");
    if (offset && offset[n] > max)
        return refuse_row(load, path, n, "beyond the end");
    return 0;
}

/* ---- loading ------------------------------------------------------------ */

const char *wn_dataset_file(const struct wn_dataset *dataset, size_t i)
{
    size_t f = dataset->file_name ? dataset->files : 0;

    if (!f || !dataset->row_offset)
        return NULL;
    for (f--; f > 0 && dataset->file_begin[f] > dataset->row_offset[i]; f--)
        ;
    return dataset->file_name[f];
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

/* Load data/fix; an audit without it has no overrides. */
static int load_overrides(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const struct wn_audit *audit = load->audit;
    struct wn_error *error = load->error;
    size_t count[3] = {0}, bytes[3] = {0}, bad = 0;
    const char *wrong = NULL;
    int64_t *row = NULL;
    int32_t *column = NULL;
    uint64_t *offset = NULL;
    char *text = NULL;
    int status = -1;

    if (wn_audit_extent(audit, "data/fix/row", 0, count, error) ||
        wn_audit_extent(audit, "data/fix/text", 0, bytes, error))
        return -1;
    if (*count == 0)
        return 0;
    const size_t ends[3] = {*count + 1, 0, 0};
    row = wn_audit_read(audit, "data/fix/row", WN_I64, count, error);
    if (row)
        column = wn_audit_read(audit, "data/fix/column", WN_I32, count, error);
    if (column)
        offset = wn_audit_read(audit, "data/fix/offset", WN_U64, ends, error);
    if (offset)
        text = wn_audit_read(audit, "data/fix/text", WN_U8, bytes, error);
    if (!text)
        goto done;
    /* Overrides must be in order, inside the table, and have a text that a CSV
     * field can hold. */
    for (size_t i = 0; i < *count && !wrong; i++) {
        const uint64_t from = offset[i], to = offset[i + 1];

        bad = i;
        if (i == 0 && from != 0)
            wrong = "does not begin with the text";
        else if (i && (row[i] < row[i - 1] ||
                       (row[i] == row[i - 1] && column[i] <= column[i - 1])))
            wrong = "is out of order";
        else if (from > to || to > *bytes ||
                 memchr(text + from, '\0', (size_t)(to - from)))
            wrong = "has an impossible text";
        else
            wn_overrides_add(&dataset->fixes, (size_t)row[i], (size_t)column[i],
                             text + from, (size_t)(to - from));
    }
    status = wrong ? -1 : 0;
done:
    if (wrong)
        wn_fail(error, WN_EDATA, "%s: data/fix: cell %zu %s",
                wn_audit_name(audit), bad, wrong);
    wn_spill_free(row);
    wn_spill_free(column);
    wn_spill_free(offset);
    wn_spill_free(text);
    return status;
}

/* Load the provenance of /data and the kind of data/dynamics, whose numbers
 * stay in the file. */
static int load_attributes(const struct load *load)
{
    struct wn_dataset *dataset = load->dataset;
    const char *dynamics = "data/dynamics";
    char *content = NULL, *task = NULL, *delimiter = NULL, *decimal = NULL;
    const struct {
        const char *path, *attribute;
        char **text;
    } texts[] = {{"data", "source", &dataset->source},
                 {"data", "source_digest", &dataset->source_digest},
                 {"data", "label_column", &dataset->label_column},
                 {"data", "form", &dataset->form},
                 {"data", "task", &task},
                 {"data", "delimiter", &delimiter},
                 {"data", "decimal", &decimal},
                 {"data", "encoding", &dataset->encoding},
                 {dynamics, "content", &content}};
    double size = 0;
    bool known = true;

    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        if (!wn_audit_has(load->audit, texts[t].path))
            continue;
        *texts[t].text = wn_audit_text(load->audit, texts[t].path,
                                       texts[t].attribute, load->error);
        if (load->error->code)
            return -1;
    }
    dataset->delimiter = delimiter && *delimiter ? *delimiter : ',';
    dataset->decimal_comma = decimal && strcmp(decimal, ",") == 0;
    free(delimiter);
    free(decimal);
    dataset->ordinal = task && strcmp(task, "ordinal") == 0;
    known = !task || dataset->ordinal || strcmp(task, "classification") == 0;
    free(task);
    if (!known)
        return wn_fail(load->error, WN_EDATA,
                       "%s: data: attribute task: wanted classification or "
                       "ordinal",
                       wn_audit_name(load->audit));
    if (wn_audit_has(load->audit, dynamics)) {
        dataset->dynamics_sum =
            content && strcmp(content, "probabilities") == 0;
        known = dataset->dynamics_sum ||
                (content && strcmp(content, "logits") == 0);
    }
    free(content);
    if (!known)
        return wn_fail(load->error, WN_EDATA,
                       "%s: %s: wanted the attribute content to be logits or "
                       "probabilities",
                       wn_audit_name(load->audit), dynamics);
    if (dataset->source &&
        wn_audit_number(load->audit, "data", "source_size", &size, load->error))
        return -1;
    if (!(size >= 0 && size <= 0x1p53))
        return wn_fail(load->error, WN_EDATA,
                       "%s: data: attribute source_size: found %.15g, wanted a "
                       "number of bytes",
                       wn_audit_name(load->audit), size);
    dataset->source_size = (uint64_t)size;
    return 0;
}

/* Check the labels, features, identifiers and records that were loaded; an
 * array that was not is NULL, which is fine. Load linked features. */
static int check_rows(const struct load *load, unsigned parts)
{
    struct wn_dataset *dataset = load->dataset;
    const int32_t *same = dataset->label_same;
    const size_t n = dataset->n, k = dataset->k;
    uint64_t last = 0;
    size_t bytes = 0;
    int status = 0;

    for (size_t c = 0; dataset->ordinal && dataset->label_name && c < k; c++) {
        const char *name = dataset->label_name[c];
        double grade;

        if (!wn_number_parse(name, strlen(name), &grade) ||
            grade != floor(grade))
            return refuse_row(load, "data/label_name", c,
                              "not a whole number, but the task is ordinal");
    }
    /* The class that another is a spelling of must be its own. */
    for (size_t c = 0; same && c < k; c++)
        if (same[same[c]] != same[c])
            return refuse_row(load, "data/label_same", c, "no such class");
    /* ingest --link leaves the features in their file. */
    if (parts & WN_PART_FEATURES && dataset->d &&
        !wn_audit_has(load->audit, "data/features")) {
        struct wn_features *features =
            wn_features_open(load->audit, load->error);

        if (!features)
            return -1;
        dataset->features = wn_spill_new(wn_product(n, dataset->d, 1),
                                         sizeof *dataset->features);
        status =
            wn_features_read(features, 0, n, dataset->features, load->error);
        wn_features_close(features);
    }
    if (status)
        return -1;
    /* Identifiers need both arrays: without one drop the other. */
    if (dataset->id && dataset->id_offset) {
        if (wn_audit_extent(load->audit, "data/id", 0, &bytes, load->error) ||
            check_offsets(load, "data/id_offset", dataset->id_offset, bytes))
            return -1;
    } else {
        wn_spill_free(dataset->id);
        wn_spill_free(dataset->id_offset);
        dataset->id = NULL;
        dataset->id_offset = NULL;
    }
    if (parts & WN_PART_ROW &&
        (check_offsets(load, "data/row_offset", dataset->row_offset,
                       dataset->source_size) ||
         wn_audit_extent(load->audit, "data/left_out", 0, &dataset->left_outs,
                         load->error)))
        return -1;
    /* Records left out are inside the source and in order. */
    for (size_t i = 0; i < 2 * dataset->left_outs; i++) {
        if (dataset->left_out[i] < last ||
            dataset->left_out[i] > dataset->source_size)
            return wn_fail(load->error, WN_EDATA,
                           "%s: data/left_out: range %zu is out of order",
                           wn_audit_name(load->audit), i / 2);
        last = dataset->left_out[i];
    }
    return 0;
}

/* Check that every row of the user's probabilities is a distribution: later
 * stages divide by its parts. */
static int check_sums(const struct load *load)
{
    const struct wn_dataset *dataset = load->dataset;
    const size_t n = dataset->n, k = dataset->k;

    for (size_t i = 0; dataset->probability && i < n; i++) {
        double sum = 0;

        for (size_t c = 0; c < k; c++)
            sum += dataset->probability[i * k + c];
        if (!(fabs(sum - 1) <= WN_SUM_SLACK + ROUNDING))
            return refuse_row(load, "data/probability", i, "does not sum to 1");
    }
    return 0;
}

int wn_dataset_load(struct wn_dataset *dataset, const struct wn_audit *audit,
                    unsigned parts, struct wn_error *error)
{
    const struct load load = {dataset, audit, error};
    int status = 0;

    *dataset = (struct wn_dataset){0};
    for (size_t e = 0; status == 0 && e < EXTENTS; e++)
        status = wn_audit_extent(audit, extents[e].path, extents[e].which,
                                 field(dataset, extents[e].at), error);
    if (status == 0)
        status = wn_features_width(audit, &dataset->d, error) ||
                 load_attributes(&load);
    for (size_t m = 0; status == 0 && m < MEMBERS; m++) {
        const char *path = members[m].path;
        size_t extent[3], count;
        char **names;
        void *array;
        int rank;

        /* An array that is not in the file stays NULL. */
        if (!(parts & members[m].part) || !wn_audit_has(audit, path))
            continue;
        if (is_names(&members[m])) {
            status = wn_audit_read_names(audit, path, &names, &count, error);
            if (status)
                break;
            memcpy(field(dataset, members[m].array), &names, sizeof names);
            memcpy(field(dataset, members[m].count), &count, sizeof count);
            continue;
        }
        status = wn_audit_shape(audit, path, &rank, extent, error);
        if (status)
            break;
        array = wn_audit_read(audit, path, wn_layout_find(path)->type, extent,
                              error);
        memcpy(field(dataset, members[m].array), &array, sizeof array);
        status = array ? 0 : -1;
    }
    if (status == 0)
        status = check_rows(&load, parts) || check_sums(&load) ||
                 (parts & WN_PART_OVERRIDE && load_overrides(&load));
    if (status)
        wn_dataset_free(dataset);
    return status ? -1 : 0;
}

void wn_dataset_free(struct wn_dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t m = 0; m < MEMBERS; m++) {
        void *array;
        size_t count;

        memcpy(&array, field(dataset, members[m].array), sizeof array);
        memcpy(&count, field(dataset, members[m].count), sizeof count);
        if (is_names(&members[m]))
            wn_names_free(array, count);
        else
            wn_spill_free(array);
    }
    wn_overrides_free(&dataset->fixes);
    free(dataset->source);
    free(dataset->source_digest);
    free(dataset->label_column);
    free(dataset->encoding);
    free(dataset->form);
    *dataset = (struct wn_dataset){0};
}
