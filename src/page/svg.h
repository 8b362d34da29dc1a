/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page/svg.h: small figures as SVG: axes with nice ticks, bars, lines, cells.
 *
 * Lengths are in units of the view box, y grows downwards. Looks are classes of
 * wn_svg_style, which a page or a figure of its own includes once:
 *
 *   a  first colour, blue      b  second colour, vermilion (Okabe and Ito 2008,
 *   tint  a pale area          told apart in all common kinds of colour vision)
 *   band  an interval          mark  a dashed line
 *   h0 .. h5  shades of a heat map, each with a text colour that stands out
 *
 * Whoever draws gives each colour a second sign: an outline, a shape, a word.
 */
#ifndef WN_PAGE_SVG_H
#define WN_PAGE_SVG_H

#include <stdbool.h>

#include "page/markup.h"

/* Literals of style rules, light and dark: of figures, and of a page around
 * them (style.c). */
extern const char wn_svg_style[], wn_page_style[];

enum wn_axis_scale {
    WN_LINEAR,
    WN_LOGARITHMIC, /* of numbers above 0 */
    WN_PERCENT      /* linear, a share shown in percent */
};

struct wn_axis {
    const char *title; /* with its unit; NULL: no axis is drawn */
    double low, high;  /* the range, low < high */
    enum wn_axis_scale scale;
};

/* A drawing under construction. */
struct wn_plot {
    struct wn_text *out;
    double left, top, right, bottom; /* where the axes stand */
    struct wn_axis x, y;
};

enum { WN_PLOT_WIDTH = 400 };

/* Open <svg> of that height with a title and a description for those who do
 * not see it; `alone`: with the style, for a file of its own. The axes may be
 * filled in afterwards. */
void wn_plot_open(struct wn_plot *plot, struct wn_text *out, const char *title,
                  const char *description, double height, bool alone);
void wn_plot_close(struct wn_plot *plot);
/* Draw grid, ticks and titles. */
void wn_plot_axes(const struct wn_plot *plot);
/* Where a number stands; numbers outside of the range stand at its ends. */
double wn_plot_x(const struct wn_plot *plot, double x);
double wn_plot_y(const struct wn_plot *plot, double y);

/* Numbers a, a + step, ... within low .. high with a step of 1, 2 or 5 times a
 * power of ten, or powers of ten; about `wanted` of them, at most 16. Returns
 * their number. */
enum { WN_TICKS = 16 };
size_t wn_ticks(double low, double high, enum wn_axis_scale scale,
                size_t wanted, double tick[WN_TICKS]);
/* A tick as short text: "2,000", "20k", "3M", "0.5", "10 %". */
void wn_tick_text(double value, enum wn_axis_scale scale, char out[32]);

/* Shapes; `hint` (NULL: none) is shown where the pointer rests. */
void wn_svg_rect(const struct wn_plot *plot, const char *class, double x,
                 double y, double width, double height, const char *hint);
void wn_svg_line(const struct wn_plot *plot, const char *class, double x1,
                 double y1, double x2, double y2);
void wn_svg_diamond(const struct wn_plot *plot, const char *class, double x,
                    double y, double radius, const char *hint);
void wn_svg_circle(const struct wn_plot *plot, const char *class, double x,
                   double y, double radius, const char *hint);
/* A path; `path` is made by wn_svg_point(), and is emptied. */
void wn_svg_path(const struct wn_plot *plot, const char *class,
                 struct wn_text *path, const char *hint);
/* Add "M x y" to an empty path, else "L x y". */
void wn_svg_point(struct wn_text *path, double x, double y);
/* Text; anchor is "start", "middle" or "end". */
void wn_svg_text(const struct wn_plot *plot, const char *class,
                 const char *anchor, double x, double y, const char *text);
/* The same of data, cut to about `cells` letters. */
void wn_svg_label(const struct wn_plot *plot, const char *anchor, double x,
                  double y, const char *text, size_t cells);
/* A line of a legend: a piece of a line of that class and what it means; or a
 * small square, which returns the x where the next one begins. */
void wn_svg_legend_line(const struct wn_plot *plot, const char *class, double x,
                        double y, const char *text);
double wn_svg_legend(const struct wn_plot *plot, const char *class, double x,
                     double y, const char *text);

#endif
