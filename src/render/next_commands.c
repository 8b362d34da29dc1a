/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands at the end of a report; see next_commands.h. */
#include "render/next_commands.h"

#include <stdio.h>
#include <string.h>

#include "audit/source.h"
#include "render/phrases.h"

/* One line: what for, and what to type; last, because it may be long. */
static int put_command(const struct wn_report *report, const char *program,
                       const char *before, const char *after, const char *what,
                       struct wn_text *out)
{
    if (wn_text_format(out, "  %-26s  ", what) ||
        wn_phrase_sibling(report, program, out) ||
        wn_text_format(out, "%s ", before) || wn_phrase_operand(report, out))
        return -1;
    wn_text_format(out, "%s\n", after);
    return 0;
}

/* What the rows that stay are to be called: as the source ends, or as files of
 * its form do. */
static const char *ending(const struct wn_dataset *data)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    enum { LONGEST = 8 };
    const char *dot = data->source ? strrchr(data->source, '.') : NULL;
    const size_t length = dot ? strspn(dot + 1, plain) : 0;

    if (length && length <= LONGEST && !dot[1 + length])
        return dot + 1;
    if (!data->form)
        return "csv";
    return strcmp(data->form, "hdf5") == 0 ? "h5" : data->form;
}

static int put_prune(const struct wn_report *report, struct wn_text *out)
{
    const bool there =
        report->source_kept || wn_source_is_there(&report->data, report->file);
    char after[64];

    snprintf(after, sizeof after, "%s > clean.%s",
             there ? "" : " --source=FILE", ending(&report->data));
    return put_command(report, "prune", "", after, "the rows worth keeping",
                       out);
}

static int put_next_of_flags(const struct wn_report *report,
                             struct wn_text *out)
{
    char explain[64];
    size_t first = 0;

    if (!report->flagged_rows)
        return put_command(report, "report", "", " --top=20",
                           "the most suspicious rows", out);
    while (!report->issue[report->order[first]])
        first++;
    snprintf(explain, sizeof explain, " --explain=%lld",
             (long long)report->order[first]);
    if (put_command(report, "report", "", explain, "why, with its neighbours",
                    out) ||
        put_command(report, "report", "", " --top=flagged",
                    "every row with findings", out))
        return -1;
    return put_prune(report, out);
}

int wn_next_commands_text(const struct wn_report *report, struct wn_text *out)
{
    wn_text_format(out, "\nNext%s\n",
                   report->file ? ""
                                : ", with the audit kept in a file "
                                  "(--output=FILE.h5)");
    if (report->flagged)
        return put_next_of_flags(report, out);
    if (!report->scored &&
        put_command(report, "score", " -i", "", "judge every label", out))
        return -1;
    return put_command(report, "flag", " -i", "", "decide which rows to see",
                       out);
}
