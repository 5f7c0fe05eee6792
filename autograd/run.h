#pragma once

#include <cstdint>
#include <vector>

#include "autograd/node.h"

namespace gradus {

/// The backward that runs on this thread, for those who are called by it. Private.
class BackwardRun {
 public:
  BackwardRun();
  virtual ~BackwardRun();
  BackwardRun(const BackwardRun&) = delete;
  BackwardRun& operator=(const BackwardRun&) = delete;

  /// The innermost run of this thread; null outside of backward.
  static BackwardRun* current();
  /// No other run has this number.
  uint64_t id() const { return id_; }
  /// Whether this node or leaf lies on the way of the run. The pointers are compared, not followed.
  virtual bool reaches_node(const Node* node, uint32_t output_nr) = 0;
  virtual bool reaches_leaf(const TensorImpl* leaf) = 0;
  /// Calls `f` when the run has ended; `ok` is false where it ended with an exception.
  void at_end(Callable<void(bool ok)> f) { at_end_.push_back(std::move(f)); }

 protected:
  /// Calls what at_end() was given.
  void end(bool ok);

 private:
  uint64_t id_;
  BackwardRun* outer_;
  std::vector<Callable<void(bool)>> at_end_;
};

}  // namespace gradus
