import { z } from "zod";

/** The words of a text of consent in one language: what a person reads, and what the hash is made over. */
export type ConsentWords = z.infer<typeof consentWords>;

const line = z.string().regex(/^[^\r\n]+$/, "not one line of text");

export const consentWords = z.strictObject({
  title: line.max(200),
  sections: z
    .array(z.strictObject({ heading: line.max(200), text: line.max(2_000) }))
    .min(1)
    .max(12),
  trendQuestion: line.max(500),
});
