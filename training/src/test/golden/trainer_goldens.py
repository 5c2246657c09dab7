"""Writes grammar.tsv: what SentencePiece 0.2.2 gives for grammar.model. That file comes from the main method of GrammarCorpus."""
import pathlib
import random

import sentencepiece

OUT = pathlib.Path(__file__).parents[1] / "resources/dev/raiju/training/data"
WORDS = "A a red Green BLUE circle star moves right orbits the center bounces , . elephant starlight É reds xyz ... 12".split()
R = random.Random(4)

tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(OUT / "grammar.model"))
rows = []
for _ in range(200):
    text = R.choice(["", " "]).join(R.choice(WORDS) + R.choice(["", " "]) for _ in range(R.randint(0, 8)))
    ids = tokenizer.encode(text)
    rows.append("\t".join([text, " ".join(map(str, ids)), tokenizer.decode(ids)]) + "\n")
(OUT / "grammar.tsv").write_text("".join(rows), encoding="utf-8")
