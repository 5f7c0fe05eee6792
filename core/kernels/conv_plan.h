#pragma once

// Private: how a convolution is cut into tiles, and the oneDNN primitives that compute them.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/kernels/conv_problem.h"
#include "core/onednn.h"

namespace gradus::kernel {

// Note [Convolution]
// Data lies channels-last, where oneDNN's direct kernels run at the machine's peak; in row-major
// order they fall back to im2col. The weights are reordered once per call to the layout that the
// primitive asks for. Work is cut into tiles of whole images or, where there are few, of rows of
// one image (rows of the first spatial dim, which are contiguous too): a tile is a smaller
// convolution of its own, with the padding that is left at its edges. Tiles follow from the shape
// alone. Most kernels of 3 or 5 taps a dim of float32 go another way, see Note [Winograd], as do
// those of one element, see pointwise.h.

/// A convolution as oneDNN is asked for it; without gaps between the members, so that it can be a
/// key. It has two spatial dims or three.
struct ConvKey {
  int64_t pass, dtype, bias, spatial;
  int64_t n, c, o, groups;
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], left[3], right[3];
};

/// A primitive with the reorders, in parts, between row-major weights and its own: into them for
/// forward and backward by data, out of them for backward by weights.
struct ConvPrimitive {
  onednn::Primitive convolution;
  std::vector<onednn::Primitive> reorders;
};

/// A part of a convolution: images [image, image + key.n), and of each the rows from in_row of x
/// and from out_row of y.
struct ConvTile {
  ConvKey key;
  int64_t image;
  int64_t in_row;
  int64_t out_row;
};

/// What one pass of a convolution consists of.
struct ConvWork {
  std::vector<ConvTile> tiles;
  /// One for each tile; all have the same layout of weights.
  std::vector<std::shared_ptr<const ConvPrimitive>> primitives;
  /// Backward by data: tiles of dx that no output sees, which are zero.
  std::vector<ConvTile> unseen;
};

/// The work of a pass, made once per shape; it has no tiles where oneDNN has no implementation.
/// Backward by weights makes one partial sum of dw, in float32, per tile.
std::shared_ptr<const ConvWork> convolution_work(const ConvProblem& p, ConvPass pass,
                                                 ScalarType dtype, bool bias);

/// The spatial dim whose rows are cut.
int cut_dim(const ConvProblem& p);

}  // namespace gradus::kernel
