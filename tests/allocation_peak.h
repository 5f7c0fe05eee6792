#pragma once

#include <cstddef>

namespace gradus::test {

/// Measures what operator new hands out in the whole process between its construction and a call of
/// bytes():
///     AllocationPeak peak;
///     parse(file);
///     EXPECT_LE(peak.bytes(), file.size());
class AllocationPeak {
 public:
  AllocationPeak();
  /// The most that was held at one time, beyond what was held at construction.
  size_t bytes() const;

 private:
  size_t before_;
};

/// Bytes that operator new has handed out and operator delete has not got back.
size_t allocated_bytes();

/// The number of calls of operator new so far.
size_t allocation_count();

}  // namespace gradus::test
