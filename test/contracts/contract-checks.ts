import { expect, test } from "vitest";

/** Registers a check of a contract: a fresh subject, the test, and the end of the subject. */
export type Check<Subject> = (sentence: string, body: (subject: Subject) => Promise<void>) => void;

interface Contract<Subject> {
  readonly name: string;
  readonly make: () => Promise<Subject>;
}

/** @param end what is done with the subject of each check, however it went */
export function contractChecks<Subject>(
  { name, make }: Contract<Subject>,
  end: (subject: Subject) => Promise<void>,
): Check<Subject> {
  return (sentence, body) => {
    test(`${name}: ${sentence}`, async () => {
      expect.hasAssertions();
      const subject = await make();
      try {
        await body(subject);
      } finally {
        await end(subject);
      }
    });
  };
}
