/* Normal numbers of a seed: the same bits as on every other device. */
#ifndef RAIJU_NOISE_H
#define RAIJU_NOISE_H

#include <stddef.h>
#include <stdint.h>

/* Numbers from place `position` of the stream that clips draw their noise from. */
void noise_draw(uint64_t seed, uint64_t position, float *numbers, size_t count);

#endif
