#include "nn/utils/rnn.h"

#include <algorithm>
#include <numeric>

#include "autograd/ops/gather.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus::nn::utils::rnn {

namespace {

// The elements of an int64 tensor of one dim.
std::vector<int64_t> numbers(const char* op, const char* what, const Tensor& x) {
  GRADUS_CHECK(x.defined() && x.dim() == 1, "{}: expected {} of 1 dim, got {}", op, what,
               x.defined() ? to_string(x.sizes()) : "undefined");
  GRADUS_CHECK_TYPE(x.dtype() == kLong, "{}: expected {} of dtype Long, got {}", op, what,
                    x.dtype());
  const Tensor dense = x.contiguous();
  const int64_t* const p = dense.data_ptr<int64_t>();
  return {p, p + dense.numel()};
}

// Rows [T * B, *] of a padded batch [T, B, *].
Tensor as_rows(const Tensor& x) {
  DimVector sizes{x.size(0) * x.size(1)};
  for (int64_t dim = 2; dim < x.dim(); ++dim) sizes.push_back(x.size(dim));
  return reshape(x, sizes);
}

// The place of each packed row in the padded batch of `batch` sequences.
Tensor places_of_rows(const std::vector<int64_t>& batch_sizes, int64_t batch) {
  std::vector<int64_t> places;
  for (size_t t = 0; t < batch_sizes.size(); ++t) {
    for (int64_t b = 0; b < batch_sizes[t]; ++b)
      places.push_back(static_cast<int64_t>(t) * batch + b);
  }
  return tensor(places);
}

}  // namespace

PackedSequence::PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices,
                               Tensor unsorted_indices)
    : data_(std::move(data)),
      batch_sizes_(std::move(batch_sizes)),
      sorted_indices_(std::move(sorted_indices)),
      unsorted_indices_(std::move(unsorted_indices)) {
  if (!unsorted_indices_.defined()) unsorted_indices_ = invert_permutation(sorted_indices_);
}

PackedSequence PackedSequence::to(const TensorOptions& options) const {
  PackedSequence copy = *this;
  copy.data_ = data_.to(options);
  return copy;
}

Tensor invert_permutation(const Tensor& permutation) {
  if (!permutation.defined()) return permutation;
  const std::vector<int64_t> places = numbers("invert_permutation", "a permutation", permutation);
  const auto n = static_cast<int64_t>(places.size());
  std::vector<int64_t> inverse(places.size(), -1);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t place = places[static_cast<size_t>(i)];
    GRADUS_CHECK_INDEX(place >= 0 && place < n && inverse[static_cast<size_t>(place)] == -1,
                       "invert_permutation: {} at {} is out of range or stands there twice", place,
                       i);
    inverse[static_cast<size_t>(place)] = i;
  }
  return tensor(inverse);
}

PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first,
                                    bool enforce_sorted) {
  const char* const op = "pack_padded_sequence";
  GRADUS_CHECK(input.defined() && input.dim() >= 2,
               "{}: expected an input of at least 2 dims, got "
               "{}",
               op, input.defined() ? to_string(input.sizes()) : "undefined");
  std::vector<int64_t> sizes = numbers(op, "lengths", lengths);
  Tensor x = batch_first ? transpose(input, 0, 1) : input;
  const int64_t steps = x.size(0), batch = x.size(1);
  GRADUS_CHECK_VALUE(static_cast<int64_t>(sizes.size()) == batch && batch > 0,
                     "{}: expected a length for each of {} sequences, got {} (input {})", op, batch,
                     sizes.size(), input.sizes());
  Tensor sorted_indices;
  if (!enforce_sorted) {
    std::vector<int64_t> order(sizes.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return sizes[static_cast<size_t>(a)] > sizes[static_cast<size_t>(b)];
    });
    std::sort(sizes.begin(), sizes.end(), [](int64_t a, int64_t b) { return a > b; });
    sorted_indices = tensor(order);
    x = index_select(x, 1, sorted_indices);
  }
  for (size_t b = 0; b < sizes.size(); ++b) {
    GRADUS_CHECK_VALUE(sizes[b] > 0 && sizes[b] <= steps,
                       "{}: lengths must be in [1, {}], got {} (input {})", op, steps, sizes[b],
                       input.sizes());
    GRADUS_CHECK_VALUE(b == 0 || sizes[b] <= sizes[b - 1],
                       "{}: lengths must be sorted, longest first, where enforce_sorted is true; "
                       "got {} behind {}",
                       op, sizes[b], sizes[b - 1]);
  }
  std::vector<int64_t> batch_sizes;
  for (int64_t t = 0, active = batch; t < sizes[0]; ++t) {
    while (sizes[static_cast<size_t>(active - 1)] <= t) --active;
    batch_sizes.push_back(active);
  }
  const Tensor data = index_select(as_rows(x), 0, places_of_rows(batch_sizes, batch));
  return PackedSequence(data, tensor(batch_sizes), sorted_indices);
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first,
                                               double padding_value,
                                               std::optional<int64_t> total_length) {
  const char* const op = "pad_packed_sequence";
  const std::vector<int64_t> batch_sizes = numbers(op, "batch_sizes", sequence.batch_sizes());
  GRADUS_CHECK_VALUE(!batch_sizes.empty(), "{}: batch_sizes is empty", op);
  const Tensor& data = sequence.data();
  int64_t rows = data.defined() && data.dim() > 0 ? data.size(0) : 0;
  for (size_t t = 0; t < batch_sizes.size(); ++t) {
    GRADUS_CHECK_VALUE(batch_sizes[t] > 0 && batch_sizes[t] <= rows &&
                           (t == 0 || batch_sizes[t] <= batch_sizes[t - 1]),
                       "{}: batch_sizes must be positive, never grow and sum to the rows of data, "
                       "got {} at step {}",
                       op, batch_sizes[t], t);
    rows -= batch_sizes[t];
  }
  GRADUS_CHECK_VALUE(rows == 0, "{}: {} rows of data belong to no step", op, rows);
  const auto longest = static_cast<int64_t>(batch_sizes.size());
  const int64_t steps = total_length.value_or(longest), batch = batch_sizes[0];
  GRADUS_CHECK_VALUE(steps >= longest,
                     "{}: total_length must be at least the length of the longest sequence {}, got "
                     "{}",
                     op, longest, steps);
  DimVector sizes{steps, batch};
  for (int64_t dim = 1; dim < data.dim(); ++dim) sizes.push_back(data.size(dim));
  const Tensor padding = full(sizes, padding_value, data.options());
  Tensor y =
      reshape(index_copy(as_rows(padding), 0, places_of_rows(batch_sizes, batch), data), sizes);
  std::vector<int64_t> lengths(static_cast<size_t>(batch), 0);
  for (int64_t size : batch_sizes) {
    for (int64_t b = 0; b < size; ++b) ++lengths[static_cast<size_t>(b)];
  }
  Tensor length = tensor(lengths);
  if (sequence.unsorted_indices().defined()) {
    y = index_select(y, 1, sequence.unsorted_indices());
    length = index_select(length, 0, sequence.unsorted_indices());
  }
  return {batch_first ? transpose(y, 0, 1) : y, length};
}

Tensor pad_sequence(TensorList sequences, bool batch_first, double padding_value,
                    std::string_view padding_side) {
  const char* const op = "pad_sequence";
  GRADUS_CHECK_VALUE(!sequences.empty(), "{}: received an empty list of sequences", op);
  GRADUS_CHECK_VALUE(padding_side == "right" || padding_side == "left",
                     "{}: padding_side should be either \"right\" or \"left\", got \"{}\"", op,
                     padding_side);
  int64_t steps = 0;
  for (const Tensor& x : sequences) {
    GRADUS_CHECK(x.defined() && x.dim() > 0, "{}: expected sequences of at least 1 dim", op);
    GRADUS_CHECK(x.sizes().slice(1) == sequences[0].sizes().slice(1),
                 "{}: the sizes behind the first must agree, got {} and {}", op,
                 sequences[0].sizes(), x.sizes());
    steps = std::max(steps, x.size(0));
  }
  std::vector<Tensor> padded;
  for (const Tensor& x : sequences) {
    DimVector sizes = to_dims(x.sizes());
    sizes[0] = steps - x.size(0);
    const Tensor rest = full(sizes, padding_value, x.options());
    padded.push_back(padding_side == "right" ? cat({x, rest}, 0) : cat({rest, x}, 0));
  }
  return stack(padded, batch_first ? 0 : 1);
}

PackedSequence pack_sequence(TensorList sequences, bool enforce_sorted) {
  std::vector<int64_t> lengths;
  for (const Tensor& x : sequences) {
    GRADUS_CHECK(x.defined() && x.dim() > 0, "pack_sequence: expected sequences of at least 1 dim");
    lengths.push_back(x.size(0));
  }
  return pack_padded_sequence(pad_sequence(sequences), tensor(lengths), /*batch_first=*/false,
                              enforce_sorted);
}

std::vector<Tensor> unpad_sequence(const Tensor& padded_sequences, const Tensor& lengths,
                                   bool batch_first) {
  const char* const op = "unpad_sequence";
  GRADUS_CHECK(padded_sequences.defined() && padded_sequences.dim() >= 2,
               "{}: expected a padded batch of at least 2 dims", op);
  const std::vector<int64_t> sizes = numbers(op, "lengths", lengths);
  const Tensor x = batch_first ? padded_sequences : transpose(padded_sequences, 0, 1);
  GRADUS_CHECK_VALUE(static_cast<int64_t>(sizes.size()) == x.size(0),
                     "{}: expected a length for each of {} sequences, got {}", op, x.size(0),
                     sizes.size());
  std::vector<Tensor> sequences;
  for (size_t b = 0; b < sizes.size(); ++b) {
    GRADUS_CHECK_VALUE(sizes[b] >= 0 && sizes[b] <= x.size(1),
                       "{}: lengths must be in [0, {}], got {}", op, x.size(1), sizes[b]);
    sequences.push_back(narrow(select(x, 0, static_cast<int64_t>(b)), 0, 0, sizes[b]));
  }
  return sequences;
}

std::vector<Tensor> unpack_sequence(const PackedSequence& packed_sequences) {
  const auto [padded, lengths] = pad_packed_sequence(packed_sequences, /*batch_first=*/true);
  return unpad_sequence(padded, lengths, /*batch_first=*/true);
}

}  // namespace gradus::nn::utils::rnn
