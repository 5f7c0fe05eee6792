#include "core/data/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/data/image.h"
#include "core/data/rows.h"
#include "core/error.h"
#include "core/factory.h"

namespace gradus::data::datasets {
namespace {

namespace fs = std::filesystem;

bool is_image(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

}  // namespace

struct ImageFolder::Data {
  ImageMode mode;
  std::vector<std::string> classes, paths;
  Tensor targets;
};

ImageFolder::ImageFolder(const std::string& root, ImageMode mode) {
  auto data = std::make_shared<Data>();
  data->mode = mode;
  std::vector<int64_t> targets;
  try {
    for (const auto& entry : fs::directory_iterator(root)) {
      if (entry.is_directory()) data->classes.push_back(entry.path().filename().string());
    }
    std::sort(data->classes.begin(), data->classes.end());
    for (size_t i = 0; i < data->classes.size(); ++i) {
      std::vector<std::string> paths;
      for (const auto& entry :
           fs::recursive_directory_iterator(fs::path(root) / data->classes[i])) {
        if (entry.is_regular_file() && is_image(entry.path())) {
          paths.push_back(entry.path().string());
        }
      }
      GRADUS_CHECK_VALUE(!paths.empty(), "ImageFolder: there are no images in '{}/{}'", root,
                         data->classes[i]);
      std::sort(paths.begin(), paths.end());
      targets.insert(targets.end(), paths.size(), static_cast<int64_t>(i));
      std::move(paths.begin(), paths.end(), std::back_inserter(data->paths));
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(fmt::format("ImageFolder: cannot read '{}': {}", root, error.code().message()));
  }
  GRADUS_CHECK_VALUE(!data->classes.empty(), "ImageFolder: there are no folders in '{}'", root);
  data->targets = tensor(targets);
  data_ = std::move(data);
}

ImageFolder::~ImageFolder() = default;

Example<> ImageFolder::get(size_t index) {
  const Tensor bytes = load_image(path(index), data_->mode);
  return {image::convert_dtype(bytes, kFloat),
          data_->targets.select(0, static_cast<int64_t>(index))};
}

std::optional<size_t> ImageFolder::size() const {
  return data_->paths.size();
}

const std::vector<std::string>& ImageFolder::classes() const {
  return data_->classes;
}

const std::string& ImageFolder::path(size_t index) const {
  data::detail::check_indices("ImageFolder", index, data_->paths.size());
  return data_->paths[index];
}

const Tensor& ImageFolder::targets() const {
  return data_->targets;
}

}  // namespace gradus::data::datasets
