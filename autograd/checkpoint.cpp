#include "autograd/checkpoint.h"

#include <mutex>

#include "autograd/autocast.h"
#include "autograd/grad_meta.h"
#include "autograd/grad_mode.h"
#include "autograd/run.h"
#include "core/generator.h"

namespace gradus::autograd {

namespace {

struct Segment;

// Stands for a tensor that an op saved.
struct Handle {
  std::shared_ptr<Segment> segment;
  DimVector sizes;
  ScalarType dtype;
  Tensor value;  // while backward runs, once it was computed again
};

struct Input {
  Callable<Tensor()> get;
  bool requires_grad = false;
  Tensor checked;  // undefined where others keep the input
  uint32_t version = 0;
};

// One call of checkpoint(). Kept by its handles, which the graph keeps.
struct Segment : std::enable_shared_from_this<Segment> {
  CheckpointScope::Replay replay;
  std::vector<Input> inputs;
  std::optional<GeneratorState> generator;
  bool autocast = autocast::is_autocast_enabled();
  ScalarType autocast_dtype = autocast::get_autocast_dtype();
  bool autocast_cache = autocast::is_autocast_cache_enabled();
  std::vector<std::weak_ptr<Handle>> handles;  // in the order of saving
  std::shared_ptr<bool> in_forward = std::make_shared<bool>(true);
  std::mutex mutex;

  Tensor get(Handle& handle) {
    std::lock_guard<std::mutex> lock(mutex);
    if (!handle.value.defined()) compute_again();
    GRADUS_CHECK(handle.value.defined(), "checkpoint: the tensor was not computed again");
    return handle.value;
  }

  void compute_again() {
    std::vector<Tensor> tensors;
    for (const Input& input : inputs) {
      if (!input.get) {
        tensors.emplace_back();
        continue;
      }
      GRADUS_CHECK(!input.checked.defined() || History::version(input.checked) == input.version,
                   "checkpoint: input {} of shape {} was modified by an inplace operation after "
                   "the forward that backward has to repeat",
                   tensors.size(), input.checked.sizes());
      // Without history: the graph that is built now is thrown away.
      tensors.push_back(input.get().detach());
      if (input.requires_grad) tensors.back().set_requires_grad(true);
    }
    if (BackwardRun* run = BackwardRun::current()) {
      run->at_end([self = weak_from_this()](bool) {
        if (auto segment = self.lock()) segment->forget();
      });
    }
    InferenceMode recording(false);
    AutocastGuard casting(autocast_dtype, autocast, autocast_cache);
    std::optional<GeneratorGuard> replayed;
    if (generator) {
      Generator former;
      former.set_state(*generator);
      replayed.emplace(former);
    }
    size_t count = 0;
    {
      SavedTensorsHooks hooks(SavedTensorsHooks::Packer([&](const Tensor& x) -> Callable<Tensor()> {
        if (count < handles.size()) take(count, x);
        ++count;
        return [x] { return x; };
      }));
      replay(tensors);
    }
    // A backward inside of the function comes before all was saved.
    GRADUS_CHECK(count == handles.size() || (*in_forward && count > handles.size()),
                 "checkpoint: the function saved {} tensors in forward, but {} when it was called "
                 "again; it must compute the same both times",
                 handles.size(), count);
  }

  void take(size_t index, const Tensor& x) {
    const std::shared_ptr<Handle> handle = handles[index].lock();
    if (handle == nullptr) return;  // backward is past it
    GRADUS_CHECK(x.sizes() == IntArrayRef(handle->sizes) && x.dtype() == handle->dtype,
                 "checkpoint: tensor {} that the function saved has shape {} and dtype {} in "
                 "forward, but {} and {} when it was called again; it must compute the same both "
                 "times",
                 index, IntArrayRef(handle->sizes), handle->dtype, x.sizes(), x.dtype());
    handle->value = x.detach();
  }

  void forget() {
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto& weak : handles) {
      if (auto handle = weak.lock()) handle->value = Tensor();
    }
  }
};

}  // namespace

CheckpointScope::CheckpointScope(const CheckpointOptions& options,
                                 const std::vector<Tensor>& inputs, Replay replay) {
  if (!GradMode::is_enabled() || InferenceMode::is_enabled()) return;
  auto segment = std::make_shared<Segment>();
  in_forward_ = segment->in_forward;
  segment->replay = std::move(replay);
  if (options.preserve_rng_state) segment->generator = default_generator().get_state();
  for (const Tensor& tensor : inputs) {
    Input& input = segment->inputs.emplace_back();
    if (!tensor.defined()) continue;
    input.requires_grad = tensor.requires_grad();
    // In an outer checkpoint the input is one of the tensors that are dropped.
    const Tensor alias = tensor.detach();
    input.get = SavedTensorsHooks::pack(alias);
    if (!SavedTensorsHooks::any() && !tensor.is_inference()) {
      input.checked = alias;
      input.version = History::version(alias);
    }
  }
  hooks_.emplace(SavedTensorsHooks::Packer([segment](const Tensor& x) -> Callable<Tensor()> {
    auto handle = std::make_shared<Handle>();
    handle->segment = segment;
    handle->sizes = x.impl()->sizes;
    handle->dtype = x.dtype();
    segment->handles.push_back(handle);
    return [handle] { return handle->segment->get(*handle); };
  }));
}

CheckpointScope::~CheckpointScope() {
  if (in_forward_) *in_forward_ = false;
}

Tensor checkpoint_sequential(const std::vector<Callable<Tensor(const Tensor&)>>& functions,
                             int64_t segments, const Tensor& input,
                             const CheckpointOptions& options) {
  const auto count = static_cast<int64_t>(functions.size());
  GRADUS_CHECK_VALUE(segments >= 1 && segments <= count,
                     "checkpoint_sequential: expected 1 to {} segments for as many functions, got "
                     "{}",
                     count, segments);
  const auto run = [&functions](int64_t begin, int64_t end) {
    // A copy of its functions, since backward needs them later.
    return [part = std::vector<Callable<Tensor(const Tensor&)>>(
                functions.begin() + begin, functions.begin() + end)](const Tensor& x) {
      Tensor y = x;
      for (const auto& function : part) y = function(y);
      return y;
    };
  };
  const int64_t length = count / segments;
  Tensor x = input;
  for (int64_t s = 0; s < segments - 1; ++s) {
    x = checkpoint(options, run(s * length, (s + 1) * length), x);
  }
  return run((segments - 1) * length, count)(x);
}

}  // namespace gradus::autograd
