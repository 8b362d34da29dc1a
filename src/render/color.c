/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colour for the text report, by its form alone: titles, warnings, and cells
 * that a "*" marks. The text was made visible before: nothing in it drives a
 * terminal, and colour says nothing that the text does not. */
#include <string.h>

#include "render/render.h"

static const char bold[] = "\033[1m", yellow[] = "\033[33m",
                  cyan[] = "\033[36m", plain[] = "\033[0m";

/* A line whose cells that begin with "*" are coloured, each up to a gap. */
static void color_marks(struct wn_text *out, const char *line, size_t length)
{
    bool marked = false;

    for (size_t at = 0; at < length; at++) {
        const bool gap = at + 1 < length && line[at] == ' ' &&
                         (line[at + 1] == ' ' || line[at + 1] == '*');

        if (marked && gap) {
            wn_text_format(out, "%s", plain);
            marked = false;
        }
        if (!marked && line[at] == '*' && at && line[at - 1] == ' ') {
            wn_text_format(out, "%s", cyan);
            marked = true;
        }
        wn_text_add(out, line + at, 1);
    }
    if (marked)
        wn_text_format(out, "%s", plain);
}

void wn_text_color(struct wn_text *text)
{
    static const char marks[] = "The row and its nearest rows";
    struct wn_text out = {0};
    bool after_empty = true, warning = false, table = false;

    for (const char *line = wn_text_of(text); *line;) {
        const size_t length = strcspn(line, "\n");
        const bool title = length && after_empty && *line != ' ';

        warning = length > 4 && (strncmp(line, "  ! ", 4) == 0 ||
                                 (warning && strncmp(line, "    ", 4) == 0));
        if (title || !length)
            table =
                length == sizeof marks - 1 && strncmp(line, marks, length) == 0;
        if (table && !title)
            color_marks(&out, line, length);
        else if (title || warning)
            wn_text_format(&out, "%s%.*s%s", title ? bold : yellow, (int)length,
                           line, plain);
        else
            wn_text_add(&out, line, length);
        after_empty = !length;
        line += length;
        if (*line)
            wn_text_add(&out, line++, 1);
    }
    wn_text_free(text);
    *text = out;
}
