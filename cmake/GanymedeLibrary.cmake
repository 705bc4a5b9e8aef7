set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

# Options every target shares; they must be the same everywhere, else the precompiled header is not reused.
add_library(ganymede_options INTERFACE)
target_compile_options(ganymede_options INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wno-psabi>
  $<$<CXX_COMPILER_ID:GNU>:$<$<COMPILE_LANGUAGE:C,CXX>:-fpch-preprocess>>
  $<$<CXX_COMPILER_ID:Clang>:$<$<COMPILE_LANGUAGE:CXX>:-Xclang;-fno-pch-timestamp>>
  $<$<AND:$<COMPILE_LANGUAGE:C,CXX>,$<BOOL:${GANYMEDE_WARNINGS_AS_ERRORS}>>:-Werror>)
target_include_directories(ganymede_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(ganymede_options INTERFACE ganymede_libtorch Threads::Threads)
# Null pointers end in a report all the same; checks of dynamic types and sizes double the time of compilation.
set(SANITIZERS_address -fsanitize=address,undefined -fno-sanitize=null,vptr,object-size)
set(SANITIZERS_thread -fsanitize=thread)
if(GANYMEDE_SANITIZE)
  if(NOT DEFINED SANITIZERS_${GANYMEDE_SANITIZE})
    message(FATAL_ERROR "GANYMEDE_SANITIZE is ${GANYMEDE_SANITIZE}; expected address, thread, or nothing")
  endif()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "GANYMEDE_SANITIZE with ${CMAKE_CXX_COMPILER_ID}; expected clang, which the presets asan and tsan name")
  endif()
  target_compile_options(ganymede_options INTERFACE ${SANITIZERS_${GANYMEDE_SANITIZE}} -fno-omit-frame-pointer)
  target_compile_definitions(ganymede_options INTERFACE GANYMEDE_SANITIZER_${GANYMEDE_SANITIZE})
  target_link_options(ganymede_options INTERFACE ${SANITIZERS_${GANYMEDE_SANITIZE}})
endif()

# Of loops that the compiler vectorises. With a sanitizer in them it would take minutes.
set(GANYMEDE_VECTORISING $<$<NOT:$<BOOL:${GANYMEDE_SANITIZE}>>:-O3>)

if(GANYMEDE_FUZZ)
  target_compile_options(ganymede_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# ganymede_library(<folder> SOURCES ... LINKS ...): the library of one folder of src/; that of a/b is ganymede_a_b.
function(ganymede_library folder)
  string(REPLACE "/" "_" folder ${folder})
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(ganymede_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(ganymede_${folder} PUBLIC ganymede_options ${ARG_LINKS})
  ganymede_share_precompiled_header(ganymede_${folder})
endfunction()

# One precompiled LibTorch header (0.6 GB) serves all targets; base makes it.
function(ganymede_share_precompiled_header target)
  if(target STREQUAL ganymede_base)
    target_precompile_headers(ganymede_base PRIVATE "${PROJECT_SOURCE_DIR}/src/base/precompiled.hpp")
  else()
    target_precompile_headers(${target} REUSE_FROM ganymede_base)
  endif()
endfunction()
