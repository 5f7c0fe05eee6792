#include "core/kernels/conv.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <vector>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/conv_columns.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/matmul.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// Note [Convolution]
// Data lies channels-last, where oneDNN's direct kernels run at the machine's peak; in row-major
// order they fall back to im2col. The weights are reordered once per call to the layout that the
// primitive asks for. Work is cut into tiles of whole images or, where there are few, of rows of
// one image (rows of the first spatial dim, which are contiguous too): a tile is a smaller
// convolution of its own, with the padding that is left at its edges. Tiles follow from the shape
// alone.

enum class Pass : int64_t { kForward, kBackwardData, kBackwardWeights };

// One tile as a convolution: what its primitive is made for. No padding, so it is compared
// bytewise.
struct Key {
  int64_t pass, dtype, bias, spatial;
  int64_t n, c, o, groups;
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], left[3], right[3];
};

int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// The whole problem as one tile.
Key whole(const ConvProblem& p, Pass pass, ScalarType dtype, bool bias) {
  Key key{};
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

// Images [image, image + images) and, of each, rows of dim `dim` in the tensor that the tile writes
// (forward, backward by data) or reads (backward by weights).
struct Tile {
  Key key;
  int64_t image;
  int64_t in_row;   // first row of x and dx
  int64_t out_row;  // first row of y and dy
};

// The tile that computes output rows [begin, end).
Tile tile_of_output_rows(const ConvProblem& p, Key key, int d, int64_t begin, int64_t end) {
  const int64_t first = begin * p.stride[d] - p.padding[d];
  const int64_t last = (end - 1) * p.stride[d] - p.padding[d] + p.reach(d);
  Tile tile{key, 0, std::max<int64_t>(first, 0), begin};
  tile.key.in[d] = std::min(last, p.in[d]) - tile.in_row;
  tile.key.out[d] = end - begin;
  tile.key.left[d] = std::max<int64_t>(-first, 0);
  tile.key.right[d] = std::max<int64_t>(last - p.in[d], 0);
  return tile;
}

// The tile that computes input rows [begin, end) from the output rows that see them; out[d] is 0
// where none does.
Tile tile_of_input_rows(const ConvProblem& p, Key key, int d, int64_t begin, int64_t end) {
  const int64_t first = std::max<int64_t>(
      0, ceil_div(std::max<int64_t>(0, begin + p.padding[d] - (p.reach(d) - 1)), p.stride[d]));
  const int64_t last = std::min(p.out[d], (end - 1 + p.padding[d]) / p.stride[d] + 1);
  Tile tile{key, 0, begin, first};
  tile.key.in[d] = end - begin;
  tile.key.out[d] = std::max<int64_t>(last - first, 0);
  tile.key.left[d] = p.padding[d] + begin - first * p.stride[d];
  tile.key.right[d] = std::max<int64_t>(
      0, (last - first - 1) * p.stride[d] + p.reach(d) - tile.key.in[d] - tile.key.left[d]);
  return tile;
}

struct Layouts {
  dnnl::memory::desc x, w, y;
};

template <class Values>
dnnl::memory::dims spatial_dims(const Key& key, const Values& values) {
  return dnnl::memory::dims(values + (3 - key.spatial), values + 3);
}

dnnl::memory::desc channels_last(const Key& key, int64_t channels, const int64_t (&extent)[3]) {
  using Tag = dnnl::memory::format_tag;
  dnnl::memory::dims dims{key.n, channels};
  for (int64_t e : spatial_dims(key, extent)) dims.push_back(e);
  return dnnl::memory::desc(dims, onednn::data_type(static_cast<ScalarType>(key.dtype)),
                            key.spatial == 2 ? Tag::nhwc : Tag::ndhwc);
}

dnnl::memory::dims weight_dims(const Key& key) {
  dnnl::memory::dims dims;
  if (key.groups > 1) dims.push_back(key.groups);
  dims.push_back(key.o / key.groups);
  dims.push_back(key.c / key.groups);
  for (int64_t e : spatial_dims(key, key.kernel)) dims.push_back(e);
  return dims;
}

// Row-major weights, as the user has them.
dnnl::memory::desc plain_weights(const Key& key) {
  const dnnl::memory::dims dims = weight_dims(key);
  return onednn::strided(IntArrayRef(dims.data(), dims.size()),
                         contiguous_strides(IntArrayRef(dims.data(), dims.size())),
                         static_cast<ScalarType>(key.dtype));
}

dnnl::memory::desc any_weights(const Key& key, ScalarType dtype) {
  const dnnl::memory::dims dims = weight_dims(key);
  return onednn::any_layout(IntArrayRef(dims.data(), dims.size()), dtype);
}

struct ConvPrimitive {
  onednn::Primitive convolution;
  // Between plain weights and those of the primitive, a part each.
  std::vector<onednn::Primitive> reorders;
};

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

ConvPrimitive make_primitive(const Key& key) {
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
  switch (static_cast<Pass>(key.pass)) {
    case Pass::kForward: {
      dnnl::memory::desc bias;
      if (key.bias != 0) bias = onednn::strided({key.o}, {1}, dtype);
      result.convolution = onednn::make_convolution_forward(x, any_weights(key, dtype), bias, y, g);
      break;
    }
    case Pass::kBackwardData:
      result.convolution = onednn::make_convolution_backward_data(x, any_weights(key, dtype), y, g);
      break;
    case Pass::kBackwardWeights:
      // Partial sums stay in float32.
      result.convolution =
          onednn::make_convolution_backward_weights(x, any_weights(key, kFloat), {}, y, g);
      break;
  }
  const dnnl::memory::desc& inner = result.convolution.weights;
  const dnnl::memory::desc plain = plain_weights(key);
  if (key.pass == static_cast<int64_t>(Pass::kBackwardWeights)) {
    result.reorders = make_reorders(inner, plain, weight_dims(key));
  } else {
    result.reorders = make_reorders(plain, inner, weight_dims(key));
  }
  return result;
}

// Null where oneDNN has no implementation.
std::shared_ptr<const ConvPrimitive> primitive(const Key& key) {
  static auto* const cache = new onednn::Cache<Key, ConvPrimitive>(512);
  auto result = cache->get(key, [&key]() -> ConvPrimitive {
    try {
      return make_primitive(key);
    } catch (const OutOfMemoryError&) {
      throw;
    } catch (const Error&) {
      return {};
    }
  });
  return result->convolution.primitive.get(true) != nullptr ? result : nullptr;
}

void reorder_weights(const ConvPrimitive& p, const void* from, void* to) {
  parallel_for(static_cast<int64_t>(p.reorders.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const onednn::Primitive& r = p.reorders[static_cast<size_t>(i)];
      onednn::execute(r, {{DNNL_ARG_FROM, &r.src, from}, {DNNL_ARG_TO, &r.dst, to}});
    }
  });
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

// Whether oneDNN takes the geometry and its tiles stay within what the kernels were made for.
bool is_regular(const ConvProblem& p) {
  constexpr int64_t kMax = int64_t{1} << 30;
  for (int d = 0; d < 3; ++d) {
    if (p.padding[d] >= p.reach(d)) return false;  // rows of nothing but padding
    if (p.in[d] >= kMax || p.reach(d) >= kMax || p.stride[d] >= kMax) return false;
  }
  return p.n < kMax && p.c < kMax && p.o < kMax;
}

int cut_dim(const ConvProblem& p) {
  return 3 - std::max(p.spatial, 2);
}

int64_t rest(const int64_t (&extent)[3], int d) {
  int64_t n = 1;
  for (int i = d + 1; i < 3; ++i) n *= extent[i];
  return n;
}

std::vector<Tile> make_tiles(const ConvProblem& p, const Key& key, const Cut& c, bool of_inputs) {
  const int d = cut_dim(p);
  const int64_t rows = of_inputs ? p.in[d] : p.out[d];
  std::vector<Tile> tiles;
  for (int64_t image = 0; image < p.n; image += c.images) {
    for (int64_t row = 0; row < rows; row += c.rows) {
      const int64_t end = std::min(rows, row + c.rows);
      Tile tile{key, 0, 0, 0};
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

// Tiles and, for each, its primitive; none where oneDNN has no implementation.
struct Work {
  std::vector<Tile> tiles;
  std::vector<std::shared_ptr<const ConvPrimitive>> primitives;
};

Work find_primitives(std::vector<Tile> tiles) {
  Work work;
  for (const Tile& tile : tiles) {
    auto next = primitive(tile.key);
    // The tiles share the reordered weights.
    if (next == nullptr || (!work.primitives.empty() &&
                            next->convolution.weights != work.primitives[0]->convolution.weights)) {
      return {};
    }
    work.primitives.push_back(std::move(next));
  }
  work.tiles = std::move(tiles);
  return work;
}

// The work of the tiles, or of the whole problem as one where they do not go together.
Work find_work(std::vector<Tile> tiles, const Key& key) {
  const bool several = tiles.size() > 1;
  Work work = find_primitives(std::move(tiles));
  if (work.tiles.empty() && several) work = find_primitives({Tile{key, 0, 0, 0}});
  return work;
}

// Where a tile begins in x and y.
struct Places {
  Places(const ConvProblem& p, size_t element)
      : d(cut_dim(p)),
        in_row(rest(p.in, d) * p.c * static_cast<int64_t>(element)),
        out_row(rest(p.out, d) * p.o * static_cast<int64_t>(element)),
        in_image(p.in_pixels() * p.c * static_cast<int64_t>(element)),
        out_image(p.out_pixels() * p.o * static_cast<int64_t>(element)) {}
  char* x(void* base, const Tile& t) const {
    return static_cast<char*>(base) + t.image * in_image + t.in_row * in_row;
  }
  char* y(void* base, const Tile& t) const {
    return static_cast<char*>(base) + t.image * out_image + t.out_row * out_row;
  }

  int d;
  int64_t in_row, out_row, in_image, out_image;
};

bool is_empty(const ConvProblem& p) {
  return p.n == 0 || p.c == 0 || p.o == 0 || p.in_pixels() == 0 || p.kernel_pixels() == 0;
}

// Whether columns beat the direct kernels, which pad c to 16: by data always for few channels; by
// weights only where an image of dy exceeds the cache, which the direct kernel reads once per
// kernel element.
bool prefers_columns(const ConvProblem& p, Pass pass) {
  if (p.groups != 1) return false;
  if (pass == Pass::kBackwardData) return p.c <= 4 || (p.c <= 8 && p.o >= 32);
  return p.c <= 4 && p.c * p.kernel_pixels() >= 27 && p.out_pixels() * p.o >= 128 * 1024;
}

// A product of matrices: [pixels, c] times w^T.
bool is_pointwise(const ConvProblem& p) {
  for (int d = 0; d < 3; ++d) {
    if (p.kernel[d] != 1 || p.stride[d] != 1 || p.padding[d] != 0) return false;
  }
  return p.groups == 1;
}

// The pixels of a channels-last tensor as rows.
Tensor as_matrix(const Tensor& x) {
  const int64_t channels = x.size(1);
  return make_view(x, {x.numel() / channels, channels}, {channels, 1}, x.storage_offset());
}

// Rows as the pixels of a channels-last tensor.
Tensor as_image(const Tensor& matrix, IntArrayRef sizes) {
  return make_view(matrix, to_dims(sizes), channels_last_strides(sizes), 0);
}

Tensor weights_as_matrix(const Tensor& w) {
  return make_view(w, {w.size(0), w.size(1)}, {w.size(1), 1}, w.storage_offset());
}

Tensor transposed(const Tensor& x) {
  return make_view(x, {x.size(1), x.size(0)}, {x.stride(1), x.stride(0)}, x.storage_offset());
}

// db[o]: the sum of dy's pixels, in chunks that are added up in order.
template <class T>
void sum_pixels(const Tensor& dy, float* db) {
  const int64_t channels = dy.size(1);
  const int64_t pixels = dy.numel() / channels;
  const int64_t grain = std::max<int64_t>(1, 65536 / channels);
  const Chunks chunks = chunks_of(pixels, grain);
  const Buffer partial(sizeof(float) * static_cast<size_t>(channels * chunks.count));
  parallel_for(pixels, grain, [&](int64_t begin, int64_t end) {
    float* const sum = partial.as<float>() + begin / chunks.size * channels;
    std::fill_n(sum, channels, 0.0f);
    add_rows(static_cast<const T*>(dy.data_ptr()) + begin * channels, end - begin, channels, sum);
  });
  std::fill_n(db, channels, 0.0f);
  for (int64_t chunk = 0; chunk < chunks.count; ++chunk) {
    const float* const sum = partial.as<float>() + chunk * channels;
    for (int64_t j = 0; j < channels; ++j) db[j] += sum[j];
  }
}

// Whether oneDNN computes in this dtype on this machine; else it goes through float32.
bool computes_in(ScalarType dtype) {
  if (dtype == kFloat) return true;
  if (dtype != kBFloat16) return false;
  static const bool yes = [] {
    const ConvGeometry g{{1, 1}, {1, 1}, {1, 1}, 1};
    const ConvProblem p = convolution_problem({1, 16, 8, 8}, {16, 16, 3, 3}, g);
    for (Pass pass : {Pass::kForward, Pass::kBackwardData, Pass::kBackwardWeights}) {
      if (primitive(whole(p, pass, kBFloat16, false)) == nullptr) return false;
    }
    return true;
  }();
  return yes;
}

// One partial sum of dw per tile.
std::vector<Tile> weight_tiles(const ConvProblem& p, const Key& key) {
  // A partial sum costs a write and a read of the weights: keep that below a twentieth.
  const double weight_bytes = 4.0 * static_cast<double>(p.o * (p.c / p.groups) * p.kernel_pixels());
  const double total = image_cost(p) * static_cast<double>(p.n);
  const auto affordable =
      static_cast<int64_t>(std::min(16.0, 0.05 * total * 50 / (2 * weight_bytes)));
  const Cut c = cut(p, p.out[cut_dim(p)], std::max<int64_t>(4, affordable));
  return make_tiles(p, key, c, /*of_inputs=*/false);
}

template <class T>
void run_backward_weights(const ConvProblem& p, const Work& work, const Tensor& dy, const Tensor& x,
                          const Tensor& dw, float* db) {
  const ConvPrimitive& first = *work.primitives[0];
  const auto chunks = static_cast<int64_t>(work.tiles.size());
  const auto size = static_cast<int64_t>(first.convolution.weights.get_size() / sizeof(float));
  const Buffer partial(sizeof(float) * static_cast<size_t>(size * chunks));
  const Buffer partial_bias(db != nullptr ? sizeof(float) * static_cast<size_t>(p.o * chunks) : 0);
  const Places places(p, sizeof(T));
  parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const Tile& tile = work.tiles[static_cast<size_t>(chunk)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(chunk)]->convolution;
      const char* const tile_dy = places.y(dy.data_ptr(), tile);
      onednn::execute(q, {{DNNL_ARG_SRC, &q.src, places.x(x.data_ptr(), tile)},
                          {DNNL_ARG_DIFF_DST, &q.dst, tile_dy},
                          {DNNL_ARG_DIFF_WEIGHTS, &q.weights, partial.as<float>() + chunk * size}});
      if (db != nullptr) {
        // While dy is in the cache; oneDNN's own sums take several times as long.
        float* const sum = partial_bias.as<float>() + chunk * p.o;
        std::fill_n(sum, p.o, 0.0f);
        const int64_t rows = tile.key.n * tile.key.out[0] * tile.key.out[1] * tile.key.out[2];
        add_rows(reinterpret_cast<const T*>(tile_dy), rows, p.o, sum);
      }
    }
  });
  float* const total = partial.as<float>();
  if (chunks > 1) {
    parallel_for(size, 16384, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        const float* const sum = total + chunk * size;
        for (int64_t i = begin; i < end; ++i) total[i] += sum[i];
      }
    });
  }
  reorder_weights(first, total, dw.data_ptr());
  if (db != nullptr) {
    std::copy_n(partial_bias.as<float>(), p.o, db);
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      const float* const sum = partial_bias.as<float>() + chunk * p.o;
      for (int64_t j = 0; j < p.o; ++j) db[j] += sum[j];
    }
  }
}

}  // namespace

Tensor convolution(const Tensor& x, const Tensor& w, const Tensor& bias,
                   const ConvGeometry& geometry) {
  const ScalarType dtype = x.dtype();
  const ConvProblem p = convolution_problem(x.sizes(), w.sizes(), geometry);
  if (dtype == kDouble || is_empty(p) || !is_regular(p)) {
    return reference::convolution(x, w, bias, geometry);
  }
  if (!computes_in(dtype)) {
    return to_dtype(
        convolution(to_dtype(x, kFloat), to_dtype(w, kFloat), to_dtype(bias, kFloat), geometry),
        dtype);
  }
  if (is_pointwise(p)) {
    return as_image(matmul(as_matrix(to_channels_last(x)),
                           transposed(weights_as_matrix(to_row_major(w))), bias),
                    convolution_sizes(x.sizes(), w.sizes(), geometry));
  }
  const Key key = whole(p, Pass::kForward, dtype, bias.defined());
  const Work work = find_work(
      make_tiles(p, key, cut(p, p.out[cut_dim(p)], kMaxChunks), /*of_inputs=*/false), key);
  if (work.tiles.empty()) return reference::convolution(x, w, bias, geometry);

  const Tensor src = to_channels_last(x);
  const Tensor weights = to_row_major(w);
  const Tensor b = bias.defined() ? to_row_major(bias) : bias;
  Tensor y = empty_channels_last(convolution_sizes(x.sizes(), w.sizes(), geometry), dtype);
  const Buffer inner(work.primitives[0]->convolution.weights.get_size());
  reorder_weights(*work.primitives[0], weights.data_ptr(), inner.data());
  const Places places(p, element_size(dtype));
  parallel_for(static_cast<int64_t>(work.tiles.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Tile& tile = work.tiles[static_cast<size_t>(i)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(i)]->convolution;
      const onednn::Argument from{DNNL_ARG_SRC, &q.src, places.x(src.data_ptr(), tile)};
      const onednn::Argument by{DNNL_ARG_WEIGHTS, &q.weights, inner.data()};
      const onednn::Argument to{DNNL_ARG_DST, &q.dst, places.y(y.data_ptr(), tile)};
      if (b.defined()) {
        onednn::execute(q, {from, by, to, {DNNL_ARG_BIAS, &q.bias, b.data_ptr()}});
      } else {
        onednn::execute(q, {from, by, to});
      }
    }
  });
  return y;
}

Tensor convolution_backward_data(const Tensor& dy, const Tensor& w, IntArrayRef x_sizes,
                                 const ConvGeometry& geometry) {
  const ScalarType dtype = dy.dtype();
  const ConvProblem p = convolution_problem(x_sizes, w.sizes(), geometry);
  if (dtype == kDouble || is_empty(p) || !is_regular(p)) {
    return reference::convolution_backward_data(dy, w, x_sizes, geometry);
  }
  if (!computes_in(dtype)) {
    return to_dtype(
        convolution_backward_data(to_dtype(dy, kFloat), to_dtype(w, kFloat), x_sizes, geometry),
        dtype);
  }
  if (is_pointwise(p)) {
    return as_image(matmul(as_matrix(to_channels_last(dy)), weights_as_matrix(to_row_major(w))),
                    x_sizes);
  }
  if (dtype == kFloat && prefers_columns(p, Pass::kBackwardData)) {
    Tensor dx = empty_channels_last(x_sizes, dtype);
    columns_backward_data(p, to_channels_last(dy).data_ptr<float>(),
                          to_row_major(w).data_ptr<float>(), dx.data_ptr<float>());
    return dx;
  }
  const Key key = whole(p, Pass::kBackwardData, dtype, false);
  const int d = cut_dim(p);
  Cut c = cut(p, p.in[d], kMaxChunks);
  if (p.stride[d] > p.reach(d)) c.rows = p.in[d];  // rows that no output sees
  std::vector<Tile> tiles = make_tiles(p, key, c, /*of_inputs=*/true);
  const auto seen = std::stable_partition(tiles.begin(), tiles.end(),
                                          [d](const Tile& tile) { return tile.key.out[d] > 0; });
  const std::vector<Tile> unseen(seen, tiles.end());
  tiles.erase(seen, tiles.end());
  const Work work = find_work(std::move(tiles), key);
  if (work.tiles.empty()) {
    return reference::convolution_backward_data(dy, w, x_sizes, geometry);
  }

  const Tensor src = to_channels_last(dy);
  const Tensor weights = to_row_major(w);
  Tensor dx = empty_channels_last(x_sizes, dtype);
  const Buffer inner(work.primitives[0]->convolution.weights.get_size());
  reorder_weights(*work.primitives[0], weights.data_ptr(), inner.data());
  const Places places(p, element_size(dtype));
  for (const Tile& tile : unseen) {
    std::memset(places.x(dx.data_ptr(), tile), 0,
                static_cast<size_t>(tile.key.in[d] * places.in_row));
  }
  parallel_for(static_cast<int64_t>(work.tiles.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Tile& tile = work.tiles[static_cast<size_t>(i)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(i)]->convolution;
      onednn::execute(q, {{DNNL_ARG_DIFF_DST, &q.dst, places.y(src.data_ptr(), tile)},
                          {DNNL_ARG_WEIGHTS, &q.weights, inner.data()},
                          {DNNL_ARG_DIFF_SRC, &q.src, places.x(dx.data_ptr(), tile)}});
    }
  });
  return dx;
}

std::pair<Tensor, Tensor> convolution_backward_weights(const Tensor& dy, const Tensor& x,
                                                       IntArrayRef w_sizes,
                                                       const ConvGeometry& geometry,
                                                       bool with_bias) {
  const ScalarType dtype = dy.dtype();
  const ConvProblem p = convolution_problem(x.sizes(), w_sizes, geometry);
  if (dtype == kDouble || is_empty(p) || !is_regular(p)) {
    return reference::convolution_backward_weights(dy, x, w_sizes, geometry, with_bias);
  }
  if (!computes_in(dtype)) {
    const auto [dw, db] = convolution_backward_weights(to_dtype(dy, kFloat), to_dtype(x, kFloat),
                                                       w_sizes, geometry, with_bias);
    return {to_dtype(dw, dtype), to_dtype(db, dtype)};
  }
  const Tensor src = to_channels_last(x);
  const Tensor gradient = to_channels_last(dy);
  Tensor db = with_bias ? empty({p.o}, kFloat) : Tensor();
  float* const bias_sums = with_bias ? db.data_ptr<float>() : nullptr;
  if (is_pointwise(p)) {
    const Tensor product = matmul(transposed(as_matrix(gradient)), as_matrix(src));
    if (with_bias && dtype == kFloat) sum_pixels<float>(gradient, bias_sums);
    if (with_bias && dtype == kBFloat16) sum_pixels<BFloat16>(gradient, bias_sums);
    return {make_view(product, to_dims(w_sizes), contiguous_strides(w_sizes), 0),
            to_dtype(db, dtype)};
  }
  Tensor dw = empty(w_sizes, dtype);
  if (dtype == kFloat && prefers_columns(p, Pass::kBackwardWeights)) {
    columns_backward_weights(p, gradient.data_ptr<float>(), src.data_ptr<float>(),
                             dw.data_ptr<float>(), bias_sums);
    return {dw, db};
  }
  const Key key = whole(p, Pass::kBackwardWeights, dtype, false);
  const Work work = find_work(weight_tiles(p, key), key);
  if (work.tiles.empty()) {
    return reference::convolution_backward_weights(dy, x, w_sizes, geometry, with_bias);
  }
  if (dtype == kFloat) {
    run_backward_weights<float>(p, work, gradient, src, dw, bias_sums);
  } else {
    run_backward_weights<BFloat16>(p, work, gradient, src, dw, bias_sums);
  }
  return {dw, to_dtype(db, dtype)};
}

}  // namespace gradus::kernel
