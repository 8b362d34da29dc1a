/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linalg/svd against the eigenvectors of A^T A, on small matrices; the spectrum
 * against numbers computed by hand. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "linalg/svd.h"
#include "linalg/svd.h"
#include "util/random.h"

enum { MAX = 400 };

static uint64_t start[MAX + 1];
static uint32_t column[MAX * MAX];
static float value[MAX * MAX], basis[MAX * MAX], again[MAX * MAX];
static double square[MAX * MAX], size[MAX], squares[MAX];

/* About one entry in five is not 0. Rows beyond `rank` repeat earlier ones, so
 * the matrix has at most that rank. */
static void make(size_t rows, size_t columns, size_t rank, uint64_t seed)
{
    struct wn_random random;

    wn_random_start(&random, seed, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < rows; i++) {
        start[i + 1] = start[i];
        for (size_t j = 0; j < columns && i < rank; j++)
            if (wn_random_below(&random, 5) == 0) {
                column[start[i + 1]] = (uint32_t)j;
                value[start[i + 1]++] =
                    (float)wn_random_normal(&random) * (float)(1 + i % 7);
            }
        for (uint64_t e = start[i % rank]; i >= rank && e < start[i % rank + 1];
             e++) {
            column[start[i + 1]] = column[e];
            value[start[i + 1]++] = value[e];
        }
    }
}

static void exact(size_t rows, size_t columns)
{
    struct wn_error error = {0};

    memset(square, 0, sizeof square);
    for (size_t i = 0; i < rows; i++)
        for (uint64_t e = start[i]; e < start[i + 1]; e++)
            for (uint64_t f = start[i]; f < start[i + 1]; f++)
                square[column[e] * columns + column[f]] +=
                    (double)value[e] * (double)value[f];
    assert_int_equal(wn_cholesky_eigen(square, columns, size, &error), 0);
}

static void compare(size_t rows, size_t columns, size_t matrix_rank,
                    size_t rank, size_t wanted, double tolerance)
{
    struct wn_error error = {0};
    size_t found = 0, other = 0;

    make(rows, columns, matrix_rank, rows + columns);
    exact(rows, columns);
    assert_int_equal(wn_svd_basis(rows, columns, start, column, value, rank, 1,
                                  basis, squares, &found, &error),
                     0);
    assert_int_equal(wn_svd_basis(rows, columns, start, column, value, rank, 3,
                                  again, squares, &other, &error),
                     0);
    assert_int_equal(found, wanted);
    assert_memory_equal(basis, again, columns * rank * sizeof *basis);
    for (size_t c = 0; c < found; c++) {
        double along = 0, largest = 0;

        /* |A v| is the singular value, and v the eigenvector. */
        for (size_t i = 0; i < rows; i++) {
            double part = 0;

            for (uint64_t e = start[i]; e < start[i + 1]; e++)
                part += (double)value[e] * (double)basis[column[e] * rank + c];
            along += part * part;
        }
        if (fabs(along / size[columns - 1 - c] - 1) >= tolerance)
            print_message("%zu x %zu: value %zu: %g for %g\n", rows, columns, c,
                          along, size[columns - 1 - c]);
        assert_true(fabs(along / size[columns - 1 - c] - 1) < tolerance);
        assert_true(fabs(squares[c] / along - 1) < tolerance);
        for (size_t j = 0; j < columns; j++)
            if (fabs((double)basis[j * rank + c]) > fabs(largest))
                largest = (double)basis[j * rank + c];
        assert_true(largest > 0);
        for (size_t o = 0; o <= c; o++) {
            double product = 0;

            for (size_t j = 0; j < columns; j++)
                product +=
                    (double)basis[j * rank + c] * (double)basis[j * rank + o];
            assert_true(fabs(product - (o == c)) < 1e-4);
        }
    }
    for (size_t c = found; c < rank; c++)
        for (size_t j = 0; j < columns; j++)
            assert_true(basis[j * rank + c] == 0);
}

static void singular_vectors(void **state)
{
    (void)state;
    wn_linear_start();
    compare(350, 90, 350, 10, 10, 1e-4);
    compare(90, 350, 90, 12, 12, 1e-4);
    compare(400, 400, 400, 40, 40, 1e-2);
    compare(60, 60, 60, 60, 60, 1e-2);
}

static void dependent_rows(void **state)
{
    (void)state;
    compare(200, 100, 5, 8, 5, 1e-4);
    compare(300, 50, 1, 3, 1, 1e-4);
    compare(3, 40, 3, 3, 3, 1e-4);
}

static void nothing_in_it(void **state)
{
    const uint64_t none[4] = {0};
    struct wn_error error = {0};
    size_t found = 9;

    (void)state;
    basis[0] = 1;
    assert_int_equal(wn_svd_basis(3, 2, none, column, value, 2, 1, basis,
                                  squares, &found, &error),
                     0);
    assert_int_equal(found, 0);
    assert_true(basis[0] == 0);
}

/* Orthogonal columns of length 3, 2 and 1; as rows, and with dependent ones. */
static void spectra_by_hand(void **state)
{
    static const float tall[12] = {3, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0};
    static const float wide[12] = {3, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0};
    static const float one[6] = {1, -2, 2, -4, 0, 0};
    static const float nothing[6] = {0};
    const double entropy = -(.5 * log(.5) + log(1. / 3) / 3 + log(1. / 6) / 6);
    struct wn_spectrum spectrum;
    struct wn_error error = {0};

    (void)state;
    for (int form = 0; form < 2; form++) {
        assert_int_equal(wn_spectrum_find(form ? wide : tall, form ? 3 : 4,
                                          form ? 4 : 3, &spectrum, &error),
                         0);
        assert_true(fabs(spectrum.entropy - entropy) < 1e-12);
        assert_true(fabs(spectrum.evenness - entropy / log(3)) < 1e-12);
        assert_true(fabs(spectrum.largest - .5) < 1e-12);
    }
    assert_int_equal(wn_spectrum_find(one, 3, 2, &spectrum, &error), 0);
    assert_true(spectrum.entropy == 0 && spectrum.largest == 1);
    assert_int_equal(wn_spectrum_find(nothing, 3, 2, &spectrum, &error), 0);
    assert_true(spectrum.entropy == 0 && spectrum.largest == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singular_vectors),
        cmocka_unit_test(dependent_rows),
        cmocka_unit_test(nothing_in_it),
        cmocka_unit_test(spectra_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
