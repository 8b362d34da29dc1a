/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit/audit: a file is whole or absent, whatever call fails and whenever the
 * process dies. This program defines write, pwrite, fsync, ftruncate and rename
 * itself, so it can count the calls of the library. The k-th call fails, or
 * kills the process, for k = 1, 2, ... until a run succeeds. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "array/hdf5.h"
#include "audit/audit.h"

enum { N = 3000, D = 100 };

static const char data_path[] = "faults-data.h5";
static const char path[] = "faults-trial.h5";
static const char part_path[] = ".faults-trial.h5.part";

static enum { NOTHING, FAIL, SHORTEN, KILL } fault;
static int fault_errno;
static int countdown; /* calls until the fault */
static float features[N * D];

/* Whether this call is the one. */
static bool strikes(void)
{
    if (fault == NOTHING || --countdown != 0)
        return false;
    if (fault == KILL)
        raise(SIGKILL);
    errno = fault_errno;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (strikes()) {
        if (fault != SHORTEN)
            return -1;
        size = (size + 1) / 2;
    }
    return syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (strikes()) {
        if (fault != SHORTEN)
            return -1;
        size = (size + 1) / 2;
    }
    return syscall(SYS_pwrite64, fd, bytes, size, at);
}

int fsync(int fd)
{
    return strikes() && fault != SHORTEN ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t size)
{
    return strikes() && fault != SHORTEN
               ? -1
               : (int)syscall(SYS_ftruncate, fd, size);
}

int rename(const char *from, const char *to)
{
    return strikes() && fault != SHORTEN
               ? -1
               : (int)syscall(SYS_renameat, -100, from, -100, to);
}

static int write_data(const char *to, struct wn_error *error)
{
    struct wn_audit_writer *writer =
        wn_audit_create(to, true, NULL, WN_DATA, error);

    if (!writer)
        return -1;
    if (wn_audit_write(writer, "data/features", WN_F32, (size_t[3]){N, D, 0},
                       features, error) ||
        wn_audit_provenance(writer, "ingest", "", NULL, error)) {
        wn_audit_abandon(writer);
        return -1;
    }
    return wn_audit_finish(writer, error);
}

/* What a stage does: copy what is before it, add its own. */
static int write_score(const char *to, struct wn_error *error)
{
    struct wn_audit *from = wn_audit_open(data_path, WN_DATA, error);
    struct wn_audit_writer *writer =
        from ? wn_audit_create(to, true, from, WN_SCORE, error) : NULL;
    int status = -1;

    if (writer && (wn_audit_write(writer, "score/el2n", WN_F32,
                                  (size_t[3]){N, 0, 0}, features, error) ||
                   wn_audit_provenance(writer, "score", "",
                                       wn_audit_digest(from, WN_DATA), error)))
        wn_audit_abandon(writer);
    else if (writer)
        status = wn_audit_finish(writer, error);
    wn_audit_close(from);
    return status;
}

static char *old_bytes, *new_bytes;
static size_t old_size, new_size;

static bool holds(const char *bytes, size_t size)
{
    size_t found_size = 0;
    char *found = unit_load(path, &found_size);
    const bool same =
        found && found_size == size && memcmp(found, bytes, size) == 0;

    free(found);
    return same;
}

static void put_old(void)
{
    unit_put(path, old_bytes, old_size);
}

static int setup(void **state)
{
    struct wn_error error = {0};

    (void)state;
    for (size_t i = 0; i < N * D; i++)
        features[i] = (float)(i % 1009);
    if (wn_hdf5_start(&error) || write_data(data_path, &error) ||
        write_score(path, &error))
        fail_msg("%s", error.text);
    new_bytes = unit_load(path, &new_size);
    features[0]++;
    if (write_data(path, &error))
        fail_msg("%s", error.text);
    features[0]--;
    old_bytes = unit_load(path, &old_size);
    return new_bytes && old_bytes ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(old_bytes);
    free(new_bytes);
    unlink(data_path);
    unlink(path);
    return 0;
}

/* Fail the k-th call with `number` for every k. */
static int fail_each(int number)
{
    for (int k = 1;; k++) {
        struct wn_error error = {0};

        put_old();
        fault = FAIL;
        fault_errno = number;
        countdown = k;
        const int status = write_score(path, &error);
        fault = NOTHING;
        assert_int_not_equal(access(part_path, F_OK), 0);
        if (status == 0) {
            assert_true(holds(new_bytes, new_size));
            /* fsync of the directory is no reason to fail. */
            if (countdown > 0)
                return k;
            continue;
        }
        if (!holds(old_bytes, old_size))
            fail_msg("call %d: the old file has changed", k);
        if (!strstr(error.text, path) || !strstr(error.text, strerror(number)))
            fail_msg("call %d: %s", k, error.text);
    }
}

static void failing_calls(void **state)
{
    (void)state;
    const int full = fail_each(ENOSPC);
    assert_true(full > 8);
    assert_int_equal(fail_each(EIO), full);
    printf("# %d calls\n", full);
}

static void short_writes(void **state)
{
    (void)state;
    for (int k = 1;; k++) {
        struct wn_error error = {0};

        put_old();
        fault = SHORTEN;
        countdown = k;
        const int status = write_score(path, &error);
        fault = NOTHING;
        if (status)
            fail_msg("call %d: %s", k, error.text);
        assert_true(holds(new_bytes, new_size));
        if (countdown > 0)
            return;
    }
}

static void killed_at_each_call(void **state)
{
    (void)state;
    for (int k = 1;; k++) {
        struct wn_error error = {0};
        int status;

        put_old();
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            fault = KILL;
            countdown = k;
            _exit(write_score(path, &error) ? 1 : 0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!holds(old_bytes, old_size) && !holds(new_bytes, new_size))
            fail_msg("killed at call %d: neither the old nor the new file", k);
        if (write_score(path, &error))
            fail_msg("after a kill at call %d: %s", k, error.text);
        assert_true(holds(new_bytes, new_size));
        assert_int_not_equal(access(part_path, F_OK), 0);
        if (!WIFSIGNALED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return;
        }
        assert_int_equal(WTERMSIG(status), SIGKILL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failing_calls),
                                       cmocka_unit_test(short_writes),
                                       cmocka_unit_test(killed_at_each_call)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
