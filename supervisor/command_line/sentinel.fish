# Printed by `sentinel --print-fish` from commands.def and options.def; a test compares.
function __sentinel_names
    set -l program (commandline -opc)[1]
    $program $argv --names 2>/dev/null
end
# The plain words before the cursor, without options and their values, as far as --.
function __sentinel_plain
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        switch $word
            case --
                return
            case --profile -p --policy-parameter --policy-file -f --policy-key --policy-kms-key --policy-poll --policy-max-age --region -r --duration --remote-server --remote-token-file --unix-socket-path --server-port --server-duration --session-table --mfa-token --mfa-token-fd --prompt --log-file --log-max-size --log-key --log-key-id --on-broker-exit --on-tamper --user --mode --transport --at --account --arn --groups --posture --source --policy --name --policy-version --sign-key --signature --output --expect-head --head --effect --outcome --rule --since --until --limit --store --protect --color
                set skip yes
            case '-*'
            case '*'
                printf '%s\n' $word
        end
    end
end
function __sentinel_behind_dashes
    contains -- -- (commandline -opc)
end
function __sentinel_in
    __sentinel_behind_dashes; and return 1
    set -l words (__sentinel_plain)
    switch "$words[1]"
        case policy audit keys
            test "$argv" = (string join ' ' -- $words[1..2])
        case '*'
            test "$argv" = "$words[1]"
    end
end
# Behind the command's words one more stands already, or an option names the profile.
function __sentinel_named
    set -l words (__sentinel_plain)
    set -l own 1
    switch "$words[1]"
        case policy audit keys
            set own 2
    end
    test (count $words) -gt $own; and return 0
    string match -q -r -- '^(-p|--profile)' (commandline -opc)
end
# What another command's own completion offers, as if it stood alone.
function __sentinel_command
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l rest (string escape -- $words[(math $at + 1)..-1]) (commandline -ct)
    complete -C "$rest"
end
complete -c sentinel -f
complete -c sentinel -n '__sentinel_behind_dashes; and test (__sentinel_plain)[1] = exec' -x -a '(__sentinel_command)'
complete -c sentinel -n '__sentinel_in ""' -x -a exec -d 'Runs COMMAND'
complete -c sentinel -n '__sentinel_in ""' -x -a credentials -d 'Prints short-lived AWS credentials of a profile'
complete -c sentinel -n '__sentinel_in ""' -x -a whoami -d 'Says who a profile\'s key belongs to'
complete -c sentinel -n '__sentinel_in ""' -x -a profiles -d 'Lists every profile of the AWS files'
complete -c sentinel -n '__sentinel_in ""' -x -a doctor -d 'Says which guarantees hold on this host'
complete -c sentinel -n '__sentinel_in ""' -x -a policy -d 'Tools for policies'
complete -c sentinel -n '__sentinel_in ""' -x -a audit -d 'Tools for the decision log'
complete -c sentinel -n '__sentinel_in ""' -x -a keys -d 'Tools for long-term keys'
complete -c sentinel -n '__sentinel_in ""' -s h -l help -d 'show how to use sentinel and end'
complete -c sentinel -n '__sentinel_in ""' -l version -d 'show the version and end'
complete -c sentinel -n '__sentinel_in ""' -l print-man -d 'print this manual page as roff and end'
complete -c sentinel -n '__sentinel_in ""' -l print-bash -d 'print the bash completion script and end'
complete -c sentinel -n '__sentinel_in ""' -l print-zsh -d 'print the zsh completion script and end'
complete -c sentinel -n '__sentinel_in ""' -l print-fish -d 'print the fish completion script and end'
complete -c sentinel -n '__sentinel_in "policy"' -x -a validate -d 'Says whether each file is a policy'
complete -c sentinel -n '__sentinel_in "policy"' -x -a lint -d 'Says what in a policy is probably not meant'
complete -c sentinel -n '__sentinel_in "policy"' -x -a explain -d 'Shows what a policy answers to one request'
complete -c sentinel -n '__sentinel_in "policy"' -x -a test -d 'Runs a file of requests and expected answers against a policy'
complete -c sentinel -n '__sentinel_in "policy"' -x -a diff -d 'Shows where two policies answer differently'
complete -c sentinel -n '__sentinel_in "policy"' -x -a schema -d 'Prints every key that a policy may have'
complete -c sentinel -n '__sentinel_in "policy"' -x -a pull -d 'Gets a policy\'s text from SSM Parameter Store'
complete -c sentinel -n '__sentinel_in "policy"' -x -a push -d 'Checks a policy and puts it into SSM Parameter Store'
complete -c sentinel -n '__sentinel_in "policy"' -x -a sign -d 'Signs a policy under its name and a version that must rise'
complete -c sentinel -n '__sentinel_in "policy"' -x -a verify -d 'Says whether a policy carries a good signature for its name'
complete -c sentinel -n '__sentinel_in "policy"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "audit"' -x -a verify -d 'Says whether decision logs are whole'
complete -c sentinel -n '__sentinel_in "audit"' -x -a show -d 'Shows the decisions of logs'
complete -c sentinel -n '__sentinel_in "audit"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys"' -x -a add -d 'Puts a long-term access key away under a profile\'s name'
complete -c sentinel -n '__sentinel_in "keys"' -x -a list -d 'Shows whose keys are stored'
complete -c sentinel -n '__sentinel_in "keys"' -x -a remove -d 'Removes a stored key'
complete -c sentinel -n '__sentinel_in "keys"' -x -a rotate -d 'Makes a new access key in IAM'
complete -c sentinel -n '__sentinel_in "keys"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "exec"' -s p -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose credentials are served'
complete -c sentinel -n '__sentinel_in "exec"' -l policy-parameter -x -d 'SSM parameter that holds the policy'
complete -c sentinel -n '__sentinel_in "exec"' -s f -l policy-file -r -F -d 'file that holds the policy'
complete -c sentinel -n '__sentinel_in "exec"' -l policy-key -r -F -d 'public key'
complete -c sentinel -n '__sentinel_in "exec"' -l policy-kms-key -x -d 'KMS key that must have signed the policy'
complete -c sentinel -n '__sentinel_in "exec"' -l policy-poll -x -d 'time between two looks at the policy\'s parameter'
complete -c sentinel -n '__sentinel_in "exec"' -l policy-max-age -x -d 'how old a policy may grow while its parameter cannot be read'
complete -c sentinel -n '__sentinel_in "exec"' -s r -l region -x -d 'AWS region for Sentinel\'s own calls and for the command'
complete -c sentinel -n '__sentinel_in "exec"' -l duration -x -d 'lifetime asked of AWS for the credentials'
complete -c sentinel -n '__sentinel_in "exec"' -s s -l server -d 'serve short-lived credentials to the command and its descendants'
complete -c sentinel -n '__sentinel_in "exec"' -l remote-server -x -d 'serve credentials that a token vending machine issues'
complete -c sentinel -n '__sentinel_in "exec"' -l remote-token-file -r -F -d 'file of the bearer token that is sent to it instead of a signature'
complete -c sentinel -n '__sentinel_in "exec"' -s u -l unix-socket -d 'serve over a Unix socket'
complete -c sentinel -n '__sentinel_in "exec"' -l unix-socket-path -r -F -d 'where the socket is made'
complete -c sentinel -n '__sentinel_in "exec"' -l allow-tcp-fallback -d 'serve over TCP when the Unix socket cannot be made'
complete -c sentinel -n '__sentinel_in "exec"' -l server-port -x -d 'TCP port on 127.0.0.1'
complete -c sentinel -n '__sentinel_in "exec"' -l lazy -d 'fetch credentials at the first request instead of at the start'
complete -c sentinel -n '__sentinel_in "exec"' -l server-duration -x -d 'lifetime asked of AWS for each set of credentials'
complete -c sentinel -n '__sentinel_in "exec"' -l session-table -x -d 'DynamoDB table that tracks this run'
complete -c sentinel -n '__sentinel_in "exec"' -l env-keys -d 'begin with the access key of the environment'
complete -c sentinel -n '__sentinel_in "exec"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "exec"' -l mfa-token -x -d 'the one-time code of the profile\'s mfa_serial'
complete -c sentinel -n '__sentinel_in "exec"' -l mfa-token-fd -x -d 'descriptor that the code is read from'
complete -c sentinel -n '__sentinel_in "exec"' -l share-mfa -d 'share the session that a code makes with your other runs that are given this option'
complete -c sentinel -n '__sentinel_in "exec"' -l prompt -x -a 'terminal pinentry zenity kdialog ykman' -d 'how to ask for codes and passphrases'
complete -c sentinel -n '__sentinel_in "exec"' -l auto-login -d 'log in to IAM Identity Center where the profile needs it'
complete -c sentinel -n '__sentinel_in "exec"' -l stdout -d 'only say where the login page is'
complete -c sentinel -n '__sentinel_in "exec"' -l log-file -r -F -d 'append decisions as JSON Lines to this file'
complete -c sentinel -n '__sentinel_in "exec"' -l log-stderr -d 'write decisions to stderr'
complete -c sentinel -n '__sentinel_in "exec"' -l log-syslog -d 'send decisions to the system\'s log'
complete -c sentinel -n '__sentinel_in "exec"' -l log-sync -d 'answer a request only when its decision has reached the disk'
complete -c sentinel -n '__sentinel_in "exec"' -l log-max-size -x -d 'begin a new log file when this one is as large as 64MiB'
complete -c sentinel -n '__sentinel_in "exec"' -l log-key -r -F -d 'key file that signs the decision log'
complete -c sentinel -n '__sentinel_in "exec"' -l log-key-id -x -d 'what the log calls that key'
complete -c sentinel -n '__sentinel_in "exec"' -s q -l quiet -d 'do not show refusals and information on stderr'
complete -c sentinel -n '__sentinel_in "exec"' -s v -l verbose -d 'say on stderr which settings this run takes from files and variables'
complete -c sentinel -n '__sentinel_in "exec"' -l on-broker-exit -x -a 'kill keep' -d 'what happens to the command when the broker dies'
complete -c sentinel -n '__sentinel_in "exec"' -l on-tamper -x -a 'end warn' -d 'what happens when another program changes'
complete -c sentinel -n '__sentinel_in "exec"' -l show-settings -d 'print what each option would be for this command line'
complete -c sentinel -n '__sentinel_in "exec"' -l help-all -d 'show every option and end'
complete -c sentinel -n '__sentinel_in "exec"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "exec"; and not __sentinel_named' -x -a '(__sentinel_names profiles)'
complete -c sentinel -n '__sentinel_in "credentials"' -s p -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose credentials are served'
complete -c sentinel -n '__sentinel_in "credentials"' -l policy-parameter -x -d 'SSM parameter that holds the policy'
complete -c sentinel -n '__sentinel_in "credentials"' -s f -l policy-file -r -F -d 'file that holds the policy'
complete -c sentinel -n '__sentinel_in "credentials"' -l policy-key -r -F -d 'public key'
complete -c sentinel -n '__sentinel_in "credentials"' -l policy-kms-key -x -d 'KMS key that must have signed the policy'
complete -c sentinel -n '__sentinel_in "credentials"' -s r -l region -x -d 'AWS region for Sentinel\'s own calls and for the command'
complete -c sentinel -n '__sentinel_in "credentials"' -l duration -x -d 'lifetime asked of AWS for the credentials'
complete -c sentinel -n '__sentinel_in "credentials"' -l env-keys -d 'begin with the access key of the environment'
complete -c sentinel -n '__sentinel_in "credentials"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "credentials"' -l mfa-token -x -d 'the one-time code of the profile\'s mfa_serial'
complete -c sentinel -n '__sentinel_in "credentials"' -l mfa-token-fd -x -d 'descriptor that the code is read from'
complete -c sentinel -n '__sentinel_in "credentials"' -l share-mfa -d 'share the session that a code makes with your other runs that are given this option'
complete -c sentinel -n '__sentinel_in "credentials"' -l prompt -x -a 'terminal pinentry zenity kdialog ykman' -d 'how to ask for codes and passphrases'
complete -c sentinel -n '__sentinel_in "credentials"' -l auto-login -d 'log in to IAM Identity Center where the profile needs it'
complete -c sentinel -n '__sentinel_in "credentials"' -l stdout -d 'only say where the login page is'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-file -r -F -d 'append decisions as JSON Lines to this file'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-stderr -d 'write decisions to stderr'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-syslog -d 'send decisions to the system\'s log'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-sync -d 'answer a request only when its decision has reached the disk'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-max-size -x -d 'begin a new log file when this one is as large as 64MiB'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-key -r -F -d 'key file that signs the decision log'
complete -c sentinel -n '__sentinel_in "credentials"' -l log-key-id -x -d 'what the log calls that key'
complete -c sentinel -n '__sentinel_in "credentials"' -s q -l quiet -d 'do not show refusals and information on stderr'
complete -c sentinel -n '__sentinel_in "credentials"' -s v -l verbose -d 'say on stderr which settings this run takes from files and variables'
complete -c sentinel -n '__sentinel_in "credentials"' -l show-settings -d 'print what each option would be for this command line'
complete -c sentinel -n '__sentinel_in "credentials"' -l help-all -d 'show every option and end'
complete -c sentinel -n '__sentinel_in "credentials"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "credentials"; and not __sentinel_named' -x -a '(__sentinel_names profiles)'
complete -c sentinel -n '__sentinel_in "whoami"' -s p -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose credentials are served'
complete -c sentinel -n '__sentinel_in "whoami"' -l policy-parameter -x -d 'SSM parameter that holds the policy'
complete -c sentinel -n '__sentinel_in "whoami"' -s f -l policy-file -r -F -d 'file that holds the policy'
complete -c sentinel -n '__sentinel_in "whoami"' -l policy-key -r -F -d 'public key'
complete -c sentinel -n '__sentinel_in "whoami"' -l policy-kms-key -x -d 'KMS key that must have signed the policy'
complete -c sentinel -n '__sentinel_in "whoami"' -s r -l region -x -d 'AWS region for Sentinel\'s own calls and for the command'
complete -c sentinel -n '__sentinel_in "whoami"' -l env-keys -d 'begin with the access key of the environment'
complete -c sentinel -n '__sentinel_in "whoami"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "whoami"' -l mfa-token -x -d 'the one-time code of the profile\'s mfa_serial'
complete -c sentinel -n '__sentinel_in "whoami"' -l mfa-token-fd -x -d 'descriptor that the code is read from'
complete -c sentinel -n '__sentinel_in "whoami"' -l share-mfa -d 'share the session that a code makes with your other runs that are given this option'
complete -c sentinel -n '__sentinel_in "whoami"' -l prompt -x -a 'terminal pinentry zenity kdialog ykman' -d 'how to ask for codes and passphrases'
complete -c sentinel -n '__sentinel_in "whoami"' -l auto-login -d 'log in to IAM Identity Center where the profile needs it'
complete -c sentinel -n '__sentinel_in "whoami"' -l stdout -d 'only say where the login page is'
complete -c sentinel -n '__sentinel_in "whoami"' -s q -l quiet -d 'do not show refusals and information on stderr'
complete -c sentinel -n '__sentinel_in "whoami"' -s v -l verbose -d 'say on stderr which settings this run takes from files and variables'
complete -c sentinel -n '__sentinel_in "whoami"' -l show-settings -d 'print what each option would be for this command line'
complete -c sentinel -n '__sentinel_in "whoami"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "whoami"' -l help-all -d 'show every option and end'
complete -c sentinel -n '__sentinel_in "whoami"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "whoami"; and not __sentinel_named' -x -a '(__sentinel_names profiles)'
complete -c sentinel -n '__sentinel_in "policy validate"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy validate"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy validate"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy validate"' -F
complete -c sentinel -n '__sentinel_in "policy lint"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy lint"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy lint"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy lint"' -F
complete -c sentinel -n '__sentinel_in "policy explain"' -l user -x -d 'who asks'
complete -c sentinel -n '__sentinel_in "policy explain"' -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile that is asked for'
complete -c sentinel -n '__sentinel_in "policy explain"' -l mode -x -a 'server cli credential_process' -d 'how the credentials would be handed out'
complete -c sentinel -n '__sentinel_in "policy explain"' -l transport -x -a 'unix tcp' -d 'how a server would be reached'
complete -c sentinel -n '__sentinel_in "policy explain"' -l at -x -d 'when'
complete -c sentinel -n '__sentinel_in "policy explain"' -l account -x -d 'AWS account of the caller'
complete -c sentinel -n '__sentinel_in "policy explain"' -l arn -x -d 'ARN of the caller'
complete -c sentinel -n '__sentinel_in "policy explain"' -l groups -x -d 'Unix groups of the caller'
complete -c sentinel -n '__sentinel_in "policy explain"' -l posture -r -F -d 'what is known of the device'
complete -c sentinel -n '__sentinel_in "policy explain"' -l session-table -x -d 'the table that tracks the session'
complete -c sentinel -n '__sentinel_in "policy explain"' -l duration -x -d 'lifetime that is asked for'
complete -c sentinel -n '__sentinel_in "policy explain"' -l source -x -a 'role chained key' -d 'how the profile gets its credentials'
complete -c sentinel -n '__sentinel_in "policy explain"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy explain"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy explain"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy explain"' -F
complete -c sentinel -n '__sentinel_in "policy test"' -l policy -r -F -d 'the policy to ask'
complete -c sentinel -n '__sentinel_in "policy test"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy test"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy test"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy test"' -F
complete -c sentinel -n '__sentinel_in "policy diff"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy diff"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy diff"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy diff"' -F
complete -c sentinel -n '__sentinel_in "policy schema"' -l man -d 'print the manual page sentinel-policy(5) as roff'
complete -c sentinel -n '__sentinel_in "policy schema"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy schema"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy schema"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy pull"' -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose key the tool uses'
complete -c sentinel -n '__sentinel_in "policy pull"' -l region -x -d 'AWS region'
complete -c sentinel -n '__sentinel_in "policy pull"' -l env-keys -d 'ask AWS with the access key of the environment'
complete -c sentinel -n '__sentinel_in "policy pull"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "policy pull"' -l policy-parameter -x -d 'SSM parameter of the policy'
complete -c sentinel -n '__sentinel_in "policy pull"' -l output -r -F -d 'file to write'
complete -c sentinel -n '__sentinel_in "policy pull"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy pull"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy pull"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy push"' -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose key the tool uses'
complete -c sentinel -n '__sentinel_in "policy push"' -l region -x -d 'AWS region'
complete -c sentinel -n '__sentinel_in "policy push"' -l env-keys -d 'ask AWS with the access key of the environment'
complete -c sentinel -n '__sentinel_in "policy push"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "policy push"' -l policy-parameter -x -d 'SSM parameter of the policy'
complete -c sentinel -n '__sentinel_in "policy push"' -l policy-version -x -d 'version that the signature binds'
complete -c sentinel -n '__sentinel_in "policy push"' -l sign-key -r -F -d 'private key'
complete -c sentinel -n '__sentinel_in "policy push"' -l policy-kms-key -x -d 'KMS key to sign with'
complete -c sentinel -n '__sentinel_in "policy push"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy push"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy push"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy push"' -F
complete -c sentinel -n '__sentinel_in "policy sign"' -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose key the tool uses'
complete -c sentinel -n '__sentinel_in "policy sign"' -l region -x -d 'AWS region'
complete -c sentinel -n '__sentinel_in "policy sign"' -l env-keys -d 'ask AWS with the access key of the environment'
complete -c sentinel -n '__sentinel_in "policy sign"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "policy sign"' -l name -x -d 'name that the signature binds'
complete -c sentinel -n '__sentinel_in "policy sign"' -l policy-version -x -d 'version that the signature binds'
complete -c sentinel -n '__sentinel_in "policy sign"' -l sign-key -r -F -d 'private key'
complete -c sentinel -n '__sentinel_in "policy sign"' -l policy-kms-key -x -d 'KMS key to sign with'
complete -c sentinel -n '__sentinel_in "policy sign"' -l output -r -F -d 'file to write'
complete -c sentinel -n '__sentinel_in "policy sign"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy sign"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy sign"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy sign"' -F
complete -c sentinel -n '__sentinel_in "policy verify"' -l profile -x -a '(__sentinel_names profiles)' -d 'AWS profile whose key the tool uses'
complete -c sentinel -n '__sentinel_in "policy verify"' -l region -x -d 'AWS region'
complete -c sentinel -n '__sentinel_in "policy verify"' -l env-keys -d 'ask AWS with the access key of the environment'
complete -c sentinel -n '__sentinel_in "policy verify"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "policy verify"' -l policy-parameter -x -d 'SSM parameter of the policy'
complete -c sentinel -n '__sentinel_in "policy verify"' -l name -x -d 'name that the signature binds'
complete -c sentinel -n '__sentinel_in "policy verify"' -l signature -r -F -d 'file of the signature'
complete -c sentinel -n '__sentinel_in "policy verify"' -l policy-key -r -F -d 'public key'
complete -c sentinel -n '__sentinel_in "policy verify"' -l policy-kms-key -x -d 'KMS key that must have signed'
complete -c sentinel -n '__sentinel_in "policy verify"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "policy verify"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "policy verify"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "policy verify"' -F
complete -c sentinel -n '__sentinel_in "audit verify"' -l log-key -r -F -d 'key file that signed the log'
complete -c sentinel -n '__sentinel_in "audit verify"' -l expect-head -x -d 'hash of a line that must be there'
complete -c sentinel -n '__sentinel_in "audit verify"' -l head -r -F -d 'file that remembers the log\'s last line'
complete -c sentinel -n '__sentinel_in "audit verify"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "audit verify"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "audit verify"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "audit verify"' -F
complete -c sentinel -n '__sentinel_in "audit show"' -l user -x -d 'decisions about this user alone'
complete -c sentinel -n '__sentinel_in "audit show"' -l profile -x -a '(__sentinel_names profiles)' -d 'decisions about this profile alone'
complete -c sentinel -n '__sentinel_in "audit show"' -l effect -x -a 'allow deny require_approval' -d 'decisions with this effect alone'
complete -c sentinel -n '__sentinel_in "audit show"' -l outcome -x -a 'issued refused failed' -d 'decisions with this outcome alone'
complete -c sentinel -n '__sentinel_in "audit show"' -l rule -x -d 'decisions by this rule alone'
complete -c sentinel -n '__sentinel_in "audit show"' -l since -x -d 'decisions from this time on'
complete -c sentinel -n '__sentinel_in "audit show"' -l until -x -d 'decisions before this time'
complete -c sentinel -n '__sentinel_in "audit show"' -l limit -x -d 'at most so many'
complete -c sentinel -n '__sentinel_in "audit show"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "audit show"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "audit show"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "audit show"' -F
complete -c sentinel -n '__sentinel_in "profiles"' -l names -d 'print the names alone'
complete -c sentinel -n '__sentinel_in "profiles"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "profiles"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "profiles"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "doctor"' -l offline -d 'ask nothing on the network'
complete -c sentinel -n '__sentinel_in "doctor"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "doctor"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "doctor"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys add"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "keys add"' -l store -x -a 'file secret-service pass' -d 'where the key is kept'
complete -c sentinel -n '__sentinel_in "keys add"' -l protect -x -a 'passphrase systemd-creds tpm2' -d 'what opens the file'
complete -c sentinel -n '__sentinel_in "keys add"' -l from-credentials-file -d 'take the profile\'s key out of ~/.aws/credentials'
complete -c sentinel -n '__sentinel_in "keys add"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "keys add"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "keys add"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys add"; and not __sentinel_named' -x -a '(__sentinel_names profiles)'
complete -c sentinel -n '__sentinel_in "keys list"' -l names -d 'print the names alone'
complete -c sentinel -n '__sentinel_in "keys list"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "keys list"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "keys list"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys remove"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "keys remove"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "keys remove"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys remove"; and not __sentinel_named' -x -a '(__sentinel_names keys list)'
complete -c sentinel -n '__sentinel_in "keys rotate"' -l allow-user-namespace -d 'read keys inside of a user namespace'
complete -c sentinel -n '__sentinel_in "keys rotate"' -l region -x -d 'AWS region'
complete -c sentinel -n '__sentinel_in "keys rotate"' -l json -d 'answer as JSON'
complete -c sentinel -n '__sentinel_in "keys rotate"' -l color -x -a 'auto always never' -d 'whether the answer is coloured'
complete -c sentinel -n '__sentinel_in "keys rotate"' -s h -l help -d 'show how to use this and end'
complete -c sentinel -n '__sentinel_in "keys rotate"; and not __sentinel_named' -x -a '(__sentinel_names keys list)'
