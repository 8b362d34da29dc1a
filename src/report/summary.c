/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts that the formats share: counts by class, pair, check and action, the
 * scores that agree on a row, names, columns, spelling variants. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean/variants.h"
#include "noise/order_statistics.h"
#include "report/report.h"
#include "util/date.h"
#include "util/memory.h"
#include "util/number.h"

/* --- scores -------------------------------------------------------------- */

bool wn_score_agrees(const struct wn_report *report, size_t s, size_t i)
{
    return report->score[s].value[i] >= report->score[s].cut;
}

size_t wn_scores_agree(const struct wn_report *report, size_t i)
{
    size_t count = 0;

    for (size_t s = 0; s < report->scores; s++)
        count += wn_score_agrees(report, s, i);
    return count;
}

double wn_score_percentile(const float *value, size_t n, size_t i)
{
    size_t below = 0, equal = 0;

    for (size_t row = 0; row < n; row++) {
        below += value[row] < value[i];
        equal += value[row] == value[i];
    }
    return n ? 100 * ((double)below + 0.5 * (double)equal) / (double)n : 0;
}

/* --- rows and classes ---------------------------------------------------- */

static void count_rows(struct wn_report *report)
{
    struct wn_arena *arena = &report->arena;
    const struct wn_dataset *data = &report->data;

    for (size_t i = 0; data->label && i < data->n; i++)
        report->labelled += data->label[i] >= 0;
    for (size_t c = 0; c < data->columns; c++) {
        report->missing += data->column_missing[c];
        report->invalid += data->column_invalid[c];
    }
    if (!report->flagged)
        return;
    report->check_rows = wn_arena_new(arena, sizeof(size_t), report->checks, 1);
    report->action_rows =
        wn_arena_new(arena, sizeof(size_t), report->actions, 1);
    report->kind_rows = wn_arena_new(arena, sizeof(size_t), report->kinds, 1);
    report->rank = wn_arena_new(arena, sizeof(size_t), data->n, 1);
    for (size_t c = 0; c < report->checks; c++)
        if (c < 32 && report->check_ran[c] &&
            strcmp(report->check_name[c], "label") == 0)
            report->label_bit = UINT32_C(1) << c;
    for (size_t i = 0; i < data->n; i++) {
        report->rank[report->order[i]] = i + 1;
        for (size_t c = 0; c < report->checks && c < 32; c++)
            report->check_rows[c] += report->issue[i] >> c & 1;
        report->action_rows[report->action[i]]++;
        if (report->kind)
            report->kind_rows[report->kind[i]]++;
        report->flagged_rows += report->issue[i] != 0;
        report->label_rows += (report->issue[i] & report->label_bit) != 0;
    }
    report->expected =
        isnan(report->rate)
            ? report->label_rows
            : (size_t)(report->rate * (double)report->labelled + 0.5);
}

/* Whether to show the joint of given and true classes: flag must claim noise.
 */
static bool has_joint(const struct wn_report *report)
{
    return report->joint && report->claim != WN_CLAIM_NOTHING &&
           report->claim != WN_CLAIM_REVIEWED;
}

static double wrong_share(const struct wn_class_line *line)
{
    return line->rows && !isnan(line->expected)
               ? line->expected / (double)line->rows
               : -1;
}

/* Classes with enough rows come first, then by share of wrong labels and number
 * of flags, descending. */
static int summary_compare_classes(const void *a, const void *b)
{
    const struct wn_class_line *x = a, *y = b;
    const bool few_x = x->rows < WN_TOO_FEW, few_y = y->rows < WN_TOO_FEW;
    const double share_x = wrong_share(x), share_y = wrong_share(y);

    if (few_x != few_y)
        return few_x - few_y;
    if (share_x != share_y)
        return share_x < share_y ? 1 : -1;
    if (x->flagged != y->flagged)
        return x->flagged < y->flagged ? 1 : -1;
    return (x->class > y->class) - (x->class < y->class);
}

/* The wrong labels of a class are the sum of its suspicions, as those of any
 * set of rows are. */
static void count_classes(struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;
    struct wn_class_line *lines =
        wn_arena_new(&report->arena, sizeof *lines, data->k, 1);

    report->class_line = lines;
    size_t present = 0;
    double recalls = 0;

    report->majority = NAN;
    for (size_t i = 0; data->label && i < data->n; i++) {
        if (data->label[i] < 0)
            continue;
        lines[data->label[i]].rows++;
        if (!isnan(report->rate))
            lines[data->label[i]].expected += (double)report->suspicion[i];
        lines[data->label[i]].flagged +=
            report->flagged && report->issue[i] & report->label_bit;
    }
    for (size_t c = 0; c < data->k; c++) {
        const double share = (double)lines[c].rows / (double)report->labelled;

        lines[c].class = c;
        lines[c].predicted = report->predicted ? report->predicted[c] : 0;
        lines[c].recall = lines[c].precision = lines[c].f1 = NAN;
        if (report->right) {
            const double right = (double)report->right[c];
            const double rows = (double)lines[c].rows;
            const double named = (double)report->named[c];

            if (rows > 0)
                lines[c].recall = right / rows;
            if (named > 0)
                lines[c].precision = right / named;
            if (rows + named > 0)
                lines[c].f1 = 2 * right / (rows + named);
            present += rows > 0;
            recalls += rows > 0 ? lines[c].recall : 0;
        }
        report->majority = fmax(report->majority, share);
        if (isnan(report->rate))
            lines[c].expected = NAN;
    }
    report->balanced = present ? recalls / (double)present : NAN;
    qsort(lines, data->k, sizeof *lines, summary_compare_classes);
}

/* --- pairs of classes ---------------------------------------------------- */

static int compare_pair_classes(const void *a, const void *b)
{
    const struct wn_pair_line *x = a, *y = b;

    if (x->given != y->given)
        return x->given < y->given ? -1 : 1;
    return (x->suggested > y->suggested) - (x->suggested < y->suggested);
}

/* Most flags first, then most expected rows. */
static int compare_pairs(const void *a, const void *b)
{
    const struct wn_pair_line *x = a, *y = b;

    if (x->flagged != y->flagged)
        return x->flagged < y->flagged ? 1 : -1;
    if (x->expected != y->expected && !isnan(x->expected) &&
        !isnan(y->expected))
        return x->expected < y->expected ? 1 : -1;
    return compare_pair_classes(a, b);
}

/* `expected` is NaN for a pair that the audit omits because it is less than
 * half a row. */
static void add_pair(struct wn_report *report, size_t *capacity, size_t given,
                     size_t suggested, size_t flagged)
{
    double expected = NAN;

    if (has_joint(report)) {
        const size_t cell =
            wn_sparse_find(&report->joint_cells, given, suggested);

        if ((size_t)report->joint_cells.column[cell] == suggested)
            expected = report->joint[cell] * (double)report->labelled;
    }
    wn_grow(&report->pair_line, capacity, report->pairs + 1,
            sizeof *report->pair_line);
    report->pair_line[report->pairs++] =
        (struct wn_pair_line){given, suggested, flagged, expected};
}

/* List a pair if a row with it is flagged or at least half a row is expected.
 */
static void count_pairs(struct wn_report *report)
{
    const struct wn_dataset *data = &report->data;
    const struct wn_sparse *cells = &report->joint_cells;
    size_t capacity = 0, kept = 0;

    if (!report->flagged || !data->label)
        return;
    for (size_t i = 0; i < data->n; i++) {
        const int32_t given = data->label[i];
        const int32_t other = wn_report_other(report, i);

        if (report->issue[i] & report->label_bit && given >= 0 && other >= 0 &&
            other != given)
            add_pair(report, &capacity, (size_t)given, (size_t)other, 1);
    }
    for (size_t s = 0; has_joint(report) && s < data->k; s++)
        for (size_t cell = cells->begin[s]; cell < cells->begin[s + 1];
             cell++) {
            const size_t t = (size_t)cells->column[cell];

            if (s != t && report->joint[cell] * (double)report->labelled >= 0.5)
                add_pair(report, &capacity, s, t, 0);
        }
    if (!report->pairs)
        return;
    qsort(report->pair_line, report->pairs, sizeof *report->pair_line,
          compare_pair_classes);
    for (size_t p = 1; p < report->pairs; p++) {
        struct wn_pair_line *last = &report->pair_line[kept];
        const struct wn_pair_line *line = &report->pair_line[p];

        if (compare_pair_classes(last, line) == 0)
            last->flagged += line->flagged;
        else
            report->pair_line[++kept] = *line;
    }
    report->pairs = kept + 1;
    qsort(report->pair_line, report->pairs, sizeof *report->pair_line,
          compare_pairs);
}

void wn_report_count(struct wn_report *report)
{
    count_rows(report);
    count_classes(report);
    count_pairs(report);
    for (size_t s = 0; s < report->scores; s++)
        report->score[s].cut = wn_top_cut(report->score[s].value,
                                          report->data.n, report->expected);
}

/* --- names and values ---------------------------------------------------- */

int32_t wn_report_likely(const struct wn_report *report, size_t i,
                         double *probability)
{
    const int32_t given = report->data.label[i], rival = report->rival[i];
    const double own = (double)report->p_given[i];
    const double other = (double)report->p_rival[i];
    /* Ties go to the lower class. */
    const bool is_given =
        own > other || isnan(other) || (own == other && given < rival);

    *probability = is_given && !isnan(own) ? own : other;
    return is_given && !isnan(own) ? given : rival;
}

int32_t wn_report_other(const struct wn_report *report, size_t i)
{
    if (report->suggestion && report->suggestion[i] >= 0)
        return report->suggestion[i];
    return report->rival ? report->rival[i] : -1;
}

void wn_report_issues(const struct wn_report *report, size_t i,
                      const char *separator, struct wn_text *out)
{
    const size_t start = out->length;

    for (size_t c = 0; c < report->checks && c < 32; c++)
        if (report->issue[i] >> c & 1)
            wn_text_format(out, "%s%s", out->length > start ? separator : "",
                           report->check_name[c]);
}

const char *wn_report_kind(const struct wn_report *report, size_t i)
{
    return report->kind ? report->kind_name[report->kind[i]] : NULL;
}

bool wn_report_is_flagged(const struct wn_report *report, size_t i)
{
    if (!report->flagged)
        return false;
    return report->label_bit ? report->issue[i] & report->label_bit
                             : report->issue[i] != 0;
}

const char *wn_report_id(const struct wn_report *report, size_t i,
                         size_t *length)
{
    const struct wn_dataset *data = &report->data;

    if (!data->id || !data->id_offset)
        return NULL;
    *length = (size_t)(data->id_offset[i + 1] - data->id_offset[i]);
    return data->id + data->id_offset[i];
}

const char *wn_report_class(const struct wn_report *report, int32_t c)
{
    return c >= 0 && report->data.label_name ? report->data.label_name[c]
                                             : NULL;
}

const char *wn_report_title(const struct wn_report *report, int32_t c)
{
    return c >= 0 && report->class_title ? report->class_title[c]
                                         : wn_report_class(report, c);
}

const char *wn_report_source(const struct wn_report *report)
{
    const char *source = report->data.source;
    const char *slash;

    if (!source || !*source || strcmp(source, "-") == 0)
        source = report->file ? report->file : "standard input";
    slash = strrchr(source, '/');
    return slash && slash[1] ? slash + 1 : source;
}

size_t wn_column_number(const struct wn_dataset *data, size_t column,
                        double value, char out[32])
{
    out[0] = '\0';
    if (isnan(value))
        return 0;
    if (strcmp(data->column_kind[column], "date") == 0)
        return wn_date_format(value, out);
    return wn_number_format(value, out);
}

void wn_column_tops(const struct wn_dataset *data, size_t column, size_t *begin,
                    size_t *end)
{
    enum { SHOWN = 3 };
    const size_t tops =
        data->top_column && data->top_count && data->top_value ? data->tops : 0;
    size_t t = 0;

    while (t < tops && (size_t)data->top_column[t] < column)
        t++;
    *begin = t;
    while (t < tops && (size_t)data->top_column[t] == column &&
           t < *begin + SHOWN)
        t++;
    *end = t;
}

struct wn_spelling *wn_spellings(const struct wn_report *report, size_t *count)
{
    const struct wn_dataset *data = &report->data;
    size_t *rows = wn_new(data->k, sizeof *rows);
    struct wn_spelling *list = wn_new(data->k, sizeof *list);

    *count = 0;
    for (size_t i = 0; data->label && i < data->n; i++)
        if (data->label[i] >= 0)
            rows[data->label[i]]++;
    for (size_t c = 0; data->label_same && c < data->k; c++) {
        const size_t of = (size_t)data->label_same[c];

        if (of != c)
            list[(*count)++] = (struct wn_spelling){c, of, rows[c], rows[of]};
    }
    free(rows);
    return list;
}

void wn_spelling_rule(const struct wn_report *report,
                      const struct wn_spelling *spelling, struct wn_text *rule)
{
    const char *old = report->data.label_name[spelling->class];
    const char *new = report->data.label_name[spelling->of];
    const char *column = report->data.label_column;

    wn_variants_write_rule(rule, column ? column : "label", old, strlen(old),
                           new, strlen(new));
}

double wn_report_mismatch(const struct wn_report *report, size_t depths)
{
    double rows = 0, mismatches = 0;

    for (size_t u = 0; u < depths; u++) {
        rows += report->by_depth[3 * u];
        mismatches += report->by_depth[3 * u + 1];
    }
    return rows > 0 ? mismatches / rows : 0;
}
