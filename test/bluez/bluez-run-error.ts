/** The run could not be made, or not to its end: its message is for the person who started it. */
export class BluezRunError extends Error {
  override readonly name = "BluezRunError";
}
