// Results and gradients of single operations against what PyTorch computed: see tests/goldens.
// generate_ops.py there has the inputs and Python's expression of each case.

#include <cmath>
#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

struct In {
  Tensor x, a, b, w, index, mask, src, target, running_mean, running_var;

  Tensor* find(const std::string& name) {
    std::map<std::string, Tensor*> inputs = {{"x", &x},
                                             {"a", &a},
                                             {"b", &b},
                                             {"w", &w},
                                             {"index", &index},
                                             {"mask", &mask},
                                             {"src", &src},
                                             {"target", &target},
                                             {"running_mean", &running_mean},
                                             {"running_var", &running_var}};
    auto at = inputs.find(name);
    return at == inputs.end() ? nullptr : at->second;
  }
};

struct Out {
  Out(Tensor y) : tensors{std::move(y)} {}
  Out(std::tuple<Tensor, Tensor> y) : tensors{std::get<0>(y), std::get<1>(y)} {}
  Out(std::vector<Tensor> y) : tensors(std::move(y)) {}

  std::vector<Tensor> tensors;
};

using Function = Out (*)(const In&);

Out batch_norm_in_training(const In& i) {
  Tensor y = batch_norm(i.x, i.w, i.b, i.running_mean, i.running_var, true, 0.1, 1e-5);
  return std::vector<Tensor>{y, i.running_mean, i.running_var};
}

// A row serves one case, as "sum/1", or all cases of an op that have no row of their own.
const std::map<std::string, Function> kFunctions = {
    {"neg", [](const In& i) -> Out { return neg(i.x); }},
    {"exp", [](const In& i) -> Out { return exp(i.x); }},
    {"expm1", [](const In& i) -> Out { return expm1(i.x); }},
    {"sin", [](const In& i) -> Out { return sin(i.x); }},
    {"cos", [](const In& i) -> Out { return cos(i.x); }},
    {"tan", [](const In& i) -> Out { return tan(i.x); }},
    {"tanh", [](const In& i) -> Out { return tanh(i.x); }},
    {"sigmoid", [](const In& i) -> Out { return sigmoid(i.x); }},
    {"erf", [](const In& i) -> Out { return erf(i.x); }},
    {"erfc", [](const In& i) -> Out { return erfc(i.x); }},
    {"square", [](const In& i) -> Out { return square(i.x); }},
    {"atan", [](const In& i) -> Out { return atan(i.x); }},
    {"sinh", [](const In& i) -> Out { return sinh(i.x); }},
    {"cosh", [](const In& i) -> Out { return cosh(i.x); }},
    {"asinh", [](const In& i) -> Out { return asinh(i.x); }},
    {"exp2", [](const In& i) -> Out { return exp2(i.x); }},
    {"log", [](const In& i) -> Out { return log(i.x); }},
    {"log1p", [](const In& i) -> Out { return log1p(i.x); }},
    {"log2", [](const In& i) -> Out { return log2(i.x); }},
    {"log10", [](const In& i) -> Out { return log10(i.x); }},
    {"sqrt", [](const In& i) -> Out { return sqrt(i.x); }},
    {"rsqrt", [](const In& i) -> Out { return rsqrt(i.x); }},
    {"reciprocal", [](const In& i) -> Out { return reciprocal(i.x); }},
    {"asin", [](const In& i) -> Out { return asin(i.x); }},
    {"acos", [](const In& i) -> Out { return acos(i.x); }},
    {"atanh", [](const In& i) -> Out { return atanh(i.x); }},
    {"erfinv", [](const In& i) -> Out { return erfinv(i.x); }},
    {"acosh", [](const In& i) -> Out { return acosh(i.x); }},
    {"floor", [](const In& i) -> Out { return floor(i.x); }},
    {"ceil", [](const In& i) -> Out { return ceil(i.x); }},
    {"round", [](const In& i) -> Out { return round(i.x); }},
    {"trunc", [](const In& i) -> Out { return trunc(i.x); }},
    {"frac", [](const In& i) -> Out { return frac(i.x); }},
    {"abs", [](const In& i) -> Out { return abs(i.x); }},
    {"sign", [](const In& i) -> Out { return sign(i.x); }},
    {"relu", [](const In& i) -> Out { return relu(i.x); }},
    {"clamp/0", [](const In& i) -> Out { return clamp(i.x, -0.5, 0.75); }},
    {"clamp/1", [](const In& i) -> Out { return clamp(i.x, -1.5, 1.5); }},
    {"clamp/2", [](const In& i) -> Out { return clamp(i.x, nullopt, 0.5); }},
    {"clamp_min", [](const In& i) -> Out { return clamp_min(i.x, 0.25); }},
    {"clamp_max", [](const In& i) -> Out { return clamp_max(i.x, 0.25); }},
    {"isnan", [](const In& i) -> Out { return isnan(i.x); }},
    {"isinf", [](const In& i) -> Out { return isinf(i.x); }},
    {"isfinite", [](const In& i) -> Out { return isfinite(i.x); }},
    {"logical_not", [](const In& i) -> Out { return logical_not(i.x); }},
    {"bitwise_not", [](const In& i) -> Out { return bitwise_not(i.x); }},
    {"pow", [](const In& i) -> Out { return pow(i.a, i.b); }},
    {"pow/0", [](const In& i) -> Out { return pow(i.x, 2); }},
    {"pow/1", [](const In& i) -> Out { return pow(i.x, 0.5); }},
    {"pow/2", [](const In& i) -> Out { return pow(i.x, -1.5); }},
    {"pow/3", [](const In& i) -> Out { return pow(i.x, 3); }},
    {"pow/4", [](const In& i) -> Out { return pow(i.x, 0); }},
    {"pow/5", [](const In& i) -> Out { return pow(2.0, i.x); }},
    {"leaky_relu", [](const In& i) -> Out { return leaky_relu(i.x, 0.2); }},
    {"gelu/0", [](const In& i) -> Out { return gelu(i.x); }},
    {"gelu/1", [](const In& i) -> Out { return gelu(i.x, "tanh"); }},
    {"silu", [](const In& i) -> Out { return silu(i.x); }},
    {"mish", [](const In& i) -> Out { return mish(i.x); }},
    {"elu/0", [](const In& i) -> Out { return elu(i.x); }},
    {"elu/1", [](const In& i) -> Out { return elu(i.x, 0.5); }},
    {"softplus/0", [](const In& i) -> Out { return softplus(i.x); }},
    {"softplus/1", [](const In& i) -> Out { return softplus(i.x, 2, 1); }},
    {"hardtanh", [](const In& i) -> Out { return hardtanh(i.x, -0.5, 0.75); }},
    {"relu6", [](const In& i) -> Out { return relu6(i.x); }},
    {"logsigmoid", [](const In& i) -> Out { return log_sigmoid(i.x); }},
    {"add", [](const In& i) -> Out { return add(i.a, i.b); }},
    {"add/4", [](const In& i) -> Out { return add(i.a, i.b, 2.5); }},
    {"add/5", [](const In& i) -> Out { return i.x + 1.5; }},
    {"sub", [](const In& i) -> Out { return sub(i.a, i.b); }},
    {"sub/4", [](const In& i) -> Out { return sub(i.a, i.b, 2.5); }},
    {"sub/5", [](const In& i) -> Out { return 1.5 - i.x; }},
    {"mul", [](const In& i) -> Out { return mul(i.a, i.b); }},
    {"div", [](const In& i) -> Out { return div(i.a, i.b); }},
    {"div/4", [](const In& i) -> Out { return 1.5 / i.x; }},
    {"div/5", [](const In& i) -> Out { return div(i.a, i.b, "floor"); }},
    {"div/6", [](const In& i) -> Out { return div(i.a, i.b, "floor"); }},
    {"div/7", [](const In& i) -> Out { return div(i.a, i.b, "trunc"); }},
    {"div/8", [](const In& i) -> Out { return div(i.a, i.b, "trunc"); }},
    {"fmod", [](const In& i) -> Out { return fmod(i.a, i.b); }},
    {"remainder", [](const In& i) -> Out { return remainder(i.a, i.b); }},
    {"maximum", [](const In& i) -> Out { return maximum(i.a, i.b); }},
    {"minimum", [](const In& i) -> Out { return minimum(i.a, i.b); }},
    {"atan2", [](const In& i) -> Out { return atan2(i.a, i.b); }},
    {"eq/0", [](const In& i) -> Out { return eq(i.a, i.b); }},
    {"eq/1", [](const In& i) -> Out { return eq(i.x, 2); }},
    {"ne/0", [](const In& i) -> Out { return ne(i.a, i.b); }},
    {"ne/1", [](const In& i) -> Out { return ne(i.x, 2); }},
    {"lt/0", [](const In& i) -> Out { return lt(i.a, i.b); }},
    {"lt/1", [](const In& i) -> Out { return lt(i.x, 2); }},
    {"le/0", [](const In& i) -> Out { return le(i.a, i.b); }},
    {"le/1", [](const In& i) -> Out { return le(i.x, 2); }},
    {"gt/0", [](const In& i) -> Out { return gt(i.a, i.b); }},
    {"gt/1", [](const In& i) -> Out { return gt(i.x, 2); }},
    {"ge/0", [](const In& i) -> Out { return ge(i.a, i.b); }},
    {"ge/1", [](const In& i) -> Out { return ge(i.x, 2); }},
    {"logical_and", [](const In& i) -> Out { return logical_and(i.a, i.b); }},
    {"logical_or", [](const In& i) -> Out { return logical_or(i.a, i.b); }},
    {"logical_xor", [](const In& i) -> Out { return logical_xor(i.a, i.b); }},
    {"bitwise_and", [](const In& i) -> Out { return bitwise_and(i.a, i.b); }},
    {"bitwise_or", [](const In& i) -> Out { return bitwise_or(i.a, i.b); }},
    {"bitwise_xor", [](const In& i) -> Out { return bitwise_xor(i.a, i.b); }},
    {"lerp/0", [](const In& i) -> Out { return lerp(i.a, i.b, 0.3); }},
    {"lerp/1", [](const In& i) -> Out { return lerp(i.a, i.b, i.w); }},
    {"addcmul", [](const In& i) -> Out { return addcmul(i.x, i.a, i.b, 0.5); }},
    {"addcdiv", [](const In& i) -> Out { return addcdiv(i.x, i.a, i.b, 0.5); }},
    {"where/0", [](const In& i) -> Out { return where(i.mask, i.a, i.b); }},
    {"where/1", [](const In& i) -> Out { return where(i.mask, i.x, i.x.new_zeros({})) * 2; }},
    {"promote", [](const In& i) -> Out { return i.a + i.b; }},
    {"promote/6", [](const In& i) -> Out { return i.a * i.b; }},
    {"promote/8", [](const In& i) -> Out { return i.x * 2.5; }},
    {"promote/9", [](const In& i) -> Out { return i.x * 2.5; }},
    {"promote/10", [](const In& i) -> Out { return i.x + 1; }},
    {"promote/11", [](const In& i) -> Out { return i.a / i.b; }},
    {"sum", [](const In& i) -> Out { return sum(i.x); }},
    {"sum/1", [](const In& i) -> Out { return sum(i.x, {1}); }},
    {"sum/2", [](const In& i) -> Out { return sum(i.x, {0, -1}, true); }},
    {"sum/5", [](const In& i) -> Out { return sum(i.x, {0}); }},
    {"sum/6", [](const In& i) -> Out { return sum(i.x, {1}); }},
    {"mean", [](const In& i) -> Out { return mean(i.x); }},
    {"mean/1", [](const In& i) -> Out { return mean(i.x, {1}); }},
    {"mean/2", [](const In& i) -> Out { return mean(i.x, {0, -1}, true); }},
    {"mean/4", [](const In& i) -> Out { return mean(i.x, {1}); }},
    {"prod", [](const In& i) -> Out { return prod(i.x, 1); }},
    {"prod/0", [](const In& i) -> Out { return prod(i.x); }},
    {"var/0", [](const In& i) -> Out { return var(i.x); }},
    {"var/1", [](const In& i) -> Out { return var(i.x, {1}); }},
    {"var/2", [](const In& i) -> Out { return var(i.x, {0, 2}, false, true); }},
    {"std/0", [](const In& i) -> Out { return gradus::std(i.x); }},
    {"std/1", [](const In& i) -> Out { return gradus::std(i.x, {1}); }},
    {"std/2", [](const In& i) -> Out { return gradus::std(i.x, {0, 2}, false, true); }},
    {"norm", [](const In& i) -> Out { return norm(i.x); }},
    {"norm/1", [](const In& i) -> Out { return norm(i.x, 1); }},
    {"norm/2", [](const In& i) -> Out { return norm(i.x, 2, {1}, true); }},
    {"norm/3", [](const In& i) -> Out { return norm(i.x, INFINITY, {1}); }},
    {"norm/4", [](const In& i) -> Out { return norm(i.x, 3, {0}); }},
    {"logsumexp", [](const In& i) -> Out { return logsumexp(i.x, {1}); }},
    {"logsumexp/1", [](const In& i) -> Out { return logsumexp(i.x, {0, 1}, true); }},
    {"amax", [](const In& i) -> Out { return amax(i.x, {1}); }},
    {"amax/1", [](const In& i) -> Out { return amax(i.x, {0, 2}, true); }},
    {"amin", [](const In& i) -> Out { return amin(i.x, {1}); }},
    {"amin/1", [](const In& i) -> Out { return amin(i.x, {0, 2}, true); }},
    {"max", [](const In& i) -> Out { return max(i.x); }},
    {"max/1", [](const In& i) -> Out { return max(i.x, 1); }},
    {"max/2", [](const In& i) -> Out { return max(i.x, 0, true); }},
    {"max/4", [](const In& i) -> Out { return max(i.x, 1); }},
    {"min", [](const In& i) -> Out { return min(i.x); }},
    {"min/1", [](const In& i) -> Out { return min(i.x, 1); }},
    {"min/2", [](const In& i) -> Out { return min(i.x, 0, true); }},
    {"min/4", [](const In& i) -> Out { return min(i.x, 1); }},
    {"argmax/0", [](const In& i) -> Out { return argmax(i.x); }},
    {"argmax/1", [](const In& i) -> Out { return argmax(i.x, 1); }},
    {"argmax/2", [](const In& i) -> Out { return argmax(i.x, 0, true); }},
    {"argmin/0", [](const In& i) -> Out { return argmin(i.x); }},
    {"argmin/1", [](const In& i) -> Out { return argmin(i.x, 1); }},
    {"argmin/2", [](const In& i) -> Out { return argmin(i.x, 0, true); }},
    {"all", [](const In& i) -> Out { return all(i.x, 1); }},
    {"all/0", [](const In& i) -> Out { return all(i.x); }},
    {"any", [](const In& i) -> Out { return any(i.x, 1); }},
    {"any/0", [](const In& i) -> Out { return any(i.x); }},
    {"count_nonzero", [](const In& i) -> Out { return count_nonzero(i.x); }},
    {"cumsum/0", [](const In& i) -> Out { return cumsum(i.x, 1); }},
    {"cumsum/1", [](const In& i) -> Out { return cumsum(i.x, 0); }},
    {"softmax", [](const In& i) -> Out { return softmax(i.x, 0); }},
    {"softmax/1", [](const In& i) -> Out { return softmax(i.x, 1); }},
    {"softmax/2", [](const In& i) -> Out { return softmax(i.x, -1); }},
    {"softmax/3", [](const In& i) -> Out { return softmax(i.x, 1); }},
    {"log_softmax", [](const In& i) -> Out { return log_softmax(i.x, 1); }},
    {"log_softmax/0", [](const In& i) -> Out { return log_softmax(i.x, 0); }},
    {"log_softmax/2", [](const In& i) -> Out { return log_softmax(i.x, -1); }},
    {"matmul", [](const In& i) -> Out { return matmul(i.a, i.b); }},
    {"matmul/10", [](const In& i) -> Out { return matmul(i.a.t(), i.b); }},
    {"mm", [](const In& i) -> Out { return mm(i.a, i.b); }},
    {"bmm", [](const In& i) -> Out { return bmm(i.a, i.b); }},
    {"mv", [](const In& i) -> Out { return mv(i.a, i.b); }},
    {"dot", [](const In& i) -> Out { return dot(i.a, i.b); }},
    {"outer", [](const In& i) -> Out { return outer(i.a, i.b); }},
    {"addmm/0", [](const In& i) -> Out { return addmm(i.x, i.a, i.b); }},
    {"addmm/1", [](const In& i) -> Out { return addmm(i.x, i.a, i.b, 0.5, 2.0); }},
    {"linear", [](const In& i) -> Out { return linear(i.x, i.w, i.b); }},
    {"linear/0", [](const In& i) -> Out { return linear(i.x, i.w); }},
    {"reshape", [](const In& i) -> Out { return reshape(i.x, {4, -1}); }},
    {"view", [](const In& i) -> Out { return i.x.view({3, 8}); }},
    {"permute", [](const In& i) -> Out { return permute(i.x, {2, 0, 1}); }},
    {"transpose", [](const In& i) -> Out { return transpose(i.x, 0, -1); }},
    {"unsqueeze/0", [](const In& i) -> Out { return unsqueeze(i.x, 1); }},
    {"unsqueeze/1", [](const In& i) -> Out { return unsqueeze(i.x, -1); }},
    {"flatten/0", [](const In& i) -> Out { return flatten(i.x, 1); }},
    {"flatten/1", [](const In& i) -> Out { return flatten(i.x); }},
    {"select", [](const In& i) -> Out { return select(i.x, 1, -1); }},
    {"narrow", [](const In& i) -> Out { return narrow(i.x, 2, 1, 2); }},
    {"slice", [](const In& i) -> Out { return i.x.slice(1, 1, 3).slice(2, nullopt, nullopt, 2); }},
    {"unflatten", [](const In& i) -> Out { return unflatten(i.x, 2, {2, 2}); }},
    {"movedim", [](const In& i) -> Out { return movedim(i.x, 0, 2); }},
    {"repeat", [](const In& i) -> Out { return i.x.repeat({2, 1, 2}); }},
    {"tile", [](const In& i) -> Out { return tile(i.x, {2, 1}); }},
    {"flip", [](const In& i) -> Out { return flip(i.x, {0, 2}); }},
    {"roll", [](const In& i) -> Out { return roll(i.x, {1, -2}, {0, 2}); }},
    {"repeat_interleave", [](const In& i) -> Out { return repeat_interleave(i.x, 2, 1); }},
    {"diagonal", [](const In& i) -> Out { return diagonal(i.x, 1, 1, 2); }},
    {"unfold", [](const In& i) -> Out { return i.x.unfold(2, 2, 1); }},
    {"tril", [](const In& i) -> Out { return tril(i.x, -1); }},
    {"triu", [](const In& i) -> Out { return triu(i.x); }},
    {"chunk", [](const In& i) -> Out { return chunk(i.x, 2, 2); }},
    {"split/0", [](const In& i) -> Out { return split(i.x, 2, 1); }},
    {"split/1", [](const In& i) -> Out { return split_with_sizes(i.x, {1, 3}, 2); }},
    {"unbind", [](const In& i) -> Out { return unbind(i.x, 1); }},
    {"t", [](const In& i) -> Out { return t(i.x); }},
    {"squeeze/0", [](const In& i) -> Out { return squeeze(i.x); }},
    {"squeeze/1", [](const In& i) -> Out { return squeeze(i.x, {0}); }},
    {"expand", [](const In& i) -> Out { return i.x.expand({2, -1, 4}); }},
    {"cat/0", [](const In& i) -> Out { return cat({i.a, i.b}, 1); }},
    {"cat/1", [](const In& i) -> Out { return cat({i.a, i.b}); }},
    {"stack", [](const In& i) -> Out { return stack({i.a, i.b}, 1); }},
    {"gather", [](const In& i) -> Out { return gather(i.x, 1, i.index); }},
    {"scatter/0", [](const In& i) -> Out { return scatter(i.x, 1, i.index, i.src); }},
    {"scatter/1", [](const In& i) -> Out { return scatter(i.x, 1, i.index, 1.5); }},
    {"scatter_add", [](const In& i) -> Out { return scatter_add(i.x, 1, i.index, i.src); }},
    {"index_select", [](const In& i) -> Out { return index_select(i.x, 1, i.index); }},
    {"index_add", [](const In& i) -> Out { return index_add(i.x, 0, i.index, i.src, 2); }},
    {"masked_fill", [](const In& i) -> Out { return masked_fill(i.x, i.mask, -1.5); }},
    {"masked_select", [](const In& i) -> Out { return masked_select(i.x, i.mask); }},
    {"index/0", [](const In& i) -> Out { return i.x.index({i.index}); }},
    {"index/1", [](const In& i) -> Out { return i.x.index({i.a, i.b}); }},
    {"index/2", [](const In& i) -> Out { return i.x.index({indexing::Slice(), i.index}); }},
    {"index/3", [](const In& i) -> Out { return i.x.index({i.mask}); }},
    {"index_put/0", [](const In& i) -> Out { return i.x.clone().index_put_({i.index}, i.src); }},
    {"index_put/1", [](const In& i) -> Out { return i.x.clone().index_put_({i.index}, i.src, true); }},
    {"nonzero", [](const In& i) -> Out { return nonzero(i.x); }},
    {"embedding/0", [](const In& i) -> Out { return embedding(i.w, i.index); }},
    {"embedding/1", [](const In& i) -> Out { return embedding(i.w, i.index, 1); }},
    {"one_hot", [](const In& i) -> Out { return one_hot(i.index, 4); }},
    {"conv2d/0", [](const In& i) -> Out { return conv2d(i.x, i.w); }},
    {"conv2d/1", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b, {1, 1}, {1, 1}); }},
    {"conv2d/2", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b, {2, 1}, {1, 2}); }},
    {"conv2d/3", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b, {1, 1}, {2, 1}, {2, 1}); }},
    {"conv2d/4", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b, {1, 1}, {0, 0}, {1, 1}, 2); }},
    {"conv2d/5", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b, {2, 2}, {1, 1}, {1, 1}, 4); }},
    {"conv2d/6", [](const In& i) -> Out { return conv2d(i.x, i.w, i.b); }},
    {"conv1d", [](const In& i) -> Out { return conv1d(i.x, i.w, i.b, {2}, {1}); }},
    {"max_pool2d", [](const In& i) -> Out { return max_pool2d(i.x, {2, 2}); }},
    {"max_pool2d/1", [](const In& i) -> Out { return max_pool2d(i.x, {3, 2}, {2, 1}, {1, 1}); }},
    {"max_pool2d/2", [](const In& i) -> Out { return max_pool2d(i.x, {2, 2}, {2, 2}, {0, 0}, {2, 1}); }},
    {"max_pool2d/3", [](const In& i) -> Out { return max_pool2d(i.x, {2, 2}, {2, 2}, {0, 0}, {1, 1}, true); }},
    {"avg_pool2d/0", [](const In& i) -> Out { return avg_pool2d(i.x, {2, 2}); }},
    {"avg_pool2d/1", [](const In& i) -> Out { return avg_pool2d(i.x, {3, 2}, {2, 1}, {1, 1}); }},
    {"avg_pool2d/2", [](const In& i) -> Out { return avg_pool2d(i.x, {3, 2}, {2, 1}, {1, 1}, false, false); }},
    {"avg_pool2d/3", [](const In& i) -> Out { return avg_pool2d(i.x, {2, 2}, {2, 2}, {0, 0}, true); }},
    {"adaptive_avg_pool2d/0", [](const In& i) -> Out { return adaptive_avg_pool2d(i.x, {1, 1}); }},
    {"adaptive_avg_pool2d/1", [](const In& i) -> Out { return adaptive_avg_pool2d(i.x, {4, 3}); }},
    {"batch_norm", [](const In& i) -> Out { return batch_norm(i.x, i.w, i.b, i.running_mean, i.running_var, false, 0.1, 1e-5); }},
    {"batch_norm/1", [](const In& i) -> Out { return batch_norm_in_training(i); }},
    {"batch_norm/3", [](const In& i) -> Out { return batch_norm_in_training(i); }},
    {"batch_norm/4", [](const In& i) -> Out { return batch_norm(i.x, {}, {}, {}, {}, true, 0.1, 1e-5); }},
    {"layer_norm/0", [](const In& i) -> Out { return layer_norm(i.x, {4}); }},
    {"layer_norm/1", [](const In& i) -> Out { return layer_norm(i.x, {4}, i.w, i.b, 1e-3); }},
    {"layer_norm/2", [](const In& i) -> Out { return layer_norm(i.x, {3, 4}, i.w, i.b); }},
    {"layer_norm/3", [](const In& i) -> Out { return layer_norm(i.x, {3}); }},
    {"dropout", [](const In& i) -> Out { return dropout(i.x, 0.5, false); }},
    {"cross_entropy", [](const In& i) -> Out { return cross_entropy(i.x, i.target); }},
    {"cross_entropy/0", [](const In& i) -> Out { return cross_entropy(i.x, i.target, {}, Reduction::Mean); }},
    {"cross_entropy/1", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::Mean); }},
    {"cross_entropy/2", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::Mean, -100, 0.1); }},
    {"cross_entropy/3", [](const In& i) -> Out { return cross_entropy(i.x, i.target, {}, Reduction::Sum); }},
    {"cross_entropy/4", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::Sum); }},
    {"cross_entropy/5", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::Sum, -100, 0.1); }},
    {"cross_entropy/6", [](const In& i) -> Out { return cross_entropy(i.x, i.target, {}, Reduction::None); }},
    {"cross_entropy/7", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::None); }},
    {"cross_entropy/8", [](const In& i) -> Out { return cross_entropy(i.x, i.target, i.w, Reduction::None, -100, 0.1); }},
    {"cross_entropy/11", [](const In& i) -> Out { return cross_entropy(i.x, i.target, {}, Reduction::Mean, 3); }},
    {"cross_entropy/12", [](const In& i) -> Out { return cross_entropy(i.x, i.target, {}, Reduction::Mean, -100, 0.2); }},
    {"nll_loss/0", [](const In& i) -> Out { return nll_loss(i.x, i.target, i.w, Reduction::Mean); }},
    {"nll_loss/1", [](const In& i) -> Out { return nll_loss(i.x, i.target, i.w, Reduction::Sum); }},
    {"nll_loss/2", [](const In& i) -> Out { return nll_loss(i.x, i.target, i.w, Reduction::None); }},
    {"mse_loss/0", [](const In& i) -> Out { return mse_loss(i.x, i.target, Reduction::Mean); }},
    {"mse_loss/1", [](const In& i) -> Out { return mse_loss(i.x, i.target, Reduction::Sum); }},
    {"mse_loss/2", [](const In& i) -> Out { return mse_loss(i.x, i.target, Reduction::None); }},
    {"l1_loss/0", [](const In& i) -> Out { return l1_loss(i.x, i.target, Reduction::Mean); }},
    {"l1_loss/1", [](const In& i) -> Out { return l1_loss(i.x, i.target, Reduction::Sum); }},
    {"l1_loss/2", [](const In& i) -> Out { return l1_loss(i.x, i.target, Reduction::None); }},
    {"smooth_l1_loss/0", [](const In& i) -> Out { return smooth_l1_loss(i.x, i.target, Reduction::Mean); }},
    {"smooth_l1_loss/1", [](const In& i) -> Out { return smooth_l1_loss(i.x, i.target, Reduction::Sum); }},
    {"smooth_l1_loss/2", [](const In& i) -> Out { return smooth_l1_loss(i.x, i.target, Reduction::None); }},
    {"huber_loss/0", [](const In& i) -> Out { return huber_loss(i.x, i.target, Reduction::Mean, 0.5); }},
    {"huber_loss/1", [](const In& i) -> Out { return huber_loss(i.x, i.target, Reduction::Sum, 0.5); }},
    {"huber_loss/2", [](const In& i) -> Out { return huber_loss(i.x, i.target, Reduction::None, 0.5); }},
    {"binary_cross_entropy/0", [](const In& i) -> Out { return binary_cross_entropy(i.x, i.target, {}, Reduction::Mean); }},
    {"binary_cross_entropy/1", [](const In& i) -> Out { return binary_cross_entropy(i.x, i.target, {}, Reduction::Sum); }},
    {"binary_cross_entropy/2", [](const In& i) -> Out { return binary_cross_entropy(i.x, i.target, {}, Reduction::None); }},
    {"binary_cross_entropy_with_logits/0", [](const In& i) -> Out { return binary_cross_entropy_with_logits(i.x, i.target, {}, {}, Reduction::Mean); }},
    {"binary_cross_entropy_with_logits/1", [](const In& i) -> Out { return binary_cross_entropy_with_logits(i.x, i.target, {}, {}, Reduction::Sum); }},
    {"binary_cross_entropy_with_logits/2", [](const In& i) -> Out { return binary_cross_entropy_with_logits(i.x, i.target, {}, {}, Reduction::None); }},
    {"binary_cross_entropy_with_logits/3", [](const In& i) -> Out { return binary_cross_entropy_with_logits(i.x, i.target, i.w, i.b); }},
    {"kl_div/0", [](const In& i) -> Out { return kl_div(i.x, i.target, Reduction::Mean); }},
    {"kl_div/1", [](const In& i) -> Out { return kl_div(i.x, i.target, Reduction::Sum); }},
    {"kl_div/2", [](const In& i) -> Out { return kl_div(i.x, i.target, Reduction::None); }},
    {"deg2rad", [](const In& i) -> Out { return deg2rad(i.x); }},
    {"rad2deg", [](const In& i) -> Out { return rad2deg(i.x); }},
    {"sinc", [](const In& i) -> Out { return sinc(i.x); }},
    {"lgamma", [](const In& i) -> Out { return lgamma(i.x); }},
    {"digamma", [](const In& i) -> Out { return digamma(i.x); }},
    {"logit/0", [](const In& i) -> Out { return logit(i.x); }},
    {"logit/1", [](const In& i) -> Out { return logit(i.x, 0.2); }},
    {"polygamma/0", [](const In& i) -> Out { return polygamma(1, i.x); }},
    {"polygamma/1", [](const In& i) -> Out { return polygamma(2, i.x); }},
    {"nan_to_num", [](const In& i) -> Out { return nan_to_num(i.x, 0.5, 2.0, -2.0); }},
    {"selu", [](const In& i) -> Out { return selu(i.x); }},
    {"celu", [](const In& i) -> Out { return celu(i.x); }},
    {"hardswish", [](const In& i) -> Out { return hardswish(i.x); }},
    {"hardsigmoid", [](const In& i) -> Out { return hardsigmoid(i.x); }},
    {"tanhshrink", [](const In& i) -> Out { return tanhshrink(i.x); }},
    {"softsign", [](const In& i) -> Out { return softsign(i.x); }},
    {"hardshrink", [](const In& i) -> Out { return hardshrink(i.x); }},
    {"softshrink", [](const In& i) -> Out { return softshrink(i.x); }},
    {"threshold", [](const In& i) -> Out { return threshold(i.x, 0.25, 7.0); }},
    {"glu", [](const In& i) -> Out { return glu(i.x, 1); }},
    {"prelu", [](const In& i) -> Out { return prelu(i.x, i.w); }},
    {"hypot", [](const In& i) -> Out { return hypot(i.a, i.b); }},
    {"logaddexp", [](const In& i) -> Out { return logaddexp(i.a, i.b); }},
    {"logaddexp2", [](const In& i) -> Out { return logaddexp2(i.a, i.b); }},
    {"xlogy", [](const In& i) -> Out { return xlogy(i.a, i.b); }},
    {"copysign", [](const In& i) -> Out { return copysign(i.a, i.b); }},
    {"fmax", [](const In& i) -> Out { return fmax(i.a, i.b); }},
    {"fmin", [](const In& i) -> Out { return fmin(i.a, i.b); }},
    {"heaviside", [](const In& i) -> Out { return heaviside(i.a, i.b); }},
    {"gcd", [](const In& i) -> Out { return gcd(i.a, i.b); }},
    {"lcm", [](const In& i) -> Out { return lcm(i.a, i.b); }},
    {"bitwise_left_shift", [](const In& i) -> Out { return bitwise_left_shift(i.a, i.b); }},
    {"bitwise_right_shift", [](const In& i) -> Out { return bitwise_right_shift(i.a, i.b); }},
    {"floor_divide", [](const In& i) -> Out { return floor_divide(i.a, i.b); }},
    {"nansum", [](const In& i) -> Out { return nansum(i.x, {1}); }},
    {"nanmean", [](const In& i) -> Out { return nanmean(i.x, {1}); }},
    {"var_mean", [](const In& i) -> Out { return var_mean(i.x, {1}, 0); }},
    {"std_mean", [](const In& i) -> Out { return std_mean(i.x, {0, 2}, 1); }},
    {"linalg_vector_norm/0", [](const In& i) -> Out { return linalg_vector_norm(i.x, 0.5, {1}); }},
    {"linalg_vector_norm/1", [](const In& i) -> Out { return linalg_vector_norm(i.x, 2, {1}); }},
    {"linalg_vector_norm/2", [](const In& i) -> Out { return linalg_vector_norm(i.x, 3, {1}); }},
    {"aminmax", [](const In& i) -> Out { return aminmax(i.x, 1); }},
    {"cumprod/0", [](const In& i) -> Out { return cumprod(i.x, 1); }},
    {"cumprod/1", [](const In& i) -> Out { return cumprod(i.x, 0); }},
    {"sum_to_size", [](const In& i) -> Out { return sum_to_size(i.x, {3, 1}); }},
    {"addmv", [](const In& i) -> Out { return addmv(i.x, i.a, i.b, 0.5, 2.0); }},
    {"baddbmm", [](const In& i) -> Out { return baddbmm(i.x, i.a, i.b, 0.5, 2.0); }},
    {"rot90", [](const In& i) -> Out { return rot90(i.x, 1, {0, 2}); }},
    {"fliplr", [](const In& i) -> Out { return fliplr(i.x); }},
    {"flipud", [](const In& i) -> Out { return flipud(i.x); }},
    {"diag_embed", [](const In& i) -> Out { return diag_embed(i.x, 1, 0, -1); }},
    {"diagflat", [](const In& i) -> Out { return diagflat(i.x); }},
    {"tensor_split", [](const In& i) -> Out { return tensor_split(i.x, 3, -1); }},
    {"hsplit", [](const In& i) -> Out { return hsplit(i.x, IntArrayRef({1})); }},
    {"swapaxes", [](const In& i) -> Out { return swapaxes(i.x, 0, 2); }},
    {"diag/0", [](const In& i) -> Out { return diag(i.x, -1); }},
    {"diag/1", [](const In& i) -> Out { return diag(i.x, 1); }},
    {"hstack", [](const In& i) -> Out { return hstack({i.a, i.b}); }},
    {"vstack", [](const In& i) -> Out { return vstack({i.a, i.b}); }},
    {"dstack", [](const In& i) -> Out { return dstack({i.a, i.b}); }},
    {"column_stack", [](const In& i) -> Out { return column_stack({i.a, i.b}); }},
    {"block_diag", [](const In& i) -> Out { return block_diag({i.a, i.b}); }},
    {"meshgrid", [](const In& i) -> Out { return meshgrid({i.a, i.b}, "xy"); }},
    {"take", [](const In& i) -> Out { return take(i.x, i.index); }},
    {"take_along_dim", [](const In& i) -> Out { return take_along_dim(i.x, i.index, 1); }},
    {"index_copy", [](const In& i) -> Out { return index_copy(i.x, 1, i.index, i.src); }},
    {"index_fill", [](const In& i) -> Out { return index_fill(i.x, 1, i.index, 1.5); }},
    {"masked_scatter", [](const In& i) -> Out { return masked_scatter(i.x, i.mask, i.src); }},
    {"scatter_reduce/0", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "sum", true); }},
    {"scatter_reduce/1", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "sum", false); }},
    {"scatter_reduce/2", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "prod", true); }},
    {"scatter_reduce/3", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "prod", false); }},
    {"scatter_reduce/4", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "mean", true); }},
    {"scatter_reduce/5", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "mean", false); }},
    {"scatter_reduce/6", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "amax", true); }},
    {"scatter_reduce/7", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "amax", false); }},
    {"scatter_reduce/8", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "amin", true); }},
    {"scatter_reduce/9", [](const In& i) -> Out { return scatter_reduce(i.x, 1, i.index, i.src, "amin", false); }},
    {"group_norm", [](const In& i) -> Out { return group_norm(i.x, 2, i.w, i.b, 1e-3); }},
    {"instance_norm", [](const In& i) -> Out { return instance_norm(i.x, i.w, i.b, {}, {}, true, 0.1, 1e-3); }},
    {"rms_norm", [](const In& i) -> Out { return rms_norm(i.x, {4}, i.w, 1e-3); }},
    {"conv3d", [](const In& i) -> Out { return conv3d(i.x, i.w, i.b, {1, 2, 1}, {1, 0, 1}); }},
    {"max_pool2d_with_indices", [](const In& i) -> Out { return max_pool2d_with_indices(i.x, {2, 2}, {1, 1}); }},
    {"kl_div/3", [](const In& i) -> Out { return kl_div(i.x, i.target, Reduction::Sum, true); }},
};

using Tensors = decltype(goldens::load(""));

const Tensors& golden_tensors() {
  static const Tensors tensors = goldens::load("ops");
  return tensors;
}

struct Case {
  std::string name;  // as "softmax/0"
  Function run = nullptr;
  std::map<std::string, Tensor> tensors;  // x, y, dy, dx, ...
};

/// The cases of the file by name, each with its function.
const std::map<std::string, Case>& cases() {
  static const std::map<std::string, Case> all = [] {
    std::map<std::string, Case> result;
    for (const auto& item : golden_tensors()) {
      const std::string& key = item.key();
      const std::string name = key.substr(0, key.rfind('/'));
      Case& entry = result[name];
      entry.name = name;
      entry.tensors[key.substr(name.size() + 1)] = item.value();
    }
    for (auto& [name, entry] : result) {
      auto row = kFunctions.find(name);
      if (row == kFunctions.end()) row = kFunctions.find(name.substr(0, name.find('/')));
      if (row != kFunctions.end()) entry.run = row->second;
    }
    return result;
  }();
  return all;
}

/// In float32, double tensors of the case become float, also the expected ones.
void check(const Case& entry, ScalarType dtype, double rtol, double atol) {
  SCOPED_TRACE(entry.name);
  auto cast = [dtype](const Tensor& t) {
    return (t.scalar_type() == kDouble ? t.to(dtype) : t).clone();
  };
  auto expected = [&](const std::string& name) { return cast(entry.tensors.at(name)); };
  In in;
  std::vector<std::pair<std::string, Tensor>> leaves;
  for (const auto& [name, value] : entry.tensors) {
    if (Tensor* input = in.find(name)) {
      *input = cast(value);
      if (entry.tensors.count("d" + name)) {
        input->requires_grad_();
        leaves.emplace_back(name, *input);
      }
    }
  }

  std::vector<Tensor> outputs = entry.run(in).tensors;
  Tensor objective;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const std::string suffix = outputs.size() == 1 ? "" : std::to_string(k);
    EXPECT_TRUE(goldens::close(outputs[k], expected("y" + suffix), rtol, atol)) << "y" << suffix;
    if (entry.tensors.count("dy" + suffix)) {
      Tensor term = (outputs[k] * expected("dy" + suffix)).sum();
      objective = objective.defined() ? objective + term : term;
    }
  }
  if (!objective.defined()) return;
  objective.backward();
  for (const auto& [name, leaf] : leaves) {
    EXPECT_TRUE(goldens::close(leaf.grad(), expected("d" + name), rtol, atol)) << "d" << name;
  }
}

TEST(OpsGolden, EveryCaseHasAFunction) {
  for (const auto& [name, entry] : cases()) EXPECT_NE(entry.run, nullptr) << name;
  for (const auto& [name, function] : kFunctions) {
    EXPECT_TRUE(cases().count(name) || cases().count(name + "/0")) << name << " is not in the file";
  }
}

/// Checks all cases that `wanted` accepts by name; one that throws does not stop the others.
template <class Wanted>
void check_all(ScalarType dtype, double rtol, double atol, Wanted wanted) {
  for (const auto& [name, entry] : cases()) {
    if (!entry.run || !wanted(name)) continue;
    try {
      check(entry, dtype, rtol, atol);
    } catch (const std::exception& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
}

TEST(OpsGolden, Float64EqualsPyTorch) {
  // PyTorch computes trigamma to nine digits, and the slope of hardsigmoid in float32.
  const auto rough = [](const std::string& name) {
    return name.rfind("digamma/", 0) == 0 || name.rfind("polygamma/", 0) == 0 ||
           name.rfind("hardsigmoid/", 0) == 0;
  };
  check_all(kDouble, 1e-11, 1e-13, [&](const std::string& name) { return !rough(name); });
  check_all(kDouble, 1e-7, 1e-9, rough);
}

TEST(OpsGolden, Float32EqualsPyTorch) {
  // Promotion is about the dtypes as they are.
  check_all(kFloat, 2e-5, 5e-6,
            [](const std::string& name) { return name.rfind("promote/", 0) != 0; });
}

}  // namespace
}  // namespace gradus
