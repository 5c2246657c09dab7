package dev.raiju.peers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// A graph in ONNX's format, with one output called `y`. Field numbers are those of `onnx.proto`.
final class OnnxGraph {
  static final int FLOAT = 1;
  static final int UINT8 = 2;
  static final int INT8 = 3;

  // versions that every reader of these operators has
  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final String MICROSOFT = "com.microsoft";

  private final Proto graph = new Proto().text(2, "graph");

  /// An input that each call gives.
  OnnxGraph input(String name, long... shape) {
    graph.message(11, value(name, shape));
    return this;
  }

  OnnxGraph output(long... shape) {
    graph.message(12, value("y", shape));
    return this;
  }

  /// A constant.
  OnnxGraph constant(String name, int type, byte[] contents, long... shape) {
    Proto tensor = new Proto();
    for (long size : shape) tensor.number(1, size);
    graph.message(5, tensor.number(2, type).text(8, name).bytes(9, contents));
    return this;
  }

  OnnxGraph constant(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return constant(name, FLOAT, bytes.array(), shape);
  }

  /// An operator of the standard.
  OnnxGraph node(String type, String inputs, String outputs) {
    graph.message(1, names(type, inputs, outputs));
    return this;
  }

  /// A cast to f32.
  OnnxGraph toFloat(String input, String output) {
    graph.message(1, names("Cast", input, output).message(5, attribute("to", FLOAT)));
    return this;
  }

  /// An operator of the runtime's own.
  ///
  /// @param attributes `name=value`, whole numbers, apart by spaces
  OnnxGraph own(String type, String inputs, String outputs, String attributes) {
    Proto node = names(type, inputs, outputs).text(7, MICROSOFT);
    for (String pair : attributes.split(" ")) {
      int equals = pair.indexOf('=');
      node.message(5, attribute(pair.substring(0, equals), Long.parseLong(pair.substring(equals + 1))));
    }
    graph.message(1, node);
    return this;
  }

  private static Proto names(String type, String inputs, String outputs) {
    Proto node = new Proto();
    for (String name : inputs.split(" ")) node.text(1, name);
    for (String name : outputs.split(" ")) node.text(2, name);
    return node.text(4, type);
  }

  private static Proto attribute(String name, long value) { return new Proto().text(1, name).number(3, value).number(20, 2); }

  private static Proto value(String name, long... sizes) {
    Proto shape = new Proto();
    for (long size : sizes) shape.message(1, new Proto().number(1, size));
    Proto tensor = new Proto().number(1, FLOAT).message(2, shape);
    return new Proto().text(1, name).message(2, new Proto().message(1, tensor));
  }

  /// The model.
  byte[] toBytes() {
    return new Proto().number(1, IR_VERSION).message(8, new Proto().text(1, "").number(2, OPSET)).message(8, new Proto().text(1,
        MICROSOFT).number(2, 1)).message(7, graph).toBytes();
  }
}
