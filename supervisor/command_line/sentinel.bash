# Printed by `sentinel --print-bash` from commands.def and options.def; a test compares.
_sentinel() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i word scope=
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -- && $scope == exec ]] && { _command_offset $((i + 1)); return; }
    case ${COMP_WORDS[i-1]} in --profile|--profiles|--policy-parameter|--policy-file|--policy-key|--policy-kms-key|--policy-poll|--policy-max-age|--region|--duration|--remote-server|--remote-token-file|--unix-socket-path|--server-port|--server-duration|--session-table|--mfa-token|--mfa-token-fd|--prompt|--log-file|--log-max-size|--log-key|--log-key-id|--on-broker-exit|--on-tamper|--user|--mode|--transport|--at|--account|--arn|--groups|--posture|--source|--policy|--name|--policy-version|--sign-key|--signature|--output|--expect-head|--head|--effect|--outcome|--rule|--since|--until|--limit|--store|--protect|--color) continue ;; esac
    [[ $word == -* ]] && continue
    case $scope in
    '') case $word in exec|credentials|whoami|profiles|doctor|policy|audit|keys) scope=$word ;; esac ;;
    policy) case $word in validate|lint|explain|test|diff|schema|pull|push|sign|verify) scope="policy $word" ;; esac ;;
    audit) case $word in verify|show) scope="audit $word" ;; esac ;;
    keys) case $word in add|list|remove|rotate) scope="keys $word" ;; esac ;;
    exec) _command_offset $i; return ;;
    esac
  done
  case $prev in
  --profile) return ;;
  --profiles) return ;;
  --policy-parameter) return ;;
  --policy-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --policy-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --policy-kms-key) return ;;
  --policy-poll) return ;;
  --policy-max-age) return ;;
  --region) return ;;
  --duration) return ;;
  --remote-server) return ;;
  --remote-token-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --unix-socket-path) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --server-port) return ;;
  --server-duration) return ;;
  --session-table) return ;;
  --mfa-token) return ;;
  --mfa-token-fd) return ;;
  --prompt) COMPREPLY=($(compgen -W "terminal pinentry zenity kdialog ykman" -- "$cur")); return ;;
  --log-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --log-max-size) return ;;
  --log-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --log-key-id) return ;;
  --on-broker-exit) COMPREPLY=($(compgen -W "kill keep" -- "$cur")); return ;;
  --on-tamper) COMPREPLY=($(compgen -W "end warn" -- "$cur")); return ;;
  --user) return ;;
  --mode) COMPREPLY=($(compgen -W "server cli credential_process" -- "$cur")); return ;;
  --transport) COMPREPLY=($(compgen -W "unix tcp" -- "$cur")); return ;;
  --at) return ;;
  --account) return ;;
  --arn) return ;;
  --groups) return ;;
  --posture) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --source) COMPREPLY=($(compgen -W "role chained key" -- "$cur")); return ;;
  --policy) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --name) return ;;
  --policy-version) return ;;
  --sign-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --signature) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --output) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --expect-head) return ;;
  --head) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  --effect) COMPREPLY=($(compgen -W "allow deny require_approval" -- "$cur")); return ;;
  --outcome) COMPREPLY=($(compgen -W "issued refused failed" -- "$cur")); return ;;
  --rule) return ;;
  --since) return ;;
  --until) return ;;
  --limit) return ;;
  --store) COMPREPLY=($(compgen -W "file secret-service pass" -- "$cur")); return ;;
  --protect) COMPREPLY=($(compgen -W "passphrase systemd-creds tpm2" -- "$cur")); return ;;
  --color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
  esac
  case $scope in
  '') COMPREPLY=($(compgen -W "exec credentials whoami profiles doctor policy audit keys --help --version --print-man --print-bash" -- "$cur")) ;;
  'policy') COMPREPLY=($(compgen -W "validate lint explain test diff schema pull push sign verify --help" -- "$cur")) ;;
  'audit') COMPREPLY=($(compgen -W "verify show --help" -- "$cur")) ;;
  'keys') COMPREPLY=($(compgen -W "add list remove rotate --help" -- "$cur")) ;;
  'exec') COMPREPLY=($(compgen -W "--profile --profiles --all-profiles --policy-parameter --policy-file --policy-key --policy-kms-key --policy-poll --policy-max-age --region --duration --server --remote-server --remote-token-file --unix-socket --unix-socket-path --allow-tcp-fallback --server-port --lazy --server-duration --session-table --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --prompt --auto-login --stdout --log-file --log-stderr --log-syslog --log-sync --log-max-size --log-key --log-key-id --quiet --quiet-reasons --on-broker-exit --on-tamper --help" -- "$cur")) ;;
  'credentials') COMPREPLY=($(compgen -W "--profile --policy-parameter --policy-file --policy-key --policy-kms-key --region --duration --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --prompt --auto-login --stdout --log-file --log-stderr --log-syslog --log-sync --log-max-size --log-key --log-key-id --quiet --help" -- "$cur")) ;;
  'whoami') COMPREPLY=($(compgen -W "--profile --policy-parameter --policy-file --policy-key --policy-kms-key --region --env-keys --allow-user-namespace --mfa-token --mfa-token-fd --share-mfa --prompt --auto-login --stdout --quiet --json --help" -- "$cur")) ;;
  'policy validate') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'policy lint') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'policy explain') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--user --profile --mode --transport --at --account --arn --groups --posture --session-table --duration --source --json --color --help" -- "$cur")) ;;
  'policy test') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--policy --json --color --help" -- "$cur")) ;;
  'policy diff') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'policy schema') COMPREPLY=($(compgen -W "--man --json --color --help" -- "$cur")) ;;
  'policy pull') COMPREPLY=($(compgen -W "--profile --region --env-keys --allow-user-namespace --policy-parameter --output --json --color --help" -- "$cur")) ;;
  'policy push') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--profile --region --env-keys --allow-user-namespace --policy-parameter --policy-version --sign-key --policy-kms-key --json --color --help" -- "$cur")) ;;
  'policy sign') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--profile --region --env-keys --allow-user-namespace --name --policy-version --sign-key --policy-kms-key --output --json --color --help" -- "$cur")) ;;
  'policy verify') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--profile --region --env-keys --allow-user-namespace --policy-parameter --name --signature --policy-key --policy-kms-key --json --color --help" -- "$cur")) ;;
  'audit verify') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--log-key --expect-head --head --json --color --help" -- "$cur")) ;;
  'audit show') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--user --profile --effect --outcome --rule --since --until --limit --json --color --help" -- "$cur")) ;;
  'profiles') COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'doctor') COMPREPLY=($(compgen -W "--offline --json --color --help" -- "$cur")) ;;
  'keys add') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--allow-user-namespace --store --protect --from-credentials-file --json --color --help" -- "$cur")) ;;
  'keys list') COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'keys remove') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--json --color --help" -- "$cur")) ;;
  'keys rotate') [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }
    COMPREPLY=($(compgen -W "--allow-user-namespace --region --json --color --help" -- "$cur")) ;;
  esac
}
complete -F _sentinel sentinel
