/* Pictures resized by area. */
#include <stdint.h>

/* Part of a picture (red, green, blue; 8 bits) at another size: each result is the mean of the
 * pixels from floor(i H / h) to ceil((i + 1) H / h), which is torch's `interpolate(mode="area")`.
 * `sums` has room for the source's row, and is exact. */
void resize_area(const uint8_t *pixels, int64_t bytes_a_row, int64_t height, int64_t width,
                 float *result, int64_t new_height, int64_t new_width, uint32_t *sums)
{
    for (int64_t row = 0; row < new_height; row++) {
        const int64_t top = row * height / new_height;
        const int64_t bottom = ((row + 1) * height + new_height - 1) / new_height;
        for (int64_t i = 0; i < 3 * width; i++)
            sums[i] = pixels[top * bytes_a_row + i];
        for (int64_t r = top + 1; r < bottom; r++)
            for (int64_t i = 0; i < 3 * width; i++)
                sums[i] += pixels[r * bytes_a_row + i];
        for (int64_t column = 0; column < new_width; column++, result += 3) {
            const int64_t left = column * width / new_width;
            const int64_t right = ((column + 1) * width + new_width - 1) / new_width;
            uint32_t red = 0, green = 0, blue = 0;
            for (int64_t c = left; c < right; c++) {
                red += sums[3 * c];
                green += sums[3 * c + 1];
                blue += sums[3 * c + 2];
            }
            const float share = 1.0f / (float)((bottom - top) * (right - left));
            result[0] = (float)red * share;
            result[1] = (float)green * share;
            result[2] = (float)blue * share;
        }
    }
}

/* Some rectangles of a picture, (left, top, right, bottom), each as a square of `size`. */
void resize_crops(const uint8_t *pixels, int64_t bytes_a_row, const int64_t *bounds, int64_t count,
                  float *result, int64_t size, uint32_t *sums)
{
    for (int64_t i = 0; i < count; i++, bounds += 4, result += 3 * size * size)
        resize_area(pixels + bounds[1] * bytes_a_row + 3 * bounds[0], bytes_a_row,
                    bounds[3] - bounds[1], bounds[2] - bounds[0], result, size, size, sums);
}
