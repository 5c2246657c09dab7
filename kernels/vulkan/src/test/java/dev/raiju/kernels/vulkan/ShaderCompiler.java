package dev.raiju.kernels.vulkan;

import static org.lwjgl.util.shaderc.Shaderc.*;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.lwjgl.system.MemoryUtil;

/// GLSL to SPIR-V, by the compiler that LWJGL brings.
final class ShaderCompiler {
  static final Path SOURCES = Path.of(System.getProperty("raiju.root")).resolve("kernels/vulkan/src/main/glsl");
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(.*)\"$");

  private ShaderCompiler() {}

  /// The source with what it includes, and the numbers of its kernels.
  static String source(Shader shader) throws Exception {
    String text = Files.readString(SOURCES.resolve(shader.file() + ".comp"));
    StringBuilder kernels = new StringBuilder();
    for (int i = 0; i < shader.kernels().size(); i++)
      kernels.append("#define ").append(shader.kernels().get(i).toUpperCase(java.util.Locale.ROOT)).append(' ').append(i).append(
          '\n');
    StringBuilder whole = new StringBuilder();
    var include = INCLUDE.matcher(text);
    boolean first = true;
    while (include.find()) {
      String included = Files.readString(SOURCES.resolve(include.group(1)));
      // extensions come before everything else
      include.appendReplacement(whole, java.util.regex.Matcher.quoteReplacement(included + (first ? kernels : "")));
      first = false;
    }
    return include.appendTail(whole).toString();
  }

  static String hash(Shader shader) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(source(shader).getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest);
  }

  static byte[] compile(Shader shader) throws Exception {
    long compiler = shaderc_compiler_initialize();
    long options = shaderc_compile_options_initialize();
    ByteBuffer text = MemoryUtil.memUTF8(source(shader), false);
    try {
      shaderc_compile_options_set_target_env(options, shaderc_target_env_vulkan, shaderc_env_version_vulkan_1_2);
      shaderc_compile_options_set_target_spirv(options, shaderc_spirv_version_1_5);
      shaderc_compile_options_set_optimization_level(options, shaderc_optimization_level_zero);
      long result = shaderc_compile_into_spv(compiler, text, shaderc_compute_shader, MemoryUtil.memUTF8(shader.file()), MemoryUtil
          .memUTF8("main"), options);
      try {
        if (shaderc_result_get_compilation_status(result) != shaderc_compilation_status_success)
          throw new AssertionError(shaderc_result_get_error_message(result));
        ByteBuffer bytes = shaderc_result_get_bytes(result);
        byte[] code = new byte[bytes.remaining()];
        bytes.get(code);
        return code;
      } finally {
        shaderc_result_release(result);
      }
    } finally {
      MemoryUtil.memFree(text);
      shaderc_compile_options_release(options);
      shaderc_compiler_release(compiler);
    }
  }
}
