/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures drawn: each function takes its numbers from the table of a
 * figure, whose columns figures.c names; see figure.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "page/figure.h"
#include "page/svg.h"

static void open_plot(const struct wn_figure *figure, struct wn_text *out,
                      double height, bool alone, struct wn_plot *plot)
{
    struct wn_text says = {0};

    wn_text_format(&says, "%s. %s", figure->kind->title,
                   wn_text_of(&figure->says));
    wn_plot_open(plot, out, figure->kind->title, says.bytes, height, alone);
    wn_text_free(&says);
}

/* The largest number of a column. */
static double largest(const struct wn_figure *figure, size_t column)
{
    double most = 0;

    for (size_t r = 0; r < figure->rows; r++)
        most = fmax(most, wn_figure_row(figure, r)[column]);
    return most;
}

/* A round number a little above. */
static double round_up(double value)
{
    double tick[WN_TICKS];

    if (!(value > 0))
        return 1;
    const size_t count = wn_ticks(0, value * 2, WN_LINEAR, 10, tick);
    for (size_t t = 0; t < count; t++)
        if (tick[t] >= value)
            return tick[t];
    return value;
}

void wn_draw_histogram(const struct wn_figure *figure, struct wn_text *out,
                       bool alone)
{
    struct wn_plot plot;
    char hint[120], text[2][32];

    open_plot(figure, out, 250, alone, &plot);
    plot.top = 34;
    plot.x = (struct wn_axis){"suspicion", 0, 1, WN_LINEAR};
    plot.y = (struct wn_axis){"labels", 0.7, fmax(10, 1.2 * largest(figure, 2)),
                              WN_LOGARITHMIC};
    wn_plot_axes(&plot);
    for (size_t r = 0; r < figure->rows; r++) {
        const double *at = wn_figure_row(figure, r);
        const double x = wn_plot_x(&plot, at[0]) + 0.5;
        const double width = wn_plot_x(&plot, at[1]) - x - 0.5;

        if (!(at[2] > 0))
            continue;
        wn_count_text(at[2], text[0]);
        wn_count_text(at[3], text[1]);
        snprintf(hint, sizeof hint, "%.2f to %.2f: %s labels, %s flagged",
                 at[0], at[1], text[0], text[1]);
        const double y = wn_plot_y(&plot, at[2]);
        wn_svg_rect(&plot, "tint", x, y, width, plot.bottom - y, hint);
        if (at[3] > 0) {
            const double solid = wn_plot_y(&plot, at[3]);

            wn_svg_rect(&plot, "b", x, solid, width, plot.bottom - solid, hint);
        }
    }
    double x = wn_svg_legend(&plot, "tint", plot.left, 18, "labels");
    x = wn_svg_legend(&plot, "b", x, 18, "flagged of them");
    if (isnan(figure->mark)) {
        wn_plot_close(&plot);
        return;
    }
    wn_svg_legend_line(&plot, "mark", x, 18, "least suspicious flag");
    x = wn_plot_x(&plot, figure->mark);
    wn_svg_line(&plot, "mark", x, plot.top - 8, x, plot.bottom);
    wn_plot_close(&plot);
}

void wn_draw_matrix(const struct wn_figure *figure, struct wn_text *out,
                    bool alone)
{
    const size_t side = (size_t)sqrt((double)figure->rows);
    const size_t letters = 14;
    struct wn_plot plot;
    double most = 1;

    for (size_t s = 0; s < figure->rows; s++)
        if (s / side != s % side)
            most = fmax(most, wn_figure_row(figure, s)[0]);
    /* The heads of the columns lean, as far up as the longest needs. */
    size_t longest = 1;
    for (size_t c = 0; c < side; c++)
        if (strlen(wn_figure_name(figure, c, 1)) > longest)
            longest = strlen(wn_figure_name(figure, c, 1));
    const double left = 104, top = 36 + 5.6 * fmin(12, (double)longest);
    const double edge = fmin(46, (WN_PLOT_WIDTH - left - 8) / (double)side);
    const double high = fmin(edge, 34);
    open_plot(figure, out, top + high * (double)side + 8, alone, &plot);
    wn_svg_text(&plot, "soft", "end", left - 6, top - 8, "given");
    wn_svg_text(&plot, "soft", "start", left, 14, "most probable");
    for (size_t c = 0; c < side; c++) {
        wn_svg_label(&plot, "end", left - 6, top + high * ((double)c + 0.5) + 4,
                     wn_figure_name(figure, c * side, 0), letters);
        wn_markup(out, "\n<g transform=\"translate(%.1f %.1f) rotate(-55)\">",
                  left + edge * ((double)c + 0.5), top - 6);
        wn_svg_label(&plot, "start", 0, 4, wn_figure_name(figure, c, 1), 12);
        wn_markup(out, "</g>");
    }
    for (size_t s = 0; s < figure->rows; s++) {
        const double *at = wn_figure_row(figure, s);
        const size_t given = s / side, likely = s % side;
        const bool right = given == likely;
        const double x = left + edge * (double)likely;
        const double y = top + high * (double)given;
        struct wn_text hint = {0};
        char text[32], class[16], ink[16];
        /* On a square root, so that rare pairs show, too. */
        const double shade = ceil(5 * sqrt(at[0] / most));

        snprintf(class, sizeof class, "h%.0f", shade);
        snprintf(ink, sizeof ink, right ? "soft" : "t%.0f", shade);
        wn_text_format(&hint,
                       "labelled %s, most probable %s: %.0f rows, %.0f "
                       "flagged",
                       wn_figure_name(figure, s, 0),
                       wn_figure_name(figure, s, 1), at[0], at[1]);
        wn_svg_rect(&plot, right ? "right" : class, x + 0.5, y + 0.5, edge - 1,
                    high - 1, hint.bytes);
        wn_text_free(&hint);
        if (!(at[0] > 0))
            continue;
        if (at[0] < 1000)
            snprintf(text, sizeof text, "%.0f", at[0]);
        else if (at[0] < 9950)
            snprintf(text, sizeof text, "%.1fk", at[0] / 1e3);
        else
            wn_tick_text(at[0], WN_LINEAR, text);
        if (6.5 * (double)strlen(text) < edge)
            wn_svg_text(&plot, ink, "middle", x + edge / 2, y + high / 2 + 4,
                        text);
    }
    wn_plot_close(&plot);
}

/* The interval end[0] .. end[1] on a line; none for NaN. */
static void put_whisker(struct wn_plot *plot, const double *end, double y)
{
    if (isnan(end[0]))
        return;
    const double low = wn_plot_x(plot, end[0]), high = wn_plot_x(plot, end[1]);

    wn_svg_line(plot, "whisker", low, y, high, y);
    wn_svg_line(plot, "whisker", low, y - 4, low, y + 4);
    wn_svg_line(plot, "whisker", high, y - 4, high, y + 4);
}

/* Shares of sets of rows, with intervals, as bars; what is flagged, as a
 * diamond. */
void wn_draw_classes(const struct wn_figure *figure, struct wn_text *out,
                     bool alone)
{
    enum { FLAGGED = 2, WRONG, LOW, HIGH };
    const double step = 24, left = 118;
    double most = fmax(largest(figure, FLAGGED), largest(figure, HIGH));
    struct wn_plot plot;

    most = fmax(most, largest(figure, WRONG));
    open_plot(figure, out, 40 + step * (double)figure->rows + 44, alone, &plot);
    plot.left = left;
    plot.top = 32;
    plot.right -= 8;
    plot.x = (struct wn_axis){"share of the labels", 0,
                              fmin(1, round_up(fmax(0.005, most))), WN_PERCENT};
    wn_plot_axes(&plot);
    double x = plot.left;
    if (largest(figure, WRONG) > 0)
        x = wn_svg_legend(&plot, "a", x, 16, "expected wrong");
    wn_svg_diamond(&plot, "ring", x + 4, 12, 5, NULL);
    wn_svg_text(&plot, NULL, "start", x + 14, 16, "flagged");
    for (size_t r = 0; r < figure->rows; r++) {
        const double *at = wn_figure_row(figure, r);
        const double y = plot.top + step * ((double)r + 0.5) + 2;
        struct wn_text hint = {0};

        wn_svg_label(&plot, "end", left - 6, y + 4,
                     wn_figure_name(figure, r, 0), 17);
        wn_text_format(&hint, "%s: %.0f of %.0f flagged",
                       wn_figure_name(figure, r, 0), at[1], at[0]);
        if (!isnan(at[WRONG])) {
            wn_text_format(&hint, ", %.1f %% expected wrong", 100 * at[WRONG]);
            if (!isnan(at[LOW]))
                wn_text_format(&hint, " (%.1f to %.1f)", 100 * at[LOW],
                               100 * at[HIGH]);
            wn_svg_rect(&plot, "a", plot.left, y - 7,
                        wn_plot_x(&plot, at[WRONG]) - plot.left, 14,
                        hint.bytes);
        }
        put_whisker(&plot, at + LOW, y);
        wn_svg_diamond(&plot, "ring", wn_plot_x(&plot, at[FLAGGED]), y, 5,
                       hint.bytes);
        wn_text_free(&hint);
    }
    wn_plot_close(&plot);
}

/* The first number of each row as a bar, with its value; and with its interval,
 * if that is the next two. */
void wn_draw_bars(const struct wn_figure *figure, struct wn_text *out,
                  bool alone)
{
    const double step = 26, left = 118, most = largest(figure, 0);
    const bool share = figure->kind->form[0] == 'p';
    const bool interval =
        strcmp(figure->kind->head[figure->kind->names + 1], "low") == 0;
    struct wn_plot plot;

    open_plot(figure, out, step * (double)figure->rows + (share ? 58 : 20),
              alone, &plot);
    plot.left = left;
    plot.right -= share ? 8 : 60;
    plot.bottom = 8 + step * (double)figure->rows;
    plot.x = (struct wn_axis){
        share ? figure->kind->head[figure->kind->names] : NULL, 0,
        share || !(most > 0) ? 1 : most, share ? WN_PERCENT : WN_LINEAR};
    wn_plot_axes(&plot);
    for (size_t r = 0; r < figure->rows; r++) {
        const double value = wn_figure_row(figure, r)[0];
        const double y = 8 + step * ((double)r + 0.5);
        char text[32];

        wn_svg_label(&plot, "end", left - 6, y + 4,
                     wn_figure_name(figure, r, 0), 17);
        if (isnan(value))
            continue;
        wn_figure_show(figure->kind, 0, value, text);
        const double end = wn_plot_x(&plot, value);
        wn_svg_rect(&plot, "tint", left, y - 9, end - left, 18, text);
        if (interval)
            put_whisker(&plot, wn_figure_row(figure, r) + 1, y);
        if (interval)
            wn_svg_text(&plot, NULL, "start", left + 6, y + 4, text);
        else if (share && end > left + 60)
            wn_svg_text(&plot, NULL, "end", end - 6, y + 4, text);
        else
            wn_svg_text(&plot, NULL, "start", end + 6, y + 4, text);
    }
    if (!isnan(figure->mark)) {
        const double x = wn_plot_x(&plot, figure->mark);

        wn_svg_line(&plot, "mark", x, 4, x, plot.bottom);
    }
    wn_plot_close(&plot);
}

void wn_draw_reliability(const struct wn_figure *figure, struct wn_text *out,
                         bool alone)
{
    enum { ROWS = 2, CLAIMED, FOUND, LOW, HIGH };
    const double most = largest(figure, ROWS);
    struct wn_plot plot;
    char hint[160];

    open_plot(figure, out, 300, alone, &plot);
    plot.x = (struct wn_axis){figure->kind->head[CLAIMED], 0, 1, WN_PERCENT};
    plot.y = (struct wn_axis){figure->kind->head[FOUND], 0, 1, WN_PERCENT};
    wn_plot_axes(&plot);
    wn_svg_line(&plot, "mark", plot.left, plot.bottom, plot.right, plot.top);
    for (size_t r = 0; r < figure->rows; r++) {
        const double *at = wn_figure_row(figure, r);
        const double x = wn_plot_x(&plot, at[CLAIMED]);

        wn_svg_line(&plot, "whisker", x, wn_plot_y(&plot, at[LOW]), x,
                    wn_plot_y(&plot, at[HIGH]));
        snprintf(hint, sizeof hint, "%.0f rows: %s %.1f %%, %s %.1f %%",
                 at[ROWS], figure->kind->head[CLAIMED], 100 * at[CLAIMED],
                 figure->kind->head[FOUND], 100 * at[FOUND]);
        /* The area grows with the rows. */
        wn_svg_circle(&plot, "tint", x, wn_plot_y(&plot, at[FOUND]),
                      3 + 6 * sqrt(at[ROWS] / most), hint);
    }
    wn_plot_close(&plot);
}

void wn_draw_curve(const struct wn_figure *figure, struct wn_text *out,
                   bool alone)
{
    enum { ROWS, COST, WRONG, LOW, HIGH };
    const size_t count = figure->rows;
    /* Where a row costs 1, the two are the same. */
    const bool costs = largest(figure, COST) > 0 &&
                       largest(figure, COST) != largest(figure, ROWS);
    const size_t across = costs ? COST : ROWS;
    struct wn_text path = {0};
    struct wn_plot plot;

    open_plot(figure, out, 250, alone, &plot);
    plot.x = (struct wn_axis){costs ? "cost of the review" : "rows reviewed", 0,
                              largest(figure, across), WN_LINEAR};
    plot.y = (struct wn_axis){
        "wrong labels found", 0,
        round_up(fmax(largest(figure, HIGH), largest(figure, WRONG))),
        WN_LINEAR};
    wn_plot_axes(&plot);
    for (size_t r = 0; r < 2 * count; r++) {
        const bool back = r >= count;
        const double *at = wn_figure_row(figure, back ? 2 * count - 1 - r : r);

        if (!isnan(at[LOW]))
            wn_svg_point(&path, wn_plot_x(&plot, at[across]),
                         wn_plot_y(&plot, at[back ? LOW : HIGH]));
    }
    wn_svg_path(&plot, "band", &path, NULL);
    for (size_t r = 0; r < count; r++) {
        const double *at = wn_figure_row(figure, r);

        wn_svg_point(&path, wn_plot_x(&plot, at[across]),
                     wn_plot_y(&plot, at[WRONG]));
    }
    wn_svg_path(&plot, "curve", &path, NULL);
    wn_plot_close(&plot);
}

void wn_draw_depth(const struct wn_figure *figure, struct wn_text *out,
                   bool alone)
{
    enum { DEPTH, MISMATCH = 2, OVERLAP };
    struct wn_plot plot;

    open_plot(figure, out, 270, alone, &plot);
    plot.top = 34;
    plot.x = (struct wn_axis){"rows, the surest first", 0, 1, WN_PERCENT};
    plot.y = (struct wn_axis){
        "label differs", 0,
        fmin(1, round_up(fmax(largest(figure, MISMATCH), figure->mark))),
        WN_PERCENT};
    wn_plot_axes(&plot);
    double x = plot.left;
    for (size_t c = MISMATCH; c <= OVERLAP; c++) {
        const char *class = c == MISMATCH ? "curve" : "other";
        struct wn_text path = {0};

        wn_svg_legend_line(&plot, class, x, 18,
                           c == MISMATCH ? "seen" : "by overlap alone");
        x += 70 + 75 * (double)(c == OVERLAP);
        for (size_t r = 0; r < figure->rows; r++) {
            const double *at = wn_figure_row(figure, r);
            const double before = r ? wn_figure_row(figure, r - 1)[DEPTH] : 0;

            wn_svg_point(&path, wn_plot_x(&plot, (before + at[DEPTH]) / 2),
                         wn_plot_y(&plot, at[c]));
        }
        wn_svg_path(&plot, class, &path, NULL);
    }
    wn_svg_legend_line(&plot, "mark", x, 18, "errors everywhere");
    wn_svg_line(&plot, "mark", plot.left, wn_plot_y(&plot, figure->mark),
                plot.right, wn_plot_y(&plot, figure->mark));
    wn_plot_close(&plot);
}

void wn_draw_map(const struct wn_figure *figure, struct wn_text *out,
                 bool alone)
{
    enum { X, Y, ROWS, FLAGGED };
    const double most = fmax(2, largest(figure, ROWS));
    struct wn_plot plot;

    open_plot(figure, out, 360, alone, &plot);
    plot.top = 34;
    plot.x = (struct wn_axis){"variability", -0.01, 0.51, WN_LINEAR};
    plot.y = (struct wn_axis){"confidence", -0.02, 1.02, WN_LINEAR};
    wn_plot_axes(&plot);
    const double radius =
        (wn_plot_x(&plot, WN_MAP_WIDTH) - wn_plot_x(&plot, 0)) / sqrt(3);
    const double tall =
        (wn_plot_y(&plot, 0) - wn_plot_y(&plot, WN_MAP_STEP)) / 1.5;
    for (size_t r = 0; r < figure->rows; r++) {
        const double *at = wn_figure_row(figure, r);
        const double x = wn_plot_x(&plot, at[X]), y = wn_plot_y(&plot, at[Y]);
        struct wn_text path = {0};
        char class[16], hint[160];

        for (int corner = 0; corner < 6; corner++) {
            const double angle = M_PI / 3 * corner + M_PI / 6;

            wn_svg_point(&path, x + radius * cos(angle), y + tall * sin(angle));
        }
        wn_text_add(&path, "Z", 1);
        snprintf(class, sizeof class, "h%.0f",
                 1 + floor(3.999 * log(at[ROWS]) / log(most) + 1e-9));
        snprintf(hint, sizeof hint,
                 "confidence %.2f, variability %.2f: %.0f labels, %.0f flagged",
                 at[Y], at[X], at[ROWS], at[FLAGGED]);
        wn_svg_path(&plot, class, &path, hint);
        /* A ring whose size says which part of them is flagged. */
        if (at[FLAGGED] > 0)
            wn_svg_circle(&plot, "suspect", x, y,
                          radius * (0.3 + 0.5 * at[FLAGGED] / at[ROWS]), NULL);
    }
    double x = plot.left;
    for (int shade = 1; shade <= 4; shade++) {
        char class[16], text[64], number[32];

        snprintf(class, sizeof class, "h%d", shade);
        wn_tick_text(ceil(pow(most, (shade - 1) / 3.999) - 1e-9), WN_LINEAR,
                     number);
        snprintf(text, sizeof text, "%s%s", number,
                 shade == 4 ? " or more" : "");
        x = wn_svg_legend(&plot, class, x, 18, text);
    }
    wn_svg_circle(&plot, "suspect", x + 4, 14, 4, NULL);
    wn_svg_text(&plot, NULL, "start", x + 14, 18, "flagged");
    wn_plot_close(&plot);
}

void wn_draw_nights(const struct wn_figure *figure, struct wn_text *out,
                    bool alone)
{
    enum { DAY, RATE = 2, LOW, HIGH };
    const double days = fmax(2, largest(figure, DAY));
    struct wn_plot plot;
    size_t from = 0;

    open_plot(figure, out, 250, alone, &plot);
    plot.x =
        (struct wn_axis){"days before the last night", -days, 0, WN_LINEAR};
    plot.y = (struct wn_axis){
        "wrong", 0,
        fmin(1, round_up(fmax(largest(figure, RATE), largest(figure, HIGH)))),
        WN_PERCENT};
    wn_plot_axes(&plot);
    if (!isnan(figure->mark))
        wn_svg_line(&plot, "mark", plot.left, wn_plot_y(&plot, figure->mark),
                    plot.right, wn_plot_y(&plot, figure->mark));
    /* A curve and its band for each run of nights without a hole. */
    while (from < figure->rows) {
        struct wn_text band = {0}, curve = {0};
        size_t end = from;

        while (end < figure->rows && !isnan(wn_figure_row(figure, end)[RATE]))
            end++;
        for (size_t r = 0; r < 2 * (end - from); r++) {
            const bool back = r >= end - from;
            const double *at =
                wn_figure_row(figure, back ? 2 * end - 1 - from - r : from + r);

            if (!isnan(at[LOW]))
                wn_svg_point(&band, wn_plot_x(&plot, at[DAY] - days),
                             wn_plot_y(&plot, at[back ? LOW : HIGH]));
        }
        if (band.length)
            wn_svg_path(&plot, "band", &band, NULL);
        for (size_t r = from; r < end; r++) {
            const double *at = wn_figure_row(figure, r);
            const double x = wn_plot_x(&plot, at[DAY] - days);
            char hint[80];

            snprintf(hint, sizeof hint, "%.40s: %.2g %%",
                     wn_figure_name(figure, r, 0), 100 * at[RATE]);
            wn_svg_point(&curve, x, wn_plot_y(&plot, at[RATE]));
            wn_svg_circle(&plot, "a", x, wn_plot_y(&plot, at[RATE]), 2, hint);
        }
        if (curve.length)
            wn_svg_path(&plot, "curve", &curve, NULL);
        from = end + 1;
    }
    wn_plot_close(&plot);
}
