#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/datasets.h"
#include "core/export.h"
#include "core/io/image_file.h"

namespace gradus::data::datasets {

/// PNG and JPEG files in a folder per class, as torchvision's ImageFolder: ROOT/cat/1.png,
/// ROOT/cat/more/2.jpg, ROOT/dog/3.jpeg. Classes are numbered by the names of their folders, files
/// ordered by their paths. Files are read when they are asked for, in several threads at once.
///
///     ImageFolder("train").map(transforms::RandomResizedCrop<>(224)).map(transforms::Stack<>())
class GRADUS_API ImageFolder : public Dataset<ImageFolder> {
 public:
  /// @throws Error if the folder cannot be read; ValueError where it has no folders, or one of them
  /// no images
  explicit ImageFolder(const std::string& root, ImageMode mode = ImageMode::kRgb);
  ~ImageFolder() override;

  /// Data [channels, height, width], float32 from 0 to 1; a 0-d int64 target.
  /// @throws IndexError, and what load_image() throws
  Example<> get(size_t index) override;
  std::optional<size_t> size() const override;

  /// The names of the classes.
  const std::vector<std::string>& classes() const;
  /// The path of a file. @throws IndexError
  const std::string& path(size_t index) const;
  /// All targets [size].
  const Tensor& targets() const;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

}  // namespace gradus::data::datasets
