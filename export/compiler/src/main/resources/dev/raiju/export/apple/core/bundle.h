/* What the files of a model say, checked: whatever they hold, nothing that is found here leads out of the weights or out of a plan's
   memory. What the kernels do with their other arguments is their exporter's word, as the kernels themselves are. */
#ifndef RAIJU_BUNDLE_H
#define RAIJU_BUNDLE_H

#include "common.h"

enum { MOST_AXES = 8, SCRATCH = -1 };

typedef enum { COMPUTED, INPUT, WEIGHT } ValueKind;

/* Memory that a plan reads or writes. */
typedef struct {
  ValueKind kind;
  // of an input or a weight
  const char *name;
  uint64_t bytes;
  // in the plan's memory or, of a weight, in weights.bin; -1 for what nothing looks at
  int64_t offset;
  // nodes between which it is needed, for what lies in the plan's memory
  int64_t first, last;
} Value;

typedef struct {
  uint32_t at;
  int32_t value;
  uint64_t offset;
} Address;

typedef struct {
  const char *file, *kernel;
  uint64_t groups[3], threads;
  // the kernel's struct, with room for addresses
  uint8_t *arguments;
  size_t bytes, address_count;
  Address *addresses;
  // whether what was recorded so far is committed then
  bool ends;
} Launch;

/* An input or output: elements of a type as they lie in a value. */
typedef struct {
  const char *name;
  int32_t value, rank;
  int32_t element_bytes;
  int64_t sizes[MOST_AXES], strides[MOST_AXES], from;
  uint64_t elements;
} Port;

typedef struct {
  const char *name;
  uint64_t memory, scratch;
  Value *values;
  Port *inputs, *outputs;
  Launch *launches;
  size_t value_count, input_count, output_count, launch_count, node_count;
  // indices that are read through: all of them must be below
  struct IndexCheck {
    int32_t value;
    int64_t below;
  } *indices;
  size_t index_count;
} Plan;

typedef struct {
  float timestep, velocity, keep, noise;
} Step;

typedef struct {
  int32_t width, height, frames, frames_per_second, tokens;
  int64_t latent[5];
  Step *steps;
  size_t step_count;
} Run;

typedef struct {
  Run run;
  uint64_t weight_bytes;
  Plan text, step, decode;
  // of each latent frame
  int64_t frames_each;
} Bundle;

/* Reads and checks plan.json and launches.json of a folder. */
bool bundle_read(Bundle *bundle, Arena *arena, Failure *failure, const char *folder);

/* The input or output called so, or NULL. */
const Port *port_of(const Port *ports, size_t count, const char *name);

#endif
