import { expect, test } from "vitest";
import { kioskView } from "../../gateway/kiosk/contract/kiosk-view.ts";
import { visitView } from "../../gateway/kiosk/contract/visit-view.ts";
import type { Visit, VisitDesk } from "../../gateway/kiosk/visit-desk.ts";
import { codeOf } from "./gatt-stage.ts";

/** A desk at which nobody stands yet, and that takes visits. */
export interface VisitDeskPlace {
  readonly desk: VisitDesk;
  /** Lets time pass until the work is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
  /** Lets so much time pass. */
  readonly wait: (durationMs: number) => Promise<void>;
}

export interface VisitDeskStage {
  readonly name: string;
  readonly make: () => Promise<VisitDeskPlace>;
}

type Check = (title: string, body: (place: VisitDeskPlace) => Promise<void>) => void;

/** What `VisitDesk` promises, run against every adapter. */
export function visitDeskContract({ name, make }: VisitDeskStage): void {
  const check: Check = (title, body) => {
    test(`${name}: ${title}`, async () => {
      expect.hasAssertions();
      await body(await make());
    });
  };
  beginnings(check);
  courses(check);
}

function beginnings(check: Check): void {
  check("the kiosk is shown without any visit, and a visit makes it busy", async ({ desk, run }) => {
    const shown = kioskView.omit({ staff: true, needsStaff: true });
    expect(shown.parse(desk.kiosk())).toMatchObject({ isBusy: false, outOfOrder: null });
    expect(desk.current()).toBeNull();
    const visit = await run(desk.begin({ person: null, language: "en" }));
    expect(desk.current()).toBe(visit);
    expect(shown.parse(desk.kiosk()).isBusy).toBe(true);
  });

  check(
    "a visit begins with the text of consent, and everything but the decision is refused",
    async ({ desk, run }) => {
      const visit = await run(desk.begin({ person: "sim-0001", language: "es" }));
      expect(visitView.parse(visit.view())).toMatchObject({ step: "consent", language: "es", who: "person" });
      expect(visit.view().consentText).toMatchObject({ language: "es" });
      const device = "not-a-device";
      const refused = [
        visit.chooseKind("blood-glucose-meter"),
        visit.openPairing(),
        visit.choosePairing(device),
        visit.answerPairing({ number: 1, answer: { type: "yes" } }),
        visit.closePairing(),
        visit.measure(device),
        visit.enrol({ device, userSlot: null }),
        visit.goTo({ step: "choose" }),
      ];
      const codes = await Promise.all(refused.map((each) => codeOf(run(each))));
      expect(codes).toEqual(refused.map(() => "visit-step-refused"));
      expect(visit.view().step).toBe("consent");
    },
  );

  check("a secret is 32 octets in base64url, and another for each visit", async ({ desk, run }) => {
    const secrets: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const visit = await run(desk.begin({ person: null, language: "en" }));
      secrets.push(visit.secret);
      await run(visit.end("cancelled"));
    }
    expect(new Set(secrets).size).toBe(3);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  check("there is one visit at a time", async ({ desk, run }) => {
    const visit = await run(desk.begin({ person: null, language: "en" }));
    expect(await codeOf(run(desk.begin({ person: null, language: "en" })))).toBe("kiosk-in-use");
    expect(desk.current()).toBe(visit);
  });
}

function courses(check: Check): void {
  check("each change is told, until nobody listens any more", async ({ desk, run }) => {
    let changes = 0;
    const deaf = desk.onChange(() => {
      changes += 1;
    });
    const visit = await run(desk.begin({ person: null, language: "en" }));
    const begun = changes;
    expect(begun).toBeGreaterThan(0);
    await run(visit.setLanguage("es"));
    expect(visit.view().language).toBe("es");
    expect(changes).toBeGreaterThan(begun);
    deaf();
    const heard = changes;
    await run(visit.setLanguage("en"));
    expect(changes).toBe(heard);
  });

  check(
    "a visit that has ended says goodbye, does nothing more, and is gone after a while",
    async ({ desk, run, wait }) => {
      const visit = await run(desk.begin({ person: "sim-0001", language: "en" }));
      await agree(visit, run);
      await Promise.all([run(visit.end("done")), run(visit.end("cancelled"))]);
      expect(visitView.parse(visit.view())).toMatchObject({
        step: "goodbye",
        ended: "done",
        results: [],
        consent: null,
      });
      expect(await codeOf(run(visit.setLanguage("es")))).toBe("visit-over");
      expect(await codeOf(run(visit.goTo({ step: "choose" })))).toBe("visit-over");
      expect(desk.kiosk().isBusy).toBe(false);
      visit.touch();
      await wait(20_000);
      expect(desk.current()).toBeNull();
      expect(visit.view().step).toBe("goodbye");
    },
  );

  check("who says no is bid goodbye", async ({ desk, run }) => {
    const visit = await run(desk.begin({ person: "sim-0001", language: "en" }));
    const { version, sha256 } = textOf(visit);
    await run(visit.decideConsent({ version, sha256, decision: "refused", trend: false }));
    expect(visit.view()).toMatchObject({ step: "goodbye", ended: "refused" });
  });

  check("what is asked at once is done one after the other", async ({ desk, run }) => {
    const visit = await run(desk.begin({ person: null, language: "en" }));
    const { version, sha256 } = textOf(visit);
    const asked = [
      visit.decideConsent({ version, sha256, decision: "given", trend: false }),
      visit.chooseKind("blood-pressure-monitor"),
      visit.goTo({ step: "consent" }),
    ];
    await run(Promise.all(asked));
    expect(visit.view()).toMatchObject({ step: "consent", kind: "blood-pressure-monitor" });
  });
}

const textOf = (visit: Visit): { readonly version: string; readonly sha256: string } =>
  visit.view().consentText ?? { version: "", sha256: "" };

async function agree(visit: Visit, run: VisitDeskPlace["run"]): Promise<void> {
  const { version, sha256 } = textOf(visit);
  await run(visit.decideConsent({ version, sha256, decision: "given", trend: true }));
  expect(visit.view().step).toBe("choose");
}
