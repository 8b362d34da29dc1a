/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program, makes its k-th call of a kind go wrong.
 *
 *   WN_FAULT_CALL   write, sync, rename, truncate, open or memory
 *   WN_FAULT_AT     which call of that kind, from 1
 *   WN_FAULT_KIND   fail (ENOSPC, EIO or ENOMEM; default), short (half of a
 *                   write) or kill (SIGKILL before the call)
 *   WN_FAULT_SEEN   a file that is made when the call was reached
 *
 * Only descriptors above 2 count, so that messages still come out. Counting
 * is per process, from the moment the program reads its options (what libraries
 * do while they are loaded is theirs); programs are run with one thread. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long count;
static bool armed, busy;

static bool is_set(const char *name, const char *value)
{
    const char *found = getenv(name);

    return found && strcmp(found, value) == 0;
}

static void tell(void)
{
    int (*real)(const char *, int, ...) =
        (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    const char *path = getenv("WN_FAULT_SEEN");

    if (path) {
        const int fd = real(path, O_WRONLY | O_CREAT, 0600);

        if (fd >= 0)
            close(fd);
    }
}

/* Blocks from this size on can be refused in real life; for smaller ones the
 * kernel has pages, and libraries do not look. */
enum { LARGE = 32768 };

/* Whether this call is the one; kills when that is asked. */
static bool strikes(const char *call)
{
    const char *at = getenv("WN_FAULT_AT");

    if (!armed || busy || !at || !is_set("WN_FAULT_CALL", call) ||
        ++count != strtol(at, NULL, 10))
        return false;
    busy = true;
    tell();
    if (is_set("WN_FAULT_KIND", "kill"))
        raise(SIGKILL);
    busy = false;
    return true;
}

static bool half(void)
{
    return is_set("WN_FAULT_KIND", "short");
}

int getopt_long(int argc, char *const *argv, const char *letters,
                const struct option *names, int *index)
{
    int (*real)(int, char *const *, const char *, const struct option *,
                int *) =
        (int (*)(int, char *const *, const char *, const struct option *,
                 int *))dlsym(RTLD_NEXT, "getopt_long");

    armed = true;
    return real(argc, argv, letters, names, index);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");

    if (fd > 2 && strikes("write")) {
        if (half())
            return real(fd, bytes, (length + 1) / 2);
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT,
                                                            "pwrite");

    if (fd > 2 && strikes("write")) {
        if (half())
            return real(fd, bytes, (length + 1) / 2, offset);
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
    return pwrite(fd, bytes, length, offset);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

    if (strikes("sync")) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");

    if (strikes("rename")) {
        errno = EIO;
        return -1;
    }
    return real(from, to);
}

int ftruncate(int fd, off_t length)
{
    int (*real)(int, off_t) =
        (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate");

    if (strikes("truncate")) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, length);
}

int ftruncate64(int fd, off_t length)
{
    return ftruncate(fd, length);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size)
{
    if (size >= LARGE && strikes("memory")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    if (number * size >= LARGE && strikes("memory")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    if (size >= LARGE && strikes("memory")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (size >= LARGE && strikes("memory")) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_memalign(alignment, size);
}
