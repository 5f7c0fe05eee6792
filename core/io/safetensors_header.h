#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/array_ref.h"
#include "core/dtype.h"
#include "core/export.h"

namespace gradus::io {

/// The header of a safetensors file, completely checked: what it says about a tensor can be relied
/// upon.
///
/// Format: the header's size as a little-endian uint64, the header (JSON), the tensors' bytes
/// without gaps. Source: https://github.com/huggingface/safetensors#format. Enforced here:
///  - the header has at most 100 MB, starts with '{', is valid UTF-8 and JSON without duplicate
///  keys;
///  - a tensor has exactly `dtype`, `shape` and `data_offsets`; its size is that of its dtype times
///  its shape;
///  - the tensors cover the rest of the file from 0 to its end, without holes and without overlaps;
///  - `__metadata__` maps strings to strings.
/// Tensors are numbered in the order of their bytes in the file.
class GRADUS_API SafetensorsHeader {
 public:
  /// Parses and checks; `file` is the whole content of the file, `path` its name for messages.
  /// Allocates at most the size of the file and 1 MiB.
  /// @throws ValueError that names the file, the tensor and the broken rule; NotImplementedError
  /// for a dtype that the format has and gradus does not have.
  SafetensorsHeader(const uint8_t* file, size_t file_size, const std::string& path);

  /// The number of tensors.
  size_t size() const { return entries_.size(); }
  /// The name of tensor `i`; valid as long as the header.
  std::string_view name(size_t i) const;
  ScalarType dtype(size_t i) const { return entries_[i].dtype; }
  ArrayRef<int64_t> shape(size_t i) const;
  /// Where the bytes of tensor `i` begin, counted from the begin of the file.
  size_t offset(size_t i) const { return data_begin_ + static_cast<size_t>(entries_[i].begin); }
  size_t nbytes(size_t i) const { return static_cast<size_t>(entries_[i].end - entries_[i].begin); }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  class Parser;

  struct Entry {
    uint64_t begin, end;  // of the bytes, counted from the end of the header
    uint32_t name_begin, name_size, shape_begin;
    uint8_t dims;
    ScalarType dtype;
  };

  void check_names(const std::string& path) const;
  void check_offsets(size_t data_size, const std::string& path);

  // All names and all shapes one after the other: a hostile header has millions of them.
  std::string names_;
  std::vector<int64_t> shapes_;
  std::vector<Entry> entries_;
  std::map<std::string, std::string> metadata_;
  size_t data_begin_ = 0;
};

/// What a file says about one tensor.
struct SafetensorsEntry {
  std::string name;
  ScalarType dtype = ScalarType::Undefined;
  std::vector<int64_t> shape;
};

/// The begin of a file (size and header, padded with spaces to a multiple of 8), and the order in
/// which the bytes of the tensors follow it: by size of the element, largest first, then by name,
/// so that all are aligned.
struct SafetensorsLayout {
  std::string header;
  std::vector<size_t> order;
};

/// Lays out a file of these tensors.
/// @throws ValueError for a name that occurs twice, is `__metadata__` or is not UTF-8, for metadata
/// that is not UTF-8, for a negative or too large shape, and for a header of more than 100 MB.
GRADUS_API SafetensorsLayout layout_safetensors(const std::vector<SafetensorsEntry>& tensors,
                                                const std::map<std::string, std::string>& metadata);

}  // namespace gradus::io
