/* One plan of plan.json with its launches of launches.json. */
#ifndef RAIJU_PLAN_H
#define RAIJU_PLAN_H

#include "bundle.h"
#include "json.h"

typedef struct {
  const char *name;
  uint64_t offset, bytes;
} Weight;

/* Sorted by name. */
typedef struct {
  Weight *all;
  size_t count;
} Weights;

/* Reads and checks a plan, whose name is set. */
bool plan_read(Plan *plan, Arena *arena, Failure *failure, const Json *json, const Json *launches, const Weights *weights);

#endif
