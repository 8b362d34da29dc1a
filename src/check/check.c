/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The registry, made from checks.def. */
#include "check/check.h"

#include <string.h>

#define WN_CHECK(name) extern const struct wn_check wn_check_##name;
#include "check/checks.def"
#undef WN_CHECK

const struct wn_check *const wn_checks[] = {
#define WN_CHECK(name) &wn_check_##name,
#include "check/checks.def"
#undef WN_CHECK
    NULL};

enum { COUNT = sizeof wn_checks / sizeof *wn_checks - 1 };
_Static_assert(COUNT <= 32, "an issue is 32 bits");

int wn_check_find(const char *name)
{
    for (int c = 0; c < COUNT; c++)
        if (strcmp(wn_checks[c]->name, name) == 0)
            return c;
    return -1;
}
