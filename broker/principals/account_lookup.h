// Who a uid is, by the host's databases: its login, and the groups that they list for it, by name.
//
// A login's name is asked for its uid, too: where two databases know one name, it would be two people, and the groups
// of one would be the other's.
// A number without a name is left out; so is a name that nothing could write down (principals/account_words.h). A
// source of groups that does not answer leaves its groups out, as at every login of the host: the C library does not
// tell.
//
// Runs in: account lookup.   Blocks: on the databases, which may lie behind a network; its reader ends it in time.
// Fails: kUnavailable where a database cannot say, where a name is two uids', for more groups than kMostGroups.
#pragma once

#include "ipc/result.h"
#include "principals/account.h"

namespace broker {

ipc::Result<Account> look_up_account(uid_t uid);

}  // namespace broker
