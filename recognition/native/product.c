/* Matrix products: what Winograd's convolutions are made of. */
#include "engine.h"

enum { MOST_ROWS = 9, MOST_BLOCKS = 3 };

/* Up to 9 rows of `from` (so long as there are inputs) times up to 48 columns of the weights.
 * Inlined, and for constants only: the sums stay in registers. */
static inline __attribute__((always_inline)) void multiply(const float *from, int64_t inputs,
                                                           const float *weights, float *to,
                                                           int64_t outputs, const int rows,
                                                           const int blocks)
{
    lanes sum[MOST_ROWS][MOST_BLOCKS];
#pragma GCC unroll 9
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 3
        for (int b = 0; b < blocks; b++)
            sum[row][b] = (lanes){0};
    for (int64_t input = 0; input < inputs; input++, weights += LANES * blocks) {
        lanes weight[MOST_BLOCKS];
#pragma GCC unroll 3
        for (int b = 0; b < blocks; b++)
            weight[b] = *(const lanes *)(weights + LANES * b);
#pragma GCC unroll 9
        for (int row = 0; row < rows; row++)
#pragma GCC unroll 3
            for (int b = 0; b < blocks; b++)
                sum[row][b] += from[row * inputs + input] * weight[b];
    }
#pragma GCC unroll 9
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 3
        for (int b = 0; b < blocks; b++)
            *(lanes *)(to + row * outputs + LANES * b) = sum[row][b];
}

typedef void product(const float *, int64_t, const float *, float *, int64_t);

#define MULTIPLY(ROWS, BLOCKS)                                                                     \
    static void multiply_##ROWS##_##BLOCKS(const float *from, int64_t inputs, const float *weights, \
                                           float *to, int64_t outputs)                             \
    {                                                                                              \
        multiply(from, inputs, weights, to, outputs, ROWS, BLOCKS);                                \
    }
#define MULTIPLY_ALL(BLOCKS)                                                                       \
    MULTIPLY(1, BLOCKS) MULTIPLY(2, BLOCKS) MULTIPLY(3, BLOCKS) MULTIPLY(4, BLOCKS)                \
    MULTIPLY(5, BLOCKS) MULTIPLY(6, BLOCKS) MULTIPLY(7, BLOCKS) MULTIPLY(8, BLOCKS)                \
    MULTIPLY(9, BLOCKS)                                                                            \
    static product *const products_##BLOCKS[] = {                                                  \
        NULL, multiply_1_##BLOCKS, multiply_2_##BLOCKS, multiply_3_##BLOCKS, multiply_4_##BLOCKS,  \
        multiply_5_##BLOCKS, multiply_6_##BLOCKS, multiply_7_##BLOCKS, multiply_8_##BLOCKS,        \
        multiply_9_##BLOCKS,                                                                       \
    };
MULTIPLY_ALL(1) MULTIPLY_ALL(2) MULTIPLY_ALL(3)

static product *const *const products[] = {NULL, products_1, products_2, products_3};

/* Fetches one of `parts` shares of the next numbers into the cache. */
static void fetch(const float *next, int64_t count, int64_t part, int64_t parts)
{
    const int64_t end = (part + 1) * count / parts;
    for (int64_t i = part * count / parts; i < end; i += LANES)
        __builtin_prefetch(next + i, 0, 2);
}

/* Rows of `inputs` numbers times weights, as `packed` in recognition/export/engine/packing.py has them, to
 * rows of `outputs` numbers: in tiles as equal as can be. While each is computed, weights of the
 * next outputs are fetched: most of a net's are read once a picture, and memory is slow. */
void multiply_rows(const float *from, int64_t rows, int64_t inputs, const float *weights, float *to,
                   int64_t outputs)
{
    const int64_t parts = (rows + MOST_ROWS - 1) / MOST_ROWS;
    for (int64_t output = 0, blocks; output < outputs; output += LANES * blocks) {
        blocks = least(MOST_BLOCKS, (outputs - output) / LANES);
        const int64_t numbers = inputs * LANES * blocks;
        for (int64_t part = 0; part < parts; part++) {
            const int64_t first = part * rows / parts, count = (part + 1) * rows / parts - first;
            fetch(weights + numbers, numbers, part, parts);
            products[blocks][count](from + first * inputs, inputs, weights,
                                    to + first * outputs + output, outputs);
        }
        weights += numbers;
    }
}
