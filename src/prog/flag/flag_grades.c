/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flag: labels that are grades in an order. Rows are ranked by how many places
 * the given grade y is expected to be off. With S, the probability that it is
 * wrong, that is
 *
 *   S sum_t p[t] |place(t) - place(y)| / sum_t p[t],  t != y,
 *
 * so the probability of being off by d places weighs d. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise/order_statistics.h"
#include "prog/flag/flag.h"
#include "util/memory.h"
#include "util/number.h"

void flag_weigh_grades(struct work *work)
{
    const struct wn_evidence *evidence = &work->evidence;
    const size_t n = evidence->n, k = evidence->k;

    if (!work->data.ordinal || !evidence->noise)
        return;
    struct wn_ranked *grade = wn_new(k, sizeof *grade);
    work->place = wn_arena_new(&work->own, sizeof *work->place, k, 1);
    double *shift = wn_arena_spill(&work->own, sizeof *shift, n, 1);
    for (size_t c = 0; c < k; c++) {
        const char *name = evidence->label_name[c];

        grade[c].row = c;
        if (!wn_number_parse(name, strlen(name), &grade[c].key))
            grade[c].key = 0; /* wn_dataset_load() refuses it */
    }
    wn_rank(grade, k);
    for (size_t c = 0; c < k; c++)
        work->place[grade[c].row] = (double)c;
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
        shift[i] = sum > 0 ? work->judged.verdict[i].suspicion * off / sum : 0;
    }
    work->evidence.shift = shift;
    free(grade);
}
