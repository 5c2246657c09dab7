package dev.raiju.kernels.cpu.emit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Every instruction form of the assembler, with the text that GNU as takes for it in Intel's syntax.
///
/// As a program it prints the texts: what `as` makes of them is the fixture that [AssemblerTest] compares with.
final class Instructions {
  private static final int[] VECTORS = {0, 7, 8, 15, 16, 31};
  // around the ends of displacements of one byte, plain and counted in vectors
  private static final int[] DISPLACEMENTS = {0, 4, 64, 127, 128, -128, -129, 508, 512, 8128, 8192, -8192, -8256};

  private final Map<String, Consumer<Assembler>> all = new LinkedHashMap<>();

  private Instructions() {}

  public static void main(String[] arguments) { all().keySet().forEach(System.out::println); }

  static Map<String, Consumer<Assembler>> all() {
    Instructions list = new Instructions();
    list.general();
    list.jumps();
    list.vectors();
    list.vectors256();
    return list.all;
  }

  private void add(String text, Consumer<Assembler> instruction) { all.putIfAbsent(text, instruction); }

  private static String name(Gp r) { return r.name().toLowerCase(Locale.ROOT); }

  private static String name32(Gp r) { return r.ordinal() < 8 ? "e" + name(r).substring(1) : name(r) + "d"; }

  private static String text(Memory m) {
    String index = m.index().map(i -> "+" + name(i) + "*" + m.scale()).orElse("");
    return "[" + name(m.base()) + index + (m.displacement() == 0 ? "" : String.format("%+d", m.displacement())) + "]";
  }

  private static List<Memory> places() {
    List<Memory> places = new ArrayList<>();
    for (Gp base : Gp.values()) {
      places.add(Memory.at(base));
      places.add(Memory.at(base, 64));
      if (base != Gp.RSP) places.add(Memory.at(Gp.RAX, base, 2));
      places.add(Memory.at(base, Gp.R12, 8));
    }
    for (int displacement : DISPLACEMENTS) {
      if (displacement != 0 && displacement != 64) places.add(Memory.at(Gp.RDI, displacement));
    }
    places.add(Memory.at(Gp.RBX, Gp.RCX, 1));
    places.add(Memory.at(Gp.R13, Gp.R14, 4));
    return places;
  }

  private void general() {
    for (Gp r : Gp.values()) {
      add("push " + name(r), a -> a.push(r));
      add("pop " + name(r), a -> a.pop(r));
      add("dec " + name(r), a -> a.dec(r));
      add("test " + name(r) + "," + name(r), a -> a.test(r));
      add("shr " + name(r) + ",16", a -> a.shr(r, 16));
      add("add " + name(r) + ",-128", a -> a.add(r, -128));
      add("mov " + name(r) + ",rdx", a -> a.mov(r, Gp.RDX));
      add("mov r9," + name(r), a -> a.mov(Gp.R9, r));
      add("add " + name(r) + ",r11", a -> a.add(r, Gp.R11));
      add("add rsi," + name(r), a -> a.add(Gp.RSI, r));
    }
    memory("mov rbx,%s", (a, m) -> a.mov(Gp.RBX, m));
    memory("mov %s,r10", (a, m) -> a.mov(m, Gp.R10));
    memory("movsxd rax,DWORD PTR %s", (a, m) -> a.movsxd(Gp.RAX, m));
    memory("lea r13,%s", (a, m) -> a.lea(Gp.R13, m));
    memory("dec QWORD PTR %s", Assembler::dec);
    for (Gp r : Gp.values()) add("mov DWORD PTR [r8+4]," + name32(r), a -> a.mov32(Memory.at(Gp.R8, 4), r));
    add("ret", Assembler::ret);
    add("cpuid", Assembler::cpuid);
    add("xgetbv", Assembler::xgetbv);
    add("vzeroupper", Assembler::vzeroupper);
  }

  private void memory(String text, BiConsumer<Assembler, Memory> instruction) {
    for (Memory m : places()) add(text.formatted(text(m)), a -> instruction.accept(a, m));
  }

  private void jumps() {
    back("jmp", Assembler::jump);
    back("jz", Assembler::jumpIfZero);
    back("jnz", Assembler::jumpIfNotZero);
  }

  private void back(String name, BiConsumer<Assembler, Label> jump) {
    add("1: ret; " + name + " 1b", a -> backOver(a, jump, 1));
    add("1: .fill 126,1,0xc3; " + name + " 1b", a -> backOver(a, jump, 126));
    add("1: .fill 127,1,0xc3; " + name + " 1b", a -> backOver(a, jump, 127));
    add("{disp32} " + name + " 1f; ret; 1: ret", a -> {
      Label to = new Label();
      jump.accept(a, to);
      a.ret();
      a.bind(to);
      a.ret();
    });
  }

  private static void backOver(Assembler a, BiConsumer<Assembler, Label> jump, int bytes) {
    Label to = new Label();
    a.bind(to);
    for (int i = 0; i < bytes; i++) a.ret();
    jump.accept(a, to);
  }

  private void vectors() {
    for (int v : VECTORS) {
      Zmm z = new Zmm(v);
      Zmm same = new Zmm(9);
      add("vfmadd231ps zmm" + v + ",zmm9,zmm9", a -> a.vfmadd231ps(z, same, same));
      add("vfmadd231ps zmm9,zmm" + v + ",zmm30", a -> a.vfmadd231ps(same, z, new Zmm(30)));
      add("vfmadd231ps zmm9,zmm30,zmm" + v, a -> a.vfmadd231ps(same, new Zmm(30), z));
      add("vmovaps zmm" + v + ",zmm30", a -> a.vmovaps(z, new Zmm(30)));
      add("vmovaps zmm9,zmm" + v, a -> a.vmovaps(same, z));
      three("vfmadd213ps", v, Assembler::vfmadd213ps);
      three("vmulps", v, Assembler::vmulps);
      three("vaddps", v, Assembler::vaddps);
      three("vsubps", v, Assembler::vsubps);
      three("vminps", v, Assembler::vminps);
      three("vmaxps", v, Assembler::vmaxps);
      three("vscalefps", v, Assembler::vscalefps);
      add("vdpbf16ps zmm" + v + ",zmm9,zmm30", a -> a.vdpbf16ps(z, same, new Zmm(30)));
      add("vdpbf16ps zmm30,zmm" + v + ",zmm9", a -> a.vdpbf16ps(new Zmm(30), z, same));
      add("vpdpbusd zmm" + v + ",zmm9,zmm30", a -> a.vpdpbusd(z, same, new Zmm(30)));
      add("vpdpbusd zmm30,zmm" + v + ",zmm9", a -> a.vpdpbusd(new Zmm(30), z, same));
      add("vpdpbusd zmm9,zmm30,zmm" + v, a -> a.vpdpbusd(same, new Zmm(30), z));
      add("vcvtdq2ps zmm" + v + ",zmm30", a -> a.vcvtdq2ps(z, new Zmm(30)));
      add("vcvtdq2ps zmm9,zmm" + v, a -> a.vcvtdq2ps(same, z));
      add("vcvtne2ps2bf16 zmm" + v + ",zmm9,zmm30", a -> a.vcvtne2ps2bf16(z, same, new Zmm(30)));
      add("vcvtne2ps2bf16 zmm30,zmm9,zmm" + v, a -> a.vcvtne2ps2bf16(new Zmm(30), same, z));
      add("vpermw zmm" + v + ",zmm9,zmm30", a -> a.vpermw(z, same, new Zmm(30)));
      add("vpermw zmm30,zmm" + v + ",zmm9", a -> a.vpermw(new Zmm(30), z, same));
      add("vpslld zmm" + v + ",zmm9,16", a -> a.vpslld(z, same, 16));
      add("vpslld zmm9,zmm" + v + ",31", a -> a.vpslld(same, z, 31));
      add("vpord zmm" + v + ",zmm9,zmm30", a -> a.vpord(z, same, new Zmm(30)));
      add("vpord zmm30,zmm9,zmm" + v, a -> a.vpord(new Zmm(30), same, z));
      add("vmovdqu16 [r11+64]{k3},zmm" + v, a -> a.vmovdqu16(Memory.at(Gp.R11, 64), new Mask(3), z));
      add("vpmovzxwd zmm" + v + ",YMMWORD PTR [r11+64]", a -> a.vpmovzxwd(z, Memory.at(Gp.R11, 64)));
      add("vpmovzxwd zmm" + v + "{k1}{z},YMMWORD PTR [r11+64]", a -> a.vpmovzxwd(z, new Mask(1), Memory.at(Gp.R11, 64)));
      add("vpxord zmm" + v + ",zmm" + v + ",zmm" + v, a -> a.vpxord(z, z, z));
      add("vmovups zmm" + v + ",[r11+64]", a -> a.vmovups(z, Memory.at(Gp.R11, 64)));
      add("vmovups [r11+64],zmm" + v, a -> a.vmovups(Memory.at(Gp.R11, 64), z));
      add("vbroadcastss zmm" + v + ",DWORD PTR [r11+4]", a -> a.vbroadcastss(z, Memory.at(Gp.R11, 4)));
    }
    memory("vmovups zmm17,%s", (a, m) -> a.vmovups(new Zmm(17), m));
    memory("vmulps zmm17,zmm9,%s", (a, m) -> a.vmulps(new Zmm(17), new Zmm(9), m));
    memory("vmovups %s,zmm17", (a, m) -> a.vmovups(m, new Zmm(17)));
    memory("vpmovzxwd zmm17,YMMWORD PTR %s", (a, m) -> a.vpmovzxwd(new Zmm(17), m));
    memory("vmovdqu16 %s{k2},zmm17", (a, m) -> a.vmovdqu16(m, new Mask(2), new Zmm(17)));
    memory("vbroadcastss zmm17,DWORD PTR %s", (a, m) -> a.vbroadcastss(new Zmm(17), m));
    for (int k = 1; k < 8; k++) {
      Mask mask = new Mask(k);
      add("vmovups zmm3{k" + k + "}{z},[r11+64]", a -> a.vmovups(new Zmm(3), mask, Memory.at(Gp.R11, 64)));
      add("vmovups [r11+64]{k" + k + "},zmm3", a -> a.vmovups(Memory.at(Gp.R11, 64), mask, new Zmm(3)));
      add("kmovw k" + k + ",eax", a -> a.kmovw(mask, Gp.RAX));
      add("kmovd k" + k + ",edi", a -> a.kmovd(mask, Gp.RDI));
    }
    add("kmovw k2,edi", a -> a.kmovw(new Mask(2), Gp.RDI));
  }

  private interface Three {
    void write(Assembler a, Zmm to, Zmm left, Zmm right);
  }

  private void three(String name, int v, Three instruction) {
    Zmm z = new Zmm(v);
    Zmm same = new Zmm(9);
    Zmm high = new Zmm(30);
    add(name + " zmm" + v + ",zmm9,zmm30", a -> instruction.write(a, z, same, high));
    add(name + " zmm30,zmm" + v + ",zmm9", a -> instruction.write(a, high, z, same));
    add(name + " zmm9,zmm30,zmm" + v, a -> instruction.write(a, same, high, z));
  }

  private void vectors256() {
    Ymm same = new Ymm(9);
    for (int v : new int[] {0, 7, 8, 15}) {
      Ymm y = new Ymm(v);
      add("vfmadd231ps ymm" + v + ",ymm9,ymm14", a -> a.vfmadd231ps(y, same, new Ymm(14)));
      add("vfmadd231ps ymm14,ymm" + v + ",ymm9", a -> a.vfmadd231ps(new Ymm(14), y, same));
      add("vfmadd231ps ymm14,ymm9,ymm" + v, a -> a.vfmadd231ps(new Ymm(14), same, y));
      add("vxorps ymm" + v + ",ymm" + v + ",ymm" + v, a -> a.vxorps(y, y, y));
      add("vmovups ymm" + v + ",[r11+32]", a -> a.vmovups(y, Memory.at(Gp.R11, 32)));
      add("vmovups [rcx+32],ymm" + v, a -> a.vmovups(Memory.at(Gp.RCX, 32), y));
      add("vmaskmovps ymm" + v + ",ymm12,[r11+32]", a -> a.vmaskmovps(y, new Ymm(12), Memory.at(Gp.R11, 32)));
      add("vmaskmovps [r11+32],ymm12,ymm" + v, a -> a.vmaskmovps(Memory.at(Gp.R11, 32), new Ymm(12), y));
      add("vmaskmovps [r11+32],ymm" + v + ",ymm3", a -> a.vmaskmovps(Memory.at(Gp.R11, 32), y, new Ymm(3)));
      add("vbroadcastss ymm" + v + ",DWORD PTR [r11+4]", a -> a.vbroadcastss(y, Memory.at(Gp.R11, 4)));
    }
    memory("vmovups ymm13,%s", (a, m) -> a.vmovups(new Ymm(13), m));
    memory("vmovups %s,ymm13", (a, m) -> a.vmovups(m, new Ymm(13)));
    memory("vmaskmovps ymm5,ymm13,%s", (a, m) -> a.vmaskmovps(new Ymm(5), new Ymm(13), m));
    memory("vmaskmovps %s,ymm5,ymm13", (a, m) -> a.vmaskmovps(m, new Ymm(5), new Ymm(13)));
    memory("vbroadcastss ymm13,DWORD PTR %s", (a, m) -> a.vbroadcastss(new Ymm(13), m));
  }
}
