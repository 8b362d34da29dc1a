/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines in, lines out: for a pipe, a dumb terminal, a screen reader. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog/review/review.h"
#include "util/file.h"

enum { WIDTH = 80 };

static int put(struct wn_text *text, struct wn_error *error)
{
    const int status = wn_write_all(STDOUT_FILENO, wn_text_of(text),
                                    text->length, "standard output", error);

    wn_text_free(text);
    return status;
}

/* Ask, and read the next line without its end; NULL at the end of the input. */
static char *ask(struct desk *desk, const char *prompt, struct wn_error *error)
{
    struct wn_text text = {0};
    char *line = NULL;
    size_t capacity = 0;

    (void)desk;
    wn_text_format(&text, "%s", prompt);
    if (put(&text, error))
        return NULL;
    errno = 0;
    ssize_t length = getline(&line, &capacity, stdin);

    /* The terminal echoes the end of the line; a pipe does not. */
    if (!isatty(STDIN_FILENO)) {
        wn_text_format(&text, "\n");
        if (put(&text, error))
            length = -1;
    }

    if (length < 0) {
        if (ferror(stdin))
            wn_fail_errno(error, "standard input: cannot read");
        free(line);
        return NULL;
    }
    while (length && strchr(" \t\r\n", line[length - 1]))
        line[--length] = '\0';
    return line;
}

/* Carry out a line: a command, and what it asks for. */
static int take_line(struct desk *desk, const char *line, bool *turn,
                     struct wn_error *error)
{
    const char *text = line + strspn(line, " \t");
    const size_t length = *text == '/' ? 1 : strcspn(text, " \t");
    const struct command *command = review_command(text, length);
    const char *argument = text + length + strspn(text + length, " \t");
    struct wn_text prompt = {0};
    char *answer = NULL;
    int status = 0;

    *turn = true;
    if (!command) {
        struct wn_text message = {0};

        *turn = false;
        if (!length)
            return 0;
        wn_text_format(&message, "found '");
        wn_text_add_visible(&message, text, (size_t)wn_text_shown(length));
        wn_text_format(&message, "', wanted one of");
        for (const struct command *c = review_commands; c->name; c++)
            wn_text_format(&message, " %c", c->letter);
        wn_text_format(&message, "; ? explains them\n");
        return put(&message, error);
    }
    if (command->letter == '?') {
        *turn = false;
        review_help(desk, WIDTH, &prompt);
        return put(&prompt, error);
    }
    if (command->asks && !*argument) {
        review_prompt(desk, command, &prompt);
        answer = ask(desk, wn_text_of(&prompt), error);
        wn_text_free(&prompt);
        if (!answer)
            return error->code ? -1 : 0;
        argument = answer;
    }
    status = review_do(desk, command, argument, error);
    free(answer);
    return status;
}

int review_plain(struct desk *desk, struct wn_error *error)
{
    bool turn = true;
    int status = 0;

    desk->plain = true;
    while (status == 0 && !desk->over) {
        struct wn_text page = {0};

        if (desk->message.length)
            wn_text_format(&page, "%s\n", wn_text_of(&desk->message));
        desk->message.length = 0;
        if (turn) {
            wn_text_add(&page, "\n", 1);
            review_page(desk, WIDTH, &page);
        }
        wn_text_make_lines_visible(&page);
        if (put(&page, error))
            return -1;
        char *line = ask(desk, "verdict (o w r u d k, ? for help): ", error);

        if (!line) {
            wn_text_add(&page, "\n", 1);
            return error->code || put(&page, error) ? -1 : 0;
        }
        status = take_line(desk, line, &turn, error);
        free(line);
    }
    return status;
}
