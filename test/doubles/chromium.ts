/** Debian's browser, as a test may run it: as root there is no sandbox, and shared memory may be small. */
export const chromiumOptions = {
  executablePath: "/usr/bin/chromium",
  headless: true,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
};
