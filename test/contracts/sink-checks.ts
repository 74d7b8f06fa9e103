import { expect, test } from "vitest";
import type { Sink } from "../../cloud-sync/ingest/sink.ts";

/** Registers a check of a contract: a fresh subject, the test, and the end of the subject's sink. */
export type Check<Subject> = (sentence: string, body: (subject: Subject) => Promise<void>) => void;

interface Contract<Subject> {
  readonly name: string;
  readonly make: () => Promise<Subject>;
}

export function sinkChecks<Subject extends { readonly sink: Sink }>({ name, make }: Contract<Subject>): Check<Subject> {
  return (sentence, body) => {
    test(`${name}: ${sentence}`, async () => {
      expect.hasAssertions();
      const subject = await make();
      try {
        await body(subject);
      } finally {
        await subject.sink.close();
      }
    });
  };
}
