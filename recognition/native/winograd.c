/* Convolutions of 3 x 3 with a quarter of the multiplications: Winograd's F(4x4, 3x3), as in Lavin
 * and Gray, 2015 (arXiv 1509.09308).
 *
 * 6 x 6 values of each channel become 36 others by additions and few constants; the weights have
 * been through the like when they were exported. Then each of the 36 is a matrix product over the
 * channels, and 36 sums give back 4 x 4 results. Their error is some 1e-6 of the values.
 */
#include "engine.h"

enum { RESULT = 4, SEEN = 6, POSITIONS = SEEN * SEEN, SCRATCH = 700000, CACHE = 250000 };

/* Patches of 4 x 4 results, numbered through the images: which of them, and where they begin. */
struct patches {
    int64_t down, across, first, count;
};

struct patch {
    int64_t image, row, column;
};

static struct patch patch_at(const struct patches *patches, int64_t number)
{
    const int64_t each = patches->down * patches->across, within = number % each;
    return (struct patch){number / each, within / patches->across * RESULT,
                          within % patches->across * RESULT};
}

/* B^T x, for a column or a row of six. */
static inline void spread(const lanes *x, int64_t apart, lanes *y, int64_t y_apart)
{
    const lanes even = x[4 * apart] - 4 * x[2 * apart], odd = x[3 * apart] - 4 * x[apart];
    const lanes near = x[4 * apart] - x[2 * apart], far = 2 * (x[3 * apart] - x[apart]);
    y[0] = 4 * x[0] - 5 * x[2 * apart] + x[4 * apart];
    y[y_apart] = even + odd;
    y[2 * y_apart] = even - odd;
    y[3 * y_apart] = near + far;
    y[4 * y_apart] = near - far;
    y[5 * y_apart] = 4 * x[apart] - 5 * x[3 * apart] + x[5 * apart];
}

/* A^T x: six sums to four results. */
static inline void gather(const lanes *x, int64_t apart, lanes *y, int64_t y_apart)
{
    const lanes sum = x[apart] + x[2 * apart], difference = x[apart] - x[2 * apart];
    const lanes far_sum = x[3 * apart] + x[4 * apart], far = x[3 * apart] - x[4 * apart];
    y[0] = x[0] + sum + far_sum;
    y[y_apart] = difference + 2 * far;
    y[2 * y_apart] = sum + 4 * far_sum;
    y[3 * y_apart] = difference + 8 * far + x[5 * apart];
}

/* 16 channels of a patch, whose rows and columns are so far apart, to the 36 matrices. */
static inline void spread_patch(const float *from, int64_t row_step, int64_t column_step,
                                float *result, int64_t apart)
{
    lanes half[POSITIONS];
#pragma GCC unroll 6
    for (int column = 0; column < SEEN; column++) {
        lanes seen[SEEN];
#pragma GCC unroll 6
        for (int row = 0; row < SEEN; row++)
            seen[row] = *(const lanes *)(from + row * row_step + column * column_step);
        spread(seen, 1, half + column, SEEN);
    }
#pragma GCC unroll 6
    for (int row = 0; row < SEEN; row++) {
        lanes whole[SEEN];
        spread(half + row * SEEN, 1, whole, 1);
#pragma GCC unroll 6
        for (int column = 0; column < SEEN; column++)
            *(lanes *)(result + (row * SEEN + column) * apart) = whole[column];
    }
}

/* All inputs of a patch, transformed; beyond the border everything is zero. */
static void see_patch(const struct net *net, const struct step *step, struct patch patch,
                      float *result, int64_t apart)
{
    const struct tensor *source = net->tensors + step->source;
    const int64_t top = patch.row - step->padding_rows, left = patch.column - step->padding_columns;
    const float *const from = at(net, source, patch.image, top, left) + step->source_channel;
    const int64_t rows = least(SEEN, source->height + source->border_rows - top);
    const int64_t columns = least(SEEN, source->width + source->border_columns - left);
    for (int64_t channel = 0; channel < step->inputs; channel += LANES) {
        if (rows == SEEN && columns == SEEN) {
            spread_patch(from + channel, line(source), source->channels, result + channel, apart);
            continue;
        }
        lanes seen[POSITIONS] = {{0}};
        for (int64_t row = 0; row < rows; row++)
            for (int64_t column = 0; column < columns; column++)
                seen[row * SEEN + column] = *(const lanes *)(from + channel + row * line(source)
                                                             + column * source->channels);
        spread_patch((const float *)seen, SEEN * LANES, LANES, result + channel, apart);
    }
}

/* 36 sums of 16 channels to 16 results. */
static inline void gather_patch(const float *sums, int64_t apart, lanes *whole)
{
    lanes half[RESULT * SEEN];
#pragma GCC unroll 6
    for (int column = 0; column < SEEN; column++) {
        lanes seen[SEEN];
#pragma GCC unroll 6
        for (int row = 0; row < SEEN; row++)
            seen[row] = *(const lanes *)(sums + (row * SEEN + column) * apart);
        gather(seen, 1, half + column, SEEN);
    }
#pragma GCC unroll 4
    for (int row = 0; row < RESULT; row++)
        gather(half + row * SEEN, 1, whole + row * RESULT, 1);
}

/* A patch's results, with bias and slopes, to where they belong. */
static void put_patch(const struct net *net, const struct step *step, struct patch patch,
                      const float *sums, int64_t apart)
{
    const struct tensor *target = net->tensors + step->target;
    float *const to = at(net, target, patch.image, patch.row, patch.column) + step->target_channel;
    const int64_t rows = least(RESULT, step->height - patch.row);
    const int64_t columns = least(RESULT, step->width - patch.column);
    for (int64_t channel = 0; channel < step->outputs; channel += LANES) {
        const lanes bias = *(const lanes *)(net->numbers + step->bias + channel);
        const lanes slope = *(const lanes *)(net->numbers + step->slopes + channel);
        lanes whole[RESULT * RESULT];
        gather_patch(sums + channel, apart, whole);
        for (int64_t row = 0; row < rows; row++)
            for (int64_t column = 0; column < columns; column++)
                *(lanes *)(to + channel + row * line(target) + column * target->channels)
                    = with_slope(whole[row * RESULT + column] + bias, slope);
    }
}

static void convolve_patches(const struct net *net, const struct step *step,
                             const struct patches *patches)
{
    const int64_t seen = apart_by(patches->count * step->inputs);
    const int64_t summed = apart_by(patches->count * step->outputs);
    float *sums = net->scratch + POSITIONS * seen;
    for (int64_t p = 0; p < patches->count; p++)
        see_patch(net, step, patch_at(patches, patches->first + p),
                  net->scratch + p * step->inputs, seen);
    for (int64_t position = 0; position < POSITIONS; position++)
        multiply_rows(net->scratch + position * seen, patches->count, step->inputs,
                      net->numbers + step->weights + position * step->inputs * step->outputs,
                      sums + position * summed, step->outputs);
    for (int64_t p = 0; p < patches->count; p++)
        put_patch(net, step, patch_at(patches, patches->first + p), sums + p * step->outputs, summed);
}

/* How many patches go together. With few weights, so many that all stays in the cache; many weights
 * come from memory each time, which should be seldom. */
static int64_t patches_at_once(int64_t inputs, int64_t outputs)
{
    const int64_t weights = POSITIONS * inputs * outputs;
    const int64_t room = weights < CACHE / 2 ? CACHE - weights : SCRATCH;
    return (room / POSITIONS - 2 * apart_by(0) - 2 * PAGE) / (inputs + outputs);
}

void convolve_by_winograd(const struct net *net, const struct step *step, int64_t images)
{
    struct patches patches = {(step->height + RESULT - 1) / RESULT,
                              (step->width + RESULT - 1) / RESULT, 0, 0};
    const int64_t all = images * patches.down * patches.across;
    const int64_t most = patches_at_once(step->inputs, step->outputs);
    const int64_t parts = (all + most - 1) / most;
    for (int64_t part = 0; part < parts; part++) {
        patches.first = part * all / parts;
        patches.count = (part + 1) * all / parts - patches.first;
        convolve_patches(net, step, &patches);
    }
}
