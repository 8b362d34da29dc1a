/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct values in a hash table with open addressing; see dictionary.h. */
#include "util/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/memory.h"
#include "util/text.h"

enum { MIN_SLOTS = 64 };

void wn_dictionary_free(struct wn_dictionary *dictionary)
{
    free(dictionary->value);
    free(dictionary->bytes);
    free(dictionary->slot);
    *dictionary = (struct wn_dictionary){0};
}

void wn_dictionary_clear(struct wn_dictionary *dictionary)
{
    dictionary->count = dictionary->used = 0;
    if (dictionary->slot)
        memset(dictionary->slot, 0,
               dictionary->slots * sizeof *dictionary->slot);
}

const char *wn_dictionary_text(const struct wn_dictionary *dictionary,
                               size_t number)
{
    return dictionary->bytes + dictionary->value[number].at;
}

/* The slot that holds the value, or the free one where it would go. */
static size_t dictionary_find_slot(const struct wn_dictionary *dictionary,
                                   const char *text, size_t length,
                                   uint64_t hash)
{
    const size_t mask = dictionary->slots - 1;
    size_t s = (size_t)hash & mask;

    for (; dictionary->slot[s]; s = (s + 1) & mask) {
        const struct wn_value *value =
            &dictionary->value[dictionary->slot[s] - 1];

        if (value->hash == hash && value->length == length &&
            memcmp(dictionary->bytes + value->at, text, length) == 0)
            break;
    }
    return s;
}

/* Enter all values into the slots, which are free. */
static void fill_slots(struct wn_dictionary *dictionary)
{
    const size_t mask = dictionary->slots - 1;

    for (size_t v = 0; v < dictionary->count; v++) {
        size_t s = (size_t)dictionary->value[v].hash & mask;

        while (dictionary->slot[s])
            s = (s + 1) & mask;
        dictionary->slot[s] = (uint32_t)v + 1;
    }
}

long wn_dictionary_find(const struct wn_dictionary *dictionary,
                        const char *text, size_t length)
{
    if (dictionary->count == 0)
        return -1;
    return (long)dictionary->slot[dictionary_find_slot(
               dictionary, text, length, wn_hash_bits(text, length))] -
           1;
}

size_t wn_dictionary_add(struct wn_dictionary *dictionary, const char *text,
                         size_t length, uint64_t count, size_t row)
{
    const uint64_t hash = wn_hash_bits(text, length);

    /* At least half of the slots stay free. */
    if (2 * (dictionary->count + 1) > dictionary->slots) {
        if (dictionary->count >= UINT32_MAX / 4)
            wn_die("no memory for more than a billion different values");
        free(dictionary->slot);
        dictionary->slots =
            dictionary->slots ? 2 * dictionary->slots : MIN_SLOTS;
        dictionary->slot = wn_new(dictionary->slots, sizeof *dictionary->slot);
        fill_slots(dictionary);
    }
    const size_t s = dictionary_find_slot(dictionary, text, length, hash);
    if (dictionary->slot[s] == 0) {
        wn_grow(&dictionary->value, &dictionary->capacity,
                dictionary->count + 1, sizeof *dictionary->value);
        wn_grow(&dictionary->bytes, &dictionary->bytes_capacity,
                dictionary->used + length, 1);
        dictionary->value[dictionary->count] = (struct wn_value){
            .at = dictionary->used, .length = length, .hash = hash, .row = row};
        if (length)
            memcpy(dictionary->bytes + dictionary->used, text, length);
        dictionary->used += length;
        dictionary->slot[s] = (uint32_t)++dictionary->count;
    }
    dictionary->value[dictionary->slot[s] - 1].count += count;
    return dictionary->slot[s] - 1;
}

void wn_dictionary_merge(struct wn_dictionary *into,
                         const struct wn_dictionary *from, int32_t *number)
{
    for (size_t v = 0; v < from->count; v++) {
        const struct wn_value *value = &from->value[v];
        const size_t at =
            wn_dictionary_add(into, wn_dictionary_text(from, v), value->length,
                              value->count, value->row);

        if (number)
            number[v] = (int32_t)at;
    }
}

struct sorted {
    const char *text;
    size_t length, old;
};

static int by_bytes(const void *a, const void *b)
{
    const struct sorted *one = a, *two = b;

    return wn_text_compare(one->text, one->length, two->text, two->length);
}

void wn_dictionary_sort(struct wn_dictionary *dictionary, int32_t *place)
{
    const size_t count = dictionary->count;

    if (count == 0)
        return;
    struct sorted *order = wn_new(count, sizeof *order);
    struct wn_value *value = wn_new(count, sizeof *value);
    for (size_t v = 0; v < count; v++)
        order[v] = (struct sorted){wn_dictionary_text(dictionary, v),
                                   dictionary->value[v].length, v};
    qsort(order, count, sizeof *order, by_bytes);
    for (size_t v = 0; v < count; v++) {
        value[v] = dictionary->value[order[v].old];
        if (place)
            place[order[v].old] = (int32_t)v;
    }
    memcpy(dictionary->value, value, count * sizeof *value);
    memset(dictionary->slot, 0, dictionary->slots * sizeof *dictionary->slot);
    fill_slots(dictionary);
    free(order);
    free(value);
}
