#include "tokenizer.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6 };
enum { MOST_PIECES = 1 << 20, MOST_FILE_BYTES = 64 << 20, MOST_TEXT_BYTES = 1 << 16 };

typedef struct {
  const uint8_t *at, *end;
} Bytes;

typedef struct {
  Bytes text;
  float score;
  int32_t kind;
} Piece;

struct Tokenizer {
  Piece *pieces;
  int32_t count, longest, end, unknown;
  // the piece of each byte, if unknown characters are spelled
  bool has_bytes;
  int32_t byte_ids[256];
  // pieces that can be chosen by the hash of their text, -1 where there is none
  int32_t *table;
  uint32_t mask;
  float unknown_score, highest;
  // rules for characters as the Darts-clone library lays them out, then replacements that end in zeros
  const uint8_t *units;
  uint32_t unit_count;
  Bytes replacements;
  bool dummy_prefix, remove_extra_spaces, escape_spaces;
};

static Bytes bytes_of(const char *text) { return (Bytes){(const uint8_t *)text, (const uint8_t *)text + strlen(text)}; }
static size_t length_of(Bytes bytes) { return (size_t)(bytes.end - bytes.at); }
static bool same(Bytes a, Bytes b) { return length_of(a) == length_of(b) && memcmp(a.at, b.at, length_of(a)) == 0; }

/* ---- the file: messages of protobuf ---- */

/* One field: its number, and a number or bytes. */
typedef struct {
  uint32_t number;
  int kind;
  uint64_t value;
  Bytes bytes;
} Field;

static bool varint(Bytes *in, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && in->at < in->end; shift += 7) {
    uint8_t b = *in->at++;
    *value |= (uint64_t)(b & 0x7f) << shift;
    if (b < 0x80) return true;
  }
  return false;
}

/* Whether there is a field; `broken` tells the end from a fault. */
static bool next_field(Bytes *in, Field *field, bool *broken) {
  if (*broken || in->at == in->end) return false;
  uint64_t key = 0, length = 0;
  *broken = !varint(in, &key);
  *field = (Field){(uint32_t)(key >> 3), (int)(key & 7), 0, {NULL, NULL}};
  if (*broken) return false;
  if (field->kind == 0) return !(*broken = !varint(in, &field->value));
  if (field->kind == 2 && !varint(in, &length)) *broken = true;
  if (field->kind == 1) length = 8;
  if (field->kind == 5) length = 4;
  *broken |= (field->kind != 1 && field->kind != 2 && field->kind != 5) || length > length_of(*in);
  if (*broken) return false;
  field->bytes = (Bytes){in->at, in->at + length};
  in->at += length;
  if (field->kind == 5) {
    uint32_t word = 0;
    for (int i = 0; i < 4; i++) word |= (uint32_t)field->bytes.at[i] << 8 * i;
    field->value = word;
  }
  return true;
}

static bool read_piece(Bytes in, Piece *piece) {
  Field field;
  bool broken = false;
  *piece = (Piece){{NULL, NULL}, 0, NORMAL};
  while (next_field(&in, &field, &broken)) {
    if (field.number == 1) piece->text = field.bytes;
    if (field.number == 3) piece->kind = field.value < 7 ? (int32_t)field.value : 0;
    if (field.number != 2 || field.kind != 5) continue;
    uint32_t word = (uint32_t)field.value;
    memcpy(&piece->score, &word, sizeof word);
  }
  // scores that are no numbers could not be compared
  return !broken && length_of(piece->text) > 0 && piece->kind >= NORMAL && piece->kind <= BYTE && piece->score >= -FLT_MAX &&
         piece->score <= FLT_MAX;
}

static uint32_t little_endian(const uint8_t *at) { return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24; }

static bool read_rules(Tokenizer *t, Bytes in) {
  size_t length = length_of(in);
  if (length == 0) return true;
  uint32_t trie = length < 4 ? 1 : little_endian(in.at);
  if (trie % 4 != 0 || trie == 0 || trie >= length - 4 || in.end[-1] != 0) return false;
  t->units = in.at + 4;
  t->unit_count = trie / 4;
  t->replacements = (Bytes){in.at + 4 + trie, in.end};
  return true;
}

static bool read_normalizer(Tokenizer *t, Bytes in) {
  Field field;
  bool broken = false, rules = true;
  while (rules && next_field(&in, &field, &broken)) {
    if (field.number == 2) rules = read_rules(t, field.bytes);
    if (field.number == 3) t->dummy_prefix = field.value != 0;
    if (field.number == 4) t->remove_extra_spaces = field.value != 0;
    if (field.number == 5) t->escape_spaces = field.value != 0;
  }
  return rules && !broken;
}

/* Whether the model is one of pieces with probabilities, with spaces in front of words. */
static bool read_trainer(Bytes in, Bytes *end_text) {
  Field field;
  bool broken = false, known = true;
  while (next_field(&in, &field, &broken)) {
    if (field.number == 3) known &= field.value == 1;
    if (field.number == 24) known &= field.value == 0;
    if (field.number == 47) *end_text = field.bytes;
  }
  return known && !broken;
}

/* ---- pieces by their text ---- */

static uint32_t hash_of(Bytes text) {
  uint32_t hash = 2166136261u;
  for (const uint8_t *at = text.at; at < text.end; at++) hash = (hash ^ *at) * 16777619u;
  return hash;
}

/* The piece that can be chosen for a text, or -1. */
static int32_t piece_of(const Tokenizer *t, Bytes text) {
  for (uint32_t slot = hash_of(text) & t->mask; t->table[slot] >= 0; slot = (slot + 1) & t->mask)
    if (same(t->pieces[t->table[slot]].text, text)) return t->table[slot];
  return -1;
}

static bool index_pieces(Tokenizer *t, Arena *arena, Failure *failure) {
  uint32_t slots = 16;
  while (slots < 2 * (uint32_t)t->count) slots *= 2;
  t->mask = slots - 1;
  if ((t->table = arena_take(arena, failure, slots, sizeof *t->table)) == NULL) return false;
  for (uint32_t i = 0; i < slots; i++) t->table[i] = -1;
  float lowest = FLT_MAX;
  t->highest = FLT_MIN;
  for (int32_t id = 0; id < t->count; id++) {
    const Piece *piece = &t->pieces[id];
    if (piece->kind == UNKNOWN && t->unknown < 0) t->unknown = id;
    if (piece->kind == BYTE) {
      unsigned value = 256;
      if (length_of(piece->text) == 6 && piece->text.at[0] == '<') {
        char digits[3] = {(char)piece->text.at[3], (char)piece->text.at[4], 0};
        value = (unsigned)strtoul(digits, NULL, 16);
      }
      if (value > 255) return fail(failure, "tokenizer: piece %d is of no byte", id);
      t->byte_ids[value] = id;
      t->has_bytes = true;
    }
    if (piece->kind == NORMAL) {
      if (piece->score < lowest) lowest = piece->score;
      if (piece->score > t->highest) t->highest = piece->score;
    }
    if (piece->kind != NORMAL && piece->kind != USER_DEFINED) continue;
    if (piece_of(t, piece->text) >= 0) return fail(failure, "tokenizer: piece %d is there twice", id);
    uint32_t slot = hash_of(piece->text) & t->mask;
    while (t->table[slot] >= 0) slot = (slot + 1) & t->mask;
    t->table[slot] = id;
    if ((int32_t)length_of(piece->text) > t->longest) t->longest = (int32_t)length_of(piece->text);
  }
  t->unknown_score = lowest - 10.f;
  return true;
}

Tokenizer *tokenizer_read(Arena *arena, Failure *failure, const char *folder, const char *name) {
  size_t bytes = 0;
  const char *file = read_file(arena, failure, folder, name, MOST_FILE_BYTES, &bytes);
  Tokenizer *t = file == NULL ? NULL : arena_take(arena, failure, 1, sizeof *t);
  if (t == NULL) return NULL;
  t->dummy_prefix = t->remove_extra_spaces = t->escape_spaces = true;
  t->end = t->unknown = -1;
  Bytes all = {(const uint8_t *)file, (const uint8_t *)file + bytes}, end_text = bytes_of("</s>");
  bool broken = false, read = true;
  Field field;
  for (Bytes in = all; next_field(&in, &field, &broken);) t->count += field.number == 1 && t->count < MOST_PIECES;
  t->pieces = arena_take(arena, failure, (size_t)t->count + 1, sizeof *t->pieces);
  if (t->pieces == NULL) return NULL;
  int32_t at = 0;
  for (Bytes in = all; read && next_field(&in, &field, &broken);) {
    if (field.number == 1 && at < t->count) read = read_piece(field.bytes, &t->pieces[at++]);
    if (field.number == 2) read = read_trainer(field.bytes, &end_text);
    if (field.number == 3) read = read_normalizer(t, field.bytes);
  }
  if (broken || !read) {
    fail(failure, "%s: broken, or no unigram model", name);
    return NULL;
  }
  if (!index_pieces(t, arena, failure)) return NULL;
  for (int32_t id = 0; id < t->count && t->end < 0; id++)
    if (same(t->pieces[id].text, end_text)) t->end = id;
  if (t->end < 0 || t->unknown < 0) {
    fail(failure, "%s: has no end or no unknown piece", name);
    return NULL;
  }
  return t;
}

int32_t tokenizer_size(const Tokenizer *t) { return t->count; }

/* ---- normalisation ---- */

static const char SPACE[] = "\xe2\x96\x81", REPLACEMENT[] = "\xef\xbf\xbd";

static size_t lead_length(uint8_t b) { return b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4; }

/* The length of the valid character that begins here, or 0. Overlong forms and surrogates are not valid. */
static size_t valid_length(Bytes text) {
  uint8_t b = text.at[0];
  if (b < 0x80) return 1;
  size_t length = lead_length(b);
  if (b < 0xc2 || b > 0xf4 || length_of(text) < length) return 0;
  uint8_t low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80, high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
  if (text.at[1] < low || text.at[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((text.at[i] & 0xc0) != 0x80) return 0;
  return length;
}

/* A unit of the trie; 0, which is nobody's child, beyond its end. */
static uint32_t unit_of(const Tokenizer *t, uint32_t at) { return at < t->unit_count ? little_endian(t->units + 4 * (size_t)at) : 0; }

/* The longest rule that matches here: its length, and where its replacement begins. */
static size_t rule_at(const Tokenizer *t, Bytes text, uint32_t *replacement) {
  size_t longest = 0;
  if (t->unit_count == 0) return 0;
  uint32_t node = 0, unit = unit_of(t, 0);
  for (const uint8_t *at = text.at; at < text.end && *at != 0; at++) {
    uint32_t base = node ^ (unit >> 10 << ((unit & 1u << 9) >> 6));
    node = base ^ *at;
    unit = unit_of(t, node);
    if ((unit & (1u << 31 | 0xff)) != *at) break;
    if (!(unit & 1u << 8)) continue;
    uint32_t value = unit_of(t, node ^ (unit >> 10 << ((unit & 1u << 9) >> 6)));
    // a broken file may point anywhere; the last replacement ends in a zero
    if (!(value & 1u << 31) || (value & ~(1u << 31)) >= length_of(t->replacements)) continue;
    *replacement = value & ~(1u << 31);
    longest = (size_t)(at + 1 - text.at);
  }
  return longest;
}

static size_t user_defined_at(const Tokenizer *t, Bytes text) {
  size_t most = length_of(text) < (size_t)t->longest ? length_of(text) : (size_t)t->longest;
  for (size_t length = most; length > 0; length--) {
    int32_t id = piece_of(t, (Bytes){text.at, text.at + length});
    if (id >= 0 && t->pieces[id].kind == USER_DEFINED) return length;
  }
  return 0;
}

/* What the next character or rule becomes; moves on. */
static Bytes step(const Tokenizer *t, bool user_defined, Bytes *in) {
  size_t same_length = user_defined ? user_defined_at(t, *in) : 0;
  uint32_t replacement = 0;
  size_t rule = same_length > 0 ? 0 : rule_at(t, *in, &replacement);
  if (rule > 0) {
    in->at += rule;
    return bytes_of((const char *)t->replacements.at + replacement);
  }
  size_t length = same_length > 0 ? same_length : valid_length(*in);
  Bytes taken = length == 0 ? bytes_of(REPLACEMENT) : (Bytes){in->at, in->at + length};
  in->at += length == 0 ? 1 : length;
  return taken;
}

typedef struct {
  uint8_t *bytes;
  size_t count, room;
} Text;

static bool append(Text *text, const char *bytes, size_t count) {
  if (count == 0) return true;
  if (text->count + count > text->room) {
    size_t room = 2 * (text->count + count) + 64;
    uint8_t *more = realloc(text->bytes, room);
    if (more == NULL) return false;
    text->bytes = more;
    text->room = room;
  }
  memcpy(text->bytes + text->count, bytes, count);
  text->count += count;
  return true;
}

static bool normalize(const Tokenizer *t, Bytes in, Text *out) {
  bool trim = t->remove_extra_spaces, user_defined = false, fits = true;
  const char *space = t->escape_spaces ? SPACE : " ";
  for (int32_t id = 0; id < t->count; id++) user_defined |= t->pieces[id].kind == USER_DEFINED;
  for (Bytes ahead = in; trim && in.at < in.end; in = ahead) {
    Bytes part = step(t, user_defined, &ahead);
    if (length_of(part) != 1 || part.at[0] != ' ') break;
  }
  if (in.at == in.end) return true;
  if (t->dummy_prefix) fits = append(out, space, strlen(space));
  for (bool after_space = trim; fits && in.at < in.end;) {
    Bytes part = step(t, user_defined, &in);
    while (after_space && part.at < part.end && *part.at == ' ') part.at++;
    if (part.at == part.end) continue;
    for (const uint8_t *at = part.at; fits && at < part.end; at++)
      fits = *at == ' ' ? append(out, space, strlen(space)) : append(out, (const char *)at, 1);
    after_space = trim && part.end[-1] == ' ';
  }
  while (trim && out->count >= strlen(space) && memcmp(out->bytes + out->count - strlen(space), space, strlen(space)) == 0)
    out->count -= strlen(space);
  return fits;
}

/* ---- the best pieces: Viterbi over the places between characters, with sums in f32 as SentencePiece has them ---- */

typedef struct {
  float best;
  // where the best piece that ends here begins, -1 if none does; then, on the best path, where the one that begins here ends
  int32_t begin, id, next;
} End;

static void offer(End *ends, size_t begin, size_t end, int32_t id, float score) {
  float total = score + ends[begin].best;
  if (ends[end].begin >= 0 && !(total > ends[end].best)) return;
  ends[end] = (End){total, (int32_t)begin, id, -1};
}

static void find_ends(const Tokenizer *t, const Text *text, End *ends) {
  for (size_t i = 0; i <= text->count; i++) ends[i] = (End){0, -1, -1, -1};
  for (size_t begin = 0, length; begin < text->count; begin += length) {
    length = lead_length(text->bytes[begin]);
    if (length > text->count - begin) length = text->count - begin;
    bool covered = false;
    for (size_t end = begin + 1; end <= text->count && end - begin <= (size_t)t->longest; end++) {
      int32_t id = piece_of(t, (Bytes){text->bytes + begin, text->bytes + end});
      if (id < 0) continue;
      bool user_defined = t->pieces[id].kind == USER_DEFINED;
      offer(ends, begin, end, id, user_defined ? (float)((float)(end - begin) * t->highest - 0.1) : t->pieces[id].score);
      covered |= end - begin == length;
    }
    if (!covered) offer(ends, begin, begin + length, t->unknown, t->unknown_score);
  }
}

/* The ids of a normalised text, `room` at most. */
static size_t ids_of(const Tokenizer *t, const Text *text, End *ends, int32_t *ids, size_t room) {
  find_ends(t, text, ends);
  for (int32_t at = (int32_t)text->count, next = -1;; next = at, at = ends[at].begin) {
    ends[at].next = next;
    if (at == 0) break;
  }
  size_t count = 0;
  bool after_unknown = false;
  for (int32_t at = 0; ends[at].next >= 0; at = ends[at].next) {
    int32_t end = ends[at].next, id = ends[end].id;
    bool unknown = id == t->unknown;
    if (unknown && t->has_bytes) {
      for (int32_t i = at; i < end && count < room; i++) ids[count++] = t->byte_ids[text->bytes[i]];
    } else if (!(unknown && after_unknown) && count < room) {
      // unknown neighbours are one token
      ids[count++] = id;
    }
    after_unknown = unknown && !t->has_bytes;
  }
  return count;
}

/* Single spaces, none at the ends: as prompts were cleaned in training. */
static bool cleaned(const char *prompt, Text *out) {
  bool space = false;
  for (const char *at = prompt; *at; at++) {
    bool is_space = *at == ' ' || (*at >= '\t' && *at <= '\r') || (*at >= 0x1c && *at <= 0x1f);
    if (!is_space && !append(out, space && out->count > 0 ? " " : "", space && out->count > 0)) return false;
    if (!is_space && !append(out, at, 1)) return false;
    space = is_space;
  }
  return true;
}

size_t tokenizer_encode(const Tokenizer *t, Failure *failure, const char *prompt, int32_t *ids, size_t room) {
  if (room == 0 || strlen(prompt) > MOST_TEXT_BYTES) {
    fail(failure, "prompt: %zu bytes; needs at most %d", strlen(prompt), MOST_TEXT_BYTES);
    return 0;
  }
  Text clean = {NULL, 0, 0}, normal = {NULL, 0, 0};
  size_t count = 0;
  bool fits = cleaned(prompt, &clean) && normalize(t, (Bytes){clean.bytes, clean.bytes + clean.count}, &normal);
  End *ends = fits ? malloc((normal.count + 1) * sizeof *ends) : NULL;
  if (ends == NULL) {
    fail(failure, "prompt: not enough memory");
  } else {
    count = ids_of(t, &normal, ends, ids, room - 1);
    ids[count++] = t->end;
  }
  free(ends);
  free(clean.bytes);
  free(normal.bytes);
  return count;
}
