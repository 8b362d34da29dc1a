/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of arrays; see arena.h. */
#include "util/arena.h"

#include <stdlib.h>

#include "util/memory.h"
#include "util/spill.h"

void *wn_arena_keep(struct wn_arena *arena, void *array)
{
    if (!array)
        return NULL;
    wn_grow(&arena->array, &arena->capacity, arena->count + 1,
            sizeof *arena->array);
    return arena->array[arena->count++] = array;
}

void *wn_arena_new(struct wn_arena *arena, size_t size, size_t a, size_t b)
{
    void *array = wn_new(wn_product(a, b, 1), size);

    wn_arena_keep(arena, array);
    return array;
}

void *wn_arena_spill(struct wn_arena *arena, size_t size, size_t a, size_t b)
{
    void *array = wn_spill_new(wn_product(a, b, 1), size);

    wn_arena_keep(arena, array);
    return array;
}

void wn_arena_free(struct wn_arena *arena)
{
    while (arena->count)
        wn_spill_free(arena->array[--arena->count]);
    free(arena->array);
    *arena = (struct wn_arena){0};
}
