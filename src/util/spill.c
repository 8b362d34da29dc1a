/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Large arrays in unlinked temporary files, mapped shared; see spill.h. */
#include "util/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "util/error.h"
#include "util/file.h"
#include "util/memory.h"

enum {
    PARTS = 256,       /* arrays of limit / PARTS bytes go to files, */
    SMALLEST = 1 << 18 /* but none smaller than this */
};

struct span {
    void *begin;
    size_t bytes;
};

/* One limit for the process, as there is one heap. */
static struct {
    size_t threshold; /* bytes from which an array goes to a file; 0: never */
    pthread_mutex_t lock; /* of what follows */
    struct span *spans;
    size_t count, capacity;
} spill = {.lock = PTHREAD_MUTEX_INITIALIZER};

void wn_spill_start(double limit)
{
    spill.threshold = (size_t)(limit / PARTS);
    if (spill.threshold < SMALLEST)
        spill.threshold = SMALLEST;
#ifdef __GLIBC__
    /* Return freed memory to the system, so that it does not count. */
    mallopt(M_MMAP_THRESHOLD, SMALLEST / 2);
    mallopt(M_TRIM_THRESHOLD, SMALLEST / 2);
#endif
}

void *wn_spill_new(size_t count, size_t size)
{
    const size_t bytes = wn_product(count, size, 1);
    struct span span = {MAP_FAILED, bytes};
    struct wn_error error = {0};
    char message[1100];

    if (spill.threshold == 0 || bytes < spill.threshold || bytes > SIZE_MAX / 2)
        return wn_new(count, size);
    const int fd = wn_temporary(&error);
    if (fd < 0)
        wn_die(error.text);
    /* Reserve the disk blocks now: a full disk is an error here, not a SIGBUS
     * later. */
    errno = posix_fallocate(fd, 0, (off_t)bytes);
    if (errno == 0)
        span.begin =
            mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (span.begin == MAP_FAILED) {
        snprintf(message, sizeof message,
                 "%s: a temporary file of %zu MiB for --memory: %s",
                 wn_temporary_folder(), (bytes + (1 << 20) - 1) >> 20,
                 strerror(errno));
        wn_die(message);
    }
    close(fd);
    pthread_mutex_lock(&spill.lock);
    wn_grow(&spill.spans, &spill.capacity, spill.count + 1,
            sizeof *spill.spans);
    spill.spans[spill.count++] = span;
    pthread_mutex_unlock(&spill.lock);
    return span.begin;
}

void wn_spill_free(void *array)
{
    size_t s = 0;

    if (!array)
        return;
    pthread_mutex_lock(&spill.lock);
    while (s < spill.count && spill.spans[s].begin != array)
        s++;
    if (s < spill.count) {
        munmap(array, spill.spans[s].bytes);
        spill.spans[s] = spill.spans[--spill.count];
        array = NULL;
    }
    pthread_mutex_unlock(&spill.lock);
    free(array);
}
