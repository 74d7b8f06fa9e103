import { defineErrors } from "../../../device-drivers/kit/carepost-error.ts";

/** What goes wrong between a gateway and an Azure IoT Hub, beside the failures of every connection. */
export const iotHubErrors = defineErrors({
  "iot-hub-unauthorized": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Check that the hub has this device id, letter by letter, enabled; that uplink.iotHub.hostName is the hub's own name; that the key or certificate is this device's; and that this machine's clock is right, because a token holds a time.",
  },
  "iot-hub-clock-wrong": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Set this machine's clock: the token it makes has expired before the hub sees it. Then it connects by itself.",
  },
  "iot-hub-key-malformed": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Put the device's primary key into the file of uplink.iotHub.sasKeyFile as the hub shows it: base64 alone, not the connection string.",
  },
  "iot-hub-unencrypted": {
    blame: "operator",
    recovery: "stop",
    remedy: "Write the hub's address as mqtts://NAME.azure-devices.net:8883; a hub takes nothing unencrypted.",
  },
  "iot-hub-topic-unknown": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Report this: the program publishes or subscribes to something that IoT Hub has no topic for.",
  },
  "iot-hub-method-timed-out": {
    blame: "network",
    recovery: "retry",
    remedy: "Look for the command's result among the gateway's messages: it took longer than a method may.",
  },
  "iot-hub-methods-full": {
    blame: "operator",
    recovery: "retry",
    remedy: "Call fewer methods of one gateway at once, and this one again.",
  },
});
