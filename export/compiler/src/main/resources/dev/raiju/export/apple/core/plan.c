#include "plan.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 4096, MOST_THREADS = 1024, MOST_VALUES = 1 << 20 };
static const int64_t MOST_BYTES = (int64_t)1 << 46;

typedef struct {
  Plan *plan;
  Arena *arena;
  Failure *failure;
  const Weights *weights;
  // whether a value was written by what came before
  bool *there;
} Reader;

static bool refuse(Reader *reader, size_t node, const char *problem, int64_t value) {
  return fail(reader->failure, "plan %s: operation %zu: %s, value %lld", reader->plan->name, node, problem, (long long)value);
}

/* ---- shapes ---- */

static int bytes_of_type(const char *type) {
  if (type == NULL) return 0;
  if (strcmp(type, "f32") == 0 || strcmp(type, "i32") == 0) return 4;
  if (strcmp(type, "i64") == 0) return 8;
  if (strcmp(type, "f16") == 0 || strcmp(type, "bf16") == 0) return 2;
  return strcmp(type, "bool") == 0 ? 1 : 0;
}

/* Whole numbers of a list, as many as there is room for; gives how many, or -1. */
static int wholes(const Json *list, int64_t *numbers, int64_t least, int64_t most) {
  if (list == NULL || list->kind != JSON_LIST || list->count > MOST_AXES) return -1;
  int count = 0;
  for (const Json *item = list->first; item != NULL; item = item->next) {
    if (item->kind != JSON_NUMBER || !item->is_whole || item->whole < least || item->whole > most) return -1;
    numbers[count++] = item->whole;
  }
  return count;
}

/* An input or output: its elements lie inside its value. */
static bool read_port(Reader *reader, const Json *json, Port *port, uint64_t value_bytes) {
  const int64_t largest = (int64_t)1 << 31;
  port->element_bytes = bytes_of_type(json_text(json, "dtype", reader->failure, port->name));
  port->rank = wholes(json_member(json, "shape"), port->sizes, 1, largest);
  if (port->rank < 0 || port->element_bytes == 0) return fail(reader->failure, "plan %s: %s: needs a type and a shape", reader->plan->name, port->name);
  uint64_t elements = 1;
  for (int axis = port->rank - 1; axis >= 0; axis--) {
    port->strides[axis] = (int64_t)elements;
    elements *= (uint64_t)port->sizes[axis];
    if (elements > (uint64_t)MOST_BYTES / 8) return fail(reader->failure, "plan %s: %s: too large", reader->plan->name, port->name);
  }
  port->elements = elements;
  int64_t last = (int64_t)elements - 1;
  if (json_member(json, "strides") != NULL) {
    if (wholes(json_member(json, "strides"), port->strides, 0, largest) != port->rank)
      return fail(reader->failure, "plan %s: %s: strides are not one for each axis", reader->plan->name, port->name);
    last = port->from = json_whole(json, "from", 0, largest, reader->failure, port->name);
    for (int axis = 0; axis < port->rank; axis++) {
      if (port->strides[axis] > MOST_BYTES / port->sizes[axis]) return fail(reader->failure, "plan %s: %s: reaches too far", reader->plan->name, port->name);
      last += (port->sizes[axis] - 1) * port->strides[axis];
    }
  }
  if (reader->failure->line[0] != 0) return false;
  return (uint64_t)last < value_bytes / (uint64_t)port->element_bytes ||
         fail(reader->failure, "plan %s: %s: reaches out of its %llu bytes", reader->plan->name, port->name, (unsigned long long)value_bytes);
}

/* ---- values ---- */

static int by_name(const void *name, const void *weight) { return strcmp(name, ((const Weight *)weight)->name); }

static bool read_weight(Reader *reader, const char *name, Value *value) {
  const Weight *weight = bsearch(name, reader->weights->all, reader->weights->count, sizeof *weight, by_name);
  if (weight == NULL) return fail(reader->failure, "plan %s: no weight %s in the table", reader->plan->name, name);
  value->kind = WEIGHT;
  value->name = name;
  value->bytes = weight->bytes;
  value->offset = (int64_t)weight->offset;
  return true;
}

static bool read_input(Reader *reader, const Json *json, const char *name, int32_t number, Value *value) {
  Plan *plan = reader->plan;
  if (port_of(plan->inputs, plan->input_count, name) != NULL) return fail(reader->failure, "plan %s: input %s: named twice", plan->name, name);
  Port *port = &plan->inputs[plan->input_count++];
  port->name = value->name = name;
  port->value = number;
  value->kind = INPUT;
  // its value holds its elements and nothing else
  if (!read_port(reader, json, port, UINT64_MAX)) return false;
  value->bytes = port->elements * (uint64_t)port->element_bytes;
  return true;
}

static bool read_value(Reader *reader, const Json *json, int32_t number) {
  Value *value = &reader->plan->values[number];
  value->first = value->last = -1;
  const Json *weight = json_member(json, "weight"), *input = json_member(json, "input");
  if (weight != NULL) {
    const char *name = json_text(json, "weight", reader->failure, "value");
    return name != NULL && read_weight(reader, name, value);
  }
  if (input != NULL) {
    const char *name = json_text(json, "input", reader->failure, "value");
    if (name == NULL || !read_input(reader, json, name, number, value)) return false;
  } else {
    value->bytes = (uint64_t)json_whole(json, "bytes", 0, MOST_BYTES, reader->failure, "value");
  }
  value->offset = json_member(json, "offset") == NULL ? -1 : json_whole(json, "offset", 0, MOST_BYTES, reader->failure, "value");
  if (reader->failure->line[0] != 0) return false;
  uint64_t memory = reader->plan->memory;
  bool inside = value->offset < 0 || (value->offset % 64 == 0 && value->bytes <= memory && (uint64_t)value->offset <= memory - value->bytes);
  return inside || fail(reader->failure, "plan %s: value %d: %llu bytes at %lld of %llu; needs a multiple of 64 inside", reader->plan->name, number,
                        (unsigned long long)value->bytes, (long long)value->offset, (unsigned long long)memory);
}

/* ---- operations ---- */

/* The number of a use's value, or -1. */
static int32_t used(Reader *reader, const Json *use) {
  int64_t value = json_whole(use, "value", 0, (int64_t)reader->plan->value_count - 1, reader->failure, "use");
  return reader->failure->line[0] == 0 ? (int32_t)value : -1;
}

static bool reads(Reader *reader, size_t node, int32_t v) {
  Value *value = &reader->plan->values[v];
  if (!reader->there[v]) return refuse(reader, node, "reads what nothing wrote before", v);
  if (value->kind == WEIGHT) return true;
  if (value->offset < 0) return refuse(reader, node, "reads what has no place", v);
  value->last = (int64_t)node;
  // an input lies there from the beginning
  if (value->first < 0) value->first = 0;
  return true;
}

static bool writes(Reader *reader, size_t node, int32_t v) {
  Value *value = &reader->plan->values[v];
  if (reader->there[v]) return refuse(reader, node, "writes what is there already", v);
  if (value->offset < 0) return refuse(reader, node, "writes what has no place", v);
  reader->there[v] = true;
  value->first = value->last = (int64_t)node;
  return true;
}

static int nibble(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

static bool read_arguments(Reader *reader, const Json *json, Launch *launch) {
  const char *hex = json_text(json, "arguments", reader->failure, "launch");
  launch->bytes = (size_t)json_whole(json, "bytes", 8, MOST_ARGUMENTS, reader->failure, "launch");
  if (hex == NULL || reader->failure->line[0] != 0) return false;
  size_t digits = strlen(hex);
  // zeros at the end are left out
  if (digits % 2 != 0 || digits / 2 > launch->bytes) return fail(reader->failure, "launch: %zu digits for %zu bytes", digits, launch->bytes);
  if ((launch->arguments = arena_take(reader->arena, reader->failure, launch->bytes, 1)) == NULL) return false;
  for (size_t i = 0; i < digits; i += 2) {
    int high = nibble(hex[i]), low = nibble(hex[i + 1]);
    if (high < 0 || low < 0) return fail(reader->failure, "launch: arguments: no hexadecimal digits");
    launch->arguments[i / 2] = (uint8_t)(high << 4 | low);
  }
  return true;
}

/* Whether an operation takes or gives a value. */
static bool has(const Json *uses, int64_t value) {
  for (const Json *use = uses->first; use != NULL; use = use->next) {
    const Json *number = json_member(use, "value");
    if (number != NULL && number->is_whole && number->whole == value) return true;
  }
  return false;
}

static bool read_addresses(Reader *reader, const Json *json, const Json *node, size_t at, Launch *launch) {
  const Json *list = json_list(json, "addresses", reader->failure, "launch");
  if (list == NULL) return false;
  if (list->count % 3 != 0) return fail(reader->failure, "launch: addresses: %zu numbers; needs three for each", list->count);
  launch->address_count = list->count / 3;
  if ((launch->addresses = arena_take(reader->arena, reader->failure, launch->address_count, sizeof(Address))) == NULL) return false;
  const Json *in = json_member(node, "in"), *out = json_member(node, "out");
  const Json *item = list->first;
  for (size_t i = 0; i < launch->address_count; i++) {
    int64_t numbers[3];
    for (int k = 0; k < 3; k++, item = item->next) {
      if (item->kind != JSON_NUMBER || !item->is_whole) return fail(reader->failure, "launch: addresses: needs whole numbers");
      numbers[k] = item->whole;
    }
    if (numbers[0] < 0 || numbers[0] % 8 != 0 || numbers[0] + 8 > (int64_t)launch->bytes)
      return fail(reader->failure, "launch: an address at %lld of %zu bytes", (long long)numbers[0], launch->bytes);
    bool known = numbers[1] == SCRATCH || has(in, numbers[1]) || has(out, numbers[1]);
    if (!known) return refuse(reader, at, "a launch leads to what it does not name", numbers[1]);
    uint64_t room = numbers[1] == SCRATCH ? reader->plan->scratch : reader->plan->values[numbers[1]].bytes;
    if (numbers[2] < 0 || (uint64_t)numbers[2] >= room) return refuse(reader, at, "a launch leads out of", numbers[1]);
    launch->addresses[i] = (Address){(uint32_t)numbers[0], (int32_t)numbers[1], (uint64_t)numbers[2]};
  }
  return true;
}

static bool read_launch(Reader *reader, const Json *json, const Json *node, size_t at) {
  Launch *launch = &reader->plan->launches[reader->plan->launch_count++];
  Failure *failure = reader->failure;
  launch->file = json_text(json, "file", failure, "launch");
  launch->kernel = json_text(json, "kernel", failure, "launch");
  int64_t groups[MOST_AXES];
  if (failure->line[0] == 0 && wholes(json_member(json, "groups"), groups, 1, INT32_MAX) != 3)
    return fail(failure, "launch of %s: groups: needs three numbers", launch->kernel);
  launch->threads = (uint64_t)json_whole(json, "threads", 1, MOST_THREADS, failure, "launch");
  if (failure->line[0] != 0) return false;
  // further along the other axes, one piece of a launch would be long
  if (groups[1] > 65535 || groups[2] > 65535) return fail(failure, "launch of %s: too many groups", launch->kernel);
  for (int axis = 0; axis < 3; axis++) launch->groups[axis] = (uint64_t)groups[axis];
  return read_arguments(reader, json, launch) && read_addresses(reader, json, node, at, launch);
}

static bool read_node(Reader *reader, const Json *node, const Json *lowered, size_t at) {
  const Json *in = json_list(node, "in", reader->failure, "operation"), *out = json_list(node, "out", reader->failure, "operation");
  const Json *launches = json_list(lowered, "launches", reader->failure, "launches.json");
  if (in == NULL || out == NULL || launches == NULL) return false;
  for (const Json *use = in->first; use != NULL; use = use->next) {
    int32_t value = used(reader, use);
    if (value < 0 || !reads(reader, at, value)) return false;
  }
  for (const Json *use = out->first; use != NULL; use = use->next) {
    int32_t value = used(reader, use);
    if (value < 0 || !writes(reader, at, value)) return false;
  }
  for (const Json *launch = launches->first; launch != NULL; launch = launch->next)
    if (!read_launch(reader, launch, node, at)) return false;
  if (json_member(lowered, "ends") != NULL && launches->count > 0) reader->plan->launches[reader->plan->launch_count - 1].ends = true;
  return true;
}

static bool read_nodes(Reader *reader, const Json *nodes, const Json *lowered) {
  Plan *plan = reader->plan;
  if (nodes->count != lowered->count)
    return fail(reader->failure, "plan %s: %zu operations; launches.json has %zu", plan->name, nodes->count, lowered->count);
  plan->node_count = nodes->count;
  size_t launches = 0;
  for (const Json *node = lowered->first; node != NULL; node = node->next) {
    const Json *list = json_list(node, "launches", reader->failure, "launches.json");
    if (list == NULL) return false;
    launches += list->count;
  }
  if ((plan->launches = arena_take(reader->arena, reader->failure, launches, sizeof *plan->launches)) == NULL) return false;
  const Json *low = lowered->first;
  size_t at = 0;
  for (const Json *node = nodes->first; node != NULL; node = node->next, low = low->next)
    if (!read_node(reader, node, low, at++)) return false;
  return true;
}

static bool read_outputs(Reader *reader, const Json *outputs) {
  Plan *plan = reader->plan;
  if ((plan->outputs = arena_take(reader->arena, reader->failure, outputs->count, sizeof *plan->outputs)) == NULL) return false;
  for (const Json *use = outputs->first; use != NULL; use = use->next) {
    Port *port = &plan->outputs[plan->output_count++];
    port->name = use->name;
    port->value = used(reader, use);
    if (port->value < 0 || !reads(reader, plan->node_count, port->value) || plan->values[port->value].kind == WEIGHT ||
        !read_port(reader, use, port, plan->values[port->value].bytes))
      return fail(reader->failure, "plan %s: output %s is a weight", plan->name, use->name);
  }
  return true;
}

/* What is needed at the same time must not overlap. */
static bool check_places(Reader *reader) {
  const Plan *plan = reader->plan;
  for (size_t i = 0; i < plan->value_count; i++) {
    const Value *a = &plan->values[i];
    if (a->kind == WEIGHT || a->first < 0 || a->bytes == 0) continue;
    for (size_t j = i + 1; j < plan->value_count; j++) {
      const Value *b = &plan->values[j];
      if (b->kind == WEIGHT || b->first < 0 || b->bytes == 0 || a->first > b->last || b->first > a->last) continue;
      bool apart = a->offset + (int64_t)a->bytes <= b->offset || b->offset + (int64_t)b->bytes <= a->offset;
      if (!apart) return fail(reader->failure, "plan %s: values %zu and %zu are needed at the same time and overlap", plan->name, i, j);
    }
  }
  return true;
}

/* Indices that are read through must be such as can be looked at: inputs and weights. */
static bool read_indices(Reader *reader, const Json *list) {
  Plan *plan = reader->plan;
  if ((plan->indices = arena_take(reader->arena, reader->failure, list->count, sizeof *plan->indices)) == NULL) return false;
  for (const Json *item = list->first; item != NULL; item = item->next) {
    int32_t value = used(reader, item);
    int64_t below = json_whole(item, "below", 1, INT32_MAX, reader->failure, "indices");
    if (value < 0 || reader->failure->line[0] != 0) return false;
    const Port *port = plan->values[value].kind == INPUT ? port_of(plan->inputs, plan->input_count, plan->values[value].name) : NULL;
    if (port == NULL || port->element_bytes != 4) return fail(reader->failure, "plan %s: indices in value %d are no input", plan->name, value);
    plan->indices[plan->index_count].value = value;
    plan->indices[plan->index_count++].below = below;
  }
  return true;
}

bool plan_read(Plan *plan, Arena *arena, Failure *failure, const Json *json, const Json *launches, const Weights *weights) {
  Reader reader = {plan, arena, failure, weights, NULL};
  const Json *values = json_list(json, "values", failure, plan->name), *nodes = json_list(json, "nodes", failure, plan->name);
  const Json *outputs = json_object(json, "outputs", failure, plan->name), *lowered = json_list(launches, "nodes", failure, "launches.json");
  const Json *indices = json_list(launches, "indices", failure, "launches.json");
  plan->memory = (uint64_t)json_whole(json, "memory", 0, MOST_BYTES, failure, plan->name);
  plan->scratch = (uint64_t)json_whole(launches, "scratch", 0, MOST_BYTES, failure, "launches.json");
  if (failure->line[0] != 0 || indices == NULL) return false;
  if (values->count > MOST_VALUES) return fail(failure, "plan %s: %zu values; at most %d", plan->name, values->count, MOST_VALUES);
  plan->values = arena_take(arena, failure, values->count, sizeof *plan->values);
  plan->inputs = arena_take(arena, failure, values->count, sizeof *plan->inputs);
  reader.there = arena_take(arena, failure, values->count, sizeof *reader.there);
  if (plan->values == NULL || plan->inputs == NULL || reader.there == NULL) return false;
  plan->value_count = values->count;
  int32_t number = 0;
  for (const Json *value = values->first; value != NULL; value = value->next) {
    if (!read_value(&reader, value, number)) return false;
    reader.there[number] = plan->values[number].kind != COMPUTED;
    number++;
  }
  return read_nodes(&reader, nodes, lowered) && read_outputs(&reader, outputs) && check_places(&reader) && read_indices(&reader, indices);
}
