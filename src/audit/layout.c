/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of datasets, and the checks of their extents and values; see
 * layout.h. */
#include "audit/layout.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/simd.h"
#include "util/text.h"

#define WN_LAYOUT(path, type, extents, values, about)
#define WN_TOGETHER(group, names)
#define WN_CHOICE(path, name, words)

static const struct wn_layout table[] = {
#undef WN_LAYOUT
#define WN_LAYOUT(path, type, extents, values, about)                          \
    {path, type, extents, values, about},
#include "audit/layout.def"
#undef WN_LAYOUT
#define WN_LAYOUT(path, type, extents, values, about)
};
enum { ROWS = sizeof table / sizeof *table };

const struct wn_together wn_layout_together[] = {
#undef WN_TOGETHER
#define WN_TOGETHER(group, names) {group, names},
#include "audit/layout.def"
#undef WN_TOGETHER
#define WN_TOGETHER(group, names)
    {NULL, NULL}};

static const struct choice {
    const char *path, *name, *words;
} choices[] = {
#undef WN_CHOICE
#define WN_CHOICE(path, name, words) {path, name, words},
#include "audit/layout.def"
};
enum { CHOICES = sizeof choices / sizeof *choices };

const struct wn_layout *wn_layout_find(const char *path)
{
    const size_t length = strlen(path);

    /* Exact rows win over patterns, so they are tried first. */
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(table[i].path, path) == 0)
            return &table[i];
    for (size_t i = 0; i < ROWS; i++) {
        const char *pattern = table[i].path, *star = strchr(pattern, '*');

        if (!star)
            continue;
        const size_t before = (size_t)(star - pattern);
        const size_t after = strlen(star + 1);
        if (length > before + after && strncmp(pattern, path, before) == 0 &&
            strcmp(path + length - after, star + 1) == 0 &&
            !strchr(path + before, '/'))
            return &table[i];
    }
    return NULL;
}

bool wn_layout_has_group(const char *path)
{
    const size_t length = strlen(path);

    for (size_t i = 0; i < ROWS; i++)
        if (strncmp(table[i].path, path, length) == 0 &&
            table[i].path[length] == '/')
            return true;
    return false;
}

int wn_layout_rank(const struct wn_layout *row)
{
    int rank = 1;

    for (const char *at = row->extents; *at; at++)
        rank += *at == ',';
    return rank;
}

int wn_layout_bind(const struct wn_layout *row, const char *path,
                   const size_t extent[3], struct wn_symbols *symbols,
                   struct wn_error *error)
{
    size_t length;

    for (const char *term = row->extents; *term; term += length, extent++) {
        term += *term == ',';
        length = strcspn(term, ",");
        const char *plus = memchr(term, '+', length);
        const size_t letters = plus ? (size_t)(plus - term) : length;
        const size_t more = plus ? strtoul(plus + 1, NULL, 10) : 0;
        const bool fixed = term[0] >= '0' && term[0] <= '9';
        const size_t value = fixed ? strtoul(term, NULL, 10) : 0;
        size_t s = 0;

        if (fixed && *extent != value)
            return wn_fail(error, WN_EDATA, "%s: found extent %zu, wanted %zu",
                           path, *extent, value);
        if (fixed)
            continue;
        if (*extent < more)
            return wn_fail(error, WN_EDATA,
                           "%s: found extent %zu, wanted %zu or more", path,
                           *extent, more);
        while (s < symbols->count &&
               !(strncmp(symbols->row[s].name, term, letters) == 0 &&
                 symbols->row[s].name[letters] == '\0'))
            s++;
        if (s < symbols->count && symbols->row[s].value + more != *extent)
            return wn_fail(error, WN_EDATA,
                           "%s: found extent %zu, wanted %zu as in %s", path,
                           *extent, symbols->row[s].value + more,
                           symbols->row[s].first);
        if (s < symbols->count)
            continue;
        assert(s < sizeof symbols->row / sizeof *symbols->row &&
               letters < sizeof symbols->row[s].name);
        memcpy(symbols->row[s].name, term, letters);
        symbols->row[s].name[letters] = '\0';
        symbols->row[s].value = *extent - more;
        snprintf(symbols->row[s].first, sizeof symbols->row[s].first, "%s",
                 path);
        symbols->count++;
    }
    return 0;
}

/* ---- values ------------------------------------------------------------- */

bool wn_layout_has_words(const struct wn_layout *row)
{
    return strcmp(row->values, "names") == 0 ||
           strcmp(row->values, "bits") == 0;
}

/* From `low` to `high`, and NaN. */
struct range {
    double low, high;
    bool nan;
};

static struct range find_range(const struct wn_layout *row,
                               const struct wn_symbols *symbols, size_t words)
{
    const double most = row->type == WN_F32 ? (double)FLT_MAX : DBL_MAX;
    const char *values = row->values, *letter = strstr(values, "..");
    struct range range = {-INFINITY, INFINITY, !*values};
    char *rest;

    if (strcmp(values, "finite") == 0) {
        range.low = -most;
        range.high = most;
    } else if (strcmp(values, "names") == 0) {
        range.low = 0;
        range.high = (double)words - 1;
    } else if (strcmp(values, "bits") == 0) {
        range.low = 0;
        range.high = ldexp(1, words < 32 ? (int)words : 32) - 1;
    } else if (values[0] == '[') {
        range.low = strtod(values + 1, &rest);
        range.high = strtod(rest + 1, &rest);
        range.nan = rest[1] == '?';
    } else if (letter) {
        range.low = (double)strtol(values, NULL, 10);
        range.high = -1; /* nothing to name */
        for (size_t s = 0; s < symbols->count; s++)
            if (strcmp(symbols->row[s].name, letter + 2) == 0)
                range.high = (double)symbols->row[s].value - 1;
    }
    return range;
}

static double value_at(enum wn_type type, const void *content, size_t i)
{
    switch (type) {
    case WN_U8:
        return ((const uint8_t *)content)[i];
    case WN_I32:
        return ((const int32_t *)content)[i];
    case WN_U32:
        return ((const uint32_t *)content)[i];
    case WN_I64:
        return (double)((const int64_t *)content)[i];
    case WN_U64:
        return (double)((const uint64_t *)content)[i];
    case WN_F32:
        return (double)((const float *)content)[i];
    case WN_F64:
        return ((const double *)content)[i];
    case WN_NAMES:
        break;
    }
    return 0;
}

/* Whether all floats are in the range, and none is NaN. */
WN_MULTIVERSION static bool floats_fit(const float *x, size_t count,
                                       const struct range *range)
{
    const double low = range->low, high = range->high;
    int32_t bad = 0;

#pragma omp simd reduction(| : bad)
    for (size_t i = 0; i < count; i++)
        bad |= !(((double)x[i] >= low) & ((double)x[i] <= high));
    return !bad;
}

int wn_layout_check_values(const struct wn_layout *row, const char *path,
                           const struct wn_symbols *symbols, size_t words,
                           size_t begin, size_t columns, size_t count,
                           const void *content, struct wn_error *error)
{
    const struct range range = find_range(row, symbols, words);
    const bool whole = row->type != WN_F32 && row->type != WN_F64;
    char wanted[80];

    if (!*row->values ||
        (row->type == WN_F32 && floats_fit(content, count, &range)))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const double value = value_at(row->type, content, i);

        if ((value >= range.low && value <= range.high) ||
            (range.nan && isnan(value)))
            continue;
        if (strcmp(row->values, "finite") == 0)
            snprintf(wanted, sizeof wanted, "a finite number");
        else if (range.high < range.low)
            snprintf(wanted, sizeof wanted, "nothing, for there is no name");
        else if (whole && range.high <= range.low)
            snprintf(wanted, sizeof wanted, "%.0f", range.low);
        else if (range.high >= 1e38)
            snprintf(wanted, sizeof wanted, "a number of %g or more",
                     range.low);
        else
            snprintf(wanted, sizeof wanted, "%.15g to %.15g", range.low,
                     range.high);
        return wn_fail(error, WN_EDATA, "%s: row %zu: found %.9g, wanted %s",
                       path, begin + i / (columns ? columns : 1), value,
                       wanted);
    }
    return 0;
}

int wn_layout_check_attribute(const char *path, const char *name,
                              const char *text, struct wn_error *error)
{
    for (size_t c = 0; c < CHOICES; c++) {
        const struct choice *choice = &choices[c];

        if (strcmp(choice->path, path) || strcmp(choice->name, name))
            continue;
        if (!text || wn_text_place(choice->words, ' ', text, strlen(text)) < 0)
            return wn_fail(error, WN_EDATA,
                           "%s: attribute %s: found '%.40s', wanted one of: %s",
                           path, name, text ? text : "a number", choice->words);
    }
    return 0;
}
