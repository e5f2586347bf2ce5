set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(SENTINEL_SANITIZE "address,undefined" CACHE STRING "")
