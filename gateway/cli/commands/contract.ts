import { Option, type Command } from "commander";
import { asyncApiDocument } from "../../../cloud-sync/contract/async-api/async-api.ts";
import { yamlText } from "../../config/yaml-file.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";

interface ContractOptions {
  readonly format: "json" | "yaml";
  readonly kiosk?: true;
}

/** `carepost contract`: what travels between a gateway and the cloud, for whoever writes the other end. */
export function command(terminal: Terminal): Command {
  const contract = newCommand("contract", terminal)
    .description(
      "Prints what travels between a gateway and the cloud as an AsyncAPI 3.0 document: topics, messages, schemas, examples. With --kiosk, what screens ask of a kiosk, as an OpenAPI 3.1 document.",
    )
    .option("--kiosk", "the kiosk's API in place of what goes to the cloud")
    .addOption(new Option("--format <format>", "how it is written").choices(["json", "yaml"]).default("json"))
    .action(async ({ format, kiosk }: ContractOptions) => {
      const document = kiosk === true ? await kioskDocument() : asyncApiDocument();
      await terminal.out(format === "yaml" ? yamlText(document) : `${JSON.stringify(document, null, 2)}\n`);
    });
  return endHelp(contract, terminal, {
    examples: [
      ["carepost contract > asyncapi.json", "for generators of code and documentation"],
      ["carepost contract --format yaml", "for reading"],
      ["carepost contract --kiosk > openapi.json", "what a kiosk answers over HTTP"],
    ],
  });
}

async function kioskDocument(): Promise<object> {
  const { openApiDocument } = await import("../../kiosk/http/open-api.ts");
  return openApiDocument(version());
}
