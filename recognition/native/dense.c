/* Dense layers: each result is a sum over all of a picture. Their weights are read once a picture, so
 * that memory sets the time, and have 16 bits: SFace's take 1.1 ms for 2.2. */
#include "engine.h"

enum { MOST_PARTS = PACKED_BLOCKS * PARTS };

/* `packed` blocks of results, inlined for constants only, so that the sums stay in registers. Returns
 * the weights behind those that it used. */
static inline __attribute__((always_inline)) const half *
weigh_all(const struct net *net, const struct step *step, int64_t image, int64_t channel,
          const half *weights, const int packed)
{
    const int parts = packed * PARTS;
    const struct tensor *source = net->tensors + step->source, *target = net->tensors + step->target;
    const float *bias = net->numbers + step->bias + channel;
    lanes sum[MOST_PARTS];
#pragma GCC unroll 12
    for (int part = 0; part < parts; part++)
        sum[part] = *(const lanes *)(bias + LANES * part);
    for (int64_t row = 0; row < step->kernel_rows; row++)
        for (int64_t column = 0; column < step->kernel_columns; column++) {
            const float *from = at(net, source, image, row, column);
            for (int64_t input = 0; input < step->inputs; input++, weights += BLOCK * packed)
#pragma GCC unroll 12
                for (int part = 0; part < parts; part++)
                    sum[part] += from[input] * of_halves(weights + LANES * part);
        }
    float *to = at(net, target, image, 0, 0) + channel;
    const float *slopes = net->numbers + step->slopes + channel;
#pragma GCC unroll 12
    for (int part = 0; part < parts; part++)
        *(lanes *)(to + LANES * part) = with_slope(sum[part], *(const lanes *)(slopes + LANES * part));
    return weights;
}

void weigh_whole_pictures(const struct net *net, const struct step *step, int64_t images)
{
    for (int64_t image = 0; image < images; image++) {
        const half *weights = (const half *)(net->numbers + step->weights);
        for (int64_t channel = 0, packed; channel < step->outputs; channel += BLOCK * packed) {
            packed = packed_of((step->outputs - channel) / BLOCK);
            if (packed == 3)
                weights = weigh_all(net, step, image, channel, weights, 3);
            else if (packed == 2)
                weights = weigh_all(net, step, image, channel, weights, 2);
            else
                weights = weigh_all(net, step, image, channel, weights, 1);
        }
    }
}
