/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole-or-absent outputs and spooled inputs; see file.h. */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/memory.h"
#include "util/text.h"

enum { COPY_BYTES = 1 << 18 };

struct wn_output {
    int descriptor;
    char *target; /* path to rename to; NULL: copy the bytes to a stream */
    char *part;   /* path that is written to, with a target */
    const char *name;
    char *given;   /* the path as given; NULL for standard output */
    int directory; /* of the target, for fsync; else -1 */
    struct wn_output *next;
};

/* The files that are read: they must not be replaced. */
static struct stat *inputs;
static size_t input_count, input_capacity;

/* The time tells a file from a later one that got the same number. */
static bool is_input(const struct stat *about, size_t i)
{
    return inputs[i].st_dev == about->st_dev &&
           inputs[i].st_ino == about->st_ino &&
           inputs[i].st_mtim.tv_sec == about->st_mtim.tv_sec &&
           inputs[i].st_mtim.tv_nsec == about->st_mtim.tv_nsec;
}

/* All open outputs, for wn_output_remove_parts(). */
static struct wn_output *open_outputs;

void wn_file_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            /* Opened in the opposite direction, so that using it fails. */
            if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
                _exit(2);
}

const char *wn_input_name(const char *path)
{
    return path && strcmp(path, "-") ? path : "standard input";
}

int wn_write_all(int descriptor, const void *bytes, size_t length,
                 const char *name, struct wn_error *error)
{
    const char *at = bytes;

    while (length) {
        const ssize_t put = write(descriptor, at, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return wn_fail_errno(error, "%s: cannot write", name);
        at += put;
        length -= (size_t)put;
    }
    return 0;
}

int wn_read_at(int descriptor, void *bytes, size_t length, uint64_t offset,
               const char *name, struct wn_error *error)
{
    char *at = bytes;

    while (length) {
        const ssize_t got = pread(descriptor, at, length, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return wn_fail_errno(error, "%s: cannot read", name);
        if (got == 0)
            return wn_fail(error, WN_EIO,
                           "%s: ended at byte %llu while being read", name,
                           (unsigned long long)offset);
        at += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return 0;
}

const char *wn_temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && *folder ? folder : "/tmp";
}

/* In a child that may open no file: the temporary files that are left, and why
 * there are not more. */
static struct {
    int descriptor[WN_RESERVE], count, failure;
    bool only;
} reserved = {.failure = EMFILE};

int wn_temporary(struct wn_error *error)
{
    const char *folder = wn_temporary_folder();
    struct wn_text path = {0};
    int fd = -1;

    if (reserved.only) {
        errno = reserved.failure;
        if (reserved.count)
            fd = reserved.descriptor[--reserved.count];
    } else {
        wn_text_format(&path, "%s/winnow.XXXXXX", folder);
        fd = mkostemp(path.bytes, O_CLOEXEC);
        if (fd >= 0)
            unlink(path.bytes);
        wn_text_free(&path);
    }
    if (fd < 0)
        wn_fail_errno(error, "%s: cannot make a temporary file", folder);
    return fd;
}

void wn_temporary_close(int descriptor)
{
    if (reserved.only && reserved.count < WN_RESERVE &&
        ftruncate(descriptor, 0) == 0 && lseek(descriptor, 0, SEEK_SET) == 0)
        reserved.descriptor[reserved.count++] = descriptor;
    else
        close(descriptor);
}

static uint64_t temporary_limit; /* 0: not known yet */

static void find_limit(void)
{
    struct statvfs about;

    if (!temporary_limit)
        temporary_limit =
            statvfs(wn_temporary_folder(), &about) == 0
                ? (uint64_t)about.f_bavail * about.f_frsize / 10 * 9
                : UINT64_MAX;
}

void wn_temporary_reserve(int reserve[WN_RESERVE], int count)
{
    struct wn_error quiet = {0};

    find_limit(); /* the child cannot */
    for (int r = 0; r < WN_RESERVE; r++) {
        reserve[r] = r < count && !quiet.code ? wn_temporary(&quiet) : -1;
        if (reserve[r] < 0 && quiet.code)
            reserved.failure = errno;
    }
}

void wn_temporary_only(const int reserve[WN_RESERVE])
{
    for (int r = 0; r < WN_RESERVE; r++)
        if (reserve[r] >= 0)
            reserved.descriptor[reserved.count++] = reserve[r];
    reserved.only = true;
}

void wn_temporary_limit(uint64_t bytes)
{
    temporary_limit = bytes;
}

int wn_temporary_write(int descriptor, const void *bytes, size_t length,
                       const char *name, struct wn_error *error)
{
    const off_t at = lseek(descriptor, 0, SEEK_CUR);

    find_limit();
    if (at >= 0 && (uint64_t)at + length > temporary_limit)
        return wn_fail(error, WN_EIO,
                       "%s: found more than %llu MiB, wanted at most that for "
                       "a temporary file in %s (--max-spool)",
                       name, (unsigned long long)(temporary_limit >> 20),
                       wn_temporary_folder());
    return wn_write_all(descriptor, bytes, length, "temporary file", error);
}

/* Copy the rest of `from` to `to`, a temporary file if `spool`. */
static int copy_out(int from, const char *from_name, int to,
                    const char *to_name, bool spool, struct wn_error *error)
{
    char *buffer = wn_new(COPY_BYTES, 1);
    int status = -1;

    for (;;) {
        const ssize_t got = read(from, buffer, COPY_BYTES);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            wn_fail_errno(error, "%s: cannot read", from_name);
            break;
        }
        if (got == 0) {
            status = 0;
            break;
        }
        if (spool
                ? wn_temporary_write(to, buffer, (size_t)got, from_name, error)
                : wn_write_all(to, buffer, (size_t)got, to_name, error))
            break;
    }
    free(buffer);
    return status;
}

int wn_file_size(int descriptor, const char *name, uint64_t *size,
                 struct wn_error *error)
{
    struct stat about;

    if (fstat(descriptor, &about))
        return wn_fail_errno(error, "%s: cannot read its size", name);
    *size = (uint64_t)about.st_size;
    return 0;
}

int wn_file_digest(int descriptor, const char *name, uint64_t size,
                   char out[WN_DIGEST_TEXT], struct wn_error *error)
{
    struct wn_hash *hash = wn_hash_new();
    char *buffer = wn_new(COPY_BYTES, 1);
    int status = 0;

    for (uint64_t at = 0; status == 0 && at < size; at += COPY_BYTES) {
        const uint64_t left = size - at;
        const size_t length = left < COPY_BYTES ? (size_t)left : COPY_BYTES;

        status = wn_read_at(descriptor, buffer, length, at, name, error);
        wn_hash_add(hash, buffer, length);
    }
    wn_hash_text(hash, out);
    wn_hash_free(hash);
    free(buffer);
    return status;
}

void wn_input_protect(int descriptor)
{
    struct stat about;

    if (fstat(descriptor, &about) || !S_ISREG(about.st_mode))
        return;
    wn_grow(&inputs, &input_capacity, input_count + 1, sizeof *inputs);
    inputs[input_count++] = about;
}

void wn_input_release(int descriptor)
{
    struct stat about;

    if (fstat(descriptor, &about))
        return;
    for (size_t i = input_count; i-- > 0;)
        if (is_input(&about, i))
            inputs[i] = inputs[--input_count];
}

/* Refuse an output that is one of the inputs. */
static int check_not_input(const char *path, struct wn_error *error)
{
    struct stat about;

    if (!path || stat(path, &about))
        return 0;
    for (size_t i = 0; i < input_count; i++)
        if (is_input(&about, i))
            return wn_fail(error, WN_EUSAGE,
                           "%s: is an input of this run, wanted another file "
                           "to write",
                           path);
    return 0;
}

int wn_input_open(const char *path, bool *spooled, struct wn_error *error)
{
    const char *name = wn_input_name(path);
    const int fd = name == path ? open(path, O_RDONLY | O_CLOEXEC)
                                : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    struct stat about;

    if (spooled)
        *spooled = false;
    if (fd < 0)
        return wn_fail_errno(error, "%s: cannot open", name);
    if (fstat(fd, &about)) {
        wn_fail_errno(error, "%s: cannot read its size", name);
        close(fd);
        return -1;
    }
    if (S_ISDIR(about.st_mode)) {
        close(fd);
        return wn_fail(error, WN_EIO, "%s: is a directory, not a file", name);
    }
    wn_input_protect(fd);
    if (S_ISREG(about.st_mode) && lseek(fd, 0, SEEK_CUR) == 0)
        return fd;
    const int copy = wn_temporary(error);
    if (copy < 0 || copy_out(fd, name, copy, "temporary file", true, error)) {
        if (copy >= 0)
            close(copy);
        close(fd);
        return -1;
    }
    close(fd);
    if (spooled)
        *spooled = true;
    lseek(copy, 0, SEEK_SET);
    return copy;
}

static void free_output(struct wn_output *output)
{
    struct wn_output **link = &open_outputs;

    while (*link && *link != output)
        link = &(*link)->next;
    if (*link)
        *link = output->next;
    if (output->descriptor >= 0)
        close(output->descriptor);
    if (output->directory >= 0)
        close(output->directory);
    free(output->target);
    free(output->part);
    free(output->given);
    free(output);
}

/* Open .NAME.part in the target's directory; `about` describes a file that the
 * output will replace, else NULL. */
static int open_part(struct wn_output *output, const struct stat *about,
                     struct wn_error *error)
{
    struct wn_text path = {0};
    const char *slash;
    size_t folder;

    /* realpath(): replace the file that a symbolic link names, not the link. */
    output->target = about ? realpath(output->given, NULL)
                           : wn_copy_text(output->given, strlen(output->given));
    if (!output->target)
        return wn_fail_errno(error, "%s: cannot resolve", output->name);
    slash = strrchr(output->target, '/');
    folder = slash ? (size_t)(slash - output->target) + 1 : 0;
    wn_text_add(&path, output->target, folder);
    output->directory =
        open(folder ? path.bytes : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    wn_text_format(&path, ".%s.part", output->target + folder);
    output->part = path.bytes;
    if (output->directory < 0)
        return wn_fail_errno(error, "%s: cannot open its directory",
                             output->name);
    /* Open and lock the part. A run that finishes between our open and our lock
     * renames or removes its part; then the name is no longer that of our file
     * and we try again. */
    for (;;) {
        struct stat held, named;
        const int fd =
            open(output->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);

        if (fd < 0)
            return wn_fail_errno(error, "%s: cannot create", output->part);
        if (flock(fd, LOCK_EX | LOCK_NB)) {
            if (errno == EWOULDBLOCK)
                wn_fail(error, WN_EBUSY, "%s: another run is writing it",
                        output->name);
            else
                wn_fail_errno(error, "%s: cannot lock", output->part);
            close(fd);
            return -1;
        }
        if (fstat(fd, &held) == 0 && lstat(output->part, &named) == 0 &&
            held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
            output->descriptor = fd;
            break;
        }
        close(fd);
    }
    /* Whoever may write in the folder could have put it there: with the part of
     * another owner, or another name of a file, its bytes would be theirs. */
    struct stat part;
    if (fstat(output->descriptor, &part))
        return wn_fail_errno(error, "%s: cannot look at it", output->part);
    if (part.st_uid != geteuid() || part.st_nlink != 1 ||
        !S_ISREG(part.st_mode)) {
        wn_fail(error, WN_EIO,
                "%s: is not a file of ours alone, wanted it removed",
                output->part);
        close(output->descriptor);
        output->descriptor = -1;
        return -1;
    }
    if (ftruncate(output->descriptor, 0))
        return wn_fail_errno(error, "%s: cannot empty", output->part);
    if (about && fchmod(output->descriptor, about->st_mode & 07777))
        return wn_fail_errno(error, "%s: cannot set its mode", output->part);
    return 0;
}

struct wn_output *wn_output_open(const char *path, bool force,
                                 struct wn_error *error)
{
    struct wn_output *output = wn_new(1, sizeof *output);
    const bool stream = !path || strcmp(path, "-") == 0;
    struct stat about = {.st_mode = 0};
    int status = 0;

    output->descriptor = output->directory = -1;
    output->given = stream ? NULL : wn_copy_text(path, strlen(path));
    output->name = stream ? "standard output" : output->given;
    if (check_not_input(output->given, error))
        status = -1;
    else if (!stream && stat(path, &about) && errno == ENOENT &&
             lstat(path, &about) == 0)
        status = wn_fail(error, WN_EUSAGE,
                         "%s: is a symbolic link to a file that does not exist",
                         path);
    else if (!stream && stat(path, &about))
        status = errno == ENOENT
                     ? open_part(output, NULL, error)
                     : wn_fail_errno(error, "%s: cannot write", path);
    else if (S_ISDIR(about.st_mode))
        status = wn_fail(error, WN_EIO, "%s: is a directory, not a file", path);
    else if (stream || !S_ISREG(about.st_mode))
        output->descriptor = wn_temporary(error);
    else if (!force)
        status =
            wn_fail(error, WN_EUSAGE, "%s: exists; --force replaces it", path);
    else
        status = open_part(output, &about, error);
    if (status || output->descriptor < 0) {
        wn_output_abandon(output);
        return NULL;
    }
    output->next = open_outputs;
    open_outputs = output;
    return output;
}

void wn_output_remove_parts(void)
{
    for (const struct wn_output *o = open_outputs; o; o = o->next)
        if (o->target)
            unlink(o->part);
}

int wn_output_descriptor(const struct wn_output *output)
{
    return output->descriptor;
}

const char *wn_output_name(const struct wn_output *output)
{
    return output->name;
}

int wn_output_commit(struct wn_output *output, struct wn_error *error)
{
    int status = 0;

    if (check_not_input(output->given, error)) {
        status = -1;
    } else if (!output->target) {
        const int to = output->given ? open(output->given, O_WRONLY | O_CLOEXEC)
                                     : STDOUT_FILENO;

        lseek(output->descriptor, 0, SEEK_SET);
        status = to < 0 ? wn_fail_errno(error, "%s: cannot open", output->name)
                        : copy_out(output->descriptor, "temporary file", to,
                                   output->name, false, error);
        if (to >= 0 && output->given && close(to) && status == 0)
            status = wn_fail_errno(error, "%s: cannot write", output->name);
    } else if (fsync(output->descriptor)) {
        status = wn_fail_errno(error, "%s: cannot write", output->name);
    } else if (rename(output->part, output->target)) {
        status = wn_fail_errno(error, "%s: cannot rename to %s", output->part,
                               output->target);
    } else {
        /* The file has its name: a directory that cannot be synced is no
         * reason to report a failure. */
        (void)!fsync(output->directory);
        free_output(output);
        return 0;
    }
    wn_output_abandon(output);
    return status;
}

void wn_output_abandon(struct wn_output *output)
{
    if (!output)
        return;
    if (output->target && output->descriptor >= 0)
        unlink(output->part);
    free_output(output);
}
