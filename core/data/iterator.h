#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "core/callable.h"
#include "core/error.h"

namespace gradus::data {

/// Walks over the batches of a data loader, forwards and once: for range-for and for
/// `for (auto it = loader->begin(); it != loader->end(); ++it)`. Copies share the position. The
/// first batch is fetched when it is first asked for.
template <class Batch>
class Iterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = Batch;
  using pointer = Batch*;
  using reference = Batch&;
  using iterator_category = std::input_iterator_tag;
  using Producer = Callable<std::optional<Batch>()>;

  /// The end, to compare with.
  Iterator() = default;
  /// Walks over what `next` returns, until it returns nothing.
  explicit Iterator(Producer next) : position_(std::make_shared<Position>(std::move(next))) {}

  /// @throws Error at the end, and whatever loading the next batch throws
  Iterator& operator++() {
    current();
    position_->batch = position_->next();
    return *this;
  }
  /// @throws Error at the end
  Batch& operator*() const { return current(); }
  Batch* operator->() const { return &current(); }

  /// Whether both are at the end or both are the same walk.
  bool operator==(const Iterator& other) const {
    return position_ == other.position_ || (at_end() && other.at_end());
  }
  bool operator!=(const Iterator& other) const { return !(*this == other); }

 private:
  struct Position {
    explicit Position(Producer next) : next(std::move(next)) {}
    Producer next;
    std::optional<Batch> batch;
    bool started = false;
  };

  void start() const {
    if (position_->started) return;
    position_->batch = position_->next();
    position_->started = true;
  }
  bool at_end() const {
    if (position_ == nullptr) return true;
    start();
    return !position_->batch.has_value();
  }
  Batch& current() const {
    GRADUS_CHECK(!at_end(), "DataLoader: the iterator is past the end");
    return *position_->batch;
  }

  std::shared_ptr<Position> position_;
};

}  // namespace gradus::data
