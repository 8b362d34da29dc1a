/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal rows by chance and at a floor; see coincidence.h. */
#include "check/coincidence.h"

#include <stdlib.h>

#include "noise/order_statistics.h"
#include "util/spill.h"

#define FALSE_SHARE 0.2
enum { FLOOR_ROWS = 20, FLOOR_PART = 100 };

void wn_coincidence_open(struct wn_coincidence *out, const uint64_t *hash,
                         const int32_t *label, size_t n, size_t k)
{
    *out = (struct wn_coincidence){.n = n, .k = k};
    out->row = wn_arena_spill(&out->own, sizeof *out->row, n, 1);
    out->lambda = wn_arena_spill(&out->own, sizeof *out->lambda, n, 1);
    out->set = wn_arena_spill(&out->own, sizeof *out->set, n, 1);
    out->of_class = wn_arena_new(&out->own, sizeof(double), k + 1, 1);
    for (size_t i = 0; i < n; i++) {
        const int32_t class = label && label[i] >= 0 ? label[i] : (int32_t)k;

        out->row[i] = (struct wn_hashed_row){hash[i], class, i};
        out->of_class[class]++;
    }
    wn_order_by_hash(out->row, n);
    for (size_t begin = 0, same = 0, end; begin < n; begin = end) {
        const struct wn_hashed_row *first = &out->row[begin];

        if (first->hash != out->row[same].hash)
            same = begin;
        for (end = begin; end < n && out->row[end].hash == first->hash &&
                          out->row[end].label == first->label;
             end++)
            continue;
        for (size_t r = begin; r < end; r++) {
            out->set[r] = end - begin;
            out->lambda[r] = out->of_class[first->label] - 1;
        }
        out->copies += end - begin - 1;
        if (end - same > out->floor_end - out->floor_begin) {
            out->floor_begin = same;
            out->floor_end = end;
        }
    }
    const size_t largest = out->floor_end - out->floor_begin;
    if (largest < FLOOR_ROWS || largest < n / FLOOR_PART)
        out->floor_end = out->floor_begin;
}

bool wn_coincidence_wants_more(const struct wn_coincidence *of)
{
    double pairs = 0;

    for (size_t r = 0; r < of->n; r++)
        pairs += of->lambda[r] / 2;
    return of->copies > 0 &&
           (pairs > FALSE_SHARE || of->floor_end > of->floor_begin);
}

struct valued_row {
    float value;
    int32_t class;
    size_t place; /* in `row` */
};

static int by_value(const void *a, const void *b)
{
    const struct valued_row *x = a, *y = b;

    if (x->value < y->value || x->value > y->value)
        return x->value < y->value ? -1 : 1;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

void wn_coincidence_add(struct wn_coincidence *of, const float *x, size_t step)
{
    const size_t n = of->n;
    struct valued_row *sorted = wn_spill_new(n, sizeof *sorted);
    size_t most = 0, of_floor = 0;

    for (size_t r = 0; r < n; r++)
        sorted[r] =
            (struct valued_row){x[of->row[r].row * step], of->row[r].label, r};
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t value = 0, end; value < n; value = end) {
        bool floor = false;

        for (end = value; end < n && !(sorted[end].value > sorted[value].value);
             end++)
            floor = floor || sorted[end].place == of->floor_begin;
        if (end - value > most)
            most = end - value;
        if (floor)
            of_floor = end - value;
        for (size_t begin = value, last; begin < end; begin = last) {
            for (last = begin;
                 last < end && sorted[last].class == sorted[begin].class;
                 last++)
                continue;
            for (size_t e = begin; e < last; e++) {
                const size_t place = sorted[e].place;
                const double others = (double)of->set[place] - 1;

                of->lambda[place] *= ((double)(last - begin) - others) /
                                     (of->of_class[sorted[e].class] - others);
            }
        }
    }
    if (of_floor < most)
        of->floor_end = of->floor_begin;
    wn_spill_free(sorted);
}

void wn_coincidence_conclude(const struct wn_coincidence *of, uint8_t *kind)
{
    const size_t n = of->n;
    struct wn_ranked *sorted = wn_spill_new(n, sizeof *sorted); /* places */
    size_t copies = 0, sure = 0;
    double pairs = 0;

    for (size_t r = 0; r < n; r++)
        sorted[r] = (struct wn_ranked){of->lambda[r], r};
    wn_rank(sorted, n);
    /* The rows of a set follow one another. */
    for (size_t s = 0; s < n; s++) {
        const size_t place = sorted[s].row;
        const struct wn_hashed_row *row = &of->row[place];
        const struct wn_hashed_row *next =
            &of->row[sorted[s + (s + 1 < n)].row];
        const bool last =
            next == row || next->hash != row->hash || next->label != row->label;

        if (place < of->floor_begin || place >= of->floor_end) {
            copies += !last;
            pairs += sorted[s].key / 2;
        }
        if (last && pairs <= FALSE_SHARE * (double)copies)
            sure = s + 1;
    }
    for (size_t s = 0; s < n; s++)
        kind[of->row[sorted[s].row].row] =
            s >= sure && of->set[sorted[s].row] > 1 ? WN_COINCIDENCE_CHANCE
                                                    : WN_COINCIDENCE_NO;
    for (size_t r = of->floor_begin; r < of->floor_end; r++)
        kind[of->row[r].row] = WN_COINCIDENCE_FLOOR;
    wn_spill_free(sorted);
}

void wn_coincidence_free(struct wn_coincidence *of)
{
    wn_arena_free(&of->own);
    *of = (struct wn_coincidence){0};
}
