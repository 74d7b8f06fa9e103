import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** Where Debian and others put the server. */
export const natsServerPaths = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"];

/** Real servers on loopback, with JetStream in a temporary folder and a listener for MQTT each. */
export interface NatsCluster {
  /** The client ports of all, as an ingestor takes them. */
  readonly url: string;
  /** Their MQTT listeners, the same way. */
  readonly mqttUrl: string;
  readonly nodes: readonly NatsNode[];
  /** What the processes that are alive now have had of processors, in seconds. */
  stop(): Promise<void>;
}

export interface NatsNode {
  readonly port: number;
  readonly mqttPort: number;
  readonly mqttUrl: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, in its folder; resolves when it listens. */
  start(): Promise<void>;
}

export interface NatsClusterOptions {
  /** One, or three, which then keep everything three times. */
  readonly size: 1 | 3;
  /** Lines of configuration beside those of the double, for every node. */
  readonly settings?: readonly string[];
  /** Lines inside of the section `mqtt`. */
  readonly mqttSettings?: readonly string[];
  /** Where it lies; the system's folder for temporary files if it is left out. */
  readonly parent?: string;
}

/** Starts the servers and resolves when they elected a leader. Says what to install where there is none. */
export async function startNats(options: NatsClusterOptions): Promise<NatsCluster> {
  const program = natsServerPaths.find((path) => existsSync(path));
  if (program === undefined) throw new RangeError("nats-server is missing; as root: apt-get install nats-server");
  const folder = mkdtempSync(join(options.parent ?? tmpdir(), "carepost-nats-"));
  const ports = await distinctPorts(options.size * 4);
  const nodes = Array.from({ length: options.size }, (_, index) => {
    const [port = 0, mqttPort = 0, monitorPort = 0] = ports.slice(index * 4);
    const file = join(folder, `n${index}.conf`);
    const routes = Array.from({ length: options.size }, (__, other) => ports[other * 4 + 3] ?? 0);
    const lines = configurationOf({ index, folder, port, mqttPort, monitorPort, routes, ...options });
    writeFileSync(file, `${lines.join("\n")}\n`);
    return new OwnNode({ program, file, port, mqttPort, monitorPort });
  });
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `nats://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
    mqttUrl: `mqtt://${nodes.map(({ mqttPort }) => `127.0.0.1:${mqttPort}`).join(",")}`,
    nodes,
    stop,
  };
}

interface NodeSettings extends NatsClusterOptions {
  readonly index: number;
  readonly folder: string;
  readonly port: number;
  readonly mqttPort: number;
  readonly monitorPort: number;
  readonly routes: readonly number[];
}

function configurationOf(node: NodeSettings): readonly string[] {
  const { index, folder, port, mqttPort, monitorPort, routes, size, settings = [], mqttSettings = [] } = node;
  const others = routes.map((route) => `nats-route://127.0.0.1:${route}`).join(", ");
  return [
    `server_name: n${index}`,
    "host: 127.0.0.1",
    `port: ${port}`,
    `http: "127.0.0.1:${monitorPort}"`,
    "max_payload: 262144",
    `jetstream { store_dir: "${join(folder, `data${index}`)}", max_mem: 256M, max_file: 4G }`,
    ...(size === 1 ? [] : [`cluster { name: C1, listen: "127.0.0.1:${routes[index]}", routes: [${others}] }`]),
    `mqtt { host: 127.0.0.1, port: ${mqttPort}, stream_replicas: ${size}`,
    ...mqttSettings,
    "}",
    ...settings,
  ];
}

interface NodePlace {
  readonly program: string;
  readonly file: string;
  readonly port: number;
  readonly mqttPort: number;
  readonly monitorPort: number;
}

class OwnNode implements NatsNode {
  readonly #place: NodePlace;
  #process: ChildProcess | null = null;

  constructor(place: NodePlace) {
    this.#place = place;
  }

  get port(): number {
    return this.#place.port;
  }

  get mqttPort(): number {
    return this.#place.mqttPort;
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.#place.mqttPort}`;
  }

  async start(): Promise<void> {
    const { program, file, mqttPort, monitorPort } = this.#place;
    this.#process = spawn(program, ["-c", file], { stdio: "ignore" });
    for (let tries = 0; tries < 600; tries += 1) {
      if (this.#process.exitCode !== null) throw new RangeError(`nats-server refused ${file}`);
      if ((await accepts(mqttPort)) && (await isHealthy(monitorPort))) return;
      await setTimeout(50);
    }
    throw new RangeError(`no healthy NATS on port ${monitorPort}`);
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}

/** JetStream is up, and where there is a cluster it has a leader that this server follows. */
async function isHealthy(monitorPort: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${monitorPort}/healthz`);
    return ok;
  } catch {
    return false;
  }
}

async function accepts(port: number): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => answer.resolve(true));
  socket.on("error", () => answer.resolve(false));
  const open = await answer.promise;
  socket.destroy();
  return open;
}

async function distinctPorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
