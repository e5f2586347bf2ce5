# Printed by `sentinel --print-bash` from commands.def and options.def; a test compares.
_sentinel_words() {
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}
_sentinel_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
_sentinel_names() {
  local name
  while IFS= read -r name; do
    [[ $name == "${cur//\\/}"* ]] && COMPREPLY+=("$(printf %q "$name")")
  done < <("$sentinel" "$@" --names 2>/dev/null)
}
_sentinel_command() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)) && [[ $cur != */* ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else
    _sentinel_files
  fi
}
_sentinel() {
  local sentinel=${1/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i word scope= named=
  COMPREPLY=()
  # --name=value are three words here.
  [[ $cur == '=' ]] && cur=
  [[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == '=' ]] && { ((i++)); continue; }
    [[ $word == -p || $word == --profile ]] && named=yes
    case ${COMP_WORDS[i-1]} in --profile|-p|--profiles|--policy-parameter|--policy-file|-f|--policy-key|--policy-kms-key|--policy-poll|--policy-max-age|--region|-r|--duration|--remote-server|--remote-token-file|--unix-socket-path|--server-port|--server-duration|--session-table|--format|--mfa-token|--mfa-token-fd|--remember|--prompt|--destination|--log-file|--log-max-size|--log-key|--log-key-id|--on-broker-exit|--on-tamper|--user|--mode|--transport|--at|--account|--arn|--groups|--posture|--source|--policy|--name|--policy-version|--sign-key|--signature|--output|--expect-head|--head|--effect|--outcome|--rule|--since|--until|--limit|--store|--protect|--kind|--color) continue ;; esac
    [[ $word == -- && $scope == exec ]] && { _sentinel_command $((i + 1)); return; }
    [[ $word == -* ]] && continue
    case $scope in
    exec|credentials|whoami|init|login|status)
      if [[ $scope == exec && ( -n $named || -z $("$sentinel" profiles --names 2>/dev/null | grep -Fx -- "$word") ) ]]; then
        _sentinel_command $i
        return
      fi
      named=yes ;;
    '') case $word in exec|credentials|whoami|init|login|status|profiles|doctor|policy|audit|keys|cache|host) scope=$word ;; esac ;;
    policy) case $word in validate|lint|explain|test|diff|schema|pull|push|sign|verify) scope="policy $word" ;; esac ;;
    audit) case $word in verify|show|stats) scope="audit $word" ;; esac ;;
    keys) case $word in add|list|remove|rotate) scope="keys $word" ;; esac ;;
    cache) case $word in list|clear) scope="cache $word" ;; esac ;;
    host) case $word in validate|principal|schema) scope="host $word" ;; esac ;;
    esac
  done
  case $prev in
  --profile|-p) _sentinel_names profiles; return ;;
  --profiles) _sentinel_names profiles; return ;;
  --policy-parameter) :; return ;;
  --policy-file|-f) _sentinel_files; return ;;
  --policy-key) _sentinel_files; return ;;
  --policy-kms-key) :; return ;;
  --policy-poll) :; return ;;
  --policy-max-age) :; return ;;
  --region|-r) :; return ;;
  --duration) :; return ;;
  --remote-server) :; return ;;
  --remote-token-file) _sentinel_files; return ;;
  --unix-socket-path) _sentinel_files; return ;;
  --server-port) :; return ;;
  --server-duration) :; return ;;
  --session-table) :; return ;;
  --format) _sentinel_words json env fish; return ;;
  --mfa-token) :; return ;;
  --mfa-token-fd) :; return ;;
  --remember) :; return ;;
  --prompt) _sentinel_words terminal pinentry zenity kdialog ykman; return ;;
  --destination) :; return ;;
  --log-file) _sentinel_files; return ;;
  --log-max-size) :; return ;;
  --log-key) _sentinel_files; return ;;
  --log-key-id) :; return ;;
  --on-broker-exit) _sentinel_words kill keep; return ;;
  --on-tamper) _sentinel_words end warn; return ;;
  --user) :; return ;;
  --mode) _sentinel_words server cli credential_process; return ;;
  --transport) _sentinel_words unix tcp; return ;;
  --at) :; return ;;
  --account) :; return ;;
  --arn) :; return ;;
  --groups) :; return ;;
  --posture) _sentinel_files; return ;;
  --source) _sentinel_words role chained key; return ;;
  --policy) _sentinel_files; return ;;
  --name) :; return ;;
  --policy-version) :; return ;;
  --sign-key) _sentinel_files; return ;;
  --signature) _sentinel_files; return ;;
  --output) _sentinel_files; return ;;
  --expect-head) :; return ;;
  --head) _sentinel_files; return ;;
  --effect) _sentinel_words allow deny require_approval; return ;;
  --outcome) _sentinel_words issued refused failed; return ;;
  --rule) :; return ;;
  --since) :; return ;;
  --until) :; return ;;
  --limit) :; return ;;
  --store) _sentinel_words file secret-service pass; return ;;
  --protect) _sentinel_words passphrase systemd-creds tpm2; return ;;
  --kind) _sentinel_words mfa openers role-keys; return ;;
  --color) _sentinel_words auto always never; return ;;
  esac
  case $scope in
  '') _sentinel_words exec credentials whoami init login status profiles doctor policy audit keys cache host --help --version --print-man --print-bash --print-zsh --print-fish ;;
  'policy') _sentinel_words validate lint explain test diff schema pull push sign verify --help ;;
  'audit') _sentinel_words verify show stats --help ;;
  'keys') _sentinel_words add list remove rotate --help ;;
  'cache') _sentinel_words list clear --help ;;
  'host') _sentinel_words validate principal schema --help ;;
  'exec') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --profile --profiles --all-profiles --policy-parameter --policy-file --policy-key --policy-kms-key --policy-poll --policy-max-age --region --duration --server --remote-server --remote-token-file --unix-socket --unix-socket-path --allow-tcp-fallback --server-port --lazy --server-duration --session-table --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --remember --prompt --auto-login --stdout --device-code --log-file --log-stderr --log-syslog --log-sync --log-max-size --log-key --log-key-id --quiet --verbose --quiet-reasons --on-broker-exit --on-tamper --show-settings --help-all --help -- ;;
  'credentials') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --profile --policy-parameter --policy-file --policy-key --policy-kms-key --region --duration --format --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --cache --remember --prompt --auto-login --stdout --device-code --log-file --log-stderr --log-syslog --log-sync --log-max-size --log-key --log-key-id --quiet --verbose --show-settings --help-all --help ;;
  'whoami') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --profile --policy-parameter --policy-file --policy-key --policy-kms-key --region --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --remember --prompt --auto-login --stdout --device-code --quiet --verbose --show-settings --json --help-all --help ;;
  'init') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --profile --region --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --remember --prompt --auto-login --stdout --device-code --quiet --show-settings --help-all --help ;;
  'login') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --profile --policy-parameter --policy-file --policy-key --policy-kms-key --region --duration --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --remember --prompt --auto-login --device-code --stdout --destination --log-file --log-stderr --log-syslog --log-sync --log-max-size --log-key --log-key-id --quiet --verbose --show-settings --help-all --help ;;
  'status') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --short --json --help-all --help ;;
  'policy validate') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --json --color --help ;;
  'policy lint') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --json --color --help ;;
  'policy explain') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --user --profile --mode --transport --at --account --arn --groups --posture --session-table --duration --source --json --color --help ;;
  'policy test') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --policy --json --color --help ;;
  'policy diff') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --json --color --help ;;
  'policy schema') _sentinel_words --man --cases --json --color --help ;;
  'policy pull') _sentinel_words --profile --region --env-keys --allow-user-namespace --policy-parameter --output --json --color --help ;;
  'policy push') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --profile --region --env-keys --allow-user-namespace --policy-parameter --policy-version --sign-key --policy-kms-key --json --color --help ;;
  'policy sign') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --profile --region --env-keys --allow-user-namespace --name --policy-version --sign-key --policy-kms-key --output --json --color --help ;;
  'policy verify') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --profile --region --env-keys --allow-user-namespace --policy-parameter --name --signature --policy-key --policy-kms-key --json --color --help ;;
  'audit verify') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --log-file --log-key --expect-head --head --json --color --help ;;
  'audit show') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --log-file --user --profile --effect --outcome --rule --since --until --limit --json --color --help ;;
  'audit stats') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --log-file --user --profile --effect --outcome --rule --since --until --json --color --help ;;
  'profiles') _sentinel_words --names --json --color --help ;;
  'doctor') _sentinel_words --all --offline --json --color --help ;;
  'keys add') [[ $cur == -* || -n $named ]] || { _sentinel_names profiles; return; }
    _sentinel_words --allow-user-namespace --store --protect --from-credentials-file --offline --region --json --color --help ;;
  'keys list') _sentinel_words --names --json --color --help ;;
  'keys remove') [[ $cur == -* || -n $named ]] || { _sentinel_names keys list; return; }
    _sentinel_words --json --color --help ;;
  'keys rotate') [[ $cur == -* || -n $named ]] || { _sentinel_names keys list; return; }
    _sentinel_words --allow-user-namespace --region --json --color --help ;;
  'cache list') _sentinel_words --allow-user-namespace --json --color --help ;;
  'cache clear') _sentinel_words --allow-user-namespace --all --kind --profile --sso --aws-login --json --color --help ;;
  'host validate') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --json --color --help ;;
  'host principal') [[ $cur == -* || -n $named ]] || { _sentinel_files; return; }
    _sentinel_words --json --color --help ;;
  'host schema') _sentinel_words --man --json --color --help ;;
  esac
}
complete -F _sentinel sentinel
