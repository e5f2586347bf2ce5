# What somebody waits for who wants to see the product: no tests, quick to compile, hardened as every build.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g0 -DNDEBUG" CACHE STRING "")
set(SENTINEL_TESTS OFF CACHE BOOL "")
