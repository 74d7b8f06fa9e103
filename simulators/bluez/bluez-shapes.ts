import type { InterfaceShape } from "./object-tree.ts";

/** The interfaces of BlueZ 5.66 that are served here (doc/*-api.txt of that release). */
export const agentManagerShape: InterfaceShape = {
  name: "org.bluez.AgentManager1",
  methods: { RegisterAgent: ["os", ""], UnregisterAgent: ["o", ""], RequestDefaultAgent: ["o", ""] },
  properties: {},
};

export const adapterShape: InterfaceShape = {
  name: "org.bluez.Adapter1",
  methods: {
    StartDiscovery: ["", ""],
    StopDiscovery: ["", ""],
    SetDiscoveryFilter: ["a{sv}", ""],
    GetDiscoveryFilters: ["", "as"],
    RemoveDevice: ["o", ""],
    ConnectDevice: ["a{sv}", "o"],
  },
  properties: {
    Address: { type: "s" },
    AddressType: { type: "s" },
    Name: { type: "s" },
    Alias: { type: "s", isWritable: true },
    Class: { type: "u" },
    Powered: { type: "b", isWritable: true },
    PowerState: { type: "s" },
    Discoverable: { type: "b", isWritable: true },
    DiscoverableTimeout: { type: "u", isWritable: true },
    Pairable: { type: "b", isWritable: true },
    PairableTimeout: { type: "u", isWritable: true },
    Discovering: { type: "b" },
    UUIDs: { type: "as" },
    Modalias: { type: "s" },
    Roles: { type: "as" },
  },
};

export const deviceShape: InterfaceShape = {
  name: "org.bluez.Device1",
  methods: { Connect: ["", ""], Disconnect: ["", ""], Pair: ["", ""], CancelPairing: ["", ""] },
  properties: {
    Address: { type: "s" },
    AddressType: { type: "s" },
    Name: { type: "s" },
    Alias: { type: "s", isWritable: true },
    Paired: { type: "b" },
    Bonded: { type: "b" },
    Trusted: { type: "b", isWritable: true },
    Blocked: { type: "b", isWritable: true },
    LegacyPairing: { type: "b" },
    RSSI: { type: "n" },
    Connected: { type: "b" },
    UUIDs: { type: "as" },
    Adapter: { type: "o" },
    ManufacturerData: { type: "a{qv}" },
    ServicesResolved: { type: "b" },
  },
};

export const batteryShape: InterfaceShape = {
  name: "org.bluez.Battery1",
  methods: {},
  properties: { Percentage: { type: "y" }, Source: { type: "s" } },
};

export const serviceShape: InterfaceShape = {
  name: "org.bluez.GattService1",
  methods: {},
  properties: {
    UUID: { type: "s" },
    Device: { type: "o" },
    Primary: { type: "b" },
    Includes: { type: "ao" },
  },
};

export const characteristicShape: InterfaceShape = {
  name: "org.bluez.GattCharacteristic1",
  methods: {
    ReadValue: ["a{sv}", "ay"],
    WriteValue: ["aya{sv}", ""],
    AcquireWrite: ["a{sv}", "hq"],
    AcquireNotify: ["a{sv}", "hq"],
    StartNotify: ["", ""],
    StopNotify: ["", ""],
  },
  properties: {
    UUID: { type: "s" },
    Service: { type: "o" },
    Value: { type: "ay" },
    Notifying: { type: "b" },
    Flags: { type: "as" },
    WriteAcquired: { type: "b" },
    NotifyAcquired: { type: "b" },
    MTU: { type: "q" },
  },
};

export const descriptorShape: InterfaceShape = {
  name: "org.bluez.GattDescriptor1",
  methods: { ReadValue: ["a{sv}", "ay"], WriteValue: ["aya{sv}", ""] },
  properties: { UUID: { type: "s" }, Characteristic: { type: "o" }, Value: { type: "ay" } },
};
