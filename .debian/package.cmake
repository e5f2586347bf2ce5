# The .deb, which `cpack` in a build folder makes: what install() installs, and what Debian wants beside it (stage.cmake).
# Version and changelog are one fact: .debian/changelog. A project(VERSION) that is another one does not configure.
set(package_folder ${CMAKE_CURRENT_LIST_DIR})

file(STRINGS ${package_folder}/changelog changelog)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${package_folder}/changelog)
list(GET changelog 0 newest)
if(NOT newest MATCHES "^sentinel \\(([^-)]+)-([0-9]+)\\) ")
  message(FATAL_ERROR ".debian/changelog: the first line is not \"sentinel (VERSION-REVISION) ...\": ${newest}")
endif()
if(NOT CMAKE_MATCH_1 STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR ".debian/changelog begins with version ${CMAKE_MATCH_1}, and project() says ${PROJECT_VERSION}")
endif()
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CMAKE_MATCH_2})
list(FILTER changelog INCLUDE REGEX "^ -- ")
list(GET changelog 0 signature)
string(REGEX REPLACE "^ -- (.*>)  .*$" "\\1" CPACK_PACKAGE_CONTACT "${signature}")

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME sentinel)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run commands with short-lived AWS credentials under a policy")
# Lines are wrapped by hand: Debian shows them as they are.
set(CPACK_PACKAGE_DESCRIPTION "Sentinel hands short-lived AWS credentials to a command and its descendants,\nand lets a policy judge every request for them. Long-term keys are read by one\nprocess alone, the broker; the process that reads what the command sends holds\nno secret and is locked into a few system calls. Every AWS SDK works as it is.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${package_folder}/stage.cmake)
set(CPACK_THREADS 0)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_folder}/postinst)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What no library says: whom TLS trusts, the zones of policies, and what makes the system user, by itself where
# there is no systemd.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata, systemd-standalone-sysusers | systemd | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "awscli, pass, libsecret-tools, tpm2-tools")

include(CPack)
