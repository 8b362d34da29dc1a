/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/variants.h: classes that differ in how they are spelt only.
 *
 * Two names are one class where they are equal once their letters are made
 * small in all scripts (full case folding), put together (Unicode's form NFC,
 * so that e with a mark behind it is the letter with the mark), blanks and line
 * ends of any kind at the ends are taken away and several of them are one, and
 * characters that cannot be seen, such as a zero-width space, are dropped. */
#ifndef WN_CLEAN_VARIANTS_H
#define WN_CLEAN_VARIANTS_H

#include "util/dictionary.h"

/* same[c], of classes->count elements, becomes the class that c is a spelling
 * of: of those with which it is one, that with the most cells, those before
 * others that hold no odd blanks and are put together; equals go to the lowest.
 * A name that is not UTF-8 is like no other. By GNU libunistring. */
int wn_variants_find(const struct wn_dictionary *classes, int32_t *same,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
