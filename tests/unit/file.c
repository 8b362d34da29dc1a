/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/file: an output is whole or absent, whatever happens in between. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/file.h"

static char folder[] = "/tmp/winnow-file.XXXXXX";

static int enter(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void holds(const char *path, const char *text)
{
    char found[100] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static struct wn_output *begin(const char *path, bool force, const char *text)
{
    struct wn_error error = {0};
    struct wn_output *output = wn_output_open(path, force, &error);

    assert_non_null(output);
    assert_int_equal(wn_write_all(wn_output_descriptor(output), text,
                                  strlen(text), "test", &error),
                     0);
    return output;
}

static void commit_makes_and_abandon_leaves(void **state)
{
    struct wn_error error = {0};

    (void)state;
    wn_output_abandon(begin("a", false, "one"));
    assert_int_equal(access("a", F_OK), -1);
    assert_int_equal(access(".a.part", F_OK), -1);
    assert_int_equal(wn_output_commit(begin("a", false, "two"), &error), 0);
    holds("a", "two");
    assert_null(wn_output_open("a", false, &error));
    assert_string_equal(error.text, "a: exists; --force replaces it");
    wn_output_abandon(begin("a", true, "three"));
    holds("a", "two");
    error = (struct wn_error){0};
    assert_int_equal(wn_output_commit(begin("a", true, "4"), &error), 0);
    holds("a", "4");
    assert_int_equal(access(".a.part", F_OK), -1);
    unlink("a");
}

static void one_writer_at_a_time(void **state)
{
    struct wn_error error = {0};
    struct wn_output *first = begin("a", false, "first");

    (void)state;
    assert_null(wn_output_open("a", false, &error));
    assert_int_equal(error.code, WN_EBUSY);
    assert_int_equal(wn_output_commit(first, &error), 0);
    holds("a", "first");
    unlink("a");
}

static void a_killed_writer_leaves_nothing_that_lasts(void **state)
{
    struct wn_error error = {0};
    int status;

    (void)state;
    put("a", "old");
    const pid_t child = fork();
    if (child == 0) {
        begin("a", true, "half of something long");
        raise(SIGKILL);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    holds("a", "old");
    assert_int_equal(wn_output_commit(begin("a", true, "new"), &error), 0);
    holds("a", "new");
    assert_int_equal(access(".a.part", F_OK), -1);
    unlink("a");
}

static void links_and_modes_stay(void **state)
{
    struct wn_error error = {0};
    struct stat about;

    (void)state;
    put("real", "old");
    chmod("real", 0640);
    assert_int_equal(symlink("real", "link"), 0);
    assert_int_equal(wn_output_commit(begin("link", true, "new"), &error), 0);
    holds("real", "new");
    assert_int_equal(lstat("link", &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(stat("real", &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    unlink("link");
    unlink("real");
    /* a part that is a planted link is not followed */
    assert_int_equal(symlink("/etc/passwd", ".a.part"), 0);
    assert_null(wn_output_open("a", false, &error));
    unlink(".a.part");
}

static void full_devices_are_failures(void **state)
{
    struct wn_error error = {0};

    (void)state;
    assert_int_equal(wn_output_commit(begin("/dev/full", false, "x"), &error),
                     -1);
    assert_string_equal(error.text,
                        "/dev/full: cannot write: No space left on device");
    error = (struct wn_error){0};
    assert_null(wn_output_open(".", true, &error));
    assert_string_equal(error.text, ".: is a directory, not a file");
    error = (struct wn_error){0};
    assert_null(wn_output_open("no/such/place", true, &error));
    assert_int_equal(error.code, WN_EIO);
}

static void pipes_are_spooled(void **state)
{
    struct wn_error error = {0};
    char text[10] = "";
    bool spooled = false;

    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    const pid_t child = fork();
    if (child == 0) {
        put("pipe", "content");
        _exit(0);
    }
    const int fd = wn_input_open("pipe", &spooled, &error);
    assert_true(fd >= 0 && spooled);
    assert_int_equal(wn_read_at(fd, text, 7, 0, "pipe", &error), 0);
    assert_string_equal(text, "content");
    assert_int_equal(wn_read_at(fd, text, 7, 1, "pipe", &error), -1);
    close(fd);
    waitpid(child, NULL, 0);
    unlink("pipe");
    error = (struct wn_error){0};
    assert_int_equal(wn_input_open(".", NULL, &error), -1);
    assert_string_equal(error.text, ".: is a directory, not a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_makes_and_abandon_leaves),
        cmocka_unit_test(one_writer_at_a_time),
        cmocka_unit_test(a_killed_writer_leaves_nothing_that_lasts),
        cmocka_unit_test(links_and_modes_stay),
        cmocka_unit_test(full_devices_are_failures),
        cmocka_unit_test(pipes_are_spooled),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
