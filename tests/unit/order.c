/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check/order_dependence: golden.json non_iid, twenty rows sorted and
 * shuffled, three neighbours. */
#include "unit.h"

#include <math.h>

#include "check/check_private.h"

enum { N = 20, M = 3 };

static const int32_t sorted_index[60] = {
    1,  2,  3,  0,  2,  3,  1,  3,  0,  2,  4,  1,  3,  5,  2,
    4,  6,  3,  5,  7,  4,  6,  8,  5,  7,  9,  6,  8,  10, 7,
    9,  11, 8,  10, 12, 9,  11, 13, 10, 12, 14, 11, 13, 15, 12,
    14, 16, 13, 15, 17, 14, 16, 18, 15, 17, 19, 16, 18, 17, 16};
static const double sorted_score[20] = {
    0.639351136382, 0.632522856433, 0.654665780671, 0.674329585792,
    0.690830211815, 0.703344871728, 0.710867793289, 0.712149189155,
    0.70561319556,  0.689253387819, 0.66051637715,  0.680633956337,
    0.689673707439, 0.690029457304, 0.683552574126, 0.671687531668,
    0.655578183435, 0.63614591278,  0.614145571996, 0.622186227349};
static const double sorted_chance[25] = {0.189473684211,
                                         0.135087719298,
                                         0.154385964912,
                                         0.121929824561,
                                         0.110526315789,
                                         0.161403508772,
                                         0.111403508772,
                                         0.111403508772,
                                         0.117543859649,
                                         0.138596491228,
                                         0.1,
                                         0.189473684211,
                                         0.171052631579,
                                         0.172807017544,
                                         0.139473684211,
                                         0.143859649123,
                                         0.155263157895,
                                         0.167543859649,
                                         0.121052631579,
                                         0.268421052632,
                                         0.121052631579,
                                         0.184210526316,
                                         0.111403508772,
                                         0.194736842105,
                                         0.206140350877};
static const int32_t shuffled_index[60] = {
    14, 8,  9,  2,  18, 16, 16, 1,  18, 5, 13, 8,  18, 15, 1,
    8,  3,  0,  15, 7,  4,  6,  17, 15, 0, 5,  14, 11, 14, 19,
    17, 19, 7,  19, 9,  10, 13, 3,  5,  3, 12, 5,  9,  0,  11,
    4,  6,  18, 2,  1,  18, 7,  10, 6,  1, 4,  2,  10, 11, 17};
static const double shuffled_score[20] = {
    0.862714479643, 0.869175173573, 0.852449512056, 0.898697491472,
    0.812021079566, 0.808814601371, 0.893265254401, 0.887788991488,
    0.894401011849, 0.918047054953, 0.839129005741, 0.881736254832,
    0.911779650322, 0.891788392577, 0.892026563968, 0.856551814398,
    0.789908046864, 0.795000027979, 0.621636667867, 0.82410155578};
static const double shuffled_chance[25] = {0.185964912281,
                                           0.111403508772,
                                           0.165789473684,
                                           0.180701754386,
                                           0.167543859649,
                                           0.163157894737,
                                           0.237719298246,
                                           0.134210526316,
                                           0.102631578947,
                                           0.164035087719,
                                           0.152631578947,
                                           0.19649122807,
                                           0.218421052632,
                                           0.152631578947,
                                           0.128070175439,
                                           0.247368421053,
                                           0.111403508772,
                                           0.1,
                                           0.14649122807,
                                           0.114035087719,
                                           0.234210526316,
                                           0.1,
                                           0.1,
                                           0.130701754386,
                                           0.106140350877};

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_sorted_rows),
        cmocka_unit_test(matches_shuffled_rows),
        cmocka_unit_test(survives_two_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
