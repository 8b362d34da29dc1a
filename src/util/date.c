/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates digit by digit, days by whole centuries; see date.h. */
#include "util/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

enum { DAY = 86400 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Read up to `max` digits at *at; returns how many there were. */
static int digits(const char *text, size_t length, size_t *at, int max,
                  int *value)
{
    int count = 0;

    *value = 0;
    while (count < max && *at < length && is_digit(text[*at])) {
        *value = *value * 10 + (text[(*at)++] - '0');
        count++;
    }
    return count;
}

static bool skip(const char *text, size_t length, size_t *at, char wanted)
{
    if (*at == length || text[*at] != wanted)
        return false;
    ++*at;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* A cell before its order is known: three numbers and the byte between. */
struct written {
    int number[3], digits[3];
    char between;
    double second;
    int offset;
};

static bool read_written(const char *text, size_t length,
                         struct written *written)
{
    size_t at = 0;
    int hour, minute = 0, second = 0;
    double part = 0, unit = 1;

    wn_text_trim(&text, &length);
    for (int i = 0; i < 3; i++) {
        written->digits[i] = digits(text, length, &at, 4, &written->number[i]);
        if (written->digits[i] == 0 || (i < 2 && at == length))
            return false;
        if (i == 0)
            written->between = text[at];
        if (i < 2 && text[at++] != written->between)
            return false;
    }
    written->second = 0;
    written->offset = 0;
    if (at == length)
        return true;
    if (text[at] == 'T')
        at++;
    else if (wn_is_blank(text[at]))
        while (at < length && wn_is_blank(text[at]))
            at++;
    else
        return false;
    /* hh:mm[:ss[.fraction]]; a second of 60 is a leap second. */
    if (digits(text, length, &at, 2, &hour) != 2 || hour > 23 ||
        !skip(text, length, &at, ':') ||
        digits(text, length, &at, 2, &minute) != 2 || minute > 59)
        return false;
    if (skip(text, length, &at, ':')) {
        if (digits(text, length, &at, 2, &second) != 2 || second > 60)
            return false;
        if (skip(text, length, &at, '.')) {
            const size_t begin = at;

            for (; at < length && is_digit(text[at]); at++)
                part += (text[at] - '0') * (unit /= 10);
            if (at == begin)
                return false;
        }
    }
    written->second = hour * 3600 + minute * 60 + second + part;
    /* Z or +hh[[:]mm] */
    if (at == length || skip(text, length, &at, 'Z'))
        return at == length;
    const bool west = text[at] == '-';
    if (!west && text[at] != '+')
        return false;
    at++;
    if (digits(text, length, &at, 2, &hour) != 2 || hour > 18)
        return false;
    const bool colon = skip(text, length, &at, ':');
    const int more = digits(text, length, &at, 2, &minute);
    if ((more != 2 && (more || colon)) || minute > 59)
        return false;
    written->offset = (west ? -1 : 1) * (hour * 60 + minute);
    return at == length;
}

static bool date_take(const struct written *written, enum wn_date_order order,
                      struct wn_date *date)
{
    /* The positions of year, month and day. */
    static const int place[WN_DATE_ORDERS][3] = {
        {0, 1, 2}, {2, 1, 0}, {2, 0, 1}};
    const int *at = place[order];

    if (!strchr("-/.", written->between) || !written->between ||
        (written->between == '.' && order == WN_MONTH_FIRST) ||
        written->digits[at[0]] != 4 || written->digits[at[1]] > 2 ||
        written->digits[at[2]] > 2)
        return false;
    *date = (struct wn_date){written->number[at[0]], written->number[at[1]],
                             written->number[at[2]], written->second,
                             written->offset};
    return date->year >= 1 && date->month >= 1 && date->month <= 12 &&
           date->day >= 1 && date->day <= days_in(date->year, date->month);
}

unsigned wn_date_orders(const char *text, size_t length)
{
    struct written written;
    struct wn_date date;
    unsigned orders = 0;

    if (length < 8 || !read_written(text, length, &written))
        return 0;
    for (int order = 0; order < WN_DATE_ORDERS; order++)
        if (date_take(&written, (enum wn_date_order)order, &date))
            orders |= 1u << order;
    return orders;
}

bool wn_date_parse(const char *text, size_t length, enum wn_date_order order,
                   struct wn_date *date)
{
    struct written written;

    return read_written(text, length, &written) &&
           date_take(&written, order, date);
}

/* Days from the first day of year 1 to that of a year. */
static long before_year(int year)
{
    const long past = year - 1;

    return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Days since 1970-01-01, which was a Thursday. */
static long day_number(const struct wn_date *date)
{
    long days = before_year(date->year) - before_year(1970);

    for (int month = 1; month < date->month; month++)
        days += days_in(date->year, month);
    return days + date->day - 1;
}

double wn_date_instant(const struct wn_date *date)
{
    return (double)day_number(date) * DAY + date->second - date->offset * 60.0;
}

int wn_date_weekday(const struct wn_date *date)
{
    const long past = (day_number(date) + 3) % 7;

    return (int)(past < 0 ? past + 7 : past);
}

size_t wn_date_format(double instant, char out[32])
{
    const double whole = floor(instant / DAY);
    const int second = (int)(instant - whole * DAY);
    int year = 1970, month = 1;

    /* Only years 1 to 9999; a time zone may lead out of them. */
    if (!(whole >= -719162 && whole <= 2932896)) {
        memcpy(out, "nan", sizeof "nan");
        return 3;
    }
    long days = (long)whole + before_year(1970);
    year = (int)(days / 366) + 1;
    while (before_year(year + 1) <= days)
        year++;
    days -= before_year(year);
    while (days >= days_in(year, month))
        days -= days_in(year, month++);
    const int length =
        second
            ? snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month,
                       (int)days + 1, second / 3600, second / 60 % 60,
                       second % 60)
            : snprintf(out, 32, "%04d-%02d-%02d", year, month, (int)days + 1);
    return (size_t)length;
}
