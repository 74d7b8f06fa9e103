/** What a home hub's page says, to whoever lives with it. `hub-es.ts` is of the same type. */
export const hubEn = {
  title: "Home hub",
  lights: {
    green: {
      name: "Green light",
      headline: "All is well",
      text: "Your devices are read by themselves. There is nothing to do.",
    },
    amber: {
      name: "Amber light",
      headline: "Have a look when you can",
      text: "Nothing is lost. Below is what you can do.",
    },
    red: {
      name: "Red light",
      headline: "Please do something",
      text: "Readings may not reach whoever cares for you. Below is what to do.",
    },
  },
  unheard: {
    headline: "The hub does not answer",
    text: "This page cannot reach it just now. It tries again by itself. Check that the hub has power.",
  },
  reasons: {
    "store-full": {
      title: "The hub is full",
      todo: "Call whoever gave you the hub. Your devices keep their readings meanwhile.",
    },
    "radio-down": {
      title: "The hub cannot hear devices",
      todo: "Unplug the hub, wait ten seconds, and plug it in again.",
    },
    "readings-dropped": { title: "Some readings were lost", todo: "Call whoever gave you the hub." },
    "uplink-away": {
      title: "No internet connection",
      todo: "Check your router. Readings are kept in the hub and sent when it is back.",
    },
    "backlog-old": {
      title: "Readings wait to be sent",
      todo: "They are safe in the hub. If this stays until tomorrow, call whoever gave you the hub.",
    },
    "certificate-expired": {
      title: "The hub has to be renewed",
      todo: "Call whoever gave you the hub. Readings are kept in it.",
    },
    "certificate-expiring": {
      title: "The hub has to be renewed soon",
      todo: "Call whoever gave you the hub this week.",
    },
    "radio-silent": {
      title: "No device was heard for a while",
      todo: "Take a measurement near the hub. If nothing changes, unplug the hub and plug it in again.",
    },
    "store-nearly-full": {
      title: "The hub is getting full",
      todo: "Leave it connected to the internet: it makes room by itself.",
    },
    "clock-untrusted": {
      title: "The hub does not know the time",
      todo: "Connect it to the internet. It then sets its clock, and dates your readings.",
    },
    "bond-lost": {
      title: "A device has to be paired again",
      todo: "Take it to the place where you got it. Usually its batteries were changed, or it was paired with a phone.",
    },
    "battery-low": { title: "A battery is low", todo: "Change the batteries of the device marked below." },
    "no-devices": {
      title: "No device is set up yet",
      todo: "Once the place that cares for you has told the hub of your device, it appears here by itself.",
    },
  } as Readonly<Record<string, { readonly title: string; readonly todo: string }>>,
  unknownReason: { title: "Something is not as it should be", todo: "Call whoever gave you the hub." },
  sending: "Sending",
  connected: "connected",
  disconnected: "not connected",
  lastSent: "Last reading sent",
  notYet: "none since the hub was started",
  waiting: { one: "1 reading waits to be sent", other: "{n} readings wait to be sent" },
  nothingWaits: "everything is sent",
  devices: "Your devices",
  lastHeard: (when: string): string => `last heard ${when}`,
  neverHeard: "not heard yet: take a measurement near the hub",
  lowBattery: (percent: number): string => `battery low (${percent}%)`,
  battery: (percent: number): string => `battery ${percent}%`,
  pairAgain: "pair it again",
  readings: "Latest readings",
  readingsNone: "There is no reading yet.",
  signIn: "Sign in to see readings",
  signInTitle: "Sign in",
  signInLead: "Readings are shown to who knows the hub's name and PIN.",
  sent: "sent",
  waits: "waits",
  unknownTime: "time unknown",
  asOf: (time: string): string => `As of ${time}`,
  about: (gateway: string, version: string): string => `Hub ${gateway}, version ${version}`,
};

export type HubWords = typeof hubEn;
