import { CarepostError, defineErrors } from "../../device-drivers/kit/carepost-error.ts";

export const configErrors = defineErrors({
  "config-missing": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Name a file that exists with --config, or leave --config away to use ./carepost.yaml or /etc/carepost/carepost.yaml.",
  },
  "config-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Make the file readable for the user that Carepost runs as, and no larger than 1 MiB.",
  },
  "config-syntax": {
    blame: "operator",
    recovery: "stop",
    remedy: "Mend the YAML at the line that is named: two spaces a level, `key: value`, each key once.",
  },
  "config-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Mend each key that is listed; `carepost gateway --print-config` shows what is in force once it is valid.",
  },
  "certificate-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Let the certificate's file exist and be readable for the user that Carepost runs as.",
  },
  "key-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Let the key file exist and be readable for the user that Carepost runs as.",
  },
  "key-exposed": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Take the key file away from everybody but its owner: chmod 600, and chown to the user that Carepost runs as.",
  },
  "key-malformed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Write a key of 64 hex digits on one line, as `openssl rand -hex 32` makes it.",
  },
});

/** One thing that is wrong in a configuration. */
export interface ConfigProblem {
  /** As it is written with dots: `uplink.url`. For a variable that no key belongs to, its name. */
  readonly key: string;
  /** As JSON; null where there is no value. */
  readonly value: string | null;
  /** `carepost.yaml:14`, `CAREPOST_UPLINK_URL`, or where it should have been. */
  readonly source: string;
  readonly problem: string;
  readonly remedy: string;
}

/** All that is wrong in one configuration, at once. */
export class InvalidConfig extends CarepostError<"config-invalid"> {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
    super("config-invalid", configErrors.table["config-invalid"], {
      message: `the configuration has ${count}: ${problems.map(({ key }) => key).join(", ")}`,
      context: { problems: problems.length },
    });
    this.problems = problems;
  }
}
