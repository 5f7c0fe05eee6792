#include "autograd/multi_grad_hook.h"

#include <map>
#include <memory>
#include <mutex>

#include "autograd/grad_meta.h"
#include "autograd/run.h"

namespace gradus::autograd {

namespace {

// One for all tensors of a hook; shared by their hooks.
class Collector : public std::enable_shared_from_this<Collector> {
 public:
  Collector(TensorList tensors, MultiGradHook hook, bool all) : hook_(std::move(hook)), all_(all) {
    for (const Tensor& tensor : tensors) {
      const Edge edge = History::edge(tensor);
      places_.push_back({edge.node.get(), edge.leaf.get(), edge.output_nr});
    }
  }

  void arrive(size_t i, const Tensor& gradient) {
    BackwardRun& run = *BackwardRun::current();
    std::vector<Tensor> gradients;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto [at, is_new] = calls_.try_emplace(run.id());
      Call& call = at->second;
      if (is_new) {
        call.gradients.resize(places_.size());
        for (const Place& place : places_) call.missing += reaches(run, place);
        run.at_end([self = shared_from_this(), id = run.id()](bool ok) { self->end(id, ok); });
      }
      if (call.done) return;
      if (all_) {
        call.gradients[i] = gradient;
        if (--call.missing > 0) return;
      } else {
        call.gradients = {gradient};
      }
      call.done = true;
      gradients.swap(call.gradients);
    }
    fire(gradients);
  }

 private:
  // Where a tensor's gradient arrives. No reference, which would close a cycle: for comparison
  // only.
  struct Place {
    const Node* node;
    const TensorImpl* leaf;
    uint32_t output_nr;
  };
  struct Call {
    std::vector<Tensor> gradients;
    int64_t missing = 0;
    bool done = false;
  };

  static bool reaches(BackwardRun& run, const Place& place) {
    return place.leaf != nullptr ? run.reaches_leaf(place.leaf)
                                 : run.reaches_node(place.node, place.output_nr);
  }

  // A gradient that was expected may have been left undefined on its way.
  void end(uint64_t run, bool ok) {
    Call call;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto at = calls_.find(run);
      if (at == calls_.end()) return;
      call = std::move(at->second);
      calls_.erase(at);
    }
    if (ok && !call.done) fire(call.gradients);
  }

  void fire(const std::vector<Tensor>& gradients) {
    if (hook_.all) {
      hook_.all(gradients);
    } else {
      hook_.any(gradients[0]);
    }
  }

  MultiGradHook hook_;
  bool all_;
  std::vector<Place> places_;
  std::mutex mutex_;
  std::map<uint64_t, Call> calls_;  // by run: several threads may run backward
};

}  // namespace

HookHandle register_multi_grad_hook(TensorList tensors, MultiGradHook hook, std::string_view mode) {
  GRADUS_CHECK_VALUE(mode == "all" || mode == "any",
                     "register_multi_grad_hook: mode must be 'all' or 'any', got '{}'", mode);
  GRADUS_CHECK_TYPE(mode == "any" || hook.all,
                    "register_multi_grad_hook: mode 'all' needs a hook that takes a vector");
  for (size_t i = 0; i < tensors.size(); ++i) {
    GRADUS_CHECK(tensors[i].defined() && tensors[i].requires_grad(),
                 "register_multi_grad_hook: tensor {} does not require grad", i);
  }
  auto collector = std::make_shared<Collector>(tensors, std::move(hook), mode == "all");
  std::vector<std::pair<Tensor, unsigned>> hooks;
  for (size_t i = 0; i < tensors.size(); ++i) {
    hooks.emplace_back(tensors[i], tensors[i].register_hook([collector, i](const Tensor& gradient) {
      collector->arrive(i, gradient);
    }));
  }
  return HookHandle(std::move(hooks));
}

void HookHandle::remove() {
  for (const auto& [tensor, hook] : hooks_) {
    try {
      tensor.remove_hook(hook);
    } catch (const IndexError&) {
      // It went with a history that was replaced.
    }
  }
  hooks_.clear();
}

}  // namespace gradus::autograd
