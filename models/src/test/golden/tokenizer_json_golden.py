"""Writes tokenizer.json with Hugging Face tokenizers 0.23.2, the way T5's are converted, and tokenizer_json.tsv: texts and ids."""
import pathlib
import random

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram

OUT = pathlib.Path(__file__).parents[1] / "resources/dev/raiju/models/text"
R = random.Random(6)

words = "▁ ▁a ▁fi ne ▁cab ▁face ▁be ad ca fe ▁é".split()
vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
vocab += [(word, -2 - index / 7) for index, word in enumerate(words)]
vocab += [(letter, -6 - index / 9) for index, letter in enumerate("abcdefin")]
tokenizer = Tokenizer(Unigram(vocab, 2, False))
tokenizer.normalizer = normalizers.Sequence([
    normalizers.Precompiled((OUT / "small_map.bin").read_bytes()), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")])
tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>", "<extra_id_0>"])
tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)

parts = ["A", "Ａ", "ﬁne", "cab", "face", "bead", "e\u0301", "é", "cafe", " ", "  ", "\u3000", "z", "xyz", "in"]
rows = []
for _ in range(200):
    text = "".join(R.choice(parts) + R.choice(["", " "]) for _ in range(R.randint(1, 8)))
    rows.append("".join(c if " " <= c <= "~" else f"\\{{{ord(c):x}}}" for c in text) + "\t"
                + " ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) + "\n")
(OUT / "tokenizer_json.tsv").write_text("".join(rows), encoding="ascii")
