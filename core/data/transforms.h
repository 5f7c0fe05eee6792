#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/array_ref.h"
#include "core/callable.h"
#include "core/data/example.h"
#include "core/data/random_stream.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::data::transforms {

// Transforms are shared by all workers of a data loader, so they must be safe to call from several
// threads at once. What they draw from the default generator depends on the sample alone, see Note
// [Random streams].

/// Makes a batch of one kind into a batch of another.
template <class InputBatch, class OutputBatch>
class BatchTransform {
 public:
  using InputBatchType = InputBatch;
  using OutputBatchType = OutputBatch;

  virtual ~BatchTransform() = default;

  virtual OutputBatch apply_batch(InputBatch input_batch) = 0;
};

/// Transforms a batch element by element.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
 public:
  using InputType = Input;
  using OutputType = Output;

  virtual OutputType apply(InputType input) = 0;

  /// Calls apply() for each element, unless overridden with something faster.
  std::vector<Output> apply_batch(std::vector<Input> input_batch) override {
    std::vector<Output> output_batch;
    output_batch.reserve(input_batch.size());
    for (size_t i = 0; i < input_batch.size(); ++i) {
      data::detail::SampleScope scope(i, input_batch.size());
      output_batch.push_back(apply(std::move(input_batch[i])));
    }
    return output_batch;
  }
};

/// Makes a batch into one value.
template <class T, class BatchType = std::vector<T>>
using Collation = BatchTransform<BatchType, T>;

/// A function of a whole batch.
template <class Input, class Output = Input>
class BatchLambda : public BatchTransform<Input, Output> {
 public:
  using FunctionType = Callable<Output(Input)>;

  explicit BatchLambda(FunctionType function) : function_(std::move(function)) {}

  Output apply_batch(Input input_batch) override { return function_(std::move(input_batch)); }

 private:
  FunctionType function_;
};

/// A collation by a function:
///     dataset.map(transforms::Collate<Example<>>([](std::vector<Example<>> e) { return e.front();
///     }))
template <class T, class BatchType = std::vector<T>>
using Collate = BatchLambda<BatchType, T>;

/// A function of an element.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  using FunctionType = Callable<Output(Input)>;

  explicit Lambda(FunctionType function) : function_(std::move(function)) {}

  Output apply(Input input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

/// Transforms the data of an example and leaves its target: override operator().
template <class Target = Tensor>
class TensorTransform : public Transform<Example<Tensor, Target>, Example<Tensor, Target>> {
 public:
  using E = Example<Tensor, Target>;

  virtual Tensor operator()(Tensor input) = 0;

  E apply(E input) override {
    input.data = (*this)(std::move(input.data));
    return input;
  }
};

/// A function of the data of an example.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  using FunctionType = Callable<Tensor(Tensor)>;

  explicit TensorLambda(FunctionType function) : function_(std::move(function)) {}

  Tensor operator()(Tensor input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

namespace detail {
GRADUS_API Tensor channel_values(const char* name, ArrayRef<double> values);
GRADUS_API Tensor normalize(const Tensor& x, const Tensor& mean, const Tensor& stddev);
/// Normalizes each tensor; the results are views of one tensor where all are of one shape and
/// dtype.
GRADUS_API void normalize_all(std::vector<Tensor>& tensors, const Tensor& mean,
                              const Tensor& stddev);
GRADUS_API Tensor stack(std::vector<Tensor> tensors);
}  // namespace detail

/// y = (x - mean) / stddev per channel, for x [C, H, W] (or anything that broadcasts with [C, 1,
/// 1]).
template <class Target = Tensor>
struct Normalize : public TensorTransform<Target> {
  using typename TensorTransform<Target>::E;

  /// One value, or one per channel. @throws ValueError where there is none
  Normalize(ArrayRef<double> mean, ArrayRef<double> stddev)
      : mean(detail::channel_values("mean", mean)),
        stddev(detail::channel_values("stddev", stddev)) {}

  Tensor operator()(Tensor input) override { return detail::normalize(input, mean, stddev); }

  std::vector<E> apply_batch(std::vector<E> batch) override {
    std::vector<Tensor> tensors;
    tensors.reserve(batch.size());
    for (E& example : batch) tensors.push_back(std::move(example.data));
    detail::normalize_all(tensors, mean, stddev);
    for (size_t i = 0; i < batch.size(); ++i) batch[i].data = std::move(tensors[i]);
    return batch;
  }

  Tensor mean, stddev;  ///< [C, 1, 1], float32
};

/// Makes a batch of examples into one example: stacks the data along a new first dimension, and the
/// targets.
/// @throws Error where the batch is empty or shapes or dtypes differ; it names both
template <class T = Example<>>
struct Stack;

template <>
struct Stack<Example<>> : public Collation<Example<>> {
  Example<> apply_batch(std::vector<Example<>> examples) override {
    std::vector<Tensor> data, targets;
    data.reserve(examples.size());
    targets.reserve(examples.size());
    for (Example<>& example : examples) {
      data.push_back(std::move(example.data));
      targets.push_back(std::move(example.target));
    }
    return {detail::stack(std::move(data)), detail::stack(std::move(targets))};
  }
};

template <>
struct Stack<TensorExample> : public Collation<TensorExample> {
  TensorExample apply_batch(std::vector<TensorExample> examples) override {
    std::vector<Tensor> data;
    data.reserve(examples.size());
    for (TensorExample& example : examples) data.push_back(std::move(example.data));
    return detail::stack(std::move(data));
  }
};

}  // namespace gradus::data::transforms
