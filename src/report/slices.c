/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slices by the cells of the source and by clusters; see slices.h. */
#include "report/slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "knn/kmeans.h"
#include "noise/verdicts.h"
#include "report/shown.h"
#include "report/significance.h"
#include "util/date.h"
#include "util/dictionary.h"
#include "util/memory.h"
#include "util/number.h"

enum { MOST_COLUMNS = 100, MOST_VALUES = 50, BINS = 4, FEW_NUMBERS = 10 };

/* What is known of all rows before any slice. */
struct slicing {
    const struct wn_report *report;
    struct wn_slices *out;
    size_t capacity;
    uint8_t *right;     /* n */
    size_t rows, wrong; /* of all rows: labelled, and not right */
    bool estimated;
};

/* --- a slice ------------------------------------------------------------- */

/* Add a slice of each set of rows: set[n] below `sets`, or -1. Takes the
 * values; those of empty sets and of sets of all rows are freed. */
static void add_slices(struct slicing *slicing, const char *column,
                       const int32_t *set, size_t sets, char **value)
{
    const struct wn_report *report = slicing->report;
    struct wn_slices *out = slicing->out;
    struct wn_expected *expected = wn_new(sets, sizeof *expected);
    size_t *rows = wn_new(sets, sizeof *rows);
    size_t *right = wn_new(sets, sizeof *right);

    for (size_t i = 0; i < report->data.n; i++) {
        if (set[i] < 0 || report->data.label[i] < 0)
            continue;
        rows[set[i]]++;
        right[set[i]] += slicing->right[i];
        if (slicing->estimated)
            wn_expected_add(report, &expected[set[i]],
                            (double)report->suspicion[i]);
    }
    for (size_t s = 0; s < sets; s++) {
        const double all = (double)rows[s];
        const size_t wrong = rows[s] - right[s];
        const size_t others = slicing->rows - rows[s];
        struct wn_slice slice = {.column = wn_copy_text(column, strlen(column)),
                                 .value = value[s],
                                 .rows = rows[s],
                                 .right = right[s],
                                 .accuracy = NAN,
                                 .low = NAN,
                                 .high = NAN,
                                 .wrong = NAN,
                                 .wrong_low = NAN,
                                 .wrong_high = NAN,
                                 .lift = NAN,
                                 .p = NAN};

        if (!rows[s] || !others) {
            free(slice.column);
            free(slice.value);
            continue;
        }
        if (rows[s] >= WN_TOO_FEW && others >= WN_TOO_FEW) {
            const size_t errors = slicing->wrong - wrong; /* elsewhere */

            slice.accuracy = (double)right[s] / all;
            wn_share_interval(right[s], rows[s], 0.9, &slice.low, &slice.high);
            if (errors)
                slice.lift =
                    (double)wrong / all / ((double)errors / (double)others);
            else if (wrong)
                slice.lift = INFINITY;
            slice.p = wn_fisher_exact(right[s], wrong, others - errors, errors,
                                      false);
            if (slicing->estimated) {
                const struct wn_review found = wn_expected_end(&expected[s]);

                slice.wrong = found.wrong / all;
                slice.wrong_low = found.low / all;
                slice.wrong_high = found.high / all;
            }
        }
        wn_grow(&out->slice, &slicing->capacity, out->count + 1,
                sizeof *out->slice);
        out->slice[out->count++] = slice;
    }
    free(expected);
    free(rows);
    free(right);
}

/* --- a column ------------------------------------------------------------ */

struct cells {
    struct wn_dictionary words;
    int32_t *word;  /* n, by words */
    double *number; /* n, NaN for none; NULL in a column of other cells */
    size_t numbers; /* that are finite */
    bool dates;
};

/* The text of a slice, for free(): "17 to 24", or one value. */
static char *range_text(double low, double high, bool dates)
{
    struct wn_text text = {0};
    char one[32], two[32];

    (dates ? wn_date_format : wn_number_format)(low, one);
    (dates ? wn_date_format : wn_number_format)(high, two);
    wn_text_format(&text, low < high ? "%s to %s" : "%s", one, two);
    return text.bytes;
}

/* Numbers: by value where they are few, else in quarters. Equal numbers are
 * never parted. */
static void slice_numbers(struct slicing *slicing, const char *column,
                          const struct cells *cells)
{
    const size_t n = slicing->report->data.n;
    double *sorted = wn_new(n, sizeof *sorted);
    int32_t *set = wn_new(n, sizeof *set);
    double edge[FEW_NUMBERS + 1]; /* the first number of each bin */
    char *value[FEW_NUMBERS + 1];
    size_t count = 0, bins = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(cells->number[i]))
            sorted[count++] = cells->number[i];
    qsort(sorted, count, sizeof *sorted, wn_number_ascending);
    for (size_t i = 0; i < count && bins <= FEW_NUMBERS; i++)
        if (i == 0 || sorted[i] > sorted[i - 1]) {
            if (bins < FEW_NUMBERS)
                edge[bins] = sorted[i];
            bins++;
        }
    if (bins > FEW_NUMBERS) {
        bins = 0;
        for (size_t b = 0; b < BINS; b++)
            if (b == 0 || sorted[b * count / BINS] > edge[bins - 1])
                edge[bins++] = sorted[b * count / BINS];
    }
    for (size_t b = 0; b < bins; b++) {
        size_t low = 0, high = count; /* the numbers below the next edge */

        while (b + 1 < bins && low < high) {
            const size_t middle = (low + high) / 2;

            if (sorted[middle] < edge[b + 1])
                low = middle + 1;
            else
                high = middle;
        }
        value[b] = range_text(edge[b], sorted[high - 1], cells->dates);
    }
    value[bins] = wn_copy_text("(no number)", 11);
    for (size_t i = 0; i < n; i++) {
        size_t bin = 0;

        while (bin + 1 < bins && cells->number[i] >= edge[bin + 1])
            bin++;
        set[i] = (int32_t)(isfinite(cells->number[i]) ? bin : bins);
    }
    add_slices(slicing, column, set, bins + 1, value);
    free(sorted);
    free(set);
}

static int by_count(const void *a, const void *b)
{
    const struct wn_value *const *x = a, *const *y = b;

    if ((*x)->count != (*y)->count)
        return (*x)->count < (*y)->count ? 1 : -1;
    return (*x > *y) - (*x < *y);
}

/* Other cells, in byte order of their texts: the frequent ones, and the rest as
 * one slice. */
static void slice_words(struct slicing *slicing, const char *column,
                        struct cells *cells)
{
    const size_t n = slicing->report->data.n;
    struct wn_dictionary *words = &cells->words;
    int32_t *place = wn_new(words->count, sizeof *place);

    wn_dictionary_sort(words, place);
    const struct wn_value **ranked = wn_new(words->count, sizeof(void *));
    int32_t *slice = wn_new(words->count, sizeof *slice);
    char *value[MOST_VALUES + 1];
    size_t kept = 0;

    for (size_t v = 0; v < words->count; v++)
        ranked[v] = &words->value[v];
    qsort(ranked, words->count, sizeof *ranked, by_count);
    while (kept < words->count && kept < MOST_VALUES &&
           ranked[kept]->count >= WN_TOO_FEW)
        kept++;
    for (size_t v = 0; v < words->count; v++) {
        const size_t word = (size_t)(ranked[v] - words->value);
        struct wn_text text = {0};

        slice[word] = (int32_t)(v < kept ? v : kept);
        if (v >= kept)
            continue;
        wn_text_add_visible(&text, wn_dictionary_text(words, word),
                            ranked[v]->length);
        if (!text.length)
            wn_text_format(&text, "(empty)");
        value[v] = text.bytes;
    }
    struct wn_text rest = {0};
    wn_text_format(&rest, "(%zu other values)", words->count - kept);
    value[kept] = rest.bytes;
    for (size_t i = 0; i < n; i++)
        cells->word[i] = slice[place[cells->word[i]]];
    add_slices(slicing, column, cells->word, kept + 1, value);
    free(ranked);
    free(slice);
    free(place);
}

/* Read the cells of these columns in all rows, as cleaning rules left them,
 * until one cannot be had. */
static void read_cells(const struct slicing *slicing, struct wn_shown *shown,
                       const struct wn_overrides *fixes, const size_t *column,
                       size_t columns, struct cells *cells)
{
    const struct wn_report *report = slicing->report;
    const size_t n = report->data.n;
    struct wn_row_cells row = {0};
    size_t known = 0, fix = 0;
    int64_t *rows = wn_new(n, sizeof *rows);

    for (size_t i = 0; i < n; i++)
        rows[i] = (int64_t)i;
    for (size_t i = 0; i < n; i++) {
        if (i == known)
            known += wn_shown_fetch(shown, rows + i, n - i);
        if (!wn_shown_read(shown, i, &row))
            break;
        for (; fix < fixes->count && fixes->row[fix] <= (int64_t)i; fix++)
            if ((size_t)fixes->column[fix] < row.count)
                row.cell[fixes->column[fix]] = (struct wn_cell){
                    .text = fixes->text + fixes->end[fix],
                    .length = (size_t)(fixes->end[fix + 1] - fixes->end[fix])};
        for (size_t c = 0; c < columns; c++) {
            const struct wn_cell *cell = &row.cell[column[c]];
            const char *text = cell->text;
            size_t length = cell->length;

            wn_text_trim(&text, &length);
            cells[c].word[i] = (int32_t)wn_dictionary_add(
                &cells[c].words, text, length, report->data.label[i] >= 0, i);
            if (!cells[c].number)
                continue;
            cells[c].number[i] = wn_shown_number(shown, column[c], cell);
            cells[c].numbers += isfinite(cells[c].number[i]) ? 1 : 0;
        }
    }
    free(rows);
    wn_row_cells_free(&row);
}

/* Read the cells of all chosen columns, then slice by each. */
static int slice_columns(struct slicing *slicing, const struct wn_audit *audit,
                         const struct wn_slices_request *request,
                         struct wn_error *error)
{
    const struct wn_report *report = slicing->report;
    const size_t n = report->data.n;
    struct wn_shown *shown =
        wn_shown_open(report, audit,
                      &(struct wn_shown_request){.where = request->where,
                                                 .pattern = request->pattern,
                                                 .option = "slices"},
                      error);
    const size_t *column = NULL;
    struct wn_dataset fixed;
    int status = -1;

    if (!shown)
        return -1;
    if (wn_dataset_load(&fixed, audit, WN_PART_OVERRIDE, error)) {
        wn_shown_close(shown);
        return -1;
    }
    const size_t columns = wn_shown_columns(shown, &column);
    struct cells *cells = wn_new(columns, sizeof *cells);
    if (columns > MOST_COLUMNS) {
        wn_fail(error, WN_EUSAGE,
                "--slices: found %zu columns whose names match, wanted at "
                "most %d",
                columns, MOST_COLUMNS);
        goto done;
    }
    for (size_t c = 0; c < columns; c++) {
        const char *kind = wn_shown_kind(shown, column[c]);

        cells[c].dates = strcmp(kind, "date") == 0;
        /* Of arrays, only the cells tell. */
        if (cells[c].dates || strcmp(kind, "numeric") == 0 ||
            (report->data.form && !report->data.row_offset))
            cells[c].number = wn_new(n, sizeof *cells[c].number);
        cells[c].word = wn_new(n, sizeof *cells[c].word);
    }
    read_cells(slicing, shown, &fixed.fixes, column, columns, cells);
    if (wn_shown_reason(shown)) {
        wn_fail(error, WN_EIO, "--slices: %s", wn_shown_reason(shown));
        goto done;
    }
    for (size_t c = 0; c < columns; c++)
        /* The classes have a table of their own. */
        if (strcmp(wn_shown_kind(shown, column[c]), "label") == 0)
            continue;
        else if (cells[c].numbers)
            slice_numbers(slicing, wn_shown_name(shown, column[c]), &cells[c]);
        else
            slice_words(slicing, wn_shown_name(shown, column[c]), &cells[c]);
    status = 0;
done:
    for (size_t c = 0; c < columns; c++) {
        wn_dictionary_free(&cells[c].words);
        free(cells[c].word);
        free(cells[c].number);
    }
    free(cells);
    wn_dataset_free(&fixed);
    wn_shown_close(shown);
    return status;
}

/* --- clusters ------------------------------------------------------------ */

/* What is most unlike all rows in a cluster: its two features whose mean is
 * farthest from theirs, in standard deviations. */
static char *cluster_text(const struct wn_dataset *data, size_t number,
                          const double *mean, const double *sum, size_t rows,
                          const double *deviation)
{
    enum { NAMED = 2 };
    size_t used[NAMED] = {0};
    struct wn_text text = {0};

    wn_text_format(&text, "%zu", number + 1);
    for (size_t w = 0; w < NAMED && rows; w++) {
        double farthest = 0;

        for (size_t j = 0; j < data->d; j++) {
            const double far =
                deviation[j] > 0
                    ? (sum[j] / (double)rows - mean[j]) / deviation[j]
                    : 0;

            if (fabs(far) > fabs(farthest) && !(w && used[0] == j)) {
                farthest = far;
                used[w] = j;
            }
        }
        if (fabs(farthest) < 0.5)
            break;
        wn_text_format(&text, w ? ", " : ": ");
        wn_text_add_visible(&text, data->feature_name[used[w]],
                            strlen(data->feature_name[used[w]]));
        wn_text_format(&text, " %+.1f", farthest);
    }
    return text.bytes;
}

static int slice_clusters(struct slicing *slicing, const struct wn_audit *audit,
                          const struct wn_slices_request *request,
                          struct wn_error *error)
{
    const size_t count = request->clusters;
    struct wn_dataset data;

    if (wn_dataset_load(&data, audit, WN_PART_FEATURES, error))
        return -1;
    const size_t n = data.n, d = data.d;
    if (!data.features || count > n) {
        const bool some = data.features != NULL;

        wn_dataset_free(&data);
        return some ? wn_fail(error, WN_EUSAGE,
                              "--clusters: found %zu, wanted at most %zu for "
                              "%zu rows",
                              count, n, n)
                    : wn_fail(error, WN_EDATA,
                              "%s: there are no features, wanted some for "
                              "--clusters",
                              wn_audit_name(audit));
    }
    int32_t *cluster = wn_new(n, sizeof *cluster);
    double *sum = wn_new(wn_product(count, d, 1), sizeof *sum);
    double *mean = wn_new(d, sizeof *mean);
    double *deviation = wn_new(d, sizeof *deviation);
    size_t *rows = wn_new(count, sizeof *rows);
    char **value = wn_new(count, sizeof *value);

    wn_kmeans_clusters(data.features, n, d, count, 1, request->log, cluster);
    for (size_t i = 0; i < n; i++) {
        rows[cluster[i]]++;
        for (size_t j = 0; j < d; j++) {
            const double x = (double)data.features[i * d + j];

            sum[(size_t)cluster[i] * d + j] += x;
            mean[j] += x / (double)n;
            deviation[j] += x * x / (double)n;
        }
    }
    for (size_t j = 0; j < d; j++)
        deviation[j] = sqrt(fmax(deviation[j] - mean[j] * mean[j], 0));
    for (size_t c = 0; c < count; c++)
        value[c] =
            cluster_text(&data, c, mean, sum + c * d, rows[c], deviation);
    add_slices(slicing, "cluster", cluster, count, value);
    free(cluster);
    free(sum);
    free(mean);
    free(deviation);
    free(rows);
    free(value);
    wn_dataset_free(&data);
    return 0;
}

/* --- all ----------------------------------------------------------------- */

/* NaN ranks last. */
static int compare_slices(const void *a, const void *b)
{
    const struct wn_slice *x = a, *y = b;

    if (x->weak != y->weak)
        return y->weak - x->weak;
    if (isnan(x->p) != isnan(y->p))
        return isnan(x->p) - isnan(y->p);
    if (x->lift != y->lift && !(isnan(x->lift) && isnan(y->lift)))
        return isnan(x->lift) || x->lift < y->lift ? 1 : -1;
    if (x->rows != y->rows)
        return x->rows < y->rows ? 1 : -1;
    const int column = strcmp(x->column, y->column);
    return column ? column : strcmp(x->value, y->value);
}

int wn_slices_find(struct wn_slices *slices, const struct wn_report *report,
                   const struct wn_audit *audit,
                   const struct wn_slices_request *request,
                   struct wn_error *error)
{
    struct slicing slicing = {.report = report,
                              .out = slices,
                              .estimated = report->label_bit &&
                                           !isnan(report->rate) &&
                                           report->claim != WN_CLAIM_OVERLAP &&
                                           report->claim != WN_CLAIM_NOTHING};
    double p;

    *slices = (struct wn_slices){.accuracy = NAN};
    if (!report->rival)
        return wn_fail(error, WN_EUSAGE,
                       "--%s: there are no class probabilities; run score",
                       request->pattern ? "slices" : "clusters");
    slicing.right = wn_new(report->data.n, sizeof *slicing.right);
    for (size_t i = 0; i < report->data.n; i++) {
        if (report->data.label[i] < 0)
            continue;
        slicing.right[i] =
            wn_report_likely(report, i, &p) == report->data.label[i];
        slicing.rows++;
        slicing.wrong += !slicing.right[i];
    }
    int status =
        request->pattern ? slice_columns(&slicing, audit, request, error) : 0;
    if (status == 0 && request->clusters)
        status = slice_clusters(&slicing, audit, request, error);
    free(slicing.right);
    if (status)
        return -1;
    double *adjusted = wn_new(slices->count, sizeof *adjusted);
    for (size_t s = 0; s < slices->count; s++)
        adjusted[s] = slices->slice[s].p;
    wn_holm(adjusted, slices->count);
    for (size_t s = 0; s < slices->count; s++) {
        struct wn_slice *slice = &slices->slice[s];

        slice->p = adjusted[s];
        slice->weak = slice->lift > 1 && slice->p < WN_SLICE_LEVEL;
        slices->weak += slice->weak;
        slices->tested += isnan(slice->p) ? 0 : 1;
    }
    free(adjusted);
    slices->accuracy = 1 - (double)slicing.wrong / (double)slicing.rows;
    if (slices->count)
        qsort(slices->slice, slices->count, sizeof *slices->slice,
              compare_slices);
    return 0;
}

void wn_slices_free(struct wn_slices *slices)
{
    for (size_t s = 0; s < slices->count; s++) {
        free(slices->slice[s].column);
        free(slices->slice[s].value);
    }
    free(slices->slice);
    *slices = (struct wn_slices){0};
}
