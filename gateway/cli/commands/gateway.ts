import { Option, type Command } from "commander";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { readDatabaseKey } from "../../config/database-key.ts";
import { gatewayOptionsOf } from "../../config/gateway-options-of.ts";
import { iotHubOptionsOf } from "../../config/iot-hub-options-of.ts";
import { loadGatewayConfig } from "../../config/load-config.ts";
import type { ConfigOrigin, LoadedConfig } from "../../config/load-config.ts";
import type { GatewayConfig } from "../../config/gateway-config.ts";
import { configJson, configText } from "../../config/print-config.ts";
import { profileNames } from "../../config/profiles.ts";
import type { GatewayListener } from "../../gateway-event.ts";
import { createLogRing, type LogRing } from "../../ops/log-ring.ts";
import type { PageSources } from "../../page-sources.ts";
import type { GatewayHooks } from "../../run-gateway.ts";
import { servicePart } from "../../service/service-part.ts";
import { systemdManager } from "../../service/service-manager.ts";
import { endHelp, newCommand } from "../command.ts";
import { processLog } from "../process-log.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";

interface GatewayCommandOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly printConfig?: true;
  readonly json?: true;
}

/** `carepost gateway`: the edge program. */
export function command(terminal: Terminal): Command {
  const gateway = newCommand("gateway", terminal)
    .description(
      "Reads the devices around it, keeps every reading on disk, and delivers each one to the cloud until its receipt comes. It runs until Ctrl-C or SIGTERM, and may be killed at any moment: nothing that a device was told is safe is lost.",
    )
    .option("-c, --config <file>", "the configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)")
    .addOption(
      new Option("--profile <name>", "defaults for what it is for: in a home, in a store (key: profile)").choices(
        profileNames,
      ),
    )
    .option("--print-config", "show what is in force, and where each key comes from, then end")
    .option("--json", "a JSON line on standard output for what happens; it holds readings, unlike the log")
    .action(async (options: GatewayCommandOptions) => {
      const origin: ConfigOrigin = {
        path: options.config ?? null,
        environment: process.env,
        folder: process.cwd(),
        flags: options.profile === undefined ? [] : [{ flag: "--profile", key: "profile", text: options.profile }],
      };
      const loaded = loadGatewayConfig(origin);
      if (options.printConfig === true) {
        await terminal.out(options.json === true ? configJson(loaded) : configText(loaded));
      } else {
        await run({ origin, loaded }, options.json === true, terminal);
      }
    });
  return endHelp(gateway, terminal, {
    examples: [
      ["carepost gateway --config ./carepost.yaml", "run it; the log is on standard error"],
      ["carepost gateway --print-config", "what it would run with"],
      ["carepost gateway --profile hub --print-config", "the same in a home, with what the profile says"],
      ["CAREPOST_LOG_LEVEL=debug carepost gateway", "every key has a variable"],
    ],
    exitCodes: { 1: "could not start, or the disk failed: start it again" },
  });
}

interface Told {
  readonly origin: ConfigOrigin;
  readonly loaded: LoadedConfig<GatewayConfig>;
}

async function run(told: Told, json: boolean, terminal: Terminal): Promise<void> {
  const { config } = told.loaded;
  const key = readDatabaseKey(config.store.keyFile, "carepost-store-key", process.env);
  const iotHub = iotHubOptionsOf(config, process.env);
  const { runGateway } = await import("../../run-gateway.ts");
  const ring = createLogRing();
  const log = processLog(config.log.level, (line) => ring.keep(line));
  const tell = (event: object): void => void terminal.out(`${JSON.stringify(event)}\n`);
  const manager = systemdManager({ environment: process.env, pid: process.pid, parentPid: process.ppid });
  const measured = await measuredHooks(config.metrics, log);
  const listeners = [...(json ? [tell] : []), ...(measured === null ? [] : [measured.onEvent])];
  const onEvent: GatewayListener = (event) => {
    for (const listener of listeners) listener(event);
  };
  const page = config.kiosk.port === null ? {} : await pageHooks(told, ring, onEvent);
  await runGateway(
    gatewayOptionsOf(config, { key, version: version(), iotHub }),
    {
      log,
      setLogLevel: (level) => log.setLevel(level),
      ...(listeners.length === 0 ? {} : { onEvent }),
      metrics: measured?.metrics,
      ...page,
      supportBundle: async (sources, signal) => {
        const { bundleOfGateway } = await import("../../ops/bundle-of-gateway.ts");
        return await bundleOfGateway(sources, { ...told, log: ring }, { near: null, signal });
      },
      ...(manager === null
        ? {}
        : { service: servicePart({ manager, log, sessionMsMax: config.collect.sessionMaxS * 1000 }) }),
    },
    stopSignal(),
  );
}

/** The pages for people: the server and all behind it is loaded only where it is wanted. */
async function pageHooks(
  { origin, loaded }: Told,
  log: LogRing,
  onEvent: GatewayListener,
): Promise<Pick<GatewayHooks, "page" | "pagesCertificateExpiresAt">> {
  const [{ kioskOptionsOf }, { kioskPart }, { machineAnswers }] = await Promise.all([
    import("../../config/kiosk-options-of.ts"),
    import("../../kiosk/kiosk-part.ts"),
    import("../../kiosk/staff/machine-answers.ts"),
  ]);
  const options = kioskOptionsOf(loaded.config, process.env);
  if (options === null) return {};
  const answers = (sources: PageSources): ReturnType<typeof machineAnswers> =>
    machineAnswers(sources, { origin, loaded, log });
  const { tls } = options;
  return {
    page: await kioskPart(options, { answers, onEvent }),
    ...(tls === null ? {} : { pagesCertificateExpiresAt: () => tls.expiresAt() }),
  };
}

/** What measures is loaded only where it is wanted. */
async function measuredHooks(
  { host, port }: GatewayConfig["metrics"],
  log: Log,
): Promise<Required<Pick<GatewayHooks, "onEvent" | "metrics">> | null> {
  if (port === null) return null;
  const [{ createGatewayMetrics }, { metricsPart }] = await Promise.all([
    import("../../ops/metrics.ts"),
    import("../../ops/metrics-part.ts"),
  ]);
  const metrics = createGatewayMetrics();
  return { onEvent: metrics.onEvent, metrics: metricsPart(metrics, { host, port }, { log }) };
}
