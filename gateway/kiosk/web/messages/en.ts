/** What the touch screen says. `es.ts` is of the same type: what one language lacks does not compile. */
export const en = {
  back: "Back",
  cancel: "Cancel",
  language: "Language",
  largerText: "Larger text",
  highContrast: "High contrast",
};

export type Words = typeof en;
