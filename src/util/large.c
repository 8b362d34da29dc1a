/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mapped files and their guard; see large.h. */
#include "util/large.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

enum { LEAST = 1 << 20, PAUSE = 250000 /* nanoseconds */ };

struct span {
    void *begin;
    size_t bytes;
};

/* The process's. */
static struct {
    pthread_mutex_t lock; /* of the spans */
    struct span *spans;
    size_t count, room;
    pthread_t guard;
    bool on, stop; /* on: set before any other thread is there */
    int statm;
    size_t page, most; /* bytes; most: pages at which the guard acts */
} bound;

/* The second number of /proc/self/statm: resident pages; 0 if unknown. */
static size_t resident_pages(void)
{
    char text[128];
    const ssize_t got = pread(bound.statm, text, sizeof text - 1, 0);
    char *at = text;

    if (got <= 0)
        return 0;
    text[got] = '\0';
    strtoull(at, &at, 10);
    return (size_t)strtoull(at, NULL, 10);
}

/* Shared pages of a file may go at any moment: what was written is the
 * file's. */
static void let_go(void)
{
    pthread_mutex_lock(&bound.lock);
    for (size_t s = 0; s < bound.count; s++)
        madvise(bound.spans[s].begin, bound.spans[s].bytes, MADV_DONTNEED);
    pthread_mutex_unlock(&bound.lock);
}

void wn_large_check(void)
{
    if (bound.on && resident_pages() > bound.most)
        let_go();
}

/* To wake soon on a busy machine: real-time where that is allowed, or else a
 * short slice, which Linux 6.12 knows. Elsewhere this does nothing. */
static void hurry(void)
{
    const struct sched_param first = {
        .sched_priority = sched_get_priority_min(SCHED_FIFO)};

    const struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice, deadline, period;
    } attributes = {.size = 48, .slice = 100000};

    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &first))
        (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void *watch(void *unused)
{
    const struct timespec pause = {.tv_nsec = PAUSE};

    (void)unused;
    hurry();
    while (!__atomic_load_n(&bound.stop, __ATOMIC_RELAXED)) {
        wn_large_check();
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* A lock whose holder hurries while the guard waits for it. */
static void make_lock(void)
{
    pthread_mutexattr_t how;

    pthread_mutexattr_init(&how);
    pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&bound.lock, &how);
    pthread_mutexattr_destroy(&how);
}

int wn_large_start(double most, struct wn_error *error)
{
    bound.page = (size_t)sysconf(_SC_PAGESIZE);
    bound.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (bound.statm < 0 || resident_pages() == 0)
        return wn_fail(error, WN_EIO,
                       "/proc/self/statm: found nothing, wanted the size of "
                       "this process for --memory");
    make_lock();
    /* Between two looks some more comes in. */
    bound.most = (size_t)(0.5 * most) / bound.page;
    bound.on = true;
    const int failed = pthread_create(&bound.guard, NULL, watch, NULL);
    if (failed) {
        errno = failed;
        bound.on = false;
        return wn_fail_errno(error, "a thread for --memory");
    }
    return 0;
}

void wn_large_stop(void)
{
    if (!bound.on)
        return;
    __atomic_store_n(&bound.stop, true, __ATOMIC_RELAXED);
    pthread_join(bound.guard, NULL);
    pthread_mutex_destroy(&bound.lock);
    close(bound.statm);
    free(bound.spans);
    bound.spans = NULL;
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
        wn_fail_errno(error, "a temporary file of %zu bytes for --memory",
                      bytes);
        goto done;
    }
    begin = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (begin == MAP_FAILED) {
        begin = NULL;
        wn_fail_errno(error, "a temporary file of %zu bytes for --memory",
                      bytes);
    }
done:
    close(fd);
    return begin;
}

void *wn_large_new(size_t count, size_t size, struct wn_error *error)
{
    const size_t bytes = wn_product(count, size, 1);

    if (!bound.on || bytes < LEAST || bytes > SIZE_MAX / 2)
        return wn_new(count, size, error);
    void *begin = map_file(bytes, error);
    if (!begin)
        return NULL;
    pthread_mutex_lock(&bound.lock);
    const int status =
        wn_grow(&bound.spans, &bound.room, bound.count + 1,
                sizeof *bound.spans, error);
    if (status == 0)
        bound.spans[bound.count++] = (struct span){begin, bytes};
    pthread_mutex_unlock(&bound.lock);
    if (status) {
        munmap(begin, bytes);
        return NULL;
    }
    return begin;
}

void wn_large_free(void *array)
{
    size_t s = 0;

    if (!bound.on || !array) {
        free(array);
        return;
    }
    pthread_mutex_lock(&bound.lock);
    while (s < bound.count && bound.spans[s].begin != array)
        s++;
    const bool mapped = s < bound.count;
    if (mapped) {
        munmap(array, bound.spans[s].bytes);
        bound.spans[s] = bound.spans[--bound.count];
    }
    pthread_mutex_unlock(&bound.lock);
    if (!mapped)
        free(array);
}
