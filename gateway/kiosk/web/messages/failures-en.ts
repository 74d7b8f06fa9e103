import type { FailureGroup } from "./failure-groups.ts";

export type FailureWords = Readonly<Record<FailureGroup, { readonly title: string; readonly text: string }>>;

/** What is the matter, and the next thing to do. */
export const failuresEn: FailureWords = {
  notFound: {
    title: "We cannot reach the device",
    text: "Wake it up, lay it right next to this screen, and try again.",
  },
  tooFar: { title: "The device is too far away", text: "Hold it against the edge of this screen and try again." },
  refused: {
    title: "The device did not agree",
    text: "Hold its Bluetooth button until a sign blinks, then try again.",
  },
  wrongPasskey: {
    title: "The digits did not match",
    text: "Try again, and type the digits that the device shows then: they change each time.",
  },
  tooSlow: {
    title: "The device stopped waiting",
    text: "Get it ready once more and try again. There is time: about 30 seconds.",
  },
  windowClosed: {
    title: "The time for connecting is over",
    text: "Try again when your device is ready. You may take as many tries as you like.",
  },
  cannotPair: {
    title: "This device cannot be connected here",
    text: "Use the device that lies here, or ask the staff.",
  },
  pairingTaken: { title: "Another device is being connected", text: "Wait a moment, then try again." },
  busyElsewhere: {
    title: "The device is busy with a phone",
    text: "Switch Bluetooth off on that phone for a moment, then try again.",
  },
  linkLost: {
    title: "The connection broke off",
    text: "Lay the device right next to this screen and try again. No reading is lost.",
  },
  pairAgain: {
    title: "The device has to be connected anew",
    text: "Go back, choose “My own device” and connect it again.",
  },
  unsupported: {
    title: "We do not know this kind of device",
    text: "Use the device that lies here, or ask the staff.",
  },
  deviceMenu: { title: "The device is busy", text: "Close its menu, or let it finish, and try again." },
  transfer: {
    title: "The device did not send its result",
    text: "Switch it off and on, and try again. If it happens once more, ask the staff.",
  },
  radioDown: {
    title: "The connection to the devices is interrupted",
    text: "It often comes back by itself. Wait a moment and try again.",
  },
  kioskBusy: { title: "Somebody is measuring here just now", text: "Please wait until they are done." },
  visitOver: { title: "This visit has ended", text: "Everything of it is forgotten. Please begin again." },
  stepChanged: { title: "The screen has moved on", text: "Look at what it shows now, and go on from there." },
  consentChanged: { title: "The text has changed", text: "Please read the new one and decide again." },
  deviceGone: { title: "This device is not here any more", text: "Choose one of those that are shown now." },
  measureFirst: {
    title: "Please measure with it first",
    text: "The device tells us who it is when it sends its first result.",
  },
  ofAnother: {
    title: "This device belongs to somebody else",
    text: "Please speak to the staff: they can change that.",
  },
  slotNeeded: { title: "Which user are you?", text: "Choose the user that the display of the device shows." },
  questionOver: { title: "The device asks something else now", text: "Answer what the screen shows now." },
  notCertain: {
    title: "Please measure once more",
    text: "A result came, but it may be an older one. It is kept apart, and is not shown as yours.",
  },
  undated: {
    title: "This screen does not know the time yet",
    text: "Your result came and is safe, but it cannot be shown as yours. Please ask the staff.",
  },
  staffNeeded: {
    title: "The staff will open this screen for you",
    text: "Please speak to the staff: they sign in first.",
  },
  unreachable: { title: "This screen is connecting again", text: "Nothing is lost. Try again in a moment." },
  tooFast: { title: "That was a little fast", text: "Wait a moment, then try again." },
  unclear: { title: "That did not work", text: "Try again. If it happens once more, please ask the staff." },
};
