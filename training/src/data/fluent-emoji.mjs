// Packs the hand-animated clips of the npm packages @lobehub/fluent-emoji-anim-1 to -4 (MIT licence), with captions from
// emojibase-data (MIT licence), as clips of one's own to train on: GIF files of 64 x 64 over a plain background, and captions.jsonl.
//
//   npm install @lobehub/fluent-emoji-anim-1 @lobehub/fluent-emoji-anim-2 @lobehub/fluent-emoji-anim-3 \
//     @lobehub/fluent-emoji-anim-4 emojibase-data sharp
//   node training/src/data/fluent-emoji.mjs node_modules emoji
//
// makes emoji/training and emoji/held-out: `"data": {"folder": "emoji/training", …}` in a chain's configuration. A fifth of the concepts
// is held out, by their names, with all their skin tones and genders: no variant of what is tested is seen in training. Still pictures are
// left out. Folders of packages that are not there are passed over; a third argument bounds the number of concepts.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const SIDE = 64;
const FRAMES = 17;
const SECONDS_PER_FRAME = 1 / 8;
const BACKGROUND = { r: 24, g: 26, b: 32 };
const HELD_OUT_OF = 5;

const [modules, out, most] = process.argv.slice(2);
if (!out) {
  console.error("usage: node fluent-emoji.mjs NODE_MODULES OUT [CONCEPTS]");
  process.exit(2);
}
const sharp = createRequire(join(resolve(modules), "x.js"))("sharp");

/** Without variation selectors, which the packages do not write alike. */
const plain = (name) => name.toLowerCase().replaceAll("_", "-").replaceAll("-fe0f", "");

/** What an emoji is called, and the concept that it is a variant of. */
function captions() {
  const all = new Map();
  const add = (emoji, concept) => {
    const text = emoji.label.toLowerCase().replaceAll(/[^a-z0-9 ]+/g, " ").replaceAll(/ +/g, " ").trim();
    all.set(plain(emoji.hexcode), { text, concept });
    for (const skin of emoji.skins ?? []) add(skin, concept);
  };
  for (const emoji of JSON.parse(readFileSync(join(modules, "emojibase-data/en/data.json"), "utf8"))) {
    // "woman surfing", "man surfing" and "person surfing" are one concept
    add(emoji, emoji.label.toLowerCase().replace(/^(wo)?m[ae]n |^person |^people /, ""));
  }
  return all;
}

const heldOut = (concept) => createHash("sha256").update(concept).digest()[0] % HELD_OUT_OF === 0;

/** As many frames as a model makes, at even distances in time, over the background. */
async function pack(file, target, pages) {
  const frames = [];
  for (let t = 0; t < FRAMES; t++) {
    const page = Math.round((t * (pages - 1)) / (FRAMES - 1));
    frames.push(await sharp(file, { page }).resize(SIDE, SIDE).flatten({ background: BACKGROUND }).raw().toBuffer());
  }
  await sharp(Buffer.concat(frames), { raw: { width: SIDE, height: SIDE * FRAMES, channels: 3, pageHeight: SIDE } })
    .gif({ delay: Array(FRAMES).fill(1000 * SECONDS_PER_FRAME), loop: 0, effort: 1, dither: 0 })
    .toFile(target);
}

const known = captions();
const concepts = new Set();
const lines = { training: [], "held-out": [] };
for (const part of Object.keys(lines)) mkdirSync(join(out, part), { recursive: true });
for (const number of [1, 2, 3, 4]) {
  const assets = join(modules, "@lobehub", `fluent-emoji-anim-${number}`, "assets");
  if (!existsSync(assets)) continue;
  for (const name of readdirSync(assets).filter((file) => file.endsWith(".webp")).sort()) {
    const about = known.get(plain(name.slice(0, -".webp".length)));
    if (!about) continue;
    if (most && !concepts.has(about.concept) && concepts.size >= Number(most)) continue;
    const file = join(assets, name);
    const { pages = 1 } = await sharp(file, { pages: -1 }).metadata();
    if (pages < FRAMES) continue;
    concepts.add(about.concept);
    const part = heldOut(about.concept) ? "held-out" : "training";
    const target = `${name.slice(0, -".webp".length)}.gif`;
    await pack(file, join(out, part, target), pages);
    lines[part].push(JSON.stringify({ file: target, text: about.text }));
  }
}
for (const [part, all] of Object.entries(lines)) {
  writeFileSync(join(out, part, "captions.jsonl"), all.map((line) => `${line}\n`).join(""));
  console.log(`${part}: ${all.length} clips`);
}
console.log(`${concepts.size} concepts`);
