/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Refuse each allocation of some work in turn: the failure must come back as
 * WN_ENOMEM, and (under the sanitizers) nothing may leak. A program that
 * includes this, once, is linked with --wrap=wn_new. */
#ifndef WN_TESTS_REFUSE_H
#define WN_TESTS_REFUSE_H

#include "unit.h"

#include "util/memory.h"

void *__real_wn_new(size_t count, size_t size, struct wn_error *error);
void *__wrap_wn_new(size_t count, size_t size, struct wn_error *error);

static size_t allowed;

void *__wrap_wn_new(size_t count, size_t size, struct wn_error *error)
{
    if (allowed == 0) {
        wn_fail(error, WN_ENOMEM, "refused");
        return NULL;
    }
    allowed--;
    return __real_wn_new(count, size, error);
}

/* Allow no allocation, then one, two ... until the work succeeds; it has more
 * than `least` of them. */
static void refuse_each(int (*work)(struct wn_error *error), size_t least)
{
    struct wn_error error;
    size_t refusals = 0;
    int status;

    do {
        error = (struct wn_error){0};
        allowed = refusals++;
        status = work(&error);
        if (status && error.code != WN_ENOMEM)
            fail_msg("%s", error.text);
    } while (status && refusals < 100 * least);
    assert_int_equal(status, 0);
    assert_true(refusals > least);
}

#endif
