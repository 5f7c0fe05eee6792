#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gradus/core/error.h>
#include <gtest/gtest.h>

#include "tests/allocation_peak.h"
#include "tests/scratch_folder.h"

namespace gradus::test {

/// Each file must be refused with a typed error, and with little memory: at most the file's size
/// and 1 MiB.
template <class Read>
void expect_rejected(const std::vector<std::string>& files, Read&& read) {
  ScratchFolder folder;
  for (size_t i = 0; i < files.size(); ++i) {
    write_all(folder / "hostile", files[i]);
    const AllocationPeak peak;
    EXPECT_THROW(read(folder / "hostile"), Error)
        << "file " << i << ": " << files[i].substr(0, 300);
    EXPECT_LE(peak.bytes(), files[i].size() + (1 << 20)) << i;
  }
}

/// Truncations of a good file and every byte of it changed: refused with a
/// typed error or read, never a crash, never much memory. Truncations must be refused where
/// `refuses_truncation`.
template <class Read>
void survive_mutations(const std::string& good, Read&& read, bool refuses_truncation = true) {
  ScratchFolder folder;
  const std::string path = folder / "mutant";
  const auto attempt = [&](const std::string& file) {
    write_all(path, file);
    const AllocationPeak peak;
    bool refused = false;
    try {
      read(path);
    } catch (const Error&) {
      refused = true;
    }
    EXPECT_LE(peak.bytes(), file.size() + (1 << 20));
    return refused;
  };
  EXPECT_FALSE(attempt(good));
  for (size_t size = 0; size < good.size(); size += size < 16 ? 1 : 3) {
    const bool refused = attempt(good.substr(0, size));
    EXPECT_TRUE(refused || !refuses_truncation) << "truncated to " << size;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    constexpr int kChanges[] = {0x01, 0x80, 0xff};
    std::string file = good;
    file[i] = static_cast<char>(file[i] ^ kChanges[i % 3]);
    attempt(file);
  }
}

}  // namespace gradus::test
