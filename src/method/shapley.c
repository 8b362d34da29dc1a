/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recursion of KNN-Shapley; see shapley.h. */
#include "method/shapley.h"

void wn_shapley_add(const int32_t *order, size_t count, const int32_t *label,
                    int32_t own, size_t k, int whole, double *value)
{
    double s = 0;
    int match = 0;

    for (size_t r = count; r > 0; r--) {
        const size_t row = (size_t)order[r - 1];
        const int mine = label[row] == own;
        const double least = r < k ? (double)r : (double)k;

        if (r == count)
            s = whole && mine ? least / ((double)count * (double)k) : 0;
        else
            s += (mine - match) * (least / ((double)k * (double)r));
        match = mine;
        value[row] += s;
    }
}
