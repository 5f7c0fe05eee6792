#include <gradus/gradus.h>

#include <cstdio>

int main() {
  std::printf("consumer: gradus %s\n", gradus::version());
  return 0;
}
