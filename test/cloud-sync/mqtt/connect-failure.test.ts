import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { connectFailure } from "../../../cloud-sync/mqtt/connect-failure.ts";

/** What Node says of a name that has these addresses, at none of which anybody listens. */
async function refusedAt(...addresses: readonly string[]): Promise<Error> {
  const socket = connect({
    host: "broker.example",
    port: 1,
    lookup: (_host, _options, told) => {
      told(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      );
    },
  });
  const [error]: readonly unknown[] = await once(socket, "error");
  if (!(error instanceof Error)) throw new Error("it was no error");
  return error;
}

test("of a broker that has several addresses it is told what became of each, in words", async () => {
  const failure = connectFailure(await refusedAt("127.0.0.1", "127.0.0.2"));
  expect(failure).toMatchObject({
    code: "broker-unreachable",
    message: "the broker cannot be reached: connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1",
    context: { systemCode: "ECONNREFUSED" },
  });
  // What shows a failure would take a bundle of errors for several failures of the program.
  expect(failure.cause).not.toBeInstanceOf(AggregateError);
});

test("of a broker that has one address it is told what Node says", async () => {
  expect(connectFailure(await refusedAt("127.0.0.1")).message).toBe(
    "the broker cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
  );
});
