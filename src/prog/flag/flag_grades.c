/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: labels that are grades in an order. Beside the probability S that the
 * given grade y is wrong stands by how many places it is expected to be off,
 *
 *   S sum_t p[t] |place(t) - place(y)| / sum_t p[t],  t != y,
 *
 * so that the probability of being off by d places weighs d. Rows are ranked by
 * it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prog/flag/flag.h"
#include "util/memory.h"
#include "util/number.h"
#include "util/spill.h"

struct grade {
    double value;
    size_t class;
};

static int by_value(const void *a, const void *b)
{
    const struct grade *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

void flag_weigh_grades(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n, k = evidence->k;

    if (!work->data.ordinal || !evidence->noise)
        return;
    struct grade *grade = wn_new(k, sizeof *grade);
    work->place = wn_new(k, sizeof *work->place);
    work->shift = wn_spill_new(n, sizeof *work->shift);
    for (size_t c = 0; c < k; c++) {
        const char *name = evidence->label_name[c];

        grade[c].class = c;
        if (!wn_number_parse(name, strlen(name), &grade[c].value))
            grade[c].value = 0; /* wn_dataset_load() refuses it */
    }
    qsort(grade, k, sizeof *grade, by_value);
    for (size_t c = 0; c < k; c++)
        work->place[grade[c].class] = (double)c;
    for (size_t i = 0; i < n; i++) {
        const int32_t y = evidence->label[i];
        double sum = 0, off = 0;

        for (size_t t = 0; t < k && y >= 0; t++) {
            const double p = (double)evidence->probability[i * k + t];

            if (t == (size_t)y)
                continue;
            sum += p;
            off += p * fabs(work->place[t] - work->place[y]);
        }
        work->shift[i] =
            sum > 0 ? work->judged.verdict[i].suspicion * off / sum : 0;
    }
    work->evidence.shift = work->shift;
    free(grade);
}
