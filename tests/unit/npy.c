/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/npy and array/libsvm: bad and damaged files, one per row, are each
 * refused with their message; half precision gives the values of IEEE 754. */
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "array/libsvm.h"
#include "array/npy.h"
#include "util/random.h"

static const char path[] = "npy-test";

/* A file of version 1 with this header and `cells` bytes behind it. */
static void put_npy(const char *header, const void *cells, size_t size)
{
    unsigned char bytes[1024] = "\223NUMPY\1\0";
    const size_t length = strlen(header);

    assert_true(length + size < sizeof bytes - 10);
    bytes[8] = (unsigned char)(length & 255);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, header, length);
    memcpy(bytes + 10 + length, cells, size);
    unit_put(path, bytes, 10 + length + size);
}

#define HEADER(type, order, shape)                                             \
    "{'descr': " type ", 'fortran_order': " order ", 'shape': " shape ", }"

static const struct {
    const char *header;
    size_t size;
    const char *message;
} bad_npy[] = {
    {HEADER("'<f4'", "False", "(3, 2)"), 23,
     "claims 24 bytes of cells and has 23"},
    {HEADER("'<f4'", "False", "(3, 2)"), 25,
     "claims 24 bytes of cells and has 25"},
    {HEADER("'|O'", "False", "(3,)"), 24, "holds pickled objects, wanted"},
    {HEADER("[('a', '<f4')]", "False", "(3,)"), 12, "found type [('a'"},
    {HEADER("'<c8'", "False", "(3,)"), 24, "found type '<c8', wanted one of"},
    {HEADER("'<f16'", "False", "(1,)"), 16, "found type '<f16', wanted"},
    {HEADER("'<i3'", "False", "(1,)"), 3, "found type '<i3', wanted"},
    {HEADER("'<b2'", "False", "(1,)"), 2, "found type '<b2', wanted"},
    {HEADER("'<M8[ns]'", "False", "(1,)"), 8, "found type '<M8[ns]', wanted"},
    {HEADER("'<f'", "False", "(1,)"), 4, "found type '<f', wanted"},
    {HEADER("'<U0'", "False", "(1,)"), 0, "found type '<U0', wanted"},
    {HEADER("'<f4'", "False", "()"), 4, "wanted an array of 1 to 8 dim"},
    {HEADER("'<f4'", "False", "(-1,)"), 4, "wanted an array of 1 to 8 dim"},
    {HEADER("'|u1'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 1,
     "wanted an array of 1 to 8 dimensions"},
    {HEADER("'<f8'", "False", "(4294967296, 4294967296)"), 8,
     "claims 18446744073709551615 bytes of cells and has 8"},
    {HEADER("'<f8'", "False", "(99999999999999999999999,)"), 8,
     "claims 18446744073709551615 bytes of cells and has 8"},
    {HEADER("'<f4'", "Maybe", "(1,)"), 4, "has no 'fortran_order'"},
    {"{'descr': '<f4', 'fortran_order': False, }", 4, "has no 'shape'"},
    {"{'shape': (1,), 'fortran_order': False, }", 4, "has no 'descr'"},
    {"", 4, "has no 'descr'"},
    {HEADER("'<U1'", "False", "(1,)"), 4, "holds a string that is no Unicode"},
};

static void refuses_bad_npy(void **state)
{
    static const char cells[64] = {'\377', '\377', '\377', '\377'};
    char wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad_npy / sizeof *bad_npy; i++) {
        struct wn_error error = {0};
        struct wn_array array;

        put_npy(bad_npy[i].header, cells, bad_npy[i].size);
        snprintf(wanted, sizeof wanted, "%s: %s", path, bad_npy[i].message);
        if (!wn_npy_read(path, &array, &error) ||
            strncmp(error.text, wanted, strlen(wanted)))
            fail_msg("wanted %s\nfound %s", wanted, error.text);
        assert_int_equal(error.code, WN_EDATA);
        assert_null(array.name);
    }
}

static const struct {
    const char *bytes;
    size_t length;
    const char *message;
} bad_starts[] = {
    {"", 0, "is no .npy file"},
    {"\223NUMPX\1\0\0\0\0\0", 12, "is no .npy file"},
    {"\223NUMPY\4\0\0\0\0\0", 12, ".npy of version 4, wanted 1 to 3"},
    {"\223NUMPY\1\0\377\377{}", 12,
     "claims a header of 65535 bytes in a file of 12"},
    {"\223NUMPY\2\0\377\377\377\177{}", 14,
     "claims a header of 2147483647 bytes in a file of 14"},
};

static void refuses_bad_starts(void **state)
{
    char wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad_starts / sizeof *bad_starts; i++) {
        struct wn_error error = {0};
        struct wn_array array;

        unit_put(path, bad_starts[i].bytes, bad_starts[i].length);
        snprintf(wanted, sizeof wanted, "%s: %s", path, bad_starts[i].message);
        if (!wn_npy_read(path, &array, &error) ||
            strncmp(error.text, wanted, strlen(wanted)))
            fail_msg("wanted %s\nfound %s", wanted, error.text);
    }
}

static void reads_half_floats(void **state)
{
    static const uint16_t bits[] = {0x3c00, 0xc000, 0x7bff, 0x0400,
                                    0x0001, 0x8000, 0x3555, 0x7c00};
    static const double wanted[] = {1,       -2, 65504,      0x1p-14,
                                    0x1p-24, 0,  0x1.554p-2, INFINITY};
    struct wn_error error = {0};
    struct wn_array array;
    double found[8];
    uint16_t stored[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        stored[i] = htole16(bits[i]);
    put_npy(HEADER("'<f2'", "False", "(8,)"), stored, sizeof stored);
    assert_int_equal(wn_npy_read(path, &array, &error), 0);
    assert_int_equal(wn_array_numbers(&array, 0, 8, found, &error), 0);
    for (int i = 0; i < 8; i++)
        assert_true(found[i] == wanted[i]);
    wn_array_free(&array);
}

static const struct {
    const char *text, *message;
} bad_libsvm[] = {
    {"", ": found no rows"},
    {"# nothing\n\n", ": found no rows"},
    {"1\n2\n", ": found no features"},
    {"1 1:2\nx 1:2\n", ":2: found 'x', wanted one number as label"},
    {"1 1:2\n1,2 1:2\n", ":2: found '1,2', wanted one number as label"},
    {"1:2 2:3\n", ":1: found '1:2', wanted a label first"},
    {"1 0:2 0:3\n", ":1: found '0:3', wanted indices that ascend"},
    {"1 -1:2\n", ":1: found '-1:2', wanted index:value"},
    {"1 2:2 2:3\n", ":1: found '2:3', wanted indices that ascend"},
    {"1 2:2 1:3\n", ":1: found '1:3', wanted indices that ascend"},
    {"1 1048577:2\n", ":1: found '1048577:2', wanted an index of at most"},
    {"1 99999999999999999999:2\n", ":1: found '99999999999999999999:2'"},
    {"1 1\n", ":1: found '1', wanted index:value"},
    {"1 1:\n", ":1: found '1:', wanted index:value"},
    {"1 :1\n", ":1: found ':1', wanted index:value"},
    {"1 1:nan\n", ":1: found '1:nan', wanted index:value"},
    {"1 1:1e39\n", ":1: found '1:1e39', wanted a number in the range of 4"},
    {"1 1:1:1\n", ":1: found '1:1:1', wanted index:value"},
    {"1 qid:1 1:1\n1 1:1\n", ":2: found no qid, wanted one in all rows or"},
    {"1 1:1\n1 qid:1 1:1\n", ":2: found a qid, wanted one in all rows or"},
    {"1 1:1 qid:1\n", ":1: found 'qid:1', wanted index:value"},
    {"1 1:1\n1\t1:1\n", ":2: found a TAB behind the label, wanted a blank"},
    {"1 1:1\n1 1048576:1\n", ": 2 rows of 1048576 features each in 18 bytes"},
};

static void refuses_bad_libsvm(void **state)
{
    char wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad_libsvm / sizeof *bad_libsvm; i++) {
        struct wn_error error = {0};
        struct wn_libsvm libsvm;

        unit_put(path, bad_libsvm[i].text, strlen(bad_libsvm[i].text));
        snprintf(wanted, sizeof wanted, "%s%s", path, bad_libsvm[i].message);
        if (!wn_libsvm_read(path, &libsvm, &error) ||
            strncmp(error.text, wanted, strlen(wanted)))
            fail_msg("wanted %s\nfound %s", wanted, error.text);
        assert_int_equal(error.code, WN_EDATA);
    }
}

/* Any byte anywhere: read or refused, and nothing worse. */
static void survives_damage(void **state)
{
    static const char text[] = "1 qid:3 1:.5 7:2e3 # a\r\n-1 qid:3 2:4\n";
    static const float cells[6] = {1, 2, 3, 4, 5, 6};
    struct wn_random random;
    char bytes[200], good[200];
    size_t size;

    (void)state;
    put_npy(HEADER("'<f4'", "True", "(3, 2)"), cells, sizeof cells);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(good, 1, sizeof good, file);
    fclose(file);
    wn_random_start(&random, 7, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < 3000; i++) {
        struct wn_error error = {0};
        struct wn_libsvm libsvm;
        struct wn_array array;
        const bool npy = i % 2;
        const size_t length = npy ? size : sizeof text - 1;

        memcpy(bytes, npy ? good : text, length);
        for (int flips = 0; flips <= i % 3; flips++)
            bytes[wn_random_below(&random, length)] =
                (char)wn_random_below(&random, 256);
        unit_put(path, bytes, length);
        if (npy && wn_npy_read(path, &array, &error) == 0)
            wn_array_free(&array);
        if (!npy && wn_libsvm_read(path, &libsvm, &error) == 0)
            wn_libsvm_free(&libsvm);
    }
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_bad_npy),
                                       cmocka_unit_test(refuses_bad_starts),
                                       cmocka_unit_test(reads_half_floats),
                                       cmocka_unit_test(refuses_bad_libsvm),
                                       cmocka_unit_test(survives_damage)};

    return cmocka_run_group_tests(tests, NULL, teardown);
}
