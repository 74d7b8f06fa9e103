/** What is not as it should be, by the code of the alert, and what to do about it. */
export const staffAlertsEn = {
  "store-full": {
    title: "No more readings are taken",
    todo: "The store is full. Let what waits be delivered, or make room on the disk. The devices keep their readings meanwhile.",
  },
  "radio-down": {
    title: "The radio cannot be used",
    todo: "Unplug the Bluetooth adapter and plug it in again. If that does not help, run the checks below.",
  },
  "audit-not-whole": {
    title: "The audit log was changed",
    todo: "Leave this machine as it is, and tell whoever answers for data protection.",
  },
  "readings-dropped": {
    title: "Readings were dropped for want of room",
    todo: "Mend the connection, and have the store given more room.",
  },
  "uplink-away": {
    title: "There is no connection",
    todo: "Check the network of this place. Readings are kept here, and delivered when it is back.",
  },
  "backlog-old": {
    title: "Readings wait although there is a connection",
    todo: "Tell whoever looks after the fleet: the receiving end may not answer.",
  },
  "certificate-expired": {
    title: "The certificate has expired",
    todo: "Tell whoever looks after the fleet. Readings are kept here until it is renewed.",
  },
  "certificate-expiring": {
    title: "The certificate expires soon",
    todo: "Tell whoever looks after the fleet: it should have renewed itself.",
  },
  "pages-certificate-expired": {
    title: "The certificate of this page has expired",
    todo: "Tell whoever looks after the fleet. Until then browsers warn before they show this page. Readings are not affected.",
  },
  "pages-certificate-expiring": {
    title: "The certificate of this page expires soon",
    todo: "Tell whoever looks after the fleet. A new one is used without a restart.",
  },
  "radio-silent": {
    title: "No device is heard",
    todo: "Switch a device on and bring it near. If it is not heard, unplug the Bluetooth adapter and plug it in again.",
  },
  "store-nearly-full": {
    title: "The store is nearly full",
    todo: "See that what waits is delivered. Then older readings make room by themselves.",
  },
  "clock-untrusted": {
    title: "The clock is not known to be right",
    todo: "Connect this machine to the network. Readings are kept, and dated when the clock is set.",
  },
  "bond-lost": {
    title: "A device has to be paired again",
    todo: "Begin a visit and pair it. Usually its batteries were changed, or it was paired with a phone.",
  },
  "battery-low": { title: "A battery is low", todo: "Change the batteries." },
  "readings-held": {
    title: "Readings wait for your decision",
    todo: "Say whose each is, or discard it. Nothing of them is delivered until then.",
  },
  "dead-letters": {
    title: "Readings were rejected by the receiving end",
    todo: "They are kept. Tell whoever looks after the fleet.",
  },
};

export type StaffAlertWords = typeof staffAlertsEn;
