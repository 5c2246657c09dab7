#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fail(Failure *failure, const char *format, ...) {
  if (failure->line[0] != 0) return false;
  va_list list;
  va_start(list, format);
  vsnprintf(failure->line, sizeof failure->line, format, list);
  va_end(list);
  // compilers and files speak in lines
  for (char *at = failure->line; *at; at++)
    if (*at == '\n' || *at == '\r') *at = ' ';
  return false;
}

typedef struct ArenaBlock {
  struct ArenaBlock *next;
  size_t used, room;
  // of whatever lies here
  max_align_t bytes[];
} ArenaBlock;

void *arena_take(Arena *arena, Failure *failure, size_t count, size_t size) {
  const size_t alignment = sizeof(max_align_t), usual = 1 << 18, most = (size_t)1 << 40;
  if (size != 0 && count > most / size) {
    fail(failure, "memory: %zu times %zu bytes are too much", count, size);
    return NULL;
  }
  size_t bytes = (count * size + alignment) / alignment * alignment;
  ArenaBlock *block = arena->blocks;
  if (block == NULL || block->room - block->used < bytes) {
    size_t room = bytes > usual / 4 ? bytes : usual;
    block = calloc(1, sizeof *block + room);
    if (block == NULL) {
      fail(failure, "memory: there are no %zu bytes", bytes);
      return NULL;
    }
    block->room = room;
    // a large block is full at once: small things go on in the one before it
    bool behind = arena->blocks != NULL && room != usual;
    block->next = behind ? arena->blocks->next : arena->blocks;
    if (behind) arena->blocks->next = block;
    else arena->blocks = block;
  }
  void *taken = (char *)block->bytes + block->used;
  block->used += bytes;
  return taken;
}

void arena_free(Arena *arena) {
  for (ArenaBlock *block = arena->blocks, *next; block != NULL; block = next) {
    next = block->next;
    free(block);
  }
  arena->blocks = NULL;
}

bool path_of(char path[PATH_BYTES], Failure *failure, const char *folder, const char *name) {
  int length = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
  return (length > 0 && length < PATH_BYTES) || fail(failure, "%s: the path is too long", name);
}

char *read_file(Arena *arena, Failure *failure, const char *folder, const char *name, size_t most_bytes, size_t *bytes) {
  char path[PATH_BYTES];
  if (!path_of(path, failure, folder, name)) return NULL;
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail(failure, "%s: cannot be opened: %s", name, strerror(errno));
    return NULL;
  }
  char *text = NULL;
  long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  if (size < 0 || (size_t)size > most_bytes || fseek(file, 0, SEEK_SET) != 0) {
    fail(failure, "%s: %ld bytes; at most %zu", name, size, most_bytes);
  } else if ((text = arena_take(arena, failure, (size_t)size + 1, 1)) != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
    fail(failure, "%s: cannot be read", name);
    text = NULL;
  }
  fclose(file);
  *bytes = (size_t)size;
  return text;
}
