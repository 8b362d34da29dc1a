/* SPDX-License-Identifier: GPL-3.0-or-later */
/* array/sandbox: work that crashes, hangs or runs out of memory costs only a
 * child process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "array/sandbox.h"
#include "util/file.h"
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
     "x.h5: found data that need more than 64 MiB to read, wanted a larger "
     "--memory"},
#endif
};

static void runs_work_in_a_child(void **state)
{
    int *shared = wn_sandbox_share(sizeof *shared);

    (void)state;
    assert_int_equal(*shared, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wn_error error = {0};
        const int status =
            wn_sandbox_run("x.h5", 1 << 26, cases[i].seconds, (const int[]){-1},
                           0, cases[i].work, shared, &error);

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

/* Which of these descriptors are open, as bits; the errors of calls that a
 * reader of data never makes. */
struct cage {
    int descriptor[2], open, standard;
    int opens, starts, connects, signals, temporaries;
    long pages;
    pid_t child;
};

static int is_open(int descriptor)
{
    return lseek(descriptor, 0, SEEK_CUR) == 0 || errno != EBADF;
}

static void look(void *context, struct wn_error *error)
{
    struct cage *cage = context;

    while (wn_temporary(error) >= 0)
        cage->temporaries++;
    *error = (struct wn_error){0};
    /* qsort() of the C library decides by it where it sorts. */
    cage->pages = sysconf(_SC_PHYS_PAGES);
    for (int d = 0; d < 2; d++)
        cage->open |= is_open(cage->descriptor[d]) << d;
    for (int d = 0; d < 3; d++)
        cage->standard |= is_open(d) << d;
    cage->opens = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
    cage->starts = execv("/bin/true", (char *[]){"true", NULL}) ? errno : 0;
    cage->connects = socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
    cage->signals = kill(getppid(), 0) ? errno : 0;
}

static void child_has_what_it_needs(void **state)
{
    struct cage *cage = wn_sandbox_share(sizeof *cage);
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(pipe(cage->descriptor), 0);
    unit_must(wn_sandbox_run("x.h5", 1 << 26, 5,
                             (const int[]){cage->descriptor[1], -1}, 2, look,
                             cage, &error),
              &error);
    assert_int_equal(cage->open, 2);
    assert_int_equal(cage->standard, 0);
    assert_int_equal(cage->temporaries, 2);
    assert_int_equal(cage->pages, sysconf(_SC_PHYS_PAGES));
#if !defined WN_SANITIZERS
    assert_int_equal(cage->opens, EPERM);
    assert_int_equal(cage->starts, EPERM);
    assert_int_equal(cage->connects, EPERM);
    assert_int_equal(cage->signals, EPERM);
#endif
    close(cage->descriptor[0]);
    close(cage->descriptor[1]);
    munmap(cage, sizeof *cage);
}

/* The number after `name` in /proc/PID/status; -1 without such a line. */
static int status_line(pid_t pid, const char *name)
{
    char path[40], line[128];
    int number = -1;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            number = atoi(line + strlen(name));
    if (file)
        fclose(file);
    return number;
}

static void wait_for_ever(void *context, struct wn_error *error)
{
    (void)error;
    *(volatile pid_t *)&((struct cage *)context)->child = getpid();
    for (;;)
        ++*(volatile int *)&((struct cage *)context)->open;
}

static void child_dies_with_its_parent(void **state)
{
    struct cage *cage = wn_sandbox_share(sizeof *cage);
    struct wn_error error = {0};
    int tries = 0;
    const pid_t parent = fork();

    (void)state;
    assert_true(parent >= 0);
    if (parent == 0)
        _exit(wn_sandbox_run("x.h5", 1 << 26, 5, (const int[]){-1}, 0,
                             wait_for_ever, cage, &error));
    while (!*(volatile pid_t *)&cage->child)
        usleep(1000);
    assert_int_equal(status_line(cage->child, "NoNewPrivs:"), 1);
#if !defined WN_SANITIZERS
    assert_int_equal(status_line(cage->child, "Seccomp:"), 2);
#endif
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    /* It is somebody else's child now, and soon gone or a zombie of theirs. */
    for (bool alive = true; alive && tries < 10000; tries++) {
        char path[40], line[64] = "";

        snprintf(path, sizeof path, "/proc/%d/stat", (int)cage->child);
        FILE *file = fopen(path, "r");
        alive = file && fgets(line, sizeof line, file) && !strstr(line, ") Z");
        if (file)
            fclose(file);
        usleep(1000);
    }
    assert_true(tries < 10000);
    munmap(cage, sizeof *cage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_work_in_a_child),
        cmocka_unit_test(child_has_what_it_needs),
        cmocka_unit_test(child_dies_with_its_parent)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
