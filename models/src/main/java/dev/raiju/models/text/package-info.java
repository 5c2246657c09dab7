/// From a prompt to what the transformer reads: cleaning, tokenizer and the UMT5 encoder.
package dev.raiju.models.text;
