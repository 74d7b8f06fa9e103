import type { InterfaceShape } from "./object-tree.ts";

/** What org.freedesktop.DBus.Introspectable tells of an object; node-ble finds its way by it. */
export function introspection(shapes: readonly InterfaceShape[], children: readonly string[]): string {
  const interfaces = shapes.length === 0 ? [] : [...standard, ...shapes.map(interfaceText)];
  const nodes = children.map((name) => `<node name="${name}"/>`);
  return [doctype, "<node>", ...interfaces, ...nodes, "</node>"].join("\n");
}

const doctype =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" ' +
  '"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">';

function interfaceText({ name, methods, properties }: InterfaceShape): string {
  const lines = Object.entries(methods).map(([method, [takes, gives]]) => {
    const inward = typesIn(takes).map((type) => `<arg type="${type}" direction="in"/>`);
    const outward = typesIn(gives).map((type) => `<arg type="${type}" direction="out"/>`);
    return `<method name="${method}">${inward.join("")}${outward.join("")}</method>`;
  });
  const held = Object.entries(properties).map(
    ([property, { type, isWritable }]) =>
      `<property name="${property}" type="${type}" access="${isWritable === true ? "readwrite" : "read"}"/>`,
  );
  return [`<interface name="${name}">`, ...lines, ...held, "</interface>"].join("\n");
}

/** The complete types of a signature: `aya{sv}` holds `ay` and `a{sv}`. */
function typesIn(signature: string): readonly string[] {
  const types: string[] = [];
  let type = "";
  let depth = 0;
  for (const letter of signature) {
    type += letter;
    if ("({".includes(letter)) depth += 1;
    if (")}".includes(letter)) depth -= 1;
    if (depth > 0 || letter === "a") continue;
    types.push(type);
    type = "";
  }
  return types;
}

const standard = [
  '<interface name="org.freedesktop.DBus.Introspectable"><method name="Introspect">' +
    '<arg name="xml" type="s" direction="out"/></method></interface>',
  '<interface name="org.freedesktop.DBus.Properties">' +
    '<method name="Get"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="out"/></method>' +
    '<method name="Set"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="v" direction="in"/></method>' +
    '<method name="GetAll"><arg type="s" direction="in"/><arg type="a{sv}" direction="out"/></method>' +
    '<signal name="PropertiesChanged"><arg type="s"/><arg type="a{sv}"/><arg type="as"/></signal></interface>',
];
