# Writes OUTPUT from INPUT (spdx.cmake), after the programs are linked: names and versions of packages are dpkg's own.
# The same build on the same host gives the same bytes: its time is that of the newest changelog entry.
cmake_minimum_required(VERSION 3.25)
include(${INPUT})

function(ask out)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(answer "")
  endif()
  set(${out} "${answer}" PARENT_SCOPE)
endfunction()

# The package that owns a file. A link as libcurl.so is of a -dev package; what is loaded is what it points to.
function(owner file out)
  file(REAL_PATH ${file} real)
  string(REGEX REPLACE "^/usr/" "/" moved ${real})  # before /lib became /usr/lib
  foreach(path ${real} ${moved} ${file})
    ask(found dpkg-query -S ${path})
    if(found MATCHES "^([a-z0-9.+-]+)(:[a-z0-9]+)?: ")
      set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "sentinel.spdx.json: no package of this host has ${file}; build with Debian's libraries, or without dpkg")
endfunction()

function(spdx_id name out)
  string(REGEX REPLACE "[^A-Za-z0-9.-]" "-" id "SPDXRef-${name}")
  set(${out} ${id} PARENT_SCOPE)
endfunction()

# One package entry; `rest` are more members, each with its comma.
function(entry name id version rest)
  list(APPEND entries "    {\n      \"name\": \"${name}\",\n      \"SPDXID\": \"${id}\",\n      \"versionInfo\": \"${version}\",\n${rest}      \"downloadLocation\": \"NOASSERTION\",\n      \"filesAnalyzed\": false,\n      \"copyrightText\": \"NOASSERTION\"\n    }")
  set(entries "${entries}" PARENT_SCOPE)
endfunction()

function(relation from kind to)
  list(APPEND relations "    { \"spdxElementId\": \"${from}\", \"relationshipType\": \"${kind}\", \"relatedSpdxElement\": \"${to}\" }")
  set(relations "${relations}" PARENT_SCOPE)
endfunction()

set(entries "")
set(relations "")
set(ours "      \"licenseConcluded\": \"MIT\",\n      \"licenseDeclared\": \"MIT\",\n")
entry(sentinel SPDXRef-sentinel ${VERSION} "${ours}")
relation(SPDXRef-DOCUMENT DESCRIBES SPDXRef-sentinel)

set(packages "")
foreach(program ${PROGRAMS})
  spdx_id(program-${program} program_id)
  entry(${program} ${program_id} ${VERSION} "${ours}")
  relation(SPDXRef-sentinel CONTAINS ${program_id})
  set(said "")
  foreach(file ${LINKED_${program}})
    owner(${file} package)
    set(kind DYNAMIC_LINK)
    if(file MATCHES "\\.a$")
      set(kind STATIC_LINK)
    endif()
    if("${kind} ${package}" IN_LIST said)
      continue()
    endif()
    list(APPEND said "${kind} ${package}")
    list(APPEND packages ${package})
    spdx_id(${package} package_id)
    relation(${program_id} ${kind} ${package_id})
  endforeach()
endforeach()

list(REMOVE_DUPLICATES packages)
list(SORT packages)
file(STRINGS /etc/os-release vendor REGEX "^ID=")
string(REGEX REPLACE "^ID=\"?([a-z0-9]+).*$" "\\1" vendor "${vendor}")
ask(architecture dpkg --print-architecture)
foreach(package ${packages})
  ask(about dpkg-query -W -f "\${Version} \${source:Package} \${source:Version}\\n" ${package})
  string(REGEX MATCH "^([^ ]+) ([^ ]+) ([^ \n]+)" matched "${about}")
  set(version ${CMAKE_MATCH_1})
  set(source "${CMAKE_MATCH_2} ${CMAKE_MATCH_3}")
  string(REPLACE "+" "%2B" purl "pkg:deb/${vendor}/${package}@${version}?arch=${architecture}")
  spdx_id(${package} package_id)
  entry(${package} ${package_id} ${version} "      \"sourceInfo\": \"built from the source package ${source}\",\n      \"licenseConcluded\": \"NOASSERTION\",\n      \"licenseDeclared\": \"NOASSERTION\",\n      \"externalRefs\": [\n        { \"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": \"${purl}\" }\n      ],\n")
endforeach()

file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/changelog signature REGEX "^ -- ")
list(GET signature 0 signature)
string(REGEX REPLACE "^ -- .*>  " "" moment "${signature}")
ask(created date -u -d "${moment}" +%Y-%m-%dT%H:%M:%SZ)
string(SHA256 content "${entries}${relations}")
list(JOIN entries ",\n" entries)
list(JOIN relations ",\n" relations)
file(WRITE ${OUTPUT} "{
  \"spdxVersion\": \"SPDX-2.3\",
  \"dataLicense\": \"CC0-1.0\",
  \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"sentinel-${VERSION}\",
  \"documentNamespace\": \"https://sentinel.invalid/spdx/sentinel-${VERSION}-${content}\",
  \"creationInfo\": { \"created\": \"${created}\", \"creators\": [\"Tool: sentinel-build-${VERSION}\"] },
  \"packages\": [
${entries}
  ],
  \"relationships\": [
${relations}
  ]
}
")
