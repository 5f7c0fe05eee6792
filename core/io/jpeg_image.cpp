#include "core/error.h"
#include "core/factory.h"
#include "core/io/image_decoders.h"

#ifdef GRADUS_HAVE_JPEG

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

namespace gradus::io {
namespace {

// libjpeg reports errors by a function that must not return: it jumps back, over C frames only. So
// whoever calls setjmp() has no objects with destructors.
struct Decoder {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void fail(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, decoder->message);
  std::longjmp(decoder->back, 1);
}

// A warning means that data are missing or wrong, which libjpeg would paint gray.
void warn(j_common_ptr jpeg, int level) {
  if (level < 0) fail(jpeg);
}

bool begin(Decoder& decoder, const uint8_t* data, size_t size) {
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = warn;
  decoder.jpeg.client_data = &decoder;
  if (setjmp(decoder.back) != 0) return false;
  jpeg_create_decompress(&decoder.jpeg);
  jpeg_mem_src(&decoder.jpeg, data, static_cast<unsigned long>(size));
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

bool read(Decoder& decoder, uint8_t* pixels) {
  if (setjmp(decoder.back) != 0) return false;
  jpeg_start_decompress(&decoder.jpeg);
  const size_t row =
      size_t{decoder.jpeg.output_width} * static_cast<size_t>(decoder.jpeg.output_components);
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW line = pixels + decoder.jpeg.output_scanline * row;
    jpeg_read_scanlines(&decoder.jpeg, &line, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

struct Owner {
  ~Owner() { jpeg_destroy_decompress(&decoder.jpeg); }
  Decoder decoder{};
};

}  // namespace

Tensor decode_jpeg(const uint8_t* data, size_t size, const std::string& path) {
  Owner owner;
  Decoder& decoder = owner.decoder;
  GRADUS_CHECK_VALUE(begin(decoder, data, size), "load_image: '{}' is damaged: {}", path,
                     decoder.message);
  jpeg_decompress_struct& jpeg = decoder.jpeg;
  if (jpeg.num_components != 1 && jpeg.num_components != 3) {
    throw NotImplementedError(
        fmt::format("load_image: '{}' has {} components; gray and RGB are "
                    "known",
                    path, jpeg.num_components));
  }
  jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  // A block of 64 pixels takes at least two bits.
  check_image_size(path, jpeg.image_height, jpeg.image_width,
                   static_cast<uint64_t>(jpeg.num_components), size, 64 * 4 * 4);
  Tensor pixels = empty({jpeg.image_height, jpeg.image_width, jpeg.num_components}, kByte);
  GRADUS_CHECK_VALUE(read(decoder, pixels.data_ptr<uint8_t>()), "load_image: '{}' is damaged: {}",
                     path, decoder.message);
  return pixels;
}

}  // namespace gradus::io

#else

namespace gradus::io {

Tensor decode_jpeg(const uint8_t*, size_t, const std::string&) {
  throw NotImplementedError("load_image: gradus was built without libjpeg");
}

}  // namespace gradus::io

#endif
