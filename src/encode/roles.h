/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encode/roles.h: columns that describe their rows and are not features:
 * annotator, weight, group. */
#ifndef WN_ENCODE_ROLES_H
#define WN_ENCODE_ROLES_H

#include "csv/csv_foreach.h"
#include "encode/table.h"

enum wn_role_content {
    WN_ROLE_NAMES, /* any text; a missing cell has no name */
    WN_ROLE_FLAG,  /* yes or no, see boolean.h; a missing cell is no */
    WN_ROLE_AMOUNT /* a number >= 0 in every row */
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

/* The content of the column with one role. */
struct wn_role_values {
    bool there;                 /* some column has this role */
    struct wn_dictionary names; /* sorted by bytes */
    int32_t *code;              /* n, into names, -1 = missing */
    uint8_t *flag;              /* n */
    float *amount;              /* n */
};

/* {0} is empty. */
struct wn_roles {
    struct wn_role_values of[WN_ROLE_KINDS]; /* in the order of the table */
    const struct wn_table *table;            /* while they are read */
    size_t column[WN_ROLE_KINDS];
};

/* A visitor that reads the columns with a role; false if there is none. Its
 * errors: WN_EDATA with line and column for a name that is too long or not
 * UTF-8, a flag that is neither yes nor no, and an amount that is not a number,
 * below 0 or beyond float. */
bool wn_roles_visit(struct wn_roles *roles, const struct wn_table *table,
                    struct wn_csv_visitor *visitor);
/* After the reading: WN_EDATA if all names are missing or all weights 0. */
int wn_roles_conclude(struct wn_roles *roles,
                      struct wn_error *error) WN_MUST_CHECK;
void wn_roles_free(struct wn_roles *roles);

#endif
