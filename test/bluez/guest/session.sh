#!/bin/bash
# What the guest does once its root stands: a message bus, a trace of all that passes between kernel and controllers,
# and the suites. bluetoothd is started by the suites themselves, because they also kill it.
set -u
# The machine's side has written what it wants: the folder of the checkout, Node, and what to run.
. /out/guest.env
cd "$CAREPOST_CHECKOUT" || exit 1

mkdir -p /run/dbus /run/lock
# The gateway and the receiving end meet on the loopback.
ip link set lo up || exit 1
dbus-daemon --system --fork --nopidfile || exit 1
if command -v btmon > /dev/null; then
  btmon -w /out/trace.btsnoop > /dev/null 2>&1 &
fi

"$CAREPOST_NODE" node_modules/vitest/vitest.mjs run --config test/bluez/vitest.config.ts "${CAREPOST_VITEST[@]}"
