import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** How making a package fails. */
export const packagingErrors = defineErrors({
  "package-input-missing": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run `npm install` in the checkout, which brings the packages and builds the pages; then try again.",
  },
  "package-tool-failed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Look at what the tool said above; on Debian, dpkg-deb and gzip are there from the start.",
  },
});
