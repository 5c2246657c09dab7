/* JSON as a tree. Reading is strict and bounded; what a member must be is asked for with the failure that it otherwise is. */
#ifndef RAIJU_JSON_H
#define RAIJU_JSON_H

#include "common.h"

typedef enum { JSON_NULL, JSON_FLAG, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT } JsonKind;

typedef struct Json {
  JsonKind kind;
  /* A number without fraction and exponent that 64 bits hold. */
  bool is_whole;
  /* Of a member. */
  const char *name;
  const char *text;
  double number;
  int64_t whole;
  /* Items or members. */
  size_t count;
  struct Json *first, *next;
} Json;

/* The value that a text holds, or NULL and a failure. The text is changed: strings lie in it.

   source: what to call it in messages. */
const Json *json_parse(Arena *arena, Failure *failure, const char *source, char *text, size_t bytes);

/* A member, or NULL. */
const Json *json_member(const Json *object, const char *name);

/* Members of a kind; NULL, 0 and a failure that names `where` if there is none. */
const Json *json_list(const Json *object, const char *name, Failure *failure, const char *where);
const Json *json_object(const Json *object, const char *name, Failure *failure, const char *where);
const char *json_text(const Json *object, const char *name, Failure *failure, const char *where);
double json_number(const Json *object, const char *name, Failure *failure, const char *where);
int64_t json_whole(const Json *object, const char *name, int64_t least, int64_t most, Failure *failure, const char *where);

#endif
