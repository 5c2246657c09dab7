package dev.raiju.kernels.metal;

/// Whose messages are sent: the classes and protocols of Metal and Foundation.
enum Receiver {
  OBJECT, STRING_CLASS, STRING, ERROR, OPTIONS_CLASS, OPTIONS, DEVICE, LIBRARY, PIPELINE, BUFFER, QUEUE, COMMAND_BUFFER, ENCODER
}
