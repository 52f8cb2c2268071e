/* Convolutions of 3 x 3 with a quarter of the multiplications: Winograd's F(4x4, 3x3), as in Lavin
 * and Gray, 2015 (arXiv 1509.09308).
 *
 * 6 x 6 values of each channel become 36 others by additions and few constants; the weights have
 * been through the like when they were exported. Then each of the 36 is a matrix product over the
 * channels, and 36 sums give back 4 x 4 results. Their error is some 1e-6 of the values.
 */
#include "engine.h"

enum { RESULT = 4, SEEN = 6, POSITIONS = SEEN * SEEN, SCRATCH = 500000 };

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

/* 16 channels of a patch, transformed, to the 36 matrices; beyond the border everything is zero. */
static void spread_patch(const struct net *net, const struct step *step, struct patch patch,
                         int64_t channel, float *result, int64_t apart)
{
    const struct tensor *source = net->tensors + step->source;
    const int64_t top = patch.row - step->padding_rows, left = patch.column - step->padding_columns;
    const float *from = at(net, source, patch.image, top, left) + step->source_channel + channel;
    const int64_t rows = least(SEEN, source->height + source->border_rows - top);
    const int64_t columns = least(SEEN, source->width + source->border_columns - left);
    lanes seen[POSITIONS], half[POSITIONS], whole[POSITIONS];
    for (int64_t row = 0; row < SEEN; row++)
        for (int64_t column = 0; column < SEEN; column++)
            seen[row * SEEN + column]
                = row < rows && column < columns
                      ? *(const lanes *)(from + row * line(source) + column * source->channels)
                      : (lanes){0};
    for (int64_t column = 0; column < SEEN; column++)
        spread(seen + column, SEEN, half + column, SEEN);
    for (int64_t row = 0; row < SEEN; row++)
        spread(half + row * SEEN, 1, whole + row * SEEN, 1);
    for (int64_t position = 0; position < POSITIONS; position++)
        *(lanes *)(result + position * apart) = whole[position];
}

/* 16 channels of a patch's results, with bias and slopes, to where they belong. */
static void gather_patch(const struct net *net, const struct step *step, struct patch patch,
                         int64_t channel, const float *sums, int64_t apart)
{
    const struct tensor *target = net->tensors + step->target;
    float *to = at(net, target, patch.image, patch.row, patch.column) + step->target_channel + channel;
    const lanes bias = *(const lanes *)(net->numbers + step->bias + channel);
    const lanes slope = *(const lanes *)(net->numbers + step->slopes + channel);
    lanes seen[POSITIONS], half[RESULT * SEEN], whole[RESULT * RESULT];
    for (int64_t position = 0; position < POSITIONS; position++)
        seen[position] = *(const lanes *)(sums + position * apart);
    for (int64_t column = 0; column < SEEN; column++)
        gather(seen + column, SEEN, half + column, SEEN);
    for (int64_t row = 0; row < RESULT; row++)
        gather(half + row * SEEN, 1, whole + row * RESULT, 1);
    const int64_t rows = least(RESULT, step->height - patch.row);
    const int64_t columns = least(RESULT, step->width - patch.column);
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++) {
            const lanes value = whole[row * RESULT + column] + bias;
            *(lanes *)(to + row * line(target) + column * target->channels)
                = choose(value > 0, value, value * slope);
        }
}

/* The 36 matrix products, each as a convolution over one pixel. Behind the weights lie a bias of
 * zeros and slopes of ones for them. */
static void multiply(const struct net *net, const struct step *step, int64_t count, float *sums)
{
    const int64_t weights = step->inputs * step->outputs, bias = step->weights + POSITIONS * weights;
    struct tensor tensors[] = {{0, 1, count, step->inputs, 0, 0},
                               {sums - net->scratch, 1, count, step->outputs, 0, 0}};
    const struct net inner = {tensors, net->numbers, net->scratch, NULL};
    struct step product = {
        .target = 1, .inputs = step->inputs, .outputs = step->outputs, .kernel_rows = 1,
        .kernel_columns = 1, .stride = 1, .height = 1, .width = count, .weights = step->weights,
        .bias = bias, .slopes = bias + step->outputs,
    };
    for (int64_t position = 0; position < POSITIONS; position++) {
        convolve(&inner, &product, 1);
        tensors[0].offset += count * step->inputs;
        tensors[1].offset += count * step->outputs;
        product.weights += weights;
    }
}

static void convolve_patches(const struct net *net, const struct step *step,
                             const struct patches *patches)
{
    float *sums = net->scratch + POSITIONS * patches->count * step->inputs;
    for (int64_t p = 0; p < patches->count; p++)
        for (int64_t channel = 0; channel < step->inputs; channel += LANES)
            spread_patch(net, step, patch_at(patches, patches->first + p), channel,
                         net->scratch + p * step->inputs + channel, patches->count * step->inputs);
    multiply(net, step, patches->count, sums);
    for (int64_t p = 0; p < patches->count; p++)
        for (int64_t channel = 0; channel < step->outputs; channel += LANES)
            gather_patch(net, step, patch_at(patches, patches->first + p), channel,
                         sums + p * step->outputs + channel, patches->count * step->outputs);
}

/* As many patches at once as the scratch has room for, which is about the cache. */
void convolve_by_winograd(const struct net *net, const struct step *step, int64_t images)
{
    struct patches patches = {(step->height + RESULT - 1) / RESULT,
                              (step->width + RESULT - 1) / RESULT, 0, 0};
    const int64_t all = images * patches.down * patches.across;
    const int64_t most = SCRATCH / (POSITIONS * (step->inputs + step->outputs));
    const int64_t parts = (all + most - 1) / most;
    for (int64_t part = 0; part < parts; part++) {
        patches.first = part * all / parts;
        patches.count = (part + 1) * all / parts - patches.first;
        convolve_patches(net, step, &patches);
    }
}
