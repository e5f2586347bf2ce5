# The rooms of the supervisor, lowest first; the top CMakeLists.txt says what a row means. MAY is exact: a room includes
# these rooms and ipc/, and not what they include in turn. None links libevent, OpenSSL, curl, jsoncpp, yaml-cpp or SQLite.
room(terminal           WHY "what the user reads and answers: sentences, exit codes, a question, signals")
room(child              WHY "what is started: the helpers, the user's command and its environment; how a process ends"
                        MAY terminal)
room(argument           WHY "what one option's argument means: a way to ask, the address of a server, a text that fits its field")
room(command_line       WHY "words to a judged request; help, man page and completion from the same rows"
                        MAY argument child terminal)
room(state              WHY "files that stay between runs: the decision log, versions of policies, shared sessions"
                        MAY command_line)
room(settings           WHY "what config files and variables say beside the command line, and whose word counts"
                        MAY child command_line terminal)
room(redirect           WHY "the way back of a browser from a sign-in: a port on 127.0.0.1, and one request's head")
room(errands            WHY "what is done for the broker with the user's rights: questions, programs, files, a login page"
                        MAY argument child redirect state terminal)
room(init               WHY "what a first use leaves behind: a config, a policy, the statements for IAM"
                        MAY settings terminal)
room(start              WHY "how a run meets its user: the choice of a profile, the first line of a shell"
                        MAY child terminal)
room(status             WHY "how the run stands that this process is in, as its own server tells it"
                        MAY child terminal)
room(run_files          WHY "what a run makes on disk: where it lies, how it is held, watched and removed; its listening socket"
                        MAY state)
room(console            WHY "a page whose address is a secret, handed to the user's own browser once"
                        MAY errands redirect run_files)
room(run                WHY "one run from preparation to the end: face, keeper, the talk with the helpers, no server"
                        MAY child command_line console errands init run_files settings start state status terminal)
room(doctor             WHY "what sentinel doctor asks of this host, and says of it"
                        MAY child settings terminal)
room(credential_process WHY "what AWS SDKs run for each fetch in Unix mode; alone knows OpenSSL, and of that SHA-256")

program(sentinel MAIN run/main.cc LINKS run DEFINES SENTINEL_VERSION="${PROJECT_VERSION}")
# Static, because dynamic linking would be most of its run time.
program(sentinel-credential-process MAIN credential_process/main.cc ARCHIVES crypto STATIC)
# What `sentinel doctor` becomes.
program(sentinel-doctor MAIN doctor/main.cc LINKS doctor)
