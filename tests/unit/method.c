/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods, and those that read the neighbour graph: golden.json
 * knn_basic. */
#include "unit.h"

#include <string.h>

#include "method/method.h"

/* golden:knn_basic, k = 3. */
static const int32_t basic_label[12] = {0, 0, 0, 0, 1, 1, 1, 0, 1, 2, 1, 0};
static const int32_t basic_neighbor[36] = {
    8,  1, 2, 8,  0, 2, 8, 0, 1, 8, 1, 2, 10, 5, 6, 4, 10, 6,
    10, 4, 5, 5, 10, 4, 2, 1, 0, 7, 5, 4, 4,  5, 6, 1, 0,  8};

static struct wn_view basic_view(void)
{
    return (struct wn_view){.n = 12,
                            .k = 3,
                            .m = 3,
                            .label = basic_label,
                            .neighbor = basic_neighbor,
                            .threads = 1};
}

static void every_row_is_complete_and_found(void **state)
{
    (void)state;
    assert_non_null(wn_methods[0]);
    for (size_t i = 0; wn_methods[i]; i++) {
        const struct wn_method *method = wn_methods[i];
        const char *at = strstr(wn_method_choices, method->name);

        assert_ptr_equal(wn_method_find(method->name), method);
        assert_non_null(at);
        assert_int_equal(at[-1], '|');
        assert_true(strlen(method->brief) < 60);
        assert_non_null(method->source);
        assert_true(method->needs != 0);
        assert_true(!method->score != !method->trace);
        assert_true(!method->wants || method->knobs);
    }
    assert_null(wn_method_find("nonsense"));
    assert_int_equal(wn_method_standard[0], ',');
}

static void disagreement_is_the_golden_one(void **state)
{
    static const float wanted[12] = {1 / 3.f, 1 / 3.f, 1 / 3.f, 1 / 3.f,
                                     0,       0,       0,       1,
                                     1,       1,       0,       1 / 3.f};
    const struct wn_view view = basic_view();
    struct wn_error error = {0};
    float out[12];

    (void)state;
    assert_int_equal(wn_method_find("disagreement")
                         ->score(&view, NULL, out, NULL, &error),
                     0);
    for (int i = 0; i < 12; i++)
        assert_true(out[i] == wanted[i]);
}

static void disagreement_leaves_out_rows_without_a_label(void **state)
{
    static const int32_t label[4] = {0, 1, -1, -1};
    static const int32_t neighbor[8] = {1, 2, 0, 3, 0, 1, 2, 3};
    const struct wn_view view = {
        .n = 4, .k = 2, .m = 2, .label = label, .neighbor = neighbor};
    struct wn_error error = {0};
    float out[4];

    (void)state;
    assert_int_equal(wn_method_find("disagreement")
                         ->score(&view, NULL, out, NULL, &error),
                     0);
    assert_true(out[0] == 1 && out[1] == 1 && out[2] == 0 && out[3] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_complete_and_found),
        cmocka_unit_test(disagreement_is_the_golden_one),
        cmocka_unit_test(disagreement_leaves_out_rows_without_a_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
