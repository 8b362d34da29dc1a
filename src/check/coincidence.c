/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal rows by chance and at a floor; see coincidence.h. */
#include "check/coincidence.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/spill.h"

#define FALSE_SHARE 0.2
enum { FLOOR_ROWS = 20, FLOOR_PART = 100 };

struct wn_equal_row {
    uint64_t hash;
    size_t row;
    size_t class; /* k without a label */
};

static int by_hash(const void *a, const void *b)
{
    const struct wn_equal_row *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

void wn_coincidence_open(struct wn_coincidence *out, const uint64_t *hash,
                         const int32_t *label, size_t n, size_t k)
{
    *out = (struct wn_coincidence){.n = n, .k = k};
    out->row = wn_spill_new(n, sizeof *out->row);
    out->lambda = wn_spill_new(n, sizeof *out->lambda);
    out->set = wn_spill_new(n, sizeof *out->set);
    out->of_class = wn_new(k + 1, sizeof *out->of_class);
    for (size_t i = 0; i < n; i++) {
        const size_t class = label && label[i] >= 0 ? (size_t)label[i] : k;

        out->row[i] = (struct wn_equal_row){hash[i], i, class};
        out->of_class[class]++;
    }
    qsort(out->row, n, sizeof *out->row, by_hash);
    for (size_t begin = 0, same = 0, end; begin < n; begin = end) {
        const struct wn_equal_row *first = &out->row[begin];

        if (first->hash != out->row[same].hash)
            same = begin;
        for (end = begin; end < n && out->row[end].hash == first->hash &&
                          out->row[end].class == first->class;
             end++)
            continue;
        for (size_t r = begin; r < end; r++) {
            out->set[r] = end - begin;
            out->lambda[r] = out->of_class[first->class] - 1;
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
    size_t class, place; /* in `row` */
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
            (struct valued_row){x[of->row[r].row * step], of->row[r].class, r};
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

struct chance {
    double lambda;
    size_t place;
};

static int by_chance(const void *a, const void *b)
{
    const struct chance *x = a, *y = b;

    if (x->lambda < y->lambda || x->lambda > y->lambda)
        return x->lambda < y->lambda ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

void wn_coincidence_conclude(const struct wn_coincidence *of, uint8_t *kind)
{
    const size_t n = of->n;
    struct chance *sorted = wn_spill_new(n, sizeof *sorted);
    size_t copies = 0, sure = 0;
    double pairs = 0;

    for (size_t r = 0; r < n; r++)
        sorted[r] = (struct chance){of->lambda[r], r};
    qsort(sorted, n, sizeof *sorted, by_chance);
    /* The rows of a set follow one another. */
    for (size_t s = 0; s < n; s++) {
        const struct wn_equal_row *row = &of->row[sorted[s].place];
        const struct wn_equal_row *next =
            &of->row[sorted[s + (s + 1 < n)].place];
        const bool last =
            next == row || next->hash != row->hash || next->class != row->class;

        if (sorted[s].place < of->floor_begin ||
            sorted[s].place >= of->floor_end) {
            copies += !last;
            pairs += sorted[s].lambda / 2;
        }
        if (last && pairs <= FALSE_SHARE * (double)copies)
            sure = s + 1;
    }
    for (size_t s = 0; s < n; s++)
        kind[of->row[sorted[s].place].row] =
            s >= sure && of->set[sorted[s].place] > 1 ? WN_COINCIDENCE_CHANCE
                                                      : WN_COINCIDENCE_NO;
    for (size_t r = of->floor_begin; r < of->floor_end; r++)
        kind[of->row[r].row] = WN_COINCIDENCE_FLOOR;
    wn_spill_free(sorted);
}

void wn_coincidence_free(struct wn_coincidence *of)
{
    wn_spill_free(of->row);
    wn_spill_free(of->lambda);
    wn_spill_free(of->set);
    free(of->of_class);
    *of = (struct wn_coincidence){0};
}
