/* MTCNN's P-Net over one level of the pyramid.
 *
 * It has few channels and many pixels, so pixels of one channel fill a register here, not
 * channels of one pixel as elsewhere: of 10 channels nothing is wasted, and no pixel has a pointer
 * of its own. A channel is a plane; a convolution slides over it as over one long row, and what it
 * computes where it leaves a row and enters the next is never read.
 *
 * Planes have SLACK numbers behind them, because registers reach beyond the last pixel.
 */
#include <math.h>

#include "engine.h"

enum {
    COLOURS = 3, FIRST = 10, SECOND = 16, THIRD = 32, OUTPUTS = 5,
    SLACK = 128, BAND_PIXELS = 2048, LEAST_ROWS = 8
};

/* Weights (tiles of outputs; inputs, rows and columns of the kernel; outputs of the tile), bias
 * and slopes, one after another in the net's numbers. */
struct layer {
    const float *weights, *bias, *slopes;
};

static struct layer next_layer(const float **numbers, int64_t places, int64_t outputs)
{
    const float *const begin = *numbers, *const bias = begin + places * outputs;
    *numbers = bias + 2 * outputs;
    return (struct layer){begin, bias, bias + outputs};
}

/* Numbers from one plane to the next. */
int64_t proposal_plane(int64_t pixels) { return apart_by(pixels + SLACK); }

struct planes {
    float *values;
    int64_t plane;
};

/* Registers are few on AVX2: there, half as many sums at once. */
enum { HALVES = sizeof(lanes) == 32 ? 2 : 1 };

/* `tile` channels of `registers` that lie one behind the other; from a place's weights to the next
 * one's are `stride` numbers. */
static inline __attribute__((always_inline)) void
slide_tile(const float *from, int64_t plane, int64_t row_length, const int inputs, const int kernel,
           const float *weights, const int stride, lanes (*sum)[4], const int tile,
           const int registers)
{
    for (int input = 0; input < inputs; input++)
        for (int row = 0; row < kernel; row++)
#pragma GCC unroll 1
            for (int column = 0; column < kernel; column++, weights += stride) {
                lanes seen[4];
                const float *const pixels = from + input * plane + row * row_length + column;
#pragma GCC unroll 4
                for (int r = 0; r < registers; r++)
                    seen[r] = *(const lanes *)(pixels + LANES * r);
#pragma GCC unroll 8
                for (int t = 0; t < tile; t++)
#pragma GCC unroll 4
                    for (int r = 0; r < registers; r++)
                        sum[t][r] += seen[r] * weights[t];
            }
}

/* One convolution over `pixels` of a band, all outputs; its weights are packed for `packed` outputs
 * at a time, of which a tile computes some. */
static inline __attribute__((always_inline)) void
slide(struct planes source, struct planes target, int64_t row_length, int64_t pixels,
      struct layer layer, const int inputs, const int outputs, const int kernel, const int packed,
      const int tile, const int registers)
{
    for (int64_t pixel = 0; pixel < pixels; pixel += LANES * registers)
        for (int output = 0; output < outputs; output += tile) {
            const int64_t group = output / packed * packed;
            lanes sum[8][4];
#pragma GCC unroll 8
            for (int t = 0; t < tile; t++)
#pragma GCC unroll 4
                for (int r = 0; r < registers; r++)
                    sum[t][r] = spread_out(layer.bias[output + t]);
            slide_tile(source.values + pixel, source.plane, row_length, inputs, kernel,
                       layer.weights + group * inputs * kernel * kernel + (output - group), packed,
                       sum, tile, registers);
#pragma GCC unroll 8
            for (int t = 0; t < tile; t++)
#pragma GCC unroll 4
                for (int r = 0; r < registers; r++)
                    *(lanes *)(target.values + (output + t) * target.plane + pixel + LANES * r)
                        = with_slope(sum[t][r], spread_out(layer.slopes[output + t]));
        }
}

/* The larger one of each two neighbours in two registers; beyond `columns` there is none. */
static inline lanes larger_neighbours(lanes left, lanes right, int64_t columns)
{
    const lanes even = __builtin_shufflevector(left, right, EVEN_LANES);
    const lanes odd = __builtin_shufflevector(left, right, ODD_LANES);
    const lanes there = first_lanes(columns / 2, odd, spread_out(-INFINITY));
    return larger(even, there);
}

/* Sums of the first convolution, for the neighbours of one row or two: half of the channels. */
struct first_sums {
    lanes left[2][FIRST / 2], right[2][FIRST / 2];
};

/* `rows` rows of them, from `row` on. */
static inline __attribute__((always_inline)) void
add_up(const float *from, int64_t plane, int64_t row_length, const float *weights, const float *bias,
       struct first_sums *sums, const int row, const int rows)
{
    enum { TILE = FIRST / 2 };
    lanes left[2][TILE], right[2][TILE];
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 5
        for (int t = 0; t < TILE; t++)
            left[r][t] = right[r][t] = spread_out(bias[t]);
    for (int line = 0; line < COLOURS * 3; line++)
#pragma GCC unroll 3
        for (int column = 0; column < 3; column++, weights += TILE) {
            const float *const pixels
                = from + line / 3 * plane + (line % 3 + row) * row_length + column;
#pragma GCC unroll 2
            for (int r = 0; r < rows; r++) {
                const lanes near = *(const lanes *)(pixels + r * row_length);
                const lanes far = *(const lanes *)(pixels + r * row_length + LANES);
#pragma GCC unroll 5
                for (int t = 0; t < TILE; t++) {
                    left[r][t] += near * weights[t];
                    right[r][t] += far * weights[t];
                }
            }
        }
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 5
        for (int t = 0; t < TILE; t++) {
            sums->left[row + r][t] = left[r][t];
            sums->right[row + r][t] = right[r][t];
        }
}

/* The first convolution for two rows (or the last one) and two registers, and the largest of each
 * square of two: a register of pixels for half of the channels. */
static inline __attribute__((always_inline)) void
first_and_pooled(const float *from, int64_t plane, int64_t row_length, int64_t columns,
                 struct layer layer, int output, const int rows, struct planes target, int64_t to)
{
    enum { TILE = FIRST / 2 };
    struct first_sums sums;
    const float *const weights = layer.weights + (int64_t)output * COLOURS * 9;
    const float *const bias = layer.bias + output;
    if (HALVES == 2) {
        add_up(from, plane, row_length, weights, bias, &sums, 0, 1);
        if (rows == 2)
            add_up(from, plane, row_length, weights, bias, &sums, 1, 1);
    } else
        add_up(from, plane, row_length, weights, bias, &sums, 0, rows);
#pragma GCC unroll 5
    for (int t = 0; t < TILE; t++) {
        const lanes slope = spread_out(layer.slopes[output + t]);
        lanes left = with_slope(sums.left[0][t], slope);
        lanes right = with_slope(sums.right[0][t], slope);
        if (rows == 2) {
            left = larger(left, with_slope(sums.left[1][t], slope));
            right = larger(right, with_slope(sums.right[1][t], slope));
        }
        *(lanes *)(target.values + (output + t) * target.plane + to)
            = larger_neighbours(left, right, columns);
    }
}

/* The first convolution and pooling of a whole level, rows of which are written over the excess of
 * those before. */
static void see_and_pool(struct planes level, int64_t height, int64_t width, struct layer layer,
                         struct planes target)
{
    const int64_t rows = height - 2, columns = width - 2, pooled = (columns + 1) / 2;
    for (int64_t row = 0; row < rows; row += 2)
        for (int output = 0; output < FIRST; output += FIRST / 2)
            for (int64_t column = 0; column < columns; column += 2 * LANES) {
                const float *const from = level.values + row * width + column;
                const int64_t to = row / 2 * pooled + column / 2;
                if (row + 1 < rows)
                    first_and_pooled(from, level.plane, width, columns - column, layer, output, 2,
                                     target, to);
                else
                    first_and_pooled(from, level.plane, width, columns - column, layer, output, 1,
                                     target, to);
            }
}

/* A level's measures behind the pooling, and the bands that it is computed in. */
struct measures {
    int64_t length, rows, most, bands;
};

static struct measures measure(int64_t height, int64_t width)
{
    const int64_t length = (width - 1) / 2, rows = (height - 1) / 2 - 4;
    const int64_t fitting = BAND_PIXELS / length, most = fitting < LEAST_ROWS ? LEAST_ROWS : fitting;
    return (struct measures){length, rows, most, (rows + most - 1) / most};
}

/* How many numbers `propose` needs to work with. */
int64_t proposal_work(int64_t height, int64_t width)
{
    const struct measures level = measure(height, width);
    return FIRST * proposal_plane((level.rows + 4) * level.length)
           + (SECOND + THIRD) * proposal_plane((level.most + 2) * level.length);
}

/* P-Net for a level of at least 12 x 12 pixels: three planes of pixels to five planes of cells (a
 * face's logit and four offsets), rows of which have the length of those after pooling; of each
 * the last four are not valid. */
void propose(const float *pixels, int64_t height, int64_t width, const float *numbers, float *work,
             float *result)
{
    const struct measures is = measure(height, width);
    const struct layer first = next_layer(&numbers, COLOURS * 9, FIRST);
    const struct layer second = next_layer(&numbers, FIRST * 9, SECOND);
    const struct layer third = next_layer(&numbers, SECOND * 9, THIRD);
    const struct layer last = next_layer(&numbers, THIRD, OUTPUTS);
    const struct planes level = {(float *)pixels, proposal_plane(height * width)};
    const struct planes pooled = {work, proposal_plane((is.rows + 4) * is.length)};
    const struct planes seen = {work + FIRST * pooled.plane, proposal_plane((is.most + 2) * is.length)};
    const struct planes known = {seen.values + SECOND * seen.plane, seen.plane};
    const struct planes cells = {result, proposal_plane(is.rows * is.length)};
    see_and_pool(level, height, width, first, pooled);
    for (int64_t band = 0; band < is.bands; band++) {
        const int64_t begin = band * is.rows / is.bands * is.length;
        const int64_t pixels = (band + 1) * is.rows / is.bands * is.length - begin;
        slide((struct planes){pooled.values + begin, pooled.plane}, seen, is.length,
              pixels + 2 * is.length, second, FIRST, SECOND, 3, 8, 8 / HALVES, 3);
        slide(seen, known, is.length, pixels, third, SECOND, THIRD, 3, 8, 8 / HALVES, 3);
        slide(known, (struct planes){cells.values + begin, cells.plane}, is.length, pixels, last,
              THIRD, OUTPUTS, 1, 5, 5, 4 / HALVES);
    }
}
