# The rooms of the broker, lowest first; the top CMakeLists.txt says what a row means. MAY is exact: a room includes these
# rooms and ipc/, and not what they include in turn. What holds the keys never links study/ or tools/, and no room links
# libevent_extra: there is no HTTP server near the keys.
#
# Which process runs a room: serve/, and every room that it reaches, run in the broker's main thread, on one event loop. The
# witness (caller/witness_process.cc) and the posture reader (device/reader_process.cc) are processes of their own, forked
# from the broker before it reads a secret; so is the account reader (principals/account_reader_process.cc) of a broker that
# serves a host's users, which nothing starts yet. A tool's rooms run in that tool, tools/aws/run_with_keys.cc in its key
# process. A header says "Runs in:" only where that is not the whole answer.
room(text HOT       WHY "what bytes mean: characters, encodings, JSON, RFC 3339, addresses; opens no file"
                    LIBS PkgConfig::CRYPTO PkgConfig::JSONCPP)
room(yaml           WHY "YAML that people write, strictly: its tree with places, its readers, their schema; alone knows yaml-cpp"
                    MAY text
                    LIBS PkgConfig::YAMLCPP)
room(host           WHY "what the process takes from its own machine: clocks, timers, wiped memory, small files, its sandbox"
                    MAY text
                    LIBS PkgConfig::CRYPTO PkgConfig::EVENT_CORE)
room(aws            WHY "what AWS calls things: ids, ARNs, endpoints, the types of keys, SigV4; asks no server"
                    MAY host text
                    LIBS PkgConfig::CRYPTO)
room(caller HOT     WHY "who calls: the descriptor, the kernel, the process tree, the witness, the bearer token"
                    MAY host)
room(principals     WHY "who a uid is on this host: its login and groups, and the user that policies know it by"
                    MAY aws host text
                    LIBS PkgConfig::EVENT_CORE)
room(tools          WHY "what every sentinel-* tool does around its words: arguments, output, exit codes"
                    MAY text)
room(call           WHY "one signed HTTP call: transport, proxy, trust, retry, clock, which key signs"
                    MAY aws host text
                    LIBS PkgConfig::CRYPTO PkgConfig::CURL PkgConfig::EVENT_CORE PkgConfig::EXPAT PkgConfig::SSL)
room(keystore       WHY "keys at rest: the folder of sentinel keys, its entries, the programs that open them"
                    MAY aws host text
                    LIBS PkgConfig::CRYPTO)
room(policy HOT     WHY "a policy in memory: match, evaluate, narrow, overrides; reads nothing"
                    MAY aws text
                    LIBS date::date-tz)
room(profile        WHY "the AWS files and settings, resolved to a plan; asks no server"
                    MAY aws text)
room(host_config    WHY "what /etc/sentinel/host.yaml says of a host that users share, read strictly; asks no server"
                    MAY aws principals profile text yaml)
room(decide HOT     WHY "the only yes: authorize, Permit, the terms and lifetime of what is issued"
                    MAY aws caller policy)
room(device         WHY "what root says of this device, read by a process of its own"
                    MAY host policy text
                    LIBS PkgConfig::EVENT_CORE)
room(policy/yaml    WHY "text to policy, strictly"
                    MAY aws policy text yaml)
room(services       WHY "requests and answers of STS, SSM, KMS, DynamoDB, IAM and the console's sign-in"
                    MAY aws call text)
room(tools/settings WHY "what a tool takes from its own user and environment, as a broker is told it by its supervisor"
                    MAY host profile)
room(audit HOT      WHY "the decision log: line, chain, signature, sinks"
                    MAY decide host text
                    LIBS PkgConfig::CRYPTO)
room(keys           WHY "the contract of getting keys, keeping them fresh, the errands that get them"
                    MAY aws call host services text
                    LIBS PkgConfig::EVENT_CORE)
room(policy/source  WHY "where the policy in force comes from: file, parameter, signature, versions"
                    MAY call host policy policy/yaml services text yaml
                    LIBS PkgConfig::CRYPTO PkgConfig::EVENT_CORE PkgConfig::JSONCPP)
room(study          WHY "what can be proven, compared and explained of a policy; for its authors, never in the broker"
                    MAY decide device host policy policy/yaml text yaml)
room(study/diff     WHY "what changes between two policies: rule by rule, and in every decision"
                    MAY policy study text)
room(tracking       WHY "this run in a table of sessions"
                    MAY host profile services text)
room(sources/sign_in WHY "what sign-ins have in common: the file that the user's AWS CLI shares, a browser that comes back"
                    MAY host text
                    LIBS PkgConfig::CRYPTO)
room(sources/login  WHY "keys of `aws login`: its file, the proof of its key, the sign-in service"
                    MAY aws call host keys profile sources/sign_in text
                    LIBS PkgConfig::CRYPTO)
room(sources/sso    WHY "keys of IAM Identity Center: the sign-in, the token, its cache that the AWS CLI shares"
                    MAY aws call keys profile sources/sign_in text
                    LIBS PkgConfig::CRYPTO)
room(sources        WHY "every source of a first key, and the choice among them"
                    MAY aws call host keys keystore profile services sources/login sources/sso text)
room(issuing        WHY "the judge of a run as an interface, role chains run for given terms, the keys kept by terms"
                    MAY aws call decide host keys policy profile services sources text)
room(remote         WHY "a token vending machine in the place of policy and STS"
                    MAY aws call host issuing keys policy profile services text)
room(run_profiles HOT WHY "the profiles of a run, each with its judge, source and keys"
                    MAY audit aws call caller decide host issuing keys policy profile services text tracking)
room(serve HOT      WHY "the process: its task, start, requests and answers; one-shot and whoami"
                    MAY audit aws call caller decide device host issuing keys keystore policy policy/source profile remote
                        run_profiles services sources sources/login sources/sso text tracking
                    LIBS PkgConfig::EVENT_CORE)

room(tools/aws      WHY "AWS for a tool: the key process, which asks it, and the messages between the two"
                    MAY aws call host keys keystore profile services sources text tools/settings
                    LIBS PkgConfig::EVENT_CORE)
room(tools/mistakes WHY "how a tool tells every mistake of a text that people write"
                    MAY tools yaml)
room(tools/policy   WHY "sentinel-policy: checks, explains, compares, signs and moves policies"
                    MAY call host policy policy/source policy/yaml study study/diff text tools tools/aws
                        tools/mistakes yaml)
room(tools/audit    WHY "sentinel-audit: verifies decision logs and shows what they hold; needs no network"
                    MAY audit host text tools tools/settings)
room(tools/keys     WHY "sentinel-keys: puts long-term keys away, lists, removes and rotates them"
                    MAY aws call host keystore profile text tools tools/aws tools/settings
                    LIBS Threads::Threads)
room(tools/profiles WHY "sentinel-profiles: lists profiles, their sources and roles; needs no network"
                    MAY host keystore profile text tools tools/settings)
room(tools/cache    WHY "sentinel-cache: lists and clears what runs keep for the next ones; needs no network"
                    MAY host keystore profile sources sources/login sources/sign_in sources/sso text tools
                        tools/settings)
room(tools/host     WHY "sentinel-host: checks the file that configures a host which users share; asks no server"
                    MAY call host host_config policy policy/source policy/yaml principals profile text tools
                        tools/mistakes yaml)

program(sentinel-broker MAIN serve/main.cc LINKS serve)
program(sentinel-policy MAIN tools/policy/main.cc LINKS tools/policy)
program(sentinel-audit MAIN tools/audit/main.cc LINKS tools/audit)
program(sentinel-keys MAIN tools/keys/main.cc LINKS tools/keys)
program(sentinel-profiles MAIN tools/profiles/main.cc LINKS tools/profiles)
program(sentinel-cache MAIN tools/cache/main.cc LINKS tools/cache)
program(sentinel-host MAIN tools/host/main.cc LINKS tools/host)
