/// MP4 files, by JCodec or by the ffmpeg program. Found as a service by the extension `.mp4`.
package dev.raiju.export.video;
