/* Runs small convolutional nets on one core.
 *
 * A net is a table of steps (recognition/native/plan.py makes it), so this file knows no net by
 * name. Values lie pixel by pixel, channels innermost, in blocks of 16 channels.
 * Few intrinsics: GCC's and Clang's vector types say most of it, and are checked by them.
 *
 * Why not a library: all of them were measured (docs/decisions/0023). ONNX Runtime reorders values
 * around what it has no blocked kernel for, which in MTCNN is nearly everything, and falls to a
 * third of the processor's peak where a layer has few pixels, as the last third of
 * InceptionResnetV1 does.
 */
#include <math.h>
#include <string.h>

#include "engine.h"

/* The largest value of a window, which begins at `from`. */
static inline lanes largest(const float *from, int64_t rows, int64_t columns, int64_t row_length,
                            int64_t channels)
{
    lanes most = *(const lanes *)from;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++)
            most = larger(most, *(const lanes *)(from + row * row_length + column * channels));
    return most;
}

/* The largest value of each window; of one that reaches over the edge, of what is inside. */
static void take_maximum(const struct net *net, const struct step *step, int64_t images)
{
    const struct tensor *source = net->tensors + step->source;
    struct place place = {0};
    begin_row(net, step, &place);
    for (; place.image < images; advance(net, step, &place)) {
        const int64_t rows = least(step->kernel_rows, source->height - place.row * step->stride);
        const int64_t columns = least(step->kernel_columns, source->width - place.column * step->stride);
        for (int64_t channel = 0; channel < step->outputs; channel += LANES)
            *(lanes *)(place.to + channel)
                = largest(place.from + channel, rows, columns, line(source), source->channels);
    }
}

static void take_mean(const struct net *net, const struct step *step, int64_t images)
{
    const struct tensor *source = net->tensors + step->source, *target = net->tensors + step->target;
    const float share = 1.0f / (float)(source->height * source->width);
    for (int64_t image = 0; image < images; image++)
        for (int64_t channel = 0; channel < step->outputs; channel += LANES) {
            lanes sum = {0};
            for (int64_t row = 0; row < source->height; row++)
                for (int64_t column = 0; column < source->width; column++)
                    sum += *(lanes *)(at(net, source, image, row, column) + channel);
            *(lanes *)(at(net, target, image, 0, 0) + channel) = sum * share;
        }
}

/* Adds to each pixel the one of a picture of half the sides that covers it. */
static void add_enlarged(const struct net *net, const struct step *step, int64_t images)
{
    const struct tensor *source = net->tensors + step->source, *target = net->tensors + step->target;
    for (int64_t image = 0; image < images; image++)
        for (int64_t row = 0; row < step->height; row++)
            for (int64_t column = 0; column < step->width; column++) {
                const float *from = at(net, source, image, row / 2, column / 2);
                float *to = at(net, target, image, row, column);
                for (int64_t channel = 0; channel < step->outputs; channel += LANES)
                    *(lanes *)(to + channel) += *(const lanes *)(from + channel);
            }
}

/* Multiplies each channel by the sigmoid of its gate, which is one pixel of another tensor. */
static void multiply_by_gates(const struct net *net, const struct step *step, int64_t images)
{
    const struct tensor *source = net->tensors + step->source, *target = net->tensors + step->target;
    for (int64_t image = 0; image < images; image++) {
        const float *gates = at(net, net->tensors + step->gates, image, 0, 0);
        float *open = net->scratch;
        for (int64_t channel = 0; channel < step->outputs; channel++)
            open[channel] = 1.0f / (1.0f + expf(-gates[channel]));
        for (int64_t row = 0; row < step->height; row++)
            for (int64_t column = 0; column < step->width; column++) {
                const float *from = at(net, source, image, row, column);
                float *to = at(net, target, image, row, column);
                for (int64_t channel = 0; channel < step->outputs; channel += LANES) {
                    lanes value = *(const lanes *)(from + channel) * *(const lanes *)(open + channel);
                    if (step->adds)
                        value += *(const lanes *)(to + channel);
                    *(lanes *)(to + channel) = value;
                }
            }
    }
}

static void clear(float *from, const float *to) { memset(from, 0, (size_t)(to - from) * sizeof(float)); }

/* Zeros around a tensor's pictures. */
static void clear_border(const struct net *net, const struct tensor *t, int64_t images)
{
    for (int64_t image = 0; image < images; image++) {
        float *const begin = at(net, t, image, -t->border_rows, -t->border_columns);
        clear(begin, at(net, t, image, 0, 0));
        for (int64_t row = 0; row + 1 < t->height; row++)
            clear(at(net, t, image, row, t->width), at(net, t, image, row + 1, 0));
        clear(at(net, t, image, t->height - 1, t->width), begin + picture(t));
    }
}

void run_steps(const struct step *steps, int64_t step_count, const struct tensor *tensors,
               const float *numbers, float *values, float *scratch, int64_t images,
               const uint8_t *bytes, int64_t rows)
{
    struct pixels pixels = {bytes, 0, rows};
    const struct net net = {tensors, numbers, values, scratch, &pixels};
    if (images < 1)
        return;
    for (const struct step *step = steps; step < steps + step_count; step++) {
        if (step->begins)
            clear_border(&net, tensors + step->target, images);
        if (step->source == 0 && step->kind != CONVOLUTION)
            take_pixels(&net, rows);
        if (step->kind == CONVOLUTION)
            convolve(&net, step, images);
        else if (step->kind == WINOGRAD)
            convolve_by_winograd(&net, step, images);
        else if (step->kind == DEPTHWISE || step->kind == POOLED_DEPTHWISE)
            convolve_depthwise(&net, step, images);
        else if (step->kind == DENSE)
            weigh_whole_pictures(&net, step, images);
        else if (step->kind == ENLARGING)
            add_enlarged(&net, step, images);
        else if (step->kind == GATING)
            multiply_by_gates(&net, step, images);
        else if (step->kind == MAXIMUM)
            take_maximum(&net, step, images);
        else
            take_mean(&net, step, images);
    }
}
