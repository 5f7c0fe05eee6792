#include "autograd/gradcheck.h"

#include <cmath>
#include <string>

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "core/factory.h"

namespace gradus::autograd {

GradcheckError::~GradcheckError() = default;

namespace {

// A Jacobian of one output by one input: [numel of input][numel of output].
using Jacobian = std::vector<std::vector<double>>;

std::vector<double> values_of(const Tensor& x) {
  const Tensor row_major = x.detach().to(kDouble).contiguous();
  const double* data = row_major.data_ptr<double>();
  return std::vector<double>(data, data + row_major.numel());
}

std::vector<Tensor> evaluate(const DifferentiableFunction& f, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs;
  for (Tensor& output : f(inputs)) {
    if (output.defined() && output.is_floating_point()) outputs.push_back(std::move(output));
  }
  return outputs;
}

// The address of element `index`, counted row-major, of a float64 tensor of any strides.
double* element(const Tensor& x, int64_t index) {
  double* data = x.data_ptr<double>();
  for (int64_t dim = x.dim() - 1; dim >= 0; --dim) {
    data += index % x.size(dim) * x.stride(dim);
    index /= x.size(dim);
  }
  return data;
}

// [output] -> Jacobian with respect to `input`
std::vector<Jacobian> numerical_jacobians(const DifferentiableFunction& f,
                                          const std::vector<Tensor>& inputs, const Tensor& input,
                                          double eps) {
  NoGradGuard no_grad;
  std::vector<Jacobian> jacobians;
  for (int64_t i = 0; i < input.numel(); ++i) {
    double* x = element(input, i);
    const double before = *x;
    *x = before + eps;
    const std::vector<Tensor> plus = evaluate(f, inputs);
    std::vector<std::vector<double>> plus_values;
    for (const Tensor& y : plus) plus_values.push_back(values_of(y));
    *x = before - eps;
    const std::vector<Tensor> minus = evaluate(f, inputs);
    jacobians.resize(plus.size());
    for (size_t k = 0; k < plus.size(); ++k) {
      std::vector<double> slope = std::move(plus_values[k]);
      const std::vector<double> minus_values = values_of(minus[k]);
      for (size_t j = 0; j < slope.size(); ++j) slope[j] = (slope[j] - minus_values[j]) / (2 * eps);
      jacobians[k].push_back(std::move(slope));
    }
    *x = before;  // now, since an output may be a view of the input
  }
  return jacobians;
}

// [input] -> Jacobian of `output`, a row of zeros where no gradient came
std::vector<Jacobian> analytical_jacobians(const Tensor& output, const std::vector<Tensor>& inputs,
                                           bool noncontiguous_grad) {
  std::vector<Jacobian> jacobians(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    jacobians[i].assign(static_cast<size_t>(inputs[i].numel()),
                        std::vector<double>(static_cast<size_t>(output.numel())));
  }
  if (!output.requires_grad()) return jacobians;
  for (int64_t j = 0; j < output.numel(); ++j) {
    Tensor gradient = zeros(output.sizes(), output.options());
    if (noncontiguous_grad && gradient.dim() > 0) {
      // Every second element of a longer last dim.
      DimVector doubled = to_dims(output.sizes());
      doubled.back() *= 2;
      gradient = zeros(doubled, output.options()).slice(-1, std::nullopt, std::nullopt, 2);
    }
    const int64_t at = j;
    *element(gradient, at) = 1;
    const std::vector<Tensor> gradients = grad(output, inputs, gradient, /*retain_graph=*/true,
                                               /*create_graph=*/false, /*allow_unused=*/true);
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!gradients[i].defined()) continue;
      GRADUS_CHECK(gradients[i].sizes() == inputs[i].sizes(),
                   "gradcheck: gradient of shape {} for an input of shape {}", gradients[i].sizes(),
                   inputs[i].sizes());
      const std::vector<double> column = values_of(gradients[i]);
      for (size_t k = 0; k < column.size(); ++k)
        jacobians[i][k][static_cast<size_t>(j)] = column[k];
    }
  }
  return jacobians;
}

bool close(double analytical, double numerical, const GradcheckOptions& options) {
  if (std::isnan(analytical) || std::isnan(numerical)) return false;
  if (analytical == numerical) return true;
  return std::abs(analytical - numerical) <= options.atol + options.rtol * std::abs(numerical);
}

std::string format(const Jacobian& jacobian) {
  std::string text = "[";
  for (size_t i = 0; i < jacobian.size() && i < 12; ++i) {
    if (i != 0) text += "\n ";
    for (size_t j = 0; j < jacobian[i].size() && j < 12; ++j)
      text += fmt::format(" {:.6g}", jacobian[i][j]);
  }
  return text + " ]";
}

}  // namespace

bool gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
               const GradcheckOptions& options) {
  std::vector<Tensor> checked;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !inputs[i].requires_grad()) continue;
    GRADUS_CHECK_TYPE(inputs[i].dtype() == kDouble,
                      "gradcheck: input {} is {}; central differences need float64", i,
                      inputs[i].dtype());
    checked.push_back(inputs[i]);
  }
  GRADUS_CHECK(!checked.empty(), "gradcheck: expected at least one input that requires grad");

  const auto fail = [&](std::string message) {
    if (options.raise_exception) throw GradcheckError(message);
    return false;
  };
  AutoGradMode mode(true);
  const std::vector<Tensor> outputs = evaluate(f, inputs);
  std::vector<std::vector<Jacobian>> numerical;  // [input][output]
  for (const Tensor& input : checked)
    numerical.push_back(numerical_jacobians(f, inputs, input, options.eps));

  for (size_t k = 0; k < outputs.size(); ++k) {
    for (bool noncontiguous : {false, true}) {
      if (noncontiguous && !options.noncontiguous_grad) continue;
      const std::vector<Jacobian> analytical =
          analytical_jacobians(outputs[k], checked, noncontiguous);
      if (analytical != analytical_jacobians(outputs[k], checked, noncontiguous)) {
        return fail(fmt::format("gradcheck: backward of output {} is not reproducible", k));
      }
      for (size_t i = 0; i < checked.size(); ++i) {
        for (size_t row = 0; row < analytical[i].size(); ++row) {
          for (size_t column = 0; column < analytical[i][row].size(); ++column) {
            if (close(analytical[i][row][column], numerical[i][k][row][column], options)) continue;
            return fail(
                fmt::format("gradcheck: Jacobian mismatch for output {} with respect to input {}{} "
                            "at [{}, {}]: "
                            "analytical {:.9g}, numerical {:.9g}\nnumerical:\n{}\nanalytical:\n{}",
                            k, i, noncontiguous ? " (non-contiguous gradient)" : "", row, column,
                            analytical[i][row][column], numerical[i][k][row][column],
                            format(numerical[i][k]), format(analytical[i])));
          }
        }
      }
    }
  }
  return true;
}

bool gradgradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                   const std::vector<Tensor>& grad_outputs, const GradcheckOptions& options) {
  AutoGradMode mode(true);
  // Only outputs that depend on an input have gradients to differentiate.
  std::vector<Tensor> seeds = grad_outputs;
  const std::vector<Tensor> outputs = evaluate(f, inputs);
  if (seeds.empty()) {
    for (const Tensor& output : outputs) {
      if (output.requires_grad()) seeds.push_back(randn(output.sizes(), output.options()));
    }
  }
  if (seeds.empty()) return gradcheck(f, inputs, options);
  std::vector<Tensor> all = inputs;
  for (const Tensor& seed : seeds) all.push_back(seed.detach().requires_grad_());

  const size_t inputs_size = inputs.size();
  const auto gradients = [&f, inputs_size](const std::vector<Tensor>& arguments) {
    AutoGradMode record(
        true);  // the inner gradient is a function of all, also in numerical_jacobians
    const std::vector<Tensor> xs(arguments.begin(),
                                 arguments.begin() + static_cast<std::ptrdiff_t>(inputs_size));
    const std::vector<Tensor> dys(arguments.begin() + static_cast<std::ptrdiff_t>(inputs_size),
                                  arguments.end());
    std::vector<Tensor> wanted, ys;
    for (const Tensor& x : xs) {
      if (x.defined() && x.requires_grad()) wanted.push_back(x);
    }
    for (Tensor& y : evaluate(f, xs)) {
      if (y.requires_grad()) ys.push_back(std::move(y));
    }
    std::vector<Tensor> dxs =
        grad(ys, wanted, dys, /*retain_graph=*/true, /*create_graph=*/true, /*allow_unused=*/true);
    for (size_t i = 0; i < dxs.size(); ++i) {
      if (!dxs[i].defined()) dxs[i] = zeros_like(wanted[i]);
    }
    return dxs;
  };
  return gradcheck(gradients, all, options);
}

}  // namespace gradus::autograd
