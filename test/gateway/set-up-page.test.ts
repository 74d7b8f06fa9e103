import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadGatewayConfig, loadIngestConfig } from "../../gateway/config/load-config.ts";
import { dropInPath, dropInText, mainConfPath, mainConfText } from "../../gateway/radio/bluez/hardening.ts";

/** What a person copies from the set-up page is what the program holds to. */
const page = readFileSync(new URL("../../gateway/README.md", import.meta.url), "utf8");

const heredoc = (file: string): string =>
  page.slice(page.indexOf(file)).match(/<<'EOF'\n(?<text>[^]*?)\nEOF\n/)?.groups?.["text"] ?? "";

test("the page's set-up of bluetoothd is the advised one", () => {
  expect(heredoc(`sudo tee ${mainConfPath}`)).toBe(mainConfText().trimEnd());
  expect(heredoc(`sudo tee ${dropInPath}`)).toBe(dropInText().trimEnd());
});

test("the page's configuration is valid for both programs, and they meet at one broker", () => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-page-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "carepost.yaml"), heredoc("cat > carepost.yaml"));
  const origin = { path: null, environment: {}, folder, flags: [] };
  const { radio, uplink } = loadGatewayConfig(origin).config;
  expect(radio.kind).toBe("bluez");
  const { ingest } = loadIngestConfig(origin).config;
  expect(uplink.url).toBe(`mqtt://${ingest.host}:${ingest.port}`);
});
