/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NumPy's .npy files; see npy.h. */
#include "array/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"
#include "util/text.h"

enum { HEADER_MAX = 1 << 16, BLOCK = 1 << 22 };
static const char signature[6] = {'\223', 'N', 'U', 'M', 'P', 'Y'};

struct npy {
    const char *name;
    struct wn_array *array;
    int descriptor;
    uint64_t size, begin; /* of the file; offset of the cells */
    char header[HEADER_MAX + 1];
    char kind;    /* f, i, u, b, S or U */
    size_t width; /* bytes of a cell */
    bool swap;    /* big-endian */
    bool fortran; /* the first index runs fastest */
    struct wn_error *error;
};

static int npy_refuse(const struct npy *npy, const char *why)
{
    return wn_fail(npy->error, WN_EDATA, "%s: %s", npy->name, why);
}

/* ---- the header --------------------------------------------------------- */

/* The text after 'key': and blanks, or NULL. */
static const char *npy_value_of(const struct npy *npy, const char *key)
{
    const char *at = strstr(npy->header, key);

    if (!at)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    if (*at != ':')
        return NULL;
    return at + 1 + strspn(at + 1, " ");
}

static int parse_type(struct npy *npy)
{
    const char *text = npy_value_of(npy, "'descr'");
    char *end = NULL;
    bool good;

    if (!text)
        return npy_refuse(npy, "has no 'descr' in its header");
    if (text[0] == '\'' && text[1] && text[2] == 'O')
        return npy_refuse(npy,
                          "holds pickled objects, wanted numbers or strings: "
                          "astype() before numpy.save()");
    good = text[0] == '\'' && text[1] && strchr("<>|=", text[1]) && text[2] &&
           strchr("fiubSU", text[2]);
    if (good) {
        npy->swap = text[1] == '>';
        npy->kind = text[2];
        npy->width = strtoul(text + 3, &end, 10);
        good = end > text + 3 && *end == '\'' && npy->width > 0 &&
               npy->width <= WN_ARRAY_TEXT / 4;
    }
    if (good && npy->kind == 'U')
        npy->width *= 4;
    else if (good && npy->kind == 'b')
        good = npy->width == 1;
    else if (good && npy->kind == 'f')
        good = npy->width == 2 || npy->width == 4 || npy->width == 8;
    else if (good && npy->kind != 'S')
        good = npy->width <= 8 && !(npy->width & (npy->width - 1));
    return good ? 0
                : wn_fail(npy->error, WN_EDATA,
                          "%s: found type %.*s, wanted one of floats to 8 "
                          "bytes, integers, booleans or strings",
                          npy->name, (int)strcspn(text, ",}\n"), text);
}

static int parse_header(struct npy *npy)
{
    struct wn_array *array = npy->array;
    const char *at;
    char *end;
    unsigned char first[12] = {0};
    size_t before, length, bytes;

    if (npy->size < sizeof first ||
        wn_read_at(npy->descriptor, first, sizeof first, 0, npy->name,
                   npy->error) ||
        memcmp(first, signature, sizeof signature))
        return npy->error->code ? -1 : npy_refuse(npy, "is no .npy file");
    if (first[6] < 1 || first[6] > 3)
        return wn_fail(npy->error, WN_EDATA,
                       "%s: .npy of version %d, wanted 1 to 3", npy->name,
                       first[6]);
    before = first[6] == 1 ? 10 : 12;
    length = first[8] | (size_t)first[9] << 8;
    if (first[6] > 1)
        length |= (size_t)first[10] << 16 | (size_t)first[11] << 24;
    npy->begin = before + length;
    if (npy->begin > npy->size || length > HEADER_MAX)
        return wn_fail(npy->error, WN_EDATA,
                       "%s: claims a header of %zu bytes in a file of %llu",
                       npy->name, length, (unsigned long long)npy->size);
    if (wn_read_at(npy->descriptor, npy->header, length, before, npy->name,
                   npy->error) ||
        parse_type(npy))
        return -1;
    at = npy_value_of(npy, "'shape'");
    if (!at || *at != '(')
        return npy_refuse(npy, "has no 'shape' in its header");
    at += 1 + strspn(at + 1, " ,");
    for (; *at != ')'; at = end + strspn(end, " ,")) {
        if (array->rank == WN_ARRAY_RANK || *at < '0' || *at > '9')
            return npy_refuse(npy, "wanted an array of 1 to 8 dimensions");
        array->extent[array->rank++] = strtoul(at, &end, 10);
    }
    if (array->rank == 0)
        return npy_refuse(npy, "wanted an array of 1 to 8 dimensions");
    at = npy_value_of(npy, "'fortran_order'");
    if (!at || (strncmp(at, "True", 4) && strncmp(at, "False", 5)))
        return npy_refuse(npy, "has no 'fortran_order' in its header");
    npy->fortran = *at == 'T';
    array->text = npy->kind == 'S' || npy->kind == 'U';
    array->whole = strchr("iub", npy->kind) != NULL;
    array->width = npy->width <= (array->whole ? 2u : 4u) ? 4 : 8;
    bytes = wn_array_shape(array)
                ? wn_product(array->rows, array->columns, npy->width)
                : SIZE_MAX;
    /* The file must have the claimed size to the byte. */
    if (bytes != npy->size - npy->begin)
        return wn_fail(npy->error, WN_EDATA,
                       "%s: claims %zu bytes of cells and has %llu", npy->name,
                       bytes, (unsigned long long)(npy->size - npy->begin));
    return 0;
}

/* ---- the cells ---------------------------------------------------------- */

static double decode_number(const struct npy *npy, const unsigned char *cell)
{
    const size_t width = npy->width;
    const unsigned unused = (unsigned)(64 - 8 * width);
    uint64_t bits = 0;
    uint32_t low;
    double wide;
    float narrow;

    for (size_t b = 0; b < width; b++)
        bits = bits << 8 | cell[npy->swap ? b : width - 1 - b];
    low = (uint32_t)bits;
    if (npy->kind == 'i')
        return (double)((int64_t)(bits << unused) >> unused);
    if (npy->kind != 'f')
        return (double)bits;
    if (width == 8) {
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    if (width == 4) {
        memcpy(&narrow, &low, sizeof narrow);
        return narrow;
    }
    /* IEEE 754 binary16: 1 bit sign, 5 exponent, 10 fraction. */
    const int exponent = low >> 10 & 31;
    const double fraction = low & 1023;
    if (exponent == 31)
        wide = fraction > 0 ? NAN : INFINITY;
    else if (exponent == 0)
        wide = ldexp(fraction, -24);
    else
        wide = ldexp(fraction + 1024, exponent - 25);
    return low >> 15 ? -wide : wide;
}

/* Write a U string, NUL-padded UCS-4, as UTF-8, which is never longer:
 * `scratch` holds a cell. */
static int put_wide_text(const struct npy *npy, struct wn_array_sink *sink,
                         const unsigned char *cell, char *scratch)
{
    size_t points = npy->width / 4;
    char *out = scratch;

    while (points && memcmp(cell + 4 * (points - 1), "\0\0\0\0", 4) == 0)
        points--;
    for (size_t p = 0; p < points; p++) {
        uint32_t point = 0;

        for (size_t b = 0; b < 4; b++)
            point = point << 8 | cell[4 * p + (npy->swap ? b : 3 - b)];
        const size_t bytes = wn_text_write_point(point, out);
        if (bytes == 0)
            return npy_refuse(npy, "holds a string that is no Unicode");
        out += bytes;
    }
    return wn_array_put_text(sink, scratch, (size_t)(out - scratch),
                             npy->error);
}

/* Read rows begin .. begin+rows-1 of Fortran order, row-major, into `out`;
 * `scratch` holds a column of them. */
static int read_fortran_rows(const struct npy *npy, size_t begin, size_t rows,
                             char *out, char *scratch)
{
    const struct wn_array *array = npy->array;
    const size_t d = array->columns, w = npy->width;

    for (size_t j = 0; j < d; j++) {
        size_t column = 0, rest = j, stride = d;

        /* Column j of row-major order, counted with its first index fastest. */
        for (int r = array->rank - 1; r > 0; r--) {
            stride /= array->extent[r];
            column += rest % array->extent[r] * stride;
            rest /= array->extent[r];
        }
        if (wn_read_at(npy->descriptor, scratch, rows * w,
                       npy->begin +
                           ((uint64_t)column * array->rows + begin) * w,
                       npy->name, npy->error))
            return -1;
        for (size_t i = 0; i < rows; i++)
            memcpy(out + (i * d + j) * w, scratch + i * w, w);
    }
    return 0;
}

int wn_npy_read(const char *path, struct wn_array *array,
                struct wn_error *error)
{
    const int descriptor = wn_input_open(path, NULL, error);
    struct npy *npy;
    int status = -1;

    *array = (struct wn_array){0};
    if (descriptor < 0)
        return -1;
    npy = wn_new(1, sizeof *npy);
    npy->name = wn_input_name(path);
    npy->array = array;
    npy->descriptor = descriptor;
    npy->error = error;
    if (wn_file_size(descriptor, npy->name, &npy->size, error) ||
        wn_array_begin(array, npy->name, error) || parse_header(npy))
        goto done;
    const size_t width = npy->width;
    const size_t row = wn_product(array->columns, width, 1);
    size_t step = row < BLOCK ? BLOCK / (row + 1) : 1;
    struct wn_array_sink sink;

    if (step > array->rows)
        step = array->rows;
    char *block = wn_new(wn_product(step, row, 1), 1);
    char *scratch = wn_new(wn_product(step, width, 1) + width, 1);
    wn_array_sink_open(&sink, array);
    status = 0;
    for (size_t at = 0; status == 0 && row && at < array->rows; at += step) {
        const size_t rows = array->rows - at < step ? array->rows - at : step;

        status = npy->fortran ? read_fortran_rows(npy, at, rows, block, scratch)
                              : wn_read_at(descriptor, block, rows * row,
                                           npy->begin + (uint64_t)at * row,
                                           npy->name, error);
        for (size_t c = 0; status == 0 && c < rows * array->columns; c++) {
            const char *cell = block + c * width;
            const unsigned char *bytes = (const unsigned char *)cell;

            if (npy->kind == 'U')
                status = put_wide_text(npy, &sink, bytes, scratch);
            else if (npy->kind == 'S')
                status =
                    wn_array_put_text(&sink, cell, strnlen(cell, width), error);
            else
                status = wn_array_put_number(&sink, decode_number(npy, bytes),
                                             error);
        }
    }
    free(block);
    free(scratch);
    status = wn_array_sink_close(&sink, status == 0, error);
done:
    if (status)
        wn_array_free(array);
    close(descriptor);
    free(npy);
    return status;
}

int wn_npy_write(int descriptor, const char *name, const uint64_t *number,
                 size_t n, struct wn_error *error)
{
    char first[128] = "\223NUMPY\1";
    const size_t before = 10, length = sizeof first - before;
    char *header = first + before;

    first[7] = 0;
    first[8] = (char)length;
    memset(header, ' ', length);
    const int used =
        snprintf(header, length,
                 "{'descr': '%ci8', 'fortran_order': False, 'shape': (%zu,), }",
                 __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>', n);
    header[used] = ' ';
    header[length - 1] = '\n';
    return wn_write_all(descriptor, first, sizeof first, name, error) ||
                   wn_write_all(descriptor, number, n * sizeof *number, name,
                                error)
               ? -1
               : 0;
}
