/* Convolutions, straight on: a weight for each place of the kernel. */
#include "engine.h"

#if LANES_ARE_A_BLOCK
enum { MOST_PIXELS = 14 };
#else
enum { MOST_PIXELS = 6 };
#endif
enum { MOST_PARTS = TILE_BLOCKS * PARTS, MOST_TAPS = 64, FETCHING_TILES = 8, NEAR = 3 };
#define A_POINTER(p) __asm__("" : "+r"(p))

/* Some pixels and some blocks of channels of a convolution's result; from a place's weights to the
 * next one's are `stride` numbers.
 *
 * `next` are weights that later tiles will need: `lines` of 64 bytes are fetched into the cache at
 * every place of the kernel, because most of a net's weights are read once a picture, and memory is
 * slow. That is 3 of InceptionResnetV1's 24 ms. */
struct tile {
    const float *from[MOST_PIXELS];
    float *to[MOST_PIXELS];
    ptrdiff_t from_step, to_step;
    const float *weights, *bias, *slopes, *next;
    ptrdiff_t taps[MOST_TAPS], tap_count, run, stride, next_step;
    int64_t adds;
    int lines;
};

/* The inner loop of everything: sums for `pixels` times `parts` of LANES channels stay in registers
 * while the kernel's places go by, a weight for each. Inlined, and for constants only.
 *
 * Pixels in a row lie `from_step` and `to_step` apart, so that few registers say where they are. */
static inline __attribute__((always_inline)) void compute(const struct tile *tile, const int pixels,
                                                          const int parts, const int in_a_row)
{
    lanes sum[MOST_PIXELS][MOST_PARTS];
    const float *weights = tile->weights, *next = tile->next;
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
        for (int part = 0; part < parts; part++)
            sum[p][part] = *(const lanes *)(tile->bias + LANES * part);
    const ptrdiff_t step = tile->from_step;
    for (ptrdiff_t t = 0; t < tile->tap_count; t++) {
        const float *from[MOST_PIXELS];
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            from[p] = (in_a_row ? tile->from[0] + p * step : tile->from[p]) + tile->taps[t];
        for (ptrdiff_t k = 0; k < tile->run; k++, weights += tile->stride, next += tile->next_step) {
            for (int l = 0; l < tile->lines; l++)
                __builtin_prefetch(next + LINE * l, 0, 2);
            lanes weight[MOST_PARTS];
#pragma GCC unroll 4
            for (int part = 0; part < parts; part++)
                weight[part] = *(const lanes *)(weights + LANES * part);
#pragma GCC unroll 14
            for (int p = 0; p < pixels; p++) {
                if (in_a_row && p % NEAR == 0)
                    A_POINTER(from[p]);
                const float *const pixel = in_a_row ? from[p - p % NEAR] + p % NEAR * step : from[p];
#pragma GCC unroll 4
                for (int part = 0; part < parts; part++)
                    sum[p][part] += pixel[in_a_row ? 0 : k] * weight[part];
                if (in_a_row && (p % NEAR == NEAR - 1 || p == pixels - 1))
                    from[p - p % NEAR]++;
            }
        }
    }
    float *to = tile->to[0];
    const ptrdiff_t to_step = tile->to_step;
    const int64_t adds = tile->adds;
    lanes slope[MOST_PARTS];
#pragma GCC unroll 4
    for (int part = 0; part < parts; part++)
        slope[part] = *(const lanes *)(tile->slopes + LANES * part);
#pragma GCC unroll 14
    for (int p = 0; p < pixels; p++) {
        float *const pixel = in_a_row ? to : tile->to[p];
#pragma GCC unroll 4
        for (int part = 0; part < parts; part++) {
            lanes *const result = (lanes *)(pixel + LANES * part);
            lanes value = sum[p][part];
            if (adds)
                value += *result;
            *result = with_slope(value, slope[part]);
        }
        to += to_step;
    }
}

#define COMPUTE(PIXELS, BLOCKS)                                                   \
    static void compute_##PIXELS##_##BLOCKS(const struct tile *tile, int in_a_row) \
    {                                                                             \
        if (in_a_row)                                                             \
            compute(tile, PIXELS, BLOCKS * PARTS, 1);                             \
        else                                                                      \
            compute(tile, PIXELS, BLOCKS * PARTS, 0);                             \
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

static void (*const computing[][MOST_PIXELS + 1])(const struct tile *, int) = {
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

/* All pixels of some blocks of channels, in tiles as equal as can be: of pixels in a row where rows
 * are long enough. */
static void convolve_channels(const struct net *net, const struct step *step, int64_t images,
                              struct tile *tile, int64_t channel, int64_t blocks)
{
    const int64_t most = pixels_at_once[blocks], rows = images * step->height;
    const int in_a_row = 2 * step->width > most;
    const int64_t lines = in_a_row ? rows : 1, pixels = rows * step->width / lines;
    const int64_t parts = (pixels + most - 1) / most;
    const int64_t fetching = least(lines * parts, FETCHING_TILES);
    struct place place = {0};
    begin_row(net, step, &place);
    tile->from_step = step->stride * net->tensors[step->source].channels;
    tile->to_step = net->tensors[step->target].channels;
    tile->next_step = (BLOCK * blocks + fetching - 1) / fetching;
    for (int64_t line = 0, left = lines * parts; line < lines; line++) {
        if (line) {
            place.image = line / step->height;
            place.row = line % step->height;
            begin_row(net, step, &place);
        }
        for (int64_t part = 0, done = 0; part < parts; part++, left--) {
            const int count = (int)((part + 1) * pixels / parts - done);
            if (in_a_row) {
                tile->from[0] = place.from + done * tile->from_step;
                tile->to[0] = place.to + done * tile->to_step + channel;
            } else {
                for (int p = 0; p < count; p++, advance(net, step, &place)) {
                    tile->from[p] = place.from;
                    tile->to[p] = place.to + channel;
                }
            }
            tile->lines = left > fetching ? 0 : fetching < blocks ? (int)blocks : 1;
            computing[blocks][count](tile, in_a_row);
            if (tile->lines)
                tile->next += tile->tap_count * tile->run * tile->next_step;
            done += count;
        }
    }
}

void convolve(const struct net *net, const struct step *step, int64_t images)
{
    struct tile tile = {.weights = net->numbers + step->weights, .adds = step->adds};
    find_taps(step, net->tensors + step->source, &tile);
    const ptrdiff_t places = tile.tap_count * tile.run;
    for (int64_t first = 0, packed; first < step->outputs; first += BLOCK * packed) {
        packed = packed_of((step->outputs - first) / BLOCK);
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
