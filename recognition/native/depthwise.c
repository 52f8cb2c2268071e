/* Convolutions of each channel alone: a channel's result has one channel's inputs. */
#include "engine.h"

enum { PIXELS = 4, MOST_ROWS = 2, SIDE = 3 };

/* One or two rows with a kernel of 3 x 3, in tiles: each value is loaded once for all the results that
 * it counts for. The last ones are computed with some before them, again. Inlined, for strides of 1
 * and 2. Of two rows may be kept, `pooled`, the largest of each 2 x 2: slopes are not negative then. */
static inline __attribute__((always_inline)) void
weigh_rows(const struct net *net, const struct step *step, const float *from, float *to, const int rows,
           const int stride, const int pooled)
{
    const struct tensor *source = net->tensors + step->source, *target = net->tensors + step->target;
    const ptrdiff_t across = source->channels, down = line(source), outputs = step->outputs;
    const ptrdiff_t apart = target->channels, below = line(target);
    const float *const bias = net->numbers + step->bias, *const slopes = net->numbers + step->slopes;
    const float *const weights = net->numbers + step->weights;
    const int64_t side = pooled ? 2 : 1, width = side * step->width;
    for (int64_t column = 0; column < width; column += PIXELS) {
        const int64_t first = least(column, width - PIXELS);
        for (ptrdiff_t channel = 0; channel < outputs; channel += LANES) {
            const float *row = from + channel + first * stride * across;
            lanes sum[MOST_ROWS][PIXELS];
#pragma GCC unroll 2
            for (int o = 0; o < rows; o++)
#pragma GCC unroll 4
                for (int p = 0; p < PIXELS; p++)
                    sum[o][p] = *(const lanes *)(bias + channel);
#pragma GCC unroll 5
            for (int r = 0; r < (rows - 1) * stride + SIDE; r++, row += down) {
                lanes seen[2 * PIXELS + 1];
                const float *pixel = row;
#pragma GCC unroll 9
                for (int c = 0; c < (PIXELS - 1) * stride + SIDE; c++) {
                    if (c % NEAR == 0)
                        A_POINTER(pixel);
                    seen[c] = *(const lanes *)(pixel + c % NEAR * across);
                    IN_A_REGISTER(seen[c]);
                    if (c % NEAR == NEAR - 1)
                        pixel += NEAR * across;
                }
#pragma GCC unroll 2
                for (int o = 0; o < rows; o++) {
                    const int k = r - o * stride;
                    if (k < 0 || k >= SIDE)
                        continue;
                    const float *weight = weights + channel + k * SIDE * outputs;
                    A_POINTER(weight);
#pragma GCC unroll 3
                    for (int c = 0; c < SIDE; c++)
#pragma GCC unroll 4
                        for (int p = 0; p < PIXELS; p++)
                            sum[o][p] += *(const lanes *)(weight + c * outputs) * seen[p * stride + c];
                }
            }
            const lanes slope = *(const lanes *)(slopes + channel);
            float *result = to + first / side * apart + channel;
#pragma GCC unroll 2
            for (int o = 0; o < rows / side; o++, result += below) {
                float *pixel = result;
#pragma GCC unroll 4
                for (int p = 0; p < PIXELS; p += side, pixel += apart) {
                    A_POINTER(pixel);
                    lanes value = sum[o][p];
                    if (pooled)
                        value = larger(larger(value, sum[o][p + 1]), larger(sum[1][p], sum[1][p + 1]));
                    *(lanes *)pixel = with_slope(value, slope);
                }
            }
        }
    }
}

/* The same with a kernel of any size, pixel by pixel. */
static void weigh_any_row(const struct net *net, const struct step *step, const float *from, float *to)
{
    const struct tensor *source = net->tensors + step->source;
    for (int64_t column = 0; column < step->width; column++) {
        for (ptrdiff_t channel = 0; channel < step->outputs; channel += LANES) {
            lanes sum = *(const lanes *)(net->numbers + step->bias + channel);
            const float *weight = net->numbers + step->weights + channel;
            for (int64_t r = 0; r < step->kernel_rows; r++)
                for (int64_t c = 0; c < step->kernel_columns; c++, weight += step->outputs)
                    sum += *(const lanes *)weight
                           * *(const lanes *)(from + r * line(source) + c * source->channels + channel);
            *(lanes *)(to + channel)
                = with_slope(sum, *(const lanes *)(net->numbers + step->slopes + channel));
        }
        from += step->stride * source->channels;
        to += net->tensors[step->target].channels;
    }
}

void convolve_depthwise(const struct net *net, const struct step *step, int64_t images)
{
    const int pooled = step->kind == POOLED_DEPTHWISE;
    const int in_tiles = step->kernel_rows == SIDE && step->kernel_columns == SIDE
                         && step->stride <= 2 && step->width >= PIXELS;
    const int rows = in_tiles && step->stride == 1 ? (int)least(MOST_ROWS, step->height) : 1;
    for (int64_t image = 0; image < images; image++)
        for (int64_t row = 0; row < step->height; row += rows) {
            struct place place = {.image = image, .row = least(row, step->height - rows)};
            begin_row(net, step, &place);
            if (pooled)
                weigh_rows(net, step, place.from, place.to, 2, 1, 1);
            else if (!in_tiles)
                weigh_any_row(net, step, place.from, place.to);
            else if (step->stride == 2)
                weigh_rows(net, step, place.from, place.to, 1, 2, 0);
            else if (rows == 2)
                weigh_rows(net, step, place.from, place.to, 2, 1, 0);
            else
                weigh_rows(net, step, place.from, place.to, 1, 1, 0);
        }
}
