/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules over one table; see label_rules.h. */
#include "noise/label_rules.h"

#include <stdlib.h>
#include <string.h>

#include "noise/rows_by_class.h"
#include "noise/label_quality.h"
#include "noise/order_statistics.h"
#include "util/spill.h"
#include "util/memory.h"

/* Lift the diagonal of given class s to `least`, taking it evenly from its
 * other cells that are not 0. */
static void keep_least(const struct wn_sparse *at, size_t s, double least,
                       double *m)
{
    const double own = m[at->diagonal[s]];
    const double lift = own < least ? least - own : 0;
    size_t others = 0;

    for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
        others += m[cell] != 0;
    const double part = lift / (double)(others > 2 ? others - 1 : 1);
    for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++)
        m[cell] = m[cell] > part ? m[cell] - part : 0;
    m[at->diagonal[s]] = own + lift;
}

/* Leave `fraction` of the off-diagonals of given class s, the rest goes
 * home. */
static void keep_fraction(const struct wn_sparse *at, size_t s, double fraction,
                          double *m)
{
    double home = 0;

    for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
        const double all = m[cell];

        if (cell == at->diagonal[s])
            continue;
        m[cell] = all * fraction;
        home += all - m[cell];
    }
    m[at->diagonal[s]] += home;
}

/* What scaling to a wanted number works with: cells by true class. */
struct by_truth {
    size_t *begin;  /* k + 2 */
    size_t *cell;   /* cells, by given class within one true class */
    size_t *given;  /* cells: the given class of each */
    double *total;  /* k: counts of each true class */
    double *row;    /* k */
    int64_t *whole; /* k */
};

static void free_by_truth(struct by_truth *by)
{
    free(by->begin);
    free(by->cell);
    free(by->given);
    free(by->total);
    free(by->row);
    free(by->whole);
}

static int sort_by_truth(const struct wn_sparse *at, const int64_t *count,
                         struct by_truth *by)
{
    by->begin = wn_new(at->k + 2, sizeof *by->begin);
    by->cell = wn_new(at->cells, sizeof *by->cell);
    by->given = wn_new(at->cells, sizeof *by->given);
    by->total = wn_new(at->k, sizeof *by->total);
    by->row = wn_new(at->k, sizeof *by->row);
    by->whole = wn_new(at->k, sizeof *by->whole);
    for (size_t cell = 0; cell < at->cells; cell++) {
        by->begin[at->column[cell] + 2]++;
        by->total[at->column[cell]] += (double)count[cell];
    }
    for (size_t t = 0; t < at->k; t++)
        by->begin[t + 2] += by->begin[t + 1];
    for (size_t s = 0; s < at->k; s++)
        for (size_t cell = at->begin[s]; cell < at->begin[s + 1]; cell++) {
            const size_t place = by->begin[at->column[cell] + 1]++;

            by->cell[place] = cell;
            by->given[place] = s;
        }
    return 0;
}

/* Scale the counts of true class t so that those labelled otherwise are
 * `most` of its `rows`; each first counts as its share of the true class that
 * goes by its label, as in the reference. */
static int scale_class(struct by_truth *by, size_t t, size_t rows, size_t most,
                       int64_t *count)
{
    const size_t from = by->begin[t], width = by->begin[t + 1] - from;
    const double wanted = (double)(most < rows ? most : rows);
    double off = 0;

    for (size_t c = 0; c < width; c++) {
        const double total = by->total[by->given[from + c]];

        by->row[c] =
            (double)count[by->cell[from + c]] / (total > 1 ? total : 1);
        off += by->given[from + c] == t ? 0 : by->row[c];
    }
    for (size_t c = 0; c < width; c++)
        by->row[c] = by->given[from + c] == t ? (double)rows - wanted
                     : off > 0                ? by->row[c] * wanted / off
                                              : 0;
    if (wn_round_sum(by->row, width, by->whole))
        return -1;
    for (size_t c = 0; c < width; c++)
        count[by->cell[from + c]] = by->whole[c];
    return 0;
}

static int scale_to_most(const struct wn_noise *noise, const size_t *most,
                         int64_t *count)
{
    struct by_truth by = {0};
    int status = sort_by_truth(&noise->at, count, &by);

    for (size_t t = 0; status == 0 && t < noise->k; t++)
        if (most[t] != SIZE_MAX)
            status = scale_class(&by, t, noise->count[t], most[t], count);
    free_by_truth(&by);
    return status;
}

int wn_label_rule_counts(const struct wn_noise *noise,
                         const struct wn_label_rule_settings *settings,
                         int64_t *out)
{
    const struct wn_sparse *at = &noise->at;
    double *m = wn_new(at->cells, sizeof *m);

    for (size_t cell = 0; cell < at->cells; cell++)
        m[cell] = (double)noise->calibrated[cell];
    for (size_t s = 0; s < noise->k; s++) {
        keep_least(at, s, (double)settings->least, m);
        keep_fraction(at, s, settings->fraction, m);
    }
    for (size_t cell = 0; cell < at->cells; cell++)
        out[cell] = (int64_t)m[cell];
    free(m);
    return settings->most ? scale_to_most(noise, settings->most, out) : 0;
}

/* Rows whose prediction agrees with the label are no issue after all. */
static void forgive(const struct wn_label_rule_view *view, double *room,
                    uint8_t *hit)
{
    for (size_t i = 0; i < view->p->n; i++)
        if (hit[i] && wn_predicts(wn_probability_row(view->p, i, room),
                                  view->p->k, view->label[i]))
            hit[i] = 0;
}

/* What one thread needs while it works on a class. */
struct desk {
    double *room;             /* k */
    struct wn_ranked *ranked; /* heaps, one after the other */
    struct wn_top_k *select;  /* k */
};

/* How many rows of a class of `size` go for cell `cell` of given class c. */
static size_t limit_of(const struct wn_sparse *at, const int64_t *counts,
                       size_t c, size_t cell, size_t size)
{
    const int64_t count = cell == at->diagonal[c] ? 0 : counts[cell];

    return count < (int64_t)size ? (size_t)count : size;
}

/* Remove, for each other class t, as many rows of class c as counts has for
 * the pair, those that lean furthest to t. */
static void prune_class_by_rate(const struct wn_label_rule_view *view,
                                const struct wn_rows_by_class *members,
                                const int64_t *counts, size_t c,
                                struct desk *desk, uint8_t *hit)
{
    const struct wn_sparse *at = &view->noise->at;
    const size_t size = view->noise->count[c], from = at->begin[c];
    const size_t *row = members->row + members->begin[c];
    struct wn_ranked *heap = desk->ranked;

    for (size_t cell = from; cell < at->begin[c + 1]; cell++) {
        const size_t limit = limit_of(at, counts, c, cell, size);

        desk->select[cell - from] = (struct wn_top_k){heap, limit, 0};
        heap += limit;
    }
    for (size_t r = 0; r < size && heap > desk->ranked; r++) {
        const double own = wn_probability_at(view->p, row[r], c);

        for (size_t cell = from; cell < at->begin[c + 1]; cell++)
            if (desk->select[cell - from].limit)
                wn_top_k_offer(&desk->select[cell - from],
                               own -
                                   wn_probability_at(view->p, row[r],
                                                     (size_t)at->column[cell]),
                               row[r]);
    }
    for (const struct wn_ranked *found = desk->ranked; found < heap; found++)
        hit[found->row] = 1;
}

/* Remove the rows of class c with the least self-confidence. */
static void prune_class_by_size(const struct wn_label_rule_view *view,
                                const struct wn_rows_by_class *members,
                                const int64_t *counts, size_t c,
                                struct desk *desk, uint8_t *hit)
{
    const size_t size = view->noise->count[c];
    const int64_t stay = counts[view->noise->at.diagonal[c]];
    const size_t *row = members->row + members->begin[c];
    struct wn_top_k select = {
        desk->ranked, stay < (int64_t)size ? size - (size_t)stay : 0, 0};

    for (size_t r = 0; r < size; r++)
        wn_top_k_offer(&select, wn_probability_at(view->p, row[r], c), row[r]);
    for (size_t s = 0; s < select.count; s++)
        hit[select.heap[s].row] = 1;
}

typedef void prune_class(const struct wn_label_rule_view *view,
                         const struct wn_rows_by_class *members,
                         const int64_t *counts, size_t c, struct desk *desk,
                         uint8_t *hit);

/* Room for the heaps of any class. */
static size_t most_ranked(const struct wn_noise *noise, const int64_t *counts)
{
    const struct wn_sparse *at = &noise->at;
    size_t most = 0;

    for (size_t c = 0; c < noise->k; c++) {
        size_t all = 0;

        for (size_t cell = at->begin[c]; cell < at->begin[c + 1]; cell++)
            all += limit_of(at, counts, c, cell, noise->count[c]);
        all = all > noise->count[c] ? all : noise->count[c];
        most = all > most ? all : most;
    }
    return most;
}

static int prune(const struct wn_label_rule_view *view, prune_class *one,
                 uint8_t *hit, struct wn_error *error)
{
    const size_t k = view->p->k;
    struct wn_rows_by_class members = {0};
    struct desk desk = {wn_new(k, sizeof *desk.room), NULL,
                        wn_new(k, sizeof *desk.select)};
    int64_t *counts = wn_new(view->noise->at.cells, sizeof *counts);
    int status = -1;

    if (!desk.room || !desk.select ||
        wn_rows_by_class_sort(view->label, view->p->n, k, &members) ||
        wn_label_rule_counts(view->noise, view->settings, counts))
        goto done;
    desk.ranked = wn_new(most_ranked(view->noise, counts), sizeof *desk.ranked);
    /* A class of one row has nobody to be compared with. */
    for (size_t c = 0; c < k; c++)
        if (view->noise->count[c] > view->settings->least &&
            view->noise->count[c] > 1)
            one(view, &members, counts, c, &desk, hit);
    forgive(view, desk.room, hit);
    status = 0;
done:
    wn_rows_by_class_free(&members);
    free(desk.room);
    free(desk.ranked);
    free(desk.select);
    free(counts);
    return status;
}

static int by_posterior(const struct wn_label_rule_view *view, uint8_t *hit,
                        struct wn_error *error)
{
    (void)error;
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->suspicion->verdict[i].suspicion > 0.5;
    return 0;
}

static int by_noise_rate(const struct wn_label_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    return prune(view, prune_class_by_rate, hit, error);
}

static int label_rules_by_class(const struct wn_label_rule_view *view,
                                uint8_t *hit, struct wn_error *error)
{
    return prune(view, prune_class_by_size, hit, error);
}

static int by_both(const struct wn_label_rule_view *view, uint8_t *hit,
                   struct wn_error *error)
{
    uint8_t *other = wn_spill_new(view->p->n, 1);
    int status = -1;

    if (other && !by_noise_rate(view, hit, error) &&
        !label_rules_by_class(view, other, error))
        status = 0;
    for (size_t i = 0; status == 0 && i < view->p->n; i++)
        hit[i] &= other[i];
    wn_spill_free(other);
    return status;
}

static int by_confidence(const struct wn_label_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    double *room = wn_new(view->p->k, sizeof *room);

    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->noise->guess[i] >= 0 &&
                 view->noise->guess[i] != view->label[i];
    forgive(view, room, hit);
    free(room);
    return 0;
}

static int by_prediction(const struct wn_label_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    double *room = wn_new(view->p->k, sizeof *room);

    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->label[i] >= 0;
    forgive(view, room, hit);
    free(room);
    return 0;
}

/* The noise->issues rows of the least quality. */
static int label_rules_by_quality(const struct wn_label_rule_view *view,
                                  enum wn_label_quality quality, uint8_t *hit)
{
    const size_t limit = view->noise->issues;
    double *room = wn_new(view->p->k, sizeof *room);
    struct wn_top_k select = {wn_new(limit, sizeof *select.heap), limit, 0};
    int status = -1;

    if (!select.heap)
        goto done;
    for (size_t i = 0; i < view->p->n; i++)
        if (view->label[i] >= 0)
            wn_top_k_offer(
                &select,
                wn_label_quality(quality, wn_probability_row(view->p, i, room),
                                 view->p->k, view->label[i]),
                i);
    for (size_t s = 0; s < select.count; s++)
        hit[select.heap[s].row] = 1;
    status = 0;
done:
    free(room);
    free(select.heap);
    return status;
}

static int by_self_confidence(const struct wn_label_rule_view *view,
                              uint8_t *hit, struct wn_error *error)
{
    return label_rules_by_quality(view, WN_SELF_CONFIDENCE, hit);
}

static int by_margin(const struct wn_label_rule_view *view, uint8_t *hit,
                     struct wn_error *error)
{
    return label_rules_by_quality(view, WN_NORMALIZED_MARGIN, hit);
}

const struct wn_rule wn_rules[] = {
    {"posterior", "labels that are more likely wrong than right", 0,
     by_posterior},
    {"prune_by_noise_rate",
     "as many rows of each class as the noise matrix leaks to each other "
     "class, those that lean to it most",
     1, by_noise_rate},
    {"prune_by_class",
     "as many rows of each class as are wrong, the least self-confident", 1,
     label_rules_by_class},
    {"both", "rows that both of the above name", 1, by_both},
    {"confident_learning", "rows that count as another class than given", 0,
     by_confidence},
    {"predicted_neq_given", "rows whose prediction is not the given label", 0,
     by_prediction},
    {"low_self_confidence",
     "the rows of least self-confidence, as many as confident_learning", 0,
     by_self_confidence},
    {"low_normalized_margin",
     "the rows of least normalized margin, as many as confident_learning", 0,
     by_margin},
    {0}};

const struct wn_rule *wn_label_rule_find(const char *name)
{
    const struct wn_rule *rule = wn_rules;

    while (rule->name && strcmp(rule->name, name))
        rule++;
    return rule->name ? rule : NULL;
}
