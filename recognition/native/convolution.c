/* Convolutions, straight on: a weight for each place of the kernel. */
#include "engine.h"

enum { MOST_PIXELS = 14, MOST_BLOCKS = 3, MOST_TAPS = 64, FETCHING_TILES = 8 };

/* Some pixels and up to 48 channels of a convolution's result.
 *
 * `next` are weights that later tiles will need: `lines` of 64 bytes are fetched into the cache at
 * every place of the kernel, because most of a net's weights are read once a picture, and memory is
 * slow. That is 3 of InceptionResnetV1's 24 ms. */
struct tile {
    const float *from[MOST_PIXELS];
    float *to[MOST_PIXELS];
    const float *weights, *bias, *slopes, *next;
    ptrdiff_t taps[MOST_TAPS], tap_count, run, next_step;
    int64_t adds;
    int lines;
};

/* The inner loop of everything: sums for `pixels` times `blocks` of 16 channels stay in registers
 * while the kernel's places go by, a weight for each. Inlined, and for constants only. */
static inline __attribute__((always_inline)) void compute(const struct tile *tile, const int pixels,
                                                          const int blocks)
{
    lanes sum[MOST_PIXELS][MOST_BLOCKS];
    const float *weights = tile->weights, *next = tile->next;
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 3
        for (int b = 0; b < blocks; b++)
            sum[p][b] = *(const lanes *)(tile->bias + LANES * b);
    for (ptrdiff_t t = 0; t < tile->tap_count; t++) {
        const float *from[MOST_PIXELS];
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            from[p] = tile->from[p] + tile->taps[t];
        for (ptrdiff_t k = 0; k < tile->run; k++, weights += LANES * blocks, next += tile->next_step) {
            for (int l = 0; l < tile->lines; l++)
                __builtin_prefetch(next + LANES * l, 0, 2);
            lanes weight[MOST_BLOCKS];
#pragma GCC unroll 3
            for (int b = 0; b < blocks; b++)
                weight[b] = *(const lanes *)(weights + LANES * b);
#pragma GCC unroll 14
            for (int p = 0; p < pixels; p++)
#pragma GCC unroll 3
                for (int b = 0; b < blocks; b++)
                    sum[p][b] += from[p][k] * weight[b];
        }
    }
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 3
        for (int b = 0; b < blocks; b++) {
            lanes *to = (lanes *)(tile->to[p] + LANES * b);
            lanes value = sum[p][b];
            if (tile->adds)
                value += *to;
            *to = with_slope(value, *(const lanes *)(tile->slopes + LANES * b));
        }
}

#define COMPUTE(PIXELS, BLOCKS)                                     \
    static void compute_##PIXELS##_##BLOCKS(const struct tile *tile) \
    {                                                               \
        compute(tile, PIXELS, BLOCKS);                              \
    }
#define COMPUTE_ALL(PIXELS) COMPUTE(PIXELS, 1) COMPUTE(PIXELS, 2) COMPUTE(PIXELS, 3)
COMPUTE_ALL(1) COMPUTE_ALL(2) COMPUTE_ALL(3) COMPUTE_ALL(4) COMPUTE_ALL(5) COMPUTE_ALL(6)
COMPUTE_ALL(7) COMPUTE_ALL(8) COMPUTE_ALL(9)
COMPUTE(10, 1) COMPUTE(11, 1) COMPUTE(12, 1) COMPUTE(13, 1) COMPUTE(14, 1)
COMPUTE(10, 2) COMPUTE(11, 2) COMPUTE(12, 2)

/* By blocks: as many pixels as leave registers, of which there are 32, for the weights. */
static const int pixels_at_once[] = {0, 14, 12, 9};

#define NAMES(BLOCKS)                                                                             \
    compute_1_##BLOCKS, compute_2_##BLOCKS, compute_3_##BLOCKS, compute_4_##BLOCKS,               \
        compute_5_##BLOCKS, compute_6_##BLOCKS, compute_7_##BLOCKS, compute_8_##BLOCKS,           \
        compute_9_##BLOCKS
static void (*const computing[][MOST_PIXELS + 1])(const struct tile *) = {
    {NULL},
    {NULL, NAMES(1), compute_10_1, compute_11_1, compute_12_1, compute_13_1, compute_14_1},
    {NULL, NAMES(2), compute_10_2, compute_11_2, compute_12_2},
    {NULL, NAMES(3)},
};

/* The places in the source that a kernel reads, as runs of numbers that lie side by side. */
static void find_taps(const struct step *step, const struct tensor *source, struct tile *tile)
{
    const int whole = source->channels == step->inputs;
    const int64_t columns = whole ? 1 : step->kernel_columns;
    tile->run = whole ? step->kernel_columns * step->inputs : step->inputs;
    tile->tap_count = step->kernel_rows * columns;
    for (int64_t row = 0; row < step->kernel_rows; row++)
        for (int64_t column = 0; column < columns; column++)
            tile->taps[row * columns + column] = row * line(source) + column * source->channels;
}

/* All pixels of up to 48 channels, in tiles as equal as can be. */
static void convolve_channels(const struct net *net, const struct step *step, int64_t images,
                              struct tile *tile, int64_t channel, int64_t blocks)
{
    const int64_t pixels = images * step->height * step->width;
    const int64_t parts = (pixels + pixels_at_once[blocks] - 1) / pixels_at_once[blocks];
    const int64_t fetching = parts < FETCHING_TILES ? parts : FETCHING_TILES;
    const ptrdiff_t places = tile->tap_count * tile->run;
    struct place place = {0};
    begin_row(net, step, &place);
    tile->next = tile->weights + places * LANES * blocks;
    tile->next_step = (LANES * blocks + fetching - 1) / fetching;
    for (int64_t part = 0, done = 0; part < parts; part++) {
        const int count = (int)((part + 1) * pixels / parts - done);
        for (int p = 0; p < count; p++, advance(net, step, &place)) {
            tile->from[p] = place.from;
            tile->to[p] = place.to + channel;
        }
        tile->lines = part < parts - fetching ? 0 : fetching < blocks ? (int)blocks : 1;
        computing[blocks][count](tile);
        if (tile->lines)
            tile->next += places * tile->next_step;
        done += count;
    }
}

void convolve(const struct net *net, const struct step *step, int64_t images)
{
    struct tile tile = {.weights = net->numbers + step->weights, .adds = step->adds};
    find_taps(step, net->tensors + step->source, &tile);
    for (int64_t channel = 0, blocks; channel < step->outputs; channel += LANES * blocks) {
        blocks = least(MOST_BLOCKS, (step->outputs - channel) / LANES);
        tile.bias = net->numbers + step->bias + channel;
        tile.slopes = net->numbers + step->slopes + channel;
        convolve_channels(net, step, images, &tile, channel, blocks);
        tile.weights += tile.tap_count * tile.run * LANES * blocks;
    }
}
