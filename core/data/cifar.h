#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/datasets.h"
#include "core/export.h"

namespace gradus::data::datasets {

/// Where a CIFAR dataset comes from: training or test images.
enum class CIFARMode { kTrain, kTest };

namespace detail {

/// What CIFAR10 and CIFAR100 do alike: color images of 32 x 32, kept as bytes.
template <class Self>
class GRADUS_API CIFAR : public Dataset<Self> {
 public:
  using Mode = CIFARMode;
  ~CIFAR() override;
  CIFAR(const CIFAR&);
  CIFAR& operator=(const CIFAR&);

  /// Data [3, 32, 32], float32 from 0 to 1; a 0-d int64 target. @throws IndexError
  Example<> get(size_t index) override;
  std::vector<Example<>> get_batch(ArrayRef<size_t> indices) override;
  std::optional<size_t> size() const override;

  /// All images [size, 3, 32, 32], uint8.
  const Tensor& images() const;
  /// All targets [size], int64.
  const Tensor& targets() const;
  bool is_train() const noexcept;

 protected:
  struct Data;
  explicit CIFAR(std::shared_ptr<const Data> data);

  std::shared_ptr<const Data> data_;
};

}  // namespace detail

/// CIFAR-10 (Krizhevsky 2009) in its binary version: data_batch_1.bin to data_batch_5.bin and
/// test_batch.bin, in the folder or in cifar-10-batches-bin below it.
class GRADUS_API CIFAR10 : public detail::CIFAR<CIFAR10> {
 public:
  /// @throws Error that names the file if one cannot be read; ValueError if one is damaged
  explicit CIFAR10(const std::string& root, Mode mode = Mode::kTrain);
};

/// CIFAR-100 in its binary version: train.bin and test.bin, in the folder or in cifar-100-binary
/// below it.
class GRADUS_API CIFAR100 : public detail::CIFAR<CIFAR100> {
 public:
  /// @param coarse  whether the target is one of the 20 superclasses instead of the 100 classes
  /// @throws as CIFAR10
  explicit CIFAR100(const std::string& root, Mode mode = Mode::kTrain, bool coarse = false);
};

}  // namespace gradus::data::datasets
