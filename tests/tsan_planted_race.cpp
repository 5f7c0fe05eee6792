// Two threads write the same variable without synchronization. ./run tsan requires a report.
#include <thread>

int main() {
  int shared = 0;
  std::thread other([&shared] { shared = 1; });
  shared = 2;
  other.join();
  return shared == 3;
}
