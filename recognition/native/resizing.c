/* Pictures resized by area. */
#include <stdint.h>

/* Where results go: so many numbers from one pixel to the next, and from one colour to the next. */
struct layout {
    int64_t pixel, colour;
};

enum { RED, GREEN, BLUE, COLOURS };

/* Where the pixels of each of `parts` results along a side of `length` begin, and whether they are
 * one more than the least number, ceil(length / parts). Divisions are slow, and every row has the
 * same; and a loop whose end changes from pixel to pixel is mispredicted at every other one. */
static int64_t find_windows(int64_t length, int64_t parts, uint32_t *windows)
{
    const int64_t least = (length + parts - 1) / parts;
    for (int64_t i = 0; i < parts; i++) {
        const int64_t begin = i * length / parts, end = ((i + 1) * length + parts - 1) / parts;
        windows[2 * i] = (uint32_t)begin;
        windows[2 * i + 1] = (uint32_t)(end - begin - least);
    }
    return least;
}

/* Rows of pixels, added up colour by colour. */
static void add_rows(const uint8_t *pixels, int64_t bytes_a_row, int64_t rows, int64_t values,
                     uint32_t *restrict sums)
{
    for (int64_t i = 0; i < values; i++)
        sums[i] = pixels[i];
    for (int64_t row = 1; row < rows; row++) {
        pixels += bytes_a_row;
        for (int64_t i = 0; i < values; i++)
            sums[i] += pixels[i];
    }
}

/* One row of results: means of the summed rows over each window of columns. A window reads one
 * column more than it may count, which is at the row's end its own windows. */
static void average_columns(const uint32_t *sums, int64_t rows, const uint32_t *windows,
                            int64_t least, int64_t columns, float *result, struct layout layout)
{
    const float shares[] = {1.0f / (float)(rows * least), 1.0f / (float)(rows * (least + 1))};
    for (int64_t column = 0; column < columns; column++, result += layout.pixel) {
        const uint32_t *sum = sums + COLOURS * windows[2 * column], more = windows[2 * column + 1];
        uint32_t red = 0, green = 0, blue = 0;
        for (int64_t i = 0; i < least; i++, sum += COLOURS) {
            red += sum[RED];
            green += sum[GREEN];
            blue += sum[BLUE];
        }
        result[RED * layout.colour] = (float)(red + more * sum[RED]) * shares[more];
        result[GREEN * layout.colour] = (float)(green + more * sum[GREEN]) * shares[more];
        result[BLUE * layout.colour] = (float)(blue + more * sum[BLUE]) * shares[more];
    }
}

static void resize(const uint8_t *pixels, int64_t bytes_a_row, int64_t height, int64_t width,
                   float *result, int64_t new_height, int64_t new_width, struct layout layout,
                   uint32_t *sums)
{
    uint32_t *const windows = sums + COLOURS * width;
    const int64_t least = find_windows(width, new_width, windows);
    for (int64_t row = 0; row < new_height; row++, result += new_width * layout.pixel) {
        const int64_t top = row * height / new_height;
        const int64_t rows = ((row + 1) * height + new_height - 1) / new_height - top;
        add_rows(pixels + top * bytes_a_row, bytes_a_row, rows, COLOURS * width, sums);
        average_columns(sums, rows, windows, least, new_width, result, layout);
    }
}

/* A picture (red, green, blue; 8 bits) at another size: each result is the mean of the pixels from
 * floor(i H / h) to ceil((i + 1) H / h), which is torch's `interpolate(mode="area")`. The results
 * are three planes, `plane` numbers apart. `sums` has room for 3 width + 2 new_width + 3 numbers. */
void resize_to_planes(const uint8_t *pixels, int64_t bytes_a_row, int64_t height, int64_t width,
                      float *result, int64_t new_height, int64_t new_width, int64_t plane,
                      uint32_t *sums)
{
    resize(pixels, bytes_a_row, height, width, result, new_height, new_width,
           (struct layout){1, plane}, sums);
}

/* Some rectangles of a picture, (left, top, right, bottom), each of one height and width then, with
 * the colours of a pixel side by side. */
void resize_crops(const uint8_t *pixels, int64_t bytes_a_row, const int64_t *bounds, int64_t count,
                  float *result, int64_t height, int64_t width, uint32_t *sums)
{
    for (int64_t i = 0; i < count; i++, bounds += 4, result += COLOURS * height * width)
        resize(pixels + bounds[1] * bytes_a_row + COLOURS * bounds[0], bytes_a_row,
               bounds[3] - bounds[1], bounds[2] - bounds[0], result, height, width,
               (struct layout){COLOURS, 1}, sums);
}
