import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { readDatabaseKey } from "../../../gateway/config/database-key.ts";
import { hubView } from "../../../gateway/kiosk/contract/hub-view.ts";
import { buildDeb } from "../../../gateway/packaging/build-deb.ts";
import { freePort } from "../../doubles/free-port.ts";
import { freshDebian } from "../debian-root.ts";
import { DebianMachine } from "../debian-machine.ts";
import { grows, type HomeStage, setHomeStage } from "../../scenarios/hub/home-stage.ts";

/** The whole life of the package on one machine: each test begins where the one before it ended. */
const project = join(import.meta.dirname, "../../..");
const versions = ["0.1.0", "0.1.1"] as const;
const service = "carepost-gateway.service";
const startMsMax = 180_000;

let stage: HomeStage;
let machine: DebianMachine;
let packages: readonly string[] = [];
/** The machine's files before the package came. */
let filesBefore: readonly string[] = [];
let accountsBefore = "";
let pagePort = 0;
const cleanups: (() => void)[] = [];

beforeAll(async () => {
  stage = await setHomeStage();
  machine = new DebianMachine(freshDebian(), stage.folder);
  const folder = mkdtempSync(join(tmpdir(), "carepost-debs-"));
  pagePort = await freePort();
  const epochS = 1_800_000_000;
  packages = versions.map((version) => {
    const { path } = buildDeb({ root: project, folder, version, compression: "none", epochS });
    copyFileSync(path, join(machine.root, "root", basename(path)));
    return `/root/${basename(path)}`;
  });
  cleanups.push(() => rmSync(folder, { recursive: true }));
  filesBefore = await machineFiles();
  accountsBefore = await machine.ask("cut -d: -f1 /etc/passwd /etc/group | sort");
});

afterAll(async () => {
  await machine.cutPower();
  await stage.close();
  rmSync(dirname(machine.root), { recursive: true, force: true });
  for (const cleanup of cleanups) cleanup();
});

const machineFiles = async (): Promise<readonly string[]> => {
  const found = await machine.ask(
    "find / -xdev -not -path '/proc/*' -not -path '/sys/*' -not -path '/run/*' -not -path '/tmp/*' -not -path '/var/log/*' -not -path '/dev/*'",
  );
  return found.split("\n").toSorted();
};

const property = (name: string): Promise<string> => machine.ask(`systemctl show --value -p ${name} ${service}`);

/** What the machine's own store holds, as its operator sees it. */
const kept = async (): Promise<readonly { readonly state: string }[]> =>
  storedReadings.parse(JSON.parse(await machine.ask("carepost readings list --limit 10000 --json")));
const storedReadings = z.array(z.looseObject({ state: z.string() }));

function configuration(): string {
  return `profile: hub
gateway: { id: gw-home, timeZone: Europe/London }
radio: { kind: virtual, socket: /run/carepost-air/air.sock }
store: { path: /var/lib/carepost/gateway.db }
collect: { revisitS: 1, revisitMaxS: 2 }
uplink: { url: "${stage.brokerUrl}", startDelayMaxS: 0, reconnectMaxS: 2 }
clock: { assumeSynchronised: true }
kiosk: { port: ${pagePort} }
`;
}

test("it installs on a Debian that has no Node, makes its user and keys, and waits to be told who it is", async () => {
  expect((await machine.run("command -v node nodejs npm")).code).not.toBe(0);
  const told = await machine.ask(`dpkg -i ${packages[0]}`);
  expect(told).toContain("say in /etc/carepost/carepost.yaml who this gateway is");
  expect(await machine.ask("carepost --version")).toBe("0.1.0");
  expect(await machine.ask("stat -c '%U:%G %a' /var/lib/carepost /etc/carepost /etc/carepost/carepost.yaml")).toBe(
    ["carepost:carepost 700", "root:carepost 750", "root:carepost 640"].join("\n"),
  );
  const keys = "cd /etc/carepost/credentials && stat -c '%n %U %a %s' *";
  expect(await machine.ask(keys)).toBe("carepost-sink-key carepost-ingest 400 64\ncarepost-store-key carepost 400 64");
  expect((await machine.run("dpkg --verify carepost")).out).toBe("");
});

test("with a configuration it starts with the machine, and its doctor finds nothing that keeps it from working", async () => {
  writeFileSync(join(machine.root, "etc/carepost/carepost.yaml"), configuration());
  await machine.boot();
  await machine.until(`systemctl is-active --quiet ${service}`, startMsMax);
  const { out } = await machine.run("carepost doctor");
  expect(out).toMatch(/✓ node +Node 24/);
  expect(out).toMatch(/✓ configuration +gw-home/);
  expect(out).toMatch(/✓ store .*encrypted/);
  expect(out).toMatch(/✓ broker /);
});

test("what root does with `carepost` leaves nothing that the service cannot open", async () => {
  await machine.ask(`systemctl stop ${service}`);
  await machine.ask("carepost people add sim-0001");
  for (const id of stage.deviceIds) {
    await machine.ask(`carepost devices assign '${id}' sim-0001 --consent c-0001 --from 2020-01-01`);
  }
  expect(await machine.ask("find /var/lib/carepost /var/cache/carepost -not -user carepost")).toBe("");
  await machine.ask(`systemctl start ${service}`);
});

test("it collects what is this home's and delivers it, with no right that it does not need", async () => {
  await grows(stage.sinkCount, 19);
  expect(await property("StatusText")).toMatch(/^Radio [a-z]+, broker/);
  const pid = await property("MainPID");
  const status = await machine.ask(`cat /proc/${pid}/status`);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^CapBnd:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(await machine.ask(`stat -c %U /proc/${pid}`)).toBe("carepost");
  expect((await kept()).length).toBeGreaterThan(19);
});

test("its page says how it is, to whoever is in the home, and nothing of a reading", async () => {
  const view = hubView.parse(await (await fetch(`http://127.0.0.1:${pagePort}/api/hub`)).json());
  expect(view).toMatchObject({ gateway: "gw-home", uplink: "connected", signIn: "none" });
  expect((await fetch(`http://127.0.0.1:${pagePort}/api/hub/readings`)).status).toBeGreaterThanOrEqual(400);
  const page = await fetch(`http://127.0.0.1:${pagePort}/`);
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
});

test("the power goes and comes back: the gateway is there again by itself, and goes on", async () => {
  const before = await stage.sinkCount();
  await machine.cutPower();
  await machine.boot();
  await machine.until(`systemctl is-active --quiet ${service}`, startMsMax);
  await grows(stage.sinkCount, before);
  expect(await property("NRestarts")).toBe("0");
});

test("a gateway that hangs is restarted by the watchdog", async () => {
  await machine.ask(`mkdir -p /run/systemd/system/${service}.d`);
  await machine.ask(`printf '[Service]\\nWatchdogSec=6s\\n' > /run/systemd/system/${service}.d/test.conf`);
  await machine.ask(`systemctl daemon-reload && systemctl restart ${service}`);
  const pid = await property("MainPID");
  // Twice the watchdog's time: as long as it lives, it is left alone.
  await machine.ask("sleep 12");
  expect([await property("MainPID"), await property("NRestarts")]).toEqual([pid, "0"]);
  await machine.ask(`kill -STOP ${pid}`);
  await machine.until(`test "$(systemctl show --value -p NRestarts ${service})" = 1`, 60_000);
  await machine.until(`systemctl is-active --quiet ${service}`, startMsMax);
  expect(await machine.ask(`journalctl -u ${service} --no-pager`)).toContain("Watchdog timeout");
  await machine.ask(`rm -r /run/systemd/system/${service}.d && systemctl daemon-reload`);
  await grows(stage.sinkCount, await stage.sinkCount());
});

test("a newer version keeps what is there, and runs when it is installed", async () => {
  const key = await machine.ask("cat /etc/carepost/credentials/carepost-store-key");
  await stage.cloud.kill();
  const before = (await kept()).length;
  expect(await machine.ask(`dpkg -i ${packages[1]}`)).not.toContain("say in /etc/carepost");
  await machine.until(`systemctl is-active --quiet ${service}`, startMsMax);
  expect(await machine.ask("carepost --version")).toBe("0.1.1");
  expect(await machine.ask("cat /etc/carepost/credentials/carepost-store-key")).toBe(key);
  expect(await machine.ask("cat /etc/carepost/carepost.yaml")).toBe(configuration().trim());
  expect((await kept()).length).toBeGreaterThanOrEqual(before);
  stage.cloud.start();
  await stage.cloud.ready(30_000);
  await grows(stage.sinkCount, await stage.sinkCount());
});

test("after all of that, every reading that a device showed is in the cloud, once, and under its person", async () => {
  await stage.rest();
  await machine.shutDown();
  const { taken, shown, stored, ...flaws } = await stage.compare({
    storeFolder: join(machine.root, "var/lib/carepost"),
    key: readDatabaseKey(null, "carepost-store-key", {
      CREDENTIALS_DIRECTORY: join(machine.root, "etc/carepost/credentials"),
    }),
  });
  expect(flaws).toEqual({
    lost: [],
    doubled: [],
    misattributed: [],
    invented: [],
    forgotten: [],
    letGo: [],
    contextsLost: [],
    uncollected: [],
  });
  expect([taken, shown, stored]).toEqual([taken, taken, taken]);
  expect(taken).toBeGreaterThan(24);
});

test("it is removed without its readings, and put back as it was", async () => {
  await machine.boot();
  await machine.ask("dpkg --remove carepost");
  expect((await machine.run(`systemctl is-active ${service}`)).out.trim()).not.toBe("active");
  expect(await machine.ask("ls /usr/lib/carepost 2>/dev/null | wc -l")).toBe("0");
  expect(await machine.ask("stat -c %U /var/lib/carepost/gateway.db")).toBe("carepost");
  await machine.ask(`dpkg -i ${packages[1]}`);
  await machine.until(`systemctl is-active --quiet ${service}`, startMsMax);
  expect((await kept()).length).toBeGreaterThan(19);
});

test("it is purged with all that it ever made, and its accounts", async () => {
  await machine.ask("dpkg --purge carepost");
  await machine.shutDown();
  const known = new Set(filesBefore);
  const left = (await machineFiles()).filter((path) => !known.has(path));
  expect(left.filter((path) => /carepost/.test(path) && !path.startsWith("/root/"))).toEqual([]);
  expect(await machine.ask("cut -d: -f1 /etc/passwd /etc/group | sort")).toBe(accountsBefore);
});
