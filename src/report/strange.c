/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that an older audit has nothing like; see strange.h. */
#include "report/strange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/features.h"
#include "report/significance.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/order.h"
#include "util/spill.h"

/* --- chance -------------------------------------------------------------- */

double wn_strange_tail(size_t count, size_t looked, size_t rank, size_t model)
{
    const double m = (double)looked, r = (double)rank, n = (double)model;
    const double least = (double)count;
    double sum = 0;
    /* P(count), then its ratio to the next. */
    double term = exp(lgamma(least + r) - lgamma(least + 1) - lgamma(r) +
                      lgamma(n - r + m - least + 1) - lgamma(n - r + 1) -
                      lgamma(m - least + 1) - lgamma(n + m + 1) +
                      lgamma(n + 1) + lgamma(m + 1));

    for (size_t i = count; i <= looked && term > sum * 1e-17; i++) {
        const double x = (double)i;

        sum += term;
        term *= (x + r) * (m - x) / ((x + 1) * (n - r + m - x));
    }
    return count ? fmin(sum, 1) : 1;
}

/* --- one model of the known rows ------------------------------------------ */

/* The mean distance of each row to its near ones, and whether none of these has
 * its label; rows without a label are no strangers. */
static void measure(const int32_t *index, const float *distance, size_t rows,
                    size_t near, const int32_t *label, const int32_t *of,
                    double *mean, uint8_t *alone)
{
    for (size_t i = 0; i < rows; i++) {
        mean[i] = 0;
        alone[i] = of[i] >= 0;
        for (size_t j = i * near; j < (i + 1) * near; j++) {
            mean[i] += (double)distance[j] / (double)near;
            alone[i] &= label[index[j]] != of[i];
        }
    }
}

static void add(struct wn_strange_rows *of, size_t row)
{
    if (of->count < WN_STRANGE_ROWS)
        of->row[of->count] = row;
    of->count++;
}

void wn_strange_look(struct wn_strange *strange, const float *x, size_t d,
                     enum wn_metric metric, const int32_t *label)
{
    const size_t n = strange->model, m = strange->looked;
    const size_t near = WN_STRANGE_NEAR;
    struct wn_strange_rows *far = &strange->of[WN_STRANGE_FAR];
    struct wn_strange_rows *labels = &strange->of[WN_STRANGE_LABEL];
    const struct wn_graph known = {
        .x = x, .n = n, .d = d, .m = near, .metric = metric, .threads = 1};
    struct wn_graph both = known;
    struct wn_error error = {0};
    const size_t most = n > m ? n : m;
    int32_t *index = wn_new(wn_product(most, near, 1), sizeof *index);
    float *distance = wn_new(wn_product(most, near, 1), sizeof *distance);
    int32_t *row = wn_new(n + m, sizeof *row);
    double *mean = wn_new(n + m, sizeof *mean);
    double *sorted = wn_new(n, sizeof *sorted);
    uint8_t *alone = wn_new(n + m, 1);
    size_t labelled = 0, strangers = 0, either = 0;

    for (size_t i = 0; i < n + m; i++)
        row[i] = (int32_t)i;
    far->p = labels->p = NAN;
    if (wn_knn_exact(&known, index, distance, &error))
        goto done; /* too few known rows */
    measure(index, distance, n, near, label, label, mean, alone);
    both.n = n + m;
    wn_knn_query(&both, row + n, m, row, n, index, distance);
    measure(index, distance, m, near, label, label + n, mean + n, alone + n);

    /* The threshold is the rank-th largest of the known rows. */
    const size_t rank = (size_t)(WN_STRANGE_SHARE * (double)(n + 1));
    memcpy(sorted, mean, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, wn_number_ascending);
    for (size_t i = 0; i < n; i++) {
        labelled += label[i] >= 0;
        strangers += alone[i];
    }
    for (size_t i = n; i < n + m; i++) {
        labels->asked += label[i] >= 0;
        if (mean[i] > sorted[n - rank])
            add(far, i);
        if (alone[i])
            add(labels, i);
        either += alone[i] || mean[i] > sorted[n - rank];
    }
    far->asked = m;
    far->expected = (double)(m * rank) / (double)(n + 1);
    far->p = wn_strange_tail(far->count, m, rank, n);
    labels->expected =
        labelled ? (double)labels->asked * (double)strangers / (double)labelled
                 : NAN;
    labels->p = wn_fisher_exact(labels->count, labels->asked - labels->count,
                                strangers, labelled - strangers, true);
    for (int kind = 0; kind < WN_STRANGE_KINDS; kind++)
        if (strange->of[kind].p < WN_STRANGE_P / WN_STRANGE_KINDS)
            strange->rows = either;
done:
    free(index);
    free(distance);
    free(row);
    free(mean);
    free(sorted);
    free(alone);
}

/* --- rows of two audits ----------------------------------------------------
 */

/* known[i]: whether the older audit has a row with the bytes of row i. */
static uint8_t *find_known(const struct wn_report *old,
                           const struct wn_report *now)
{
    const size_t n = old->data.n;
    struct wn_hashed_row *then = wn_new(n, sizeof *then);
    struct wn_hashed_row *rows = wn_new(now->data.n, sizeof *rows);
    uint8_t *known = wn_new(now->data.n, 1);

    for (size_t i = 0; i < n; i++)
        then[i] = (struct wn_hashed_row){old->data.row_hash[i], 0, i};
    for (size_t i = 0; i < now->data.n; i++)
        rows[i] = (struct wn_hashed_row){now->data.row_hash[i], 0, i};
    wn_order_by_hash(then, n);
    wn_order_by_hash(rows, now->data.n);
    for (size_t i = 0, t = 0; i < now->data.n; i++) {
        while (t < n && then[t].hash < rows[i].hash)
            t++;
        known[rows[i].row] = t < n && then[t].hash == rows[i].hash;
    }
    free(then);
    free(rows);
    return known;
}

/* The rows of one kind, `take` of `count` at equal distances. */
static size_t choose(const uint8_t *known, size_t n, uint8_t kind, size_t count,
                     size_t take, size_t *chosen)
{
    size_t seen = 0, taken = 0;

    for (size_t i = 0; i < n; i++)
        if (known[i] == kind && seen++ == taken * count / take) {
            chosen[taken++] = i;
            if (taken == take)
                break;
        }
    return taken;
}

/* Read the features of rows chosen[0..count), ascending, into x. */
static int read_chosen(struct wn_features *features, const size_t *chosen,
                       size_t count, size_t n, size_t d, float *x,
                       struct wn_error *error)
{
    enum { ROWS = 1024 };
    float *block = wn_spill_new(wn_product(ROWS, d, 1), sizeof *block);
    int status = 0;

    for (size_t begin = 0, c = 0; begin < n && c < count && !status;
         begin += ROWS) {
        const size_t end = n - begin < ROWS ? n : begin + ROWS;

        if (chosen[c] >= end)
            continue;
        status = wn_features_read(features, begin, end, block, error);
        for (; c < count && chosen[c] < end; c++)
            memcpy(x + c * d, block + (chosen[c] - begin) * d, d * sizeof *x);
    }
    wn_spill_free(block);
    return status;
}

void wn_strange_find(struct wn_strange *strange, const struct wn_report *old,
                     const struct wn_report *now, const struct wn_audit *audit)
{
    const size_t n = now->data.n;
    struct wn_error unread = {0};
    struct wn_features *features = NULL;
    uint8_t *known = find_known(old, now);
    size_t *chosen = NULL, d = 0;
    float *x = NULL;

    *strange = (struct wn_strange){0};
    for (size_t i = 0; i < n; i++)
        strange->known += known[i];
    strange->fresh = n - strange->known;
    if (strange->known < WN_STRANGE_KNOWN_MIN || !strange->fresh ||
        wn_features_width(audit, &d, &unread) || !d)
        goto done;
    features = wn_features_open(audit, &unread);
    if (!features)
        goto done;
    const size_t model = strange->known < WN_STRANGE_KNOWN_MAX
                             ? strange->known
                             : WN_STRANGE_KNOWN_MAX;
    const size_t looked = strange->fresh < WN_STRANGE_FRESH_MAX
                              ? strange->fresh
                              : WN_STRANGE_FRESH_MAX;
    chosen = wn_new(model + looked, sizeof *chosen);
    x = wn_spill_new(wn_product(model + looked, d, 1), sizeof *x);
    choose(known, n, 1, strange->known, model, chosen);
    choose(known, n, 0, strange->fresh, looked, chosen + model);
    if (read_chosen(features, chosen, model, n, d, x, &unread) ||
        read_chosen(features, chosen + model, looked, n, d, x + model * d,
                    &unread))
        goto done;
    int32_t *label = wn_new(model + looked, sizeof *label);
    const char *metric = now->model_quality.metric;
    for (size_t i = 0; i < model + looked; i++)
        label[i] = now->data.label[chosen[i]];
    for (int kind = 0; kind < WN_STRANGE_KINDS; kind++)
        strange->of[kind].row = wn_new(WN_STRANGE_ROWS, sizeof(size_t));
    strange->model = model;
    strange->looked = looked;
    wn_strange_look(strange, x, d,
                    metric && strcmp(metric, "cosine") == 0 ? WN_COSINE
                                                            : WN_EUCLIDEAN,
                    label);
    for (int kind = 0; kind < WN_STRANGE_KINDS; kind++)
        for (size_t r = 0; r < strange->of[kind].count && r < WN_STRANGE_ROWS;
             r++)
            strange->of[kind].row[r] = chosen[strange->of[kind].row[r]];
    free(label);
done:
    wn_features_close(features);
    wn_spill_free(x);
    free(chosen);
    free(known);
}

void wn_strange_free(struct wn_strange *strange)
{
    for (int kind = 0; kind < WN_STRANGE_KINDS; kind++)
        free(strange->of[kind].row);
}
