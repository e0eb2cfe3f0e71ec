# Writes OUTPUT, a .cc with the scripts of FOLDER as raw string literals, so that the binary is one
# file and prints what is installed. Run with cmake -P, so that no other tool is needed.
set(body "")
foreach(script bash=taskfeed.bash zsh=_taskfeed fish=taskfeed.fish)
  string(REGEX MATCH "^([a-z]+)=(.*)$" matched ${script})
  set(shell ${CMAKE_MATCH_1})
  file(READ ${FOLDER}/${CMAKE_MATCH_2} text)
  string(APPEND body "const std::string_view k_${shell} = R\"script(${text})script\";\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"completion_scripts.h\"\n\nnamespace taskfeed::cmd::completion {\n${body}}  // namespace taskfeed::cmd::completion\n")
