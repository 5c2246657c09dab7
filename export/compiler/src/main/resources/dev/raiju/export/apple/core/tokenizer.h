/* Text to ids by a unigram model: the ids of SentencePiece (Kudo 2018, arXiv:1804.10959). */
#ifndef RAIJU_TOKENIZER_H
#define RAIJU_TOKENIZER_H

#include "common.h"

typedef struct Tokenizer Tokenizer;

/* Reads a `.model` file of SentencePiece, or gives NULL and a failure. */
Tokenizer *tokenizer_read(Arena *arena, Failure *failure, const char *folder, const char *name);

int32_t tokenizer_size(const Tokenizer *tokenizer);

/* The ids of a text and the end id, `room` of them at most, of which the end id is always the last.

   Gives how many, or 0 and a failure. */
size_t tokenizer_encode(const Tokenizer *tokenizer, Failure *failure, const char *text, int32_t *ids, size_t room);

#endif
