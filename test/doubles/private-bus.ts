/** Tests that need a bus fail, with a sentence that says what to install, where there is no dbus-daemon. */
export { type PrivateBus, startPrivateBus } from "../../simulators/bluez/private-bus.ts";
