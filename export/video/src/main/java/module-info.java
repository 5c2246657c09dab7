/// Clips as MP4 files: H.264 by JCodec, in Java alone; and by ffmpeg for those who ask for it. Reads the clips of others.
@org.jspecify.annotations.NullMarked module dev.raiju.export.video {
  requires transitive dev.raiju.models;
  requires java.desktop;
  requires static org.jspecify;
  // an automatic module, named after its jar
  requires jcodec;

  exports dev.raiju.export.video;

  provides dev.raiju.models.pipeline.ClipReader with dev.raiju.export.video.MediaReader;
  provides dev.raiju.models.pipeline.ClipWriter with dev.raiju.export.video.Mp4Writer;
}
