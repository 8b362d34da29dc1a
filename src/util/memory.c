/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation with overflow checks; see memory.h. */
#include "util/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/spill.h"

enum { ALIGNMENT = 64 };

size_t wn_product(size_t a, size_t b, size_t c)
{
    size_t ab, abc;

    if (__builtin_mul_overflow(a, b, &ab) ||
        __builtin_mul_overflow(ab, c, &abc))
        return SIZE_MAX;
    return abc;
}

static int refused(size_t count, size_t size, struct wn_error *error)
{
    return wn_fail(error, WN_ENOMEM, "no memory for %zu x %zu bytes", count,
                   size);
}

void *wn_new(size_t count, size_t size, struct wn_error *error)
{
    size_t bytes = wn_product(count, size, 1);
    void *block;

    if (bytes > SIZE_MAX - 2 * ALIGNMENT) {
        refused(count, size, error);
        return NULL;
    }
    /* calloc gives large blocks as untouched zero pages; a small one is
     * cheap to align and clear. */
    if (bytes >= (size_t)1 << 17) {
        wn_spill_spare(bytes);
        block = calloc(bytes, 1);
    } else {
        bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
        block = aligned_alloc(ALIGNMENT, bytes);
        if (block)
            memset(block, 0, bytes);
    }
    if (!block)
        refused(count, size, error);
    return block;
}

int wn_grow(void *array, size_t *room, size_t need, size_t size,
            struct wn_error *error)
{
    void *old;

    if (need <= *room)
        return 0;
    size_t wanted = *room + *room / 2 + 16;
    if (wanted < need)
        wanted = need;
    const size_t bytes = wn_product(wanted, size, 1);
    if (bytes == SIZE_MAX)
        return refused(wanted, size, error);
    memcpy(&old, array, sizeof old);
    void *grown = realloc(old, bytes);
    if (!grown)
        return refused(wanted, size, error);
    memcpy(array, &grown, sizeof grown);
    *room = wanted;
    return 0;
}

char *wn_copy_text(const char *text, size_t length, struct wn_error *error)
{
    char *copy = wn_new(length + 1, 1, error);

    if (copy)
        memcpy(copy, text, length);
    return copy;
}
