/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score without MPI: there are no other ranks. */
#include "prog/score/score_work.h"

struct wn_team *score_open_team(struct wn_run *run)
{
    (void)run;
    return NULL;
}

void score_close_team(const struct wn_run *run, int status,
                      const struct wn_error *error)
{
    (void)run;
    (void)status;
    (void)error;
}
