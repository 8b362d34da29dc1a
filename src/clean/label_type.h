/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/label_type.h: what kind of thing the labels of a dataset are, as far as
 * their names and numbers tell. */
#ifndef WN_CLEAN_LABEL_TYPE_H
#define WN_CLEAN_LABEL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/dictionary.h"
#include "util/error.h"

/* WN_EDATA if the labels are measurements, or if there are more than 20 classes
 * and more than half as many as rows. `where`: the file and column, for the
 * message.
 *
 * Labels are measurements if all names are numbers, there are at least 20, with
 * fewer than 10 of the `rows` each on average, and either some number is not
 * whole, or numbers are left out between the smallest and the largest and at
 * least a quarter stand in one row only. Class numbers such as 0 .. 99, or
 * article numbers with several rows each, are not. */
int wn_labels_check(const struct wn_dictionary *classes, size_t rows,
                    const char *where, struct wn_error *error) WN_MUST_CHECK;

/* like[c], of classes->count elements, becomes the class that class c is
 * probably a slip of the pen for, or -1: the two names, of three bytes or more,
 * differ by one character, or by two that changed places, none of them a digit,
 * and the other class has at least 20 times the rows; the largest such class,
 * then the lowest. Time O(k^2) times a name, so beyond 2,000 classes none is
 * looked for. */
void wn_labels_slips(const struct wn_dictionary *classes, int32_t *like);

/* Whether class names are lists of labels, "red;dry": at least a tenth of the
 * rows have a class whose name has a ; | , + or & between parts, the same in
 * all, and at least half of these parts are also classes or parts of another
 * class. Then *separator is set, and *lists to the rows. */
bool wn_labels_are_lists(const struct wn_dictionary *classes, char *separator,
                         uint64_t *lists);

#endif
