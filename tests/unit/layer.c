/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first layer of a network on the matrix unit (linalg/kernels/layer.c), if
 * there is one, against the same steps in double. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/products.h"
#include "util/random.h"

enum { ROWS = 150, INPUTS = 420, OUTPUTS = 130 };

static float w[INPUTS * OUTPUTS], old_w[INPUTS * OUTPUTS], b[OUTPUTS];
static float x[ROWS * (INPUTS + 31)], delta[ROWS * OUTPUTS], h[ROWS * OUTPUTS];
static double velocity[INPUTS * OUTPUTS];

/* A sum and the sum of absolute values. Products of two floats are exact to
 * 2^-15; they are added in single precision. */
struct sum {
    double value, size;
};

static struct sum dot(const float *a, size_t a_step, const float *c,
                      size_t c_step, size_t count)
{
    struct sum sum = {0, 0};

    for (size_t i = 0; i < count; i++) {
        const double product = (double)a[i * a_step] * c[i * c_step];

        sum.value += product;
        sum.size += fabs(product);
    }
    return sum;
}

static void near(double found, double wanted, double size)
{
    if (!(fabs(found - wanted) <= 2e-5 * size + 1e-7))
        fail_msg("found %.9g, wanted %.9g", found, wanted);
}

static void forward_is_right(struct wn_layer *layer, size_t inputs,
                             size_t outputs, size_t rows)
{
    const size_t stride = wn_layer_stride(inputs);

    wn_layer_forward(layer, x, rows, .5f, h);
    for (size_t i = 0; i < rows; i++)
        for (size_t u = 0; u < outputs; u++) {
            const struct sum sum =
                dot(x + i * stride, 1, w + u, outputs, inputs);
            const double a = .5 * sum.value + b[u];

            near(h[i * outputs + u], a > 0 ? a : 0, sum.size);
        }
}

static void step_is_right(struct wn_layer *layer, size_t inputs, size_t outputs,
                          size_t rows)
{
    const struct wn_layer_step step = {.25f, .5f, .125f};
    const size_t stride = wn_layer_stride(inputs);

    memcpy(old_w, w, sizeof w);
    wn_layer_learn(layer, x, delta, rows, &step);
    wn_layer_read(layer, w);
    for (size_t j = 0; j < inputs; j++)
        for (size_t u = 0; u < outputs; u++) {
            const size_t at = j * outputs + u;
            const struct sum sum = dot(x + j, stride, delta + u, outputs, rows);

            velocity[at] = .5 * velocity[at] + .25 * sum.value;
            near(w[at], (double)old_w[at] - .125 * velocity[at], sum.size + 1);
        }
}

static void draw(float *to, size_t count, struct wn_random *random)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)wn_random_normal(random);
}

static void compare(size_t inputs, size_t outputs, size_t max_rows)
{
    struct wn_random random;
    const size_t stride = wn_layer_stride(inputs);

    if (!wn_layer_fits(inputs, outputs, max_rows))
        return;
    wn_random_start(&random, 1, WN_RANDOM_SAMPLE, inputs, outputs);
    draw(w, inputs * outputs, &random);
    memset(velocity, 0, sizeof velocity);
    draw(b, outputs, &random);
    draw(delta, max_rows * outputs, &random);
    memset(x, 0, sizeof x);
    for (size_t i = 0; i < max_rows; i++)
        draw(x + i * stride, inputs, &random);
    struct wn_layer *layer = wn_layer_new(
        &(struct wn_layer_weights){inputs, outputs, w, b}, max_rows);
    for (size_t rows = max_rows; rows > 0; rows = rows * 2 / 5) {
        forward_is_right(layer, inputs, outputs, rows);
        step_is_right(layer, inputs, outputs, rows);
    }
    forward_is_right(layer, inputs, outputs, max_rows);
    wn_layer_free(layer);
}

static void steps(void **state)
{
    (void)state;
    compare(INPUTS, OUTPUTS, ROWS);
    compare(384, 128, 128);
    compare(33, 33, 40);
    compare(40, 65, 100);
    compare(200, 50, 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps)};

    wn_linear_start();
    wn_linear_use_matrix_unit();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
