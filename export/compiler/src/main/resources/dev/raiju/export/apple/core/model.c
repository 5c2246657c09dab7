/* A clip from a text: the plans one after the other, with the memory of one of them at a time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "RaijuCore.h"
#include "bundle.h"
#include "gpu.h"
#include "noise.h"
#include "tokenizer.h"

struct RaijuModel {
  Arena arena;
  Bundle bundle;
  Tokenizer *tokenizer;
  Gpu *gpu;
};

static void tell(const Failure *failure, char *error, size_t error_bytes) {
  if (error_bytes > 0) snprintf(error, error_bytes, "%s", failure->line);
}

static bool load(RaijuModel *model, const char *folder, Failure *failure) {
  Bundle *bundle = &model->bundle;
  if (!bundle_read(bundle, &model->arena, failure, folder)) return false;
  if ((model->tokenizer = tokenizer_read(&model->arena, failure, folder, "tokenizer.model")) == NULL) return false;
  for (size_t i = 0; i < bundle->text.index_count; i++)
    if (tokenizer_size(model->tokenizer) > bundle->text.indices[i].below)
      return fail(failure, "tokenizer.model: %d pieces; the model knows %lld", tokenizer_size(model->tokenizer), (long long)bundle->text.indices[i].below);
  if (bundle->step.index_count + bundle->decode.index_count > 0) return fail(failure, "launches.json: indices that nobody looks at");
  model->gpu = gpu_open(failure, folder, bundle->weight_bytes);
  return model->gpu != NULL && gpu_compile(model->gpu, &bundle->text, failure) && gpu_compile(model->gpu, &bundle->step, failure) &&
         gpu_compile(model->gpu, &bundle->decode, failure);
}

RaijuModel *raiju_open(const char *folder, char *error, size_t error_bytes) {
  Failure failure = {{0}};
  RaijuModel *model = calloc(1, sizeof *model);
  if (model != NULL && load(model, folder, &failure)) return model;
  if (model == NULL) fail(&failure, "not enough memory");
  else raiju_close(model);
  tell(&failure, error, error_bytes);
  return NULL;
}

void raiju_close(RaijuModel *model) {
  if (model == NULL) return;
  if (model->gpu != NULL) gpu_close(model->gpu);
  arena_free(&model->arena);
  free(model);
}

static int32_t parts_of(const Bundle *bundle) { return (int32_t)(1 + (int64_t)bundle->run.step_count + bundle->run.latent[2]); }

RaijuClip raiju_clip(const RaijuModel *model) {
  const Bundle *bundle = &model->bundle;
  const Plan *plans[] = {&bundle->text, &bundle->step, &bundle->decode};
  uint64_t memory = 0;
  for (int i = 0; i < 3; i++)
    if (plans[i]->memory + plans[i]->scratch > memory) memory = plans[i]->memory + plans[i]->scratch;
  return (RaijuClip){bundle->run.width, bundle->run.height, bundle->run.frames, bundle->run.frames_per_second, parts_of(bundle), bundle->weight_bytes, memory};
}

size_t raiju_tokens(const RaijuModel *model, const char *prompt, int32_t *ids, size_t room) {
  Failure failure = {{0}};
  size_t most = (size_t)model->bundle.run.tokens;
  return tokenizer_encode(model->tokenizer, &failure, prompt, ids, room < most ? room : most);
}

/* One clip on its way. */
typedef struct {
  RaijuModel *model;
  Failure failure;
  // what goes from one plan to the next
  void *context;
  float *latent;
  RaijuProgress progress;
  RaijuFrame frame;
  void *caller;
  int32_t done;
  bool cancelled;
} Making;

static bool went_on(Making *making) {
  making->done++;
  making->cancelled = making->progress != NULL && !making->progress(making->caller, making->done, parts_of(&making->model->bundle));
  return !making->cancelled;
}

static void *room_for(Making *making, const Port *port) {
  void *memory = calloc(port->elements, (size_t)port->element_bytes);
  if (memory == NULL) fail(&making->failure, "not enough memory for %s", port->name);
  return memory;
}

static bool understand(Making *making, const char *prompt) {
  const Plan *plan = &making->model->bundle.text;
  size_t tokens = (size_t)making->model->bundle.run.tokens;
  const Port *context = port_of(plan->outputs, plan->output_count, "context");
  making->context = room_for(making, context);
  int32_t *ids = calloc(tokens, sizeof *ids);
  uint8_t *mask = calloc(tokens, 1);
  bool fits = making->context != NULL && ids != NULL && mask != NULL;
  size_t count = fits ? tokenizer_encode(making->model->tokenizer, &making->failure, prompt, ids, tokens) : 0;
  Replay *replay = count == 0 ? NULL : replay_open(making->model->gpu, plan, &making->failure);
  if (replay != NULL) {
    memset(mask, 1, count);
    replay_give(replay, "ids", ids);
    replay_give(replay, "mask", mask);
    if (replay_run(replay, &making->failure)) replay_take(replay, "context", making->context);
    replay_close(replay);
  }
  free(ids);
  free(mask);
  return (fits || fail(&making->failure, "not enough memory")) && making->failure.line[0] == 0 && went_on(making);
}

static bool denoise(Making *making, uint64_t seed) {
  const Bundle *bundle = &making->model->bundle;
  const Port *latent = port_of(bundle->step.inputs, bundle->step.input_count, "latent");
  float *noise = room_for(making, latent);
  making->latent = room_for(making, latent);
  Replay *replay = noise == NULL || making->latent == NULL ? NULL : replay_open(making->model->gpu, &bundle->step, &making->failure);
  bool going = replay != NULL;
  // draw 0 is what the first step starts from, draw i is added after step i
  if (going) noise_draw(seed, 0, making->latent, latent->elements);
  for (size_t i = 0; going && i < bundle->run.step_count; i++) {
    const Step *step = &bundle->run.steps[i];
    float blend[] = {1, step->velocity, step->keep, step->noise};
    if (step->noise == 0) memset(noise, 0, latent->elements * sizeof *noise);
    else noise_draw(seed, (i + 1) * latent->elements, noise, latent->elements);
    replay_give(replay, "latent", making->latent);
    replay_give(replay, "noise", noise);
    replay_give(replay, "timestep", &step->timestep);
    replay_give(replay, "blend", blend);
    replay_give(replay, "context", making->context);
    going = replay_run(replay, &making->failure);
    if (going) replay_take(replay, "latent", making->latent);
    going = going && went_on(making);
  }
  if (replay != NULL) replay_close(replay);
  free(noise);
  return going;
}

/* Three planes of 0 to 1 to pixels of three bytes. */
static void to_pixels(const float *planes, uint8_t *rgb, size_t pixels) {
  for (size_t plane = 0; plane < 3; plane++) {
    for (size_t i = 0; i < pixels; i++) {
      float x = planes[plane * pixels + i];
      // what is no number is not above 0
      x = x > 0 ? (x < 1 ? x : 1) : 0;
      rgb[3 * i + plane] = (uint8_t)(x * 255 + 0.5f);
    }
  }
}

/* What the decoder remembers from one latent frame to the next, and room for what it is given and gives. */
typedef struct {
  void **past;
  float *single, *frames;
  uint8_t *rgb;
} Decoding;

static bool decode_frame(Making *making, Replay *replay, Decoding *decoding, int64_t t) {
  const Bundle *bundle = &making->model->bundle;
  const Plan *plan = &bundle->decode;
  const int64_t *l = bundle->run.latent;
  size_t area = (size_t)(l[3] * l[4]), pixels = (size_t)bundle->run.width * (size_t)bundle->run.height;
  for (int64_t c = 0; c < l[1]; c++) memcpy(decoding->single + (size_t)c * area, making->latent + (size_t)(c * l[2] + t) * area, area * sizeof(float));
  for (size_t i = 0; i < plan->input_count; i++) {
    bool is_latent = strcmp(plan->inputs[i].name, "latent") == 0;
    replay_give(replay, plan->inputs[i].name, is_latent ? (void *)decoding->single : decoding->past[i]);
  }
  if (!replay_run(replay, &making->failure)) return false;
  for (size_t i = 0; i < plan->input_count; i++)
    if (strcmp(plan->inputs[i].name, "latent") != 0) replay_take(replay, plan->inputs[i].name, decoding->past[i]);
  replay_take(replay, "frames", decoding->frames);
  // what the decoder makes of having no past comes before frame 0
  for (int64_t i = t == 0 ? bundle->frames_each - 1 : 0; i < bundle->frames_each && !making->cancelled; i++) {
    to_pixels(decoding->frames + (size_t)i * 3 * pixels, decoding->rgb, pixels);
    making->cancelled = !making->frame(making->caller, (int32_t)(t * bundle->frames_each + i - bundle->frames_each + 1), decoding->rgb);
  }
  return !making->cancelled && went_on(making);
}

static bool decode(Making *making) {
  const Bundle *bundle = &making->model->bundle;
  const Plan *plan = &bundle->decode;
  const Port *frames = port_of(plan->outputs, plan->output_count, "frames"), *single = port_of(plan->inputs, plan->input_count, "latent");
  Decoding decoding = {calloc(plan->input_count + 1, sizeof(void *)), room_for(making, single), room_for(making, frames),
                       malloc((size_t)bundle->run.width * (size_t)bundle->run.height * 3)};
  bool fits = decoding.past != NULL && decoding.single != NULL && decoding.frames != NULL && decoding.rgb != NULL;
  for (size_t i = 0; fits && i < plan->input_count; i++) fits = (decoding.past[i] = room_for(making, &plan->inputs[i])) != NULL;
  if (!fits) fail(&making->failure, "not enough memory");
  Replay *replay = fits ? replay_open(making->model->gpu, plan, &making->failure) : NULL;
  bool going = replay != NULL;
  for (int64_t t = 0; going && t < bundle->run.latent[2]; t++) going = decode_frame(making, replay, &decoding, t);
  if (replay != NULL) replay_close(replay);
  for (size_t i = 0; decoding.past != NULL && i < plan->input_count; i++) free(decoding.past[i]);
  free(decoding.past);
  free(decoding.single);
  free(decoding.frames);
  free(decoding.rgb);
  return going;
}

RaijuResult raiju_generate(RaijuModel *model, const char *prompt, uint64_t seed, RaijuProgress progress, RaijuFrame frame, void *context,
                           char *error, size_t error_bytes) {
  Making making = {.model = model, .progress = progress, .frame = frame, .caller = context};
  bool made = understand(&making, prompt) && denoise(&making, seed) && decode(&making);
  free(making.context);
  free(making.latent);
  if (made) return RAIJU_DONE;
  tell(&making.failure, error, error_bytes);
  return making.cancelled ? RAIJU_CANCELLED : RAIJU_FAILED;
}
