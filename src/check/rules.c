/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules over one table; see rules.h. */
#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

#include "check/members.h"
#include "check/quality.h"
#include "check/select.h"
#include "util/memory.h"
#include "util/thread.h"

/* Lift the diagonal of column c to `least`, taking it evenly from the other
 * entries that are not 0. */
static void keep_least(double *m, size_t k, size_t c, double least)
{
    const double own = m[c * k + c];
    const double lift = own < least ? least - own : 0;
    size_t others = 0;

    for (size_t t = 0; t < k; t++)
        others += m[t * k + c] != 0;
    const double part = lift / (double)(others > 2 ? others - 1 : 1);
    for (size_t t = 0; t < k; t++) {
        double *cell = &m[t * k + c];

        *cell = *cell > part ? *cell - part : 0;
    }
    m[c * k + c] = own + lift;
}

/* Leave `fraction` of the off-diagonals of column c, the rest goes home. */
static void keep_fraction(double *m, size_t k, size_t c, double fraction)
{
    double home = 0;

    for (size_t t = 0; t < k; t++) {
        const double all = m[t * k + c];

        if (t == c)
            continue;
        m[t * k + c] = all * fraction;
        home += all - m[t * k + c];
    }
    m[c * k + c] += home;
}

int wn_rule_counts(const struct wn_noise *noise,
                   const struct wn_rule_settings *settings, int64_t *out,
                   struct wn_error *error)
{
    const size_t k = noise->k;
    double *m = wn_new(wn_product(k, k, 1), sizeof *m, error);

    if (!m)
        return -1;
    for (size_t t = 0; t < k; t++)
        for (size_t s = 0; s < k; s++)
            m[t * k + s] = (double)noise->calibrated[s * k + t];
    for (size_t s = 0; s < k; s++) {
        keep_least(m, k, s, (double)settings->least);
        keep_fraction(m, k, s, settings->fraction);
    }
    for (size_t cell = 0; cell < k * k; cell++)
        out[cell] = (int64_t)m[cell];
    free(m);
    return 0;
}

/* Rows whose prediction agrees with the label are no issue after all. */
static void forgive(const struct wn_rule_view *view, double *room,
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
    struct wn_ranked *ranked; /* heaps, one after the other: 2 n_class */
    struct wn_select *select; /* k */
};

/* Remove, for each other class t, the counts[t][c] rows of class c that lean
 * furthest to t. */
static void prune_class_by_rate(const struct wn_rule_view *view,
                                const struct wn_members *members,
                                const int64_t *counts, size_t c,
                                struct desk *desk, uint8_t *hit)
{
    const size_t k = view->p->k, size = view->noise->count[c];
    const size_t *row = members->row + members->begin[c];
    struct wn_ranked *heap = desk->ranked;

    for (size_t t = 0; t < k; t++) {
        size_t limit = t == c ? 0 : (size_t)counts[t * k + c];

        limit = limit < size ? limit : size;
        desk->select[t] = (struct wn_select){heap, limit, 0};
        heap += limit;
    }
    for (size_t r = 0; r < size; r++) {
        const double *x = wn_probability_row(view->p, row[r], desk->room);

        for (size_t t = 0; t < k; t++)
            if (desk->select[t].limit)
                wn_select_offer(&desk->select[t], x[c] - x[t], row[r]);
    }
    for (const struct wn_ranked *at = desk->ranked; at < heap; at++)
        hit[at->row] = 1;
}

/* Remove the rows of class c with the least self-confidence. */
static void prune_class_by_size(const struct wn_rule_view *view,
                                const struct wn_members *members,
                                const int64_t *counts, size_t c,
                                struct desk *desk, uint8_t *hit)
{
    const size_t size = view->noise->count[c];
    const int64_t stay = counts[c * view->p->k + c];
    const size_t *row = members->row + members->begin[c];
    struct wn_select select = {
        desk->ranked, stay < (int64_t)size ? size - (size_t)stay : 0, 0};

    for (size_t r = 0; r < size; r++)
        wn_select_offer(&select, wn_probability_at(view->p, row[r], c),
                        row[r]);
    for (size_t s = 0; s < select.count; s++)
        hit[select.heap[s].row] = 1;
}

typedef void prune_class(const struct wn_rule_view *view,
                         const struct wn_members *members,
                         const int64_t *counts, size_t c, struct desk *desk,
                         uint8_t *hit);

/* All sums of heap limits stay below the calibrated row sum = class size. */
static int prune(const struct wn_rule_view *view, prune_class *one,
                 uint8_t *hit, struct wn_error *error)
{
    const size_t k = view->p->k;
    size_t largest = 0;
    int status = -1;

    for (size_t c = 0; c < k; c++)
        if (view->noise->count[c] > largest)
            largest = view->noise->count[c];
    struct wn_members members = {0};
    struct desk desk = {wn_new(k, sizeof *desk.room, error),
                        wn_new(largest, sizeof *desk.ranked, error),
                        wn_new(k, sizeof *desk.select, error)};
    int64_t *counts = wn_new(wn_product(k, k, 1), sizeof *counts, error);

    if (!desk.room || !desk.ranked || !desk.select || !counts ||
        wn_members_sort(view->label, view->p->n, k, &members, error) ||
        wn_rule_counts(view->noise, view->settings, counts, error))
        goto done;
    /* A class of one row has nobody to be compared with. */
    for (size_t c = 0; c < k; c++)
        if (view->noise->count[c] > view->settings->least &&
            view->noise->count[c] > 1)
            one(view, &members, counts, c, &desk, hit);
    forgive(view, desk.room, hit);
    status = 0;
done:
    wn_members_free(&members);
    free(desk.room);
    free(desk.ranked);
    free(desk.select);
    free(counts);
    return status;
}

static int by_posterior(const struct wn_rule_view *view, uint8_t *hit,
                        struct wn_error *error)
{
    (void)error;
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->suspicion->verdict[i].suspicion > 0.5;
    return 0;
}

static int by_noise_rate(const struct wn_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    return prune(view, prune_class_by_rate, hit, error);
}

static int by_class(const struct wn_rule_view *view, uint8_t *hit,
                    struct wn_error *error)
{
    return prune(view, prune_class_by_size, hit, error);
}

static int by_both(const struct wn_rule_view *view, uint8_t *hit,
                   struct wn_error *error)
{
    uint8_t *other = wn_new(view->p->n, 1, error);
    int status = -1;

    if (other && !by_noise_rate(view, hit, error) &&
        !by_class(view, other, error))
        status = 0;
    for (size_t i = 0; status == 0 && i < view->p->n; i++)
        hit[i] &= other[i];
    free(other);
    return status;
}

static int by_confidence(const struct wn_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    double *room = wn_new(view->p->k, sizeof *room, error);

    if (!room)
        return -1;
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->noise->guess[i] >= 0 &&
                 view->noise->guess[i] != view->label[i];
    forgive(view, room, hit);
    free(room);
    return 0;
}

static int by_prediction(const struct wn_rule_view *view, uint8_t *hit,
                         struct wn_error *error)
{
    double *room = wn_new(view->p->k, sizeof *room, error);

    if (!room)
        return -1;
    for (size_t i = 0; i < view->p->n; i++)
        hit[i] = view->label[i] >= 0;
    forgive(view, room, hit);
    free(room);
    return 0;
}

/* The noise->issues rows of the least quality. */
static int by_quality(const struct wn_rule_view *view,
                      enum wn_label_quality quality, uint8_t *hit,
                      struct wn_error *error)
{
    const size_t limit = view->noise->issues;
    double *room = wn_new(view->p->k, sizeof *room, error);
    struct wn_select select = {wn_new(limit, sizeof *select.heap, error),
                               limit, 0};
    int status = -1;

    if (!room || !select.heap)
        goto done;
    for (size_t i = 0; i < view->p->n; i++)
        if (view->label[i] >= 0)
            wn_select_offer(
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

static int by_self_confidence(const struct wn_rule_view *view, uint8_t *hit,
                              struct wn_error *error)
{
    return by_quality(view, WN_SELF_CONFIDENCE, hit, error);
}

static int by_margin(const struct wn_rule_view *view, uint8_t *hit,
                     struct wn_error *error)
{
    return by_quality(view, WN_NORMALIZED_MARGIN, hit, error);
}

const struct wn_rule wn_rules[] = {
    {"posterior", "labels that are more likely wrong than right",
     by_posterior},
    {"prune_by_noise_rate",
     "as many rows of each class as the noise matrix leaks to each other "
     "class, those that lean to it most",
     by_noise_rate},
    {"prune_by_class",
     "as many rows of each class as are wrong, the least self-confident",
     by_class},
    {"both", "rows that both of the above name", by_both},
    {"confident_learning", "rows that count as another class than given",
     by_confidence},
    {"predicted_neq_given", "rows whose prediction is not the given label",
     by_prediction},
    {"low_self_confidence",
     "the rows of least self-confidence, as many as confident_learning",
     by_self_confidence},
    {"low_normalized_margin",
     "the rows of least normalized margin, as many as confident_learning",
     by_margin},
    {0}};

const struct wn_rule *wn_rule_find(const char *name)
{
    const struct wn_rule *rule = wn_rules;

    while (rule->name && strcmp(rule->name, name))
        rule++;
    return rule->name ? rule : NULL;
}
