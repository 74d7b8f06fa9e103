/**
 * Every field that may be logged. None can hold a person, a value, a serial or an address, and nothing may be added here
 * that can: a device is known in the log by its driver, a reading by a count, a failure by its code.
 */
export const logFields: ReadonlySet<string> = new Set([
  // Which program, and for how long.
  "version",
  "gateway",
  "role",
  "pid",
  "bootId",
  "durationMs",
  // Which kind of device, and how it went.
  "driver",
  "records",
  "devices",
  "attempt",
  // What became of readings, as counts.
  "readings",
  "stored",
  "known",
  "amended",
  "held",
  "quarantined",
  "duplicate",
  "rejected",
  "waiting",
  "assignments",
  "deadLetters",
  "batches",
  "bytes",
  "lane",
  // Delivery.
  "protocol",
  "group",
  "host",
  "port",
  "delayMs",
  "by",
  "command",
  "outcome",
  "level",
  "connections",
  // The radio: an adapter's name on this machine, what is wrong with it, and what was done.
  "adapter",
  "trouble",
  "step",
  // Failures: the code says what, the reason why, neither names anybody.
  "code",
  "reason",
  "recovery",
  "alarm",
  // The machine.
  "clock",
  "stepMs",
  "freeBytes",
  "fileBytes",
  "walBytes",
  "signal",
]);
