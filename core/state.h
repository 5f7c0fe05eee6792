#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/ordered_dict.h"
#include "core/tensor.h"

namespace gradus {

namespace serialize {
class InputArchive;
class OutputArchive;
}  // namespace serialize

/// Named tensors in a fixed order: what a module, an optimizer or a generator saves.
using StateDict = OrderedDict<std::string, Tensor>;

/// What a load_state_dict that is not strict found.
struct LoadReport {
  std::vector<std::string> missing_keys;     ///< here, not in the state
  std::vector<std::string> unexpected_keys;  ///< in the state, not here
};

/// What can be saved and restored. Numbers are kept as tensors (0-d int64 or float64), so that a
/// checkpoint is one file of named tensors.
class GRADUS_API Stateful {
 public:
  virtual ~Stateful();
  virtual StateDict state_dict() const = 0;
  /// @throws Error that names the entries which are missing, unexpected or of another shape; then
  /// nothing has changed.
  virtual void load_state_dict(const StateDict& state) = 0;

  /// libtorch's spelling of the two: writes the state to an archive, and loads it from one. See
  /// core/io/archive.h.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);
};

}  // namespace gradus
