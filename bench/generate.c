/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data for the benchmarks:
 * generate ROWS COLUMNS CLASSES WRONG [APART] >FILE.csv
 *
 * Classes are normal clouds around random centres, in 8 random directions of
 * the space plus noise in all, so that they overlap a little; WRONG is the
 * share of labels changed to another class, APART (.3) the deviation of the
 * centres: at 1 the clouds do not touch. The same arguments give the same
 * bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "util/random.h"

enum { DIRECTIONS = 8, SEED = 2026 };

static void put_row(struct wn_random *random, const double *center, size_t d,
                    size_t k, double wrong)
{
    const size_t class = (size_t)wn_random_below(random, k);
    size_t given = class;
    double at[DIRECTIONS];

    for (int i = 0; i < DIRECTIONS; i++)
        at[i] = wn_random_normal(random);
    for (size_t j = 0; j < d; j++) {
        double value = wn_random_normal(random) + center[class * d + j];

        for (int i = 0; i < DIRECTIONS; i++)
            value += at[i] * center[(k + (size_t)i) * d + j];
        printf("%.5f,", value);
    }
    if (k > 1 && wn_random_unit(random) < wrong)
        given = (class + 1 + (size_t)wn_random_below(random, k - 1)) % k;
    printf("c%02zu\n", given);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: generate ROWS COLUMNS CLASSES WRONG [APART]\n");
        return 2;
    }
    const size_t n = strtoull(argv[1], NULL, 10);
    const size_t d = strtoull(argv[2], NULL, 10);
    const size_t k = strtoull(argv[3], NULL, 10);
    const double wrong = strtod(argv[4], NULL);
    const double apart = argc == 6 ? strtod(argv[5], NULL) : .3;
    double *center = malloc((k + DIRECTIONS) * d * sizeof *center);
    struct wn_random random;

    if (!center || !n || !d || !k)
        return 2;
    wn_random_start(&random, SEED, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < (k + DIRECTIONS) * d; i++)
        center[i] = apart * wn_random_normal(&random);
    for (size_t j = 0; j < d; j++)
        printf("x%03zu,", j);
    puts("label");
    for (size_t i = 0; i < n; i++)
        put_row(&random, center, d, k, wrong);
    free(center);
    return fclose(stdout) ? 2 : 0;
}
