/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/dictionary.h: the distinct values of a column, counted.
 *
 * Values get numbers in the order they are first met; wn_dictionary_sort()
 * orders them by bytes, so that the numbers no longer depend on the rows'
 * order. {0} is an empty dictionary. */
#ifndef WN_UTIL_DICTIONARY_H
#define WN_UTIL_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct wn_value {
    size_t at, length; /* its text: bytes[at .. at+length-1] */
    uint64_t hash;
    uint64_t count; /* cells that hold it */
    size_t row;     /* the first of them */
};

struct wn_dictionary {
    struct wn_value *value;
    size_t count, room;
    char *bytes;
    size_t used, bytes_room;
    uint32_t *slot; /* open addressing: number + 1, 0 = free */
    size_t slots;   /* a power of two */
};

void wn_dictionary_free(struct wn_dictionary *dictionary);
/* Forget the values, keep the memory. */
void wn_dictionary_clear(struct wn_dictionary *dictionary);

/* The number of a value, or -1. */
long wn_dictionary_find(const struct wn_dictionary *dictionary,
                        const char *text, size_t length);
/* Count `count` more cells with that value, the first of them in row `row`;
 * its number, or -1 on failure. */
long wn_dictionary_add(struct wn_dictionary *dictionary, const char *text,
                       size_t length, uint64_t count, size_t row,
                       struct wn_error *error) WN_MUST_CHECK;
const char *wn_dictionary_text(const struct wn_dictionary *dictionary,
                               size_t number);

/* Count what `from` holds into `into`; number[v], of from->count elements,
 * becomes the number of its value v there; may be NULL. */
int wn_dictionary_merge(struct wn_dictionary *into,
                        const struct wn_dictionary *from, int32_t *number,
                        struct wn_error *error) WN_MUST_CHECK;

/* Order the values by their bytes. `place`, of `count` elements, tells the new
 * number of each old one; may be NULL. */
int wn_dictionary_sort(struct wn_dictionary *dictionary,
                       int32_t *place) WN_MUST_CHECK;

#endif
