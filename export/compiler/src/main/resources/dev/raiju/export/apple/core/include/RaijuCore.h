/* A text-to-video model on the GPU of an Apple device: the plans and weights of a folder that `raiju export` wrote. */
#ifndef RAIJU_CORE_H
#define RAIJU_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model that is open. For use by one thread at a time. */
typedef struct RaijuModel RaijuModel;

/* What the plans of a model are made for. */
typedef struct {
  int32_t width, height, frames, frames_per_second;
  /* How many parts a clip is made in, as the progress counts them. */
  int32_t parts;
  /* Of the weights, which are mapped and not read; and what lies in memory beside them at most. */
  uint64_t weight_bytes, memory_bytes;
} RaijuClip;

typedef enum { RAIJU_DONE, RAIJU_CANCELLED, RAIJU_FAILED } RaijuResult;

/* Both are called on the thread that generates, and give whether to go on. */
typedef bool (*RaijuProgress)(void *context, int32_t done, int32_t parts);
/* Bytes R, G, B of each pixel, row by row; they are there during the call. */
typedef bool (*RaijuFrame)(void *context, int32_t index, const uint8_t *rgb);

/* Opens a folder with plan.json, launches.json, weights.bin, tokenizer.model and the kernels, and checks all that they say.

   error: gets one line where it gives NULL. */
RaijuModel *raiju_open(const char *folder, char *error, size_t error_bytes);
RaijuClip raiju_clip(const RaijuModel *model);
void raiju_close(RaijuModel *model);

/* Makes a clip: for the same text and seed the same one, but for what GPUs round otherwise. Returns when all frames were given.

   prompt: UTF-8. error: gets one line with RAIJU_FAILED. */
RaijuResult raiju_generate(RaijuModel *model, const char *prompt, uint64_t seed, RaijuProgress progress, RaijuFrame frame, void *context,
                           char *error, size_t error_bytes);

/* The tokens of a text, its end token last, cut to what the model takes.

   Gives how many there are; writes at most `room`. */
size_t raiju_tokens(const RaijuModel *model, const char *prompt, int32_t *ids, size_t room);

#ifdef __cplusplus
}
#endif
#endif
