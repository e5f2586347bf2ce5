set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(SENTINEL_SANITIZE "address,undefined" CACHE STRING "")
# As the sanitizers' manual advises; and what is built for tests alone need not take long to build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -DNDEBUG" CACHE STRING "")
