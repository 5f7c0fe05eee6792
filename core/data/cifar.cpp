#include "core/data/cifar.h"

#include <cstring>
#include <utility>

#include <unistd.h>

#include "core/data/rows.h"
#include "core/error.h"
#include "core/factory.h"
#include "core/io/mapped_file.h"

namespace gradus::data::datasets {
namespace {

constexpr int64_t kSide = 32;
constexpr size_t kPixels = 3 * kSide * kSide;

// The layout of a record: so many label bytes, of which one is wanted, and the image.
struct Format {
  const char* name;
  size_t labels;
  size_t wanted;
  int classes;
};

std::string path_of(const char* name, const std::string& root, const std::string& folder,
                    const std::string& file) {
  const std::string direct = root + "/" + file, below = root + "/" + folder + "/" + file;
  if (::access(direct.c_str(), F_OK) == 0) return direct;
  GRADUS_CHECK(::access(below.c_str(), F_OK) == 0, "{}: there is neither '{}' nor '{}'", name,
               direct, below);
  return below;
}

}  // namespace

namespace detail {

template <class Self>
struct CIFAR<Self>::Data {
  bool train;
  Tensor images, targets;

  static std::shared_ptr<const Data> read(const Format& format, bool train,
                                          const std::vector<std::string>& paths) {
    std::vector<std::unique_ptr<io::MappedFile>> files;
    const size_t record = format.labels + kPixels;
    int64_t count = 0;
    for (const std::string& path : paths) {
      files.push_back(std::make_unique<io::MappedFile>(path));
      GRADUS_CHECK_VALUE(files.back()->size() % record == 0,
                         "{}: the size of '{}' is {}, not a multiple of the {} bytes of a record",
                         format.name, path, files.back()->size(), record);
      count += static_cast<int64_t>(files.back()->size() / record);
    }
    auto data = std::make_shared<Data>();
    data->train = train;
    data->images = empty({count, 3, kSide, kSide}, kByte);
    data->targets = empty({count}, kLong);
    uint8_t* image = data->images.template data_ptr<uint8_t>();
    int64_t* target = data->targets.template data_ptr<int64_t>();
    for (size_t i = 0; i < files.size(); ++i) {
      const uint8_t* end = files[i]->data() + files[i]->size();
      for (const uint8_t* at = files[i]->data(); at != end; at += record) {
        GRADUS_CHECK_VALUE(at[format.wanted] < format.classes, "{}: '{}' has the label {} of {}",
                           format.name, paths[i], int{at[format.wanted]}, format.classes);
        *target++ = at[format.wanted];
        std::memcpy(image, at + format.labels, kPixels);
        image += kPixels;
      }
    }
    return data;
  }
};

template <class Self>
CIFAR<Self>::CIFAR(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
template <class Self>
CIFAR<Self>::~CIFAR() = default;
template <class Self>
CIFAR<Self>::CIFAR(const CIFAR&) = default;
template <class Self>
CIFAR<Self>& CIFAR<Self>::operator=(const CIFAR&) = default;

template <class Self>
Example<> CIFAR<Self>::get(size_t index) {
  return std::move(get_batch(index).front());
}

template <class Self>
std::vector<Example<>> CIFAR<Self>::get_batch(ArrayRef<size_t> indices) {
  data::detail::check_indices("CIFAR", indices, *size());
  Tensor images = data::detail::empty_rows(indices.size(), {3, kSide, kSide}, kFloat);
  Tensor targets = data::detail::empty_rows(indices.size(), {}, kLong);
  for (size_t i = 0; i < indices.size(); ++i) {
    const uint8_t* src = data_->images.template data_ptr<uint8_t>() + indices[i] * kPixels;
    float* dst = images.data_ptr<float>() + i * kPixels;
    for (size_t k = 0; k < kPixels; ++k) dst[k] = static_cast<float>(src[k]) / 255.0f;
    targets.data_ptr<int64_t>()[i] = data_->targets.template data_ptr<int64_t>()[indices[i]];
  }
  std::vector<Tensor> image_rows = data::detail::split_rows(std::move(images));
  std::vector<Tensor> target_rows = data::detail::split_rows(std::move(targets));
  std::vector<Example<>> batch;
  batch.reserve(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    batch.emplace_back(std::move(image_rows[i]), std::move(target_rows[i]));
  }
  return batch;
}

template <class Self>
std::optional<size_t> CIFAR<Self>::size() const {
  return static_cast<size_t>(data_->targets.numel());
}
template <class Self>
const Tensor& CIFAR<Self>::images() const {
  return data_->images;
}
template <class Self>
const Tensor& CIFAR<Self>::targets() const {
  return data_->targets;
}
template <class Self>
bool CIFAR<Self>::is_train() const noexcept {
  return data_->train;
}

template class CIFAR<CIFAR10>;
template class CIFAR<CIFAR100>;

}  // namespace detail

CIFAR10::CIFAR10(const std::string& root, Mode mode)
    : CIFAR([&] {
        std::vector<std::string> paths;
        const auto add = [&](const std::string& file) {
          paths.push_back(path_of("CIFAR10", root, "cifar-10-batches-bin", file));
        };
        const bool train = mode == Mode::kTrain;
        if (!train) add("test_batch.bin");
        for (int i = 1; train && i <= 5; ++i) add("data_batch_" + std::to_string(i) + ".bin");
        return Data::read({"CIFAR10", 1, 0, 10}, train, paths);
      }()) {}

CIFAR100::CIFAR100(const std::string& root, Mode mode, bool coarse)
    : CIFAR([&] {
        const bool train = mode == Mode::kTrain;
        const std::string path =
            path_of("CIFAR100", root, "cifar-100-binary", train ? "train.bin" : "test.bin");
        return Data::read({"CIFAR100", 2, coarse ? 0u : 1u, coarse ? 20 : 100}, train, {path});
      }()) {}

}  // namespace gradus::data::datasets
