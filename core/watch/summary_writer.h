#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/export.h"
#include "core/hidden.h"
#include "core/tensor.h"

namespace gradus::watch {

/// Writes event files that TensorBoard shows, as torch.utils.tensorboard.SummaryWriter.
///
///     SummaryWriter writer("runs/first");
///     writer.add_scalar("loss/train", loss, step);
///
/// A record is handed to the system as a whole when it is added, so TensorBoard shows it at once
/// and a killed run leaves whole records. Format: TFRecord (length, masked CRC-32C, data, masked
/// CRC-32C) of tensorflow.Event protocol buffers. For one thread.
class GRADUS_API SummaryWriter {
 public:
  /// Begins a new event file in the folder, which is made where it is missing.
  /// @throws Error if it cannot be written
  explicit SummaryWriter(const std::string& log_dir);
  ~SummaryWriter();
  SummaryWriter(SummaryWriter&&) noexcept;
  SummaryWriter& operator=(SummaryWriter&&) noexcept;

  /// A point of a curve. Tags with slashes are shown in groups. @throws Error if it cannot be
  /// written, as all that follow
  void add_scalar(const std::string& tag, double value, int64_t global_step = 0);
  /// The distribution of the elements of a tensor, in `bins` bins of equal width.
  /// @throws ValueError for an empty tensor, one that is not finite, or no bins
  void add_histogram(const std::string& tag, const Tensor& values, int64_t global_step = 0,
                     int64_t bins = 64);
  /// A text in Markdown.
  void add_text(const std::string& tag, const std::string& text, int64_t global_step = 0);
  /// Forces what was added to the disk.
  void flush();

  /// The path of the event file.
  const std::string& path() const;

 private:
  struct State;
  Hidden<State> state_;
};

}  // namespace gradus::watch
