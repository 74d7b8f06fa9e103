import type { ConsentWords } from "./consent-words.ts";

/** English. A changed word is a new version: see `consent-texts.ts`. */
export const englishConsent: ConsentWords = {
  title: "Before you measure: what happens with your readings",
  sections: [
    {
      heading: "What is kept",
      text: "Your readings with their time, which device took them, and the code that stands for you. Your name, your address and your contact details are not kept here.",
    },
    {
      heading: "Who gets it",
      text: "The care service that this store works with, over an encrypted connection, and nobody else. Staff here see a reading only if nobody can say whose it is.",
    },
    {
      heading: "For how long",
      text: "This kiosk keeps a reading until the care service has it, and for 90 days after that. How long the care service keeps it is in its own privacy notice.",
    },
    {
      heading: "If you take a device home",
      text: "It is then noted that the device is yours, so that its readings go to the care service as yours.",
    },
    {
      heading: "Your rights",
      text: "You need not agree: then nothing is kept and nothing is sent. You can take your consent back at any time, here at this kiosk or with the staff of this store. From then on nothing more is collected, and what has not been sent yet is removed. You can ask staff for a copy of what is kept here.",
    },
    {
      heading: "What this is not",
      text: "The kiosk shows where a value lies in a published table. It is not a diagnosis, and it does not replace your doctor. In an emergency, call the emergency number.",
    },
  ],
  trendQuestion: "May the kiosk also show you your earlier readings from here, on this screen?",
};
