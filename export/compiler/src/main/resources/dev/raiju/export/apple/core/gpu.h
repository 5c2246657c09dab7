/* The device: its memory, its kernels, and plans that run on it. */
#ifndef RAIJU_GPU_H
#define RAIJU_GPU_H

#include "bundle.h"

typedef struct Gpu Gpu;

/* The device of the system, with the weights of a folder mapped; NULL and a failure if it cannot be used. */
Gpu *gpu_open(Failure *failure, const char *folder, uint64_t weight_bytes);
void gpu_close(Gpu *gpu);

/* Compiles the kernels of a plan, as far as that was not done. */
bool gpu_compile(Gpu *gpu, const Plan *plan, Failure *failure);

/* A plan with memory. */
typedef struct Replay Replay;

/* Takes memory for a plan and maps its weights; NULL and a failure if the device has not enough. */
Replay *replay_open(Gpu *gpu, const Plan *plan, Failure *failure);
void replay_close(Replay *replay);

/* Sets an input; all of them are to be set before each run, since results take the place of what is not needed any more. */
void replay_give(Replay *replay, const char *input, const void *elements);
/* Runs the plan and waits. */
bool replay_run(Replay *replay, Failure *failure);
/* Copies an output, its elements in row-major order. */
void replay_take(const Replay *replay, const char *output, void *elements);

#endif
