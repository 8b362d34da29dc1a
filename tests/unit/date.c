/* SPDX-License-Identifier: GPL-3.0-or-later */
/* util/date: which texts are dates, in which order, and when that was. Wanted:
 * the grammar of date.h; instants as date -u +%s prints them, weekdays as
 * date -u +%u less one. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "util/date.h"

enum { Y = 1 << WN_YEAR_FIRST, D = 1 << WN_DAY_FIRST, M = 1 << WN_MONTH_FIRST };

static void orders_are_told(void **state)
{
    static const struct {
        const char *text;
        unsigned orders;
    } rows[] = {{"2024-02-29", Y},
                {"2023-02-29", 0},
                {"1900-02-29", 0},
                {"2000-02-29", Y},
                {"2024-13-01", 0},
                {"2024-00-10", 0},
                {"2024-04-31", 0},
                {"2024-4-3", Y},
                {"2024/04/03", Y},
                {"2024.04.03", Y},
                {"24-04-03", 0},
                {"0000-01-01", 0},
                {"31/12/2024", D},
                {"12/31/2024", M},
                {"5/6/2024", D | M},
                {"05.06.2024", D},
                {"12.31.2024", 0},
                {"5-6-2024", D | M},
                {"5/6/24", 0},
                {"5/6-2024", 0},
                {"2024-06", 0},
                {"20240605", 0},
                {"2024-06-05T07:08", Y},
                {"2024-06-05 07:08:09", Y},
                {"2024-06-05T07:08:09.5Z", Y},
                {"2024-06-05T07:08:60Z", Y},
                {"2024-06-05T24:00", 0},
                {"2024-06-05T7:08", 0},
                {"2024-06-05T07", 0},
                {"2024-06-05T07:60", 0},
                {"2024-06-05T07:08:09.", 0},
                {"2024-06-05T07:08+02", Y},
                {"2024-06-05T07:08+0230", Y},
                {"2024-06-05T07:08-02:30", Y},
                {"2024-06-05T07:08+2", 0},
                {"2024-06-05T07:08+02:", 0},
                {"2024-06-05T07:08+02:3", 0},
                {"2024-06-05T07:08+19", 0},
                {"2024-06-05T07:08 ", Y},
                {"  2024-06-05", Y},
                {"2024-06-05x", 0},
                {"2024-06-05T", 0},
                {"2024-06-05 ", Y},
                {"12.5", 0},
                {"1.2.3", 0},
                {"192.168.1.1", 0},
                {"2024-06-05-01", 0},
                {"-2024-06-05", 0},
                {"", 0},
                {" ", 0},
                {"12/31/2024 23:59", M},
                {"99999-01-01", 0},
                {"1-1-1", 0},
                {"2024x06x05", 0}};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const unsigned found =
            wn_date_orders(rows[r].text, strlen(rows[r].text));

        if (found != rows[r].orders)
            print_message("'%s'\n", rows[r].text);
        assert_int_equal(found, rows[r].orders);
    }
}

static void instants_are_those_of_date(void **state)
{
    static const struct {
        const char *text;
        enum wn_date_order order;
        double instant;
        int weekday;
        const char *shown;
    } rows[] = {{"1970-01-01", WN_YEAR_FIRST, 0, 3, "1970-01-01"},
                {"29/02/2024", WN_DAY_FIRST, 1709164800, 3, "2024-02-29"},
                {"02/29/2024", WN_MONTH_FIRST, 1709164800, 3, "2024-02-29"},
                {"2024-02-29T12:34:56Z", WN_YEAR_FIRST, 1709210096, 3,
                 "2024-02-29T12:34:56Z"},
                {"2024-02-29T01:30+02:00", WN_YEAR_FIRST, 1709163000, 3,
                 "2024-02-28T23:30:00Z"},
                {"2024-02-29T01:30-0530", WN_YEAR_FIRST, 1709190000, 3,
                 "2024-02-29T07:00:00Z"},
                {"1969-12-31 23:59:58.5", WN_YEAR_FIRST, -1.5, 2,
                 "1969-12-31T23:59:58Z"},
                {"0001-01-01", WN_YEAR_FIRST, -62135596800, 0, "0001-01-01"},
                {"9999-12-31", WN_YEAR_FIRST, 253402214400, 4, "9999-12-31"},
                {"1900-03-01", WN_YEAR_FIRST, -2203891200, 3, "1900-03-01"},
                {"0001-01-01T00:00+01", WN_YEAR_FIRST, -62135600400, 0, "nan"}};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct wn_date date;
        char shown[32];

        assert_true(wn_date_parse(rows[r].text, strlen(rows[r].text),
                                  rows[r].order, &date));
        assert_true(wn_date_instant(&date) == rows[r].instant);
        assert_int_equal(wn_date_weekday(&date), rows[r].weekday);
        assert_int_equal(wn_date_format(wn_date_instant(&date), shown),
                         strlen(rows[r].shown));
        assert_string_equal(shown, rows[r].shown);
    }
}

/* Wanted: gmtime_r() for every 17th day of 9999 years. */
static void days_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (long day = -719162; day <= 2932896; day += 17) {
        const time_t instant = (time_t)day * 86400;
        struct tm wanted;
        struct wn_date date;
        char shown[32];

        assert_non_null(gmtime_r(&instant, &wanted));
        const size_t length = wn_date_format((double)instant, shown);
        assert_true(wn_date_parse(shown, length, WN_YEAR_FIRST, &date));
        assert_int_equal(date.year, wanted.tm_year + 1900);
        assert_int_equal(date.month, wanted.tm_mon + 1);
        assert_int_equal(date.day, wanted.tm_mday);
        assert_int_equal(wn_date_weekday(&date), (wanted.tm_wday + 6) % 7);
        assert_true(wn_date_instant(&date) == (double)instant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_told),
        cmocka_unit_test(instants_are_those_of_date),
        cmocka_unit_test(days_are_those_of_the_c_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
