/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data/child: work that dies, spins or eats memory costs a child only. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#include "array/sandbox.h"

static void tell(void *context)
{
    *(int *)context = 42;
}

static void die(void *context)
{
    *(int *)context = 1;
    raise(SIGKILL);
}

static void stop(void *context)
{
    (void)context;
    _exit(3);
}

static void spin(void *context)
{
    volatile int *number = context;

    for (;;)
        ++*number;
}

static void eat(void *context)
{
    void *block = malloc((size_t)1 << 30);

    *(int *)context = block ? 1 : 2;
    free(block);
}

static void runs_work_apart(void **state)
{
    struct wn_error error = {0};
    int *shared = wn_sandbox_share(sizeof *shared);

    (void)state;
    assert_non_null(shared);
    assert_int_equal(*shared, 0);
    assert_int_equal(wn_sandbox_run("x.h5", 1 << 26, 5, tell, shared, &error),
                     0);
    assert_int_equal(*shared, 42);

    assert_int_equal(wn_sandbox_run("x.h5", 1 << 26, 5, die, shared, &error),
                     -1);
    assert_string_equal(error.text, "x.h5: the HDF5 library fails on it "
                                    "(Killed): damaged or crafted");
    error = (struct wn_error){0};
    assert_int_equal(wn_sandbox_run("x.h5", 1 << 26, 5, stop, shared, &error),
                     -1);
    assert_string_equal(error.text, "x.h5: the HDF5 library fails on it "
                                    "(it stopped): damaged or crafted");
    error = (struct wn_error){0};
    assert_int_equal(wn_sandbox_run("x.h5", 1 << 26, 0, spin, shared, &error),
                     -1);
    assert_string_equal(error.text, "x.h5: the HDF5 library does not come to "
                                    "an end with it: damaged or crafted");
    assert_int_equal(error.code, WN_EDATA);
#if !defined WN_SANITIZERS
    error = (struct wn_error){0};
    assert_int_equal(wn_sandbox_run("x.h5", 1 << 26, 5, eat, shared, &error),
                     0);
    assert_int_equal(*shared, 2);
#else
    (void)eat;
#endif
    munmap(shared, sizeof *shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(runs_work_apart)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
