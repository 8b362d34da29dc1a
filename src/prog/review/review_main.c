/* SPDX-License-Identifier: GPL-3.0-or-later */
/* review: look at suspects one by one and write down what is decided. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/review/review.h"
#include "util/file.h"
#include "util/memory.h"

/* clang-format off */
static const struct wn_option first_rows[] = {
    {.topic = "Verdicts",
     .name = "decisions",
     .kind = WN_TEXT,
     .value = "FILE",
     .help = "append verdicts to FILE (default: the name of the audit, with "
             ".decisions.tsv)"},
    {.topic = "Which rows",
     .name = "order",
     .kind = WN_CHOICE,
     .value = "ORDER",
     .default_value = "suspicion",
     .choices = "suspicion|plan",
     .help = "the most suspicious rows first, or those of a review plan"},
    {.name = "top",
     .kind = WN_WHOLE,
     .value = "N",
     .low = 1,
     .high = 0x1p31,
     .help = "review N rows (default: all with findings; 40 of a plan)"},
    {.name = "where",
     .kind = WN_TEXT,
     .value = "FILTER",
     .help = "review rows like 'suspicion > 0.9 and given = cat' only"},
    {.topic = "Verdicts",
     .name = "who",
     .kind = WN_TEXT,
     .value = "NAME",
     .help = "who decides (default: the name of the user)"},
    {.topic = "Screen",
     .name = "image",
     .kind = WN_TEXT,
     .value = "SHAPE",
     .help = "draw rows that are pictures: 8x8, or 32x32x3 for colour"},
    {.name = "plain",
     .kind = WN_FLAG,
     .help = "read and write lines, for a pipe or a screen reader"},
    {0}};
/* clang-format on */

static const struct wn_option *const last_rows[] = {
    &wn_option_source,  &wn_option_show, &wn_option_no_values, &wn_option_seed,
    &wn_option_verbose, &wn_option_help, &wn_option_version};

/* first_rows and last_rows. */
enum { CAPACITY = 16 };
static struct wn_option rows[CAPACITY];

static int find_who(const struct wn_run *run, const char **who,
                    struct wn_error *error)
{
    enum { LONGEST = 1000 };
    const struct passwd *user = getpwuid(geteuid());

    *who = wn_option_text(run->options, "who");
    if (!*who)
        *who = user ? user->pw_name : getenv("USER");
    if (!*who)
        *who = "";
    return strlen(*who) <= LONGEST && wn_text_is_utf8(*who, strlen(*who))
               ? 0
               : wn_fail(error, WN_EUSAGE,
                         "--who: wanted at most %d bytes of UTF-8", LONGEST);
}

/* "digits.h5" -> "digits.decisions.tsv". */
static char *name_decisions(const char *audit)
{
    const size_t length = strlen(audit);
    const bool h5 = length > 3 && strcmp(audit + length - 3, ".h5") == 0;
    struct wn_text name = {0};

    wn_text_format(&name, "%.*s.decisions.tsv", (int)(length - (h5 ? 3 : 0)),
                   audit);
    return name.bytes;
}

#ifdef HAVE_CURSES
/* Whether keys come from a terminal that curses can drive. */
static bool has_screen(const struct wn_run *run)
{
    const char *term = getenv("TERM");

    return !wn_option_on(run->options, "plain") && isatty(STDIN_FILENO) &&
           isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}
#endif

static int review(struct wn_run *run, struct wn_error *error)
{
    static const char *const valued[] = {"show", "image"};
    struct desk desk = {.journal = {.descriptor = -1}};
    const char *path = wn_option_text(run->options, "decisions");
    struct wn_text summary = {0};
    const char *who;
    char *own = NULL;
    int status = -1;

    if (!wn_run_input(run))
        return wn_fail(error, WN_EUSAGE,
                       "wanted the audit as a FILE: standard input is for "
                       "your verdicts");
    for (size_t v = 0; v < sizeof valued / sizeof *valued; v++)
        if (wn_option_given(run->options, valued[v]) &&
            wn_option_on(run->options, "no-values"))
            return wn_fail(error, WN_EUSAGE,
                           "--%s and --no-values exclude each other",
                           valued[v]);
    if (!path)
        path = own = name_decisions(wn_run_input(run));
    if (find_who(run, &who, error) || review_desk_load(&desk, run, error) ||
        review_journal_open(&desk.journal, path, who, error) ||
        review_desk_start(&desk, error))
        goto done;
    if (desk.journal.mended.length)
        wn_log_note(run->log, "%s", desk.journal.mended.bytes);
    if (!desk.items) {
        wn_text_format(&summary, "There is no row to review: flag found "
                                 "nothing, or all of it has a verdict.\n");
        status = 0;
    }
#ifdef HAVE_CURSES
    else if (has_screen(run))
        status = review_screen(&desk, error);
#endif
    else
        status = review_plain(&desk, error);
    if (status == 0) {
        if (desk.items)
            review_summary(&desk, 80, &summary);
        wn_text_make_lines_visible(&summary);
        status = wn_write_all(STDOUT_FILENO, wn_text_of(&summary),
                              summary.length, "standard output", error);
    }
    if (status == 0 && desk.lost)
        status = wn_fail(error, WN_EIO,
                         "%s: not every verdict could be written", path);
done:
    review_desk_close(&desk);
    review_journal_close(&desk.journal);
    wn_text_free(&summary);
    free(own);
    return status;
}

int main(int argc, char **argv)
{
    static const struct wn_program program = {
        .brief = "Look at suspects one by one and write down what you decide.",
        .synopsis = "[OPTION...] AUDIT",
        .rows = rows,
        .max_operands = 1};

    wn_option_add_rows(rows, CAPACITY, first_rows);
    for (size_t r = 0; r < sizeof last_rows / sizeof *last_rows; r++)
        wn_option_add(rows, CAPACITY, last_rows[r]);
    return wn_program_main(&program, argc, argv, review);
}
