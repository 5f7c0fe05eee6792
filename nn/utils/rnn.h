#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::utils::rnn {

/// A batch of sequences of different lengths without padding: the rows of step 0, one for each
/// sequence, longest first, then those of step 1, for the sequences that are that long, and so on.
/// Made by pack_padded_sequence() and its like.
class GRADUS_API PackedSequence {
 public:
  PackedSequence() = default;
  /// @param batch_sizes       how many rows each step has: int64, never growing
  /// @param sorted_indices    where the sequences stood before they were sorted
  /// @param unsorted_indices  where they are now; that of sorted_indices where it is undefined
  explicit PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices = {},
                          Tensor unsorted_indices = {});

  const Tensor& data() const { return data_; }
  const Tensor& batch_sizes() const { return batch_sizes_; }
  const Tensor& sorted_indices() const { return sorted_indices_; }
  const Tensor& unsorted_indices() const { return unsorted_indices_; }
  PackedSequence to(const TensorOptions& options) const;
  PackedSequence cpu() const { return *this; }
  /// @throws NotImplementedError
  PackedSequence cuda() const { return to(kCUDA); }
  PackedSequence pin_memory() const { return *this; }
  bool is_cuda() const { return false; }
  bool is_pinned() const { return false; }

 private:
  Tensor data_, batch_sizes_, sorted_indices_, unsorted_indices_;
};

/// The permutation that undoes `permutation`; undefined where that is.
GRADUS_API Tensor invert_permutation(const Tensor& permutation);

/// Packs input [T, B, *], or [B, T, *] with batch_first, of which sequence b has lengths[b] steps.
/// @param lengths         int64 [B], each positive
/// @param enforce_sorted  whether the lengths must come sorted, longest first; else they are sorted
/// here, and the result says how
/// @throws ValueError for lengths that are not positive, exceed T or are not sorted
GRADUS_API PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths,
                                               bool batch_first = false,
                                               bool enforce_sorted = true);
/// The inverse: (sequences [T, B, *], or [B, T, *] with batch_first, lengths int64 [B]), in the
/// order they had before packing.
/// @param total_length  T, at least the longest length. Default: that
GRADUS_API std::tuple<Tensor, Tensor> pad_packed_sequence(
    const PackedSequence& sequence, bool batch_first = false, double padding_value = 0.0,
    std::optional<int64_t> total_length = std::nullopt);

/// Sequences [L_b, *] side by side, filled up to the longest: [T, B, *], or [B, T, *] with
/// batch_first.
/// @param padding_side  "right" or "left"
GRADUS_API Tensor pad_sequence(TensorList sequences, bool batch_first = false,
                               double padding_value = 0, std::string_view padding_side = "right");
/// Packs sequences [L_b, *].
GRADUS_API PackedSequence pack_sequence(TensorList sequences, bool enforce_sorted = true);
/// The sequences [lengths[b], *] of a padded batch.
GRADUS_API std::vector<Tensor> unpad_sequence(const Tensor& padded_sequences, const Tensor& lengths,
                                              bool batch_first = false);
/// The sequences of a packed batch.
GRADUS_API std::vector<Tensor> unpack_sequence(const PackedSequence& packed_sequences);

}  // namespace gradus::nn::utils::rnn
