/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of datasets and the check of their extents; see layout.h. */
#include "audit/layout.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct wn_layout table[] = {
#define WN_LAYOUT(path, type, extents, about) {path, type, extents, about},
#include "audit/layout.def"
#undef WN_LAYOUT
};
enum { ROWS = sizeof table / sizeof *table };

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
