/* The registers that there are: how many numbers each holds, and what C can't say of them. */
#ifndef WIDTH_H
#define WIDTH_H

#include <stdint.h>

typedef uint16_t half; /* a number of 16 bits, as IEEE 754 has it */

#if defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 16 };
#define LANES_ARE_A_BLOCK 1
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t lane_numbers __attribute__((vector_size(64)));
#define LANE_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
static inline lanes larger(lanes one, lanes other) { return (lanes)_mm512_max_ps((__m512)one, (__m512)other); }
static inline lanes of_halves(const half *from) { return (lanes)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from)); }
#elif defined(__AVX2__)
#include <immintrin.h>
enum { LANES = 8 };
#define LANES_ARE_A_BLOCK 0
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t lane_numbers __attribute__((vector_size(32)));
#define LANE_NUMBERS 0, 1, 2, 3, 4, 5, 6, 7
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15
static inline lanes larger(lanes one, lanes other) { return (lanes)_mm256_max_ps((__m256)one, (__m256)other); }
static inline lanes of_halves(const half *from) { return (lanes)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from)); }
#elif defined(__ARM_NEON)
#include <arm_neon.h>
enum { LANES = 4 };
#define LANES_ARE_A_BLOCK 0
typedef float lanes __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t lane_numbers __attribute__((vector_size(16)));
#define LANE_NUMBERS 0, 1, 2, 3
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
static inline lanes larger(lanes one, lanes other) { return (lanes)vmaxq_f32((float32x4_t)one, (float32x4_t)other); }
static inline lanes of_halves(const half *from) { return (lanes)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from))); }
#else
#error "kernels are written for AVX-512, AVX2 and NEON"
#endif

/* Keeps the compiler from loading a value again each time that it is used. */
#if defined(__AVX2__)
#define IN_A_REGISTER(value) __asm__("" : "+v"(value))
#else
#define IN_A_REGISTER(value) __asm__("" : "+w"(value))
#endif

/* Keeps the compiler from holding an address for each of many pixels a step apart, in more registers
 * than there are: it computes them from those of every third one. */
#define A_POINTER(p) __asm__("" : "+r"(p))
enum { NEAR = 3 };

static inline lanes spread_out(float value) { return value - (lanes){0}; }

/* The first so many lanes of one, and the rest of the other. */
static inline lanes first_lanes(int64_t count, lanes one, lanes other)
{
    const int32_t most = count < LANES ? (int32_t)count : LANES;
    const lane_numbers chosen = (lane_numbers){LANE_NUMBERS} < most;
    return (lanes)((chosen & (lane_numbers)one) | (~chosen & (lane_numbers)other));
}

#endif
