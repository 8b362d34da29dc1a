/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equal rows by their hash, near ones by a gap, joined by union-find. */
#include "learn/copies.h"

#include <stdbool.h>
#include <stdlib.h>

#include "util/hash.h"
#include "util/memory.h"

struct keyed {
    uint64_t hash;
    size_t row;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* The smallest row of the set of row i, with the path to it halved. */
static size_t find_root(size_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static void join(size_t *parent, size_t a, size_t b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Join near copies, but no set that holds more than half of the rows of a
 * class: those are a tight cluster, and the class has little else. */
static size_t join_near(const struct wn_copies_rows *rows, size_t *parent)
{
    const size_t n = rows->n, m = rows->m;
    uint8_t *near = wn_new(n, 1), *refused = wn_new(n, 1);
    size_t *count = wn_new(n, sizeof *count); /* neighbours before a gap */
    size_t *set = wn_new(n, sizeof *set),
           *of_class = wn_new(rows->k, sizeof *set);
    size_t *member = wn_new(n, sizeof *member),
           *begin = wn_new(n + 1, sizeof *set);
    size_t *inside = wn_new(rows->k, sizeof *inside);
    size_t copies = 0;

    for (size_t i = 0; i < n; i++) {
        const int32_t *neighbor = rows->neighbor + i * m;
        const float *distance = rows->distance + i * m;
        size_t exact = 0;

        /* Exact copies do not count: a row and its copies have the same gap. */
        while (exact < m && neighbor[exact] >= 0 && distance[exact] == 0)
            exact++;
        for (size_t c = exact + 1; count[i] == 0 && c < m && neighbor[c] >= 0 &&
                                   c - exact <= WN_COPIES_MAX;
             c++)
            if (distance[c - 1] < WN_COPIES_GAP * (double)distance[c])
                count[i] = c;
        set[i] = i;
        if (rows->label[i] >= 0)
            of_class[rows->label[i]]++;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < count[i]; q++) {
            const size_t j = (size_t)rows->neighbor[i * m + q];

            for (size_t r = 0; r < count[j]; r++)
                if ((size_t)rows->neighbor[j * m + r] == i) {
                    join(set, i, j);
                    near[i] |= rows->distance[i * m + q] > 0;
                }
        }
    /* The rows of each set, by its first row. */
    for (size_t i = 0; i < n; i++)
        begin[find_root(set, i) + 1]++;
    for (size_t i = 0; i < n; i++)
        begin[i + 1] += begin[i];
    for (size_t i = n; i-- > 0;)
        member[--begin[find_root(set, i) + 1]] = i;
    /* begin[r + 1] has become where the set of r starts. */
    for (size_t r = 0; r < n; r++) {
        const size_t from = begin[r + 1], end = r + 2 <= n ? begin[r + 2] : n;

        for (size_t e = from; e < end; e++)
            if (rows->label[member[e]] >= 0)
                inside[rows->label[member[e]]]++;
        for (size_t e = from; e < end; e++) {
            const int32_t y = rows->label[member[e]];

            if (y >= 0 && 2 * inside[y] > of_class[y])
                refused[r] = 1;
        }
        for (size_t e = from; e < end; e++)
            if (rows->label[member[e]] >= 0)
                inside[rows->label[member[e]]] = 0;
    }
    for (size_t i = 0; i < n; i++)
        if (!refused[set[i] = find_root(set, i)]) {
            join(parent, set[i], i);
            copies += near[i];
        }
    free(count);
    free(near);
    free(refused);
    free(set);
    free(of_class);
    free(member);
    free(begin);
    free(inside);
    return copies;
}

size_t wn_groups_number(const int32_t *given, size_t groups, size_t n,
                        int32_t *group)
{
    int32_t *number = wn_new(groups, sizeof *number); /* from 1; 0: not seen */
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const int32_t g = given ? given[i] : -1;

        group[i] = g >= 0 && number[g] ? number[g] - 1 : (int32_t)count++;
        if (g >= 0)
            number[g] = group[i] + 1;
    }
    free(number);
    return count;
}

void wn_copies_merge(const struct wn_copies_rows *rows, int32_t *group,
                     size_t *groups, struct wn_copies *found)
{
    const size_t n = rows->n, d = rows->d;
    size_t *parent = wn_new(n, sizeof *parent);
    size_t *first = wn_new(*groups, sizeof *first);
    struct keyed *key = wn_new(n, sizeof *key);
    float *row = wn_new(d, sizeof *row);

    for (size_t i = 0; i < n; i++)
        parent[i] = i;
    for (size_t g = 0; g < *groups; g++)
        first[g] = n;
    for (size_t i = 0; i < n; i++) {
        const size_t g = (size_t)group[i];

        if (first[g] == n)
            first[g] = i;
        join(parent, first[g], i);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < d; j++)
            row[j] = rows->x[i * d + j] + 0.0f; /* -0 becomes 0 */
        key[i] = (struct keyed){wn_hash_bits(row, d * sizeof *row), i};
    }
    qsort(key, n, sizeof *key, compare_keyed);
    /* Rows of equal hash lie side by side; each joins the first row that equals
     * it. Different rows of one hash are rare, so comparing with all is
     * cheap. */
    found->exact = 0;
    for (size_t i = 1, start = 0; i < n; i++) {
        const float *own = rows->x + key[i].row * d;

        if (key[i].hash != key[start].hash)
            start = i;
        for (size_t e = start; e < i; e++) {
            const float *other = rows->x + key[e].row * d;
            size_t j = 0;

            while (j < d && own[j] == other[j])
                j++;
            if (j == d) {
                join(parent, key[e].row, key[i].row);
                found->exact++;
                break;
            }
        }
    }
    found->near = rows->neighbor ? join_near(rows, parent) : 0;
    *groups = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t root = find_root(parent, i);

        group[i] = root == i ? (int32_t)(*groups)++ : group[root];
    }
    free(first);
    free(key);
    free(row);
    free(parent);
}
