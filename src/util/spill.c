/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mapped files and their windows; see spill.h. */
#include "util/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "util/file.h"
#include "util/memory.h"

enum {
    LEAST = 1 << 18,   /* bytes of an array that is worth a file */
    NARROW = 1 << 16,  /* bytes of the smallest window */
    WINDOWS = 1024,    /* so many or twice that fit the bound: few enough for
                          the kernel's limit on mappings */
    FLOOR = 64,        /* always allowed: an instruction may touch sixteen */
    RESERVE = 4 << 20, /* bytes that may come in between two faults */
    FRESH = 4 << 20    /* bytes of code and tables not touched at the start */
};

struct span {
    char *begin;
    size_t bytes;
    unsigned char *open; /* of each window */
};

struct window {
    char *begin;
    size_t bytes;
    unsigned char *open;
};

/* The process's. */
static struct {
    pthread_mutex_t lock; /* of all below it */
    struct span *spans;
    size_t count, room;
    struct window *ring; /* those open, oldest at first */
    size_t first, opened, ring_room;
    struct sigaction before;
    bool on; /* set before any other thread is there */
    int statm;
    size_t page, most, wide, code; /* bytes: of a page, the bound, a window,
                                      shared pages that are no window's */
} bound;

static int open_statm(void)
{
    return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* Pages that are resident, all and those of files; false if unknown. */
static bool resident(int statm, size_t *all, size_t *shared)
{
    char text[128];
    const ssize_t got = pread(statm, text, sizeof text - 1, 0);
    char *at = text;

    if (got <= 0)
        return false;
    text[got] = '\0';
    strtoull(at, &at, 10);
    *all = (size_t)strtoull(at, &at, 10);
    *shared = (size_t)strtoull(at, NULL, 10);
    return *all > 0 && *shared <= *all;
}

double wn_spill_resident(void)
{
    const int statm = open_statm();
    size_t all = 0, shared;

    if (statm < 0)
        return 0;
    if (!resident(statm, &all, &shared))
        all = 0;
    close(statm);
    return (double)all * (double)sysconf(_SC_PAGESIZE);
}

double wn_spill_least(double other)
{
    return fmax(other + FRESH + RESERVE + FLOOR * NARROW,
                (other + FRESH + RESERVE) / (1 - (double)FLOOR / WINDOWS));
}

/* How many windows may be open beside all else and `bytes` more. */
static size_t allowed(size_t bytes)
{
    size_t all, shared;

    if (!resident(bound.statm, &all, &shared))
        return FLOOR;
    const size_t other =
        (all - shared) * bound.page + bound.code + RESERVE + bytes;
    const size_t windows =
        other < bound.most ? (bound.most - other) / bound.wide : 0;

    return windows > FLOOR ? windows : FLOOR;
}

/* What was written is the file's: it comes back with the next fault. */
static void close_oldest(void)
{
    const struct window *window = &bound.ring[bound.first];

    mprotect(window->begin, window->bytes, PROT_NONE);
    madvise(window->begin, window->bytes, MADV_DONTNEED);
    *window->open = 0;
    bound.first = (bound.first + 1) % bound.ring_room;
    bound.opened--;
}

static void keep_to(size_t windows)
{
    while (bound.opened > windows)
        close_oldest();
}

/* Open the window at `address`; false if that is in none of ours. Another
 * thread may have opened it already. */
static bool open_window(const char *address)
{
    size_t s = 0;

    while (s < bound.count &&
           (size_t)(address - bound.spans[s].begin) >= bound.spans[s].bytes)
        s++;
    if (s == bound.count)
        return false;
    const struct span *span = &bound.spans[s];
    const size_t w = (size_t)(address - span->begin) / bound.wide;
    const size_t left = span->bytes - w * bound.wide;
    const struct window window = {span->begin + w * bound.wide,
                                  left < bound.wide ? left : bound.wide,
                                  span->open + w};
    if (*window.open)
        return true;
    const size_t windows = allowed(0);
    keep_to((windows < bound.ring_room ? windows : bound.ring_room) - 1);
    if (mprotect(window.begin, window.bytes, PROT_READ | PROT_WRITE))
        return false;
    *window.open = 1;
    bound.ring[(bound.first + bound.opened++) % bound.ring_room] = window;
    return true;
}

/* A thread comes here by a touch of an array, so it holds no lock that this
 * takes. Other faults get what they would have got without us. */
static void on_fault(int number, siginfo_t *about, void *context)
{
    const int kept = errno;

    (void)context;
    pthread_mutex_lock(&bound.lock);
    const bool ours = open_window(about->si_addr);
    pthread_mutex_unlock(&bound.lock);
    if (!ours)
        sigaction(number, &bound.before, NULL);
    errno = kept;
}

void wn_spill_spare(size_t bytes)
{
    if (!bound.on)
        return;
    pthread_mutex_lock(&bound.lock);
    keep_to(allowed(bytes));
    pthread_mutex_unlock(&bound.lock);
}

int wn_spill_start(double most, struct wn_error *error)
{
    const struct sigaction action = {.sa_sigaction = on_fault,
                                     .sa_flags = SA_SIGINFO | SA_RESTART};
    size_t all, shared;

    bound.page = (size_t)sysconf(_SC_PAGESIZE);
    bound.statm = open_statm();
    if (bound.statm < 0 || !resident(bound.statm, &all, &shared)) {
        wn_fail(error, WN_EIO,
                "/proc/self/statm: found nothing, wanted the size of this "
                "process for --memory");
        goto failed;
    }
    bound.code = shared * bound.page + FRESH;
    bound.most = (size_t)most;
    bound.wide = NARROW;
    while (bound.wide * 2 <= bound.most / WINDOWS)
        bound.wide *= 2;
    bound.ring_room = bound.most / bound.wide + FLOOR;
    bound.ring = wn_new(bound.ring_room, sizeof *bound.ring, error);
    if (!bound.ring)
        goto failed;
    pthread_mutex_init(&bound.lock, NULL);
#ifdef __GLIBC__
    /* Ordinary memory that is free leaves the process, too. */
    mallopt(M_MMAP_THRESHOLD, LEAST / 2);
    mallopt(M_TRIM_THRESHOLD, LEAST / 2);
#endif
    bound.on = true;
    if (sigaction(SIGSEGV, &action, &bound.before) == 0)
        return 0;
    wn_fail_errno(error, "a signal for --memory");
    bound.on = false;
    free(bound.ring);
failed:
    if (bound.statm >= 0)
        close(bound.statm);
    return -1;
}

void wn_spill_stop(void)
{
    if (!bound.on)
        return;
    sigaction(SIGSEGV, &bound.before, NULL);
    pthread_mutex_destroy(&bound.lock);
    close(bound.statm);
    free(bound.spans);
    free(bound.ring);
    bound.spans = NULL;
    bound.room = 0;
    bound.on = false;
}

/* A file of so many zeros, mapped; its disk space is there, so that no page
 * can fail later. */
static void *map_file(size_t bytes, struct wn_error *error)
{
    const int fd = wn_temporary(error);
    void *begin = NULL;

    if (fd < 0)
        return NULL;
    const int failed = posix_fallocate(fd, 0, (off_t)bytes);
    if (failed) {
        errno = failed;
        wn_fail_errno(error, "%s: a temporary file of %zu MiB for --memory",
                      wn_temporary_folder(), (bytes + (1 << 20) - 1) >> 20);
        goto done;
    }
    begin = mmap(NULL, bytes, PROT_NONE, MAP_SHARED, fd, 0);
    if (begin == MAP_FAILED) {
        begin = NULL;
        wn_fail_errno(error, "%s: a temporary file of %zu MiB for --memory",
                      wn_temporary_folder(), (bytes + (1 << 20) - 1) >> 20);
    }
done:
    close(fd);
    return begin;
}

/* `span` becomes one of ours. */
static int add_span(struct span span, struct wn_error *error)
{
    pthread_mutex_lock(&bound.lock);
    const int status = wn_grow(&bound.spans, &bound.room, bound.count + 1,
                               sizeof *bound.spans, error);
    if (status == 0)
        bound.spans[bound.count++] = span;
    pthread_mutex_unlock(&bound.lock);
    return status;
}

void *wn_spill_new(size_t count, size_t size, struct wn_error *error)
{
    const size_t bytes = wn_product(count, size, 1);

    if (!bound.on || bytes < LEAST || bytes > SIZE_MAX / 2)
        return wn_new(count, size, error);
    struct span span = {.bytes =
                            (bytes + bound.page - 1) / bound.page * bound.page,
                        .open = wn_new(bytes / bound.wide + 1, 1, error)};
    if (!span.open)
        return NULL;
    span.begin = map_file(span.bytes, error);
    if (!span.begin || add_span(span, error)) {
        if (span.begin)
            munmap(span.begin, span.bytes);
        free(span.open);
        return NULL;
    }
    return span.begin;
}

/* The windows of `span` are open no more. */
static void forget_windows(const struct span *span)
{
    size_t left = 0;

    for (size_t w = 0; w < bound.opened; w++) {
        const struct window window =
            bound.ring[(bound.first + w) % bound.ring_room];

        if ((size_t)(window.begin - span->begin) >= span->bytes)
            bound.ring[(bound.first + left++) % bound.ring_room] = window;
    }
    bound.opened = left;
}

void wn_spill_free(void *array)
{
    struct span span = {0};

    if (!bound.on || !array) {
        free(array);
        return;
    }
    pthread_mutex_lock(&bound.lock);
    for (size_t s = 0; s < bound.count && !span.begin; s++)
        if ((void *)bound.spans[s].begin == array) {
            span = bound.spans[s];
            bound.spans[s] = bound.spans[--bound.count];
            forget_windows(&span);
            munmap(span.begin, span.bytes);
        }
    pthread_mutex_unlock(&bound.lock);
    free(span.begin ? (void *)span.open : array);
}
