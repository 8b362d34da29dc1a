/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/dictionary.h: the distinct values of a column, with counts.
 *
 * Values are numbered from 0 in the order of their first cells.
 * wn_dictionary_sort() renumbers them in byte order, independent of the order
 * of the rows. {0} is an empty dictionary. */
#ifndef WN_UTIL_DICTIONARY_H
#define WN_UTIL_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

struct wn_value {
    size_t at, length; /* its text: bytes[at .. at+length-1] */
    uint64_t hash;
    uint64_t count; /* cells that hold it */
    size_t row;     /* the first of them */
};

struct wn_dictionary {
    struct wn_value *value;
    size_t count, capacity;
    char *bytes;
    size_t used, bytes_capacity;
    uint32_t *slot; /* open addressing: value number + 1, 0 = free */
    size_t slots;   /* a power of two */
};

void wn_dictionary_free(struct wn_dictionary *dictionary);
/* Remove all values but keep the memory. */
void wn_dictionary_clear(struct wn_dictionary *dictionary);

/* The number of a value, or -1. */
long wn_dictionary_find(const struct wn_dictionary *dictionary,
                        const char *text, size_t length);
/* Count `count` more cells with this value and return its number; `row` is the
 * first row of a new value. */
size_t wn_dictionary_add(struct wn_dictionary *dictionary, const char *text,
                         size_t length, uint64_t count, size_t row);
const char *wn_dictionary_text(const struct wn_dictionary *dictionary,
                               size_t number);

/* Add the values and counts of `from` to `into`. number[v] becomes the number
 * in `into` of value v of `from`; from->count elements, or NULL. */
void wn_dictionary_merge(struct wn_dictionary *into,
                         const struct wn_dictionary *from, int32_t *number);

/* Sort the values by their bytes. place[v] becomes the new number of value v;
 * `count` elements, or NULL. */
void wn_dictionary_sort(struct wn_dictionary *dictionary, int32_t *place);

#endif
