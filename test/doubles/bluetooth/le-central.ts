import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import { addressOctets, addressText } from "../../../simulators/bluetooth/controller/device-address.ts";
import type { HciTransport } from "../../../simulators/bluetooth/hci-transport.ts";
import type { SmpAddress } from "../../../simulators/bluetooth/smp/toolbox.ts";
import { CentralLink } from "./central-link.ts";
import { HciHost } from "./hci-host.ts";

export interface CentralOptions {
  readonly clock: Clock;
  readonly random: Random;
}

export interface AdvertisingReport {
  readonly address: string;
  readonly isRandom: boolean;
  /** 0 to 4 (Core Vol 4 Part E 7.7.65.2). */
  readonly type: number;
  readonly data: Uint8Array;
  readonly rssiDbm: number;
}

export const leEvent = {
  connectionComplete: 0x3e01,
  advertisingReport: 0x3e02,
  connectionUpdateComplete: 0x3e03,
  readRemoteFeaturesComplete: 0x3e04,
  longTermKeyRequest: 0x3e05,
} as const;

const allEvents = Array.from({ length: 8 }, () => 0xff);
const plainLeEvents = [0x1f, 0, 0, 0, 0, 0, 0, 0] as const;

/** A small LE central host on a controller: enough of GAP, ATT and SMP to test peripherals with. Not for products. */
export class LeCentral {
  readonly host: HciHost;
  readonly #options: CentralOptions;
  #own: SmpAddress = { kind: "public", octets: new Uint8Array(6) };
  #buffers = { fragmentOctetsMax: 27, packets: 1 };

  private constructor(host: HciHost, options: CentralOptions) {
    this.host = host;
    this.#options = options;
  }

  static async open(transport: HciTransport, options: CentralOptions): Promise<LeCentral> {
    const central = new LeCentral(new HciHost(transport), options);
    await central.#start();
    return central;
  }

  /** Its public address. */
  get address(): string {
    return addressText(this.#own.octets);
  }

  async startScan(isActive = true): Promise<void> {
    await this.host.command(0x200b, isActive ? 1 : 0, 0x10, 0, 0x10, 0, 0, 0);
    await this.host.command(0x200c, 1, 0);
  }

  async stopScan(): Promise<void> {
    await this.host.command(0x200c, 0, 0);
  }

  /** The next report that fits. */
  async report(fits: (report: AdvertisingReport) => boolean = () => true): Promise<AdvertisingReport> {
    return readReport(await this.host.event(leEvent.advertisingReport, (octets) => fits(readReport(octets))));
  }

  /** Scans until the device was heard, with this kind of report. */
  async find(address: string, type = 0): Promise<AdvertisingReport> {
    await this.startScan();
    const found = await this.report((report) => report.address === address && report.type === type);
    await this.stopScan();
    this.host.heard.splice(0);
    return found;
  }

  /** Connects, whenever the peer advertises. Rejects with a status that is not success. */
  async connect(address: string, isRandom = true): Promise<CentralLink> {
    const octets = addressOctets(address) ?? new Uint8Array(6);
    const parameters = new ByteWriter()
      .uint16(0x60)
      .uint16(0x60)
      .uint8(0)
      .uint8(isRandom ? 1 : 0)
      .raw(octets)
      .uint8(0)
      .uint16(0x18)
      .uint16(0x28)
      .uint16(0)
      .uint16(0x2a)
      .uint16(0)
      .uint16(0);
    const [status = 0xff] = await this.host.command(0x200d, ...parameters.bytes());
    if (status !== 0) throw new Error(`LE Create Connection was refused with 0x${status.toString(16)}`);
    const reader = new ByteReader(await this.host.event(leEvent.connectionComplete));
    const result = reader.uint8();
    if (result !== 0) throw new Error(`the connection failed with 0x${result.toString(16)}`);
    const peer: SmpAddress = { kind: isRandom ? "random" : "public", octets };
    return new CentralLink(
      { host: this.host, buffers: this.#buffers, ...this.#options },
      { handle: reader.uint16(), own: this.#own, peer },
    );
  }

  async #start(): Promise<void> {
    await this.host.command(0x0c03);
    await this.host.command(0x0c01, ...allEvents);
    await this.host.command(0x2001, ...plainLeEvents);
    this.#own = { kind: "public", octets: (await this.host.command(0x1009)).slice(1) };
    const [, low = 0, high = 0, packets = 1] = await this.host.command(0x2002);
    this.#buffers = { fragmentOctetsMax: low | (high << 8), packets };
  }
}

function readReport(octets: Uint8Array): AdvertisingReport {
  const reader = new ByteReader(octets, 1);
  const type = reader.uint8();
  const isRandom = (reader.uint8() & 1) === 1;
  const address = addressText(Uint8Array.from({ length: 6 }, () => reader.uint8()));
  const length = reader.uint8();
  const data = Uint8Array.from({ length }, () => reader.uint8());
  return { address, isRandom, type, data, rssiDbm: reader.int8() };
}
