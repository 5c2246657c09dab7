/* Runs the core of a package as an app would, and tells what it did; at the end, what the stand-in for Metal noted and which of its
   objects are left.

   play MODEL clip PROMPT SEED FRAMES [STOP]   writes the frames to a file; stops when so many parts are done
   play FOLDER ids ROOM < LINES                the ids of each line, by its tokenizer.model alone
   play MODEL limits BUFFER SET FRAMES         the same of one prompt, on a device of that size
   play MODEL absent                           opens it where there is no device */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "RaijuCore.h"
#include "tokenizer.h"

int standInComplaints(char *to, int bytes);
int standInObjects(void);
void standInLimits(long buffer, long set);
void standInAbsent(long is_absent);

typedef struct {
  FILE *frames;
  RaijuClip clip;
  int32_t next, stop;
} Watcher;

static bool progress(void *context, int32_t done, int32_t parts) {
  printf("part %d of %d\n", done, parts);
  return done != ((Watcher *)context)->stop;
}

static bool frame(void *context, int32_t index, const uint8_t *rgb) {
  Watcher *watcher = context;
  if (index != watcher->next++) printf("frame %d comes out of turn\n", index);
  fwrite(rgb, 3, (size_t)watcher->clip.width * (size_t)watcher->clip.height, watcher->frames);
  return true;
}

static int make(RaijuModel *model, char **arguments, int count) {
  char error[1024] = "";
  Watcher watcher = {fopen(arguments[2], "wb"), raiju_clip(model), 0, count > 3 ? atoi(arguments[3]) : -1};
  if (watcher.frames == NULL) return 2;
  RaijuClip clip = watcher.clip;
  printf("%d frames of %d x %d at %d, %llu bytes of weights, %llu beside\n", clip.frames, clip.width, clip.height, clip.frames_per_second,
         (unsigned long long)clip.weight_bytes, (unsigned long long)clip.memory_bytes);
  RaijuResult result = raiju_generate(model, arguments[0], strtoull(arguments[1], NULL, 10), progress, frame, &watcher, error, sizeof error);
  fclose(watcher.frames);
  printf("%s%s\n", result == RAIJU_DONE ? "done" : result == RAIJU_CANCELLED ? "cancelled" : "failed: ", error);
  return 0;
}

static int list_ids(const char *folder, size_t room) {
  char line[1 << 14];
  int32_t ids[4096];
  Arena arena = {NULL};
  Failure failure = {{0}};
  Tokenizer *tokenizer = tokenizer_read(&arena, &failure, folder, "tokenizer.model");
  while (tokenizer != NULL && room <= 4096 && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    size_t count = tokenizer_encode(tokenizer, &failure, line, ids, room);
    for (size_t i = 0; i < count; i++) printf("%s%d", i == 0 ? "" : " ", ids[i]);
    printf("\n");
  }
  if (failure.line[0] != 0) printf("refused: %s\n", failure.line);
  arena_free(&arena);
  return 0;
}

int main(int count, char **arguments) {
  static char complaints[1 << 16];
  char error[1024] = "";
  if (count < 3) return 2;
  // whatever ends the process, what was said is there
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(arguments[2], "ids") == 0 && count > 3) return list_ids(arguments[1], strtoull(arguments[3], NULL, 10));
  if (strcmp(arguments[2], "limits") == 0 && count > 4) standInLimits(atol(arguments[3]), atol(arguments[4]));
  if (strcmp(arguments[2], "absent") == 0) standInAbsent(1);
  int code = 0;
  RaijuModel *model = raiju_open(arguments[1], error, sizeof error);
  if (model == NULL) printf("refused: %s\n", error);
  else if (strcmp(arguments[2], "clip") == 0 && count > 5) code = make(model, arguments + 3, count - 3);
  else if (strcmp(arguments[2], "limits") == 0 && count > 5) code = make(model, (char *[]){"a red circle moves right", "7", arguments[5]}, 3);
  raiju_close(model);
  if (standInComplaints(complaints, sizeof complaints) > 0) printf("%s", complaints);
  if (standInObjects() != 0) printf("%d objects are left\n", standInObjects());
  return code;
}
