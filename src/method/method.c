/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of methods, made from methods.def. */
#include "method/method.h"

#include <string.h>

#define WN_METHOD(name) extern const struct wn_method wn_method_##name;
#define WN_METHOD_PAIR(name) WN_METHOD(name)
#define WN_METHOD_EXTRA(name) WN_METHOD(name)
#include "method/methods.def"
#undef WN_METHOD

const struct wn_method *const wn_methods[] = {
#define WN_METHOD(name) &wn_method_##name,
#include "method/methods.def"
#undef WN_METHOD
    NULL};

#define WN_METHOD(name) "|" #name
const char wn_method_choices[] =
#include "method/methods.def"
    ;
#undef WN_METHOD
#undef WN_METHOD_EXTRA

#define WN_METHOD(name) "," #name
#define WN_METHOD_EXTRA(name)
const char wn_method_paired[] =
#include "method/methods.def"
    ;
#undef WN_METHOD_PAIR

#define WN_METHOD_PAIR(name)
const char wn_method_standard[] =
#include "method/methods.def"
    ;
#undef WN_METHOD
#undef WN_METHOD_PAIR
#undef WN_METHOD_EXTRA

const struct wn_method *wn_method_find(const char *name)
{
    for (size_t i = 0; wn_methods[i]; i++)
        if (strcmp(wn_methods[i]->name, name) == 0)
            return wn_methods[i];
    return NULL;
}
