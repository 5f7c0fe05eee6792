#include <string>

#include <gradus/core/version.h>
#include <gtest/gtest.h>

#define STRING_(x) #x
#define STRING(x) STRING_(x)

TEST(Version, LibraryMatchesHeaders) {
  EXPECT_EQ(gradus::version(), std::string(STRING(GRADUS_VERSION_MAJOR) "." STRING(
                                   GRADUS_VERSION_MINOR) "." STRING(GRADUS_VERSION_PATCH)));
}
