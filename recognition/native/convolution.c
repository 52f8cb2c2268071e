/* Convolutions, straight on: a weight for each place of the kernel. */
#include "engine.h"

#if LANES_ARE_A_BLOCK
enum { MOST_PIXELS = 14 };
#else
enum { MOST_PIXELS = 6 };
#endif
enum { MOST_PARTS = TILE_BLOCKS * PARTS, MOST_TAPS = 64, FETCHING_TILES = 8 };

/* Some pixels and some blocks of channels of a convolution's result; from a place's weights to the
 * next one's are `stride` numbers.
 *
 * `next` are weights that later tiles will need: `lines` of 64 bytes are fetched into the cache at
 * every place of the kernel, because most of a net's weights are read once a picture, and memory is
 * slow. That is 3 of InceptionResnetV1's 24 ms. */
struct tile {
    const float *from[MOST_PIXELS];
    float *to[MOST_PIXELS];
    const float *weights, *bias, *slopes, *next;
    ptrdiff_t taps[MOST_TAPS], tap_count, run, stride, next_step;
    int64_t adds;
    int lines;
};

/* The inner loop of everything: sums for `pixels` times `parts` of LANES channels stay in registers
 * while the kernel's places go by, a weight for each. Inlined, and for constants only. */
static inline __attribute__((always_inline)) void compute(const struct tile *tile, const int pixels,
                                                          const int parts)
{
    lanes sum[MOST_PIXELS][MOST_PARTS];
    const float *weights = tile->weights, *next = tile->next;
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
        for (int part = 0; part < parts; part++)
            sum[p][part] = *(const lanes *)(tile->bias + LANES * part);
    for (ptrdiff_t t = 0; t < tile->tap_count; t++) {
        const float *from[MOST_PIXELS];
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            from[p] = tile->from[p] + tile->taps[t];
        for (ptrdiff_t k = 0; k < tile->run; k++, weights += tile->stride, next += tile->next_step) {
            for (int l = 0; l < tile->lines; l++)
                __builtin_prefetch(next + LINE * l, 0, 2);
            lanes weight[MOST_PARTS];
#pragma GCC unroll 4
            for (int part = 0; part < parts; part++)
                weight[part] = *(const lanes *)(weights + LANES * part);
#pragma GCC unroll 14
            for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
                for (int part = 0; part < parts; part++)
                    sum[p][part] += from[p][k] * weight[part];
        }
    }
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
        for (int part = 0; part < parts; part++) {
            lanes *to = (lanes *)(tile->to[p] + LANES * part);
            lanes value = sum[p][part];
            if (tile->adds)
                value += *to;
            *to = with_slope(value, *(const lanes *)(tile->slopes + LANES * part));
        }
}

#define COMPUTE(PIXELS, BLOCKS)                                     \
    static void compute_##PIXELS##_##BLOCKS(const struct tile *tile) \
    {                                                               \
        compute(tile, PIXELS, BLOCKS * PARTS);                      \
    }
#define COMPUTE_SOME(BLOCKS)                                                                      \
    COMPUTE(1, BLOCKS) COMPUTE(2, BLOCKS) COMPUTE(3, BLOCKS) COMPUTE(4, BLOCKS) COMPUTE(5, BLOCKS) \
    COMPUTE(6, BLOCKS)
#define COMPUTE_MORE(BLOCKS) COMPUTE(7, BLOCKS) COMPUTE(8, BLOCKS) COMPUTE(9, BLOCKS)
#define SOME(BLOCKS)                                                                              \
    compute_1_##BLOCKS, compute_2_##BLOCKS, compute_3_##BLOCKS, compute_4_##BLOCKS,               \
        compute_5_##BLOCKS, compute_6_##BLOCKS
#define MORE(BLOCKS) compute_7_##BLOCKS, compute_8_##BLOCKS, compute_9_##BLOCKS

COMPUTE_SOME(1)
#if LANES_ARE_A_BLOCK
COMPUTE_MORE(1) COMPUTE_SOME(2) COMPUTE_MORE(2) COMPUTE_SOME(3) COMPUTE_MORE(3)
COMPUTE(10, 1) COMPUTE(11, 1) COMPUTE(12, 1) COMPUTE(13, 1) COMPUTE(14, 1)
COMPUTE(10, 2) COMPUTE(11, 2) COMPUTE(12, 2)
#endif

/* By blocks: as many pixels as leave registers for the weights. */
static const int pixels_at_once[] = {0, MOST_PIXELS, 12, 9};

static void (*const computing[][MOST_PIXELS + 1])(const struct tile *) = {
    {NULL},
#if LANES_ARE_A_BLOCK
    {NULL, SOME(1), MORE(1), compute_10_1, compute_11_1, compute_12_1, compute_13_1, compute_14_1},
    {NULL, SOME(2), MORE(2), compute_10_2, compute_11_2, compute_12_2},
    {NULL, SOME(3), MORE(3)},
#else
    {NULL, SOME(1)},
#endif
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

/* All pixels of some blocks of channels, in tiles as equal as can be. */
static void convolve_channels(const struct net *net, const struct step *step, int64_t images,
                              struct tile *tile, int64_t channel, int64_t blocks)
{
    const int64_t pixels = images * step->height * step->width;
    const int64_t parts = (pixels + pixels_at_once[blocks] - 1) / pixels_at_once[blocks];
    const int64_t fetching = parts < FETCHING_TILES ? parts : FETCHING_TILES;
    const ptrdiff_t places = tile->tap_count * tile->run;
    struct place place = {0};
    begin_row(net, step, &place);
    tile->next_step = (BLOCK * blocks + fetching - 1) / fetching;
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
    const ptrdiff_t places = tile.tap_count * tile.run;
    for (int64_t first = 0, packed; first < step->outputs; first += BLOCK * packed) {
        packed = least(PACKED_BLOCKS, (step->outputs - first) / BLOCK);
        const int64_t blocks = least(TILE_BLOCKS, packed);
        const float *const group = tile.weights, *const next = group + places * BLOCK * packed;
        tile.stride = BLOCK * packed;
        for (int64_t block = 0; block < packed; block += blocks) {
            const int64_t channel = first + BLOCK * block;
            tile.weights = group + BLOCK * block;
            tile.next = next + places * BLOCK * block;
            tile.bias = net->numbers + step->bias + channel;
            tile.slopes = net->numbers + step->slopes + channel;
            convolve_channels(net, step, images, &tile, channel, blocks);
        }
        tile.weights = next;
    }
}
