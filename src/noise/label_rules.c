/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules, one table; see label_rules.h. */
#include "noise/label_rules.h"

#include <stdlib.h>
#include <string.h>

#include "noise/label_quality.h"
#include "noise/order_statistics.h"
#include "noise/rows_by_class.h"
#include "util/memory.h"
#include "util/spill.h"

/* For each true class t with a number in max_per_class, scale its counts so
 * that the rows labelled otherwise are that many. As in the reference, a count
 * first becomes its share of the true class with the number of its label. */
static void scale_to_max(const struct wn_noise *noise,
                         const size_t *max_per_class, int64_t *count)
{
    const struct wn_sparse *at = &noise->at;
    const size_t k = at->k;
    size_t *begin = wn_new(k + 2, sizeof *begin); /* of each true class in */
    size_t *cell_of = wn_new(at->cells, sizeof *cell_of); /* these two: cells */
    size_t *given = wn_new(at->cells, sizeof *given); /* and given classes */
    double *total = wn_new(k, sizeof *total); /* counts of each true class */
    double *scaled = wn_new(k, sizeof *scaled);
    int64_t *whole = wn_new(k, sizeof *whole);

    for (size_t cell = 0; cell < at->cells; cell++) {
        begin[at->column[cell] + 2]++;
        total[at->column[cell]] += (double)count[cell];
    }
    for (size_t t = 0; t < k; t++)
        begin[t + 2] += begin[t + 1];
    for (size_t s = 0; s < k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t place = begin[at->column[cell] + 1]++;

            cell_of[place] = cell;
            given[place] = s;
        }
    for (size_t t = 0; t < k; t++) {
        const size_t rows = noise->count[t], from = begin[t],
                     width = begin[t + 1] - from, max = max_per_class[t];
        const double wanted = (double)(max < rows ? max : rows);
        double off = 0;

        if (max == SIZE_MAX)
            continue;
        for (size_t c = 0; c < width; c++) {
            const double all = total[given[from + c]];

            scaled[c] = (double)count[cell_of[from + c]] / (all > 1 ? all : 1);
            off += given[from + c] == t ? 0 : scaled[c];
        }
        for (size_t c = 0; c < width; c++)
            scaled[c] = given[from + c] == t ? (double)rows - wanted
                        : off > 0            ? scaled[c] * wanted / off
                                             : 0;
        wn_round_sum(scaled, width, whole);
        for (size_t c = 0; c < width; c++)
            count[cell_of[from + c]] = whole[c];
    }
    free(begin);
    free(cell_of);
    free(given);
    free(total);
    free(scaled);
    free(whole);
}

void wn_label_rule_counts(const struct wn_noise *noise,
                          const struct wn_label_rule_settings *settings,
                          int64_t *out)
{
    const struct wn_sparse *at = &noise->at;
    const double min = (double)settings->min_examples;
    double *m = wn_new(at->cells, sizeof *m);

    for (size_t cell = 0; cell < at->cells; cell++)
        m[cell] = (double)noise->calibrated[cell];
    for (size_t s = 0; s < noise->k; s++) {
        const size_t begin = at->begin[s], end = at->begin[s + 1];
        const double own = m[at->diagonal[s]];
        const double lift = own < min ? min - own : 0;
        size_t others = 0;
        double back = 0;

        /* Lift the diagonal to min_examples, taking it evenly from the other
         * cells that are not 0. */
        for (size_t cell = begin; cell < end; cell++)
            others += m[cell] != 0;
        const double part = lift / (double)(others > 2 ? others - 1 : 1);
        for (size_t cell = begin; cell < end; cell++)
            m[cell] = m[cell] > part ? m[cell] - part : 0;
        m[at->diagonal[s]] = own + lift;
        /* Keep `fraction` of the other cells; the rest returns to the
         * diagonal. */
        for (size_t cell = begin; cell < end; cell++) {
            const double all = m[cell];

            if (cell == at->diagonal[s])
                continue;
            m[cell] = all * settings->fraction;
            back += all - m[cell];
        }
        m[at->diagonal[s]] += back;
    }
    for (size_t cell = 0; cell < at->cells; cell++)
        out[cell] = (int64_t)m[cell];
    free(m);
    if (settings->max_per_class)
        scale_to_max(noise, settings->max_per_class, out);
}

/* Unmark rows whose prediction agrees with the label. */
static void drop_agreeing(const struct wn_label_rule_view *view, uint8_t *hit)
{
    const size_t k = view->p->k;
    double *scratch = wn_new(k, sizeof *scratch);

    for (size_t i = 0; i < view->p->n; i++)
        if (hit[i] && wn_predicts(wn_probability_row(view->p, i, scratch), k,
                                  view->label[i]))
            hit[i] = 0;
    free(scratch);
}

/* How many rows of given class c with `size` rows the counts remove for the
 * true class of `cell`. */
static size_t rows_to_remove(const struct wn_sparse *at, const int64_t *counts,
                             size_t c, size_t cell, size_t size)
{
    const int64_t count = cell == at->diagonal[c] ? 0 : counts[cell];

    return count < (int64_t)size ? (size_t)count : size;
}

/* The rows of one given class, and what a rule needs to choose among them. */
struct prune_class {
    const struct wn_label_rule_view *view;
    const int64_t *counts;
    size_t c, size;
    const uint32_t *row;      /* size */
    struct wn_ranked *ranked; /* scratch for heaps, one after the other */
    struct wn_top_k *tops;    /* scratch, k */
};

/* Remove, for each other class t, as many rows of class c as counts has for
 * the pair: those with the largest p[t] - p[c]. */
static void prune_class_by_rate(const struct prune_class *class, uint8_t *hit)
{
    const struct wn_probability *p = class->view->p;
    const struct wn_sparse *at = &class->view->noise->at;
    const size_t c = class->c, from = at->begin[c];
    struct wn_ranked *heap = class->ranked;

    for (size_t cell = from; cell < at->begin[c + 1]; cell++) {
        const size_t limit =
            rows_to_remove(at, class->counts, c, cell, class->size);

        class->tops[cell - from] = (struct wn_top_k){heap, limit, 0};
        heap += limit;
    }
    for (size_t r = 0; r < class->size && heap > class->ranked; r++) {
        const size_t i = class->row[r];
        const double own = wn_probability_at(p, i, c);

        for (size_t cell = from; cell < at->begin[c + 1]; cell++) {
            const size_t t = (size_t)at->column[cell];

            if (class->tops[cell - from].limit)
                wn_top_k_offer(&class->tops[cell - from],
                               own - wn_probability_at(p, i, t), i);
        }
    }
    for (const struct wn_ranked *found = class->ranked; found < heap; found++)
        hit[found->row] = 1;
}

/* Remove the rows of class c with the least self-confidence. */
static void prune_class_by_size(const struct prune_class *class, uint8_t *hit)
{
    const struct wn_noise *noise = class->view->noise;
    const int64_t keep = class->counts[noise->at.diagonal[class->c]];
    const int64_t size = (int64_t) class->size;
    struct wn_top_k top = {class->ranked,
                           keep < size ? (size_t)(size - keep) : 0, 0};

    for (size_t r = 0; r < class->size; r++)
        wn_top_k_offer(
            &top, wn_probability_at(class->view->p, class->row[r], class->c),
            class->row[r]);
    for (size_t s = 0; s < top.count; s++)
        hit[top.heap[s].row] = 1;
}

static void prune(const struct wn_label_rule_view *view,
                  void (*choose)(const struct prune_class *, uint8_t *),
                  uint8_t *hit)
{
    const struct wn_noise *noise = view->noise;
    const struct wn_sparse *at = &noise->at;
    const size_t k = view->p->k;
    int64_t *counts = wn_new(at->cells, sizeof *counts);
    struct prune_class class = {
        view, counts, 0, 0, NULL, NULL, wn_new(k, sizeof *class.tops)};
    struct wn_rows_by_class rows;
    size_t max_ranked = 0;

    wn_rows_by_class_sort(view->label, view->p->n, k, &rows);
    wn_label_rule_counts(noise, view->settings, counts);
    for (size_t c = 0; c < k; c++) {
        size_t all = 0;

        for (size_t cell = at->begin[c]; cell < at->begin[c + 1]; cell++)
            all += rows_to_remove(at, counts, c, cell, noise->count[c]);
        all = all > noise->count[c] ? all : noise->count[c];
        max_ranked = all > max_ranked ? all : max_ranked;
    }
    class.ranked = wn_new(max_ranked, sizeof *class.ranked);
    for (size_t c = 0; c < k; c++) {
        class.c = c;
        class.size = noise->count[c];
        class.row = rows.row + rows.begin[c];
        /* A class of one row has nothing to compare it with. */
        if (class.size > view->settings->min_examples && class.size > 1)
            choose(&class, hit);
    }
    drop_agreeing(view, hit);
    wn_rows_by_class_free(&rows);
    free(class.ranked);
    free(class.tops);
    free(counts);
}

static void by_posterior(const struct wn_label_rule_view *view, uint8_t *hit)
{
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->suspicion->verdict[i].suspicion > 0.5;
}

static void prune_by_noise_rate(const struct wn_label_rule_view *view,
                                uint8_t *hit)
{
    prune(view, prune_class_by_rate, hit);
}

static void prune_by_class(const struct wn_label_rule_view *view, uint8_t *hit)
{
    prune(view, prune_class_by_size, hit);
}

static void prune_by_both(const struct wn_label_rule_view *view, uint8_t *hit)
{
    uint8_t *other = wn_spill_new(view->p->n, 1);

    prune_by_noise_rate(view, hit);
    prune_by_class(view, other);
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] &= other[i];
    wn_spill_free(other);
}

static void by_confident_class(const struct wn_label_rule_view *view,
                               uint8_t *hit)
{
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->noise->guess[i] >= 0 &&
                 view->noise->guess[i] != view->label[i];
    drop_agreeing(view, hit);
}

static void by_prediction(const struct wn_label_rule_view *view, uint8_t *hit)
{
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->label[i] >= 0;
    drop_agreeing(view, hit);
}

/* The `limit` rows of lowest quality. */
static void find_low_quality(const struct wn_label_rule_view *view,
                             enum wn_label_quality quality, size_t limit,
                             uint8_t *hit)
{
    const size_t k = view->p->k;
    double *scratch = wn_new(k, sizeof *scratch);
    struct wn_top_k top = {wn_new(limit, sizeof *top.heap), limit, 0};

    for (size_t i = 0; i < view->p->n; i++)
        if (view->label[i] >= 0) {
            const double *row = wn_probability_row(view->p, i, scratch);

            wn_top_k_offer(
                &top, wn_label_quality(quality, row, k, view->label[i]), i);
        }
    for (size_t s = 0; s < top.count; s++)
        hit[top.heap[s].row] = 1;
    free(scratch);
    free(top.heap);
}

static void by_self_confidence(const struct wn_label_rule_view *view,
                               uint8_t *hit)
{
    find_low_quality(view, WN_SELF_CONFIDENCE, view->noise->issues, hit);
}

static void by_margin(const struct wn_label_rule_view *view, uint8_t *hit)
{
    find_low_quality(view, WN_NORMALIZED_MARGIN, view->noise->issues, hit);
}

/* As many as the share of the confident joint off its diagonal, without
 * calibration. */
static void by_margin_count(const struct wn_label_rule_view *view, uint8_t *hit)
{
    const struct wn_noise *noise = view->noise;
    int64_t trace = 0, sum = 0;

    for (size_t cell = 0; cell < noise->at.cells; cell++)
        sum += noise->raw[cell];
    for (size_t c = 0; c < noise->k; c++)
        trace += noise->raw[noise->at.diagonal[c]];
    find_low_quality(
        view, WN_NORMALIZED_MARGIN,
        (size_t)((1 - (double)trace / (double)sum) * (double)noise->n), hit);
}

/* clang-format off */
const struct wn_label_rule wn_label_rules[] = {
    {.name = "posterior", .find = by_posterior,
     .brief = "labels that are more likely wrong than right"},
    {.name = "prune_by_noise_rate", .prunes = true,
     .find = prune_by_noise_rate,
     .brief = "as many rows of each class as the noise matrix leaks to each "
              "other class, those that lean to it most"},
    {.name = "prune_by_class", .prunes = true, .find = prune_by_class,
     .brief = "as many rows of each class as are wrong, the least "
              "self-confident"},
    {.name = "both", .prunes = true, .find = prune_by_both,
     .brief = "rows that both of the above name"},
    {.name = "confident_learning", .find = by_confident_class,
     .brief = "rows that count as another class than their label"},
    {.name = "predicted_neq_given", .find = by_prediction,
     .brief = "rows whose prediction is not the given label"},
    {.name = "low_self_confidence", .find = by_self_confidence,
     .brief = "the least self-confident rows, as many as confident_learning "
              "finds"},
    {.name = "low_normalized_margin", .find = by_margin,
     .brief = "the least normalized margins, as many as confident_learning "
              "finds"},
    {.name = "margin_count", .find = by_margin_count,
     .brief = "the least normalized margins, as many as the confident joint "
              "says before it is calibrated"},
    {.name = "simifeat_vote",
     .brief = "labels that the labels of neighbours outvote in most draws",
     .score = "simifeat_vote", .made_by = "--methods=simifeat_vote",
     .least = 0x1.000002p-1f}, /* above one half */
    {.name = "simifeat_rank",
     .brief = "labels that rank among the noisy of their class in most draws",
     .score = "simifeat_rank", .made_by = "--methods=simifeat_rank",
     .least = 0x1.000002p-1f},
    {.name = "aum",
     .brief = "labels with no more area under the margin than those of a class "
              "that does not exist",
     .score = "aum", .made_by = "--methods=aum --aum-threshold=99",
     .option = "aum-threshold="},
    {.name = "enn_all", .brief = "rows with a neighbour of another label",
     .score = "enn", .made_by = "--methods=enn", .least = .5f},
    {.name = "enn_mode",
     .brief = "rows whose neighbours have most often another label",
     .score = "enn", .made_by = "--methods=enn", .least = 1},
    {.name = "tomek",
     .brief = "nearest neighbours of each other with different labels",
     .score = "tomek", .made_by = "--methods=tomek", .least = 1},
    {0}};
/* clang-format on */

void wn_label_rule_apply(const struct wn_label_rule *rule,
                         const struct wn_label_rule_view *view, uint8_t *hit)
{
    if (rule->find)
        rule->find(view, hit);
    else
        for (size_t i = 0; i < view->p->n; i++)
            hit[i] = view->label[i] >= 0 && view->score[i] >= rule->least;
}

const struct wn_label_rule *wn_label_rule_find(const char *name)
{
    const struct wn_label_rule *rule = wn_label_rules;

    while (rule->name && strcmp(rule->name, name))
        rule++;
    return rule->name ? rule : NULL;
}
