// Runs a fuzz target over its corpus once, as a plain test, with any compiler.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

inline void run_file(const Target& target, const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// Arguments: a target's name, then a folder with inputs. 1 for an empty corpus, which is a test that cannot fail.
inline int run_corpus(std::span<const Target> targets, int argc, char** argv) {
  if (argc != 3) return 2;
  for (const Target& target : targets) {
    if (target.name != argv[1]) continue;
    int inputs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(argv[2])) {
      run_file(target, entry.path());
      ++inputs;
    }
    std::printf("%d inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
  }
  return 2;
}
