/* Non-maximum suppression. */
#include <stdint.h>

/* Boxes, best first, as four arrays of `count`: left, top, right, bottom. */
struct ranked {
    const float *left, *top, *right, *bottom;
    int64_t count;
};

static inline float least_of(float one, float other) { return one < other ? one : other; }
static inline float most_of(float one, float other) { return one > other ? one : other; }

/* Takes out what overlaps too much with box `best` among those after it. A lane has no branches. */
static inline __attribute__((always_inline)) void take_out(struct ranked boxes, int64_t best,
                                                           float most, float pixel,
                                                           const int by_smaller,
                                                           int32_t *restrict alive)
{
    const float left = boxes.left[best], top = boxes.top[best];
    const float right = boxes.right[best], bottom = boxes.bottom[best];
    const float area = (right - left + pixel) * (bottom - top + pixel);
    for (int64_t i = best + 1; i < boxes.count; i++) {
        const float wide = least_of(right, boxes.right[i]) - most_of(left, boxes.left[i]) + pixel;
        const float high = least_of(bottom, boxes.bottom[i]) - most_of(top, boxes.top[i]) + pixel;
        const float shared = most_of(wide, 0.0f) * most_of(high, 0.0f);
        const float other = (boxes.right[i] - boxes.left[i] + pixel)
                            * (boxes.bottom[i] - boxes.top[i] + pixel);
        const float against = by_smaller ? least_of(area, other) : area + other - shared;
        alive[i] &= shared / against > most ? 0 : -1;
    }
}

/* The ranks that stay, best first; returns how many. A box goes when its overlap with a better one
 * exceeds `most` of their union, or of the smaller of the two. `alive` has room for `count`. */
int64_t suppress(const float *values, int64_t count, float most, float pixel, int64_t by_smaller,
                 int32_t *alive, int64_t *kept)
{
    const struct ranked boxes = {values, values + count, values + 2 * count, values + 3 * count,
                                 count};
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++)
        alive[i] = -1;
    for (int64_t i = 0; i < count; i++) {
        if (!alive[i])
            continue;
        kept[found++] = i;
        if (by_smaller)
            take_out(boxes, i, most, pixel, 1, alive);
        else
            take_out(boxes, i, most, pixel, 0, alive);
    }
    return found;
}
