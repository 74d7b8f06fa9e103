import { expect, test } from "vitest";
import { pairingMethod, type PairingSide } from "../../../simulators/peripherals/pairing-method.ts";

const capabilities = [
  "display-only",
  "display-yes-no",
  "keyboard-only",
  "no-input-no-output",
  "keyboard-display",
] as const;
type Io = (typeof capabilities)[number];

const side = (io: Io, secureConnections: boolean, mitm = true): PairingSide => ({ io, mitm, secureConnections });

/** One letter for a cell: Just Works, Initiator shows, Responder shows, Both enter, Numeric comparison. */
function row(responder: Io, secure: boolean): string {
  const cells = capabilities.map((initiator) => {
    const { method, shownBy } = pairingMethod(side(initiator, secure), side(responder, secure));
    if (method === "just-works") return "J";
    if (method === "numeric-comparison") return "N";
    return { initiator: "I", responder: "R", nobody: "B" }[shownBy ?? "nobody"];
  });
  return cells.join("");
}

test("legacy pairing is chosen by the specification's table 2.8", () => {
  expect(capabilities.map((responder) => row(responder, false))).toEqual(["JJRJR", "JJRJR", "IIBJI", "JJJJJ", "IIRJI"]);
});

test("Secure Connections compare numbers where both can show and answer", () => {
  expect(capabilities.map((responder) => row(responder, true))).toEqual(["JJRJR", "JNRJN", "IIBJI", "JJJJJ", "INRJN"]);
});

test("without a wish for protection on either side it is Just Works, whatever they can show", () => {
  for (const one of capabilities) {
    for (const other of capabilities) {
      expect(pairingMethod(side(one, true, false), side(other, true, false))).toEqual({
        method: "just-works",
        shownBy: null,
        authenticated: false,
        secureConnections: true,
      });
    }
  }
});

test("the wish of one side is enough", () => {
  const choice = pairingMethod(side("keyboard-display", true, false), side("display-only", true));
  expect(choice).toEqual({
    method: "passkey-entry",
    shownBy: "responder",
    authenticated: true,
    secureConnections: true,
  });
});

test("pairing is legacy as soon as one side knows nothing else", () => {
  const choice = pairingMethod(side("keyboard-display", true), side("display-yes-no", false));
  expect(choice).toEqual({
    method: "passkey-entry",
    shownBy: "responder",
    authenticated: true,
    secureConnections: false,
  });
});
