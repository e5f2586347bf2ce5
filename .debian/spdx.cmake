# sentinel.spdx.json: which Debian package's code each program is linked with, and how, from the LIBS and ARCHIVES of the
# rooms and programs (rooms.cmake), in SPDX 2.3. Not in a sanitized build, whose programs nobody is given.
find_program(DPKG_QUERY dpkg-query)
if(NOT DPKG_QUERY OR SENTINEL_SANITIZE)
  return()
endif()

# The libraries outside of this project that `target` is linked with, directly or through rooms: their files.
function(linked_files target out)
  set(todo ${target})
  set(seen "")
  set(files "")
  while(todo)
    list(POP_FRONT todo item)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" item "${item}")
    if(item IN_LIST seen)
      continue()
    endif()
    list(APPEND seen ${item})
    if(IS_ABSOLUTE "${item}")
      list(APPEND files ${item})
    elseif(TARGET "${item}")
      foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE)
        get_target_property(values ${item} ${property})
        if(values)
          list(APPEND todo ${values})
        endif()
      endforeach()
    endif()
  endwhile()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# What the compiler adds by itself.
set(runtime_shared libstdc++.so.6 libgcc_s.so.1 libc.so.6)
set(runtime_static libstdc++.a libgcc.a libc.a)

get_property(programs GLOBAL PROPERTY SENTINEL_PROGRAMS)
set(input "set(PROGRAMS ${programs})\nset(VERSION ${PROJECT_VERSION})\n")
foreach(name ${programs})
  linked_files(${name} files)
  set(runtime runtime_shared)
  get_target_property(options ${name} LINK_OPTIONS)
  if("-static-pie" IN_LIST options)
    set(runtime runtime_static)
  endif()
  foreach(library ${${runtime}})
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${library} OUTPUT_VARIABLE file
      OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND files ${file})
  endforeach()
  list(REMOVE_DUPLICATES files)
  string(APPEND input "set(LINKED_${name} ${files})\n")
endforeach()
file(CONFIGURE OUTPUT spdx_input.cmake CONTENT "${input}" @ONLY)

set(spdx ${CMAKE_BINARY_DIR}/sentinel.spdx.json)
add_custom_command(OUTPUT ${spdx}
  COMMAND ${CMAKE_COMMAND} -D INPUT=${CMAKE_BINARY_DIR}/spdx_input.cmake -D OUTPUT=${spdx} -P ${CMAKE_CURRENT_LIST_DIR}/write_spdx.cmake
  DEPENDS ${programs} ${CMAKE_BINARY_DIR}/spdx_input.cmake ${CMAKE_CURRENT_LIST_DIR}/write_spdx.cmake ${CMAKE_CURRENT_LIST_DIR}/changelog
  VERBATIM)
add_custom_target(spdx ALL DEPENDS ${spdx})
install(FILES ${spdx} DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)  # a build of single programs has none
