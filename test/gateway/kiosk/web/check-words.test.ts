import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectionErrors } from "../../../../cloud-sync/mqtt/connection-error.ts";
import { sqliteErrors } from "../../../../cloud-sync/sqlite/sqlite-error.ts";
import { configErrors } from "../../../../gateway/config/config-error.ts";
import { controlErrors } from "../../../../gateway/control/control-error.ts";
import { checkErrorsEs } from "../../../../gateway/kiosk/web/messages/check-errors-es.ts";
import { checkNamesEs } from "../../../../gateway/kiosk/web/messages/check-names-es.ts";
import { checksDeliveryEs } from "../../../../gateway/kiosk/web/messages/checks-delivery-es.ts";
import { checksMachineEs } from "../../../../gateway/kiosk/web/messages/checks-machine-es.ts";
import { checksRadioEs } from "../../../../gateway/kiosk/web/messages/checks-radio-es.ts";
import { settingReasonsEs } from "../../../../gateway/kiosk/web/messages/setting-reasons-es.ts";
import { checkWords } from "../../../../gateway/kiosk/web/staff/check-words.ts";
import { judge } from "../../../../gateway/ops/checks/hardening-check.ts";
import { broken, doubtful, examine, inEnglish, say } from "../../../../gateway/ops/doctor.ts";
import { factsWanted, fillText } from "../../../../gateway/ops/findings/fill-text.ts";
import { findingTexts, type FindingText } from "../../../../gateway/ops/findings/finding-texts.ts";
import { judgeMainConf, mainConfAdvice } from "../../../../gateway/radio/bluez/hardening.ts";
import { checkOf } from "../../../doubles/staff-checks.ts";

const ops = join(import.meta.dirname, "../../../../gateway/ops");
const spanish: Readonly<Record<string, FindingText>> = { ...checksMachineEs, ...checksRadioEs, ...checksDeliveryEs };
const english: Readonly<Record<string, FindingText>> = findingTexts;

/** Their English is the program's own text, which a Spanish page shows beside its words. */
const inDetail = new Set(["check-refused", "check-failed", "checks-failed", "config-wrong"]);

test("everything that a check of a gateway may say has words in Spanish, and no words are for nothing", () => {
  expect(Object.keys(english).length).toBeGreaterThan(100);
  expect(Object.keys(spanish).toSorted()).toEqual(Object.keys(english).toSorted());
});

test("the Spanish words name the same facts as the English ones, and tell a remedy where there is one", () => {
  for (const [code, [finding, mend]] of Object.entries(english)) {
    if (inDetail.has(code)) continue;
    const [hallazgo, remedio] = spanish[code] ?? ["", null];
    expect([code, factsWanted(hallazgo).toSorted()]).toEqual([code, factsWanted(finding).toSorted()]);
    expect([code, remedio !== null, factsWanted(remedio ?? "").toSorted()]).toEqual([
      code,
      mend !== null,
      factsWanted(mend ?? "").toSorted(),
    ]);
  }
});

test("Spanish is Spanish: nothing was left in English", () => {
  const words = (text: string): string => text.replaceAll(/\{[^}]*\}|`[^`]*`/g, "");
  const same = Object.entries(english).flatMap(([code, texts]) =>
    texts.filter((text, index) => text !== null && words(text).length > 12 && text === spanish[code]?.[index]),
  );
  expect(same).toEqual([]);
});

test("every check has a name in Spanish", () => {
  const folder = join(ops, "checks");
  const files = [...readdirSync(folder).map((name) => join(folder, name)), join(ops, "checkup.ts")];
  const texts = files.filter((path) => !/(?:sink-checks|crl-check)\.ts$/.test(path)).map(textOf);
  const names = texts.flatMap((text) => [...text.matchAll(/\bname: "([^"]+)"/g)].map(([, name = ""]) => name));
  expect(names.length).toBeGreaterThan(18);
  expect([...names, "checks"].filter((name) => !(name in checkNamesEs))).toEqual([]);
});

test("only the checks of the ingestion end, which no page shows, are told in English alone", () => {
  const paths = readdirSync(ops, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const speakers = paths.filter((path) => textOf(join(ops, path)).includes("inEnglish("));
  expect(speakers.toSorted()).toEqual(["checks/crl-check.ts", "checks/sink-checks.ts"]);
});

test("there are Spanish words for every error that a check can end with", () => {
  const codes = [configErrors, sqliteErrors, connectionErrors, controlErrors].flatMap(({ table }) =>
    Object.keys(table),
  );
  const others = ["identity-absent", "identity-damaged", "iot-hub-key-malformed"];
  expect([...codes, ...others].filter((code) => !(code in checkErrorsEs))).toEqual([]);
});

test("a finding of several parts is told in the language of the page, each remedy once", () => {
  const finding = doubtful(say("bonds-gone", { names: "cuff" }), say("bonds-lost-nameless", { devices: 1 }));
  expect(finding).toMatchObject({
    finding: "bluetoothd has no key any more for cuff; the bond is lost with a device without a name",
    mend: "Pair again, each with the device at hand: `carepost devices pair`.",
  });
  expect(checkWords(checkOf("bonds", finding), "es")).toEqual({
    name: "Emparejamientos",
    told: "bluetoothd ya no tiene la clave de cuff; se perdió el emparejamiento con un dispositivo sin nombre",
    remedies: ["Emparéjelos otra vez, cada uno con el dispositivo a mano: `carepost devices pair`."],
    detail: null,
    language: "es",
  });
  expect(checkWords(checkOf("bonds", finding), "en")).toMatchObject({ name: "bonds", told: finding.finding });
});

test("every setting of bluetoothd that is advised has its reason in Spanish", () => {
  expect(Object.keys(settingReasonsEs).toSorted()).toEqual(mainConfAdvice.map(({ key }) => key).toSorted());
  const [found] = judgeMainConf("[General]\nControllerMode = le\nDebugKeys = true\nPrivacy = off\n");
  expect(found?.advice.key).toBe("DebugKeys");
  const { remedies } = checkWords(checkOf("bluetooth setup", judge(found === undefined ? [] : [found], null)), "es");
  expect(remedies[0]).toBe(
    "/etc/bluetooth/main.conf, [General]: DebugKeys = false. Un emparejamiento hecho con la clave de depuración, que todos conocen, no guarda ningún secreto.",
  );
});

test("an error is told by its code, with the program's own words beside it", async () => {
  const wrong = configErrors.make("key-exposed", "the key file /k is open to others (mode 0644)");
  const check = { name: "store", run: () => Promise.reject(wrong) };
  for await (const examined of examine([check], new AbortController().signal)) {
    expect(checkWords(checkOf("store", examined), "es")).toMatchObject({
      told: "otros pueden leer el archivo de una clave",
      detail: "the key file /k is open to others (mode 0644) (key-exposed)",
    });
  }
});

test("what is of no known error, or of a later version, is told all the same", () => {
  const refused = broken(say("check-refused", { message: "it broke", code: "of-later", remedy: "Mend it." }));
  expect(checkWords(checkOf("store", { ...refused, code: "of-later" }), "es")).toMatchObject({
    told: "no se pudo comprobar (of-later)",
    remedies: [],
    detail: "it broke (of-later)",
    language: "es",
  });
  const later = { ...checkOf("x", inEnglish("fail", "new", "Mend it.")), said: [{ code: "of-later", facts: {} }] };
  expect(checkWords(later, "es")).toMatchObject({ told: "new", remedies: ["Mend it."], language: "en" });
});

test("facts are put into a sentence once, and forms by their number", () => {
  expect(fillText("{a} and {b}", { a: "{b}", b: 2 })).toBe("{b} and 2");
  expect(fillText("{n|a device|# devices}", { n: 1 })).toBe("a device");
  expect(fillText("{n|a device|# devices}", { n: 2 })).toBe("2 devices");
  expect(fillText("{unknown}", {})).toBe("{unknown}");
  expect(factsWanted("{n|a device|# devices} near {place}, {place}")).toEqual(["n", "place"]);
});

const textOf = (path: string): string => readFileSync(path, "utf8");
