import type { ByteReader } from "../../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../../device-drivers/kit/byte-writer.ts";
import { bareCommand, type Command, command, complete, type Reply, status, statusThen } from "../command.ts";
import { uint16Octets } from "../../octets.ts";
import type { ControllerParts } from "../controller-parts.ts";
import { leEvents } from "../event-port.ts";
import { hciErrors } from "../hci-error.ts";
import type { InitiatorRequest } from "../initiator.ts";
import type { ConnectionParameters } from "../../medium/link.ts";
import { isScanPaced, kindAndAddress } from "./le-scanning.ts";
import { leFeatures } from "./le-setup.ts";

const allDataChannels = [0xff, 0xff, 0xff, 0xff, 0x1f] as const;

/** LE Controller commands of connections (Core Vol 4 Part E 7.8.12, .13, .18, .20 and .21). */
export const leConnectionCommands: readonly Command[] = [
  /** 7.8.12. */
  command({
    opcode: 0x200d,
    name: "LE Create Connection",
    supported: [26, 4],
    octets: 25,
    read: (reader) => ({
      scan: { interval: reader.uint16(), window: reader.uint16() },
      filterPolicy: reader.uint8(),
      peer: kindAndAddress(reader),
      ownAddressType: reader.uint8(),
      parameters: timing(reader),
    }),
    run: (parts, { scan, filterPolicy, peer, ownAddressType, parameters }) => {
      const isKnown = filterPolicy <= 1 && ownAddressType <= 3;
      if (!isKnown || !isScanPaced(scan) || !isConnectable(parameters)) return status(hciErrors.invalidParameters);
      return createConnection(parts, { peer: filterPolicy === 1 ? null : peer, ownAddressType, parameters });
    },
  }),

  /** 7.8.13. */
  bareCommand({
    opcode: 0x200e,
    name: "LE Create Connection Cancel",
    supported: [26, 5],
    run: ({ initiator, connections }) => {
      if (!initiator.isOn) return complete(hciErrors.commandDisallowed);
      initiator.stop();
      const after = (): void => connections.announceFailure(hciErrors.unknownConnection);
      return { event: "complete", returned: [hciErrors.success], after };
    },
  }),

  /** 7.8.18. The peripheral has its own way to ask, by L2CAP. */
  command({
    opcode: 0x2013,
    name: "LE Connection Update",
    supported: [27, 2],
    octets: 14,
    read: (reader) => ({
      handle: reader.uint16(),
      parameters: timing(reader),
    }),
    run: ({ connections }, { handle, parameters }) => {
      const connection = connections.get(handle);
      if (connection === null) return status(hciErrors.unknownConnection);
      if (connection.role !== "central") return status(hciErrors.unsupportedFeature);
      if (!isConnectable(parameters)) return status(hciErrors.invalidParameters);
      return statusThen(() => connection.link?.update(connection.role, parameters));
    },
  }),

  /** 7.8.20. All 37 data channels. */
  command({
    opcode: 0x2015,
    name: "LE Read Channel Map",
    supported: [27, 4],
    octets: 2,
    read: (reader) => reader.uint16(),
    run: ({ connections }, handle) =>
      complete(
        connections.get(handle) === null ? hciErrors.unknownConnection : hciErrors.success,
        ...uint16Octets(handle),
        ...allDataChannels,
      ),
  }),

  /** 7.8.21. */
  command({
    opcode: 0x2016,
    name: "LE Read Remote Features",
    supported: [27, 5],
    octets: 2,
    read: (reader) => reader.uint16(),
    run: ({ connections, events }, handle) => {
      const connection = connections.get(handle);
      if (connection === null) return status(hciErrors.unknownConnection);
      const answer = new ByteWriter().uint8(hciErrors.success).uint16(handle).raw(leFeatures).bytes();
      return statusThen(() =>
        connection.link?.ask(connection.role, () => events.leEvent(leEvents.readRemoteFeaturesComplete, answer)),
      );
    },
  }),
];

function createConnection({ initiator, connections, identity }: ControllerParts, request: InitiatorRequest): Reply {
  if (initiator.isOn) return status(hciErrors.commandDisallowed);
  if (connections.isFull) return status(hciErrors.connectionLimitExceeded);
  if (request.peer !== null && connections.with(request.peer) !== null) return status(hciErrors.connectionExists);
  if (identity.own(request.ownAddressType, request.peer) === null) return status(hciErrors.invalidParameters);
  return statusThen(() => initiator.start(request));
}

interface Timing extends ConnectionParameters {
  readonly intervalMin: number;
}

/** The fields that 7.8.12 and 7.8.18 end with. The lengths of connection events mean nothing in a virtual room. */
function timing(reader: ByteReader): Timing {
  const fields = {
    intervalMin: reader.uint16(),
    interval: reader.uint16(),
    latency: reader.uint16(),
    supervisionTimeout: reader.uint16(),
  };
  reader.skip(4);
  return fields;
}

/** The ranges of 7.8.12; the time-out is longer than what the latency lets pass twice. */
function isConnectable({ intervalMin, interval, latency, supervisionTimeout }: Timing): boolean {
  const isInRange =
    intervalMin >= 0x0006 &&
    intervalMin <= interval &&
    interval <= 0x0c80 &&
    latency <= 0x01f3 &&
    supervisionTimeout >= 0x000a &&
    supervisionTimeout <= 0x0c80;
  return isInRange && supervisionTimeout * 10 > (1 + latency) * interval * 1.25 * 2;
}
