package dev.raiju.kernels.metal;

import static dev.raiju.kernels.metal.Kind.BLOCK;
import static dev.raiju.kernels.metal.Kind.FLAG;
import static dev.raiju.kernels.metal.Kind.NOTHING;
import static dev.raiju.kernels.metal.Kind.OBJECT;
import static dev.raiju.kernels.metal.Kind.POINTER;
import static dev.raiju.kernels.metal.Kind.SECONDS;
import static dev.raiju.kernels.metal.Kind.SIZE;
import static dev.raiju.kernels.metal.Kind.WHOLE;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;

/// Every message that the host sends, with what it gives and takes.
enum Message {
  RETAIN(Receiver.OBJECT, "retain", OBJECT),
  RELEASE(Receiver.OBJECT, "release", NOTHING),

  STRING_OF(Receiver.STRING_CLASS, "stringWithUTF8String:", OBJECT, POINTER),
  TEXT(Receiver.STRING, "UTF8String", POINTER),
  DESCRIPTION(Receiver.ERROR, "localizedDescription", OBJECT),

  NEW_OPTIONS(Receiver.OPTIONS_CLASS, "new", OBJECT),
  SET_FAST_MATH(Receiver.OPTIONS, "setFastMathEnabled:", NOTHING, FLAG),
  SET_LANGUAGE(Receiver.OPTIONS, "setLanguageVersion:", NOTHING, WHOLE),

  NAME(Receiver.DEVICE, "name", OBJECT),
  HAS_UNIFIED_MEMORY(Receiver.DEVICE, "hasUnifiedMemory", FLAG),
  MOST_BUFFER_BYTES(Receiver.DEVICE, "maxBufferLength", WHOLE),
  WORKING_SET(Receiver.DEVICE, "recommendedMaxWorkingSetSize", WHOLE),
  SHARED_BYTES(Receiver.DEVICE, "maxThreadgroupMemoryLength", WHOLE),
  SUPPORTS_FAMILY(Receiver.DEVICE, "supportsFamily:", FLAG, WHOLE),
  NEW_QUEUE(Receiver.DEVICE, "newCommandQueue", OBJECT),
  NEW_BUFFER(Receiver.DEVICE, "newBufferWithLength:options:", OBJECT, WHOLE, WHOLE),
  NEW_BUFFER_OVER(Receiver.DEVICE, "newBufferWithBytesNoCopy:length:options:deallocator:", OBJECT, POINTER, WHOLE, WHOLE, BLOCK),
  NEW_LIBRARY(Receiver.DEVICE, "newLibraryWithSource:options:error:", OBJECT, OBJECT, OBJECT, POINTER),
  NEW_PIPELINE(Receiver.DEVICE, "newComputePipelineStateWithFunction:error:", OBJECT, OBJECT, POINTER),

  NEW_FUNCTION(Receiver.LIBRARY, "newFunctionWithName:", OBJECT, OBJECT),
  MOST_THREADS(Receiver.PIPELINE, "maxTotalThreadsPerThreadgroup", WHOLE),
  LANES(Receiver.PIPELINE, "threadExecutionWidth", WHOLE),

  CONTENTS(Receiver.BUFFER, "contents", POINTER),
  ADDRESS(Receiver.BUFFER, "gpuAddress", WHOLE),

  COMMAND_BUFFER(Receiver.QUEUE, "commandBuffer", OBJECT),
  ENCODER(Receiver.COMMAND_BUFFER, "computeCommandEncoder", OBJECT),
  COMMIT(Receiver.COMMAND_BUFFER, "commit", NOTHING),
  WAIT(Receiver.COMMAND_BUFFER, "waitUntilCompleted", NOTHING),
  STATUS(Receiver.COMMAND_BUFFER, "status", WHOLE),
  FAILURE(Receiver.COMMAND_BUFFER, "error", OBJECT),
  START_TIME(Receiver.COMMAND_BUFFER, "GPUStartTime", SECONDS),
  END_TIME(Receiver.COMMAND_BUFFER, "GPUEndTime", SECONDS),

  SET_PIPELINE(Receiver.ENCODER, "setComputePipelineState:", NOTHING, OBJECT),
  SET_BYTES(Receiver.ENCODER, "setBytes:length:atIndex:", NOTHING, POINTER, WHOLE, WHOLE),
  USE_RESOURCES(Receiver.ENCODER, "useResources:count:usage:", NOTHING, POINTER, WHOLE, WHOLE),
  DISPATCH(Receiver.ENCODER, "dispatchThreadgroups:threadsPerThreadgroup:", NOTHING, SIZE, SIZE),
  END(Receiver.ENCODER, "endEncoding", NOTHING);

  private final Receiver receiver;
  private final String selector;
  private final Kind result;
  private final List<Kind> parameters;

  Message(Receiver receiver, String selector, Kind result, Kind... parameters) {
    this.receiver = receiver;
    this.selector = selector;
    this.result = result;
    this.parameters = List.of(parameters);
  }

  Receiver receiver() { return receiver; }

  String selector() { return selector; }

  Kind result() { return result; }

  /// Behind the receiver and the selector.
  List<Kind> parameters() { return parameters; }

  /// As `objc_msgSend` is called for it.
  FunctionDescriptor descriptor() {
    MemoryLayout[] taken = Stream.concat(Stream.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS), parameters.stream().map(kind -> kind
        .layout().orElseThrow())).toArray(MemoryLayout[]::new);
    return result.layout().map(given -> FunctionDescriptor.of(given, taken)).orElseGet(() -> FunctionDescriptor.ofVoid(taken));
  }
}
