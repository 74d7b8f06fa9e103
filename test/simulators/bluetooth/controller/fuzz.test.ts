import * as fc from "fast-check";
import { expect, test } from "vitest";
import { commandTable } from "../../../../simulators/bluetooth/controller/command-table.ts";
import { createMedium } from "../../../../simulators/bluetooth/medium/medium.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";

const octets = fc.uint8Array({ maxLength: 80 });
const opcode = fc.oneof(fc.constantFrom(...commandTable.keys()), fc.integer({ min: 0, max: 0xffff }));
const command = fc
  .tuple(opcode, octets)
  .map(([code, parameters]) => Uint8Array.of(0x01, code & 0xff, code >> 8, parameters.length, ...parameters));
const data = fc
  .tuple(fc.integer({ min: 0x40, max: 0x42 }), fc.nat(3), octets)
  .map(([handle, boundary, bytes]) => Uint8Array.of(0x02, handle, boundary << 4, bytes.length, 0, ...bytes));
const packet = fc.oneof({ weight: 3, arbitrary: command }, { weight: 2, arbitrary: data }, octets);

test("whatever its host sends, a controller neither throws nor stops answering", async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), packet), { maxLength: 60 }), async (packets) => {
      const clock = createVirtualClock(0);
      const medium = createMedium({ clock, seed: 1 });
      const hosts = [medium.controller().host(), medium.controller().host()] as const;
      const answers: Uint8Array[] = [];
      hosts[0].receive((answer) => answers.push(answer));
      hosts[1].receive(() => undefined);
      for (const [isFirst, sent] of packets) {
        hosts[isFirst ? 0 : 1].send(sent);
        await clock.advance(20);
      }
      answers.length = 0;
      hosts[0].send(Uint8Array.of(0x01, 0x03, 0x0c, 0x00));
      await clock.settle();
      expect(answers.map((answer) => Buffer.from(answer).toString("hex"))).toEqual(["040e0401030c00"]);
      medium.close();
    }),
    { numRuns: 60 },
  );
});
