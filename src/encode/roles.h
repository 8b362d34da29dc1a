/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/roles.h: columns that say something of their rows and are no features:
 * who gave the label, what the row weighs, which rows belong together. */
#ifndef WN_ENCODE_ROLES_H
#define WN_ENCODE_ROLES_H

#include "encode/table.h"

enum wn_role_content {
    WN_ROLE_NAMES, /* any text; a missing cell is none */
    WN_ROLE_FLAG,  /* yes or no, see boolean.h; a missing cell is no */
    WN_ROLE_AMOUNT /* a number of 0 or more, in every row */
};

/* One row a role. */
struct wn_role_kind {
    enum wn_role role;
    const char *name; /* option --NAME, dataset /data/NAME, the column's kind */
    enum wn_role_content content;
    const char *help;
};
extern const struct wn_role_kind wn_role_kinds[]; /* {0} ends it */
enum { WN_ROLE_KINDS = 6 };

/* What the column with one role holds. */
struct wn_role_values {
    bool there;                 /* some column has this role */
    struct wn_dictionary names; /* sorted by bytes */
    int32_t *code;              /* n, into names, -1 = missing */
    uint8_t *flag;              /* n */
    float *amount;              /* n */
};

struct wn_roles {
    struct wn_role_values of[WN_ROLE_KINDS]; /* in the order of the table */
};

/* Read the columns whose roles were given: one pass over the file, none where
 * there are none. WN_EDATA with line and column for a name that is too long or
 * not UTF-8, for what is neither yes nor no, for an amount that is none, below
 * 0 or beyond float, for a column of names that are all missing and for weights
 * that are all 0. *roles begins as {0}. */
int wn_roles_read(struct wn_roles *roles, const struct wn_table *table,
                  struct wn_error *error) WN_MUST_CHECK;
void wn_roles_free(struct wn_roles *roles);

#endif
