/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML and SVG that no data can break; see markup.h. */
#include "page/markup.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wn_markup_data(struct wn_text *page, const char *bytes, size_t length)
{
    static const char special[] = "&<>\"'";
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;",
                                         "&#39;"};
    struct wn_text safe = {0};

    wn_text_add_visible(&safe, bytes, length);
    for (size_t i = 0; i < safe.length;) {
        const size_t plain = strcspn(safe.bytes + i, special);

        wn_text_add(page, safe.bytes + i, plain);
        i += plain;
        if (i < safe.length)
            wn_text_format(page, "%s",
                           entity[strchr(special, safe.bytes[i++]) - special]);
    }
    wn_text_free(&safe);
}

void wn_cut_text(struct wn_text *out, const char *bytes, size_t length,
                 size_t most)
{
    size_t head = length, tail = length;

    if (length > most) {
        head = 2 * most / 3;
        tail = length - most / 3;
        /* Not within a character of UTF-8. */
        while (head && (bytes[head] & 0xc0) == 0x80)
            head--;
        while (tail < length && (bytes[tail] & 0xc0) == 0x80)
            tail++;
    }
    for (size_t at = 0; at < length; at++) {
        const bool space = bytes[at] && strchr("\n\r\t", bytes[at]);

        if (at == head) {
            wn_text_add(out, " \xe2\x80\xa6 ", 5);
            at = tail;
        }
        if (at < length)
            wn_text_add(out, space ? " " : bytes + at, 1);
    }
}

void wn_markup_cut(struct wn_text *page, const char *bytes, size_t length,
                   size_t most)
{
    struct wn_text cut = {0};

    wn_cut_text(&cut, bytes, length, most);
    wn_markup_data(page, wn_text_of(&cut), cut.length);
    wn_text_free(&cut);
}

void wn_markup(struct wn_text *page, const char *markup, ...)
{
    va_list list;

    va_start(list, markup);
    if (*markup == '\n' && !page->length)
        markup++;
    for (;;) {
        const size_t plain = strcspn(markup, "%");

        wn_text_add(page, markup, plain);
        markup += plain;
        if (!*markup)
            break;
        /* One conversion at a time, so that its text can be escaped. */
        const size_t size = 2 + strspn(markup + 1, "+.0123456789lz");
        char one[16], number[64];
        const char *text = number;

        assert(size < sizeof one);
        snprintf(one, sizeof one, "%.*s", (int)size, markup);
        switch (one[size - 1]) {
        case 's':
            text = va_arg(list, const char *);
            break;
        case 'd':
        case 'u':
            if (one[1] == 'z')
                /* NOLINTNEXTLINE(bugprone-branch-clone): the types differ */
                snprintf(number, sizeof number, one, va_arg(list, size_t));
            else if (one[1] == 'l')
                snprintf(number, sizeof number, one, va_arg(list, long long));
            else
                snprintf(number, sizeof number, one, va_arg(list, int));
            break;
        case '%':
            text = "%";
            break;
        default:
            snprintf(number, sizeof number, one, va_arg(list, double));
        }
        text = text ? text : "-";
        if (one[1] == '.' && one[size - 1] == 's')
            wn_markup_cut(page, text, strlen(text), strtoul(one + 2, NULL, 10));
        else
            wn_markup_data(page, text, strlen(text));
        markup += size;
    }
    va_end(list);
}

/* --- tables -------------------------------------------------------------- */

void wn_table_open(struct wn_text *page, const char *class, const char *caption,
                   const char *const *head)
{
    wn_markup(page,
              "\n<section class=\"scroll\" aria-label=\"Table: %s\""
              " tabindex=\"0\">\n<table",
              caption);
    if (class)
        wn_markup(page, " class=\"%s\"", class);
    wn_markup(page, ">\n<caption>%s</caption>\n<thead>\n<tr>", caption);
    for (; *head; head++)
        if (**head == '#')
            wn_markup(page, "<th scope=\"col\" class=\"n\">%s</th>", *head + 1);
        else
            wn_markup(page, "<th scope=\"col\">" WN_NAME "</th>", *head);
    wn_markup(page, "</tr></thead>\n<tbody>");
}

void wn_table_close(struct wn_text *page)
{
    wn_markup(page, "</tbody></table></section>");
}

void wn_count_text(double count, char out[32])
{
    char digits[32];
    size_t to = 0;

    snprintf(digits, sizeof digits, "%.0f", count);
    const size_t length = strlen(digits);
    for (size_t i = 0; i < length && to < 30; i++) {
        if (i && digits[i - 1] != '-' && (length - i) % 3 == 0)
            out[to++] = ',';
        out[to++] = digits[i];
    }
    out[to] = '\0';
}

void wn_table_count(struct wn_text *page, uint64_t count)
{
    char text[32];

    wn_count_text((double)count, text);
    wn_markup(page, "<td class=\"n\">%s</td>", text);
}
