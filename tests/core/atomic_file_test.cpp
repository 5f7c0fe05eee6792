#include <string>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/io/atomic_file.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ValueError;
using gradus::io::AtomicFile;
using gradus::io::write_file;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

mode_t mode_of(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

TEST(AtomicFile, WritesNewFile) {
  ScratchFolder folder;
  write_file(folder / "a.txt", "hello");
  EXPECT_EQ(read_all(folder / "a.txt"), "hello");
  EXPECT_THAT(folder.names(), ElementsAre("a.txt"));
}

TEST(AtomicFile, WritesInPieces) {
  ScratchFolder folder;
  AtomicFile file(folder / "a.txt");
  file.write("one ");
  file.write("", 0);
  file.write("two");
  file.commit();
  EXPECT_EQ(read_all(folder / "a.txt"), "one two");
}

TEST(AtomicFile, OldContentStaysUntilCommit) {
  ScratchFolder folder;
  write_all(folder / "a.txt", "old");
  AtomicFile file(folder / "a.txt");
  file.write("new");
  EXPECT_EQ(read_all(folder / "a.txt"), "old");
  file.commit();
  EXPECT_EQ(read_all(folder / "a.txt"), "new");
}

TEST(AtomicFile, WithoutCommitNothingChanges) {
  ScratchFolder folder;
  write_all(folder / "a.txt", "old");
  { AtomicFile(folder / "a.txt").write("new"); }
  EXPECT_EQ(read_all(folder / "a.txt"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a.txt"));
}

TEST(AtomicFile, KeepsModeOfTarget) {
  ScratchFolder folder;
  write_all(folder / "a.txt", "old");
  ASSERT_EQ(::chmod((folder / "a.txt").c_str(), 0640), 0);
  write_file(folder / "a.txt", "new");
  EXPECT_EQ(mode_of(folder / "a.txt"), 0640u);
}

TEST(AtomicFile, NewFileFollowsUmask) {
  ScratchFolder folder;
  const mode_t before = ::umask(027);
  write_file(folder / "a.txt", "new");
  ::umask(before);
  EXPECT_EQ(mode_of(folder / "a.txt"), 0640u);
}

TEST(AtomicFile, SymbolicLinkStays) {
  ScratchFolder folder;
  ASSERT_EQ(::mkdir((folder / "data").c_str(), 0755), 0);
  write_all(folder / "data/a.txt", "old");
  ASSERT_EQ(::symlink("data/a.txt", (folder / "link").c_str()), 0);
  ASSERT_EQ(::symlink("link", (folder / "link2").c_str()), 0);
  write_file(folder / "link2", "new");
  EXPECT_EQ(read_all(folder / "data/a.txt"), "new");
  struct stat status;
  ASSERT_EQ(::lstat((folder / "link").c_str(), &status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
}

TEST(AtomicFile, DanglingLinkMakesItsTarget) {
  ScratchFolder folder;
  ASSERT_EQ(::symlink("later.txt", (folder / "link").c_str()), 0);
  write_file(folder / "link", "new");
  EXPECT_EQ(read_all(folder / "later.txt"), "new");
}

TEST(AtomicFile, CircularLinksAreAnError) {
  ScratchFolder folder;
  ASSERT_EQ(::symlink("b", (folder / "a").c_str()), 0);
  ASSERT_EQ(::symlink("a", (folder / "b").c_str()), 0);
  EXPECT_THROW(write_file(folder / "a", "new"), Error);
}

TEST(AtomicFile, NameInWorkingFolder) {
  ScratchFolder folder;
  char before[4096];
  ASSERT_NE(::getcwd(before, sizeof before), nullptr);
  ASSERT_EQ(::chdir(folder.path().c_str()), 0);
  write_file("a.txt", "here");
  ASSERT_EQ(::chdir(before), 0);
  EXPECT_EQ(read_all(folder / "a.txt"), "here");
}

TEST(AtomicFile, LongestName) {
  ScratchFolder folder;
  const std::string name(255, 'n');
  write_file(folder / name, "long");
  EXPECT_EQ(read_all(folder / name), "long");
}

TEST(AtomicFile, MissingFolderIsNamed) {
  EXPECT_THAT([] { AtomicFile file("/nonexistent/a.txt"); },
              ThrowsMessage<Error>(HasSubstr("'/nonexistent/a.txt': No such file")));
}

TEST(AtomicFile, TargetsThatAreNoFiles) {
  ScratchFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THROW(write_file(folder.path(), "x"), Error);
  EXPECT_THROW(write_file(folder / "", "x"), Error);
  EXPECT_THROW(write_file(folder / ".", "x"), Error);
  EXPECT_THROW(write_file(folder / "pipe", "x"), Error);
  EXPECT_THROW(write_file("/dev/null", "x"), Error);
  EXPECT_THROW(write_file("/", "x"), Error);
  EXPECT_THROW(write_file("", "x"), ValueError);
  EXPECT_THROW(write_file(std::string("/tmp/a\0b", 8), "x"), ValueError);
  EXPECT_THAT(folder.names(), ElementsAre("pipe"));
}

TEST(AtomicFile, UseAfterCommitIsAnError) {
  ScratchFolder folder;
  AtomicFile file(folder / "a.txt");
  file.commit();
  EXPECT_THROW(file.write("x"), Error);
  EXPECT_THROW(file.commit(), Error);
  EXPECT_EQ(read_all(folder / "a.txt"), "");
}

// A limit on the size of files stands for a full disk: both make write() fail half-way.
TEST(AtomicFile, FailedWriteLeavesTheOldFile) {
  ScratchFolder folder;
  write_all(folder / "a.txt", "old");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{100'000, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_THAT(
      [&] {
        AtomicFile file(folder / "a.txt");
        const std::string block(30'000, 'x');
        for (int i = 0; i < 5; ++i) file.write(block);
      },
      ThrowsMessage<Error>(HasSubstr("cannot write '" + (folder / "a.txt") + "': File too large")));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_all(folder / "a.txt"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a.txt"));
}

TEST(AtomicFile, FailedWriteEndsTheFile) {
  ScratchFolder folder;
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limit{1000, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  AtomicFile file(folder / "a.txt");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_THROW(file.write(std::string(2000, 'x')), Error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_THROW(file.write("more"), Error);
  EXPECT_THROW(file.commit(), Error);
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(AtomicFile, TargetThatBecameAFolder) {
  ScratchFolder folder;
  AtomicFile file(folder / "a");
  file.write("x");
  ASSERT_EQ(::mkdir((folder / "a").c_str(), 0755), 0);
  EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<Error>(HasSubstr("cannot replace")));
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

}  // namespace
