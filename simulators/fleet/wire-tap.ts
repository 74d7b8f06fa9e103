import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import type { BrokerConnection, Connector } from "../../cloud-sync/mqtt/connection.ts";
import type { Ledger } from "./ledger.ts";

/** The same connector, with the ledger listening: batches on their way up, receipts on their way down. */
export const tapped = (connector: Connector, gateway: string, ledger: Ledger): Connector => ({
  connect: async (options, signal) => listened(await connector.connect(options, signal), gateway, ledger),
});

function listened(connection: BrokerConnection, gateway: string, ledger: Ledger): BrokerConnection {
  const { readings, receipts } = gatewayTopics(gateway);
  return {
    protocol: connection.protocol,
    receiveMaximum: connection.receiveMaximum,
    closed: connection.closed,
    publish: (message) => {
      if (message.topic === readings) ledger.sent(message.payload);
      return connection.publish(message);
    },
    subscribe: (filter, qos) => connection.subscribe(filter, qos),
    onMessage: (listener) =>
      connection.onMessage((message) => {
        if (message.topic === receipts) ledger.receipt(message.payload);
        listener(message);
      }),
    close: () => connection.close(),
    destroy: () => connection.destroy(),
  };
}
