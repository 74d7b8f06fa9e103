import { isIP } from "node:net";
import { hostname } from "node:os";
import type { Command } from "commander";
import { systemClock } from "../../system-clock.ts";
import { wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { addressList, hostList } from "../host-names.ts";
import { processLog } from "../process-log.ts";
import { aborted, stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";
import { addAuthorityOption, withAuthority } from "../with-authority.ts";
import type { AuthorityOptions } from "../with-authority.ts";

interface ServeOptions extends AuthorityOptions {
  readonly host: string;
  readonly port: number;
  readonly name: readonly string[];
  readonly ip: readonly string[];
  readonly rate: number;
  readonly json?: true;
}

export function serveCommand(terminal: Terminal): Command {
  const serve = addAuthorityOption(newCommand("serve", terminal))
    .summary("the service at which gateways enrol and renew")
    .description(
      "Serves enrolment (POST /v1/enroll), renewal (POST /v1/renew, under the certificate that is to be renewed) and the list of the revoked (GET /v1/crl) over TLS, with a certificate of the authority. It needs the issuing key and never the root's. It runs until Ctrl-C or SIGTERM.",
    )
    .option("--host <address>", "the address to listen on", "127.0.0.1")
    .option("--port <port>", "the port to listen on; 0 takes any that is free", wholeNumber(0, 65_535), 8443)
    .option(
      "--name <name>",
      "a name by which gateways reach it, any number of times (default: this host's)",
      hostList,
      [],
    )
    .option("--ip <address>", "an address by which gateways reach it, any number of times", addressList, [])
    .option("--rate <number>", "requests a minute from one address", wholeNumber(1, 100_000), 60)
    .option("--json", "a JSON line on standard output for what happens: {event: listening | stopped, …}")
    .action(async (options: ServeOptions) => await run(options, terminal));
  return endHelp(serve, terminal, {
    examples: [["carepost ca serve --host 0.0.0.0 --name ca.example", "for a fleet"]],
  });
}

async function run(options: ServeOptions, terminal: Terminal): Promise<void> {
  const { host, port, name, ip, rate, json } = options;
  const { startEnrolmentService } = await import("../../../cloud-sync/identity/enrolment-service.ts");
  const signal = stopSignal();
  const log = processLog("info");
  await withAuthority(options, async (authority) => {
    const service = await startEnrolmentService({
      authority,
      host,
      port,
      dnsNames: name.length + ip.length > 0 ? name : [hostname(), "localhost"],
      ipAddresses: [...new Set([...ip, ...(isLoopbackAddress(host) ? [host] : [])])],
      requestsPerMinuteMax: rate,
      clock: systemClock,
      log,
    });
    const tell = async (event: object): Promise<void> => {
      if (json === true) await terminal.out(`${JSON.stringify(event)}\n`);
    };
    log.info("listening", { host, port: service.port });
    await tell({ event: "listening", host, port: service.port, fingerprint: authority.fingerprint });
    await aborted(signal);
    await service.stop();
    await tell({ event: "stopped", counts: service.counts() });
  });
}

const isLoopbackAddress = (host: string): boolean => isIP(host) !== 0 && (host === "::1" || host.startsWith("127."));
