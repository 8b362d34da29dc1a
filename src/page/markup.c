/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTML and SVG that no data can break; see markup.h. */
#include "page/markup.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a space-separated list has the word. */
static bool lists(const char *list, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = list; (at = strstr(at, word)); at++)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static void add(struct wn_markup *markup, const char *literal)
{
    wn_text_add(markup->out, literal, strlen(literal));
}

/* The one place where data enter. */
void wn_markup_add(struct wn_markup *markup, const char *bytes, size_t length)
{
    static const char special[] = "&<>\"'";
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;",
                                         "&#39;"};
    struct wn_text safe = {0};

    wn_text_add_visible(&safe, bytes, length);
    for (size_t i = 0; i < safe.length;) {
        const size_t plain = strcspn(safe.bytes + i, special);

        wn_text_add(markup->out, safe.bytes + i, plain);
        i += plain;
        if (i < safe.length)
            add(markup, entity[strchr(special, safe.bytes[i++]) - special]);
    }
    wn_text_free(&safe);
}

void wn_markup_say(struct wn_markup *markup, const char *format, ...)
{
    char *text = NULL;
    va_list list;

    va_start(list, format);
    const int length = vasprintf(&text, format, list);
    va_end(list);
    if (length > 0)
        wn_markup_add(markup, text, (size_t)length);
    if (length >= 0)
        free(text);
}

/* The tag and its attributes, without the closing bracket. */
static void begin_tag(struct wn_markup *markup, const char *tag, va_list list)
{
    static const char inline_tags[] =
        "a abbr b bdi code em kbd small span strong td th text tspan title "
        "desc dt dd summary figcaption option";
    const char *name;

    if (markup->out->length && !lists(inline_tags, tag))
        add(markup, "\n");
    add(markup, "<");
    add(markup, tag);
    while ((name = va_arg(list, const char *))) {
        const char *value = va_arg(list, const char *);

        if (!value)
            continue;
        add(markup, " ");
        add(markup, name);
        add(markup, "=\"");
        wn_markup_add(markup, value, strlen(value));
        add(markup, "\"");
    }
}

void wn_markup_open(struct wn_markup *markup, const char *tag, ...)
{
    va_list list;

    assert(markup->depth < WN_MARKUP_DEPTH);
    va_start(list, tag);
    begin_tag(markup, tag, list);
    va_end(list);
    add(markup, ">");
    markup->open[markup->depth++] = tag;
}

void wn_markup_leaf(struct wn_markup *markup, const char *tag, ...)
{
    va_list list;

    va_start(list, tag);
    begin_tag(markup, tag, list);
    va_end(list);
    add(markup, lists("meta br img col hr", tag) ? ">" : "/>");
}

void wn_markup_close(struct wn_markup *markup)
{
    assert(markup->depth);
    add(markup, "</");
    add(markup, markup->open[--markup->depth]);
    add(markup, ">");
}

void wn_markup_close_to(struct wn_markup *markup, size_t depth)
{
    while (markup->depth > depth)
        wn_markup_close(markup);
}

void wn_markup_element(struct wn_markup *markup, const char *tag,
                       const char *attribute, const char *value,
                       const char *text)
{
    wn_markup_open(markup, tag, attribute, value, NULL);
    wn_markup_add(markup, text ? text : "-", text ? strlen(text) : 1);
    wn_markup_close(markup);
}

void wn_markup_move(struct wn_markup *markup, struct wn_text *made)
{
    wn_text_add(markup->out, wn_text_of(made), made->length);
    wn_text_free(made);
}

void wn_markup_style(struct wn_markup *markup, const char *style)
{
    wn_markup_open(markup, "style", NULL);
    add(markup, style);
    wn_markup_close(markup);
}

void wn_markup_doctype(struct wn_markup *markup)
{
    add(markup, "<!DOCTYPE html>");
}

/* --- tables -------------------------------------------------------------- */

void wn_table_open(struct wn_markup *markup, const char *class,
                   const char *caption, const char *const *head)
{
    struct wn_text region = {0};

    wn_text_format(&region, "Table: %s", caption);
    wn_markup_open(markup, "div", "class", "scroll", "role", "region",
                   "aria-label", region.bytes, "tabindex", "0", NULL);
    wn_text_free(&region);
    wn_markup_open(markup, "table", "class", class, NULL);
    wn_markup_element(markup, "caption", NULL, NULL, caption);
    wn_markup_open(markup, "thead", NULL);
    wn_markup_open(markup, "tr", NULL);
    for (; *head; head++) {
        const bool number = **head == '#';

        wn_markup_open(markup, "th", "scope", "col", "class",
                       number ? "n" : NULL, NULL);
        wn_markup_say(markup, "%s", *head + number);
        wn_markup_close(markup);
    }
    wn_markup_close(markup);
    wn_markup_close(markup);
    wn_markup_open(markup, "tbody", NULL);
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

void wn_table_cell(struct wn_markup *markup, const char *text)
{
    wn_markup_element(markup, "td", NULL, NULL, text);
}

void wn_table_number(struct wn_markup *markup, const char *format, ...)
{
    char text[64];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    wn_markup_element(markup, "td", "class", "n", text);
}

void wn_table_count(struct wn_markup *markup, uint64_t count)
{
    char text[32];

    wn_count_text((double)count, text);
    wn_markup_element(markup, "td", "class", "n", text);
}
