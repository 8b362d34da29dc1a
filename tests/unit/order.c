/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/order_dependence: golden.json non_iid, twenty rows sorted and
 * shuffled, three neighbours. */
#include "golden.h"
#include "unit.h"

#include <math.h>

#include "check/check_private.h"

enum { N = 20, M = 3 };

static int32_t sorted_index[60];
static double sorted_score[20];
static double sorted_chance[25];
static int32_t shuffled_index[60];
static double shuffled_score[20];
static double shuffled_chance[25];

static void compare(const int32_t *index, double gap, double p,
                    const double *score, const double *chance)
{
    struct wn_order_dependence one, three;
    double room[M + 1];

    wn_order_dependence(index, N, M, 1, &one);
    wn_order_dependence(index, N, M, 3, &three);
    assert_true(fabs(one.gap - gap) < 1e-12);
    assert_true(fabs(one.p - p) < 1e-9);
    assert_true(one.p == three.p);
    for (int s = 0; s < WN_SHUFFLES; s++) {
        assert_true(fabs(one.chance[s] - chance[s]) < 1e-11);
        assert_true(one.chance[s] == three.chance[s]);
    }
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(wn_order_score(index + i * M, N, M, i, room) -
                         score[i]) < 1e-11);
}

static void matches_sorted_rows(void **state)
{
    (void)state;
    compare(sorted_index, 0.7552631578947369, 0, sorted_score, sorted_chance);
}

static void matches_shuffled_rows(void **state)
{
    (void)state;
    compare(shuffled_index, 0.18596491228070167, 0.2595432522831585,
            shuffled_score, shuffled_chance);
}

/* Two rows: there is one distance only, so every gap is the same and nothing
 * can be said. */
static void survives_two_rows(void **state)
{
    static const int32_t index[] = {1, 0};
    struct wn_order_dependence found;

    (void)state;
    wn_order_dependence(index, 2, 1, 1, &found);
    assert_true(found.p == 1);
}

/* Fill the inputs and results above from tests/golden.json. */
static int read_goldens(void **state)
{
    (void)state;
    golden_ints("non_iid/outputs/sorted/neighbors", sorted_index, 60);
    golden_doubles("non_iid/outputs/sorted/scores", sorted_score, 20);
    golden_doubles("non_iid/outputs/sorted/perm_ks", sorted_chance, 25);
    golden_ints("non_iid/outputs/shuffled/neighbors", shuffled_index, 60);
    golden_doubles("non_iid/outputs/shuffled/scores", shuffled_score, 20);
    golden_doubles("non_iid/outputs/shuffled/perm_ks", shuffled_chance, 25);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_sorted_rows),
        cmocka_unit_test(matches_shuffled_rows),
        cmocka_unit_test(survives_two_rows),
    };

    return cmocka_run_group_tests(tests, read_goldens, NULL);
}
