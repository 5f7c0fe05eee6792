#include "core/onednn.h"

#include <array>
#include <cassert>
#include <vector>

#if defined(GRADUS_DNNL_TBB)
#include <tbb/task_arena.h>
#endif

#include <fmt/format.h>

#include "core/error.h"

#if defined(GRADUS_DNNL_OMP)
// The two functions that are needed of whichever OpenMP runtime oneDNN has loaded.
extern "C" {
int omp_get_max_threads();
void omp_set_num_threads(int n);
}
#endif

namespace gradus::onednn {
namespace {

// Runs f on this thread alone and turns oneDNN's exceptions into ours.
template <class F>
decltype(auto) call(const char* what, F&& f) {
  try {
    return f();
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) {
      detail::throw_error<OutOfMemoryError>("oneDNN: {}: out of memory", what);
    }
    detail::throw_error<Error>("oneDNN: {}: {} (status {})", what, e.what(),
                               static_cast<int>(e.status));
  }
}

template <class Make>
Primitive make(const char* what, Make&& make_primitive) {
  Primitive result;
  call(what, [&] { single_threaded([&] { make_primitive(result); }); });
  return result;
}

dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

}  // namespace

#if defined(GRADUS_DNNL_OMP)

void single_threaded(FunctionRef<void()> f) {
  struct Restore {
    int threads = omp_get_max_threads();
    ~Restore() {
      if (threads != 1) omp_set_num_threads(threads);
    }
  } const restore;
  if (restore.threads != 1) omp_set_num_threads(1);
  f();
}

#elif defined(GRADUS_DNNL_TBB)

void single_threaded(FunctionRef<void()> f) {
  static thread_local tbb::task_arena one_slot(1);
  one_slot.execute([&f] { f(); });
}

#else

void single_threaded(FunctionRef<void()> f) {
  f();
}

#endif

const dnnl::engine& engine() {
  static const auto* const e =
      call("engine", [] { return new dnnl::engine(dnnl::engine::kind::cpu, 0); });
  return *e;
}

dnnl::memory::data_type data_type(ScalarType dtype) {
  using Type = dnnl::memory::data_type;
  switch (dtype) {
    case kFloat:
      return Type::f32;
    case kBFloat16:
      return Type::bf16;
    case kHalf:
      return Type::f16;
    default:
      detail::throw_error<TypeError>("oneDNN: not implemented for {}", dtype);
  }
}

dnnl::memory::desc strided(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype) {
  return dnnl::memory::desc(dnnl::memory::dims(sizes.begin(), sizes.end()), data_type(dtype),
                            dnnl::memory::dims(strides.begin(), strides.end()));
}

dnnl::memory::desc any_layout(IntArrayRef sizes, ScalarType dtype) {
  return dnnl::memory::desc(dnnl::memory::dims(sizes.begin(), sizes.end()), data_type(dtype),
                            dnnl::memory::format_tag::any);
}

dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

void execute(const Primitive& primitive, std::initializer_list<Argument> arguments) {
  constexpr std::size_t kMaxArguments = 7;
  assert(arguments.size() <= kMaxArguments);
  const Buffer scratch(primitive.scratchpad.get_size());
  call("execution", [&] {
    std::array<dnnl::memory, kMaxArguments + 1> memories;
    std::array<dnnl_exec_arg_t, kMaxArguments + 1> table;
    int count = 0;
    const auto add = [&](int index, const dnnl::memory::desc& layout, void* data) {
      dnnl::memory& m = memories[static_cast<std::size_t>(count)];
      m = dnnl::memory(layout, engine(), data);
      table[static_cast<std::size_t>(count++)] = {index, m.get()};
    };
    for (const Argument& a : arguments) add(a.index, *a.layout, const_cast<void*>(a.data));
    if (scratch.data() != nullptr) add(DNNL_ARG_SCRATCHPAD, primitive.scratchpad, scratch.data());
    single_threaded([&] {
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(primitive.primitive.get(), stream().get(), count, table.data()),
          "could not execute a primitive");
    });
  });
}

Primitive make_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to) {
  return make("reorder", [&](Primitive& p) {
    const dnnl::reorder::primitive_desc pd(engine(), from, engine(), to, attributes());
    p.primitive = dnnl::reorder(pd);
    p.src = from;
    p.dst = to;
    p.scratchpad = pd.scratchpad_desc();
  });
}

Primitive make_matmul(const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                      const dnnl::memory::desc& bias, const dnnl::memory::desc& dst,
                      const dnnl::primitive_attr& attr) {
  return make("matmul", [&](Primitive& p) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc pd(engine(), src, weights, bias, dst, attr);
#else
    const dnnl::matmul::primitive_desc pd(dnnl::matmul::desc(src, weights, bias, dst), attr,
                                          engine());
#endif
    p.primitive = dnnl::matmul(pd);
    p.src = pd.src_desc();
    p.weights = pd.weights_desc();
    p.bias = bias;
    p.dst = pd.dst_desc();
    p.scratchpad = pd.scratchpad_desc();
  });
}

namespace {

using dnnl::convolution_backward_data;
using dnnl::convolution_backward_weights;
using dnnl::convolution_forward;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;

convolution_forward::primitive_desc forward_desc(const dnnl::memory::desc& src,
                                                 const dnnl::memory::desc& weights,
                                                 const dnnl::memory::desc& bias,
                                                 const dnnl::memory::desc& dst,
                                                 const ConvolutionGeometry& g) {
  constexpr auto kProp = dnnl::prop_kind::forward_training;
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),   kProp,          kDirect,         src,         weights, bias, dst, g.strides,
          g.dilation, g.padding_left, g.padding_right, attributes()};
#else
  return {convolution_forward::desc(kProp, kDirect, src, weights, bias, dst, g.strides, g.dilation,
                                    g.padding_left, g.padding_right),
          attributes(), engine()};
#endif
}

}  // namespace

Primitive make_convolution_forward(const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                                   const dnnl::memory::desc& bias, const dnnl::memory::desc& dst,
                                   const ConvolutionGeometry& g) {
  return make("convolution", [&](Primitive& p) {
    const auto pd = forward_desc(src, weights, bias, dst, g);
    p.primitive = convolution_forward(pd);
    p.src = pd.src_desc();
    p.weights = pd.weights_desc();
    p.bias = bias;
    p.dst = pd.dst_desc();
    p.scratchpad = pd.scratchpad_desc();
  });
}

Primitive make_convolution_backward_data(const dnnl::memory::desc& diff_src,
                                         const dnnl::memory::desc& weights,
                                         const dnnl::memory::desc& diff_dst,
                                         const ConvolutionGeometry& g) {
  return make("convolution backward by data", [&](Primitive& p) {
    const auto hint = forward_desc(diff_src, weights, {}, diff_dst, g);
#if DNNL_VERSION_MAJOR >= 3
    const convolution_backward_data::primitive_desc pd(
        engine(), kDirect, diff_src, weights, diff_dst, g.strides, g.dilation, g.padding_left,
        g.padding_right, hint, attributes());
#else
    const convolution_backward_data::primitive_desc pd(
        convolution_backward_data::desc(kDirect, diff_src, weights, diff_dst, g.strides, g.dilation,
                                        g.padding_left, g.padding_right),
        attributes(), engine(), hint);
#endif
    p.primitive = convolution_backward_data(pd);
    p.src = pd.diff_src_desc();
    p.weights = pd.weights_desc();
    p.dst = pd.diff_dst_desc();
    p.scratchpad = pd.scratchpad_desc();
  });
}

Primitive make_convolution_backward_weights(const dnnl::memory::desc& src,
                                            const dnnl::memory::desc& diff_weights,
                                            const dnnl::memory::desc& diff_bias,
                                            const dnnl::memory::desc& diff_dst,
                                            const ConvolutionGeometry& g) {
  return make("convolution backward by weights", [&](Primitive& p) {
    // Gradients may be of float32 where all else is of bfloat16; a forward has one dtype.
    const dnnl::memory::desc weights(diff_weights.dims(), src.data_type(),
                                     dnnl::memory::format_tag::any);
    const auto hint = forward_desc(src, weights, {}, diff_dst, g);
#if DNNL_VERSION_MAJOR >= 3
    const convolution_backward_weights::primitive_desc pd(
        engine(), kDirect, src, diff_weights, diff_bias, diff_dst, g.strides, g.dilation,
        g.padding_left, g.padding_right, hint, attributes());
#else
    const convolution_backward_weights::primitive_desc pd(
        convolution_backward_weights::desc(kDirect, src, diff_weights, diff_bias, diff_dst,
                                           g.strides, g.dilation, g.padding_left, g.padding_right),
        attributes(), engine(), hint);
#endif
    p.primitive = convolution_backward_weights(pd);
    p.src = pd.src_desc();
    p.weights = pd.diff_weights_desc();
    p.bias = diff_bias;
    p.dst = pd.diff_dst_desc();
    p.scratchpad = pd.scratchpad_desc();
  });
}

}  // namespace gradus::onednn
