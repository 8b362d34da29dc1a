/* SPDX-License-Identifier: GPL-3.0-or-later */
/* render/next_commands.h: what to type next; private to this room. */
#ifndef WN_RENDER_NEXT_COMMANDS_H
#define WN_RENDER_NEXT_COMMANDS_H

#include "report/report.h"

/* Commands that run as they stand, for what is likely to be wanted next. */
int wn_next_commands_text(const struct wn_report *report,
                          struct wn_text *out) WN_MUST_CHECK;

#endif
