/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays, from the file to names and scales, when memory runs out. */
#include "refuse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/libsvm.h"
#include "array/npy.h"
#include "encode/array_column.h"
#include "encode/rescale.h"

enum { N = 6 };
static const char text_path[] = "spare.svm", npy_path[] = "spare.npy";

static int make_files(void **state)
{
    static const char header[] =
        "{'descr': '<U1', 'fortran_order': True, 'shape': (6,), }";
    static const uint32_t names[N] = {'b', 'a', 'c', 'a', 'b', 'c'};
    FILE *text = fopen(text_path, "wb"), *npy = fopen(npy_path, "wb");

    (void)state;
    if (!text || !npy)
        return -1;
    for (int i = 0; i < N; i++)
        fprintf(text, "%d qid:%d 1:%d 3:.5\n", i % 2, i / 2, i);
    fwrite("\223NUMPY\1\0", 1, 8, npy);
    fputc((int)sizeof header - 1, npy);
    fputc(0, npy);
    fwrite(header, 1, sizeof header - 1, npy);
    fwrite(names, sizeof *names, N, npy);
    return fclose(text) || fclose(npy) ? -1 : 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(text_path) || unlink(npy_path) ? -1 : 0;
}

/* Names of a .npy file, by itself and as a list that codes stand for. */
static int list_names(const struct wn_libsvm *libsvm, struct wn_error *error)
{
    struct wn_dictionary names = {0}, group = {0};
    struct wn_text all = {0};
    struct wn_array npy;
    int32_t code[N];
    uint64_t offset[N + 1] = {0};
    size_t *place = NULL;
    int status = -1;

    if (wn_npy_read(npy_path, &npy, error))
        return -1;
    if (wn_array_column_names(&npy, NULL, 0, &names, code, &place, error) ==
            0 &&
        wn_array_column_names(&libsvm->group, NULL, 0, &group, code, &place,
                              error) == 0)
        status = wn_array_column_text(&npy, &all, offset, error);
    wn_array_free(&npy);
    wn_dictionary_free(&names);
    wn_dictionary_free(&group);
    wn_text_free(&all);
    return status;
}

static int scale_rows(const struct wn_libsvm *libsvm, struct wn_error *error)
{
    static const enum wn_rescale_how hows[] = {
        WN_RESCALE_NONE, WN_RESCALE_EVEN, WN_RESCALE_ROBUST, WN_RESCALE_AUTO};

    for (int h = 0; h < 4; h++) {
        struct wn_rescale rescale = {0};
        const int status = wn_rescale_fit(&rescale, hows[h], &libsvm->features,
                                          NULL, libsvm->rows, error);

        wn_rescale_free(&rescale);
        if (status)
            return -1;
    }
    return 0;
}

static int run_all(struct wn_error *error)
{
    struct wn_libsvm libsvm;
    int status;

    if (wn_libsvm_read(text_path, &libsvm, error))
        return -1;
    status = list_names(&libsvm, error) || scale_rows(&libsvm, error);
    wn_libsvm_free(&libsvm);
    return status ? -1 : 0;
}

static void says_when_memory_runs_out(void **state)
{
    (void)state;
    refuse_each(run_all, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
