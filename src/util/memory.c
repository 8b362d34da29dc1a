/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that does not fail; see memory.h. */
#include "util/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/free_memory.h"

enum { ALIGNMENT = 64 };

static void (*die_handler)(const char *message);

void wn_die_handler(void (*handler)(const char *message))
{
    die_handler = handler;
}

void wn_die(const char *message)
{
    if (die_handler)
        die_handler(message);
    abort();
}

static void refused(size_t count, size_t size)
{
    char message[100];

    snprintf(message, sizeof message, "no memory for %zu x %zu bytes", count,
             size);
    wn_die(message);
}

enum { STEP = 1 << 20 };
static uint64_t memory_limit;
static atomic_size_t asked; /* bytes since the last look */

void wn_memory_limit(uint64_t bytes)
{
    const uint64_t least = 24 * (uint64_t)STEP;

    memory_limit = bytes < least ? least : bytes;
}

/* Before `more` bytes are taken. */
static void look_at_limit(size_t more)
{
    char message[100];

    if (!memory_limit ||
        (more < STEP && atomic_fetch_add(&asked, more) + more < STEP))
        return;
    atomic_store(&asked, 0);
    /* Other threads ask at the same time, and libraries do not ask. */
    if (wn_anonymous_memory() + (double)more + 8.0 * STEP <=
        (double)memory_limit)
        return;
    snprintf(message, sizeof message,
             "the work needs more than %llu MiB, wanted a larger --memory",
             (unsigned long long)(memory_limit / STEP));
    wn_die(message);
}

size_t wn_product(size_t a, size_t b, size_t c)
{
    size_t ab, abc;

    if (__builtin_mul_overflow(a, b, &ab) ||
        __builtin_mul_overflow(ab, c, &abc))
        return SIZE_MAX;
    return abc;
}

void *wn_new(size_t count, size_t size)
{
    size_t bytes = wn_product(count, size, 1);
    void *block;

    if (bytes > SIZE_MAX - 2 * ALIGNMENT)
        refused(count, size);
    look_at_limit(bytes);
    /* calloc gives large blocks as untouched zero pages; a small one is
     * cheap to align and clear. */
    if (bytes >= (size_t)1 << 17) {
        block = calloc(bytes, 1);
    } else {
        bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        block = aligned_alloc(ALIGNMENT, bytes);
        if (block)
            memset(block, 0, bytes);
    }
    if (!block)
        refused(count, size);
    return block;
}

void wn_grow(void *array, size_t *capacity, size_t need, size_t size)
{
    void *old;

    if (need <= *capacity)
        return;
    size_t wanted = *capacity + *capacity / 2 + 16;
    if (wanted < need)
        wanted = need;
    const size_t bytes = wn_product(wanted, size, 1);
    look_at_limit(bytes - wn_product(*capacity, size, 1));
    memcpy(&old, array, sizeof old);
    void *grown = bytes == SIZE_MAX ? NULL : realloc(old, bytes);
    if (!grown)
        refused(wanted, size);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
}

char *wn_copy_text(const char *text, size_t length)
{
    char *copy = wn_new(length + 1, 1);

    memcpy(copy, text, length);
    return copy;
}
