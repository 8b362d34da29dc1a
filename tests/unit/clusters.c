/* SPDX-License-Identifier: GPL-3.0-or-later */
/* noise/clusters: three normal classes, against LinearDiscriminantAnalysis and
 * GaussianMixture of scikit-learn; and what says nothing. */
#include "unit.h"

#include <math.h>
#include <stdbool.h>

#include "noise/clusters.h"

enum { N = 600, D = 3, K = 3 };

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(*state >> 11) / 0x1p53;
}

/* Row i belongs to class i % 3, whose feature of that number is `apart` more;
 * every tenth label is that of the next class. */
static struct wn_clusters look(double apart, bool coarse)
{
    static float x[N * D];
    static int32_t label[N], predicted[N];
    struct wn_clusters out;
    uint64_t state = 1;

    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < D; j++) {
            const double u = uniform(&state), v = uniform(&state);
            const double z = sqrt(-2 * log(u + 1e-12)) * cos(2 * M_PI * v) +
                             (i % K == j ? apart : 0);

            x[i * D + j] = (float)(coarse ? round(z / 2) : z);
        }
        predicted[i] = (int32_t)(i % K);
        label[i] = (int32_t)((i + (i % 10 == 0)) % K);
    }
    wn_clusters_find(x, N, D, label, predicted, K, &out);
    return out;
}

static void classes_apart_show_errors(void **state)
{
    const struct wn_clusters found = look(3.5, false);
    double low;

    (void)state;
    assert_near(found.mismatch, 0.1, 1e-12);
    assert_near(found.overlap, 0.0154218, 1e-5);
    assert_near(found.contrary * N, 5, 1e-9);
    assert_near(found.valley, 0.204724919, 1e-9);
    assert_near(wn_clusters_errors(&found, &low),
                (found.mismatch - found.overlap) / 0.1, 1e-12);
    assert_near(low,
                0.1 - found.overlap - found.contrary -
                    1.6448536 * sqrt(0.1 * 0.9 / N),
                1e-6);
}

static void overlap_shows_none(void **state)
{
    const struct wn_clusters found = look(2, false);
    double low = 1;

    (void)state;
    assert_near(found.overlap, 0.1375431, 1e-3);
    /* The steps end before those of scikit-learn do. */
    assert_near(found.contrary * N, 102, 3);
    assert_near(found.valley, 0.8517274, 0.02);
    assert_near(wn_clusters_errors(&found, &low), 0, 0);
    assert_near(low, 0, 0);
}

/* Columns of few values make clusters of anything. */
static void counts_are_not_looked_at(void **state)
{
    const struct wn_clusters found = look(3.5, true);
    double low;

    (void)state;
    assert_near(found.rows, 0, 0);
    assert_near(wn_clusters_errors(&found, &low), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_apart_show_errors),
        cmocka_unit_test(overlap_shows_none),
        cmocka_unit_test(counts_are_not_looked_at)};

    return cmocka_run_group_tests_name("clusters", tests, NULL, NULL);
}
