/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers of every figure, and the table of figures; see figure.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/row_kind.h"
#include "noise/order_statistics.h"
#include "noise/verdicts.h"
#include "page/figure.h"
#include "report/annotators.h"
#include "report/slices.h"
#include "report/trend.h"
#include "util/date.h"
#include "util/memory.h"

enum {
    MATRIX_CLASSES = 12,
    POINTS = 60 /* of a curve */
};

static const char *class_name(const struct wn_report *report, size_t c)
{
    return report->data.label_name[c];
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- suspicion ----------------------------------------------------------- */

static bool find_suspicion(const struct wn_report *report,
                           struct wn_figure *figure)
{
    enum { BINS = 25 };
    double count[BINS] = {0}, flagged[BINS] = {0}, cut = NAN;
    size_t above = 0;

    if (!report->label_bit || report->claim == WN_CLAIM_NOTHING ||
        isnan(report->rate))
        return false;
    for (size_t i = 0; i < report->data.n; i++) {
        const double s = (double)report->suspicion[i];

        if (isnan(s) || report->data.label[i] < 0)
            continue;
        const size_t bin = smaller((size_t)(s * BINS), BINS - 1);
        const bool is_flagged = wn_report_is_flagged(report, i);

        count[bin]++;
        flagged[bin] += is_flagged;
        above += s >= 0.5;
        if (is_flagged)
            cut = fmin(cut, s);
    }
    for (size_t b = 0; b < BINS; b++)
        wn_figure_add(figure, NULL,
                      (double[]){(double)b / BINS, (double)(b + 1) / BINS,
                                 count[b], flagged[b]});
    figure->mark = cut;
    wn_text_format(&figure->says,
                   "%zu of %zu labels have a suspicion of 0.5 or more; %zu are "
                   "flagged",
                   above, report->labelled, report->label_rows);
    if (!isnan(cut))
        wn_text_format(&figure->says,
                       ", the least suspicious of them with %.3f", cut);
    wn_text_format(&figure->says, ".");
    return true;
}

/* --- classes ------------------------------------------------------------- */

/* The first of `sets` sets of rows in words. */
static void say_worst(struct wn_figure *figure, size_t sets)
{
    const double *first = wn_figure_row(figure, 0);

    wn_text_format(&figure->says, "%s: %.0f of %.0f rows flagged",
                   wn_figure_name(figure, 0, 0), first[1], first[0]);
    if (!isnan(first[3]))
        wn_text_format(&figure->says,
                       ", an expected %.1f %% (%.1f to %.1f) wrong",
                       100 * first[3], 100 * first[4], 100 * first[5]);
    wn_text_format(&figure->says, ": the largest share of the %zu.", sets);
}

/* Rows, flags and expected wrong labels of sets of rows: set[n] below `sets`,
 * or -1. The largest share of wrong labels first. */
static bool find_sets(const struct wn_report *report, const int32_t *set,
                      size_t sets, char *const *name, struct wn_figure *figure)
{
    const bool estimated = !isnan(report->rate) &&
                           report->claim != WN_CLAIM_OVERLAP &&
                           report->claim != WN_CLAIM_NOTHING;
    struct wn_expected *expected;
    size_t present = 0, *flagged;

    if (!report->label_bit || !set || sets < 1)
        return false;
    expected = wn_new(sets, sizeof *expected);
    flagged = wn_new(sets, sizeof *flagged);
    struct wn_ranked *ranked = wn_new(sets, sizeof *ranked);
    for (size_t i = 0; i < report->data.n; i++) {
        if (set[i] < 0 || report->data.label[i] < 0)
            continue;
        flagged[set[i]] += wn_report_is_flagged(report, i);
        wn_expected_add(report, &expected[set[i]],
                        (double)report->suspicion[i]);
    }
    for (size_t s = 0; s < sets; s++) {
        const struct wn_review *sum = &expected[s].sum;
        const double rows = (double)sum->rows;

        present += rows > 0;
        ranked[s] = (struct wn_ranked){2, s};
        if (rows > 0)
            ranked[s].key =
                -(estimated ? sum->wrong : (double)flagged[s]) / rows +
                (rows < WN_TOO_FEW); /* after the others */
    }
    wn_rank(ranked, sets);
    for (size_t r = 0; r < smaller(present, figure->most); r++) {
        const size_t s = ranked[r].row;
        const struct wn_review wrong = wn_expected_end(&expected[s]);
        const double rows = (double)wrong.rows;
        const bool known = estimated && wrong.rows >= WN_TOO_FEW;

        wn_figure_add(figure, (const char *[]){name[s]},
                      (double[]){rows, (double)flagged[s],
                                 (double)flagged[s] / rows,
                                 known ? wrong.wrong / rows : NAN,
                                 known ? wrong.low / rows : NAN,
                                 known ? wrong.high / rows : NAN});
    }
    figure->left_out = present - smaller(present, figure->most);
    free(expected);
    free(flagged);
    free(ranked);
    if (!figure->rows)
        return false;
    say_worst(figure, present);
    return true;
}

#define SETS(name, set, sets, names)                                           \
    static bool find_##name(const struct wn_report *report,                    \
                            struct wn_figure *figure)                          \
    {                                                                          \
        const struct wn_dataset *data = &report->data;                         \
                                                                               \
        return find_sets(report, data->set, data->sets, data->names, figure);  \
    }
/* The columns of such a figure and their form. */
#define SETS_SHOWN(name)                                                       \
    {name, "rows", "flagged", "flagged share", "wrong share", "low", "high"},  \
        "nnpppp"
SETS(classes, label, k, label_name)
SETS(splits, split, splits, split_name)
SETS(groups, group, groups, group_name)

static bool find_annotators(const struct wn_report *report,
                            struct wn_figure *figure)
{
    const struct wn_annotators *who = report->annotators;

    if (!report->label_bit || !who || !who->count)
        return false;
    for (size_t a = 0; a < smaller(who->count, figure->most); a++) {
        const struct wn_annotator *line = &who->line[a];
        const double rows = (double)line->rows;

        wn_figure_add(
            figure,
            (const char *[]){report->data.annotator_name[line->annotator]},
            (double[]){rows, (double)line->flagged,
                       (double)line->flagged / rows, line->wrong,
                       line->wrong_low, line->wrong_high, line->agreement,
                       line->vote_wrong});
    }
    figure->left_out = who->count - figure->rows;
    say_worst(figure, who->count);
    return true;
}

/* --- slices -------------------------------------------------------------- */

static bool find_slices(const struct wn_report *report,
                        struct wn_figure *figure)
{
    const struct wn_slices *slices = report->slices;

    if (!slices)
        return false;
    const size_t judged = slices->tested;
    for (size_t s = 0; s < smaller(judged, figure->most); s++) {
        const struct wn_slice *slice = &slices->slice[s];
        struct wn_text name = {0};

        wn_text_format(&name, "%s: %s", slice->column, slice->value);
        wn_figure_add(figure, (const char *[]){name.bytes},
                      (double[]){slice->accuracy, slice->low, slice->high,
                                 (double)slice->rows, slice->lift, slice->p,
                                 slice->wrong, slice->wrong_low,
                                 slice->wrong_high});
        wn_text_free(&name);
    }
    if (!figure->rows)
        return false;
    figure->mark = slices->accuracy;
    figure->left_out = judged - figure->rows;
    wn_text_format(&figure->says,
                   "The models predict %.1f %% of all labels. Of %zu slices "
                   "%zu are weak%s",
                   100 * slices->accuracy, judged, slices->weak,
                   slices->weak ? ", above all " : "");
    if (slices->weak)
        wn_text_format(&figure->says, "%s: %.1f %%",
                       wn_figure_name(figure, 0, 0),
                       100 * slices->slice[0].accuracy);
    wn_text_format(&figure->says, ".");
    return true;
}

/* --- given x likely ------------------------------------------------------ */

static bool find_matrix(const struct wn_report *report,
                        struct wn_figure *figure)
{
    const size_t k = report->data.k, n = report->data.n;
    const int32_t *given = report->data.label;
    double most = 0, p;
    char others[64];

    if (!report->rival || k < 2)
        return false;
    struct wn_ranked *doubt = wn_new(k, sizeof *doubt);
    size_t *place = wn_new(k, sizeof *place);
    /* Rows whose given or likely class it is, but not both, the most first. */
    for (size_t c = 0; c < k; c++)
        doubt[c].row = c;
    for (size_t i = 0; i < n; i++) {
        const int32_t likely = wn_report_likely(report, i, &p);

        if (given[i] >= 0 && likely >= 0 && given[i] != likely) {
            doubt[given[i]].key--;
            doubt[likely].key--;
        }
    }
    wn_rank(doubt, k);
    /* The classes that are confused most, and one cell for the others. */
    const size_t own = k > MATRIX_CLASSES ? MATRIX_CLASSES - 1 : k;
    const size_t side = k > own ? own + 1 : own;
    for (size_t c = 0; c < k; c++)
        place[doubt[c].row] = smaller(c, side - 1);
    /* Without a rest, in the order of the classes. */
    for (size_t c = 0; own == k && c < k; c++)
        place[c] = c;
    double *cell = wn_new(2 * side * side, sizeof *cell);
    for (size_t i = 0; i < n; i++) {
        const int32_t likely = wn_report_likely(report, i, &p);

        if (given[i] < 0 || likely < 0)
            continue;
        double *at = cell + 2 * (place[given[i]] * side + place[likely]);
        at[0]++;
        at[1] += wn_report_is_flagged(report, i);
    }
    snprintf(others, sizeof others, "%zu other classes", k - own);
    for (size_t s = 0; s < side * side; s++) {
        const char *name[2];

        for (size_t e = 0; e < 2; e++) {
            const size_t at = e ? s % side : s / side;

            name[e] = own == k   ? class_name(report, at)
                      : at < own ? class_name(report, doubt[at].row)
                                 : others;
        }
        wn_figure_add(figure, name, cell + 2 * s);
        if (s / side != s % side && cell[2 * s] > most) {
            most = cell[2 * s];
            figure->says.length = 0;
            wn_text_format(&figure->says,
                           "Most often, %.0f times, a row labelled %s looks "
                           "like %s.",
                           most, name[0], name[1]);
        }
    }
    if (most == 0)
        wn_text_format(&figure->says,
                       "Every label is also the most probable class.");
    free(cell);
    free(place);
    free(doubt);
    return true;
}

/* --- the models ---------------------------------------------------------- */

static bool find_models(const struct wn_report *report,
                        struct wn_figure *figure)
{
    const struct wn_model_quality *quality = &report->model_quality;

    for (size_t p = 0; p < quality->members; p++) {
        const struct wn_member *member = &quality->member[p];

        wn_figure_add(figure, (const char *[]){member->name},
                      (double[]){member->accuracy, member->log_loss,
                                 member->calibration, member->weight});
    }
    if (!quality->members)
        return false;
    figure->mark = report->majority;
    const struct wn_member *last = &quality->member[quality->members - 1];
    wn_text_format(&figure->says,
                   "%s agrees with %.1f %% of the labels; always answering the "
                   "largest class agrees with %.1f %%.",
                   last->name, 100 * last->accuracy, 100 * report->majority);
    return true;
}

/* Rows by a probability, in bins of equal width: how many, how many of them
 * hit, and the sum of the probability. */
enum { MOST_BINS = 15 };
struct bins {
    size_t count, rows[MOST_BINS], hits[MOST_BINS];
    double sum[MOST_BINS];
};

static void add_to_bin(struct bins *bins, double p, bool hit)
{
    const size_t b =
        smaller((size_t)((double)bins->count * p), bins->count - 1);

    bins->rows[b]++;
    bins->hits[b] += hit;
    bins->sum[b] += p;
}

/* A row of the figure for each bin that is not empty; hits with their 95 %
 * interval. */
static void show_bins(const struct bins *bins, struct wn_figure *figure)
{
    const double count = (double)bins->count;

    for (size_t b = 0; b < bins->count; b++) {
        const double rows = (double)bins->rows[b];
        double low, high;

        if (!bins->rows[b])
            continue;
        wn_share_interval(bins->hits[b], bins->rows[b], 0.95, &low, &high);
        wn_figure_add(figure, NULL,
                      (double[]){(double)b / count, (double)(b + 1) / count,
                                 rows, bins->sum[b] / rows,
                                 (double)bins->hits[b] / rows, low, high});
    }
}

static bool find_reliability(const struct wn_report *report,
                             struct wn_figure *figure)
{
    struct bins bins = {.count = MOST_BINS};
    double gap = 0, rows = 0, p;

    for (size_t i = 0; report->rival && i < report->data.n; i++) {
        const int32_t likely = wn_report_likely(report, i, &p);

        if (likely >= 0 && report->data.label[i] >= 0)
            add_to_bin(&bins, p, report->data.label[i] == likely);
    }
    show_bins(&bins, figure);
    for (size_t b = 0; b < bins.count; b++) {
        gap += fabs(bins.sum[b] - (double)bins.hits[b]);
        rows += (double)bins.rows[b];
    }
    wn_text_format(&figure->says,
                   "On average, confidence and agreement with the labels "
                   "differ by %.1f points of a hundred.",
                   100 * gap / rows);
    return rows > 0;
}

/* Suspicion, had nobody looked, against what people found. */
static bool find_verdicts(const struct wn_report *report,
                          struct wn_figure *figure)
{
    struct bins bins = {.count = 5};
    size_t reviewed = 0, wrong = 0;

    for (size_t d = 0; d < report->decided.count; d++) {
        const struct wn_decided_row *row = &report->decided.row[d];
        const bool is_wrong = wn_says_wrong(row->decision);

        if (isnan(row->suspicion) || !wn_says_of_label(row->decision))
            continue;
        add_to_bin(&bins, (double)row->suspicion, is_wrong);
        reviewed++;
        wrong += is_wrong;
    }
    show_bins(&bins, figure);
    wn_text_format(&figure->says, "People found %zu of %zu labels wrong.",
                   wrong, reviewed);
    return reviewed;
}

/* --- the noise ----------------------------------------------------------- */

static bool find_depth(const struct wn_report *report, struct wn_figure *figure)
{
    double rows = 0, wrong = 0, all = 0;

    if (!report->by_depth || isnan(report->even))
        return false;
    for (size_t u = 0; u < WN_DEPTHS; u++)
        all += report->by_depth[3 * u];
    for (size_t u = 0; u < WN_DEPTHS; u++) {
        const double *at = report->by_depth + 3 * u;

        rows += at[0];
        wrong += at[1];
        if (at[0] > 0)
            wn_figure_add(figure, NULL,
                          (double[]){rows / all, at[0], at[1] / at[0],
                                     at[2] / at[0], wrong / rows});
    }
    figure->mark = report->even;
    wn_text_format(&figure->says,
                   "The label differs from the prediction in %.1f %% of all "
                   "rows; %.1f %% are errors that stand everywhere.",
                   100 * report->mismatch, 100 * report->even);
    return true;
}

static bool find_yield(const struct wn_report *report, struct wn_figure *figure)
{
    struct wn_review review[POINTS];
    size_t count = 0;

    if (!report->label_bit || isnan(report->rate) ||
        report->claim == WN_CLAIM_NOTHING)
        return false;
    count = wn_yield_curve(report, POINTS, review);
    if (!count)
        return false;
    const bool known = !isnan(report->rate_low);
    wn_figure_add(figure, NULL,
                  (double[]){0, 0, 0, known ? 0 : NAN, known ? 0 : NAN});
    for (size_t p = 0; p < count; p++)
        wn_figure_add(figure, NULL,
                      (double[]){(double)review[p].rows, review[p].cost,
                                 review[p].wrong, review[p].low,
                                 review[p].high});
    /* How many rows bring half of what can be found. */
    size_t half = 0;
    while (half < count && review[half].wrong < review[count - 1].wrong / 2)
        half++;
    wn_text_format(&figure->says,
                   "The first %zu rows hold an expected %.0f wrong labels, all "
                   "%zu worth a look %.0f.",
                   review[half].rows, review[half].wrong,
                   review[count - 1].rows, review[count - 1].wrong);
    return true;
}

static bool find_kinds(const struct wn_report *report, struct wn_figure *figure)
{
    size_t doubtful = 0;

    if (!report->kind || report->claim == WN_CLAIM_NOTHING)
        return false;
    for (size_t c = 0; c < report->kinds; c++) {
        const char *name = report->kind_name[c];

        if (strcmp(name, "clear") == 0)
            continue;
        wn_figure_add(
            figure,
            (const char *[]){wn_row_kind_title(name), wn_row_kind_words(name)},
            (double[]){(double)report->kind_rows[c],
                       (double)report->kind_rows[c] / (double)report->data.n});
        doubtful += report->kind_rows[c];
    }
    wn_text_format(&figure->says, "%zu of %zu rows are in doubt.", doubtful,
                   report->data.n);
    return true;
}

/* --- training dynamics --------------------------------------------------- */

static const struct wn_score *find_score(const struct wn_report *report,
                                         const char *name)
{
    for (size_t s = 0; s < report->scores; s++)
        if (strcmp(report->score[s].name, name) == 0)
            return &report->score[s];
    return NULL;
}

/* Hexagons with pointy tops: those of row r stand at (q + r / 2 mod 1) widths
 * and r steps. */
static bool find_map(const struct wn_report *report, struct wn_figure *figure)
{
    enum { COLUMNS = WN_MAP_COLUMNS, ROWS = WN_MAP_ROWS };
    const double width = WN_MAP_WIDTH, step = WN_MAP_STEP;
    const struct wn_score *confidence = find_score(report, "confidence");
    const struct wn_score *variability = find_score(report, "variability");
    size_t hard = 0, easy = 0;

    if (!confidence || !variability)
        return false;
    double *cell = wn_new((size_t)ROWS * (COLUMNS + 2) * 2, sizeof *cell);
    for (size_t i = 0; i < report->data.n; i++) {
        const double x = (double)variability->value[i];
        const double y = 1 - (double)confidence->value[i];

        if (report->data.label[i] < 0 || !(x >= 0 && x <= 0.5) ||
            !(y >= 0 && y <= 1))
            continue;
        /* The nearer of the two nearest centres, one in a row of each parity.
         */
        double best = INFINITY;
        size_t at = 0;
        for (size_t side = 0; side < 2; side++) {
            const double r = floor(y / step) + (double)side;
            const double shift = fmod(r, 2) / 2;
            const double q = round(x / width - shift);
            const double dx = x / width - shift - q;
            const double dy = (y / step - r) * 0.8660254037844386;

            if (r < ROWS && q >= 0 && dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                at = (size_t)r * (COLUMNS + 2) + (size_t)q;
            }
        }
        if (isinf(best))
            continue;
        cell[2 * at]++;
        cell[2 * at + 1] += wn_report_is_flagged(report, i);
        hard += y < 0.5 && x < 0.25;
        easy += y >= 0.5 && x < 0.25;
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t q = 0; q < COLUMNS + 2; q++) {
            const double *at = cell + 2 * (r * (COLUMNS + 2) + q);
            const double shift = (double)(r % 2) / 2;

            if (at[0] > 0)
                wn_figure_add(figure, NULL,
                              (double[]){((double)q + shift) * width,
                                         (double)r * step, at[0], at[1]});
        }
    wn_text_format(&figure->says,
                   "%zu labels were learned early and stayed so (confidence "
                   "0.5 or more, variability below 0.25); %zu were never "
                   "learned (both below).",
                   easy, hard);
    free(cell);
    return true;
}

/* --- the table ----------------------------------------------------------- */

/* --- nights -------------------------------------------------------------- */

/* A row for each night; a day without an audit is a row without numbers. */
static bool find_nights(const struct wn_report *report,
                        struct wn_figure *figure)
{
    enum { MOST = 120, LONGEST = 30 };
    const struct wn_nights *history = report->history;

    if (!history || history->count < 2)
        return false;
    double last = NAN, day = 0;
    for (size_t i = history->count > MOST ? history->count - MOST : 0;
         i < history->count; i++) {
        const struct wn_night *night = &history->night[i];
        const double missed =
            isnan(last) ? 0 : round((night->when - last) / 86400) - 1;
        const int holes = (int)fmin(fmax(missed, 0), LONGEST);
        char when[32];

        for (int hole = 0; hole < holes; hole++)
            wn_figure_add(figure, (const char *[]){"no audit"},
                          (double[]){day++, NAN, NAN, NAN, NAN, NAN});
        last = night->when;
        wn_date_format(night->when, when);
        when[strcspn(when, "T")] = '\0';
        wn_figure_add(figure, (const char *[]){when},
                      (double[]){day++, night->rows, night->rate, night->low,
                                 night->high, night->fresh});
    }
    const struct wn_night *now = &history->night[history->count - 1];
    figure->mark = report->trend ? report->trend->level : NAN;
    wn_text_format(&figure->says, "%zu nights, the last with %.0f rows",
                   history->count, now->rows);
    if (!isnan(now->rate))
        wn_text_format(&figure->says, " and %.2g %% wrong", 100 * now->rate);
    wn_text_format(&figure->says, ".");
    return true;
}

const struct wn_figure_kind wn_figure_kinds[] = {
    {"suspicion",
     "How suspicious the labels are",
     "Labels by the probability that they are wrong, on a logarithmic scale. "
     "The solid part of a bar is flagged; the dashed line is the least "
     "suspicious flagged label.",
     "an estimate of wrong labels: run score and flag",
     0,
     {"from", "to", "rows", "flagged"},
     "rrnn",
     find_suspicion,
     wn_draw_histogram},
    {"matrix",
     "Given label and most probable class",
     "Rows by the label they carry and the class that models find most "
     "probable, without having seen that label. A stronger colour means more "
     "rows; the "
     "diagonal, where both agree, is outlined only.",
     "class probabilities: run score",
     2,
     {"given", "likely", "rows", "flagged"},
     "nn",
     find_matrix,
     wn_draw_matrix},
    {"classes", "Wrong labels by class",
     "Share of each class that is expected to be wrong, with its 90 % "
     "interval; the diamond is the share that is flagged. Where only diamonds "
     "stand, the data do not say how many are wrong.",
     "the check label: run score and flag", 1, SETS_SHOWN("class"),
     find_classes, wn_draw_classes},
    {"annotators",
     "Wrong labels by annotator",
     "The same by who gave the label. agreement: share of the votes of others "
     "on the same items that are the same; wrong by votes: share of the labels "
     "that the votes of all contradict (Dawid and Skene).",
     "a column of annotators: ingest --annotator=COLUMN, then score and flag",
     1,
     {"annotator", "rows", "flagged", "flagged share", "wrong share", "low",
      "high", "agreement", "wrong by votes"},
     "nnpppppp",
     find_annotators,
     wn_draw_classes},
    {"splits", "Wrong labels by split",
     "The same by split: train, test and the like.",
     "a column of splits: ingest --split=COLUMN, then score and flag", 1,
     SETS_SHOWN("split"), find_splits, wn_draw_classes},
    {"groups", "Wrong labels by group",
     "The same by group of rows that belong together, the worst first.",
     "a column of groups: ingest --group=COLUMN, then score and flag", 1,
     SETS_SHOWN("group"), find_groups, wn_draw_classes},
    {"slices",
     "Where the models are weak",
     "Share of the labels of a slice that the models predict without having "
     "seen them, with its 90 % interval; the weakest slices first. The dashed "
     "line is the share of all rows. lift: labels that they do not predict, as "
     "a multiple of their share elsewhere; p: the chance of such a difference, "
     "adjusted for the number of slices.",
     "slices: report --slices=PATTERN or --clusters=N",
     1,
     {"slice", "accuracy", "low", "high", "rows", "lift", "p", "wrong share",
      "wrong low", "wrong high"},
     "pppnrrppp",
     find_slices,
     wn_draw_bars},
    {"kinds",
     "Kinds of rows in doubt",
     "Rows in doubt by what seems to be the matter with them.",
     "kinds of rows: run score and flag",
     2,
     {"kind", "meaning", "rows", "share"},
     "np",
     find_kinds,
     wn_draw_bars},
    {"yield",
     "What reviewing finds",
     "Wrong labels that a review of the most suspicious rows is expected to "
     "find, with a 90 % interval. Where the curve becomes flat, more reviewing "
     "finds little.",
     "an estimate of wrong labels: run score and flag",
     0,
     {"rows", "cost", "wrong", "low", "high"},
     "nrrrr",
     find_yield,
     wn_draw_curve},
    {"depth",
     "Errors or overlap?",
     "Labels that differ from the prediction, by how sure the models are, the "
     "surest rows at the left. Errors stand everywhere; overlap of the "
     "classes only where models are unsure. The dashed curve is what overlap "
     "alone explains, the dashed line the share of errors.",
     "mismatches by depth: run score and flag",
     0,
     {"depth", "rows", "mismatch", "overlap", "mismatch so far"},
     "pnppp",
     find_depth,
     wn_draw_depth},
    {"verdicts",
     "Suspicion against what people found",
     "Of the reviewed labels, the share that people found wrong, with its 95 "
     "% interval, against the mean suspicion that they had. On the dashed "
     "line, suspicion is right.",
     "verdicts of people: flag --decisions=FILE",
     0,
     {"from", "to", "reviewed", "suspicion", "wrong share", "low", "high"},
     "rrnpppp",
     find_verdicts,
     wn_draw_reliability},
    {"reliability",
     "Confidence of the models against the labels",
     "Share of labels that agree with the most probable class, with its 95 % "
     "interval, against the mean probability of that class. On the dashed "
     "line, the models are as sure as they should be; wrong labels pull the "
     "points below it.",
     "class probabilities: run score",
     0,
     {"from", "to", "rows", "confidence", "agreement", "low", "high"},
     "rrnpppp",
     find_reliability,
     wn_draw_reliability},
    {"models",
     "Models compared",
     "Share of the labels that each model predicts without having seen them. "
     "The dashed line is always answering the largest class.",
     "models: run score",
     1,
     {"model", "accuracy", "log-loss", "calibration error",
      "share of the vote"},
     "prpr",
     find_models,
     wn_draw_bars},
    {"map",
     "Data map",
     "Each label by its probability while networks learn: mean over the epochs "
     "(confidence) against deviation (variability). Easy labels are at the "
     "top left, ambiguous ones at the right, wrong ones at the bottom left. "
     "A stronger colour means more rows; a ring marks flagged ones.",
     "the scores confidence and variability: name them in "
     "score --methods",
     0,
     {"variability", "confidence", "rows", "flagged"},
     "rrnn",
     find_map,
     wn_draw_map},
    {"nights",
     "Wrong labels over the nights",
     "The estimated share of wrong labels of the last nights with its 90 % "
     "interval; the dashed line is the level that the last nights are held "
     "against. Where the curve is broken, days have no audit.",
     "a history of two nights or more: report --history=FILE",
     1,
     {"night", "day", "rows", "wrong share", "low", "high", "new"},
     "nnpppn",
     find_nights,
     wn_draw_nights},
    {0}};
