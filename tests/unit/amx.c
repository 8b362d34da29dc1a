/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of floats against sums in double: by OpenBLAS, and by the matrix
 * unit (linalg/kernels/amx.c) if there is one. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "linalg/kernels/kernels.h"
#include "util/random.h"

enum { MAX = 300 * 1100 };

static float a[MAX], b[MAX], c[MAX], before[MAX];
static const struct wn_kernels *unit; /* NULL: none */

struct shape {
    size_t rows, columns, inner;
    bool transposed_a, transposed_b;
    float alpha, beta;
};

static void draw(float *x, size_t count, struct wn_random *random)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (float)wn_random_normal(random);
}

static struct wn_side side(const float *at, size_t outer, size_t inner,
                           bool is_left, bool transposed)
{
    return (struct wn_side){at, is_left != transposed ? inner : outer,
                            transposed};
}

static void multiply(const struct shape *s, int by_unit)
{
    const struct wn_side left =
        side(a, s->rows, s->inner, true, s->transposed_a);
    const struct wn_side right =
        side(b, s->columns, s->inner, false, s->transposed_b);

    memcpy(c, before, s->rows * s->columns * sizeof *c);
    if (by_unit)
        unit->gemm(s->rows, s->columns, s->inner, s->alpha, left, right,
                   s->beta, c, s->columns);
    else
        wn_gemm(s->transposed_a, s->transposed_b, s->rows, s->columns, s->inner,
                s->alpha, a, left.stride, b, right.stride, s->beta, c,
                s->columns);
}

/* Every element, within the rounding error of the worst order of the sum. */
static void compare(const struct shape *s)
{
    for (size_t i = 0; i < s->rows; i++)
        for (size_t j = 0; j < s->columns; j++) {
            double sum = 0, size = 0;

            for (size_t l = 0; l < s->inner; l++) {
                const double product =
                    (double)(s->transposed_a ? a[l * s->rows + i]
                                             : a[i * s->inner + l]) *
                    (s->transposed_b ? b[j * s->inner + l]
                                     : b[l * s->columns + j]);

                sum += product;
                size += fabs(product);
            }
            const double old = (double)s->beta * before[i * s->columns + j];
            const double wanted = s->alpha * sum + old;
            const double tolerance =
                6e-8 * (fabs(s->alpha) * size * (4 + sqrt((double)s->inner)) +
                        2 * fabs(old));

            assert_true(fabs(c[i * s->columns + j] - wanted) <= tolerance);
        }
}

static void products(void **state)
{
    static const size_t sizes[][3] = {
        {1, 1, 1},     {16, 16, 32},  {17, 15, 31},  {32, 32, 64},
        {33, 65, 33},  {100, 40, 70}, {20, 300, 50}, {45, 10, 530},
        {3, 33, 1030}, {128, 10, 128}};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 1, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t q = 0; q < sizeof sizes / sizeof *sizes; q++)
        for (int form = 0; form < 8; form++) {
            const struct shape s = {
                sizes[q][0],   sizes[q][1],         sizes[q][2],       form & 1,
                form >> 1 & 1, form & 4 ? -.7f : 1, form & 4 ? .9f : 0};

            draw(a, s.rows * s.inner, &random);
            draw(b, s.columns * s.inner, &random);
            draw(before, s.rows * s.columns, &random);
            multiply(&s, 0);
            compare(&s);
            if (!unit)
                continue;
            multiply(&s, 1);
            compare(&s);
        }
}

/* Whole numbers of 24 bits whose products add up exactly: no bit is lost. */
static void exact(void **state)
{
    struct shape s = {40, 40, 40, false, false, 1, 0};
    struct wn_random random;

    (void)state;
    wn_random_start(&random, 2, WN_RANDOM_SAMPLE, 0, 0);
    memset(b, 0, sizeof b);
    for (size_t i = 0; i < 40 * 40; i++)
        a[i] = (float)((double)wn_random_below(&random, 1 << 24) - (1 << 23));
    for (size_t i = 0; i < 40; i++)
        b[i * 40 + (i * 7 + 3) % 40] = i % 2 ? 1 : -.25f;
    multiply(&s, unit != NULL);
    for (size_t i = 0; i < 40; i++)
        for (size_t l = 0; l < 40; l++)
            assert_true(c[i * 40 + (l * 7 + 3) % 40] ==
                        a[i * 40 + l] * (l % 2 ? 1 : -.25f));
}

/* With beta = 0 nothing of C is read. */
static void not_read(void **state)
{
    const struct shape s = {50, 50, 50, false, false, 1, 0};

    (void)state;
    for (size_t i = 0; i < 50 * 50; i++) {
        a[i] = b[i] = 1;
        before[i] = NAN;
    }
    multiply(&s, unit != NULL);
    for (size_t i = 0; i < 50 * 50; i++)
        assert_true(c[i] == 50);
}

/* A row of C has the same bytes whatever the other rows are. */
static void alone(void **state)
{
    const struct shape all = {70, 40, 90, false, true, .3f, 0};
    static float kept[MAX];
    struct wn_random random;

    (void)state;
    if (!unit)
        return;
    wn_random_start(&random, 3, WN_RANDOM_SAMPLE, 0, 0);
    draw(a, 70 * 90, &random);
    draw(b, 40 * 90, &random);
    multiply(&all, 1);
    memcpy(kept, c, 70 * 40 * sizeof *c);
    for (size_t i = 0; i < 70; i += 9) {
        unit->gemm(1, 40, 90, .3f, (struct wn_side){a + i * 90, 90, false},
                   (struct wn_side){b, 90, true}, 0, c, 40);
        assert_memory_equal(c, kept + i * 40, 40 * sizeof *c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products), cmocka_unit_test(exact),
        cmocka_unit_test(not_read), cmocka_unit_test(alone)};

    wn_linear_start();
    unit = wn_kernels_amx();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
