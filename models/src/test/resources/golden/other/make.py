"""Golden files of other sizes than those beside this folder, computed in float64 by NumPy loops and einsums from the formulas
alone: a second implementation, and a check that no size is taken for granted.

    python3 make.py        # writes wan_dit, umt5, taehv and schedulers .safetensors here
"""
import json
import math
import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RNG = np.random.default_rng(20250701)


def write(kind, config, tensors):
    header = {"__metadata__": {"file": kind, "config": json.dumps(config)}}
    blobs, at = [], 0
    for name, value in tensors.items():
        value = np.asarray(value)
        value = np.ascontiguousarray(value, np.int32 if value.dtype.kind in "iub" else np.float32)
        blob = value.tobytes()
        header[name] = {"dtype": "I32" if value.dtype == np.int32 else "F32", "shape": list(value.shape),
                        "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, kind + ".safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def normal(*shape, scale=1.0):
    """Rounded to float32, so that both sides start from the same numbers."""
    return (RNG.standard_normal(shape) * scale).astype(np.float32).astype(np.float64)


def gelu(x): return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
def silu(x): return x / (1 + np.exp(-x))
def relu(x): return np.maximum(x, 0)
def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Weights(dict):
    """Weights that are drawn when they are first asked for."""

    def linear(self, x, name, out, bias=True):
        w = self.setdefault(name + ".weight", normal(out, x.shape[-1], scale=x.shape[-1] ** -0.5))
        y = x @ w.T
        return y + self.setdefault(name + ".bias", normal(out, scale=0.3)) if bias else y

    def gain(self, name, width): return self.setdefault(name + ".weight", 1 + normal(width, scale=0.2))


# ---- the transformer

def wan(config):
    w, mid = Weights(), {}
    dim, heads, eps = config["dim"], config["num_heads"], config["eps"]
    width = dim // heads
    pt, ph, pw = config["patch_size"]
    B, C = config["batch"], config["in_dim"]
    x = normal(B, C, config["frames"], config["height"], config["width"])
    t = np.asarray(config["t"], np.float32).astype(np.float64)
    context = normal(B, config["text_len"], config["text_dim"])
    for i, n in enumerate(config["text_lens"]): context[i, n:] = 0
    ins = {"in.x": x, "in.t": t, "in.context": context, "in.text_lens": np.asarray(config["text_lens"])}

    half = config["freq_dim"] // 2
    angle = t[:, None] * 10000.0 ** (-np.arange(half) / half)
    mid["sinusoid"] = np.concatenate([np.cos(angle), np.sin(angle)], 1)
    e = mid["time_emb"] = w.linear(silu(w.linear(mid["sinusoid"], "time_embedding.0", dim)), "time_embedding.2", dim)
    mid["time_proj"] = w.linear(silu(e), "time_projection.1", 6 * dim)
    e0 = mid["time_proj"].reshape(B, 6, dim)
    text = mid["text_emb"] = w.linear(gelu(w.linear(context, "text_embedding.0", dim)), "text_embedding.2", dim)

    kernel = w.setdefault("patch_embedding.weight", normal(dim, C, pt, ph, pw, scale=0.1))
    F, H, W = x.shape[2] // pt, x.shape[3] // ph, x.shape[4] // pw
    tokens = np.zeros((B, F, H, W, dim))
    for f in range(F):
        for i in range(H):
            for j in range(W):
                cell = x[:, :, f * pt:(f + 1) * pt, i * ph:(i + 1) * ph, j * pw:(j + 1) * pw]
                tokens[:, f, i, j] = np.einsum("bcxyz,dcxyz->bd", cell, kernel)
    x = tokens.reshape(B, F * H * W, dim) + w.setdefault("patch_embedding.bias", normal(dim, scale=0.3))
    mid["patch_tokens"] = x

    def norm(x): return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
    def rms(x, name): return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * w.gain(name, x.shape[-1])

    def rope(q):
        pairs = width // 2
        spread = [pairs - 2 * (pairs // 3), pairs // 3, pairs // 3]
        out = np.zeros_like(q)
        for n in range(F * H * W):
            place, j = [n // (H * W), n // W % H, n % W], 0
            for axis in range(3):
                for i in range(spread[axis]):
                    a = place[axis] * 10000.0 ** (-i / spread[axis])
                    even, odd = q[:, n, :, 2 * j], q[:, n, :, 2 * j + 1]
                    out[:, n, :, 2 * j] = even * math.cos(a) - odd * math.sin(a)
                    out[:, n, :, 2 * j + 1] = even * math.sin(a) + odd * math.cos(a)
                    j += 1
        return out

    def attention(x, other, name, turned):
        q = rms(w.linear(x, name + ".q", dim), name + ".norm_q").reshape(B, -1, heads, width)
        k = rms(w.linear(other, name + ".k", dim), name + ".norm_k").reshape(B, -1, heads, width)
        v = w.linear(other, name + ".v", dim).reshape(B, -1, heads, width)
        if turned: q, k = rope(q), rope(k)
        p = softmax(np.einsum("bnhd,bmhd->bhnm", q, k) / math.sqrt(width))
        return w.linear(np.einsum("bhnm,bmhd->bnhd", p, v).reshape(B, -1, dim), name + ".o", dim)

    for i in range(config["num_layers"]):
        name = f"blocks.{i}."
        m = w.setdefault(name + "modulation", normal(1, 6, dim, scale=0.3)) + e0
        shift1, scale1, gate1, shift2, scale2, gate2 = (m[:, k:k + 1] for k in range(6))
        steps = {"norm1": norm(x)}
        steps["self_attn"] = attention(*[steps["norm1"] * (1 + scale1) + shift1] * 2, name + "self_attn", True)
        x = x + gate1 * steps["self_attn"]
        steps["norm3"] = norm(x) * w.gain(name + "norm3", dim) + w.setdefault(name + "norm3.bias", normal(dim, scale=0.3))
        steps["cross_attn"] = attention(steps["norm3"], text, name + "cross_attn", False)
        x = x + steps["cross_attn"]
        y = norm(x) * (1 + scale2) + shift2
        steps["ffn"] = w.linear(gelu(w.linear(y, name + "ffn.0", config["ffn_dim"])), name + "ffn.2", dim)
        x = x + gate2 * steps["ffn"]
        if i == 0: mid.update({"block0." + k: v for k, v in steps.items()})
        mid[f"block{i}"] = x
    m = w.setdefault("head.modulation", normal(1, 2, dim, scale=0.3)) + e[:, None]
    O = config["out_dim"]
    mid["head"] = w.linear(norm(x) * (1 + m[:, 1:]) + m[:, :1], "head.head", pt * ph * pw * O)
    v = mid["head"].reshape(B, F, H, W, pt, ph, pw, O).transpose(0, 7, 1, 4, 2, 5, 3, 6).reshape(
        B, O, F * pt, H * ph, W * pw)
    return {**ins, **{"w." + k: t for k, t in w.items()}, **{"mid." + k: t for k, t in mid.items()}, "out.v": v}


# ---- the text encoder

def bucket(config, rel):
    half = config["num_buckets"] // 2
    exact, a = half // 2, abs(rel)
    base = half if rel > 0 else 0
    if a < exact: return base + a
    wide = np.float32(math.log(a / exact)) / np.float32(math.log(config["max_distance"] / exact)) * np.float32(half - exact)
    return base + min(half - 1, exact + int(wide))


def umt5(config):
    w, mid = Weights(), {}
    dim, inner, heads, L = config["dim"], config["dim_attn"], config["num_heads"], config["seq_len"]
    lens = config["lens"]
    ids = RNG.integers(0, config["vocab_size"], (len(lens), L))
    mask = np.asarray([[int(i < n) for i in range(L)] for n in lens])
    x = w.setdefault("token_embedding.weight", normal(config["vocab_size"], dim))[ids]

    def rms(x, name): return x / np.sqrt((x * x).mean(-1, keepdims=True) + config["eps"]) * w.gain(name, dim)
    def split(x): return x.reshape(len(lens), L, heads, inner // heads)
    for i in range(config["num_layers"]):
        name = f"blocks.{i}."
        y = rms(x, name + "norm1")
        q, k, v = (split(w.linear(y, name + "attn." + part, inner, bias=False)) for part in "qkv")
        table = w.setdefault(name + "pos_embedding.embedding.weight", normal(config["num_buckets"], heads))
        bias = np.asarray([[table[bucket(config, b - a)] for b in range(L)] for a in range(L)]).transpose(2, 0, 1)[None]
        s = np.einsum("bnhd,bmhd->bhnm", q, k) + bias
        p = softmax(np.where(mask[:, None, None] == 1, s, -1e30))
        y = w.linear(np.einsum("bhnm,bmhd->bnhd", p, v).reshape(len(lens), L, inner), name + "attn.o", dim, bias=False)
        if i == 0: mid["block0.pos_bias"], mid["block0.attn"] = bias, y
        x = x + y
        y = rms(x, name + "norm2")
        gate = gelu(w.linear(y, name + "ffn.gate.0", config["dim_ffn"], bias=False))
        up = w.linear(y, name + "ffn.fc1", config["dim_ffn"], bias=False)
        x = x + w.linear(up * gate, name + "ffn.fc2", dim, bias=False)
        mid[f"block{i}"] = x
    hidden = rms(x, "norm")
    rel = np.arange(1 - 3 * L, 3 * L)
    return {"in.ids": ids, "in.mask": mask, "bucket.rel": rel, "bucket.id": np.asarray([bucket(config, int(r)) for r in rel]),
            **{"w." + k: t for k, t in w.items()}, **{"mid." + k: t for k, t in mid.items()}, "out.hidden": hidden,
            "out.context_zero_padded": hidden * mask[:, :, None]}


# ---- the tiny autoencoder, frame by frame

def conv(w, x, name, out, size=3, stride=1, bias=True):
    """x: [frames, C, H, W]"""
    kernel = w.setdefault(name + ".weight", normal(out, x.shape[1], size, size, scale=(x.shape[1] * size * size) ** -0.5))
    edge = size // 2
    x = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
    rows, cols = (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1
    y = np.zeros((x.shape[0], out, rows, cols))
    for i in range(size):
        for j in range(size):
            part = x[:, :, i:i + stride * (rows - 1) + 1:stride, j:j + stride * (cols - 1) + 1:stride]
            y += np.einsum("nchw,oc->nohw", part, kernel[:, :, i, j])
    return y + w.setdefault(name + ".bias", normal(out, scale=0.2))[:, None, None] if bias else y


def memory(w, x, name, width):
    out = []
    for t in range(len(x)):
        past = x[t - 1:t] if t > 0 else np.zeros_like(x[:1])
        y = relu(conv(w, np.concatenate([x[t:t + 1], past], 1), name + ".conv.0", width))
        out.append(relu(conv(w, relu(conv(w, y, name + ".conv.2", width)), name + ".conv.4", width) + x[t:t + 1]))
    return np.concatenate(out)


def encode(w, config, frames):
    n, width = config["patch_size"], config["enc_width"]
    pooled = config["encoder_time_downscale"]
    factor = 2 ** sum(pooled)
    frames = np.concatenate([frames] + [frames[-1:]] * (-len(frames) % factor))
    T, C, H, W = frames.shape
    x = frames.reshape(T, C, H // n, n, W // n, n).transpose(0, 1, 3, 5, 2, 4).reshape(T, C * n * n, H // n, W // n)
    x = relu(conv(w, x, "encoder.0", width))
    at = 2
    for pool in pooled:
        k = 2 if pool else 1
        x = x.reshape(len(x) // k, k * x.shape[1], *x.shape[2:])
        x = conv(w, x, f"encoder.{at}.conv", width, size=1, bias=False)
        x = conv(w, x, f"encoder.{at + 1}", width, stride=2, bias=False)
        for i in range(3): x = memory(w, x, f"encoder.{at + 2 + i}", width)
        at += 5
    return conv(w, x, f"encoder.{at}", config["latent_channels"])


def decode(w, config, latent):
    n, widths, grown = config["patch_size"], config["dec_widths"], config["decoder_time_upscale"]
    x = relu(conv(w, 3 * np.tanh(latent / 3), "decoder.1", widths[0]))
    at = 3
    for level, grow in enumerate(grown):
        for i in range(3): x = memory(w, x, f"decoder.{at + i}", widths[level])
        x = x.repeat(2, axis=2).repeat(2, axis=3)
        k = 2 if grow else 1
        x = conv(w, x, f"decoder.{at + 4}.conv", k * widths[level], size=1, bias=False)
        x = x.reshape(len(x) * k, widths[level], *x.shape[2:])
        x = conv(w, x, f"decoder.{at + 5}", widths[level + 1], bias=False)
        at += 6
    x = conv(w, relu(x), f"decoder.{at + 1}", config["image_channels"] * n * n)
    T, C, H, W = x.shape
    return x.reshape(T, C // n // n, n, n, H, W).transpose(0, 1, 4, 2, 5, 3).reshape(T, C // n // n, H * n, W * n)


def taehv(config):
    w, out = Weights(), {}
    space = config["patch_size"] * 2 ** len(config["dec_widths"][1:])
    trim = 2 ** sum(config["decoder_time_upscale"]) - 1
    for count in config["frames"]:
        video = RNG.random((config["batch"], count, config["image_channels"], space, 2 * space)).astype(np.float32).astype(np.float64)
        out[f"enc{count}.in.video"] = video
        out[f"enc{count}.out.latent"] = np.stack([encode(w, config, clip) for clip in video])
    for count in config["latent_frames"]:
        latent = normal(config["batch"], count, config["latent_channels"], 1, 2)
        raw = np.stack([decode(w, config, clip) for clip in latent])
        out[f"dec{count}.in.latent"], out[f"dec{count}.mid.untrimmed_unclamped"] = latent, raw
        out[f"dec{count}.out.video"] = raw.clip(0, 1)[:, trim:]
    return {**out, **{"w." + k: t for k, t in w.items()}}


# ---- schedules and samplers

def schedulers(config):
    shape = config["shape"]
    A, C, x0 = normal(*shape, scale=0.3), normal(*shape), normal(*shape)
    out = {"in.A": A, "in.C": C, "in.x": x0, "in.renoise": normal(len(config["few"]) - 1, *shape)}
    def model(x, t): return A * x + C * t / 1000
    def f32(a): return np.asarray(a, np.float32).astype(np.float64)
    for n, k in config["cases"]:
        def shifted(s): return k * s / (1 + (k - 1) * s)
        ladders = {
            "flowmatch_euler": (shifted(np.linspace(1, 0, n + 1)[:-1]), False),
            "wan_unipc": (shifted(np.linspace(float(np.float32(0.999)), 0, n + 1)[:-1]), True),
            "wan_dpmpp": (shifted(np.linspace(1, 0, n + 1)[:-1]), True)}
        for kind, (levels, whole) in ladders.items():
            sigma = np.append(f32(levels), 0.0)
            t = np.trunc(levels * 1000) if whole else f32(levels) * 1000
            lam = np.log(np.maximum(1 - sigma, 0), out=np.full(n + 1, -np.inf), where=sigma < 1) - np.log(
                sigma, out=np.full(n + 1, -np.inf), where=sigma > 0)
            x, data, traj, last, order = x0, [], [], None, 0
            for i in range(n):
                v = model(x, t[i])
                m = x - sigma[i] * v
                if kind == "flowmatch_euler":
                    x = x + v * (sigma[i + 1] - sigma[i])
                elif kind == "wan_dpmpp":
                    E = math.expm1(-(lam[i + 1] - lam[i]))
                    nxt = sigma[i + 1] / sigma[i] * x - (1 - sigma[i + 1]) * E * m
                    if 0 < i < n - 1:
                        r0 = (lam[i] - lam[i - 1]) / (lam[i + 1] - lam[i])
                        nxt = nxt - 0.5 * (1 - sigma[i + 1]) * E * (m - data[-1]) * (1 / r0)
                    x = nxt
                else:
                    if i > 0:
                        h = lam[i] - lam[i - 1]
                        E, a = math.expm1(-h), 1 - sigma[i]
                        base = sigma[i] / sigma[i - 1] * last - a * E * data[-1]
                        if order == 1: x = base - a * E * 0.5 * (m - data[-1])
                        else:
                            r = (lam[i - 2] - lam[i - 1]) / h
                            p1 = E / -h - 1
                            p2 = p1 / -h - 0.5
                            rho = np.linalg.solve([[1, 1], [r, 1]], [p1 / E, 2 * p2 / E])
                            x = base - a * E * (rho[0] * (data[-2] - data[-1]) / r + rho[1] * (m - data[-1]))
                    order, last = min(2, n - i, i + 1), x
                    E, a = math.expm1(-(lam[i + 1] - lam[i])), 1 - sigma[i + 1]
                    x = sigma[i + 1] / sigma[i] * last - a * E * m
                    if order == 2:
                        r = (lam[i - 1] - lam[i]) / (lam[i + 1] - lam[i])
                        x = x - a * E * 0.5 * (data[-1] - m) / r
                data.append(m)
                traj.append(x)
            name = f"{kind}.n{n}_s{k:g}."
            out[name + "sigmas"], out[name + "traj"] = sigma, np.stack(traj)
            out[name + "timesteps"] = t.astype(np.int64) if whole else t
    for k in config["shifts_table"]:
        s = np.linspace(1, 0, 1001)[:-1]
        s = f32(k * s / (1 + (k - 1) * s))
        bell = np.exp(-2 * (s - 0.5) ** 2)
        bell = bell - bell.min()
        name = f"train_table.s{k:g}."
        out[name + "sigmas"], out[name + "timesteps"], out[name + "weights"] = s, 1000 * s, bell * 1000 / bell.sum()
        for how in ("plain", "warped"):
            t = [float(v) if how == "plain" else 1000 * s[1000 - v] for v in config["few"]]
            level = [s[np.argmin(np.abs(1000 * s - v))] for v in t]
            x, guesses, noised = x0, [], []
            for i in range(len(t)):
                guesses.append(x - level[i] * model(x, t[i]))
                if i + 1 < len(t):
                    x = (1 - level[i + 1]) * guesses[-1] + level[i + 1] * out["in.renoise"][i]
                    noised.append(x)
            name = f"few.s{k:g}.{how}."
            out[name + "timesteps"], out[name + "x0_preds"], out[name + "renoised"] = t, np.stack(guesses), np.stack(noised)
    return out


def make(kind, function, **config): write(kind, config, function(config))


make("wan_dit", wan, batch=1, dim=24, num_heads=2, ffn_dim=20, num_layers=2, text_dim=7, text_len=5, text_lens=[3], freq_dim=12,
     in_dim=3, out_dim=2, patch_size=[2, 1, 2], frames=4, height=3, width=6, eps=1e-5, t=[731.25], qk_norm=True,
     cross_attn_norm=True)
make("umt5", umt5, dim=10, dim_attn=12, dim_ffn=14, num_heads=3, num_layers=1, num_buckets=16, max_distance=32, eps=1e-5,
     vocab_size=30, seq_len=11, lens=[11, 4])
make("taehv", taehv, batch=1, frames=[2, 3], latent_frames=[1, 3], image_channels=3, latent_channels=4, patch_size=2, enc_width=4,
     dec_widths=[5, 4, 3], encoder_time_downscale=[False, True], decoder_time_upscale=[True, False])
make("schedulers", schedulers, shape=[2, 3], cases=[[1, 1.0], [6, 2.5], [20, 12.0]], few=[1000, 600, 300], shifts_table=[3.0, 1.0])
