#!/usr/bin/env python3
"""Peer side of the performance comparison, in plain PyTorch.

Times a Wan-style video diffusion transformer (blocks, whole model, training
step) and the kernels under it, with random weights, and prints one JSON object
a line:

  {"case", "dtype", "threads", "device", "median_ms", "min_ms", "cpu_ms",
   "gflops", "gflops_best", "gflops_cpu", "gbps", "flop", "repeat", "shape", ...}

With --serve it takes one round at a time, as `raiju bench headline` asks for them; with --describe it prints what each case is.

Only torch is needed. Nothing is downloaded. See README.md beside this file.
"""
import argparse
import fnmatch
import gc
import json
import math
import os
import signal
import statistics
import sys
import time

# --threads has to be known before torch starts its pools.
def _early_threads():
    for i, a in enumerate(sys.argv):
        if a == "--threads" and i + 1 < len(sys.argv):
            return sys.argv[i + 1]
        if a.startswith("--threads="):
            return a.split("=", 1)[1]
    return None

_t = _early_threads()
if _t:
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(k, _t)

import torch                      # noqa: E402
import torch.nn as nn             # noqa: E402
import torch.nn.functional as F   # noqa: E402

import warnings                   # noqa: E402
warnings.filterwarnings("ignore")

DT = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}

# --------------------------------------------------------------------------
# Model configurations. `inner` = heads * head_dim (differs from dim once heads
# are pruned). patch is always (1, 2, 2); 16 latent channels in and out.
# --------------------------------------------------------------------------
CONFIGS = {
    #            dim  layers heads hd   ffn   text_dim text_len
    "tiny":      (128,  4,   2,  64,  512,  256,  64),
    "small":     (384,  8,   6,  64, 1536,  512, 128),
    "wan13b":    (1536, 30, 12, 128, 8960, 4096, 512),
    "lightning": (1536, 30, 10, 128, 4480, 4096, 512),
}
FREQ_DIM = 256
LATENT_C = 16
# Latent grids (frames, height, width) before the (1,2,2) patching.
GRIDS = {
    "t64":    (1, 16, 16),     # one 128x128 image         ->    64 tokens
    "t256":   (4, 16, 16),     # 13 frames 128x128         ->   256 tokens
    "t1280":  (5, 32, 32),     # 17 frames 256x256         ->  1280 tokens
    "t4096":  (4, 64, 64),     # 13 frames 512x512         ->  4096 tokens
    "t11154": (13, 44, 78),    # 49 frames 352x624         -> 11154 tokens
    "t32760": (21, 60, 104),   # 81 frames 480x832         -> 32760 tokens
}


def tokens(grid):
    f, h, w = GRIDS[grid]
    return f * (h // 2) * (w // 2)


# --------------------------------------------------------------------------
# The model
# --------------------------------------------------------------------------
def rope_angles(f, h, w, hd, theta=10000.0):
    """cos/sin tables [tokens, hd/2]: the pair index range of a head is shared
    between the time, height and width axes (c-2*(c//3), c//3, c//3 pairs)."""
    c = hd // 2
    parts = (c - 2 * (c // 3), c // 3, c // 3)
    cols = []
    for axis, (n, p) in enumerate(zip((f, h, w), parts)):
        inv = theta ** (-torch.arange(p, dtype=torch.float64) / p)
        a = torch.outer(torch.arange(n, dtype=torch.float64), inv)
        shape = [1, 1, 1, p]
        shape[axis] = n
        cols.append(a.view(shape).expand(f, h, w, p))
    a = torch.cat(cols, dim=-1).reshape(f * h * w, c)
    return a.cos().float(), a.sin().float()


def rope_apply(x, cos, sin):
    """x [B, L, H, hd], interleaved pairs; computed in float32."""
    y = x.float().unflatten(-1, (-1, 2))
    a, b = y[..., 0], y[..., 1]
    cos, sin = cos[:, None, :], sin[:, None, :]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).to(x.dtype)


class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.eps, self.weight = eps, nn.Parameter(torch.ones(dim))

    def forward(self, x):
        y = x.float()
        y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.eps)
        return y.to(x.dtype) * self.weight


def modulated_norm(x, shift, scale, eps=1e-6):
    y = F.layer_norm(x.float(), (x.shape[-1],), eps=eps)
    return (y * (1 + scale) + shift).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, dim, heads, hd):
        super().__init__()
        inner = heads * hd
        self.heads, self.hd = heads, hd
        self.q, self.k, self.v = (nn.Linear(dim, inner) for _ in range(3))
        self.o = nn.Linear(inner, dim)
        self.norm_q, self.norm_k = RMSNorm(inner), RMSNorm(inner)

    def forward(self, x, ctx=None, rope=None):
        src = x if ctx is None else ctx
        def split(t):
            return t.unflatten(-1, (self.heads, self.hd))
        q, k, v = split(self.norm_q(self.q(x))), split(self.norm_k(self.k(src))), split(self.v(src))
        if rope is not None:
            q, k = rope_apply(q, *rope), rope_apply(k, *rope)
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
        return self.o(y.transpose(1, 2).flatten(-2))


class Block(nn.Module):
    def __init__(self, dim, heads, hd, ffn):
        super().__init__()
        self.self_attn = Attention(dim, heads, hd)
        self.cross_attn = Attention(dim, heads, hd)
        self.norm_cross = nn.LayerNorm(dim, eps=1e-6)
        self.up, self.down = nn.Linear(dim, ffn), nn.Linear(ffn, dim)
        self.modulation = nn.Parameter(torch.randn(1, 6, dim) / dim ** 0.5)

    def forward(self, x, e, ctx, rope):
        m = (self.modulation.float() + e).chunk(6, dim=1)
        y = self.self_attn(modulated_norm(x, m[0], m[1]), rope=rope)
        x = x + (y.float() * m[2]).to(x.dtype)
        x = x + self.cross_attn(self.norm_cross(x), ctx=ctx)
        y = self.down(F.gelu(self.up(modulated_norm(x, m[3], m[4])), approximate="tanh"))
        return x + (y.float() * m[5]).to(x.dtype)


class VideoDiT(nn.Module):
    def __init__(self, cfg, layers=None):
        super().__init__()
        dim, depth, heads, hd, ffn, tdim, tlen = CONFIGS[cfg]
        self.dim, self.hd, self.tdim, self.tlen = dim, hd, tdim, tlen
        self.patch = nn.Conv3d(LATENT_C, dim, (1, 2, 2), (1, 2, 2))
        self.text = nn.Sequential(nn.Linear(tdim, dim), nn.GELU(approximate="tanh"), nn.Linear(dim, dim))
        self.time = nn.Sequential(nn.Linear(FREQ_DIM, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.time_proj = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))
        self.blocks = nn.ModuleList(Block(dim, heads, hd, ffn) for _ in range(layers or depth))
        self.head = nn.Linear(dim, 4 * LATENT_C)
        self.head_mod = nn.Parameter(torch.randn(1, 2, dim) / dim ** 0.5)

    def forward(self, x, t, ctx, rope):
        B, _, f, h, w = x.shape
        dt = self.head.weight.dtype
        half = FREQ_DIM // 2
        ang = t.float()[:, None] * 10000.0 ** (-torch.arange(half, device=x.device, dtype=torch.float32) / half)
        e = self.time(torch.cat((ang.cos(), ang.sin()), 1).to(dt))
        e6 = self.time_proj(e).unflatten(1, (6, self.dim)).float()
        ctx = self.text(ctx)
        x = self.patch(x).flatten(2).transpose(1, 2)
        for blk in self.blocks:
            x = blk(x, e6, ctx, rope)
        m = (self.head_mod.float() + e.float().unsqueeze(1)).chunk(2, dim=1)
        x = self.head(modulated_norm(x, m[0], m[1]))
        x = x.view(B, f, h // 2, w // 2, 2, 2, LATENT_C)
        return x.permute(0, 6, 1, 2, 4, 3, 5).reshape(B, LATENT_C, f, h, w)


def block_flop(cfg, L, batch=1):
    """Multiply-add counted as 2, matrix products and attention only."""
    dim, _, heads, hd, ffn, _, tlen = CONFIGS[cfg]
    inner = heads * hd
    lin = 2 * L * (4 * dim * inner + 2 * dim * inner + 2 * dim * ffn) + 2 * tlen * 2 * dim * inner
    att = 4 * L * L * inner + 4 * L * tlen * inner
    return batch * (lin + att)


def model_flop(cfg, L, batch=1):
    dim, depth, _, _, _, tdim, tlen = CONFIGS[cfg]
    extra = 2 * L * (4 * LATENT_C * dim * 2) + 2 * tlen * (tdim * dim + dim * dim) + 2 * (FREQ_DIM * dim + 7 * dim * dim)
    return depth * block_flop(cfg, L, batch) + batch * extra


# --------------------------------------------------------------------------
# Tiny video decoder layers (TAE for the 16-channel Wan latent space)
# --------------------------------------------------------------------------
class MemBlock(nn.Module):
    """Three 3x3 convs over [this frame, previous frame], plus a skip."""
    def __init__(self, c):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(2 * c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x, n):
        t = x.unflatten(0, (n, -1))
        past = F.pad(t, (0, 0, 0, 0, 0, 0, 1, 0))[:, :-1].flatten(0, 1)
        y = F.relu(self.a(torch.cat((x, past), 1)))
        return F.relu(self.c(F.relu(self.b(y))) + x)


class TinyDecoder(nn.Module):
    """widths 256/128/64/64, space x8, time x4 (second and third stage)."""
    def __init__(self, widths=(256, 128, 64, 64), grow=(1, 2, 2)):
        super().__init__()
        self.inp = nn.Conv2d(LATENT_C, widths[0], 3, padding=1)
        self.mem, self.grow, self.nxt, self.g = nn.ModuleList(), nn.ModuleList(), nn.ModuleList(), grow
        for i in range(3):
            self.mem.append(nn.ModuleList(MemBlock(widths[i]) for _ in range(3)))
            self.grow.append(nn.Conv2d(widths[i], widths[i] * grow[i], 1, bias=False))
            self.nxt.append(nn.Conv2d(widths[i], widths[i + 1], 3, padding=1, bias=False))
        self.out = nn.Conv2d(widths[3], 3, 3, padding=1)

    def forward(self, z):                      # z [N, T, 16, h, w]
        n = z.shape[0]
        x = F.relu(self.inp(torch.tanh(z.flatten(0, 1) / 3) * 3))
        for mem, grow, nxt in zip(self.mem, self.grow, self.nxt):
            for m in mem:
                x = m(x, n)
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            c = x.shape[1]
            x = nxt(grow(x).reshape(-1, c, *x.shape[-2:]))
        x = self.out(F.relu(x)).clamp(0, 1)
        return x.unflatten(0, (n, -1))[:, 3:]


def decoder_flop(T, h, w, widths=(256, 128, 64, 64), grow=(1, 2, 2)):
    fl, px, fr = 2 * 9 * LATENT_C * widths[0] * T * h * w, h * w, T
    for i in range(3):
        c = widths[i]
        fl += 3 * 2 * 9 * (2 * c * c + c * c + c * c) * px * fr
        px *= 4
        fl += 2 * c * c * grow[i] * px * fr
        fr *= grow[i]
        fl += 2 * 9 * c * widths[i + 1] * px * fr
    return fl + 2 * 9 * widths[3] * 3 * px * fr


# --------------------------------------------------------------------------
# Cases: name -> builder(dtype) returning dict(fn, flop, bytes, shape)
# --------------------------------------------------------------------------
CASES = {}


def case(name, dtypes=("f32", "bf16"), heavy=False):
    def deco(f):
        CASES[name] = (f, dtypes, heavy)
        return f
    return deco


class Ctx:
    dev = torch.device("cpu")


def rnd(*s, dt="f32"):
    return torch.randn(*s, device=Ctx.dev, dtype=DT[dt]) if dt in DT else torch.randn(*s, device=Ctx.dev)


def es(dt):
    return {"f32": 4, "bf16": 2, "f16": 2}.get(dt, 1)


# ---- linear -----------------------------------------------------------------
LINEARS = {
    "linear_1280x1536x1536": (1280, 1536, 1536),
    "linear_1280x1536x1280": (1280, 1536, 1280),
    "linear_1280x1536x8960": (1280, 1536, 8960),
    "linear_1280x8960x1536": (1280, 8960, 1536),
    "linear_1280x1536x4480": (1280, 1536, 4480),
    "linear_1280x4480x1536": (1280, 4480, 1536),
    "linear_1280x384x1536": (1280, 384, 1536),
    "linear_256x128x512": (256, 128, 512),
    "linear_512x4096x10240": (512, 4096, 10240),    # text encoder FFN
    "linear_1x1536x9216": (1, 1536, 9216),          # timestep projection
    "linear_1x4096x4096": (1, 4096, 4096),          # matrix-vector, weight stream
    "linear_1024x1024x1024": (1024, 1024, 1024),    # calibration
    "linear_11154x1536x1536": (11154, 1536, 1536),  # from here on for GPUs
    "linear_11154x1536x8960": (11154, 1536, 8960),
    "linear_11154x8960x1536": (11154, 8960, 1536),
    "linear_11154x1536x4480": (11154, 1536, 4480),
    "linear_11154x4480x1536": (11154, 4480, 1536),
    "linear_32760x1536x1536": (32760, 1536, 1536),
    "linear_32760x1536x8960": (32760, 1536, 8960),
    "linear_32760x8960x1536": (32760, 8960, 1536),
    "linear_8192x8192x8192": (8192, 8192, 8192),    # calibration
}


def _linear(m, k, n):
    def build(dt):
        fl = 2 * m * k * n
        if dt == "int8dyn":      # f32 in/out, per-channel int8 weights, activations quantised on the fly
            lin = nn.Sequential(nn.Linear(k, n))
            q = torch.ao.quantization.quantize_dynamic(lin, {nn.Linear}, dtype=torch.qint8)
            x = torch.randn(m, k)
            return dict(fn=lambda: q(x), flop=fl, bytes=k * n + 4 * m * (k + n), shape=[m, k, n])
        if dt == "int8mm":       # bare s8*s8->s32 product
            a = torch.randint(-127, 127, (m, k), dtype=torch.int8)
            b = torch.randint(-127, 127, (k, n), dtype=torch.int8)
            return dict(fn=lambda: torch._int_mm(a, b), flop=fl, bytes=k * n + m * k + 4 * m * n, shape=[m, k, n])
        if dt == "w8":           # bf16 activations, int8 weights, per-channel scale
            x = torch.randn(m, k, dtype=torch.bfloat16)
            w = torch.randint(-127, 127, (n, k), dtype=torch.int8)
            s = torch.rand(n, dtype=torch.bfloat16)
            return dict(fn=lambda: torch.ops.aten._weight_int8pack_mm(x, w, s), flop=fl, bytes=k * n + 2 * m * (k + n), shape=[m, k, n])
        if dt == "w4":           # bf16 activations, int4 weights, groups of 32
            x = torch.randn(m, k, dtype=torch.bfloat16)
            w = torch.randint(0, 16, (n, k), dtype=torch.int32)
            p = torch.ops.aten._convert_weight_to_int4pack_for_cpu(w, 1)
            sz = torch.rand(k // 32, n, 2, dtype=torch.bfloat16)
            return dict(fn=lambda: torch.ops.aten._weight_int4pack_mm_for_cpu(x, p, 32, sz), flop=fl, bytes=k * n // 2 + 2 * m * (k + n), shape=[m, k, n])
        lin = nn.Linear(k, n, device=Ctx.dev, dtype=DT[dt])
        x = rnd(m, k, dt=dt)
        return dict(fn=lambda: lin(x), flop=fl, bytes=es(dt) * (k * n + m * k + m * n), shape=[m, k, n])
    return build


for _n, (_m, _k, _nn) in LINEARS.items():
    _large = _m > 5000
    case(_n, ("f32", "bf16") if _large else ("f32", "bf16", "int8dyn", "int8mm", "w8", "w4"), _large)(_linear(_m, _k, _nn))


def _linear_fb(m, k, n):
    def build(dt):
        lin = nn.Linear(k, n, device=Ctx.dev, dtype=DT[dt])
        x = rnd(m, k, dt=dt).requires_grad_(True)
        g = rnd(m, n, dt=dt)
        def fn():
            x.grad = None
            lin.zero_grad(set_to_none=True)
            lin(x).backward(g)
        return dict(fn=fn, flop=6 * m * k * n, shape=[m, k, n], grad=True)
    return build


case("linear_fwdbwd_1280x384x1536")(_linear_fb(1280, 384, 1536))
case("linear_fwdbwd_1280x1536x4480")(_linear_fb(1280, 1536, 4480))


# ---- attention --------------------------------------------------------------
ATT = {
    "attn_6h64_1280": (6, 1280, 1280, 64),
    "attn_10h128_1280": (10, 1280, 1280, 128),
    "attn_12h128_1280": (12, 1280, 1280, 128),
    "attn_12h128_4096": (12, 4096, 4096, 128),
    "attn_12h128_11154": (12, 11154, 11154, 128),
    "attn_12h128_32760": (12, 32760, 32760, 128),
    "attn_cross_12h128_1280x512": (12, 1280, 512, 128),
}


def fastest(fn):
    """On a GPU, the fastest of PyTorch's own attentions at these shapes, and its name; elsewhere what PyTorch chooses."""
    if Ctx.dev.type != "cuda":
        return fn, ""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    best, name, least = fn, "", math.inf
    for b in (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION, SDPBackend.EFFICIENT_ATTENTION):
        def one(b=b):
            with sdpa_kernel([b]):
                return fn()
        try:
            one()
            sync()
            t = time.perf_counter()
            for _ in range(3):
                one()
            sync()
            t = time.perf_counter() - t
        except RuntimeError:                         # not for this type or chip
            continue
        if t < least:
            best, name, least = one, b.name.lower(), t
    return best, name


def _attn(h, lq, lk, d):
    def build(dt):
        q, k, v = rnd(1, h, lq, d, dt=dt), rnd(1, h, lk, d, dt=dt), rnd(1, h, lk, d, dt=dt)
        fn, note = fastest(lambda: F.scaled_dot_product_attention(q, k, v))
        return dict(fn=fn, flop=4 * h * lq * lk * d,
                    bytes=es(dt) * h * d * (2 * lq + 2 * lk), shape=[h, lq, lk, d], note=note)
    return build


def _attn_fb(h, lq, lk, d):
    def build(dt):
        q, k, v = (rnd(1, h, n, d, dt=dt).requires_grad_(True) for n in (lq, lk, lk))
        g = rnd(1, h, lq, d, dt=dt)
        def fn():
            q.grad = k.grad = v.grad = None
            F.scaled_dot_product_attention(q, k, v).backward(g)
        chosen, note = fastest(fn)
        # forward 2 products, backward 5 (scores recomputed)
        return dict(fn=chosen, flop=14 * h * lq * lk * d, shape=[h, lq, lk, d], grad=True, note=note)
    return build


for _n, _s in ATT.items():
    case(_n, heavy=_s[1] > 5000)(_attn(*_s))
case("attn_fwdbwd_6h64_1280")(_attn_fb(6, 1280, 1280, 64))
case("attn_fwdbwd_12h128_1280")(_attn_fb(12, 1280, 1280, 128))
case("attn_fwdbwd_12h128_11154", heavy=True)(_attn_fb(12, 11154, 11154, 128))
case("attn_fwdbwd_12h128_32760", heavy=True)(_attn_fb(12, 32760, 32760, 128))


# ---- element-wise and norms -------------------------------------------------
@case("rmsnorm_1280x1536")
def _(dt):
    x, m = rnd(1280, 1536, dt=dt), RMSNorm(1536).to(Ctx.dev, DT[dt])
    return dict(fn=lambda: m(x), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("rmsnorm_fused_1280x1536")
def _(dt):
    x, w = rnd(1280, 1536, dt=dt), torch.ones(1536, dtype=DT[dt], device=Ctx.dev)
    return dict(fn=lambda: F.rms_norm(x, (1536,), w, 1e-6), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("layernorm_modulate_1280x1536")
def _(dt):
    x, s, c = rnd(1, 1280, 1536, dt=dt), rnd(1, 1, 1536), rnd(1, 1, 1536)
    return dict(fn=lambda: modulated_norm(x, s, c), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("rope3d_1280x12x128")
def _(dt):
    x = rnd(1, 1280, 12, 128, dt=dt)
    r = tuple(t.to(Ctx.dev) for t in rope_angles(5, 16, 16, 128))
    return dict(fn=lambda: rope_apply(x, *r), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("gelu_tanh_1280x8960")
def _(dt):
    x = rnd(1280, 8960, dt=dt)
    return dict(fn=lambda: F.gelu(x, approximate="tanh"), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


# ---- the same beyond the caches of a GPU, and what memory gives ---------------
@case("rmsnorm_32760x1536", heavy=True)
def _(dt):
    x, m = rnd(32760, 1536, dt=dt), RMSNorm(1536).to(Ctx.dev, DT[dt])
    return dict(fn=lambda: m(x), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("rmsnorm_fused_32760x1536", heavy=True)
def _(dt):
    x, w = rnd(32760, 1536, dt=dt), torch.ones(1536, dtype=DT[dt], device=Ctx.dev)
    return dict(fn=lambda: F.rms_norm(x, (1536,), w, 1e-6), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("layernorm_modulate_32760x1536", heavy=True)
def _(dt):
    x, s, c = rnd(1, 32760, 1536, dt=dt), rnd(1, 1, 1536), rnd(1, 1, 1536)
    return dict(fn=lambda: modulated_norm(x, s, c), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


@case("copy_256M", ("f32",), heavy=True)
def _(dt):
    x = rnd(1 << 14, 1 << 14, dt=dt)
    y = torch.empty_like(x)
    return dict(fn=lambda: y.copy_(x), bytes=es(dt) * 2 * x.numel(), shape=list(x.shape))


def _ffn(dim, hid):
    def build(dt):
        m = nn.Sequential(nn.Linear(dim, hid), nn.GELU(approximate="tanh"), nn.Linear(hid, dim)).to(Ctx.dev, DT[dt])
        x = rnd(1280, dim, dt=dt)
        return dict(fn=lambda: m(x), flop=4 * 1280 * dim * hid, bytes=es(dt) * 2 * (dim * hid + 1280 * dim), shape=[1280, dim, hid])
    return build


case("ffn_1280x1536x8960")(_ffn(1536, 8960))
case("ffn_1280x1536x4480")(_ffn(1536, 4480))
case("ffn_1280x384x1536")(_ffn(384, 1536))


# ---- convolutions -----------------------------------------------------------
CONV2 = {
    "conv2d_256x256_60x104": (1, 256, 256, 60, 104, 3),
    "conv2d_128x128_120x208": (1, 128, 128, 120, 208, 3),
    "conv2d_64x64_240x416": (1, 64, 64, 240, 416, 3),
    "conv2d_64x3_480x832": (1, 64, 3, 480, 832, 3),
}
for _n, _s in CONV2.items():
    def _mk(n, ci, co, h, w, k):
        def build(dt):
            m = nn.Conv2d(ci, co, k, padding=k // 2).to(Ctx.dev, DT[dt])
            x = rnd(n, ci, h, w, dt=dt)
            return dict(fn=lambda: m(x), flop=2 * k * k * ci * co * n * h * w,
                        bytes=es(dt) * (n * (ci + co) * h * w + k * k * ci * co), shape=[n, ci, co, h, w])
        return build
    case(_n)(_mk(*_s))


@case("conv3d_96x96_4x120x208")
def _(dt):          # causal 3x3x3 as in the full video decoder
    m = nn.Conv3d(96, 96, 3, padding=(0, 1, 1)).to(Ctx.dev, DT[dt])
    x = rnd(1, 96, 6, 120, 208, dt=dt)
    return dict(fn=lambda: m(x), flop=2 * 27 * 96 * 96 * 4 * 120 * 208, bytes=es(dt) * 96 * 10 * 120 * 208, shape=list(x.shape))


@case("conv3d_patch_16x1536_5x32x32")
def _(dt):
    m = nn.Conv3d(16, 1536, (1, 2, 2), (1, 2, 2)).to(Ctx.dev, DT[dt])
    x = rnd(1, 16, 5, 32, 32, dt=dt)
    return dict(fn=lambda: m(x), flop=2 * 64 * 1536 * 1280, shape=list(x.shape))


def _tae(T, h, w, cl=False):
    def build(dt):
        m = TinyDecoder().to(Ctx.dev, DT[dt]).eval()
        if cl:
            m = m.to(memory_format=torch.channels_last)
        x = rnd(1, T, 16, h, w, dt=dt)
        return dict(fn=lambda: m(x), flop=decoder_flop(T, h, w), shape=[T, h, w], frames=4 * T - 3)
    return build


case("tae_decode_5x32x32")(_tae(5, 32, 32))                    # 17 frames 256x256
case("tae_decode_cl_5x32x32")(_tae(5, 32, 32, cl=True))
case("tae_decode_2x60x104", heavy=True)(_tae(2, 60, 104))      # 5 frames 480x832
case("tae_decode_13x44x78", heavy=True)(_tae(13, 44, 78))      # 49 frames 352x624


# ---- optimiser --------------------------------------------------------------
def _adamw(n, fused):
    def build(dt):
        ps = [nn.Parameter(torch.randn(n // 16, device=Ctx.dev, dtype=DT[dt])) for _ in range(16)]
        for p in ps:
            p.grad = torch.randn_like(p)
        o = torch.optim.AdamW(ps, lr=1e-4, fused=fused, foreach=not fused)
        return dict(fn=o.step, flop=12 * n, bytes=7 * es(dt) * n, shape=[n], grad=True)
    return build


case("adamw_fused_16M", ("f32",))(_adamw(1 << 24, True))
case("adamw_foreach_16M", ("f32",))(_adamw(1 << 24, False))


# ---- blocks and models ------------------------------------------------------
def model_inputs(m, grid, dt, batch=1):
    f, h, w = GRIDS[grid]
    rope = tuple(t.to(Ctx.dev) for t in rope_angles(f, h // 2, w // 2, m.hd))
    return (rnd(batch, LATENT_C, f, h, w, dt=dt), torch.full((batch,), 500.0, device=Ctx.dev),
            rnd(batch, m.tlen, m.tdim, dt=dt), rope)


def _block(cfg, grid):
    def build(dt):
        dim, _, heads, hd, ffn, _, tlen = CONFIGS[cfg]
        b = Block(dim, heads, hd, ffn).to(Ctx.dev, DT[dt]).eval()
        f, h, w = GRIDS[grid]
        L = tokens(grid)
        rope = tuple(t.to(Ctx.dev) for t in rope_angles(f, h // 2, w // 2, hd))
        x, e, c = rnd(1, L, dim, dt=dt), rnd(1, 6, dim), rnd(1, tlen, dim, dt=dt)
        return dict(fn=lambda: b(x, e, c, rope), flop=block_flop(cfg, L), shape=[L, dim])
    return build


def _model(cfg, grid, compiled=False):
    def build(dt):
        m = VideoDiT(cfg).to(Ctx.dev, DT[dt]).eval()
        a = model_inputs(m, grid, dt)
        f = torch.compile(m) if compiled else m
        return dict(fn=lambda: f(*a), flop=model_flop(cfg, tokens(grid)), shape=[tokens(grid)],
                    params=sum(p.numel() for p in m.parameters()))
    return build


def _train(cfg, grid, compiled=False):
    def build(dt):
        """dt f32: all f32. dt bf16: f32 master weights, bf16 autocast."""
        torch.manual_seed(0)
        m = VideoDiT(cfg).to(Ctx.dev)
        x1, _, ctx, rope = model_inputs(m, grid, "f32")
        o = torch.optim.AdamW(m.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.01, fused=True)
        f = torch.compile(m) if compiled else m
        def fn():
            x0 = torch.randn_like(x1)
            t = torch.rand(x1.shape[0], device=x1.device)
            s = t.view(-1, 1, 1, 1, 1)
            with torch.autocast(Ctx.dev.type, torch.bfloat16, enabled=dt == "bf16"):
                v = f((1 - s) * x0 + s * x1, t * 1000, ctx, rope)
            loss = F.mse_loss(v.float(), x1 - x0)
            o.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
            o.step()
            return loss
        return dict(fn=fn, flop=3 * model_flop(cfg, tokens(grid)), shape=[tokens(grid)], grad=True,
                    params=sum(p.numel() for p in m.parameters()))
    return build


for _c, _gs in {"tiny": ("t256", "t1280"), "small": ("t256", "t1280"), "wan13b": ("t256", "t1280"), "lightning": ("t256", "t1280")}.items():
    for _g in _gs:
        case(f"block_{_c}_{_g}")(_block(_c, _g))
for _c in ("wan13b", "lightning"):
    for _g in ("t4096", "t11154", "t32760"):
        case(f"block_{_c}_{_g}", heavy=True)(_block(_c, _g))
for _c, _g in (("tiny", "t256"), ("tiny", "t1280"), ("small", "t256"), ("small", "t1280")):
    case(f"fwd_{_c}_{_g}")(_model(_c, _g))
    case(f"fwd_compiled_{_c}_{_g}")(_model(_c, _g, True))
for _c in ("wan13b", "lightning"):
    case(f"fwd_{_c}_t64", heavy=True)(_model(_c, "t64"))
    case(f"fwd_{_c}_t1280", heavy=True)(_model(_c, "t1280"))
    case(f"fwd_{_c}_t11154", heavy=True)(_model(_c, "t11154"))
    case(f"fwd_{_c}_t32760", heavy=True)(_model(_c, "t32760"))
    case(f"fwd_compiled_{_c}_t11154", heavy=True)(_model(_c, "t11154", True))
for _c, _g in (("tiny", "t256"), ("tiny", "t1280"), ("small", "t256"), ("small", "t1280")):
    case(f"train_{_c}_{_g}")(_train(_c, _g))
    case(f"train_compiled_{_c}_{_g}")(_train(_c, _g, True))
for _c in ("wan13b", "lightning"):
    case(f"train_{_c}_t1280", heavy=True)(_train(_c, "t1280"))


# --------------------------------------------------------------------------
def sync():
    if Ctx.dev.type == "cuda":
        torch.cuda.synchronize()
    elif Ctx.dev.type == "mps":
        torch.mps.synchronize()


def once(c, inner):
    with torch.set_grad_enabled(bool(c.get("grad"))):
        sync()
        p, w = time.process_time(), time.perf_counter()
        for _ in range(inner):
            c["fn"]()
        sync()
        return (time.perf_counter() - w) / inner, (time.process_time() - p) / inner


# --------------------------------------------------------------------------
# One round at a time, for whoever alternates several engines: see Peer.java.
# --------------------------------------------------------------------------
def prepare(name, dt, min_time):
    f, dts, _ = CASES[name]
    if dt not in dts:
        raise ValueError(f"{name} has no {dt}")
    torch.manual_seed(0)
    c = f(dt)
    once(c, 1)                                       # warm-up (and compile)
    wall, _ = once(c, 1)
    return c, max(1, math.ceil(min_time / max(wall, 1e-7)))


def answer(live, words, min_time):
    verb, name, dt = words
    if verb == "prepare":
        live[name, dt] = prepare(name, dt, min_time)
        note = live[name, dt][0].get("note")
        return {"ready": live[name, dt][1], **({"note": note} if note else {})}
    if verb == "round":
        wall, cpu = once(*live[name, dt])
        return {"wall_ms": wall * 1e3, "cpu_ms": cpu * 1e3}
    if verb == "drop":
        live.pop((name, dt), None)
        gc.collect()
        if Ctx.dev.type == "cuda":                   # others need the memory
            torch.cuda.empty_cache()
        return {"dropped": True}
    raise ValueError(f"no such verb: {verb}")


def serve(min_time):
    live = {}
    print(json.dumps({"peer": "torch " + torch.__version__}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(answer(live, line.split(), min_time)), flush=True)
        except Exception as e:                       # a case the machine or build cannot run
            print(json.dumps({"error": f"{type(e).__name__}: {str(e)[:160]}"}), flush=True)


def describe(names):
    """Prints names, types, shapes and counts of cases; only linear layers are built with memory, since quantising needs it."""
    Ctx.dev = torch.device("meta")
    for n in names:
        f, dts, heavy = CASES[n]
        for dt in dts:
            with torch.device("cpu" if n.startswith("linear") else "meta"):
                c = f(dt)
            r = {"case": n, "dtype": dt, "heavy": heavy}
            r.update((k, c[k]) for k in ("shape", "flop", "bytes", "params", "frames") if k in c)
            print(json.dumps(r), flush=True)
            del c
            gc.collect()


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    ap.add_argument("--case", default="*", help="comma list of names or globs (see --list)")
    ap.add_argument("--dtype", default="", help="comma list; default: every dtype the case has")
    ap.add_argument("--threads", type=int, default=0)
    ap.add_argument("--repeat", type=int, default=7, help="timed rounds; cases are interleaved within a round")
    ap.add_argument("--min-time", type=float, default=0.05, help="seconds a sample should last (short cases are looped)")
    ap.add_argument("--device", default="cpu")
    ap.add_argument("--heavy", action="store_true", help="let globs match the heavy cases too")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--serve", action="store_true", help="take 'prepare|round|drop CASE DTYPE' from standard input, a line each")
    ap.add_argument("--describe", action="store_true", help="print what each case is, and run nothing")
    a = ap.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    if a.serve:
        Ctx.dev = torch.device(a.device)
        return serve(a.min_time)
    Ctx.dev = torch.device(a.device)
    pats = [p for p in a.case.split(",") if p]
    names = [n for n, (_, _, hv) in CASES.items()
             if any(n == p or (fnmatch.fnmatchcase(n, p) and (a.heavy or not hv)) for p in pats)]
    if a.list:
        for n in names:
            print(n, *CASES[n][1], "heavy" if CASES[n][2] else "")
        return
    if a.describe:
        return describe(names)
    want = set(a.dtype.split(",")) if a.dtype else None
    live = []
    for n in names:
        f, dts, _ = CASES[n]
        if a.device != "cpu":                        # CPU-only integer paths out, f16 in
            dts = [d for d in dts if d in DT] + (["f16"] if "bf16" in dts and not n.startswith("train") else [])
        for dt in dts:
            if want and dt not in want:
                continue
            try:
                torch.manual_seed(0)
                c = f(dt)
                wall, _ = once(c, 1)                 # warm-up (and compile)
                wall, _ = once(c, 1)
                live.append((n, dt, c, max(1, math.ceil(a.min_time / max(wall, 1e-7))), [], []))
            except Exception as e:                   # a case the machine or build cannot run
                print(json.dumps({"case": n, "dtype": dt, "error": f"{type(e).__name__}: {str(e)[:160]}"}), flush=True)
            gc.collect()
    def stop(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, stop)
    try:
        for _ in range(a.repeat):                    # interleaved rounds
            for n, dt, c, inner, ws, cs in live:
                w, p = once(c, inner)
                ws.append(w)
                cs.append(p)
    except KeyboardInterrupt:                        # report what is there
        pass
    for n, dt, c, inner, ws, cs in live:
        if not ws:
            continue
        m, lo = statistics.median(ws), min(ws)
        r = {"case": n, "dtype": dt, "threads": torch.get_num_threads(), "device": a.device,
             "median_ms": round(m * 1e3, 4), "min_ms": round(lo * 1e3, 4), "cpu_ms": round(statistics.median(cs) * 1e3, 4),
             "repeat": len(ws), "inner": inner, "shape": c.get("shape")}
        if c.get("flop"):
            r.update(gflops=round(c["flop"] / m / 1e9, 2), gflops_best=round(c["flop"] / lo / 1e9, 2), flop=c["flop"])
            if torch.get_num_threads() == 1 and a.device == "cpu":    # what one undisturbed core does
                r["gflops_cpu"] = round(c["flop"] / statistics.median(cs) / 1e9, 2)
        if c.get("bytes"):
            r.update(gbps=round(c["bytes"] / m / 1e9, 2))
        for k in ("params", "frames"):
            if k in c:
                r[k] = c[k]
        print(json.dumps(r), flush=True)


if __name__ == "__main__":
    main()
