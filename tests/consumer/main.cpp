#include <cstdio>

#include <gradus/gradus.h>

int main() {
  std::printf("consumer: gradus %s\n", gradus::version());
  return 0;
}
