/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program, refuses its k-th large allocation, k = WN_FAULT_AT,
 * and then makes the file WN_FAULT_SEEN; or, unless that is there, lets the
 * shell run WN_FAULT_READ right after the first read of a kilobyte of a file or
 * more.
 *
 * Counting is per process, from the moment the program reads its options (what
 * libraries do while they are loaded is theirs); programs are run with one
 * thread. strike.c has the system calls. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static long count;
static bool armed, busy;

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

/* Whether this allocation is the one. */
static bool strikes(void)
{
    const char *at = getenv("WN_FAULT_AT");

    if (!armed || busy || !at || ++count != strtol(at, NULL, 10))
        return false;
    busy = true;
    tell();
    busy = false;
    return true;
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

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    ssize_t (*real)(int, void *, size_t, off_t) =
        (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
    const char *command = getenv("WN_FAULT_READ");
    const char *seen = getenv("WN_FAULT_SEEN");
    const ssize_t got = real(file, bytes, size, offset);

    if (armed && command && seen && size >= 1024 && access(seen, F_OK)) {
        tell();
        unsetenv("LD_PRELOAD");
        if (system(command))
            abort();
    }
    return got;
}

void *malloc(size_t size)
{
    if (size >= LARGE && strikes()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    if (number * size >= LARGE && strikes()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    if (size >= LARGE && strikes()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (size >= LARGE && strikes()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_memalign(alignment, size);
}
