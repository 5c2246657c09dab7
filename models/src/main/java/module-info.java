/// The video models and the pipeline around them: from a prompt to a clip, and from a clip to a file.
@org.jspecify.annotations.NullMarked module dev.raiju.models {
  requires static org.jspecify;
  requires static transitive java.desktop;
  requires transitive dev.raiju.tensor;
  requires java.management;
  requires jdk.management;

  exports dev.raiju.models.dit;
  exports dev.raiju.models.nn;
  exports dev.raiju.models.pipeline;
  exports dev.raiju.models.sampler;
  exports dev.raiju.models.text;
  exports dev.raiju.models.vae;
  exports dev.raiju.models.verify;

  uses dev.raiju.models.pipeline.ClipReader;
  uses dev.raiju.models.pipeline.ClipWriter;
  uses dev.raiju.models.verify.GoldenChecks;

  provides dev.raiju.models.pipeline.ClipWriter with dev.raiju.models.pipeline.image.ApngWriter,
      dev.raiju.models.pipeline.image.GifWriter, dev.raiju.models.pipeline.image.PngWriter;
  provides dev.raiju.models.verify.GoldenChecks with dev.raiju.models.verify.ModelChecks;
}
