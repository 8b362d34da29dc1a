/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Singular values from the smaller product, X'X or XX'; see spectrum.h. */
#include "linalg/spectrum.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg/cholesky.h"
#include "linalg/products.h"
#include "util/spill.h"
#include "util/memory.h"

enum { BLOCK = 256 };

/* Columns first .. first + width of rows 0, step, 2 step .. of x, from the
 * begin-th of them on, as doubles. */
struct window {
    size_t begin, rows, first, width;
};

static void copy(const float *x, size_t d, size_t step,
                 const struct window *window, double *out)
{
    for (size_t i = 0; i < window->rows; i++)
        for (size_t j = 0; j < window->width; j++)
            out[i * window->width + j] =
                x[(window->begin + i) * step * d + window->first + j];
}

/* The lower triangle of X'X into a (d x d) if `tall`, of XX' (rows x rows)
 * else; block by block of the other side. */
static int spectrum_multiply(const float *x, size_t rows, size_t d, size_t step,
                             int tall, double *a)
{
    const size_t size = tall ? d : rows, length = tall ? rows : d;
    double *block = wn_new(wn_product(BLOCK, size, 1), sizeof *block);

    for (size_t at = 0; at < length; at += BLOCK) {
        const size_t count = length - at < BLOCK ? length - at : BLOCK;
        const struct window window = tall ? (struct window){at, count, 0, d}
                                          : (struct window){0, rows, at, count};

        copy(x, d, step, &window, block);
        cblas_dsyrk(CblasRowMajor, CblasLower, tall ? CblasTrans : CblasNoTrans,
                    (int)size, (int)count, 1, block, (int)window.width, 1, a,
                    (int)size);
    }
    free(block);
    return 0;
}

static void spectrum_spread(const double *square, size_t size,
                            struct wn_spectrum *spectrum)
{
    /* What rounding leaves of a 0 is not counted. */
    const double least = square[size - 1] * 1e-12;
    double sum = 0;

    for (size_t v = 0; v < size; v++)
        sum += square[v] > least ? sqrt(square[v]) : 0;
    if (!(sum > 0))
        return;
    for (size_t v = 0; v < size; v++) {
        const double share = square[v] > least ? sqrt(square[v]) / sum : 0;

        spectrum->entropy -= share > 0 ? share * log(share) : 0;
        spectrum->largest = fmax(spectrum->largest, share);
    }
    if (size > 1)
        spectrum->evenness = spectrum->entropy / log((double)size);
}

/* Every how manieth row is looked at. */
static size_t spectrum_step_of(size_t n, size_t d)
{
    const size_t most =
        d > WN_SPECTRUM_WIDE ? WN_SPECTRUM_WIDE : WN_SPECTRUM_ROWS;

    return (n + most - 1) / most;
}

double wn_spectrum_bytes(size_t n, size_t d)
{
    const size_t step = spectrum_step_of(n, d), rows = (n + step - 1) / step;
    const double size = (double)(rows < d ? rows : d);

    return 8 * size * (size + BLOCK) + wn_linear_bytes((size_t)size);
}

int wn_spectrum_find(const float *x, size_t n, size_t d,
                     struct wn_spectrum *spectrum, struct wn_error *error)
{
    const size_t step = spectrum_step_of(n, d), rows = (n + step - 1) / step;
    const size_t size = rows < d ? rows : d;
    double *a = wn_spill_new(wn_product(size, size, 1), sizeof *a);
    double *square = wn_new(size, sizeof *square);
    int status = -1;

    *spectrum = (struct wn_spectrum){0};
    if (a && square && spectrum_multiply(x, rows, d, step, rows >= d, a) == 0 &&
        wn_cholesky_eigenvalues(a, size, square, error) == 0) {
        spectrum_spread(square, size, spectrum);
        status = 0;
    }
    wn_spill_free(a);
    free(square);
    return status;
}
