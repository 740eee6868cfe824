"""Title, cause and remedy of every reason, in English."""

from collections.abc import Mapping

from bf_reconciler.facts.reasons import Reason

EN: Mapping[Reason, tuple[str, str, str]] = {
    Reason.CONNECTED: (
        "Connected",
        "The connection test passed.",
        "",
    ),
    # a canary
    Reason.AS_EXPECTED: (
        "As expected",
        "The canary is in the bad state that the file expects, so failures are noticed.",
        "",
    ),
    Reason.CANARY_FAILED: (
        "Canary failed",
        "The canary is not in the state that the file expects.",
        (
            "Find out whether somebody changed its key, or whether bf-reconciler no longer notices "
            "what is wrong. Until then, do not rely on the status of other keys at this exchange."
        ),
    ),
    # the key
    Reason.INVALID_KEY: (
        "Invalid key",
        "API key or secret was copied incorrectly.",
        "Create a new key or copy the values again.",
    ),
    Reason.INVALID_SIGNATURE: (
        "Invalid signature",
        "The exchange knows the key, but the secret does not belong to it.",
        "Copy the secret again. If the exchange no longer shows it, create a new key.",
    ),
    Reason.INVALID_PASSPHRASE: (
        "Invalid passphrase",
        "The passphrase is not the one that was chosen when the key was created.",
        "Enter the passphrase that belongs to this key. If it is lost, create a new key.",
    ),
    Reason.KEY_EXPIRED: (
        "Key expired",
        "The exchange no longer accepts the key because it has expired.",
        "Renew the key at the exchange, or create a new one and put it into the file.",
    ),
    Reason.KEY_EXPIRING: (
        "Key expires soon",
        (
            "The key expires within `policy.key_expiry_warning`, as the exchange reports or by its "
            "published rule for keys without an IP restriction."
        ),
        (
            "Renew or replace the key before that day. On many exchanges, restricting the key to "
            "the server IP ends the expiry."
        ),
    ),
    Reason.KEY_TOO_OLD: (
        "Key too old",
        "The key is older than `policy.max_key_age`.",
        "Create a new key with the same permissions, put it into the file, and delete the old one.",
    ),
    Reason.KEY_CHANGED: (
        "Key changed",
        "A permission, an allowed IP or another property of the key is not what it was.",
        (
            "If none of you changed it, delete the key on the exchange, secure the account, and"
            " create a new key."
        ),
    ),
    Reason.KEY_OR_IP_REJECTED: (
        "Key or IP rejected",
        "The exchange returns the same error for a wrong key, a wrong IP and a missing permission.",
        (
            "Check in this order: the server IP is on the allowlist, the key still exists and "
            "matches the file, its permissions are on."
        ),
    ),
    Reason.WRONG_ENVIRONMENT: (
        "Wrong environment",
        "The key was created for a different environment (live, testnet or demo) than in the file.",
        "Correct `environment` in the file, or create a key in the environment that it names.",
    ),
    Reason.DUPLICATE_KEY: (
        "Duplicate key",
        (
            "More than one connection in the file uses the same API key. They share its rate "
            "limit, and requests of one can interfere with the other's."
        ),
        "Create a key of its own for each connection, or merge the connections into one.",
    ),
    # where it may be used from
    Reason.IP_NOT_ALLOWED: (
        "IP not allowed",
        "IP restriction does not include the server IP.",
        "Add the correct server IP to the exchange's allowlist.",
    ),
    Reason.IP_NOT_RESTRICTED: (
        "IP not restricted",
        "The key works from any address, so a stolen key could be used from anywhere.",
        "Restrict the key to the server IP at the exchange.",
    ),
    Reason.ALLOWLIST_TOO_WIDE: (
        "Allowlist too wide",
        (
            "The key's allowlist admits addresses that `egress_ips` of the connection does not "
            "declare."
        ),
        (
            "Either the allowlist is too wide or the file is behind: remove the named addresses at "
            "the exchange, or add them to `egress_ips` if they are yours."
        ),
    ),
    Reason.REGION_RESTRICTED: (
        "Region restricted",
        "The exchange does not serve the country of the server's address or of the account.",
        (
            "Check which region the account belongs to. Run the server in a place that the "
            "exchange serves, or set `endpoint` to its host for that region."
        ),
    ),
    # what it may do
    Reason.NO_READ_PERMISSION: (
        "No read permission",
        "Read permission is disabled, so balances and orders cannot be seen.",
        "Enable read permission for the key at the exchange.",
    ),
    Reason.NO_TRADE_PERMISSION: (
        "No trade permission",
        "Trade permission is disabled.",
        "Enable trade permission, but keep withdrawal disabled.",
    ),
    Reason.NO_FUTURES_PERMISSION: (
        "No futures permission",
        "The connection declares the futures market, but the key cannot trade futures.",
        (
            "Enable futures permission for the key. If no strategy trades futures, remove "
            "`futures` from `markets`."
        ),
    ),
    Reason.FUTURES_API_UNAVAILABLE: (
        "Futures API unavailable",
        "The exchange does not offer futures trading over its API to this account.",
        (
            "Ask the exchange to enable futures for the account, or move the strategy to another "
            "exchange."
        ),
    ),
    Reason.WITHDRAW_ENABLED: (
        "Withdrawal enabled",
        "The key can withdraw funds. A trading bot must never have this permission.",
        (
            "Turn the withdraw permission off at the exchange, or create a new key without it. The "
            "strategy stays off until then."
        ),
    ),
    Reason.WITHDRAW_UNVERIFIABLE: (
        "Withdrawal not verifiable",
        "The exchange did not report whether the key can withdraw funds.",
        (
            "Give the key the read permission that its key information needs. If the exchange "
            "cannot report it, check by hand and attest it in the file under "
            "`attest.withdraw_disabled`; that is valid for 90 days, then check again."
        ),
    ),
    Reason.EXCESS_PERMISSION: (
        "Excess permission",
        "The key has permissions that no strategy of this connection needs.",
        "Turn off the permissions that are not needed at the exchange.",
    ),
    Reason.UNKNOWN_PERMISSION: (
        "Unknown permission",
        "The key has a permission that no document of the exchange explains.",
        (
            "Look at the key on the exchange's API management page, turn off what is not needed, "
            "and report the permission so that it can be read."
        ),
    ),
    Reason.UNVERIFIABLE: (
        "Not verifiable",
        "The exchange does not report this, so it is unknown.",
        "Check this point by hand on the exchange's API management page.",
    ),
    # what it reads
    Reason.BALANCE_UNREADABLE: (
        "Balance unreadable",
        "The exchange did not let this key read the account's balance.",
        "Enable the permission to read the account and its balances.",
    ),
    Reason.BALANCE_EMPTY: (
        "Balance empty",
        "The balance was read and is zero. The key is fine.",
        (
            "Deposit funds if the strategy should trade, and check that the key belongs to the "
            "right sub-account."
        ),
    ),
    Reason.ORDERS_UNREADABLE: (
        "Orders unreadable",
        "The exchange did not let this key read the open orders.",
        "Enable the permission to read orders.",
    ),
    Reason.UNEXPECTED_ASSET: (
        "Unexpected asset",
        "The account holds an asset that no strategy of the connection declares.",
        (
            "If none of you bought it, somebody else trades with this key: delete the key at the "
            "exchange, stop the strategies, and secure the account. If it is yours, add it to "
            "`expect.assets` of the connection."
        ),
    ),
    Reason.UNEXPECTED_ORDER: (
        "Unexpected order",
        "The account has open orders in a pair that no strategy of the connection declares.",
        (
            "If none of you placed them, somebody else trades with this key: delete the key at the "
            "exchange, cancel the orders, and secure the account. If they are yours, add the pair "
            "to `expect.pairs` of the connection."
        ),
    ),
    Reason.ACCOUNT_SUSPENDED: (
        "Account suspended",
        "The exchange has frozen or locked the account.",
        "Log in to the exchange and contact its support. A new key does not help.",
    ),
    # the exchange and the way to it
    Reason.EXCHANGE_UNAVAILABLE: (
        "Exchange unavailable",
        "The exchange API is temporarily unavailable.",
        "Wait; the test runs again by itself.",
    ),
    Reason.MAINTENANCE: (
        "Exchange under maintenance",
        "The exchange is under maintenance and accepts no requests.",
        "Wait until it is over; the test runs again by itself.",
    ),
    Reason.RATE_LIMITED: (
        "Rate limited",
        "Too many requests were sent from this address or with this key.",
        (
            "Wait; requests slow down by themselves. If it happens again, raise `interval` or stop "
            "other programs that use the same address."
        ),
    ),
    Reason.TIMEOUT: (
        "No answer in time",
        "The exchange did not answer within the timeout.",
        (
            "Wait; the test runs again by itself. If it persists, check the network or raise "
            "`defaults.timeout`."
        ),
    ),
    Reason.NETWORK_ERROR: (
        "Network error",
        "The exchange could not be reached: name resolution, connection or TLS failed.",
        "Check DNS, the firewall, `proxy` and `endpoint` of this host.",
    ),
    Reason.UNEXPECTED_RESPONSE: (
        "Unexpected response",
        (
            "The response has an unknown format. A proxy, a block page or a changed API can be "
            "the cause."
        ),
        (
            "Check `proxy` and `endpoint`. If it persists, save the response with "
            "`bf-reconciler test FILE NAME --capture DIR` and report it."
        ),
    ),
    Reason.EXCHANGE_CHANGED: (
        "Exchange changed",
        (
            "Within an hour, two keys of this exchange got responses that no documentation "
            "describes: an unknown format, or unknown permissions."
        ),
        (
            "Read the exchange's API announcements and update bf-reconciler. If that does not "
            "help, run `bf-reconciler certify FILE NAME` for one of these connections and send the "
            "bundle."
        ),
    ),
    Reason.CLOCK_SKEW: (
        "Clock skew",
        "The clock of this host differs too much from the exchange's clock.",
        (
            "Start time synchronisation (chrony or another NTP service) on the host, and check its "
            "clock."
        ),
    ),
    Reason.INVALID_NONCE: (
        "Invalid nonce",
        "The number that a request carries was not higher than the last one of this key.",
        (
            "Create a key of its own for this program: another one that uses the same key spoils "
            "the numbers. If no other does, set a nonce window at the exchange."
        ),
    ),
    # what the file and its people say
    Reason.NOT_PROBED: (
        "Not tested yet",
        "No test that can tell has finished yet.",
        "Wait; the next test runs by itself.",
    ),
    Reason.SUSPENDED: (
        "Suspended",
        "The file suspends this entry, with a reason, an owner and an end time.",
        "Wait for the end of the suspension, or remove `suspend` from the entry in the file.",
    ),
    Reason.HALTED: (
        "Halted",
        "The kill switch is on: every strategy is off, whatever else the file says.",
        ("When it is safe, run `bf-reconciler resume`. If the file sets `halt`, remove it there."),
    ),
    Reason.DISABLED: (
        "Disabled in the file",
        "The file says `enabled: false` for this strategy.",
        "Set `enabled: true` in the file if the strategy should run.",
    ),
    Reason.REMOVED: (
        "Removed from the file",
        "The entry is no longer in the committed file.",
        "Restore the entry in the file if it was not removed on purpose.",
    ),
    Reason.MASS_REMOVAL_HELD: (
        "Mass removal held back",
        "More entries were removed from the file at once than `policy.max_removals` allows.",
        (
            "If the removal is intended, raise `policy.max_removals` in the file for this commit. "
            "If not, restore the entries."
        ),
    ),
    Reason.ENTRY_INVALID: (
        "Entry invalid",
        "The entry in the file is invalid. Its last good version, if any, stays in force.",
        "Run `bf-reconciler validate FILE` and correct the lines it reports.",
    ),
    Reason.LIMIT_EXCEEDED: (
        "Limit exceeded",
        "The strategy asks for more than its risk level allows.",
        "Lower the value in the strategy, or choose a risk level whose limits allow it.",
    ),
    Reason.PAIR_NOT_TRADABLE: (
        "Pair not tradable",
        "The exchange does not list a pair of the strategy, or has halted trading in it.",
        (
            "Correct the pair in the file, or remove it. When a halted pair trades again, this is "
            "detected automatically."
        ),
    ),
    # a strategy and its engine
    Reason.GRACE_EXPIRED: (
        "Grace period expired",
        "The state of the connection stayed unknown for longer than `policy.grace`.",
        "Follow the advice for the connection. The strategy can run again once its tests pass.",
    ),
    Reason.CONNECTION_NOT_READY: (
        "Connection not ready",
        "The connection that the strategy uses is not ready for trading.",
        "Follow the advice for the connection.",
    ),
    Reason.AWAITING_MANUAL_RESUME: (
        "Awaiting manual resume",
        "The violation is over, but `resume: manual` leaves the restart to a person.",
        "Check why the strategy was turned off, then run `bf-reconciler resume NAME`.",
    ),
    Reason.RUNTIME_UNAVAILABLE: (
        "Runtime unavailable",
        "The runtime of the strategy does not answer, or its folder cannot be used.",
        (
            "Start the engine, or correct the entry in `runtimes` and the network path to it; "
            "for a folder, check its permissions and free space."
        ),
    ),
    Reason.ENGINE_MISMATCH: (
        "Engine mismatch",
        "The engine runs a different exchange, strategy or mode than `expect` says.",
        "Point the runtime at the right engine, or correct `expect` in the file.",
    ),
    Reason.ENGINE_REFUSED: (
        "Engine refused",
        "The engine answered, but refused the login or the command.",
        "Check the runtime's credentials and permissions, then read the engine's log.",
    ),
    Reason.ENGINE_STOPPED_ITSELF: (
        "Engine stopped by itself",
        "The strategy was not told to stop. An error in the engine or a person stopped it.",
        (
            "Read the engine's log and check open positions. Start it again in the engine "
            "when it is safe."
        ),
    ),
    Reason.STILL_RUNNING: (
        "Still running",
        "The engine was told to pause or stop, but is running, or nothing shows that it stopped.",
        "Stop the strategy by hand in the engine now, then read the engine's log.",
    ),
    Reason.NOT_CONFIRMED: (
        "Not confirmed",
        "The order was given, but the engine has not reported what it does.",
        ("Nothing, or have the bot confirm what it does (docs/bots.md): then the state is known."),
    ),
    Reason.ORPHAN_STOPPED: (
        "Orphan stopped",
        "A runtime has this strategy from us, but neither the file nor the state knows it.",
        "Declare it in the file, or delete it from the runtime (its strategy file).",
    ),
}
