#include "autograd/functional.h"

#include "autograd/derivatives.h"
#include "autograd/grad_mode.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus::autograd::functional {

namespace {

using Tensors = std::vector<Tensor>;

DifferentiableFunction of_list(const TensorFunction& f) {
  return [f](const Tensors& inputs) { return f(inputs[0]); };
}

void require_defined(const char* op, const Tensors& tensors, const char* what) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    GRADUS_CHECK(tensors[i].defined(), "{}: {} {} is undefined", op, what, i);
  }
}

// The inputs as the function gets them: they require grad, and are connected to those given only
// where the result is to be differentiated.
Tensors prepare(const char* op, const Tensors& inputs, bool create_graph) {
  require_defined(op, inputs, "input");
  Tensors prepared;
  for (size_t i = 0; i < inputs.size(); ++i) {
    GRADUS_CHECK_TYPE(inputs[i].is_floating_point(),
                      "{}: input {} must be of a floating-point dtype, got {}", op, i,
                      inputs[i].dtype());
    prepared.push_back(create_graph && inputs[i].requires_grad()
                           ? inputs[i].view_as(inputs[i])
                           : inputs[i].detach().requires_grad_());
  }
  return prepared;
}

Tensors evaluate(const char* op, const DifferentiableFunction& f, const Tensors& inputs) {
  Tensors outputs = f(inputs);
  require_defined(op, outputs, "output");
  return outputs;
}

Tensor evaluate_number(const char* op, const DifferentiableFunction& f, const Tensors& inputs) {
  const Tensors outputs = evaluate(op, f, inputs);
  GRADUS_CHECK(outputs.size() == 1, "{}: the function must return one tensor, got {}", op,
               outputs.size());
  GRADUS_CHECK(outputs[0].numel() == 1,
               "{}: the function must return a tensor with one element, got shape {}", op,
               outputs[0].sizes());
  return outputs[0];
}

// What is to be multiplied with: like `like`, and ones where none is given and one element is
// wanted.
Tensors prepare_vectors(const char* op, const Tensors& v, const Tensors& like, bool create_graph) {
  if (v.empty() || (v.size() == 1 && !v[0].defined())) {
    GRADUS_CHECK(like.size() == 1 && like[0].numel() == 1,
                 "{}: v may be left out only where it has one element", op);
    return {ones_like(like[0])};
  }
  GRADUS_CHECK(v.size() == like.size(), "{}: expected {} tensors v, got {}", op, like.size(),
               v.size());
  require_defined(op, v, "v");
  Tensors prepared;
  for (size_t i = 0; i < v.size(); ++i) {
    GRADUS_CHECK(v[i].sizes() == like[i].sizes(), "{}: v {} has shape {}, expected {}", op, i,
                 v[i].sizes(), like[i].sizes());
    prepared.push_back(create_graph ? v[i] : v[i].detach());
  }
  return prepared;
}

// Zeros for what is undefined; an error with strict.
Tensors filled(const char* op, Tensors results, const Tensors& like, bool strict,
               const char* what) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].defined()) continue;
    GRADUS_CHECK(!strict, "{}: {} {}, which is not allowed with strict", op, what, i);
    results[i] = zeros_like(like[i]);
  }
  return results;
}

Tensors detached(const Tensors& tensors, bool keep) {
  Tensors results;
  for (const Tensor& tensor : tensors) results.push_back(keep ? tensor : tensor.detach());
  return results;
}

// The Jacobian of one output by all inputs.
Tensors rows(const char* op, const Tensor& output, const Tensors& inputs, bool create_graph,
             bool strict) {
  std::vector<Tensors> by_input(inputs.size());
  for (int64_t i = 0; i < output.numel(); ++i) {
    const Tensors row =
        filled(op, vjp_or_undefined({output}, inputs, {unit_like(output, i)}, create_graph), inputs,
               strict, "an output is independent of input");
    for (size_t k = 0; k < inputs.size(); ++k) by_input[k].push_back(row[k]);
  }
  Tensors jacobians;
  for (size_t k = 0; k < inputs.size(); ++k) {
    const DimVector sizes = joined_sizes(output, inputs[k]);
    jacobians.push_back(by_input[k].empty() ? zeros(sizes, inputs[k].options())
                                            : stack(by_input[k]).view(sizes));
  }
  return detached(jacobians, create_graph);
}

// The gradient of a number, to be differentiated again.
Tensors gradient_of(const char* op, const Tensor& y, const Tensors& inputs, bool strict) {
  return filled(op, vjp_or_undefined({y}, inputs, {}, /*create_graph=*/true), inputs, strict,
                "the output is independent of input");
}

// J v, where g = u^T J is linear in u: the derivative of <g, v> by u.
Tensors along(const char* op, const Tensors& g, const Tensors& u, const Tensors& v,
              const Tensors& like, bool create_graph, bool strict) {
  return filled(op, vjp_or_undefined(g, u, v, create_graph), like, strict,
                "no input has an influence on output");
}

}  // namespace

TensorList2d jacobian(const DifferentiableFunction& f, const Tensors& inputs, bool create_graph,
                      bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("jacobian", inputs, create_graph);
  TensorList2d jacobians;
  for (const Tensor& y : evaluate("jacobian", f, x)) {
    jacobians.push_back(rows("jacobian", y, x, create_graph, strict));
  }
  return jacobians;
}

Tensor jacobian(const TensorFunction& f, const Tensor& x, bool create_graph, bool strict) {
  return jacobian(of_list(f), Tensors{x}, create_graph, strict)[0][0];
}

TensorList2d hessian(const DifferentiableFunction& f, const Tensors& inputs, bool create_graph,
                     bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("hessian", inputs, create_graph);
  const Tensor y = evaluate_number("hessian", f, x);
  TensorList2d parts;
  for (const Tensor& g : gradient_of("hessian", y, x, strict)) {
    parts.push_back(rows("hessian", g, x, create_graph, strict));
  }
  return parts;
}

Tensor hessian(const TensorFunction& f, const Tensor& x, bool create_graph, bool strict) {
  return hessian(of_list(f), Tensors{x}, create_graph, strict)[0][0];
}

std::tuple<Tensors, Tensors> vjp(const DifferentiableFunction& f, const Tensors& inputs,
                                 const Tensors& v, bool create_graph, bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("vjp", inputs, create_graph);
  const Tensors y = evaluate("vjp", f, x);
  const Tensors u = prepare_vectors("vjp", v, y, create_graph);
  const Tensors product = filled("vjp", vjp_or_undefined(y, x, u, create_graph), x, strict,
                                 "the outputs are independent of input");
  return {detached(y, create_graph), detached(product, create_graph)};
}

std::tuple<Tensor, Tensor> vjp(const TensorFunction& f, const Tensor& x, const Tensor& v,
                               bool create_graph, bool strict) {
  auto [y, product] = vjp(of_list(f), Tensors{x}, Tensors{v}, create_graph, strict);
  return {y[0], product[0]};
}

std::tuple<Tensors, Tensors> jvp(const DifferentiableFunction& f, const Tensors& inputs,
                                 const Tensors& v, bool create_graph, bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("jvp", inputs, create_graph);
  const Tensors direction = prepare_vectors("jvp", v, x, create_graph);
  const Tensors y = evaluate("jvp", f, x);
  const Tensors u = seeds_like(y);
  const Tensors g = vjp_or_undefined(y, x, u, /*create_graph=*/true);
  const Tensors product = along("jvp", g, u, direction, y, create_graph, strict);
  return {detached(y, create_graph), detached(product, create_graph)};
}

std::tuple<Tensor, Tensor> jvp(const TensorFunction& f, const Tensor& x, const Tensor& v,
                               bool create_graph, bool strict) {
  auto [y, product] = jvp(of_list(f), Tensors{x}, Tensors{v}, create_graph, strict);
  return {y[0], product[0]};
}

std::tuple<Tensor, Tensors> vhp(const DifferentiableFunction& f, const Tensors& inputs,
                                const Tensors& v, bool create_graph, bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("vhp", inputs, create_graph);
  const Tensors u = prepare_vectors("vhp", v, x, create_graph);
  const Tensor y = evaluate_number("vhp", f, x);
  const Tensors g = gradient_of("vhp", y, x, strict);
  const Tensors product = filled("vhp", vjp_or_undefined(g, x, u, create_graph), x, strict,
                                 "the gradient is independent of input");
  return {detached({y}, create_graph)[0], detached(product, create_graph)};
}

std::tuple<Tensor, Tensor> vhp(const TensorFunction& f, const Tensor& x, const Tensor& v,
                               bool create_graph, bool strict) {
  auto [y, product] = vhp(of_list(f), Tensors{x}, Tensors{v}, create_graph, strict);
  return {y, product[0]};
}

std::tuple<Tensor, Tensors> hvp(const DifferentiableFunction& f, const Tensors& inputs,
                                const Tensors& v, bool create_graph, bool strict) {
  InferenceMode recording(false);
  const Tensors x = prepare("hvp", inputs, create_graph);
  const Tensors direction = prepare_vectors("hvp", v, x, create_graph);
  const Tensor y = evaluate_number("hvp", f, x);
  const Tensors g = gradient_of("hvp", y, x, strict);
  const Tensors u = seeds_like(x);
  const Tensors gg = vjp_or_undefined(g, x, u, /*create_graph=*/true);
  const Tensors product = along("hvp", gg, u, direction, x, create_graph, strict);
  return {detached({y}, create_graph)[0], detached(product, create_graph)};
}

std::tuple<Tensor, Tensor> hvp(const TensorFunction& f, const Tensor& x, const Tensor& v,
                               bool create_graph, bool strict) {
  auto [y, product] = hvp(of_list(f), Tensors{x}, Tensors{v}, create_graph, strict);
  return {y, product[0]};
}

}  // namespace gradus::autograd::functional
