#include "json.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

enum { DEEPEST = 32 };

typedef struct {
  Arena *arena;
  Failure *failure;
  const char *source;
  char *begin, *at, *end;
  // the numbers of JSON have a point, whatever the user's language
  locale_t plain;
} Parser;

static Json *broken(Parser *parser, const char *problem) {
  fail(parser->failure, "%s: at byte %td: %s", parser->source, parser->at - parser->begin, problem);
  return NULL;
}

static void skip_spaces(Parser *parser) {
  while (parser->at < parser->end && strchr(" \t\r\n", *parser->at) != NULL && *parser->at != 0) parser->at++;
}

static bool take(Parser *parser, char c) {
  skip_spaces(parser);
  if (parser->at == parser->end || *parser->at != c) return false;
  parser->at++;
  return true;
}

static int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int unit_at(const Parser *parser, const char *at) {
  int unit = 0;
  if (parser->end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_of(at[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

/* Writes a character; gives the place behind it. */
static char *put_character(char *to, unsigned c) {
  if (c < 0x80) {
    *to++ = (char)c;
  } else if (c < 0x800) {
    *to++ = (char)(0xc0 | c >> 6);
    *to++ = (char)(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *to++ = (char)(0xe0 | c >> 12);
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    *to++ = (char)(0x80 | (c & 0x3f));
  } else {
    *to++ = (char)(0xf0 | c >> 18);
    *to++ = (char)(0x80 | (c >> 12 & 0x3f));
    *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    *to++ = (char)(0x80 | (c & 0x3f));
  }
  return to;
}

/* What follows a backslash; it is never shorter than the character itself. */
static char *escaped(Parser *parser, char *to) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  if (parser->at == parser->end) return NULL;
  char c = *parser->at++;
  const char *known = strchr(names, c);
  if (c != 0 && known != NULL) {
    *to++ = meant[known - names];
    return to;
  }
  int unit = c == 'u' ? unit_at(parser, parser->at) : -1;
  if (unit <= 0) return NULL;
  parser->at += 4;
  if (unit < 0xd800 || unit > 0xdfff) return put_character(to, (unsigned)unit);
  bool follows = unit < 0xdc00 && parser->end - parser->at >= 6 && parser->at[0] == '\\' && parser->at[1] == 'u';
  int low = follows ? unit_at(parser, parser->at + 2) : -1;
  if (low < 0xdc00 || low > 0xdfff) return NULL;
  parser->at += 6;
  return put_character(to, 0x10000u + ((unsigned)(unit - 0xd800) << 10) + (unsigned)(low - 0xdc00));
}

/* A string behind its first quote, decoded where it lies. */
static const char *string(Parser *parser) {
  char *text = parser->at, *to = text;
  while (parser->at < parser->end) {
    char c = *parser->at++;
    if (c == '"') {
      *to = 0;
      return text;
    }
    if ((unsigned char)c < 0x20) break;
    if (c != '\\') *to++ = c;
    else if ((to = escaped(parser, to)) == NULL) break;
  }
  broken(parser, "a string is not well formed");
  return NULL;
}

static Json *value(Parser *parser, int depth);

static Json *number(Parser *parser, Json *json) {
  char *begin = parser->at, *behind;
  while (parser->at < parser->end && strchr("+-0123456789.eE", *parser->at) != NULL && *parser->at != 0) parser->at++;
  char *end = parser->at, kept = *end;
  // the text ends in a zero, so there always is one behind the number
  *end = 0;
  json->kind = JSON_NUMBER;
  json->number = strtod_l(begin, &behind, parser->plain);
  bool whole = strpbrk(begin, ".eE") == NULL;
  if (whole && strlen(begin) < 19) {
    json->is_whole = true;
    json->whole = strtoll(begin, NULL, 10);
  }
  bool read = behind == end && end > begin && begin[0] != '+' && begin[0] != '.';
  *end = kept;
  return read ? json : broken(parser, "no value");
}

static bool word(Parser *parser, const char *wanted) {
  size_t length = strlen(wanted);
  if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, wanted, length) != 0) return false;
  parser->at += length;
  return true;
}

/* Items up to a bracket; members have names. */
static Json *items(Parser *parser, Json *json, char close, int depth) {
  Json **last = &json->first;
  if (take(parser, close)) return json;
  do {
    const char *name = NULL;
    if (json->kind == JSON_OBJECT) {
      if (!take(parser, '"')) return broken(parser, "a member without a name");
      if ((name = string(parser)) == NULL) return NULL;
      if (!take(parser, ':')) return broken(parser, "a member without a value");
    }
    Json *item = value(parser, depth + 1);
    if (item == NULL) return NULL;
    item->name = name;
    *last = item;
    last = &item->next;
    json->count++;
  } while (take(parser, ','));
  return take(parser, close) ? json : broken(parser, "a list or object that does not end");
}

static Json *value(Parser *parser, int depth) {
  if (depth > DEEPEST) return broken(parser, "nested too deeply");
  Json *json = arena_take(parser->arena, parser->failure, 1, sizeof *json);
  if (json == NULL) return NULL;
  if (take(parser, '{')) {
    json->kind = JSON_OBJECT;
    return items(parser, json, '}', depth);
  }
  if (take(parser, '[')) {
    json->kind = JSON_LIST;
    return items(parser, json, ']', depth);
  }
  if (take(parser, '"')) {
    json->kind = JSON_TEXT;
    return (json->text = string(parser)) == NULL ? NULL : json;
  }
  if (word(parser, "null")) return json;
  if (word(parser, "true") || word(parser, "false")) {
    json->kind = JSON_FLAG;
    return json;
  }
  return number(parser, json);
}

const Json *json_parse(Arena *arena, Failure *failure, const char *source, char *text, size_t bytes) {
  Parser parser = {arena, failure, source, text, text, text + bytes, newlocale(LC_ALL_MASK, "C", (locale_t)0)};
  if (parser.plain == (locale_t)0) {
    fail(failure, "%s: the system has no plain locale", source);
    return NULL;
  }
  Json *json = value(&parser, 0);
  skip_spaces(&parser);
  if (json != NULL && parser.at != parser.end) json = broken(&parser, "something follows the value");
  freelocale(parser.plain);
  return json;
}

const Json *json_member(const Json *object, const char *name) {
  if (object == NULL || object->kind != JSON_OBJECT) return NULL;
  for (const Json *at = object->first; at != NULL; at = at->next)
    if (strcmp(at->name, name) == 0) return at;
  return NULL;
}

static const Json *of_kind(const Json *object, const char *name, JsonKind kind, const char *what, Failure *failure, const char *where) {
  const Json *member = json_member(object, name);
  if (member != NULL && member->kind == kind) return member;
  fail(failure, "%s: %s: %s; needs %s", where, name, member == NULL ? "missing" : "of another kind", what);
  return NULL;
}

const Json *json_list(const Json *object, const char *name, Failure *failure, const char *where) {
  return of_kind(object, name, JSON_LIST, "a list", failure, where);
}

const Json *json_object(const Json *object, const char *name, Failure *failure, const char *where) {
  return of_kind(object, name, JSON_OBJECT, "an object", failure, where);
}

const char *json_text(const Json *object, const char *name, Failure *failure, const char *where) {
  const Json *member = of_kind(object, name, JSON_TEXT, "a text", failure, where);
  return member == NULL ? NULL : member->text;
}

double json_number(const Json *object, const char *name, Failure *failure, const char *where) {
  const Json *member = of_kind(object, name, JSON_NUMBER, "a number", failure, where);
  return member == NULL ? 0 : member->number;
}

int64_t json_whole(const Json *object, const char *name, int64_t least, int64_t most, Failure *failure, const char *where) {
  const Json *member = of_kind(object, name, JSON_NUMBER, "a whole number", failure, where);
  if (member == NULL) return least;
  if (member->is_whole && member->whole >= least && member->whole <= most) return member->whole;
  fail(failure, "%s: %s: %.17g; needs a whole number from %lld to %lld", where, name, member->number, (long long)least, (long long)most);
  return least;
}
