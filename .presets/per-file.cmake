# Every file of the product by itself: shows that each includes what it uses, which the units of whole rooms hide.
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g0" CACHE STRING "")
set(SENTINEL_UNITY OFF CACHE BOOL "")
set(SENTINEL_TESTS OFF CACHE BOOL "")
