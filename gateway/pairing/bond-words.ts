/** What becomes of a device's key, as it is told to the person who looks after the gateway. */
export type BondNews =
  | "paired"
  | "paired-again"
  | "works-again"
  | "refused"
  | "removed"
  | "unpaired"
  | "needed"
  | "made-elsewhere";

const pairIt = "Pair it again: `carepost devices pair`.";

const words: Readonly<Record<BondNews, (device: string) => string>> = {
  paired: (device) => `${device} is paired.`,
  "paired-again": (device) => `${device} is paired again, and is read as before.`,
  "works-again": (device) => `${device} accepts its key again, and is read as before.`,
  refused: (device) =>
    `${device} no longer accepts the key that it was paired with, so its readings wait in it. ` +
    `Usually its batteries were changed, or it was paired with a phone. ${pairIt}`,
  removed: (device) => `The key of ${device} was removed from this machine by another program. ${pairIt}`,
  unpaired: (device) =>
    `${device} was to be paired anew, which did not succeed; its old key is gone, so its readings wait in it. ${pairIt}`,
  needed: (device) =>
    `${device} gives its readings to nobody whom it is not paired with. Pair it: \`carepost devices pair\`.`,
  "made-elsewhere": (device) =>
    `${device} was paired by another program of this machine. If that was not you, forget it: ` +
    "`carepost devices forget`.",
};

export const bondWords = (news: BondNews, name: string | null): string => words[news](name ?? "A device");
