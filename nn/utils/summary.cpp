#include "nn/utils/summary.h"

#include <algorithm>
#include <ostream>
#include <unordered_set>

#include "autograd/grad_mode.h"
#include "core/generator.h"
#include "core/tensor_impl.h"
#include "core/uninitialized.h"
#include "nn/modules/attention.h"
#include "nn/modules/conv.h"
#include "nn/modules/linear.h"
#include "nn/modules/normalization.h"
#include "nn/modules/rnn.h"

namespace gradus::nn::utils {

namespace {

using Row = ModelSummary::Row;
using Tensors = std::vector<Tensor>;

// --- multiply-adds of one call

template <class... Ms>
bool is_one_of(const Module& module) {
  return (... || (dynamic_cast<const Ms*>(&module) != nullptr));
}

int64_t elements_of(const Tensors& tensors) {
  return tensors.empty() || !tensors[0].defined() ? 0 : tensors[0].numel();
}

// Elements of the weights, which a recurrent layer multiplies with once for each step of each
// sequence.
int64_t weight_elements(const Module& module) {
  int64_t sum = 0;
  for (const Tensor& parameter : module.parameters(/*recurse=*/false)) {
    if (parameter.dim() == 2) sum += parameter.numel();
  }
  return sum;
}

// Projections of query, key and value, scores, their product with the values, output projection.
int64_t attention_multiply_adds(const MultiheadAttentionImpl& module, const Tensors& inputs) {
  if (inputs.size() < 3) return 0;
  const auto& options = module.options;
  const Tensor &query = inputs[0], &key = inputs[1], &value = inputs[2];
  const bool batched = query.dim() == 3;
  const int64_t embed = options.embed_dim();
  const int64_t targets = query.numel() / embed;  // of all samples
  const int64_t sources = key.size(!batched || !options.batch_first() ? 0 : 1) +
                          (options.add_bias_kv() ? 1 : 0) + (options.add_zero_attn() ? 1 : 0);
  return embed * (query.numel() + key.numel() + value.numel() + targets * embed) +
         2 * targets * sources * embed;
}

int64_t multiply_adds(const Module& module, const Tensors& inputs, const Tensors& outputs) {
  const int64_t in = elements_of(inputs), out = elements_of(outputs);
  if (const auto* linear = module.as<Linear>()) return out * linear->options.in_features();
  if (const auto* bilinear = module.as<Bilinear>())
    return out * bilinear->options.in1_features() * bilinear->options.in2_features();
  const auto per_channel = [](const Tensor& weight) { return weight.numel() / weight.size(0); };
  if (const auto* conv = module.as<Conv1d>()) return out * per_channel(conv->weight);
  if (const auto* conv = module.as<Conv2d>()) return out * per_channel(conv->weight);
  if (const auto* conv = module.as<Conv3d>()) return out * per_channel(conv->weight);
  if (const auto* conv = module.as<ConvTranspose1d>()) return in * per_channel(conv->weight);
  if (const auto* conv = module.as<ConvTranspose2d>()) return in * per_channel(conv->weight);
  if (const auto* conv = module.as<ConvTranspose3d>()) return in * per_channel(conv->weight);
  if (is_one_of<RNNImpl, LSTMImpl, GRUImpl, RNNCellBase>(module) && in > 0)
    return in / inputs[0].size(-1) * weight_elements(module);
  if (const auto* attention = module.as<MultiheadAttention>())
    return attention_multiply_adds(*attention, inputs);
  if (is_one_of<BatchNormBase, InstanceNormBase, LayerNormImpl, GroupNormImpl, RMSNormImpl,
                LocalResponseNormImpl, CrossMapLRN2dImpl>(module))
    return out;
  return 0;
}

// --- what is measured

// "gradus::nn::Conv2dImpl", "gradus::nn::LazyConv2dImpl", which is one by now, and
// "(anonymous namespace)::NetImpl": "Conv2d", "Conv2d" and "Net".
std::string short_type(const Module& module) {
  std::string text = module.name();
  const auto remove = [&](const std::string& part, size_t at) {
    if (at != std::string::npos) text.erase(at, part.size());
  };
  const std::string anonymous = "(anonymous namespace)::", lazy = "gradus::nn::Lazy";
  remove(anonymous, text.rfind(anonymous));
  remove(lazy, text.rfind(lazy, 0));
  if (text.ends_with("Impl")) text.resize(text.size() - 4);
  const size_t colons = text.substr(0, text.find('<')).rfind("::");
  return colons == std::string::npos ? text : text.substr(colons + 2);
}

bool shares_storage(const Tensor& tensor, const Tensors& others) {
  return std::any_of(others.begin(), others.end(), [&](const Tensor& other) {
    return other.defined() && other.impl()->storage.get() == tensor.impl()->storage.get();
  });
}

// Puts the model into the state to be measured; its destructor puts it back.
class Measurement {
 public:
  explicit Measurement(Module& model) : generator_(default_generator().clone()) {
    model.apply(Module::ModuleFunction(
        [&](Module& module) { training_.emplace_back(&module, module.is_training()); }));
    for (const Tensor& buffer : model.buffers()) {
      if (!is_uninitialized(buffer))
        buffers_.push_back({buffer, buffer.detach().clone(), buffer._version()});
    }
    model.eval();
  }
  Measurement(const Measurement&) = delete;
  Measurement& operator=(const Measurement&) = delete;
  ~Measurement() {
    for (const auto& [module, handle] : hooks_) module->remove_hook(handle);
    for (const auto& [module, on] : training_) module->train(on);  // parents first
    for (SavedBuffer& saved : buffers_) {
      if (saved.buffer._version() == saved.version) continue;
      if (saved.buffer.sizes() == saved.value.sizes()) {
        saved.buffer.copy_(saved.value);
      } else {
        saved.buffer.set_data(saved.value);
      }
    }
  }

  void add_hooks(Module& module, Row& row) {
    hooks_.emplace_back(&module, module.register_forward_pre_hook([this](Module&, const Tensors&) {
      allocated_inside_.push_back({});
    }));
    hooks_.emplace_back(
        &module, module.register_forward_hook(
                     [this, &row](Module& called, const Tensors& inputs, const Tensors& outputs) {
                       count(called, inputs, outputs, row);
                     }));
  }

 private:
  struct SavedBuffer {
    Tensor buffer, value;
    uint32_t version;
  };

  void count(Module& module, const Tensors& inputs, const Tensors& outputs, Row& row) {
    Tensors inside = std::move(allocated_inside_.back());
    allocated_inside_.pop_back();
    ++row.calls;
    row.output_sizes.clear();
    row.multiply_adds += multiply_adds(module, inputs, outputs);
    for (const Tensor& output : outputs) {
      if (!output.defined()) continue;
      row.output_sizes.push_back(output.sizes().vec());
      if (shares_storage(output, inputs) || shares_storage(output, inside)) continue;
      row.output_bytes += static_cast<int64_t>(output.nbytes());
      inside.push_back(output);
    }
    if (!allocated_inside_.empty()) {
      Tensors& outside = allocated_inside_.back();
      outside.insert(outside.end(), inside.begin(), inside.end());
    }
  }

  NoGradGuard no_grad_;
  GeneratorGuard generator_;  // of its own, so that what it draws is not missing elsewhere
  std::vector<std::pair<Module*, bool>> training_;
  std::vector<SavedBuffer> buffers_;
  std::vector<std::pair<Module*, unsigned>> hooks_;
  std::vector<Tensors> allocated_inside_;  // by each call that runs: outputs of its submodules
};

// --- text

std::string with_separators(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string bytes_text(int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  const double size = static_cast<double>(bytes) / 1024;
  return size < 1024 ? fmt::format("{:.1f} KiB", size) : fmt::format("{:.1f} MiB", size / 1024);
}

std::string shapes_text(const Row& row) {
  if (row.repeated) return "(see above)";
  if (row.calls == 0) return "(not called)";
  std::string text;
  for (const auto& sizes : row.output_sizes)
    text += (text.empty() ? "" : ", ") + to_string(IntArrayRef(sizes));
  return row.calls == 1 ? text : fmt::format("{} x {}", row.calls, text);
}

}  // namespace

ModelSummary summary(Module& model, const Callable<void()>& run) {
  ModelSummary result;
  std::vector<Module*> modules;
  model.apply(Module::NamedModuleFunction([&](const std::string& path, Module& module) {
    Row row;
    const size_t dot = path.rfind('.');
    row.name = dot == std::string::npos ? path : path.substr(dot + 1);
    row.depth = path.empty() ? 0 : 1 + std::count(path.begin(), path.end(), '.');
    row.repeated = std::find(modules.begin(), modules.end(), &module) != modules.end();
    modules.push_back(&module);
    result.rows.push_back(std::move(row));
  }));
  {
    Measurement measurement(model);
    for (size_t i = 0; i < modules.size(); ++i) {
      if (!result.rows[i].repeated) measurement.add_hooks(*modules[i], result.rows[i]);
    }
    run();
  }
  std::unordered_set<const TensorImpl*> counted;
  for (size_t i = 0; i < modules.size(); ++i) {
    Row& row = result.rows[i];
    row.type = short_type(*modules[i]);
    for (const Tensor& parameter : modules[i]->parameters(/*recurse=*/false)) {
      if (!counted.insert(parameter.impl()).second) continue;
      row.parameters += parameter.numel();
      if (parameter.requires_grad()) result.trainable_parameters += parameter.numel();
      result.parameter_bytes += static_cast<int64_t>(parameter.nbytes());
    }
    for (const Tensor& buffer : modules[i]->buffers(/*recurse=*/false)) {
      if (counted.insert(buffer.impl()).second)
        result.parameter_bytes += static_cast<int64_t>(buffer.nbytes());
    }
    result.total_parameters += row.parameters;
    result.multiply_adds += row.multiply_adds;
    result.forward_bytes += row.output_bytes;
  }
  return result;
}

std::ostream& operator<<(std::ostream& stream, const ModelSummary& summary) {
  using Cells = std::vector<std::string>;
  std::vector<Cells> table{{"layer", "output", "parameters", "multiply-adds", "output memory"}};
  bool uncalled = false;
  for (const Row& row : summary.rows) {
    const auto number = [](int64_t value) { return value == 0 ? "-" : with_separators(value); };
    std::string layer(static_cast<size_t>(2 * row.depth), ' ');
    layer += row.name.empty() ? row.type : row.name + ": " + row.type;
    uncalled = uncalled || (row.calls == 0 && !row.repeated && row.parameters > 0);
    table.push_back({layer, shapes_text(row), number(row.parameters), number(row.multiply_adds),
                     row.output_bytes == 0 ? "-" : bytes_text(row.output_bytes)});
  }
  std::vector<size_t> widths(table[0].size());
  for (const Cells& cells : table) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  const auto print_row = [&](const Cells& cells) {
    for (size_t i = 0; i < cells.size(); ++i) {
      stream << (i == 0 ? "" : "  ")
             << (i < 2 ? fmt::format("{:<{}}", cells[i], widths[i])
                       : fmt::format("{:>{}}", cells[i], widths[i]));
    }
    stream << '\n';
  };
  size_t width = 2 * (widths.size() - 1);
  for (size_t w : widths) width += w;
  print_row(table[0]);
  stream << std::string(width, '-') << '\n';
  for (size_t i = 1; i < table.size(); ++i) print_row(table[i]);
  stream << std::string(width, '-') << '\n'
         << "parameters: " << with_separators(summary.total_parameters) << ", of which "
         << with_separators(summary.trainable_parameters) << " are trained ("
         << bytes_text(summary.parameter_bytes) << " with buffers)\n"
         << "multiply-adds: " << with_separators(summary.multiply_adds) << '\n'
         << "memory of outputs: " << bytes_text(summary.forward_bytes) << '\n';
  if (uncalled) {
    stream << "(not called): not seen at all, or as module->forward(x) in place of module(x)\n";
  }
  return stream;
}

}  // namespace gradus::nn::utils
