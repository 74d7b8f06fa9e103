import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** What can go wrong with a virtual Bluetooth itself. What it plays goes over the HCI, as the specification says. */
export const bluetoothErrors = defineErrors({
  "controller-address-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give the controller's address as six octets in hex, parted by colons: C0:FF:EE:00:00:01.",
  },
  "hci-socket-unavailable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose another path for the HCI socket: nothing serves this one, it is in use, or it cannot be written.",
  },
  "vhci-unavailable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Load the kernel's virtual HCI driver (modprobe hci_vhci), and run this where /dev/vhci may be opened.",
  },
});
