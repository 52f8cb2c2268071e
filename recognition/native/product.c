/* Matrix products: what Winograd's convolutions are made of. */
#include "engine.h"

#if LANES_ARE_A_BLOCK
enum { MOST_ROWS = 9 };
#else
enum { MOST_ROWS = 6 };
#endif
enum { MOST_PARTS = TILE_BLOCKS * PARTS };

/* Some rows of `from` (so long as there are inputs) times the columns of some blocks of weights;
 * from an input's to the next one's are `stride` numbers. Inlined, and for constants only: the sums
 * stay in registers. */
static inline __attribute__((always_inline)) void
multiply(const float *from, int64_t inputs, const float *weights, int64_t stride, float *to,
         int64_t outputs, const int rows, const int parts)
{
    lanes sum[MOST_ROWS][MOST_PARTS];
#pragma GCC unroll 9
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 4
        for (int p = 0; p < parts; p++)
            sum[row][p] = (lanes){0};
    for (int64_t input = 0; input < inputs; input++, weights += stride) {
        lanes weight[MOST_PARTS];
#pragma GCC unroll 4
        for (int p = 0; p < parts; p++)
            weight[p] = *(const lanes *)(weights + LANES * p);
#pragma GCC unroll 9
        for (int row = 0; row < rows; row++)
#pragma GCC unroll 4
            for (int p = 0; p < parts; p++)
                sum[row][p] += from[row * inputs + input] * weight[p];
    }
#pragma GCC unroll 9
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 4
        for (int p = 0; p < parts; p++)
            *(lanes *)(to + row * outputs + LANES * p) = sum[row][p];
}

typedef void product(const float *, int64_t, const float *, int64_t, float *, int64_t);

#define MULTIPLY(ROWS, BLOCKS)                                                                     \
    static void multiply_##ROWS##_##BLOCKS(const float *from, int64_t inputs, const float *weights, \
                                           int64_t stride, float *to, int64_t outputs)             \
    {                                                                                              \
        multiply(from, inputs, weights, stride, to, outputs, ROWS, BLOCKS * PARTS);                \
    }
#define MULTIPLY_SOME(BLOCKS)                                                                      \
    MULTIPLY(1, BLOCKS) MULTIPLY(2, BLOCKS) MULTIPLY(3, BLOCKS) MULTIPLY(4, BLOCKS)                \
    MULTIPLY(5, BLOCKS) MULTIPLY(6, BLOCKS)
#define SOME(BLOCKS)                                                                               \
    multiply_1_##BLOCKS, multiply_2_##BLOCKS, multiply_3_##BLOCKS, multiply_4_##BLOCKS,            \
        multiply_5_##BLOCKS, multiply_6_##BLOCKS
#define MULTIPLY_REST(BLOCKS) MULTIPLY(7, BLOCKS) MULTIPLY(8, BLOCKS) MULTIPLY(9, BLOCKS)
#define REST(BLOCKS) multiply_7_##BLOCKS, multiply_8_##BLOCKS, multiply_9_##BLOCKS

MULTIPLY_SOME(1)
#if LANES_ARE_A_BLOCK
MULTIPLY_REST(1) MULTIPLY_SOME(2) MULTIPLY_REST(2) MULTIPLY_SOME(3) MULTIPLY_REST(3)
#endif
static product *const products[][MOST_ROWS + 1] = {
    {NULL},
#if LANES_ARE_A_BLOCK
    {NULL, SOME(1), REST(1)},
    {NULL, SOME(2), REST(2)},
    {NULL, SOME(3), REST(3)},
#else
    {NULL, SOME(1)},
#endif
};

/* Fetches one of `parts` shares of the next numbers into the cache. */
static void fetch(const float *next, int64_t count, int64_t part, int64_t parts)
{
    const int64_t end = (part + 1) * count / parts;
    for (int64_t i = part * count / parts; i < end; i += LINE)
        __builtin_prefetch(next + i, 0, 2);
}

/* Rows of `inputs` numbers times weights, as `packed` in recognition/export/engine/packing.py has them, to
 * rows of `outputs` numbers: in tiles as equal as can be. While each is computed, weights of the
 * next outputs are fetched: most of a net's are read once a picture, and memory is slow. */
void multiply_rows(const float *from, int64_t rows, int64_t inputs, const float *weights, float *to,
                   int64_t outputs)
{
    const int64_t parts = (rows + MOST_ROWS - 1) / MOST_ROWS;
    for (int64_t output = 0, packed; output < outputs; output += BLOCK * packed) {
        packed = packed_of((outputs - output) / BLOCK);
        const int64_t numbers = inputs * BLOCK * packed;
        const int64_t tile = least(TILE_BLOCKS, packed);
        for (int64_t block = 0; block < packed; block += tile)
            for (int64_t part = 0; part < parts; part++) {
                const int64_t first = part * rows / parts;
                const int64_t count = (part + 1) * rows / parts - first;
                fetch(weights + numbers, numbers, part + block / tile * parts, packed / tile * parts);
                products[tile][count](from + first * inputs, inputs, weights + BLOCK * block,
                                      BLOCK * packed, to + first * outputs + output + BLOCK * block,
                                      outputs);
            }
        weights += numbers;
    }
}
