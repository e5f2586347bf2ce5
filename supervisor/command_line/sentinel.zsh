#compdef sentinel
# Printed by `sentinel --print-zsh` from commands.def and options.def; a test compares.
_sentinel_names() {
  local -a names=("${(@f)$($sentinel_program "$@" --names 2>/dev/null)}")
  names=("${(@)names:#}")
  (( $#names )) && compadd -- "${names[@]}"
}
_sentinel() {
  local sentinel_program=${${(Q)words[1]}/#\~/$HOME} curcontext=$curcontext state line
  _arguments -C \
    '(-h --help)'{-h,--help}'[show how to use sentinel and end]' \
    '(--version)''--version[show the version and end]' \
    '(--print-man)''--print-man[print this manual page as roff and end]' \
    '(--print-bash)''--print-bash[print the bash completion script and end]' \
    '(--print-zsh)''--print-zsh[print the zsh completion script and end]' \
    '(--print-fish)''--print-fish[print the fish completion script and end]' \
    '1: :->command' '*:: :->rest'
  if [[ $state == command ]]; then
    local -a words_here=(
    'exec:Runs COMMAND'
    'credentials:Prints short-lived AWS credentials of a profile'
    'whoami:Says who a profile'\''s key belongs to'
    'init:Writes a first config and a first policy for the owner of a profile'\''s key'
    'login:Opens the AWS console in a browser'
    'status:Says'
    'profiles:Lists every profile of the AWS files'
    'doctor:Says which guarantees hold on this host'
    'policy:Tools for policies'
    'audit:Tools for the decision log'
    'keys:Tools for long-term keys'
    'cache:Tools for what runs keep'
    'host:Tools for a shared host'
    )
    _describe command words_here
    return
  fi
  [[ $state == rest ]] || return
  if [[ $words[1] == exec ]] && (( ${words[(i)--]} < CURRENT )); then
    local dashes=${words[(i)--]}
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  case $words[1] in
  exec) _arguments -s -S \
    '(1 )*'{-p+,--profile=}'[AWS profile whose credentials are served]:NAME: _sentinel_names profiles' \
    '*''--profiles=[serve every profile of the AWS files that fits]:PATTERN: _sentinel_names profiles' \
    '(--all-profiles)''--all-profiles[serve every profile of the AWS files that can be used]' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter that holds the policy]:NAME: ' \
    '(-f --policy-file)'{-f+,--policy-file=}'[file that holds the policy]:PATH:_files' \
    '(--policy-key)''--policy-key=[public key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key that must have signed the policy]:ID: ' \
    '(--policy-poll)''--policy-poll=[time between two looks at the policy'\''s parameter]:DURATION: ' \
    '(--policy-max-age)''--policy-max-age=[how old a policy may grow while its parameter cannot be read]:DURATION: ' \
    '(-r --region)'{-r+,--region=}'[AWS region for Sentinel'\''s own calls and for the command]:REGION: ' \
    '(--duration)''--duration=[lifetime asked of AWS for the credentials]:DURATION: ' \
    '(-s --server)'{-s,--server}'[serve short-lived credentials to the command and its descendants]' \
    '(--remote-server)''--remote-server=[serve credentials that a token vending machine issues]:URL: ' \
    '(--remote-token-file)''--remote-token-file=[file of the bearer token that is sent to it instead of a signature]:PATH:_files' \
    '(-u --unix-socket)'{-u,--unix-socket}'[serve over a Unix socket]' \
    '(--unix-socket-path)''--unix-socket-path=[where the socket is made]:PATH:_files' \
    '(--allow-tcp-fallback)''--allow-tcp-fallback[serve over TCP when the Unix socket cannot be made]' \
    '(--server-port)''--server-port=[TCP port on 127.0.0.1]:PORT: ' \
    '(--lazy)''--lazy[fetch credentials at the first request instead of at the start]' \
    '(--server-duration)''--server-duration=[lifetime asked of AWS for each set of credentials]:DURATION: ' \
    '(--session-table)''--session-table=[DynamoDB table that tracks this run]:NAME: ' \
    '(--env-keys)''--env-keys[begin with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--mfa-token)''--mfa-token=[the one-time code of the profile'\''s mfa_serial]:CODE|-: ' \
    '(--mfa-token-fd)''--mfa-token-fd=[descriptor that the code is read from]:NUMBER: ' \
    '(--share-mfa)''--share-mfa[share the session that a code makes with your other runs that are given this option]' \
    '(--remember)''--remember=[do not ask again for the passphrase of a stored key]:DURATION: ' \
    '(--prompt)''--prompt=[how to ask for codes and passphrases]:terminal|pinentry|zenity|kdialog|ykman:(terminal pinentry zenity kdialog ykman)' \
    '(--auto-login)''--auto-login[log in to IAM Identity Center]' \
    '(--stdout)''--stdout[only say where the login page is]' \
    '(--device-code)''--device-code[log in by a page with a code]' \
    '(--log-file)''--log-file=[append decisions as JSON Lines to this file]:PATH:_files' \
    '(--log-stderr)''--log-stderr[write decisions to stderr]' \
    '(--log-syslog)''--log-syslog[send decisions to the system'\''s log]' \
    '(--log-sync)''--log-sync[answer a request only when its decision has reached the disk]' \
    '(--log-max-size)''--log-max-size=[begin a new log file when this one is as large as 64MiB]:SIZE: ' \
    '(--log-key)''--log-key=[key file that signs the decision log]:PATH:_files' \
    '(--log-key-id)''--log-key-id=[what the log calls that key]:ID: ' \
    '(-q --quiet)'{-q,--quiet}'[do not show refusals and information on stderr]' \
    '(-v --verbose)'{-v,--verbose}'[say on stderr which settings this run takes from files and variables]' \
    '(--quiet-reasons)''--quiet-reasons[tell programs only that they were refused]' \
    '(--on-broker-exit)''--on-broker-exit=[what happens to the command when the broker dies]:kill|keep:(kill keep)' \
    '(--on-tamper)''--on-tamper=[what happens when another program changes]:end|warn:(end warn)' \
    '(--show-settings)''--show-settings[print what each option would be for this command line]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  credentials) _arguments -s -S \
    '(1 -p --profile)'{-p+,--profile=}'[AWS profile whose credentials are served]:NAME: _sentinel_names profiles' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter that holds the policy]:NAME: ' \
    '(-f --policy-file)'{-f+,--policy-file=}'[file that holds the policy]:PATH:_files' \
    '(--policy-key)''--policy-key=[public key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key that must have signed the policy]:ID: ' \
    '(-r --region)'{-r+,--region=}'[AWS region for Sentinel'\''s own calls and for the command]:REGION: ' \
    '(--duration)''--duration=[lifetime asked of AWS for the credentials]:DURATION: ' \
    '(--format)''--format=[json]:json|env|fish:(json env fish)' \
    '(--env-keys)''--env-keys[begin with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--mfa-token)''--mfa-token=[the one-time code of the profile'\''s mfa_serial]:CODE|-: ' \
    '(--mfa-token-fd)''--mfa-token-fd=[descriptor that the code is read from]:NUMBER: ' \
    '(--share-mfa)''--share-mfa[share the session that a code makes with your other runs that are given this option]' \
    '(--cache)''--cache[keep the credentials of the role for your other runs that are given this option]' \
    '(--remember)''--remember=[do not ask again for the passphrase of a stored key]:DURATION: ' \
    '(--prompt)''--prompt=[how to ask for codes and passphrases]:terminal|pinentry|zenity|kdialog|ykman:(terminal pinentry zenity kdialog ykman)' \
    '(--auto-login)''--auto-login[log in to IAM Identity Center]' \
    '(--stdout)''--stdout[only say where the login page is]' \
    '(--device-code)''--device-code[log in by a page with a code]' \
    '(--log-file)''--log-file=[append decisions as JSON Lines to this file]:PATH:_files' \
    '(--log-stderr)''--log-stderr[write decisions to stderr]' \
    '(--log-syslog)''--log-syslog[send decisions to the system'\''s log]' \
    '(--log-sync)''--log-sync[answer a request only when its decision has reached the disk]' \
    '(--log-max-size)''--log-max-size=[begin a new log file when this one is as large as 64MiB]:SIZE: ' \
    '(--log-key)''--log-key=[key file that signs the decision log]:PATH:_files' \
    '(--log-key-id)''--log-key-id=[what the log calls that key]:ID: ' \
    '(-q --quiet)'{-q,--quiet}'[do not show refusals and information on stderr]' \
    '(-v --verbose)'{-v,--verbose}'[say on stderr which settings this run takes from files and variables]' \
    '(--show-settings)''--show-settings[print what each option would be for this command line]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  whoami) _arguments -s -S \
    '(1 -p --profile)'{-p+,--profile=}'[AWS profile whose credentials are served]:NAME: _sentinel_names profiles' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter that holds the policy]:NAME: ' \
    '(-f --policy-file)'{-f+,--policy-file=}'[file that holds the policy]:PATH:_files' \
    '(--policy-key)''--policy-key=[public key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key that must have signed the policy]:ID: ' \
    '(-r --region)'{-r+,--region=}'[AWS region for Sentinel'\''s own calls and for the command]:REGION: ' \
    '(--env-keys)''--env-keys[begin with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--mfa-token)''--mfa-token=[the one-time code of the profile'\''s mfa_serial]:CODE|-: ' \
    '(--mfa-token-fd)''--mfa-token-fd=[descriptor that the code is read from]:NUMBER: ' \
    '(--share-mfa)''--share-mfa[share the session that a code makes with your other runs that are given this option]' \
    '(--remember)''--remember=[do not ask again for the passphrase of a stored key]:DURATION: ' \
    '(--prompt)''--prompt=[how to ask for codes and passphrases]:terminal|pinentry|zenity|kdialog|ykman:(terminal pinentry zenity kdialog ykman)' \
    '(--auto-login)''--auto-login[log in to IAM Identity Center]' \
    '(--stdout)''--stdout[only say where the login page is]' \
    '(--device-code)''--device-code[log in by a page with a code]' \
    '(-q --quiet)'{-q,--quiet}'[do not show refusals and information on stderr]' \
    '(-v --verbose)'{-v,--verbose}'[say on stderr which settings this run takes from files and variables]' \
    '(--show-settings)''--show-settings[print what each option would be for this command line]' \
    '(--json)''--json[answer as JSON]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  init) _arguments -s -S \
    '(1 -p --profile)'{-p+,--profile=}'[AWS profile whose credentials are served]:NAME: _sentinel_names profiles' \
    '(-r --region)'{-r+,--region=}'[AWS region for Sentinel'\''s own calls and for the command]:REGION: ' \
    '(--env-keys)''--env-keys[begin with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--mfa-token)''--mfa-token=[the one-time code of the profile'\''s mfa_serial]:CODE|-: ' \
    '(--mfa-token-fd)''--mfa-token-fd=[descriptor that the code is read from]:NUMBER: ' \
    '(--share-mfa)''--share-mfa[share the session that a code makes with your other runs that are given this option]' \
    '(--remember)''--remember=[do not ask again for the passphrase of a stored key]:DURATION: ' \
    '(--prompt)''--prompt=[how to ask for codes and passphrases]:terminal|pinentry|zenity|kdialog|ykman:(terminal pinentry zenity kdialog ykman)' \
    '(--auto-login)''--auto-login[log in to IAM Identity Center]' \
    '(--stdout)''--stdout[only say where the login page is]' \
    '(--device-code)''--device-code[log in by a page with a code]' \
    '(-q --quiet)'{-q,--quiet}'[do not show refusals and information on stderr]' \
    '(--show-settings)''--show-settings[print what each option would be for this command line]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  login) _arguments -s -S \
    '(1 -p --profile)'{-p+,--profile=}'[AWS profile whose credentials are served]:NAME: _sentinel_names profiles' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter that holds the policy]:NAME: ' \
    '(-f --policy-file)'{-f+,--policy-file=}'[file that holds the policy]:PATH:_files' \
    '(--policy-key)''--policy-key=[public key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key that must have signed the policy]:ID: ' \
    '(-r --region)'{-r+,--region=}'[AWS region for Sentinel'\''s own calls and for the command]:REGION: ' \
    '(--duration)''--duration=[lifetime asked of AWS for the credentials]:DURATION: ' \
    '(--env-keys)''--env-keys[begin with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--mfa-token)''--mfa-token=[the one-time code of the profile'\''s mfa_serial]:CODE|-: ' \
    '(--mfa-token-fd)''--mfa-token-fd=[descriptor that the code is read from]:NUMBER: ' \
    '(--share-mfa)''--share-mfa[share the session that a code makes with your other runs that are given this option]' \
    '(--remember)''--remember=[do not ask again for the passphrase of a stored key]:DURATION: ' \
    '(--prompt)''--prompt=[how to ask for codes and passphrases]:terminal|pinentry|zenity|kdialog|ykman:(terminal pinentry zenity kdialog ykman)' \
    '(--auto-login)''--auto-login[log in to IAM Identity Center]' \
    '(--device-code)''--device-code[log in by a page with a code]' \
    '(--stdout)''--stdout[print the address of the signed-in console on stdout instead of opening a browser]' \
    '(--destination)''--destination=[the page of the console to open]:SERVICE|URL: ' \
    '(--log-file)''--log-file=[append decisions as JSON Lines to this file]:PATH:_files' \
    '(--log-stderr)''--log-stderr[write decisions to stderr]' \
    '(--log-syslog)''--log-syslog[send decisions to the system'\''s log]' \
    '(--log-sync)''--log-sync[answer a request only when its decision has reached the disk]' \
    '(--log-max-size)''--log-max-size=[begin a new log file when this one is as large as 64MiB]:SIZE: ' \
    '(--log-key)''--log-key=[key file that signs the decision log]:PATH:_files' \
    '(--log-key-id)''--log-key-id=[what the log calls that key]:ID: ' \
    '(-q --quiet)'{-q,--quiet}'[do not show refusals and information on stderr]' \
    '(-v --verbose)'{-v,--verbose}'[say on stderr which settings this run takes from files and variables]' \
    '(--show-settings)''--show-settings[print what each option would be for this command line]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  status) _arguments -s -S \
    '(--short)''--short[print a few words for a prompt]' \
    '(--json)''--json[answer as JSON]' \
    '(--help-all)''--help-all[show every option and end]' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
    ;;
  profiles) _arguments -s -S \
    '(--names)''--names[print the names alone]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
    ;;
  doctor) _arguments -s -S \
    '(--all)''--all[show what holds]' \
    '(--offline)''--offline[ask nothing on the network]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
    ;;
  policy)
    if (( CURRENT == 2 )); then
    local -a words_here=(
    'validate:Says whether each file is a policy'
    'lint:Says what in a policy is probably not meant'
    'explain:Shows what a policy answers to one request'
    'test:Runs a file of requests and expected answers against a policy'
    'diff:Shows where two policies answer differently'
    'schema:Prints every key that a policy may have'
    'pull:Gets a policy'\''s text from SSM Parameter Store'
    'push:Checks a policy and puts it into SSM Parameter Store'
    'sign:Signs a policy under its name and a version that must rise'
    'verify:Says whether a policy carries a good signature for its name'
    )
    _describe command words_here
    return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
    validate) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    lint) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    explain) _arguments -s -S \
    '(--user)''--user=[who asks]:NAME: ' \
    '(--profile)''--profile=[AWS profile that is asked for]:NAME: _sentinel_names profiles' \
    '(--mode)''--mode=[how the credentials would be handed out]:server|cli|credential_process:(server cli credential_process)' \
    '(--transport)''--transport=[how a server would be reached]:unix|tcp:(unix tcp)' \
    '(--at)''--at=[when]:TIME: ' \
    '(--account)''--account=[AWS account of the caller]:ID: ' \
    '(--arn)''--arn=[ARN of the caller]:ARN: ' \
    '(--groups)''--groups=[Unix groups of the caller]:NAME,...: ' \
    '(--posture)''--posture=[what is known of the device]:PATH:_files' \
    '(--session-table)''--session-table=[the table that tracks the session]:NAME: ' \
    '(--duration)''--duration=[lifetime that is asked for]:DURATION: ' \
    '(--source)''--source=[how the profile gets its credentials]:role|chained|key:(role chained key)' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    test) _arguments -s -S \
    '(--policy)''--policy=[the policy to ask]:PATH:_files' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    diff) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    schema) _arguments -s -S \
    '(--man)''--man[print the manual page sentinel-policy(5) as roff]' \
    '(--cases)''--cases[the keys of a table of `policy test` instead]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    pull) _arguments -s -S \
    '(--profile)''--profile=[AWS profile whose key the tool uses]:NAME: _sentinel_names profiles' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--env-keys)''--env-keys[ask AWS with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter of the policy]:NAME: ' \
    '(--output)''--output=[file to write]:PATH:_files' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    push) _arguments -s -S \
    '(--profile)''--profile=[AWS profile whose key the tool uses]:NAME: _sentinel_names profiles' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--env-keys)''--env-keys[ask AWS with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter of the policy]:NAME: ' \
    '(--policy-version)''--policy-version=[version that the signature binds]:NUMBER: ' \
    '(--sign-key)''--sign-key=[private key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key to sign with]:ID: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    sign) _arguments -s -S \
    '(--profile)''--profile=[AWS profile whose key the tool uses]:NAME: _sentinel_names profiles' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--env-keys)''--env-keys[ask AWS with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--name)''--name=[name that the signature binds]:NAME: ' \
    '(--policy-version)''--policy-version=[version that the signature binds]:NUMBER: ' \
    '(--sign-key)''--sign-key=[private key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key to sign with]:ID: ' \
    '(--output)''--output=[file to write]:PATH:_files' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    verify) _arguments -s -S \
    '(--profile)''--profile=[AWS profile whose key the tool uses]:NAME: _sentinel_names profiles' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--env-keys)''--env-keys[ask AWS with the access key of the environment]' \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--policy-parameter)''--policy-parameter=[SSM parameter of the policy]:NAME: ' \
    '(--name)''--name=[name that the signature binds]:NAME: ' \
    '(--signature)''--signature=[file of the signature]:PATH:_files' \
    '(--policy-key)''--policy-key=[public key]:PATH:_files' \
    '(--policy-kms-key)''--policy-kms-key=[KMS key that must have signed]:ID: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    esac ;;
  audit)
    if (( CURRENT == 2 )); then
    local -a words_here=(
    'verify:Says whether decision logs are whole'
    'show:Shows the decisions of logs'
    'stats:Counts the decisions of logs by outcome'
    )
    _describe command words_here
    return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
    verify) _arguments -s -S \
    '(--log-file)''--log-file=[where no FILE is named]:PATH:_files' \
    '(--log-key)''--log-key=[key file that signed the log]:PATH:_files' \
    '(--expect-head)''--expect-head=[hash of a line that must be there]:HASH: ' \
    '(--head)''--head=[file that remembers the log'\''s last line]:PATH:_files' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    show) _arguments -s -S \
    '(--log-file)''--log-file=[where no FILE is named]:PATH:_files' \
    '(--user)''--user=[decisions about this user alone]:NAME: ' \
    '(--profile)''--profile=[decisions about this profile alone]:NAME: _sentinel_names profiles' \
    '(--effect)''--effect=[decisions with this effect alone]:allow|deny|require_approval:(allow deny require_approval)' \
    '(--outcome)''--outcome=[decisions with this outcome alone]:issued|refused|failed:(issued refused failed)' \
    '(--rule)''--rule=[decisions by this rule alone]:NAME: ' \
    '(--since)''--since=[decisions from this time on]:TIME: ' \
    '(--until)''--until=[decisions before this time]:TIME: ' \
    '(--limit)''--limit=[at most so many]:NUMBER: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    stats) _arguments -s -S \
    '(--log-file)''--log-file=[where no FILE is named]:PATH:_files' \
    '(--user)''--user=[decisions about this user alone]:NAME: ' \
    '(--profile)''--profile=[decisions about this profile alone]:NAME: _sentinel_names profiles' \
    '(--effect)''--effect=[decisions with this effect alone]:allow|deny|require_approval:(allow deny require_approval)' \
    '(--outcome)''--outcome=[decisions with this outcome alone]:issued|refused|failed:(issued refused failed)' \
    '(--rule)''--rule=[decisions by this rule alone]:NAME: ' \
    '(--since)''--since=[decisions from this time on]:TIME: ' \
    '(--until)''--until=[decisions before this time]:TIME: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    esac ;;
  keys)
    if (( CURRENT == 2 )); then
    local -a words_here=(
    'add:Puts a long-term access key away under a profile'\''s name'
    'list:Shows whose keys are stored'
    'remove:Removes a stored key'
    'rotate:Makes a new access key in IAM'
    )
    _describe command words_here
    return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
    add) _arguments -s -S \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--store)''--store=[where the key is kept]:file|secret-service|pass:(file secret-service pass)' \
    '(--protect)''--protect=[what opens the file]:passphrase|systemd-creds|tpm2:(passphrase systemd-creds tpm2)' \
    '(--from-credentials-file)''--from-credentials-file[take the profile'\''s key out of ~/.aws/credentials]' \
    '(--offline)''--offline[store the key without asking AWS whether it works]' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names profiles'
      ;;
    list) _arguments -s -S \
    '(--names)''--names[print the names alone]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    remove) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names keys list'
      ;;
    rotate) _arguments -s -S \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--region)''--region=[AWS region]:REGION: ' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '1:PROFILE: _sentinel_names keys list'
      ;;
    esac ;;
  cache)
    if (( CURRENT == 2 )); then
    local -a words_here=(
    'list:Shows what outlives a run'
    'clear:Removes kept sessions from this machine'
    )
    _describe command words_here
    return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
    list) _arguments -s -S \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    clear) _arguments -s -S \
    '(--allow-user-namespace)''--allow-user-namespace[read keys inside of a user namespace]' \
    '(--all)''--all[everything that Sentinel keeps]' \
    '(--kind)''--kind=[what is of this kind alone]:mfa|openers|role-keys:(mfa openers role-keys)' \
    '(--profile)''--profile=[what this profile uses alone]:NAME: _sentinel_names profiles' \
    '(--sso)''--sso[sign-ins of IAM Identity Center as well]' \
    '(--aws-login)''--aws-login[sign-ins of aws login as well]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    esac ;;
  host)
    if (( CURRENT == 2 )); then
    local -a words_here=(
    'validate:Says whether a file that says how users share this host'
    'principal:Says which user of the policy a login or a uid of this machine is by such a file'
    'schema:Prints every key that such a file may have'
    )
    _describe command words_here
    return
    fi
    shift words; (( CURRENT-- ))
    case $words[1] in
    validate) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    principal) _arguments -s -S \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      '*:FILE:_files'
      ;;
    schema) _arguments -s -S \
    '(--man)''--man[print the manual page sentinel-host(5) as roff]' \
    '(--json)''--json[answer as JSON]' \
    '(--color)''--color=[whether the answer is coloured]:auto|always|never:(auto always never)' \
    '(-h --help)'{-h,--help}'[show how to use this and end]' \
      
      ;;
    esac ;;
  esac
}
if [[ $funcstack[1] == _sentinel ]]; then _sentinel "$@"; else compdef _sentinel sentinel; fi
