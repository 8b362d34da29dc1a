/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/unit/golden.h: the reference numbers of tests/golden.json.
 *
 * A number is named by its path, as "cl_core/outputs/thresholds". A test that
 * names a path which is not there fails. */
#ifndef WN_TESTS_UNIT_GOLDEN_H
#define WN_TESTS_UNIT_GOLDEN_H

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static inline const json_t *golden_at(const char *path)
{
    static json_t *root;
    char file[4096], key[200];
    const json_t *at;

    if (!root) {
        const char *source = getenv("WN_SOURCE");

        snprintf(file, sizeof file, "%s/tests/golden.json",
                 source ? source : ".");
        root = json_load_file(file, 0, NULL);
        if (!root)
            fail_msg("%s cannot be read", file);
    }
    at = root;
    for (const char *part = path; *part && at;) {
        const size_t length = strcspn(part, "/");

        snprintf(key, sizeof key, "%.*s", (int)length, part);
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                               : json_object_get(at, key);
        part += length + (part[length] == '/');
    }
    if (!at)
        fail_msg("tests/golden.json has no %s", path);
    return at;
}

static inline double golden_value(const json_t *at)
{
    if (json_is_string(at)) /* "nan", "inf", "-inf" */
        return strtod(json_string_value(at), NULL);
    if (json_is_boolean(at))
        return json_is_true(at);
    return json_number_value(at);
}

static inline double golden_number(const char *path)
{
    return golden_value(golden_at(path));
}

static inline size_t golden_flatten(const json_t *at, double *out, size_t count,
                                    size_t capacity)
{
    if (!json_is_array(at)) {
        if (count < capacity)
            out[count] = golden_value(at);
        return count + 1;
    }
    for (size_t i = 0; i < json_array_size(at); i++)
        count = golden_flatten(json_array_get(at, i), out, count, capacity);
    return count;
}

/* All numbers at `path`, which are `count`, row by row. */
static inline void golden_doubles(const char *path, double *out, size_t count)
{
    const size_t found = golden_flatten(golden_at(path), out, 0, count);

    if (found != count)
        fail_msg("%s: found %zu numbers, wanted %zu", path, found, count);
}

/* The same as another type. */
#define GOLDEN_AS(function, type)                                              \
    static inline void function(const char *path, type *out, size_t count)     \
    {                                                                          \
        double *wide = malloc((count + 1) * sizeof *wide);                     \
                                                                               \
        golden_doubles(path, wide, count);                                     \
        for (size_t i = 0; i < count; i++)                                     \
            out[i] = (type)wide[i];                                            \
        free(wide);                                                            \
    }
GOLDEN_AS(golden_floats, float)
GOLDEN_AS(golden_ints, int32_t)
GOLDEN_AS(golden_longs, int64_t)
GOLDEN_AS(golden_sizes, size_t)
GOLDEN_AS(golden_bytes, uint8_t)

#endif
