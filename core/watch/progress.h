#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "core/arg.h"
#include "core/export.h"
#include "core/hidden.h"

namespace gradus::watch {

/// Settings of a ProgressBar.
struct ProgressOptions {
  enum class Style {
    kAuto,    ///< kBar on a terminal, else kLines
    kBar,     ///< one line that is redrawn in place
    kLines,   ///< a line now and then, for logs
    kSilent,  ///< nothing
  };

  using Clock = double (*)();
  using Stream = std::FILE*;

  /// Shown in front. Default: nothing.
  GRADUS_ARG(std::string, label);
  /// What is counted, for the rate: "images" gives "3.2k images/s". Default: "it".
  GRADUS_ARG(std::string, unit) = "it";
  /// What is done already and not of this run, for the rate. Default: 0.
  GRADUS_ARG(int64_t, initial) = 0;
  /// Default: kAuto.
  GRADUS_ARG(Style, style) = Style::kAuto;
  /// Where to write. Default: stderr, so that results on stdout stay clean.
  GRADUS_ARG(Stream, stream) = stderr;
  /// Seconds since any fixed time. Default: the steady clock.
  GRADUS_ARG(Clock, clock) = nullptr;
};

/// Shows how far a loop has come, how fast it goes, when it will end, and a message of yours.
///
///     ProgressBar bar(60'000, ProgressOptions().label("epoch 1/5").unit("images"));
///     for (auto& batch : *loader) {
///       ...
///       bar.advance(batch.data.size(0), fmt::format("loss {:.4f}", loss));
///     }
///     bar.finish();
///
/// Draws at most 10 times a second on a terminal (a line every 10 to 60 seconds elsewhere), so it
/// may be told of every step. Honours NO_COLOR, TERM=dumb, the width of the terminal, and locales
/// without UTF-8. For one thread.
class GRADUS_API ProgressBar {
 public:
  /// `total` is the count at the end; 0 where it is not known. @throws ValueError if it is negative
  explicit ProgressBar(int64_t total, ProgressOptions options = {});
  /// Ends the line where it stands, if finish() was not called.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Says that `done` of the total is done. An empty message keeps the last one.
  void update(int64_t done, std::string_view message = {});
  /// Says that `count` more are done.
  void advance(int64_t count = 1, std::string_view message = {});
  /// Draws the last state with the time taken and ends the line.
  void finish(std::string_view message = {});
  /// Writes a line of text above the bar.
  void print(std::string_view line);

 private:
  struct State;
  Hidden<State> state_;
};

}  // namespace gradus::watch
