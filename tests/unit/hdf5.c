/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/hdf5: users' HDF5 files of all supported forms give the numbers that
 * were written; malicious files are refused, damaged ones cost only a child. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hdf5.h>
#include <zlib.h>

#include "unit.h"

#include "audit/audit.h"
#include "array/hdf5.h"
#include "util/random.h"

enum { ROWS = 700, COLUMNS = 30, FLIPS = 150 };

static const char path[] = "hdf5-test.h5";
static const char bad_path[] = "hdf5-bad.h5";
static const char canary_path[] = "hdf5-canary";
static const uint64_t memory = (uint64_t)256 << 20;
static double numbers[ROWS * COLUMNS];
static const char *const words[4] = {"one", "", "\303\274ber", "x y "};

static void put(hid_t file, const char *name, hid_t type, int rank,
                const hsize_t *extent, hid_t list, hid_t memory_type,
                const void *content)
{
    const hid_t space = H5Screate_simple(rank, extent, NULL);
    const hid_t set =
        H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);

    unit_need(set);
    if (content)
        unit_need(
            H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content));
    H5Dclose(set);
    H5Sclose(space);
}

static void put_words(hid_t file)
{
    const hsize_t four = 4;
    const hid_t fixed = H5Tcopy(H5T_C_S1), variable = H5Tcopy(H5T_C_S1);
    char cells[4][6];

    memset(cells, ' ', sizeof cells);
    for (int i = 0; i < 4; i++)
        memcpy(cells[i], words[i], strlen(words[i]));
    unit_need(H5Tset_size(fixed, 6));
    unit_need(H5Tset_strpad(fixed, H5T_STR_SPACEPAD));
    put(file, "spaces", fixed, 1, &four, H5P_DEFAULT, fixed, cells);
    for (int i = 0; i < 4; i++)
        memset(cells[i] + strlen(words[i]), 0, 6 - strlen(words[i]));
    unit_need(H5Tset_strpad(fixed, H5T_STR_NULLPAD));
    put(file, "nulls", fixed, 1, &four, H5P_DEFAULT, fixed, cells);
    unit_need(H5Tset_size(variable, H5T_VARIABLE));
    put(file, "words", variable, 1, &four, H5P_DEFAULT, variable, words);
}

static void put_flags(hid_t file)
{
    const hid_t type = H5Tenum_create(H5T_STD_I8LE);
    signed char flags[ROWS], value = 0;
    const hsize_t rows = ROWS;

    unit_need(H5Tenum_insert(type, "FALSE", &value));
    value = 1;
    unit_need(H5Tenum_insert(type, "TRUE", &value));
    for (int i = 0; i < ROWS; i++)
        flags[i] = i % 3 == 0;
    put(file, "flags", type, 1, &rows, H5P_DEFAULT, type, flags);
}

static void write_good(const char *to)
{
    const hsize_t table[2] = {ROWS, COLUMNS}, cube[3] = {ROWS, 5, 6};
    const hsize_t chunk[2] = {100, 7};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t file = H5Fcreate(to, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    unit_need(file);
    unit_need(H5Pset_chunk(list, 2, chunk));
    unit_need(H5Pset_shuffle(list));
    unit_need(H5Pset_deflate(list, 6));
    unit_need(H5Pset_fletcher32(list));
    unit_need(H5Gclose(
        H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
    put(file, "group/table", H5T_IEEE_F64BE, 2, table, list, H5T_NATIVE_DOUBLE,
        numbers);
    put(file, "cube", H5T_STD_I16BE, 3, cube, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
        numbers);
    put(file, "floats", H5T_IEEE_F32LE, 2, table, H5P_DEFAULT,
        H5T_NATIVE_DOUBLE, numbers);
    put_words(file);
    put_flags(file);
    unit_need(H5Fclose(file));
}

/* ---- what is refused ---------------------------------------------------- */

static void bad_external(hid_t file)
{
    const hsize_t rows = 16;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_external(list, canary_path, 0, 16));
    put(file, "x", H5T_STD_U8LE, 1, &rows, list, 0, NULL);
}

static void bad_external_link(hid_t file)
{
    unit_need(
        H5Lcreate_external(path, "/", file, "g", H5P_DEFAULT, H5P_DEFAULT));
    unit_need(
        H5Lcreate_external(path, "/cube", file, "x", H5P_DEFAULT, H5P_DEFAULT));
}

static void bad_soft_link(hid_t file)
{
    unit_need(H5Lcreate_soft("/x", file, "x", H5P_DEFAULT, H5P_DEFAULT));
}

static void bad_virtual(hid_t file)
{
    const hsize_t cube[3] = {ROWS, 5, 6};
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const hid_t space = H5Screate_simple(3, cube, NULL);

    unit_need(H5Pset_virtual(list, space, path, "/cube", space));
    put(file, "x", H5T_STD_I16BE, 3, cube, list, 0, NULL);
}

static void bad_filter(hid_t file)
{
    const hsize_t rows = 16;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, &rows));
    unit_need(H5Pset_filter(list, 32000, H5Z_FLAG_OPTIONAL, 0, NULL));
    put(file, "x", H5T_STD_U8LE, 1, &rows, list, 0, NULL);
}

static void bad_claim(hid_t file)
{
    const hsize_t rows = (hsize_t)1 << 47, chunk = 1 << 10;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, &chunk));
    unit_need(H5Pset_deflate(list, 1));
    put(file, "x", H5T_STD_I32LE, 1, &rows, list, 0, NULL);
}

static void bad_chunk(hid_t file)
{
    const hsize_t rows = 1 << 28;
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_chunk(list, 1, &rows));
    unit_need(H5Pset_deflate(list, 1));
    put(file, "x", H5T_STD_I32LE, 1, &rows, list, 0, NULL);
}

/* A dataset of one chunk, stored as these bytes. */
static void put_chunk(hid_t file, hid_t list, unsigned mask, const void *bytes,
                      size_t size)
{
    const hsize_t rows = 1 << 16, offset = 0;

    unit_need(H5Pset_chunk(list, 1, &rows));
    const hid_t set =
        H5Dcreate2(file, "x", H5T_STD_U8LE, H5Screate_simple(1, &rows, NULL),
                   H5P_DEFAULT, list, H5P_DEFAULT);
    unit_need(set);
    unit_need(H5Dwrite_chunk(set, H5P_DEFAULT, mask, &offset, size, bytes));
    unit_need(H5Dclose(set));
}

static void bad_inflated_chunk(hid_t file, size_t size)
{
    static unsigned char packed[1 << 17];
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    uLongf length = sizeof packed;

    unit_need(H5Pset_deflate(list, 1));
    unit_need(compress2(packed, &length, (const Bytef *)numbers, size, 1));
    put_chunk(file, list, 0, packed, length);
}

static void bad_short_chunk(hid_t file)
{
    bad_inflated_chunk(file, 100);
}

static void bad_long_chunk(hid_t file)
{
    bad_inflated_chunk(file, (1 << 16) + 1);
}

static void bad_masked_chunk(hid_t file)
{
    const hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    unit_need(H5Pset_fletcher32(list));
    put_chunk(file, list, 1, numbers, 4000);
}

static void bad_plain_chunk(hid_t file)
{
    put_chunk(file, H5Pcreate(H5P_DATASET_CREATE), 0, numbers, 4000);
}

static void bad_compound(hid_t file)
{
    const hsize_t rows = 16;
    const hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    unit_need(H5Tinsert(type, "a", 0, H5T_STD_I32LE));
    put(file, "x", type, 1, &rows, H5P_DEFAULT, 0, NULL);
}

static void bad_group(hid_t file)
{
    unit_need(
        H5Gclose(H5Gcreate2(file, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
}

/* A categorical group whose codes are elsewhere. */
static void bad_codes(hid_t file)
{
    const hsize_t two = 2;

    bad_group(file);
    put(file, "x/categories", H5T_STD_I8LE, 1, &two, H5P_DEFAULT,
        H5T_NATIVE_DOUBLE, numbers);
    unit_need(H5Lcreate_external(path, "/cube", file, "x/codes", H5P_DEFAULT,
                                 H5P_DEFAULT));
}

static void bad_categories(hid_t file)
{
    const hsize_t two[2] = {2, 2};

    bad_group(file);
    put(file, "x/codes", H5T_STD_I8LE, 1, two, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
        numbers);
    put(file, "x/categories", H5T_STD_I8LE, 2, two, H5P_DEFAULT,
        H5T_NATIVE_DOUBLE, numbers);
}

static void bad_scalar(hid_t file)
{
    put(file, "x", H5T_STD_I8LE, 0, NULL, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
        numbers);
}

static void bad_rank(hid_t file)
{
    const hsize_t ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

    put(file, "x", H5T_STD_I8LE, 9, ones, H5P_DEFAULT, H5T_NATIVE_DOUBLE,
        numbers);
}

static void bad_nothing(hid_t file)
{
    (void)file;
}

#define wrong_chunk                                                            \
    "/x: damaged: a chunk is not of the size that its extents want"

static const struct {
    void (*make)(hid_t file);
    const char *wanted, *message;
} cases[] = {
    {bad_external, "/x", "/x: refused: data in another file"},
    {bad_external_link, "x", "x: refused: a link to another file"},
    {bad_external_link, "/g/cube", "/g/cube: refused: a link to another file"},
    {bad_soft_link, "/x", "/x: refused: a soft link"},
    {bad_virtual, "/x", "/x: refused: a virtual dataset"},
    {bad_filter, "/x", "/x: refused: filter 32000"},
    {bad_claim, "/x", "/x: claims 562949953421312 bytes"},
    {bad_chunk, "/x", "/x: a chunk of 1073741824 bytes needs more memory"},
    {bad_short_chunk, "/x", wrong_chunk},
    {bad_long_chunk, "/x", wrong_chunk},
    {bad_masked_chunk, "/x", wrong_chunk},
    {bad_plain_chunk, "/x", wrong_chunk},
    {bad_compound, "/x", "/x: found a type that is neither number nor text"},
    {bad_group, "/x", "/x: is no dataset"},
    {bad_codes, "/x", "/x/codes: refused: a link to another file"},
    {bad_categories, "/x", "/x: wanted whole numbers in codes and a list"},
    {bad_scalar, "/x", "/x: wanted an array of 1 to 8 dimensions"},
    {bad_rank, "/x", "/x: wanted an array of 1 to 8 dimensions"},
    {bad_nothing, "/x", "/x: is not in the file"},
    {bad_nothing, "/a/b/c", "/a/b/c: is not in the file"},
};

static void make_bad(size_t i)
{
    const hid_t file =
        H5Fcreate(bad_path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    unit_need(file);
    cases[i].make(file);
    unit_need(H5Fclose(file));
}

/* Plain HDF5 runs only in children: here wn_hdf5_start() has locked it. */
static void in_child(void (*work)(size_t), size_t i)
{
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        work(i);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void make_good(size_t i)
{
    (void)i;
    write_good(path);
}

static void make_all_bad(size_t i)
{
    char name[64];

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_bad(i);
        snprintf(name, sizeof name, "hdf5-bad%zu.h5", i);
        unit_need(rename(bad_path, name));
    }
}

static int setup(void **state)
{
    struct wn_error error = {0};
    struct wn_random random;
    FILE *file = fopen(canary_path, "wb");

    (void)state;
    if (!file || fputs("CANARYCANARYCANARY", file) < 0 || fclose(file))
        return -1;
    wn_random_start(&random, 5, WN_RANDOM_SAMPLE, 0, 0);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        numbers[i] = (double)wn_random_below(&random, 60000) - 30000;
    in_child(make_good, 0);
    in_child(make_all_bad, 0);
    return wn_hdf5_start(&error);
}

static int teardown(void **state)
{
    char name[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(name, sizeof name, "hdf5-bad%zu.h5", i);
        unlink(name);
    }
    unlink(path);
    unlink(bad_path);
    unlink(canary_path);
    return 0;
}

/* The padding of "spaces" takes the blank at the end of the last with it. */
static int same_word(void *context, size_t cell, const char *text,
                     size_t length, struct wn_error *error)
{
    char *const *name = context;
    const char *word =
        cell == 3 && strstr(*name, "spaces") ? "x y" : words[cell];

    return length == strlen(word) && memcmp(text, word, length) == 0
               ? 0
               : wn_fail(error, WN_EDATA, "%s: found '%.*s', wanted '%s'",
                         *name, (int)length, text, word);
}

static void reads_all_forms(void **state)
{
    static const char *const wanted[] = {
        "/group/table", "cube", "/floats", "spaces", "nulls", "words", "flags"};
    static double found[ROWS * COLUMNS];
    struct wn_array array[7] = {{0}};
    struct wn_error error = {0};

    (void)state;
    if (wn_hdf5_read(path, wanted, 7, memory, array, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(array[i].rows, ROWS);
        assert_int_equal(array[i].columns, COLUMNS);
        assert_false(array[i].text);
        assert_int_equal(array[i].whole, i == 1);
        assert_int_equal(wn_array_numbers(&array[i], 0, ROWS, found, &error),
                         0);
        assert_memory_equal(found, numbers, sizeof found);
        assert_int_equal(wn_array_numbers(&array[i], 99, 102, found, &error),
                         0);
        assert_memory_equal(found, numbers + 99 * COLUMNS,
                            3 * COLUMNS * sizeof *found);
    }
    for (size_t i = 3; i < 6; i++) {
        assert_true(array[i].text);
        assert_int_equal(array[i].rows, 4);
        if (wn_array_texts(&array[i], same_word, &array[i].name, &error))
            fail_msg("%s", error.text);
    }
    assert_int_equal(wn_array_numbers(&array[6], 0, ROWS, found, &error), 0);
    for (int i = 0; i < ROWS; i++)
        assert_true(found[i] == (i % 3 == 0));
    for (size_t i = 0; i < 7; i++)
        wn_array_free(&array[i]);
}

static void refuses_malicious_files(void **state)
{
    char name[64], wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_error error = {0};

        snprintf(name, sizeof name, "hdf5-bad%zu.h5", i);
        snprintf(wanted, sizeof wanted, "%s: %s", name, cases[i].message);
        struct wn_array array = {0};
        if (!wn_hdf5_read(name, &cases[i].wanted, 1, memory, &array, &error) ||
            array.name || strncmp(error.text, wanted, strlen(wanted)))
            fail_msg("wanted %s\nfound %s", wanted, error.text);
        assert_int_equal(error.code, WN_EDATA);
    }
}

static struct wn_hdf5_copy copy_of(const char *from, const char *const *paths,
                                   size_t count, FILE *to)
{
    static const uint64_t row[5] = {699, 3, 4, 5, 0};

    assert_non_null(to);
    return (struct wn_hdf5_copy){.path = from,
                                 .paths = paths,
                                 .count = count,
                                 .rows = ROWS,
                                 .row = row,
                                 .n = 5,
                                 .descriptor = fileno(to),
                                 .name = bad_path};
}

/* Rows in any order, a list whole; read back. */
static void writes_rows(void **state)
{
    static const char *const paths[] = {"/group/table", "cube", "flags",
                                        "words"};
    struct wn_array array[4] = {{0}};
    struct wn_error error = {0};
    double found[5 * COLUMNS];
    FILE *to = fopen(bad_path, "w+b");
    struct wn_hdf5_copy copy = copy_of(path, paths, 4, to);

    (void)state;
    copy.whole = 8;
    if (wn_hdf5_write(&copy, memory, NULL, &error))
        fail_msg("%s", error.text);
    fclose(to);
    if (wn_hdf5_read(bad_path, paths, 4, memory, array, &error))
        fail_msg("%s", error.text);
    for (size_t a = 0; a < 2; a++) {
        assert_int_equal(array[a].rows, 5);
        assert_int_equal(wn_array_numbers(&array[a], 0, 5, found, &error), 0);
        for (size_t i = 0; i < 5; i++)
            assert_memory_equal(found + i * COLUMNS,
                                numbers + copy.row[i] * COLUMNS,
                                COLUMNS * sizeof *found);
    }
    assert_int_equal(wn_array_numbers(&array[2], 0, 5, found, &error), 0);
    for (size_t i = 0; i < 5; i++)
        assert_true(found[i] == (copy.row[i] % 3 == 0));
    assert_int_equal(
        wn_array_texts(&array[3], same_word, &array[3].name, &error), 0);
    for (size_t a = 0; a < 4; a++)
        wn_array_free(&array[a]);
}

static void copies_nothing_malicious(void **state)
{
    char name[64], wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_error error = {0};
        FILE *to = fopen(bad_path, "w+b");

        snprintf(name, sizeof name, "hdf5-bad%zu.h5", i);
        snprintf(wanted, sizeof wanted, "%s: /", name);
        struct wn_hdf5_copy copy = copy_of(name, &cases[i].wanted, 1, to);
        assert_int_equal(wn_hdf5_write(&copy, memory, NULL, &error), -1);
        if (strncmp(error.text, wanted, strlen(wanted) - 1) ||
            error.code != WN_EDATA)
            fail_msg("wanted %s\nfound %s", wanted, error.text);
        fclose(to);
    }
}

/* The earliest HDF5 format has no checksums: numbers may come out wrong, but
 * nothing worse may happen to this process. */
static void survives_damage(void **state)
{
    static const char *const wanted[] = {"group/table", "cube", "words",
                                         "spaces"};
    static double found[ROWS * COLUMNS];
    struct wn_random random;
    size_t refused = 0, size = 0;
    char *bytes = unit_load(path, &size);

    (void)state;
    assert_non_null(bytes);
    assert_true(size > 4096);
    wn_random_start(&random, 6, WN_RANDOM_SAMPLE, 0, 0);
    for (int i = 0; i < FLIPS; i++) {
        /* Every second flip hits the start, where the structure is. */
        const size_t at = (size_t)wn_random_below(&random, i % 2 ? size : 4096);
        struct wn_array array[4] = {{0}};
        struct wn_error error = {0};

        bytes[at] ^= (char)(1 << i % 8);
        unit_put(bad_path, bytes, size);
        bytes[at] ^= (char)(1 << i % 8);
        if (wn_hdf5_read(bad_path, wanted, 4, memory, array, &error)) {
            refused++;
            continue;
        }
        if (array[0].rows == ROWS && array[0].columns == COLUMNS)
            assert_int_equal(
                wn_array_numbers(&array[0], 0, ROWS, found, &error), 0);
        for (size_t a = 0; a < 4; a++)
            wn_array_free(&array[a]);
    }
    free(bytes);
    printf("# %zu of %d flips refused\n", refused, FLIPS);
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_forms),
        cmocka_unit_test(refuses_malicious_files),
        cmocka_unit_test(writes_rows),
        cmocka_unit_test(copies_nothing_malicious),
        cmocka_unit_test(survives_damage)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
