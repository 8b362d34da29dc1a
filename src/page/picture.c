/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as a small picture: a PNG file in a data URL. */
#include <math.h>
#include <png.h>
#include <stdlib.h>

#include "page/markup.h"
#include "report/report.h"
#include "util/memory.h"

static void fail_png(png_structp png, png_const_charp message)
{
    (void)png;
    wn_die(message); /* only for want of memory */
}

static void ignore_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void add_bytes(png_structp png, png_bytep bytes, size_t length)
{
    wn_text_add(png_get_io_ptr(png), (const char *)bytes, length);
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

/* RFC 4648. */
static void add_base64(struct wn_text *out, const struct wn_text *in)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < in->length; at += 3) {
        const size_t left = in->length - at;
        uint32_t bits = 0;
        char four[4];

        for (size_t b = 0; b < 3; b++)
            bits =
                bits << 8 | (b < left ? (unsigned char)in->bytes[at + b] : 0);
        for (size_t d = 0; d < 4; d++)
            four[d] = d <= left ? digit[bits >> (18 - 6 * d) & 63] : '=';
        wn_text_add(out, four, 4);
    }
}

void wn_picture_url(const float *value, const struct wn_image_shape *shape,
                    float low, float high, struct wn_text *out)
{
    const size_t width = shape->columns * shape->channels;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
                                              fail_png, ignore_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    png_bytep line = wn_new(width, 1);
    struct wn_text file = {0};

    if (!info)
        wn_die("no memory for a picture");
    png_set_write_fn(png, &file, add_bytes, flush_nothing);
    png_set_IHDR(
        png, info, (png_uint_32)shape->columns, (png_uint_32)shape->rows, 8,
        shape->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t r = 0; r < shape->rows; r++) {
        for (size_t c = 0; c < width; c++) {
            const double share = ((double)value[r * width + c] - (double)low) /
                                 ((double)high - (double)low);

            line[c] = (png_byte)(255 * fmin(1, fmax(0, share)) + 0.5);
        }
        png_write_row(png, line);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    wn_text_format(out, "data:image/png;base64,");
    add_base64(out, &file);
    wn_text_free(&file);
    free(line);
}
