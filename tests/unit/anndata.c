/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/anndata: groups that hold one array as anndata writes it; malicious
 * ones are refused, each with its message. Checked by hand. */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hdf5.h>

#include "audit/audit.h"
#include "array/hdf5.h"

static const char path[] = "anndata-test.h5", to_path[] = "anndata-to.h5";
static const uint64_t memory = (uint64_t)256 << 20;

static void put(hid_t file, const char *group, const char *name, hid_t type,
                size_t count, const double *values)
{
    const hsize_t extent = count;
    const hid_t space = H5Screate_simple(1, &extent, NULL);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    char place[64];

    snprintf(place, sizeof place, "%s/%s", group, name);
    unit_need(H5Pset_create_intermediate_group(links, 1));
    const hid_t set =
        H5Dcreate2(file, place, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    unit_need(set);
    unit_need(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                       values));
    H5Dclose(set);
    H5Pclose(links);
    H5Sclose(space);
}

static void put_shape(hid_t file, const char *group, hsize_t count,
                      int64_t rows, int64_t columns)
{
    const int64_t shape[3] = {rows, columns, 1};
    const hid_t space = H5Screate_simple(1, &count, NULL);
    const hid_t object = H5Oopen(file, group, H5P_DEFAULT);
    const hid_t attribute = H5Acreate2(object, "shape", H5T_STD_I32BE, space,
                                       H5P_DEFAULT, H5P_DEFAULT);

    unit_need(attribute);
    unit_need(H5Awrite(attribute, H5T_NATIVE_INT64, shape));
    H5Aclose(attribute);
    H5Oclose(object);
    H5Sclose(space);
}

static void put_type(hid_t file, const char *group, const char *name)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    const hid_t object = H5Oopen(file, group, H5P_DEFAULT);

    unit_need(H5Tset_size(type, H5T_VARIABLE));
    const hid_t attribute = H5Acreate2(object, "encoding-type", type, space,
                                       H5P_DEFAULT, H5P_DEFAULT);
    unit_need(attribute);
    unit_need(H5Awrite(attribute, type, &name));
    H5Aclose(attribute);
    H5Oclose(object);
    H5Sclose(space);
    H5Tclose(type);
}

/* Three rows of four: 0 5 0 0 / nothing / 1 0 2.5 7, of which 7 is 3 + 4. */
static const double data[] = {5, 1, 2.5, 3, 4}, indices[] = {1, 0, 2, 3, 3},
                    indptr[] = {0, 1, 1, 5},
                    dense[] = {0, 5, 0, 0, 0, 0, 0, 0, 1, 0, 2.5, 7};

static void put_matrix(hid_t file, const char *group, const double *places,
                       const double *columns)
{
    put(file, group, "data", H5T_IEEE_F32BE, 5, data);
    put(file, group, "indices", H5T_STD_I32LE, 5, columns);
    put(file, group, "indptr", H5T_STD_I64LE, 4, places);
}

/* What is wrong with the group of that name. */
static const struct {
    const char *group, *message;
} bad[] = {
    {"/shapeless", ": wanted an attribute shape of two whole numbers"},
    {"/cube", ": wanted an attribute shape of two whole numbers"},
    {"/flat", ": wanted an attribute shape of two whole numbers"},
    {"/taller", ": is no matrix by rows, wanted a csr_matrix"},
    {"/csc", ": is no matrix by rows, wanted a csr_matrix"},
    {"/wide", ": 3 rows of 1000000000 features each in a file of"},
    {"/down", "/indptr: row 1: found 3 and 1, wanted ascending places"},
    {"/behind", "/indptr: row 2: found 1 and 6, wanted ascending places"},
    {"/column", "/indices: row 2: found 4, wanted one of 4 columns"},
    {"/before", "/indices: row 0: found -1, wanted one of 4 columns"},
    {"/floats", ": wanted lists of numbers in data, of columns in indices"},
    {"/short", ": wanted lists of numbers in data, of columns in indices"},
    {"/unmasked", ": wanted a list of values and a mask as long"},
    {"/fraction", ": wanted a list of values and a mask as long"}};

static void make_bad(hid_t file)
{
    static const double down[] = {0, 3, 1, 5}, behind[] = {0, 1, 1, 6},
                        column[] = {1, 0, 2, 4, 3}, before[] = {-1, 0, 2, 3, 3};

    put_matrix(file, "/shapeless", indptr, indices);
    put_matrix(file, "/cube", indptr, indices);
    put_shape(file, "/cube", 3, 3, 4);
    put_matrix(file, "/flat", indptr, indices);
    put_shape(file, "/flat", 2, 3, -4);
    put_matrix(file, "/taller", indptr, indices);
    put_shape(file, "/taller", 2, 4, 4);
    put_matrix(file, "/csc", indptr, indices);
    put_shape(file, "/csc", 2, 3, 3);
    put_type(file, "/csc", "csc_matrix");
    put_matrix(file, "/wide", indptr, indices);
    put_shape(file, "/wide", 2, 3, 1000000000);
    put_matrix(file, "/down", down, indices);
    put_shape(file, "/down", 2, 3, 4);
    put_matrix(file, "/behind", behind, indices);
    put_shape(file, "/behind", 2, 3, 4);
    put_matrix(file, "/column", indptr, column);
    put_shape(file, "/column", 2, 3, 4);
    put_matrix(file, "/before", indptr, before);
    put_shape(file, "/before", 2, 3, 4);
    put(file, "/floats", "data", H5T_IEEE_F32LE, 5, data);
    put(file, "/floats", "indices", H5T_IEEE_F32LE, 5, indices);
    put(file, "/floats", "indptr", H5T_STD_I32LE, 4, indptr);
    put_shape(file, "/floats", 2, 3, 4);
    put(file, "/short", "data", H5T_IEEE_F32LE, 4, data);
    put(file, "/short", "indices", H5T_STD_I32LE, 5, indices);
    put(file, "/short", "indptr", H5T_STD_I32LE, 4, indptr);
    put_shape(file, "/short", 2, 3, 4);
    put(file, "/unmasked", "values", H5T_STD_I8LE, 3, data);
    put(file, "/unmasked", "mask", H5T_STD_I8LE, 2, indptr);
    put(file, "/fraction", "values", H5T_STD_I8LE, 3, data);
    put(file, "/fraction", "mask", H5T_IEEE_F32LE, 3, data);
}

static void make(void)
{
    static const double mask[] = {0, 1, 0};
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    unit_need(file);
    put_matrix(file, "/good", indptr, indices);
    put_shape(file, "/good", 2, 3, 4);
    put_type(file, "/good", "csr_matrix");
    put(file, "/obs/count", "values", H5T_STD_I16BE, 3, data);
    put(file, "/obs/count", "mask", H5T_STD_U8LE, 3, mask);
    put_type(file, "/obs/count", "nullable-integer");
    make_bad(file);
    unit_need(H5Fclose(file));
}

/* Plain HDF5 only in children: here the doors are shut. */
static int setup(void **state)
{
    struct wn_error error = {0};
    int status;
    const pid_t child = fork();

    (void)state;
    if (child == 0) {
        make();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status)
        return -1;
    return wn_hdf5_start(&error);
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(to_path);
    return 0;
}

static const char *const both[] = {"/good", "obs/count"};

/* Rows of dense[] and of 5, missing, 2 (2.5 as a whole number). */
static void expect(const char *from, const size_t *row, size_t n)
{
    struct wn_array array[2] = {{0}};
    struct wn_error error = {0};
    double found[12], count[3];

    if (wn_hdf5_read(from, both, 2, memory, array, &error))
        fail_msg("%s", error.text);
    assert_int_equal(array[0].rows, n);
    assert_int_equal(array[0].columns, 4);
    assert_false(array[0].whole);
    assert_int_equal(array[1].rows, n);
    assert_true(array[1].whole);
    assert_int_equal(wn_array_numbers(&array[0], 0, n, found, &error), 0);
    assert_int_equal(wn_array_numbers(&array[1], 0, n, count, &error), 0);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(found + 4 * i, dense + 4 * row[i],
                            4 * sizeof *found);
        if (row[i] == 1)
            assert_true(isnan(count[i]));
        else
            assert_true(count[i] == (row[i] == 0 ? 5 : 2));
    }
    wn_array_free(&array[0]);
    wn_array_free(&array[1]);
}

static void reads_groups(void **state)
{
    static const size_t all[] = {0, 1, 2};

    (void)state;
    expect(path, all, 3);
}

static void writes_groups(void **state)
{
    static const size_t some[] = {2, 1};
    static const uint64_t row[] = {2, 1};
    struct wn_error error = {0};
    FILE *to = fopen(to_path, "w+b");

    (void)state;
    assert_non_null(to);
    const struct wn_hdf5_copy copy = {.path = path,
                                      .paths = both,
                                      .count = 2,
                                      .rows = 3,
                                      .row = row,
                                      .n = 2,
                                      .descriptor = fileno(to),
                                      .name = to_path};
    if (wn_hdf5_write(&copy, memory, NULL, &error))
        fail_msg("%s", error.text);
    fclose(to);
    expect(to_path, some, 2);
}

static void refuses_malicious_groups(void **state)
{
    char wanted[200];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wn_error error = {0};
        struct wn_array array = {0};

        snprintf(wanted, sizeof wanted, "%s: %s%s", path, bad[i].group,
                 bad[i].message);
        if (!wn_hdf5_read(path, &bad[i].group, 1, memory, &array, &error) ||
            array.name || strncmp(error.text, wanted, strlen(wanted)))
            fail_msg("wanted %s\nfound %s", wanted, error.text);
        assert_int_equal(error.code, WN_EDATA);
    }
}

/* What was right when it was audited may be malicious when it is pruned. */
static void copies_nothing_malicious(void **state)
{
    static const char *const groups[] = {"/taller", "/down", "/behind",
                                         "/short", "/unmasked"};
    static const uint64_t row[] = {2, 1};

    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct wn_error error = {0};
        FILE *to = fopen(to_path, "w+b");
        const struct wn_hdf5_copy copy = {.path = path,
                                          .paths = &groups[i],
                                          .count = 1,
                                          .rows = i ? 3 : 4,
                                          .row = row,
                                          .n = 2,
                                          .descriptor = fileno(to),
                                          .name = to_path};

        assert_int_equal(wn_hdf5_write(&copy, memory, NULL, &error), -1);
        assert_int_equal(error.code, WN_EDATA);
        assert_non_null(strstr(error.text, groups[i]));
        fclose(to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_groups), cmocka_unit_test(writes_groups),
        cmocka_unit_test(refuses_malicious_groups),
        cmocka_unit_test(copies_nothing_malicious)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
