/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean/actions.h: what each action of a rule does with one cell, for the
 * table in parse.c; wn_clean_apply tells what they return. */
#ifndef WN_CLEAN_ACTIONS_H
#define WN_CLEAN_ACTIONS_H

#include "clean/parse.h"

wn_clean_apply wn_clean_trim, wn_clean_lower, wn_clean_replace, wn_clean_na,
    wn_clean_map, wn_clean_require, wn_clean_range, wn_clean_one_of,
    wn_clean_not_null;

#endif
