/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Lines: an object a line, in pure ASCII, so that no byte of the data can
 * drive a terminal. The first line names the schema; the last one says that all
 * others are there. report(1) documents the keys. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "render/render.h"
#include "report/drift.h"
#include "report/shown.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/number.h"

/* --- values -------------------------------------------------------------- */

/* jansson returns NULL only for want of memory. */
static json_t *made(json_t *value)
{
    if (!value)
        wn_die("no memory for a line of JSON");
    return value;
}

/* A string; null for NULL. An invalid byte of UTF-8 becomes the four characters
 * \xNN. */
static json_t *json_bytes(const char *bytes, size_t length)
{
    struct wn_text copy = {0};

    if (!bytes)
        return json_null();
    if (wn_text_is_utf8(bytes, length))
        return made(json_stringn(bytes, length));
    wn_text_add_visible(&copy, bytes, length);
    json_t *string = made(json_stringn(copy.bytes, copy.length));
    wn_text_free(&copy);
    return string;
}

static json_t *json_text(const char *text)
{
    return json_bytes(text, text ? strlen(text) : 0);
}

/* A real number; null for NaN and infinity. */
static json_t *json_number(double value)
{
    return made(isfinite(value) ? json_real(value) : json_null());
}

/* The double that prints like the float: .1f becomes 0.1. */
static json_t *json_float(float value)
{
    char text[32];

    if (!isfinite(value))
        return json_null();
    wn_number_format_float(value, text);
    return json_number(strtod(text, NULL));
}

static json_t *json_count(uint64_t count)
{
    return made(json_integer((json_int_t)count));
}

/* Add a value to an object; the object takes the reference. */
static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value))
        made(NULL);
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value))
        made(NULL);
}

/* --- lines --------------------------------------------------------------- */

struct json_lines {
    struct wn_text *out;
    size_t count;
};

static int add_dump(const char *bytes, size_t size, void *context)
{
    wn_text_add(context, bytes, size);
    return 0;
}

/* jansson writes the strings. It has one precision for all reals, so numbers
 * and their containers are written here. */
static void put_value(struct wn_text *out, json_t *value)
{
    const char *key, *before = "{";
    json_t *member;
    size_t i;
    char text[32];

    if (json_is_object(value)) {
        json_object_foreach(value, key, member)
        {
            /* Keys are winnow's own words. */
            wn_text_format(out, "%s\"%s\":", before, key);
            put_value(out, member);
            before = ",";
        }
        wn_text_format(out, "%s}", *before == '{' ? "{" : "");
    } else if (json_is_array(value)) {
        wn_text_add(out, "[", 1);
        json_array_foreach(value, i, member)
        {
            if (i)
                wn_text_add(out, ",", 1);
            put_value(out, member);
        }
        wn_text_add(out, "]", 1);
    } else if (json_is_real(value)) {
        wn_text_add(out, text, wn_number_format(json_real_value(value), text));
    } else if (json_dump_callback(value, add_dump, out,
                                  JSON_ENCODE_ANY | JSON_ENSURE_ASCII)) {
        made(NULL);
    }
}

/* Write an object as a line and free it. */
static void put_line(struct json_lines *lines, json_t *object)
{
    put_value(lines->out, made(object));
    wn_text_add(lines->out, "\n", 1);
    json_decref(object);
    lines->count++;
}

static struct json_lines put_first_line(struct wn_text *out,
                                        const char *content)
{
    struct json_lines lines = {.out = out};

    put_line(&lines, json_pack("{s:s,s:s,s:s}", "schema", "winnow-report/1",
                               "content", content, "version", PACKAGE_VERSION));
    return lines;
}

static void put_last_line(struct json_lines *lines)
{
    put_line(lines, json_pack("{s:b,s:I}", "complete", 1, "lines",
                              (json_int_t)lines->count + 1));
}

/* --- rows ---------------------------------------------------------------- */

/* What lines of a row, of a gone flag and of an explanation begin with. */
static json_t *json_row(const struct wn_report *report, const char *record,
                        size_t i)
{
    const struct wn_dataset *data = &report->data;
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);
    char hash[17];
    json_t *row, *issues, *agree;

    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)data->row_hash[i]);
    row = made(json_pack(
        "{s:s,s:I,s:I,s:I,s:o,s:s,s:o,s:o}", "record", record, "row",
        (json_int_t)i, "source_record", (json_int_t)wn_row_record(report, i),
        "line", (json_int_t)data->row_line[i], "id", json_bytes(id, length),
        "hash", hash, "given",
        json_text(wn_report_class(report, data->label[i])), "rival",
        json_text(report->rival ? wn_report_class(report, report->rival[i])
                                : NULL)));
    if (!report->flagged)
        return row;
    issues = made(json_array());
    for (size_t c = 0; c < report->checks && c < 32; c++)
        if (report->issue[i] >> c & 1)
            append(issues, json_text(report->check_name[c]));
    agree = made(json_array());
    for (size_t s = 0; s < report->scores; s++)
        if (wn_score_agrees(report, s, i))
            append(agree, json_text(report->score[s].name));
    set(row, "rank", json_count(report->rank[i]));
    set(row, "suggested",
        json_text(wn_report_class(report, report->suggestion[i])));
    set(row, "suspicion", json_float(report->suspicion[i]));
    set(row, "quality", json_float(report->quality ? report->quality[i] : NAN));
    set(row, "action", json_text(report->action_name[report->action[i]]));
    set(row, "kind", json_text(wn_report_kind(report, i)));
    set(row, "issues", issues);
    set(row, "agree", agree);
    const int64_t m = report->in_set ? report->in_set[i] : -1;
    if (m >= 0)
        set(row, "near",
            json_pack("{s:i,s:I,s:o}", "set", report->near_sets.set[m], "row",
                      (json_int_t)report->near_sets.partner[m], "distance",
                      json_float(report->near_sets.distance[m])));
    return row;
}

/* The text of a field, split at commas. */
static json_t *json_members(const char *list)
{
    json_t *array = made(json_array());

    while (*list) {
        const size_t size = strcspn(list, ",");

        append(array, json_bytes(list, size));
        list += size + (list[size] == ',');
    }
    return array;
}

/* --fields. */
static json_t *json_fields(const struct wn_report *report, size_t i)
{
    json_t *row = made(json_pack("{s:s}", "record", "row"));
    struct wn_text text = {0};

    for (size_t f = 0; f < report->fields->count; f++) {
        const struct wn_row_field *field = &report->fields->field[f];
        const double value = wn_row_field_number(field, report, i);
        json_t *json;

        text.length = 0;
        wn_row_field_text(field, report, i, &text);
        if (field->kind == WN_FIELD_IS_REAL)
            json = json_float((float)value);
        else if (field->kind == WN_FIELD_IS_WHOLE)
            json = isnan(value) ? json_null() : json_count((uint64_t)value);
        else if (field->kind == WN_FIELD_IS_WORDS)
            json = json_members(text.length ? text.bytes : "");
        else
            json =
                text.length ? json_bytes(text.bytes, text.length) : json_null();
        /* The key `record` is the kind of the line. */
        set(row, strcmp(field->name, "record") ? field->name : "source_record",
            json);
    }
    wn_text_free(&text);
    return row;
}

/* Null without probabilities and for a class without rows, which has 2. */
static json_t *json_threshold(const struct wn_report *report, size_t c)
{
    return json_number(report->threshold && report->threshold[c] <= 1
                           ? report->threshold[c]
                           : NAN);
}

/* The shown cells of a row, null if they cannot be had; those of a neighbour
 * say whether they differ from `own`, unless that is NULL. */
static json_t *json_cells(const struct wn_report *report,
                          const struct wn_row_cells *cells,
                          const size_t *column, size_t count,
                          const struct wn_row_cells *own)
{
    if (!cells->count)
        return json_null();
    json_t *list = made(json_array());
    for (size_t c = 0; c < count; c++) {
        const struct wn_cell *cell = &cells->cell[column[c]];
        json_t *member =
            made(json_pack("{s:o,s:o}", "column",
                           json_text(wn_shown_name(report->shown, column[c])),
                           "text", json_bytes(cell->text, cell->length)));

        if (own)
            set(member, "differs",
                json_boolean(wn_shown_differ(report->shown, column[c],
                                             &own->cell[column[c]], cell)));
        append(list, member);
    }
    return list;
}

static void put_rows(const struct wn_report *report, struct json_lines *lines)
{
    const size_t *column = NULL;
    const size_t columns =
        report->shown ? wn_shown_columns(report->shown, &column) : 0;
    struct wn_row_cells cells = {0};
    size_t known = 0;
    size_t count;
    int64_t *rows = wn_report_rows(report, WN_ROWS_FLAGGED, SIZE_MAX, &count);

    for (size_t r = 0; r < count; r++) {
        const size_t i = (size_t)rows[r];

        if (report->fields) {
            put_line(lines, json_fields(report, i));
            continue;
        }
        json_t *row = json_row(report, "row", i);
        json_t *scores = made(json_object());

        if (report->shown) {
            if (r == known)
                known += wn_shown_fetch(report->shown, rows + r, count - r);
            wn_shown_read(report->shown, i, &cells);
            set(row, "cells",
                json_cells(report, &cells, column, columns, NULL));
        }

        for (size_t s = 0; s < report->scores; s++) {
            const struct wn_score *score = &report->score[s];

            set(scores, score->name, json_float(score->value[i]));
            if (!score->spread)
                continue;
            set(scores, score->spread_name, json_float(score->spread[i]));
        }
        if (report->scored)
            set(row, "scores", scores);
        else
            json_decref(scores);
        if (report->data.cost)
            set(row, "cost", json_float(report->data.cost[i]));
        if (report->against)
            set(row, "change",
                json_text(wn_change_names[report->against->change[i]]));
        put_line(lines, row);
    }
    wn_row_cells_free(&cells);
    free(rows);
}

/* --- the summary --------------------------------------------------------- */

/* Rows by name; null where `known`, unless NULL, is false. */
static json_t *json_counts(char *const *names, const size_t *counts,
                           const bool *known, size_t count)
{
    json_t *object = made(json_object());

    for (size_t c = 0; c < count; c++)
        set(object, names[c],
            known && !known[c] ? json_null() : json_count(counts[c]));
    return object;
}

static json_t *json_wrong(const struct wn_report *report)
{
    const bool told = report->claim != WN_CLAIM_OVERLAP;

    if (!report->flagged || isnan(report->rate))
        return json_null();
    return json_pack("{s:o,s:o,s:o,s:o}", "low", json_number(report->rate_low),
                     "high", json_number(report->rate_high), "rate",
                     json_number(told ? report->rate : NAN), "rows",
                     told ? json_count(report->expected) : json_null());
}

static json_t *json_confident(const struct wn_confident *confident)
{
    const size_t *count = confident->count;

    if (!confident->known)
        return json_null();
    return json_pack("{s:I,s:I,s:I,s:I,s:o,s:o}", "off_diagonal",
                     (json_int_t)count[0], "off_diagonal_calibrated",
                     (json_int_t)count[1], "batched", (json_int_t)count[2],
                     "batched_calibrated", (json_int_t)count[3], "health",
                     json_number(confident->health), "neighbor_rate",
                     json_number(confident->neighbor_rate));
}

/* What people found; null where nobody looked. */
static json_t *json_reviews(const struct wn_report *report)
{
    const struct wn_decided_rows *decided = &report->decided;
    const struct wn_precision all = wn_precision_of(report, WN_OF_ALL, 0);
    const struct wn_precision suspects =
        wn_precision_of(report, WN_OF_SUSPECTS, 0);

    if (!decided->count && !decided->stale && !decided->gone)
        return json_null();
    return json_pack(
        "{s:I,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:I}", "decided",
        (json_int_t)decided->count, "reviewed", (json_int_t)all.reviewed,
        "wrong", (json_int_t)all.wrong, "suspects_reviewed",
        (json_int_t)suspects.reviewed, "precision_low",
        json_number(suspects.low), "precision_high", json_number(suspects.high),
        "suspects_wrong", (json_int_t)suspects.wrong, "stale",
        (json_int_t)decided->stale, "gone", (json_int_t)decided->gone);
}

/* Mismatches of labels and predictions as a whole and by depth. */
static json_t *json_depths(const struct wn_report *report)
{
    static const char *const key[] = {"rows", "differ", "overlap"};
    json_t *depths = made(json_object());

    if (!report->by_depth) {
        json_decref(depths);
        return json_null();
    }
    set(depths, "share", json_number(report->mismatch));
    set(depths, "even", json_number(report->even));
    set(depths, "even_low", json_number(report->even_low));
    set(depths, "even_high", json_number(report->even_high));
    set(depths, "bayes_error", json_number(report->overlap));
    for (size_t v = 0; v < sizeof key / sizeof *key; v++) {
        json_t *values = made(json_array());

        for (size_t u = 0; u < WN_DEPTHS; u++)
            append(values, json_number(report->by_depth[3 * u + v]));
        set(depths, key[v], values);
    }
    return depths;
}

static void put_summary(const struct wn_report *report,
                        struct json_lines *lines)
{
    static const char *const claim_name[] = {[WN_CLAIM_NOISE] = "noise",
                                             [WN_CLAIM_OVERLAP] = "overlap",
                                             [WN_CLAIM_NOTHING] = "nothing",
                                             [WN_CLAIM_EXPECTED] = "expected",
                                             [WN_CLAIM_REVIEWED] = "reviewed"};
    const struct wn_dataset *data = &report->data;
    json_t *summary = made(json_pack(
        "{s:s,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:I,s:o,s:o,s:I,s:I,s:b,s:b}",
        "record", "summary", "source", json_text(wn_report_source(report)),
        "label", json_text(data->label_column), "rows", (json_int_t)data->n,
        "labelled", (json_int_t)report->labelled, "features",
        (json_int_t)data->d, "singular_evenness",
        json_number(report->model_quality.evenness), "singular_ratio",
        json_number(report->model_quality.largest), "classes",
        (json_int_t)data->k, "majority", json_number(report->majority),
        "balanced_accuracy", json_number(report->balanced), "missing",
        (json_int_t)report->missing, "invalid", (json_int_t)report->invalid,
        "scored", report->scored, "flagged", report->flagged));

    if (report->flagged) {
        set(summary, "kinds",
            json_counts(report->kind_name, report->kind_rows, NULL,
                        report->kinds));
        set(summary, "wrong", json_wrong(report));
        set(summary, "claim",
            isnan(report->rate) && report->claim != WN_CLAIM_NOTHING
                ? json_null()
                : json_text(claim_name[report->claim]));
        set(summary, "gain", json_number(report->gain));
        set(summary, "overlap_weight", json_number(report->overlap_weight));
        set(summary, "confident_learning", json_confident(&report->confident));
        set(summary, "mismatch", json_depths(report));
        set(summary, "flagged_rows", json_count(report->flagged_rows));
        set(summary, "label_rows", json_count(report->label_rows));
        set(summary, "issues",
            json_counts(report->check_name, report->check_rows,
                        report->check_ran, report->checks));
        set(summary, "equal_by_chance", json_number(report->chance_rows));
        set(summary, "equal_at_floor", json_number(report->floor_rows));
        set(summary, "actions",
            json_counts(report->action_name, report->action_rows, NULL,
                        report->actions));
        set(summary, "reviews", json_reviews(report));
    }
    if (report->reached.length)
        set(summary, "reached", json_text(wn_text_of(&report->reached)));
    put_line(lines, summary);
    if (report->against) {
        const struct wn_comparison *against = report->against;
        const size_t *change = against->changes, *gone = against->gones;
        json_t *causes = made(json_array());

        for (size_t c = 0; c < against->causes; c++)
            append(causes, json_text(against->cause[c]));
        put_line(
            lines,
            json_pack("{s:s,s:o,s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:"
                      "I,s:I,s:o}",
                      "record", "against", "audit", json_text(against->file),
                      "rows", (json_int_t)against->old.data.n, "wrong",
                      json_wrong(&against->old), "label_rows",
                      (json_int_t)against->old.label_rows, "still",
                      (json_int_t)change[WN_STILL_FLAGGED], "new",
                      (json_int_t)change[WN_NEW_FLAG], "new_rows",
                      (json_int_t)change[WN_NEW_ROW], "new_relabelled",
                      (json_int_t)change[WN_NEW_LABEL], "new_edited",
                      (json_int_t)change[WN_NEW_CONTENT], "cleared",
                      (json_int_t)gone[WN_CLEARED], "confirmed",
                      (json_int_t)gone[WN_CONFIRMED], "relabelled",
                      (json_int_t)gone[WN_RELABELLED], "edited",
                      (json_int_t)gone[WN_EDITED], "removed",
                      (json_int_t)gone[WN_REMOVED], "causes", causes));
    }
}

/* Rows of near duplicates, the one that should stay first. */
static void put_near_sets(const struct wn_report *report,
                          struct json_lines *lines)
{
    const struct wn_near_sets *sets = &report->near_sets;

    for (size_t begin = 0, end; begin < sets->rows; begin = end) {
        json_t *rows = made(json_array()), *labels = made(json_array());

        end = wn_near_set_end(sets, begin);
        for (size_t m = begin; m < end; m++) {
            const size_t i = (size_t)sets->row[m];

            append(rows, json_count(i));
            append(labels,
                   json_text(wn_report_class(report, report->data.label[i])));
        }
        put_line(lines,
                 json_pack("{s:s,s:i,s:o,s:o}", "record", "near_set", "set",
                           sets->set[begin], "rows", rows, "labels", labels));
    }
}

/* What changed since another audit, and a line for each column. */
static void put_drift(const struct wn_report *report, struct json_lines *lines)
{
    const struct wn_drift *drift = report->drift;
    json_t *changes = made(json_array());

    for (size_t c = 0; c < drift->changes; c++)
        append(changes, json_text(drift->change[c]));
    put_line(lines, json_pack("{s:s,s:o,s:I,s:I,s:o}", "record", "drift",
                              "audit", json_text(drift->file), "columns",
                              (json_int_t)drift->columns, "drifted",
                              (json_int_t)drift->drifted, "changes", changes));
    for (size_t c = 0; c < drift->columns; c++) {
        const struct wn_column_drift *column = &drift->column[c];

        put_line(lines,
                 json_pack(
                     "{s:s,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I}", "record",
                     "column_drift", "column",
                     json_text(column->column == SIZE_MAX
                                   ? report->data.label_column
                                   : report->data.column_name[column->column]),
                     "drifted", column->drifted, "psi",
                     json_number(column->psi), "distance",
                     json_number(column->distance), "p", json_number(column->p),
                     "mean_by_sd", json_number(column->shift), "missing_then",
                     json_number(column->missing_then), "missing",
                     json_number(column->missing_now), "values_new",
                     (json_int_t)column->came, "values_gone",
                     (json_int_t)column->left));
    }
}

static void put_models(const struct wn_report *report, struct json_lines *lines)
{
    const struct wn_model_quality *quality = &report->model_quality;

    for (size_t p = 0; p < quality->members; p++) {
        const struct wn_member *member = &quality->member[p];

        put_line(lines,
                 json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "record", "model",
                           "model", json_text(member->name), "log_loss",
                           json_number(member->log_loss), "accuracy",
                           json_number(member->accuracy), "calibration_error",
                           json_number(member->calibration), "weight",
                           json_number(member->weight), "chosen",
                           json_text(member->chosen)));
    }
    put_line(
        lines,
        json_pack(
            "{s:s,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "record",
            "computed", "kernels", json_text(quality->kernels), "epoch",
            json_number(quality->epoch), "epochs", json_number(quality->epochs),
            "neighbors", (json_int_t)quality->neighbors, "metric",
            json_text(quality->metric), "method", json_text(quality->method),
            "recall", json_number(quality->recall), "cells",
            json_number(quality->cells), "probe", json_number(quality->probe),
            "singular_entropy", json_number(quality->entropy)));
}

/* --- the data ------------------------------------------------------------ */

static json_t *json_rule_count(const uint64_t *count, size_t r)
{
    return count ? json_count(count[r]) : json_null();
}

/* Cleaning rules, and the ones that would merge spelling variants. */
static void put_rules(const struct wn_report *report, struct json_lines *lines)
{
    const struct wn_dataset *data = &report->data;
    size_t count;
    struct wn_spelling *spelling = wn_spellings(report, &count);
    struct wn_text rule = {0};

    for (size_t r = 0; data->clean_name && r < data->cleanings; r++)
        put_line(
            lines,
            json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "record", "rule", "name",
                      json_text(data->clean_name[r]), "text",
                      json_text(data->clean_text ? data->clean_text[r] : NULL),
                      "changed", json_rule_count(data->clean_changed, r),
                      "broken", json_rule_count(data->clean_broken, r),
                      "not_evaluated",
                      json_rule_count(data->clean_passed_over, r)));
    for (size_t i = 0; i < data->hints; i++)
        put_line(lines, json_pack("{s:s,s:o}", "record", "hint", "text",
                                  json_text(data->hint[i])));
    for (size_t s = 0; s < count; s++) {
        rule.length = 0;
        wn_spelling_rule(report, &spelling[s], &rule);
        put_line(lines,
                 json_pack("{s:s,s:o,s:I,s:o,s:I,s:o}", "record", "spelling",
                           "class",
                           json_text(data->label_name[spelling[s].class]),
                           "rows", (json_int_t)spelling[s].rows, "of",
                           json_text(data->label_name[spelling[s].of]),
                           "of_rows", (json_int_t)spelling[s].of_rows, "rule",
                           json_text(rule.bytes)));
    }
    wn_text_free(&rule);
    free(spelling);
}

/* A number, a date as text, or null. */
static json_t *json_value(const struct wn_dataset *data, size_t column,
                          const double *value)
{
    char text[32];

    if (!value)
        return json_null();
    if (strcmp(data->column_kind[column], "date"))
        return json_number(value[column]);
    return json_text(
        wn_column_number(data, column, value[column], text) ? text : NULL);
}

static void put_columns(const struct wn_report *report,
                        struct json_lines *lines)
{
    const struct wn_dataset *data = &report->data;

    for (size_t c = 0; c < data->columns; c++) {
        json_t *tops = made(json_array());
        size_t begin, end;

        wn_column_tops(data, c, &begin, &end);
        for (size_t t = begin; t < end; t++)
            append(tops, json_pack("{s:o,s:I}", "value",
                                   json_text(data->top_value[t]), "cells",
                                   (json_int_t)data->top_count[t]));
        put_line(
            lines,
            json_pack(
                "{s:s,s:o,s:o,s:I,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:o,s:o}",
                "record", "column", "column", json_text(data->column_name[c]),
                "kind", json_text(data->column_kind[c]), "missing",
                (json_int_t)data->column_missing[c], "invalid",
                (json_int_t)data->column_invalid[c], "distinct",
                (json_int_t)data->column_distinct[c], "distinct_about",
                data->column_about && data->column_about[c], "min",
                json_value(data, c, data->column_min), "median",
                json_value(data, c, data->column_median), "max",
                json_value(data, c, data->column_max), "alone",
                json_number(data->column_alone ? data->column_alone[c] : NAN),
                "note",
                json_text(data->column_note ? data->column_note[c] : ""), "top",
                tops));
    }
}

/* --- an older audit ------------------------------------------------------ */

/* What was flagged then and is not any more. */
static void put_gone(const struct wn_report *report, struct json_lines *lines)
{
    const struct wn_comparison *against = report->against;

    for (size_t r = 0; r < against->old.data.n; r++) {
        const size_t i = (size_t)against->old.order[r];
        const int gone = wn_comparison_gone(against, report, i);
        const int64_t now = against->now[i];

        if (gone < 0)
            continue;
        json_t *row = json_row(&against->old, "gone", i);
        set(row, "why", json_text(wn_gone_names[gone]));
        set(row, "now", now < 0 ? json_null() : json_count((uint64_t)now));
        put_line(lines, row);
    }
}

/* --- the whole report ----------------------------------------------------- */

void wn_json_report(const struct wn_report *report, struct wn_text *out)
{
    struct json_lines lines = put_first_line(out, "report");
    struct wn_review review[WN_REVIEWS];

    put_summary(report, &lines);
    if (report->columns)
        put_columns(report, &lines);
    if (report->drift)
        put_drift(report, &lines);
    if (report->scored)
        put_models(report, &lines);
    char *const *name = report->data.label_name;
    const bool told = report->claim != WN_CLAIM_OVERLAP;

    for (size_t c = 0; c < report->data.k; c++) {
        const struct wn_class_line *line = &report->class_line[c];

        put_line(
            &lines,
            json_pack("{s:s,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:o}", "record",
                      "class", "class", json_text(name[line->class]), "rows",
                      (json_int_t)line->rows, "predicted",
                      report->predicted ? json_count(line->predicted)
                                        : json_null(),
                      "recall", json_number(line->recall), "precision",
                      json_number(line->precision), "f1", json_number(line->f1),
                      "wrong",
                      json_float(report->flagged && told ? (float)line->expected
                                                         : NAN),
                      "label_rows",
                      report->flagged ? json_count(line->flagged) : json_null(),
                      "too_few", line->rows < WN_TOO_FEW, "threshold",
                      json_threshold(report, line->class)));
    }
    for (size_t p = 0; p < report->pairs; p++) {
        const struct wn_pair_line *line = &report->pair_line[p];

        put_line(&lines,
                 json_pack("{s:s,s:o,s:o,s:I,s:o}", "record", "pair", "given",
                           json_text(name[line->given]), "suggested",
                           json_text(name[line->suggested]), "label_rows",
                           (json_int_t)line->flagged, "wrong",
                           json_number(told ? line->expected : NAN)));
    }
    for (size_t c = 0; c < report->confident.cells; c++) {
        const struct wn_confident_cell *cell = &report->confident.cell[c];

        put_line(&lines,
                 json_pack("{s:s,s:o,s:o,s:I,s:o,s:o}", "record", "confident",
                           "given", json_text(name[cell->given]), "true",
                           json_text(name[cell->truth]), "rows",
                           (json_int_t)cell->rows, "noise",
                           json_number(cell->noise), "inverse_noise",
                           json_number(cell->inverse)));
    }
    put_rules(report, &lines);
    put_near_sets(report, &lines);
    const size_t reviews =
        report->rows == WN_ROWS_BUDGET ? wn_budget_curve(report, review) : 0;
    for (size_t r = 0; r < reviews; r++)
        put_line(&lines,
                 json_pack("{s:s,s:o,s:o,s:I,s:o,s:o,s:o,s:o}", "record",
                           "review", "budget", json_number(review[r].budget),
                           "cost", json_number(review[r].cost), "rows",
                           (json_int_t)review[r].rows, "wrong",
                           json_number(review[r].wrong), "low",
                           json_number(review[r].low), "high",
                           json_number(review[r].high), "next",
                           json_number(review[r].next)));
    put_rows(report, &lines);
    if (report->against)
        put_gone(report, &lines);
    put_last_line(&lines);
}

/* --- one row ------------------------------------------------------------- */

/* The neighbours; with cells, if `column` is not NULL. */
static json_t *json_neighbors(const struct wn_report *report,
                              const struct wn_explanation *explanation,
                              const size_t *column, size_t columns,
                              const struct wn_row_cells *own)
{
    const struct wn_dataset *data = &report->data;
    json_t *neighbors = made(json_array());
    struct wn_row_cells cells = {0};

    for (size_t j = 0; j < explanation->neighbors; j++) {
        const size_t near = (size_t)explanation->neighbor[j];
        size_t length = 0;
        const char *id = wn_report_id(report, near, &length);
        json_t *row = made(json_pack(
            "{s:I,s:I,s:o,s:o,s:o}", "row", (json_int_t)near, "line",
            (json_int_t)data->row_line[near], "id", json_bytes(id, length),
            "label", json_text(wn_report_class(report, data->label[near])),
            "distance", json_float(explanation->distance[j])));

        if (column) {
            wn_shown_read(report->shown, near, &cells);
            set(row, "cells", json_cells(report, &cells, column, columns, own));
        }
        append(neighbors, row);
    }
    wn_row_cells_free(&cells);
    return neighbors;
}

void wn_json_explain(const struct wn_report *report,
                     const struct wn_explanation *explanations, size_t count,
                     struct wn_text *out)
{
    struct json_lines lines = put_first_line(out, "explanation");
    const struct wn_dataset *data = &report->data;

    for (size_t e = 0; e < count; e++) {
        const struct wn_explanation *explanation = &explanations[e];
        const size_t i = explanation->row;
        json_t *row = json_row(report, "explanation", i);
        json_t *checks = made(json_object());
        json_t *defects = made(json_array());
        json_t *probabilities = made(json_array());
        json_t *scores = made(json_object());
        struct wn_row_cells cells = {0};
        size_t *column = NULL, columns = 0;

        for (size_t c = 0; c < report->checks && c < 32; c++)
            set(checks, report->check_name[c],
                report->check_ran[c] ? json_boolean(report->issue[i] >> c & 1)
                                     : json_null());
        for (size_t t = 0; t < data->defects; t++)
            if ((size_t)data->defect_row[t] == i)
                append(defects,
                       json_pack(
                           "{s:o,s:o}", "column",
                           json_text(data->column_name[data->defect_column[t]]),
                           "rule",
                           json_text(data->rule_name[data->defect_rule[t]])));
        for (size_t r = 0; explanation->probability && r < report->data.k;
             r++) {
            const int32_t c = explanation->by_probability[r];

            append(probabilities,
                   json_pack("{s:o,s:o,s:o}", "class",
                             json_text(wn_report_class(report, c)),
                             "probability",
                             json_float(explanation->probability[c]),
                             "threshold", json_threshold(report, (size_t)c)));
        }
        if (report->shown) {
            wn_shown_fetch_near(report->shown, &(int64_t){(int64_t)i}, 1);
            if (wn_shown_read(report->shown, i, &cells))
                column = wn_shown_choose(report->shown, i, &cells, &columns);
            set(row, "cells",
                json_cells(report, &cells, column, columns, NULL));
        }
        for (size_t s = 0; s < report->scores; s++) {
            const struct wn_score *score = &report->score[s];
            const int32_t other = score->evidence ? score->evidence[i] : -1;

            set(scores, score->name,
                json_pack("{s:o,s:o,s:o,s:o}", "value",
                          json_float(score->value[i]), "percentile",
                          json_number(wn_score_percentile(score->value,
                                                          report->data.n, i)),
                          "spread",
                          json_float(score->spread ? score->spread[i] : NAN),
                          "evidence",
                          other < 0 ? json_null()
                                    : json_count((uint64_t)other)));
        }
        set(row, "checks", checks);
        set(row, "defects", defects);
        set(row, "probabilities", probabilities);
        set(row, "neighbors",
            json_neighbors(report, explanation, column, columns, &cells));
        set(row, "scores", scores);
        put_line(&lines, row);
        wn_row_cells_free(&cells);
        free(column);
    }
    put_last_line(&lines);
}
