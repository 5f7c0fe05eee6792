#include "core/watch/summary_writer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/file_error.h"

namespace gradus::watch {
namespace {

// CRC-32C (Castagnoli), reflected polynomial 0x82f63b78.
constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}

// TFRecord stores checksums rotated and shifted, so that data with checksums in them stay safe.
uint32_t masked_crc(std::string_view data) {
  static constexpr std::array<uint32_t, 256> kTable = make_crc_table();
  uint32_t crc = 0xffffffffu;
  for (const char c : data) crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

template <class T>
std::string fixed(T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  static_assert(std::endian::native == std::endian::little);
  return {bytes, sizeof bytes};
}

// A protocol buffer message; methods add a field of the number.
class Message {
 public:
  Message& varint(int field, uint64_t value) {
    put_varint(static_cast<uint64_t>(field) << 3);
    put_varint(value);
    return *this;
  }
  Message& real(int field, double value) {
    put_varint(static_cast<uint64_t>(field) << 3 | 1);
    bytes_ += fixed(value);
    return *this;
  }
  Message& real32(int field, float value) {
    put_varint(static_cast<uint64_t>(field) << 3 | 5);
    bytes_ += fixed(value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    put_varint(static_cast<uint64_t>(field) << 3 | 2);
    put_varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  Message& reals(int field, const std::vector<double>& values) {
    std::string packed;
    for (const double value : values) packed += fixed(value);
    return text(field, packed);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void put_varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct SummaryWriter::State {
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }

  void write_record(const std::string& data) {
    const std::string length = fixed(static_cast<uint64_t>(data.size()));
    const std::string record = length + fixed(masked_crc(length)) + data + fixed(masked_crc(data));
    for (std::string_view left = record; !left.empty();) {
      const ssize_t count = ::write(descriptor, left.data(), left.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) io::throw_file_error("write", path, errno);
      left.remove_prefix(static_cast<size_t>(count));
    }
  }

  void write_value(Message value, int64_t step) {
    Message summary, event;
    summary.message(/*value=*/1, value);
    event.real(/*wall_time=*/1, wall_time())
        .varint(/*step=*/2, static_cast<uint64_t>(step))
        .message(/*summary=*/5, summary);
    write_record(event.bytes());
  }

  std::string path;
  int descriptor = -1;
};

SummaryWriter::SummaryWriter(const std::string& log_dir) : state_(std::make_unique<State>()) {
  io::check_path(log_dir);
  for (size_t slash = log_dir.find('/', 1);; slash = log_dir.find('/', slash + 1)) {
    const std::string part = log_dir.substr(0, slash);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      io::throw_file_error("make the folder", part, errno);
    }
    if (slash == std::string::npos) break;
  }
  static std::atomic<int> count{0};
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = 'x';
  // TensorBoard reads files whose names contain "tfevents", in the order of their names.
  state_->path = fmt::format("{}/events.out.tfevents.{:010}.{}.{}.{}", log_dir,
                             static_cast<int64_t>(wall_time()), host.data(), ::getpid(), count++);
  state_->descriptor =
      ::open(state_->path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (state_->descriptor < 0) io::throw_file_error("write", state_->path, errno);
  Message event;
  event.real(/*wall_time=*/1, wall_time()).text(/*file_version=*/3, "brain.Event:2");
  state_->write_record(event.bytes());
}

SummaryWriter::~SummaryWriter() = default;
SummaryWriter::SummaryWriter(SummaryWriter&&) noexcept = default;
SummaryWriter& SummaryWriter::operator=(SummaryWriter&&) noexcept = default;

void SummaryWriter::add_scalar(const std::string& tag, double value, int64_t global_step) {
  Message message;
  message.text(/*tag=*/1, tag).real32(/*simple_value=*/2, static_cast<float>(value));
  state_->write_value(message, global_step);
}

void SummaryWriter::add_histogram(const std::string& tag, const Tensor& values, int64_t global_step,
                                  int64_t bins) {
  GRADUS_CHECK_VALUE(bins >= 1 && bins <= 100'000,
                     "add_histogram: expected 1 to 100000 bins, got {}", bins);
  GRADUS_CHECK_VALUE(values.defined() && values.numel() > 0, "add_histogram: there are no values");
  const Tensor plain = values.detach().to(kDouble).contiguous();
  const double* x = plain.data_ptr<double>();
  const int64_t count = plain.numel();
  double low = x[0], high = x[0], sum = 0, squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    GRADUS_CHECK_VALUE(std::isfinite(x[i]), "add_histogram: value {} of '{}' is {}", i, tag, x[i]);
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
    sum += x[i];
    squares += x[i] * x[i];
  }
  // A bucket holds what is at most its limit and above the one before.
  const double width = (high / 2 - low / 2) / static_cast<double>(bins) * 2;
  std::vector<double> limits, buckets(static_cast<size_t>(bins));
  for (int64_t i = 1; i < bins; ++i) limits.push_back(low + width * static_cast<double>(i));
  limits.push_back(high);
  for (int64_t i = 0; i < count; ++i) {
    const auto at = std::lower_bound(limits.begin(), limits.end(), x[i]);
    ++buckets[static_cast<size_t>(std::min<int64_t>(at - limits.begin(), bins - 1))];
  }
  Message histogram, message;
  histogram.real(/*min=*/1, low)
      .real(/*max=*/2, high)
      .real(/*num=*/3, static_cast<double>(count))
      .real(/*sum=*/4, sum)
      .real(/*sum_squares=*/5, squares)
      .reals(/*bucket_limit=*/6, limits)
      .reals(/*bucket=*/7, buckets);
  message.text(/*tag=*/1, tag).message(/*histo=*/5, histogram);
  state_->write_value(message, global_step);
}

void SummaryWriter::add_text(const std::string& tag, const std::string& text, int64_t global_step) {
  Message plugin, metadata, dim, shape, tensor, message;
  plugin.text(/*plugin_name=*/1, "text");
  metadata.message(/*plugin_data=*/1, plugin);
  dim.varint(/*size=*/1, 1);
  shape.message(/*dim=*/2, dim);
  constexpr uint64_t kString = 7;
  tensor.varint(/*dtype=*/1, kString)
      .message(/*tensor_shape=*/2, shape)
      .text(/*string_val=*/8, text);
  message.text(/*tag=*/1, tag + "/text_summary")
      .message(/*tensor=*/8, tensor)
      .message(/*metadata=*/9, metadata);
  state_->write_value(message, global_step);
}

void SummaryWriter::flush() {
  if (::fsync(state_->descriptor) != 0) io::throw_file_error("write", state_->path, errno);
}

const std::string& SummaryWriter::path() const {
  return state_->path;
}

}  // namespace gradus::watch
