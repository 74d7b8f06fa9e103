/** A D-Bus error, by its name: what a service answered, or one of the names below where there was no answer. */
export class DBusFailure extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** The names that the bus itself uses, after the D-Bus specification and the reference library. */
export const dbusErrors = {
  disconnected: "org.freedesktop.DBus.Error.Disconnected",
  failed: "org.freedesktop.DBus.Error.Failed",
  noReply: "org.freedesktop.DBus.Error.NoReply",
  noServer: "org.freedesktop.DBus.Error.NoServer",
  unknownMethod: "org.freedesktop.DBus.Error.UnknownMethod",
} as const;
