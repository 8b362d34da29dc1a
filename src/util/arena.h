/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/arena.h: arrays that are freed together. */
#ifndef WN_UTIL_ARENA_H
#define WN_UTIL_ARENA_H

#include <stddef.h>

/* The arrays of one piece of work; {0} is empty. For one thread at a time. */
struct wn_arena {
    void **array;
    size_t count, capacity;
};

/* a x b zeroed elements of `size` bytes: wn_new(), and for arrays that
 * --memory may put into files wn_spill_new(). The arena frees them. */
void *wn_arena_new(struct wn_arena *arena, size_t size, size_t a, size_t b)
    __attribute__((returns_nonnull));
void *wn_arena_spill(struct wn_arena *arena, size_t size, size_t a, size_t b)
    __attribute__((returns_nonnull));
/* Let the arena free an array of either kind, and return it; NULL stays
 * NULL. */
void *wn_arena_keep(struct wn_arena *arena, void *array);
/* Free all of them; the arena is empty afterwards. */
void wn_arena_free(struct wn_arena *arena);

#endif
