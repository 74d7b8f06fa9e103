import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { diskSteps, type FileSteps } from "../../../cloud-sync/identity/durable-files.ts";
import { newCsrPem, newKeyPem, newRoot } from "../../../cloud-sync/identity/certificates.ts";
import type { EnrolAnswer } from "../../../cloud-sync/identity/enrolment-contract.ts";
import { enrolGateway } from "../../../gateway/identity/enrol-gateway.ts";
import { IdentityFolder } from "../../../gateway/identity/identity-folder.ts";
import { enrolmentSite, type EnrolmentSite } from "../../doubles/enrolment-site.ts";

const gateway = "gw-0001";
const { signal } = new AbortController();
let site: EnrolmentSite;
let folder = "";
beforeAll(async () => {
  site = await enrolmentSite();
  await site.serve();
});
afterAll(() => site.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("an enrolment that is killed between any two of its steps is finished by running it again", async () => {
  const steps = await stepsOf((disk) => enrol(newTokenText(), disk));
  expect(steps).toBeGreaterThan(8);
  for (let last = 0; last < steps; last += 1) {
    rmSync(folder, { recursive: true, force: true });
    const token = newTokenText();
    await expect(enrol(token, dyingAfter(last))).rejects.toThrow("killed");
    expect(() => new IdentityFolder(folder, gateway).current()).not.toThrow();
    await enrol(token, diskSteps);
    expect(new IdentityFolder(folder, gateway).current()).toMatchObject({ facts: { commonName: gateway } });
    expect(filesIn(folder)).toEqual(expect.arrayContaining(["ca.pem", "identity.pem"]));
  }
});

test("a renewal that is killed between any two of its steps leaves an identity that works, and is finished later", async () => {
  const steps = await stepsOf(async (disk) => {
    await enrol(newTokenText(), diskSteps);
    await renew(disk);
  });
  expect(steps).toBeGreaterThan(8);
  for (let last = 0; last < steps; last += 1) {
    rmSync(folder, { recursive: true, force: true });
    await enrol(newTokenText(), diskSteps);
    const before = new IdentityFolder(folder, gateway).current();
    await expect(renew(dyingAfter(last))).rejects.toThrow("killed");
    const between = new IdentityFolder(folder, gateway).current();
    expect(between).toMatchObject({ ca: site.authority.ca });
    await renew(diskSteps);
    const after = new IdentityFolder(folder, gateway).current();
    expect(after?.key).not.toBe(before?.key);
    expect(filesIn(folder)).toEqual(["ca.pem", "identity.pem"]);
  }
});

test("an answer that was lost on its way is asked for again with the same key, and the token still does", async () => {
  const token = newTokenText();
  const key = new IdentityFolder(folder, gateway).pendingKey();
  const lost = await site.authority.enrol({ token, csr: await newCsrPem(key, gateway), gateway });
  expect(lost.ok).toBe(true);
  await enrol(token, diskSteps);
  expect(new IdentityFolder(folder, gateway).current()?.key).toBe(key);
});

test("a key that was revoked while its certificate was on its way is given up, and the token does for a new one", async () => {
  const key = new IdentityFolder(folder, gateway).pendingKey();
  await site.authority.enrol({ token: newTokenText(), csr: await newCsrPem(key, gateway), gateway });
  await site.authority.revoke({ kind: "gateway", name: gateway });
  const { token } = site.authority.newToken(gateway, { validMs: 3_600_000, reinstate: true });
  let asked = 0;
  await enrolGateway({ ...enrolment(diskSteps), token: () => ((asked += 1), token) }, signal);
  expect(new IdentityFolder(folder, gateway).current()?.key).not.toBe(key);
  expect(asked).toBe(1);
});

test("a gateway that is enrolled is left alone, unless its identity is to be replaced", async () => {
  const first = await enrol(newTokenText(), diskSteps);
  const { key } = new IdentityFolder(folder, gateway).current() ?? {};
  const noToken = (): string => {
    throw new Error("nobody should ask");
  };
  expect(await enrolGateway({ ...enrolment(diskSteps), token: noToken }, signal)).toMatchObject({
    wasEnrolled: true,
    expiresAt: first.expiresAt,
  });
  const token = newTokenText();
  await enrolGateway({ ...enrolment(diskSteps), token: () => token, replace: true }, signal);
  expect(new IdentityFolder(folder, gateway).current()?.key).not.toBe(key);
});

test("a certificate for another gateway, another key or of another authority is not installed", async () => {
  const place = new IdentityFolder(folder, gateway);
  const key = place.pendingKey();
  const right = await issued(gateway, key);
  const stranger = await newRoot({ name: "Stranger", now: Date.now(), days: 1 });
  const wrong: readonly EnrolAnswer[] = [
    await issued("gw-0002", key),
    { ...(await issued("gw-0002", key)), gateway },
    await issued(gateway, newKeyPem()),
    { ...right, ca: stranger.cert },
    { ...right, chain: "nonsense" },
    { ...right, chain: "" },
  ];
  for (const answer of wrong) {
    expect(() => place.install(answer)).toThrow(expect.objectContaining({ code: "enrolment-answer-wrong" }));
  }
  expect(filesIn(folder)).toEqual(["pending.key"]);
  place.install(right);
  expect(place.current()).toMatchObject({ key });
});

test("keys are their owner's alone", async () => {
  await enrol(newTokenText(), diskSteps);
  new IdentityFolder(folder, gateway).pendingKey();
  for (const name of ["identity.pem", "pending.key"]) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
});

test("a damaged identity and one of another gateway are told as such, and can be enrolled anew", async () => {
  await enrol(newTokenText(), diskSteps);
  const whole = readFileSync(join(folder, "identity.pem"), "utf8");
  const damaged = { code: "identity-damaged" };
  for (const text of [
    "",
    whole.slice(0, 300),
    whole.replace(/-----BEGIN PRIVATE KEY-----[^-]+/, "-----BEGIN PRIVATE KEY-----\nAAAA\n"),
  ]) {
    writeFileSync(join(folder, "identity.pem"), text);
    expect(() => new IdentityFolder(folder, gateway).current()).toThrow(expect.objectContaining(damaged));
  }
  await enrol(newTokenText(), diskSteps);
  expect(() => new IdentityFolder(folder, "gw-0002").current()).toThrow(expect.objectContaining(damaged));
  expect(new IdentityFolder(folder, gateway).current()).not.toBeNull();
});

test("an identity that does not know whom to trust is damaged: it would trust every authority that Node knows", async () => {
  await enrol(newTokenText(), diskSteps);
  const place = new IdentityFolder(folder, gateway);
  for (const text of [null, "", "rubbish"]) {
    rmSync(join(folder, "ca.pem"));
    if (text !== null) writeFileSync(join(folder, "ca.pem"), text);
    expect(() => place.tls()).toThrow(expect.objectContaining({ code: "identity-damaged" }));
    await enrol(newTokenText(), diskSteps);
    expect(place.tls()).toMatchObject({ ca: site.authority.ca });
  }
});

test("a pending key that is no key is made anew", () => {
  writeFileSync(join(folder, "pending.key"), "rubbish");
  expect(new IdentityFolder(folder, gateway).pendingKey()).toContain("BEGIN PRIVATE KEY");
});

const newTokenText = (): string => site.authority.newToken(gateway, { validMs: 3_600_000, reinstate: false }).token;

const enrolment = (steps: FileSteps): Omit<Parameters<typeof enrolGateway>[0], "token"> => ({
  folder,
  gateway,
  url: site.url(),
  trust: { ca: site.authority.ca },
  replace: false,
  clock: site.clock,
  steps,
});

const enrol = (token: string, steps: FileSteps): ReturnType<typeof enrolGateway> =>
  enrolGateway({ ...enrolment(steps), token: () => token }, signal);

/** What the keeper does when a renewal is due. */
async function renew(steps: FileSteps): Promise<void> {
  // A day between two renewals, so that the limit of a day is not met.
  site.clock.jump(86_400_001);
  const place = new IdentityFolder(folder, gateway, steps);
  const pem = place.current()?.chain ?? "";
  const csr = await newCsrPem(place.pendingKey(), gateway);
  const answer = await site.authority.renew({ pem, csr });
  if (!answer.ok) throw new Error(answer.error.reason);
  place.install(answer.value);
}

async function issued(name: string, key: string): Promise<EnrolAnswer> {
  const { token } = site.authority.newToken(name, { validMs: 60_000, reinstate: false });
  const answer = await site.authority.enrol({ token, csr: await newCsrPem(key, name), gateway: null });
  if (!answer.ok) throw new Error(answer.error.reason);
  return { ...answer.value, at: 0 };
}

/** Every step up to the last is carried out; at the next one the program is gone. */
function dyingAfter(last: number): FileSteps {
  let done = 0;
  const step = (act: () => void): void => {
    if (done === last) throw new Error("killed");
    done += 1;
    act();
  };
  return {
    write: (path, text, mode) => {
      step(() => diskSteps.write(path, text.slice(0, 40), mode));
      step(() => diskSteps.write(path, text, mode));
    },
    rename: (from, to) => step(() => diskSteps.rename(from, to)),
    flushFolder: (path) => step(() => diskSteps.flushFolder(path)),
    remove: (path) => step(() => diskSteps.remove(path)),
  };
}

async function stepsOf(work: (steps: FileSteps) => Promise<unknown>): Promise<number> {
  let count = 0;
  const counted = <Arguments extends unknown[]>(act: (...given: Arguments) => void, weight: number) => {
    return (...given: Arguments): void => {
      count += weight;
      act(...given);
    };
  };
  await work({
    write: counted(diskSteps.write, 2),
    rename: counted(diskSteps.rename, 1),
    flushFolder: counted(diskSteps.flushFolder, 1),
    remove: counted(diskSteps.remove, 1),
  });
  return count;
}

const filesIn = (path: string): readonly string[] => readdirSync(path).toSorted();
