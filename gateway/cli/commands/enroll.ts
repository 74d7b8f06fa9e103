import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { ServiceTrust } from "../../../cloud-sync/identity/enrolment-client.ts";
import { httpsUrl } from "../../config/config-values.ts";
import { loadIdentityConfig } from "../../config/load-config.ts";
import { systemClock } from "../../system-clock.ts";
import { gatewayIdArgument } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface EnrollOptions {
  readonly config?: string;
  readonly gateway?: string;
  readonly folder?: string;
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly caFingerprint?: string;
  readonly caFile?: string;
  readonly replace?: true;
  readonly json?: true;
}

/** `carepost enroll`: the gateway's first certificate. */
export function command(terminal: Terminal): Command {
  const enroll = newCommand("enroll", terminal)
    .description(
      "Makes a key for this gateway, which never leaves it, and gets a certificate for it with a one-time token from `carepost ca token`. It may be run again after a failure, with the same token. A gateway that runs uses the certificate from its next connection on, and renews it by itself.",
    )
    .option("--url <address>", "the enrolment service (default: identity.enrolUrl)", urlArgument)
    .option("--token <token>", "the token")
    .option("--token-file <file>", "a file with the token; - is standard input")
    .option("--ca-fingerprint <sha256:…>", "recognise the service by its authority's fingerprint", fingerprintArgument)
    .option("--ca-file <file>", "recognise it by the authority's certificate, PEM")
    .option("--replace", "also where the gateway has a valid certificate, as after a revocation")
    .option("--json", "print {gateway, folder, expiresAt} as JSON")
    .optionsGroup("Which gateway:")
    .option("-c, --config <file>", "the configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)")
    .option("--gateway <id>", "its id, in place of gateway.id", gatewayIdArgument)
    .option("--folder <folder>", "where it keeps its key and certificate, in place of identity.folder")
    .action(async (options: EnrollOptions) => await run(options, terminal));
  return endHelp(enroll, terminal, {
    examples: [
      ["carepost enroll --url https://ca.example:8443 --token-file token --ca-file ca.crt", "the usual way"],
      ["carepost enroll --url https://… --token … --ca-fingerprint sha256:…", "with nothing but what was read out"],
    ],
    exitCodes: { 0: "enrolled, now or before" },
  });
}

async function run(options: EnrollOptions, terminal: Terminal): Promise<void> {
  const { gateway, identity } = configOf(options);
  const url = options.url ?? identity.enrolUrl;
  if (url === null) throw cliErrors.make("enrolment-url-missing", "no enrolment service is named");
  const { enrolGateway } = await import("../../identity/enrol-gateway.ts");
  const outcome = await enrolGateway(
    {
      folder: identity.folder,
      gateway: gateway.id,
      url,
      trust: trustOf(options),
      token: () => tokenOf(options),
      replace: options.replace === true,
      clock: systemClock,
    },
    stopSignal(),
  );
  const { expiresAt, serverAheadMs } = outcome;
  const until = new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ");
  if (options.json === true) {
    await terminal.out(`${JSON.stringify({ gateway: gateway.id, folder: identity.folder, expiresAt })}\n`);
  }
  terminal.note(
    `${gateway.id} is enrolled${outcome.wasEnrolled ? " already" : ""}, until ${until} UTC. Its key and certificate are in ${identity.folder}.\n`,
  );
  if (Math.abs(serverAheadMs) > clockDoubtMs) {
    terminal.note(
      `This machine's clock is ${Math.round(Math.abs(serverAheadMs) / 60_000)} minutes ${serverAheadMs > 0 ? "behind" : "ahead of"} the service's: let a time service set it.\n`,
    );
  }
}

const clockDoubtMs = 5 * 60_000;

function configOf(options: EnrollOptions): ReturnType<typeof loadIdentityConfig>["config"] {
  const { config, gateway, folder } = options;
  return loadIdentityConfig({
    path: config ?? null,
    environment: process.env,
    folder: process.cwd(),
    flags: [
      ...(gateway === undefined ? [] : [{ flag: "--gateway", key: "gateway.id", text: gateway }]),
      ...(folder === undefined ? [] : [{ flag: "--folder", key: "identity.folder", text: folder }]),
    ],
  }).config;
}

function tokenOf({ token, tokenFile }: EnrollOptions): string {
  if (token !== undefined) return token;
  if (tokenFile !== undefined) return readInput(tokenFile === "-" ? 0 : tokenFile).trim();
  throw cliErrors.make("enrolment-token-missing", "no token is given");
}

function trustOf({ caFile, caFingerprint }: EnrollOptions): ServiceTrust {
  if (caFile !== undefined) return { ca: readInput(caFile) };
  return caFingerprint === undefined ? { publicAuthorities: true } : { fingerprint: caFingerprint };
}

function readInput(path: string | 0): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw cliErrors.make("file-unreadable", `${path === 0 ? "standard input" : path} cannot be read`, { cause: error });
  }
}

function fingerprintArgument(text: string): string {
  const hex = text
    .toLowerCase()
    .replace(/^sha256:/, "")
    .replaceAll(":", "");
  if (/^[0-9a-f]{64}$/.test(hex)) return `sha256:${hex}`;
  throw new InvalidArgumentError("It must be sha256: and 64 hex digits, as `carepost ca init` shows it.");
}

function urlArgument(text: string): string {
  if (httpsUrl.safeParse(text).success) return text;
  throw new InvalidArgumentError("It must be an address such as https://ca.example:8443.");
}
