/* Convolutions, straight on: a weight for each place of the kernel. */
#include "engine.h"

#if LANES_ARE_A_BLOCK
enum { MOST_PIXELS = 14 };
#else
enum { MOST_PIXELS = 6 };
#endif
enum { MOST_PARTS = TILE_BLOCKS * PARTS, MOST_TAPS = 64, FETCHING_TILES = 8, FEW_PLACES = 64 };

/* Some pixels and some blocks of channels of a convolution's result; from a place's weights to the
 * next one's are `stride` numbers. Or as many `tiles`, side by side in a row: it says then where the
 * first pixel lies, and that from a pixel to the next one are `from_step` and `to_step` numbers.
 *
 * `next` are weights that later tiles will need: `lines` of 64 bytes are fetched into the cache at
 * every place of the kernel, because most of a net's weights are read once a picture, and memory is
 * slow. That is 3 of InceptionResnetV1's 24 ms. Most tiles fetch nothing, and have a loop of their own:
 * one that fetches needs more registers than there are, a fifth of the time where channels are few. */
struct tile {
    const float *from[MOST_PIXELS];
    float *to[MOST_PIXELS];
    ptrdiff_t from_step, to_step, tiles;
    const float *weights, *bias, *slopes, *next;
    ptrdiff_t taps[MOST_TAPS], tap_count, run, stride, next_step;
    int64_t adds;
    int lines;
};

/* Of pixels in a row, without fetching or with it; of pixels wherever they lie, which may fetch. */
enum manner { IN_A_ROW, ROW_AND_FETCH, ANYWHERE };

/* The inner loop of everything: weights times values are added to the sums of `pixels` times `parts`
 * of LANES channels, which stay in registers while the kernel's places go by. */
static inline __attribute__((always_inline)) void
add_products(const struct tile *tile, const float *in_row, lanes sum[MOST_PIXELS][MOST_PARTS],
             const int pixels, const int parts, const enum manner manner)
{
    const int in_a_row = manner != ANYWHERE;
    const float *weights = tile->weights, *next = tile->next;
    const ptrdiff_t step = tile->from_step, run = tile->run, stride = tile->stride;
    for (ptrdiff_t t = 0; t < tile->tap_count; t++) {
        const float *from[MOST_PIXELS];
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
            from[p] = (in_a_row ? in_row + p * step : tile->from[p]) + tile->taps[t];
        for (ptrdiff_t k = 0; k < run; k++, weights += stride) {
            if (manner != IN_A_ROW) {
                for (int l = 0; l < tile->lines; l++)
                    __builtin_prefetch(next + LINE * l, 0, 2);
                next += tile->next_step;
            }
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
}

/* Sums from the bias on, with their slopes, to where they belong. Inlined, and for constants only. */
static inline __attribute__((always_inline)) void compute(const struct tile *tile, const int pixels,
                                                          const int parts, const enum manner manner)
{
    const float *from = tile->from[0];
    float *to = tile->to[0];
    const ptrdiff_t from_step = tile->from_step, to_step = tile->to_step;
    const int64_t adds = tile->adds;
    for (ptrdiff_t number = 0; number < (manner == IN_A_ROW ? tile->tiles : 1); number++) {
        lanes sum[MOST_PIXELS][MOST_PARTS];
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++)
#pragma GCC unroll 4
            for (int part = 0; part < parts; part++)
                sum[p][part] = *(const lanes *)(tile->bias + LANES * part);
        add_products(tile, from, sum, pixels, parts, manner);
        from += pixels * from_step;
        lanes slope[MOST_PARTS];
#pragma GCC unroll 4
        for (int part = 0; part < parts; part++)
            slope[part] = *(const lanes *)(tile->slopes + LANES * part);
#pragma GCC unroll 14
        for (int p = 0; p < pixels; p++) {
            float *const pixel = manner == ANYWHERE ? tile->to[p] : to;
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
}

#define COMPUTE(PIXELS, BLOCKS)                                                           \
    static void compute_##PIXELS##_##BLOCKS(const struct tile *tile, enum manner manner) \
    {                                                                                     \
        if (manner == IN_A_ROW)                                                           \
            compute(tile, PIXELS, BLOCKS * PARTS, IN_A_ROW);                              \
        else if (manner == ROW_AND_FETCH)                                                 \
            compute(tile, PIXELS, BLOCKS * PARTS, ROW_AND_FETCH);                         \
        else                                                                              \
            compute(tile, PIXELS, BLOCKS * PARTS, ANYWHERE);                              \
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

static void (*const computing[][MOST_PIXELS + 1])(const struct tile *, enum manner) = {
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

/* What some blocks of channels have in common: `parts` tiles for `pixels`, which are a row's, or all of
 * them where rows are short; and how many tiles fetch. */
struct work {
    int64_t channel, blocks, pixels, parts, fetching;
    enum manner manner;
};

/* A row's tiles, as equal as can be: first those that have a pixel more. */
static void convolve_row(struct tile *tile, const struct work *work, const struct place *place)
{
    const int64_t longer = work->pixels % work->parts;
    const int64_t tiles[] = {work->parts - longer, longer};
    tile->from[0] = place->from;
    tile->to[0] = place->to + work->channel;
    for (int more = 1; more >= 0; more--) {
        const int64_t count = work->pixels / work->parts + more;
        tile->tiles = tiles[more];
        if (tile->tiles)
            computing[work->blocks][count](tile, IN_A_ROW);
        tile->from[0] += tile->tiles * count * tile->from_step;
        tile->to[0] += tile->tiles * count * tile->to_step;
    }
}

/* Tiles one by one. Of all that are left, the last ones fetch. */
static void convolve_and_fetch(const struct net *net, const struct step *step, struct tile *tile,
                               const struct work *work, struct place *place, int64_t left)
{
    for (int64_t part = 0, done = 0; part < work->parts; part++, left--) {
        const int count = (int)((part + 1) * work->pixels / work->parts - done);
        if (work->manner == ROW_AND_FETCH) {
            tile->from[0] = place->from + done * tile->from_step;
            tile->to[0] = place->to + done * tile->to_step + work->channel;
        } else
            for (int p = 0; p < count; p++, advance(net, step, place)) {
                tile->from[p] = place->from;
                tile->to[p] = place->to + work->channel;
            }
        tile->lines = left > work->fetching ? 0 : work->fetching < work->blocks ? (int)work->blocks : 1;
        computing[work->blocks][count](tile, work->manner);
        if (tile->lines)
            tile->next += tile->tap_count * tile->run * tile->next_step;
        done += count;
    }
}

/* All pixels of some blocks of channels, in tiles: of pixels in a row where rows are long enough. The
 * last ones fetch the next weights, if those are many. */
static void convolve_channels(const struct net *net, const struct step *step, int64_t images,
                              struct tile *tile, int64_t channel, int64_t blocks)
{
    const int64_t most = pixels_at_once[blocks], rows = images * step->height;
    const int in_a_row = 2 * step->width > most;
    const int64_t pixels = in_a_row ? step->width : rows * step->width, lines = in_a_row ? rows : 1;
    const int64_t parts = (pixels + most - 1) / most;
    const int64_t wanted = least(FETCHING_TILES, tile->tap_count * tile->run / FEW_PLACES);
    const struct work work = {channel, blocks, pixels, parts, least(lines * parts, wanted),
                              in_a_row ? ROW_AND_FETCH : ANYWHERE};
    const int64_t others = in_a_row ? lines - (work.fetching + parts - 1) / parts : 0;
    tile->from_step = step->stride * net->tensors[step->source].channels;
    tile->to_step = net->tensors[step->target].channels;
    tile->next_step = wanted ? (BLOCK * blocks + work.fetching - 1) / work.fetching : 0;
    for (int64_t line = 0; line < lines; line++) {
        struct place place = {.image = line / step->height, .row = line % step->height};
        const int64_t seen = place.row * step->stride + step->kernel_rows - step->padding_rows;
        if (step->source == 0)
            take_pixels(net, in_a_row ? place.image * net->tensors->height + seen : net->pixels->rows);
        begin_row(net, step, &place);
        if (line < others)
            convolve_row(tile, &work, &place);
        else
            convolve_and_fetch(net, step, tile, &work, &place, (lines - line) * parts);
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
