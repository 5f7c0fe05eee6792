#include "core/data/mnist.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <unistd.h>

#include "core/data/rows.h"
#include "core/error.h"
#include "core/factory.h"
#include "core/io/idx.h"

namespace gradus::data::datasets {
namespace {

io::IdxArray read(const std::string& root, const std::string& name, size_t dims) {
  const std::string plain = root + "/" + name, zipped = plain + ".gz";
  const bool is_plain = ::access(plain.c_str(), F_OK) == 0;
  GRADUS_CHECK(is_plain || ::access(zipped.c_str(), F_OK) == 0,
               "MNIST: there is neither '{}' nor '{}'", plain, zipped);
  const std::string& path = is_plain ? plain : zipped;
  io::IdxArray array = io::read_idx(path);
  GRADUS_CHECK_VALUE(array.dtype == kByte && array.shape.size() == dims,
                     "MNIST: '{}' holds {} elements of {} dimensions, expected bytes of {}", path,
                     array.dtype, array.shape.size(), dims);
  return array;
}

// Bytes as numbers from 0 to 1. Blocks of a fixed size become vector instructions.
void to_float(const uint8_t* __restrict src, float* __restrict dst, size_t count) {
  constexpr size_t kBlock = 16;
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (size_t k = 0; k < kBlock; ++k) dst[i + k] = static_cast<float>(src[i + k]) / 255.0f;
  }
  for (; i < count; ++i) dst[i] = static_cast<float>(src[i]) / 255.0f;
}

}  // namespace

struct MNIST::Data {
  size_t pixels() const { return static_cast<size_t>(images.shape[1] * images.shape[2]); }
  const uint8_t* image(size_t index) const { return images.bytes.data() + index * pixels(); }

  bool train = true;
  io::IdxArray images;
  Tensor targets;
  std::once_flag float_images_made;
  Tensor float_images;
};

MNIST::MNIST(const std::string& root, Mode mode) : data_(std::make_shared<Data>()) {
  data_->train = mode == Mode::kTrain;
  const std::string prefix = data_->train ? "train" : "t10k";
  data_->images = read(root, prefix + "-images-idx3-ubyte", 3);
  const io::IdxArray labels = read(root, prefix + "-labels-idx1-ubyte", 1);
  GRADUS_CHECK_VALUE(labels.shape[0] == data_->images.shape[0],
                     "MNIST: '{}' has {} {} images and {} labels", root, data_->images.shape[0],
                     prefix, labels.shape[0]);
  data_->targets = empty({labels.shape[0]}, kLong);
  std::copy(labels.bytes.begin(), labels.bytes.end(), data_->targets.data_ptr<int64_t>());
}

MNIST::~MNIST() = default;
MNIST::MNIST(const MNIST&) = default;
MNIST::MNIST(MNIST&&) noexcept = default;
MNIST& MNIST::operator=(const MNIST&) = default;
MNIST& MNIST::operator=(MNIST&&) noexcept = default;

Example<> MNIST::get(size_t index) {
  return std::move(get_batch(index).front());
}

std::vector<Example<>> MNIST::get_batch(ArrayRef<size_t> indices) {
  data::detail::check_indices("MNIST", indices, *size());
  const size_t pixels = data_->pixels();
  Tensor images = data::detail::empty_rows(
      indices.size(), {1, data_->images.shape[1], data_->images.shape[2]}, kFloat);
  Tensor targets = data::detail::empty_rows(indices.size(), {}, kLong);
  const int64_t* all_targets = data_->targets.data_ptr<int64_t>();
  for (size_t i = 0; i < indices.size(); ++i) {
    to_float(data_->image(indices[i]), images.data_ptr<float>() + i * pixels, pixels);
    targets.data_ptr<int64_t>()[i] = all_targets[indices[i]];
  }
  std::vector<Tensor> image_rows = data::detail::split_rows(std::move(images));
  std::vector<Tensor> target_rows = data::detail::split_rows(std::move(targets));
  std::vector<Example<>> batch;
  batch.reserve(indices.size());
  for (size_t i = 0; i < indices.size(); ++i)
    batch.emplace_back(std::move(image_rows[i]), std::move(target_rows[i]));
  return batch;
}

std::optional<size_t> MNIST::size() const {
  return static_cast<size_t>(data_->images.shape[0]);
}

bool MNIST::is_train() const noexcept {
  return data_->train;
}

const Tensor& MNIST::images() const {
  std::call_once(data_->float_images_made, [&] {
    const std::vector<int64_t>& shape = data_->images.shape;
    Tensor images = empty({shape[0], 1, shape[1], shape[2]}, kFloat);
    to_float(data_->images.bytes.data(), images.data_ptr<float>(), data_->images.bytes.size());
    data_->float_images = images;
  });
  return data_->float_images;
}

const Tensor& MNIST::targets() const {
  return data_->targets;
}

}  // namespace gradus::data::datasets
