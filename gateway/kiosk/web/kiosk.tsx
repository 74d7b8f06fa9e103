import { render } from "preact";

const place = document.querySelector("#page");
if (place !== null) render(<main>Carepost</main>, place);
