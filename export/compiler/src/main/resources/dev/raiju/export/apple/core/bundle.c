#include "bundle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plan.h"

enum { MOST_FILE_BYTES = 128 << 20, LARGEST = 1 << 16 };

typedef struct {
  Arena *arena;
  Failure *failure;
  const char *folder;
} Reader;

static const Json *read_json(Reader *reader, const char *name, const char *format) {
  size_t bytes = 0;
  char *text = read_file(reader->arena, reader->failure, reader->folder, name, MOST_FILE_BYTES, &bytes);
  const Json *json = text == NULL ? NULL : json_parse(reader->arena, reader->failure, name, text, bytes);
  if (json == NULL) return NULL;
  const char *found = json_text(json, "format", reader->failure, name);
  if (found == NULL) return NULL;
  if (strcmp(found, format) != 0) {
    fail(reader->failure, "%s: format: %s; needs %s", name, found, format);
    return NULL;
  }
  json_whole(json, "version", 1, 1, reader->failure, name);
  return reader->failure->line[0] == 0 ? json : NULL;
}

static bool read_run(Reader *reader, const Json *json, Run *run) {
  Failure *failure = reader->failure;
  run->width = (int32_t)json_whole(json, "width", 1, LARGEST, failure, "run");
  run->height = (int32_t)json_whole(json, "height", 1, LARGEST, failure, "run");
  run->frames = (int32_t)json_whole(json, "frames", 1, LARGEST, failure, "run");
  run->frames_per_second = (int32_t)json_whole(json, "frames_per_second", 1, 1000, failure, "run");
  run->tokens = (int32_t)json_whole(json, "tokens", 1, LARGEST, failure, "run");
  const Json *latent = json_list(json, "latent", failure, "run"), *steps = json_list(json, "steps", failure, "run");
  if (latent == NULL || steps == NULL) return false;
  const Json *size = latent->first;
  for (int axis = 0; axis < 5; axis++, size = size->next) {
    bool fits = latent->count == 5 && size->kind == JSON_NUMBER && size->is_whole && size->whole >= 1 && size->whole <= LARGEST;
    if (!fits) return fail(failure, "run: latent: needs 5 sizes");
    run->latent[axis] = size->whole;
  }
  if (run->latent[0] != 1) return fail(failure, "run: latent: needs one sample");
  if (steps->count < 1 || steps->count > LARGEST) return fail(failure, "run: steps: %zu of them; needs 1 to %d", steps->count, LARGEST);
  if ((run->steps = arena_take(reader->arena, failure, steps->count, sizeof *run->steps)) == NULL) return false;
  for (const Json *step = steps->first; step != NULL; step = step->next) {
    run->steps[run->step_count++] = (Step){
        (float)json_number(step, "timestep", failure, "step"), (float)json_number(step, "velocity", failure, "step"),
        (float)json_number(step, "keep", failure, "step"), (float)json_number(step, "noise", failure, "step")};
  }
  return failure->line[0] == 0;
}

static int by_offset(const void *a, const void *b) {
  const Weight *x = a, *y = b;
  return x->offset < y->offset ? -1 : x->offset > y->offset;
}
static int by_name(const void *a, const void *b) { return strcmp(((const Weight *)a)->name, ((const Weight *)b)->name); }

/* Weights lie inside the file, at multiples of what GPUs ask for, and apart. */
static bool check_weights(Weights *weights, Failure *failure, uint64_t file_bytes) {
  qsort(weights->all, weights->count, sizeof *weights->all, by_offset);
  for (size_t i = 0; i < weights->count; i++) {
    const Weight *w = &weights->all[i];
    if (w->offset % 256 != 0 || w->bytes > file_bytes || w->offset > file_bytes - w->bytes)
      return fail(failure, "plan.json: weight %s: %llu bytes at %llu of %llu; needs a multiple of 256 inside", w->name,
                  (unsigned long long)w->bytes, (unsigned long long)w->offset, (unsigned long long)file_bytes);
    if (i > 0 && w->offset < weights->all[i - 1].offset + weights->all[i - 1].bytes)
      return fail(failure, "plan.json: weight %s overlaps %s", w->name, weights->all[i - 1].name);
  }
  qsort(weights->all, weights->count, sizeof *weights->all, by_name);
  for (size_t i = 1; i < weights->count; i++)
    if (strcmp(weights->all[i].name, weights->all[i - 1].name) == 0) return fail(failure, "plan.json: weight %s: given twice", weights->all[i].name);
  return true;
}

static bool read_weights(Reader *reader, const Json *plan, const Json *launches, Weights *weights, uint64_t *file_bytes) {
  Failure *failure = reader->failure;
  const Json *table = json_object(plan, "weights", failure, "plan.json"), *list = json_list(table, "tensors", failure, "weights");
  const Json *sizes = json_list(launches, "weights", failure, "launches.json");
  if (list == NULL || sizes == NULL) return false;
  if (sizes->count != list->count) return fail(failure, "launches.json: weights: %zu sizes; plan.json has %zu", sizes->count, list->count);
  char path[PATH_BYTES];
  struct stat file;
  if (!path_of(path, failure, reader->folder, "weights.bin")) return false;
  if (stat(path, &file) != 0) return fail(failure, "weights.bin: missing");
  *file_bytes = (uint64_t)json_whole(table, "bytes", 0, INT64_MAX, failure, "weights");
  if (failure->line[0] == 0 && (uint64_t)file.st_size != *file_bytes)
    return fail(failure, "weights.bin: %lld bytes; needs %llu", (long long)file.st_size, (unsigned long long)*file_bytes);
  if ((weights->all = arena_take(reader->arena, failure, list->count, sizeof *weights->all)) == NULL) return false;
  const Json *size = sizes->first;
  for (const Json *tensor = list->first; tensor != NULL; tensor = tensor->next, size = size->next) {
    Weight *w = &weights->all[weights->count++];
    w->name = json_text(tensor, "name", failure, "weight");
    w->offset = (uint64_t)json_whole(tensor, "offset", 0, INT64_MAX, failure, "weight");
    if (size->kind != JSON_NUMBER || !size->is_whole || size->whole < 0) return fail(failure, "launches.json: weights: needs sizes");
    w->bytes = (uint64_t)size->whole;
    if (failure->line[0] != 0) return false;
  }
  return check_weights(weights, failure, *file_bytes);
}

const Port *port_of(const Port *ports, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(ports[i].name, name) == 0) return &ports[i];
  return NULL;
}

static bool is_port(const Port *port, int element_bytes, int rank, const int64_t *sizes) {
  bool same = port != NULL && port->element_bytes == element_bytes && port->rank == rank;
  for (int axis = 0; same && axis < rank; axis++) same = port->sizes[axis] == sizes[axis];
  return same;
}
static bool takes(const Plan *plan, Failure *failure, const char *name, int element_bytes, int rank, const int64_t *sizes) {
  return is_port(port_of(plan->inputs, plan->input_count, name), element_bytes, rank, sizes) ||
         fail(failure, "plan %s: takes no %s as it is given", plan->name, name);
}
static bool gives(const Plan *plan, Failure *failure, const char *name, int element_bytes, int rank, const int64_t *sizes) {
  return is_port(port_of(plan->outputs, plan->output_count, name), element_bytes, rank, sizes) ||
         fail(failure, "plan %s: gives no %s as it is needed", plan->name, name);
}

/* What the plans must take and give to be run one after the other. */
static bool fit_together(Bundle *bundle, Failure *failure) {
  const Run *run = &bundle->run;
  const int64_t *l = run->latent;
  int64_t tokens[] = {1, run->tokens}, one[] = {1}, four[] = {4}, single[] = {1, l[1], 1, l[3], l[4]};
  const Plan *text = &bundle->text, *step = &bundle->step, *decode = &bundle->decode;
  const Port *context = port_of(text->outputs, text->output_count, "context");
  if (context == NULL) return fail(failure, "plan text: gives no context");
  bool fits = takes(text, failure, "ids", 4, 2, tokens) && takes(text, failure, "mask", 1, 2, tokens) && takes(step, failure, "latent", 4, 5, l) &&
              takes(step, failure, "noise", 4, 5, l) && takes(step, failure, "timestep", 4, 1, one) && takes(step, failure, "blend", 4, 1, four) &&
              takes(step, failure, "context", 4, context->rank, context->sizes) && gives(step, failure, "latent", 4, 5, l) &&
              takes(decode, failure, "latent", 4, 5, single);
  const Port *frames = port_of(decode->outputs, decode->output_count, "frames");
  if (!fits || frames == NULL || frames->rank != 5) return fail(failure, "plan decode: gives no frames");
  int64_t each = frames->sizes[1], shape[] = {1, each, 3, run->height, run->width};
  if (!is_port(frames, 4, 5, shape) || each > LARGEST || each * (l[2] - 1) + 1 != run->frames)
    return fail(failure, "plan decode: its frames are not %d of %d x %d", run->frames, run->width, run->height);
  bundle->frames_each = each;
  if (text->input_count != 2 || step->input_count != 5 || decode->output_count != decode->input_count)
    return fail(failure, "plans: take or give more than is known");
  for (size_t i = 0; i < decode->input_count; i++) {
    const Port *in = &decode->inputs[i];
    if (strcmp(in->name, "latent") != 0 && !gives(decode, failure, in->name, in->element_bytes, in->rank, in->sizes)) return false;
  }
  return true;
}

bool bundle_read(Bundle *bundle, Arena *arena, Failure *failure, const char *folder) {
  Reader reader = {arena, failure, folder};
  const Json *json = read_json(&reader, "plan.json", "raiju-bundle");
  const Json *lowered = json == NULL ? NULL : read_json(&reader, "launches.json", "raiju-launches");
  if (lowered == NULL) return false;
  Weights weights = {NULL, 0};
  const Json *run = json_object(json, "run", failure, "plan.json");
  if (run == NULL || !read_run(&reader, run, &bundle->run) || !read_weights(&reader, json, lowered, &weights, &bundle->weight_bytes)) return false;
  const Json *plans = json_object(json, "plans", failure, "plan.json"), *launches = json_object(lowered, "plans", failure, "launches.json");
  if (plans == NULL || launches == NULL) return false;
  struct {
    const char *name;
    Plan *plan;
  } all[] = {{"text", &bundle->text}, {"step", &bundle->step}, {"decode", &bundle->decode}};
  for (size_t i = 0; i < 3; i++) {
    const Json *plan = json_object(plans, all[i].name, failure, "plan.json"), *of = json_object(launches, all[i].name, failure, "launches.json");
    all[i].plan->name = all[i].name;
    if (plan == NULL || of == NULL || !plan_read(all[i].plan, arena, failure, plan, of, &weights)) return false;
  }
  return fit_together(bundle, failure);
}
