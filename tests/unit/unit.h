/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cmocka wants before it, in one place. */
#ifndef WN_TESTS_UNIT_H
#define WN_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
