/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/sandbox: work that crashes, hangs or runs out of memory costs only a
 * child process. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#include "array/sandbox.h"
#include "util/memory.h"

static void answer(void *context, struct wn_error *error)
{
    (void)error;
    *(int *)context = 42;
}

static void report_error(void *context, struct wn_error *error)
{
    *(int *)context = wn_fail(error, WN_EIO, "x.h5: on fire");
}

static void crash(void *context, struct wn_error *error)
{
    (void)error;
    *(int *)context = 1;
    raise(SIGKILL);
}

static void stop(void *context, struct wn_error *error)
{
    (void)context;
    (void)error;
    _exit(1);
}

static void spin(void *context, struct wn_error *error)
{
    volatile int *number = context;

    (void)error;
    for (;;)
        ++*number;
}

#if !defined WN_SANITIZERS
/* The library's own allocation: NULL at the limit. */
static void allocate(void *context, struct wn_error *error)
{
    void *block = malloc((size_t)1 << 30);

    (void)error;
    *(int *)context = block ? 1 : 2;
    free(block);
}

/* Winnow's allocation: ends the child at the limit. */
static void allocate_or_die(void *context, struct wn_error *error)
{
    (void)context;
    (void)error;
    free(wn_new((size_t)1 << 30, 1));
}
#endif

static const struct {
    void (*work)(void *context, struct wn_error *error);
    uint64_t seconds;
    int code;
    const char *message;
} cases[] = {
    {answer, 5, WN_OK, ""},
    {report_error, 5, WN_EIO, "x.h5: on fire"},
    {crash, 5, WN_EDATA,
     "x.h5: the HDF5 library crashed on it (Killed): the file is damaged or "
     "malicious"},
    {stop, 5, WN_EDATA,
     "x.h5: the HDF5 library crashed on it (it stopped): the file is damaged "
     "or malicious"},
    {spin, 0, WN_EDATA,
     "x.h5: the HDF5 library timed out reading it: the file is damaged or "
     "malicious"},
#if !defined WN_SANITIZERS
    {allocate, 5, WN_OK, ""},
    {allocate_or_die, 5, WN_EDATA,
     "x.h5: found data that need more than 64 MiB to read"},
#endif
};

static void runs_work_in_a_child(void **state)
{
    int *shared = wn_sandbox_share(sizeof *shared);

    (void)state;
    assert_int_equal(*shared, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_error error = {0};
        const int status = wn_sandbox_run("x.h5", 1 << 26, cases[i].seconds,
                                          cases[i].work, shared, &error);

        assert_string_equal(error.text, cases[i].message);
        assert_int_equal(error.code, cases[i].code);
        assert_int_equal(status, cases[i].code ? -1 : 0);
        if (cases[i].work == answer)
            assert_int_equal(*shared, 42);
#if !defined WN_SANITIZERS
        if (cases[i].work == allocate)
            assert_int_equal(*shared, 2);
#endif
    }
    munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_work_in_a_child)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
