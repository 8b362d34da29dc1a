/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes or measurements; see label_type.h. */
#include "clean/label_type.h"

#include <math.h>

#include "util/number.h"

enum { FEW_CLASSES = 20, ROWS_EACH = 10 };

bool wn_labels_are_measured(const struct wn_dictionary *classes, size_t rows)
{
    const size_t k = classes->count;
    double low = INFINITY, high = -INFINITY;
    bool whole = true;
    size_t once = 0;

    if (k < FEW_CLASSES || rows >= k * ROWS_EACH)
        return false;
    for (size_t c = 0; c < k; c++) {
        double value;

        if (!wn_number_parse(wn_dictionary_text(classes, c),
                             classes->value[c].length, &value))
            return false;
        low = fmin(low, value);
        high = fmax(high, value);
        whole = whole && value == floor(value);
        once += classes->value[c].count == 1;
    }
    return !whole || (high - low >= (double)k && 4 * once >= k);
}

int wn_labels_check(const struct wn_dictionary *classes, size_t rows,
                    const char *where, struct wn_error *error)
{
    const size_t k = classes->count;

    if (wn_labels_are_measured(classes, rows))
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu different numbers in %zu rows, wanted "
                       "classes; is this a measurement? Cut it into ranges "
                       "(winnow-recipes(7) has a rule) or use a tool for "
                       "regression; --label-type=class goes on",
                       where, k, rows);
    if (k > FEW_CLASSES && k > rows / 2)
        return wn_fail(error, WN_EDATA,
                       "%s: found %zu different labels in %zu rows, wanted "
                       "classes with several rows each; --label-type=class "
                       "goes on",
                       where, k, rows);
    return 0;
}
