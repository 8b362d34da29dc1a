/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/variants.h: classes that differ in how they are spelt only. */
#ifndef WN_ENCODE_VARIANTS_H
#define WN_ENCODE_VARIANTS_H

#include "encode/dictionary.h"

/* same[c], of classes->count elements, becomes the lowest class whose name is
 * that of class c but for the case of ASCII letters and for blanks, also
 * no-break ones: at the ends they do not count, inside many are one. */
int wn_variants_find(const struct wn_dictionary *classes, int32_t *same,
                     struct wn_error *error) WN_MUST_CHECK;

#endif
