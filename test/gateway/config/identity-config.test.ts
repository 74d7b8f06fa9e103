import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gatewayOptionsOf } from "../../../gateway/config/gateway-options-of.ts";
import { loadGatewayConfig, loadIdentityConfig, type ConfigOrigin } from "../../../gateway/config/load-config.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const origin = (identity: string): ConfigOrigin => {
  writeFileSync(
    join(folder, "carepost.yaml"),
    `gateway: { id: gw-0001, timeZone: UTC }\nstore: { path: gw.db }\nuplink: { url: "mqtts://broker.example" }\n${identity}`,
  );
  return { path: null, environment: {}, folder, flags: [] };
};

const optionsOf = (identity: string): ReturnType<typeof gatewayOptionsOf> =>
  gatewayOptionsOf(loadGatewayConfig(origin(identity)).config, { key: null, version: "test" });

test("a gateway has an identity of its own where a folder is named, relative to the file", () => {
  expect(optionsOf("").identity).toBeNull();
  expect(optionsOf("identity: { folder: id, enrolUrl: 'https://ca.example:8443' }").identity).toEqual({
    folder: join(folder, "id"),
    enrolUrl: "https://ca.example:8443",
  });
});

test("a folder without a service to renew at is refused, and so is a service without encryption or with a password", () => {
  const problemOf = (identity: string): unknown => {
    try {
      return optionsOf(identity);
    } catch (error) {
      return error;
    }
  };
  expect(problemOf("identity: { folder: id }")).toMatchObject({
    problems: [{ key: "identity.enrolUrl", problem: expect.stringMatching(/missing/) }],
  });
  for (const url of ["http://ca.example", "https://user:secret@ca.example", "ca.example:8443", "https://"]) {
    expect(problemOf(`identity: { folder: id, enrolUrl: "${url}" }`)).toMatchObject({
      problems: [{ key: "identity.enrolUrl", problem: expect.stringContaining("https://ca.example:8443") }],
    });
  }
});

test("to enrol, nothing is wanted but who the gateway is and where its identity goes", () => {
  writeFileSync(join(folder, "carepost.yaml"), "gateway: { id: gw-0001 }\nidentity: { folder: id }\n");
  const { config } = loadIdentityConfig({ path: null, environment: {}, folder, flags: [] });
  expect(config).toEqual({ gateway: { id: "gw-0001" }, identity: { folder: join(folder, "id"), enrolUrl: null } });
});
