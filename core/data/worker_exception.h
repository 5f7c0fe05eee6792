#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>

#include "core/error.h"

namespace gradus::data {

/// What a data loader throws when a worker thread has thrown while it loaded a batch.
class GRADUS_API WorkerException : public Error {
 public:
  explicit WorkerException(std::exception_ptr original, std::optional<size_t> index = std::nullopt);
  ~WorkerException() override;

  /// What the worker threw; std::rethrow_exception() brings back its type.
  std::exception_ptr original_exception;
  /// what(), which ends with the original message.
  std::string message;
  /// The sample that was being loaded, where that is known.
  std::optional<size_t> index;
};

}  // namespace gradus::data
