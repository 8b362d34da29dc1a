/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small figures as SVG; see svg.h. */
#include "page/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const char wn_svg_style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;"
    "--line:#d0d7de;--paper:#fff;--a:#0072b2;--b:#c04a00;--tint:#d6e8f3;"
    "--h0:#fff;--h1:#dcebf5;--h2:#abcfe6;--h3:#5fa3cd;--h4:#1f77b0;"
    "--h5:#084c7d;--h3t:#000;--h4t:#fff}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa6b2;"
    "--line:#3d444d;--paper:#0d1117;--a:#56b4e9;--b:#f0a04b;--tint:#1d3a50;"
    "--h0:#0d1117;--h1:#122a3d;--h2:#174463;--h3:#22658f;--h4:#4da0cf;"
    "--h5:#a5d8f3;--h3t:#fff;--h4t:#000}}\n"
    "svg.plot{font:12px system-ui,sans-serif;width:100%;height:auto;"
    "max-width:32rem;display:block}\n"
    "svg.plot text{fill:var(--ink)}svg.plot text.soft{fill:var(--soft)}\n"
    "svg.plot .grid{stroke:var(--line)}svg.plot .axis{stroke:var(--soft)}\n"
    "svg.plot .a{fill:var(--a)}svg.plot .b{fill:var(--b)}\n"
    "svg.plot .tint{fill:var(--tint);stroke:var(--a)}\n"
    "svg.plot .band{fill:var(--a);fill-opacity:.22}\n"
    "svg.plot .curve{fill:none;stroke:var(--a);stroke-width:2}\n"
    "svg.plot .other{fill:none;stroke:var(--b);stroke-width:2;"
    "stroke-dasharray:6 3}\n"
    "svg.plot .mark{fill:none;stroke:var(--ink);stroke-dasharray:4 3}\n"
    "svg.plot .whisker{stroke:var(--ink);stroke-width:1.5}\n"
    "svg.plot .ring{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}\n"
    "svg.plot .h0{fill:var(--h0)}svg.plot .h1{fill:var(--h1)}"
    "svg.plot .h2{fill:var(--h2)}svg.plot .h3{fill:var(--h3)}"
    "svg.plot .h4{fill:var(--h4)}svg.plot .h5{fill:var(--h5)}\n"
    "svg.plot .suspect{fill:none;stroke:var(--b);stroke-width:1.6}\n"
    "svg.plot .right{fill:none;stroke:var(--line)}\n"
    "svg.plot text.t3{fill:var(--h3t)}"
    "svg.plot text.t4,svg.plot text.t5{fill:var(--h4t)}\n"
    "@media (forced-colors:active){svg.plot{forced-color-adjust:none}}\n"
    "@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;"
    "--a:#0072b2;--b:#c04a00;--tint:#d6e8f3;--h0:#fff;--h1:#dcebf5;"
    "--h2:#abcfe6;--h3:#5fa3cd;--h4:#1f77b0;--h5:#084c7d;--h3t:#000;"
    "--h4t:#fff}}\n";
/* clang-format on */

/* A length for %g: at most one digit after the point, "-0" never. */
static double length_of(double value)
{
    return round(10 * value) / 10 + 0.;
}

void wn_plot_open(struct wn_plot *plot, struct wn_text *out, const char *title,
                  const char *description, double height, bool alone)
{
    *plot = (struct wn_plot){.out = out,
                             .left = 52,
                             .top = 12,
                             .right = WN_PLOT_WIDTH - 22,
                             .bottom = height - 42};
    wn_markup(out, "\n<svg");
    if (alone)
        wn_markup(out, " xmlns=\"http://www.w3.org/2000/svg\"");
    wn_markup(out,
              " class=\"plot\" viewBox=\"0 0 %d %g\" width=\"%d\" height=\"%g\""
              " role=\"img\" aria-label=\"%.400s\"><title>%s</title>",
              WN_PLOT_WIDTH, length_of(height), WN_PLOT_WIDTH,
              length_of(height), description, title);
    if (!alone)
        return;
    wn_markup(out, "<desc>%s</desc>", description);
    wn_text_format(out, "\n<style>%s</style>", wn_svg_style);
    wn_text_format(out, "\n<rect class=\"h0\" width=\"100%%\" "
                        "height=\"100%%\"/>");
}

void wn_plot_close(struct wn_plot *plot)
{
    wn_markup(plot->out, "</svg>");
}

/* --- axes ---------------------------------------------------------------- */

/* Where value stands on the axis, 0 .. 1. */
static double place_of(const struct wn_axis *axis, double value)
{
    double low = axis->low, high = axis->high;

    if (axis->scale == WN_LOGARITHMIC) {
        low = log(low);
        high = log(high);
        value = log(value);
    }
    return fmin(1, fmax(0, (value - low) / (high - low)));
}

double wn_plot_x(const struct wn_plot *plot, double x)
{
    return plot->left + (plot->right - plot->left) * place_of(&plot->x, x);
}

double wn_plot_y(const struct wn_plot *plot, double y)
{
    return plot->bottom - (plot->bottom - plot->top) * place_of(&plot->y, y);
}

size_t wn_ticks(double low, double high, enum wn_axis_scale scale,
                size_t wanted, double tick[WN_TICKS])
{
    size_t count = 0;

    if (scale == WN_LOGARITHMIC) {
        const long first = (long)ceil(log10(low) - 1e-9);
        const long last = (long)floor(log10(high) + 1e-9);
        const long most = (long)wanted;
        const long step =
            last - first <= most ? 1 : (last - first + most - 1) / most;

        for (long e = first; e <= last && count < WN_TICKS; e += step)
            tick[count++] = pow(10, (double)e);
        return count;
    }
    const double rough = (high - low) / (double)wanted;
    const double power = pow(10, floor(log10(rough)));
    const double part = rough / power;
    const double step = power * (part <= 1   ? 1
                                 : part <= 2 ? 2
                                 : part <= 5 ? 5
                                             : 10);
    const double first = ceil(low / step - 1e-9);

    while (count < WN_TICKS &&
           (first + (double)count) * step <= high + 1e-9 * step) {
        tick[count] = (first + (double)count) * step + 0.; /* no -0 */
        count++;
    }
    return count;
}

void wn_tick_text(double value, enum wn_axis_scale scale, char out[32])
{
    const double size = fabs(value);

    if (scale == WN_PERCENT)
        snprintf(out, 32, "%.3g %%", 100 * value);
    else if (size >= 999500)
        snprintf(out, 32, "%.3gM", value / 1e6);
    else if (size >= 10000)
        snprintf(out, 32, "%.3gk", value / 1e3);
    else if (value == floor(value))
        wn_count_text(value, out);
    else
        snprintf(out, 32, "%.3g", value);
}

void wn_plot_axes(const struct wn_plot *plot)
{
    double tick[WN_TICKS];
    char text[32];
    size_t count;

    if (plot->y.title) {
        count = wn_ticks(plot->y.low, plot->y.high, plot->y.scale, 4, tick);
        for (size_t t = 0; t < count; t++) {
            const double y = wn_plot_y(plot, tick[t]);

            wn_svg_line(plot, "grid", plot->left, y, plot->right, y);
            wn_tick_text(tick[t], plot->y.scale, text);
            wn_svg_text(plot, "soft", "end", plot->left - 5, y + 4, text);
        }
        wn_markup(plot->out,
                  "<text text-anchor=\"middle\" transform=\"translate(11 %.0f)"
                  " rotate(-90)\">%s</text>",
                  (plot->top + plot->bottom) / 2, plot->y.title);
    }
    if (!plot->x.title)
        return;
    count = wn_ticks(plot->x.low, plot->x.high, plot->x.scale, 5, tick);
    for (size_t t = 0; t < count; t++) {
        const double x = wn_plot_x(plot, tick[t]);

        wn_svg_line(plot, "grid", x, plot->top, x, plot->bottom + 4);
        wn_tick_text(tick[t], plot->x.scale, text);
        wn_svg_text(plot, "soft", "middle", x, plot->bottom + 17, text);
    }
    wn_svg_line(plot, "axis", plot->left, plot->bottom, plot->right,
                plot->bottom);
    wn_svg_text(plot, NULL, "middle", (plot->left + plot->right) / 2,
                plot->bottom + 34, plot->x.title);
}

/* --- shapes -------------------------------------------------------------- */

/* Close a shape, with its hint. */
static void close_shape(const struct wn_plot *plot, const char *tag,
                        const char *hint)
{
    if (hint)
        wn_markup(plot->out, "<title>%s</title>", hint);
    wn_markup(plot->out, "</%s>", tag);
}

void wn_svg_rect(const struct wn_plot *plot, const char *class, double x,
                 double y, double width, double height, const char *hint)
{
    wn_markup(plot->out,
              "\n<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%g\" "
              "height=\"%g\">",
              class, length_of(x), length_of(y), length_of(width),
              length_of(height));
    close_shape(plot, "rect", hint);
}

void wn_svg_line(const struct wn_plot *plot, const char *class, double x1,
                 double y1, double x2, double y2)
{
    wn_markup(plot->out,
              "\n<line class=\"%s\" x1=\"%g\" y1=\"%g\" x2=\"%g\" y2=\"%g\"/>",
              class, length_of(x1), length_of(y1), length_of(x2),
              length_of(y2));
}

void wn_svg_point(struct wn_text *path, double x, double y)
{
    wn_text_format(path, "%s%g %g", path->length ? "L" : "M", length_of(x),
                   length_of(y));
}

void wn_svg_path(const struct wn_plot *plot, const char *class,
                 struct wn_text *path, const char *hint)
{
    wn_markup(plot->out, "\n<path class=\"%s\" d=\"%s\">", class,
              wn_text_of(path));
    close_shape(plot, "path", hint);
    wn_text_free(path);
}

void wn_svg_diamond(const struct wn_plot *plot, const char *class, double x,
                    double y, double radius, const char *hint)
{
    struct wn_text path = {0};

    wn_svg_point(&path, x - radius, y);
    wn_svg_point(&path, x, y - radius);
    wn_svg_point(&path, x + radius, y);
    wn_svg_point(&path, x, y + radius);
    wn_text_add(&path, "Z", 1);
    wn_svg_path(plot, class, &path, hint);
}

void wn_svg_circle(const struct wn_plot *plot, const char *class, double x,
                   double y, double radius, const char *hint)
{
    wn_markup(plot->out, "\n<circle class=\"%s\" cx=\"%g\" cy=\"%g\" r=\"%g\">",
              class, length_of(x), length_of(y), length_of(radius));
    close_shape(plot, "circle", hint);
}

void wn_svg_text(const struct wn_plot *plot, const char *class,
                 const char *anchor, double x, double y, const char *text)
{
    wn_markup(plot->out, "<text");
    if (class)
        wn_markup(plot->out, " class=\"%s\"", class);
    wn_markup(plot->out, " x=\"%g\" y=\"%g\"", length_of(x), length_of(y));
    if (strcmp(anchor, "start"))
        wn_markup(plot->out, " text-anchor=\"%s\"", anchor);
    wn_markup(plot->out, ">%s</text>", text);
}

void wn_svg_label(const struct wn_plot *plot, const char *anchor, double x,
                  double y, const char *text, size_t cells)
{
    struct wn_text visible = {0};
    size_t used = 0, cut = 0, end = 0;

    wn_text_add_visible(&visible, text, strlen(text));
    while (end < visible.length) {
        uint32_t point = 0;
        const size_t size =
            wn_text_point(visible.bytes + end, visible.length - end, &point);

        used += point >= 0x1100 ? 2 : 1; /* wide letters, roughly */
        if (used < cells)
            cut = end + size;
        end += size ? size : 1;
    }
    if (used > cells) {
        visible.length = cut;
        wn_text_add(&visible, "\xe2\x80\xa6", 3);
    }
    wn_svg_text(plot, NULL, anchor, x, y, wn_text_of(&visible));
    wn_text_free(&visible);
}

void wn_svg_legend_line(const struct wn_plot *plot, const char *class, double x,
                        double y, const char *text)
{
    wn_svg_line(plot, class, x, y - 4, x + 18, y - 4);
    wn_svg_text(plot, NULL, "start", x + 22, y, text);
}

double wn_svg_legend(const struct wn_plot *plot, const char *class, double x,
                     double y, const char *text)
{
    wn_svg_rect(plot, class, x, y - 9, 10, 10, NULL);
    wn_svg_text(plot, NULL, "start", x + 14, y, text);
    return x + 26 + 6.4 * (double)strlen(text);
}
