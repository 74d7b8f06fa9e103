import type {
  AttResult,
  PeripheralLink,
  PeripheralSession,
  VirtualPeripheral,
} from "../../../simulators/peripherals/virtual-peripheral.ts";

/** Tells how many requests a connection bears before the device ends it; null for as many as come. */
export type Patience = () => number | null;

/** The same device, but for the moment at which it hangs up. */
export function fickle(device: VirtualPeripheral, patience: Patience): VirtualPeripheral {
  return {
    address: device.address,
    addressKind: device.addressKind,
    name: device.name,
    services: device.services,
    characteristics: device.characteristics,
    requiresBond: device.requiresBond,
    isAdvertising: () => device.isAdvertising(),
    accept: (link) => counted(device.accept(link), link, patience()),
  };
}

function counted(session: PeripheralSession, link: PeripheralLink, requestsMax: number | null): PeripheralSession {
  let requests = 0;
  const answer = <T>(ask: () => AttResult<T>): AttResult<T> => {
    requests += 1;
    const answered = ask();
    if (requestsMax !== null && requests >= requestsMax) link.disconnect();
    return answered;
  };
  return {
    read: (handle) => answer(() => session.read(handle)),
    write: (handle, value) => answer(() => session.write(handle, value)),
    configure: (handle, enabled) => answer(() => session.configure(handle, enabled)),
  };
}
