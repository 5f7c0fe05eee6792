#pragma once

#include <cstdint>
#include <utility>

#include "autograd/node.h"
#include "core/tensor.h"

namespace gradus {

/// Which elements of a tensor of shape `sizes` an index op touches: all of the dims that are not
/// indexed, and in the indexed ones the places of a list. The elements, as a tensor, have the sizes
/// of the dims that are not indexed with those of the list put in at `position`.
struct IndexList {
  DimVector sizes;
  DimVector dims;  // the indexed ones, ascending
  DimVector list_sizes;
  int64_t position = 0;
  Tensor offsets;  // places in a row-major tensor; -1 stands for nothing

  /// The shape of what is taken.
  DimVector taken_sizes() const;
};

/// @param indices  a tensor of integers for each of dims; they broadcast to list_sizes
/// @param wrapped  whether negative indices count from the end
/// @throws IndexError naming op
IndexList make_index_list(const char* op, IntArrayRef sizes, DimVector dims, TensorList indices,
                          IntArrayRef list_sizes, int64_t position, bool wrapped);

/// An index list that a closure keeps.
class SavedIndexList {
 public:
  explicit SavedIndexList(const IndexList& list) : list_(list), offsets_(list.offsets) {
    list_.offsets = Tensor();
  }
  IndexList get() const {
    IndexList list = list_;
    list.offsets = offsets_.get();
    return list;
  }

 private:
  IndexList list_;
  Saved offsets_;
};

/// The listed elements of x.
Tensor take_listed(const char* op, const Tensor& x, const IndexList& list);
/// The adjoint: zeros, with the elements of y added where they are listed.
Tensor put_listed(const char* op, const Tensor& y, const IndexList& list);
/// x with zeros at the listed elements.
Tensor clear_listed(const char* op, const Tensor& x, const IndexList& list);

/// x with `values`, broadcast, at (or, where `add`, added to) the listed elements.
Tensor write_listed(const char* op, const Tensor& x, const Tensor& values, const IndexList& list,
                    bool add);
/// The same in place. @throws as check_in_place
Tensor& write_listed_(const char* op, Tensor& self, const Tensor& values, const IndexList& list,
                      bool add);

/// `tensor`, or a copy where writing to `self` might change it.
Tensor unshared(const Tensor& tensor, const Tensor& self);

/// `index` as int64. @throws IndexError naming op unless it is a tensor of integers
Tensor checked_index(const char* op, const Tensor& index);

}  // namespace gradus
