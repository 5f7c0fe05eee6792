// A small GPT that reads a text character by character, learns to foretell the next one, and then
// writes text of its own. Beside it, for scale, an order-5 n-gram model of the same text.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_map>
#include <vector>

#include <CLI/CLI.hpp>
#include <gradus/gradus.h>

namespace F = gradus::nn::functional;
namespace fs = std::filesystem;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
using gradus::Tensor;

namespace {

struct Settings {
  std::string text = "";
  int64_t steps = 3600;
  int64_t batch_size = 16;
  int64_t context = 128;
  int64_t layers = 4;
  int64_t heads = 4;
  int64_t width = 128;
  double lr = 2e-3;
  int64_t sample = 600;
  double temperature = 0.8;
  uint64_t seed = 1;
};

const std::string kFortunes = "/usr/share/games/fortunes";

// One file, or all files of a folder in the order of their names, but for fortune's indices.
std::string read_text(const std::string& path) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      const bool is_index = entry.path().has_extension() || entry.is_symlink();
      if (entry.is_regular_file() && !is_index) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::string text;
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    GRADUS_CHECK(stream.good(), "char_gpt: {} cannot be read", file.string());
    text.append(std::istreambuf_iterator<char>(stream), {});
  }
  return text;
}

// Characters as numbers 0, 1, ...: those that the text has.
struct Alphabet {
  explicit Alphabet(const std::string& text) {
    std::array<bool, 256> seen{};
    for (unsigned char c : text) seen[c] = true;
    for (size_t c = 0; c < seen.size(); ++c) {
      if (seen[c]) number[c] = static_cast<int64_t>(characters.size());
      if (seen[c]) characters.push_back(static_cast<char>(c));
    }
  }
  int64_t size() const { return static_cast<int64_t>(characters.size()); }
  Tensor encode(const std::string& text) const {
    Tensor ids = gradus::empty({static_cast<int64_t>(text.size())}, gradus::kLong);
    int64_t* to = ids.data_ptr<int64_t>();
    for (unsigned char c : text) *to++ = number[c];
    return ids;
  }

  std::string characters;
  std::array<int64_t, 256> number{};
};

// Pre-norm transformer block.
struct BlockImpl : nn::Module {
  BlockImpl(int64_t width, int64_t heads)
      : heads(heads),
        norm1(register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({width})))),
        qkv(register_module("qkv", nn::Linear(width, 3 * width))),
        project(register_module("project", nn::Linear(width, width))),
        norm2(register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({width})))),
        up(register_module("up", nn::Linear(width, 4 * width))),
        down(register_module("down", nn::Linear(4 * width, width))) {}

  Tensor forward(const Tensor& x) {
    const Tensor y = x + attend(norm1(x));
    return y + down(F::gelu(up(norm2(y))));
  }

  // x is [batch, time, width].
  Tensor attend(const Tensor& x) {
    const int64_t batch = x.size(0), time = x.size(1), width = x.size(2);
    const auto parts = qkv(x).view({batch, time, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
    const Tensor mixed =
        F::scaled_dot_product_attention(parts[0], parts[1], parts[2], /*attn_mask=*/{},
                                        /*dropout_p=*/0.0, /*is_causal=*/true);
    return project(mixed.transpose(1, 2).reshape({batch, time, width}));
  }

  int64_t heads;
  nn::LayerNorm norm1{nullptr};
  nn::Linear qkv{nullptr}, project{nullptr};
  nn::LayerNorm norm2{nullptr};
  nn::Linear up{nullptr}, down{nullptr};
};
GRADUS_MODULE(Block);

struct GptImpl : nn::Module {
  GptImpl(int64_t alphabet, const Settings& s)
      : tokens(register_module("tokens", nn::Embedding(alphabet, s.width))),
        places(register_module("places", nn::Embedding(s.context, s.width))),
        norm(register_module("norm", nn::LayerNorm(nn::LayerNormOptions({s.width})))),
        head(register_module("head", nn::Linear(s.width, alphabet))) {
    register_module("blocks", blocks);
    for (int64_t i = 0; i < s.layers; ++i) blocks->push_back(Block(s.width, s.heads));
    gradus::NoGradGuard no_grad;
    nn::init::normal_(tokens->weight, 0, 0.02);
    nn::init::normal_(places->weight, 0, 0.02);
  }

  // Logits of the next character at each place: [batch, time] to [batch, time, alphabet].
  Tensor forward(const Tensor& ids) {
    Tensor x = tokens(ids) + places(gradus::arange(ids.size(1), gradus::kLong));
    for (size_t i = 0; i < blocks->size(); ++i) x = blocks->at<BlockImpl>(i).forward(x);
    return head(norm(x));
  }

  nn::Embedding tokens{nullptr}, places{nullptr};
  nn::ModuleList blocks;
  nn::LayerNorm norm{nullptr};
  nn::Linear head{nullptr};
};
GRADUS_MODULE(Gpt);

Tensor next_character_loss(Gpt& gpt, const Tensor& windows) {
  const int64_t time = windows.size(1) - 1;
  const Tensor logits = gpt(windows.narrow(1, 0, time));
  return F::cross_entropy(logits.flatten(0, 1), windows.narrow(1, 1, time).reshape({-1}));
}

// Windows of the context and one more character, from random places.
Tensor random_windows(const Tensor& ids, int64_t count, int64_t context) {
  const Tensor begin = gradus::randint(0, ids.numel() - context, {count, 1}, gradus::kLong);
  return ids.take(begin + gradus::arange(context + 1, gradus::kLong));
}

// Nats per character over all of `ids`, in windows that do not overlap.
double held_out_loss(Gpt& gpt, const Tensor& ids, int64_t context) {
  gradus::NoGradGuard no_grad;
  const int64_t windows = (ids.numel() - 1) / context;
  double sum = 0;
  for (int64_t first = 0; first < windows; first += 64) {
    const int64_t count = std::min<int64_t>(64, windows - first);
    const Tensor begin =
        (gradus::arange(first, first + count, gradus::kLong) * context).unsqueeze(1);
    const Tensor batch = ids.take(begin + gradus::arange(context + 1, gradus::kLong));
    sum += next_character_loss(gpt, batch).item<double>() * static_cast<double>(count);
  }
  return sum / static_cast<double>(windows);
}

// Interpolated by Witten and Bell: p_n(c | h) = (count(h c) + kinds(h) p_(n-1)(c | h')) / (count(h)
// + kinds(h)), where kinds(h) is how many different characters followed h. Nats per character of
// `test`.
double ngram_loss(const std::string& train, const std::string& test, int64_t alphabet,
                  size_t order) {
  struct Counts {
    std::unordered_map<char, double> next;
    double sum = 0;
  };
  std::vector<std::unordered_map<std::string, Counts>> tables(order);
  for (size_t n = 0; n < order; ++n) {
    for (size_t i = n; i < train.size(); ++i) {
      Counts& counts = tables[n][train.substr(i - n, n)];
      ++counts.next[train[i]];
      ++counts.sum;
    }
  }
  double nats = 0;
  for (size_t i = order; i < test.size(); ++i) {
    double p = 1.0 / static_cast<double>(alphabet);
    for (size_t n = 0; n < order; ++n) {
      const auto at = tables[n].find(test.substr(i - n, n));
      if (at == tables[n].end()) break;
      const Counts& counts = at->second;
      const auto hits = counts.next.find(test[i]);
      const double kinds = static_cast<double>(counts.next.size());
      p = ((hits == counts.next.end() ? 0 : hits->second) + kinds * p) / (counts.sum + kinds);
    }
    nats -= std::log(p);
  }
  return nats / static_cast<double>(test.size() - order);
}

std::string write_on(Gpt& gpt, const Alphabet& alphabet, const Settings& settings) {
  gradus::NoGradGuard no_grad;
  std::string text = "\n";
  Tensor ids = alphabet.encode(text).unsqueeze(0);
  for (int64_t i = 0; i < settings.sample; ++i) {
    const int64_t begin = std::max<int64_t>(0, ids.size(1) - settings.context);
    const Tensor logits = gpt(ids.slice(1, begin)).index({0, -1}) / settings.temperature;
    const Tensor next = gradus::multinomial(logits.softmax(-1), 1);
    text += alphabet.characters[static_cast<size_t>(next.item<int64_t>())];
    ids = gradus::cat({ids, next.unsqueeze(0)}, 1);
  }
  return text;
}

Settings parse(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains a character-level GPT on a text and lets it write.");
  app.option_defaults()->always_capture_default();
  app.add_option("--text", settings.text,
                 "A text file or a folder of them; default: Debian's fortunes");
  app.add_option("--steps", settings.steps, "Batches to train on")->check(CLI::NonNegativeNumber);
  app.add_option("--batch-size", settings.batch_size, "Windows per step")
      ->check(CLI::Range(1, 4096));
  app.add_option("--context", settings.context, "Characters that it sees")
      ->check(CLI::Range(8, 4096));
  app.add_option("--layers", settings.layers, "Transformer blocks")->check(CLI::Range(1, 64));
  app.add_option("--heads", settings.heads, "Attention heads of a block")->check(CLI::Range(1, 64));
  app.add_option("--width", settings.width, "Channels, a multiple of the heads")
      ->check(CLI::Range(8, 4096));
  app.add_option("--lr", settings.lr, "Highest learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--sample", settings.sample, "Characters to write")->check(CLI::Range(0, 1 << 20));
  app.add_option("--temperature", settings.temperature, "Boldness of the writing")
      ->check(CLI::Range(0.01, 10.0));
  app.add_option("--seed", settings.seed, "Seed of weights, batches and writing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return settings;
}

void run(Settings settings) {
  gradus::manual_seed(settings.seed);
  if (settings.text.empty()) settings.text = kFortunes;
  GRADUS_CHECK(fs::exists(settings.text),
               "char_gpt: {} does not exist; `./run deps` installs Debian's fortunes, --text takes "
               "any other text",
               settings.text);
  GRADUS_CHECK_VALUE(settings.width % settings.heads == 0,
                     "char_gpt: --width {} is no multiple of --heads {}", settings.width,
                     settings.heads);
  const std::string text = read_text(settings.text);
  const size_t cut = text.size() / 10 * 9;
  GRADUS_CHECK(text.size() - cut > static_cast<size_t>(settings.context) + 1,
               "char_gpt: {} has only {} characters", settings.text, text.size());
  const Alphabet alphabet(text);
  const Tensor train = alphabet.encode(text.substr(0, cut)),
               test = alphabet.encode(text.substr(cut));

  Gpt gpt(alphabet.size(), settings);
  int64_t weights = 0;
  for (const Tensor& parameter : gpt->parameters()) weights += parameter.numel();
  std::printf(
      "text: %s, %zu characters of %lld kinds, the last tenth held out\nmodel: %lld weights\n",
      settings.text.c_str(), text.size(), static_cast<long long>(alphabet.size()),
      static_cast<long long>(weights));

  optim::AdamW optimizer(gpt->parameters(),
                         optim::AdamWOptions(settings.lr).betas({0.9, 0.99}).weight_decay(0.1));
  const int64_t warmup = std::min<int64_t>(100, settings.steps / 10 + 1);
  optim::LambdaLR schedule(optimizer, [&](int64_t step) {
    if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
    const double done =
        static_cast<double>(step) / static_cast<double>(std::max<int64_t>(settings.steps, 1));
    return 0.5 + 0.5 * std::cos(std::acos(-1.0) * std::min(done, 1.0));
  });

  {
    gradus::watch::ProgressBar bar(
        settings.steps, gradus::watch::ProgressOptions().label("training").unit("steps"));
    double recent = 0;
    for (int64_t step = 0; step < settings.steps; ++step) {
      optimizer.zero_grad();
      const Tensor loss =
          next_character_loss(gpt, random_windows(train, settings.batch_size, settings.context));
      loss.backward();
      nn::utils::clip_grad_norm_(gpt->parameters(), 1.0);
      optimizer.step();
      schedule.step();
      recent = step == 0 ? loss.item<double>() : 0.98 * recent + 0.02 * loss.item<double>();
      bar.advance(1, fmt::format("loss {:.3f}", recent));
    }
    bar.finish();
  }

  constexpr double kBits = 1.4426950408889634;  // of a nat
  const double loss = held_out_loss(gpt, test, settings.context);
  const double ngram = ngram_loss(text.substr(0, cut), text.substr(cut), alphabet.size(), 5);
  std::printf("held-out loss: %.4f nats per character\n", loss);
  std::printf("bits per character: GPT %.3f, order-5 n-gram model %.3f\n", loss * kBits,
              ngram * kBits);
  if (settings.sample > 0) std::printf("\n%s\n", write_on(gpt, alphabet, settings).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "char_gpt: %s\n", error.what());
    return 1;
  }
}
