#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace gradus {

/// A map that remembers the order of insertion, as libtorch's OrderedDict.
template <class Key, class Value>
class OrderedDict {
 public:
  class Item {
   public:
    Item(Key key, Value value) : pair_(std::move(key), std::move(value)) {}
    const Key& key() const { return pair_.first; }
    Value& value() { return pair_.second; }
    const Value& value() const { return pair_.second; }
    Value& operator*() { return pair_.second; }
    const Value& operator*() const { return pair_.second; }
    Value* operator->() { return &pair_.second; }
    const Value* operator->() const { return &pair_.second; }
    const std::pair<Key, Value>& pair() const { return pair_; }

   private:
    std::pair<Key, Value> pair_;
  };
  using iterator = typename std::vector<Item>::iterator;
  using const_iterator = typename std::vector<Item>::const_iterator;

  OrderedDict() = default;
  /// `description` names the kind of key in errors: "Key", "Parameter".
  explicit OrderedDict(std::string description) : description_(std::move(description)) {}
  OrderedDict(std::initializer_list<Item> items) {
    for (const Item& item : items) insert(item.key(), item.value());
  }

  const std::string& key_description() const noexcept { return description_; }
  size_t size() const { return items_.size(); }
  bool is_empty() const { return items_.empty(); }
  bool empty() const { return items_.empty(); }
  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  /// @throws Error where nothing is there, as does back()
  Item& front() { return filled().front(); }
  const Item& front() const { return const_cast<OrderedDict*>(this)->front(); }
  Item& back() { return filled().back(); }
  const Item& back() const { return const_cast<OrderedDict*>(this)->back(); }
  const std::vector<Item>& items() const { return items_; }

  bool contains(const Key& key) const { return index_.find(key) != index_.end(); }
  Value* find(const Key& key) {
    auto at = index_.find(key);
    return at == index_.end() ? nullptr : &items_[at->second].value();
  }
  const Value* find(const Key& key) const { return const_cast<OrderedDict*>(this)->find(key); }
  /// @throws IndexError where the key is not there
  Value& operator[](const Key& key) {
    Value* value = find(key);
    GRADUS_CHECK_INDEX(value != nullptr, "{} '{}' is not defined", description_, key);
    return *value;
  }
  const Value& operator[](const Key& key) const { return const_cast<OrderedDict&>(*this)[key]; }
  Item& operator[](size_t index) { return items_.at(index); }
  const Item& operator[](size_t index) const { return items_.at(index); }

  /// @throws Error where the key is there already
  Value& insert(Key key, Value value) {
    GRADUS_CHECK(!contains(key), "{} '{}' is already defined", description_, key);
    index_.emplace(key, items_.size());
    return items_.emplace_back(std::move(key), std::move(value)).value();
  }
  /// Adds the key or replaces its value.
  Value& insert_or_assign(Key key, Value value) {
    if (Value* present = find(key)) return *present = std::move(value);
    return insert(std::move(key), std::move(value));
  }
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.key(), item.value());
  }
  /// @throws IndexError where the key is not there
  void erase(const Key& key) {
    auto at = index_.find(key);
    GRADUS_CHECK_INDEX(at != index_.end(), "{} '{}' is not defined", description_, key);
    const size_t position = at->second;
    index_.erase(at);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(position));
    for (auto& [name, index] : index_) {
      if (index > position) --index;
    }
  }
  void reserve(size_t size) { items_.reserve(size); }
  void clear() {
    items_.clear();
    index_.clear();
  }
  std::vector<Key> keys() const {
    std::vector<Key> keys;
    for (const Item& item : items_) keys.push_back(item.key());
    return keys;
  }
  std::vector<Value> values() const {
    std::vector<Value> values;
    for (const Item& item : items_) values.push_back(item.value());
    return values;
  }
  std::vector<std::pair<Key, Value>> pairs() const {
    std::vector<std::pair<Key, Value>> pairs;
    for (const Item& item : items_) pairs.push_back(item.pair());
    return pairs;
  }

 private:
  std::vector<Item>& filled() {
    GRADUS_CHECK(!items_.empty(), "OrderedDict: no {} is there", description_);
    return items_;
  }

  std::string description_ = "Key";
  std::vector<Item> items_;
  std::map<Key, size_t> index_;
};

}  // namespace gradus
