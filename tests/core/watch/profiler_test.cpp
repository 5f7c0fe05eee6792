#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/watch/profiler.h>
#include <gtest/gtest.h>

#include "tests/allocation_peak.h"
#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ProfilerGuard;
using gradus::ProfilerOptions;
using gradus::RecordScope;
using testing::HasSubstr;
using testing::SizeIs;

const ProfilerGuard::Entry* find(const std::vector<ProfilerGuard::Entry>& entries,
                                 const std::string& name) {
  for (const auto& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

void spin(int rounds) {
  volatile int x = 0;
  for (int i = 0; i < rounds; ++i) x = x + 1;
}

TEST(Profiler, NestedScopesAndSelfTime) {
  ProfilerGuard profiler;
  const std::string name = std::string("in") + "ner";
  for (int i = 0; i < 3; ++i) {
    RecordScope outer("outer");
    spin(1000);
    RecordScope inner(name);
    spin(1000);
  }
  const auto entries = profiler.entries();
  ASSERT_THAT(entries, SizeIs(2));
  const auto* outer = find(entries, "outer");
  const auto* inner = find(entries, "inner");
  ASSERT_NE(outer, nullptr);
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(outer->count, 3);
  EXPECT_EQ(inner->self_ms, inner->total_ms);
  EXPECT_NEAR(outer->self_ms, outer->total_ms - inner->total_ms, 1e-9);
  EXPECT_GE(outer->self_ms, 0);
  EXPECT_THAT(profiler.table(), HasSubstr("outer"));
  EXPECT_THAT(profiler.table(1), HasSubstr("and 1 more names"));
}

TEST(Profiler, ThreadsHaveTracksOfTheirOwn) {
  ProfilerGuard profiler;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) RecordScope scope("work", "loader");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(profiler.entries().front().count, 300);
  const std::string trace = profiler.trace();
  for (const char* text : {"\"tid\":1,", "\"tid\":2,", "\"tid\":3,", "\"cat\":\"loader\""}) {
    EXPECT_THAT(trace, HasSubstr(text));
  }
}

TEST(Profiler, CountsBytes) {
  ProfilerGuard profiler;
  gradus::Tensor kept;
  {
    RecordScope scope("allocate");
    kept = gradus::empty({1 << 20});
  }
  EXPECT_GE(profiler.entries().front().bytes, 4 << 20);
}

TEST(Profiler, NothingIsRecordedOutside) {
  const size_t before = gradus::test::allocation_count();
  for (int i = 0; i < 1000; ++i) RecordScope scope("unseen");
  EXPECT_EQ(gradus::test::allocation_count(), before);
  auto early = std::make_unique<RecordScope>("early");
  auto first = std::make_unique<ProfilerGuard>();
  early.reset();  // began before
  auto late = std::make_unique<RecordScope>("late");
  EXPECT_TRUE(first->entries().empty());
  first.reset();
  ProfilerGuard second;
  late.reset();  // began in another session
  EXPECT_TRUE(second.entries().empty());
  second.stop();
  RecordScope scope("after");
  EXPECT_TRUE(second.entries().empty());
  EXPECT_THROW(ProfilerGuard(), Error);
}

TEST(Profiler, MostEvents) {
  ProfilerGuard profiler(ProfilerOptions().max_events(10).memory(false));
  for (int i = 0; i < 15; ++i) RecordScope scope("x");
  EXPECT_EQ(profiler.entries().front().count, 10);
  EXPECT_EQ(profiler.dropped(), 5u);
  EXPECT_THAT(profiler.table(), HasSubstr("5 scopes came after"));
}

// Python's json module reads it, and finds what Perfetto asks for.
TEST(Profiler, TheTraceIsJson) {
  gradus::test::ScratchFolder folder;
  {
    ProfilerGuard profiler;
    { RecordScope scope("quote \" backslash \\ line\nend", "op"); }
    profiler.save(folder / "trace.json");
  }
  gradus::test::write_all(folder / "check.py",
                          "import json, sys\n"
                          "trace = json.load(open(sys.argv[1]))\n"
                          "events = [e for e in trace['traceEvents'] if e['ph'] == 'X']\n"
                          "assert len(events) == 1\n"
                          "event = events[0]\n"
                          "assert event['name'] == 'quote \" backslash \\\\ line\\nend'\n"
                          "assert event['dur'] >= 0 and event['ts'] >= 0 and event['pid'] == 1\n");
  if (std::system("python3 -c 'import json' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  EXPECT_EQ(
      std::system(("python3 " + (folder / "check.py") + " " + (folder / "trace.json")).c_str()), 0);
}

}  // namespace
