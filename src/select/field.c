/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of fields, made from fields.def. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/decide.h"
#include "csv/csv.h"
#include "csv/json_record.h"
#include "select/select.h"
#include "util/memory.h"
#include "util/number.h"

/* --- what the table calls ------------------------------------------------ */

static void put_words(const char *words, struct wn_text *out)
{
    if (words)
        wn_text_add(out, words, strlen(words));
}

static void put_name(char *const *names, int32_t which, struct wn_text *out)
{
    put_words(which >= 0 ? names[which] : NULL, out);
}

static void put_class(const struct wn_report *report, int32_t class,
                      struct wn_text *out)
{
    put_words(wn_report_class(report, class), out);
}

static void put_id(const struct wn_report *report, size_t i,
                   struct wn_text *out)
{
    size_t length = 0;
    const char *id = wn_report_id(report, i, &length);

    if (id)
        wn_text_add(out, id, length);
}

/* The cleaning rules that the row breaks. */
static void put_rules(const struct wn_report *report, size_t i,
                      struct wn_text *out)
{
    const struct wn_dataset *data = &report->data;
    const size_t start = out->length;
    size_t t = data->defects;

    if (data->defect_row)
        t = wn_row_first(data->defect_row, data->defects, i);
    for (; t < data->defects && data->defect_row[t] == (int64_t)i; t++) {
        const char *name = data->rule_name[data->defect_rule[t]];

        if (strcmp(name, "missing"))
            wn_text_format(out, "%s%s", out->length > start ? ", " : "", name);
    }
}

static void put_agree(const struct wn_report *report, size_t i,
                      struct wn_text *out)
{
    const size_t start = out->length;

    for (size_t s = 0; s < report->scores; s++)
        if (wn_score_agrees(report, s, i))
            wn_text_format(out, "%s%s", out->length > start ? "," : "",
                           report->score[s].name);
}

/* enum wn_decision. */
static char *const verdict_name[] = {"",       "ok",   "wrong", "relabel",
                                     "unsure", "drop", "keep"};
_Static_assert(sizeof verdict_name / sizeof *verdict_name == WN_DECISION_KINDS,
               "a name a verdict");

static void put_by_model(const struct wn_report *report, size_t i,
                         struct wn_text *out)
{
    const struct wn_model_quality *quality = &report->model_quality;

    for (size_t p = 0; p + 1 < quality->members; p++)
        wn_text_format(
            out, "%s%s=%s", p ? "," : "", quality->member[p].name,
            wn_report_class(report, report->by_member[p * report->data.n + i]));
}

/* The models whose most probable class is the rival. */
static void put_agreeing(const struct wn_report *report, size_t i,
                         struct wn_text *out)
{
    const struct wn_model_quality *quality = &report->model_quality;
    const size_t start = out->length;

    for (size_t p = 0; p + 1 < quality->members; p++)
        if (report->by_member[p * report->data.n + i] == report->rival[i])
            wn_text_format(out, "%s%s", out->length > start ? "," : "",
                           quality->member[p].name);
}

static double count_opinions(const struct wn_report *report, size_t i)
{
    const size_t n = report->data.n;
    double count = 0;

    for (size_t p = 0; p + 1 < report->model_quality.members; p++) {
        size_t before = 0;

        while (before < p && report->by_member[before * n + i] !=
                                 report->by_member[p * n + i])
            before++;
        count += before == p;
    }
    return count;
}

static void put_verdict(const struct wn_report *report, size_t i,
                        struct wn_text *out)
{
    if (report->decided.of)
        put_words(verdict_name[report->decided.of[i]], out);
}

enum near { NEAR_SET, NEAR_ROW, NEAR_DISTANCE };

/* NaN where the row has no near duplicate. */
static double near_value(const struct wn_report *report, size_t i,
                         enum near what)
{
    const struct wn_near_sets *sets = &report->near_sets;
    const int64_t m = report->in_set[i];

    if (m < 0)
        return NAN;
    return what == NEAR_SET   ? (double)sets->set[m]
           : what == NEAR_ROW ? (double)sets->partner[m]
                              : (double)sets->distance[m];
}

/* The words of a field: `names`, `size` of them. */
#define WORDS(list, names, size)                                               \
    static char *const *list(const struct wn_report *report, size_t *count)    \
    {                                                                          \
        (void)report;                                                          \
        *count = size;                                                         \
        return names;                                                          \
    }
WORDS(classes, report->data.label_name, report->data.k)
WORDS(actions, report->action_name, report->actions)
WORDS(kinds, report->kind_name, report->kinds)
WORDS(checks, report->check_name, report->checks)
WORDS(groups, report->data.group_name, report->data.groups)
WORDS(splits, report->data.split_name, report->data.splits)
WORDS(annotators, report->data.annotator_name, report->data.annotators)
WORDS(verdicts, verdict_name + 1, WN_DECISION_KINDS - 1)
WORDS(changes, (char *const *)wn_change_names + 1, WN_CHANGES - 1)

/* --- the table ----------------------------------------------------------- */

#define THERE(name, condition)                                                 \
    static bool there_##name(const struct wn_report *report)                   \
    {                                                                          \
        (void)report;                                                          \
        return condition;                                                      \
    }
#define NUMBER(name, condition, value, brief)                                  \
    THERE(name, condition)                                                     \
    static double get_##name(const struct wn_report *report, size_t i)         \
    {                                                                          \
        (void)report;                                                          \
        (void)i;                                                               \
        return (double)(value);                                                \
    }
#define TEXT(name, condition, statement)                                       \
    THERE(name, condition)                                                     \
    static void get_##name(const struct wn_report *report, size_t i,           \
                           struct wn_text *out)                                \
    {                                                                          \
        statement;                                                             \
    }
#define WN_FIELD_WHOLE NUMBER
#define WN_FIELD_PLACE NUMBER
#define WN_FIELD_REAL NUMBER
#define WN_FIELD_TEXT(name, condition, statement, brief)                       \
    TEXT(name, condition, statement)
#define WN_FIELD_WORD(name, condition, words, statement, brief)                \
    TEXT(name, condition, statement)
#define WN_FIELD_WORDS WN_FIELD_WORD
#include "select/fields.def"
#undef WN_FIELD_WHOLE
#undef WN_FIELD_PLACE
#undef WN_FIELD_REAL
#undef WN_FIELD_TEXT
#undef WN_FIELD_WORD
#undef WN_FIELD_WORDS

#define WN_FIELD_WHOLE(name, condition, value, brief)                          \
    {#name,        brief,      WN_FIELD_IS_WHOLE,                              \
     there_##name, get_##name, NULL,                                           \
     NULL,         NULL,       NULL,                                           \
     false},
#define WN_FIELD_REAL(name, condition, value, brief)                           \
    {                                                                          \
        #name,        brief,      WN_FIELD_IS_REAL,                            \
        there_##name, get_##name, NULL,                                        \
        NULL,         NULL,       NULL,                                        \
        false},
#define WN_FIELD_TEXT(name, condition, statement, brief)                       \
    {                                                                          \
        #name,        brief, WN_FIELD_IS_TEXT,                                 \
        there_##name, NULL,  get_##name,                                       \
        NULL,         NULL,  NULL,                                             \
        false},
#define WN_FIELD_WORD(name, condition, words, statement, brief)                \
    {#name,        brief, WN_FIELD_IS_WORD,                                    \
     there_##name, NULL,  get_##name,                                          \
     words,        NULL,  NULL,                                                \
     false},
#define WN_FIELD_WORDS(name, condition, words, statement, brief)               \
    {#name,        brief, WN_FIELD_IS_WORDS,                                   \
     there_##name, NULL,  get_##name,                                          \
     words,        NULL,  NULL,                                                \
     false},
#define WN_FIELD_PLACE(name, condition, value, brief)                          \
    {#name,        brief,      WN_FIELD_IS_WHOLE,                              \
     there_##name, get_##name, NULL,                                           \
     NULL,         NULL,       NULL,                                           \
     true},
const struct wn_row_field wn_row_field_table[] = {
#include "select/fields.def"
    {0}};

/* The records before row i that ingest left out stand before it. */
uint64_t wn_row_record(const struct wn_report *report, size_t i)
{
    const struct wn_dataset *data = &report->data;
    size_t low = 0, high = data->left_outs;

    if (!data->row_offset) /* arrays */
        return data->row_line ? data->row_line[i] : i;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (data->left_out[2 * middle] < data->row_offset[i])
            low = middle + 1;
        else
            high = middle;
    }
    return i + low;
}

/* --- fields of a report -------------------------------------------------- */

static struct wn_row_field of_score(const char *name, const float *value)
{
    return (struct wn_row_field){
        .name = name, .kind = WN_FIELD_IS_REAL, .score = value};
}

/* Whether name[0..length) is `whole`, or that with `_std` behind it. */
static bool is_name(const char *name, size_t length, const char *whole)
{
    return strlen(whole) == length && memcmp(whole, name, length) == 0;
}

/* Show the candidate if it is nearer to name[0..length) than the best one. */
static void consider(const char *name, const char *candidate, size_t *distance,
                     const char **best)
{
    const size_t found = wn_text_distance(name, candidate);

    if (found < *distance) {
        *distance = found;
        *best = candidate;
    }
}

int wn_row_field_find(const struct wn_report *report, const char *name,
                      size_t length, struct wn_row_field *out,
                      struct wn_error *error)
{
    size_t distance = length / 3 + 2;
    const char *near = NULL;

    for (const struct wn_row_field *field = wn_row_field_table; field->name;
         field++) {
        if (!is_name(name, length, field->name))
            continue;
        *out = *field;
        return field->there(report)
                   ? 0
                   : wn_fail(error, WN_EUSAGE,
                             "%s has no %s%s; --list-fields shows what it has",
                             report->file ? report->file : "the audit",
                             field->name,
                             report->flagged ? "" : " and is not flagged yet");
    }
    for (size_t s = 0; s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];

        if (is_name(name, length, score->name)) {
            *out = of_score(score->name, score->value);
            return 0;
        }
        if (score->spread && is_name(name, length, score->spread_name)) {
            *out = of_score(score->spread_name, score->spread);
            return 0;
        }
    }
    char *word = wn_copy_text(name, length);
    for (const struct wn_row_field *field = wn_row_field_table; field->name;
         field++)
        consider(word, field->name, &distance, &near);
    for (size_t s = 0; s < report->scores; s++)
        consider(word, report->score[s].name, &distance, &near);
    wn_fail(error, WN_EUSAGE,
            near ? "found '%.*s', wanted a field; is '%s' meant?"
                 : "found '%.*s', wanted a field; --list-fields shows them",
            wn_text_shown(length), word, near);
    free(word);
    return -1;
}

double wn_row_field_number(const struct wn_row_field *field,
                           const struct wn_report *report, size_t i)
{
    if (field->score)
        return (double)field->score[i];
    return field->number && field->there(report) ? field->number(report, i)
                                                 : NAN;
}

void wn_row_field_text(const struct wn_row_field *field,
                       const struct wn_report *report, size_t i,
                       struct wn_text *out)
{
    const double value = wn_row_field_number(field, report, i);
    char number[32];

    if (field->text && field->there(report))
        field->text(report, i, out);
    else if (!isnan(value))
        wn_text_add(out, number,
                    field->kind == WN_FIELD_IS_REAL
                        ? wn_number_format_float((float)value, number)
                        : wn_number_format(value, number));
}

/* --- lists --------------------------------------------------------------- */

static bool is_json(const struct wn_report *report)
{
    return report->data.form && strcmp(report->data.form, "jsonl") == 0;
}

/* Whether a column of the source has the name; in JSON Lines, whether a key
 * has it, whose value may be an object or an array. */
static bool is_taken(const struct wn_report *report, const char *name)
{
    const struct wn_dataset *data = &report->data;
    const size_t length = strlen(name);

    for (size_t c = 0; c < data->columns; c++)
        if (strncmp(data->column_name[c], name, length) == 0 &&
            (data->column_name[c][length] == '\0' ||
             (data->column_name[c][length] == '.' && is_json(report))))
            return true;
    return false;
}

static void add_field(struct wn_row_fields *fields,
                      const struct wn_report *report,
                      const struct wn_row_field *field)
{
    struct wn_text title = {0};

    wn_text_format(&title, "%s", field->name);
    while (is_taken(report, title.bytes)) {
        struct wn_text longer = {0};

        wn_text_format(&longer, "winnow_%s", title.bytes);
        wn_text_free(&title);
        title = longer;
    }
    wn_grow(&fields->field, &fields->capacity, fields->count + 1,
            sizeof *fields->field);
    fields->field[fields->count] = *field;
    fields->field[fields->count++].title = title.bytes;
}

/* Append every score, each with its spread behind it. */
static void add_scores(struct wn_row_fields *fields,
                       const struct wn_report *report)
{
    for (size_t s = 0; s < report->scores; s++) {
        const struct wn_score *score = &report->score[s];
        const struct wn_row_field value = of_score(score->name, score->value);
        const struct wn_row_field spread =
            of_score(score->spread_name, score->spread);

        add_field(fields, report, &value);
        if (score->spread)
            add_field(fields, report, &spread);
    }
}

int wn_row_fields_add(struct wn_row_fields *fields,
                      const struct wn_report *report, const char *option,
                      const char *list, struct wn_error *error)
{
    for (const char *at = list;; at++) {
        const size_t size = strcspn(at, ",");
        const size_t place = (size_t)(at - list), length = strlen(list);
        struct wn_error why = {0};
        struct wn_row_field field;

        if (is_name(at, size, "scores")) {
            add_scores(fields, report);
        } else if (wn_row_field_find(report, at, size, &field, &why)) {
            return wn_fail_at(error, list, length, place, "--%s: %s", option,
                              why.text);
        } else {
            for (size_t f = 0; f < fields->count; f++)
                if (strcmp(fields->field[f].name, field.name) == 0)
                    return wn_fail_at(error, list, length, place,
                                      "--%s: found '%s' again", option,
                                      field.name);
            add_field(fields, report, &field);
        }
        at += size;
        if (!*at)
            return 0;
    }
}

void wn_row_fields_usual(struct wn_row_fields *fields,
                         const struct wn_report *report, const char *list)
{
    for (const char *at = list; *at; at += *at == ',') {
        const size_t size = strcspn(at, ",");

        if (is_name(at, size, "scores"))
            add_scores(fields, report);
        for (const struct wn_row_field *field = wn_row_field_table; field->name;
             field++)
            if (is_name(at, size, field->name))
                add_field(fields, report, field);
        at += size;
    }
}

/* --- beside the source --------------------------------------------------- */

void wn_row_fields_head(const struct wn_row_fields *fields,
                        const struct wn_report *report, struct wn_text *out)
{
    const char delimiter = report->data.delimiter;

    for (size_t f = 0; f < fields->count && !is_json(report); f++) {
        const char *title = fields->field[f].title;

        wn_text_add(out, &delimiter, 1);
        wn_field_write(out, title, strlen(title), delimiter);
    }
}

static void add_value(const struct wn_row_field *field,
                      const struct wn_report *report,
                      const struct wn_text *value, struct wn_text *out)
{
    const bool number =
        field->kind == WN_FIELD_IS_WHOLE || field->kind == WN_FIELD_IS_REAL;

    if (is_json(report)) {
        wn_text_add(out, ", ", 2);
        wn_json_write(out, field->title, strlen(field->title), WN_JSON_STRING);
        wn_text_add(out, ": ", 2);
        wn_json_write(out, wn_text_of(value), value->length,
                      number ? WN_JSON_NUMBER : WN_JSON_STRING);
        return;
    }
    char *point = number && report->data.decimal_comma && value->length
                      ? memchr(value->bytes, '.', value->length)
                      : NULL;

    if (point)
        *point = ',';
    wn_text_add(out, &report->data.delimiter, 1);
    wn_field_write(out, wn_text_of(value), value->length,
                   report->data.delimiter);
}

void wn_row_fields_cells(const struct wn_row_fields *fields,
                         const struct wn_report *report, size_t i,
                         struct wn_text *out)
{
    struct wn_text value = {0};

    for (size_t f = 0; f < fields->count; f++) {
        value.length = 0;
        wn_row_field_text(&fields->field[f], report, i, &value);
        add_value(&fields->field[f], report, &value, out);
    }
    wn_text_free(&value);
}

void wn_row_fields_empty(const struct wn_row_fields *fields,
                         const struct wn_report *report, struct wn_text *out)
{
    const struct wn_text none = {0};

    for (size_t f = 0; f < fields->count; f++)
        add_value(&fields->field[f], report, &none, out);
}

void wn_row_fields_free(struct wn_row_fields *fields)
{
    for (size_t f = 0; f < fields->count; f++)
        free(fields->field[f].title);
    free(fields->field);
    *fields = (struct wn_row_fields){0};
}

void wn_row_fields_list(const struct wn_report *report, struct wn_text *out)
{
    for (const struct wn_row_field *field = wn_row_field_table; field->name;
         field++)
        if (field->there(report))
            wn_text_format(out, "%-12s %s\n", field->name, field->brief);
    for (size_t s = 0; s < report->scores; s++)
        wn_text_format(out, "%-12s %s\n", report->score[s].name,
                       report->score[s].spread
                           ? "score; with _std, its standard deviation"
                           : "score");
}
