import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gatewayCheck, judge } from "../../../gateway/ops/checks/gateway-check.ts";

const word = { gateway: "gw-1", radio: "bluez", adapter: "hci0", condition: "up", silentMs: 4_200 } as const;

test("how long the gateway's radio has been silent is told, and is a doubt once nothing helped", () => {
  expect(judge(word)).toMatchObject({ status: "ok", finding: "gw-1 runs on bluez, hci0, and heard something 4 s ago" });
  const silent = judge({ ...word, condition: "silent", silentMs: 900_000 });
  expect(silent).toMatchObject({ status: "warn", finding: expect.stringContaining("nothing for 15 min") });
  expect(judge({ ...word, condition: "down" })).toMatchObject({ status: "fail" });
  expect(judge({ ...word, condition: "starting" }).status).toBe("ok");
  expect(judge({ ...word, silentMs: 3 * 3_600_000 }).finding).toContain("3 h ago");
});

test("a gateway that does not run is no finding, and one that does not answer is not waited for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-control-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "gateway.db.sock");
  const signal = new AbortController().signal;
  expect(await gatewayCheck(path).run(signal)).toMatchObject({ status: "skipped" });
  const mute = createServer((socket) => socket.on("error", () => undefined)).listen(path);
  onTestFinished(() => void mute.close());
  expect(await gatewayCheck(path).run(signal)).toMatchObject({
    status: "fail",
    finding: expect.stringContaining("3 s"),
  });
});
