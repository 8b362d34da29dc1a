/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One suspect a screen, by curses. */
#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "prog/review/review.h"
#include "render/grid.h"
#include "util/memory.h"

enum { REDRAW = 12, KILL = 21, ESCAPE = 27, RUBOUT = 127 }; /* ^L, ^U, ... */

static volatile sig_atomic_t ended; /* the signal that ends the program */

static void end_by(int signal)
{
    ended = signal;
}

static void end_at_once(const char *message)
{
    endwin();
    fprintf(stderr, "review: %s\n", message);
    _exit(2);
}

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* What is on the screen. */
struct screen {
    struct wn_text text;
    size_t top, lines; /* the first line shown, all lines */
    size_t room;       /* lines of the page that fit */
};

/* A line of text[0..length) at row y, cut to the screen. */
static void put_line(int y, const char *text, size_t length, attr_t attributes)
{
    const int columns = COLS > 1 ? COLS : 1;
    const size_t keep = wn_cells_prefix(text, length, (size_t)columns);

    attr_set(attributes, 0, NULL);
    move(y, 0);
    clrtoeol();
    if (attributes & A_REVERSE)
        mvhline(y, 0, ' ' | attributes, columns);
    mvaddnstr(y, 0, text, (int)keep);
    attr_set(A_NORMAL, 0, NULL);
}

/* The page from its line `top`: the first line stays, reversed. */
static void show_page(struct screen *screen)
{
    const char *line = wn_text_of(&screen->text);
    int y = 1;

    screen->room = LINES > 3 ? (size_t)LINES - 3 : 1;
    screen->lines = 0;
    for (const char *at = line; *at; at++)
        screen->lines += *at == '\n';
    const size_t most =
        screen->lines > screen->room + 1 ? screen->lines - 1 - screen->room : 0;

    if (screen->top > most)
        screen->top = most;
    erase();
    for (size_t l = 0; *line; l++) {
        const size_t length = strcspn(line, "\n");

        if (l == 0)
            put_line(0, line, length, A_REVERSE);
        else if (l > screen->top && l <= screen->top + screen->room)
            put_line(y++, line, length, A_NORMAL);
        line += length + (line[length] == '\n');
    }
}

/* The two lines at the bottom: what there is to say, and the keys. */
static void show_foot(const struct desk *desk, const struct screen *screen)
{
    struct wn_text line = {0};
    const size_t below = screen->lines - 1 > screen->top + screen->room
                             ? screen->lines - 1 - screen->top - screen->room
                             : 0;

    wn_text_format(&line, "%s", wn_text_of(&desk->message));
    if (below)
        wn_text_format(&line, "%s%zu more %s below", line.length ? "; " : "",
                       below, below == 1 ? "line" : "lines");
    put_line(LINES - 2, wn_text_of(&line), line.length, A_BOLD);
    line.length = 0;
    for (const struct command *c = review_commands; c->name; c++)
        wn_text_format(&line, "%s%c%s%s", c == review_commands ? "" : " ",
                       c->letter, COLS >= 96 ? " " : "",
                       COLS >= 96 ? c->name
                       : COLS >= 80 && strncmp(c->name, &c->letter, 1) == 0
                           ? c->name + 1
                           : "");
    put_line(LINES - 1, line.bytes, line.length, A_REVERSE);
    wn_text_free(&line);
}

/* Wait for a key. False where there is none to come: a signal ends the program,
 * or the terminal is gone. */
static bool next_key(wint_t *key, int *kind)
{
    for (int failures = 0; !ended;) {
        *kind = get_wch(key);
        if (*kind != ERR)
            return true;
        struct pollfd keys = {STDIN_FILENO, POLLIN, 0};

        if (poll(&keys, 1, 0) > 0 && keys.revents & (POLLHUP | POLLERR))
            return false;
        if (++failures > 100)
            return false;
    }
    return false;
}

/* Add a character to a line that is typed. */
static void type(struct wn_text *line, wint_t key)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    const size_t length = wcrtomb(bytes, (wchar_t)key, &state);

    if (length != (size_t)-1)
        wn_text_add(line, bytes, length);
}

/* Remove the last character. */
static void rub_out(struct wn_text *line)
{
    char *end = line->bytes ? line->bytes + line->length : NULL;

    if (!line->length || !end)
        return;
    do
        end--;
    while (end > line->bytes && (*end & 0xc0) == 0x80);
    *end = '\0';
    line->length = (size_t)(end - line->bytes);
}

/* Ask in the line above the keys. The answer is for wn_text_free(); false after
 * Escape. */
static bool ask(const char *prompt, struct wn_text *answer)
{
    for (;;) {
        struct wn_text line = {0};
        wint_t key;
        int kind;

        wn_text_format(&line, "%s%s", prompt, wn_text_of(answer));
        /* The end of a long answer is what counts. */
        const char *from = line.bytes;
        while (COLS > 2 && wn_cells(from, strlen(from)) > (size_t)COLS - 1) {
            from++;
            while ((*from & 0xc0) == 0x80)
                from++;
        }
        put_line(LINES - 2, from, strlen(from), A_BOLD);
        move(LINES - 2, (int)wn_cells(from, strlen(from)));
        curs_set(1);
        refresh();
        wn_text_free(&line);
        const bool got = next_key(&key, &kind);

        curs_set(0);
        if (!got || (kind == OK && key == ESCAPE))
            return false;
        if ((kind == OK && (key == '\n' || key == '\r')) ||
            (kind == KEY_CODE_YES && key == KEY_ENTER))
            return true;
        if ((kind == KEY_CODE_YES && key == KEY_BACKSPACE) ||
            (kind == OK && (key == '\b' || key == RUBOUT)))
            rub_out(answer);
        else if (kind == OK && key == KILL)
            answer->length = 0;
        else if (kind == OK && key >= ' ')
            type(answer, key);
        if (answer->bytes)
            answer->bytes[answer->length] = '\0';
    }
}

/* Scroll; false if the key does not. */
static bool scroll_page(struct screen *screen, int key)
{
    const size_t page = screen->room > 1 ? screen->room - 1 : 1;

    if (key == KEY_DOWN)
        screen->top++;
    else if (key == KEY_NPAGE || key == ' ')
        screen->top += page;
    else if (key == KEY_UP)
        screen->top -= screen->top > 0;
    else if (key == KEY_PPAGE)
        screen->top -= screen->top < page ? screen->top : page;
    else
        return key == KEY_RESIZE;
    return true;
}

/* Carry out a key. */
static int take_key(struct desk *desk, struct screen *screen, wint_t key,
                    bool *help, struct wn_error *error)
{
    const char letter = (char)key;
    const struct command *command =
        key > ' ' && key < RUBOUT ? review_command(&letter, 1) : NULL;
    struct wn_text prompt = {0}, answer = {0};
    int status = 0;

    if (!command)
        return 0;
    *help = letter == '?';
    screen->top = 0;
    if (command->asks) {
        review_prompt(desk, command, &prompt);
        if (ask(wn_text_of(&prompt), &answer))
            status = review_do(desk, command, wn_text_of(&answer), error);
    } else {
        status = review_do(desk, command, "", error);
    }
    wn_text_free(&prompt);
    wn_text_free(&answer);
    return status;
}

static int run(struct desk *desk, struct wn_error *error)
{
    struct screen screen = {{0}, 0, 0, 0};
    bool help = false;
    int status = 0;

    while (status == 0 && !desk->over) {
        const size_t width = COLS > 20 ? (size_t)COLS : 20;
        wint_t key;
        int kind;

        wn_text_free(&screen.text);
        if (help)
            wn_text_format(&screen.text, "What the keys do\n");
        if (help)
            review_help(desk, width, &screen.text);
        else
            review_page(desk, width, &screen.text);
        wn_text_make_lines_visible(&screen.text);
        show_page(&screen);
        show_foot(desk, &screen);
        refresh();
        if (!next_key(&key, &kind))
            break;
        if (kind == OK && key == REDRAW) {
            clearok(curscr, TRUE);
            continue;
        }
        if (!scroll_page(&screen,
                         kind == KEY_CODE_YES || key == ' ' ? (int)key : 0)) {
            help = false;
            if (kind == OK)
                status = take_key(desk, &screen, key, &help, error);
        }
    }
    wn_text_free(&screen.text);
    return status;
}

int review_screen(struct desk *desk, struct wn_error *error)
{
    struct sigaction before[sizeof deadly / sizeof *deadly];
    struct sigaction action = {.sa_handler = end_by};

    setlocale(LC_CTYPE, "");
    /* What the pages have is UTF-8. */
    if (strcmp(nl_langinfo(CODESET), "UTF-8"))
        setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t s = 0; s < sizeof deadly / sizeof *deadly; s++)
        sigaction(deadly[s], &action, &before[s]);
    SCREEN *terminal = newterm(NULL, stdout, stdin);
    int status = 0;

    if (terminal) {
        wn_die_handler(end_at_once);
        set_escdelay(50);
        cbreak();
        noecho();
        keypad(stdscr, TRUE);
        curs_set(0);
        status = run(desk, error);
        endwin();
        delscreen(terminal);
    }
    for (size_t s = 0; s < sizeof deadly / sizeof *deadly; s++)
        sigaction(deadly[s], &before[s], NULL);
    if (ended)
        raise(ended);
    return terminal ? status : review_plain(desk, error);
}
