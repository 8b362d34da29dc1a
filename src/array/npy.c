/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NumPy's .npy files; see npy.h. */
#include "array/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

enum { HEADER_MOST = 1 << 16, BLOCK = 1 << 22 };
static const char signature[6] = {'\223', 'N', 'U', 'M', 'P', 'Y'};

struct npy {
    const char *name;
    struct wn_array *array;
    int descriptor;
    uint64_t size, begin; /* bytes of the file, and before the cells */
    char header[HEADER_MOST + 1];
    size_t length;
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

static int read_header(struct npy *npy)
{
    unsigned char first[12] = {0};
    size_t before;

    if (npy->size < sizeof first ||
        wn_read_at(npy->descriptor, first, sizeof first, 0, npy->name,
                   npy->error) ||
        memcmp(first, signature, sizeof signature))
        return npy->error->code ? -1 : npy_refuse(npy, "is no .npy file");
    if (first[6] < 1 || first[6] > 3)
        return wn_fail(npy->error, WN_EDATA,
                       "%s: .npy of version %d, wanted "
                       "1 to 3",
                       npy->name, first[6]);
    before = first[6] == 1 ? 10 : 12;
    npy->length = first[8] | (size_t)first[9] << 8;
    if (first[6] > 1)
        npy->length |= (size_t)first[10] << 16 | (size_t)first[11] << 24;
    npy->begin = before + npy->length;
    if (npy->begin > npy->size || npy->length > HEADER_MOST)
        return wn_fail(npy->error, WN_EDATA,
                       "%s: claims a header of %zu "
                       "bytes in a file of %llu",
                       npy->name, npy->length, (unsigned long long)npy->size);
    return wn_read_at(npy->descriptor, npy->header, npy->length, before,
                      npy->name, npy->error);
}

/* The text behind 'key': and blanks, or NULL. */
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

static int fail_type(const struct npy *npy, const char *text)
{
    return wn_fail(npy->error, WN_EDATA,
                   "%s: found type %.*s, wanted one "
                   "of floats to 8 bytes, integers, booleans or strings",
                   npy->name, (int)strcspn(text, ",}\n"), text);
}

static int parse_type(struct npy *npy)
{
    const char *text = npy_value_of(npy, "'descr'");
    char *end = NULL;

    if (!text)
        return npy_refuse(npy, "has no 'descr' in its header");
    if (text[0] == '\'' && text[1] && text[2] == 'O')
        return npy_refuse(npy,
                          "holds pickled objects, wanted numbers or strings: "
                          "astype() before numpy.save()");
    if (text[0] != '\'' || !text[1] || !strchr("<>|=", text[1]) || !text[2] ||
        !strchr("fiubSU", text[2]))
        return fail_type(npy, text);
    npy->swap = text[1] == '>';
    npy->kind = text[2];
    npy->width = strtoul(text + 3, &end, 10);
    if (end == text + 3 || *end != '\'' || npy->width == 0 ||
        npy->width > WN_ARRAY_TEXT / 4)
        return fail_type(npy, text);
    if (npy->kind == 'U')
        npy->width *= 4;
    else if (npy->kind == 'b' ? npy->width != 1
             : npy->kind == 'f'
                 ? npy->width != 2 && npy->width != 4 && npy->width != 8
                 : npy->kind != 'S' &&
                       (npy->width > 8 || npy->width & (npy->width - 1)))
        return fail_type(npy, text);
    return 0;
}

static int parse_shape(struct npy *npy)
{
    const char *at = npy_value_of(npy, "'shape'");
    struct wn_array *array = npy->array;

    if (!at || *at != '(')
        return npy_refuse(npy, "has no 'shape' in its header");
    at++;
    for (;;) {
        char *end;

        at += strspn(at, " ,");
        if (*at == ')')
            break;
        if (array->rank == WN_ARRAY_RANK || *at < '0' || *at > '9')
            return npy_refuse(npy, "wanted an array of 1 to 8 dimensions");
        array->extent[array->rank++] = strtoul(at, &end, 10);
        at = end;
    }
    if (array->rank == 0)
        return npy_refuse(npy, "wanted an array of 1 to 8 dimensions");
    return 0;
}

/* What there is has to be what the header says, to the byte. */
static int npy_check_size(struct npy *npy)
{
    const struct wn_array *array = npy->array;
    const size_t bytes =
        wn_array_shape(npy->array)
            ? wn_product(array->rows, array->columns, npy->width)
            : SIZE_MAX;

    if (bytes == npy->size - npy->begin)
        return 0;
    return wn_fail(npy->error, WN_EDATA,
                   "%s: claims %zu bytes of cells and "
                   "has %llu",
                   npy->name, bytes,
                   (unsigned long long)(npy->size - npy->begin));
}

static int parse_header(struct npy *npy)
{
    const char *order;

    if (read_header(npy) || parse_type(npy) || parse_shape(npy))
        return -1;
    order = npy_value_of(npy, "'fortran_order'");
    if (!order || (strncmp(order, "True", 4) && strncmp(order, "False", 5)))
        return npy_refuse(npy, "has no 'fortran_order' in its header");
    npy->fortran = *order == 'T';
    npy->array->text = npy->kind == 'S' || npy->kind == 'U';
    npy->array->whole = strchr("iub", npy->kind) != NULL;
    npy->array->width = npy->width <= (npy->array->whole ? 2u : 4u) ? 4 : 8;
    return npy_check_size(npy);
}

/* ---- the cells ---------------------------------------------------------- */

static double half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31;
    const double fraction = bits & 1023;
    double value;

    if (exponent == 31)
        value = fraction > 0 ? NAN : INFINITY;
    else if (exponent == 0)
        value = ldexp(fraction, -24);
    else
        value = ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
}

/* A number of `width` bytes, little-endian. */
static double number(char kind, size_t width, uint64_t bits)
{
    const unsigned unused = (unsigned)(64 - 8 * width);
    double wide;
    float narrow;
    uint32_t low = (uint32_t)bits;

    if (kind == 'f' && width == 2)
        return half((uint16_t)bits);
    if (kind == 'f' && width == 4) {
        memcpy(&narrow, &low, sizeof narrow);
        return narrow;
    }
    if (kind == 'f') {
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    if (kind == 'i')
        return (double)((int64_t)(bits << unused) >> unused);
    return (double)bits;
}

static int npy_put_number(const struct npy *npy, struct wn_array_sink *sink,
                          const unsigned char *cell)
{
    uint64_t bits = 0;

    for (size_t b = 0; b < npy->width; b++)
        bits = bits << 8 | cell[npy->swap ? b : npy->width - 1 - b];
    const double wide = number(npy->kind, npy->width, bits);
    if (npy->array->width == 4) {
        const float narrow = (float)wide;

        return wn_array_put(sink, &narrow, sizeof narrow, npy->error);
    }
    return wn_array_put(sink, &wide, sizeof wide, npy->error);
}

/* Append a code point as UTF-8. */
static size_t npy_encode(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 63));
        out[2] = (char)(0x80 | (point & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 63));
    out[2] = (char)(0x80 | (point >> 6 & 63));
    out[3] = (char)(0x80 | (point & 63));
    return 4;
}

/* A U string: UCS-4, NUL-padded; at most as long in UTF-8. */
static int put_wide_text(const struct npy *npy, struct wn_array_sink *sink,
                         const unsigned char *cell, char *spare)
{
    size_t points = npy->width / 4, length = 0;

    while (points && memcmp(cell + 4 * (points - 1), "\0\0\0\0", 4) == 0)
        points--;
    for (size_t p = 0; p < points; p++) {
        uint32_t point = 0;

        for (size_t b = 0; b < 4; b++)
            point = point << 8 | cell[4 * p + (npy->swap ? b : 3 - b)];
        if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
            return npy_refuse(npy, "holds a string that is no Unicode");
        length += npy_encode(point, spare + length);
    }
    return wn_array_put_text(sink, spare, length, npy->error);
}

static int put_cells(const struct npy *npy, struct wn_array_sink *sink,
                     const unsigned char *cells, size_t count, char *spare)
{
    int status = 0;

    for (size_t c = 0; c < count && status == 0; c++) {
        const unsigned char *cell = cells + c * npy->width;

        if (npy->kind == 'U')
            status = put_wide_text(npy, sink, cell, spare);
        else if (npy->kind == 'S')
            status = wn_array_put_text(sink, (const char *)cell,
                                       strnlen((const char *)cell, npy->width),
                                       npy->error);
        else
            status = npy_put_number(npy, sink, cell);
    }
    return status;
}

/* Where row-major column j stands among the columns of Fortran order. */
static size_t fortran_column(const struct wn_array *array, size_t j)
{
    size_t place = 0, before = 1, index[WN_ARRAY_RANK] = {0};

    for (int r = array->rank - 1; r > 0; r--) {
        index[r] = j % array->extent[r];
        j /= array->extent[r];
    }
    for (int r = 1; r < array->rank; r++) {
        place += index[r] * before;
        before *= array->extent[r];
    }
    return place;
}

/* Rows begin .. begin+rows-1, row-major, into `out`; `spare` as large. */
static int read_rows(const struct npy *npy, size_t begin, size_t rows,
                     char *out, char *spare)
{
    const struct wn_array *array = npy->array;
    const size_t d = array->columns, w = npy->width;

    if (!npy->fortran)
        return wn_read_at(npy->descriptor, out, rows * d * w,
                          npy->begin + (uint64_t)begin * d * w, npy->name,
                          npy->error);
    for (size_t j = 0; j < d; j++) {
        const uint64_t at = (uint64_t)fortran_column(array, j) * array->rows;

        if (wn_read_at(npy->descriptor, spare, rows * w,
                       npy->begin + (at + begin) * w, npy->name, npy->error))
            return -1;
        for (size_t i = 0; i < rows; i++)
            memcpy(out + (i * d + j) * w, spare + i * w, w);
    }
    return 0;
}

static int copy_cells(struct npy *npy)
{
    const struct wn_array *array = npy->array;
    const size_t row = wn_product(array->columns, npy->width, 1);
    size_t step = row < BLOCK ? BLOCK / (row + 1) : 1;
    struct wn_array_sink sink = {0};
    int status = 0;

    if (step > array->rows)
        step = array->rows;
    char *block = wn_new(wn_product(step, row, 1), 1);
    char *spare = wn_new(wn_product(step, npy->width, 1) + npy->width, 1);
    if (!block || !spare || wn_array_sink_open(&sink, npy->array))
        status = -1;
    for (size_t at = 0; status == 0 && row && at < array->rows; at += step) {
        const size_t rows = array->rows - at < step ? array->rows - at : step;

        status = read_rows(npy, at, rows, block, spare);
        if (status == 0)
            status = put_cells(npy, &sink, (unsigned char *)block,
                               rows * array->columns, spare);
    }
    if (sink.buffer)
        status = wn_array_sink_close(&sink, status == 0, npy->error);
    free(block);
    free(spare);
    return status;
}

int wn_npy_read(const char *path, struct wn_array *array,
                struct wn_error *error)
{
    struct npy *npy = wn_new(1, sizeof *npy);
    struct stat about;
    int status = -1;

    npy->name = wn_input_name(path);
    npy->array = array;
    npy->error = error;
    npy->descriptor = wn_input_open(path, NULL, error);
    if (npy->descriptor < 0)
        goto done;
    if (fstat(npy->descriptor, &about)) {
        wn_fail_errno(error, "%s: cannot look at", npy->name);
        goto done;
    }
    npy->size = (uint64_t)about.st_size;
    if (wn_array_begin(array, npy->name, error))
        goto done;
    status = parse_header(npy) || copy_cells(npy) ? -1 : 0;
    if (status)
        wn_array_free(array);
done:
    if (npy->descriptor >= 0)
        close(npy->descriptor);
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
    const int used = snprintf(header, length,
                              "{'descr': '<i8', 'fortran_order': False, "
                              "'shape': (%zu,), }",
                              n);
    header[used] = ' ';
    header[length - 1] = '\n';
    return wn_write_all(descriptor, first, sizeof first, name, error) ||
                   wn_write_all(descriptor, number, n * sizeof *number, name,
                                error)
               ? -1
               : 0;
}
