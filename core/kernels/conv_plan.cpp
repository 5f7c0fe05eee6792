#include "core/kernels/conv_plan.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "core/kernels/ceil_div.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// The whole problem as one tile.
ConvKey whole(const ConvProblem& p, ConvPass pass, ScalarType dtype, bool bias) {
  ConvKey key{};
  key.pass = static_cast<int64_t>(pass);
  key.dtype = static_cast<int64_t>(dtype);
  key.bias = bias;
  key.spatial = std::max(p.spatial, 2);
  key.n = p.n;
  key.c = p.c;
  key.o = p.o;
  key.groups = p.groups;
  for (int d = 0; d < 3; ++d) {
    key.in[d] = p.in[d];
    key.out[d] = p.out[d];
    key.kernel[d] = p.kernel[d];
    key.stride[d] = p.stride[d];
    key.dilation[d] = p.dilation[d];
    key.left[d] = p.padding[d];
    key.right[d] =
        std::max<int64_t>(0, (p.out[d] - 1) * p.stride[d] + p.reach(d) - p.in[d] - p.padding[d]);
  }
  return key;
}

// The tile that computes output rows [begin, end).
ConvTile tile_of_output_rows(const ConvProblem& p, ConvKey key, int d, int64_t begin, int64_t end) {
  const int64_t first = begin * p.stride[d] - p.padding[d];
  const int64_t last = (end - 1) * p.stride[d] - p.padding[d] + p.reach(d);
  ConvTile tile{key, 0, std::max<int64_t>(first, 0), begin};
  tile.key.in[d] = std::min(last, p.in[d]) - tile.in_row;
  tile.key.out[d] = end - begin;
  tile.key.left[d] = std::max<int64_t>(-first, 0);
  tile.key.right[d] = std::max<int64_t>(last - p.in[d], 0);
  return tile;
}

// The tile that computes input rows [begin, end) from the output rows that see them; out[d] is 0
// where none does.
ConvTile tile_of_input_rows(const ConvProblem& p, ConvKey key, int d, int64_t begin, int64_t end) {
  const int64_t first = std::max<int64_t>(
      0, ceil_div(std::max<int64_t>(0, begin + p.padding[d] - (p.reach(d) - 1)), p.stride[d]));
  const int64_t last = std::min(p.out[d], (end - 1 + p.padding[d]) / p.stride[d] + 1);
  ConvTile tile{key, 0, begin, first};
  tile.key.in[d] = end - begin;
  tile.key.out[d] = std::max<int64_t>(last - first, 0);
  tile.key.left[d] = p.padding[d] + begin - first * p.stride[d];
  tile.key.right[d] = std::max<int64_t>(
      0, (last - first - 1) * p.stride[d] + p.reach(d) - tile.key.in[d] - tile.key.left[d]);
  return tile;
}

template <class Values>
dnnl::memory::dims spatial_dims(const ConvKey& key, const Values& values) {
  return dnnl::memory::dims(values + (3 - key.spatial), values + 3);
}

dnnl::memory::desc channels_last(const ConvKey& key, int64_t channels, const int64_t (&extent)[3]) {
  using Tag = dnnl::memory::format_tag;
  dnnl::memory::dims dims{key.n, channels};
  for (int64_t e : spatial_dims(key, extent)) dims.push_back(e);
  return dnnl::memory::desc(dims, onednn::data_type(static_cast<ScalarType>(key.dtype)),
                            key.spatial == 2 ? Tag::nhwc : Tag::ndhwc);
}

dnnl::memory::dims weight_dims(const ConvKey& key) {
  dnnl::memory::dims dims;
  if (key.groups > 1) dims.push_back(key.groups);
  dims.push_back(key.o / key.groups);
  dims.push_back(key.c / key.groups);
  for (int64_t e : spatial_dims(key, key.kernel)) dims.push_back(e);
  return dims;
}

// Row-major weights, as the user has them.
dnnl::memory::desc plain_weights(const ConvKey& key) {
  const dnnl::memory::dims dims = weight_dims(key);
  return onednn::strided(IntArrayRef(dims.data(), dims.size()),
                         contiguous_strides(IntArrayRef(dims.data(), dims.size())),
                         static_cast<ScalarType>(key.dtype));
}

dnnl::memory::desc any_weights(const ConvKey& key, ScalarType dtype) {
  const dnnl::memory::dims dims = weight_dims(key);
  return onednn::any_layout(IntArrayRef(dims.data(), dims.size()), dtype);
}

// A large reorder is cut along the first dim, so that threads share it.
std::vector<onednn::Primitive> make_reorders(const dnnl::memory::desc& from,
                                             const dnnl::memory::desc& to,
                                             const dnnl::memory::dims& dims) {
  constexpr int64_t kUnit = 64;  // a multiple of every layout's blocks
  int64_t numel = 1;
  for (int64_t d : dims) numel *= d;
  const int64_t parts = std::min(dims[0] / kUnit, numel / 16384);
  std::vector<onednn::Primitive> result;
  if (parts >= 2) {
    try {
      const int64_t step = ceil_div(ceil_div(dims[0], parts), kUnit) * kUnit;
      for (int64_t begin = 0; begin < dims[0]; begin += step) {
        dnnl::memory::dims part = dims;
        part[0] = std::min(step, dims[0] - begin);
        dnnl::memory::dims offset(dims.size(), 0);
        offset[0] = begin;
        result.push_back(onednn::make_reorder(from.submemory_desc(part, offset),
                                              to.submemory_desc(part, offset)));
      }
      return result;
    } catch (const std::exception&) {
      result.clear();  // a layout that cannot be cut
    }
  }
  result.push_back(onednn::make_reorder(from, to));
  return result;
}

ConvPrimitive make_primitive(const ConvKey& key) {
  const auto dtype = static_cast<ScalarType>(key.dtype);
  const dnnl::memory::desc x = channels_last(key, key.c, key.in);
  const dnnl::memory::desc y = channels_last(key, key.o, key.out);
  onednn::ConvolutionGeometry g;
  g.strides = spatial_dims(key, key.stride);
  g.dilation = spatial_dims(key, key.dilation);
  for (int64_t& d : g.dilation) --d;
  g.padding_left = spatial_dims(key, key.left);
  g.padding_right = spatial_dims(key, key.right);
  ConvPrimitive result;
  switch (static_cast<ConvPass>(key.pass)) {
    case ConvPass::kForward: {
      dnnl::memory::desc bias;
      if (key.bias != 0) bias = onednn::strided({key.o}, {1}, dtype);
      result.convolution = onednn::make_convolution_forward(x, any_weights(key, dtype), bias, y, g);
      break;
    }
    case ConvPass::kBackwardData:
      result.convolution = onednn::make_convolution_backward_data(x, any_weights(key, dtype), y, g);
      break;
    case ConvPass::kBackwardWeights:
      // Partial sums stay in float32.
      result.convolution =
          onednn::make_convolution_backward_weights(x, any_weights(key, kFloat), {}, y, g);
      break;
  }
  const dnnl::memory::desc& inner = result.convolution.weights;
  const dnnl::memory::desc plain = plain_weights(key);
  if (key.pass == static_cast<int64_t>(ConvPass::kBackwardWeights)) {
    result.reorders = make_reorders(inner, plain, weight_dims(key));
  } else {
    result.reorders = make_reorders(plain, inner, weight_dims(key));
  }
  return result;
}

// Nanoseconds of one core for one image.
double image_cost(const ConvProblem& p) {
  const double flops = 2.0 * static_cast<double>(p.out_pixels()) *
                       static_cast<double>(p.o * (p.c / p.groups) * p.kernel_pixels());
  const double bytes = 4.0 * static_cast<double>(p.in_pixels() * p.c + p.out_pixels() * p.o);
  return std::max(flops / 200, bytes / 20);
}

// The part of [0, n) that makes ~n / parts, a divisor of n where one is near.
int64_t even_part(int64_t n, int64_t parts) {
  const int64_t size = std::max<int64_t>(1, n / std::max<int64_t>(1, parts));
  for (int64_t divisor = size; 2 * divisor > size; --divisor) {
    if (n % divisor == 0) return divisor;
  }
  return size;
}

struct Cut {
  int64_t images;
  int64_t rows;
};

// `rows` is the extent that may be cut; a tile takes 40 us or more.
Cut cut(const ConvProblem& p, int64_t rows, int64_t max_tiles) {
  constexpr double kTile = 40000;
  constexpr int64_t kMinRows = 7;
  const double total = image_cost(p) * static_cast<double>(p.n);
  const auto wanted =
      static_cast<int64_t>(std::min<double>(total / kTile, static_cast<double>(max_tiles)));
  if (wanted <= 1) return {p.n, rows};
  if (p.n >= wanted) return {even_part(p.n, wanted), rows};
  const int64_t parts = ceil_div(wanted, p.n);
  return {1, std::max(kMinRows, ceil_div(rows, parts))};
}

std::vector<ConvTile> make_tiles(const ConvProblem& p, const ConvKey& key, const Cut& c,
                                 bool of_inputs) {
  const int d = cut_dim(p);
  const int64_t rows = of_inputs ? p.in[d] : p.out[d];
  std::vector<ConvTile> tiles;
  for (int64_t image = 0; image < p.n; image += c.images) {
    for (int64_t row = 0; row < rows; row += c.rows) {
      const int64_t end = std::min(rows, row + c.rows);
      ConvTile tile{key, 0, 0, 0};
      if (c.rows < rows) {
        tile = of_inputs ? tile_of_input_rows(p, key, d, row, end)
                         : tile_of_output_rows(p, key, d, row, end);
      }
      tile.image = image;
      tile.key.n = std::min(c.images, p.n - image);
      tiles.push_back(tile);
    }
  }
  return tiles;
}

// A partial sum of dw costs a write and a read of the weights: as many as stay below a twentieth.
int64_t most_weight_tiles(const ConvProblem& p) {
  const double bytes = 4.0 * static_cast<double>(p.o * (p.c / p.groups) * p.kernel_pixels());
  const double total = image_cost(p) * static_cast<double>(p.n);
  return std::max<int64_t>(4,
                           static_cast<int64_t>(std::min(16.0, 0.05 * total * 50 / (2 * bytes))));
}

// No tiles where a primitive is missing or wants the weights in another layout than the first.
ConvWork try_cut(const ConvProblem& p, const ConvKey& key, const Cut& c) {
  const int d = cut_dim(p);
  const bool of_inputs = key.pass == static_cast<int64_t>(ConvPass::kBackwardData);
  ConvWork work;
  for (const ConvTile& tile : make_tiles(p, key, c, of_inputs)) {
    if (tile.key.out[d] == 0) {
      work.unseen.push_back(tile);
      continue;
    }
    std::shared_ptr<const ConvPrimitive> primitive;
    for (size_t i = 0; i < work.tiles.size() && primitive == nullptr; ++i) {
      if (std::memcmp(&work.tiles[i].key, &tile.key, sizeof(ConvKey)) == 0) {
        primitive = work.primitives[i];
      }
    }
    if (primitive == nullptr) {
      try {
        primitive = std::make_shared<const ConvPrimitive>(make_primitive(tile.key));
      } catch (const OutOfMemoryError&) {
        throw;
      } catch (const Error&) {
        return {};
      }
    }
    if (!work.primitives.empty() &&
        primitive->convolution.weights != work.primitives[0]->convolution.weights) {
      return {};
    }
    work.tiles.push_back(tile);
    work.primitives.push_back(std::move(primitive));
  }
  return work;
}

ConvWork make_work(const ConvProblem& p, const ConvKey& key) {
  const int d = cut_dim(p);
  const auto pass = static_cast<ConvPass>(key.pass);
  const int64_t rows = pass == ConvPass::kBackwardData ? p.in[d] : p.out[d];
  Cut c = cut(p, rows, pass == ConvPass::kBackwardWeights ? most_weight_tiles(p) : kMaxChunks);
  // Rows of dx between the kernel's places would be tiles that begin in the middle of a stride.
  if (pass == ConvPass::kBackwardData && p.stride[d] > p.reach(d)) c.rows = rows;
  ConvWork work = try_cut(p, key, c);
  if (work.tiles.empty() && c.rows < rows) work = try_cut(p, key, {c.images, rows});
  if (work.tiles.empty() && c.images < p.n) work = try_cut(p, key, {p.n, rows});
  return work;
}

}  // namespace

int cut_dim(const ConvProblem& p) {
  return 3 - std::max(p.spatial, 2);
}

std::shared_ptr<const ConvWork> convolution_work(const ConvProblem& p, ConvPass pass,
                                                 ScalarType dtype, bool bias) {
  static auto* const cache = new onednn::Cache<ConvKey, ConvWork>(256);
  const ConvKey key = whole(p, pass, dtype, bias);
  return cache->get(key, [&] { return make_work(p, key); });
}

}  // namespace gradus::kernel
