#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/datasets.h"
#include "core/export.h"

namespace gradus::data::datasets {

/// MNIST and what comes in its format, such as Fashion-MNIST: idx files, plain or gzipped.
///
/// The folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte, each as it is or with .gz. Images may have any one size. An example's
/// data is [1, height, width], float32 from 0 to 1; its target is a 0-d int64.
class GRADUS_API MNIST : public Dataset<MNIST> {
 public:
  enum class Mode { kTrain, kTest };

  /// Reads the two files of `mode`; copies of a dataset share them.
  /// @throws Error that names the files that were looked for; ValueError where one is damaged or
  /// they do not match
  explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);
  ~MNIST() override;
  MNIST(const MNIST&);
  MNIST(MNIST&&) noexcept;
  MNIST& operator=(const MNIST&);
  MNIST& operator=(MNIST&&) noexcept;

  /// @throws IndexError
  Example<> get(size_t index) override;
  std::vector<Example<>> get_batch(ArrayRef<size_t> indices) override;
  std::optional<size_t> size() const override;

  bool is_train() const noexcept;
  /// All images [size, 1, height, width]; made when it is first called, with four bytes per pixel.
  const Tensor& images() const;
  /// All targets [size].
  const Tensor& targets() const;

 private:
  struct Data;
  std::shared_ptr<Data> data_;
};

}  // namespace gradus::data::datasets
