/** The least that a browser needs to show a touch and a tap: one button, which says how often it was tapped. */
export const barePage = `<!doctype html><html lang="en"><body><main><button id="only">0</button></main></body></html>`;

/** Run in it: the page's own listeners, which no framework stands behind. */
export const bareListeners = `
  only.style.cssText = "width: 20rem; height: 8rem; font-size: 3rem";
  only.addEventListener("pointerdown", () => (only.style.backgroundColor = "teal"));
  only.addEventListener("click", () => {
    only.style.backgroundColor = "white";
    only.textContent = Number(only.textContent) + 1;
  });
  undefined`;
