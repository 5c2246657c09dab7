/// Model files: safetensors, one file or sharded, read without trusting them; and files that appear whole or not at all.
package dev.raiju.tensor.io;
