/* What the engine's files share: values, tensors, steps, and walking over a result's pixels. */
#ifndef ENGINE_H
#define ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "width.h"

/* Channels lie in blocks of 16, whatever a register holds; 16 numbers are a line of the cache. */
enum { BLOCK = 16, PARTS = BLOCK / LANES, LINE = 16, PAGE = 1024 };

/* Weights are packed for up to 3 blocks side by side (MOST_BLOCKS in plan.py). A tile computes all
 * of them where a register holds a block; elsewhere there are registers for one. */
enum { PACKED_BLOCKS = 3, TILE_BLOCKS = LANES_ARE_A_BLOCK ? PACKED_BLOCKS : 1 };

enum kind { CONVOLUTION, MAXIMUM, MEAN, WINOGRAD, DEPTHWISE, ENLARGING, GATING, DENSE, POOLED_DEPTHWISE };

/* Height and width without the border of zeros that convolutions with padding read. */
struct tensor {
    int64_t offset, height, width, channels, border_rows, border_columns;
};

/* `weights`, `bias` and `slopes` are positions in the net's numbers. A slope is what negative
 * values are multiplied by: 0 is ReLU, 1 is nothing, and PReLU has one for each channel. A step that
 * `begins` is the first to write into its target, where other tensors were before. */
struct step {
    int64_t kind, source, source_channel, target, target_channel, inputs, outputs;
    int64_t kernel_rows, kernel_columns, stride, padding_rows, padding_columns;
    int64_t height, width, adds, weights, bias, slopes, gates, begins;
};

/* The rows of an input that came as bytes: those that are not numbers yet. */
struct pixels {
    const uint8_t *bytes;
    int64_t taken, rows;
};

/* The first tensor is the input. */
struct net {
    const struct tensor *tensors;
    const float *numbers;
    float *values, *scratch;
    struct pixels *pixels;
};

/* Negative values times their slope. */
static inline lanes with_slope(lanes value, lanes slope)
{
    const lanes positive = larger(value, (lanes){0});
    return positive + slope * (value - positive);
}

static inline int64_t line(const struct tensor *t) { return (t->width + 2 * t->border_columns) * t->channels; }

static inline int64_t picture(const struct tensor *t) { return (t->height + 2 * t->border_rows) * line(t); }

/* Where a tensor's pixel begins; row and column count without the border, and may be in it. */
static inline float *at(const struct net *net, const struct tensor *t, int64_t image, int64_t row,
                 int64_t column)
{
    return net->values + t->offset + image * picture(t) + (row + t->border_rows) * line(t)
           + (column + t->border_columns) * t->channels;
}

/* The next output pixel in order of images, rows and columns. */
struct place {
    int64_t image, row, column;
    const float *from;
    float *to;
};

static inline void begin_row(const struct net *net, const struct step *step, struct place *place)
{
    place->column = 0;
    place->from = at(net, net->tensors + step->source, place->image,
                     place->row * step->stride - step->padding_rows, -step->padding_columns)
                  + step->source_channel;
    place->to = at(net, net->tensors + step->target, place->image, place->row, 0)
                + step->target_channel;
}

static inline void advance(const struct net *net, const struct step *step, struct place *place)
{
    if (++place->column < step->width) {
        place->from += step->stride * net->tensors[step->source].channels;
        place->to += net->tensors[step->target].channels;
        return;
    }
    if (++place->row == step->height) {
        place->row = 0;
        place->image++;
    }
    begin_row(net, step, place);
}

static inline int64_t least(int64_t one, int64_t other) { return one < other ? one : other; }

/* Makes the input's first rows numbers. A layer asks just before it reads them, so that the cache has
 * them: YuNet takes 0.4 ms less at 640x480. */
static inline void take_pixels(const struct net *net, int64_t rows)
{
    struct pixels *const pixels = net->pixels;
    const struct tensor *const input = net->tensors;
    const int64_t count = input->width * input->channels;
    for (; pixels->taken < least(rows, pixels->rows); pixels->taken++, pixels->bytes += count) {
        const uint8_t *restrict bytes = pixels->bytes;
        float *restrict to = at(net, input, pixels->taken / input->height, pixels->taken % input->height, 0);
        for (int64_t i = 0; i < count; i++)
            to[i] = bytes[i];
    }
}

/* How many of the blocks that are left are packed side by side: of four two, not three and one. */
static inline int64_t packed_of(int64_t left) { return left == 4 ? 2 : least(PACKED_BLOCKS, left); }

/* Numbers from one array to the next, where several are used at once: whole memory pages, and a bit
 * more. At whole pages, they would push each other out of the cache. */
static inline int64_t apart_by(int64_t numbers) { return (numbers + PAGE - 1) / PAGE * PAGE + 5 * LINE; }

void multiply_rows(const float *from, int64_t rows, int64_t inputs, const float *weights, float *to,
                   int64_t outputs);
void convolve(const struct net *net, const struct step *step, int64_t images);
void convolve_by_winograd(const struct net *net, const struct step *step, int64_t images);
void convolve_depthwise(const struct net *net, const struct step *step, int64_t images);
void weigh_whole_pictures(const struct net *net, const struct step *step, int64_t images);

#endif
