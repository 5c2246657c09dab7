package dev.raiju.checks;

import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationElement;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A method that a test engine should run, read from the class file.
///
/// @param type the class it runs in, which may inherit it
/// @param property whether it is one of jqwik's
/// @param tags its own and those of its class
record TestMethod(String type, String name, boolean property, Set<String> tags) {
  private static final Set<String> PROPERTIES = Set.of("net.jqwik.api.Property", "net.jqwik.api.Example");
  private static final Set<String> TESTS = Set.of("org.junit.jupiter.api.Test", "org.junit.jupiter.api.RepeatedTest",
      "org.junit.jupiter.api.TestFactory", "org.junit.jupiter.api.TestTemplate", "org.junit.jupiter.params.ParameterizedTest");
  private static final Set<String> TAGS = Set.of("org.junit.jupiter.api.Tag", "net.jqwik.api.Tag");
  private static final Set<String> TAG_LISTS = Set.of("org.junit.jupiter.api.Tags", "net.jqwik.api.TagList");

  /// The test methods of a class, those it inherits included; none if it is abstract.
  ///
  /// @param known all compiled classes, by internal name
  static List<TestMethod> of(ClassModel type, Map<String, ClassModel> known) {
    if (type.flags().has(AccessFlag.ABSTRACT)) return List.of();
    String name = type.thisClass().asInternalName().replace('/', '.');
    List<TestMethod> found = new ArrayList<>();
    Optional<ClassModel> at = Optional.of(type);
    while (at.isPresent()) {
      ClassModel owner = at.get();
      for (MethodModel method : owner.methods()) {
        Set<String> kinds = new HashSet<>();
        annotations(method).forEach(annotation -> kinds.add(nameOf(annotation)));
        boolean property = kinds.stream().anyMatch(PROPERTIES::contains);
        if (!property && kinds.stream().noneMatch(TESTS::contains)) continue;
        Set<String> tags = new HashSet<>(tagsOf(type));
        tags.addAll(tagsOf(owner));
        tags.addAll(tagsOf(method));
        found.add(new TestMethod(name, method.methodName().stringValue(), property, tags));
      }
      at = owner.superclass().map(parent -> known.get(parent.asInternalName()));
    }
    return found;
  }

  private static Stream<Annotation> annotations(AttributedElement element) {
    return element.findAttribute(Attributes.runtimeVisibleAnnotations()).stream().flatMap(all -> all.annotations().stream());
  }

  private static String nameOf(Annotation annotation) {
    String descriptor = annotation.className().stringValue();
    return descriptor.substring(1, descriptor.length() - 1).replace('/', '.');
  }

  private static Set<String> tagsOf(AttributedElement element) {
    Set<String> tags = new HashSet<>();
    annotations(element).forEach(annotation -> {
      if (TAGS.contains(nameOf(annotation))) tags.add(value(annotation));
      if (TAG_LISTS.contains(nameOf(annotation))) {
        AnnotationValue.OfArray list = (AnnotationValue.OfArray) annotation.elements().getFirst().value();
        list.values().forEach(tag -> tags.add(value(((AnnotationValue.OfAnnotation) tag).annotation())));
      }
    });
    return tags;
  }

  private static String value(Annotation tag) {
    for (AnnotationElement element : tag.elements()) {
      if (element.value() instanceof AnnotationValue.OfString text) return text.stringValue();
    }
    return "";
  }
}
