import { expect } from "vitest";
import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { type DialogueScript, scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import { blood, identityOf } from "../site-devices.ts";
import { until } from "./radio-site.ts";
import type { RadioStage } from "./radio-stage.ts";
import type { Play, Scenarios } from "./scenario.ts";

interface Method {
  readonly words: string;
  readonly traits: Partial<PairingTraits>;
  readonly method: string;
  readonly script: (stage: RadioStage, address: string) => DialogueScript;
}

const methods: readonly Method[] = [
  { words: "Just Works", traits: {}, method: "just-works", script: () => ({}) },
  { words: "legacy Just Works", traits: { secureConnections: false }, method: "just-works", script: () => ({}) },
  {
    words: "the passkey that the device shows",
    traits: { io: "display-only", mitm: true, passkey: 123_456 },
    method: "passkey-entry",
    script: () => ({ passkey: () => 123_456 }),
  },
  {
    words: "a passkey that the gateway shows",
    traits: { io: "keyboard-only", mitm: true },
    method: "passkey-shown",
    script: (stage, address) => ({ onShow: (passkey) => stage.type?.(address, passkey) }),
  },
  {
    words: "numeric comparison",
    traits: { io: "display-yes-no", mitm: true },
    method: "numeric-comparison",
    script: () => ({}),
  },
  {
    words: "Just Works with a device that asks for security itself",
    traits: { requestsSecurity: true },
    method: "just-works",
    script: () => ({}),
  },
];

/** Each way of pairing, from the window to the first row in the sink; and what becomes of keys that are lost. */
export const pairingScenarios: Scenarios = (play) => {
  for (const { words, traits, method, script } of methods) {
    play(`a meter that is paired by ${words} is read`, async (site) => {
      const meter = site.meter({ pairing: { ...justWorks, ...traits } });
      meter.measure(blood(104), 3_600_000);
      const gateway = await site.gateway({ assigned: [meter] });
      const paired = await gateway.pair(meter.address, scriptedDialogue(script(site.stage, meter.address)));
      expect(paired.method).toBe(method);
      await site.balances(1);
    });
  }

  hiding(play);

  play("a device that nobody paired is refused, and gives nothing", async (site) => {
    const meter = site.meter();
    meter.measure(blood(104), 3_600_000);
    const gateway = await site.gateway({ assigned: [meter] });
    await until(() => gateway.failures.length > 0);
    expect(await site.stage.radio.bonds()).toEqual([]);
    await site.balances(0);
  });

  play("a bond that the device has lost is told, and a new window mends it", async (site) => {
    const meter = site.meter();
    meter.measure(blood(104), 7_200_000);
    const gateway = await site.gateway({ assigned: [meter] });
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(1);
    site.air.command({ type: "forget-bond", address: meter.address });
    meter.measure(blood(105));
    await until(() => gateway.events.some((event) => event.type === "bond" && event.state === "lost"));
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(2);
  });

  play("a bond that the gateway has given up is gone on its side, and a new window makes another", async (site) => {
    const meter = site.meter();
    meter.measure(blood(104), 7_200_000);
    const gateway = await site.gateway({ assigned: [meter] });
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(1);
    await gateway.forget(`system-id:${meter.options.identity.systemId}`);
    expect(await site.stage.radio.bonds()).toEqual([]);
    await gateway.assign(meter);
    meter.measure(blood(105));
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(2);
  });

  play("a device that is known to forget its key is paired anew by the gateway alone", async (site) => {
    const meter = site.meter();
    meter.measure(blood(104), 7_200_000);
    const gateway = await site.gateway({ assigned: [meter] });
    await gateway.pair(meter.address, scriptedDialogue(), true);
    await site.balances(1);
    site.air.command({ type: "forget-bond", address: meter.address });
    meter.measure(blood(105));
    await site.balances(2);
  });
};

function hiding(play: Play): void {
  play("a meter that hides its address is paired under it, read by its identity, and paired again", async (site) => {
    const identity = { ...identityOf("C0:00:00:00:00:01", "Meter"), addressKind: "random-private" as const };
    const meter = site.meter({ pairing: justWorks, identity });
    meter.measure(blood(104), 7_200_000);
    const gateway = await site.gateway({ assigned: [meter] });
    const paired = await gateway.pairNamed("Meter", scriptedDialogue());
    expect(paired).toMatchObject({ address: meter.address, look: { serial: identity.serial } });
    await site.balances(1);
    expect(await site.stage.radio.bonds()).toMatchObject([{ address: meter.address }]);
    expect(gateway.events.flatMap((event) => (event.type === "bond" ? [event.told] : []))).toContain(
      "Meter is paired.",
    );
    meter.measure(blood(105));
    await site.balances(2);
    const again = await gateway.pairNamed("Meter", scriptedDialogue());
    expect(again).toMatchObject({ address: meter.address, look: { serial: identity.serial } });
    expect(await site.stage.radio.bonds()).toMatchObject([{ address: meter.address }]);
    meter.measure(blood(106));
    await site.balances(3);
  });
}
