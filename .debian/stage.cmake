# Run by cpack between the installation into its folder and the packing: what only a package has.
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(doc ${root}/usr/share/doc/sentinel)
set(readable OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
set(open OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# A file of this folder, under its name in the package.
function(put name folder as)
  file(COPY ${CMAKE_CURRENT_LIST_DIR}/${name} DESTINATION ${folder} FILE_PERMISSIONS ${readable} DIRECTORY_PERMISSIONS ${open})
  if(NOT name STREQUAL as)
    file(RENAME ${folder}/${name} ${folder}/${as})
  endif()
endfunction()

put(copyright ${doc} copyright)
put(changelog ${doc} changelog.Debian)
put(lintian-overrides ${root}/usr/share/lintian/overrides sentinel)
put(sysusers.conf ${root}/usr/lib/sysusers.d sentinel.conf)
put(tmpfiles.conf ${root}/usr/lib/tmpfiles.d sentinel.conf)

# The administrator's folders. They hold no file of the package's, so that no upgrade, removal or purge touches one: what
# lies there (keys that must have signed, policies, settings) decides who gets credentials.
file(MAKE_DIRECTORY ${root}/etc/sentinel/policies)

# Not CPACK_STRIP_FILES, which knows targets alone; the programs are installed by their files, with their mode.
file(GLOB programs ${root}/usr/bin/* ${root}/usr/libexec/sentinel/*)
execute_process(COMMAND strip --strip-unneeded --remove-section=.comment --remove-section=.note ${programs}
  COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE pages ${root}/usr/share/man/*.[1-9])
execute_process(COMMAND gzip -9n ${pages} ${doc}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)

# Whatever the umask of who builds.
file(GLOB_RECURSE folders LIST_DIRECTORIES true ${root}/*)
foreach(folder ${folders})
  if(IS_DIRECTORY ${folder})
    file(CHMOD ${folder} DIRECTORY_PERMISSIONS ${open})
  endif()
endforeach()
