#pragma once

#include <tuple>
#include <vector>

#include "autograd/differentiable_function.h"
#include "core/callable.h"
#include "core/tensor.h"

/// Derivatives of functions: Python's torch.autograd.functional. Each comes in two forms: for a
/// function of one tensor with one result, and for a function of a vector of tensors that returns a
/// tensor or a vector of them.
///
///     Tensor j = autograd::functional::jacobian([](const Tensor& x) { return x.exp(); }, x);
///
/// The inputs need not require grad; the function runs with grad mode on.
/// - create_graph: the result can be differentiated again, by the inputs and by what f captures;
///   else it has no history.
/// - strict: an output that does not depend on an input is an Error instead of zeros.
/// All throw Error where f returns an undefined tensor or takes one.
namespace gradus::autograd::functional {

using TensorFunction = Callable<Tensor(const Tensor&)>;
using TensorList2d = std::vector<std::vector<Tensor>>;

/// J[i..., j...] = d f(x)[i...] / d x[j...], of shape f(x).sizes() + x.sizes(). Takes a backward
/// for each element of the output.
GRADUS_API Tensor jacobian(const TensorFunction& f, const Tensor& x, bool create_graph = false,
                           bool strict = false);
/// [i][j] is the Jacobian of output i by input j.
GRADUS_API TensorList2d jacobian(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                 bool create_graph = false, bool strict = false);

/// H[i..., j...] = d^2 f(x) / (d x[i...] d x[j...]) of a function with one number as result, of
/// shape x.sizes() + x.sizes(). Takes a backward for each element of the input.
GRADUS_API Tensor hessian(const TensorFunction& f, const Tensor& x, bool create_graph = false,
                          bool strict = false);
/// [i][j] is the part by inputs i and j.
GRADUS_API TensorList2d hessian(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                bool create_graph = false, bool strict = false);

/// f(x) and v^T J, of the shape of x. v has the shape of f(x) and may be left out where that has
/// one element.
GRADUS_API std::tuple<Tensor, Tensor> vjp(const TensorFunction& f, const Tensor& x,
                                          const Tensor& v = {}, bool create_graph = false,
                                          bool strict = false);
/// f(inputs) and sum_i v_i^T J_ij for each input j.
GRADUS_API std::tuple<std::vector<Tensor>, std::vector<Tensor>> vjp(
    const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
    const std::vector<Tensor>& v = {}, bool create_graph = false, bool strict = false);

/// f(x) and J v, of the shape of f(x): the derivative in the direction v, which has the shape of x
/// and may be left out where that has one element. Forward mode by two backwards: J v is the
/// derivative by u of u^T J, in the direction v. So it works for each op, at the cost of two
/// backwards.
GRADUS_API std::tuple<Tensor, Tensor> jvp(const TensorFunction& f, const Tensor& x,
                                          const Tensor& v = {}, bool create_graph = false,
                                          bool strict = false);
/// f(inputs) and sum_j J_ij v_j for each output i.
GRADUS_API std::tuple<std::vector<Tensor>, std::vector<Tensor>> jvp(
    const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
    const std::vector<Tensor>& v = {}, bool create_graph = false, bool strict = false);

/// f(x) and v^T H of a function with one number as result; two backwards, whatever the size of H.
GRADUS_API std::tuple<Tensor, Tensor> vhp(const TensorFunction& f, const Tensor& x,
                                          const Tensor& v = {}, bool create_graph = false,
                                          bool strict = false);
GRADUS_API std::tuple<Tensor, std::vector<Tensor>> vhp(const DifferentiableFunction& f,
                                                       const std::vector<Tensor>& inputs,
                                                       const std::vector<Tensor>& v = {},
                                                       bool create_graph = false,
                                                       bool strict = false);

/// f(x) and H v. Where second derivatives are continuous H is symmetric, and vhp is the same for
/// less.
GRADUS_API std::tuple<Tensor, Tensor> hvp(const TensorFunction& f, const Tensor& x,
                                          const Tensor& v = {}, bool create_graph = false,
                                          bool strict = false);
GRADUS_API std::tuple<Tensor, std::vector<Tensor>> hvp(const DifferentiableFunction& f,
                                                       const std::vector<Tensor>& inputs,
                                                       const std::vector<Tensor>& v = {},
                                                       bool create_graph = false,
                                                       bool strict = false);

}  // namespace gradus::autograd::functional
